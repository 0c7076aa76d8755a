package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// typingPause is how long a form must rest before the tenant is asked.
const typingPause = 350 * time.Millisecond

// liveCheck is the tenant's answer to the form as it was a moment ago. An answer
// to older fields is dropped by its generation.
type liveCheck struct {
	generation uint64
	asking     bool
	have       bool
	at         time.Time
	result     BookingCheck
	err        error
}

// recheck asks the tenant once the fields have rested.
func (f *bookForm) recheck(m *Model) tea.Cmd {
	f.check.generation++
	f.check.have, f.check.err = false, nil
	request, ok := f.request(m)
	f.check.asking = ok
	if !ok {
		return nil
	}
	return m.after(typingPause, checkDue{f, f.check.generation, request})
}

type checkDue struct {
	form       *bookForm
	generation uint64
	request    providers.BookingRequest
}

func (d checkDue) apply(m *Model) tea.Cmd {
	if d.generation != d.form.check.generation || !slices.Contains(m.dialogs, dialog(d.form)) {
		return nil
	}
	ws := m.ws
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		result, err := ws.Check(ctx, d.request)
		return checkAnswer{d.form, d.generation, result, err}
	})
}

type checkAnswer struct {
	form       *bookForm
	generation uint64
	result     BookingCheck
	err        error
}

func (a checkAnswer) apply(m *Model) tea.Cmd {
	c := &a.form.check
	if a.generation != c.generation {
		return nil
	}
	c.asking, c.have, c.at, c.result, c.err = false, a.err == nil, m.now, a.result, a.err
	return nil
}

// roomWords is what is known of the room for the span.
func (f *bookForm) roomWords(m *Model) (glyph string, look role, text string) {
	c := &f.check
	switch {
	case c.err != nil:
		return "?", warn, "could not be checked: " + problemText(c.err)
	case c.asking:
		return "◌", dim, "asking the tenant…"
	case !c.have:
		return "○", dim, "not checked yet"
	case c.result.Free:
		return "●", good, "free, checked " + providers.Age(m.now.Sub(c.at)) + " ago"
	}
	why := clean(c.result.Why)
	if why == "" {
		why = "not free"
	}
	return "✗", warn, why
}

// personWords is what is known of an attendee for the span: free, busy, or
// nothing.
func (f *bookForm) personWords(mailbox providers.Address, when providers.Interval) (glyph string, look role, text string) {
	if !f.check.have {
		return "", dim, ""
	}
	for i := range f.check.result.Attendees {
		a := &f.check.result.Attendees[i]
		if a.Mailbox != mailbox {
			continue
		}
		switch {
		case !a.Known():
			return "?", dim, "unknown"
		case a.FreeFor(when):
			return "✓", good, ""
		}
		for _, b := range a.Blocks {
			if b.State.Taken() && b.Overlaps(when) {
				_, _, word, _ := stateLook(b.State)
				return "✗", warn, word + " until " + b.End.In(f.zone).Format("15:04")
			}
		}
		return "?", dim, "unknown"
	}
	return "?", dim, "unknown"
}

// teamsWords says whether a Teams link will come.
func (f *bookForm) teamsWords(m *Model) (look role, text string) {
	c := &f.check
	switch {
	case !f.teams:
		return dim, m.whyNotDo(providers.VerbTeams, f.organizer())
	case !c.have:
		return dim, ""
	case c.result.TeamsAllowed:
		return dim, m.people.nameOf(f.organizer()) + "’s calendar allows it"
	}
	why := clean(c.result.TeamsWhy)
	if why == "" {
		why = "the organiser's calendar does not allow it"
	}
	return warn, "no link will come: " + why
}

func (f *bookForm) organizer() providers.Address {
	if len(f.behalf.picked) > 0 {
		return f.behalf.picked[0]
	}
	return ""
}

// send stores the intent and sends it; the form shows what is wrong instead where
// it cannot.
func (f *bookForm) send(m *Model) tea.Cmd {
	if p := f.people(); p != nil && !p.field.empty() {
		if p.take(m.people.rows) { // enter takes the completion first
			return f.changed(m)
		}
	}
	f.tried = true
	if !f.validate(m) {
		for field := range fieldCount {
			if f.wrong[field] != "" {
				f.focus = field
				break
			}
		}
		return nil
	}
	request, ok := f.request(m)
	if !ok {
		return nil
	}
	if !f.offline && !f.anyway && f.check.err != nil && providers.Is(f.check.err, providers.Unreachable) {
		return f.askOffline(m)
	}
	f.sending, f.refused = true, ""
	return m.book(f, request, "")
}

// whyNotSend is the reason why enter does nothing.
func (f *bookForm) whyNotSend() string {
	if f.sending {
		return "it is being sent already"
	}
	return ""
}

// takeAlternative puts another room into the form.
func (f *bookForm) takeAlternative(m *Model, n int) tea.Cmd {
	if f.sending || !f.check.have || n >= len(f.check.result.Alternatives) {
		return nil
	}
	alternative := f.check.result.Alternatives[n]
	when, ok := f.when(m)
	if i, known := m.rooms.data.find[alternative.Room]; known {
		f.room = m.rooms.data.rows[i].room
	} else {
		f.room = providers.Room{Mailbox: alternative.Room, Name: alternative.Name, Capacity: alternative.Capacity, Bookable: true}
	}
	f.title = clean(f.room.Title())
	if z := m.zoneNamed(f.room.Zone); z != nil {
		f.zone, f.roomZone, f.clock = z, z, clockRoom
	}
	if ok {
		f.setTimes(when, m.now)
	}
	return f.changed(m)
}
