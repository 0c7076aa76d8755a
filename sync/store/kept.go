package store

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"io"
	"time"

	"roomdesk/providers"
)

// KeptSide is the side that a mailbox was moved from, as it was then.
type KeptSide struct {
	Provider string
	At       time.Time // when it was kept
	Reading
}

// keep stores the side that is replaced, for the way back. One without a position is
// worth nothing: it could only be read whole.
func (x *exchange) keep(m *mailboxRow, stored []sideRow) error {
	if m.delta == "" {
		return x.b.exec("DELETE FROM kept_side WHERE mailbox = ?1", string(x.w.Mailbox))
	}
	e := newEncoder(256 * len(stored))
	list(e, stored, func(s sideRow) { e.int(s.row); s.r.stage(e) })
	blob, err := deflate(e.b)
	if err != nil {
		return err
	}
	if err := x.b.exec("DELETE FROM kept_side WHERE mailbox = ?1", string(x.w.Mailbox)); err != nil {
		return err
	}
	return x.b.exec("INSERT INTO kept_side (mailbox, provider, at, window_start, window_end, last_full, delta, events) VALUES (?1, ?2, ?3, ?4, ?5, ?3, ?6, ?7)",
		string(x.w.Mailbox), x.w.From, micros(x.now), m.windowStart, m.windowEnd, m.delta, blob)
}

// Mirror is what is mirrored of a mailbox now, series masters included, as the provider
// delivered it; ok is false where it was never read to its end.
func (s *Store) Mirror(ctx context.Context, mailbox providers.Address) (r Reading, ok bool, err error) {
	const op = "reading the mirror of a mailbox"
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return r, false, s.fail(op, err)
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	var id, start, end int64
	err = tx.QueryRowContext(ctx, `SELECT m.id, m.window_start, m.window_end, coalesce(r.delta, '') FROM mailbox m LEFT JOIN round r ON r.mailbox_id = m.id
		WHERE m.address = ?1`, string(mailbox)).Scan(&id, &start, &end, &r.Cursor)
	if errors.Is(err, sql.ErrNoRows) || err == nil && start >= end {
		return Reading{}, false, nil
	}
	if err != nil {
		return Reading{}, false, s.fail(op, err)
	}
	r.Window = providers.Interval{Start: instant(start), End: instant(end)}
	rows, err := tx.QueryContext(ctx, `SELECT id, start, "end", flags, ical_uid, subject, detail FROM event WHERE mailbox_id = ?1 ORDER BY row_id`, id)
	if err != nil {
		return Reading{}, false, s.fail(op, err)
	}
	err = eachRow(rows, func(row rowScanner) error {
		e := &eventRow{}
		if err := row.Scan(&e.id, &e.start, &e.end, &e.flags, &e.icalUID, &e.subject, &e.detail); err != nil {
			return err
		}
		ev, err := decodeEvent(mailbox, e)
		r.Events = append(r.Events, ev)
		return err
	})
	return r, err == nil, s.fail(op, err)
}

// KeptSide finds what was kept of a mailbox when it was moved away from a provider; ok
// is false where there is nothing.
func (s *Store) KeptSide(ctx context.Context, mailbox providers.Address, provider string) (side KeptSide, ok bool, err error) {
	const op = "reading the old side of a mailbox"
	var at, start, end int64
	var blob []byte
	err = s.read.QueryRowContext(ctx, "SELECT at, window_start, window_end, delta, events FROM kept_side WHERE mailbox = ?1 AND provider = ?2",
		string(mailbox), provider).Scan(&at, &start, &end, &side.Cursor, &blob)
	if errors.Is(err, sql.ErrNoRows) {
		return KeptSide{}, false, nil
	}
	if err != nil {
		return KeptSide{}, false, s.fail(op, err)
	}
	side.Provider, side.At = provider, instant(at)
	side.Window = providers.Interval{Start: instant(start), End: instant(end)}
	rows, err := decodeKept(blob)
	if err != nil {
		return KeptSide{}, false, s.fail(op, err)
	}
	for _, row := range rows {
		ev, err := decodeEvent(mailbox, row.r)
		if err != nil {
			return KeptSide{}, false, s.fail(op, err)
		}
		side.Events = append(side.Events, ev)
	}
	return side, true, nil
}

// KeptCount is how many mailboxes have a way back to a provider, and since when the
// oldest; zero for none.
func (s *Store) KeptCount(ctx context.Context, provider string) (n int, oldest time.Time, err error) {
	var at sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT count(*), min(at) FROM kept_side WHERE provider = ?1", provider).Scan(&n, &at)
	if at.Valid {
		oldest = instant(at.Int64)
	}
	return n, oldest, s.fail("reading the old sides", err)
}

// DropKept gives up the way back: of mailboxes moved before a time, or with the zero
// time of all.
func (s *Store) DropKept(ctx context.Context, before time.Time) error {
	return s.write(ctx, "dropping the old side of mailboxes", func(b *batch) error {
		if !before.IsZero() {
			return b.exec("DELETE FROM kept_side WHERE at < ?1", micros(before))
		}
		for _, statement := range []string{"DELETE FROM kept_side", "DELETE FROM moved_id"} {
			if err := b.exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
}

func decodeKept(blob []byte) ([]sideRow, error) {
	raw, err := inflate(blob)
	if err != nil {
		return nil, errors.Join(errBadBlob, err)
	}
	d := newDecoder(raw)
	rows := unlist(d, func() sideRow { return sideRow{d.int(), unstage(d)} })
	return rows, d.err()
}

func deflate(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

func inflate(blob []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(blob))
	raw, err := io.ReadAll(r)
	return raw, errors.Join(err, r.Close())
}
