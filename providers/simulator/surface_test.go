package simulator

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWorldIsDeterministic(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }
	truth := func(seed int64, order bool) []TruthMailbox {
		tenant, _ := start(t, Options{Seed: seed, Now: now, Rooms: 90, People: 60})
		from, to := tenant.around()
		boxes := tenant.world.all
		out := make([]TruthMailbox, len(boxes))
		for i := range boxes {
			if order { // the order of the first touch must not matter
				i = len(boxes) - 1 - i
			}
			out[i], _ = tenant.Truth(boxes[i].contact.address, from, to)
		}
		return out
	}
	first := truth(7, false)
	if !reflect.DeepEqual(first, truth(7, true)) {
		t.Error("the same seed gives two worlds")
	}
	if reflect.DeepEqual(first, truth(8, false)) {
		t.Error("two seeds give the same world")
	}
}

// Generated meetings never book a room twice, and every copy agrees.
func TestGeneratedMeetingsAgree(t *testing.T) {
	for _, o := range []Options{{Seed: 30, Rooms: 60, People: 40}, {Seed: 31, Rooms: 45, People: 10, EventsPerMailbox: 100}} {
		tenant, _ := start(t, o)
		from, to := tenant.around()
		byUID := map[string]TruthEvent{}
		organisers, gone := []string{}, map[string]bool{}
		for _, p := range tenant.People() {
			organisers = append(organisers, p.Mailbox)
		}
		for _, a := range tenant.Others() {
			organisers, gone[a.Address] = append(organisers, a.Address), a.Gone
		}
		for i, organiser := range organisers {
			truth, _ := tenant.Truth(organiser, from, to)
			if i < len(tenant.People()) && o.EventsPerMailbox > 0 && len(truth.Events) != o.EventsPerMailbox {
				t.Errorf("%s has %d entries, want %d", organiser, len(truth.Events), o.EventsPerMailbox)
			}
			for _, e := range truth.Events {
				if e.IsOrganizer {
					byUID[e.ICalUID+e.Start] = e
				}
			}
		}
		shared := 0
		for _, r := range tenant.Rooms() {
			truth, _ := tenant.Truth(r.Mailbox, from, to)
			if o.EventsPerMailbox > 0 && len(truth.Events) != o.EventsPerMailbox {
				t.Errorf("%s has %d entries, want %d", r.Mailbox, len(truth.Events), o.EventsPerMailbox)
			}
			end := ""
			for _, e := range truth.Events {
				if e.Start < end {
					t.Fatalf("%s is booked twice at %s", r.Mailbox, e.Start)
				}
				end = e.End
				if !strings.HasSuffix(e.Organizer, "@"+tenant.Endpoints().Domain) || e.Organizer == r.Mailbox || gone[e.Organizer] {
					continue
				}
				own, found := byUID[e.ICalUID+e.Start]
				if !found || own.End != e.End || own.Organizer != e.Organizer {
					t.Errorf("%s at %s: the organiser %s has %+v", r.Mailbox, e.Start, e.Organizer, own)
				}
				shared++
			}
		}
		if shared == 0 {
			t.Error("no meeting is in two calendars")
		}
	}
}

// F-035: pages are complete, and the fault that hides the rest works.
func TestPagingIsComplete(t *testing.T) {
	tenant, c := start(t, Options{Seed: 32, Rooms: 230, People: 130})
	addresses := func(list []object, key string) map[string]bool {
		out := map[string]bool{}
		for _, v := range list {
			out[v[key].(string)] = true
		}
		return out
	}
	others, enabled := tenant.Others(), 0
	for _, a := range others {
		if a.Enabled {
			enabled++
		}
	}
	for path, want := range map[string]int{
		"/places/microsoft.graph.room":               230,
		"/places/graph.room?$top=7":                  230,
		"/places/GRAPH.ROOM?%24top=50&%24count=true": 230,
		"/places/microsoft.graph.room?$top=1000":     230,
		"/users?$select=displayName,mail":            360 + len(others),
		"/users?$top=999":                            360 + len(others),
		"/users?$filter=accountEnabled%20eq%20true":  130 + enabled,
	} {
		key := "emailAddress"
		if strings.HasPrefix(path, "/users") {
			key = "id"
		}
		list, _ := c.all(path)
		if n := len(addresses(list, key)); n != want || len(list) != want {
			t.Errorf("%s: %d entries, %d different, want %d", path, len(list), n, want)
		}
	}
	if n := c.get("/places/microsoft.graph.room?$count=true&$top=1")["@odata.count"]; n != 230.0 {
		t.Errorf("@odata.count is %v", n)
	}
	if raw := c.send(200, request{method: "GET", path: "/places/microsoft.graph.room/$count"}).raw; string(raw) != "230" {
		t.Errorf("$count is %s", raw)
	}
	total := 0
	lists, _ := c.all("/places/microsoft.graph.roomlist")
	for _, l := range lists {
		rooms, _ := c.all("/places/" + l["emailAddress"].(string) + "/microsoft.graph.roomlist/rooms?$top=9")
		total += len(rooms)
	}
	if total != 230 {
		t.Errorf("%d rooms in all room lists", total)
	}
	from, to := tenant.around()
	room := tenant.Rooms()[0].Mailbox
	want := len(c.view(room, from, to))
	paged, _ := c.all(strings.TrimSuffix(viewPath(room, from, to), "&$top=1000"))
	if len(paged) != want {
		t.Errorf("%d entries by pages of ten, %d at once", len(paged), want)
	}
	remove := tenant.Inject(Fault{Path: "/places/*room", Page: "no_link"})
	if list, _ := c.all("/places/microsoft.graph.room"); len(list) != 100 {
		t.Errorf("%d rooms with the fault, want the first hundred", len(list))
	}
	remove()
}

func TestSchedule(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 33})
	at := tenant.quiet()
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour))
	path := "/users/" + c.at.Organizer + "/calendar/getSchedule"
	ask := func(n int, from, to time.Time, more ...any) object {
		list := []string{room, "nobody@" + c.at.Domain}
		for len(list) < n {
			list = append(list, room)
		}
		o := object{"schedules": list, "startTime": wire(from, "UTC"), "endTime": wire(to, "UTC")}
		for i := 0; i+1 < len(more); i += 2 {
			o[more[i].(string)] = more[i+1]
		}
		return o
	}
	got := c.post(200, path, ask(2, at.Add(-time.Hour), at.Add(2*time.Hour)), "Prefer", `outlook.timezone="Tokyo Standard Time"`)
	if view := dig(got, "value", 0, "availabilityView"); view != "002200" {
		t.Errorf("availabilityView %v, want 002200", view)
	}
	if start := dig(got, "value", 0, "scheduleItems", 0, "start", "dateTime"); start != at.Add(9*time.Hour).Format("2006-01-02T15:04:05.0000000") {
		t.Errorf("start in Tokyo is %v", start)
	}
	if code := dig(got, "value", 1, "error", "responseCode"); code != "ErrorMailRecipientNotFound" {
		t.Errorf("unknown address: %v", dig(got, "value", 1))
	}
	for code, body := range map[string]object{
		"ErrorMailboxDataArrayTooBig":        ask(101, at, at.Add(time.Hour)),
		"ErrorTimeIntervalTooBig":            ask(2, at, at.AddDate(0, 0, 63)),
		"ErrorInvalidTimeInterval":           ask(2, at, at),
		"ErrorInvalidMergedFreeBusyInterval": ask(2, at, at.Add(time.Hour), "availabilityViewInterval", 61),
	} {
		if r := c.send(400, request{method: "POST", path: path, body: body}); r.errorCode() != code {
			t.Errorf("code %s, want %s", r.errorCode(), code)
		}
	}
	c.post(200, path, ask(100, at, at.AddDate(0, 0, 62)))
}

func TestBatch(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 34})
	at := tenant.quiet()
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	answer := c.post(200, "/$batch", object{"requests": []any{
		object{"id": "1", "method": "GET", "url": "/users/" + room + "?$select=displayName"},
		object{"id": "2", "method": "GET", "url": "/users/nobody@nowhere.example/calendar"},
		object{"id": "3", "method": "GET", "url": "/organization", "dependsOn": []string{"2"}},
		object{"id": "4", "method": "POST", "url": "/users/" + c.at.Organizer + "/events", "headers": object{"Content-Type": "application/json"}, "body": meeting(room, at, time.Hour)},
		object{"id": "5", "method": "GET", "url": "/users/" + c.at.Organizer + "/calendar", "dependsOn": []string{"4"}},
	}})
	status := map[string]float64{}
	for _, r := range answer["responses"].([]any) {
		status[dig(r, "id").(string)] = dig(r, "status").(float64)
	}
	want := map[string]float64{"1": 200, "2": 404, "3": 424, "4": 201, "5": 200}
	if !reflect.DeepEqual(status, want) {
		t.Errorf("statuses %v, want %v", status, want)
	}
	var many []any
	for i := range 21 {
		many = append(many, object{"id": fmt.Sprint(i), "method": "GET", "url": "/organization"})
	}
	// The contract knows no batch of 21 parts, so the checker must not see it.
	_, plain := start(t, Options{Rooms: 2, People: 2})
	plain.send(400, request{method: "POST", path: "/$batch", body: object{"requests": many}})
	tenant.Inject(Fault{Path: "/users/" + room, Fail: &Failure{Status: 429, RetryAfter: "7"}})
	answer = c.post(200, "/$batch", object{"requests": []any{object{"id": "a", "method": "GET", "url": "/users/" + room}}})
	if dig(answer, "responses", 0, "status") != 429.0 || dig(answer, "responses", 0, "headers", "Retry-After") != "7" {
		t.Errorf("throttled part: %v", answer)
	}
}

// Both spellings of paths and the many forms of a user's name.
func TestSpellings(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 35})
	// What is wrong on purpose goes to a tenant without the contract's eyes.
	_, plain := start(t, Options{Seed: 35, Rooms: 12, People: 12})
	mail := tenant.People()[2].Mailbox
	id := c.get("/users/" + mail)["id"].(string)
	for _, path := range []string{
		"/users/" + id, "/users/" + strings.ToUpper(mail), "/users/" + strings.Replace(mail, "@", "%40", 1),
	} {
		if got := c.get(path + "/calendar")["id"]; got != c.get("/users/" + mail + "/calendar")["id"] {
			t.Errorf("%s is another mailbox", path)
		}
	}
	for _, path := range []string{"/places/" + tenant.Rooms()[0].Mailbox, "/places/" + tenant.Rooms()[0].Mailbox + "/graph.room"} {
		if got := c.get(path)["emailAddress"]; got != tenant.Rooms()[0].Mailbox {
			t.Errorf("%s gives %v", path, got)
		}
	}
	// The contract writes keys as segments only; clients also use brackets.
	if got := plain.get("/users('" + mail + "')/calendar")["id"]; got != plain.get("/users/" + mail + "/calendar")["id"] {
		t.Error("the key in brackets is another mailbox")
	}
	for path, status := range map[string]int{
		"/users?$selct=id":                   400,
		"/users?$select=nonsense":            400,
		"/nonsense":                          400,
		"/users/" + mail + "/nonsense":       400,
		"/users/nobody@x.example":            404,
		"/me":                                400,
		"/users/" + mail + "/events/AAMk":    400,
		"/users/" + mail + "/calendarView":   400,
		"/places/nobody@x.example":           404,
		"/users/" + mail + "/calendars/AAMk": 404,
	} {
		r, err := plain.try(request{method: "GET", path: path})
		if err != nil || r.status != status || r.errorCode() == "" || dig(r.body, "error", "innerError", "request-id") == nil {
			t.Errorf("%s: status %d %v, want %d with Graph's error", path, r.status, r.body, status)
		}
	}
	if r := plain.send(400, request{method: "GET", path: viewPath(mail, tenant.started, tenant.started.AddDate(6, 0, 0))}); r.errorCode() != "ErrorInvalidRequest" {
		t.Errorf("code %s for six years", r.errorCode())
	}
}

func TestIdentifiersAndPreferences(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 36})
	from, to := tenant.around()
	room := tenant.Rooms()[1].Mailbox
	plain := c.view(room, from, to)
	r := c.send(200, request{method: "GET", path: viewPath(room, from, to), header: []string{"Prefer", `IdType="ImmutableId"`, "Prefer", `outlook.timezone="Europe/Lisbon", odata.maxpagesize=5`}})
	applied := r.header.Get("Preference-Applied")
	for _, want := range []string{`IdType="ImmutableId"`, `outlook.timezone="Europe/Lisbon"`, "odata.maxpagesize=5"} {
		if !strings.Contains(applied, want) {
			t.Errorf("Preference-Applied %q lacks %s", applied, want)
		}
	}
	first := dig(r.body, "value", 0).(object)
	if first["id"] == plain[0]["id"] || dig(first, "start", "timeZone") != "Europe/Lisbon" {
		t.Errorf("id %v, zone %v", first["id"], dig(first, "start", "timeZone"))
	}
	for _, id := range []any{first["id"], plain[0]["id"]} {
		if got := c.get("/users/" + room + "/events/" + id.(string)); got["iCalUId"] != plain[0]["iCalUId"] {
			t.Error("the two ids name different events")
		}
	}
	if r := c.send(404, request{method: "GET", path: "/users/" + c.at.Organizer + "/events/" + plain[0]["id"].(string)}); r.errorCode() != "ErrorItemNotFound" {
		t.Errorf("code %s for another mailbox's id", r.errorCode())
	}
	c.send(400, request{method: "GET", path: viewPath(room, from, to), header: []string{"Prefer", `outlook.timezone="Middle Earth"`}})
}

func TestPermissionsAndTokens(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 37})
	good := c.token
	for _, token := range []string{"", "x.y.z", good + "x"} {
		c.token = token
		if r := c.send(401, request{method: "GET", path: "/organization"}); r.errorCode() != "InvalidAuthenticationToken" || r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("token %.6q: %s", token, r.raw)
		}
	}
	c.token = good
	keep := func(roles ...string) {
		if err := tenant.Directory().Update(c.at.ClientID, func(a *application) { a.Roles = roles }); err != nil {
			t.Fatal(err)
		}
		*c = *connect(t, tenant)
		t.Cleanup(c.http.CloseIdleConnections)
	}
	for role, denied := range map[string]map[string]string{
		"Calendars.Read":        {"/organization": "Authorization_RequestDenied", "/places/graph.room": "ErrorAccessDenied", "/users": "Authorization_RequestDenied"},
		"User.Read.All":         {"/users/" + c.at.Organizer + "/calendar": "ErrorAccessDenied", "/users/" + c.at.Organizer + "/mailboxSettings": "ErrorAccessDenied"},
		"Organization.Read.All": {"/users/" + c.at.Organizer + "/events": "ErrorAccessDenied"},
	} {
		keep(role)
		for path, code := range denied {
			if r := c.send(403, request{method: "GET", path: path}); r.errorCode() != code {
				t.Errorf("%s with %s: code %s, want %s", path, role, r.errorCode(), code)
			}
		}
	}
	keep("Calendars.Read")
	c.get("/users/" + c.at.Organizer + "/events")
	c.send(403, request{method: "POST", path: "/users/" + c.at.Organizer + "/events", body: meeting("x@y.example", tenant.quiet(), time.Hour)})
}

func TestHolidaysAreReadOnly(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 38})
	person := tenant.People()[0].Mailbox
	var holiday object
	for _, cal := range c.get("/users/" + person + "/calendars")["value"].([]any) {
		if dig(cal, "canEdit") == false {
			holiday = cal.(object)
		}
	}
	if holiday == nil {
		t.Fatal("no read-only calendar (P11)")
	}
	path := "/users/" + person + "/calendars/" + holiday["id"].(string)
	year := tenant.started.Year()
	list, _ := c.all(fmt.Sprintf("%s/calendarView?startDateTime=%d-12-20T00:00:00Z&endDateTime=%d-01-03T00:00:00Z", path, year, year+1))
	if len(list) < 2 || list[0]["isAllDay"] != true {
		t.Errorf("no holidays around New Year: %v", list)
	}
	delta, link := c.all(fmt.Sprintf("%s/calendarView/delta?startDateTime=%d-12-20T00:00:00Z&endDateTime=%d-01-03T00:00:00Z", path, year, year+1))
	if len(delta) != len(list) {
		t.Errorf("delta has %d holidays, the view %d", len(delta), len(list))
	}
	if more, _ := c.all(link); len(more) != 0 {
		t.Error("holidays changed")
	}
	c.send(403, request{method: "POST", path: path + "/events", body: meeting("x@y.example", tenant.quiet(), time.Hour)})
}

func TestDirectoryAndSettings(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 39})
	org := dig(c.get("/organization?$select=id,displayName,verifiedDomains"), "value", 0)
	if dig(org, "verifiedDomains", 0, "name") != c.at.Domain || dig(org, "id") != c.at.TenantID {
		t.Errorf("organisation %v", org)
	}
	c.get("/organization")
	c.get("/organization/" + c.at.TenantID)
	room := tenant.Rooms()[0].Mailbox
	for path, want := range map[string]any{"/users/" + room + "/mailboxSettings/userPurpose": "room", "/users/" + c.at.Organizer + "/mailboxSettings/userPurpose": "user"} {
		if got := c.get(path)["value"]; got != want {
			t.Errorf("%s is %v", path, got)
		}
	}
	for _, part := range []string{"", "/timeZone", "/workingHours", "/language", "/dateFormat", "/timeFormat"} {
		c.get("/users/" + room + "/mailboxSettings" + part)
	}
	c.get("/users/" + room + "/outlook/supportedTimeZones()")
	for _, path := range []string{"/places/graph.building", "/places/graph.floor", "/places/graph.section", "/places/graph.workspace", "/places/graph.desk"} {
		c.get(path)
	}
	found, _ := c.all("/users?$search=%22displayName:"+strings.Fields(tenant.People()[0].Name)[0]+"%22&$count=true", "ConsistencyLevel", "eventual")
	if len(found) == 0 {
		t.Error("$search finds nobody")
	}
	sorted, _ := c.all("/users?$orderby=displayName&$top=5&$select=displayName,department,accountEnabled,userType,jobTitle,officeLocation")
	for i := 1; i < len(sorted); i++ {
		if strings.ToLower(sorted[i-1]["displayName"].(string)) > strings.ToLower(sorted[i]["displayName"].(string)) {
			t.Errorf("%v before %v", sorted[i-1]["displayName"], sorted[i]["displayName"])
		}
	}
	c.get("/users?$filter=startswith(displayName,'A')&$top=999")
}
