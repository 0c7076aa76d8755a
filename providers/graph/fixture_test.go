package graph

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

const (
	testTenant = "11111111-2222-3333-4444-555555555555"
	testClient = "66666666-7777-8888-9999-aaaaaaaaaaaa"
	testSecret = "canary~Value8Q~abcdefghijklmnopqrstuvwxyz"
	adele      = providers.Address("adele@contoso.test")
	aalto      = providers.Address("aalto@contoso.test")
)

// tenant is a server with handwritten answers: sign-in works by itself, and every
// request below /v1.0 goes to the handler of the test.
type tenant struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	tokens   int
	form     url.Values // of the last token request
	nonce    string     // of a sign-in in a browser
	// entra, where set, answers token requests; false lets them succeed.
	entra func(w http.ResponseWriter, n int) bool
	// tokenHost, where set, is the root of the token endpoint.
	tokenHost string
}

func newTenant(t *testing.T, graph http.HandlerFunc) *tenant {
	t.Helper()
	n := &tenant{t: t}
	n.Server = httptest.NewUnstartedServer(wrapGraph(n, graph))
	n.EnableHTTP2 = true
	n.Config.ErrorLog = nil
	n.StartTLS()
	t.Cleanup(n.Close)
	return n
}

func wrapGraph(n *tenant, graph http.HandlerFunc) http.HandlerFunc {
	t := n.t
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
			host := n.tokenHost
			if host == "" {
				host = n.URL
			}
			sendJSON(w, 200, map[string]any{
				"authorization_endpoint": n.URL + "/" + testTenant + "/oauth2/v2.0/authorize",
				"token_endpoint":         host + "/" + testTenant + "/oauth2/v2.0/token",
				"issuer":                 n.URL + "/" + testTenant + "/v2.0",
			})
		case strings.HasSuffix(r.URL.Path, "/token"):
			n.mu.Lock()
			n.tokens++
			count := n.tokens
			n.form, _ = url.ParseQuery(string(body))
			n.mu.Unlock()
			if n.entra != nil && n.entra(w, count) {
				return
			}
			form, _ := url.ParseQuery(string(body))
			if form.Get("client_secret") != testSecret {
				t.Errorf("the secret sent is %q", form.Get("client_secret"))
			}
			sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(count)})
		default:
			n.mu.Lock()
			n.requests = append(n.requests, r.Clone(context.Background()))
			n.bodies = append(n.bodies, string(body))
			n.mu.Unlock()
			r.Header.Set("X-Body", string(body)) // for handlers that answer by it
			graph(w, r)
		}
	}
}

func testToken(n int) string {
	part := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]string{"alg": "none"}) + "." + part(map[string]any{
		"tid": testTenant, "appid": testClient, "app_displayname": "Room console", "roles": []string{"Calendars.ReadWrite", "Place.Read.All"}, "n": n,
	}) + ".x"
}

func (n *tenant) config() Config {
	pool := x509.NewCertPool()
	pool.AddCert(n.Certificate())
	return Config{
		TenantID: testTenant, ClientID: testClient,
		ClientSecret: func(context.Context) (string, error) { return testSecret, nil },
		Cloud:        "custom", AuthorityURL: n.URL, GraphURL: n.URL, RootCAs: pool,
	}
}

// provider connects to the tenant; pauses between tries take no time and are
// recorded instead.
func (n *tenant) provider() *Provider { return connect(n.t, n.config()) }

func connect(t *testing.T, config Config) *Provider {
	t.Helper()
	p, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	quick(p)
	t.Cleanup(func() { p.Close() })
	return p
}

func quick(p *Provider) {
	p.engine.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	p.engine.tokens.client.wait = p.engine.wait
}

// seen is the number of requests below /v1.0.
func (n *tenant) seen() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.requests)
}

func (n *tenant) request(i int) (*http.Request, string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requests[i], n.bodies[i]
}

func sendJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; odata.metadata=minimal; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func sendText(w http.ResponseWriter, status int, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

func sendError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("request-id", "rid-1")
	sendJSON(w, status, map[string]any{"error": map[string]any{"code": code, "message": "what the service says"}})
}

// wantClass fails unless err is a *providers.Error of the class.
func wantClass(t *testing.T, err error, class providers.Class) {
	t.Helper()
	_ = wantError(t, err, class) // its caller looks no closer
}

// wantError is wantClass for those who look closer.
func wantError(t *testing.T, err error, class providers.Class) *providers.Error {
	t.Helper()
	var e *providers.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *providers.Error of class %q", err, class)
	}
	if e.Class != class {
		t.Fatalf("got class %q (%v), want %q", e.Class, e, class)
	}
	if strings.Contains(e.Error(), testSecret) || strings.Contains(e.Advice, testSecret) {
		t.Fatalf("the error shows the secret: %v", e)
	}
	return e
}

func day(d, hour int) time.Time { return time.Date(2026, 11, d, hour, 0, 0, 0, time.UTC) }

var week = providers.Interval{Start: day(16, 0), End: day(23, 0)}

func rawEvent(id, subject string, hour int) map[string]any {
	return map[string]any{
		"id": id, "@odata.etag": "W/\"1\"", "iCalUId": "ical-" + id, "type": "singleInstance", "subject": subject,
		"start":     map[string]any{"dateTime": day(20, hour).Format(zones.LocalTime) + ".0000000", "timeZone": "UTC"},
		"end":       map[string]any{"dateTime": day(20, hour+1).Format(zones.LocalTime) + ".0000000", "timeZone": "UTC"},
		"organizer": map[string]any{"emailAddress": map[string]any{"name": "Adele Vance", "address": "Adele@contoso.test"}},
		"showAs":    "busy", "sensitivity": "normal",
	}
}

// quietLog takes the complaints of a server whose client breaks off on purpose.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
