package simulator

import (
	"testing"
	"time"
)

// invited is what a person's calendar shows of a meeting on a day, in its order.
func (c *client) invited(who, subject string, day time.Time) []object {
	c.t.Helper()
	return named(c.view(who, day, day.AddDate(0, 0, 1)), subject)
}

// A change of a series leaves an attendee what it made of it: dates that were
// called off stay called off, declined ones stay away, answers stay given.
func TestChangesKeepWhatAttendeesDid(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 386})
	guest, other, at := tenant.People()[4].Mailbox, tenant.People()[5].Mailbox, tenant.quiet()
	box := "/users/" + c.at.Organizer + "/events/"
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "Round", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"),
		"attendees": to(guest, other), "recurrence": object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": 5}}})
	days := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 9))
	patch := func(id string, body object) {
		t.Helper()
		c.send(200, request{method: "PATCH", path: box + id, body: body})
	}
	answer := func(id, word string) {
		t.Helper()
		c.send(202, request{method: "POST", path: "/users/" + guest + "/events/" + id + "/" + word, body: object{"sendResponse": true}})
	}
	answer(c.invited(guest, "Round", at)[0]["seriesMasterId"].(string), "accept")
	quietly := c.invited(other, "Round", at)[0]["seriesMasterId"].(string) // the organiser is not told
	c.send(202, request{method: "POST", path: "/users/" + other + "/events/" + quietly + "/accept", body: object{"sendResponse": false}})
	c.send(202, request{method: "POST", path: box + days[1]["id"].(string) + "/cancel", body: object{}})
	patch(days[2]["id"].(string), object{"location": object{"displayName": "Elsewhere"}})
	answer(c.invited(guest, "Round", at.AddDate(0, 0, 2))[0]["id"].(string), "decline")
	moved := at.AddDate(0, 0, 3).Add(2 * time.Hour)
	patch(days[3]["id"].(string), object{"start": wire(moved, "UTC"), "end": wire(moved.Add(time.Hour), "UTC")})

	patch(e["id"].(string), object{"subject": "Circle"})
	for _, who := range []string{guest, other} {
		if list := c.invited(who, "Circle", at); len(list) != 1 || dig(list[0], "responseStatus", "response") != "accepted" || list[0]["showAs"] != "busy" {
			t.Errorf("%s: after a changed subject the accepted series is %v", who, list)
		}
	}
	for _, subject := range []string{"Circle", "Round", "Canceled: Round", "Canceled: Circle"} {
		for _, gone := range c.invited(guest, subject, at.AddDate(0, 0, 1)) {
			if gone["isCancelled"] != true {
				t.Errorf("a date that was called off is back: %v", gone["id"])
			}
		}
		if list := c.invited(guest, subject, at.AddDate(0, 0, 2)); len(list) != 0 {
			t.Errorf("a declined date is back: %v", list[0]["id"])
		}
	}
	for _, who := range []string{c.at.Organizer, guest} {
		if list := c.invited(who, "Circle", at.AddDate(0, 0, 3)); len(list) != 1 || list[0]["type"] != "exception" {
			t.Errorf("%s: a moved date does not follow its series", who)
		}
	}
}

// Who is put on a meeting again has it once.
func TestInvitedAgain(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 387})
	guest, other, at := tenant.People()[4].Mailbox, tenant.People()[5].Mailbox, tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "Door", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest, other)})
	for _, list := range [][]any{to(other), to(guest, other)} {
		c.send(200, request{method: "PATCH", path: "/users/" + c.at.Organizer + "/events/" + e["id"].(string), body: object{"attendees": list}})
	}
	if list := c.view(guest, at, at.Add(time.Hour)); len(list) != 1 || list[0]["isCancelled"] != false {
		t.Errorf("who is invited again has %v", list)
	}
}

// A room takes a changed date only where it is free.
func TestDateMovedIntoAnotherMeeting(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 388})
	room, at := tenant.byPolicy(t, "auto-accept").Mailbox, tenant.quiet()
	c.post(201, "/users/"+c.at.TestMailbox+"/events", meeting(room, at.Add(3*time.Hour), time.Hour))
	e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour, "recurrence",
		object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": 3}}))
	if got := roomResponse(c.event(c.at.Organizer, e), room); got != "accepted" {
		t.Fatalf("the room says %q to the series", got)
	}
	day := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 1))[0]
	taken := at.Add(3 * time.Hour)
	c.send(200, request{method: "PATCH", path: "/users/" + c.at.Organizer + "/events/" + day["id"].(string), body: object{"start": wire(taken, "UTC"), "end": wire(taken.Add(time.Hour), "UTC")}})
	if got := roomResponse(c.event(c.at.Organizer, day), room); got != "declined" {
		t.Errorf("the room says %q to a date in another meeting", got)
	}
	if list := c.view(room, taken, taken.Add(time.Hour)); len(list) != 1 {
		t.Errorf("the room has %d meetings at one time", len(list))
	}
}

// The worst state wins a slot of free/busy, whichever entry begins first.
func TestWorstStateWinsASlot(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 389})
	at := tenant.quiet()
	for _, e := range []struct {
		after, length time.Duration
		show          string
	}{{0, 2 * time.Hour, "oof"}, {30 * time.Minute, time.Hour, "tentative"}, {time.Hour, time.Hour, "busy"}} {
		c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "x", "showAs": e.show, "start": wire(at.Add(e.after), "UTC"), "end": wire(at.Add(e.after+e.length), "UTC")})
	}
	answer := c.post(200, calendar(c.at.Organizer)+"/getSchedule", object{"schedules": []string{c.at.Organizer}, "startTime": wire(at, "UTC"), "endTime": wire(at.Add(3*time.Hour), "UTC"), "availabilityViewInterval": 30})
	if view := dig(answer["value"].([]any)[0], "availabilityView"); view != "333300" {
		t.Errorf("the view is %v", view)
	}
}

// Each change of a changed date gives it another change key.
func TestChangeKeysOfADate(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 390})
	at := tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "Round", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"),
		"recurrence": object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": 3}}})
	day := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 1))[0]
	seen := map[any]bool{}
	for _, subject := range []string{"First", "Second", "Third"} {
		r := c.send(200, request{method: "PATCH", path: "/users/" + c.at.Organizer + "/events/" + day["id"].(string), body: object{"subject": subject}})
		if key := r.body["changeKey"]; seen[key] || key != c.event(c.at.Organizer, day)["changeKey"] {
			t.Errorf("%s: the change key %v again", subject, key)
		}
		seen[r.body["changeKey"]] = true
	}
}

// A whole day stands on its date in whatever zone it is looked at.
func TestWholeDaysKeepTheirDate(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 391})
	at := tenant.quiet()
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	const tokyo = "Tokyo Standard Time"
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "Fair", "isAllDay": true,
		"start": object{"dateTime": day.Format("2006-01-02T15:04:05"), "timeZone": tokyo}, "end": object{"dateTime": day.AddDate(0, 0, 1).Format("2006-01-02T15:04:05"), "timeZone": tokyo}})
	for _, zone := range []string{"UTC", tokyo, "Pacific Standard Time"} {
		r := c.send(200, request{method: "GET", path: "/users/" + c.at.Organizer + "/events/" + e["id"].(string), header: []string{"Prefer", `outlook.timezone="` + zone + `"`}})
		if got := dig(r.body, "start", "dateTime"); got != day.Format("2006-01-02T15:04:05")+".0000000" {
			t.Errorf("%s: the whole day begins %v", zone, got)
		}
	}
}
