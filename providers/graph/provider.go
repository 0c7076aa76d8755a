package graph

import (
	"context"
	"sync"
	"time"

	"roomdesk/providers"
)

// Provider is one connection to a tenant. All methods are safe for concurrent
// use.
type Provider struct {
	config  Config
	roots   roots
	engine  *engine
	objects Objects // nil: read only

	places  placesKnown
	anchors anchors
	closed  sync.Once
}

// New prepares a connection. It checks the configuration and touches no network.
func New(config Config) (*Provider, error) {
	if err := CheckTenant(config.TenantID); err != nil {
		return nil, err
	}
	if err := CheckClientID(config.ClientID); err != nil {
		return nil, err
	}
	if config.Credentials == nil {
		config.Credentials = secretOnly(config.ClientSecret)
	}
	if config.Credentials == nil && config.Person == nil {
		return nil, badConfig("no source of the application's credential is given")
	}
	roots, err := config.roots()
	if err != nil {
		return nil, err
	}
	p := &Provider{config: config, roots: roots}
	if p.engine, err = newEngine(config, roots); err != nil {
		return nil, err
	}
	if config.Objects != nil {
		p.objects = config.Objects(Authorised{BaseURL: roots.graph.String(), Client: p.engine.client()})
	}
	return p, nil
}

// Used is the credential of the last sign-in that succeeded; false before.
func (p *Provider) Used() (Credential, bool) { return p.engine.tokens.usedCredential() }

// Close ends the background work and the idle connections. Requests in flight
// end with class Cancelled.
func (p *Provider) Close() error {
	p.closed.Do(p.engine.close)
	return nil
}

// Stats is what the connection did since it was made.
type Stats struct {
	Requests int64 // attempts that left
	// Throttled counts answers that asked to wait; Waited is the time that
	// requests spent waiting for that.
	Throttled int64
	Waited    time.Duration
	// PausedUntil is the end of a pause of the whole connection that the service
	// asked for; zero: none.
	PausedUntil time.Time
	InFlight    int
	Limit       int // of requests in flight, as adapted
}

// Stats is a snapshot of the counters.
func (p *Provider) Stats() Stats { return p.engine.stats() }

func (p *Provider) now() time.Time { return p.engine.now() }

// readOnly explains why nothing can be written.
func readOnly(op string) error {
	return &providers.Error{Class: providers.Unsupported, Op: op,
		Message: providers.Outside("this connection was made for reading only")}
}

var _ interface {
	Identify(context.Context) (providers.Identity, error)
	Rooms(context.Context, func([]providers.Room) error) (providers.Listing, error)
	People(context.Context, func([]providers.Person) error) (providers.Listing, error)
	Calendars(context.Context, providers.Address) ([]providers.Calendar, error)
	Changes(context.Context, providers.ChangesRequest, func(providers.ChangePage) error) error
	Availability(context.Context, []providers.Address, providers.Interval) ([]providers.Availability, error)
	Event(context.Context, providers.Address, string) (providers.Event, error)
	FindEvent(context.Context, providers.Address, string, providers.Interval) (providers.Event, bool, error)
	CreateEvent(context.Context, providers.EventDraft) (providers.Event, error)
	ChangeEvent(context.Context, providers.Address, string, string, providers.EventChange) (providers.Event, error)
	CancelEvent(context.Context, providers.Address, string, string) error
	DeleteEvent(context.Context, providers.Address, string) error
	FindSeries(context.Context, providers.Address, string, time.Time) (providers.Event, bool, error)
	SeriesDates(context.Context, providers.Address, string, providers.Interval) ([]providers.Event, error)
	Stats() Stats
} = (*Provider)(nil)
