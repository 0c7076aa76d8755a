package providers

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SeriesRequest is a planned series as a person sends it: the plan that was shown,
// or one in which some dates were decided otherwise.
type SeriesRequest struct {
	// Request says whom to invite and what to write. Its room and times are those of
	// the first date; its zone is the one by whose clocks the series comes.
	Request BookingRequest
	Matrix  SeriesMatrix
	Plan    SeriesPlan
}

// BookingSeries is the series of a booking: the recurring meetings that it is made
// of, and one line for each date that was wished.
type BookingSeries struct {
	Words     string // "every week on Tue, 10 times"; safe to show
	PlanWords string // "1 room change, 0 skipped"; safe to show
	Meetings  []SeriesMeeting
	Dates     []BookingDate
	// Given is why the series is not made, while what was begun is taken back;
	// nobody was invited yet then. Safe to show.
	Given string
	// CancelScope is how much was cancelled last; "" where nothing was.
	CancelScope CancelScope
}

// SeriesMeeting is one recurring meeting of the organizer's calendar.
type SeriesMeeting struct {
	TransactionID string // GUID, the same on every try
	EventID       string // of its master; "" before it is made
	ICalUID       string
	Room          Address
	RoomName      Untrusted
	Recurrence    Recurrence
	Start, End    time.Time // of its first date
	// Quiet says that it is made without anybody invited, because some of its dates
	// are taken out or moved before the room judges all of them.
	Quiet   bool
	Trimmed bool // its dates are as planned
	Invited bool // the room and the people are invited
	Tries   int
	Gone    bool // cancelled as a whole, or taken back
}

// BookingDate is one date of a booked series.
type BookingDate struct {
	Wished     Interval
	WishedRoom Address // the room of its series
	WishedName Untrusted
	// Span and Room are what is booked on that date; none where it is skipped.
	Span     Interval
	Room     Address
	RoomName Untrusted
	Act      SeriesAct
	// Because is what was known against the date as it was wished, where the plan does
	// something else; safe to show.
	Because string
	// Meeting is the number of the recurring meeting that it is a date of; -1 where it
	// has a meeting of its own, or none.
	Meeting       int
	TransactionID string // of a meeting of its own
	EventID       string // of the date, or of its own meeting; "" before it is known
	Tries         int    // of its own meeting

	State       BookingState
	Sent        time.Time // the room was asked; zero before
	Answered    time.Time // the room answered; zero before
	Reason      string    // why declined, failed, waiting or cancelled; safe to show
	ReasonProof Proof
	// Alternatives are other rooms where the room declined this date.
	Alternatives []Alternative
	// Notes say what clocks do to this date; safe to show.
	Notes []string
	// FreeAgain is since when the wished room can be had on this date after all,
	// where the date was skipped, moved or declined; zero: it cannot, as far as known.
	FreeAgain time.Time
	// Change is the latest change of this date alone; the zero value is none.
	Change BookingChange
}

// Own reports whether the date has a meeting of its own instead of being one of a
// recurring meeting.
func (d BookingDate) Own() bool { return d.TransactionID != "" }

// ChangedHere reports whether the date is where a change of it from here has put it,
// or had it before.
func (d BookingDate) ChangedHere() bool {
	c := d.Change
	at := func(s Slot) bool { return d.Span.Start.Equal(s.Start) && d.Span.End.Equal(s.End) }
	return c.Kind != "" && (d.Room == c.Was.Room || d.Room == c.Wanted.Room) && (at(c.Was) || at(c.Wanted))
}

// Live reports whether something is or shall be booked on the date.
func (d BookingDate) Live() bool {
	switch d.State {
	case BookingSkipped, BookingCancelled, BookingFailed:
		return false
	}
	return true
}

// Words is the state of the date as a person reads it.
func (d BookingDate) Words() string {
	words := d.State.Words()
	switch d.Act {
	case SeriesOther:
		words += ", in another room"
	case SeriesShift:
		words += ", at another time"
	case SeriesKeep, SeriesSkip:
	}
	return words
}

// Offer is what to say where the wished room can be had after all; "" where it
// cannot.
func (d BookingDate) Offer() string {
	if d.FreeAgain.IsZero() {
		return ""
	}
	return d.WishedName.Or(string(d.WishedRoom)) + " is free on this date after all"
}

// Last is the end of the last date that is booked, or was wished.
func (s BookingSeries) Last() time.Time {
	var last time.Time
	for _, d := range s.Dates {
		for _, end := range []time.Time{d.Wished.End, d.Span.End} {
			if end.After(last) {
				last = end
			}
		}
	}
	return last
}

// Count counts the dates in some states.
func (s BookingSeries) Count(states ...BookingState) int {
	n := 0
	for _, d := range s.Dates {
		if slices.Contains(states, d.State) {
			n++
		}
	}
	return n
}

// Tally is how many dates are in which state: "9 accepted, 1 declined".
func (s BookingSeries) Tally() string {
	var parts []string
	for _, group := range []struct {
		words  string
		states []BookingState
	}{
		{"accepted", []BookingState{BookingAccepted}}, {"held", []BookingState{BookingTentative}}, {"declined", []BookingState{BookingDeclined}},
		{"waiting", []BookingState{BookingDraft, BookingQueued, BookingSending, BookingUnknown, BookingWaiting}}, {"skipped", []BookingState{BookingSkipped}},
		{"being cancelled", []BookingState{BookingCancelling}}, {"cancelled", []BookingState{BookingCancelled}}, {"not made", []BookingState{BookingFailed}},
	} {
		if n := s.Count(group.states...); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, group.words))
		}
	}
	return strings.Join(parts, ", ")
}

// Clone is a copy that shares nothing.
func (s *BookingSeries) Clone() *BookingSeries {
	if s == nil {
		return nil
	}
	c := *s
	c.Meetings, c.Dates = slices.Clone(s.Meetings), slices.Clone(s.Dates)
	for i := range c.Meetings {
		c.Meetings[i].Recurrence.Weekdays = slices.Clone(c.Meetings[i].Recurrence.Weekdays)
	}
	for i := range c.Dates {
		c.Dates[i].Alternatives, c.Dates[i].Notes = slices.Clone(c.Dates[i].Alternatives), slices.Clone(c.Dates[i].Notes)
	}
	return &c
}
