package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// as gives a client that a person signed in to.
func (c *client) as(tenant *Tenant, address string, scopes ...string) *client {
	c.t.Helper()
	var before entra.Application
	if err := tenant.Directory().Update(c.at.ClientID, func(a *entra.Application) {
		before = *a
		a.Delegated, a.ObjectID, a.Roles = true, tenant.world.find(address).id, scopes
	}); err != nil {
		c.t.Fatal(err)
	}
	person := connect(c.t, tenant)
	if err := tenant.Directory().Update(c.at.ClientID, func(a *entra.Application) { *a = before }); err != nil {
		c.t.Fatal(err)
	}
	return person
}

// calendar finds a calendar of a mailbox by name.
func (c *client) calendar(mailbox, name string) object {
	c.t.Helper()
	list, _ := c.all("/users/" + mailbox + "/calendars?$top=50")
	for _, o := range list {
		if o["name"] == name {
			return o
		}
	}
	c.t.Fatalf("%s has no calendar %q", mailbox, name)
	return nil
}

func TestSecondaryCalendars(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 300})
	box := "/users/" + c.at.Organizer
	at := tenant.quiet()
	window := "startDateTime=" + url.QueryEscape(at.Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(at.Add(24*time.Hour).Format(time.RFC3339))

	made := c.post(201, box+"/calendars", object{"name": "Projects", "color": "lightGreen"})
	if made["color"] != "lightGreen" || made["canEdit"] != true || made["isDefaultCalendar"] != false || made["isRemovable"] != true || dig(made, "owner", "address") != c.at.Organizer {
		t.Errorf("the new calendar is %v", made)
	}
	if dig(made, "allowedOnlineMeetingProviders", 0) != "teamsForBusiness" {
		t.Errorf("its owner has Teams, the calendar says %v", made["allowedOnlineMeetingProviders"])
	}
	if r := c.send(409, request{method: "POST", path: box + "/calendars", body: object{"name": "PROJECTS"}}); r.errorCode() != "ErrorFolderExists" {
		t.Errorf("a second calendar of that name: %s", r.errorCode())
	}
	for _, body := range []object{{"color": "lightGreen"}, {"name": " "}} {
		c.send(400, request{method: "POST", path: box + "/calendars", body: body})
	}
	path := box + "/calendars/" + made["id"].(string)
	renamed := c.send(200, request{method: "PATCH", path: path, body: object{"name": "Plans", "color": "lightRed"}}).body
	if renamed["name"] != "Plans" || renamed["color"] != "lightRed" || renamed["id"] != made["id"] || renamed["changeKey"] == made["changeKey"] {
		t.Errorf("renamed to %v", renamed)
	}

	_, link := c.all(path + "/calendarView/delta?" + window)
	_, mainLink := c.all(box + "/calendarView/delta?" + window)
	e := c.post(201, path+"/events", meeting("nobody@elsewhere.example", at, time.Hour))
	id := e["id"].(string)
	if view, _ := c.all(path + "/calendarView?" + window); len(view) != 1 || view[0]["id"] != id {
		t.Errorf("the calendar shows %v", view)
	}
	if list, _ := c.all(path + "/events"); len(list) != 1 {
		t.Errorf("the calendar lists %d events", len(list))
	}
	if view := c.view(c.at.Organizer, at, at.Add(24*time.Hour)); len(view) != 0 {
		t.Errorf("the default calendar shows it too: %v", view)
	}
	if changes, _ := c.all(mainLink); len(changes) != 0 {
		t.Errorf("the default calendar's delta has %v", changes)
	}
	changes, link := c.all(link)
	if len(changes) != 1 || changes[0]["id"] != id {
		t.Errorf("the calendar's delta has %v", changes)
	}
	busy := c.post(200, box+"/calendar/getSchedule", object{"schedules": []string{c.at.Organizer}, "startTime": wire(at, "UTC"), "endTime": wire(at.Add(24*time.Hour), "UTC")})
	if n := len(dig(busy, "value", 0, "scheduleItems").([]any)); n != 0 {
		t.Errorf("a secondary calendar takes time: %d items", n)
	}
	c.get(box + "/events/" + id)  // an id needs no calendar
	c.get(path + "/events/" + id) // its own will do
	other := c.post(201, box+"/calendars", object{"name": "Other"})
	c.send(404, request{method: "GET", path: box + "/calendars/" + other["id"].(string) + "/events/" + id})
	if r := c.send(410, request{method: "GET", path: strings.Replace(link, made["id"].(string), other["id"].(string), 1)}); r.errorCode() != "SyncStateNotFound" {
		t.Errorf("the token of another calendar: %s", r.errorCode())
	}

	if r := c.send(412, request{method: "DELETE", path: path, header: []string{"If-Match", `W/"b2xk"`}}); r.errorCode() != "ErrorIrresolvableConflict" {
		t.Errorf("deleted with a stale key: %s", r.errorCode())
	}
	c.send(204, request{method: "DELETE", path: path})
	for _, gone := range []string{path, path + "/events", path + "/calendarView/delta?" + window, box + "/events/" + id} {
		if r := c.send(404, request{method: "GET", path: gone}); r.errorCode() != "ErrorItemNotFound" {
			t.Errorf("%s of a deleted calendar: %s", gone, r.errorCode())
		}
	}
	if again := c.post(201, box+"/calendars", object{"name": "Projects"}); again["id"] == made["id"] {
		t.Error("a new calendar has the id of a deleted one")
	}
	main := c.get(box + "/calendar")
	if r := c.send(400, request{method: "DELETE", path: box + "/calendars/" + main["id"].(string)}); r.errorCode() != "ErrorDeleteDistinguishedFolder" {
		t.Errorf("deleting the default calendar: %s", r.errorCode())
	}
	c.send(400, request{method: "PATCH", path: box + "/calendar", body: object{"name": "Mine"}})
	if got := c.send(200, request{method: "PATCH", path: box + "/calendar", body: object{"color": "lightPink"}}).body; got["color"] != "lightPink" || got["name"] != "Calendar" {
		t.Errorf("recoloured to %v", got)
	}
	if list, _ := c.all(box + "/calendars?$filter=" + url.QueryEscape("name eq 'other'") + "&$count=true"); len(list) != 1 {
		t.Errorf("filtered by name: %v", list)
	}
	c.send(400, request{method: "GET", path: box + "/calendars?$filter=" + url.QueryEscape("hexColor eq 'x'")})
}

// Answers to a meeting of a secondary calendar are not tracked, and a room that
// accepted one is taken all the same.
func TestSecondaryCalendarsDoNotTally(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 304})
	room, guest := tenant.byPolicy(t, "auto-accept").Mailbox, tenant.People()[4].Mailbox
	for name, want := range map[string][2]string{"calendar": {"accepted", "declined"}, "other": {"none", "none"}} {
		at := tenant.quiet()
		path := "/users/" + c.at.Organizer + "/calendar"
		if name == "other" {
			path = "/users/" + c.at.Organizer + "/calendars/" + c.post(201, "/users/"+c.at.Organizer+"/calendars", object{"name": "Other"})["id"].(string)
			at = at.Add(2 * time.Hour)
		}
		body := meeting(room, at, time.Hour)
		body["attendees"] = append(body["attendees"].([]any), to(guest)...)
		e := c.post(201, path+"/events", body)
		c.get("/organization") // the room answers
		theirs := c.view(guest, at, at.Add(time.Hour))[0]["id"].(string)
		c.send(202, request{method: "POST", path: "/users/" + guest + "/events/" + theirs + "/decline"})
		got := c.get(path + "/events/" + e["id"].(string))
		if dig(answerOf(got, room), "status", "response") != want[0] || dig(answerOf(got, guest), "status", "response") != want[1] {
			t.Errorf("%s: the organiser sees %v", name, got["attendees"])
		}
		if list := c.view(room, at, at.Add(time.Hour)); len(list) != 1 || dig(list[0], "responseStatus", "response") != "accepted" {
			t.Errorf("%s: the room has %d entries", name, len(list))
		}
	}
}

// P11: the holidays can be read and not written.
func TestHolidaysRefuseWrites(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 301})
	box := "/users/" + c.at.Organizer
	list, _ := c.all(box + "/calendars?$filter=" + url.QueryEscape("canEdit eq false"))
	if len(list) != 1 || list[0]["canShare"] != false || list[0]["isDefaultCalendar"] != false {
		t.Fatalf("read-only calendars: %v", list)
	}
	path := box + "/calendars/" + list[0]["id"].(string)
	if r := c.send(403, request{method: "POST", path: path + "/events", body: meeting("x@elsewhere.example", tenant.quiet(), time.Hour)}); r.errorCode() != "ErrorAccessDenied" {
		t.Errorf("creating a holiday: %s", r.errorCode())
	}
	days, _ := c.all(path + "/events?$top=100")
	if len(days) < 5 {
		t.Fatalf("%d holidays", len(days))
	}
	day := path + "/events/" + days[0]["id"].(string)
	c.send(403, request{method: "PATCH", path: day, body: object{"subject": "Work"}})
	c.send(403, request{method: "DELETE", path: day})
	c.send(403, request{method: "POST", path: day + "/forward", body: object{"toRecipients": to(c.at.TestMailbox)}})
	c.send(204, request{method: "DELETE", path: path}) // the calendar itself may go
	if left, _ := c.all(box + "/calendars"); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

// An item that goes to another calendar gets a new id; the immutable one stays.
func TestMovingChangesTheMutableID(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 302})
	box := "/users/" + c.at.Organizer
	at := tenant.quiet()
	window := "?startDateTime=" + url.QueryEscape(at.Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(at.Add(24*time.Hour).Format(time.RFC3339))
	target := c.post(201, box+"/calendars", object{"name": "Elsewhere"})["id"].(string)
	e := c.post(201, box+"/events", meeting("x@elsewhere.example", at, time.Hour))
	stable := c.get(box+"/events/"+e["id"].(string), "Prefer", `IdType="ImmutableId"`)["id"].(string)
	_, from := c.all(box + "/calendarView/delta" + window)
	_, to := c.all(box + "/calendars/" + target + "/calendarView/delta" + window)

	moved, err := tenant.MoveEvent(c.at.Organizer, e["id"].(string), target)
	if err != nil {
		t.Fatal(err)
	}
	if moved == e["id"] {
		t.Error("the mutable id survived the move")
	}
	c.send(404, request{method: "GET", path: box + "/events/" + e["id"].(string)})
	if got := c.get(box + "/events/" + moved); got["iCalUId"] != e["iCalUId"] {
		t.Errorf("another event under the new id: %v", got["subject"])
	}
	if got := c.get(box+"/events/"+stable, "Prefer", `IdType="ImmutableId"`); got["id"] != stable {
		t.Error("the immutable id changed")
	}
	if left, _ := c.all(from); len(left) != 1 || left[0]["@removed"] == nil || left[0]["id"] != e["id"] {
		t.Errorf("where it was, delta says %v", left)
	}
	if came, _ := c.all(to); len(came) != 1 || came[0]["id"] != moved {
		t.Errorf("where it is, delta says %v", came)
	}
	back := c.get(box + "/calendar")["id"].(string)
	raw, _ := json.Marshal(map[string]string{"mailbox": c.at.Organizer, "event": moved, "calendar": back})
	resp, err := c.http.Post(c.at.ControlURL+"/move", "application/json", bytes.NewReader(raw))
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("moved back over the control address: %v %v", err, resp)
	}
	var answer struct{ ID string }
	if err := errors.Join(json.NewDecoder(resp.Body).Decode(&answer), resp.Body.Close()); err != nil || answer.ID == moved || answer.ID == e["id"] {
		t.Errorf("moved back to %q, %v", answer.ID, err)
	}
	moved = answer.ID
	c.get(box + "/events/" + moved)
	for name, call := range map[string][3]string{
		"a mailbox that is not there": {"nobody@contoso.example", moved, target},
		"an event that is not there":  {c.at.Organizer, e["id"].(string), target},
		"a calendar of nobody":        {c.at.Organizer, moved, "x"},
	} {
		if _, err := tenant.MoveEvent(call[0], call[1], call[2]); err == nil {
			t.Errorf("moved: %s", name)
		}
	}
}

// What a colleague's calendar shows, in the reader's own list and by the owner's
// address, goes by the owner's sharing.
func TestSharedCalendars(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 303})
	people := tenant.People()
	reader := people[1].Mailbox
	at := tenant.quiet()
	window := "?startDateTime=" + url.QueryEscape(at.Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(at.Add(24*time.Hour).Format(time.RFC3339))
	signedIn := c.as(tenant, reader, "Calendars.ReadWrite.Shared")
	for n, role := range []calendarRole{roleRead, roleWrite, delegateWithPrivate, limitedRead, freeBusyRead, delegateWithoutPrivate} {
		owner := people[2+n]
		t.Run(roleNames[role], func(t *testing.T) {
			open := meeting("x@elsewhere.example", at, time.Hour, "subject", "Open")
			secret := meeting("x@elsewhere.example", at.Add(2*time.Hour), time.Hour, "subject", "Secret", "sensitivity", "private")
			c.post(201, "/users/"+owner.Mailbox+"/events", open)
			c.post(201, "/users/"+owner.Mailbox+"/events", secret)
			shared := c.calendar(reader, owner.Name)
			if shared["canEdit"] != role.mayWrite() || shared["canShare"] != false || shared["canViewPrivateItems"] != (role == delegateWithPrivate) || dig(shared, "owner", "address") != owner.Mailbox || shared["isDefaultCalendar"] != false {
				t.Errorf("the calendar is %v", shared)
			}
			wantOpen, wantSecret := "Open", "Busy"
			switch role {
			case delegateWithPrivate:
				wantSecret = "Secret"
			case freeBusyRead:
				wantOpen = "Busy"
			}
			path := "/users/" + reader + "/calendars/" + shared["id"].(string)
			view, _ := c.all(path + "/calendarView" + window + "&$orderby=start/dateTime")
			if len(view) != 2 || view[0]["subject"] != wantOpen || view[1]["subject"] != wantSecret {
				t.Fatalf("the reader sees %v", view)
			}
			hidden := view[1]
			if wantSecret == "Busy" && (len(hidden["attendees"].([]any)) > 0 || dig(hidden, "location", "displayName") != "" || hidden["sensitivity"] != "private" || dig(hidden, "body", "content") != "") {
				t.Errorf("a private event tells %v", hidden)
			}
			if role == limitedRead && (len(view[0]["attendees"].([]any)) > 0 || dig(view[0], "location", "displayName") != "Room") {
				t.Errorf("limited detail is %v", view[0])
			}
			want := map[bool]int{true: 200, false: 403}[role.mayWrite()]
			c.send(want, request{method: "PATCH", path: path + "/events/" + view[0]["id"].(string), body: object{"importance": "high"}})

			direct := "/users/" + owner.Mailbox + "/calendarView" + window
			if !role.mayRead() {
				signedIn.send(403, request{method: "GET", path: direct})
				return
			}
			mine, _ := signedIn.all(direct + "&$orderby=start/dateTime")
			if len(mine) != 2 || mine[1]["subject"] != wantSecret {
				t.Errorf("signed in, the reader sees %v", mine)
			}
			want = map[bool]int{true: 201, false: 403}[role.mayWrite()]
			signedIn.send(want, request{method: "POST", path: "/users/" + owner.Mailbox + "/events", body: meeting("x@elsewhere.example", at.Add(5*time.Hour), time.Hour)})

			permissions, _ := c.all("/users/" + owner.Mailbox + "/calendar/calendarPermissions")
			if len(permissions) != 2 || permissions[0]["role"] != "freeBusyRead" || dig(permissions[0], "emailAddress", "name") != "My Organization" || permissions[0]["isRemovable"] != false ||
				permissions[1]["role"] != roleNames[role] || dig(permissions[1], "emailAddress", "address") != reader || permissions[1]["isRemovable"] != true {
				t.Errorf("permissions are %v", permissions)
			}
		})
	}
	stranger := c.as(tenant, people[9].Mailbox, "Calendars.ReadWrite.Shared")
	stranger.send(403, request{method: "GET", path: "/users/" + people[2].Mailbox + "/calendarView" + window})
	room := tenant.Rooms()[0].Mailbox
	if list, _ := c.all("/users/" + room + "/calendar/calendarPermissions"); len(list) != 1 || list[0]["role"] != "limitedRead" {
		t.Errorf("a room's permissions are %v", list)
	}
	if list, _ := c.all("/users/" + reader + "/calendars?$top=3"); len(list) != 8 {
		t.Errorf("over pages of three the reader has %d calendars", len(list))
	} else if !slices.ContainsFunc(list, func(o object) bool { return o["name"] == "Calendar" }) {
		t.Error("the default calendar is missing")
	}
}

// A count is of all entries, not of the page.
func TestCountIsOfAllEntries(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 2, People: 2})
	from, to := tenant.around()
	path := viewPath(c.at.Organizer, from, to)
	all, _ := c.all(path)
	if len(all) < 3 {
		t.Fatalf("only %d entries", len(all))
	}
	if page := c.get(strings.Replace(path, "$top=1000", "$top=2", 1) + "&$count=true"); page["@odata.count"] != float64(len(all)) || len(page["value"].([]any)) != 2 {
		t.Errorf("count %v of %d", page["@odata.count"], len(all))
	}
}

// A delta token of a deleted calendar is no good for a new one in its place.
func TestTokenOfADeletedCalendar(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 2, People: 2})
	box := "/users/" + c.at.Organizer
	from, to := tenant.around()
	round := func(id string) string {
		_, link := c.all(box + "/calendars/" + id + "/calendarView/delta?startDateTime=" + from.Format(time.RFC3339) + "&endDateTime=" + to.Format(time.RFC3339))
		return link
	}
	first := c.post(201, box+"/calendars", object{"name": "One"})["id"].(string)
	old := round(first)
	c.send(204, request{method: "DELETE", path: box + "/calendars/" + first})
	second := c.post(201, box+"/calendars", object{"name": "Two"})["id"].(string)
	_, token, _ := strings.Cut(round(second), "?")
	_, oldToken, _ := strings.Cut(old, "?")
	c.send(200, request{method: "GET", path: box + "/calendars/" + second + "/calendarView/delta?" + token})
	if got := c.send(410, request{method: "GET", path: box + "/calendars/" + second + "/calendarView/delta?" + oldToken}); got.errorCode() != "SyncStateNotFound" {
		t.Errorf("%s", got.raw)
	}
}
