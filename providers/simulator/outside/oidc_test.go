package outside

import (
	"slices"
	"testing"
)

// oidcSteps are the steps of scripts/oidc.mjs.
var oidcSteps = []string{
	"discovers the directory",
	"refuses a directory whose issuer is another",
	"gets tokens with a secret and checks their signature",
	"gets a token with a signed assertion",
	"reads refusals",
	"signs a person in with code, proof key, state and nonce",
	"reads what the directory says about the person",
	"refreshes",
	"waits for a device code and slows down when told to",
	"signs out",
}

// A library that holds everybody to the standards knows nothing of Microsoft, and
// so forgives nothing.
func testOIDC(t *testing.T, row *row) {
	s := newSite(t, "")
	saw := s.run(t, row, "oidc.mjs", oidcSteps...)
	e := s.Endpoints()
	expect(t, saw, "discovers the directory", map[string]any{
		"algorithms": []any{"RS256"}, "authentication": []any{"client_secret_post", "private_key_jwt", "client_secret_basic"},
	})
	expect(t, saw, "refuses a directory whose issuer is another", map[string]any{
		e.Domain: "issuer", "common": "issuer", "organizations": "issuer", "unknown": 400.0,
	})
	token := map[string]any{"application": e.ClientID, "tenant": e.TenantID, "kind": "app", "forged": 401.0}
	expect(t, saw, "gets tokens with a secret and checks their signature", map[string]any{"post": token, "basic": token})
	expect(t, saw, "gets a token with a signed assertion", map[string]any{
		"RS256": "token", "PS256": "token", "no thumbprint": "AADSTS50027", "not registered": "AADSTS700027", "another key": "AADSTS700027",
	})
	expect(t, saw, "reads refusals", map[string]any{
		"secret":  []any{401.0, "invalid_client", "AADSTS7000215"},
		"scope":   []any{400.0, "invalid_scope", "AADSTS1002012"},
		"grant":   []any{400.0, "unsupported_grant_type", "AADSTS70003"},
		"refresh": []any{400.0, "invalid_grant", "AADSTS9002313"},
	})
	expect(t, saw, "signs a person in with code, proof key, state and nonce", map[string]any{
		"user": e.User, "email": e.User, "same": true, "version": "2.0", "swapped": "OAUTH_INVALID_RESPONSE",
	})
	var name string
	for _, p := range s.People() {
		if p.Mailbox == e.User {
			name = p.Name
		}
	}
	expect(t, saw, "reads what the directory says about the person", map[string]any{"name": name, "email": e.User})
	expect(t, saw, "refreshes", map[string]any{"owner": e.User})
	expect(t, saw, "waits for a device code and slows down when told to", map[string]any{
		"pending": "authorization_pending", "hasty": "slow_down", "user": e.User, "pages": 4.0,
	})
	expect(t, saw, "signs out", map[string]any{"out": "http://localhost:53682/", "then": "login_required"})

	// Every token that the ledger has was earned: two by secret, two by assertion,
	// one each by code, refresh and device.
	tokens := map[string]int{}
	var codes []string
	for _, entry := range s.Ledger() {
		if entry.Effect == "issued token" {
			tokens[entry.Caller]++
		}
		if entry.Code != "" && !slices.Contains(codes, entry.Code) {
			codes = append(codes, entry.Code)
		}
	}
	if tokens[e.ClientID] != 4 || tokens[e.PublicClientID] != 3 {
		t.Errorf("tokens by application: %v", tokens)
	}
	for _, code := range []string{"AADSTS7000215", "AADSTS700027", "AADSTS50027", "AADSTS1002012"} {
		if !slices.Contains(codes, code) {
			t.Errorf("the ledger lacks %s: %v", code, codes)
		}
	}
}
