package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// chapter is one write of a store's life, whole or not at all: when run returns
// without an error it is acknowledged.
type chapter struct {
	name    string
	durable bool // is on the disk when it is acknowledged
	run     func(ctx context.Context, s *store.Store) error
}

// story is what faults are put into: lists, a first reading, changes, a whole
// reading anew, and bookings in between. Every chapter may be told again.
func story() []chapter {
	read := func(generation string, pages int, full bool) func(context.Context, *store.Store) error {
		return func(ctx context.Context, s *store.Store) error {
			all := meetings(aalto, -3*pages, 3*pages)
			for i := range all {
				all[i].Subject = providers.Outside(generation + strings.Repeat(" and more", 30))
			}
			round := s.BeginFull(aalto, week)
			if !full {
				round = s.BeginChanges(aalto, "cursor "+generation)
			}
			for n := range pages {
				page := providers.ChangePage{Events: all[n*6 : n*6+6], Cursor: fmt.Sprint("cursor ", generation, n), Done: n == pages-1}
				if !full {
					page.Removed = []string{meeting(aalto, -1).ID}
				}
				if _, err := round.Apply(ctx, page, stamp); err != nil {
					return err
				}
			}
			return nil
		}
	}
	book := func(n int, state providers.BookingState) func(context.Context, *store.Store) error {
		return func(ctx context.Context, s *store.Store) error {
			b := booking(n)
			b.State = state
			return s.SaveBooking(ctx, b)
		}
	}
	rooms := []providers.Room{{Mailbox: aalto}, {Mailbox: "bauhaus@contoso.com"}}
	return []chapter{
		{"first rooms", false, func(ctx context.Context, s *store.Store) error {
			_, err := s.BeginRooms().Page(ctx, rooms)
			return err
		}},
		{"all rooms", false, func(ctx context.Context, s *store.Store) error {
			l := s.BeginRooms()
			if _, err := l.Page(ctx, rooms); err != nil {
				return err
			}
			_, err := l.Finish(ctx, providers.Listing{Count: 2, Reported: 2, Complete: true}, noon)
			return err
		}},
		{"first reading", false, read("one", 2, true)},
		{"booking", true, book(0, providers.BookingWaiting)},
		{"changes", false, read("two", 1, false)},
		{"second booking", true, book(1, providers.BookingWaiting)},
		{"reading anew", false, read("three", 2, true)},
		{"room's answer", true, book(0, providers.BookingAccepted)},
		{"note", false, func(ctx context.Context, s *store.Store) error { return s.SetMeta(ctx, "note", "kept") }},
	}
}

// shown is all that a person could see of a store, and where reading goes on.
func shown(ctx context.Context, s *store.Store) (string, error) {
	var b strings.Builder
	rooms, err := s.Rooms(ctx)
	if err != nil {
		return "", err
	}
	listing, _, err := s.RoomListing(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "%d rooms, complete %v\n", len(rooms), listing.Complete)
	mailboxes, err := s.Mailboxes(ctx)
	if err != nil {
		return "", err
	}
	for _, m := range mailboxes {
		events, err := s.Events(ctx, m.Address, week)
		if !m.Complete() {
			if !providers.Is(err, providers.Unsupported) {
				return "", fmt.Errorf("%d events of a calendar that was not read are shown, %w", len(events), err)
			}
			fmt.Fprintf(&b, "%s not read\n", m.Address)
			continue
		}
		if err != nil {
			return "", err
		}
		if len(events) != m.Rows {
			fmt.Fprintf(&b, "%s counts %d\n", m.Address, m.Rows)
		}
		position, err := s.Position(ctx, m.Address)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s %s\n", m.Address, position.Cursor)
		for _, ev := range events {
			generation, _, _ := strings.Cut(ev.Subject.Raw(), " ")
			fmt.Fprintf(&b, "  %s %s\n", ev.ID, generation)
		}
	}
	bookings, err := s.Bookings(ctx)
	if err != nil {
		return "", err
	}
	for _, booked := range bookings {
		fmt.Fprintf(&b, "booking %s %s %s\n", booked.ID, booked.TransactionID, booked.State)
	}
	note, err := s.Meta(ctx, "note")
	fmt.Fprintf(&b, "note %q\n", note)
	return b.String(), err
}

// undisturbed tells the story and gives what is shown before the first chapter
// and after each.
func undisturbed(t *testing.T) []string {
	t.Helper()
	s := open(t)
	states := []string{must(shown(t.Context(), s))(t)}
	for _, c := range story() {
		if err := c.run(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		states = append(states, must(shown(t.Context(), s))(t))
	}
	return states
}

// between reports whether what is shown is the state after one of the chapters
// from first to last. A mailbox whose first reading is under way shows nothing.
func between(states []string, first, last int, now string) bool {
	now = strings.Replace(now, string(aalto)+" not read\n", "", 1)
	for i := max(0, first); i <= min(last, len(states)-1); i++ {
		if states[i] == now {
			return true
		}
	}
	return false
}

// reopened opens a store after a fault: it must be as sound as if nothing had
// happened, without a repair.
func reopened(t *testing.T, what, file string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Verify: true, Now: func() time.Time { return noon }})
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return nil
	}
	if r := s.Report(); r.SetAside != "" {
		t.Errorf("%s: set aside: %s", what, r.Damage)
	}
	return s
}

// toldAgain tells the whole story to a store that a fault met: it must end as if
// there had been none.
func toldAgain(t *testing.T, what string, s *store.Store, states []string) {
	t.Helper()
	for _, c := range story() {
		if err := c.run(t.Context(), s); err != nil {
			t.Errorf("%s: %s again: %v", what, c.name, err)
			return
		}
	}
	now, err := shown(t.Context(), s)
	if err != nil || now != states[len(states)-1] {
		t.Errorf("%s: the story ends with\n%s\nwant\n%s%v", what, now, states[len(states)-1], err)
	}
}
