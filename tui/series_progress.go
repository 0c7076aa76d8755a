package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// seriesProgress shows what is true of a booked series: one line for each date with
// its room, its state and the reason. It follows the stored booking; closing it
// stops nothing.
type seriesProgress struct {
	id      string
	booking providers.Booking
	list    scroll
	taking  bool // an offered date is being booked
	asking  bool // a date is being taken out to be changed
}

func newSeriesProgress(b providers.Booking) *seriesProgress {
	p := &seriesProgress{id: b.ID, booking: b}
	p.list.n = len(p.dates())
	// What needs a look comes first into sight.
	for d, line := range p.dates() {
		if line.Offer() != "" || line.State == providers.BookingDeclined {
			p.list.at = d
			break
		}
	}
	return p
}

func (p *seriesProgress) scope() scope                          { return scopeSeriesBooked }
func (p *seriesProgress) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (p *seriesProgress) pasted(*Model, string) tea.Cmd         { return nil }

func (p *seriesProgress) dates() []providers.BookingDate {
	if p.booking.Series == nil {
		return nil
	}
	return p.booking.Series.Dates
}

// follow takes the newer state of the booking.
func (p *seriesProgress) follow(list []providers.Booking) {
	for i := range list {
		if list[i].ID == p.id {
			p.booking = list[i]
		}
	}
}

// openBooked opens what is true of a booking: of a series, its dates.
func (m *Model) openBooked(b providers.Booking) {
	if b.Series != nil {
		m.openDialog(newSeriesProgress(b))
		return
	}
	m.openDialog(&bookProgress{id: b.ID, booking: b})
}

// seriesState is the state of a series with its count: "partly: 9 of 10".
func seriesState(b *providers.Booking) string {
	s := b.Series
	total, yes := len(s.Dates), s.Count(providers.BookingAccepted)
	switch b.State {
	case providers.BookingAccepted, providers.BookingPartly:
		word := "accepted"
		if b.State == providers.BookingPartly {
			word = "partly"
		}
		return word + ": " + itoa(yes) + " of " + itoa(total)
	case providers.BookingWaiting:
		return itoa(yes) + " of " + itoa(total) + " accepted so far"
	}
	return b.State.Words()
}

// seriesOffers counts the dates whose wished room is free after all.
func seriesOffers(b *providers.Booking) int {
	n := 0
	for _, d := range b.Series.Dates {
		if d.Offer() != "" {
			n++
		}
	}
	return n
}

func (p *seriesProgress) size(m *Model, w, _ int) (int, int) {
	w = min(96, w)
	return w, len(p.head(m, w)) + len(p.dates()) + 5
}

func (p *seriesProgress) head(m *Model, w int) []string {
	b := &p.booking
	line := func() *line { return newLine(m.theme, onPanel, w) }
	l := line().put(strong, "Series “"+cut(shown(b.Request.Subject, "Meeting"), 40)+"”")
	if b.Series != nil {
		l.put(dim, "  "+clean(b.Series.Words))
	}
	lines := []string{l.done()}
	glyph, look := bookingLook(b.State)
	l = line().put(look, glyph+" ")
	if b.Series != nil {
		l.put(look, seriesState(b))
		if tally := b.Series.Tally(); tally != "" {
			l.put(dim, "  "+clean(tally))
		}
		if plan := clean(b.Series.PlanWords); plan != "" {
			l.put(faint, " · ").put(dim, "planned: "+plan)
		}
	}
	lines = append(lines, l.done())
	note := func(look role, text string) {
		for _, s := range wrap(clean(text), w) {
			lines = append(lines, line().put(look, s).done())
		}
	}
	if b.Series != nil && b.Series.Given != "" {
		note(bad, "✗ "+b.Series.Given)
	}
	if b.Reason != "" && b.State != providers.BookingAccepted {
		note(warn, b.Reason)
	}
	if b.Request.Teams && b.TeamsMissing {
		note(warn, "✗ no Teams link: the organiser's calendar did not make one")
	}
	return append(lines, line().repeat(ruled, "─", w).done())
}

func (p *seriesProgress) draw(m *Model, w, h int) ([]string, int, int) {
	lines := p.head(m, w)
	detail := p.detail(m, w)
	room := h - 1 - len(lines) - len(detail)
	for room < 3 && len(lines) > 2 {
		lines = lines[:len(lines)-1]
		room++
	}
	for room < 2 && len(detail) > 1 {
		detail = detail[:len(detail)-1]
		room++
	}
	dates := p.dates()
	p.list.fix(len(dates), max(min(room, len(dates)), 0))
	for d := p.list.top; d < p.list.bottom(); d++ {
		lines = append(lines, p.drawDate(m, w, d))
	}
	lines = append(lines, detail...)
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	lines = lines[:max(h-1, 1)]
	return append(lines, m.drawKeys(scopeSeriesBooked, onPanel, 0, w)), -1, -1
}

func (p *seriesProgress) drawDate(m *Model, w, d int) string {
	date := &p.dates()[d]
	ground, mark, name := onPanel, "  ", plain
	if d == p.list.at {
		ground, mark, name = onSpan, "▸ ", strong
	}
	l := newLine(m.theme, ground, w).put(accentStrong, mark)
	when := date.Span
	if when.Start.IsZero() {
		when = date.Wished
	}
	var state int
	if w >= 60 {
		l.put(name, when.Start.In(m.zone).Format("Mon 2 Jan")).to(13).put(dim, span(when, m.zone)).to(26)
		state = 44
	} else {
		l.put(name, when.Start.In(m.zone).Format("2 Jan 15:04")).to(15)
		state = 28
	}
	room := shown(date.RoomName, string(date.Room))
	if date.Room == "" {
		room = shown(date.WishedName, string(date.WishedRoom))
		name = dim
	}
	switch date.Act {
	case providers.SeriesOther:
		l.put(accent, "→ ")
	case providers.SeriesShift:
		l.put(accent, "↔ ")
	case providers.SeriesKeep, providers.SeriesSkip:
		l.put(plain, "  ")
	}
	l.put(name, cut(room, state-l.width-2)).to(state)
	glyph, look := bookingLook(date.State)
	if date.State == providers.BookingSkipped {
		glyph, look = "–", dim
	}
	change, changing := changeWords(date.Change)
	if date.Change.Open() {
		l.put(changing, "◌ "+clean(change))
	} else {
		l.put(look, glyph+" "+clean(date.State.Words()))
	}
	if date.Offer() != "" {
		l.put(goodStrong, "  free again")
	} else if change != "" && !date.Change.Open() {
		l.put(changing, " · "+clean(change))
	} else if reason := clean(date.Reason); reason != "" {
		l.put(dim, " · "+reason)
	}
	if len(date.Notes) > 0 {
		l.put(warn, "  clocks!")
	}
	return l.full()
}

// detail is everything of the date that the bar is on.
func (p *seriesProgress) detail(m *Model, w int) []string {
	dates := p.dates()
	if p.list.at >= len(dates) {
		return nil
	}
	date := &dates[p.list.at]
	lines := []string{newLine(m.theme, onPanel, w).repeat(ruled, "─", w).done()}
	note := func(look role, text string) {
		for _, s := range wrap(clean(text), w) {
			if len(lines) < 5 {
				lines = append(lines, newLine(m.theme, onPanel, w).put(look, s).done())
			}
		}
	}
	offer := date.Offer()
	switch {
	case p.taking:
		note(accent, "◌ booking "+shown(date.WishedName, string(date.WishedRoom))+" for this date…")
	case offer != "":
		text := offer + ", seen " + providers.Age(m.now.Sub(date.FreeAgain)) + " ago. "
		if date.Live() {
			text += "t books it; the present room stays until you cancel it."
		} else {
			text += "t books it."
		}
		note(good, text)
	}
	if c := date.Change; c.Kind != "" && c.State != providers.ChangeFailed {
		note(dim, m.slotWords(c.Was)+" → "+m.slotWords(c.Wanted))
	}
	if reason := date.Change.Reason; reason != "" {
		note(warn, reason)
	}
	if date.Act != providers.SeriesKeep || !date.Live() {
		at := ""
		if date.Act == providers.SeriesShift {
			at = " at " + date.Wished.Start.In(m.zone).Format("15:04")
		}
		note(dim, "wished: "+date.WishedName.Or(string(date.WishedRoom))+at)
	}
	if date.Reason != "" {
		note(plain, date.Reason)
		note(dim, proofWords(date.ReasonProof))
	}
	for _, n := range date.Notes {
		note(warn, "! "+n)
	}
	var free []string
	for i, a := range date.Alternatives {
		if i < 3 {
			free = append(free, shown(a.Name, string(a.Room)))
		}
	}
	if len(free) > 0 {
		note(dim, "free then: "+strings.Join(free, ", "))
	}
	if len(lines) == 1 {
		note(dim, "Close any time: every date is kept in 3 Bookings.")
	}
	return lines
}

// chosen is the date that the bar is on.
func (p *seriesProgress) chosen() *providers.BookingDate {
	if dates := p.dates(); p.list.at >= 0 && p.list.at < len(dates) {
		return &dates[p.list.at]
	}
	return nil
}
