package ews

import (
	"context"
	"sync"
	"time"

	"roomdesk/providers"
)

// Name is what this provider is called in configurations and answers.
const Name = "ews"

// Provider is one connection to an Exchange organisation. All methods are safe for
// concurrent use.
type Provider struct {
	config Config
	engine *engine
	making flights
	hints  hintStats

	mu      sync.Mutex
	manners map[providers.Address]kept[manner]
	rooms   kept[map[providers.Address]bool]
	access  kept[providers.Access]
	closed  sync.Once
}

// kept is something found out, and when.
type kept[T any] struct {
	value T
	at    time.Time
}

// keepFor is how long what was found out about a mailbox is believed.
const keepFor = time.Hour

// New prepares a connection. It checks the configuration and touches no network.
func New(config Config) (*Provider, error) {
	at, err := config.check()
	if err != nil {
		return nil, err
	}
	if len(config.Domains) == 0 {
		for _, own := range []providers.Address{config.Account, config.TestMailbox} {
			if own != "" {
				config.Domains = []string{own.Domain()}
				break
			}
		}
	}
	return &Provider{config: config, engine: newEngine(config, at), manners: map[providers.Address]kept[manner]{}}, nil
}

// Close ends the idle connections. Requests in flight end with class Cancelled.
func (p *Provider) Close() error {
	p.closed.Do(p.engine.close)
	return nil
}

// Online reports whether the connection is one to Exchange Online, which ends it on
// [EndOfOnline].
func (p *Provider) Online() bool { return p.engine.online }

// Stats is what the connection did since it was made.
type Stats struct {
	Requests int64 // attempts that left
	// Throttled counts answers that asked to wait; Waited is the time that requests
	// spent waiting for a slot or for that.
	Throttled   int64
	Waited      time.Duration
	PausedUntil time.Time // of the whole account; zero: no pause
	InFlight    int
	Limit       int // of requests in flight, as adapted
}

// Stats is a snapshot of the counters.
func (p *Provider) Stats() Stats {
	s := Stats{Requests: p.engine.requests.Load()}
	p.engine.gate.fill(&s)
	return s
}

func (p *Provider) now() time.Time { return p.engine.now() }

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
