package simulator

import (
	"net/url"
	"slices"
	"testing"
	"time"
)

func repeat(at time.Time, count int) object {
	return object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format("2006-01-02"), "numberOfOccurrences": count}}
}

// named keeps the entries with a subject.
func named(list []object, subject string) (out []object) {
	for _, o := range list {
		if o["subject"] == subject {
			out = append(out, o)
		}
	}
	return out
}

// An answer to one date or to all of a series, told or kept; the organiser cannot
// answer.
func TestAnswersToSeries(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 380})
	guest := tenant.People()[4].Mailbox
	at := tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "Round", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest), "recurrence": repeat(at, 4)})
	mine := "/users/" + c.at.Organizer + "/events/" + e["id"].(string)
	theirs := named(c.view(guest, at, at.AddDate(0, 0, 5)), "Round")
	if len(theirs) != 4 {
		t.Fatalf("the attendee has %d dates", len(theirs))
	}
	day := func(n int) string {
		for _, o := range theirs {
			if dig(o, "start", "dateTime") == at.AddDate(0, 0, n).Format("2006-01-02T15:04:05.0000000") {
				return "/users/" + guest + "/events/" + o["id"].(string)
			}
		}
		t.Fatal("no such date")
		return ""
	}
	answers := func() (out []any) {
		for _, o := range c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 5)) {
			out = append(out, dig(answerOf(o, guest), "status", "response"))
		}
		return out
	}
	same := func(want ...any) {
		t.Helper()
		got := answers()
		for n := range want {
			if n >= len(got) || got[n] != want[n] {
				t.Errorf("the organiser sees %v, want %v", got, want)
				return
			}
		}
	}
	c.send(202, request{method: "POST", path: day(1) + "/accept", body: object{"Comment": "yes", "SendResponse": true}})
	same("none", "accepted", "none", "none")
	c.send(202, request{method: "POST", path: day(2) + "/tentativelyAccept", body: object{"sendResponse": false}})
	same("none", "accepted", "none", "none")
	if got := c.get(day(2)); dig(got, "responseStatus", "response") != "tentativelyAccepted" || got["type"] != "exception" {
		t.Errorf("kept to oneself, the answer is %v", got["responseStatus"])
	}
	c.send(202, request{method: "POST", path: day(3) + "/decline"})
	same("none", "accepted", "none", "declined")
	c.send(404, request{method: "GET", path: day(3)})
	series := "/users/" + guest + "/events/" + theirs[0]["seriesMasterId"].(string)
	c.send(202, request{method: "POST", path: series + "/accept", body: object{}})
	same("accepted", "accepted", "accepted", "declined")
	if got := c.get(day(2)); dig(got, "responseStatus", "response") != "tentativelyAccepted" {
		t.Errorf("the date's own answer became %v", got["responseStatus"])
	}
	for action, code := range map[string]string{"accept": "ErrorCalendarIsOrganizerForAccept", "decline": "ErrorCalendarIsOrganizerForDecline", "tentativelyAccept": "ErrorCalendarIsOrganizerForTentativelyAccept"} {
		if r := c.send(400, request{method: "POST", path: mine + "/" + action}); r.errorCode() != code {
			t.Errorf("%s by the organiser: %s", action, r.errorCode())
		}
	}
	c.send(400, request{method: "POST", path: series + "/cancel", body: object{"comment": "x"}})
}

// One date is called off: gone with the organiser and the room, marked with people.
func TestOneDateIsCancelled(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 381})
	guest, room := tenant.People()[4].Mailbox, tenant.byPolicy(t, "auto-accept").Mailbox
	at := tenant.quiet()
	body := object{"subject": "Round", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "recurrence": repeat(at, 3),
		"attendees": append(to(guest), object{"type": "resource", "emailAddress": object{"address": room}})}
	e := c.post(201, "/users/"+c.at.Organizer+"/events", body)
	c.get("/organization") // the room answers
	day := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 5))[1]
	c.send(202, request{method: "POST", path: "/users/" + c.at.Organizer + "/events/" + day["id"].(string) + "/cancel", body: object{"Comment": "holiday"}})
	second := at.AddDate(0, 0, 1)
	if n := len(named(c.view(c.at.Organizer, second, second.Add(time.Hour)), "Round")); n != 0 {
		t.Errorf("the organiser still has %d", n)
	}
	if n := len(c.view(room, second, second.Add(time.Hour))); n != 0 {
		t.Errorf("the room still has %d", n)
	}
	left := named(c.view(guest, second, second.Add(time.Hour)), "Canceled: Round")
	if len(left) != 1 || left[0]["isCancelled"] != true || left[0]["showAs"] != "free" || left[0]["type"] != "exception" {
		t.Errorf("the attendee has %v", left)
	}
	if n := len(named(c.view(guest, at, at.AddDate(0, 0, 3)), "Round")); n != 2 {
		t.Errorf("%d dates are left, want 2", n)
	}
	busy := c.schedule(t, second, second.Add(time.Hour), 60, guest, room)
	if busy[0]["availabilityView"] != "0" || busy[1]["availabilityView"] != "0" {
		t.Errorf("the cancelled date takes time: %v %v", busy[0]["availabilityView"], busy[1]["availabilityView"])
	}
}

// "This and all following": clients shorten the series and begin another.
func TestThisAndFollowing(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 382})
	guest := tenant.People()[4].Mailbox
	at := tenant.quiet()
	box := "/users/" + c.at.Organizer + "/events"
	e := c.post(201, box, object{"subject": "Old", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest),
		"recurrence": object{"pattern": object{"type": "weekly", "interval": 1, "daysOfWeek": []string{"sunday", "wednesday"}}, "range": object{"type": "noEnd", "startDate": at.Format("2006-01-02")}}})
	if dig(e, "recurrence", "range", "endDate") != "0001-01-01" || dig(e, "recurrence", "range", "numberOfOccurrences") != 0. {
		t.Errorf("a range without end is %v", dig(e, "recurrence", "range"))
	}
	first := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 28))
	split := at.AddDate(0, 0, 14)
	c.send(200, request{method: "PATCH", path: box + "/" + e["id"].(string), body: object{"recurrence": object{
		"pattern": dig(e, "recurrence", "pattern"),
		"range":   object{"type": "endDate", "startDate": dig(e, "recurrence", "range", "startDate"), "endDate": split.AddDate(0, 0, -1).Format("2006-01-02")}}}})
	c.post(201, box, object{"subject": "New", "start": wire(split.Add(time.Hour), "UTC"), "end": wire(split.Add(2*time.Hour), "UTC"), "attendees": to(guest),
		"recurrence": object{"pattern": dig(e, "recurrence", "pattern"), "range": object{"type": "noEnd", "startDate": split.Format("2006-01-02")}}})
	for _, who := range []string{c.at.Organizer, guest} {
		view := c.view(who, at, at.AddDate(0, 0, 28))
		before, after := named(view, "Old"), named(view, "New")
		if len(before)+len(after) != len(first) || len(before) != 4 {
			t.Errorf("%s has %d old and %d new dates of %d", who, len(before), len(after), len(first))
		}
	}
}

// F-016: a date that moves out of the window, and one that moves in.
func TestMovedDatesInDelta(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 383})
	at := tenant.quiet()
	box := "/users/" + c.at.Organizer
	e := c.post(201, box+"/events", object{"subject": "Round", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"),
		"recurrence": object{"pattern": object{"type": "daily", "interval": 3}, "range": object{"type": "numbered", "startDate": at.Format("2006-01-02"), "numberOfOccurrences": 3}}})
	days := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(0, 0, 9))
	window := box + "/calendarView/delta?startDateTime=" + url.QueryEscape(at.AddDate(0, 0, 3).Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(at.AddDate(0, 0, 4).Format(time.RFC3339))
	list, link := c.all(window)
	list = slices.DeleteFunc(list, func(o object) bool { return o["id"] != e["id"] && o["seriesMasterId"] != e["id"] })
	if len(list) != 2 { // the master, dated earlier, and the one date
		t.Fatalf("the window has %d entries", len(list))
	}
	move := func(n, by int) []object {
		start := at.AddDate(0, 0, 3*n+by)
		c.send(200, request{method: "PATCH", path: box + "/events/" + days[n]["id"].(string), body: object{"start": wire(start, "UTC"), "end": wire(start.Add(time.Hour), "UTC")}})
		list, link = c.all(link)
		return list
	}
	if list := move(1, 1); len(list) != 2 || list[0]["@removed"] == nil || list[1]["@removed"] == nil || list[1]["id"] != days[1]["id"] { // the master goes too
		t.Errorf("a date that left gives %v", list)
	}
	if list := move(0, 2); len(list) != 1 || list[0]["@removed"] == nil { // day 2: outside, as before
		t.Errorf("a date that moved outside the window gives %v", list)
	}
	list = move(1, 0)
	if len(named(list, "Round")) == 0 || list[len(list)-1]["@removed"] != nil || list[len(list)-1]["id"] != days[1]["id"] || list[len(list)-1]["type"] != "exception" {
		t.Errorf("a date that came gives %v", list)
	}
	if r := c.send(400, request{method: "PATCH", path: box + "/events/" + days[1]["id"].(string), body: object{"start": wire(at.AddDate(0, 0, 6), "UTC"), "end": wire(at.AddDate(0, 0, 6).Add(time.Hour), "UTC")}}); r.errorCode() != "ErrorOccurrenceCrossingBoundary" {
		t.Errorf("onto its neighbour: %s", r.errorCode())
	}
}

// What an attendee writes into its own copy stays there, and what it may not write
// is refused; hidden attendees see only themselves.
func TestAttendeesOwnCopy(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 384})
	people := tenant.People()
	guest, other := people[4].Mailbox, people[5].Mailbox
	at := tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "Secret guests", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest, other),
		"hideAttendees": true, "importance": "high", "locations": []any{object{"displayName": "Here"}, object{"displayName": "There"}}, "responseRequested": false, "categories": []string{"Red"}})
	if n := len(e["locations"].([]any)); n != 2 || dig(e, "location", "displayName") != "Here; There" {
		t.Errorf("two places are %v", e["location"])
	}
	copyOf := c.view(guest, at, at.Add(time.Hour))[0]
	if list := copyOf["attendees"].([]any); len(list) != 1 || dig(list, 0, "emailAddress", "address") != guest {
		t.Errorf("the attendee sees %v", list)
	}
	if copyOf["importance"] != "high" || copyOf["responseRequested"] != false || len(copyOf["categories"].([]any)) != 0 || copyOf["transactionId"] != nil {
		t.Errorf("the copy is %v", copyOf)
	}
	path := "/users/" + guest + "/events/" + copyOf["id"].(string)
	c.send(200, request{method: "PATCH", path: path, body: object{"subject": "Mine", "categories": []string{"Blue"}, "showAs": "free", "reminderMinutesBeforeStart": 30, "sensitivity": "private"}})
	if got := c.get("/users/" + c.at.Organizer + "/events/" + e["id"].(string)); got["subject"] != "Secret guests" || got["sensitivity"] != "normal" || dig(got, "categories", 0) != "Red" {
		t.Errorf("the organiser's event became %v", got["subject"])
	}
	for name, body := range map[string]object{"time": {"start": wire(at.Add(time.Hour), "UTC"), "end": wire(at.Add(2*time.Hour), "UTC")}, "people": {"attendees": to(guest)}, "place": {"location": object{"displayName": "x"}}} {
		if r := c.send(403, request{method: "PATCH", path: path, body: body}); r.errorCode() != "ErrorAccessDenied" {
			t.Errorf("%s: %s", name, r.errorCode())
		}
	}
}

func TestViewRange(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 385})
	at := tenant.quiet()
	path := func(days int) string {
		return "/users/" + c.at.Organizer + "/calendarView?startDateTime=" + url.QueryEscape(at.Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(at.AddDate(0, 0, days).Format(time.RFC3339))
	}
	c.get(path(1825))
	if r := c.send(400, request{method: "GET", path: path(1826)}); r.errorCode() != "ErrorInvalidRequest" {
		t.Errorf("a longer range: %s", r.errorCode())
	}
	c.send(400, request{method: "GET", path: path(-1)})
}
