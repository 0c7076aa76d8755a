package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roomdesk/providers"
)

// Switch puts the whole reading of one provider in the place of what is mirrored of a
// mailbox from the other.
type Switch struct {
	Mailbox providers.Address
	// From is the provider that reached it until now; what is known of its side is kept
	// for the way back.
	From string
	Home providers.Home
	// Reading is the new side; nil for a mailbox that is not mirrored.
	Reading *Reading
	Stamp   Stamp
	// IDs say what ids of the old side are called on the new one that the mirror has
	// not, for example of meetings far ahead.
	IDs map[string]string
	// Pair names for ids of the old side those of the new one, masters included. It is
	// called inside the transaction and must only look at its arguments.
	Pair func(old, fresh []providers.Event) map[string]string
	// Same reports whether two copies of an entry differ only in what is no change.
	Same func(old, fresh providers.Event) bool
	// Freeze keeps everybody else out: nothing is switched where it is over.
	Freeze *Freeze
	// Migration and Move are the journal's row of it, stored in the same step.
	Migration string
	Move      Move
}

// Reading is a whole reading of a mailbox by one provider.
type Reading struct {
	Window providers.Interval
	Events []providers.Event // series masters included, each id once
	Cursor string            // begins the next round of changes
}

// Switched is what a switch did.
type Switched struct {
	Rows int // entries now mirrored
	// Changed, Added and Gone count the entries inside of both windows that are not
	// what they were: what somebody changed meanwhile.
	Changed, Added, Gone int
	// Artefacts count the entries that only the provider writes in another way.
	Artefacts int
	// IDs is how many ids in bookings and relocations were exchanged.
	IDs int
	// Mirrored is false where nothing was mirrored of it, so that only its home changed.
	Mirrored bool
}

// Real reports whether a meeting is not what it was.
func (s Switched) Real() bool { return s.Changed+s.Added+s.Gone > 0 }

// Switch exchanges the sides of a mailbox in one transaction: its entries, the position
// in its changes, its home, the ids in bookings and relocations of meetings in its
// calendar, and the journal's row. Readers see the old side until then. Rows keep
// their number where Pair names the entry. Once it returns nil it is on the disk.
func (s *Store) Switch(ctx context.Context, w Switch) (out Switched, err error) {
	const op = "switching a mailbox"
	if w.Mailbox == "" || w.Home.Mailbox != w.Mailbox || w.Home.Cause != providers.HomeMoved || w.From == "" || w.Home.Provider == w.From {
		return out, failure(op, fmt.Errorf("an incomplete switch of %q", w.Mailbox))
	}
	var p *page
	if w.Reading != nil {
		p = newPage(providers.ChangePage{Events: w.Reading.Events, Cursor: w.Reading.Cursor, Done: true})
	}
	err = s.writing(ctx, op, true, func(b *batch) error {
		out = Switched{}
		x := &exchange{b: b, w: w, page: p, now: s.now(), out: &out, ids: map[string]string{}}
		return x.run()
	})
	if err != nil {
		return Switched{}, err
	}
	return out, nil
}

// exchange is a switch on its way into the store.
type exchange struct {
	b    *batch
	w    Switch
	page *page
	now  time.Time
	out  *Switched
	ids  map[string]string // of the old side, to those of the new
}

// sideRow is a stored entry with its number.
type sideRow struct {
	row int64
	r   *eventRow
}

func (x *exchange) run() error {
	if x.w.Freeze != nil {
		if err := x.b.frozen(x.w.Freeze, x.now); err != nil {
			return err
		}
	}
	for old, fresh := range x.w.IDs {
		x.ids[old] = fresh
	}
	id, err := x.mirrored()
	if err != nil {
		return err
	}
	if id != 0 {
		if err := x.rows(id); err != nil {
			return err
		}
	}
	if err := x.rename(); err != nil {
		return err
	}
	if err := x.b.setHome(x.w.Home); err != nil {
		return err
	}
	if x.w.Migration == "" {
		return nil
	}
	move := x.w.Move
	move.Artefacts += x.out.Artefacts
	if x.out.Mirrored {
		move.Events = x.out.Rows
	}
	if err := x.b.putMove(x.w.Migration, move); err != nil {
		return err
	}
	return x.b.grown(x.w.Migration)
}

// mirrored is the number of the mailbox, 0 where nothing is mirrored of it.
func (x *exchange) mirrored() (id int64, err error) {
	var n int
	if err := x.b.row("SELECT coalesce(max(id), 0), count(*) FROM mailbox WHERE address = ?1", string(x.w.Mailbox)).Scan(&id, &n); err != nil || n == 0 {
		return 0, err
	}
	return id, nil
}

var errNotRead = errors.New("the mailbox is mirrored, and the new side was not read")

func (x *exchange) rows(id int64) error {
	m, err := x.b.mailbox(x.w.Mailbox)
	if err != nil {
		return err
	}
	stored, err := x.b.sideRows(id)
	if err != nil {
		return err
	}
	if m.complete() && x.page == nil {
		return errNotRead
	}
	for _, statement := range []string{
		"DELETE FROM round_page WHERE mailbox_id = ?1", "DELETE FROM event WHERE mailbox_id = ?1",
		"UPDATE mailbox SET generation = generation + 1 WHERE id = ?1",
	} {
		if err := x.b.exec(statement, id); err != nil {
			return err
		}
	}
	if !m.complete() { // begun at most: the new side begins anew
		if err := x.b.exec("DELETE FROM round WHERE mailbox_id = ?1", id); err != nil {
			return err
		}
		return x.b.exec("UPDATE mailbox SET row_count = 0, longest = 0, problem = NULL WHERE id = ?1", id)
	}
	x.out.Mirrored = true
	if err := x.keep(m, stored); err != nil {
		return err
	}
	rows, longest, err := x.put(m, stored)
	if err != nil {
		return err
	}
	if err := x.b.exec(`INSERT INTO round (mailbox_id, delta) VALUES (?1, ?2)
		ON CONFLICT (mailbox_id) DO UPDATE SET delta = excluded.delta, suspect = NULL, kind = 0, cursor = '', removed = 0`, id, x.page.cursor); err != nil {
		return err
	}
	next := never
	if x.w.Stamp.Next != nil {
		next = micros(x.w.Stamp.Next(true))
	}
	x.out.Rows = int(rows)
	return x.b.exec(`UPDATE mailbox SET last_good = ?2, last_full = ?2, next = ?3, window_start = ?4, window_end = ?5, row_count = ?6, longest = ?7,
		unconfirmed = 0, problem = NULL WHERE id = ?1`, id, micros(x.w.Stamp.At), next, micros(x.w.Reading.Window.Start), micros(x.w.Reading.Window.End), rows, longest)
}

// sideRows are the stored entries of a mailbox.
func (b *batch) sideRows(mailbox int64) (all []sideRow, err error) {
	err = b.each(`SELECT row_id, id, id_hash, series_hash, start, "end", flags, ical_uid, subject, detail, checksum, visible FROM event
		WHERE mailbox_id = ?1 ORDER BY row_id`, []any{mailbox}, func(row rowScanner) error {
		r := &eventRow{}
		s := sideRow{r: r}
		err := row.Scan(&s.row, &r.id, &r.idHash, &r.seriesHash, &r.start, &r.end, &r.flags, &r.icalUID, &r.subject, &r.detail, &r.checksum, &r.visible)
		all = append(all, s)
		return err
	})
	return all, err
}

// events decodes stored entries, dates without details with those of their series.
func events(mailbox providers.Address, rows []*eventRow) ([]providers.Event, error) {
	all := make([]providers.Event, len(rows))
	masters := map[string]int{}
	for n, r := range rows {
		ev, err := decodeEvent(mailbox, r)
		if err != nil {
			return nil, err
		}
		all[n] = ev
		if r.master() {
			masters[r.id] = n
		}
	}
	for n, ev := range all {
		if master, ok := masters[ev.SeriesMasterID]; ok && ev.Stub {
			all[n] = providers.Inherit(ev, all[master])
		}
	}
	return all, nil
}

// put stores the new side, each entry in the row of the one that it is, and counts what
// is not what it was.
func (x *exchange) put(m *mailboxRow, stored []sideRow) (rows, longest int64, err error) {
	oldRows := make([]*eventRow, len(stored))
	for n, s := range stored {
		oldRows[n] = s.r
	}
	old, err := events(x.w.Mailbox, oldRows)
	if err != nil {
		return 0, 0, err
	}
	fresh, err := events(x.w.Mailbox, x.page.rows)
	if err != nil {
		return 0, 0, err
	}
	at := make(map[string]int, len(stored)) // the old entry, by the id of the new one
	byID := make(map[string]int, len(stored))
	for n, ev := range old {
		byID[ev.ID] = n
	}
	for was, is := range x.w.Pair(old, fresh) {
		if n, ok := byID[was]; ok {
			at[is] = n
			x.ids[was] = is
		}
	}
	taken := map[int64]bool{}
	kept := make([]bool, len(stored))
	both := func(ev providers.Event) bool {
		r := x.w.Reading.Window
		return overlaps(ev, r) && overlaps(ev, providers.Interval{Start: instant(m.windowStart), End: instant(m.windowEnd)}) && ev.Type != providers.SeriesMaster
	}
	for n, r := range x.page.rows {
		for taken[r.idHash] {
			r.idHash++
		}
		taken[r.idHash] = true
		var number any
		if o, ok := at[r.id]; ok && !kept[o] {
			kept[o] = true
			number = stored[o].row
			switch {
			case !both(fresh[n]) && !both(old[o]):
			case !x.w.Same(old[o], fresh[n]):
				x.out.Changed++
			case stored[o].r.start != r.start, stored[o].r.end != r.end, apart(stored[o].r) != apart(r):
				x.out.Artefacts++
			}
		} else if both(fresh[n]) {
			x.out.Added++
		}
		if err := x.b.exec(`INSERT INTO event (row_id, mailbox_id, id_hash, id, series_hash, start, "end", flags, ical_uid, subject, detail, checksum, visible)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`,
			number, m.id, r.idHash, r.id, r.seriesHash, r.start, r.end, r.flags, r.icalUID, r.subject, r.detail, r.checksum, r.visible); err != nil {
			return 0, 0, err
		}
		if !r.master() {
			rows++
		}
		longest = max(longest, r.end-r.start)
	}
	for n, ev := range old {
		if !kept[n] && both(ev) {
			x.out.Gone++
		}
	}
	return rows, longest, nil
}

// apart is what a person could see of a row, without the ids that every provider has of
// its own.
func apart(r *eventRow) int64 {
	ev, err := decodeEvent("", r)
	if err != nil {
		return r.visible
	}
	ev.ID, ev.SeriesMasterID, ev.CalendarID, ev.TransactionID = "x", "", "", ""
	if r.seriesHash != 0 {
		ev.SeriesMasterID = "x"
	}
	return encodeEvent(ev).visible
}

func overlaps(ev providers.Event, window providers.Interval) bool {
	if ev.Start.Equal(ev.End) {
		return !ev.Start.Before(window.Start) && ev.Start.Before(window.End)
	}
	return ev.Start.Before(window.End) && ev.End.After(window.Start)
}
