package store

import (
	"context"
	"fmt"

	"roomdesk/providers"
)

// AtEachPoint is told of the points of opening at which an end of the process
// would leave something half done.
func (o *Options) AtEachPoint(at func(point string)) { o.at = at }

// OpenVersion makes a store of an older version, as the program of its time did.
func OpenVersion(ctx context.Context, file string, version int, rows ...string) error {
	if _, err := secure(file, true); err != nil {
		return err
	}
	db, err := connect(file, false, 1, defaultBusy)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := migrate(ctx, db, file, migrations[:version], func(string) {}); err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := db.ExecContext(ctx, row); err != nil {
			return fmt.Errorf("%s: %w", row, err)
		}
	}
	return nil
}

// RowNumbers are the numbers of a mailbox's rows with the ids of their events.
func (s *Store) RowNumbers(ctx context.Context, mailbox providers.Address) (all []string, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT e.row_id, e.id FROM event e JOIN mailbox m ON m.id = e.mailbox_id WHERE m.address = ?1 ORDER BY e.row_id", string(mailbox))
	if err != nil {
		return nil, err
	}
	return all, eachRow(rows, func(row rowScanner) error {
		var number int64
		var id string
		err := row.Scan(&number, &id)
		all = append(all, fmt.Sprint(number, "=", id))
		return err
	})
}
