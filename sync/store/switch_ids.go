package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"roomdesk/providers"
)

// rename follows the switch in bookings and relocations: the ids in them are those of
// the organizer's calendar.
func (x *exchange) rename() error {
	if len(x.ids) == 0 {
		return nil
	}
	used := map[string]string{}
	swap := func(id string) string {
		now, ok := x.ids[id]
		if !ok || id == "" || now == id {
			return id
		}
		used[id] = now
		return now
	}
	if err := x.renameBookings(swap); err != nil {
		return err
	}
	if err := x.renameRelocations(swap); err != nil {
		return err
	}
	x.out.IDs = len(used)
	// Whoever read a booking before and stores it after still holds the old ids. On the
	// way back they are good again.
	for old, now := range used {
		if err := x.b.exec("DELETE FROM moved_id WHERE mailbox = ?1 AND id = ?2", string(x.w.Mailbox), now); err != nil {
			return err
		}
		if err := x.b.exec(`INSERT INTO moved_id (mailbox, id, now) VALUES (?1, ?2, ?3) ON CONFLICT (mailbox, id) DO UPDATE SET now = excluded.now`,
			string(x.w.Mailbox), old, now); err != nil {
			return err
		}
	}
	return nil
}

// withIDs calls swap for every event id in a booking of that organizer, and reports
// whether any is another one now.
func withIDs(b *providers.Booking, swap func(string) string) (changed bool) {
	one := func(id *string) {
		if now := swap(*id); now != *id {
			*id, changed = now, true
		}
	}
	one(&b.EventID)
	one(&b.SeriesID)
	for n := range b.CancelDates {
		one(&b.CancelDates[n].EventID)
	}
	if b.Series != nil {
		for n := range b.Series.Meetings {
			one(&b.Series.Meetings[n].EventID)
		}
		for n := range b.Series.Dates {
			one(&b.Series.Dates[n].EventID)
		}
	}
	return changed
}

func (x *exchange) renameBookings(swap func(string) string) error {
	var all []providers.Booking
	if err := x.b.each("SELECT content FROM booking WHERE json_valid(content) AND content ->> 'organizer' = ?1", []any{string(x.w.Mailbox)}, func(row rowScanner) error {
		var text string
		if err := row.Scan(&text); err != nil {
			return err
		}
		booking, err := decodeBooking(text)
		all = append(all, booking)
		return err
	}); err != nil {
		return err
	}
	for _, booking := range all {
		if !withIDs(&booking, swap) {
			continue
		}
		text, err := encodeBooking(booking)
		if err != nil {
			return err
		}
		if err := x.b.exec("UPDATE booking SET content = ?2 WHERE id = ?1", booking.ID, text); err != nil {
			return err
		}
	}
	return nil
}

func (x *exchange) renameRelocations(swap func(string) string) error {
	type stored struct {
		id string
		r  relocationRecord
	}
	var all []stored
	if err := x.b.each("SELECT id, content FROM relocation WHERE instr(content, ?1) > 0", []any{string(x.w.Mailbox)}, func(row rowScanner) error {
		var s stored
		var text string
		if err := row.Scan(&s.id, &text); err != nil {
			return err
		}
		all = append(all, s)
		return json.Unmarshal([]byte(text), &all[len(all)-1].r)
	}); err != nil {
		return err
	}
	for _, s := range all {
		changed := false
		for n := range s.r.Steps {
			step := &s.r.Steps[n]
			if step.Organizer != x.w.Mailbox {
				continue
			}
			if now := swap(step.EventID); now != step.EventID {
				step.EventID, changed = now, true
			}
		}
		if !changed {
			continue
		}
		text, err := json.Marshal(s.r)
		if err != nil {
			return err
		}
		// Its revision stays: nobody else is to lose what it does with it. Stale ids that
		// come back are exchanged by [Store.SaveRelocation].
		if err := x.b.exec("UPDATE relocation SET content = ?2 WHERE id = ?1", s.id, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// HeldID is the id of a meeting that a booking or a relocation holds, and the time
// within which that meeting is.
type HeldID struct {
	ID   string
	Span providers.Interval
}

// HeldIDs are the ids of meetings in a mailbox's calendar that bookings and open
// relocations hold, with those bookings.
func (s *Store) HeldIDs(ctx context.Context, mailbox providers.Address) (ids []HeldID, bookings []providers.Booking, err error) {
	const op = "reading the bookings of a calendar"
	rows, err := s.read.QueryContext(ctx, "SELECT content FROM booking WHERE json_valid(content) AND content ->> 'organizer' = ?1", string(mailbox))
	if err != nil {
		return nil, nil, s.fail(op, err)
	}
	seen := map[string]bool{}
	note := func(id string, span providers.Interval) {
		if id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, HeldID{id, span})
		}
	}
	if err := eachRow(rows, func(row rowScanner) error {
		var text string
		if err := row.Scan(&text); err != nil {
			return err
		}
		booking, err := decodeBooking(text)
		span := providers.Interval{Start: booking.Request.Start, End: booking.Request.End}
		if booking.Series != nil && booking.Series.Last().After(span.End) {
			span.End = booking.Series.Last()
		}
		withIDs(&booking, func(id string) string {
			note(id, span)
			return id
		})
		bookings = append(bookings, booking)
		return err
	}); err != nil {
		return nil, nil, s.fail(op, err)
	}
	relocations, err := s.OpenRelocations(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range relocations {
		for _, step := range r.Steps {
			if step.Organizer == mailbox {
				note(step.EventID, providers.Interval{Start: step.Was.Start, End: step.Was.End})
			}
		}
	}
	return ids, bookings, nil
}

// Organizers are those in whose calendars meetings were booked here.
func (s *Store) Organizers(ctx context.Context) ([]providers.Address, error) {
	const op = "reading who has bookings"
	rows, err := s.read.QueryContext(ctx, "SELECT DISTINCT content ->> 'organizer' FROM booking WHERE json_valid(content) AND content ->> 'organizer' <> ''")
	if err != nil {
		return nil, s.fail(op, err)
	}
	var all []providers.Address
	err = eachRow(rows, func(row rowScanner) error {
		var organizer string
		err := row.Scan(&organizer)
		all = append(all, providers.Address(organizer))
		return err
	})
	return all, s.fail(op, err)
}

// renamer finds what ids of a side that mailboxes were moved from are called now.
type renamer struct {
	b       *batch
	mailbox providers.Address
	kept    map[string]string // old id to the new one; nil: not read yet
	err     error
}

// renamer is nil where nothing of the mailbox was moved.
func (b *batch) renamer(mailbox providers.Address) (*renamer, error) {
	var moved bool
	err := b.row("SELECT EXISTS (SELECT 1 FROM moved_id WHERE mailbox = ?1) OR EXISTS (SELECT 1 FROM kept_side WHERE mailbox = ?1)", string(mailbox)).Scan(&moved)
	if err != nil || !moved {
		return nil, err
	}
	return &renamer{b: b, mailbox: mailbox}, nil
}

// now is what an id is called now; one that is no id of the old side stays.
func (n *renamer) now(id string) string {
	if id == "" || n.err != nil {
		return id
	}
	now, err := n.look(id)
	if err != nil {
		n.err = err
		return id
	}
	return now
}

func (n *renamer) look(id string) (now string, err error) {
	err = n.b.row("SELECT now FROM moved_id WHERE mailbox = ?1 AND id = ?2", string(n.mailbox), id).Scan(&now)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return now, err
	}
	var current bool
	err = n.b.row(`SELECT EXISTS (SELECT 1 FROM event e JOIN mailbox m ON e.mailbox_id = m.id
		WHERE m.address = ?1 AND e.id_hash BETWEEN ?2 AND ?2 + 8 AND e.id = ?3)`, string(n.mailbox), idHash(id), id).Scan(&current)
	if err != nil || current {
		return id, err
	}
	if n.kept == nil {
		if err := n.read(); err != nil {
			return id, err
		}
	}
	if now, ok := n.kept[id]; ok {
		return now, nil
	}
	return id, nil
}

// read pairs the kept side with the rows that stand in its place now.
func (n *renamer) read() error {
	n.kept = map[string]string{}
	var blob []byte
	err := n.b.row("SELECT events FROM kept_side WHERE mailbox = ?1", string(n.mailbox)).Scan(&blob)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	rows, err := decodeKept(blob)
	if err != nil {
		return err
	}
	ids := map[int64]string{}
	if err := n.b.each("SELECT e.row_id, e.id FROM event e JOIN mailbox m ON e.mailbox_id = m.id WHERE m.address = ?1", []any{string(n.mailbox)}, func(row rowScanner) error {
		var number int64
		var id string
		err := row.Scan(&number, &id)
		ids[number] = id
		return err
	}); err != nil {
		return err
	}
	for _, row := range rows {
		if id, ok := ids[row.row]; ok {
			n.kept[row.r.id] = id
		}
	}
	return nil
}

// settle exchanges ids of a side that the organizer's calendar was moved from: whoever
// read the booking before the switch and stores it after still holds them.
func (b *batch) settle(text string, organizer providers.Address) (string, error) {
	names, err := b.renamer(organizer)
	if err != nil || names == nil {
		return text, err
	}
	booking, err := decodeBooking(text)
	if err != nil {
		return text, err
	}
	changed := withIDs(&booking, names.now)
	if names.err != nil || !changed {
		return text, names.err
	}
	return encodeBooking(booking)
}

// settleSteps is settle for a relocation.
func (b *batch) settleSteps(r *relocationRecord) (err error) {
	byMailbox := map[providers.Address]*renamer{}
	for n := range r.Steps {
		step := &r.Steps[n]
		names, known := byMailbox[step.Organizer]
		if !known {
			if names, err = b.renamer(step.Organizer); err != nil {
				return err
			}
			byMailbox[step.Organizer] = names
		}
		if names == nil {
			continue
		}
		if step.EventID = names.now(step.EventID); names.err != nil {
			return names.err
		}
	}
	return nil
}

// CurrentID is what an event is called now whose id was that of the provider that its
// mailbox was moved from; any other id stays.
func (s *Store) CurrentID(ctx context.Context, mailbox providers.Address, id string) (now string, err error) {
	now = id
	err = s.write(ctx, "looking for a moved event", func(b *batch) error {
		names, err := b.renamer(mailbox)
		if err != nil || names == nil {
			return err
		}
		now = names.now(id)
		return names.err
	})
	return now, err
}
