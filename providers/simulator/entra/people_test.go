package entra_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"roomdesk/providers/simulator/entra"
)

const (
	publicID = "4d1f3c52-6d0e-4d6f-9f0a-2f6c0f3b7d99"
	webID    = "4d1f3c52-6d0e-4d6f-9f0a-2f6c0f3b7d98"
	password = "correct horse battery staple"
	callback = "https://app.contoso.example/signed-in"
)

// Accounts by what is special about them.
const (
	ada       = "ada@contoso.example"
	admin     = "root@contoso.example"
	locked    = "locked@contoso.example"
	disabled  = "disabled@contoso.example"
	expired   = "expired@contoso.example"
	careful   = "careful@contoso.example" // has a second factor
	unready   = "unready@contoso.example" // has to have one and has not
	guest     = "lena@fabrikam.example"
	stranger  = "visitor@fabrikam.example"
	appAdmin  = "appadmin@contoso.example"
	adaID     = "00000000-0000-4000-8000-00000000000a"
	mfaCode   = "314159"
	graphRoot = "https://graph.microsoft.com/"
)

func people(o *entra.Options) {
	user := func(n byte, name string, change func(*entra.User)) {
		u := entra.User{ObjectID: "00000000-0000-4000-8000-00000000000" + string(n), Name: name, DisplayName: strings.ToUpper(name[:1]) + name[1:strings.IndexByte(name, '@')] + " Tester", Password: password}
		change(&u)
		o.Users = append(o.Users, u)
	}
	same := func(*entra.User) {}
	user('a', ada, same)
	user('b', admin, func(u *entra.User) { u.DirectoryRoles = []string{entra.GlobalAdministrator} })
	user('c', locked, func(u *entra.User) { u.Locked = true })
	user('d', disabled, func(u *entra.User) { u.Disabled = true })
	user('e', expired, func(u *entra.User) { u.PasswordExpired = true })
	user('f', careful, func(u *entra.User) { u.RequireMFA, u.MFACode = true, mfaCode })
	user('0', unready, func(u *entra.User) { u.RequireMFA = true })
	user('1', "lena_fabrikam.example#EXT#@contoso.example", func(u *entra.User) { u.Mail, u.HomeTenant = guest, "fabrikam.example" })
	user('2', appAdmin, func(u *entra.User) { u.DirectoryRoles = []string{entra.CloudApplicationAdministrator} })
	o.Foreign = []entra.User{{ObjectID: "00000000-0000-4000-8000-0000000000ff", Name: stranger, DisplayName: "Visitor", Password: password}}
	o.Applications = append(o.Applications,
		entra.Application{ClientID: publicID, ObjectID: "4d1f3c52-0000-4d6f-9f0a-2f6c0f3b7d99", DisplayName: "roomdesk for people", Public: true,
			RedirectURIs: []string{"http://localhost", "http://127.0.0.1/back"}, Scopes: []string{"User.Read", "Calendars.ReadWrite"}, TenantScopes: []string{"User.Read", "Calendars.ReadWrite"}},
		entra.Application{ClientID: webID, ObjectID: "4d1f3c52-0000-4d6f-9f0a-2f6c0f3b7d98", DisplayName: "roomdesk web", MultiTenant: true,
			WebRedirectURIs: []string{callback}, Scopes: []string{"User.Read"}, Secrets: []entra.Secret{{Value: secret}},
			Permissions: []string{"Calendars.ReadWrite", "Place.Read.All"}})
}

const verifier = "a-proof-key-that-is-long-enough-for-the-rule-of-43"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorize is the address at which a sign-in begins; pairs replace parameters,
// "" removes one.
func (s *site) authorize(pairs ...string) string {
	q := url.Values{"client_id": {publicID}, "response_type": {"code"}, "redirect_uri": {"http://localhost:5555"}, "scope": {"openid profile offline_access Calendars.ReadWrite"},
		"state": {"s-1"}, "nonce": {"n-1"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return s.server.URL + "/" + tenantID + "/oauth2/v2.0/authorize?" + q.Encode()
}

func (s *site) web(pairs ...string) string {
	return s.authorize(append([]string{"client_id", webID, "redirect_uri", callback, "code_challenge", "", "code_challenge_method", "", "scope", "openid profile User.Read"}, pairs...)...)
}

// userToken is what the token endpoint says where a person takes part.
type userToken struct {
	tokenAnswer
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	Scope        string `json:"scope"`
	ClientInfo   string `json:"client_info"`
	Suberror     string `json:"suberror"`
	Claims       string `json:"claims"`
}

// post sends a form to a path below the tenant.
func (s *site) post(t *testing.T, path string, pairs ...string) (userToken, map[string]any) {
	t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	response, err := s.server.Client().PostForm(s.server.URL+"/"+tenantID+"/oauth2/v2.0/"+path, values)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	out, all := userToken{}, map[string]any{}
	out.Status = response.StatusCode
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%d %s: %v", response.StatusCode, raw, err)
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.Description, password) || strings.Contains(out.Description, secret) {
		t.Errorf("a secret in an error text: %s", out.Description)
	}
	if cache := response.Header.Get("Cache-Control"); !strings.Contains(cache, "no-store") {
		t.Errorf("an answer of the token endpoint may be stored: %q", cache)
	}
	return out, all
}

// redeem exchanges a code of the public client; pairs add or replace.
func (s *site) redeem(t *testing.T, code string, pairs ...string) userToken {
	t.Helper()
	out, _ := s.post(t, "token", append([]string{"grant_type", "authorization_code", "client_id", publicID, "code", code, "redirect_uri", "http://localhost:5555",
		"code_verifier", verifier, "client_info", "1"}, pairs...)...)
	return out
}

func (s *site) refresh(t *testing.T, token string, pairs ...string) userToken {
	t.Helper()
	out, _ := s.post(t, "token", append([]string{"grant_type", "refresh_token", "client_id", publicID, "refresh_token", token}, pairs...)...)
	return out
}

// adaSignsIn gives tokens of ada at the public client.
func adaSignsIn(t *testing.T, s *site) userToken {
	t.Helper()
	code := newBrowser(t, s).open(s.authorize()).signIn(ada, password).result().Get("code")
	out := s.redeem(t, code)
	if out.Status != http.StatusOK {
		t.Fatal(out)
	}
	return out
}

func wantCode(t *testing.T, what string, got tokenAnswer, kind string, code int) {
	t.Helper()
	if got.Status == 200 || got.Error != kind || len(got.Codes) != 1 || got.Codes[0] != code || got.AccessToken != "" {
		t.Errorf("%s: %v, want %s AADSTS%d", what, got, kind, code)
	}
}
