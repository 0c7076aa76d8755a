package tui

import (
	"time"

	"roomdesk/providers"
)

// Days before a credential's end from which on it is told on every view, and told in red.
const (
	expiresSoonDays = 30
	expiresNowDays  = 7
)

// expiresSoon reports whether the end of a credential stands under the header.
func (m *Model) expiresSoon() bool {
	e := &m.header.Expiring
	return m.header.known && !e.Ends.IsZero() && e.Ends.Sub(m.now) <= expiresSoonDays*24*time.Hour
}

// daysTo are whole days until then, and in words: "in 6 days", "today".
func (m *Model) daysTo(then time.Time) (int, string) {
	days := int(then.Sub(m.now) / (24 * time.Hour))
	switch {
	case !then.After(m.now):
		return -1, "on " + then.Add(-time.Second).UTC().Format(time.DateOnly)
	case days == 0:
		return 0, "today"
	}
	return days, "in " + counted(days, "day")
}

// expiringWords count down to the end of a credential; "" where none is known.
func (m *Model) expiringWords() (role, string) {
	e := &m.header.Expiring
	if e.Ends.IsZero() {
		return plain, ""
	}
	what := clean(e.What)
	switch days, words := m.daysTo(e.Ends); {
	case days < 0:
		return badStrong, what + " has ended"
	case days < expiresNowDays:
		return badStrong, what + " ends " + words
	case days < 60:
		return warn, what + " ends " + words
	default:
		return dim, what + " ends " + words
	}
}

// drawExpiring is the line under the header that says which credential ends when, and
// what to press.
func (m *Model) drawExpiring(l *line) string {
	e := &m.header.Expiring
	days, words := m.daysTo(e.Ends)
	glyph, mark, look, verb := "◐ ", warn, plain, " ends "
	if days < expiresNowDays {
		glyph, mark, look = "✗ ", badStrong, bad
	}
	if days < 0 {
		verb = " ended "
	}
	l.to(1).put(mark, glyph).put(look, "The "+clean(e.What)+" of "+clean(e.Connection)+verb+words)
	if why := m.whyNotDo(providers.VerbAdminister, ""); why != "" {
		return l.put(dim, ": tell an administrator").done()
	}
	return l.put(dim, ". ").put(accentStrong, ":rotate").put(dim, " renews it").done()
}
