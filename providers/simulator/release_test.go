package simulator

import (
	"testing"
	"time"
)

// A room whose policy says so gives up meetings to which nobody checked in.
func TestRoomsAreReleased(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	clock := newClock(at)
	tenant, c := checked(t, Options{Seed: 95, Now: clock.now, TokenLife: 72 * time.Hour})
	var rooms []string
	for _, r := range tenant.Rooms() {
		if r.Policy.Name == "auto-accept" {
			rooms = append(rooms, r.Mailbox)
		}
	}
	release, keep, plain := rooms[0], rooms[1], rooms[2]
	begin := at.Add(2 * time.Hour)
	book := func(room string, more ...any) object {
		t.Helper()
		made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, begin, time.Hour, more...))
		if got := roomResponse(c.event(c.at.Organizer, made), room); got != "accepted" {
			t.Fatalf("%s says %q", room, got)
		}
		return made
	}
	daily := object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": begin.Format("2006-01-02"), "numberOfOccurrences": 2}}
	lost, kept, untouched := book(release, "recurrence", daily), book(keep), book(plain)
	for _, room := range []string{release, keep} {
		if err := tenant.SetAutoRelease(room, 10*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	uid := c.event(c.at.Organizer, kept)["iCalUId"]
	p := c.person(tenant, c.at.Organizer, "Calendars.ReadWrite Place.Read.All")
	p.post(201, "/places/"+keep+"/checkIns", object{"calendarEventId": uid, "checkInMethod": "inferred"})
	entries := func(room string, day int) int {
		t.Helper()
		from := begin.AddDate(0, 0, day)
		return len(c.view(room, from, from.Add(time.Hour)))
	}
	clock.advance(2*time.Hour + 9*time.Minute)
	if entries(release, 0) != 1 {
		t.Error("released before its time")
	}
	clock.advance(2 * time.Minute)
	if entries(release, 0) != 0 || entries(release, 1) != 1 {
		t.Errorf("%d entries today, %d tomorrow", entries(release, 0), entries(release, 1))
	}
	if entries(keep, 0) != 1 || entries(plain, 0) != 1 {
		t.Error("a room was released that somebody is in, or that keeps what it has")
	}
	for _, e := range []struct {
		made object
		room string
	}{{kept, keep}, {untouched, plain}} {
		if got := roomResponse(c.event(c.at.Organizer, e.made), e.room); got != "accepted" {
			t.Errorf("%s says %q", e.room, got)
		}
	}
	for _, entry := range c.view(c.at.Organizer, begin, begin.Add(time.Hour)) {
		if entry["seriesMasterId"] == lost["id"] && roomResponse(entry, release) != "declined" {
			t.Errorf("the organiser sees %q", roomResponse(entry, release))
		}
	}
	if err := tenant.SetAutoRelease("nobody@nowhere.example", time.Minute); err == nil {
		t.Error("nobody's room is released")
	}
}
