package tui

import (
	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// seriesForm asks for what a planned series needs besides its rooms: whom to
// invite, on whose behalf, with Teams or without. The fields are those of the
// booking form.
type seriesForm struct {
	fields  bookForm
	answer  SeriesAnswer
	plan    providers.SeriesPlan
	line    string // the wish
	refused string
}

// whyNotBookSeries says why the chosen plan cannot be booked.
func (m *Model) whyNotBookSeries() string {
	p := &m.series
	if why := p.whyNot(); why != "" {
		return why
	}
	switch {
	case p.chosen.Skips == len(p.chosen.Steps):
		return "every date is skipped"
	case m.whyNotDo(providers.VerbBook, m.header.Organizer) != "":
		return m.whyNotDo(providers.VerbBook, m.header.Organizer)
	}
	return ""
}

// openSeriesForm opens the form for the chosen plan, with the guests of the wish.
func (m *Model) openSeriesForm() tea.Cmd {
	p := &m.series
	f := &seriesForm{answer: p.answer, plan: clonePlan(p.chosen), line: p.have.Line}
	room := p.answer.Matrix.Rooms[f.plan.Parts[0].Room].Room
	first := p.answer.Matrix.Dates[0].Span
	f.fields = *m.newBookForm(room, first)
	for _, guest := range p.answer.Guests {
		f.fields.who.add(guest.Mailbox)
	}
	m.openDialog(f)
	return nil
}

func (f *seriesForm) scope() scope { return scopeSeriesForm }

func (f *seriesForm) typed(m *Model, k tea.KeyPressMsg) tea.Cmd {
	f.refused = ""
	f.fields.typed(m, k) // what it asks the tenant is about one date: not of use here
	return nil
}

func (f *seriesForm) pasted(m *Model, text string) tea.Cmd {
	f.refused = ""
	f.fields.pasted(m, text)
	return nil
}

// next moves the focus; the dates are the plan's and cannot be typed.
func (f *seriesForm) next(m *Model, by int) {
	for {
		f.fields.next(m, by)
		switch f.fields.focus {
		case fieldDay, fieldStart, fieldEnd:
		default:
			return
		}
	}
}

// step chooses among completions, else moves the focus.
func (f *seriesForm) step(m *Model, by int) {
	if p := f.fields.people(); p != nil && p.move(-by) {
		return
	}
	f.next(m, -by)
}

// request is what would be sent.
func (f *seriesForm) request(m *Model) (providers.SeriesRequest, bool) {
	var zone string
	if f.answer.Zone != nil {
		zone = f.answer.Zone.String()
	}
	if len(f.fields.behalf.picked) == 0 {
		return providers.SeriesRequest{}, false
	}
	return providers.SeriesRequest{
		Request: providers.BookingRequest{
			Zone: zone, Subject: providers.Outside(f.fields.what.text()), Required: append([]providers.Address(nil), f.fields.who.picked...),
			Teams: f.fields.teams, Organizer: f.fields.behalf.picked[0],
		},
		Matrix: f.answer.Matrix, Plan: f.plan,
	}, true
}

// review shows what would be sent, or what is missing.
func (f *seriesForm) review(m *Model) tea.Cmd {
	for _, p := range []*peopleField{&f.fields.who, &f.fields.behalf} {
		if f.fields.people() == p && !p.field.empty() && p.take(m.people.rows) {
			return nil // enter takes the completion first
		}
	}
	f.fields.tried = true
	f.fields.validate(m)
	for _, field := range []formField{fieldWho, fieldBehalf} {
		if f.fields.wrong[field] != "" {
			f.fields.focus = field
			return nil
		}
	}
	if !f.plan.First(f.answer.Matrix.Dates).After(m.now) {
		f.refused = "the first date has passed: change the wish"
		return nil
	}
	q, ok := f.request(m)
	if !ok {
		return nil
	}
	m.openDialog(newSeriesReview(f, q))
	return nil
}

func (f *seriesForm) size(m *Model, w, _ int) (int, int) {
	w = min(92, w)
	return w, max(len(f.build(m, w).lines)+2, 15)
}

func (f *seriesForm) draw(m *Model, w, h int) ([]string, int, int) {
	return f.build(m, w).fitted(h, m.drawKeys(scopeSeriesForm, onPanel, 0, w))
}

// seriesWhen is when a series takes place, in the words of its own clocks.
func seriesWhen(m *Model, dates []providers.SeriesDate, a *SeriesAnswer) (rule, dating string) {
	zone := m.zone
	if a.Zone != nil {
		zone = a.Zone
	}
	first, last := dates[0].Span, dates[len(dates)-1].Span
	rule = clean(a.Repeats) + " · " + span(first, zone)
	dating = first.Start.In(zone).Format("Mon 2 Jan 2006") + " to " + last.Start.In(zone).Format("Mon 2 Jan 2006") + " · by the clocks of " + clean(zone.String())
	if zone.String() != m.zone.String() && span(first, zone) != span(first, m.zone) {
		dating += " · " + span(first, m.zone) + " for you"
	}
	return rule, dating
}

func (f *seriesForm) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	matrix := &f.answer.Matrix
	l := o.line().put(strong, "Book a series")
	l.put(dim, "  "+cut(clean(matrix.Rooms[f.plan.Parts[0].Room].Room.Title()), 34)+" · "+clean(f.plan.Words))
	o.add(l)
	o.blank()
	f.fields.drawText(o, fieldWhat, &f.fields.what, max(min(w-labelWidth, 48), 8), "")
	rule, dating := seriesWhen(m, matrix.Dates, &f.answer)
	for i, text := range []string{rule, dating} {
		for j, s := range wrap(text, w-labelWidth) {
			l := o.line()
			look := dim
			if i == 0 {
				look = plain
				if j == 0 {
					l.put(plain, "  ").put(dim, "when")
				}
			}
			o.add(l.to(labelWidth).put(look, s))
		}
	}
	f.fields.drawPeople(o, fieldWho, &f.fields.who)
	f.fields.drawPeople(o, fieldBehalf, &f.fields.behalf)
	f.fields.drawTeams(o)
	o.blank()
	o.add(o.line().repeat(ruled, "─", w))
	if f.refused != "" {
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+f.refused)
	}
	flagged := 0
	busy := map[string]int{}
	var names []string
	for _, d := range matrix.Dates {
		if len(d.Notes) > 0 {
			flagged++
		}
		for _, name := range d.Busy {
			if busy[name] == 0 {
				names = append(names, name)
			}
			busy[name]++
		}
	}
	room := &matrix.Rooms[f.plan.Parts[0].Room].Room
	people := len(f.fields.who.picked) + 1
	if people = max(people, f.answer.People); room.Capacity > 0 && people > room.Capacity {
		o.note(warn, "! "+itoa(people)+" of "+itoa(room.Capacity)+" seats: "+clean(room.Title())+" is too small")
	}
	for i, name := range names {
		if i == 4 {
			o.note(warn, "! and "+itoa(len(names)-i)+" more are not free on some dates")
			break
		}
		o.note(warn, "! "+clean(name)+" is not free on "+dateCount(busy[name]))
	}
	if flagged > 0 {
		o.note(warn, "! clocks are changed before "+dateCount(flagged)+"; they are flagged in the review")
	}
	o.note(dim, "Nothing is sent yet: enter shows every date and who gets how many mails.")
	if len(f.fields.who.picked) > len(f.answer.Guests) {
		o.note(dim, "Whether people added here are free is not compared; name them in the wish for that: with adele,bob.")
	}
	return o
}

func dateCount(n int) string {
	if n == 1 {
		return "1 date"
	}
	return itoa(n) + " dates"
}

func seriesFormKeys() []binding {
	with := func(do func(m *Model, f *seriesForm) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if f, ok := topOf[*seriesForm](m); ok {
				return do(m, f)
			}
			return nil
		}
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "review", more: "show every date and who gets how many mails, before anything is sent; takes a completion first", rank: 1, run: with(func(m *Model, f *seriesForm) tea.Cmd { return f.review(m) })},
		{keys: []string{"tab"}, label: "tab", what: "next field", rank: 2, run: with(func(m *Model, f *seriesForm) tea.Cmd { f.next(m, 1); return nil })},
		{keys: []string{"shift+tab"}, label: "shift+tab", what: "previous field", run: with(func(m *Model, f *seriesForm) tea.Cmd { f.next(m, -1); return nil })},
		{keys: []string{"up"}, label: "↑ ↓", what: "choose", more: "the completion above; the field above", run: with(func(m *Model, f *seriesForm) tea.Cmd { f.step(m, 1); return nil })},
		{keys: []string{"down"}, label: "↓", what: "choose", more: "the completion below; the field below", run: with(func(m *Model, f *seriesForm) tea.Cmd { f.step(m, -1); return nil })},
		{keys: []string{"ctrl+t"}, label: "ctrl+t", what: "Teams", more: "with or without a Teams link", rank: 3, run: with(func(_ *Model, f *seriesForm) tea.Cmd { f.fields.teams = !f.fields.teams; return nil })},
		{keys: []string{"esc"}, label: "esc", what: "back", more: "back to the dates and rooms; nothing is sent", rank: 4, run: then((*Model).closeDialog)},
	}
	for i := range keys {
		keys[i].scope = scopeSeriesForm
	}
	return keys
}
