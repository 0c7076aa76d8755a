package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomdesk/providers"
)

// RoundKind says what a round reads.
type RoundKind int

// Kinds of a round.
const (
	// FullRound reads a whole window anew. Until its last page, readers see the
	// rows from before it.
	FullRound RoundKind = 1
	// ChangesRound reads what changed since the last round. Each page is visible
	// as soon as it is stored.
	ChangesRound RoundKind = 2
)

// Round takes the pages of one round of a mailbox. It may be continued after a
// restart: [Position.Round] has it. Not safe for concurrent use; there must be
// only one for a mailbox at a time.
type Round struct {
	Mailbox providers.Address
	Kind    RoundKind
	// Window is what a full round reads; unset for changes.
	Window providers.Interval
	// Cursor continues behind the last stored page; "" at the start of a full round.
	Cursor string
	// Resumed is true for a round that an earlier process began.
	Resumed bool

	store *Store
	begun bool
	// generation of the mailbox that it was begun in; see [Round.Following].
	generation int64
	fenced     bool
}

// ErrSwitched: the mailbox was moved to the other provider while it was read.
var ErrSwitched = errors.New("the mailbox was moved to the other connection meanwhile")

// Following has the round refused, with [ErrSwitched], where the mailbox was switched
// to another provider since the position was read: its pages name other ids.
func (r *Round) Following(p Position) *Round {
	r.generation, r.fenced = p.generation, true
	return r
}

// Stamp is what the last page of a round leaves in the mailbox's status.
type Stamp struct {
	At time.Time
	// Near is the span in which events make a mailbox worth reading more often.
	Near providers.Interval
	// Next plans the next round; nil: not planned.
	Next func(near bool) time.Time
}

// Applied is what a page changed.
type Applied struct {
	Inserted, Updated, Removed int
	// Visible is true where a reader would see a difference.
	Visible bool
	// Done is true once the round is complete.
	Done bool
	// Held is the number of rows kept although they disappeared: too many at once
	// to be believed. A full round that misses them too removes them.
	Held int
	// Near: the mailbox has events within the stamp's span. Set when Done.
	Near bool
	// Rows is the number of entries now mirrored. Set when Done.
	Rows int
	Next time.Time
}

// BeginFull begins to read a whole window. An unfinished round is abandoned with
// the first page of this one.
func (s *Store) BeginFull(mailbox providers.Address, window providers.Interval) *Round {
	return &Round{store: s, Mailbox: mailbox, Kind: FullRound, Window: window}
}

// BeginChanges begins to read what changed since cursor.
func (s *Store) BeginChanges(mailbox providers.Address, cursor string) *Round {
	return &Round{store: s, Mailbox: mailbox, Kind: ChangesRound, Cursor: cursor}
}

// Apply stores a page together with the position behind it, in one transaction.
// The last page completes the round: the new rows become visible in one step,
// and the stamp is set. On an error nothing of the page is stored.
func (r *Round) Apply(ctx context.Context, page providers.ChangePage, stamp Stamp) (Applied, error) {
	p := newPage(page)
	var applied Applied
	err := r.store.write(ctx, "storing a page of "+string(r.Mailbox), func(b *batch) error {
		applied = Applied{}
		m, err := b.mailbox(r.Mailbox)
		if err != nil {
			return err
		}
		if r.fenced && r.generation != m.generation {
			return &providers.Error{Class: providers.Conflict, Op: "storing what was read", Mailbox: r.Mailbox, Err: ErrSwitched}
		}
		a := &application{b: b, m: m, page: p, round: r, stamp: stamp, out: &applied}
		return a.run()
	})
	if err != nil {
		return Applied{}, err
	}
	r.begun, r.Cursor = true, page.Cursor
	return applied, nil
}

// page is a page prepared outside the writer.
type page struct {
	rows    []*eventRow // each id once, as it came last
	removed []string
	cursor  string
	done    bool
}

func newPage(in providers.ChangePage) *page {
	p := &page{cursor: in.Cursor, done: in.Done, rows: make([]*eventRow, 0, len(in.Events))}
	at := make(map[string]int, len(in.Events))
	for _, ev := range in.Events {
		if ev.ID == "" {
			continue // nothing could name it later
		}
		row := encodeEvent(ev)
		if i, again := at[ev.ID]; again {
			p.rows[i] = row
			continue
		}
		at[ev.ID] = len(p.rows)
		p.rows = append(p.rows, row)
	}
	for _, id := range in.Removed {
		if _, both := at[id]; !both {
			p.removed = append(p.removed, id)
		}
	}
	return p
}

// mailboxRow is a row of table mailbox together with its round.
type mailboxRow struct {
	id                     int64
	windowStart, windowEnd int64
	rows, longest          int64
	unconfirmed            int64
	delta                  string
	kind                   RoundKind
	removed                int
	suspect                []byte
	suspected              bool // suspect was set when the page came
	generation             int64
}

func (m *mailboxRow) complete() bool { return m.windowStart < m.windowEnd }

// mailbox finds a mailbox's row, or makes it.
func (b *batch) mailbox(address providers.Address) (*mailboxRow, error) {
	m := &mailboxRow{}
	err := b.row(`SELECT m.id, m.window_start, m.window_end, m.row_count, m.longest, m.unconfirmed, m.generation,
			coalesce(r.delta, ''), coalesce(r.kind, 0), coalesce(r.removed, 0), r.suspect
		FROM mailbox m LEFT JOIN round r ON r.mailbox_id = m.id WHERE m.address = ?1`, string(address)).
		Scan(&m.id, &m.windowStart, &m.windowEnd, &m.rows, &m.longest, &m.unconfirmed, &m.generation, &m.delta, &m.kind, &m.removed, &m.suspect)
	m.suspected = m.suspect != nil
	if !errors.Is(err, sql.ErrNoRows) {
		return m, err
	}
	m.id, err = b.insert(`INSERT INTO mailbox (address, last_good, last_full, next, window_start, window_end) VALUES (?1, ?2, ?2, ?2, ?2, ?2)`,
		string(address), never)
	m.windowStart, m.windowEnd = never, never
	return m, err
}

// application is one page on its way into the store.
type application struct {
	b     *batch
	m     *mailboxRow
	page  *page
	round *Round
	stamp Stamp
	out   *Applied
}

func (a *application) run() error {
	if err := a.begin(); err != nil {
		return err
	}
	if a.round.Kind == FullRound && a.m.complete() {
		if err := a.replace(); err != nil {
			return err
		}
	} else if err := a.upsert(); err != nil {
		return err
	}
	if !a.page.done {
		return a.pause()
	}
	return a.finish()
}

// pause stores the position behind a page that is not the last.
func (a *application) pause() error {
	if err := a.b.exec("UPDATE round SET cursor = ?2, removed = ?3, suspect = ?4 WHERE mailbox_id = ?1",
		a.m.id, a.page.cursor, a.m.removed, a.m.suspect); err != nil {
		return err
	}
	if a.round.Kind == FullRound && a.m.complete() {
		return nil // the table is as it was
	}
	return a.b.exec("UPDATE mailbox SET row_count = ?2, longest = ?3, unconfirmed = ?4 WHERE id = ?1", a.m.id, a.m.rows, a.m.longest, a.m.unconfirmed)
}

// begin clears what an abandoned round left. A round of one page leaves no trace
// of having begun.
func (a *application) begin() error {
	if a.round.begun || a.round.Resumed {
		if a.m.kind != a.round.Kind {
			return fmt.Errorf("the round of %s was abandoned meanwhile", a.round.Mailbox)
		}
		return nil
	}
	if a.m.kind == FullRound {
		if err := a.b.exec("DELETE FROM round_page WHERE mailbox_id = ?1", a.m.id); err != nil {
			return err
		}
	}
	if a.round.Kind == FullRound && !a.m.complete() && a.m.kind != 0 {
		// Rows of a first read that broke off: nobody has seen them.
		if err := a.b.exec("DELETE FROM event WHERE mailbox_id = ?1", a.m.id); err != nil {
			return err
		}
		a.m.rows, a.m.longest = 0, 0
	}
	a.m.removed = 0
	if a.page.done {
		return nil
	}
	a.m.kind = a.round.Kind
	return a.b.exec(`INSERT INTO round (mailbox_id, kind, window_start, window_end) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (mailbox_id) DO UPDATE SET kind = excluded.kind, cursor = '', removed = 0,
			window_start = excluded.window_start, window_end = excluded.window_end`,
		a.m.id, a.round.Kind, micros(a.round.Window.Start), micros(a.round.Window.End))
}

// existing is what the table has of an id.
type existing struct {
	row               int64
	hash              int64
	checksum, visible int64
	flags             int64
}

// lookup finds the page's events among the stored ones, and moves a new event
// whose hash another id has already to a free one.
func (a *application) lookup(rows []*eventRow) (map[string]existing, error) {
	found := make(map[string]existing, len(rows))
	if first := !a.round.begun && !a.round.Resumed && !a.m.complete(); first || len(rows) == 0 {
		return found, nil // nothing is stored yet
	}
	owner := make(map[int64]string, len(rows))
	ask := rows
	for len(ask) > 0 {
		hashes := make([]int64, len(ask))
		for i, r := range ask {
			hashes[i] = r.idHash
		}
		if err := a.b.each(`SELECT row_id, id_hash, id, checksum, visible, flags FROM event
			WHERE mailbox_id = ?1 AND id_hash IN (SELECT value FROM json_each(?2))`, []any{a.m.id, jsonInts(hashes)}, func(row rowScanner) error {
			var e existing
			var id string
			if err := row.Scan(&e.row, &e.hash, &id, &e.checksum, &e.visible, &e.flags); err != nil {
				return err
			}
			found[id] = e
			owner[e.hash] = id
			return nil
		}); err != nil {
			return nil, err
		}
		var again []*eventRow
		for _, r := range ask {
			if id, taken := owner[r.idHash]; taken && id != r.id {
				r.idHash++
				again = append(again, r)
			}
		}
		ask = again
	}
	return found, nil
}

// upsert writes straight into the table: changes, and the first read of a
// mailbox, of which nobody sees anything before it is complete.
func (a *application) upsert() error {
	found, err := a.lookup(a.page.rows)
	if err != nil {
		return err
	}
	for _, r := range a.page.rows {
		if err := a.put(r, found); err != nil {
			return err
		}
	}
	return a.remove()
}

func (a *application) put(r *eventRow, found map[string]existing) error {
	have, known := found[r.id]
	switch {
	case known && have.checksum == r.checksum:
		return nil
	case known:
		a.out.Updated++
		a.out.Visible = a.out.Visible || have.visible != r.visible
		if have.flags&15 == masterType != r.master() {
			a.m.rows += map[bool]int64{true: -1, false: 1}[r.master()]
		}
		r.idHash = have.hash
		if err := a.b.updateEvent(have.row, r); err != nil {
			return err
		}
	default:
		a.out.Inserted++
		a.out.Visible = true
		if !r.master() {
			a.m.rows++
		}
		if err := a.b.insertEvent(a.m.id, r); err != nil {
			return err
		}
	}
	a.m.longest = max(a.m.longest, r.end-r.start)
	return nil
}

// finish completes a round: position, window and status change with the rows.
func (a *application) finish() error {
	a.out.Done, a.out.Rows = true, int(a.m.rows)
	if a.round.Kind == FullRound {
		a.out.Visible = a.out.Visible || !a.m.complete()
		a.m.windowStart, a.m.windowEnd = micros(a.round.Window.Start), micros(a.round.Window.End)
	}
	if a.m.kind != 0 || a.m.delta != a.page.cursor || a.m.suspected || a.m.suspect != nil {
		if err := a.b.exec(`INSERT INTO round (mailbox_id, delta, suspect) VALUES (?1, ?2, ?3)
			ON CONFLICT (mailbox_id) DO UPDATE SET delta = excluded.delta, suspect = excluded.suspect, kind = 0, cursor = '', removed = 0`,
			a.m.id, a.page.cursor, a.m.suspect); err != nil {
			return err
		}
	}
	if err := a.b.row(`SELECT EXISTS (SELECT 1 FROM event WHERE mailbox_id = ?1 AND start < ?3 AND start > ?2 - ?4 AND "end" > ?2)`,
		a.m.id, micros(a.stamp.Near.Start), micros(a.stamp.Near.End), a.m.longest+1).Scan(&a.out.Near); err != nil {
		return err
	}
	next := never
	if a.stamp.Next != nil {
		a.out.Next = a.stamp.Next(a.out.Near)
		next = micros(a.out.Next)
	}
	full := ""
	if a.round.Kind == FullRound {
		full = "last_full = ?2, "
	}
	return a.b.exec(`UPDATE mailbox SET last_good = ?2, `+full+`next = ?3, window_start = ?4, window_end = ?5,
		row_count = ?6, longest = ?7, unconfirmed = ?8, problem = NULL WHERE id = ?1`,
		a.m.id, micros(a.stamp.At), next, a.m.windowStart, a.m.windowEnd, a.m.rows, a.m.longest, a.m.unconfirmed)
}
