package graph

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/providers"
)

func organizationAnswer(w http.ResponseWriter, _ *http.Request) {
	sendJSON(w, 200, map[string]any{"value": []any{map[string]any{"id": testTenant, "displayName": "Contoso"}}})
}

func refuseToken(w http.ResponseWriter, status int, code int, word string) {
	sendJSON(w, status, map[string]any{"error": word, "error_codes": []int{code}, "trace_id": "trace-1",
		"error_description": "AADSTS" + itoa(code) + ": what Entra says of " + testSecret + ".\r\nTrace ID: trace-1\r\nTimestamp: now"})
}

func TestManyCallersShareOneSignIn(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	p := n.provider()
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := p.Identify(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n.tokens != 1 {
		t.Errorf("%d token requests for 50 callers", n.tokens)
	}
}

// F-086.
func TestSignInErrorsNameCauseAndRemedy(t *testing.T) {
	for _, c := range []struct {
		code   int
		word   string
		status int
		class  providers.Class
		advice string
	}{
		{7000215, "invalid_client", 401, providers.SignedOut, "not its Secret ID"},
		{7000222, "invalid_client", 401, providers.SignedOut, "expired"},
		{700016, "unauthorized_client", 400, providers.SignedOut, "client ID"},
		{90002, "invalid_request", 400, providers.SignedOut, "tenant"},
		{65001, "invalid_grant", 400, providers.SignedOut, "consent"},
		{53003, "interaction_required", 400, providers.SignedOut, "policy"},
		{90033, "temporarily_unavailable", 503, providers.Transient, "trouble"},
		{90033, "temporarily_unavailable", 400, providers.Transient, "trouble"},
		{999999, "invalid_client", 401, providers.SignedOut, ""},
	} {
		n := newTenant(t, organizationAnswer)
		n.entra = func(w http.ResponseWriter, _ int) bool { refuseToken(w, c.status, c.code, c.word); return true }
		_, err := n.provider().Identify(t.Context())
		e := wantError(t, err, c.class)
		if e.Code != "AADSTS"+itoa(c.code) || !strings.Contains(e.Advice, c.advice) || e.RequestID != "trace-1" {
			t.Errorf("%d: %+v", c.code, e)
		}
		if message := e.Message.String(); strings.Contains(message, "Trace ID") || strings.Contains(message, testSecret) || !strings.Contains(message, "[redacted]") {
			t.Errorf("message %q", message)
		}
		if n.seen() != 0 {
			t.Error("Graph was asked without a token")
		}
	}
}

func TestWrongSecretIsNotSentAgainAndAgain(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	n.entra = func(w http.ResponseWriter, _ int) bool { refuseToken(w, 401, 7000215, "invalid_client"); return true }
	now := time.Now()
	asked := 0
	config := n.config()
	config.Now = func() time.Time { return now }
	config.ClientSecret = func(context.Context) (string, error) { asked++; return testSecret, nil }
	p := connect(t, config)
	for range 10 {
		_, err := p.Identify(t.Context())
		wantClass(t, err, providers.SignedOut)
	}
	if n.tokens != 1 || asked != 1 {
		t.Errorf("%d token requests, secret asked %d times", n.tokens, asked)
	}
	// A new secret works without a restart: it is asked for anew.
	n.entra = nil
	now = now.Add(renewEvery + time.Second)
	if _, err := p.Identify(t.Context()); err != nil {
		t.Error(err)
	}
	if asked != 2 {
		t.Errorf("the secret was asked %d times", asked)
	}
}

func TestGUIDShapedSecretIsRefusedBeforeAnyRequest(t *testing.T) {
	requests := 0
	n := newTenant(t, func(http.ResponseWriter, *http.Request) { requests++ })
	n.entra = func(http.ResponseWriter, int) bool { requests++; return false }
	config := n.config()
	config.ClientSecret = func(context.Context) (string, error) { return "0f8fad5b-d9cb-469f-a165-70867728950e", nil }
	_, err := connect(t, config).Identify(t.Context())
	e := wantError(t, err, providers.SignedOut)
	if !strings.Contains(e.Message.String(), "Secret ID") || requests != 0 {
		t.Errorf("%v after %d requests", e, requests)
	}
}

func TestCheckSecretTenantClient(t *testing.T) {
	for _, bad := range []string{"", "  ", "0f8fad5b-d9cb-469f-a165-70867728950e", "{0F8FAD5B-D9CB-469F-A165-70867728950E}", " x", "x\n", "a\tb", strings.Repeat("x", 3000)} {
		if err := CheckSecret(bad); err == nil || len(bad) > 3 && strings.Contains(err.Error(), bad) {
			t.Errorf("secret %q: %v", bad, err)
		}
	}
	if err := CheckSecret(testSecret); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "common", "Organizations", "consumers", "contoso", "con toso.com", "contoso.com/x", "a@b.c", "../x.y", "{" + testTenant + "}", "x\x1b.com"} {
		if CheckTenant(bad) == nil {
			t.Errorf("tenant %q is accepted", bad)
		}
	}
	for _, good := range []string{testTenant, "contoso.onmicrosoft.com", "Contoso.com"} {
		if err := CheckTenant(good); err != nil {
			t.Error(err)
		}
	}
	if CheckClientID("my app") == nil || CheckClientID(testClient) != nil {
		t.Error("client ids are not told apart")
	}
}

// A discovery document that names another host must not get the secret.
func TestSecretStaysWithTheAuthority(t *testing.T) {
	evil := newTenant(t, func(http.ResponseWriter, *http.Request) {})
	evil.entra = func(http.ResponseWriter, int) bool { t.Error("the foreign token endpoint was asked"); return false }
	n := newTenant(t, organizationAnswer)
	n.tokenHost = evil.URL
	_, err := n.provider().Identify(t.Context())
	wantClass(t, err, providers.Foreign)
}

func TestTokenEndpointIsTriedAgain(t *testing.T) {
	for _, status := range []int{429, 500, 503} {
		n := newTenant(t, organizationAnswer)
		n.entra = func(w http.ResponseWriter, count int) bool {
			if count <= 2 {
				w.Header().Set("Retry-After", "1")
				sendText(w, status, "text/plain", "busy")
				return true
			}
			return false
		}
		if _, err := n.provider().Identify(t.Context()); err != nil || n.tokens != 3 {
			t.Errorf("%d: %v after %d tries", status, err, n.tokens)
		}
	}
}

// F-025 at sign-in.
func TestSignInBehindACaptivePortal(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	n.entra = func(w http.ResponseWriter, _ int) bool {
		sendText(w, 200, "text/html", "<html>log in</html>")
		return true
	}
	_, err := n.provider().Identify(t.Context())
	if e := wantError(t, err, providers.Foreign); !strings.Contains(e.Advice, "browser") {
		t.Errorf("advice %q", e.Advice)
	}
	n.entra = func(w http.ResponseWriter, _ int) bool { sendText(w, 200, "application/json", `[1]`); return true }
	_, err = n.provider().Identify(t.Context())
	wantClass(t, err, providers.Foreign)
}

// F-081: a token that is refused in the middle is renewed once, and the page is
// read again.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	var refused atomic.Int64
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+testToken(1) {
			refused.Add(1)
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			sendError(w, 401, "InvalidAuthenticationToken")
			return
		}
		organizationAnswer(w, r)
	})
	if _, err := n.provider().Identify(t.Context()); err != nil || n.tokens != 2 || refused.Load() != 1 {
		t.Errorf("%v: %d tokens, %d refusals", err, n.tokens, refused.Load())
	}
}

// F-082, F-085: a token that is refused whatever its age causes no storm.
func TestRefusalsCauseNoStorm(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) { sendError(w, 401, "InvalidAuthenticationToken") })
	now := time.Now()
	config := n.config()
	config.Now = func() time.Time { return now }
	p := connect(t, config)
	for range 20 {
		_, err := p.Identify(t.Context())
		wantClass(t, err, providers.SignedOut)
	}
	if n.tokens != 2 {
		t.Errorf("%d token requests within a minute, want the first and one renewal", n.tokens)
	}
	now = now.Add(61 * time.Second)
	_, err := p.Identify(t.Context())
	wantClass(t, err, providers.SignedOut)
	if n.tokens != 3 {
		t.Errorf("%d token requests after a minute more, want one more", n.tokens)
	}
}

// F-083: the challenge's claims reach the sign-in service as JSON.
func TestClaimsChallengeIsAnswered(t *testing.T) {
	claims := `{"access_token":{"nbf":{"essential":true,"value":"1764000000"}}}`
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+testToken(1) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="", error="insufficient_claims", claims="`+base64.StdEncoding.EncodeToString([]byte(claims))+`"`)
			sendError(w, 401, "InvalidAuthenticationToken")
			return
		}
		organizationAnswer(w, r)
	})
	if _, err := n.provider().Identify(t.Context()); err != nil || n.tokens != 2 {
		t.Errorf("%v after %d tokens", err, n.tokens)
	}
	if !strings.Contains(n.form.Get("claims"), `"1764000000"`) {
		t.Errorf("claims sent: %q", n.form.Get("claims"))
	}
	for _, header := range []string{"", "Bearer", "Bearer claims", "Bearer claims=", `Bearer claims="`, `Bearer claims="%%"`, `Bearer claims="bnVsbA=="`, `Basic claims="e30="`, `Bearer claims="` + strings.Repeat("A", maxClaims+1) + `"`} {
		if got := claimsOf(http.Header{"Www-Authenticate": {header}}); got != "" {
			t.Errorf("%q: claims %q", header, got)
		}
	}
}

func TestTokenIsRenewedInTheBackgroundBeforeItsEnd(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	var mu sync.Mutex
	now := time.Now()
	config := n.config()
	config.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	p := connect(t, config)
	if _, err := p.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	tokens := p.engine.tokens
	tokens.mu.Lock()
	life := tokens.current.refresh.Sub(now)
	first := tokens.current.value
	// MSAL has a clock of its own: without its cache the renewal is a real one.
	tokens.msal = nil
	tokens.mu.Unlock()
	if life < 50*time.Minute || life > 56*time.Minute {
		t.Errorf("an hour's token is renewed after %v", life)
	}
	mu.Lock()
	now = now.Add(life + time.Second)
	mu.Unlock()
	value, err := tokens.get(t.Context())
	if err != nil || value != first {
		t.Errorf("a caller waits for the renewal of a token that is still good: %v", err)
	}
	tokens.flights.Wait()
	if value, err = tokens.get(t.Context()); err != nil || value == first || n.tokens != 2 {
		t.Errorf("%d tokens, the same one again %t: %v", n.tokens, value == first, err)
	}
}

func TestSignInOutlivesTheFirstCaller(t *testing.T) {
	release := make(chan struct{})
	n := newTenant(t, organizationAnswer)
	n.entra = func(http.ResponseWriter, int) bool { <-release; return false }
	p := n.provider()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { _, err := p.Identify(ctx); ended <- err }()
	go func() { _, err := p.Identify(t.Context()); ended <- err }()
	cancel()
	wantClass(t, <-ended, providers.Cancelled)
	close(release)
	if err := <-ended; err != nil {
		t.Errorf("the second caller: %v", err)
	}
	if n.tokens != 1 {
		t.Errorf("%d token requests", n.tokens)
	}
}

func TestSecretSourceErrors(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	config := n.config()
	config.ClientSecret = func(context.Context) (string, error) { return "", errors.New("the keyring is locked") }
	_, err := connect(t, config).Identify(t.Context())
	if e := wantError(t, err, providers.Local); !strings.Contains(e.Error(), "locked") {
		t.Error(e)
	}
}

// S-08: neither secret nor token appears in a log at its finest level, in errors
// or in what the audit is told.
func TestNoSecretInLogsOrErrors(t *testing.T) {
	var log bytes.Buffer
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1.0/organization":
			sendText(w, 502, "text/html", "bad gateway")
		default:
			sendJSON(w, 400, map[string]any{"error": map[string]any{"code": "BadRequest", "message": "you sent " + r.Header.Get("Authorization")}})
		}
	})
	config := n.config()
	config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))
	config.Audit = func(x Exchange) { config.Logger.Info("audit", "exchange", x) }
	p := connect(t, config)
	_, err := p.Identify(t.Context())
	wantClass(t, err, providers.Transient)
	_, err = p.Event(t.Context(), adele, "1")
	log.WriteString(wantError(t, err, providers.Permanent).Error())
	token := testToken(1)
	for _, canary := range []string{testSecret, token, token[:40]} {
		if strings.Contains(log.String(), canary) {
			t.Errorf("%.20s... is in the log:\n%s", canary, log.String())
		}
	}
	if !strings.Contains(log.String(), "trying again") || !strings.Contains(log.String(), "you sent Bearer") {
		t.Error("nothing was logged: nothing is proven")
	}
}
