package store

import (
	"context"
	"database/sql"
)

// Follower tells whether any other connection, of this process or another,
// changed the store since it was last asked.
type Follower struct {
	store *Store
	db    *sql.DB
	conn  *sql.Conn
	last  int64
}

// Follow begins to follow. Close the follower before the store.
func (s *Store) Follow(ctx context.Context) (*Follower, error) {
	db, err := connect(s.path, true, 1, s.busy)
	if err != nil {
		return nil, s.fail("following the store", err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, s.fail("following the store", err)
	}
	f := &Follower{store: s, db: db, conn: conn}
	_, err = f.Changed(ctx)
	return f, err
}

// Changed reports whether the store changed since the last call.
func (f *Follower) Changed(ctx context.Context) (bool, error) {
	var now int64
	if err := f.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&now); err != nil {
		return false, f.store.fail("following the store", err)
	}
	changed := now != f.last
	f.last = now
	return changed, nil
}

// Close ends following.
func (f *Follower) Close() error {
	f.conn.Close()
	return f.db.Close()
}
