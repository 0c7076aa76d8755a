package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"roomdesk/providers"
)

// keepsake is a table whose rows are nowhere else: what was read from the tenant is
// read again, what people did here is not.
type keepsake struct {
	table   string
	columns []string // the id first
	// since is the version of the schema that has it first.
	since int
	// sound is nil where a row's content can be read.
	sound func(content string) error
	// by are columns by which what the table's own order does not give may be found.
	by []string
}

// keepsakeRow are the values of the columns; the content comes last.
type keepsakeRow []any

func (r keepsakeRow) id() string { return fmt.Sprint(r[0]) }

func keepsakes() []keepsake {
	return []keepsake{
		{table: "booking", columns: []string{"id", "created", "settled", "ical_uid", "content"}, by: []string{"id", "created"}, since: 1, sound: func(content string) error {
			_, err := decodeBooking(content)
			return err
		}},
		{table: "relocation", columns: []string{"id", "created", "open", "revision", "content"}, by: []string{"id", "created"}, since: 4, sound: func(content string) error {
			return json.Unmarshal([]byte(content), new(relocationRecord))
		}},
		// A mailbox that was moved stays where it is, also where all is read anew: the
		// ids in bookings are those of its provider.
		{table: "home", columns: []string{"mailbox", "since", "cause", "provider"}, by: []string{"mailbox"}, since: 5, sound: soundHome},
		{table: "migration", columns: []string{"id", "created", "revision", "content"}, by: []string{"id"}, since: 5, sound: soundJSON},
		{table: "migration_mailbox", columns: []string{"mailbox", "migration", "content"}, by: []string{"mailbox"}, since: 5, sound: soundJSON},
	}
}

// read gives each row that can be read to row, with an error where its content
// cannot; whole is false, and err why, where not all was sound.
func (k keepsake) read(ctx context.Context, db *sql.DB, order string, row func(keepsakeRow, error)) (whole bool, err error) {
	found, err := db.QueryContext(ctx, "SELECT "+strings.Join(k.columns, ", ")+" FROM "+k.table+order) //nolint:gosec // names of our own
	if err != nil {
		return false, err
	}
	defer found.Close()
	var unsound error
	for found.Next() {
		r := make(keepsakeRow, len(k.columns))
		into := make([]any, len(r))
		for n := range r {
			into[n] = &r[n]
		}
		if err := found.Scan(into...); err != nil {
			return false, err
		}
		content, ok := r[len(r)-1].(string)
		err := errBadBlob
		if ok {
			err = k.sound(content)
		}
		if err != nil {
			err = fmt.Errorf("%w: %s %s", errBadBlob, k.table, providers.Sanitise(r.id()))
			unsound = errors.Join(unsound, err)
		}
		row(r, err)
	}
	unsound = errors.Join(unsound, found.Err())
	return unsound == nil, unsound
}

func soundHome(provider string) error {
	if provider == "" {
		return errBadBlob
	}
	return nil
}

func soundJSON(content string) error {
	if !json.Valid([]byte(content)) {
		return errBadBlob
	}
	return nil
}

// saved is what could be read of a keepsake of a damaged store.
type saved struct {
	keepsake
	rows  []keepsakeRow
	whole bool
}

// salvage reads the keepsakes of the damaged file: each in its table's order, and,
// where that stops early, backwards and by age too.
func (s *Store) salvage(ctx context.Context) []saved {
	var all []saved
	for _, k := range keepsakes() {
		all = append(all, saved{keepsake: k})
	}
	// Of an empty file nothing can be read, and SQLite would delete its log.
	if info, err := os.Stat(s.path); err != nil || info.Size() < 512 {
		return all
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	db, err := connect(s.path, true, 1, s.busy)
	if err != nil {
		return all
	}
	defer db.Close()
	have, versionErr := version(ctx, db)
	for n := range all {
		k := &all[n]
		if versionErr == nil && have > 0 && have < k.since {
			k.whole = true // there was none yet
			continue
		}
		seen := map[string]bool{}
		orders := []string{""}
		for _, column := range k.by {
			orders = append(orders, " ORDER BY "+column+" DESC", " ORDER BY "+column)
		}
		for _, order := range orders {
			k.whole, _ = k.read(ctx, db, order, func(r keepsakeRow, unsound error) {
				if unsound == nil && !seen[r.id()] {
					seen[r.id()] = true
					k.rows = append(k.rows, r)
				}
			})
			if k.whole {
				break
			}
		}
	}
	return all
}

// insert puts the rows into a new store.
func (k saved) insert(ctx context.Context, tx *sql.Tx) error {
	places := strings.Repeat(", ?", len(k.columns))[2:]
	for _, r := range k.rows {
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO "+k.table+" ("+strings.Join(k.columns, ", ")+") VALUES ("+places+")", r...); err != nil { //nolint:gosec // names of our own
			return err
		}
	}
	return nil
}
