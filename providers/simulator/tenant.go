package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"roomdesk/providers/simulator/entra"
	"roomdesk/providers/simulator/exchange"
)

// Tenant is a running simulated tenant. Its methods are safe for concurrent use.
type Tenant struct {
	options   Options
	endpoints Endpoints
	clock     *Clock
	dateOff   atomic.Int64 // how far the Date header is off, nanoseconds
	zones     *zoneTable
	world     *world
	places    *placeStore
	checkins  checkInStore
	releasing []releasingRoom // guarded by mu
	maps      mapStore

	subscriptions subscriptionStore
	notifier      notifier
	receivers     *http.Client
	ending        context.Context // ends with the tenant, for calls that go out
	end           context.CancelFunc

	directory *entra.Directory
	tokenKey  []byte // signs delta and skip tokens
	started   time.Time
	holidays  map[string][]*event

	mu      sync.RWMutex // guards every mailbox's calendar and pending
	pending []*pendingAnswer
	life    life
	lived   atomic.Int64 // see [Tenant.present]
	uids    uint64       // of events made since start

	ledger   *ledger
	throttle *throttle
	faults   *faultSet
	policy   *accessPolicies
	clientID string // of the tenant's application, as it really is
	objectID string // of its service principal
	mistakes struct {
		mu        sync.Mutex
		list      []Mistake
		endpoints []func(*Endpoints) // made at start, fixed then
	}
	exchange *exchange.Server // nil: the tenant has no Exchange face
	noTeams  atomic.Bool      // switched off for the whole tenant
	reasons  reasons          // why rooms answered as they did

	twinOnce sync.Once
	twin     *Tenant // see [Tenant.another]

	server   *http.Server
	control  *http.Server
	done     chan struct{} // closed by Close: lets hanging answers go
	serving  sync.WaitGroup
	close    sync.Once
	closeErr error
}

// Start makes the tenant's world and serves it until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Tenant, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("simulated tenant: %w", err)
	}
	clock := clockOver(o.Now)
	o.Now = clock.Now
	t := &Tenant{
		clock: clock, options: o, zones: newZoneTable(), tokenKey: make([]byte, 32), started: o.Now().UTC(),
		ledger: newLedger(), throttle: newThrottle(o), done: make(chan struct{}),
	}
	t.ending, t.end = context.WithCancel(context.WithoutCancel(ctx))
	t.receivers = newReceiverClient(receiverTimeout)
	t.notifier.wake, t.notifier.busy = make(chan struct{}, 1), map[string]bool{}
	if t.faults, err = newFaultSet(o.Faults, o.Now); err != nil {
		return nil, fmt.Errorf("simulated tenant: %w", err)
	}
	if _, err := rand.Read(t.tokenKey); err != nil {
		return nil, fmt.Errorf("simulated tenant: %w", err)
	}
	if err := t.build(); err != nil {
		return nil, fmt.Errorf("simulated tenant: %w", err)
	}
	if o.Life > 0 {
		t.life.add(lifeRate{0, o.Life})
	}
	clock.jumped = t.jumped
	if err := t.listen(ctx); err != nil {
		return nil, fmt.Errorf("simulated tenant: %w", err)
	}
	return t, nil
}

// build makes the world.
func (t *Tenant) build() error {
	t.noTeams.Store(t.options.NoTeams)
	t.policy = &accessPolicies{seed: t.options.Seed}
	t.world = newWorld(t.options, t.zones)
	t.places = newPlaces(t.world, t.options)
	t.seedMap()
	t.world.share()
	t.holidays = makeHolidays(t.world, t.started)
	clock := func() int64 { return t.present().Unix() }
	for _, c := range t.world.cells {
		c.now = clock
		c.settleIn(t.started)
	}
	return t.partWays()
}

// listen opens both listeners and serves them.
func (t *Tenant) listen(ctx context.Context) error {
	open := t.options.Listener
	if open == nil {
		open = new(net.ListenConfig).Listen
	}
	listener, err := open(ctx, "tcp", t.options.Listen)
	if err != nil {
		return err
	}
	control, err := open(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err == nil && !net.ParseIP(host).IsLoopback() {
		err = fmt.Errorf("%s is no loopback address", host)
	}
	var shown *certificates
	if err == nil {
		shown, err = issueCertificates(host, t.exchangeNames()...)
	}
	root := "https://" + net.JoinHostPort(host, port)
	if err == nil && t.options.ForeignCA {
		_, shown.caPEM, err = newAuthority(time.Now())
	}
	if err == nil {
		err = t.register(root)
	}
	if err == nil {
		err = t.startExchange(root, shown.good.Certificate[0])
	}
	if err == nil {
		err = t.spoilSetUp()
	}
	if err != nil {
		return errors.Join(err, listener.Close(), control.Close())
	}
	t.endpoints.CAPEM = shown.caPEM
	t.endpoints.ControlURL = "http://" + control.Addr().String()

	var handler http.Handler = http.HandlerFunc(t.serve)
	if t.options.Wrap != nil {
		handler = t.options.Wrap(handler)
	}
	quiet := log.New(slogWriter{t.options.Logger}, "", 0)
	t.server = &http.Server{
		Handler: handler, ErrorLog: quiet, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 3 * time.Minute,
	}
	configure(t.server)
	t.control = &http.Server{Handler: t.controlHandler(), ErrorLog: quiet, ReadHeaderTimeout: 30 * time.Second}
	t.serving.Go(t.notify)
	t.serving.Go(func() { // the signing key takes a moment; the first sign-in needs it
		if err := t.directory.Prepare(); err != nil {
			t.options.Logger.Error("no signing key", "error", err)
		}
	})
	t.serving.Go(func() {
		if err := t.server.Serve(tlsListener{listener, t.tlsConfig(shown)}); !errors.Is(err, http.ErrServerClosed) {
			t.options.Logger.Error("simulated tenant stopped", "error", err)
		}
	})
	t.serving.Go(func() {
		if err := t.control.Serve(control); !errors.Is(err, http.ErrServerClosed) {
			t.options.Logger.Error("control address stopped", "error", err)
		}
	})
	t.serving.Go(func() {
		select {
		case <-ctx.Done():
			t.shut()
		case <-t.done:
		}
	})
	return nil
}

// grantedRoles are the application permissions of the tenant's application.
var grantedRoles = []string{"Calendars.ReadWrite", "MailboxSettings.Read", "Organization.Read.All", "Place.Read.All", "User.Read.All"}

// register sets the tenant up in the directory. The credentials are new at each
// start; only the world is deterministic.
func (t *Tenant) register(root string) error {
	r := rng(t.options.Seed, "tenant", 0)
	e := &t.endpoints
	e.AuthorityURL, e.GraphURL, e.EWSURL = root, root, root+"/EWS/Exchange.asmx"
	e.TenantID, e.ClientID = guidText(newGUID(r)), guidText(newGUID(r))
	e.Domain, e.SecretID = t.options.Domain, guidText(newGUID(r))
	e.Organizer, e.TestMailbox = t.world.people[0].contact.address, t.world.people[1].contact.address
	var err error
	if e.ClientSecret, err = newSecret(); err != nil {
		return err
	}
	if e.ExpiredSecret, err = newSecret(); err != nil {
		return err
	}
	if err = t.people(e); err != nil {
		return err
	}
	applicationID := guidText(newGUID(r))
	t.clientID, t.objectID = e.ClientID, applicationID
	expiredID := guidText(newGUID(r))
	e.PublicClientID = guidText(newGUID(r))
	t.directory, err = entra.New(entra.Options{
		TenantID: e.TenantID, TenantName: t.options.DisplayName, Domain: e.Domain, Aliases: []string{t.initialDomain()}, Now: t.options.Now, Key: t.options.SigningKey,
		AuthorityURL:  func() string { return root },
		GraphAudience: func() string { return root },
		TokenLife:     t.options.TokenLife, ConsentDelay: t.options.ConsentDelay, FindUser: t.findAccount,
		Foreign: []entra.User{{ObjectID: guidText(newGUID(r)), Name: e.OtherTenantUser, DisplayName: "Visitor", Password: e.UserPassword}},
		Applications: []entra.Application{{
			ClientID: e.ClientID, ObjectID: applicationID, DisplayName: "roomdesk", Permissions: grantedRoles, Roles: grantedRoles,
			ExchangeRoles: t.exchangeRoles(),
			RedirectURIs:  []string{consentReturn},
			Secrets: []entra.Secret{
				{ID: e.SecretID, Value: e.ClientSecret, Expires: t.started.AddDate(0, 6, 0)},
				{ID: expiredID, Value: e.ExpiredSecret, Expires: t.started.AddDate(0, 0, -3)},
			},
		}, publicApplication(e.PublicClientID, guidText(newGUID(r)))},
	})
	return err
}

// newSecret makes a value of the shape that Entra hands out: 40 characters with
// a tilde. None begins like a flag, which programs would take it for.
func newSecret() (string, error) {
	var b [30]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	s := base64.RawURLEncoding.EncodeToString(b[:])
	return strings.Replace(s[:1], "-", "x", 1) + s[1:3] + "8Q~" + s[6:], nil
}

// Endpoints says how to reach the tenant and sign in, with the mistakes that
// Options.Mistakes put into it.
func (t *Tenant) Endpoints() Endpoints {
	e := t.endpoints
	for _, spoil := range t.mistakes.endpoints {
		spoil(&e)
	}
	return e
}

// Directory is the sign-in side, for tests that take a permission away or rotate
// a secret.
func (t *Tenant) Directory() *entra.Directory { return t.directory }

// Close ends all connections and waits until nothing of the tenant runs any more.
func (t *Tenant) Close() error {
	t.shut()
	t.serving.Wait()
	return t.closeErr
}

func (t *Tenant) shut() {
	t.close.Do(func() {
		close(t.done)
		t.end()
		t.receivers.CloseIdleConnections()
		t.closeErr = errors.Join(t.server.Close(), t.control.Close())
	})
}

const signatureBytes = 12

// sign gives a short signature of a token's content.
func (t *Tenant) sign(content []byte) []byte {
	mac := hmac.New(sha256.New, t.tokenKey)
	mac.Write(content)
	return mac.Sum(nil)[:signatureBytes]
}

// slogWriter sends the HTTP server's complaints, for example of a client that
// does not trust the CA, to the log.
type slogWriter struct{ logger *slog.Logger }

func (w slogWriter) Write(b []byte) (int, error) {
	w.logger.Debug("simulated tenant", "server", string(b))
	return len(b), nil
}

// RoomInfo is what a test may know of a room that Graph does not tell.
type RoomInfo struct {
	Mailbox  string
	Name     string
	Building string
	List     string // address of its room list
	Policy   RoomPolicy
}

// RoomPolicy is how a room answers meeting requests.
type RoomPolicy = policy

// Rooms lists the tenant's rooms in the order in which Graph lists them.
func (t *Tenant) Rooms() []RoomInfo {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]RoomInfo, len(t.world.rooms))
	for i, m := range t.world.rooms {
		out[i] = RoomInfo{Mailbox: m.contact.address, Name: m.contact.name, Building: m.room.building.name,
			List: m.room.building.list.address, Policy: m.room.policy}
	}
	return out
}

// PersonInfo is what a test may know of a person.
type PersonInfo struct {
	Mailbox string
	Name    string
	Teams   bool
}

// People lists the tenant's people.
func (t *Tenant) People() []PersonInfo {
	out := make([]PersonInfo, len(t.world.people))
	for i, m := range t.world.people {
		out[i] = PersonInfo{Mailbox: m.contact.address, Name: m.contact.name, Teams: m.person.teams}
	}
	return out
}
