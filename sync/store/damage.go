package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"roomdesk/providers"
)

// check looks for damage. Every page of a small file is looked at each time; a
// large one only where damage was met before or the caller asks, because a start
// must not take seconds. Its bookings are always read.
func (s *Store) check(ctx context.Context, db *sql.DB, all bool) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	_, marked := os.Lstat(s.path + checkSuffix)
	if all || marked == nil || info.Size() <= quickCheckBytes {
		if err := quickCheck(ctx, db); err != nil {
			return err
		}
		if err := os.Remove(s.path + checkSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	have, err := version(ctx, db)
	if err != nil || have == 0 {
		return err
	}
	_, _, err = readOutbox(ctx, db)
	return err
}

// errDamaged carries what SQLite's check says.
type damagedError struct{ what string }

func (e *damagedError) Error() string { return e.what }
func (e *damagedError) Unwrap() error { return errBadBlob }

func quickCheck(ctx context.Context, db *sql.DB) error {
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		return &damagedError{providers.Sanitise(answer)}
	}
	return nil
}

type outboxRow struct {
	id, uid, content string
	created          int64
	settled          bool
}

// readOutbox reads the bookings as far as they can be read; complete is false
// where some could not.
func readOutbox(ctx context.Context, db *sql.DB) (rows []outboxRow, complete bool, err error) {
	found, err := db.QueryContext(ctx, "SELECT id, created, settled, ical_uid, content FROM booking")
	if err != nil {
		return nil, false, err
	}
	defer found.Close()
	for found.Next() {
		var r outboxRow
		if err := found.Scan(&r.id, &r.created, &r.settled, &r.uid, &r.content); err != nil {
			return rows, false, err
		}
		if _, err := decodeBooking(r.content); err != nil {
			return rows, false, fmt.Errorf("%w: booking %s", errBadBlob, providers.Sanitise(r.id))
		}
		rows = append(rows, r)
	}
	return rows, found.Err() == nil, found.Err()
}

// setAside renames a damaged store and begins a new one with the bookings that
// could be read.
func (s *Store) setAside(ctx context.Context, o Options, damage error) error {
	rows, complete := s.salvage(ctx)
	aside := s.path + ".damaged-" + s.now().UTC().Format("20060102T150405Z")
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s.damaged-%s-%d", s.path, s.now().UTC().Format("20060102T150405Z"), n)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(s.path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Remove(s.path + checkSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.report.SetAside, s.report.Damage = aside, providers.Sanitise(damage.Error())
	s.report.Salvaged, s.report.OutboxLost = len(rows), !complete
	s.log.Error("the local store was damaged and is begun anew", "damage", damage, "set_aside", aside,
		"bookings_saved", len(rows), "bookings_complete", complete)
	if _, err := secure(s.path, true); err != nil {
		return err
	}
	db, err := connect(s.path, false, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := migrate(ctx, db, s.path, migrations, o.at); err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := db.ExecContext(ctx, "INSERT OR IGNORE INTO booking (id, created, settled, ical_uid, content) VALUES (?, ?, ?, ?, ?)",
			r.id, r.created, r.settled, r.uid, r.content); err != nil {
			return err
		}
	}
	return nil
}

// salvage reads the outbox of the damaged file: in the table's order, and, where
// that stops early, backwards too.
func (s *Store) salvage(ctx context.Context) (rows []outboxRow, complete bool) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	db, err := connect(s.path, true, 1)
	if err != nil {
		return nil, false
	}
	defer db.Close()
	saved := map[string]bool{}
	for _, order := range []string{"", " ORDER BY id DESC", " ORDER BY created", " ORDER BY created DESC"} {
		whole := func() bool {
			found, err := db.QueryContext(ctx, "SELECT id, created, settled, ical_uid, content FROM booking"+order)
			if err != nil {
				return false
			}
			defer found.Close()
			sound := true
			for found.Next() {
				var r outboxRow
				if found.Scan(&r.id, &r.created, &r.settled, &r.uid, &r.content) != nil {
					return false
				}
				if _, err := decodeBooking(r.content); err != nil {
					sound = false
				} else if !saved[r.id] {
					saved[r.id] = true
					rows = append(rows, r)
				}
			}
			return found.Err() == nil && sound
		}()
		if whole {
			return rows, true
		}
	}
	return rows, false
}
