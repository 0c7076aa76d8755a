package providers

import "time"

// BookingState is where a booking stands. Only [BookingAccepted] is a room that
// said yes.
type BookingState string

// States of a booking. Each ends in accepted, tentative, declined, partly,
// failed or cancelled.
const (
	BookingDraft      BookingState = "draft"
	BookingQueued     BookingState = "queued"  // stored, not sent yet
	BookingSending    BookingState = "sending" // on its way: may have happened
	BookingUnknown    BookingState = "unknown" // no answer: looked up before anything else
	BookingWaiting    BookingState = "waiting" // in the tenant; the room has not answered
	BookingAccepted   BookingState = "accepted"
	BookingTentative  BookingState = "tentative"
	BookingDeclined   BookingState = "declined"
	BookingPartly     BookingState = "partly"
	BookingCancelling BookingState = "cancelling"
	BookingCancelled  BookingState = "cancelled"
	BookingFailed     BookingState = "failed"
	BookingSkipped    BookingState = "skipped" // only of a date: the plan leaves it out
)

// Settled reports whether nothing more is expected to happen by itself.
func (s BookingState) Settled() bool {
	switch s {
	case BookingAccepted, BookingDeclined, BookingPartly, BookingCancelled, BookingFailed, BookingSkipped:
		return true
	}
	return false
}

// Words is the state as a person reads it.
func (s BookingState) Words() string {
	switch s {
	case BookingDraft:
		return "not sent"
	case BookingQueued:
		return "waiting to be sent"
	case BookingSending:
		return "being sent"
	case BookingUnknown:
		return "being checked: the answer was lost"
	case BookingWaiting:
		return "sent, the room has not answered"
	case BookingAccepted:
		return "accepted by the room"
	case BookingTentative:
		return "held: somebody must approve"
	case BookingDeclined:
		return "declined by the room"
	case BookingPartly:
		return "accepted for some dates"
	case BookingCancelling:
		return "being cancelled"
	case BookingCancelled:
		return "cancelled"
	case BookingFailed:
		return "failed"
	case BookingSkipped:
		return "left out"
	}
	return Sanitise(string(s))
}

// Proof says how sure an explanation is.
type Proof string

// Degrees of proof.
const (
	Proven       Proof = "proven"
	Inferred     Proof = "inferred"
	UnknownCause Proof = "unknown"
)

// Alternative is another room offered in place of one that declined.
type Alternative struct {
	Room     Address
	Name     Untrusted
	Place    string // building and floor, safe to show
	Capacity int
	Why      string // safe to show: "free until 16:00, same floor, 14 seats"
}

// BookingRequest is what a person asks for.
type BookingRequest struct {
	Room       Address
	Start, End time.Time
	Zone       string    // IANA name; "" is UTC
	Subject    Untrusted // "" becomes a default
	Body       Untrusted
	Required   []Address
	Optional   []Address
	Teams      bool
	Organizer  Address // on whose behalf; "" is the connection's organizer
	// EvenIfBusy sends although the live check says that the room is taken.
	EvenIfBusy bool
	// Offline stores the wish although the tenant cannot be asked. It is checked
	// before it is sent, and reviewed by a person where it is old by then.
	Offline bool
	ShowAs  ShowAs // how the time shows in calendars; "" is busy
	Private bool   // sensitivity private
	// Before and After are how long the room is kept for preparing and clearing up,
	// as meetings of their own.
	Before, After time.Duration
}

// BookingNews is what others did to a booking after it was made: the room changed
// its mind, or somebody moved or cancelled the meeting elsewhere. The zero value is
// none.
type BookingNews struct {
	Words string    // safe to show
	At    time.Time // when it was noticed
}

// Booking is a booking made here, from intent to the room's answer. It is stored
// before the first byte leaves.
type Booking struct {
	ID            string
	TransactionID string // GUID, the same on every try
	Request       BookingRequest
	RoomName      Untrusted
	State         BookingState
	Created       time.Time
	Sent          time.Time // the tenant has it; zero before
	Answered      time.Time // the room answered; zero before
	Updated       time.Time
	EventID       string // in the organiser's calendar
	ICalUID       string
	JoinURL       Untrusted
	// TeamsMissing is true once it is certain that the tenant made the meeting
	// without a Teams link although one was asked for.
	TeamsMissing bool
	RoomResponse Response
	Reason       string // why declined, failed or waiting; safe to show
	ReasonProof  Proof
	// Failure sorts what kept the booking from being made: in state failed why it
	// was not, before that what the latest try met. "" once the tenant has it.
	Failure      Class
	Alternatives []Alternative
	Tries        int
	NextTry      time.Time
	CancelNote   Untrusted
	// Adopted says that the meeting was not made here: it was found in the
	// organizer's calendar, to be changed.
	Adopted bool
	// SeriesID is the series that the meeting is a date of, or is itself.
	SeriesID string
	Change   BookingChange // the latest
	News     BookingNews   // the latest
	// Looked is when the tenant was last asked about the meeting; zero: never.
	Looked time.Time
	// Kept is when a person chose to wait on for a room that does not answer.
	Kept time.Time
	// Review says why a person must look at a queued booking before it is sent; ""
	// where nothing is to be reviewed. Safe to show.
	Review   string
	Reviewed time.Time // when a person last said that it shall be sent
	// BufferOf is the booking around which this one keeps the room.
	BufferOf string
	// DateOf is the series booked here of which this is one date, that is or was
	// changed by itself. What the date is now stands in that series.
	DateOf string
	// Date is the number of that date in its series, also where BufferOf is a series.
	Date int
	// CancelDates are the meetings that are being cancelled, where that is not just
	// the booking's own.
	CancelDates []CancelDate
	// Series is what was planned and became of each date, where a series was booked
	// here; Request then has the times of its first date. nil: a single meeting.
	Series *BookingSeries
}
