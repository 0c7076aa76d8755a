package simulator

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers/providertest"
)

// checked starts a tenant whose every exchange is held against the contract.
func checked(t *testing.T, o Options) (*Tenant, *client) {
	t.Helper()
	o.Wrap = providertest.ContractIfPresent(t).Handler
	if o.RoomAnswerDelay == 0 {
		o.RoomAnswerDelay = time.Nanosecond
	}
	if o.Rooms == 0 {
		o.Rooms, o.People = 12, 12
	}
	return start(t, o)
}

// byPolicy finds a room by the name of its policy.
func (t *Tenant) byPolicy(tb testing.TB, name string) RoomInfo {
	tb.Helper()
	for _, r := range t.Rooms() {
		if r.Policy.Name == name {
			return r
		}
	}
	tb.Fatalf("no room with policy %q", name)
	return RoomInfo{}
}

func wire(at time.Time, zone string) object {
	return object{"dateTime": at.Format("2006-01-02T15:04:05.0000000"), "timeZone": zone}
}

func meeting(room string, start time.Time, length time.Duration, more ...any) object {
	o := object{
		"subject": "Test meeting", "start": wire(start, "UTC"), "end": wire(start.Add(length), "UTC"),
		"location":  object{"displayName": "Room", "locationEmailAddress": room},
		"attendees": []any{object{"type": "resource", "emailAddress": object{"address": room, "name": "Room"}}},
	}
	for i := 0; i+1 < len(more); i += 2 {
		o[more[i].(string)] = more[i+1]
	}
	return o
}

// quiet is a Saturday night in three weeks, when nobody meets.
func (t *Tenant) quiet() time.Time {
	day := t.started.Truncate(24*time.Hour).AddDate(0, 0, 21)
	for day.Weekday() != time.Saturday {
		day = day.AddDate(0, 0, 1)
	}
	return day.Add(2 * time.Hour)
}

// roomResponse is the room's answer in the organiser's event.
func roomResponse(e object, room string) string {
	for _, a := range e["attendees"].([]any) {
		if strings.EqualFold(dig(a, "emailAddress", "address").(string), room) {
			return dig(a, "status", "response").(string)
		}
	}
	return "not invited"
}

func (c *client) event(mailbox string, e object) object {
	c.t.Helper()
	return c.get("/users/" + mailbox + "/events/" + e["id"].(string))
}

func (c *client) view(mailbox string, from, to time.Time, header ...string) []object {
	c.t.Helper()
	list, _ := c.all(viewPath(mailbox, from, to), header...)
	return list
}

// P8: a booking is made, the room answers later, and its copy is altered.
func TestRoomAcceptsAndKeepsAnAlteredCopy(t *testing.T) {
	clock := newClock(time.Now())
	tenant, c := checked(t, Options{Seed: 2, RoomAnswerDelay: 10 * time.Minute, Now: clock.now})
	room := tenant.byPolicy(t, "auto-accept")
	at, organizer := tenant.quiet(), c.at.Organizer
	made := c.post(201, "/users/"+organizer+"/events", meeting(room.Mailbox, at, time.Hour, "isOnlineMeeting", true, "onlineMeetingProvider", "teamsForBusiness", "body", object{"contentType": "text", "content": "secret plan"}))
	if got := roomResponse(made, room.Mailbox); got != "none" {
		t.Errorf("201 says %q about the room, want none", got)
	}
	if url, _ := dig(made, "onlineMeeting", "joinUrl").(string); !strings.HasPrefix(url, "https://teams.microsoft.com/") {
		t.Errorf("no join link in the answer: %v", made["onlineMeeting"])
	}
	if before := c.view(room.Mailbox, at, at.Add(time.Hour)); len(before) != 0 {
		t.Errorf("the room has a copy before it answered")
	}
	clock.advance(11 * time.Minute)
	if got := roomResponse(c.event(organizer, made), room.Mailbox); got != "accepted" {
		t.Fatalf("the room says %q after its time", got)
	}
	copies := c.view(room.Mailbox, at, at.Add(time.Hour))
	if len(copies) != 1 {
		t.Fatalf("the room has %d entries, want its copy", len(copies))
	}
	own := copies[0]
	name := dig(made, "organizer", "emailAddress", "name")
	switch {
	case own["id"] == made["id"]:
		t.Error("the room's copy has the organiser's id")
	case own["iCalUId"] != made["iCalUId"]:
		t.Error("the copies differ in iCalUId")
	case own["subject"] != name:
		t.Errorf("the room's subject is %q, want the organiser's name %q", own["subject"], name)
	case dig(own, "body", "content") != "":
		t.Errorf("the room's copy has a body: %v", dig(own, "body", "content"))
	case own["isOrganizer"] != false:
		t.Error("the room believes that it is the organiser")
	case dig(own, "responseStatus", "response") != "accepted":
		t.Errorf("the room's own answer is %v", dig(own, "responseStatus", "response"))
	}
}

// clock is a tenant's clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock(at time.Time) *clock { return &clock{at: at} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// waitFor polls until a condition holds.
func waitFor(t testing.TB, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("did not happen within 20 s")
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestRoomDeclinesWhatClashes(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 3})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at := tenant.quiet()
	first := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour))
	second := c.post(201, "/users/"+c.at.TestMailbox+"/events", meeting(room, at.Add(30*time.Minute), time.Hour))
	touching := c.post(201, "/users/"+c.at.TestMailbox+"/events", meeting(room, at.Add(time.Hour), time.Hour))
	if got := roomResponse(c.event(c.at.Organizer, first), room); got != "accepted" {
		t.Errorf("first booking: %s", got)
	}
	if got := roomResponse(c.event(c.at.TestMailbox, second), room); got != "declined" {
		t.Errorf("clashing booking: %s", got)
	}
	if got := roomResponse(c.event(c.at.TestMailbox, touching), room); got != "accepted" {
		t.Errorf("booking that only touches: %s", got)
	}
	if n := len(c.view(room, at, at.Add(3*time.Hour))); n != 2 {
		t.Errorf("the room has %d entries, want 2", n)
	}
}

func TestRoomPolicies(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 4})
	at := tenant.quiet()
	for name, want := range map[string]string{"silent": "none", "certain bookers only": "declined", "reserved": "declined", "delegate decides": "tentativelyAccepted"} {
		t.Run(name, func(t *testing.T) {
			room := tenant.byPolicy(t, name).Mailbox
			e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour))
			c.get("/organization")
			if got := roomResponse(c.event(c.at.Organizer, e), room); got != want {
				// Only the members of one department may book the restricted room.
				if dept := tenant.world.find(c.at.Organizer).person.department; name == "certain bookers only" && dept == "Facilities" && got == "accepted" {
					return
				}
				t.Errorf("the room says %q, want %q", got, want)
			}
		})
	}
	auto := tenant.byPolicy(t, "auto-accept").Mailbox
	far := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(auto, at.AddDate(0, 0, 200), time.Hour))
	if got := roomResponse(c.event(c.at.Organizer, far), auto); got != "declined" {
		t.Errorf("beyond the booking window: %s", got)
	}
	long := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(auto, at, 25*time.Hour))
	if got := roomResponse(c.event(c.at.Organizer, long), auto); got != "declined" {
		t.Errorf("longer than a day: %s", got)
	}
}

// F-046: many book one room at the same second; one gets it.
func TestRaceForOneRoomHasOneWinner(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 5})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at, people := tenant.quiet(), tenant.People()
	made := make([]object, 12)
	var wg sync.WaitGroup
	for i := range made {
		wg.Go(func() {
			r, err := c.try(request{method: "POST", path: "/users/" + people[i].Mailbox + "/events", body: meeting(room, at, time.Hour)})
			if err != nil || r.status != 201 {
				t.Errorf("status %d: %v", r.status, err)
				return
			}
			made[i] = r.body
		})
	}
	wg.Wait()
	answers := map[string]int{}
	for i, e := range made {
		answers[roomResponse(c.event(people[i].Mailbox, e), room)]++
	}
	if answers["accepted"] != 1 || answers["declined"] != 11 {
		t.Errorf("answers %v, want one accepted and 11 declined", answers)
	}
	if n := len(c.view(room, at, at.Add(time.Hour))); n != 1 {
		t.Errorf("the room has %d entries", n)
	}
}

// F-041: a create that is repeated under the same transaction id makes one event.
func TestTransactionIDMakesRepeatsHarmless(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 6})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at := tenant.quiet()
	remove := tenant.Inject(Fault{Method: "POST", Path: "/users/*/events", Times: 2, CommitThen: "fail", Fail: &Failure{Status: 504}})
	body := meeting(room, at, time.Hour, "transactionId", "4f0e8b9c-0000-4000-8000-000000000001")
	path := "/users/" + c.at.Organizer + "/events"
	for range 2 {
		c.send(504, request{method: "POST", path: path, body: body})
	}
	remove()
	first := c.post(201, path, body)
	again := c.post(201, path, body)
	if first["id"] != again["id"] || first["transactionId"] != body["transactionId"] {
		t.Errorf("two events %v and %v", first["id"], again["id"])
	}
	if n := len(c.view(c.at.Organizer, at, at.Add(time.Hour))); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	effects := map[string]int{}
	for _, e := range tenant.Ledger() {
		if e.Method == "POST" && e.TransactionID != "" {
			effects[e.Effect]++
		}
	}
	if effects["created event"] != 1 || effects["found event of the same transaction"] != 3 {
		t.Errorf("ledger says %v", effects)
	}
	c.send(204, request{method: "DELETE", path: path + "/" + first["id"].(string)})
	if r := c.send(409, request{method: "POST", path: path, body: body}); r.errorCode() != "ErrorDuplicateTransactionId" {
		t.Errorf("code %s after the event was deleted", r.errorCode())
	}
}

// F-056, P7: no licence, no link, and no word about it.
func TestTeamsIsSilentlyDowngraded(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 7})
	at := tenant.quiet()
	for _, p := range tenant.People() {
		calendar := c.get("/users/" + p.Mailbox + "/calendar")
		allowed := len(calendar["allowedOnlineMeetingProviders"].([]any)) > 0
		if allowed != p.Teams {
			t.Errorf("%s: calendar says %v, has Teams %v", p.Mailbox, allowed, p.Teams)
		}
		e := c.post(201, "/users/"+p.Mailbox+"/events", meeting("nobody@elsewhere.example", at, time.Hour, "isOnlineMeeting", true, "onlineMeetingProvider", "teamsForBusiness"))
		if e["isOnlineMeeting"] != p.Teams {
			t.Errorf("%s: isOnlineMeeting %v, has Teams %v", p.Mailbox, e["isOnlineMeeting"], p.Teams)
		}
		if !p.Teams && (e["onlineMeetingProvider"] != "unknown" || e["onlineMeeting"] != nil) {
			t.Errorf("%s: provider %v, meeting %v", p.Mailbox, e["onlineMeetingProvider"], e["onlineMeeting"])
		}
	}
}

func TestCancelReachesEverybody(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 8})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at, guest := tenant.quiet(), tenant.People()[3].Mailbox
	body := meeting(room, at, time.Hour)
	body["attendees"] = append(body["attendees"].([]any), object{"type": "required", "emailAddress": object{"address": guest, "name": "Guest"}})
	e := c.post(201, "/users/"+c.at.Organizer+"/events", body)
	invitation := c.view(guest, at, at.Add(time.Hour))[0]
	if got := dig(invitation, "responseStatus", "response"); got != "notResponded" || invitation["showAs"] != "tentative" {
		t.Errorf("invitation is %v, shown as %v", got, invitation["showAs"])
	}
	path := "/users/" + guest + "/events/" + invitation["id"].(string)
	if r := c.send(400, request{method: "POST", path: path + "/cancel", body: object{"Comment": "no"}}); r.errorCode() != "ErrorInvalidRequest" {
		t.Errorf("code %s when a guest cancels", r.errorCode())
	}
	c.post(202, path+"/accept", object{"SendResponse": true})
	if got := roomResponse(c.event(c.at.Organizer, e), guest); got != "accepted" {
		t.Errorf("the organiser sees %q from the guest", got)
	}
	c.post(202, "/users/"+c.at.Organizer+"/events/"+e["id"].(string)+"/cancel", object{"comment": "sorry"})
	if n := len(c.view(room, at, at.Add(time.Hour))); n != 0 {
		t.Errorf("the room is still taken by %d", n)
	}
	if left := c.view(guest, at, at.Add(time.Hour)); len(left) != 1 || left[0]["isCancelled"] != true || left[0]["showAs"] != "free" {
		t.Errorf("the guest's copy is not cancelled: %v", left)
	}
	if r := c.send(404, request{method: "GET", path: "/users/" + c.at.Organizer + "/events/" + e["id"].(string)}); r.errorCode() != "ErrorItemNotFound" {
		t.Errorf("code %s after cancel", r.errorCode())
	}
}

func TestMovingAsksTheRoomAgain(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 9})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at := tenant.quiet()
	c.post(201, "/users/"+c.at.TestMailbox+"/events", meeting(room, at.Add(2*time.Hour), time.Hour))
	e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour))
	path := "/users/" + c.at.Organizer + "/events/" + e["id"].(string)
	read := c.event(c.at.Organizer, e)
	move := func(to time.Time) object {
		return object{"start": wire(to, "UTC"), "end": wire(to.Add(time.Hour), "UTC")}
	}
	if r := c.send(412, request{method: "PATCH", path: path, body: move(at), header: []string{"If-Match", e["@odata.etag"].(string)}}); r.errorCode() != "ErrorIrresolvableConflict" {
		t.Errorf("code %s for a stale ETag", r.errorCode())
	}
	moved := c.send(200, request{method: "PATCH", path: path, body: move(at.Add(time.Hour)), header: []string{"If-Match", read["@odata.etag"].(string)}}).body
	if got := roomResponse(moved, room); got != "none" {
		t.Errorf("right after the move the room says %q", got)
	}
	if got := roomResponse(c.event(c.at.Organizer, e), room); got != "accepted" {
		t.Errorf("the room says %q to the free hour", got)
	}
	if n := len(c.view(room, at, at.Add(time.Hour))); n != 0 {
		t.Error("the room is still taken at the old time")
	}
	c.send(200, request{method: "PATCH", path: path, body: move(at.Add(30 * time.Minute))})
	if got := roomResponse(c.event(c.at.Organizer, e), room); got != "accepted" {
		t.Errorf("the room says %q to a move that meets only the meeting itself", got)
	}
	c.send(200, request{method: "PATCH", path: path, body: move(at.Add(2 * time.Hour))})
	if got := roomResponse(c.event(c.at.Organizer, e), room); got != "declined" {
		t.Errorf("the room says %q to the taken hour", got)
	}
	if n := len(c.view(room, at, at.Add(4*time.Hour))); n != 1 {
		t.Errorf("the room has %d entries after it declined the move, want the other one", n)
	}
}

// Recurring meetings: one clash declines the series, unless the room tolerates.
func TestSeriesAgainstPolicy(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 10})
	at := tenant.quiet()
	series := func(room string) object {
		return meeting(room, at, time.Hour, "recurrence", object{
			"pattern": object{"type": "weekly", "interval": 1, "daysOfWeek": []string{strings.ToLower(at.Weekday().String())}},
			"range":   object{"type": "numbered", "startDate": at.Format("2006-01-02"), "numberOfOccurrences": 5},
		})
	}
	for _, policy := range []string{"auto-accept", "tolerates conflicts in series"} {
		room := tenant.byPolicy(t, policy).Mailbox
		c.post(201, "/users/"+c.at.TestMailbox+"/events", meeting(room, at.AddDate(0, 0, 14), time.Hour))
		c.get("/organization") // the room answers that first
		e := c.post(201, "/users/"+c.at.Organizer+"/events", series(room))
		got := roomResponse(c.event(c.at.Organizer, e), room)
		var entries []object // at the series' own hour
		for week := range 5 {
			hour := at.AddDate(0, 0, 7*week)
			entries = append(entries, c.view(room, hour, hour.Add(time.Hour))...)
		}
		switch policy {
		case "auto-accept":
			if got != "declined" || len(entries) != 1 {
				t.Errorf("%s: %q with %d entries, want declined and only the other meeting", policy, got, len(entries))
			}
		default:
			if got != "accepted" || len(entries) != 5 {
				t.Errorf("%s: %q with %d entries, want accepted, 4 occurrences and the other meeting", policy, got, len(entries))
			}
			declined := 0
			for _, o := range c.view(c.at.Organizer, at, at.AddDate(0, 2, 0)) {
				if o["seriesMasterId"] == e["id"] && roomResponse(o, room) == "declined" {
					declined++
				}
			}
			if declined != 1 {
				t.Errorf("%s: the organiser sees %d declined dates, want 1", policy, declined)
			}
		}
	}
}

func TestDirectWriteSkipsThePolicy(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 11})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at := tenant.quiet()
	for i := range 2 {
		e := c.post(201, "/users/"+room+"/events", object{"subject": fmt.Sprint("walk-in ", i), "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC")})
		if e["isOrganizer"] != true {
			t.Error("the room is not the organiser of what was written into its calendar")
		}
	}
	if n := len(c.view(room, at, at.Add(time.Hour))); n != 2 {
		t.Errorf("%d entries, want the double booking", n)
	}
}
