package graph

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"roomdesk/providers"
)

// keptAccount is a cache of MSAL with one account and its refresh token (the format that
// the libraries of all languages share).
func keptAccount(t *testing.T, authority string) []byte {
	t.Helper()
	u, err := url.Parse(authority)
	if err != nil {
		t.Fatal(err)
	}
	host, home := u.Host, "o."+testTenant
	text, err := json.Marshal(map[string]any{
		"Account": map[string]any{home + "-" + host + "-" + testTenant: map[string]any{
			"home_account_id": home, "environment": host, "realm": testTenant, "local_account_id": "o", "authority_type": "MSSTS", "username": "adele@contoso.test"}},
		"AppMetadata": map[string]any{"appmetadata-" + host + "-" + testClient: map[string]any{"client_id": testClient, "environment": host}},
		"RefreshToken": map[string]any{strings.ToLower(home + "-" + host + "-refreshtoken-" + testClient): map[string]any{
			"home_account_id": home, "environment": host, "credential_type": "RefreshToken", "client_id": testClient, "secret": "canary-refresh-0"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A token that the service refuses without asking for claims is not taken from the cache
// again; one that another process renewed meanwhile is.
func TestRefusedTokenOfAPersonIsRenewed(t *testing.T) {
	refused := map[string]bool{"Bearer " + testToken(1): true}
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if refused[r.Header.Get("Authorization")] {
			w.Header().Set("WWW-Authenticate", `Bearer realm=""`)
			sendError(w, 401, "InvalidAuthenticationToken")
			return
		}
		organizationAnswer(w, r)
	})
	var grants []string
	n.entra = func(w http.ResponseWriter, count int) bool {
		grants = append(grants, n.form.Get("grant_type")+" "+n.form.Get("refresh_token"))
		sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(count), "refresh_token": "canary-refresh-" + itoa(count),
			"scope": n.form.Get("scope"), "client_info": "eyJ1aWQiOiJvIiwidXRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSJ9"})
		return true
	}
	kept := &nowhere{text: keptAccount(t, n.URL)}
	config := n.config()
	config.ClientSecret, config.Person = nil, &Person{Kept: kept}
	if _, err := connect(t, config).Identify(t.Context()); err != nil {
		t.Fatalf("%v; %v", err, grants)
	}
	want := "refresh_token canary-refresh-0, refresh_token canary-refresh-1"
	if got := strings.Join(grants, ", "); got != want {
		t.Errorf("sign-ins %s, want %s", got, want)
	}
	if strings.Contains(string(kept.text), testToken(1)) || !strings.Contains(string(kept.text), testToken(2)) {
		t.Error("what is kept is not the new token")
	}
	// Another process has renewed: what it got is used, and nobody is asked.
	other := connect(t, config)
	other.engine.tokens.current = token{value: testToken(1), expires: other.engine.tokens.wall().Add(1e12)}
	if _, err := other.Identify(t.Context()); err != nil || len(grants) != 2 {
		t.Errorf("%v; sign-ins %v", err, grants)
	}
}

// What a person can do about a refusal is said in their terms, not in those of an
// application's administrator.
func TestRefusalsOfAPerson(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/organization") {
			organizationAnswer(w, r)
			return
		}
		sendError(w, 403, "ErrorAccessDenied")
	})
	n.entra = func(w http.ResponseWriter, count int) bool {
		sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(count), "refresh_token": "canary-refresh",
			"scope": n.form.Get("scope"), "client_info": "eyJ1aWQiOiJvIiwidXRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSJ9"})
		return true
	}
	config := n.config()
	config.ClientSecret, config.Person = nil, &Person{Kept: &nowhere{text: keptAccount(t, n.URL)}, Address: adele}
	p := connect(t, config)
	_, err := p.Calendars(t.Context(), aalto)
	if e := wantError(t, err, providers.NotAllowed); !strings.Contains(e.Advice, "share it with you") || strings.Contains(e.Advice, "application permission") {
		t.Error(e.Advice)
	}
	// Free/busy of others is asked through the person's own mailbox only.
	answers, err := p.Availability(t.Context(), []providers.Address{aalto}, week)
	if err == nil && (len(answers) != 1 || answers[0].Problem == nil) {
		t.Errorf("%+v", answers)
	}
	for i := range n.seen() {
		if r, _ := n.request(i); strings.Contains(r.URL.Path, "getSchedule") && !strings.HasSuffix(r.URL.Path, "/me/calendar/getSchedule") {
			t.Errorf("asked %s", r.URL.Path)
		}
	}
}
