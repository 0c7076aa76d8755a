package boundary

import (
	"context"
	"sync"
	"time"

	"roomdesk/audit"
	"roomdesk/providers"
)

// Provider is a connection to a tenant as a provider makes it.
type Provider interface {
	// Capabilities is what the connection is known to allow. It may sign in, and asks
	// nothing else of the network.
	Capabilities(ctx context.Context) (providers.Capabilities, error)
	Identify(ctx context.Context) (providers.Identity, error)
	Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error)
	People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
	Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error
	Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error)
	FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error)
	FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error)
	SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error)
	audit.Writer
	Close() error
}

// Limits are what holds for a connection whatever its tenant allows.
type Limits struct {
	Role providers.Role
	// Level is the level of access that was chosen; "" is all that the tenant allows.
	Level providers.AccessLevel
}

// Tenant is a tenant within limits. All methods are safe for concurrent use.
type Tenant struct {
	to     Provider
	writes *audit.Watched
	limits func() Limits

	mu    sync.Mutex
	known providers.Capabilities // as they were last seen; zero: not yet
}

// New puts limits and the trail before a provider. limits is asked before each write,
// so that a role that is taken away holds at once; nil is the least role.
func New(to Provider, limits func() Limits, trail *audit.Log) *Tenant {
	if limits == nil {
		limits = func() Limits { return Limits{} }
	}
	t := &Tenant{to: to, limits: limits}
	t.writes = audit.Watch(to, t.Permit, trail)
	return t
}

// Access is what role, chosen level and the tenant allow together, as far as that is
// known without asking anybody.
func (t *Tenant) Access() providers.Access {
	limits := t.limits()
	return limits.Role.Access().With(providers.LevelAccess(limits.Level)).With(providers.ConnectionAccess(t.last().Within(limits.Level)))
}

// Refuses says why role or chosen level do not allow a verb, without asking anybody.
func (t *Tenant) Refuses(verb providers.Verb) error {
	limits := t.limits()
	advice, why := "an administrator changes it with roomdesk role", limits.Role.Refuses(verb)
	if why == "" {
		advice, why = "an administrator changes it: access in the configuration", providers.LevelAccess(limits.Level).Refuses(verb)
	}
	if why == "" {
		return nil
	}
	return &providers.Error{Class: providers.NotAllowed, Op: doing(verb), Message: providers.Outside(why), Advice: advice}
}

// Capabilities is what the connection allows within the limits. It may sign in, and
// asks nothing else.
func (t *Tenant) Capabilities(ctx context.Context) (providers.Capabilities, error) {
	have, err := t.capabilities(ctx)
	return have.Within(t.limits().Level), err
}

// Permit says why something must not be done: an error of class NotAllowed.
func (t *Tenant) Permit(ctx context.Context, verb providers.Verb, mailbox providers.Address) error {
	if err := t.Refuses(verb); err != nil {
		return err
	}
	have, err := t.capabilities(ctx)
	if err != nil {
		return nil // where nobody can tell now, the tenant says it itself
	}
	if why := providers.ConnectionAccess(have).Refuses(verb); why != "" {
		return &providers.Error{Class: providers.NotAllowed, Op: doing(verb), Mailbox: mailbox, Message: providers.Outside(why), Advice: "an administrator grants it: see roomdesk permissions"}
	}
	return nil
}

// doing is a verb in the words of an error.
func doing(v providers.Verb) string {
	if words, ok := map[providers.Verb]string{
		providers.VerbBook: "booking", providers.VerbChange: "changing the meeting", providers.VerbCancel: "cancelling", providers.VerbRelocate: "moving meetings",
		providers.VerbTeams: "making a Teams meeting", providers.VerbEvents: "reading meetings", providers.VerbDetails: "reading meetings", providers.VerbExport: "exporting",
		providers.VerbAdminister: "connections",
	}[v]; ok {
		return words
	}
	return string(v)
}

func (t *Tenant) last() providers.Capabilities {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known
}

func (t *Tenant) saw(c providers.Capabilities) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = c
}

func (t *Tenant) capabilities(ctx context.Context) (providers.Capabilities, error) {
	have, err := t.to.Capabilities(ctx)
	if err != nil {
		return have, err
	}
	t.saw(have)
	return have, nil
}

// mayLook refuses to read meetings where only free/busy may be seen. It is no refusal
// of the mailbox, so that its class is Unsupported.
func (t *Tenant) mayLook(ctx context.Context, op string, mailbox providers.Address) error {
	level := t.limits().Level
	if level != providers.FreeBusyAccess {
		have, err := t.capabilities(ctx)
		if err != nil {
			return err
		}
		level = have.Access
	}
	why := providers.LevelAccess(level).Refuses(providers.VerbEvents)
	if why == "" {
		return nil
	}
	return &providers.Error{Class: providers.Unsupported, Op: op, Mailbox: mailbox, Message: providers.Outside(why), Advice: "its free/busy is read instead"}
}
