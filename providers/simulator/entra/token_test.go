package entra_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// claimsOf reads a token's claims as a foreign tool would, without any check.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token has three parts, this one %d", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestTokenCarriesTheClaimsThatToolsRead(t *testing.T) {
	s := newSite(t)
	claims := claimsOf(t, s.mustToken(t))
	for name, want := range map[string]any{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + tenantID + "/", "tid": tenantID,
		"appid": clientID, "app_displayname": "roomdesk", "oid": objectID, "sub": objectID, "idtyp": "app", "ver": "1.0",
		"appidacr": "1", "roles": []any{"Calendars.ReadWrite", "Place.Read.All"},
	} {
		if !reflect.DeepEqual(claims[name], want) {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	if claims["iat"] != claims["nbf"] || claims["exp"].(float64)-claims["iat"].(float64) != 3599 || claims["uti"] == "" {
		t.Errorf("times or uti are wrong: %v", claims)
	}
	if _, has := claims["scp"]; has {
		t.Error("an application's token has no scp")
	}
}

// PRODUCT section 2, rows 5 and 6: delegated instead of application permissions,
// and permissions that nobody granted.
func TestTokenWithoutRoles(t *testing.T) {
	s := newSite(t)
	set := func(change func(*entra.Application)) map[string]any {
		t.Helper()
		if err := s.Update(clientID, change); err != nil {
			t.Fatal(err)
		}
		return claimsOf(t, s.mustToken(t))
	}
	if claims := set(func(a *entra.Application) { a.Delegated = true }); claims["roles"] != nil || claims["scp"] != "Calendars.ReadWrite Place.Read.All" {
		t.Errorf("delegated: %v", claims)
	}
	if claims := set(func(a *entra.Application) { a.Delegated, a.Roles = false, nil }); claims["roles"] != nil || claims["scp"] != nil {
		t.Errorf("nothing granted: %v", claims)
	}
	if err := s.Update("11111111-2222-3333-4444-555555555555", func(*entra.Application) {}); !errors.Is(err, entra.ErrNoApplication) {
		t.Errorf("update of an unknown application: %v", err)
	}
}

func TestSecretInTheHeaderAndTenantByName(t *testing.T) {
	s := newSite(t)
	basic := func(r *http.Request) { r.SetBasicAuth(clientID, url.QueryEscape(secret)) }
	for _, tenant := range []string{tenantID, strings.ToUpper(tenantID), "contoso.example", "CONTOSO.onmicrosoft.example"} {
		if got := s.ask(t, tenant, form("client_secret", "", "client_id", ""), basic); got.Status != 200 || got.TokenType != "Bearer" || got.ExpiresIn != 3599 {
			t.Errorf("%s: %v", tenant, got)
		}
	}
	wrong := func(r *http.Request) { r.SetBasicAuth(clientID, "wrong") }
	if got := s.ask(t, tenantID, form("client_secret", ""), wrong); got.Status != 401 || got.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("wrong secret in the header: %v", got)
	}
}

func TestScopesThatMeanGraph(t *testing.T) {
	s := newSite(t)
	for _, scope := range []string{
		"https://127.0.0.1:9443/.default", "https://localhost:9443/.default", "https://graph.microsoft.com/.default",
		"https://graph.microsoft.com//.default", "00000003-0000-0000-c000-000000000000/.default",
		"openid offline_access profile https://127.0.0.1:9443/.default",
	} {
		got := s.ask(t, tenantID, form("scope", scope))
		if got.Status != 200 {
			t.Errorf("%s: %v", scope, got)
			continue
		}
		if _, err := s.Verify(got.AccessToken); err != nil {
			t.Errorf("%s: %v", scope, err)
		}
	}
}

func TestVerify(t *testing.T) {
	s := newSite(t)
	token := s.mustToken(t)
	claims, err := s.Verify("Bearer " + token)
	if err != nil || claims.AppID != clientID || claims.AppDisplayName != "roomdesk" || claims.ObjectID != objectID ||
		claims.TenantID != tenantID || len(claims.Roles) != 2 || claims.TokenHash == "" || claims.Expires.Sub(claims.Issued) != 3599*time.Second {
		t.Fatalf("claims %+v, error %v", claims, err)
	}
	claims.Roles[0] = "changed by a caller"
	if again, err := s.Verify(token); err != nil || again.Roles[0] != "Calendars.ReadWrite" {
		t.Errorf("a caller changed what others see: %v %v", again.Roles, err)
	}

	other := newSite(t, func(o *entra.Options) { o.TenantID = "22222222-2222-4222-8222-222222222222" })
	otherKey := newSite(t, func(o *entra.Options) { o.Key = nil })
	parts := strings.Split(token, ".")
	forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"tid":"`+tenantID+`","aud":"https://graph.microsoft.com","exp":9999999999,"iat":1,"roles":["Calendars.ReadWrite"]}`)) + "." + parts[2]
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	for name, c := range map[string]struct {
		token string
		want  entra.Reason
	}{
		"nothing":            {"", entra.Missing},
		"only the scheme":    {"Bearer ", entra.Missing},
		"a word":             {"Bearer abc", entra.Malformed},
		"other scheme":       {"Basic abc", entra.Malformed},
		"claims replaced":    {forged, entra.BadSignature},
		"unsigned":           {unsigned, entra.BadSignature},
		"of another process": {otherKey.mustToken(t), entra.BadSignature},
	} {
		if got := refusal(t, s, c.token); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	foreign := other.ask(t, "22222222-2222-4222-8222-222222222222", form())
	if got := refusal(t, s, foreign.AccessToken); got != entra.WrongTenant {
		t.Errorf("token of another tenant: %q", got)
	}
	elsewhere := newSite(t, func(o *entra.Options) { o.GraphAudience = func() string { return "https://127.0.0.1:1" } })
	if got := refusal(t, s, elsewhere.ask(t, tenantID, form("scope", "https://127.0.0.1:1/.default")).AccessToken); got != entra.WrongAudience {
		t.Errorf("token for another resource: %q", got)
	}
}

func refusal(t *testing.T, s *site, token string) entra.Reason {
	t.Helper()
	_, err := s.Verify(token)
	var refused *entra.TokenError
	if !errors.As(err, &refused) {
		t.Errorf("error %v is no TokenError", err)
		return ""
	}
	if refused.Message == "" || token != "" && len(token) > 20 && strings.Contains(err.Error(), token) {
		t.Errorf("error text %q", err)
	}
	return refused.Reason
}

func TestTokensExpireAndAreRevoked(t *testing.T) {
	s := newSite(t)
	token := s.mustToken(t)
	s.advance(59 * time.Minute)
	if _, err := s.Verify(token); err != nil {
		t.Errorf("after 59 minutes: %v", err)
	}
	second := s.mustToken(t)
	s.advance(time.Minute)
	if got := refusal(t, s, token); got != entra.Expired {
		t.Errorf("after an hour: %q", got)
	}
	s.RevokeTokens()
	if got := refusal(t, s, second); got != entra.Revoked {
		t.Errorf("after revocation: %q", got)
	}
	s.advance(time.Second)
	if _, err := s.Verify(s.mustToken(t)); err != nil {
		t.Errorf("a token issued after the revocation: %v", err)
	}
	s.advance(-2 * time.Hour)
	if got := refusal(t, s, second); got != entra.NotYetValid {
		t.Errorf("with a clock far behind: %q", got)
	}
}

func TestRotatingASecretLeavesNoGap(t *testing.T) {
	s := newSite(t)
	const fresh = "Nn7~aFreshValue"
	if err := s.Update(clientID, func(a *entra.Application) { a.Secrets = append(a.Secrets, entra.Secret{Value: fresh}) }); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{secret, fresh} {
		if got := s.ask(t, tenantID, form("client_secret", value)); got.Status != 200 {
			t.Errorf("while both exist: %v", got)
		}
	}
	s.advance(91 * 24 * time.Hour)
	if got := s.ask(t, tenantID, form()); got.Codes == nil || got.Codes[0] != 7000222 {
		t.Errorf("the old one after its end: %v", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := newSite(t)
	token := s.mustToken(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if _, err := s.Verify(token); err != nil {
					t.Error(err)
				}
				if err := s.Update(clientID, func(a *entra.Application) { a.Roles = append(a.Roles, "X") }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkVerify(b *testing.B) {
	d, err := entra.New(entra.Options{TenantID: tenantID, Applications: []entra.Application{{ClientID: clientID, Secrets: []entra.Secret{{Value: secret}}}}})
	if err != nil {
		b.Fatal(err)
	}
	token := tokenFrom(b, d)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}

func mustAtoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
