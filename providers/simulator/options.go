package simulator

import (
	"context"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options describes a simulated tenant. The zero value is a small company.
type Options struct {
	Rooms  int // 0: 40
	People int // 0: 25
	// EventsPerMailbox forces this number of calendarView entries between 7 days
	// back and 30 days ahead for every mailbox. 0 gives a believable week instead.
	EventsPerMailbox int
	Seed             int64
	// Now is the tenant's clock; nil is the real one. The world is laid out
	// around its date at start. Certificates always go by the real clock.
	Now func() time.Time
	// Listen is host:port of the HTTPS listener; "" is 127.0.0.1:0. Anything but
	// a loopback address is refused.
	Listen string
	// Latency is added to every request.
	Latency time.Duration
	// LatencyJitter is added too: an even share of it, the same for the same seed
	// and number of the request.
	LatencyJitter time.Duration
	// LatencyFor replaces Latency for some kinds of requests: "token", "directory",
	// "places", "view", "delta", "schedule", "read" (other reads), "write", "batch".
	LatencyFor map[string]time.Duration
	// Throttle enforces Microsoft's published limits, all of them. Without it the
	// requests are counted against them all the same, see [Tenant.Usage].
	Throttle bool
	// Quota replaces the published limits and enforces them; see [QuotaNamed].
	Quota  *Quota
	Faults []Fault
	// RoomAnswerDelay is how long a room takes to answer a meeting request; 0 is
	// 2 s. It has passed when it has passed on Now or on the real clock.
	RoomAnswerDelay time.Duration
	// Oddities gives the generated organisation what real tenants have too:
	// capacities that are missing or nonsense, names with invisible characters,
	// two rooms with one name; and events with attendees under an Exchange address
	// in place of SMTP, with members of enumerations that no client knows, with
	// zones without a name, and drafts. Such events break the published contract
	// on purpose.
	Oddities bool
	// OnPremisesRooms is how many of the rooms, the last ones, have their mailbox on
	// premises: they are places and answer bookings, but Graph cannot read them.
	OnPremisesRooms int
	// Exchange is the tenant's Exchange Web Services face: "" is none, "online" is
	// Exchange Online's for the tenant's application, "on_premises" a server of the
	// company that has every mailbox, "hybrid" one that has OnPremisesRooms and
	// OnPremisesPeople, or half of the rooms and a fourth of the people where neither is
	// given. Graph reads what is online only.
	Exchange string
	// OnPremisesPeople is how many of the people, the last ones, have their mailbox
	// on premises in a hybrid organisation.
	OnPremisesPeople int
	// HybridFreeBusy lets free/busy of mailboxes on premises be asked for through
	// this tenant, as a federated organisation does.
	HybridFreeBusy bool
	// NoTeams is a tenant whose administrator switched Teams meetings off.
	NoTeams bool
	// TeamsDelay is how long the link of a Teams meeting takes to appear.
	TeamsDelay time.Duration
	// Mistakes switches on set-up mistakes by their number; see [Mistakes].
	Mistakes []int
	// ForeignCA gives the tenant a certificate of another authority than the one
	// that CAPEM names, as a network's inspecting proxy does.
	ForeignCA bool
	// Life is how much happens in the company by itself: 0 nothing, 1 a believable
	// day, at most 100. Meetings arrive, move and are cancelled, people answer, all
	// in minutes of the tenant's clock and the same for the same seed and times.
	Life float64
	// Leavers, Unlicensed, SharedMailboxes and Guests are how many accounts of these
	// kinds there are besides People; 0 is one of each, negative is none. A leaver's
	// series live on in the rooms; see [KindLeaver] and its like.
	Leavers, Unlicensed, SharedMailboxes, Guests int
	// PlaceDelay is how long a written change of a place takes to be seen by
	// reads; 0 is 5 s, negative is none. It has passed when it has passed on Now
	// or on the real clock.
	PlaceDelay time.Duration
	// TokenLife is how long access tokens are good; 0 is an hour less a second.
	TokenLife time.Duration
	// ConsentDelay is how long an administrator's consent takes to reach tokens.
	ConsentDelay time.Duration
	// NotifyDelay is how long changes are collected before subscribers are told;
	// 0 is 300 ms. It has passed when it has passed on Now or on the real clock.
	NotifyDelay time.Duration
	// PlainNotifications lets receivers of notifications be http addresses on
	// loopback. The real service wants https.
	PlainNotifications bool
	// Wrap goes around the HTTPS handler, for checks in tests.
	Wrap        func(http.Handler) http.Handler
	Logger      *slog.Logger
	DisplayName string // "" is "Contoso (demo)"
	Domain      string // "" is "contoso.example"

	// SigningKey signs tokens; nil makes one, which takes a moment.
	SigningKey *rsa.PrivateKey
	// Listener opens the two listeners; nil is the operating system. What it gives
	// must have a loopback address. Tests keep all traffic within the process so.
	Listener func(ctx context.Context, network, address string) (net.Listener, error)
}

// Limits of a tenant's size: beyond them the world no longer fits in memory.
const (
	maxRooms            = 50_000
	maxPeople           = 100_000
	maxEventsPerMailbox = 2_000
)

var domainShape = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

func (o Options) withDefaults() (Options, error) {
	if o.Rooms == 0 {
		o.Rooms = 40
	}
	if o.People == 0 {
		o.People = 25
	}
	if o.Exchange == ExchangeHybrid && o.OnPremisesRooms == 0 && o.OnPremisesPeople == 0 {
		o.OnPremisesRooms, o.OnPremisesPeople = o.Rooms/2, o.People/4
	}
	switch {
	case o.Rooms < 1 || o.Rooms > maxRooms:
		return o, fmt.Errorf("rooms: %d is not between 1 and %d", o.Rooms, maxRooms)
	case o.People < 2 || o.People > maxPeople:
		return o, fmt.Errorf("people: %d is not between 2 and %d", o.People, maxPeople)
	case o.EventsPerMailbox < 0 || o.EventsPerMailbox > maxEventsPerMailbox:
		return o, fmt.Errorf("events per mailbox: %d is not between 0 and %d", o.EventsPerMailbox, maxEventsPerMailbox)
	case !(o.Life >= 0 && o.Life <= maxLife):
		return o, fmt.Errorf("life: %v is not between 0 and %d", o.Life, maxLife)
	case o.TokenLife < 0 || o.ConsentDelay < 0:
		return o, fmt.Errorf("token life %v or consent delay %v is negative", o.TokenLife, o.ConsentDelay)
	case o.Latency < 0 || o.LatencyJitter < 0:
		return o, fmt.Errorf("latency: %v and %v: one is negative", o.Latency, o.LatencyJitter)
	}
	for kind, d := range o.LatencyFor {
		if !slices.Contains(requestKinds, kind) || d < 0 {
			return o, fmt.Errorf("latency: %v for %q, which is none of %q", d, kind, requestKinds)
		}
	}
	if o.Quota != nil {
		if err := o.Quota.Validate(); err != nil {
			return o, err
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if err := checkLoopback(o.Listen); err != nil {
		return o, err
	}
	if o.RoomAnswerDelay == 0 {
		o.RoomAnswerDelay = 2 * time.Second
	}
	if o.PlaceDelay == 0 {
		o.PlaceDelay = 5 * time.Second
	}
	if o.NotifyDelay == 0 {
		o.NotifyDelay = 300 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.DisplayName == "" {
		o.DisplayName = "Contoso (demo)"
	}
	o.Domain = strings.ToLower(o.Domain)
	if o.Domain == "" {
		o.Domain = "contoso.example"
	}
	if !domainShape.MatchString(o.Domain) {
		return o, fmt.Errorf("domain: %q is not a domain name with at least two labels", o.Domain)
	}
	return o, nil
}

// checkLoopback refuses every listen address that could be reached from another
// machine. A name is refused too, except localhost: it could resolve to anything.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("listen address %q: the simulated tenant listens on loopback addresses only, for example 127.0.0.1:0", address)
	}
	return nil
}

// Endpoints is how to reach a running tenant and sign in to it.
type Endpoints struct {
	AuthorityURL  string `json:"authority_url"` // without the tenant
	GraphURL      string `json:"graph_url"`     // without /v1.0
	EWSURL        string `json:"ews_url"`
	ControlURL    string `json:"control_url"`
	TenantID      string `json:"tenant_id"`
	Domain        string `json:"domain"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	SecretID      string `json:"secret_id"`      // the GUID that people paste by mistake
	ExpiredSecret string `json:"expired_secret"` // was right once
	Organizer     string `json:"organizer"`      // a mailbox with Teams
	TestMailbox   string `json:"test_mailbox"`
	// For people who sign in: the application, one password for everybody, a
	// person, a Global Administrator, and somebody of another tenant.
	PublicClientID  string `json:"public_client_id"`
	UserPassword    string `json:"user_password"`
	User            string `json:"user"`
	Admin           string `json:"admin"`
	OtherTenantUser string `json:"other_tenant_user"`
	CAFile          string `json:"ca_file"` // "" until WriteDir
	// For Exchange Web Services: the service account, as principal name and as
	// DOMAIN\name, and its password.
	ExchangeAccount  string `json:"exchange_account"`
	ExchangeLogin    string `json:"exchange_login"`
	ExchangePassword string `json:"exchange_password"`
	CAPEM            []byte `json:"-"`
}
