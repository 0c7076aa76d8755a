package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"roomdesk/audit"
	"roomdesk/boundary"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/hybrid"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// Bounds of age within which a command answers from the mirror without asking
// the tenant.
const (
	directoryBound = time.Hour       // rooms and people
	calendarBound  = 2 * time.Minute // events of a mailbox
)

// session is one connection, or an organisation of two, opened: its mirror and its
// provider.
type session struct {
	app        *app
	connection keystore.Connection
	store      *store.Store
	provider   *boundary.Tenant
	members    []part               // the connections of the organisation; connection is the first
	whole      *hybrid.Organisation // of two connections; nil: there is one
	homes      *storedHomes         // where mailboxes live, of an organisation with two
	intervals  sync.Intervals       // zero: the defaults
	trail      *audit.Log
	next       string                 // which console is wanted after this one
	can        providers.Capabilities // what the token allows; zero before somebody signed in
	// eraseAtEnd: the mirror goes once the session is closed.
	eraseAtEnd atomic.Bool
}

// open picks the connection and opens its mirror. Nothing is sent yet.
func (a *app) open(ctx context.Context) (*session, error) {
	config, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	connection, err := a.pick(config)
	if err != nil {
		return nil, err
	}
	return a.openConfigured(ctx, config, connection)
}

// openSession opens one connection by itself.
func (a *app) openSession(ctx context.Context, c keystore.Connection, mirror string, source credentials) (*session, error) {
	return a.openMembers(ctx, mirror, member{c, source})
}

// openMembers opens connections of one organisation with the first one's mirror.
func (a *app) openMembers(ctx context.Context, mirror string, members ...member) (*session, error) {
	c := members[0].connection
	if err := a.renewMirror(c, mirror); err != nil {
		return nil, err
	}
	homes := &storedHomes{app: a}
	provider, parts, whole, err := a.compose(members, homes)
	if err != nil {
		return nil, asUsage(err)
	}
	trail := a.trail(a.auditPath(c, mirror), c)
	mirrored, err := store.Open(ctx, store.Options{Path: mirror, Tenant: tenantOf(c), Location: zoneLocation, Now: a.deps.Now, Logger: a.log})
	if err != nil {
		return nil, errors.Join(err, provider.Close())
	}
	homes.store = mirrored
	if sentence := mirrored.Report().Sentence(); sentence != "" {
		a.out.say("%s", sentence)
	}
	for _, m := range members { // one that is left keeps the organisation going
		if m.connection.Disconnected == nil {
			c.Disconnected = nil
		}
	}
	s := &session{app: a, connection: c, members: parts, whole: whole, homes: homes, store: mirrored, trail: trail}
	s.provider = boundary.New(provider, s.limitsNow, trail)
	return s, nil
}

// close ends the session. Its error matters only where the work itself succeeded.
func (s *session) close(err error) error {
	s.noteTraffic()
	closed := errors.Join(s.provider.Close(), s.store.Close())
	if err == nil {
		return closed
	}
	return err
}

// with runs work in a session whose requests somebody waits for.
func (a *app) with(ctx context.Context, work func(context.Context, *session) error) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	return s.close(work(providers.WithPriority(ctx, providers.Interactive), s))
}

// mayWrite reports whether this process may write to the mirror.
func (s *session) mayWrite() bool { return s.store.Holder() == "" }

// stale is a list from the mirror that could not be renewed.
type stale struct{ cause error }

func (e *stale) Error() string { return e.cause.Error() }
func (e *stale) Unwrap() error { return e.cause }

// rooms gives every room and the age of the list. A list that is too old is read
// anew; where that fails the old one is given together with a [*stale] error.
func (s *session) rooms(ctx context.Context) ([]providers.Room, time.Time, error) {
	rooms, at, err := directory(ctx, s, "rooms", s.store.RoomListing, s.store.Rooms, s.store.BeginRooms, s.provider.Rooms)
	return s.atHome(rooms), at, err
}

// people is the same for people.
func (s *session) people(ctx context.Context) ([]providers.Person, time.Time, error) {
	return directory(ctx, s, "people", s.store.PeopleListing, s.store.People, s.store.BeginPeople, s.provider.People)
}

func directory[T any](ctx context.Context, s *session, what string,
	when func(context.Context) (providers.Listing, time.Time, error),
	mirrored func(context.Context) ([]T, error),
	begin func() *store.Listing[T],
	read func(context.Context, func([]T) error) (providers.Listing, error),
) ([]T, time.Time, error) {
	_, at, err := when(ctx)
	if err != nil {
		return nil, at, err
	}
	now := s.app.deps.Now()
	if !at.IsZero() && now.Sub(at) < directoryBound && s.connection.Disconnected == nil {
		items, err := mirrored(ctx)
		return items, at, err
	}
	live, listing, err := readDirectory(ctx, s, what, begin, read)
	if err != nil {
		if at.IsZero() {
			return nil, at, err
		}
		items, mirrorErr := mirrored(ctx)
		if mirrorErr != nil {
			return nil, at, mirrorErr
		}
		return items, at, &stale{err}
	}
	if warning := listing.Warning.Or(""); warning != "" {
		s.app.out.say("The list of %s: %s", what, warning)
	}
	if !s.mayWrite() {
		return live, now, nil
	}
	items, err := mirrored(ctx)
	return items, now, err
}

// readDirectory reads a whole list from the tenant, into the mirror where this
// process may write to it.
func readDirectory[T any](ctx context.Context, s *session, what string, begin func() *store.Listing[T],
	read func(context.Context, func([]T) error) (providers.Listing, error),
) ([]T, providers.Listing, error) {
	var all []T
	var target *store.Listing[T]
	if s.mayWrite() {
		target = begin()
	}
	bar := s.app.progress("reading " + what)
	defer bar.end()
	listing, err := read(ctx, func(page []T) error {
		all = append(all, page...)
		bar.step(len(all), 0)
		if target == nil {
			return nil
		}
		_, err := target.Page(ctx, page)
		return err
	})
	if err != nil {
		return nil, listing, err
	}
	if target != nil {
		_, err = target.Finish(ctx, listing, s.app.deps.Now())
	}
	return all, listing, err
}

// warnStale tells that old data is shown and turns the reason into the exit code
// for partly done; other errors pass.
func (a *app) warnStale(err error, what string, at time.Time) error {
	var old *stale
	if !errors.As(err, &old) {
		return err
	}
	a.out.say("roomdesk: the list of %s is %s old and could not be renewed: %s", what, a.out.ageWords(at), explain(old.cause).sentence())
	return told(exitPartly)
}

// isStale reports whether err only says that data is old.
func isStale(err error) bool {
	var old *stale
	return errors.As(err, &old)
}

// organizer is on whose behalf bookings are made.
func (s *session) organizer() providers.Address {
	address, _ := providers.ParseAddress(s.connection.Organizer)
	return address
}

// describe names the connection for people.
func (s *session) describe() string { return fmt.Sprintf("connection %s", s.connection.Name) }
