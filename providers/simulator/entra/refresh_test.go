package entra_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

func scopesOf(t *testing.T, token string) []string {
	t.Helper()
	scopes := strings.Fields(claimsOf(t, token)["scp"].(string))
	slices.Sort(scopes)
	return scopes
}

// Each redemption gives a new token with a new life; the old one stays good, as
// at the real service.
func TestRefresh(t *testing.T) {
	s := newSite(t, people)
	first := adaSignsIn(t, s)
	s.advance(80 * 24 * time.Hour)
	second := s.refresh(t, first.RefreshToken)
	if second.Status != 200 || second.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
		t.Fatal(second)
	}
	if again := s.refresh(t, first.RefreshToken); again.Status != 200 {
		t.Errorf("the old one: %v", again)
	}
	s.advance(20 * 24 * time.Hour)
	wantCode(t, "the first after 100 days", s.refresh(t, first.RefreshToken).tokenAnswer, "invalid_grant", 700082)
	if got := s.refresh(t, second.RefreshToken); got.Status != 200 {
		t.Errorf("the second after 20 days: %v", got)
	}
}

func TestRefreshNarrowsAndIsBound(t *testing.T) {
	s := newSite(t, people)
	whole := adaSignsIn(t, s)
	narrow := s.refresh(t, whole.RefreshToken, "scope", "openid "+graphRoot+"User.Read")
	if got := scopesOf(t, narrow.AccessToken); !slices.Equal(got, []string{"User.Read", "openid"}) || narrow.Scope != graphRoot+"User.Read openid" {
		t.Errorf("narrowed to %v, %q", got, narrow.Scope)
	}
	if got := scopesOf(t, s.refresh(t, narrow.RefreshToken).AccessToken); !slices.Contains(got, "Calendars.ReadWrite") {
		t.Errorf("a narrower token narrowed the sign-in: %v", got)
	}
	all := s.refresh(t, whole.RefreshToken, "scope", scope)
	if got := scopesOf(t, all.AccessToken); !slices.Equal(got, []string{"Calendars.ReadWrite", "User.Read"}) || !strings.HasSuffix(all.Scope, "/.default") {
		t.Errorf(".default gives %v, %q", got, all.Scope)
	}
	for name, c := range map[string]struct {
		form []string
		kind string
		code int
	}{
		"more than consented": {[]string{"scope", "Calendars.ReadWrite User.Read.All"}, "invalid_grant", 65001},
		"another application": {[]string{"client_id", webID, "client_secret", secret}, "invalid_client", 700025},
		"other, no secret":    {[]string{"client_id", webID}, "invalid_grant", 70000},
		"with a secret":       {[]string{"client_secret", secret}, "invalid_client", 700025},
		"garbage":             {[]string{"refresh_token", "x"}, "invalid_grant", 9002313},
		"none":                {[]string{"refresh_token", ""}, "invalid_request", 900144},
		"an access token":     {[]string{"refresh_token", whole.AccessToken}, "invalid_grant", 9002313},
	} {
		wantCode(t, name, s.refresh(t, whole.RefreshToken, c.form...).tokenAnswer, c.kind, c.code)
	}
}

func TestRefreshEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(s *site) error
		kind string
		code int
	}{
		"sessions revoked": {func(s *site) error { return s.RevokeSessions(ada) }, "invalid_grant", 50173},
		"new password":     {func(s *site) error { return s.UpdateUser(ada, func(u *entra.User) { u.Password = "new" }) }, "invalid_grant", 50173},
		"disabled person":  {func(s *site) error { return s.UpdateUser(ada, func(u *entra.User) { u.Disabled = true }) }, "invalid_grant", 50057},
		"disabled application": {func(s *site) error {
			return s.Update(publicID, func(a *entra.Application) { a.Disabled = true })
		}, "unauthorized_client", 7000112},
		"consent withdrawn": {func(s *site) error { return s.RevokeConsent(publicID, "", "Calendars.ReadWrite") }, "invalid_grant", 65001},
		"tokens revoked": {func(s *site) error {
			_, err := s.Disturb(entra.Disturbance{Do: "revoke", User: ada})
			return err
		}, "invalid_grant", 50173},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, people)
			tokens := adaSignsIn(t, s)
			if err := c.end(s); err != nil {
				t.Fatal(err)
			}
			wantCode(t, name, s.refresh(t, tokens.RefreshToken).tokenAnswer, c.kind, c.code)
		})
	}
}
