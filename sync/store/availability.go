package store

import (
	"context"
	"database/sql"
	"sort"
	"time"

	"roomdesk/providers"
)

// SetAvailability stores what the tenant answered to a question for free/busy.
// An answer with a Problem and without AsOf keeps what was known before, with the
// problem beside it.
func (s *Store) SetAvailability(ctx context.Context, answers []providers.Availability) error {
	blobs := make([][]byte, len(answers))
	for i, a := range answers {
		blobs[i] = encodeBlocks(a.Blocks)
	}
	return s.write(ctx, "storing availability", func(b *batch) error {
		for i, a := range answers {
			m, err := b.mailbox(a.Mailbox)
			if err != nil {
				return err
			}
			if !a.Known() {
				err = b.exec(`INSERT INTO availability (mailbox_id, window_start, window_end, as_of, blocks, problem) VALUES (?1, ?2, ?2, ?2, ?3, ?4)
					ON CONFLICT (mailbox_id) DO UPDATE SET problem = excluded.problem`, m.id, never, blobs[i], encodeProblem(a.Problem))
			} else {
				err = b.exec(`INSERT INTO availability (mailbox_id, window_start, window_end, as_of, blocks, problem) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
					ON CONFLICT (mailbox_id) DO UPDATE SET window_start = excluded.window_start, window_end = excluded.window_end,
						as_of = excluded.as_of, blocks = excluded.blocks, problem = excluded.problem`,
					m.id, micros(a.Window.Start), micros(a.Window.End), micros(a.AsOf), blobs[i], encodeProblem(a.Problem))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func encodeBlocks(blocks []providers.Block) []byte {
	e := newEncoder(16 + 32*len(blocks))
	list(e, blocks, func(b providers.Block) {
		e.time(b.Start)
		e.time(b.End)
		e.string(string(b.State))
		e.text(b.Subject)
		e.bool(b.Private)
	})
	return e.b
}

func decodeBlocks(blob []byte, window providers.Interval) ([]providers.Block, error) {
	d := newDecoder(blob)
	blocks := unlist(d, func() providers.Block {
		return providers.Block{Interval: providers.Interval{Start: d.time(), End: d.time()}, State: providers.FreeBusy(d.string()), Subject: d.text(), Private: d.bool()}
	})
	kept := blocks[:0]
	for _, b := range blocks {
		if b.Overlaps(window) {
			kept = append(kept, b)
		}
	}
	return kept, d.err()
}

// newerSchedule is how much newer an answer to a free/busy question must be than
// a mailbox's events to be believed instead, although it says less.
const newerSchedule = 15 * time.Minute

// Availability is free/busy of the mailboxes inside the window: one entry for
// each, also for those of which nothing is known. A mailbox whose events are
// mirrored answers from these; others from the last answer to a free/busy
// question, which is also taken where it is much newer or covers more. The
// entry's Window is the part of window that is covered; nothing may be concluded
// outside it.
func (s *Store) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	answer, err := s.availability(ctx, mailboxes, window, false)
	return answer, s.fail("reading availability", err)
}

// Mirrored is the same from the mirrored events alone, for comparing them with
// what the tenant answers to a question for free/busy. A mailbox whose calendar
// was not read to its end is unknown.
func (s *Store) Mirrored(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	answer, err := s.availability(ctx, mailboxes, window, true)
	return answer, s.fail("reading availability", err)
}

func (s *Store) availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval, eventsOnly bool) (map[providers.Address]providers.Availability, error) {
	answer := make(map[providers.Address]providers.Availability, len(mailboxes))
	for _, mailbox := range mailboxes {
		answer[mailbox] = providers.Availability{Mailbox: mailbox, Window: window}
	}
	if len(mailboxes) == 0 {
		return answer, nil
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	addresses := jsonAddresses(mailboxes)
	fromEvents := map[int64]providers.Address{}
	var ids []int64
	rows, err := tx.QueryContext(ctx, `SELECT m.id, `+mailboxColumns+`, coalesce(a.window_start, 0), coalesce(a.window_end, 0), coalesce(a.as_of, ?2), a.blocks, a.problem
		FROM mailbox m LEFT JOIN availability a ON a.mailbox_id = m.id WHERE m.address IN (SELECT value FROM json_each(?1))`, addresses, never)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func(row rowScanner) error {
		var id, start, end, asOf int64
		var blocks, problem []byte
		m, err := scanMailbox(prefixed{row, []any{&id}}, &start, &end, &asOf, &blocks, &problem)
		if err != nil {
			return err
		}
		if eventsOnly {
			asOf, problem = never, nil
		}
		a, events, err := choose(m, window, providers.Interval{Start: instant(start), End: instant(end)}, instant(asOf), blocks, problem)
		if events {
			fromEvents[id] = m.Address
			ids = append(ids, id)
		}
		answer[m.Address] = a
		return err
	})
	if err != nil || len(ids) == 0 {
		return answer, err
	}
	return answer, s.blocks(ctx, tx, ids, fromEvents, window, answer)
}

// choose decides from which side a mailbox answers. events is true where its
// blocks are still to be read from its events.
func choose(m Mailbox, want, schedule providers.Interval, asOf time.Time, blob, problem []byte) (a providers.Availability, events bool, err error) {
	a = providers.Availability{Mailbox: m.Address, Window: want}
	mirrored, asked := overlap(m.Window, want), overlap(schedule, want)
	haveEvents := m.Complete() && !m.LastGood.IsZero() && mirrored.Start.Before(mirrored.End)
	haveSchedule := !asOf.IsZero() && asked.Start.Before(asked.End)
	older := newerSchedule
	if m.Problem != nil {
		older = 0
	}
	switch {
	case haveEvents && haveSchedule && asOf.After(m.LastGood.Add(older)) && asked.Duration() >= mirrored.Duration():
		haveEvents = false
	case haveEvents && haveSchedule && asked.Duration() > mirrored.Duration():
		haveEvents = false
	}
	asking, err := decodeProblem(problem)
	if err != nil {
		return a, false, err
	}
	switch {
	case haveEvents:
		a.Window, a.AsOf, a.Problem = mirrored, m.LastGood, m.Problem
		return a, true, nil
	case haveSchedule:
		a.Window, a.AsOf, a.Problem = asked, asOf, asking
		a.Blocks, err = decodeBlocks(blob, asked)
		return a, false, err
	}
	a.Problem = m.Problem
	if a.Problem == nil {
		a.Problem = asking
	}
	return a, false, nil
}

func overlap(a, b providers.Interval) providers.Interval {
	if b.Start.After(a.Start) {
		a.Start = b.Start
	}
	if b.End.Before(a.End) {
		a.End = b.End
	}
	return a
}

// blocks reads the blocks of the mailboxes that answer from their events.
func (s *Store) blocks(ctx context.Context, tx *sql.Tx, ids []int64, mailboxes map[int64]providers.Address, window providers.Interval,
	answer map[providers.Address]providers.Availability,
) error {
	wide := providers.Interval{Start: window.Start.Add(-mostOffset), End: window.End.Add(mostOffset)}
	rows, err := tx.QueryContext(ctx, `SELECT e.mailbox_id, e.id, e.start, e."end", e.flags, e.subject, s.flags, s.subject,
			CASE WHEN coalesce(s.flags, e.flags) & 32 <> 0 THEN coalesce(s.detail, e.detail) END,
			EXISTS (SELECT 1 FROM booking b WHERE b.ical_uid = CASE WHEN e.ical_uid <> '' THEN e.ical_uid ELSE s.ical_uid END AND b.ical_uid <> '')
		FROM json_each(?3) j CROSS JOIN mailbox m ON m.id = j.value CROSS JOIN event e ON `+inSpan+noMaster+withMaster+`
		WHERE e.flags & 48 <> 0 OR e.start < ?5 AND (e."end" > ?4 OR e.start = ?4)`,
		micros(wide.Start), micros(wide.End), jsonInts(ids), micros(window.Start), micros(window.End))
	if err != nil {
		return err
	}
	found := make(map[int64][]providers.Block, len(ids))
	err = eachRow(rows, func(row rowScanner) error {
		var mailbox, start, end, flags int64
		var id, subject string
		var sflags sql.NullInt64
		var ssubject sql.NullString
		var mine bool
		var allDay []byte
		if err := row.Scan(&mailbox, &id, &start, &end, &flags, &subject, &sflags, &ssubject, &allDay, &mine); err != nil {
			return err
		}
		if sflags.Valid {
			flags, subject = flags&flagCancelled|sflags.Int64, ssubject.String
		}
		state, taken := blockState(flags)
		if !taken {
			return nil
		}
		span := providers.Interval{Start: instant(start), End: instant(end)}
		if allDay != nil {
			span = s.wholeDays(span, allDay)
		}
		if !span.Overlaps(window) && span.Duration() > 0 {
			return nil // came because it might have been an all-day event
		}
		b := providers.Block{Interval: span, State: state, EventID: id, Mine: mine}
		if flags&flagPrivate != 0 {
			b.Private = true
		} else {
			b.Subject = providers.Outside(subject)
		}
		found[mailbox] = append(found[mailbox], b)
		return nil
	})
	if err != nil {
		return err
	}
	for id, mailbox := range mailboxes {
		a := answer[mailbox]
		a.Blocks = found[id]
		sort.SliceStable(a.Blocks, func(i, j int) bool { return a.Blocks[i].Start.Before(a.Blocks[j].Start) })
		answer[mailbox] = a
	}
	return nil
}

// mostOffset is the farthest that any zone is from UTC.
const mostOffset = 14 * time.Hour

// wholeDays are the instants between which an all-day event takes time: its days
// begin at midnight in the zone that it was made in, while the service writes
// these midnights as if they were UTC's. Where the zone is not known they are
// taken as they are written.
func (s *Store) wholeDays(written providers.Interval, detail []byte) providers.Interval {
	zone := s.zone(eventZone(detail))
	if zone == nil {
		return written
	}
	midnight := func(t time.Time) time.Time {
		year, month, day := t.Date()
		return time.Date(year, month, day, t.Hour(), t.Minute(), 0, 0, zone).UTC()
	}
	return providers.Interval{Start: midnight(written.Start), End: midnight(written.End)}
}

// blockState is how an event counts in free/busy. Cancelled, declined and free
// ones do not.
func blockState(flags int64) (providers.FreeBusy, bool) {
	if flags&(flagCancelled|flagDeclined) != 0 {
		return providers.Free, false
	}
	show := otherShow
	if i := flags >> flagShowShift & 15; i < int64(len(showValues)) {
		show = showValues[i]
	}
	switch show {
	case providers.ShowFree:
		return providers.Free, false
	case providers.ShowTentative:
		return providers.Tentative, true
	case providers.ShowOutOfOffice:
		return providers.OutOfOffice, true
	case providers.ShowWorkingElsewhere:
		return providers.WorkingElsewhere, true
	case providers.ShowUnknown:
		return providers.Unknown, true
	}
	// "busy", a value that we do not know, and an occurrence without its master:
	// something is there.
	return providers.Busy, true
}

const otherShow = providers.ShowAs("other")
