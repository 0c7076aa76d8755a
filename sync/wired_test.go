package sync_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	stdsync "sync"
	"syscall"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// wired is the whole way from a simulated tenant to the mirror, within a test's
// bubble: real engine, real Graph provider, HTTPS with HTTP/2, over a network
// within the process. Hours pass in moments, and what hangs, hangs by the bubble's
// clock. A tenant with an Exchange face is asked by that instead, over HTTP/1.1.
type wired struct {
	t        *testing.T
	network  *providertest.Network
	tenant   *simulator.Tenant
	provider provider
	exchange bool // it is asked by Exchange Web Services
	hybrid   bool // it is asked by both, each for the mailboxes that live there
	path     string
	o        sync.Options
	store    *store.Store
	engine   *sync.Engine
	cancel   context.CancelFunc
	ended    chan error
	watch    *watchman
	disturb  func() error // of the store's commits
	lies     bool         // the tenant tells of removals that never were
	mine     http.Client  // signed in as a program of the tenant's people, beside the provider
	token    string
	signedIn time.Time

	mu    stdsync.Mutex
	skew  time.Duration               // of this machine's clock
	dial  func(context.Context) error // what connecting ends with; nil: it works
	gone  string                      // the part of a hybrid tenant that cannot be reached
	conns []net.Conn
	log   lockedBuffer
}

type lockedBuffer struct {
	mu stdsync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// oneKey signs the tokens of all tenants: making one takes a while.
var oneKey = stdsync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// wire starts everything but the engine, at a time; zero is whenever.
func wire(t *testing.T, o simulator.Options, at time.Time) *wired {
	t.Helper()
	if !at.IsZero() {
		time.Sleep(time.Until(at)) // the bubble's clock
	}
	w := &wired{t: t, network: &providertest.Network{}, path: filepath.Join(t.TempDir(), "store.db")}
	o.SigningKey, o.Listener = oneKey(), w.network.Listen
	o = halved(o)
	var err error
	if w.tenant, err = simulator.Start(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	to := w.tenant.Endpoints()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(to.CAPEM) {
		t.Fatal("no certificate authority")
	}
	now := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return time.Now().Add(w.skew)
	}
	logger := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.exchange, w.hybrid = o.Exchange == simulator.ExchangeOnPremises, o.Exchange == simulator.ExchangeHybrid
	w.provider, err = open(to, w.tenant, o, graph.Config{Logger: logger, Now: now, Dial: w.part("graph")}, ews.Config{Logger: logger, Now: now, Dial: w.part(ews.Name)})
	if err != nil {
		t.Fatal(err)
	}
	w.o = sync.Options{Source: w.provider, Now: now, Logger: logger, Intervals: sync.Intervals{Rest: time.Minute}}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy, transport.DialContext = nil, w.network.Dial
	transport.TLSClientConfig.RootCAs = roots
	w.mine = http.Client{Transport: transport}
	if !w.exchange {
		w.signIn()
	}
	w.open()
	return w
}

// connect is how the provider reaches the tenant.
func (w *wired) connect(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	trouble := w.dial
	w.mu.Unlock()
	if trouble != nil {
		return nil, trouble(ctx)
	}
	conn, err := w.network.Dial(ctx, network, address)
	if err == nil {
		w.mu.Lock()
		w.conns = append(w.conns, conn)
		w.mu.Unlock()
	}
	return conn, err
}

// part is how one part of the provider reaches the tenant.
func (w *wired) part(name string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		w.mu.Lock()
		gone := w.gone == name
		w.mu.Unlock()
		if gone {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		return w.connect(ctx, network, address)
	}
}

// sever ends the provider's connections, as another network does.
func (w *wired) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.conns {
		conn.Close() // it may have ended before
	}
	w.conns = nil
}

// signIn lets the test write into calendars as the tenant's people do.
func (w *wired) signIn() {
	at := w.tenant.Endpoints()
	const id, secret = "5e0e0000-0000-4000-8000-00000000beef", "the~people's~own~secret"
	if w.token == "" {
		roles := []string{"Calendars.ReadWrite"}
		w.must(w.tenant.Directory().Register(entra.Application{
			ClientID: id, ObjectID: "5e0e0000-0000-4000-8000-00000000cafe", DisplayName: "people", Permissions: roles, Roles: roles,
			Secrets: []entra.Secret{{ID: "5e0e0000-0000-4000-8000-00000000f00d", Value: secret, Expires: time.Now().AddDate(50, 0, 0)}},
		}))
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}, "scope": {at.GraphURL + "/.default"}}
	resp, err := w.mine.PostForm(at.AuthorityURL+"/"+at.TenantID+"/oauth2/v2.0/token", form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		w.t.Fatal("no token for the people: ", err)
	}
	w.token, w.signedIn = answer.AccessToken, time.Now()
}

// do is a request of the people; out may be nil.
func (w *wired) do(method, path string, in, out any) {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(method, w.tenant.Endpoints().GraphURL+"/v1.0"+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if time.Since(w.signedIn) > 30*time.Minute {
		w.signIn()
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("Prefer", `IdType="ImmutableId"`)
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.mine.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			w.t.Fatal(err)
		}
	}
}

// open begins a new process, as it were: store and engine.
func (w *wired) open() {
	w.t.Helper()
	var err error
	tenant := strings.ToLower(w.tenant.Endpoints().TenantID)
	o := store.Options{Path: w.path, Tenant: tenant, Now: w.o.Now, Location: location, Disturb: w.disturb}
	for try := 1; ; try++ { // a person tries again
		if w.store, err = store.Open(context.Background(), o); err == nil {
			break
		}
		if w.disturb == nil || try > 10 {
			w.t.Fatal(err)
		}
	}
	w.o.Store = w.store
	w.engine = sync.New(w.o)
}

func (w *wired) run() {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.ended = cancel, make(chan error, 1)
	engine := w.engine
	go func() { w.ended <- engine.Run(ctx) }()
}

// halt ends the engine and the store, within a second.
func (w *wired) halt() {
	w.t.Helper()
	if w.cancel != nil {
		begin := time.Now()
		w.cancel()
		w.cancel = nil
		if err := <-w.ended; err != nil {
			w.t.Error("Run: ", err)
		}
		if took := time.Since(begin); took > time.Second {
			w.t.Errorf("LIVE: it took %v to end", took)
		}
	}
	if w.store != nil {
		if err := w.store.Close(); err != nil {
			w.t.Error(err)
		}
		w.store = nil
	}
}

// restart is a new process over the same store.
func (w *wired) restart() {
	w.t.Helper()
	w.halt()
	w.open()
	w.run()
}

// end ends everything. What is left running then fails the test by itself: a
// bubble ends with its last goroutine.
func (w *wired) end() {
	w.t.Helper()
	if w.watch != nil {
		w.watch.end()
	}
	w.halt()
	w.mine.CloseIdleConnections()
	for _, end := range []func() error{w.provider.Close, w.tenant.Close} {
		if err := end(); err != nil {
			w.t.Error(err)
		}
	}
}

// until lets time pass until a condition holds.
func (w *wired) until(what string, within time.Duration, holds func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(within); !holds(); {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %v: %s; progress %+v", within, what, w.engine.Progress())
		}
		time.Sleep(max(within/200, 50*time.Millisecond)) // the bubble's clock
	}
}

func (w *wired) synced() {
	w.t.Helper()
	w.until("the first sync", time.Hour, func() bool {
		p := w.engine.Progress()
		return p.Running && p.Phase == providers.PhaseChanges
	})
}

// rooms are the addresses of the tenant's rooms.
func (w *wired) rooms() (all []providers.Address) {
	for _, room := range w.tenant.Rooms() {
		all = append(all, providers.Address(strings.ToLower(room.Mailbox)))
	}
	return all
}

// room is the n-th room, from 0.
func (w *wired) room(n int) providers.Address { return w.rooms()[n] }

func (w *wired) String() string { return fmt.Sprintf("%+v", w.engine.Progress()) }

// reset forgets what was logged; what was there is no secret, which is looked at first.
func (l *lockedBuffer) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}
