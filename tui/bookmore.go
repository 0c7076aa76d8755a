package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// formMore is what only some meetings need: the form shows it when asked to.
type formMore struct {
	more     bool
	optional peopleField
	body     textField
	showAs   int // of showAsChoices
	private  bool
	before   textField
	after    textField
	// beforeFor and afterFor are what the two fields say.
	beforeFor, afterFor time.Duration
	roomZone            *time.Location
	offline             bool // keep it where the tenant cannot be asked
}

type showAsChoice struct {
	value providers.ShowAs
	words string
}

func showAsChoices() []showAsChoice {
	return []showAsChoice{
		{providers.ShowBusy, "busy"}, {providers.ShowTentative, "tentative"}, {providers.ShowFree, "free"},
		{providers.ShowOutOfOffice, "out of office"}, {providers.ShowWorkingElsewhere, "working elsewhere"},
	}
}

// fields is how many fields the form shows.
func (f *bookForm) fields() formField {
	if f.more {
		return fieldCount
	}
	return fieldOptional
}

// toggleMore shows the further fields, or hides them; what they say holds either way.
func (f *bookForm) toggleMore() {
	f.more = !f.more
	f.focus = fieldOptional
	if !f.more {
		f.focus = fieldWhat
	}
}

func (f *bookForm) moreText() *textField {
	switch f.focus {
	case fieldText:
		return &f.body
	case fieldBefore:
		return &f.before
	case fieldAfter:
		return &f.after
	}
	return nil
}

// switchMore takes the next choice of the switch in focus.
func (f *bookForm) switchMore(by int) {
	switch f.focus {
	case fieldShowAs:
		n := len(showAsChoices())
		f.showAs = (f.showAs + by + n) % n
	case fieldPrivate:
		f.private = !f.private
	}
}

// readBuffers reads how long the room is kept before and after.
func (f *bookForm) readBuffers() bool {
	ok := true
	for _, part := range []struct {
		field formField
		text  *textField
		to    *time.Duration
	}{{fieldBefore, &f.before, &f.beforeFor}, {fieldAfter, &f.after, &f.afterFor}} {
		f.wrong[part.field], *part.to = "", 0
		if part.text.empty() {
			continue
		}
		length, fine := parseLength(part.text.text())
		if !fine {
			length, fine = parseMinutes(part.text.text())
		}
		if !fine || length > 4*time.Hour {
			f.wrong[part.field], ok = "a length such as 15m, at most 4 h", false
			continue
		}
		*part.to = length
	}
	return ok
}

// parseMinutes reads a bare number as minutes.
func parseMinutes(text string) (time.Duration, bool) { return parseLength(text + "m") }

// drawMore writes the further fields, or that there are some.
func (f *bookForm) drawMore(o *formLines) {
	if !f.more {
		if said := f.saidMore(o.m); said != "" {
			o.note(plain, said)
			return
		}
		o.add(o.line().to(labelWidth).put(dim, cut("alt+o optional, text, shows as, private, before, after", max(o.w-labelWidth, 8))))
		return
	}
	f.drawPeople(o, fieldOptional, &f.optional)
	f.drawText(o, fieldText, &f.body, max(min(o.w-labelWidth, 60), 8), "")
	f.drawSwitch(o, fieldShowAs, showAsChoices()[f.showAs].words)
	word := "no"
	if f.private {
		word = "yes, only those invited see what it is"
	}
	f.drawSwitch(o, fieldPrivate, word)
	f.drawText(o, fieldBefore, &f.before, 8, bufferWords(f.beforeFor, "to prepare"))
	f.drawText(o, fieldAfter, &f.after, 8, bufferWords(f.afterFor, "to clear up"))
}

func bufferWords(d time.Duration, what string) string {
	if d == 0 {
		return "none"
	}
	return duration(d) + " " + what + ", as a meeting of its own"
}

// saidMore is what the hidden fields say, in words; "" where nothing.
func (f *bookForm) saidMore(m *Model) string {
	said := ""
	add := func(words string) {
		if said != "" {
			said += " · "
		}
		said += words
	}
	if names := m.names(f.optional.picked); names != "" {
		add("optional " + names)
	}
	if !f.body.empty() {
		add("with a text")
	}
	if f.showAs > 0 {
		add("shows as " + showAsChoices()[f.showAs].words)
	}
	if f.private {
		add("private")
	}
	if f.beforeFor > 0 {
		add(duration(f.beforeFor) + " before")
	}
	if f.afterFor > 0 {
		add(duration(f.afterFor) + " after")
	}
	return said
}

func (f *bookForm) drawSwitch(o *formLines, field formField, word string) {
	l := f.field(o, field)
	f.putSwitch(l, field, word)
	o.add(l)
}

// putSwitch shows what a switch is on, and how to change it where the focus is.
func (f *bookForm) putSwitch(l *line, field formField, word string) {
	if f.focus == field && !f.sending {
		ground := l.ground
		l.ground = onSpan
		l.put(strong, word+" ")
		l.ground = ground
		l.put(dim, " space changes it")
	} else {
		l.put(plain, word)
	}
}

// clockChoice is by whose clock the form's times are.
type clockChoice int

const (
	clockRoom clockChoice = iota
	clockYours
	clockOrganizer
	clockUTC
	clockCount
)

// zoneOf is the zone of a choice, and how it is called; nil where it is not known.
func (f *bookForm) zoneOf(m *Model, c clockChoice) (*time.Location, string) {
	switch c {
	case clockYours:
		return m.zone, "your clock"
	case clockOrganizer:
		if f.organizer() != m.header.Organizer {
			return nil, "" // nobody tells in which zone that person works
		}
		return m.header.Zone, "the organiser's clock"
	case clockUTC:
		return time.UTC, "UTC"
	}
	return f.roomsZone(), "the room's clock"
}

// roomsZone is the room's own zone; forms that read no other have only one.
func (f *bookForm) roomsZone() *time.Location {
	if f.roomZone == nil {
		return f.zone
	}
	return f.roomZone
}

// nextClock shows and reads the times by the next clock. The moments stay.
func (f *bookForm) nextClock(m *Model) {
	when, ok := f.when(m)
	if !ok {
		return
	}
	for range clockCount {
		f.clock = (f.clock + 1) % clockCount
		if zone, _ := f.zoneOf(m, f.clock); zone != nil && zone.String() != f.zone.String() {
			f.zone = zone
			break
		}
	}
	f.setTimes(when, m.now)
	f.validate(m)
}

// askOffline stores the wish where the tenant cannot be asked; it is checked before
// it is sent.
func (f *bookForm) askOffline(m *Model) tea.Cmd {
	m.openDialog(&question{
		title: "Keep it until the tenant can be asked?",
		text: []string{
			"The tenant cannot be reached now, so that it is not known whether " + f.title + " is free.",
			"It is kept here, in 3 Bookings. When the tenant can be asked again the room is checked, and the meeting is sent if the room is free and no more than 30 minutes have passed.",
			"Else it waits there until you look at it: nothing is sent late on its own.",
		},
		no: "not now", yes: "keep it", do: func(m *Model) tea.Cmd {
			f.offline = true
			return f.send(m)
		},
	})
	return nil
}
