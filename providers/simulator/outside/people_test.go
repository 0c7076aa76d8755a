package outside

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// peopleSteps are the steps of scripts/people.mjs.
var peopleSteps = []string{
	"signs a person in with a browser and a proof key",
	"goes silently where the browser is signed in",
	"refreshes",
	"signs in through a loopback address",
	"works on the person's behalf",
	"signs in with a device code",
	"notices a declined device code",
	"asks for a new sign-in when the session is revoked",
	"understands what goes wrong in the browser",
}

// Microsoft's own library signs people in, who press the buttons of the pages.
func testPeople(t *testing.T, row *row) {
	s := newSite(t, "")
	saw := s.run(t, row, "people.mjs", peopleSteps...)
	e := s.Endpoints()

	type signedIn struct {
		User, Tenant, Nonce, Stolen, Twice string
		Home                               bool
		Scopes, Pages                      []string
	}
	want := signedIn{User: e.User, Tenant: e.TenantID, Nonce: "a nonce", Stolen: "AADSTS501481", Twice: "AADSTS54005", Home: true,
		Scopes: []string{e.GraphURL + "/Calendars.ReadWrite", e.GraphURL + "/User.Read", "openid", "profile"},
		Pages:  []string{"Sign in to roomdesk for people", "Permissions requested"}}
	if got := read[signedIn](t, saw, "signs a person in with a browser and a proof key"); !reflect.DeepEqual(got, want) {
		t.Errorf("with a browser: %+v, want %+v", got, want)
	}
	type silently struct {
		Pages    int
		Stranger string
	}
	if got := read[silently](t, saw, "goes silently where the browser is signed in"); got != (silently{0, "login_required"}) {
		t.Errorf("silently: %+v", got)
	}
	type refreshed struct {
		Cached, Fresh     bool
		User, Unconsented string
	}
	if got := read[refreshed](t, saw, "refreshes"); got != (refreshed{true, true, e.User, "AADSTS65001"}) {
		t.Errorf("refreshed: %+v", got)
	}
	type paged struct {
		User, Silent string
		Pages        []string
	}
	if got := read[paged](t, saw, "signs in through a loopback address"); got.User != e.User || !slices.Equal(got.Pages, []string{"Continue to the application"}) {
		t.Errorf("through loopback: %+v", got)
	}
	if got := read[paged](t, saw, "signs in with a device code"); got.User != e.User || got.Silent != e.User || len(got.Pages) < 4 ||
		!strings.HasPrefix(got.Pages[0], "AADSTS70018") || !slices.Contains(got.Pages, "Are you trying to sign in to roomdesk for people?") {
		t.Errorf("with a device code: %+v", got)
	}
	// MSAL has one word for whatever ends a device code but its expiry.
	type declined struct{ Code string }
	if got := read[declined](t, saw, "notices a declined device code"); got.Code != "post_request_failed" {
		t.Errorf("declined: %+v", got)
	}
	type revoked struct {
		Refused, Served int
		Claims          []string
		AADSTS          string
	}
	if got := read[revoked](t, saw, "asks for a new sign-in when the session is revoked"); !reflect.DeepEqual(got, revoked{401, 200, []string{"access_token"}, "AADSTS50173"}) {
		t.Errorf("revoked: %+v", got)
	}
	wrong := map[string]string{"wrong password": "AADSTS50126", "nobody": "AADSTS50034", "another tenant": "AADSTS50020",
		"cancelled": "access_denied", "another address": "AADSTS50011"}
	if got := read[map[string]string](t, saw, "understands what goes wrong in the browser"); !maps.Equal(got, wrong) {
		t.Errorf("what went wrong: %v, want %v", got, wrong)
	}
	s.checkPerson(t, saw)
}

// checkPerson looks at what was done on the person's behalf.
func (s *site) checkPerson(t *testing.T, saw map[string]json.RawMessage) {
	t.Helper()
	type worked struct{ Me, UID, Schedule string }
	got := read[worked](t, saw, "works on the person's behalf")
	if got.Me != s.Endpoints().User || got.Schedule != "020" {
		t.Errorf("on the person's behalf: %+v", got)
	}
	var effects []string
	for _, e := range s.Ledger() {
		if e.Event != "" && e.Event == got.UID && e.Effect != "" {
			effects = append(effects, e.Effect)
			if e.Caller != s.Endpoints().PublicClientID {
				t.Errorf("%s was done by application %s", e.Effect, e.Caller)
			}
		}
		if e.Effect == "issued token" && e.Caller != s.Endpoints().PublicClientID {
			t.Errorf("a token was issued to application %s", e.Caller)
		}
	}
	if !slices.Equal(effects, []string{"created event", "cancelled event"}) {
		t.Errorf("what became of the meeting: %q", effects)
	}
	day, err := time.Parse(time.DateOnly, s.in.Day)
	if err != nil {
		t.Fatal(err)
	}
	person, _ := s.Truth(s.Endpoints().User, day, day.AddDate(0, 0, 1))
	room, _ := s.Truth(s.in.Room, day, day.AddDate(0, 0, 1))
	if len(mine(person.Events)) > 0 || len(room.Events) > 0 {
		t.Errorf("the person holds %+v, the room %+v", person.Events, room.Events)
	}
	if operations, total := s.check.Exchanges(); total < 6 || len(operations) < 6 {
		t.Errorf("only %d exchanges were held against the contract: %v", total, operations)
	}
}
