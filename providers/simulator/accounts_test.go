package simulator

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// L7, P7, mistakes 12 and 16: a licence comes and goes, and takes Teams or the
// mailbox with it.
func TestLicences(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 91})
	person := tenant.People()[3].Mailbox
	_, link := c.all("/users/delta?$select=assignedLicenses")
	at := tenant.quiet()
	plan := func(service string) any {
		t.Helper()
		for _, p := range c.get("/users/" + person + "?$select=assignedPlans")["assignedPlans"].([]any) {
			if dig(p, "service") == service {
				return dig(p, "capabilityStatus")
			}
		}
		return nil
	}
	for licence, want := range map[string]struct {
		exchange, teams any
		mailbox         bool
	}{
		LicenceFull: {"Enabled", "Enabled", true}, LicenceNoTeams: {"Enabled", "Deleted", true},
		LicenceNoExchange: {"Deleted", "Enabled", false}, LicenceNone: {nil, nil, false},
	} {
		if err := tenant.SetLicence(person, licence); err != nil {
			t.Fatal(err)
		}
		if e, s := plan("exchange"), plan("TeamspaceAPI"); e != want.exchange || s != want.teams {
			t.Errorf("%s: Exchange %v, Teams %v", licence, e, s)
		}
		if !want.mailbox {
			if r := c.send(404, request{method: "GET", path: "/users/" + person + "/calendar"}); r.errorCode() != "MailboxNotEnabledForRESTAPI" {
				t.Errorf("%s: the mailbox answers %s", licence, r.errorCode())
			}
			schedule := c.post(200, "/users/"+c.at.Organizer+"/calendar/getSchedule", object{"schedules": []string{person}, "startTime": wire(at, "UTC"), "endTime": wire(at.Add(time.Hour), "UTC")})
			if dig(schedule, "value", 0, "error") == nil {
				t.Errorf("%s: free/busy of no mailbox is %v", licence, schedule)
			}
			continue
		}
		made := c.post(201, "/users/"+person+"/events", meeting(tenant.Rooms()[1].Mailbox, at, time.Hour, "isOnlineMeeting", true, "onlineMeetingProvider", "teamsForBusiness"))
		if made["isOnlineMeeting"] != (want.teams == "Enabled") {
			t.Errorf("%s: online %v", licence, made["isOnlineMeeting"])
		}
	}
	if tenant.SetLicence(person, "nonsense") == nil {
		t.Error("an unknown licence")
	}
	if list, _ := c.all(link); len(list) != 1 {
		t.Errorf("%d changes of licences", len(list))
	}
}

// Guests and people whose sign-in name is not their address, with the oddities.
func TestGuestsAndPrincipalNames(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 92, Rooms: 12, People: 20, Oddities: true})
	guests, _ := c.all("/users?$select=userPrincipalName,mail,userType,accountEnabled,assignedLicenses&$filter=" + url.QueryEscape("userType eq 'Guest'"))
	if len(guests) != 3 {
		t.Fatalf("%d guests", len(guests))
	}
	g := guests[0]
	if !strings.Contains(g["userPrincipalName"].(string), "#EXT#@") || strings.HasSuffix(g["mail"].(string), c.at.Domain) || g["accountEnabled"] != true || len(g["assignedLicenses"].([]any)) != 0 {
		t.Errorf("a guest is %v", g)
	}
	c.get("/users/" + url.PathEscape(g["userPrincipalName"].(string)))
	if r := c.send(404, request{method: "GET", path: "/users/" + g["id"].(string) + "/calendar"}); r.errorCode() != "MailboxNotEnabledForRESTAPI" {
		t.Errorf("a guest's mailbox answers %s", r.errorCode())
	}
	m := tenant.world.people[5]
	if m.upn == "" {
		t.Fatal("nobody has another sign-in name")
	}
	c.send(404, request{method: "GET", path: "/users/" + m.contact.address})
	if got := c.get("/users/" + m.upn); got["mail"] != m.contact.address || got["userPrincipalName"] != m.upn {
		t.Errorf("by sign-in name: %v", got)
	}
	c.get("/users/" + m.contact.address + "/calendar")
	c.get("/users/" + m.upn + "/calendar")
}

// A room that is created as a place gets a mailbox that can be booked.
func TestCreatedRoomIsBooked(t *testing.T) {
	tenant, app := checked(t, Options{Seed: 93, PlaceDelay: -1})
	_, link := app.all("/users/delta?$deltatoken=latest")
	admin := app.placesAdmin(tenant)
	floor := dig(app.get("/places/graph.floor?$top=1"), "value", 0, "placeId")
	room := admin.post(201, "/places", object{"@odata.type": "microsoft.graph.room", "displayName": "New room", "parentId": floor, "capacity": 6})
	address := room["emailAddress"].(string)
	if list, _ := app.all("/places/graph.room"); list[len(list)-1]["emailAddress"] != address || len(list) != len(tenant.Rooms())+1 {
		t.Errorf("the last of %d rooms is %v", len(list), list[len(list)-1])
	}
	if got := app.get("/users/" + address); got["displayName"] != "New room" {
		t.Errorf("the account is %v", got)
	}
	if list, _ := app.all(link); len(list) != 1 || list[0]["mail"] != address {
		t.Errorf("the directory's changes are %v", list)
	}
	at := tenant.quiet()
	made := app.post(201, "/users/"+app.at.Organizer+"/events", meeting(address, at, time.Hour))
	if got := roomResponse(app.event(app.at.Organizer, made), address); got != "accepted" {
		t.Errorf("the new room says %q", got)
	}
	if n := len(app.view(address, at, at.Add(time.Hour))); n != 1 {
		t.Errorf("%d entries in its calendar", n)
	}
	found := false
	for _, b := range tenant.Usage().Boxes {
		found = found || b.Mailbox == address
	}
	if !found {
		t.Error("its requests are not counted")
	}
	if err := tenant.RenameAccount(address, "Other"); err != nil || app.get("/places/" + address)["displayName"] != "Other" {
		t.Errorf("renamed: %v", err)
	}
}

func TestControlChanges(t *testing.T) {
	tenant, c := start(t, Options{Seed: 89, Rooms: 12, People: 12})
	room := tenant.Rooms()[2]
	control := func(want int, path string, body object) object {
		t.Helper()
		return c.send(want, request{method: "POST", path: c.at.ControlURL + path, body: body}).body
	}
	before := c.get("/places/" + room.Mailbox)
	if got := control(200, "/accounts", object{"mailbox": room.Mailbox, "change": "place_id"}); got["id"] == before["id"] || c.get("/places/" + room.Mailbox)["id"] != got["id"] {
		t.Errorf("place_id: %v", got)
	}
	control(200, "/accounts", object{"mailbox": room.Mailbox, "change": "rename", "to": "Elsewhere"})
	control(200, "/accounts", object{"mailbox": room.Mailbox, "change": "hide"})
	c.send(404, request{method: "GET", path: "/places/" + room.Mailbox})
	control(200, "/accounts", object{"mailbox": room.Mailbox, "change": "show"})
	if got := c.get("/places/" + room.Mailbox); got["displayName"] != "Elsewhere" {
		t.Errorf("renamed: %v", got)
	}
	control(200, "/accounts", object{"mailbox": room.Mailbox, "change": "delete"})
	c.send(404, request{method: "GET", path: "/users/" + room.Mailbox})
	control(200, "/accounts", object{"mailbox": room.Mailbox, "change": "restore"})
	c.get("/users/" + room.Mailbox)
	control(200, "/accounts", object{"mailbox": room.Mailbox, "change": "auto_release", "to": "10m"})
	control(200, "/accounts", object{"mailbox": c.at.TestMailbox, "change": "licence", "to": LicenceNoTeams})
	control(400, "/accounts", object{"mailbox": room.Mailbox, "change": "nonsense"})
	control(400, "/accounts", object{"mailbox": room.Mailbox, "nonsense": "x"})
	control(404, "/accounts", object{"mailbox": "nobody@nowhere.example", "change": "rename", "to": "x"})
	r := newReceiver(t)
	c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+c.at.Organizer+"/events"))
	control(200, "/subscriptions", object{"id": tenant.Subscriptions()[0].ID, "event": "subscriptionRemoved"})
	control(400, "/subscriptions", object{"id": "x", "event": "missed"})
	if list := c.get(c.at.ControlURL + "/subscriptions")["subscriptions"]; len(list.([]any)) != 0 {
		t.Errorf("subscriptions %v", list)
	}
}
