package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"
)

//go:embed schema.sql
var schema string

//go:embed schema_2.sql
var schema2 string

//go:embed schema_3.sql
var schema3 string

//go:embed schema_4.sql
var schema4 string

//go:embed schema_5.sql
var schema5 string

// migrations lead from version i to i+1. A released one never changes.
var migrations = []string{schema, schema2, schema3, schema4, schema5}

// applicationID marks the file as ours in SQLite's header ("rmdk").
const applicationID = 0x726d646b

// errUnfinished: the file has no tables yet, or those of an older version.
var errUnfinished = errors.New("the local store is being prepared by another process")

// identify refuses a database of another program, untouched.
func identify(ctx context.Context, db *sql.DB) error {
	var app, tables int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if app != applicationID && (app != 0 || tables > 0) {
		return errors.New("the file is a database of another program: choose another one with --data")
	}
	return nil
}

func version(ctx context.Context, db *sql.DB) (v int, err error) {
	return v, db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v)
}

// upToDate accepts exactly this version.
func upToDate(ctx context.Context, db *sql.DB) error {
	have, err := version(ctx, db)
	if err != nil {
		return err
	}
	if have < len(migrations) {
		return errUnfinished
	}
	return tooNew(have, len(migrations))
}

func tooNew(have, know int) error {
	if have <= know {
		return nil
	}
	return fmt.Errorf("the local store has version %d and this roomdesk knows versions up to %d: "+
		"use a newer roomdesk, or choose another directory with --data", have, know)
}

// migrate brings the file to the newest version, one transaction a step, so that
// an end at any moment leaves a whole version. Before the first step a file that
// holds something is copied beside itself. at is told of each point that an end
// of the process may meet.
func migrate(ctx context.Context, db *sql.DB, path string, steps []string, at func(point string)) error {
	have, err := version(ctx, db)
	if err != nil {
		return err
	}
	if err := tooNew(have, len(steps)); err != nil {
		return err
	}
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode(WAL)").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not support SQLite's write-ahead log (journal mode %s)", mode)
	}
	if have == len(steps) {
		return nil
	}
	if have > 0 {
		at("before the backup")
		if err := backup(ctx, db, fmt.Sprintf("%s.before-%d", path, have+1)); err != nil {
			return err
		}
		at("after the backup")
	}
	for ; have < len(steps); have++ {
		if err := step(ctx, db, have+1, steps[have], at); err != nil {
			return fmt.Errorf("bringing the store to version %d: %w", have+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, to int, statements string, at func(point string)) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	for _, statement := range []string{
		statements, fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", to),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
		at(fmt.Sprint("inside step ", to))
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	at(fmt.Sprint("after step ", to))
	return nil
}

// backup copies the database into a file of the owner's only. One that an
// interrupted upgrade left is replaced.
func backup(ctx context.Context, db *sql.DB, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to) // accepts an empty file
	return err
}

// bind refuses the store of another tenant and names both.
func bind(ctx context.Context, db *sql.DB, tenant string, write bool) error {
	if tenant == "" {
		return nil
	}
	var bound string
	err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'tenant'").Scan(&bound)
	switch {
	case errors.Is(err, sql.ErrNoRows) && write:
		_, err = db.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('tenant', ?)", tenant)
		return err
	case errors.Is(err, sql.ErrNoRows):
		return errUnfinished
	case err != nil:
		return err
	case bound != tenant:
		return fmt.Errorf("the local store belongs to tenant %s and the connection to tenant %s: "+
			"choose another directory with --data, or disconnect the old one first", bound, tenant)
	}
	return nil
}
