package outside

import "testing"

// debianSteps are the steps of scripts/debian.py.
var debianSteps = []string{
	"MSAL signs in with secret and certificate",
	"MSAL reads refusals",
	"MSAL signs a person in with a browser",
	"MSAL signs a person in with a device code",
	"MSAL signs a person in with a password",
	"Authlib reads discovery and keys",
	"Authlib gets tokens with secret and assertion",
	"Authlib signs a person in and validates the ID token",
}

// Python's clients are a third reading of sign-in: another language, another
// cookie jar, another reader of tokens.
func testDebian(t *testing.T, row *row) {
	row.versions = pythonVersions(t)
	inNamespace(t, "TestDebianInNamespace", row)
}

// TestDebianInNamespace is testDebian's part behind the wall.
func TestDebianInNamespace(t *testing.T) {
	var r row
	s := insideNamespace(t, &r)
	saw := s.run(t, &r, "debian.py", debianSteps...)
	e := s.Endpoints()
	expect(t, saw, "MSAL signs in with secret and certificate", map[string]any{"secret": "1", "certificate": "2", "chain": "2"})
	expect(t, saw, "MSAL reads refusals", map[string]any{
		"wrong": []any{"invalid_client", 7000215.0, true}, "expired": []any{"invalid_client", 7000222.0, true},
		"unknown certificate": []any{"invalid_client", 700027.0, true},
	})
	expect(t, saw, "MSAL signs a person in with a browser", map[string]any{
		"user": e.User, "scope": "https://graph.microsoft.com/Calendars.ReadWrite openid profile", "fresh": true,
	})
	expect(t, saw, "MSAL signs a person in with a device code", map[string]any{"user": e.User})
	expect(t, saw, "MSAL signs a person in with a password", map[string]any{"right": []any{e.User}, "wrong": []any{50126.0}})
	expect(t, saw, "Authlib reads discovery and keys", map[string]any{"keys": []any{"RSA"}})
	expect(t, saw, "Authlib gets tokens with secret and assertion", map[string]any{
		"client_secret_post": "roomdesk", "client_secret_basic": "roomdesk", "private_key_jwt": "roomdesk",
	})
	expect(t, saw, "Authlib signs a person in and validates the ID token", map[string]any{"user": e.User, "email": e.User})

	tokens := map[string]int{}
	for _, entry := range s.Ledger() {
		if entry.Effect == "issued token" {
			tokens[entry.Caller]++
		}
	}
	if tokens[e.ClientID] != 6 || tokens[e.PublicClientID] != 6 {
		t.Errorf("tokens by application: %v", tokens)
	}
}
