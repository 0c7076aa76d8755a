package entra_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// device begins a sign-in on a device and gives a poll.
func (s *site) device(t *testing.T, pairs ...string) (begun map[string]any, poll func(pairs ...string) userToken) {
	t.Helper()
	got, begun := s.post(t, "devicecode", append([]string{"client_id", publicID, "scope", "openid profile offline_access Calendars.ReadWrite"}, pairs...)...)
	if got.Status != 200 {
		t.Fatal(got)
	}
	return begun, func(more ...string) userToken {
		out, _ := s.post(t, "token", append([]string{"grant_type", "urn:ietf:params:oauth:grant-type:device_code", "client_id", publicID, "device_code", begun["device_code"].(string)}, more...)...)
		return out
	}
}

func (s *site) devicePage() string { return s.server.URL + "/common/oauth2/deviceauth" }

func TestDeviceCode(t *testing.T) {
	s := newSite(t, people)
	begun, poll := s.device(t)
	code := begun["user_code"].(string)
	if !regexp.MustCompile(`^[A-HJ-NP-Z2-9]{9}$`).MatchString(code) || begun["interval"] != 5.0 || begun["expires_in"] != 900.0 ||
		begun["verification_uri"] != s.devicePage() || !strings.Contains(begun["message"].(string), code) {
		t.Fatalf("%v", begun)
	}
	wantCode(t, "at once", poll().tokenAnswer, "authorization_pending", 70016)
	s.advance(time.Second)
	wantCode(t, "too early", poll().tokenAnswer, "slow_down", 70016)
	s.advance(5 * time.Second)
	wantCode(t, "in time", poll().tokenAnswer, "authorization_pending", 70016)

	b := newBrowser(t, s).open(s.devicePage()).sees("Enter code")
	b.press("Next", "otc", "WRONG1234").sees("AADSTS70018")
	b.press("Next", "otc", strings.ToLower(code)).signIn(ada, password).sees("Are you trying to sign in to roomdesk for people?", ada)
	wantCode(t, "approved by nobody yet, too early", poll().tokenAnswer, "slow_down", 70016)
	b.press("Continue").sees("You have signed in")
	wantCode(t, "approved, but too early", poll().tokenAnswer, "slow_down", 70016)
	s.advance(5 * time.Second)
	got := poll()
	if got.Status != 200 || got.RefreshToken == "" || claimsOf(t, got.AccessToken)["upn"] != ada {
		t.Fatal(got)
	}
	s.advance(5 * time.Second)
	wantCode(t, "again", poll().tokenAnswer, "invalid_grant", 54005)
	newBrowser(t, s).open(s.devicePage()).press("Next", "otc", code).sees("AADSTS70018")
}

func TestDeviceCodeDeclinedAndExpired(t *testing.T) {
	s := newSite(t, people)
	begun, poll := s.device(t)
	newBrowser(t, s).open(s.devicePage()).press("Next", "otc", begun["user_code"].(string)).signIn(ada, password).press("Cancel").sees("cancelled")
	wantCode(t, "declined", poll().tokenAnswer, "authorization_declined", 65004)

	begun, poll = s.device(t)
	late := newBrowser(t, s).open(s.devicePage()).press("Next", "otc", begun["user_code"].(string)).signIn(ada, password)
	s.advance(15 * time.Minute)
	wantCode(t, "expired", poll().tokenAnswer, "expired_token", 70019)
	newBrowser(t, s).open(s.devicePage()).press("Next", "otc", begun["user_code"].(string)).sees("AADSTS70018")
	late.press("Continue").sees("AADSTS50089")

	_, poll = s.device(t)
	wantCode(t, "another code", poll("device_code", "x").tokenAnswer, "bad_verification_code", 70018)
	wantCode(t, "no code", poll("device_code", "").tokenAnswer, "invalid_request", 900144)
	wantCode(t, "another application", poll("client_id", webID, "client_secret", secret).tokenAnswer, "bad_verification_code", 70018)
	wantCode(t, "an application that is not public", poll("client_id", webID).tokenAnswer, "invalid_client", 7000218)
}

func TestDeviceCodeMistakes(t *testing.T) {
	s := newSite(t, people)
	for name, c := range map[string]struct {
		form []string
		kind string
		code int
	}{
		"no client":          {[]string{"scope", "User.Read"}, "invalid_request", 900144},
		"no scope":           {[]string{"client_id", publicID}, "invalid_request", 900144},
		"unknown client":     {[]string{"client_id", objectID, "scope", "User.Read"}, "unauthorized_client", 700016},
		"unknown permission": {[]string{"client_id", publicID, "scope", "Places.Read.All"}, "invalid_scope", 70011},
	} {
		got, _ := s.post(t, "devicecode", c.form...)
		wantCode(t, name, got.tokenAnswer, c.kind, c.code)
	}
}
