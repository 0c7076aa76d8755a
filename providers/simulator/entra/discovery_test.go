package entra_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"roomdesk/providers/simulator/entra"
)

func get(t *testing.T, s *site, path string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := map[string]any{}
	if strings.Contains(response.Header.Get("Content-Type"), "json") {
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
	}
	return response.StatusCode, body
}

func TestDiscovery(t *testing.T) {
	s := newSite(t)
	_, body := get(t, s, "/contoso.example/v2.0/.well-known/openid-configuration")
	for name, want := range map[string]string{
		"issuer":                 s.server.URL + "/" + tenantID + "/v2.0",
		"token_endpoint":         s.server.URL + "/contoso.example/oauth2/v2.0/token",
		"jwks_uri":               s.server.URL + "/contoso.example/discovery/v2.0/keys",
		"authorization_endpoint": s.server.URL + "/contoso.example/oauth2/v2.0/authorize",
	} {
		if body[name] != want {
			t.Errorf("%s is %v, want %v", name, body[name], want)
		}
	}
	if _, body := get(t, s, "/common/v2.0/.well-known/openid-configuration"); body["issuer"] != s.server.URL+"/{tenantid}/v2.0" {
		t.Errorf("issuer of common is %v", body["issuer"])
	}
	if _, body := get(t, s, "/common/discovery/instance?api-version=1.1&authorization_endpoint=x"); !strings.HasPrefix(body["tenant_discovery_endpoint"].(string), s.server.URL) {
		t.Errorf("instance discovery: %v", body)
	}
	for _, path := range []string{"/", "/" + tenantID, "/v1.0/users", "/" + tenantID + "/oauth2/v2.0/nothing"} {
		if status, _ := get(t, s, path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
		if s.Handles(httptest.NewRequest(http.MethodGet, path, nil)) {
			t.Errorf("%s counts as sign-in", path)
		}
	}
	if !s.Handles(httptest.NewRequest(http.MethodPost, "/"+tenantID+"/OAuth2/v2.0/Token", nil)) {
		t.Error("paths are compared without regard to case")
	}
}

// A token can be verified by anybody who reads the published keys.
func TestPublishedKeyVerifiesTokens(t *testing.T) {
	s := newSite(t)
	if err := verifyWithKeys(t, s, s.mustToken(t)); err != nil {
		t.Error(err)
	}
}

// verifyWithKeys checks a token with nothing but the published keys.
func verifyWithKeys(t *testing.T, s *site, signed string) error {
	t.Helper()
	_, body := get(t, s, "/"+tenantID+"/discovery/v2.0/keys")
	published := body["keys"].([]any)[0].(map[string]any)
	number := func(name string) *big.Int {
		raw, err := base64.RawURLEncoding.DecodeString(published[name].(string))
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(raw)
	}
	key := &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
	_, err := jwt.Parse(signed, func(token *jwt.Token) (any, error) {
		if token.Header["kid"] != published["kid"] {
			t.Errorf("kid %v is not the published %v", token.Header["kid"], published["kid"])
		}
		return key, nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
	return err
}

func TestAuthorityBelowAPath(t *testing.T) {
	s := newSite(t)
	s.Directory = mustNew(t, entra.Options{
		TenantID: tenantID, AuthorityURL: func() string { return s.server.URL + "/login/" },
		Applications: []entra.Application{{ClientID: clientID, Secrets: []entra.Secret{{Value: secret}}}},
	})
	_, body := get(t, s, "/login/"+tenantID+"/v2.0/.well-known/openid-configuration")
	if want := s.server.URL + "/login/" + tenantID + "/oauth2/v2.0/token"; body["token_endpoint"] != want {
		t.Errorf("token endpoint %v, want %v", body["token_endpoint"], want)
	}
	if got := s.ask(t, "login/"+tenantID, form()); got.Status != 200 {
		t.Errorf("%v", got)
	}
}

func mustNew(t *testing.T, options entra.Options) *entra.Directory {
	t.Helper()
	d, err := entra.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every address of the discovery document is served, in each spelling of the
// tenant, and nothing is announced that is not.
func TestDiscoveryNamesWhatIsServed(t *testing.T) {
	s := newSite(t, people, func(o *entra.Options) { o.GraphAudience = o.AuthorityURL })
	for _, tenant := range []string{tenantID, "contoso.example", "common", "organizations"} {
		_, body := get(t, s, "/"+tenant+"/v2.0/.well-known/openid-configuration")
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "device_authorization_endpoint", "end_session_endpoint", "jwks_uri", "userinfo_endpoint"} {
			address, _ := body[name].(string)
			response, err := s.server.Client().Get(address)
			if err != nil {
				t.Fatalf("%s %q: %v", name, address, err)
			}
			response.Body.Close()
			if response.StatusCode == http.StatusNotFound {
				t.Errorf("%s %s is not served", name, address)
			}
		}
		for name, want := range map[string]any{
			"response_types_supported": []any{"code"}, "response_modes_supported": []any{"query", "fragment", "form_post"},
			"id_token_signing_alg_values_supported": []any{"RS256"}, "subject_types_supported": []any{"pairwise"},
			"scopes_supported": []any{"openid", "profile", "email", "offline_access"}, "frontchannel_logout_supported": false,
		} {
			if !reflect.DeepEqual(body[name], want) {
				t.Errorf("%s: %s is %v, want %v", tenant, name, body[name], want)
			}
		}
	}
	if status, body := get(t, s, "/common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2Flogin.example%2Fcommon%2Foauth2%2Fv2.0%2Fauthorize"); status != 400 || body["error"] != "invalid_instance" {
		t.Errorf("another cloud: %d %v", status, body)
	}
	for name, kind := range map[string]string{ada: "Managed", stranger: "Managed", "x@nowhere.example": "Unknown"} {
		if _, body := get(t, s, "/common/UserRealm/"+name+"?api-version=1.0"); body["account_type"] != kind {
			t.Errorf("realm of %s: %v", name, body)
		}
	}
	if status, _ := get(t, s, "/error?code=7000215"); status != 200 {
		t.Errorf("error_uri: %d", status)
	}
}

// userinfo tells what the scopes of the token allow.
func TestUserInfo(t *testing.T) {
	s := newSite(t, people)
	ask := func(token string) (int, map[string]any) {
		r, err := http.NewRequest(http.MethodGet, s.server.URL+"/oidc/userinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := s.server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body := map[string]any{}
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, body
	}
	tokens := adaSignsIn(t, s)
	if status, body := ask(tokens.AccessToken); status != 200 || body["name"] != "Ada Tester" || body["email"] != nil || body["sub"] != claimsOf(t, tokens.IDToken)["sub"] {
		t.Errorf("%d %v", status, body)
	}
	if status, _ := ask(s.mustToken(t)); status != 401 {
		t.Errorf("an application: %d", status)
	}
}
