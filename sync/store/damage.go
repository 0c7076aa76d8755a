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

// salvage reads the outbox of the damaged file: in the table's order, and, where
// that stops early, backwards too.
func (s *Store) salvage(ctx context.Context) (rows []outboxRow, complete bool) {
	// Of an empty file nothing can be read, and SQLite would delete its log.
	if info, err := os.Stat(s.path); err != nil || info.Size() < 512 {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	db, err := connect(s.path, true, 1, s.busy)
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
