package store

import (
	"encoding/binary"
	"math"

	"roomdesk/providers"
)

// Bits of event.flags. The lowest four are the type.
const (
	flagStub = 1 << (iota + 4)
	flagAllDay
	flagPrivate
	flagCancelled
	flagDeclined
	flagIsOrganizer
	flagOnline
	flagMirrored // reserved
)

const flagShowShift = 16 // four bits: showAs

var eventTypes = []providers.EventType{"", providers.SingleInstance, providers.SeriesMaster, providers.Occurrence, providers.Exception}

var showValues = []providers.ShowAs{"", providers.ShowFree, providers.ShowTentative, providers.ShowBusy, providers.ShowOutOfOffice,
	providers.ShowWorkingElsewhere, providers.ShowUnknown}

// otherValue stands for an enumeration's member that we do not know; detail has it.
const otherValue = 15

func indexOf[T comparable](values []T, v T) int64 {
	for i, have := range values {
		if have == v {
			return int64(i)
		}
	}
	return otherValue
}

// eventRow is an event as the table has it.
type eventRow struct {
	idHash, seriesHash int64
	id                 string
	start, end         int64
	flags              int64
	icalUID, subject   string
	detail             []byte
	checksum, visible  int64
}

const masterType = 2 // of eventTypes

func (r *eventRow) master() bool { return r.flags&15 == masterType }

// encodeEvent makes the row of an event. ETag, modification time and coordinates come
// last in the detail, so that what a person could see has a checksum of its own: the
// services write coordinates with another precision each.
func encodeEvent(ev providers.Event) *eventRow {
	r := &eventRow{
		id: ev.ID, idHash: idHash(ev.ID), start: micros(ev.Start), end: micros(ev.End), icalUID: ev.ICalUID, subject: ev.Subject.Raw(),
		flags: indexOf(eventTypes, ev.Type) | indexOf(showValues, ev.ShowAs)<<flagShowShift,
	}
	for _, f := range []struct {
		set bool
		bit int64
	}{
		{ev.Stub, flagStub}, {ev.AllDay, flagAllDay}, {ev.Private, flagPrivate}, {ev.Cancelled, flagCancelled},
		{ev.Response == providers.ResponseDeclined, flagDeclined}, {ev.IsOrganizer, flagIsOrganizer}, {ev.OnlineMeeting, flagOnline},
	} {
		if f.set {
			r.flags |= f.bit
		}
	}
	if ev.SeriesMasterID != "" {
		r.seriesHash = idHash(ev.SeriesMasterID)
	}
	e := newEncoder(256 + 64*len(ev.Attendees))
	e.string(ev.CalendarID)
	e.string(ev.SeriesMasterID)
	e.string(string(ev.Type))
	e.string(string(ev.ShowAs))
	e.time(ev.OriginalStart)
	e.string(ev.Zone)
	e.text(ev.OrganizerName)
	e.address(ev.Organizer)
	e.text(ev.Location)
	list(e, ev.Attendees, func(a providers.Attendee) {
		e.address(a.Mailbox)
		if raw := a.Text.Raw(); raw == string(a.Mailbox) {
			e.bool(true)
		} else {
			e.bool(false)
			e.string(raw)
		}
		e.text(a.Name)
		e.string(string(a.Type))
		e.string(string(a.Response))
		e.time(a.ResponseAt)
	})
	e.string(string(ev.Response))
	e.text(ev.JoinURL)
	e.string(ev.TransactionID)
	seen := len(e.b)
	e.string(ev.ETag)
	e.time(ev.Modified)
	if c := ev.Coordinates; c != nil {
		e.int(int64(math.Float64bits(c.Latitude)))
		e.int(int64(math.Float64bits(c.Longitude)))
	}
	r.detail = e.b

	head := make([]byte, 0, 64+len(ev.ID)+len(r.icalUID)+len(r.subject)+len(e.b))
	for _, n := range []int64{r.start, r.end, r.flags} {
		head = binary.LittleEndian.AppendUint64(head, uint64(n))
	}
	for _, s := range []string{ev.ID, r.icalUID, r.subject} {
		head = binary.AppendUvarint(head, uint64(len(s)))
		head = append(head, s...)
	}
	head = append(head, e.b[:seen]...)
	r.visible, r.checksum = hashes64(head, e.b[seen:])
	return r
}

func decodeEvent(mailbox providers.Address, r *eventRow) (providers.Event, error) {
	d := newDecoder(r.detail)
	ev := providers.Event{
		Mailbox: mailbox, ID: r.id, ICalUID: r.icalUID, Start: instant(r.start), End: instant(r.end), Subject: providers.Outside(r.subject),
		Stub: r.flags&flagStub != 0, AllDay: r.flags&flagAllDay != 0, Private: r.flags&flagPrivate != 0,
		Cancelled: r.flags&flagCancelled != 0, IsOrganizer: r.flags&flagIsOrganizer != 0, OnlineMeeting: r.flags&flagOnline != 0,
		CalendarID: d.string(), SeriesMasterID: d.string(), Type: providers.EventType(d.string()), ShowAs: providers.ShowAs(d.string()),
		OriginalStart: d.time(), Zone: d.string(), OrganizerName: d.text(), Organizer: d.address(), Location: d.text(),
	}
	ev.Attendees = unlist(d, func() providers.Attendee {
		a := providers.Attendee{Mailbox: d.address()}
		if d.bool() {
			a.Text = providers.Outside(string(a.Mailbox))
		} else {
			a.Text = d.text()
		}
		a.Name, a.Type, a.Response, a.ResponseAt = d.text(), providers.AttendeeType(d.string()), providers.Response(d.string()), d.time()
		return a
	})
	ev.Response, ev.JoinURL, ev.TransactionID = providers.Response(d.string()), d.text(), d.string()
	ev.ETag, ev.Modified = d.string(), d.time()
	if len(d.b) > 0 { // rows of older versions end here
		ev.Coordinates = &providers.Coordinates{Latitude: math.Float64frombits(uint64(d.int())), Longitude: math.Float64frombits(uint64(d.int()))}
	}
	return ev, d.err()
}

// eventZone reads the zone alone.
func eventZone(detail []byte) string {
	d := newDecoder(detail)
	for range 4 { // calendar, series, type, show-as
		_ = d.string()
	}
	_ = d.time()
	return d.string()
}

// stage writes a row into a blob of its own, for the pages of an unfinished full
// read.
func (r *eventRow) stage(e *encoder) {
	e.string(r.id)
	for _, n := range []int64{r.seriesHash, r.start, r.end, r.flags} {
		e.int(n)
	}
	e.string(r.icalUID)
	e.string(r.subject)
	e.string(string(r.detail))
	e.int(r.checksum)
	e.int(r.visible)
}

func unstage(d *decoder) *eventRow {
	r := &eventRow{id: d.string(), seriesHash: d.int(), start: d.int(), end: d.int(), flags: d.int(), icalUID: d.string(), subject: d.string()}
	r.detail = []byte(d.string())
	r.checksum, r.visible = d.int(), d.int()
	r.idHash = idHash(r.id)
	return r
}

func (b *batch) insertEvent(mailbox int64, r *eventRow) error {
	return b.exec(`INSERT INTO event (mailbox_id, id_hash, id, series_hash, start, "end", flags, ical_uid, subject, detail, checksum, visible)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
		mailbox, r.idHash, r.id, r.seriesHash, r.start, r.end, r.flags, r.icalUID, r.subject, r.detail, r.checksum, r.visible)
}

func (b *batch) updateEvent(row int64, r *eventRow) error {
	return b.exec(`UPDATE event SET id_hash = ?2, id = ?3, series_hash = ?4, start = ?5, "end" = ?6, flags = ?7, ical_uid = ?8, subject = ?9,
		detail = ?10, checksum = ?11, visible = ?12 WHERE row_id = ?1`,
		row, r.idHash, r.id, r.seriesHash, r.start, r.end, r.flags, r.icalUID, r.subject, r.detail, r.checksum, r.visible)
}
