package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"roomdesk/providers"
)

// ErrOldRelocation: somebody stored a newer version of the relocation meanwhile.
var ErrOldRelocation = errors.New("another process has changed the relocation meanwhile")

// ErrNoRelocation: there is no relocation with that id.
var ErrNoRelocation = errors.New("there is no relocation with this id")

// SaveRelocation stores a relocation whole, new (Revision 0) or changed, and gives
// its new revision. Once it returns nil it is on the disk and survives a power cut.
// The error wraps [ErrOldRelocation], with class Conflict, where the stored version
// is not the one that was changed: nothing is stored then.
func (s *Store) SaveRelocation(ctx context.Context, r providers.Relocation) (revision int, err error) {
	const op = "storing a relocation"
	if r.ID == "" {
		return r.Revision, failure(op, errors.New("it has no id"))
	}
	record := encodeRelocation(r)
	stored := false
	err = s.writing(ctx, op, true, func(b *batch) error {
		var n int64
		if err := b.settleSteps(&record); err != nil {
			return err
		}
		text, err := json.Marshal(record)
		if err != nil {
			return err
		}
		if r.Revision == 0 {
			n, err = b.affected("INSERT INTO relocation (id, created, open, revision, content) VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT (id) DO NOTHING",
				r.ID, micros(r.Created), r.State.Open(), string(text))
		} else {
			n, err = b.affected("UPDATE relocation SET open = ?3, revision = ?2 + 1, content = ?4 WHERE id = ?1 AND revision = ?2",
				r.ID, r.Revision, r.State.Open(), string(text))
		}
		stored = n == 1
		return err
	})
	switch {
	case err != nil:
		return r.Revision, err
	case !stored:
		return r.Revision, &providers.Error{Class: providers.Conflict, Op: op, Err: ErrOldRelocation}
	}
	return r.Revision + 1, nil
}

// Relocation finds one relocation. The error wraps [ErrNoRelocation], with class
// Gone, where there is none.
func (s *Store) Relocation(ctx context.Context, id string) (providers.Relocation, error) {
	const op = "reading a relocation"
	r, err := decodeRelocation(s.read.QueryRowContext(ctx, "SELECT revision, content FROM relocation WHERE id = ?1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, &providers.Error{Class: providers.Gone, Op: op, Err: ErrNoRelocation}
	}
	return r, s.fail(op, err)
}

// Relocations lists all relocations, newest first.
func (s *Store) Relocations(ctx context.Context) ([]providers.Relocation, error) {
	return s.relocations(ctx, "SELECT revision, content FROM relocation ORDER BY created DESC, id DESC")
}

// OpenRelocations lists those of which something is still to be done, oldest first.
func (s *Store) OpenRelocations(ctx context.Context) ([]providers.Relocation, error) {
	return s.relocations(ctx, "SELECT revision, content FROM relocation WHERE open = 1 ORDER BY created, id")
}

func (s *Store) relocations(ctx context.Context, query string) ([]providers.Relocation, error) {
	const op = "reading relocations"
	rows, err := s.read.QueryContext(ctx, query)
	if err != nil {
		return nil, s.fail(op, err)
	}
	var all []providers.Relocation
	err = eachRow(rows, func(row rowScanner) error {
		r, err := decodeRelocation(row)
		all = append(all, r)
		return err
	})
	return all, s.fail(op, err)
}

func decodeRelocation(row rowScanner) (providers.Relocation, error) {
	var revision int
	var text string
	if err := row.Scan(&revision, &text); err != nil {
		return providers.Relocation{}, err
	}
	var r relocationRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return providers.Relocation{}, errors.Join(errBadBlob, err)
	}
	return r.relocation(revision), nil
}
