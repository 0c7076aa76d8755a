package ews_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/exchange"
)

const onlineAudience = "https://outlook.office365.com"

// tokens signs the tenant's application in for a resource, anew at each refusal.
type tokens struct {
	tenant   *simulator.Tenant
	resource string

	mu    sync.Mutex
	held  string
	asked int
}

func (s *tokens) Token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != "" && s.held != refused {
		return s.held, nil
	}
	at := s.tenant.Endpoints()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(at.CAPEM)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {at.ClientID}, "client_secret": {at.ClientSecret}, "scope": {s.resource + "/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.AuthorityURL+"/"+at.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		return "", errors.New("no token: " + resp.Status)
	}
	s.held, s.asked = answer.Token, s.asked+1
	return s.held, nil
}

// online connects the tenant's application to its Exchange Online.
func online(t testing.TB, tenant *simulator.Tenant, audience string) (*ews.Provider, *tokens) {
	t.Helper()
	source := &tokens{tenant: tenant, resource: audience}
	p := connect(t, tenant, func(c *ews.Config) {
		c.User, c.Password, c.Account, c.Token, c.Audience, c.Online = "", nil, "", source, audience, true
	})
	p.Hasten()
	return p, source
}

func change(t testing.TB, tenant *simulator.Tenant, how func(*exchange.Settings)) {
	t.Helper()
	settings, _ := tenant.ExchangeSettings()
	how(&settings)
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
}

// asked counts the requests of the service since the one with number n.
func asked(tenant *simulator.Tenant, n *int64) (count int) {
	for _, e := range tenant.Ledger() {
		if e.N > *n && strings.HasPrefix(strings.ToLower(e.Path), "/ews/") {
			count++
		}
		*n = max(*n, e.N)
	}
	return count
}

// The running side of a move to Graph: an application uses Exchange Online as long as its
// tenant lists it, acts as mailboxes, and as the test mailbox where a question concerns
// none.
func TestExchangeOnlineByOAuth(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 6, People: 5, Seed: 7, Exchange: simulator.ExchangeOnline})
	p, source := online(t, tenant, onlineAudience)
	ctx := t.Context()
	identity, err := p.Identify(ctx)
	if err != nil || identity.Provider != ews.Name || !p.Online() {
		t.Fatalf("%v, %+v", err, identity)
	}
	rooms := 0
	if _, err := p.Rooms(ctx, func(page []providers.Room) error { rooms += len(page); return nil }); err != nil || rooms != 6 {
		t.Errorf("%d rooms: %v", rooms, err)
	}
	organizer, room := providers.Address(tenant.Endpoints().Organizer), providers.Address(tenant.Rooms()[0].Mailbox)
	begin := time.Now().Add(72 * time.Hour).Truncate(time.Hour)
	made, err := p.CreateEvent(ctx, providers.EventDraft{TransactionID: "online", Organizer: organizer, Subject: providers.Outside("Move"), Start: begin, End: begin.Add(time.Hour), Zone: "UTC", Room: room})
	if err != nil {
		t.Fatal(err)
	}
	busy, err := p.Availability(ctx, []providers.Address{room}, providers.Interval{Start: begin, End: begin.Add(time.Hour)})
	if err != nil || !busy[0].Known() || len(busy[0].Blocks) == 0 {
		t.Errorf("%v, %+v", err, busy)
	}
	if err := p.CancelEvent(ctx, organizer, made.ID, ""); err != nil {
		t.Error(err)
	}
	if source.asked != 1 {
		t.Errorf("%d tokens were asked for", source.asked)
	}
}

// F-130: each way in which Exchange Online refuses has its own cause and its own sentence,
// and none makes a storm of requests.
func TestExchangeOnlineRefuses(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 2, People: 3, Seed: 7, Exchange: simulator.ExchangeOnline, TokenLife: 365 * 24 * time.Hour})
	on, off := true, false
	own := []string{tenant.Endpoints().ClientID}
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	var n int64
	for _, row := range []struct {
		day, audience string
		enabled       *bool
		apps          []string
		class         providers.Class
		cause         providers.Cause
		most          int // requests of five calls
	}{
		{"2026-11-21", onlineAudience, &on, own, "", "", 5},
		{"2026-11-21", onlineAudience, &off, own, providers.Unsupported, providers.CauseEWSOff, 5},
		{"2026-11-21", onlineAudience, nil, nil, providers.Unsupported, providers.CauseEWSOff, 5},
		{"2026-11-21", onlineAudience, &on, []string{"another"}, providers.Unsupported, providers.CauseEWSAppNotAllowed, 5},
		{"2027-03-31", onlineAudience, &on, own, "", "", 5},
		{"2027-04-01", onlineAudience, &on, own, providers.Unsupported, providers.CauseEWSEnded, 5},
		{"2026-11-21", "https://graph.microsoft.com", &on, own, providers.SignedOut, providers.CauseTokenAudience, 10},
	} {
		day, err := time.Parse(time.DateOnly, row.day)
		if err != nil {
			t.Fatal(err)
		}
		tenant.Clock().Set(day.Add(12 * time.Hour))
		change(t, tenant, func(s *exchange.Settings) { s.EWSEnabled, s.AllowedApps = row.enabled, row.apps })
		p, _ := online(t, tenant, row.audience)
		asked(tenant, &n)
		for range 5 {
			_, err = p.Calendars(t.Context(), room)
			if providers.ClassOf(err) != row.class || providers.CauseOf(err) != row.cause {
				t.Errorf("%s %v %v: %v", row.day, row.apps, row.audience, err)
			}
		}
		if err != nil && strings.Contains(err.Error(), "password") {
			t.Errorf("a password is blamed: %v", err)
		}
		if got := asked(tenant, &n); got > row.most {
			t.Errorf("%s %s: five calls made %d requests", row.day, row.cause, got)
		}
	}
}

// F-130: without the role ApplicationImpersonation each mailbox is asked as owner and as
// delegate, once, and the sentence names the role.
func TestImpersonationRoleMissing(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 2, People: 3, Seed: 7})
	p := connect(t, tenant, nil)
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	change(t, tenant, func(s *exchange.Settings) { s.Impersonation = false })
	var n int64
	asked(tenant, &n)
	_, err := p.Calendars(t.Context(), room)
	var e *providers.Error
	if !errors.As(err, &e) || e.Class != providers.NotAllowed || e.Cause != providers.CauseImpersonationMissing || providers.ConcernsAll(err) {
		t.Fatalf("%v", err)
	}
	if next := providers.ProblemOf(err, time.Now()).Next(); !strings.Contains(next, "ApplicationImpersonation") {
		t.Error(next)
	}
	if got := asked(tenant, &n); got > 4 { // the sign-in of the first takes two more
		t.Errorf("%d requests for one mailbox", got)
	}
}

// F-129: a busy server's wait holds for the whole account: no request of any mailbox comes
// before its end.
func TestBusyServerIsLeftAlone(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 8, People: 3, Seed: 7})
	change(t, tenant, func(s *exchange.Settings) { s.Enforce = true })
	p := connect(t, tenant, nil)
	rooms := tenant.Rooms()
	first := providers.Address(rooms[0].Mailbox)
	if _, err := p.Calendars(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	tenant.Inject(simulator.Fault{Path: "GetFolder", Fail: &simulator.Failure{Status: 500, Code: "ErrorServerBusy", RetryAfter: "0.4"}, Times: 1})
	failed := make(chan error, len(rooms))
	for _, room := range rooms {
		go func() { _, err := p.Calendars(t.Context(), providers.Address(room.Mailbox)); failed <- err }()
	}
	for range rooms {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	early := 0
	for _, e := range tenant.Ledger() {
		if e.Early {
			early++
		}
	}
	// What was under way when the refusal came may have arrived meanwhile.
	if s := p.Stats(); s.Throttled == 0 || early > 8 || s.Limit >= 8 {
		t.Errorf("%d requests came early; %+v", early, s)
	}
}

// F-129: too many connections: fewer are used until the server serves them, and every
// question is answered in the end.
func TestTooManyConnections(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 12, People: 3, Seed: 7})
	tenant.Inject(simulator.Fault{Path: "GetFolder", Fail: &simulator.Failure{Status: 500, Code: "ErrorExceededConnectionCount"}, Times: 6})
	p := connect(t, tenant, nil)
	p.Hasten()
	rooms := tenant.Rooms()
	failed := make(chan error, len(rooms))
	for _, room := range rooms {
		go func() { _, err := p.Calendars(t.Context(), providers.Address(room.Mailbox)); failed <- err }()
	}
	for range rooms {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if s := p.Stats(); s.Throttled != 6 || s.Limit > 4 || s.Requests != int64(len(rooms)+6) {
		t.Errorf("%+v", s)
	}
}

// F-129: a server that suddenly offers another way of signing in is not shown the
// password that way, and not asked again and again.
func TestAnotherRealm(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 2, People: 3, Seed: 7})
	p := connect(t, tenant, nil)
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	if _, err := p.Calendars(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	change(t, tenant, func(s *exchange.Settings) { s.NTLM, s.Basic = false, true })
	var n int64
	asked(tenant, &n)
	for range 10 {
		if _, err := p.Calendars(t.Context(), room); !providers.Is(err, providers.SignedOut) || providers.CauseOf(err) != providers.CauseSignInWay {
			t.Errorf("%v", err)
		}
	}
	if got := asked(tenant, &n); got > 2 {
		t.Errorf("%d requests to a server that offers another way of signing in", got)
	}
}
