package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"roomdesk/providers"
)

// eventColumns, from e and its series master s.
const eventColumns = `e.id, e.start, e."end", e.flags, e.ical_uid, e.subject, e.detail, s.id, s.flags, s.ical_uid, s.subject, s.detail`

// withMaster joins the master of an occurrence that came without its details:
// inheriting while reading means that a change of the master reaches all its
// occurrences, in whichever order they came.
const withMaster = ` LEFT JOIN event s ON e.flags & 16 <> 0 AND s.mailbox_id = e.mailbox_id AND s.id_hash = e.series_hash `

// Rows come in the order of the index event_time, its last parts included: any
// other order would pass each row, details and all, through a sorter.

// Masters are no entries of a calendar, only patterns.
const noMaster = ` AND e.flags & 15 <> 2 `

// inSpan bounds by start as well as by end, because the index is by start: no
// event of the mailbox is longer than m.longest. The events of a mailbox that was
// not yet read to its end are not shown.
const inSpan = ` e.mailbox_id = m.id AND e.start < ?2 AND e.start > ?1 - m.longest - 1 AND (e."end" > ?1 OR e.start = ?1) AND m.window_start < m.window_end `

func scanEvent(mailbox providers.Address, row rowScanner) (providers.Event, error) {
	var r eventRow
	var sid, suid, ssubject sql.NullString
	var sflags sql.NullInt64
	var sdetail []byte
	if err := row.Scan(&r.id, &r.start, &r.end, &r.flags, &r.icalUID, &r.subject, &r.detail, &sid, &sflags, &suid, &ssubject, &sdetail); err != nil {
		return providers.Event{}, err
	}
	ev, err := decodeEvent(mailbox, &r)
	if err != nil || !sid.Valid {
		return ev, err
	}
	master, err := decodeEvent(mailbox, &eventRow{id: sid.String, flags: sflags.Int64, icalUID: suid.String, subject: ssubject.String, detail: sdetail})
	return providers.Inherit(ev, master), err
}

// Events are the mirrored entries of a mailbox that overlap the span, by start.
// Series masters are left out. Where the mailbox was not read to its end yet, or
// is not mirrored, the error has class Unsupported and says which.
func (s *Store) Events(ctx context.Context, mailbox providers.Address, span providers.Interval) ([]providers.Event, error) {
	const op = "reading events"
	rows, err := s.read.QueryContext(ctx, `SELECT `+eventColumns+` FROM mailbox m JOIN event e ON `+inSpan+noMaster+withMaster+`
		WHERE m.address = ?3 ORDER BY e.start, e."end", e.flags, e.row_id`, micros(span.Start), micros(span.End), string(mailbox))
	if err != nil {
		return nil, s.fail(op, err)
	}
	var all []providers.Event
	err = eachRow(rows, func(row rowScanner) error {
		ev, err := scanEvent(mailbox, row)
		all = append(all, ev)
		return err
	})
	if err != nil || len(all) > 0 {
		return all, s.fail(op, err)
	}
	p, err := s.Position(ctx, mailbox)
	if err != nil || p.Complete() {
		return nil, err
	}
	e := &providers.Error{Class: providers.Unsupported, Op: op, Mailbox: mailbox, Advice: "its calendar was not read yet"}
	if p.Problem != nil {
		e.Class, e.Code, e.Status, e.Advice, e.Message = p.Problem.Class, p.Problem.Code, p.Problem.Status, p.Problem.Advice, p.Problem.Message
	}
	if e.Message.Empty() {
		e.Message = providers.Outside("the calendar of this mailbox was not read yet")
	}
	return nil, e
}

// Event finds one mirrored event by its id; ok is false where there is none.
func (s *Store) Event(ctx context.Context, mailbox providers.Address, id string) (event providers.Event, ok bool, err error) {
	const op = "reading an event"
	rows, err := s.read.QueryContext(ctx, `SELECT `+eventColumns+` FROM mailbox m JOIN event e ON e.mailbox_id = m.id AND e.id = ?3`+withMaster+`
		WHERE m.address = ?1 AND e.id_hash BETWEEN ?2 AND ?2 + 8`, string(mailbox), idHash(id), id)
	if err != nil {
		return providers.Event{}, false, s.fail(op, err)
	}
	err = eachRow(rows, func(row rowScanner) error {
		event, err = scanEvent(mailbox, row)
		ok = true
		return err
	})
	return event, ok && err == nil, s.fail(op, err)
}

// EachEvent calls do with every mirrored entry that overlaps the span, mailbox
// by mailbox, until do returns an error. With mailboxes, only those.
func (s *Store) EachEvent(ctx context.Context, mailboxes []providers.Address, span providers.Interval, do func(providers.Event) error) error {
	const op = "reading events"
	query := `SELECT m.address, ` + eventColumns + ` FROM mailbox m JOIN event e ON ` + inSpan + noMaster + withMaster
	args := []any{micros(span.Start), micros(span.End)}
	if len(mailboxes) > 0 {
		query += ` WHERE m.address IN (SELECT value FROM json_each(?3))`
		args = append(args, jsonAddresses(mailboxes))
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY m.address, e.start, e."end", e.flags, e.row_id`, args...)
	if err != nil {
		return s.fail(op, err)
	}
	var stop error
	err = eachRow(rows, func(row rowScanner) error {
		var address string
		ev, err := scanEvent("", prefixed{row, []any{&address}})
		if err != nil {
			return err
		}
		ev.Mailbox = providers.Address(address)
		stop = do(ev)
		return stop
	})
	if stop != nil {
		return stop
	}
	return s.fail(op, err)
}

// EventsAll are the mirrored entries of all mailboxes, or of those named, that
// overlap the span, by mailbox and start.
func (s *Store) EventsAll(ctx context.Context, span providers.Interval, mailboxes ...providers.Address) ([]providers.Event, error) {
	var all []providers.Event
	err := s.EachEvent(ctx, mailboxes, span, func(ev providers.Event) error {
		all = append(all, ev)
		return nil
	})
	return all, err
}

// prefixed scans columns that come before those that the caller knows.
type prefixed struct {
	row    rowScanner
	before []any
}

func (p prefixed) Scan(dest ...any) error { return p.row.Scan(append(p.before, dest...)...) }

// jsonAddresses is a JSON array for json_each. Addresses hold nothing that
// would need escaping, but encoding costs little and is certain.
func jsonAddresses(mailboxes []providers.Address) string {
	b, err := json.Marshal(mailboxes)
	if err != nil {
		return "[]"
	}
	return string(b)
}
