package migration_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"roomdesk/migration"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// face is one side of a company in memory: the same calendars, named in its own way.
type face struct {
	mark      string
	mu        stdsync.Mutex
	events    map[providers.Address][]providers.Event
	calendars []providers.Calendar
	unlisted  map[providers.Address]bool
	refused   map[providers.Address]error
	once      map[providers.Address]error // of the next question for its calendars
	fail      error                       // of everything
	reads     int
}

func newFace(mark string, mailboxes ...providers.Address) *face {
	f := &face{mark: mark, events: map[providers.Address][]providers.Event{}, unlisted: map[providers.Address]bool{}, refused: map[providers.Address]error{}}
	for n, mailbox := range mailboxes {
		for k := range 3 {
			f.events[mailbox] = append(f.events[mailbox], entry(func(e *providers.Event) {
				e.Mailbox, e.ID, e.ICalUID = mailbox, fmt.Sprint(mark, "-", n, "-", k), fmt.Sprint("uid-", n, "-", k)
				e.Start = now().Add(time.Duration(24*k) * time.Hour)
				e.End = e.Start.Add(time.Hour)
			}))
		}
	}
	return f
}

// now is a moment that does not change within a test.
func now() time.Time { return time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour) }

func (f *face) Rooms(_ context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return providers.Listing{}, f.fail
	}
	var rooms []providers.Room
	for mailbox := range f.events {
		if !f.unlisted[mailbox] {
			rooms = append(rooms, providers.Room{Mailbox: mailbox, Name: providers.Outside(mailbox.Local())})
		}
	}
	return providers.Listing{}, page(rooms)
}

func (f *face) People(context.Context, func([]providers.Person) error) (providers.Listing, error) {
	return providers.Listing{}, f.fail
}

func (f *face) reach(mailbox providers.Address) error {
	if f.fail != nil {
		return f.fail
	}
	if err := f.refused[mailbox]; err != nil {
		return err
	}
	if _, ok := f.events[mailbox]; !ok {
		return &providers.Error{Class: providers.NoMailbox, Op: "reading", Mailbox: mailbox, Status: 404}
	}
	return nil
}

func (f *face) Calendars(_ context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.once[mailbox]; err != nil {
		delete(f.once, mailbox)
		return nil, err
	}
	return append([]providers.Calendar{{Mailbox: mailbox, Name: providers.Outside("Calendar"), Default: true}}, f.calendars...), f.reach(mailbox)
}

func (f *face) Changes(_ context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	if err := f.reach(request.Mailbox); err != nil {
		return err
	}
	return page(providers.ChangePage{Events: slices.Clone(f.events[request.Mailbox]), Cursor: "cursor of " + f.mark, Done: true})
}

func (f *face) Event(_ context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events[mailbox] {
		if e.ID == id {
			return e, nil
		}
	}
	return providers.Event{}, &providers.Error{Class: providers.Gone, Op: "reading", Mailbox: mailbox}
}

// company is a mover between two faces, with the old one mirrored.
type company struct {
	*migration.Mover
	t          *testing.T
	store      *store.Store
	old, fresh *face
	changed    []providers.Address
}

const (
	bauhaus = providers.Address("bauhaus@contoso.example")
	corner  = providers.Address("corner@contoso.example")
)

func newCompany(t *testing.T, old, fresh *face) *company {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "data", "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	c := &company{t: t, store: s, old: old, fresh: fresh}
	var mu stdsync.Mutex
	c.Mover = migration.New(migration.Options{
		Store: s, From: migration.Side{Connection: "hq", Provider: "ews", Source: old}, To: migration.Side{Connection: "contoso", Provider: "graph", Source: fresh},
		Changed: func(mailboxes ...providers.Address) {
			mu.Lock()
			defer mu.Unlock()
			c.changed = append(c.changed, mailboxes...)
		},
	})
	c.Hasten()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	day := now().Truncate(24 * time.Hour)
	for mailbox, events := range old.events {
		round := s.BeginFull(mailbox, providers.Interval{Start: day.AddDate(0, 0, -7), End: day.AddDate(0, 0, 62)})
		if _, err := round.Apply(t.Context(), providers.ChangePage{Events: events, Cursor: "cursor of old", Done: true}, store.Stamp{At: now()}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *company) did(_ providers.Migration, err error) providers.Migration {
	c.t.Helper()
	if err == nil {
		err = c.Wait(c.t.Context())
	}
	if err != nil {
		c.t.Fatal(err)
	}
	j, _, err := c.Migration(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return j
}

func (c *company) box(j providers.Migration, mailbox providers.Address) providers.MailboxMove {
	c.t.Helper()
	n := slices.IndexFunc(j.Mailboxes, func(m providers.MailboxMove) bool { return m.Mailbox == mailbox })
	if n < 0 {
		c.t.Fatalf("%s is no mailbox of the migration: %+v", mailbox, j.Mailboxes)
	}
	return j.Mailboxes[n]
}

func all() providers.MigrationChoice { return providers.MigrationChoice{All: true} }
