package entra_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// verdict says why a token is refused, and with which claims challenge.
func verdict(t *testing.T, s *site, token string) (entra.Reason, string) {
	t.Helper()
	_, err := s.Verify(token)
	var refused *entra.TokenError
	if errors.As(err, &refused) {
		return refused.Reason, refused.Claims
	}
	if err != nil {
		t.Fatal(err)
	}
	return "", ""
}

func disturb(t *testing.T, s *site, x entra.Disturbance) (remove func()) {
	t.Helper()
	remove, err := s.Disturb(x)
	if err != nil {
		t.Fatal(err)
	}
	return remove
}

// F-083: a challenge is met by a token that was asked for with its claims, and by
// no other.
func TestClaimsChallenge(t *testing.T) {
	s := newSite(t, people)
	old := s.mustToken(t)
	disturb(t, s, entra.Disturbance{Do: "claims"})
	reason, claims := verdict(t, s, old)
	if reason != entra.Revoked || !json.Valid([]byte(claims)) {
		t.Fatalf("%q %q", reason, claims)
	}
	s.advance(30 * time.Second)
	if reason, _ := verdict(t, s, s.mustToken(t)); reason != entra.Revoked {
		t.Errorf("a token that was asked for without the claims: %q", reason)
	}
	got := s.ask(t, tenantID, form("claims", claims))
	if reason, _ := verdict(t, s, got.AccessToken); got.Status != 200 || reason != "" {
		t.Errorf("with the claims: %v %q", got, reason)
	}
	if got := s.ask(t, tenantID, form("claims", `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`)); got.Status != 200 {
		t.Error(got)
	} else if reason, _ := verdict(t, s, got.AccessToken); reason != entra.Revoked {
		t.Errorf("with the claims of an earlier challenge: %q", reason)
	}
	// In the very second of the challenge.
	disturb(t, s, entra.Disturbance{Do: "claims"})
	_, claims = verdict(t, s, old)
	if reason, _ := verdict(t, s, s.ask(t, tenantID, form("claims", claims)).AccessToken); reason != "" {
		t.Errorf("in the same second: %q", reason)
	}
}

// F-085: for hours no token is good enough.
func TestClaimsChallengeForHours(t *testing.T) {
	s := newSite(t)
	disturb(t, s, entra.Disturbance{Do: "claims", For: entra.Span(3 * time.Hour)})
	_, claims := verdict(t, s, s.mustToken(t))
	for range 3 {
		s.advance(59 * time.Minute)
		if reason, _ := verdict(t, s, s.ask(t, tenantID, form("claims", claims)).AccessToken); reason != entra.Revoked {
			t.Errorf("within the three hours: %q", reason)
		}
	}
	s.advance(4 * time.Minute)
	if reason, _ := verdict(t, s, s.ask(t, tenantID, form("claims", claims)).AccessToken); reason != "" {
		t.Errorf("after three hours: %q", reason)
	}
}

// F-081: what was issued has expired; what is issued in the same second has not.
func TestDisturbancesHitWhomTheyName(t *testing.T) {
	s := newSite(t, people)
	for do, want := range map[string]entra.Reason{"expire": entra.Expired, "revoke": entra.Revoked} {
		app, user := s.mustToken(t), adaSignsIn(t, s).AccessToken
		remove := disturb(t, s, entra.Disturbance{Do: do, User: ada})
		if reason, _ := verdict(t, s, user); reason != want {
			t.Errorf("%s: %q", do, reason)
		}
		if reason, _ := verdict(t, s, app); reason != "" {
			t.Errorf("%s of a person hits the application: %q", do, reason)
		}
		if reason, _ := verdict(t, s, adaSignsIn(t, s).AccessToken); reason != "" {
			t.Errorf("%s: a token of afterwards: %q", do, reason)
		}
		remove()
		if reason, _ := verdict(t, s, user); reason != "" {
			t.Errorf("%s goes on after its end: %q", do, reason)
		}
		disturb(t, s, entra.Disturbance{Do: do, ClientID: clientID})
		if reason, _ := verdict(t, s, app); reason != want {
			t.Errorf("%s of an application: %q", do, reason)
		}
		if reason, _ := verdict(t, s, user); reason != "" {
			t.Errorf("%s of an application hits a person at another: %q", do, reason)
		}
		s.Calm()
	}
}

// PRODUCT section 2, 17: the clock that issues tokens is off.
func TestSkew(t *testing.T) {
	s := newSite(t)
	remove := disturb(t, s, entra.Disturbance{Do: "skew", For: entra.Span(2 * time.Hour)})
	if reason, _ := verdict(t, s, s.mustToken(t)); reason != entra.NotYetValid {
		t.Errorf("ahead: %q", reason)
	}
	remove()
	disturb(t, s, entra.Disturbance{Do: "skew", For: entra.Span(-2 * time.Hour)})
	if reason, _ := verdict(t, s, s.mustToken(t)); reason != entra.Expired {
		t.Errorf("behind: %q", reason)
	}
	s.Calm()
	disturb(t, s, entra.Disturbance{Do: "skew", For: entra.Span(4 * time.Minute)})
	if reason, _ := verdict(t, s, s.mustToken(t)); reason != "" {
		t.Errorf("within what is allowed: %q", reason)
	}
}

// A client that says cp1 gets a token that says so too, with a life of its own.
func TestContinuousAccessEvaluation(t *testing.T) {
	s := newSite(t, func(o *entra.Options) { o.ContinuousLife = 26 * time.Hour })
	got := s.ask(t, tenantID, form("claims", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`))
	if capabilities, _ := claimsOf(t, got.AccessToken)["xms_cc"].([]any); len(capabilities) != 1 || capabilities[0] != "cp1" || got.ExpiresIn != 26*3600 {
		t.Errorf("%v %v", got, capabilities)
	}
	if plain := s.ask(t, tenantID, form()); claimsOf(t, plain.AccessToken)["xms_cc"] != nil || plain.ExpiresIn != 3599 {
		t.Errorf("%v", plain)
	}
	for _, bad := range []string{"{", `[]`, `{"access_token":{"nbf":{"value":"soon"}}}`} {
		if got := s.ask(t, tenantID, form("claims", bad)); got.Status != http.StatusBadRequest || got.Codes[0] != 50146 {
			t.Errorf("%s: %v", bad, got)
		}
	}
}

func TestDisturbancesAreChecked(t *testing.T) {
	s := newSite(t, people)
	for name, text := range map[string]string{
		"nothing":             `{}`,
		"unknown":             `{"do":"melt"}`,
		"skew without for":    `{"do":"skew"}`,
		"expire with for":     `{"do":"expire","for":"1h"}`,
		"negative claims":     `{"do":"claims","for":-5}`,
		"unknown application": `{"do":"expire","client_id":"x"}`,
		"unknown person":      `{"do":"expire","user":"x"}`,
	} {
		var x entra.Disturbance
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Disturb(x); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	var x entra.Disturbance
	if err := json.Unmarshal([]byte(`{"do":"claims","for":"90m"}`), &x); err != nil || time.Duration(x.For) != 90*time.Minute {
		t.Errorf("%v %v", x, err)
	}
	if _, err := s.Refuse(entra.Refusal{Code: 7000215}); err == nil {
		t.Error("a code that a mistake brings about counts as a policy")
	}
}
