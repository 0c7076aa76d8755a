package simulator

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"roomdesk/providers/providertest"
)

// prober asks a tenant for operations of the contract as a program would that
// knows nothing but the contract: with parameters that it read elsewhere in the
// tenant, and with small bodies.
type prober struct {
	t           *testing.T
	tenant      *Tenant
	app, person *client // the person is the organiser and an administrator
	at          time.Time
	contract    map[string]*openapi3.Operation // by id
	hook        string                         // receives notifications
	box, other  string                         // the organiser and a colleague
	room        string
	placeIDs    map[string]string // by type, lower case
	building2   string
	level       string
	made        int // makes names differ
}

// allScopes is what the probing person and application may do.
var allScopes = []string{
	"Calendars.ReadWrite.Shared", "Calendars.ReadWrite", "MailboxSettings.ReadWrite", "Directory.Read.All", "Application.Read.All",
	"User.Read.All", "User.Read", "Place.ReadWrite.All", "Organization.Read.All",
}

func newProber(t *testing.T, checker *providertest.Checker) *prober {
	t.Helper()
	clock := newClock(time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC))
	tenant, c := start(t, Options{Seed: 300, Rooms: 24, People: 12, Now: clock.now, RoomAnswerDelay: time.Nanosecond, PlaceDelay: -1, Wrap: checker.Handler})
	if err := tenant.Directory().Grant(c.at.ClientID, allScopes...); err != nil {
		t.Fatal(err)
	}
	p := &prober{t: t, tenant: tenant, app: connect(t, tenant), at: tenant.quiet(), contract: map[string]*openapi3.Operation{}, hook: newReceiver(t).URL,
		box: c.at.Organizer, other: c.at.TestMailbox, room: tenant.byPolicy(t, "auto-accept").Mailbox, placeIDs: map[string]string{}}
	p.person = p.app.person(tenant, p.box, strings.Join(allScopes, " "), exchangeAdministrator)
	for _, item := range contractDocument(t).Paths.Map() {
		for _, operation := range item.Operations() {
			p.contract[operation.OperationID] = operation
		}
	}
	for _, kind := range []string{"building", "floor", "section", "desk", "workspace", "room", "roomList"} {
		list, _ := p.app.all("/places/graph." + kind)
		if len(list) == 0 {
			t.Fatalf("the tenant has no %s", kind)
		}
		p.placeIDs[kind] = list[0]["id"].(string)
		if kind == "building" {
			p.building2 = list[1]["placeId"].(string)
		}
	}
	levels := p.app.get("/places/" + p.placeIDs["building"] + "/graph.building/map/levels")
	p.level = dig(levels, "value", 0, "id").(string)
	return p
}

// folded is the operation behind the spellings and the ways to a calendar.
func folded(path string) string {
	for _, r := range [][2]string{
		{"microsoft.graph.", "graph."}, {"()", ""}, {"(appId='{appId}')", "/{servicePrincipal-id}"}, {"(TimeZoneStandard='{TimeZoneStandard}')", ""},
		{"/calendars/{calendar-id}/", "/calendar/"}, {"}/events", "}/calendar/events"}, {"}/calendarView", "}/calendar/calendarView"},
	} {
		path = strings.ReplaceAll(path, r[0], r[1])
	}
	if rest, ok := strings.CutPrefix(path, "/me"); ok {
		return folded("/users/{user-id}" + rest)
	}
	for _, kind := range []string{"building", "desk", "floor", "roomList", "room", "section", "workspace"} { // roomList before room
		if rest, ok := strings.CutSuffix(path, "/graph."+kind); ok {
			return rest + "/graph.{type}"
		}
	}
	if rest, _, ok := strings.Cut(path, "/mailboxSettings/"); ok {
		return rest + "/mailboxSettings/{property}"
	}
	return path
}

// attempt is a request for an operation that should succeed.
type attempt struct {
	request
	client *client
}

func (p *prober) name(what string) string {
	p.made++
	return what + " " + itoa(p.made)
}

// event makes an event of the mailbox and gives its id there.
func (p *prober) event(more ...any) string {
	p.t.Helper()
	return p.app.post(201, "/users/"+p.box+"/events", meeting(p.other, p.at, time.Hour, append([]any{"subject", p.name("Probe"),
		"attendees", []any{object{"type": "required", "emailAddress": object{"address": p.other, "name": "Colleague"}}}}, more...)...))["id"].(string)
}

// invitation is an event that somebody else asks the mailbox to.
func (p *prober) invitation() string {
	p.t.Helper()
	subject := p.name("Invitation")
	p.app.post(201, "/users/"+p.other+"/events", meeting(p.box, p.at, time.Hour, "subject", subject,
		"attendees", []any{object{"type": "required", "emailAddress": object{"address": p.box, "name": "Organiser"}}}))
	list, _ := p.app.all("/users/" + p.box + "/events?$filter=subject%20eq%20'" + url.PathEscape(subject) + "'")
	if len(list) != 1 {
		p.t.Fatalf("%d invitations %q", len(list), subject)
	}
	return list[0]["id"].(string)
}

func (p *prober) series() object {
	return object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": p.at.Format("2006-01-02"), "numberOfOccurrences": 3}}
}

func (p *prober) subscribed() string {
	p.t.Helper()
	body := subscribe(p.tenant, p.hook, "/users/"+p.box+"/events")
	return p.app.post(201, "/subscriptions", body)["id"].(string)
}

func (p *prober) desk() string {
	p.t.Helper()
	return p.person.post(201, "/places", object{"@odata.type": "microsoft.graph.desk", "displayName": p.name("Desk"), "parentId": p.placeIDs["section"]})["id"].(string)
}

func (p *prober) claim() object {
	p.t.Helper()
	p.made++
	e := p.app.post(201, "/users/"+p.box+"/events", meeting(p.room, p.at.Add(time.Duration(p.made)*24*time.Hour), time.Hour))
	p.app.get("/organization") // the room answers
	return object{"calendarEventId": e["iCalUId"], "checkInMethod": "manual"}
}

// make fills an operation's path and finds its body, header and caller. What it
// needs is made in the tenant first.
func (p *prober) make(o providertest.Operation) attempt {
	p.t.Helper()
	out := attempt{request: request{method: o.Method}, client: p.app}
	if allowed, _ := p.contract[o.ID].Extensions["x-permissions"].(map[string]any); allowed["application"] == "not supported" || strings.HasPrefix(o.Path, "/me") {
		out.client = p.person
	}
	what := o.Method + " " + folded(o.Path)
	out.body = p.body(what)
	out.path = p.fill(what, o.Path)
	for _, ref := range p.contract[o.ID].Parameters {
		if ref.Value.Name == "startDateTime" {
			out.path += "?startDateTime=" + p.at.AddDate(0, 0, -3).Format("2006-01-02T15:04:05Z") + "&endDateTime=" + p.at.AddDate(0, 0, 3).Format("2006-01-02T15:04:05Z")
		}
	}
	return out
}

// fill puts believable values into a path.
func (p *prober) fill(what, path string) string {
	p.t.Helper()
	values := map[string]func() string{
		"user-id":             func() string { return p.box },
		"event-id":            func() string { return p.eventFor(what) },
		"calendar-id":         func() string { return p.calendarFor(what) },
		"place-id":            func() string { return p.placeFor(what, path) },
		"levelMap-id":         func() string { return p.level },
		"organization-id":     func() string { return p.app.at.TenantID },
		"appId":               func() string { return p.app.at.ClientID },
		"TimeZoneStandard":    func() string { return "Iana" },
		"servicePrincipal-id": func() string { return dig(p.app.get("/servicePrincipals"), "value", 0, "id").(string) },
		"subscription-id":     p.subscribed,
		"checkInClaim-id": func() string {
			claim := p.claim()
			p.person.post(201, "/places/"+p.room+"/checkIns", claim)
			return claim["calendarEventId"].(string)
		},
	}
	return parameter.ReplaceAllStringFunc(path, func(name string) string {
		value, ok := values[strings.Trim(name, "{}")]
		if !ok {
			p.t.Fatalf("%s: nobody knows a value for %s", path, name)
		}
		return value()
	})
}

func (p *prober) eventFor(what string) string {
	_, action, _ := strings.Cut(what, "/{event-id}/")
	switch action {
	case "accept", "decline", "tentativelyAccept":
		return p.invitation()
	case "instances":
		return p.event("recurrence", p.series())
	}
	return p.event("isReminderOn", true, "reminderMinutesBeforeStart", 15)
}

func (p *prober) calendarFor(what string) string {
	if what == "PATCH /users/{user-id}/calendars/{calendar-id}" || what == "DELETE /users/{user-id}/calendars/{calendar-id}" {
		return p.app.post(201, "/users/"+p.box+"/calendars", object{"name": p.name("Probe")})["id"].(string)
	}
	return p.app.get("/users/" + p.box + "/calendar?$select=id")["id"].(string)
}

// placeFor finds a place of the type that the path asks for.
func (p *prober) placeFor(what, path string) string {
	switch {
	case strings.HasSuffix(path, "ingestMapFile"):
		return p.building2
	case strings.HasSuffix(path, "oomList/rooms"), strings.HasSuffix(path, "oomList/workspaces"):
		return p.tenant.Rooms()[0].List // by its address only
	}
	for _, kind := range []string{"building", "desk", "floor", "roomList", "room", "section", "workspace"} { // roomList before room
		if strings.Contains(path, "graph."+kind) {
			return p.placeIDs[kind]
		}
	}
	switch {
	case what == "DELETE /places/{place-id}":
		return p.desk()
	case strings.Contains(path, "descendants"):
		return p.placeIDs["building"]
	}
	return p.room
}

// body is the smallest that makes sense for an operation; nil where none belongs.
func (p *prober) body(what string) any {
	slot := object{"start": wire(p.at, "UTC"), "end": wire(p.at.Add(time.Hour), "UTC")}
	switch method, path, _ := strings.Cut(what, " "); {
	case method == "GET" || method == "DELETE":
		return nil
	case path == "/$batch":
		return object{"requests": []any{object{"id": "1", "method": "GET", "url": "/organization"}}}
	case path == "/directoryObjects/getByIds":
		return object{"ids": []string{p.tenant.world.people[0].id}, "types": []string{"user"}}
	case what == "POST /places":
		return object{"@odata.type": "microsoft.graph.desk", "displayName": p.name("Desk"), "parentId": p.placeIDs["section"]}
	case what == "PATCH /places/{place-id}":
		return object{"@odata.type": "microsoft.graph.room", "capacity": 9}
	case strings.HasSuffix(path, "/checkIns"):
		return p.claim()
	case strings.HasSuffix(path, "/ingestMapFile"):
		return object{"file": archive(p.t, map[string]string{
			"building.geojson":  collection(feature("b1", "building", `{}`)),
			"footprint.geojson": collection(feature("f1", "footprint", `{}`)),
			"level.geojson":     collection(feature("l1", "level", `{"ordinal":0}`)),
			"unit.geojson":      collection(feature("u1", "unit", `{"level_id":"l1"}`)),
		})}
	case what == "POST /subscriptions":
		return subscribe(p.tenant, p.hook, "/users/"+p.other+"/events")
	case what == "PATCH /subscriptions/{subscription-id}":
		return object{"expirationDateTime": p.tenant.options.Now().Add(30 * time.Hour).UTC().Format(time.RFC3339)}
	case what == "POST /users/{user-id}/calendars", what == "PATCH /users/{user-id}/calendars/{calendar-id}":
		return object{"name": p.name("Probe")}
	case what == "PATCH /users/{user-id}/calendar":
		return object{"color": "lightBlue"}
	case what == "PATCH /users/{user-id}/mailboxSettings":
		return object{"timeFormat": "HH:mm"}
	case strings.HasSuffix(path, "/findMeetingTimes"):
		return object{"attendees": []any{object{"type": "required", "emailAddress": object{"address": p.other}}}, "meetingDuration": "PT1H",
			"timeConstraint": object{"activityDomain": "unrestricted", "timeSlots": []any{slot}}}
	case strings.HasSuffix(path, "/getSchedule"):
		return object{"schedules": []string{p.room, p.other}, "startTime": slot["start"], "endTime": slot["end"], "availabilityViewInterval": 15}
	case strings.HasSuffix(path, "/calendar/events"):
		return meeting(p.room, p.at.Add(time.Duration(p.made)*time.Hour), time.Hour, "subject", p.name("Probe"))
	case strings.HasSuffix(path, "/events/{event-id}"):
		return object{"subject": p.name("Renamed")}
	case strings.HasSuffix(path, "/forward"):
		return object{"comment": "for you", "toRecipients": []any{object{"emailAddress": object{"address": p.tenant.People()[5].Mailbox, "name": "Third"}}}}
	case strings.HasSuffix(path, "/cancel"):
		return object{"comment": "not today"}
	case strings.HasSuffix(path, "/snoozeReminder"):
		return object{"newReminderTime": wire(p.at.Add(-5*time.Minute), "UTC")}
	case strings.HasSuffix(path, "/accept"), strings.HasSuffix(path, "/decline"), strings.HasSuffix(path, "/tentativelyAccept"):
		return object{"comment": "gladly", "sendResponse": true}
	}
	return nil
}
