package simulator

import (
	"testing"
	"time"
)

func TestFindMeetingTimes(t *testing.T) {
	// A Monday morning, so that working hours lie ahead.
	now := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	tenant, c := checked(t, Options{Seed: 360, Now: func() time.Time { return now }})
	people := tenant.People()
	host, guest := people[1].Mailbox, people[2].Mailbox
	c.send(403, request{method: "POST", path: "/users/" + host + "/findMeetingTimes", body: object{}})
	person := c.as(tenant, host, "Calendars.ReadWrite.Shared")
	night := tenant.quiet()
	slots := []any{object{"start": wire(night, "UTC"), "end": wire(night.Add(4*time.Hour), "UTC")}}
	c.post(201, "/users/"+host+"/events", object{"subject": "a", "start": wire(night, "UTC"), "end": wire(night.Add(time.Hour), "UTC")})
	c.post(201, "/users/"+guest+"/events", object{"subject": "b", "start": wire(night.Add(90*time.Minute), "UTC"), "end": wire(night.Add(150*time.Minute), "UTC")})
	ask := func(body object) (starts []string, result object) {
		t.Helper()
		result = person.post(200, "/me/findMeetingTimes", body)
		for _, s := range result["meetingTimeSuggestions"].([]any) {
			starts = append(starts, dig(s, "meetingTimeSlot", "start", "dateTime").(string)[11:16])
		}
		return starts, result
	}
	hour := func(d time.Duration) string { return night.Add(d).Format("15:04") }
	body := object{"attendees": []any{object{"type": "required", "emailAddress": object{"address": guest}}}, "meetingDuration": "PT1H", "returnSuggestionReasons": true,
		"timeConstraint": object{"activityDomain": "unrestricted", "timeSlots": slots}, "minimumAttendeePercentage": 100.}
	starts, got := ask(body)
	if len(starts) != 2 || starts[0] != hour(150*time.Minute) || starts[1] != hour(3*time.Hour) || got["emptySuggestionsReason"] != "" {
		t.Fatalf("suggested %v, %v", starts, got["emptySuggestionsReason"])
	}
	first := got["meetingTimeSuggestions"].([]any)[0]
	if dig(first, "confidence") != 100. || dig(first, "order") != 1. || dig(first, "organizerAvailability") != "free" || dig(first, "attendeeAvailability", 0, "availability") != "free" || dig(first, "suggestionReason") == nil {
		t.Errorf("the first is %v", first)
	}
	body["maxCandidates"] = 1
	if starts, _ = ask(body); len(starts) != 1 {
		t.Errorf("one was asked for: %v", starts)
	}
	body["maxCandidates"] = 10
	body["isOrganizerOptional"] = true
	if starts, _ = ask(body); len(starts) != 4 || starts[0] != hour(0) {
		t.Errorf("without the organiser: %v", starts)
	}
	delete(body, "isOrganizerOptional")
	reason := func(want string) {
		t.Helper()
		if starts, got := ask(body); len(starts) > 0 || got["emptySuggestionsReason"] != want {
			t.Errorf("%v, reason %v, want %s", starts, got["emptySuggestionsReason"], want)
		}
	}
	slots[0] = object{"start": wire(night, "UTC"), "end": wire(night.Add(time.Hour), "UTC")}
	reason("organizerUnavailable")
	slots[0] = object{"start": wire(night.Add(90*time.Minute), "UTC"), "end": wire(night.Add(150*time.Minute), "UTC")}
	reason("attendeesUnavailable")
	body["attendees"] = []any{object{"emailAddress": object{"address": "who@elsewhere.example"}}}
	reason("attendeesUnavailableOrUnknown")
	body["attendees"] = []any{}
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	c.post(201, "/users/"+room+"/events", object{"subject": "c", "start": wire(night.Add(time.Hour), "UTC"), "end": wire(night.Add(3*time.Hour), "UTC")})
	body["locationConstraint"] = object{"isRequired": true, "locations": []any{object{"locationEmailAddress": room, "resolveAvailability": true}}}
	reason("locationsUnavailable")
	slots[0] = object{"start": wire(night.Add(time.Hour), "UTC"), "end": wire(night.Add(4*time.Hour), "UTC")}
	if starts, got = ask(body); len(starts) != 1 || starts[0] != hour(3*time.Hour) || dig(got, "meetingTimeSuggestions", 0, "locations", 0, "locationEmailAddress") != room {
		t.Errorf("with the room: %v", starts)
	}
	delete(body, "locationConstraint")
	body["timeConstraint"].(object)["activityDomain"] = "work" // the night of a Saturday
	reason("unknown")
	noon := night.Truncate(24 * time.Hour).Add(9 * time.Hour)
	slots[0] = object{"start": wire(noon, "UTC"), "end": wire(noon.Add(4*time.Hour), "UTC")}
	reason("unknown")
	body["timeConstraint"].(object)["activityDomain"] = "personal" // its noon
	if starts, _ := ask(body); len(starts) == 0 {
		t.Error("nothing on a weekend's noon")
	}
	delete(body, "timeConstraint")
	if starts, got = ask(body); len(starts) == 0 {
		t.Errorf("nothing in the next days: %v", got["emptySuggestionsReason"])
	}
	for _, bad := range []object{{"meetingDuration": "PT0S"}, {"attendees": []any{object{"emailAddress": object{"address": "x"}}}},
		{"timeConstraint": object{"timeSlots": []any{object{"start": wire(night, "UTC"), "end": wire(night, "UTC")}}}}} {
		person.send(400, request{method: "POST", path: "/me/findMeetingTimes", body: bad})
	}
}
