package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"roomdesk/providers"
)

// Options say which store to open and for whom.
type Options struct {
	// Path of the database file. Its directory is made where missing.
	Path string
	// Tenant is the lower-case tenant id that the store is bound to. A store of
	// another tenant is refused; "" accepts any, without binding a new one.
	Tenant string
	// ReadOnly refuses every write and never takes the lease. The store must exist.
	ReadOnly bool
	// Verify checks every page of the file first, whatever its size.
	Verify bool
	// Location finds the zone that an event names, in the service's spelling, and
	// nil where it is not known. It decides when an all-day event's days begin.
	// nil: IANA names only.
	Location func(zone string) *time.Location
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: none
	// Busy is how long another program that holds the database, for example a
	// backup, is waited for before that is an error; 0: 5 s.
	Busy time.Duration
	// Disturb is asked before each commit, and its error is taken for the
	// database's: the transaction is as good as lost. For tests of a full or
	// failing disk; nil: none.
	Disturb func() error

	at func(point string) // of opening; for tests
}

// OpenReport says what opening found and did. Its texts are safe to show.
type OpenReport struct {
	Created bool
	// Damage says what was wrong with the file that was set aside as SetAside.
	Damage, SetAside string
	// Salvaged is the number of bookings carried over from a damaged store.
	Salvaged int
	// OutboxLost is true where bookings of a damaged store could not all be read.
	OutboxLost bool
	// Relocations is the number of relocations carried over, and JournalLost true
	// where they could not all be read.
	Relocations int
	JournalLost bool
	// Holder says who has the lease where this process does not: "process 4711".
	Holder string
}

// Sentence is the report in one line, or "" where there is nothing to say.
func (r OpenReport) Sentence() string {
	if r.SetAside == "" {
		return ""
	}
	s := fmt.Sprintf("The local store was damaged (%s) and is begun anew; the old file is %s.", r.Damage, providers.Sanitise(r.SetAside))
	switch {
	case r.OutboxLost && r.Salvaged > 0:
		s += fmt.Sprintf(" %d bookings were saved from it; others may be missing from the list, look in the calendar.", r.Salvaged)
	case r.OutboxLost:
		s += " Its list of bookings could not be read: bookings made here are missing from the list, look in the calendar."
	case r.Salvaged > 0:
		s += fmt.Sprintf(" All %d bookings were saved from it.", r.Salvaged)
	}
	switch {
	case r.JournalLost && r.Relocations > 0:
		s += fmt.Sprintf(" %d relocations were saved from it; others may be missing from the journal.", r.Relocations)
	case r.JournalLost:
		s += " Its journal of relocations could not be read: look where meetings that were moved are now."
	case r.Relocations > 0:
		s += fmt.Sprintf(" All %d relocations were saved from it.", r.Relocations)
	}
	return s
}

// Store is an open store. All methods are safe for concurrent use. Errors have
// class Local, or Cancelled where the caller's context ended.
type Store struct {
	path   string
	busy   time.Duration
	read   *sql.DB
	writer *writer // nil: read-only
	now    func() time.Time
	zone   func(string) *time.Location
	log    *slog.Logger
	report OpenReport

	lease leaseState
	holds holds

	asking   sync.Mutex
	attended *sql.Stmt // closed with read
}

// quickCheckBytes is the size up to which every page is checked at each start.
const quickCheckBytes = 8 << 20

const (
	openTimeout = 5 * time.Second
	defaultBusy = 5 * time.Second
)

// Open opens or makes the store. A damaged file is set aside and a new one begun:
// see [Store.Report]. A file of another tenant, of a newer version, or of another
// program is refused and left untouched.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, failure("opening the local store", err)
	}
	return s, nil
}

func open(ctx context.Context, o Options) (_ *Store, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Location == nil {
		o.Location = ianaZone
	}
	if o.Busy <= 0 {
		o.Busy = defaultBusy
	}
	if o.at == nil {
		o.at = func(string) {}
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, busy: o.Busy, now: o.Now, zone: o.Location, log: o.Logger}
	if s.report.Created, err = secure(path, !o.ReadOnly); err != nil {
		return nil, err
	}
	if !o.ReadOnly {
		if _, err := s.Lease(); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := s.prepare(ctx, o); err != nil {
		return nil, err
	}
	if s.read, err = connect(path, true, 4, o.Busy); err != nil {
		return nil, err
	}
	if !o.ReadOnly {
		if s.writer, err = newWriter(path, o.Busy, s.met, o.Disturb); err != nil {
			return nil, err
		}
	}
	if err := s.read.PingContext(ctx); err != nil {
		return nil, err
	}
	if _, held := s.lease.holder(); held && !o.ReadOnly {
		return s, s.freeJobs(ctx)
	}
	return s, nil
}

func ianaZone(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	if location, err := time.LoadLocation(name); err == nil {
		return location
	}
	return nil
}

// prepare brings the file to the point where it is sound, ours, of this version
// and of this tenant.
func (s *Store) prepare(ctx context.Context, o Options) error {
	_, held := s.lease.holder()
	if held {
		if err := s.exchange(ctx, o); err != nil {
			return err
		}
	}
	deadline := time.Now().Add(openTimeout)
	for {
		err := s.inspect(ctx, o, held)
		switch {
		case err == nil && held:
			return errors.Join(s.made(), s.tell(ctx))
		case err == nil:
			return nil
		case isDamage(err) && held:
			if err := s.setAside(ctx, o, err); err != nil {
				return err
			}
			if err := s.inspect(ctx, o, held); err != nil {
				return err
			}
			return errors.Join(s.made(), s.tell(ctx))
		case errors.Is(err, errUnfinished) && !o.ReadOnly && time.Now().Before(deadline):
			// The process that holds the lease is making it right now.
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		default:
			return err
		}
	}
}

// inspect checks, migrates where this process holds the lease, and binds.
func (s *Store) inspect(ctx context.Context, o Options, held bool) error {
	if held {
		if err := s.vanished(); err != nil {
			return err
		}
	}
	db, err := connect(s.path, !held, 1, s.busy)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := identify(ctx, db); err != nil {
		return err
	}
	if held {
		if err := s.check(ctx, db, o.Verify); err != nil {
			return err
		}
		if err := migrate(ctx, db, s.path, migrations, o.at); err != nil {
			return err
		}
	} else if err := upToDate(ctx, db); err != nil {
		return err
	}
	if err := bind(ctx, db, o.Tenant, held); err != nil || !held {
		return err
	}
	// The process before may have ended because of the disk, and closing this
	// connection would not tell that copying the log back failed. A start does not
	// wait long for those that read.
	if _, err := db.ExecContext(ctx, "PRAGMA busy_timeout(200)"); err != nil {
		return err
	}
	if err := renewLog(ctx, db); err != nil && !errors.Is(err, errLogBusy) {
		return err
	}
	return nil
}

// connect opens connections to the file; readers refuse writes.
func connect(path string, reader bool, connections int, busy time.Duration) (*sql.DB, error) {
	p := url.Values{"_txlock": {"deferred"}, "_dqs": {"0"}, "_busy_timeout": {fmt.Sprint(busy.Milliseconds())}, "_foreign_keys": {"1"}, "_error_rc": {"1"}}
	p.Set("mode", "rw") // the file was made here, and never appears by being opened
	p.Add("_pragma", "temp_store(MEMORY)")
	if reader {
		p.Set("_query_only", "1")
		p.Add("_pragma", "cache_size(-8000)")
	} else {
		p.Set("_txlock", "immediate")
		p.Set("_synchronous", "NORMAL")
		p.Add("_pragma", "cache_size(-16000)")
		p.Add("_pragma", "journal_size_limit(67108864)")
	}
	db, err := sql.Open("sqlite", location(path, p))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Report says what opening found and did.
func (s *Store) Report() OpenReport { return s.report }

// Path is the database file.
func (s *Store) Path() string { return s.path }

// Close finishes writing, leaves one tidy file and gives the lease back.
func (s *Store) Close() error {
	return failure("closing the local store", s.close(context.Background()))
}

func (s *Store) close(ctx context.Context) error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.toldAll(ctx), s.writer.close(ctx))
	}
	return errors.Join(append(errs, s.lease.release())...)
}

// met looks at an error on its way out: damage is remembered for the next start,
// which then looks at every page.
func (s *Store) met(err error) {
	if !isDamage(err) {
		return
	}
	s.log.Error("the local store is damaged; it is checked at the next start", "error", err)
	if f, err := os.OpenFile(s.path+checkSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		_ = f.Close() // the name alone is the mark
	}
}

// fail is failure for a reading method.
func (s *Store) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	s.met(err)
	return failure(op, err)
}
