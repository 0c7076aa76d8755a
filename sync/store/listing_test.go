package store_test

import (
	"slices"
	"testing"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// A list that names nobody, or breaks off, removes nobody; the same answer a
// second time does.
func TestAnEmptyListIsReadTwice(t *testing.T) { // F-035, NODEL
	s := open(t)
	rooms := []providers.Room{{Mailbox: "a@contoso.com"}, {Mailbox: "b@contoso.com"}, {Mailbox: "c@contoso.com"}}
	list := func(complete bool, rooms ...providers.Room) store.ListingResult {
		t.Helper()
		l := s.BeginRooms()
		must(l.Page(t.Context(), rooms))(t)
		return must(l.Finish(t.Context(), providers.Listing{Count: len(rooms), Reported: len(rooms), Complete: complete}, noon))(t)
	}
	have := func() int { t.Helper(); return len(must(s.Rooms(t.Context()))(t)) }
	list(true, rooms...)
	for range 3 {
		if r := list(false, rooms[0]); len(r.Removed) > 0 || r.Unconfirmed > 0 || have() != 3 {
			t.Errorf("a list that broke off: %+v, %d rooms", r, have())
		}
	}
	if r := list(true); r.Unconfirmed != 3 || len(r.Removed) > 0 || have() != 3 {
		t.Errorf("one empty list: %+v, %d rooms", r, have())
	}
	list(true, rooms...) // it was a mistake
	if r := list(true); r.Unconfirmed != 3 || have() != 3 {
		t.Errorf("an empty list much later: %+v, %d rooms", r, have())
	}
	if r := list(true); !slices.Equal(r.Removed, []providers.Address{"a@contoso.com", "b@contoso.com", "c@contoso.com"}) || have() != 0 {
		t.Errorf("a second empty list: %+v, %d rooms", r, have())
	}
}

// Of a room in three, one that is gone is believed at once.
func TestOneMissingRoomGoesAtOnce(t *testing.T) { // F-035
	s := open(t)
	for _, named := range [][]providers.Room{{{Mailbox: "a@contoso.com"}, {Mailbox: "b@contoso.com"}, {Mailbox: "c@contoso.com"}}, {{Mailbox: "a@contoso.com"}, {Mailbox: "c@contoso.com"}}} {
		l := s.BeginRooms()
		must(l.Page(t.Context(), named))(t)
		must(l.Finish(t.Context(), providers.Listing{Count: len(named), Reported: len(named), Complete: true}, noon))(t)
		if have := must(s.Rooms(t.Context()))(t); len(have) != len(named) {
			t.Errorf("%d rooms of %d", len(have), len(named))
		}
	}
}
