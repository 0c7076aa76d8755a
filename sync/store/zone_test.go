package store_test

import (
	"testing"

	"roomdesk/providers"
)

// A listing knows no zones: what the calendar named survives the next listing.
func TestRoomsHaveTheZoneThatTheirCalendarNamed(t *testing.T) {
	s := open(t)
	list := func() {
		t.Helper()
		l := s.BeginRooms()
		must(l.Page(t.Context(), []providers.Room{{Mailbox: aalto, Name: providers.Outside("Aalto")}}))(t)
		must(l.Finish(t.Context(), providers.Listing{Count: 1, Reported: 1, Complete: true}, noon))(t)
	}
	list()
	if !must(s.SetZones(t.Context(), map[providers.Address]string{aalto: "Europe/Berlin"}))(t) {
		t.Error("a new zone is no change")
	}
	for _, zone := range []string{"Europe/Berlin", ""} {
		if must(s.SetZones(t.Context(), map[providers.Address]string{aalto: zone}))(t) {
			t.Errorf("%q after Europe/Berlin is a change", zone)
		}
	}
	list()
	if rooms := must(s.Rooms(t.Context()))(t); len(rooms) != 1 || rooms[0].Zone != "Europe/Berlin" {
		t.Errorf("rooms are %+v", rooms)
	}
	room, ok, err := s.Room(t.Context(), aalto)
	if err != nil || !ok || room.Zone != "Europe/Berlin" {
		t.Errorf("the room is %+v, %v, %v", room, ok, err)
	}
}
