package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"roomdesk/providers"
)

// bookingRecord is a booking as the outbox has it. Its keys are read by later
// versions: they may be added to, not changed.
type bookingRecord struct {
	ID            string              `json:"id"`
	TransactionID string              `json:"transaction_id"`
	Room          providers.Address   `json:"room"`
	RoomName      string              `json:"room_name,omitempty"`
	Start         time.Time           `json:"start"`
	End           time.Time           `json:"end"`
	Zone          string              `json:"zone,omitempty"`
	Subject       string              `json:"subject,omitempty"`
	Body          string              `json:"body,omitempty"`
	Required      []providers.Address `json:"required,omitempty"`
	Optional      []providers.Address `json:"optional,omitempty"`
	Teams         bool                `json:"teams,omitempty"`
	Organizer     providers.Address   `json:"organizer,omitempty"`
	EvenIfBusy    bool                `json:"even_if_busy,omitempty"`
	State         string              `json:"state"`
	Created       time.Time           `json:"created,omitzero"`
	Sent          time.Time           `json:"sent,omitzero"`
	Answered      time.Time           `json:"answered,omitzero"`
	Updated       time.Time           `json:"updated,omitzero"`
	EventID       string              `json:"event_id,omitempty"`
	ICalUID       string              `json:"ical_uid,omitempty"`
	JoinURL       string              `json:"join_url,omitempty"`
	TeamsMissing  bool                `json:"teams_missing,omitempty"`
	RoomResponse  string              `json:"room_response,omitempty"`
	Reason        string              `json:"reason,omitempty"`
	ReasonProof   string              `json:"reason_proof,omitempty"`
	Failure       string              `json:"failure,omitempty"`
	Alternatives  []alternativeRecord `json:"alternatives,omitempty"`
	Tries         int                 `json:"tries,omitempty"`
	NextTry       time.Time           `json:"next_try,omitzero"`
	CancelNote    string              `json:"cancel_note,omitempty"`
	Adopted       bool                `json:"adopted,omitempty"`
	SeriesID      string              `json:"series_id,omitempty"`
	Change        *changeRecord       `json:"change,omitempty"`
	CancelDates   []cancelRecord      `json:"cancel_dates,omitempty"`
	Series        *seriesRecord       `json:"series,omitempty"`
	bookingExtras
}

// bookingExtras are what came later.
type bookingExtras struct {
	Offline  bool          `json:"offline,omitempty"`
	ShowAs   string        `json:"show_as,omitempty"`
	Private  bool          `json:"private,omitempty"`
	Before   time.Duration `json:"before,omitempty"` // nanoseconds
	After    time.Duration `json:"after,omitempty"`
	News     string        `json:"news,omitempty"`
	NewsAt   time.Time     `json:"news_at,omitzero"`
	Looked   time.Time     `json:"looked,omitzero"`
	Kept     time.Time     `json:"kept,omitzero"`
	Review   string        `json:"review,omitempty"`
	Reviewed time.Time     `json:"reviewed,omitzero"`
	BufferOf string        `json:"buffer_of,omitempty"`
	DateOf   string        `json:"date_of,omitempty"`
	Date     int           `json:"date,omitempty"`
}

func extrasOf(b providers.Booking) bookingExtras {
	q := b.Request
	return bookingExtras{q.Offline, string(q.ShowAs), q.Private, q.Before, q.After, b.News.Words, b.News.At, b.Looked, b.Kept, b.Review, b.Reviewed, b.BufferOf, b.DateOf, b.Date}
}

func (x bookingExtras) into(b *providers.Booking) {
	q := &b.Request
	q.Offline, q.ShowAs, q.Private, q.Before, q.After = x.Offline, providers.ShowAs(x.ShowAs), x.Private, x.Before, x.After
	b.News, b.Looked, b.Kept = providers.BookingNews{Words: x.News, At: x.NewsAt}, x.Looked, x.Kept
	b.Review, b.Reviewed, b.BufferOf = x.Review, x.Reviewed, x.BufferOf
	b.DateOf, b.Date = x.DateOf, x.Date
}

type alternativeRecord struct {
	Room     providers.Address `json:"room"`
	Name     string            `json:"name,omitempty"`
	Place    string            `json:"place,omitempty"`
	Capacity int               `json:"capacity,omitempty"`
	Why      string            `json:"why,omitempty"`
}

func encodeBooking(b providers.Booking) (string, error) {
	q := b.Request
	r := bookingRecord{
		ID: b.ID, TransactionID: b.TransactionID, Room: q.Room, RoomName: b.RoomName.Raw(), Start: q.Start, End: q.End, Zone: q.Zone,
		Subject: q.Subject.Raw(), Body: q.Body.Raw(), Required: q.Required, Optional: q.Optional, Teams: q.Teams, Organizer: q.Organizer,
		EvenIfBusy: q.EvenIfBusy, State: string(b.State), Created: b.Created, Sent: b.Sent, Answered: b.Answered, Updated: b.Updated,
		EventID: b.EventID, ICalUID: b.ICalUID, JoinURL: b.JoinURL.Raw(), TeamsMissing: b.TeamsMissing, RoomResponse: string(b.RoomResponse),
		Reason: b.Reason, ReasonProof: string(b.ReasonProof), Failure: string(b.Failure), Tries: b.Tries, NextTry: b.NextTry, CancelNote: b.CancelNote.Raw(),
		Adopted: b.Adopted, SeriesID: b.SeriesID, Change: encodeChange(b.Change), CancelDates: encodeCancelDates(b.CancelDates), Series: encodeSeries(b.Series),
	}
	r.Alternatives = encodeAlternatives(b.Alternatives)
	r.bookingExtras = extrasOf(b)
	text, err := json.Marshal(r)
	return string(text), err
}

func decodeBooking(text string) (providers.Booking, error) {
	var r bookingRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return providers.Booking{}, errors.Join(errBadBlob, err)
	}
	b := providers.Booking{
		ID: r.ID, TransactionID: r.TransactionID, RoomName: providers.Outside(r.RoomName), State: providers.BookingState(r.State),
		Request: providers.BookingRequest{
			Room: r.Room, Start: r.Start, End: r.End, Zone: r.Zone, Subject: providers.Outside(r.Subject), Body: providers.Outside(r.Body),
			Required: r.Required, Optional: r.Optional, Teams: r.Teams, Organizer: r.Organizer, EvenIfBusy: r.EvenIfBusy,
		},
		Created: r.Created, Sent: r.Sent, Answered: r.Answered, Updated: r.Updated, EventID: r.EventID, ICalUID: r.ICalUID,
		JoinURL: providers.Outside(r.JoinURL), TeamsMissing: r.TeamsMissing, RoomResponse: providers.Response(r.RoomResponse),
		Reason: r.Reason, ReasonProof: providers.Proof(r.ReasonProof), Failure: providers.Class(r.Failure), Tries: r.Tries, NextTry: r.NextTry, CancelNote: providers.Outside(r.CancelNote),
		Adopted: r.Adopted, SeriesID: r.SeriesID, Change: r.Change.change(), CancelDates: decodeCancelDates(r.CancelDates), Series: r.Series.series(),
	}
	b.Alternatives = decodeAlternatives(r.Alternatives)
	r.into(&b)
	return b, nil
}

func encodeAlternatives(all []providers.Alternative) (records []alternativeRecord) {
	for _, a := range all {
		records = append(records, alternativeRecord{a.Room, a.Name.Raw(), a.Place, a.Capacity, a.Why})
	}
	return records
}

func decodeAlternatives(records []alternativeRecord) (all []providers.Alternative) {
	for _, a := range records {
		all = append(all, providers.Alternative{Room: a.Room, Name: providers.Outside(a.Name), Place: a.Place, Capacity: a.Capacity, Why: a.Why})
	}
	return all
}

// SaveBooking stores a booking whole, new or changed. Once it returns nil the
// booking is on the disk and survives a power cut; on an error it must be taken
// as not stored.
func (s *Store) SaveBooking(ctx context.Context, booking providers.Booking) error {
	const op = "storing a booking"
	if booking.ID == "" {
		return failure(op, errors.New("it has no id"))
	}
	text, err := encodeBooking(booking)
	if err != nil {
		return failure(op, err)
	}
	return s.writing(ctx, op, true, func(b *batch) error {
		text, err := b.settle(text, booking.Request.Organizer)
		if err != nil {
			return err
		}
		return b.exec(`INSERT INTO booking (id, created, settled, ical_uid, content) VALUES (?1, ?2, ?3, ?4, ?5)
			ON CONFLICT (id) DO UPDATE SET settled = excluded.settled, ical_uid = excluded.ical_uid, content = excluded.content`,
			booking.ID, micros(booking.Created), booking.Settled(), booking.ICalUID, text)
	})
}

// ErrNoBooking: there is no booking with that id.
var ErrNoBooking = errors.New("there is no booking with this id")

// Booking finds one booking. The error wraps [ErrNoBooking], with class Gone,
// where there is none.
func (s *Store) Booking(ctx context.Context, id string) (providers.Booking, error) {
	const op = "reading a booking"
	var text string
	err := s.read.QueryRowContext(ctx, "SELECT content FROM booking WHERE id = ?1", id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return providers.Booking{}, &providers.Error{Class: providers.Gone, Op: op, Err: ErrNoBooking}
	}
	if err != nil {
		return providers.Booking{}, s.fail(op, err)
	}
	booking, err := decodeBooking(text)
	return booking, s.fail(op, err)
}

// Bookings lists what was booked here, newest first.
func (s *Store) Bookings(ctx context.Context) ([]providers.Booking, error) {
	return s.bookings(ctx, "SELECT content FROM booking ORDER BY created DESC, id DESC")
}

// OpenBookings lists the bookings that have not come to an end, oldest first.
func (s *Store) OpenBookings(ctx context.Context) ([]providers.Booking, error) {
	return s.bookings(ctx, "SELECT content FROM booking WHERE settled = 0 ORDER BY created, id")
}

func (s *Store) bookings(ctx context.Context, query string) ([]providers.Booking, error) {
	const op = "reading bookings"
	rows, err := s.read.QueryContext(ctx, query)
	if err != nil {
		return nil, s.fail(op, err)
	}
	var all []providers.Booking
	err = eachRow(rows, func(row rowScanner) error {
		var text string
		if err := row.Scan(&text); err != nil {
			return err
		}
		booking, err := decodeBooking(text)
		all = append(all, booking)
		return err
	})
	return all, s.fail(op, err)
}
