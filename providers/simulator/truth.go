package simulator

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Truth gives what a mailbox really holds between from and to, by start, after
// letting rooms answer what is due. ok is false for an unknown address.
func (t *Tenant) Truth(address string, from, to time.Time) (truth TruthMailbox, ok bool) {
	m := t.world.find(address)
	if m == nil {
		return TruthMailbox{}, false
	}
	t.settle()
	return t.truthOf(m, from, to), true
}

func (t *Tenant) truthOf(m *mailbox, from, to time.Time) TruthMailbox {
	t.ensure(m)
	out := TruthMailbox{Mailbox: m.contact.address, Name: m.contact.name, Room: m.kind == roomBox, Events: []TruthEvent{}}
	if m.room != nil {
		policy := m.room.policy
		out.Policy = &policy
	}
	t.mu.RLock()
	list := m.view(from.Unix(), to.Unix())
	t.mu.RUnlock()
	for _, i := range list {
		e := TruthEvent{
			ID: string(m.appendID(nil, instanceID(i), false)), ImmutableID: string(m.appendID(nil, instanceID(i), true)),
			ICalUID: string(appendICalUID(nil, i.e.uid, seriesCreated(i), i.date)), Type: kindNames[i.kind],
			Start: time.Unix(i.start, 0).UTC().Format(time.RFC3339), End: time.Unix(i.end, 0).UTC().Format(time.RFC3339),
			AllDay: i.e.has(allDayFlag), Subject: i.e.subject, Organizer: i.e.organizer.address, IsOrganizer: i.e.has(isOrganizerFlag),
			ShowAs: showNames[i.e.show], Sensitivity: sensitivityNames[i.e.sens], Cancelled: i.e.has(cancelledFlag),
			Response: responseNames[i.e.resp], Online: i.e.has(onlineFlag), TransactionID: i.e.seldom().transaction, Attendees: []TruthAttendee{},
		}
		for _, a := range i.e.attendees {
			if !e.IsOrganizer {
				a.resp = respondedNone
			}
			e.Attendees = append(e.Attendees, TruthAttendee{Mailbox: a.who.address, Type: attendanceNames[a.kind], Response: responseNames[a.resp]})
		}
		out.Events = append(out.Events, e)
	}
	slices.SortFunc(out.Events, func(a, b TruthEvent) int {
		return cmp.Or(strings.Compare(a.Start, b.Start), strings.Compare(a.End, b.End), strings.Compare(a.ICalUID, b.ICalUID))
	})
	return out
}
