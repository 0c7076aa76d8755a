package simulator

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// signedIn is a client with a token that a person got for a name and a password;
// an administrator consented to all that is asked for.
func (c *client) signedIn(tenant *Tenant, person, scopes string) *client {
	c.t.Helper()
	if err := tenant.Directory().Update(c.at.PublicClientID, func(a *application) { a.TenantScopes = strings.Fields(scopes) }); err != nil {
		c.t.Fatal(err)
	}
	other := *c
	other.token = c.password(person, c.at.UserPassword, scopes)["access_token"].(string)
	return &other
}

// password is the answer to a person's sign-in by password.
func (c *client) password(person, password, scopes string) object {
	c.t.Helper()
	resp, err := c.http.PostForm(c.at.AuthorityURL+"/"+c.at.TenantID+"/oauth2/v2.0/token", url.Values{"grant_type": {"password"}, "client_id": {c.at.PublicClientID},
		"scope": {scopes}, "username": {person}, "password": {password}})
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(raw, &out); err != nil {
		c.t.Fatalf("%s: %v", raw, err)
	}
	if resp.StatusCode == http.StatusOK && out["access_token"] == nil {
		c.t.Fatalf("no token: %s", raw)
	}
	return out
}

// Everything of /users/{id} is at /me for the person who signed in.
func TestMe(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 5})
	ada := c.signedIn(tenant, c.at.User, "User.Read Calendars.ReadWrite MailboxSettings.ReadWrite")
	me := tenant.world.find(c.at.User)
	from, to := tenant.around()
	view := strings.TrimPrefix(viewPath("x", from, to), "/users/x")
	for _, path := range []string{"", "/calendar", "/calendars", "/events?$top=5", view, "/mailboxSettings", "/mailboxSettings/timeZone", "/outlook/supportedTimeZones"} {
		mine, byID := ada.get("/me"+path), ada.get("/users/"+me.id+path)
		for _, name := range []string{"value", "id", "displayName", "timeZone"} {
			if !reflect.DeepEqual(mine[name], byID[name]) {
				t.Errorf("/me%s: %s differs from /users/{id}", path, name)
			}
		}
		if next, ok := mine["@odata.nextLink"].(string); ok && !strings.Contains(next, "/v1.0/me/") {
			t.Errorf("the next link leaves /me: %s", next)
		}
	}
	_, link := ada.all("/me/calendarView/delta?startDateTime=" + from.Format("2006-01-02T15:04:05Z") + "&endDateTime=" + to.Format("2006-01-02T15:04:05Z"))
	event := ada.post(201, "/me/events", meeting(tenant.Rooms()[0].Mailbox, tenant.quiet(), time.Hour))
	if changes, _ := ada.all(link); len(changes) != 1 || changes[0]["id"] != event["id"] {
		t.Errorf("delta of /me: %d changes", len(changes))
	}
	ada.send(200, request{method: "PATCH", path: "/me/events/" + event["id"].(string), body: object{"subject": "mine"}})
	ada.send(204, request{method: "DELETE", path: "/me/events/" + event["id"].(string)})
	batch := ada.post(200, "/$batch", object{"requests": []object{{"id": "1", "method": "GET", "url": "/me"}, {"id": "2", "method": "GET", "url": "/me/calendar"}}})
	for _, part := range batch["responses"].([]any) {
		if dig(part, "status") != 200.0 {
			t.Errorf("in a batch: %v", part)
		}
	}
	if r := c.send(400, request{method: "GET", path: "/me"}); r.errorCode() != "BadRequest" {
		t.Errorf("an application at /me: %s", r.raw)
	}
	for _, e := range tenant.Ledger() {
		if strings.HasPrefix(e.Path, "/v1.0/me/") && e.Mailbox != c.at.User {
			t.Errorf("the ledger does not say whose mailbox: %+v", e)
		}
	}
}

// A person reaches other mailboxes only where their owner shares them, and with
// the permission's form for shared calendars (C19).
func TestMailboxesOfOthers(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 6, Rooms: 6, People: 14})
	p := tenant.People()
	reader, toRead, toWrite, other := p[1].Mailbox, p[2].Mailbox, p[3].Mailbox, p[9].Mailbox
	body := meeting(tenant.Rooms()[0].Mailbox, tenant.quiet(), time.Hour)
	both := c.signedIn(tenant, reader, "Calendars.ReadWrite.Shared")
	own := c.signedIn(tenant, reader, "Calendars.ReadWrite")
	readOnly := c.signedIn(tenant, reader, "Calendars.Read.Shared")
	for _, one := range []struct {
		who    *client
		method string
		owner  string
		status int
	}{
		{both, "GET", toRead, 200}, {both, "GET", toWrite, 200}, {both, "GET", other, 403}, {both, "GET", tenant.Rooms()[0].Mailbox, 403},
		{both, "POST", toRead, 403}, {both, "POST", toWrite, 201}, {both, "POST", other, 403},
		{own, "GET", toRead, 403}, {own, "POST", toWrite, 403}, {own, "GET", reader, 200},
		{readOnly, "GET", toRead, 200}, {readOnly, "POST", toWrite, 403}, {readOnly, "POST", reader, 403},
	} {
		q := request{method: one.method, path: "/users/" + one.owner + "/events"}
		if one.method == "POST" {
			q.body = body
		}
		if r := one.who.send(one.status, q); one.status == 403 && r.errorCode() != "ErrorAccessDenied" {
			t.Errorf("%s %s: code %s", one.method, one.owner, r.errorCode())
		}
	}
	settings := c.signedIn(tenant, reader, "MailboxSettings.ReadWrite User.ReadBasic.All")
	settings.send(403, request{method: "GET", path: "/users/" + toRead + "/mailboxSettings"})
	settings.get("/me/mailboxSettings")
	settings.get("/users/" + toRead)
}

// Each operation takes its least privileged permission, every one that includes
// it, and no other; the code of the refusal is that of the part of the service.
func TestLeastPrivilege(t *testing.T) {
	tenant, c := start(t, Options{Seed: 7, Rooms: 4, People: 4})
	all := []string{"User.Read", "User.ReadBasic.All", "User.Read.All", "Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite", "Calendars.Read.Shared",
		"MailboxSettings.Read", "MailboxSettings.ReadWrite", "Place.Read.All", "Organization.Read.All", "Directory.Read.All"}
	allowed := map[string]struct{ application, delegated, code string }{
		"/organization":                          {"Organization.Read.All Directory.Read.All", "User.Read User.ReadBasic.All User.Read.All Directory.Read.All", "Authorization_RequestDenied"},
		"/users":                                 {"User.ReadBasic.All User.Read.All Directory.Read.All", "User.ReadBasic.All User.Read.All Directory.Read.All", "Authorization_RequestDenied"},
		"/users/ME":                              {"User.Read.All Directory.Read.All", "User.Read User.ReadBasic.All User.Read.All Directory.Read.All", "Authorization_RequestDenied"},
		"/users/ME/calendar":                     {"Calendars.ReadBasic Calendars.Read Calendars.ReadWrite", "Calendars.ReadBasic Calendars.Read Calendars.ReadWrite Calendars.Read.Shared", "ErrorAccessDenied"},
		"/users/ME/calendar/calendarPermissions": {"Calendars.Read Calendars.ReadWrite", "Calendars.Read Calendars.ReadWrite Calendars.Read.Shared", "ErrorAccessDenied"},
		"/users/ME/mailboxSettings":              {"MailboxSettings.Read MailboxSettings.ReadWrite", "MailboxSettings.Read MailboxSettings.ReadWrite", "ErrorAccessDenied"},
		"/places/graph.room":                     {"Place.Read.All", "Place.Read.All", "ErrorAccessDenied"},
		"/subscriptions":                         {"Calendars.Read Calendars.ReadWrite", "Calendars.Read Calendars.ReadWrite Calendars.Read.Shared", "ErrorAccessDenied"},
	}
	for _, permission := range all {
		person := c.signedIn(tenant, c.at.User, permission)
		var applicationToken *client
		if !strings.HasSuffix(permission, ".Shared") && permission != "User.Read" {
			if err := tenant.Directory().Update(c.at.ClientID, func(a *application) { a.Roles = []string{permission} }); err != nil {
				t.Fatal(err)
			}
			applicationToken = connect(t, tenant)
			t.Cleanup(applicationToken.http.CloseIdleConnections)
		}
		for path, want := range allowed {
			try := func(who *client, kind, list string) {
				if who == nil {
					return
				}
				status := 403
				for one := range strings.FieldsSeq(list) {
					if one == permission {
						status = 200
					}
				}
				r, err := who.try(request{method: "GET", path: strings.Replace(path, "ME", c.at.User, 1)})
				if err != nil {
					t.Fatal(err)
				}
				if r.status != status || status == 403 && r.errorCode() != want.code {
					t.Errorf("%s with the %s permission %s: %d %s, want %d", path, kind, permission, r.status, r.errorCode(), status)
				}
			}
			try(person, "delegated", want.delegated)
			try(applicationToken, "application", want.application)
		}
	}
}

// The accounts of the directory are those of the world, as they are now.
func TestWhoCanSignIn(t *testing.T) {
	tenant, c := start(t, Options{Seed: 8, Rooms: 3, People: 5})
	code := func(answer object) string {
		text, _ := answer["error_description"].(string)
		first, _, _ := strings.Cut(text, ":")
		return first
	}
	for _, p := range tenant.People() {
		if answer := c.password(p.Mailbox, c.at.UserPassword, "User.Read"); answer["access_token"] == nil {
			t.Errorf("%s cannot sign in: %v", p.Mailbox, answer["error_description"])
		}
	}
	if got := code(c.password(tenant.Rooms()[0].Mailbox, c.at.UserPassword, "User.Read")); got != "AADSTS50126" {
		t.Errorf("a room: %q", got)
	}
	if got := code(c.password(c.at.OtherTenantUser, c.at.UserPassword, "User.Read")); got != "AADSTS50020" {
		t.Errorf("somebody of another tenant: %q", got)
	}
	if err := tenant.SetAccountEnabled(c.at.User, false); err != nil {
		t.Fatal(err)
	}
	if got := code(c.password(c.at.User, c.at.UserPassword, "User.Read")); got != "AADSTS50057" {
		t.Errorf("a blocked person: %q", got)
	}
	admin := c.signedIn(tenant, c.at.Admin, "User.Read Place.ReadWrite.All")
	claims, err := tenant.Directory().Verify(admin.token)
	if err != nil || !claims.HasRole(globalAdministrator) {
		t.Errorf("the administrator: %+v %v", claims, err)
	}
	if c.at.Admin == c.at.User || c.at.UserPassword == "" {
		t.Errorf("endpoints %s %s", c.at.Admin, c.at.User)
	}
}

// F-083: Graph's 401 carries the challenge; a token that was asked for with its
// claims is good, one without is not.
func TestChallengeReachesClients(t *testing.T) {
	tenant, c := start(t, Options{Seed: 9, Rooms: 3, People: 3})
	control := func(method, path, body string, want int) string {
		t.Helper()
		req, err := http.NewRequest(method, c.at.ControlURL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, raw, err)
		}
		return string(raw)
	}
	control("POST", "/tokens", `{"do":"claims"}`, 200)
	r := c.send(401, request{method: "GET", path: "/organization"})
	_, rest, _ := strings.Cut(r.header.Get("WWW-Authenticate"), `error="insufficient_claims", claims="`)
	claims, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(rest, `"`))
	if r.errorCode() != "InvalidAuthenticationToken" || err != nil || !json.Valid(claims) {
		t.Fatalf("%s %v", r.header.Get("WWW-Authenticate"), err)
	}
	without := connect(t, tenant)
	t.Cleanup(without.http.CloseIdleConnections)
	without.send(401, request{method: "GET", path: "/organization"})
	with := *c
	with.token = c.withClaims(string(claims))
	with.get("/organization")
	if list := control("GET", "/tokens", "", 200); !strings.Contains(list, "claims") {
		t.Errorf("what is at work: %s", list)
	}
	control("DELETE", "/tokens", "", 204)
	c.get("/organization")
	for _, bad := range []string{`{"do":"melt"}`, `{"do":"expire","who":"x"}`, `{"do":"expire","user":"nobody"}`, `nonsense`} {
		control("POST", "/tokens", bad, 400)
	}
	control("POST", "/refusals", `{"code":90033}`, 200)
	control("POST", "/refusals", `{"code":1}`, 400)
	if answer := c.password(c.at.User, c.at.UserPassword, "User.Read"); !strings.HasPrefix(answer["error_description"].(string), "AADSTS90033") {
		t.Errorf("%v", answer)
	}
	control("DELETE", "/refusals", "", 204)
	if answer := c.password(c.at.User, c.at.UserPassword, "User.Read"); answer["access_token"] == nil {
		t.Errorf("%v", answer)
	}
	entries := tenant.Ledger()
	var refused, issued bool
	for _, e := range entries {
		refused = refused || e.Code == "AADSTS90033" && e.Caller == c.at.PublicClientID
		issued = issued || e.Effect == "issued token" && e.Token != ""
	}
	if !refused || !issued {
		t.Errorf("the ledger tells of a refusal: %v, of a token: %v", refused, issued)
	}
}

func (c *client) withClaims(claims string) string {
	c.t.Helper()
	resp, err := c.http.PostForm(c.at.AuthorityURL+"/"+c.at.TenantID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {c.at.ClientID},
		"client_secret": {c.at.ClientSecret}, "scope": {c.at.GraphURL + "/.default"}, "claims": {claims}})
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.AccessToken == "" {
		c.t.Fatalf("no token: %v", err)
	}
	return out.AccessToken
}

// F-081: the token expires in the middle of a long read; a fresh one goes on from
// the same page.
func TestTokenExpiresBetweenPages(t *testing.T) {
	tenant, c := start(t, Options{Seed: 10, Rooms: 12, People: 3, Faults: []Fault{
		{Method: "GET", Path: "/places/graph.room", Nth: 3, Token: &entra.Disturbance{Do: "expire"}},
	}})
	path, seen := "/places/graph.room?$top=2", 0
	for range 10 {
		r, err := c.try(request{method: "GET", path: path})
		if err != nil {
			t.Fatal(err)
		}
		if r.status == 401 {
			if seen != 4 {
				t.Errorf("expired after %d rooms, want 4", seen)
			}
			c.token = connect(t, tenant).token
			continue
		}
		seen += len(r.body["value"].([]any))
		next, more := r.body["@odata.nextLink"].(string)
		if !more {
			break
		}
		path = next
	}
	if seen != 12 {
		t.Errorf("%d rooms", seen)
	}
	entries := tenant.Ledger()
	found := false
	for _, e := range entries {
		found = found || e.Fault == "token(expire)" && e.Status == 401
	}
	if !found {
		t.Error("the ledger does not tell of the fault")
	}
	if _, err := newFaultSet([]Fault{{Token: &entra.Disturbance{Do: "melt"}}}, time.Now); err == nil {
		t.Error("an unknown verb is taken")
	}
}

// A year of consent, granted a minute ago: in the grants, not in the token.
func TestConsentTakesItsTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	clock := newClock(now)
	tenant, c := start(t, Options{Seed: 11, Rooms: 3, People: 3, Now: clock.now, ConsentDelay: 15 * time.Minute})
	if err := tenant.Directory().Revoke(c.at.ClientID, "Place.Read.All"); err != nil {
		t.Fatal(err)
	}
	clock.advance(15 * time.Minute)
	c.token = connect(t, tenant).token
	c.send(403, request{method: "GET", path: "/places/graph.room"})
	if err := tenant.Directory().Grant(c.at.ClientID, "Place.Read.All"); err != nil {
		t.Fatal(err)
	}
	clock.advance(14 * time.Minute)
	c.token = connect(t, tenant).token
	c.send(403, request{method: "GET", path: "/places/graph.room"})
	clock.advance(time.Minute)
	c.send(403, request{method: "GET", path: "/places/graph.room"}) // the old token keeps its roles
	c.token = connect(t, tenant).token
	c.get("/places/graph.room")
}
