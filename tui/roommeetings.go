package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// roomMeetings is the bar on the meetings in a room's details.
type roomMeetings struct {
	events []providers.Event // as they were drawn last
	at     int
	line   int // that the bar is on, to keep it in sight
}

// begin puts the bar on the meeting that runs or comes next, once there are any.
func (r *roomMeetings) begin(list []entry, now time.Time) {
	if r.at >= 0 {
		return
	}
	n := 0
	for i := range list {
		if list[i].event == nil {
			continue
		}
		if r.at = n; list[i].when.End.After(now) {
			return
		}
		n++
	}
}

// chosen is the meeting that the bar is on, nil where none is listed.
func (r *reader) chosen() *providers.Event {
	if r.meetings == nil || r.meetings.at < 0 || r.meetings.at >= len(r.meetings.events) {
		return nil
	}
	return &r.meetings.events[r.meetings.at]
}

// move moves the bar where there are meetings, else the text.
func (r *reader) move(by int) {
	if r.meetings == nil || len(r.meetings.events) == 0 {
		r.scroll(by)
		return
	}
	r.meetings.at = max(min(r.meetings.at+by, len(r.meetings.events)-1), 0)
	r.follow = true
}

// bookingOf is the booking of a meeting in a room where it was booked here.
func (m *Model) bookingOf(e *providers.Event) *providers.Booking {
	for i := range m.bookings.rows {
		b := &m.bookings.rows[i]
		if b.Series == nil && b.Request.Room == e.Mailbox && b.ICalUID != "" && b.ICalUID == e.ICalUID && b.Request.Start.Equal(e.Start) {
			return b
		}
	}
	return nil
}

// whyNotMeeting says why the meeting that the bar is on cannot be changed so.
func (m *Model) whyNotMeeting(kind providers.ChangeKind) string {
	r, ok := topOf[*reader](m)
	if !ok || r.meetings == nil {
		return "this is not a room"
	}
	e := r.chosen()
	if e == nil {
		return "no meeting is chosen"
	}
	verb := providers.VerbChange
	if kind == "" {
		verb = providers.VerbCancel
	}
	if why := m.whyNotDo(verb, e.Organizer); why != "" {
		return why
	}
	if b := m.bookingOf(e); b != nil {
		if kind == "" {
			return whyNotCancel(b)
		}
		return m.whyNotChange(b, kind)
	}
	switch {
	case e.Organizer == "":
		return "it is not known who organises it"
	case e.Private:
		return "it is private: its organiser has to change it"
	case !m.people.knows(e.Organizer):
		return "its organiser is none of the people here: only they can change it"
	}
	found := providers.Booking{State: providers.BookingAccepted, EventID: e.ID, Request: providers.BookingRequest{Room: e.Mailbox, Start: e.Start, End: e.End, Organizer: e.Organizer}}
	if kind == "" {
		return whyNotCancel(&found)
	}
	return m.whyNotChange(&found, kind)
}

// knows reports whether a mailbox is one of the people of the tenant.
func (p *peoplePane) knows(mailbox providers.Address) bool {
	for i := range p.rows {
		if p.rows[i].person.Mailbox == mailbox {
			return true
		}
	}
	return false
}

// withMeeting does something with the booking of the meeting that the bar is on. One
// that was not booked here is looked up in its organiser's calendar first.
func (m *Model) withMeeting(do func(m *Model, b *providers.Booking) tea.Cmd) tea.Cmd {
	r, _ := topOf[*reader](m)
	e := r.chosen()
	if b := m.bookingOf(e); b != nil {
		return do(m, b)
	}
	ws, event := m.ws, *e
	m.notices.add(m.now, "looking for the meeting in its organiser’s calendar…", false)
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		b, err := ws.Adopt(ctx, event)
		return adopted{r, b, err, do}
	})
}

type adopted struct {
	from    *reader
	booking providers.Booking
	err     error
	do      func(m *Model, b *providers.Booking) tea.Cmd
}

func (a adopted) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.add(m.now, "the meeting cannot be changed here: "+problemText(a.err), true)
		return nil
	}
	m.bookings.put(a.booking)
	if top, ok := topOf[*reader](m); !ok || top != a.from {
		return m.readBookings() // something else is looked at by now
	}
	return tea.Batch(a.do(m, &a.booking), m.readBookings())
}

// roomMeetingKeys change the meetings that a room's details list.
func roomMeetingKeys() []binding {
	why := func(kind providers.ChangeKind) func(m *Model) string {
		return func(m *Model) string { return m.whyNotMeeting(kind) }
	}
	with := func(do func(m *Model, b *providers.Booking) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return m.withMeeting(do) }
	}
	keys := []binding{
		{keys: []string{"+", "="}, label: "+", what: "longer", more: "in a room: the chosen meeting 15 minutes longer, or as far as the room is free", rank: 4, why: why(providers.ChangeExtend), run: with(func(m *Model, b *providers.Booking) tea.Cmd {
			return m.planChange(b, ChangeWish{Kind: providers.ChangeExtend, End: b.Request.End.Add(quarter)}, nil)
		})},
		{keys: []string{"x"}, label: "x", what: "end now", more: "in a room: end the chosen meeting now, after a question", rank: 5, why: why(providers.ChangeEnd), run: with(func(m *Model, b *providers.Booking) tea.Cmd {
			return m.planChange(b, ChangeWish{Kind: providers.ChangeEnd}, nil)
		})},
		{keys: []string{"m"}, label: "m", what: "move", more: "in a room: move the chosen meeting to another time or room", rank: 6, why: why(providers.ChangeMove), run: with(func(m *Model, b *providers.Booking) tea.Cmd {
			m.openDialog(m.newMoveForm(*b))
			return nil
		})},
		{keys: []string{"c"}, label: "c", what: "cancel", more: "in a room: cancel the chosen meeting, after a question", rank: 7, why: why(""), run: with(func(m *Model, b *providers.Booking) tea.Cmd {
			m.openDialog(newCancelDialog(*b))
			return nil
		})},
	}
	for i := range keys {
		keys[i].scope = scopeReader
	}
	return keys
}
