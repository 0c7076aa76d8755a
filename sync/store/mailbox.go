package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"roomdesk/providers"
)

// Mailbox is how the mirror of one mailbox stands.
type Mailbox struct {
	Address  providers.Address
	LastGood time.Time          // the newest round that came to its end; zero: never
	LastFull time.Time          // the newest full round; zero: never
	Next     time.Time          // zero: not planned
	Window   providers.Interval // mirrored; zero: no calendar was read to its end yet
	Rows     int                // entries, series masters not counted
	// Unconfirmed is how many of Rows the tenant stopped naming all at once: kept
	// until a second full round confirms it.
	Unconfirmed int
	Problem     *providers.Problem
	// ScheduleAsOf is when free/busy was last asked for; zero: never.
	ScheduleAsOf time.Time
}

// Complete reports whether a calendar was read to its end, so that its events
// are shown.
func (m Mailbox) Complete() bool { return m.Window.Start.Before(m.Window.End) }

const mailboxColumns = `m.address, m.last_good, m.last_full, m.next, m.window_start, m.window_end, m.row_count, m.unconfirmed, m.problem`

func scanMailbox(row rowScanner, more ...any) (Mailbox, error) {
	var m Mailbox
	var address string
	var good, full, next, start, end int64
	var problem []byte
	err := row.Scan(append([]any{&address, &good, &full, &next, &start, &end, &m.Rows, &m.Unconfirmed, &problem}, more...)...)
	if err != nil {
		return m, err
	}
	m.Address, m.LastGood, m.LastFull, m.Next = providers.Address(address), instant(good), instant(full), instant(next)
	if start < end {
		m.Window = providers.Interval{Start: instant(start), End: instant(end)}
	}
	m.Problem, err = decodeProblem(problem)
	return m, err
}

// Mailboxes lists every mailbox of which anything is or should be mirrored, by
// address.
func (s *Store) Mailboxes(ctx context.Context) ([]Mailbox, error) {
	const op = "reading the sync state"
	rows, err := s.read.QueryContext(ctx, `SELECT `+mailboxColumns+`, coalesce(a.as_of, ?1)
		FROM mailbox m LEFT JOIN availability a ON a.mailbox_id = m.id ORDER BY m.address`, never)
	if err != nil {
		return nil, s.fail(op, err)
	}
	var all []Mailbox
	err = eachRow(rows, func(row rowScanner) error {
		var asOf int64
		m, err := scanMailbox(row, &asOf)
		m.ScheduleAsOf = instant(asOf)
		all = append(all, m)
		return err
	})
	return all, s.fail(op, err)
}

// Position is where the reading of a mailbox's calendar stands.
type Position struct {
	Mailbox
	// Cursor begins the next round of changes; "" where only a full round can.
	Cursor string
	// Round is the unfinished round, ready to be continued; nil: none.
	Round *Round

	generation int64
}

// Position finds a mailbox; a mailbox that was never read has the zero position.
func (s *Store) Position(ctx context.Context, mailbox providers.Address) (Position, error) {
	const op = "reading the sync state"
	var p Position
	var kind RoundKind
	var cursor string
	var start, end int64
	m, err := scanMailbox(s.read.QueryRowContext(ctx, `SELECT `+mailboxColumns+`,
			coalesce(r.delta, ''), coalesce(r.kind, 0), coalesce(r.cursor, ''), coalesce(r.window_start, 0), coalesce(r.window_end, 0), m.generation
		FROM mailbox m LEFT JOIN round r ON r.mailbox_id = m.id WHERE m.address = ?1`, string(mailbox)), &p.Cursor, &kind, &cursor, &start, &end, &p.generation)
	if errors.Is(err, sql.ErrNoRows) {
		return Position{Mailbox: Mailbox{Address: mailbox}}, nil
	}
	if err != nil {
		return Position{}, s.fail(op, err)
	}
	p.Mailbox = m
	if kind != 0 && cursor != "" {
		p.Round = &Round{store: s, Mailbox: mailbox, Kind: kind, Cursor: cursor, Resumed: true, generation: p.generation, fenced: true}
		if kind == FullRound {
			p.Round.Window = providers.Interval{Start: instant(start), End: instant(end)}
		}
	}
	return p, nil
}

// ForgetCursor drops the position in a mailbox's changes and any unfinished
// round: the next round must be full. The rows stay.
func (s *Store) ForgetCursor(ctx context.Context, mailbox providers.Address) error {
	return s.write(ctx, "forgetting a sync position", func(b *batch) error {
		m, err := b.mailbox(mailbox)
		if err != nil {
			return err
		}
		if m.kind != 0 && !m.complete() {
			if err := b.exec("DELETE FROM event WHERE mailbox_id = ?1", m.id); err != nil {
				return err
			}
		}
		if err := b.exec("DELETE FROM round_page WHERE mailbox_id = ?1", m.id); err != nil {
			return err
		}
		return b.exec("UPDATE round SET delta = '', kind = 0, cursor = '', removed = 0 WHERE mailbox_id = ?1", m.id)
	})
}

// SetProblem stores what is wrong with a mailbox, nil for nothing any more, and
// when it is tried again.
func (s *Store) SetProblem(ctx context.Context, mailbox providers.Address, problem *providers.Problem) error {
	next := never
	if problem != nil {
		next = micros(problem.NextTry)
	}
	return s.write(ctx, "storing a problem", func(b *batch) error {
		m, err := b.mailbox(mailbox)
		if err != nil {
			return err
		}
		return b.exec("UPDATE mailbox SET problem = ?2, next = ?3 WHERE id = ?1", m.id, encodeProblem(problem), next)
	})
}

// AddMailboxes notes mailboxes that should be mirrored, so that they are listed
// before anything of them was read.
func (s *Store) AddMailboxes(ctx context.Context, mailboxes []providers.Address) error {
	return s.write(ctx, "noting mailboxes", func(b *batch) error {
		for _, mailbox := range mailboxes {
			if err := b.exec(`INSERT INTO mailbox (address, last_good, last_full, next, window_start, window_end) VALUES (?1, ?2, ?2, ?2, ?2, ?2)
				ON CONFLICT (address) DO NOTHING`, string(mailbox), never); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveMailboxes drops all that is mirrored of mailboxes that are gone or no
// longer wanted. Bookings stay.
func (s *Store) RemoveMailboxes(ctx context.Context, mailboxes []providers.Address) error {
	return s.write(ctx, "removing mailboxes", func(b *batch) error {
		for _, mailbox := range mailboxes {
			if err := b.exec("DELETE FROM mailbox WHERE address = ?1", string(mailbox)); err != nil {
				return err
			}
			if err := b.exec("DELETE FROM calendar WHERE mailbox = ?1", string(mailbox)); err != nil {
				return err
			}
		}
		return nil
	})
}

// MissingMasters lists the series of which occurrences came without their
// details and of which the master never came.
func (s *Store) MissingMasters(ctx context.Context, mailbox providers.Address) ([]string, error) {
	const op = "looking for series masters"
	rows, err := s.read.QueryContext(ctx, `SELECT min(e.detail) FROM mailbox m JOIN event e ON e.mailbox_id = m.id
		WHERE m.address = ?1 AND e.flags & ?2 <> 0 AND e.series_hash <> 0
			AND NOT EXISTS (SELECT 1 FROM event s WHERE s.mailbox_id = e.mailbox_id AND s.id_hash = e.series_hash)
		GROUP BY e.series_hash`, string(mailbox), flagStub)
	if err != nil {
		return nil, s.fail(op, err)
	}
	var ids []string
	err = eachRow(rows, func(row rowScanner) error {
		var detail []byte
		if err := row.Scan(&detail); err != nil {
			return err
		}
		d := newDecoder(detail)
		_ = d.string() // calendar
		ids = append(ids, d.string())
		return d.err()
	})
	return ids, s.fail(op, err)
}

// PutEvents stores single events of a mailbox outside a round, for example a
// series master that was asked for by itself, or an event just booked. It
// reports whether a reader would see a difference.
func (s *Store) PutEvents(ctx context.Context, mailbox providers.Address, events []providers.Event) (visible bool, err error) {
	p := newPage(providers.ChangePage{Events: events})
	err = s.write(ctx, "storing events", func(b *batch) error {
		m, err := b.mailbox(mailbox)
		if err != nil {
			return err
		}
		var out Applied
		a := &application{b: b, m: m, page: p, round: &Round{store: s, Mailbox: mailbox, Kind: ChangesRound, begun: true}, out: &out}
		if err := a.upsert(); err != nil {
			return err
		}
		visible = out.Visible && m.complete()
		return b.exec("UPDATE mailbox SET row_count = ?2, longest = ?3 WHERE id = ?1", m.id, m.rows, m.longest)
	})
	return visible, err
}
