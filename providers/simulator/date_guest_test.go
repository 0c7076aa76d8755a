package simulator

import (
	"slices"
	"testing"
	"time"
)

// Another room may stand in on single dates of a series, and a guest may come to one:
// each has these dates and no others, and what is taken back is gone.
func TestSingleDatesOfASeries(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 395, Rooms: 24, People: 12})
	var rooms []string
	for _, r := range tenant.Rooms() {
		if r.Policy.Name == "auto-accept" {
			rooms = append(rooms, r.Mailbox)
		}
	}
	usual, other := rooms[0], rooms[1]
	guest, at := tenant.People()[6].Mailbox, tenant.quiet()
	box := "/users/" + c.at.Organizer + "/events/"
	e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(usual, at, time.Hour, "subject", "Stand-in", "recurrence",
		object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": 6}}))
	if got := roomResponse(c.event(c.at.Organizer, e), usual); got != "accepted" {
		t.Fatalf("the room says %q to the series", got)
	}
	days := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 9))
	resource := func(room string) object {
		return object{"type": "resource", "emailAddress": object{"address": room}}
	}
	attend := func(day int, who ...any) object {
		t.Helper()
		id := days[day]["id"].(string)
		c.send(200, request{method: "PATCH", path: box + id, body: object{"attendees": who}})
		return c.event(c.at.Organizer, days[day])
	}
	mine := func(mailbox string) (starts []int) {
		t.Helper()
		for _, v := range c.view(mailbox, at, at.AddDate(0, 0, 9)) {
			for n, d := range days {
				if v["iCalUId"] == d["iCalUId"] && v["isCancelled"] == false {
					starts = append(starts, n)
				}
			}
		}
		slices.Sort(starts)
		return starts
	}
	want := func(mailbox string, dates ...int) {
		t.Helper()
		if got := mine(mailbox); !slices.Equal(got, dates) {
			t.Errorf("%s has the dates %v, want %v", mailbox, got, dates)
		}
	}
	// A change of rooms on a date in the middle: the other one answers for it alone.
	if got := roomResponse(attend(3, resource(other)), other); got != "accepted" {
		t.Errorf("the other room says %q to one date", got)
	}
	want(usual, 0, 1, 2, 4, 5)
	want(other, 3)
	// Another date, before the first one: the dates between are not its own.
	if got := roomResponse(attend(1, resource(other)), other); got != "accepted" {
		t.Errorf("the other room says %q to a second date", got)
	}
	want(other, 1, 3)
	want(usual, 0, 2, 4, 5)
	// And behind it.
	attend(5, resource(usual), resource(other))
	want(other, 1, 3, 5)
	// Back to the usual room.
	if got := roomResponse(attend(3, resource(usual)), usual); got != "accepted" {
		t.Errorf("the usual room says %q to its date again", got)
	}
	want(other, 1, 5)
	want(usual, 0, 2, 3, 4, 5)
	// A guest of one date.
	attend(2, resource(usual), object{"type": "required", "emailAddress": object{"address": guest}})
	want(guest, 2)
	// The master still says who takes part in all of it.
	if got := roomResponse(c.event(c.at.Organizer, e), usual); got != "accepted" {
		t.Errorf("the series' own room is %q", got)
	}
	// A changed series is changed for them too.
	c.send(200, request{method: "PATCH", path: box + e["id"].(string), body: object{"subject": "Circle"}})
	if list := named(c.view(guest, at, at.AddDate(0, 0, 9)), "Circle"); len(list) != 1 {
		t.Errorf("the guest of one date has %d of the renamed meetings", len(list))
	}
	want(other, 1, 5)
	// The whole series is cancelled for everybody.
	c.send(202, request{method: "POST", path: box + e["id"].(string) + "/cancel", body: object{}})
	want(other)
	want(usual)
	want(guest)
}

// A room that is taken on the date declines it, and keeps nothing of the series.
func TestARoomDeclinesASingleDate(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 396, Rooms: 24, People: 12})
	var rooms []string
	for _, r := range tenant.Rooms() {
		if r.Policy.Name == "auto-accept" {
			rooms = append(rooms, r.Mailbox)
		}
	}
	at := tenant.quiet()
	c.post(201, "/users/"+c.at.TestMailbox+"/events", meeting(rooms[1], at.AddDate(0, 0, 1), time.Hour))
	e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(rooms[0], at, time.Hour, "recurrence",
		object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": 3}}))
	c.event(c.at.Organizer, e)
	day := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 3))[1]
	c.send(200, request{method: "PATCH", path: "/users/" + c.at.Organizer + "/events/" + day["id"].(string),
		body: object{"attendees": []any{object{"type": "resource", "emailAddress": object{"address": rooms[1]}}}}})
	if got := roomResponse(c.event(c.at.Organizer, day), rooms[1]); got != "declined" {
		t.Errorf("the taken room says %q", got)
	}
	if list := c.view(rooms[1], at.AddDate(0, 0, 1), at.AddDate(0, 0, 1).Add(time.Hour)); len(list) != 1 {
		t.Errorf("the taken room has %d meetings", len(list))
	}
}

// Where a series gets other dates, who had one of the old ones has none.
func TestDateGuestsOfASeriesThatChanges(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 397})
	guest, at := tenant.People()[6].Mailbox, tenant.quiet()
	daily := func(n int) object {
		return object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": n}}
	}
	box := "/users/" + c.at.Organizer + "/events/"
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "Reset", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "recurrence": daily(5)})
	day := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 9))[2]
	c.send(200, request{method: "PATCH", path: box + day["id"].(string), body: object{"attendees": to(guest)}})
	if list := named(c.view(guest, at, at.AddDate(0, 0, 9)), "Reset"); len(list) != 1 {
		t.Fatalf("the guest of one date has %d", len(list))
	}
	c.send(200, request{method: "PATCH", path: box + e["id"].(string), body: object{"recurrence": daily(3)}})
	if list := named(c.view(guest, at, at.AddDate(0, 0, 9)), "Reset"); len(list) != 0 {
		t.Errorf("the guest still has %d", len(list))
	}
}
