package tui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// seriesReview is the last look before a series is sent: who gets how many mails,
// and what happens on every date.
type seriesReview struct {
	form    *seriesForm
	request providers.SeriesRequest
	list    scroll
	sending bool
	refused string
	lines   []providers.BookingDate // what stands in the way of which date, where it was refused
}

func newSeriesReview(f *seriesForm, q providers.SeriesRequest) *seriesReview {
	return &seriesReview{form: f, request: q, list: scroll{n: len(q.Plan.Steps)}}
}

func (r *seriesReview) scope() scope                          { return scopeSeriesReview }
func (r *seriesReview) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (r *seriesReview) pasted(*Model, string) tea.Cmd         { return nil }

// seriesMails is what each person gets of a plan.
type seriesMails struct {
	people, series, own, moved int
	rooms                      int // that are asked
}

func (r *seriesReview) mails() seriesMails {
	q := &r.request
	var c seriesMails
	seen := map[providers.Address]bool{q.Request.Organizer: true}
	for _, a := range slices.Concat(q.Request.Required, q.Request.Optional) {
		if !seen[a] {
			seen[a] = true
			c.people++
		}
	}
	for _, part := range q.Plan.Parts {
		in := 0
		for _, s := range q.Plan.Steps[part.From:part.To] {
			if s.Act == providers.SeriesKeep || s.Act == providers.SeriesShift {
				in++
			}
		}
		if in > 0 {
			c.series++
		}
	}
	rooms := map[int]bool{}
	for _, s := range q.Plan.Steps {
		switch s.Act {
		case providers.SeriesOther:
			c.own++
		case providers.SeriesShift:
			c.moved++
		case providers.SeriesKeep, providers.SeriesSkip:
		}
		if s.Room >= 0 {
			rooms[s.Room] = true
		}
	}
	c.rooms = len(rooms)
	return c
}

// words says how many people get how many mails.
func (c seriesMails) words() []string {
	each := c.series + c.own
	parts := itoa(c.series) + " for the series"
	if c.series > 1 {
		parts = "1 for each of the " + itoa(c.series) + " series"
	}
	if c.own > 0 {
		parts += ", " + itoa(c.own) + " for " + map[bool]string{true: "the date", false: "dates"}[c.own == 1] + " in another room"
	}
	who := itoa(c.people) + " people get " + plural(each, "mail") + " each: " + parts + "."
	switch c.people {
	case 0:
		who = "Nobody but the rooms gets mail."
	case 1:
		who = "1 person gets " + plural(each, "mail") + ": " + parts + "."
	}
	out := []string{who, plural(c.rooms, "room") + " are asked; each answers for itself."}
	if c.rooms == 1 {
		out[1] = "1 room is asked."
	}
	if c.moved > 0 && c.people > 0 {
		out = append(out, "The service may send one more for each of the "+plural(c.moved, "date")+" at another time.")
	}
	return out
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return itoa(n) + " " + noun + "s"
}

func (r *seriesReview) size(m *Model, w, _ int) (int, int) {
	w = min(92, w)
	return w, len(r.head(m, w)) + len(r.request.Plan.Steps) + 4
}

// head is what stands above the dates.
func (r *seriesReview) head(m *Model, w int) []string {
	q := &r.request
	line := func() *line { return newLine(m.theme, onPanel, w) }
	title := shown(q.Request.Subject, "Meeting")
	lines := []string{line().put(strong, "Send “"+cut(title, 40)+"”?").put(dim, "  "+clean(q.Plan.Words)).done(), ""}
	note := func(look role, text string) {
		for _, s := range wrap(text, w) {
			lines = append(lines, line().put(look, s).done())
		}
	}
	switch {
	case r.refused != "":
		note(bad, "✗ not sent: "+r.refused)
		if r.clashes() {
			note(dim, "esc goes back; ctrl+o sends all the same, and the room will probably decline these dates.")
		} else {
			note(dim, "enter tries again; esc goes back.")
		}
	case r.sending:
		note(accent, "◌ checking every date, then storing and sending… esc closes; it keeps going")
	default:
		for _, words := range r.mails().words() {
			note(plain, words)
		}
		teams := "No Teams link."
		if q.Request.Teams {
			teams = "With a Teams link."
		}
		note(dim, teams+" Booked for "+m.people.nameOf(q.Request.Organizer)+".")
	}
	return append(lines, line().repeat(ruled, "─", w).done())
}

func (r *seriesReview) draw(m *Model, w, h int) ([]string, int, int) {
	lines := r.head(m, w)
	room := h - 1 - len(lines)
	if room < 3 { // on a small screen the dates may be scrolled, the count must be read
		lines = lines[:max(h-1-3, 1)]
		room = max(h-1-len(lines), 1)
	}
	steps := r.request.Plan.Steps
	r.list.fix(len(steps), room)
	for d := r.list.top; d < r.list.bottom(); d++ {
		lines = append(lines, r.drawStep(m, w, d))
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	lines = lines[:max(h-1, 1)]
	return append(lines, m.drawKeys(scopeSeriesReview, onPanel, 0, w)), -1, -1
}

// drawStep says what happens on a date.
func (r *seriesReview) drawStep(m *Model, w, d int) string {
	q := &r.request
	step, date := q.Plan.Steps[d], &q.Matrix.Dates[d]
	ground, mark := onPanel, "  "
	if d == r.list.at && r.list.n > r.list.height {
		ground, mark = onSpan, "▸ "
	}
	l := newLine(m.theme, ground, w).put(accentStrong, mark)
	start := date.Span
	if step.Act == providers.SeriesShift {
		start = step.Span
	}
	if w >= 60 {
		l.put(plain, start.Start.In(m.zone).Format("Mon 2 Jan")).to(13).put(dim, span(start, m.zone)).to(26)
	} else {
		l.put(plain, start.Start.In(m.zone).Format("2 Jan 15:04")).to(15)
	}
	title := func(room int) string { return cut(clean(q.Matrix.Rooms[room].Room.Title()), 24) }
	refused := d < len(r.lines) && r.lines[d].Reason != ""
	switch step.Act {
	case providers.SeriesKeep:
		l.put(good, "● ").put(plain, title(step.Room))
		if !refused {
			l.put(dim, " as wished")
		}
	case providers.SeriesOther:
		l.put(accent, "→ ").put(strong, title(step.Room))
		if !refused {
			l.put(dim, " instead, by a meeting of its own")
		}
	case providers.SeriesShift:
		l.put(accent, "↔ ").put(plain, title(step.Room)).put(strong, " at "+step.Span.Start.In(m.zone).Format("15:04")).put(dim, " instead of "+date.Span.Start.In(m.zone).Format("15:04"))
	case providers.SeriesSkip:
		l.put(warn, "– ").put(warn, "no meeting").put(dim, "; watched until it can be had")
	}
	if refused {
		l.put(bad, "  ✗ "+clean(r.lines[d].Reason))
	}
	for _, note := range date.Notes {
		l.put(warn, "  ! "+clean(note))
	}
	if len(date.Busy) > 0 {
		l.put(warn, "  ! not free: "+clean(joined(date.Busy)))
	}
	return l.finish(ground == onSpan)
}

func joined(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += ", "
		}
		out += s
	}
	return out
}

// send stores the series and sends it.
func (r *seriesReview) send(m *Model, anyway bool) tea.Cmd {
	r.sending, r.refused, r.lines = true, "", nil
	q := r.request
	q.Request.EvenIfBusy = anyway
	ws := m.ws
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		booking, err := ws.BookSeries(ctx, q)
		return seriesSent{r, booking, err}
	})
}

type seriesSent struct {
	review  *seriesReview
	booking providers.Booking
	err     error
}

func (a seriesSent) apply(m *Model) tea.Cmd {
	r := a.review
	open := slices.Contains(m.dialogs, dialog(r))
	r.sending = false
	if a.err != nil {
		r.refused = problemText(a.err)
		if s := a.booking.Series; s != nil {
			r.lines = s.Dates
			for d, line := range r.lines {
				if line.Reason != "" {
					r.list.at = d
					break
				}
			}
		}
		if !open {
			m.notices.add(m.now, "the series was not sent: "+r.refused, true)
		}
		return nil
	}
	kept := m.keepWish(r.form.line)
	m.bookings.chosen = a.booking.ID
	m.bookings.put(a.booking)
	if !open {
		m.notices.add(m.now, m.roomTitle(&a.booking)+", series: "+a.booking.State.Words(), false)
		return tea.Batch(kept, m.readBookings())
	}
	m.dialogs = slices.DeleteFunc(m.dialogs, func(d dialog) bool { return d == dialog(r) || d == dialog(r.form) })
	m.openDialog(newSeriesProgress(a.booking))
	return tea.Batch(kept, m.readBookings())
}

// clashes reports whether it was refused because of some dates.
func (r *seriesReview) clashes() bool {
	return r.refused != "" && slices.ContainsFunc(r.lines, func(l providers.BookingDate) bool { return l.Reason != "" })
}

// whyNotSend says why enter does nothing.
func (r *seriesReview) whyNotSend() string {
	switch {
	case r.sending:
		return "it is being sent already"
	case r.clashes():
		return "it was refused; esc goes back, ctrl+o sends all the same"
	}
	return ""
}

func seriesReviewKeys() []binding {
	top := func(m *Model) *seriesReview {
		r, _ := topOf[*seriesReview](m)
		return r
	}
	move := func(by int) func(m *Model) tea.Cmd {
		return then(func(m *Model) {
			if r := top(m); r != nil {
				r.list.move(by)
			}
		})
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "send", more: "check every date once more, then send", rank: 1, why: func(m *Model) string {
			if r := top(m); r != nil {
				return r.whyNotSend()
			}
			return ""
		}, run: func(m *Model) tea.Cmd { return top(m).send(m, false) }},
		{keys: []string{"down", "j"}, label: "↑ ↓", what: "dates", more: "the next date", rank: 2, run: move(1)},
		{keys: []string{"up", "k"}, label: "↑", what: "dates", more: "the date before", run: move(-1)},
		{keys: []string{"pgdown", "space"}, label: "pgdn", what: "page down", run: move(8)},
		{keys: []string{"pgup"}, label: "pgup", what: "page up", run: move(-8)},
		{keys: []string{"ctrl+o"}, label: "ctrl+o", what: "send anyway", more: "send although a room is taken now; it will probably decline these dates", rank: 4, why: func(m *Model) string {
			if r := top(m); r == nil || !r.clashes() || r.sending {
				return "nothing stands in the way so far"
			}
			return ""
		}, run: func(m *Model) tea.Cmd { return top(m).send(m, true) }},
		{keys: []string{"esc"}, label: "esc", what: "back", more: "back to the form; what is being sent keeps going", rank: 3, run: then(func(m *Model) {
			r := top(m)
			m.closeDialog()
			if r != nil && r.sending {
				m.notices.add(m.now, "the series keeps going: see 3 Bookings", false)
			}
		})},
	}
	for i := range keys {
		keys[i].scope = scopeSeriesReview
	}
	return keys
}
