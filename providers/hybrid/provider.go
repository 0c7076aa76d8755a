package hybrid

import (
	"context"
	"errors"
	"sync"
	"time"

	"roomdesk/providers"
)

// Provider is what a part can do: all that a connection to a tenant can.
type Provider interface {
	Capabilities(ctx context.Context) (providers.Capabilities, error)
	Identify(ctx context.Context) (providers.Identity, error)
	Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error)
	People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
	Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error
	Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error)
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error)
	CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error)
	ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error)
	CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error
	DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error
	FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error)
	SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error)
	Close() error
}

// Part is one connection of an organisation.
type Part struct {
	Provider Provider
	// Name is the provider's, as in [providers.Room.Provider]: "graph" or "ews".
	Name string
	// Where says in words where its mailboxes are: "in the cloud", "on premises".
	Where string
	// Cursor reports whether a reading position is one of this provider's; nil: it says
	// so itself, without a request.
	Cursor func(text string) bool
	// Details says that its lists have more than names and addresses: where both
	// list a room, texts come from the part with details.
	Details bool
	// Level is the level of access that was chosen for the connection; "" is all.
	Level func() providers.AccessLevel
}

// Homes remembers where mailboxes live. Methods are called from many goroutines.
type Homes interface {
	// Home is where a mailbox lives, as far as it is known.
	Home(mailbox providers.Address) (providers.Home, bool)
	// Learn remembers homes. One that a migration gave stays whatever is learnt.
	Learn(homes ...providers.Home)
}

// Options are what an organisation is composed of.
type Options struct {
	// First is the connection whose tenant the organisation goes by, and which is asked
	// where a home is not known.
	First, Second Part
	// TenantID is the first connection's; "" where it was never asked.
	TenantID string
	Homes    Homes            // nil: forgotten at the end
	Now      func() time.Time // nil: time.Now
}

// Organisation is a provider of the mailboxes of both parts. All methods are safe for
// concurrent use.
type Organisation struct {
	parts  [2]Part
	gates  [2]gate
	tenant string
	homes  Homes
	now    func() time.Time

	mu sync.Mutex
	// vain is when neither part had a mailbox, flipped when its home was learnt anew.
	vain, flipped map[providers.Address]time.Time
}

// New composes two connections.
func New(o Options) *Organisation {
	h := &Organisation{parts: [2]Part{o.First, o.Second}, tenant: o.TenantID, homes: o.Homes, now: o.Now, vain: map[providers.Address]time.Time{}, flipped: map[providers.Address]time.Time{}}
	if h.homes == nil {
		h.homes = NewHomes()
	}
	if h.now == nil {
		h.now = time.Now
	}
	for i := range h.parts {
		h.parts[i].Provider = guarded{h.parts[i].Provider, &h.gates[i], &h.gates[1-i], h.now}
	}
	return h
}

// Close ends both connections.
func (h *Organisation) Close() error {
	return errors.Join(h.parts[0].Provider.Close(), h.parts[1].Provider.Close())
}

// Identify asks both who they are. The tenant is the first connection's; where only one
// answers, it speaks for both.
func (h *Organisation) Identify(ctx context.Context) (providers.Identity, error) {
	found, errs := both(ctx, h, func(ctx context.Context, i int) (providers.Identity, error) { return h.parts[i].Provider.Identify(ctx) })
	if errs[0] != nil && errs[1] != nil {
		return providers.Identity{}, ofBoth(errs[0])
	}
	whole, other := found[0], found[1]
	if errs[0] != nil {
		whole, other = other, providers.Identity{}
		whole.TenantID = ""
	}
	if h.tenant != "" && whole.TenantID == "" {
		whole.TenantID = h.tenant
	}
	whole.Provider = h.parts[0].Name + "+" + h.parts[1].Name
	for _, domain := range other.Domains {
		whole.Domains = with(whole.Domains, domain)
	}
	whole.Permissions = append(whole.Permissions[:len(whole.Permissions):len(whole.Permissions)], other.Permissions...)
	whole.Capabilities = h.joined([2]providers.Capabilities{found[0].Capabilities, found[1].Capabilities}, errs)
	return whole, nil
}

// Capabilities are what at least one part allows: what a single mailbox allows is
// asked of its home. Both may sign in.
func (h *Organisation) Capabilities(ctx context.Context) (providers.Capabilities, error) {
	found, errs := both(ctx, h, func(ctx context.Context, i int) (providers.Capabilities, error) {
		return h.parts[i].Provider.Capabilities(ctx)
	})
	if errs[0] != nil && errs[1] != nil {
		return providers.Capabilities{}, ofBoth(errs[0])
	}
	return h.joined(found, errs), nil
}

// joined are the capabilities of those parts that answered, together.
func (h *Organisation) joined(found [2]providers.Capabilities, errs [2]error) providers.Capabilities {
	for i := range found {
		found[i] = h.parts[i].within(found[i])
	}
	switch {
	case errs[0] != nil:
		return found[1]
	case errs[1] != nil:
		return found[0]
	}
	a, b := found[0], found[1]
	if levelOrder(b.Access) > levelOrder(a.Access) {
		a.Access = b.Access
	}
	if a.Write = a.Write || b.Write; a.Write {
		a.WriteWhy = providers.Outside("")
	}
	if a.Teams = a.Teams || b.Teams; a.Teams {
		a.TeamsWhy = providers.Outside("")
	}
	a.Delta = a.Delta && b.Delta
	a.MaxMailbox = min(a.MaxMailbox, b.MaxMailbox)
	return a
}

func levelOrder(l providers.AccessLevel) int {
	for i, known := range append([]providers.AccessLevel{providers.NoAccess}, providers.Levels()...) {
		if l == known {
			return i
		}
	}
	return -1
}

// within lowers capabilities to the level that was chosen for the part.
func (p Part) within(c providers.Capabilities) providers.Capabilities {
	if p.Level == nil {
		return c
	}
	return c.Within(p.Level())
}

// both asks the parts side by side.
func both[T any](ctx context.Context, h *Organisation, ask func(context.Context, int) (T, error)) (found [2]T, errs [2]error) {
	var group sync.WaitGroup
	for i := range h.parts {
		group.Go(func() { found[i], errs[i] = ask(ctx, i) })
	}
	group.Wait()
	return found, errs
}

func with(list []string, one string) []string {
	for _, have := range list {
		if have == one {
			return list
		}
	}
	return append(list[:len(list):len(list)], one)
}
