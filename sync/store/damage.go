package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	"roomdesk/providers"
)

// check looks for damage. Every page of a small file is looked at each time; a
// large one only where damage was met before or the caller asks, because a start
// must not take seconds. What only it has, bookings and relocations, is always read.
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
	for _, k := range keepsakes() {
		if have < k.since {
			continue
		}
		if whole, err := k.read(ctx, db, "", func(keepsakeRow, error) {}); !whole {
			return err
		}
	}
	return nil
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
