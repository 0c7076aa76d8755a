package tui

import (
	"fmt"
	"time"

	"roomdesk/providers"
)

// fakeBlock is a span on the day of the tests, in minutes since midnight.
type fakeBlock struct {
	from, to int
	state    providers.FreeBusy
	mine     bool
}

func hm(h, m int) int { return h*60 + m }

func (f *fakeWorkspace) room(name, building, floor string, seats int, equipment string, blocks ...fakeBlock) {
	n := int(floor[0] - '0')
	mailbox, ok := providers.ParseAddress(foldName(name) + "@contoso.com")
	if !ok {
		panic(name)
	}
	r := providers.Room{
		Mailbox: mailbox, Name: providers.Outside(name), Building: providers.Outside(building), Floor: providers.Outside(floor), FloorNumber: &n,
		Section: providers.Outside("east"), Capacity: seats, Bookable: true, Zone: "Europe/Berlin", Provider: "graph",
	}
	for _, c := range equipment {
		switch c {
		case 'd':
			r.Equipment = append(r.Equipment, providers.Display)
		case 'v':
			r.Equipment = append(r.Equipment, providers.Video)
		case 'a':
			r.Equipment = append(r.Equipment, providers.Audio)
		case 's':
			yes := true
			r.StepFree = &yes
		}
	}
	if building == "London Soho" {
		r.Zone = "Europe/London"
	}
	f.rooms = append(f.rooms, r)
	a := providers.Availability{Mailbox: mailbox, AsOf: fakeNow().Add(-20 * time.Second)}
	for i, b := range blocks {
		span := providers.Interval{Start: at(0, 0, b.from), End: at(0, 0, b.to)}
		if b.state == "" {
			b.state = providers.Busy
		}
		a.Blocks = append(a.Blocks, providers.Block{Interval: span, State: b.state, Mine: b.mine})
		subject := []string{"Design review", "Hiring", "Board prep", "Stand-up"}[i%4]
		e := providers.Event{
			Mailbox: mailbox, ID: fmt.Sprint(name, i), Type: providers.SingleInstance, Start: span.Start.UTC(), End: span.End.UTC(),
			Subject: providers.Outside(subject), OrganizerName: providers.Outside("Adele Vance"), Organizer: "adele@contoso.com",
			ShowAs: providers.ShowAs(b.state), Private: i == 1, OnlineMeeting: i%2 == 0, Attendees: make([]providers.Attendee, 8),
		}
		f.events[mailbox] = append(f.events[mailbox], e)
	}
	next := providers.Event{Mailbox: mailbox, ID: name + "next", Type: providers.SingleInstance, Start: at(1, 9, 0).UTC(), End: at(1, 10, 0).UTC(), Subject: providers.Outside("Board prep"), OrganizerName: providers.Outside("Bob Kelly"), ShowAs: providers.ShowBusy}
	f.events[mailbox] = append(f.events[mailbox], next)
	f.avail[mailbox] = a
}

func foldName(s string) string {
	out := []rune{}
	for _, r := range s {
		switch {
		case r == 'ö':
			out = append(out, 'o')
		case r >= 'A' && r <= 'Z':
			out = append(out, r+32)
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			out = append(out, r)
		}
	}
	return string(out)
}

func (f *fakeWorkspace) addRooms() {
	b := func(h1, m1, h2, m2 int) fakeBlock { return fakeBlock{from: hm(h1, m1), to: hm(h2, m2)} }
	own := func(x fakeBlock) fakeBlock { x.mine = true; return x }
	hold := func(x fakeBlock) fakeBlock { x.state = providers.Tentative; return x }
	f.room("Aalto", "Amsterdam HQ", "3", 12, "dvs", b(8, 30, 9, 45), b(11, 0, 12, 30), b(15, 30, 16, 45))
	f.room("Bauhaus", "Amsterdam HQ", "3", 16, "dv", b(8, 0, 9, 0), b(9, 15, 11, 30), b(12, 0, 14, 30), b(16, 0, 17, 0))
	f.room("Cederström", "Amsterdam HQ", "3", 14, "ds", b(10, 0, 11, 0), hold(b(14, 0, 15, 30)))
	f.room("Dudok", "Amsterdam HQ", "3", 20, "dvs")
	f.room("Eames", "Amsterdam HQ", "3", 12, "dv", b(9, 0, 9, 30), b(13, 0, 13, 45), own(b(17, 0, 18, 0)))
	f.room("Frank", "Amsterdam HQ", "3", 12, "d", b(13, 30, 18, 0))
	f.room("Gehry", "Amsterdam HQ", "4", 24, "dvs")
	f.room("Hadid", "Amsterdam HQ", "4", 18, "dv", b(8, 45, 10, 15), b(13, 45, 14, 15), b(15, 0, 15, 30), b(16, 30, 18, 30))
	f.room("Isozaki", "Amsterdam HQ", "4", 12, "ds", b(9, 30, 12, 0), b(14, 45, 16, 15))
	f.room("Jahn", "Berlin Mitte", "3", 12, "dvas", b(11, 30, 12, 30), own(b(13, 0, 15, 0)))
	f.room("Kollwitz", "Berlin Mitte", "3", 30, "dvs", b(8, 0, 12, 0), b(16, 0, 18, 30))
	f.room("Liebermann", "Berlin Mitte", "3", 12, "d", b(18, 30, 19, 0))
	f.room("Moore", "London Soho", "1", 6, "a", b(9, 0, 17, 0))
	f.room("Nash", "London Soho", "1", 0, "", b(9, 0, 10, 0))
	f.avail["dudok@contoso.com"] = providers.Availability{Mailbox: "dudok@contoso.com", Problem: &providers.Problem{
		Class: providers.NotAllowed, Code: "ErrorAccessDenied", Status: 403, RequestID: "5f1c", Since: fakeNow().Add(-12 * time.Minute), NextTry: fakeNow().Add(58 * time.Minute),
	}}
	old := f.avail["liebermann@contoso.com"]
	old.AsOf = at(0, 10, 42)
	f.avail["liebermann@contoso.com"] = old
}

func (f *fakeWorkspace) addPeople() {
	for i, name := range []string{"Adele Vance", "Bob Kelly", "Chen Wu", "Diego Siciliani", "Grady Archie", "Isaiah Langer", "Lee Gu"} {
		mailbox := providers.Address(foldName(name[:len(name)-len(lastWord(name))-1]) + "@contoso.com")
		f.people = append(f.people, providers.Person{
			Mailbox: mailbox, Name: providers.Outside(name), JobTitle: providers.Outside([]string{"Designer", "Facilities", "Engineer"}[i%3]),
			Department: providers.Outside("Amsterdam"), Office: providers.Outside("3/12"), Enabled: i != 5,
		})
		a := providers.Availability{Mailbox: mailbox, AsOf: fakeNow().Add(-time.Minute)}
		a.Blocks = append(a.Blocks, providers.Block{Interval: providers.Interval{Start: at(0, 9+i, 0), End: at(0, 10+i, 30)}, State: providers.Busy})
		f.avail[mailbox] = a
		f.calendars[mailbox] = []providers.Calendar{
			{Mailbox: mailbox, ID: "1", Name: providers.Outside("Calendar"), OwnerName: providers.Outside(name), Owner: mailbox, Default: true, IntegratedConferencing: true},
			{Mailbox: mailbox, ID: "2", Name: providers.Outside("Holidays in Germany"), ReadOnly: true},
		}
		f.events[mailbox] = []providers.Event{{Mailbox: mailbox, ID: "e", Start: at(0, 9+i, 0).UTC(), End: at(0, 10+i, 30).UTC(), Subject: providers.Outside("Stand-up"), OrganizerName: providers.Outside(name), ShowAs: providers.ShowBusy}}
	}
}

func lastWord(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == ' ' {
			return s[i+1:]
		}
	}
	return s
}

func (f *fakeWorkspace) addSync() {
	f.progress = providers.SyncProgress{
		Phase: providers.PhaseCalendars, Done: 1840, Total: 2418, Rate: 31, Left: 19 * time.Second, Running: true,
		LastGood: fakeNow().Add(-6 * time.Second), Requests: 4211, Fresh: 2402, Late: 9, Failing: 4, NoAccess: 3,
	}
	for i, r := range f.rooms {
		s := providers.MailboxStatus{Mailbox: r.Mailbox, Name: r.Name, IsRoom: true, State: providers.MailboxFresh, LastGood: fakeNow().Add(-time.Duration(6+i) * time.Second), Rows: 88 + 37*i, Next: fakeNow().Add(50 * time.Second)}
		switch r.Mailbox {
		case "dudok@contoso.com":
			s.State, s.LastGood, s.Rows = providers.MailboxNoAccess, fakeNow().Add(-12*time.Minute), 118
			s.Problem = f.avail[r.Mailbox].Problem
		case "hadid@contoso.com":
			s.State, s.LastGood = providers.MailboxFailing, fakeNow().Add(-31*time.Minute)
			s.Problem = &providers.Problem{Class: providers.Transient, Status: 503, Code: "MailboxInfoStale", RequestID: "77aa-01", Message: providers.Outside("The mailbox is being moved."), Since: fakeNow().Add(-31 * time.Minute), NextTry: fakeNow().Add(4 * time.Minute), Tries: 3}
		case "nash@contoso.com":
			s.State, s.LastGood, s.Rows = providers.MailboxFailing, time.Time{}, 0
			s.Problem = &providers.Problem{Class: providers.NoMailbox, Status: 404, Code: "MailboxNotEnabledForRESTAPI", NextTry: fakeNow().Add(12 * time.Hour)}
		case "isozaki@contoso.com":
			s.State, s.LastGood = providers.MailboxLate, fakeNow().Add(-94*time.Second)
		}
		f.statuses = append(f.statuses, s)
	}
}

func (f *fakeWorkspace) addBookings() {
	add := func(id string, room providers.Address, subject string, from, to time.Time, state providers.BookingState, change func(b *providers.Booking)) {
		b := providers.Booking{
			ID: id, State: state, Created: fakeNow().Add(-time.Minute), Sent: fakeNow().Add(-50 * time.Second), RoomName: providers.Outside(room.Local()),
			Request: providers.BookingRequest{Room: room, Start: from, End: to, Zone: "Europe/Berlin", Subject: providers.Outside(subject), Required: []providers.Address{"bob@contoso.com", "chen@contoso.com"}, Teams: true, Organizer: "adele@contoso.com"},
		}
		if change != nil {
			change(&b)
		}
		f.bookings = append(f.bookings, b)
	}
	link := func(b *providers.Booking) { b.JoinURL = providers.Outside("https://teams.example/l/1") }
	add("k1", "eames@contoso.com", "Design review", at(0, 17, 0), at(0, 18, 0), providers.BookingAccepted, func(b *providers.Booking) { link(b); b.Answered = fakeNow().Add(-40 * time.Second) })
	add("k2", "jahn@contoso.com", "Hiring", at(0, 13, 0), at(0, 15, 0), providers.BookingWaiting, link)
	add("k3", "frank@contoso.com", "Board prep", at(1, 14, 0), at(1, 15, 0), providers.BookingDeclined, func(b *providers.Booking) {
		link(b)
		b.Answered, b.Reason, b.ReasonProof = fakeNow().Add(-30*time.Second), "The room is taken by another meeting then.", providers.Proven
		b.Alternatives = []providers.Alternative{
			{Room: "eames@contoso.com", Name: providers.Outside("Eames"), Place: "Amsterdam HQ, floor 3", Capacity: 12, Why: "free until 17:00, same floor"},
			{Room: "gehry@contoso.com", Name: providers.Outside("Gehry"), Place: "Amsterdam HQ, floor 4", Capacity: 24, Why: "free all day"},
		}
	})
	add("k4", "gehry@contoso.com", "All hands", at(2, 10, 0), at(2, 11, 0), providers.BookingCancelled, nil)
	add("k5", "nash@contoso.com", "", at(1, 9, 0), at(1, 9, 30), providers.BookingFailed, func(b *providers.Booking) {
		b.Sent, b.Reason, b.ReasonProof, b.TeamsMissing = time.Time{}, "there is no cloud mailbox at this address (404)", providers.Proven, true
	})
}
