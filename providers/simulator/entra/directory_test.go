package entra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

const (
	tenantID  = "5a1f3c52-6d0e-4d6f-9f0a-2f6c0f3b7d11"
	clientID  = "0c7f2f0b-51a1-4b0a-9a55-7f1e3c0d8e22"
	objectID  = "b1b5a0c4-9d57-4ff3-8df0-7d8a4c9b6f33"
	secretID  = "7e1d1a90-43cb-4c8e-8c4c-51f4d5a60a44"
	secret    = "Qw8~thisIsAThrowAwayValueForTests.1234_x"
	oldSecret = "Zz9~thisOneHasExpiredLongAgo.5678_yabcde"
	scope     = "https://graph.microsoft.com/.default"
)

// sharedKey saves the time of making a key in every test.
var sharedKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// site is a directory behind a real TLS listener with a clock that tests move.
type site struct {
	*entra.Directory
	server *httptest.Server
	mu     sync.Mutex
	now    time.Time
	seen   []string // "METHOD path" of each request
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// newSite starts a directory whose clock stands at the machine's time, because
// MSAL compares expiry with that.
func newSite(t *testing.T, change ...func(*entra.Options)) *site {
	t.Helper()
	key, err := sharedKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{now: time.Now()}
	s.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.Path)
		s.mu.Unlock()
		s.Directory.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	options := entra.Options{
		TenantID: tenantID, TenantName: "Contoso", Domain: "contoso.example", Aliases: []string{"contoso.onmicrosoft.example"},
		AuthorityURL:  func() string { return s.server.URL },
		GraphAudience: func() string { return "https://127.0.0.1:9443" },
		Now:           s.clock,
		Key:           key,
		Applications: []entra.Application{{
			ClientID: clientID, ObjectID: objectID, DisplayName: "roomdesk",
			Roles: []string{"Calendars.ReadWrite", "Place.Read.All"},
			Secrets: []entra.Secret{
				{ID: secretID, Value: secret, Expires: s.now.Add(90 * 24 * time.Hour)},
				{ID: "d0000000-0000-4000-8000-000000000001", Value: oldSecret, Expires: s.now.Add(-time.Hour)},
			},
		}},
	}
	for _, c := range change {
		c(&options)
	}
	if s.Directory, err = entra.New(options); err != nil {
		t.Fatal(err)
	}
	return s
}

type tokenAnswer struct {
	Status      int
	Header      http.Header
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Timestamp   string `json:"timestamp"`
	TraceID     string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
	URI         string `json:"error_uri"`
}

// String leaves the token out.
func (a tokenAnswer) String() string {
	return fmt.Sprintf("%d %s %v %s, token %t, expires in %d", a.Status, a.Error, a.Codes, a.Description, a.AccessToken != "", a.ExpiresIn)
}

// form is a good token request; pairs replace fields, "" removes one.
func form(pairs ...string) url.Values {
	values := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {scope},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			values.Del(pairs[i])
		} else {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

func (s *site) ask(t *testing.T, tenant string, values url.Values, change ...func(*http.Request)) tokenAnswer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/"+tenant+"/oauth2/v2.0/token", strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range change {
		c(r)
	}
	return s.do(t, r)
}

func (s *site) do(t *testing.T, r *http.Request) tokenAnswer {
	t.Helper()
	response, err := s.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := tokenAnswer{Status: response.StatusCode, Header: response.Header}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("status %d, body %q: %v", response.StatusCode, body, err)
	}
	return answer
}

func (s *site) mustToken(t *testing.T) string {
	t.Helper()
	answer := s.ask(t, tenantID, form())
	if answer.Status != http.StatusOK || answer.AccessToken == "" {
		t.Fatalf("no token: %v", answer)
	}
	return answer.AccessToken
}
