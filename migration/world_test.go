package migration_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"roomdesk/migration"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
	"roomdesk/providers/graph/typed"
	"roomdesk/providers/hybrid"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// signingKey is one for all tenants of a run: making one takes a moment.
var signingKey = stdsync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// start runs a tenant in Exchange Online that both faces show: the old one, which its
// application may still use, and Graph.
func start(t testing.TB, o simulator.Options) *simulator.Tenant {
	t.Helper()
	key, err := signingKey()
	if err != nil {
		t.Fatal(err)
	}
	o.SigningKey, o.Exchange = key, simulator.ExchangeOnline
	if o.RoomAnswerDelay == 0 {
		o.RoomAnswerDelay = time.Millisecond
	}
	tenant, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	settings, _ := tenant.ExchangeSettings()
	on := true
	settings.EWSEnabled, settings.AllowedApps = &on, []string{tenant.Endpoints().ClientID}
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
	return tenant
}

const audience = "https://outlook.office365.com"

// tokens signs the tenant's application in to Exchange Online, anew at each refusal.
type tokens struct {
	at   simulator.Endpoints
	pool *x509.CertPool
	mu   stdsync.Mutex
	held string
}

func (s *tokens) Token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != "" && s.held != refused {
		return s.held, nil
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.pool}}}
	defer client.CloseIdleConnections()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.at.ClientID}, "client_secret": {s.at.ClientSecret}, "scope": {audience + "/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.at.AuthorityURL+"/"+s.at.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
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
	s.held = answer.Token
	return s.held, nil
}

// connections are both sides of the organisation.
func connections(at simulator.Endpoints, ca []byte) (old *ews.Provider, fresh *graph.Provider, err error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, nil, errors.New("the simulated tenant gives no CA")
	}
	if fresh, err = graph.New(graph.Config{
		TenantID: at.TenantID, ClientID: at.ClientID, ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, RootCAs: pool, Objects: typed.New,
	}); err != nil {
		return nil, nil, err
	}
	old, err = ews.New(ews.Config{
		URL: at.EWSURL, TestMailbox: providers.Address(at.Organizer), RootCAs: pool, Token: &tokens{at: at, pool: pool}, Audience: audience, Online: true,
		TenantID: at.TenantID, Domains: []string{at.Domain},
	})
	return old, fresh, err
}

// organisation is all that a running program has of it.
type organisation struct {
	old     *ews.Provider
	fresh   *graph.Provider
	both    *hybrid.Organisation
	homes   hybrid.Homes
	store   *store.Store
	engine  *sync.Engine
	mover   *migration.Mover
	changed stdsync.Map // mailboxes that were told as changed
}

// open opens the organisation's store, as a start of the program does.
func open(at simulator.Endpoints, ca []byte, file string, change func(*migration.Options)) (o *organisation, err error) {
	ctx := context.Background()
	o = &organisation{homes: hybrid.NewHomes()}
	if o.old, o.fresh, err = connections(at, ca); err != nil {
		return nil, err
	}
	if o.store, err = store.Open(ctx, store.Options{Path: file, Tenant: at.TenantID}); err != nil {
		return nil, err
	}
	known, err := o.store.Homes(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range known {
		o.homes.Learn(h)
	}
	o.both = hybrid.New(hybrid.Options{
		First:  hybrid.Part{Provider: o.old, Name: ews.Name, Where: "in the cloud", Cursor: ews.OwnCursor},
		Second: hybrid.Part{Provider: o.fresh, Name: "graph", Where: "in the cloud", Details: true, Cursor: graph.OwnCursor}, TenantID: at.TenantID, Homes: o.homes,
	})
	o.engine = sync.New(sync.Options{Store: o.store, Source: o.both, AllPeople: true, Nearest: -1})
	options := migration.Options{
		Store: o.store, From: migration.Side{Connection: "old", Provider: ews.Name, Source: o.old}, To: migration.Side{Connection: "contoso", Provider: "graph", Source: o.fresh},
		Moved: func(h providers.Home) { o.homes.Learn(h) }, Changed: o.tell,
	}
	if change != nil {
		change(&options)
	}
	o.mover = migration.New(options)
	return o, nil
}

func (o *organisation) tell(mailboxes ...providers.Address) {
	for _, mailbox := range mailboxes {
		o.changed.Store(mailbox, true)
	}
}

// told lists the mailboxes that were told as changed, and forgets them.
func (o *organisation) told() (all []providers.Address) {
	o.changed.Range(func(mailbox, _ any) bool {
		all = append(all, mailbox.(providers.Address))
		o.changed.Delete(mailbox)
		return true
	})
	slices.Sort(all)
	return all
}

func (o *organisation) close() error {
	return errors.Join(o.mover.Close(), o.store.Close(), o.old.Close(), o.fresh.Close())
}

// migrating opens an organisation in a directory of its own and reads it whole through
// the old side.
func migrating(t testing.TB, tenant *simulator.Tenant, change func(*migration.Options)) *organisation {
	t.Helper()
	o, err := open(tenant.Endpoints(), tenant.Endpoints().CAPEM, filepath.Join(t.TempDir(), "data", "store.db"), change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.close(); err != nil {
			t.Error(err)
		}
	})
	o.sync(t)
	return o
}

// sync reads all that is due.
func (o *organisation) sync(t testing.TB) sync.Result {
	t.Helper()
	result, err := o.engine.Once(t.Context(), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, failed := range result.Failed {
		if failed.Problem.Class == providers.NoMailbox { // accounts without a licence
			continue
		}
		t.Errorf("%s cannot be read: %v", failed.Mailbox, failed.Problem)
	}
	return result
}

// wait returns the journal once nothing is at work.
func (o *organisation) wait(t testing.TB) providers.Migration {
	t.Helper()
	if err := o.mover.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	j, ok, err := o.mover.Migration(t.Context())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return j
}

// done waits for what was begun.
func (o *organisation) done(t testing.TB) func(providers.Migration, error) providers.Migration {
	t.Helper()
	return func(_ providers.Migration, err error) providers.Migration {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return o.wait(t)
	}
}

// content is what the mirror holds in the promised days: how many entries of each
// mailbox, and the hash of their normalised records.
func (o *organisation) content(t testing.TB) map[providers.Address]string {
	t.Helper()
	boxes, err := o.store.Mailboxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	day := time.Now().UTC().Truncate(24 * time.Hour)
	days := providers.Interval{Start: day.AddDate(0, 0, -6), End: day.AddDate(0, 0, 59)}
	all := map[providers.Address]string{}
	for _, box := range boxes {
		if !box.Complete() {
			continue
		}
		events, err := o.store.Events(t.Context(), box.Address, days)
		if err != nil {
			t.Fatalf("%s: %v", box.Address, err)
		}
		all[box.Address] = migration.ContentHash(events) + " " + itoa(len(events))
	}
	return all
}

func itoa(n int) string { raw, _ := json.Marshal(n); return string(raw) }
