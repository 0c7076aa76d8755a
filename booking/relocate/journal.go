package relocate

import (
	"slices"

	"roomdesk/providers"
)

// Relocation turns a plan into what the journal keeps and the console shows: not
// stored yet, every solved meeting planned for its best room. EventID is still open.
func (p Plan) Relocation(reason providers.Untrusted) providers.Relocation {
	r := providers.Relocation{Room: p.Room.Mailbox, RoomName: providers.Outside(p.Room.Title()), Period: p.Period, Reason: reason, State: providers.RelocationPlanned, Blocked: p.Blocked}
	for _, m := range p.Meetings {
		e := m.Event
		s := providers.RelocationStep{
			Was:     providers.Slot{Room: p.Room.Mailbox, RoomName: r.RoomName, Start: e.Start, End: e.End},
			Subject: e.Subject, Private: e.Private, Organizer: e.Organizer, ICalUID: e.ICalUID, Series: e.Recurring(), People: m.People,
			Mails: guests(e, p.Room.Mailbox), Foreign: m.Foreign, Text: m.Text, State: providers.StepPlanned, Why: m.Unsolved,
		}
		for n, c := range slices.Concat(m.Choices, m.Lesser) {
			s.Choices = append(s.Choices, providers.RoomChoice{
				Room: c.Room.Mailbox, Name: providers.Outside(c.Room.Title()), Place: c.Room.Place(), Capacity: c.Room.Capacity, Why: c.Why, Lesser: n >= len(m.Choices),
			})
		}
		if m.Unsolved != "" {
			s.State = providers.StepUnsolved
		}
		r.Steps = append(r.Steps, s)
	}
	return r
}

// guests are the people who get mail when a meeting moves, its organizer aside.
func guests(e providers.Event, room providers.Address) (all []providers.Address) {
	for _, a := range e.Attendees {
		if a.Type != providers.Resource && a.Mailbox != "" && a.Mailbox != room && a.Mailbox != e.Organizer {
			all = append(all, a.Mailbox)
		}
	}
	return all
}
