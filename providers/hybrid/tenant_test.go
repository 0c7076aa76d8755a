package hybrid_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/hybrid"
	"roomdesk/providers/simulator"
)

// P17: invitations and the rooms' answers cross between the cloud and the company's own
// server, both ways; the meeting is changed and cancelled at its organizer's home.
func TestBookingAcross(t *testing.T) {
	o := simulator.Options{Rooms: 8, People: 12, Seed: 3, OnPremisesRooms: 4, OnPremisesPeople: 4}
	tenant := start(t, o)
	s := sidesOf(tenant, o)
	p := compose(t, tenant, s.localPeople[0], nil)
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 40)
	for day.Weekday() != time.Saturday {
		day = day.AddDate(0, 0, 1)
	}
	for i, c := range []struct {
		name                   string
		organizer, room, guest providers.Address
	}{
		{"a cloud organizer and a room on premises", s.cloudPeople[0], s.localRooms[0], s.localPeople[1]},
		{"an organizer and a room, the other way", s.localPeople[0], s.cloudRooms[0], s.cloudPeople[1]},
		{"both on premises", s.localPeople[0], s.localRooms[1], s.localPeople[1]},
	} {
		start := day.Add(time.Duration(4+i) * time.Hour)
		span := providers.Interval{Start: start, End: start.Add(time.Hour)}
		made, err := p.CreateEvent(t.Context(), providers.EventDraft{
			TransactionID: "0e0c21b6-4a7e-4d8f-9d0e-00000000000" + string(rune('1'+i)), Organizer: c.organizer, Subject: providers.Outside("across"), Start: span.Start, End: span.End,
			Room: c.room, RoomName: providers.Outside("the room"), Required: []providers.Address{c.guest},
		})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		accepted := func() bool {
			e, err := p.Event(t.Context(), c.organizer, made.ID)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			a, ok := e.Attendee(c.room)
			return ok && a.Response == providers.ResponseAccepted
		}
		wait(t, c.name+": the room's answer reaches the organizer", accepted)
		for _, mailbox := range []providers.Address{c.room, c.guest} {
			if copies := matching(t, p, mailbox, span, made.ICalUID); len(copies) != 1 || copies[0].IsOrganizer || copies[0].Mailbox != mailbox {
				t.Errorf("%s: %s has %+v", c.name, mailbox, copies)
			}
		}
		free, err := p.Availability(t.Context(), []providers.Address{c.organizer, c.room}, span)
		if err != nil || free[0].FreeFor(span) || free[1].FreeFor(span) {
			t.Errorf("%s: the time is not taken on both sides: %+v %v", c.name, free, err)
		}
		later := providers.Interval{Start: span.Start.Add(8 * time.Hour), End: span.End.Add(8 * time.Hour)}
		if _, err := p.ChangeEvent(t.Context(), c.organizer, made.ID, "", providers.EventChange{Start: &later.Start, End: &later.End, Zone: "UTC"}); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		wait(t, c.name+": the room has the new time", func() bool { return len(matching(t, p, c.room, later, made.ICalUID)) == 1 })
		if err := p.CancelEvent(t.Context(), c.organizer, made.ID, "no longer"); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		wait(t, c.name+": the room is free again", func() bool {
			free, err := p.Availability(t.Context(), []providers.Address{c.room}, later)
			return err == nil && free[0].FreeFor(later)
		})
	}
}

func matching(t *testing.T, p *hybrid.Organisation, mailbox providers.Address, window providers.Interval, uid string) (out []providers.Event) {
	t.Helper()
	err := p.Changes(t.Context(), providers.ChangesRequest{Mailbox: mailbox, Window: window}, func(page providers.ChangePage) error {
		for _, e := range page.Events {
			if e.ICalUID == uid && !e.Cancelled {
				out = append(out, e)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: has not happened", what)
		case <-tick.C:
		}
	}
}

// P17, S17: every mailbox is reached through the provider of its home and through no
// other once that is known; learning costs at most one refusal for each.
func TestTheLedgerShowsOneProviderForEach(t *testing.T) {
	o := simulator.Options{Rooms: 10, People: 12, Seed: 5, OnPremisesRooms: 5, OnPremisesPeople: 4}
	tenant := start(t, o)
	s := sidesOf(tenant, o)
	homes := hybrid.NewHomes()
	p := compose(t, tenant, s.localPeople[0], homes)
	all := slices.Concat(s.cloudRooms, s.localRooms, s.cloudPeople, s.localPeople)
	window := providers.Interval{Start: time.Now(), End: time.Now().AddDate(0, 0, 3)}
	if _, err := p.Rooms(t.Context(), func([]providers.Room) error { return nil }); err != nil {
		t.Fatal(err)
	}
	known, err := p.Availability(t.Context(), all, window)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range known {
		if !a.Known() {
			t.Errorf("%s: %+v", a.Mailbox, a.Problem)
		}
	}
	before := len(tenant.Ledger())
	for _, mailbox := range all {
		if err := p.Changes(t.Context(), providers.ChangesRequest{Mailbox: mailbox, Window: window}, func(providers.ChangePage) error { return nil }); err != nil {
			t.Errorf("%s: %v", mailbox, err)
		}
	}
	for _, e := range tenant.Ledger()[before:] {
		local := slices.Contains(s.localRooms, providers.Address(e.Mailbox)) || slices.Contains(s.localPeople, providers.Address(e.Mailbox))
		if e.Mailbox != "" && e.Mailbox != tenant.Endpoints().ExchangeAccount && local != (e.Path == "/EWS/Exchange.asmx") {
			t.Errorf("%s was asked at %s: %d %s", e.Mailbox, e.Path, e.Status, e.Code)
		}
	}
	for _, mailbox := range s.localRooms {
		if home, _ := homes.Home(mailbox); home.Provider != "ews" || home.Cause != providers.HomeLearnt {
			t.Errorf("%s: %+v", mailbox, home)
		}
	}
	rooms := map[providers.Address]string{}
	if _, err := p.Rooms(t.Context(), func(page []providers.Room) error {
		for _, r := range page {
			rooms[r.Mailbox] = r.Provider
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, mailbox := range slices.Concat(s.cloudRooms, s.localRooms) {
		if want := map[bool]string{true: "ews", false: "graph"}[slices.Contains(s.localRooms, mailbox)]; rooms[mailbox] != want {
			t.Errorf("%s is reached by %q, want %q", mailbox, rooms[mailbox], want)
		}
	}
}

// P17: a mailbox that is moved to the cloud while the organisation is open is found
// there, with the rows of before kept until it is read anew.
func TestMovedToTheCloud(t *testing.T) {
	o := simulator.Options{Rooms: 4, People: 10, Seed: 5, OnPremisesRooms: 2, OnPremisesPeople: 2}
	tenant := start(t, o)
	s := sidesOf(tenant, o)
	p := compose(t, tenant, s.localPeople[0], nil)
	room, window := s.localRooms[0], providers.Interval{Start: time.Now(), End: time.Now().AddDate(0, 0, 3)}
	cursor := ""
	read := func() error {
		return p.Changes(t.Context(), providers.ChangesRequest{Mailbox: room, Window: window, Cursor: cursor}, func(page providers.ChangePage) error {
			cursor = page.Cursor
			return nil
		})
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	if err := tenant.SetHosting(string(room), simulator.HostedOnline); err != nil {
		t.Fatal(err)
	}
	if err := read(); !providers.Is(err, providers.Resync) {
		t.Fatalf("after the move: %v", err)
	}
	cursor = ""
	if err := read(); err != nil {
		t.Errorf("anew: %v", err)
	}
}
