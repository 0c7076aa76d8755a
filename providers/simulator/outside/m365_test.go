package outside

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"
)

// m365Steps are the steps of scripts/m365.mjs.
var m365Steps = []string{
	"refuses a wrong secret",
	"logs in with a certificate",
	"logs in with a secret",
	"lists rooms",
	"lists room lists and their rooms",
	"lists and shows calendars",
	"shows mailbox settings",
	"books by a raw request",
	"lists events",
	"cancels the event",
	"shows people and applications",
	"logs a person in with a device code",
	"logs out",
}

// m365Spellings are what this client writes and the contract does not know; the
// service takes all of it, as the client is in daily use.
var m365Spellings = []spelling{
	{regexp.MustCompile(`^/v1\.0/users\((?:'|%27)(.+?)(?:'|%27)\)/`), "/v1.0/users/$1/",
		"a key in brackets is OData's own way; the contract has keys as segments only"},
	{regexp.MustCompile(`/microsoft\.graph\.roomlist(/|$)`), "/microsoft.graph.roomList$1",
		"the service compares the names of types without regard to case; the contract has one"},
}

// CLI for Microsoft 365 knows one name for Graph and one for sign-in, and both on
// port 443.
func testM365(t *testing.T, row *row) {
	inNamespace(t, "TestM365InNamespace", row)
}

// TestM365InNamespace is testM365's part behind the wall.
func TestM365InNamespace(t *testing.T) {
	var r row
	s := insideNamespace(t, &r, m365Spellings...)
	day, err := time.Parse(time.DateOnly, s.in.Day)
	if err != nil {
		t.Fatal(err)
	}
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	_, offset := day.Add(9 * time.Hour).In(pacific).Zone()
	s.in.PacificOffset = offset / 60
	if err := s.Directory().Grant(s.Endpoints().ClientID, "Application.Read.All"); err != nil {
		t.Fatal(err)
	}
	saw := s.run(t, &r, "m365.mjs", m365Steps...)
	checkM365(t, s, saw, day)
}

func checkM365(t *testing.T, s *site, saw map[string]json.RawMessage, day time.Time) {
	t.Helper()
	type status struct{ ConnectedAs, AuthType, AppID, AppTenant string }
	for step, by := range map[string]string{"logs in with a secret": "secret", "logs in with a certificate": "certificate"} {
		if got := read[status](t, saw, step); got != (status{"roomdesk", by, s.Endpoints().ClientID, s.Endpoints().TenantID}) {
			t.Errorf("%s: %+v", step, got)
		}
	}
	type refusal struct{ AADSTS string }
	if got := read[refusal](t, saw, "refuses a wrong secret"); got.AADSTS != "AADSTS7000215" {
		t.Errorf("a wrong secret: %+v", got)
	}
	type calendars struct {
		Names         []string
		Main, Missing string
	}
	if got := read[calendars](t, saw, "lists and shows calendars"); got.Main != "Calendar" || len(got.Names) < 2 || got.Missing != "The specified calendar 'Nowhere' does not exist." {
		t.Errorf("calendars: %+v", got)
	}
	type directory struct {
		People, Roles, Resources []string
		Application              string
	}
	granted, err := s.Directory().Grants(s.Endpoints().ClientID)
	if err != nil {
		t.Fatal(err)
	}
	var roles []string
	for _, g := range granted {
		roles = append(roles, g.Role)
	}
	slices.Sort(roles)
	got := read[directory](t, saw, "shows people and applications")
	if got.Application != s.Endpoints().ClientID || !slices.Equal(got.Roles, roles) || !slices.Equal(got.Resources, []string{"Microsoft Graph"}) {
		t.Errorf("applications: %+v, want the roles %v", got, roles)
	}
	for _, p := range s.People() {
		if !slices.Contains(got.People, p.Mailbox) {
			t.Errorf("%s is missing in the list of people", p.Mailbox)
		}
	}
	expect(t, saw, "logs a person in with a device code", map[string]any{"connectedAs": s.Endpoints().User, "authType": "deviceCode", "me": s.Endpoints().User})
	type settings struct {
		Zone string
		Days []string
	}
	if got := read[settings](t, saw, "shows mailbox settings"); got.Zone == "" || len(got.Days) != 5 {
		t.Errorf("settings: %+v", got)
	}
	var rooms []string
	lists := map[string][]string{}
	for _, r := range s.Rooms() {
		rooms = append(rooms, r.Mailbox)
		lists[r.List] = append(lists[r.List], r.Mailbox)
	}
	if got := read[[]string](t, saw, "lists rooms"); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(rooms))) {
		t.Errorf("rooms: %v", got)
	}
	if got := read[map[string][]string](t, saw, "lists room lists and their rooms"); !maps.EqualFunc(got, lists, slices.Equal) {
		t.Errorf("room lists: %v, want %v", got, lists)
	}
	type booked struct {
		UID     string
		Answers []string
	}
	b := read[booked](t, saw, "books by a raw request")
	if !slices.Equal(b.Answers, []string{"accepted", "accepted"}) {
		t.Errorf("the rooms answered %v", b.Answers)
	}
	type listed struct{ Keys []string }
	if got := read[listed](t, saw, "lists events"); !slices.Equal(got.Keys, []string{"iCalUId", "id", "start"}) {
		t.Errorf("an event without metadata has %v", got.Keys)
	}
	operations, total := s.check.Exchanges()
	if total < 20 || len(operations) < 10 {
		t.Errorf("only %d exchanges were held against the contract: %v", total, operations)
	}
	t.Logf("%d exchanges with %d operations of the contract", total, len(operations))
	var effects []string
	for _, e := range s.Ledger() {
		if e.Effect != "" {
			effects = append(effects, e.Effect)
		}
		if e.Event != "" && e.Event != b.UID {
			t.Errorf("%s %s did %q to another event", e.Method, e.Path, e.Effect)
		}
	}
	// It keeps a token for the next command.
	if !slices.Equal(effects, []string{"issued token", "issued token", "created event", "cancelled event", "issued token"}) {
		t.Errorf("the client did %q", effects)
	}
	for _, mailbox := range []string{s.in.Room, s.in.SecondRoom, s.in.Organizer} {
		truth, ok := s.Truth(mailbox, day, day.AddDate(0, 0, 1))
		left := truth.Events
		if mailbox == s.in.Organizer { // rooms had nothing else, and show their own subjects
			left = mine(left)
		}
		if !ok || len(left) > 0 {
			t.Errorf("%s still holds %+v", mailbox, left)
		}
	}
}
