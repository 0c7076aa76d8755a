package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// everyWeek is a series of so many weeks from a start on.
func everyWeek(at time.Time, count int) object {
	return object{
		"pattern": object{"type": "weekly", "interval": 1, "daysOfWeek": []string{strings.ToLower(at.Weekday().String())}, "firstDayOfWeek": "monday"},
		"range":   object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": count, "recurrenceTimeZone": "UTC"},
	}
}

// Each rule of a room: one meeting that it lets pass, one that breaks it.
func TestEachRuleOfARoom(t *testing.T) {
	plain := RoomPolicy{Name: "test", BookingWindowDays: 180, MaxDurationMinutes: 1440}
	change := func(do func(*RoomPolicy)) RoomPolicy {
		p := plain
		do(&p)
		return p
	}
	tenant, c := checked(t, Options{Rooms: 2, People: 12, Seed: 5, RoomAnswerDelay: time.Second})
	room := tenant.Rooms()[0]
	zone := tenant.world.find(room.Mailbox).zone.loc
	next := tenant.quiet().AddDate(0, 0, 2) // a Monday
	local := func(hour int) time.Time {
		return time.Date(next.Year(), next.Month(), next.Day(), hour, 0, 0, 0, zone).UTC()
	}
	capacity := tenant.world.find(room.Mailbox).room.capacity
	crowd := func(n int) []any {
		list := []any{}
		for i := range n {
			list = append(list, object{"type": "required", "emailAddress": object{"address": fmt.Sprintf("guest%d@fabrikam.example", i)}})
		}
		return append(list, object{"type": "resource", "emailAddress": object{"address": room.Mailbox}})
	}
	department := tenant.world.find(c.at.Organizer).person.department
	for _, row := range []struct {
		name   string
		policy RoomPolicy
		why    string // of the second answer
		want   string // "" is declined
		pass   func(day time.Time) object
		breaks func(day time.Time) object
	}{
		{"conflict", plain, "conflict", "", nil, func(day time.Time) object { return meeting(room.Mailbox, day, time.Hour) }},
		{"conflicts allowed", change(func(p *RoomPolicy) { p.AllowConflicts = true }), "", "accepted", nil, func(day time.Time) object { return meeting(room.Mailbox, day, time.Hour) }},
		{"duration", change(func(p *RoomPolicy) { p.MaxDurationMinutes = 60 }), "too long", "", nil, func(day time.Time) object { return meeting(room.Mailbox, day.Add(3*time.Hour), 61*time.Minute) }},
		{"window", change(func(p *RoomPolicy) { p.BookingWindowDays = 60 }), "beyond the booking window", "", nil, func(day time.Time) object { return meeting(room.Mailbox, day.AddDate(0, 0, 90), time.Hour) }},
		{"series beyond the window", change(func(p *RoomPolicy) { p.BookingWindowDays = 60 }), "beyond the booking window", "", nil, func(day time.Time) object {
			return meeting(room.Mailbox, day.Add(4*time.Hour), time.Hour, "recurrence", everyWeek(day, 20))
		}},
		{"open-ended", change(func(p *RoomPolicy) { p.BookingWindowDays, p.OpenEnded = 60, true }), "", "accepted", nil, func(day time.Time) object {
			return meeting(room.Mailbox, day.Add(4*time.Hour), time.Hour, "recurrence", everyWeek(day, 20))
		}},
		{"no series", change(func(p *RoomPolicy) { p.NoRecurring = true }), "no recurring meetings", "", nil, func(day time.Time) object {
			return meeting(room.Mailbox, day.Add(5*time.Hour), time.Hour, "recurrence", everyWeek(day, 2))
		}},
		{"working hours", change(func(p *RoomPolicy) { p.WorkHoursOnly = true }), "outside working hours", "", func(time.Time) object { return meeting(room.Mailbox, local(9), time.Hour) }, func(time.Time) object { return meeting(room.Mailbox, local(18), time.Hour) }},
		{"capacity", change(func(p *RoomPolicy) { p.EnforceCapacity = true }), "more people than seats", "", func(day time.Time) object {
			return meeting(room.Mailbox, day, time.Hour, "attendees", crowd(capacity-1))
		},
			func(day time.Time) object {
				return meeting(room.Mailbox, day.Add(2*time.Hour), time.Hour, "attendees", crowd(capacity))
			}},
		{"bookers", change(func(p *RoomPolicy) { p.BookersOnly = department + " and nobody else" }), "not in policy", "", func(time.Time) object { return nil }, func(day time.Time) object { return meeting(room.Mailbox, day, time.Hour) }},
		{"delegate", change(func(p *RoomPolicy) { p.Delegate = true }), "a delegate decides", "tentativelyAccepted", func(time.Time) object { return nil }, func(day time.Time) object { return meeting(room.Mailbox, day, time.Hour) }},
		{"silent", change(func(p *RoomPolicy) { p.Silent = true }), "requests are not processed", "none", func(time.Time) object { return nil }, func(day time.Time) object { return meeting(room.Mailbox, day, time.Hour) }},
		{"a series with one clash", plain, "conflict", "", nil, func(day time.Time) object {
			return meeting(room.Mailbox, day, time.Hour, "recurrence", everyWeek(day, 4))
		}},
		{"a quarter may clash", change(func(p *RoomPolicy) { p.MaxConflictPercent = 25 }), "", "accepted", nil, func(day time.Time) object {
			return meeting(room.Mailbox, day, time.Hour, "recurrence", everyWeek(day, 4))
		}},
		{"a fifth may clash", change(func(p *RoomPolicy) { p.MaxConflictPercent = 20 }), "conflict", "", nil, func(day time.Time) object {
			return meeting(room.Mailbox, day, time.Hour, "recurrence", everyWeek(day, 4))
		}},
		{"one may clash", change(func(p *RoomPolicy) { p.MaxConflicts = 1 }), "", "accepted", nil, func(day time.Time) object {
			return meeting(room.Mailbox, day, time.Hour, "recurrence", everyWeek(day, 4))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := tenant.SetRoomPolicy(room.Mailbox, row.policy); err != nil {
				t.Fatal(err)
			}
			day := tenant.quiet()
			ask := func(body object) (string, object) {
				made := c.post(201, "/users/"+c.at.Organizer+"/events", body)
				tenant.Clock().Advance(2 * time.Second)
				return roomResponse(c.event(c.at.Organizer, made), room.Mailbox), made
			}
			drop := func(e object) {
				if e != nil {
					c.send(204, request{method: "DELETE", path: "/users/" + c.at.Organizer + "/events/" + e["id"].(string)})
				}
			}
			pass := func(day time.Time) object { return meeting(room.Mailbox, day, time.Hour) }
			if row.pass != nil {
				pass = row.pass
			}
			if body := pass(day); body != nil {
				got, made := ask(body)
				defer drop(made)
				if got != "accepted" {
					t.Fatalf("what keeps the rule is answered %q: %+v", got, last(tenant))
				}
			}
			want := row.want
			if want == "" {
				want = "declined"
			}
			got, made := ask(row.breaks(day))
			drop(made)
			if got != want || !strings.Contains(last(tenant).Reason, row.why) {
				t.Errorf("answered %q because %q, want %q because %q", got, last(tenant).Reason, want, row.why)
			}
		})
	}
}

func last(tenant *Tenant) RoomAnswer {
	answers := tenant.RoomAnswers()
	if len(answers) == 0 {
		return RoomAnswer{}
	}
	return answers[len(answers)-1]
}

// A delegate approves by accepting for the room; a room may change its mind.
func TestDelegateDecides(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 2, People: 4, Seed: 5, RoomAnswerDelay: time.Second})
	room := tenant.Rooms()[0].Mailbox
	if err := tenant.SetRoomPolicy(room, RoomPolicy{BookingWindowDays: 180, MaxDurationMinutes: 1440, Delegate: true}); err != nil {
		t.Fatal(err)
	}
	at := tenant.quiet()
	made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour))
	tenant.Clock().Advance(2 * time.Second)
	for _, step := range []struct{ action, want string }{{"accept", "accepted"}, {"decline", "declined"}} {
		copies := c.view(room, at, at.Add(time.Hour))
		if len(copies) != 1 {
			t.Fatalf("the room has %d entries", len(copies))
		}
		c.send(202, request{method: "POST", path: "/users/" + room + "/events/" + copies[0]["id"].(string) + "/" + step.action, body: object{"sendResponse": true}})
		if got := roomResponse(c.event(c.at.Organizer, made), room); got != step.want {
			t.Errorf("after %s the organiser sees %q", step.action, got)
		}
	}
}

func TestPolicyOverControl(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 2, People: 2})
	room := tenant.Rooms()[0].Mailbox
	for body, want := range map[string]int{`{"silent":true}`: 200, `{"booking_window_days":5000}`: 400, `{"quiet":true}`: 400} {
		req, err := http.NewRequest("PATCH", c.at.ControlURL+"/rooms/"+room+"/policy", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d", body, resp.StatusCode)
		}
	}
	p, err := tenant.RoomPolicyOf(room)
	if err != nil || !p.Silent || p.BookingWindowDays != 180 {
		t.Errorf("%+v, %v", p, err)
	}
	if err := tenant.SetRoomPolicy("nobody@contoso.example", p); err == nil {
		t.Error("a policy for nobody")
	}
}

// S17, C21, mistake 9: a policy concerns calendars and settings of some mailboxes,
// for applications, and nothing else.
func TestAccessPolicy(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 4, People: 4})
	rooms := tenant.Rooms()
	inside, outside := rooms[0].Mailbox, rooms[1].Mailbox
	tenant.SetAccessPolicy(AccessPolicy{Allowed: []string{inside, c.at.Organizer}})
	c.get(calendar(inside))
	for _, path := range []string{calendar(outside), "/users/" + outside + "/events", "/users/" + outside + "/mailboxSettings", calendar(c.at.TestMailbox)} {
		if got := c.send(403, request{method: "GET", path: path}); got.errorCode() != "ErrorAccessDenied" {
			t.Errorf("%s: %s", path, got.raw)
		}
	}
	c.get("/places/microsoft.graph.room")
	c.get("/users/" + outside)
	from, to := tenant.around()
	answer := c.post(200, calendar(inside)+"/getSchedule", object{"schedules": []string{inside, outside}, "startTime": wire(from, "UTC"), "endTime": wire(from.Add(24*time.Hour), "UTC")})
	_ = to
	list := answer["value"].([]any)
	if dig(list[0], "error") != nil || dig(list[1], "error", "responseCode") != "ErrorNoFreeBusyAccess" {
		t.Errorf("free/busy of an outside mailbox: %v", list[1])
	}
	tenant.SetAccessPolicy(AccessPolicy{})
	c.get(calendar(outside))
}

// P17, mistake 11: a room on premises is a place that Graph cannot read; one that
// is being moved comes back.
func TestMailboxesElsewhere(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 4, People: 4, OnPremisesRooms: 1, RoomAnswerDelay: time.Second})
	rooms := tenant.Rooms()
	away := rooms[3].Mailbox
	if got := c.send(404, request{method: "GET", path: calendar(away)}); got.errorCode() != "MailboxNotEnabledForRESTAPI" {
		t.Errorf("%s", got.raw)
	}
	list, _ := c.all("/places/microsoft.graph.room")
	if len(list) != 4 {
		t.Errorf("%d rooms are listed", len(list))
	}
	made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(away, tenant.quiet(), time.Hour))
	tenant.Clock().Advance(2 * time.Second)
	if got := roomResponse(c.event(c.at.Organizer, made), away); got != "accepted" {
		t.Errorf("a room on premises answers %q", got)
	}
	schedule := func() any {
		at := tenant.quiet()
		answer := c.post(200, calendar(c.at.Organizer)+"/getSchedule", object{"schedules": []string{away}, "startTime": wire(at, "UTC"), "endTime": wire(at.Add(24*time.Hour), "UTC")})
		return dig(answer["value"].([]any)[0], "error", "responseCode")
	}
	if got := schedule(); got != "ErrorProxyRequestNotAllowed" {
		t.Errorf("free/busy without federation: %v", got)
	}
	if err := tenant.SetHosting(rooms[0].Mailbox, HostedMoving); err != nil {
		t.Fatal(err)
	}
	if got := c.send(503, request{method: "GET", path: calendar(rooms[0].Mailbox)}); got.errorCode() != "MailboxInfoStale" {
		t.Errorf("%s", got.raw)
	}
	if err := tenant.SetHosting(rooms[0].Mailbox, HostedOnline); err != nil {
		t.Fatal(err)
	}
	c.get(calendar(rooms[0].Mailbox))
}

// P7: the tenant's switch for Teams counts more than a licence, and says nothing.
// F-056: a link may come later.
func TestTeamsSwitchAndLateLink(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 2, People: 2, TeamsDelay: time.Minute})
	body := meeting(tenant.Rooms()[0].Mailbox, tenant.quiet(), time.Hour, "isOnlineMeeting", true, "onlineMeetingProvider", "teamsForBusiness")
	made := c.post(201, "/users/"+c.at.Organizer+"/events", body)
	if made["isOnlineMeeting"] != true || made["onlineMeeting"] != nil {
		t.Errorf("at once: %v %v", made["isOnlineMeeting"], made["onlineMeeting"])
	}
	tenant.Clock().Advance(2 * time.Minute)
	if url, _ := dig(c.event(c.at.Organizer, made), "onlineMeeting", "joinUrl").(string); !strings.HasPrefix(url, "https://teams.microsoft.com/") {
		t.Errorf("later: %q", url)
	}
	tenant.SetTeams(false)
	if list := c.get(calendar(c.at.Organizer))["allowedOnlineMeetingProviders"].([]any); len(list) != 0 {
		t.Errorf("allowed: %v", list)
	}
	if made := c.post(201, "/users/"+c.at.Organizer+"/events", body); made["isOnlineMeeting"] != false || made["onlineMeeting"] != nil {
		t.Errorf("switched off: %v %v", made["isOnlineMeeting"], made["onlineMeeting"])
	}
}

// Meetings that only touch do not clash.
func TestMeetingsThatTouch(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 2, People: 2, RoomAnswerDelay: time.Second})
	room, at := tenant.Rooms()[0].Mailbox, tenant.quiet()
	daily := object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format(time.DateOnly), "numberOfOccurrences": 3}}
	for i, hour := range []int{1, 0, 2} {
		made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at.Add(time.Duration(hour)*time.Hour), time.Hour, "recurrence", daily))
		tenant.Clock().Advance(2 * time.Second)
		if got := roomResponse(c.event(c.at.Organizer, made), room); got != "accepted" {
			t.Errorf("meeting %d is %q", i, got)
		}
	}
}

// What was cancelled takes no time in anybody's free/busy and is not shown there.
func TestCancelledTakesNoTime(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 2, People: 3})
	guest, at := tenant.People()[2].Mailbox, tenant.quiet()
	body := meeting(tenant.Rooms()[0].Mailbox, at, time.Hour, "attendees", []any{object{"type": "required", "emailAddress": object{"address": guest}}})
	made := c.post(201, "/users/"+c.at.Organizer+"/events", body)
	items := func() int {
		answer := c.post(200, calendar(c.at.Organizer)+"/getSchedule", object{"schedules": []string{guest}, "startTime": wire(at, "UTC"), "endTime": wire(at.Add(time.Hour), "UTC")})
		list, _ := dig(answer["value"].([]any)[0], "scheduleItems").([]any)
		return len(list)
	}
	if n := items(); n != 1 {
		t.Fatalf("%d entries before", n)
	}
	c.send(202, request{method: "POST", path: "/users/" + c.at.Organizer + "/events/" + made["id"].(string) + "/cancel", body: object{}})
	if n := items(); n != 0 {
		t.Errorf("%d entries after", n)
	}
}
