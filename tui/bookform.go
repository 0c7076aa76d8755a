package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// formField names a field of the booking form.
type formField int

const (
	fieldWhat formField = iota
	fieldDay
	fieldStart
	fieldEnd
	fieldWho
	fieldBehalf
	fieldTeams
	fieldOptional // from here on only where more is asked for
	fieldText
	fieldShowAs
	fieldPrivate
	fieldBefore
	fieldAfter
	fieldCount
)

func (f formField) label() string {
	return [...]string{"what", "day", "from", "to", "who", "on behalf", "Teams", "optional", "text", "shows as", "private", "before", "after"}[f]
}

// bookForm asks for what a booking needs. Times are in the room's own zone. The
// answers of the tenant stand beside the fields; nothing waits for them.
type bookForm struct {
	room   providers.Room
	title  string
	zone   *time.Location
	what   textField
	day    textField
	start  textField
	end    textField
	who    peopleField
	behalf peopleField
	teams  bool
	formMore
	clock clockChoice
	focus formField
	wrong [fieldCount]string // why a field cannot stay so
	tried bool               // enter was pressed: empty fields are told too
	check liveCheck
	// sending is true from enter until the intent is stored or refused.
	sending bool
	refused string
	anyway  bool // send although the room is taken
}

// newBookForm opens a form for a room and a span of time.
func (m *Model) newBookForm(room providers.Room, when providers.Interval) *bookForm {
	f := &bookForm{room: room, title: clean(room.Title()), zone: m.zone, teams: true}
	if z := m.zoneNamed(room.Zone); z != nil {
		f.zone = z
	}
	f.behalf.single = true
	f.roomZone = f.zone
	f.behalf.add(m.header.Organizer)
	f.teams = m.whyNotDo(providers.VerbTeams, f.organizer()) == ""
	f.setTimes(when, m.now)
	f.validate(m)
	return f
}

// setTimes writes a span into the fields so that reading them gives it again.
func (f *bookForm) setTimes(when providers.Interval, now time.Time) {
	start, end := when.Start.In(f.zone), when.End.In(f.zone)
	f.day.set(start.Format("Mon 2 Jan"))
	if today := midnight(now, f.zone); start.Before(today) || start.After(today.AddDate(0, 10, 0)) {
		f.day.set(start.Format("Mon 2 Jan 2006"))
	}
	f.start.set(start.Format("15:04"))
	switch {
	case midnight(start, f.zone).Equal(midnight(end, f.zone)):
		f.end.set(end.Format("15:04"))
	case end.Equal(midnight(end, f.zone)) && end.Sub(start) <= 24*time.Hour:
		f.end.set("24:00")
	default:
		f.end.set("+" + itoa(int(end.Sub(start).Minutes())))
	}
}

// openBooking opens the form for a room, at the span of the grid.
func (m *Model) openBooking(room *roomRow, when providers.Interval) tea.Cmd {
	f := m.newBookForm(room.room, when)
	m.openDialog(f)
	return f.recheck(m)
}

func (f *bookForm) scope() scope { return scopeForm }

// text is the text field that has the focus, nil for people and the switch.
func (f *bookForm) text() *textField {
	switch f.focus {
	case fieldWhat:
		return &f.what
	case fieldDay:
		return &f.day
	case fieldStart:
		return &f.start
	case fieldEnd:
		return &f.end
	}
	return f.moreText()
}

func (f *bookForm) people() *peopleField {
	switch f.focus {
	case fieldWho:
		return &f.who
	case fieldBehalf:
		return &f.behalf
	case fieldOptional:
		return &f.optional
	}
	return nil
}

// typed gives a key to the field in focus.
func (f *bookForm) typed(m *Model, k tea.KeyPressMsg) tea.Cmd {
	if f.sending {
		return nil
	}
	changed := false
	switch {
	case f.text() != nil:
		changed = f.text().typed(k)
	case f.people() != nil:
		changed = f.people().typed(k, m.people.rows)
	case f.focus == fieldTeams && k.String() == "space":
		return f.toggleTeams(m)
	case f.focus == fieldShowAs && k.String() == "space", f.focus == fieldPrivate && k.String() == "space":
		f.switchMore(1)
		return f.changed(m)
	}
	return f.edited(m, changed)
}

// edited follows typing and pasting. The subject changes nothing that the tenant
// was asked.
func (f *bookForm) edited(m *Model, changed bool) tea.Cmd {
	f.refused = ""
	if changed && f.focus != fieldWhat && f.focus != fieldText {
		return f.changed(m)
	}
	f.validate(m)
	return nil
}

func (f *bookForm) pasted(m *Model, text string) tea.Cmd {
	if f.sending {
		return nil
	}
	changed := false
	switch {
	case f.text() != nil:
		changed = f.text().insert(text)
	case f.people() != nil:
		changed = f.people().pasted(text, m.people.rows)
	}
	return f.edited(m, changed)
}

// changed follows a change: validation at once, the tenant's answer soon.
func (f *bookForm) changed(m *Model) tea.Cmd {
	f.refused, f.anyway, f.offline = "", false, false
	f.validate(m)
	return f.recheck(m)
}

func (f *bookForm) toggleTeams(m *Model) tea.Cmd {
	if why := m.whyNotDo(providers.VerbTeams, f.organizer()); why != "" && !f.teams {
		m.notices.add(m.now, "Teams: "+why, false)
		return nil
	}
	f.teams = !f.teams
	return f.changed(m)
}

// next moves the focus; a person half typed is taken on the way.
func (f *bookForm) next(m *Model, by int) tea.Cmd {
	var cmd tea.Cmd
	if p := f.people(); p != nil && !p.field.empty() {
		if p.take(m.people.rows) {
			cmd = f.changed(m)
		}
	}
	f.focus = (f.focus + formField(by) + f.fields()) % f.fields()
	return cmd
}

// step changes the field in focus by one: a day, a quarter of an hour, the next
// completion; where there is nothing to change it moves the focus.
func (f *bookForm) step(m *Model, by int) tea.Cmd {
	if p := f.people(); p != nil && p.move(-by) {
		return nil
	}
	switch f.focus {
	case fieldDay, fieldStart, fieldEnd:
		when, ok := f.when(m)
		if !ok {
			return nil
		}
		switch f.focus {
		case fieldDay:
			when.Start, when.End = when.Start.AddDate(0, 0, by), when.End.AddDate(0, 0, by)
		case fieldStart: // the length stays
			when.Start, when.End = when.Start.Add(time.Duration(by)*quarter), when.End.Add(time.Duration(by)*quarter)
		case fieldEnd:
			when.End = when.End.Add(time.Duration(by) * quarter)
		}
		if !when.End.After(when.Start) {
			return nil
		}
		f.setTimes(when, m.now)
		return f.changed(m)
	case fieldShowAs, fieldPrivate:
		f.switchMore(by)
		return f.changed(m)
	}
	return f.next(m, -by)
}

// when reads the three fields of time. It reports false, with the reason beside
// the field, where they are no span of time.
func (f *bookForm) when(m *Model) (providers.Interval, bool) {
	var none providers.Interval
	f.wrong[fieldDay], f.wrong[fieldStart], f.wrong[fieldEnd] = "", "", ""
	day, ok := parseDay(f.day.text(), midnight(m.now, f.zone))
	if !ok {
		f.wrong[fieldDay] = "a day such as today, fri, +2, 21 nov"
		return none, false
	}
	from, ok := parseClock(f.start.text())
	if !ok {
		f.wrong[fieldStart] = "a time such as 14:00, 1430, 2pm"
		return none, false
	}
	start, exists := wall(day, from, f.zone)
	if !exists {
		f.wrong[fieldStart] = "the clocks skip this time on that day"
		return none, false
	}
	var end time.Time
	if length, ok := parseLength(f.end.text()); ok {
		end = start.Add(length)
	} else if to, ok := parseClock(f.end.text()); ok {
		if end, exists = wall(day, to, f.zone); !exists {
			f.wrong[fieldEnd] = "the clocks skip this time on that day"
			return none, false
		}
		if to == 0 && from > 0 { // until midnight
			end, _ = wall(day, 24*60, f.zone)
		}
	} else {
		f.wrong[fieldEnd] = "a time such as 15:00, or a length such as 45m"
		return none, false
	}
	switch {
	case !end.After(start):
		f.wrong[fieldEnd] = "must be later than the start"
		return none, false
	case end.Sub(start) > 24*time.Hour:
		f.wrong[fieldEnd] = "at most a day"
		return none, false
	case !end.After(m.now):
		f.wrong[fieldStart] = "this time has passed"
		return none, false
	}
	return providers.Interval{Start: start, End: end}, true
}

// validate checks every field and reports whether the form can be sent. Nothing
// that was typed is changed by it.
func (f *bookForm) validate(m *Model) bool {
	_, ok := f.when(m)
	ok = f.readBuffers() && ok
	f.wrong[fieldWho], f.wrong[fieldBehalf], f.wrong[fieldOptional] = "", "", ""
	for field, p := range map[formField]*peopleField{fieldWho: &f.who, fieldBehalf: &f.behalf, fieldOptional: &f.optional} {
		if _, address := providers.ParseAddress(p.field.text()); !p.field.empty() && len(p.suggest) == 0 && !address && f.tried {
			f.wrong[field] = "nobody known by this name; a whole address works"
			ok = false
		}
	}
	if len(f.behalf.picked) == 0 && f.behalf.field.empty() {
		if f.tried {
			f.wrong[fieldBehalf] = "somebody must be the organiser"
		}
		ok = false
	}
	return ok
}

// request is what would be sent.
func (f *bookForm) request(m *Model) (providers.BookingRequest, bool) {
	when, ok := f.when(m)
	if !ok || len(f.behalf.picked) == 0 {
		return providers.BookingRequest{}, false
	}
	return providers.BookingRequest{
		Room: f.room.Mailbox, Start: when.Start.UTC(), End: when.End.UTC(), Zone: f.roomsZone().String(),
		Subject:  providers.Outside(f.what.text()),
		Required: append([]providers.Address(nil), f.who.picked...),
		Teams:    f.teams, Organizer: f.behalf.picked[0], EvenIfBusy: f.anyway, Offline: f.offline,
		Optional: append([]providers.Address(nil), f.optional.picked...), Body: providers.Outside(f.body.text()),
		ShowAs: showAsChoices()[f.showAs].value, Private: f.private, Before: f.beforeFor, After: f.afterFor,
	}, true
}
