package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

// sentenceLines is how many lines the chosen mailbox's sentence has at the foot of
// a body; 0: there is no room for it.
func sentenceLines(body rect) int {
	switch {
	case body.h >= 18:
		return 3
	case body.h >= 14:
		return 2
	}
	return 0
}

// layout is how many lines stand above the list, and where the list is.
func (p *syncPane) layout(m *Model) (head int, list rect) {
	body := m.body()
	if n := sentenceLines(body); n > 0 {
		body.h -= 1 + n
	}
	head = 3
	if body.h >= 11 {
		head = 6
	}
	if body.h >= 23 {
		head = 9
	}
	return head, rect{0, body.y + head, body.w, max(body.h-head, 1)}
}

func (p *syncPane) draw(m *Model, lines []string, body rect) []string {
	head, list := p.layout(m)
	if !p.read {
		text := "reading…"
		if p.err != nil {
			text = "The state of the sync could not be read: " + problemText(p.err)
		}
		return note(m, append(lines, ""), plain, text)
	}
	lines = append(lines, p.drawHead(m, head)...)
	if len(p.rows) == 0 {
		if p.only {
			return note(m, lines, good, "● Nothing is wrong with any of "+thousands(len(p.all))+" mailboxes.")
		}
		return note(m, lines, dim, "No mailbox is known yet: the rooms are being read.")
	}
	cols := p.columns(m)
	lines = drawList(m, lines, list, &p.list, len(p.rows), func(i int, selected bool) string {
		return p.drawRow(m, &p.all[p.rows[i]], cols, selected)
	})
	if list.y+list.h < body.y+body.h {
		for len(lines) < list.y+list.h {
			lines = append(lines, "")
		}
		lines = append(lines, p.rule(m))
		lines = append(lines, p.drawSentence(m, sentenceLines(body))...)
	}
	return lines
}

// drawSentence says of the chosen mailbox what is wrong and since when, what
// happens next and when, what a person can do, and the request id; of one that is
// well, its age and when it is read again.
func (p *syncPane) drawSentence(m *Model, most int) []string {
	s := p.status()
	if s == nil {
		return nil
	}
	text, look := clean(s.Sentence(m.now)), plain
	if text == "" {
		text, look = "read "+providers.Age(m.now.Sub(s.LastGood))+" ago", dim
		if s.State == providers.MailboxReading {
			text = "being read now"
		} else if s.Next.After(m.now) {
			text += ", again in " + providers.Age(s.Next.Sub(m.now))
		}
	}
	name := shown(s.Name, s.Mailbox.Local())
	parts := wrap(name+": "+text, max(m.width-4, 20))
	lines := make([]string, 0, most)
	for i, part := range parts {
		if i == most {
			break
		}
		l := newLine(m.theme, onScreen, m.width).to(2)
		if rest, named := strings.CutPrefix(part, name); i == 0 && named {
			l.put(strong, name)
			part = rest
		}
		if i == most-1 && len(parts) > most {
			const more = "  enter: all of it"
			part = cut(part+" …", max(m.width-4-columns(more), 4)) + more
		}
		lines = append(lines, l.put(look, part).done())
	}
	return lines
}

func (p *syncPane) drawHead(m *Model, n int) []string {
	counts := p.drawCounts(m)
	bar := p.drawBar(m)
	title, last := p.drawTitle(m), p.drawInterrupted(m)
	switch n {
	case 3:
		if p.firstSync() {
			return []string{counts, bar, title}
		}
		return []string{counts, last, title}
	case 6:
		return []string{counts, last, bar, p.drawPhases(m), p.rule(m), title}
	}
	id := newLine(m.theme, onScreen, m.width).to(1).put(strong, m.header.tenant)
	id.put(dim, "  "+m.header.provider+" · "+string(m.header.Access)+" access")
	if m.header.Demo {
		id.put(dim, " · a simulated tenant")
	}
	return []string{id.done(), "", counts, "", bar, p.drawPhases(m), last, p.rule(m), title}
}

// drawInterrupted says when all reading had stopped last, and why; "" where it never did
// since the start.
func (p *syncPane) drawInterrupted(m *Model) string {
	last := p.progress.Interrupted
	if last == nil {
		return ""
	}
	from, to := last.From.In(m.zone), last.To.In(m.zone)
	first, second := "15:04", "15:04"
	if m.width >= 100 {
		first, second = "15:04:05", "15:04:05"
	}
	if m.now.Sub(from) > 12*time.Hour {
		first, second = "Mon 2 Jan 15:04", "15:04"
	}
	if from.YearDay() != to.YearDay() {
		second = "Mon 2 Jan 15:04"
	}
	return newLine(m.theme, onScreen, m.width).to(1).put(dim, "reading had stopped "+from.Format(first)+" to "+to.Format(second)+": "+clean(last.What)).done()
}

func (p *syncPane) rule(m *Model) string {
	return newLine(m.theme, onScreen, m.width).repeat(ruled, "─", m.width).done()
}

// drawCounts is the line of numbers.
func (p *syncPane) drawCounts(m *Model) string {
	l := newLine(m.theme, onScreen, m.width).to(1)
	s := &p.progress
	count := func(n int, look role, word string) {
		if n == 0 {
			look = dim
		}
		l.put(look, thousands(n)).put(dim, " "+word+"   ")
	}
	count(s.Fresh, goodStrong, "fresh")
	if s.Partly > 0 {
		count(s.Partly, warn, "partly")
	}
	count(s.Late, warn, "late")
	count(s.Failing, badStrong, "failing")
	count(s.NoAccess, strong, "no access")
	if s.Waiting > 0 {
		count(s.Waiting, plain, "waiting")
	}
	if look, words := m.expiringWords(); words != "" {
		l.put(look, words+"   ")
	}
	if s.ThrottledTo.After(m.now) && !p.firstSync() {
		l.put(warn, "waiting until "+s.ThrottledTo.In(m.zone).Format("15:04:05")+", as the service asks   ")
	}
	if words := thousands(int(s.Requests)) + " requests"; s.Requests > 0 && l.width+columns(words) < m.width {
		l.put(dim, words)
	}
	return l.done()
}

// drawBar is the bar of the first sync, or how the sync stands now.
func (p *syncPane) drawBar(m *Model) string {
	l := newLine(m.theme, onScreen, m.width).to(1)
	s := &p.progress
	switch {
	case s.Problem != nil:
		return l.put(badStrong, "✗ stopped: ").put(bad, clean(s.Problem.Sentence(m.now))).done()
	case !p.firstSync() && s.By != "":
		return l.put(good, "● kept in sync by "+clean(s.By)).put(dim, "; the last reading was "+p.ago(m)).done()
	case !p.firstSync() && !s.Running:
		return l.put(warn, "◐ the sync is not running").put(dim, "; what is shown was read "+p.ago(m)).done()
	case !p.firstSync():
		return l.put(good, "● first sync is complete").put(dim, "; changes are read as they come, last "+p.ago(m)).done()
	}
	l.put(plain, "first sync  ")
	done, total := s.Done, s.Total
	words := "counting…"
	if total > 0 {
		words = thousands(total)
		words = strings.Repeat(" ", max(columns(words)-columns(thousands(done)), 0)) + thousands(done) + " of " + words
	}
	pace, room := clean(s.ShortPace(m.now, m.zone)), shortPace
	if m.width >= 110 {
		pace, room = clean(s.Pace(m.now, m.zone)), longPace
	}
	look := dim
	if s.ThrottledTo.After(m.now) || !s.Stalled.IsZero() {
		look = warn
	}
	// What stands behind the bar has its place, so that the bar does not move.
	wide := max(min(m.width-l.width-columns(words)-room-5, 48), 6)
	full := 0
	if total > 0 {
		full = min(wide*max(done, 0)/total, wide)
	}
	l.repeat(accent, "━", full).repeat(faint, "─", wide-full)
	return l.put(plain, "  "+words).put(look, "  "+pace).done()
}

// Columns of the pace behind the bar.
const (
	shortPace = 24
	longPace  = 45
)

func (p *syncPane) ago(m *Model) string {
	if p.progress.LastGood.IsZero() {
		return "never"
	}
	return providers.Age(m.now.Sub(p.progress.LastGood)) + " ago"
}

// drawPhases names the phases of the first sync, those done ticked, and the small
// chart of requests a second.
func (p *syncPane) drawPhases(m *Model) string {
	l := newLine(m.theme, onScreen, m.width).to(2)
	phases := []providers.SyncPhase{providers.PhasePlaces, providers.PhaseAvailability, providers.PhaseCalendars, providers.PhaseChanges}
	if p.progress.Phase == providers.PhaseNearest {
		phases = slices.Insert(phases, 2, providers.PhaseNearest)
	}
	at := slices.Index(phases, p.progress.Phase)
	for i, phase := range phases {
		switch {
		case i < at || i == at && phase == providers.PhaseChanges:
			l.put(good, "✓ "+phase.Words()+"  ")
		case i == at:
			l.put(accent, "▸ "+phase.Words()+"  ")
		default:
			l.put(faint, "  "+phase.Words()+"  ")
		}
	}
	if chart := sparkline(p.samples); chart != "" && l.width+columns(chart)+16 < m.width {
		last := p.samples[len(p.samples)-1]
		l.put(plain, "  ").put(accent, chart).put(dim, fmt.Sprintf(" %.0f requests/s", last))
	}
	return l.done()
}

// sparkline draws numbers as a row of bars.
func sparkline(samples []float64) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	top := 0.0
	for _, s := range samples {
		top = max(top, s)
	}
	if top == 0 {
		return ""
	}
	var b strings.Builder
	for _, s := range samples {
		b.WriteRune(bars[min(int(s/top*float64(len(bars))), len(bars)-1)])
	}
	return b.String()
}

// syncColumns are the columns of the table.
type syncColumns struct{ name, state, last, rows, what int }

func (p *syncPane) columns(m *Model) syncColumns {
	longest := 12
	for i := p.list.top; i < min(p.list.top+max(p.list.height, 60), len(p.rows)); i++ {
		longest = max(longest, columns(string(p.all[p.rows[i]].Mailbox)))
	}
	name := min(longest, 28)
	if m.width < 100 {
		name = min(longest, 20)
	}
	if m.width < 60 {
		name = 14
	}
	c := syncColumns{name: name}
	c.state = 2 + name + 1
	c.last = c.state + 12
	c.rows = c.last + 10
	c.what = c.rows + 8
	if m.width < 60 {
		c.rows, c.what = c.last, c.last+8
	}
	return c
}

func (p *syncPane) drawTitle(m *Model) string {
	c := p.columns(m)
	l := newLine(m.theme, onScreen, m.width).to(2).put(dim, "mailbox").to(c.state).put(dim, "state")
	if m.width >= 60 {
		l.right(dim, "last good", c.last+9).right(dim, "rows", c.rows+6)
	} else {
		l.right(dim, "last", c.last+6)
	}
	l.to(c.what)
	what := "what is wrong, and what happens next"
	if p.only {
		what = "what is wrong (only problems)"
	}
	return l.put(dim, what).done()
}

func (p *syncPane) drawRow(m *Model, s *providers.MailboxStatus, c syncColumns, selected bool) string {
	l, name := rowLine(m, selected)
	putAddress(l, name, s.Mailbox, c.name)
	glyph, look := syncLook(s.State)
	l.to(c.state).put(look, glyph+" "+string(s.State))
	last := "never"
	if !s.LastGood.IsZero() {
		last = providers.Age(m.now.Sub(s.LastGood))
	}
	if m.width >= 60 {
		l.right(dim, last, c.last+9).right(dim, thousands(s.Rows), c.rows+6)
	} else {
		l.right(dim, last, c.last+6)
	}
	l.to(c.what)
	switch {
	case s.Problem != nil:
		l.put(plain, shortSentence(s.Problem, m.now, m.width-c.what))
	case s.State == providers.MailboxPartly:
		l.put(plain, thousands(s.Unconfirmed)+" unconfirmed; "+nextWords(s, m.now))
	case harm(*s) > 0 && harm(*s) < 5 && s.Next.After(m.now):
		l.put(dim, nextWords(s, m.now))
	}
	return l.finish(selected)
}

func nextWords(s *providers.MailboxStatus, now time.Time) string {
	if !s.Next.After(now) {
		return "read again now"
	}
	return "read again in " + providers.Age(s.Next.Sub(now))
}

// shortSentence is a problem's sentence; where that does not fit, without the
// service's code and the advice, so that what happens next can still be read.
func shortSentence(p *providers.Problem, now time.Time, w int) string {
	s := clean(p.Sentence(now))
	if columns(s) <= w {
		return s
	}
	brief := providers.Problem{Class: p.Class, Cause: p.Cause, Status: p.Status, NextTry: p.NextTry, Advice: "nothing to do"}
	return clean(brief.Sentence(now))
}

// putAddress writes an address; what comes after the @ is faint.
func putAddress(l *line, r role, a providers.Address, w int) {
	end := l.width + w
	local, domain := steady(a.Local()), steady(a.Domain())
	l.put(r, cut(local, w))
	if left := end - l.width - 1; left > 2 && domain != "" {
		l.put(faint, "@"+cut(domain, left))
	}
	l.to(end)
}

func syncLook(s providers.MailboxState) (string, role) {
	switch s {
	case providers.MailboxFresh:
		return "●", good
	case providers.MailboxLate:
		return "◐", warn
	case providers.MailboxPartly:
		return "◒", warn
	case providers.MailboxFailing:
		return "✗", bad
	case providers.MailboxNoAccess:
		return "–", dim
	case providers.MailboxReading:
		return "▸", accent
	}
	return "○", dim
}
