package entra_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"roomdesk/providers/simulator/entra"
)

var wholeDescription = regexp.MustCompile(`^AADSTS(\d+): .+ Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$`)

// PRODUCT C8 and section 2 rows 1 to 4; F-086.
func TestTokenErrors(t *testing.T) {
	const foreign = "11111111-2222-3333-4444-555555555555"
	cases := []struct {
		name   string
		tenant string
		form   []string
		change func(*entra.Application)
		code   int
		status int
		kind   string
		says   string
	}{
		{name: "wrong secret", form: []string{"client_secret", "nonsense"}, code: 7000215, status: 401, kind: "invalid_client", says: "not the client secret ID"},
		{name: "Secret ID pasted (C8)", form: []string{"client_secret", secretID}, code: 7000215, status: 401, kind: "invalid_client", says: clientID},
		{name: "secret with a stray newline", form: []string{"client_secret", secret + "\n"}, code: 7000215, status: 401, kind: "invalid_client"},
		{name: "expired secret", form: []string{"client_secret", oldSecret}, code: 7000222, status: 401, kind: "invalid_client", says: "are expired"},
		{name: "unknown application", form: []string{"client_id", foreign}, code: 700016, status: 400, kind: "unauthorized_client", says: "was not found in the directory 'Contoso'"},
		{name: "object id in place of the client id", form: []string{"client_id", objectID}, code: 700016, status: 400, kind: "unauthorized_client", says: objectID},
		{name: "unknown tenant by id", tenant: foreign, code: 90002, status: 400, kind: "invalid_request", says: "Tenant '" + foreign + "' not found"},
		{name: "unknown tenant by domain", tenant: "contosso.example", code: 90002, status: 400, kind: "invalid_request", says: "contosso.example"},
		{name: "tenant neither GUID nor domain", tenant: "not_a_tenant", code: 900023, status: 400, kind: "invalid_request", says: "neither a valid DNS name"},
		{name: "no credential", form: []string{"client_secret", ""}, code: 7000218, status: 401, kind: "invalid_client", says: "'client_assertion' or 'client_secret'"},
		{name: "common", tenant: "common", code: 9001023, status: 400, kind: "invalid_request", says: "/common"},
		{name: "consumers", tenant: "consumers", code: 9001023, status: 400, kind: "invalid_request"},
		{name: "organizations", tenant: "organizations", code: 50059, status: 400, kind: "invalid_request"},
		{name: "scope that is a single permission", form: []string{"scope", "https://graph.microsoft.com/Calendars.Read"}, code: 1002012, status: 400, kind: "invalid_scope", says: "/.default"},
		{name: "scope that is a word", form: []string{"scope", "Calendars.Read"}, code: 70011, status: 400, kind: "invalid_scope"},
		{name: "only OpenID's scopes", form: []string{"scope", "openid profile"}, code: 70011, status: 400, kind: "invalid_scope"},
		{name: "two resources", form: []string{"scope", scope + " https://vault.example/.default"}, code: 28000, status: 400, kind: "invalid_request"},
		{name: "resource of another cloud", form: []string{"scope", "https://graph.microsoft.us/.default"}, code: 500011, status: 400, kind: "invalid_resource", says: "https://graph.microsoft.us"},
		{name: "another port of loopback", form: []string{"scope", "https://localhost:1/.default"}, code: 500011, status: 400, kind: "invalid_resource"},
		{name: "disabled application", change: func(a *entra.Application) { a.Disabled = true }, code: 7000112, status: 400, kind: "unauthorized_client", says: "is disabled"},
		{name: "grant on behalf of another", form: []string{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, code: 70003, status: 400, kind: "unsupported_grant_type"},
		{name: "no grant", form: []string{"grant_type", ""}, code: 900144, status: 400, kind: "invalid_request", says: "'grant_type'"},
		{name: "no client id", form: []string{"client_id", ""}, code: 900144, status: 400, kind: "invalid_request", says: "'client_id'"},
		{name: "no scope", form: []string{"scope", ""}, code: 900144, status: 400, kind: "invalid_request", says: "'scope'"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s AADSTS%d", c.name, c.code), func(t *testing.T) {
			s := newSite(t)
			if c.change != nil {
				if err := s.Update(clientID, c.change); err != nil {
					t.Fatal(err)
				}
			}
			tenant := c.tenant
			if tenant == "" {
				tenant = tenantID
			}
			const correlation = "99999999-8888-4777-8666-555555555555"
			got := s.ask(t, tenant, form(c.form...), func(r *http.Request) { r.Header.Set("client-request-id", correlation) })
			if got.Status != c.status || got.Error != c.kind || len(got.Codes) != 1 || got.Codes[0] != c.code {
				t.Fatalf("got %d %q %v, want %d %q [%d]: %s", got.Status, got.Error, got.Codes, c.status, c.kind, c.code, got.Description)
			}
			match := wholeDescription.FindStringSubmatch(got.Description)
			if match == nil || match[1] != fmt.Sprint(c.code) || !strings.Contains(got.Description, c.says) {
				t.Errorf("description %q, want the form of Entra and %q in it", got.Description, c.says)
			}
			if got.Correlation != correlation || got.TraceID == "" || got.Timestamp == "" || got.Header.Get("x-ms-request-id") != got.TraceID {
				t.Errorf("ids are wrong: %v", got)
			}
			if want := fmt.Sprintf("%s/error?code=%d", s.server.URL, c.code); got.URI != want {
				t.Errorf("error_uri %q, want %q", got.URI, want)
			}
			if got.AccessToken != "" || strings.Contains(got.Description, secret) {
				t.Error("a refusal carries a token or the secret")
			}
		})
	}
}

func TestUnknownTenantHasNoDiscovery(t *testing.T) {
	s := newSite(t)
	for tenant, code := range map[string]int{"contosso.example": 90002, "no_tenant": 900023} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/"+tenant+"/v2.0/.well-known/openid-configuration", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.do(t, r); got.Status != 400 || got.Error != "invalid_request" || len(got.Codes) != 1 || got.Codes[0] != code {
			t.Errorf("%s: %v", tenant, got)
		}
	}
}

func TestTokenEndpointTakesOnlyPost(t *testing.T) {
	s := newSite(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/"+tenantID+"/oauth2/v2.0/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.do(t, r); got.Status != 400 || len(got.Codes) != 1 || got.Codes[0] != 900561 {
		t.Errorf("%v", got)
	}
}

func TestNewRefusesWhatIsNoDirectory(t *testing.T) {
	for name, options := range map[string]entra.Options{
		"tenant": {TenantID: "contoso"},
		"client": {TenantID: tenantID, Applications: []entra.Application{{ClientID: "app"}}},
		"twice":  {TenantID: tenantID, Applications: []entra.Application{{ClientID: clientID}, {ClientID: strings.ToUpper(clientID)}}},
	} {
		if _, err := entra.New(options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
