package providers

import "time"

// ChangeKind is what a person wants of a meeting that was booked.
type ChangeKind string

// Kinds of a change.
const (
	ChangeExtend ChangeKind = "extend" // ends later
	ChangeEnd    ChangeKind = "end"    // ends now
	ChangeMove   ChangeKind = "move"   // another time, another room, or both
	ChangeUndo   ChangeKind = "undo"   // back to what it was before the latest change
)

// ChangeState is where a change of a booking stands.
type ChangeState string

// States of a change. Each ends in done, undone or failed.
const (
	ChangeQueued  ChangeState = "queued"  // stored; this step was not sent yet
	ChangeSending ChangeState = "sending" // on its way: may have happened
	ChangeUnknown ChangeState = "unknown" // no answer: looked at before anything else
	ChangeWaiting ChangeState = "waiting" // in the tenant; the room has not answered
	ChangeDone    ChangeState = "done"
	ChangeUndone  ChangeState = "undone" // the room declined; it is as it was
	ChangeFailed  ChangeState = "failed" // nothing was changed
)

// ChangeStep is one write to the tenant. A change of room takes two: the new room
// is invited and must accept before the old one is let go.
type ChangeStep string

// Steps of a change.
const (
	StepApply   ChangeStep = "apply"
	StepRelease ChangeStep = "release" // let the old room go
	StepRevert  ChangeStep = "revert"  // the room declined: back to what it was
)

// Slot is a room at a time.
type Slot struct {
	Room     Address
	RoomName Untrusted
	Start    time.Time
	End      time.Time
}

// Span is the time of the slot.
func (s Slot) Span() Interval { return Interval{Start: s.Start, End: s.End} }

// Notice is one mail that the service sends because of what is about to be done.
type Notice struct {
	Mailbox Address
	Room    bool   // the mailbox is a room's
	Cause   string // safe to show: "the time changes"
}

// BookingChange is the latest change of a booking. It is stored before the first
// byte leaves. The zero value is none.
type BookingChange struct {
	Kind        ChangeKind
	State       ChangeState
	Step        ChangeStep
	Was, Wanted Slot
	Asked       time.Time // by the person
	Sent        time.Time // the tenant has the latest step; zero before
	Ended       time.Time
	Tries       int // of the step
	NextTry     time.Time
	// AnsweredBefore is when the room had given the answer that the change makes
	// it reconsider.
	AnsweredBefore time.Time
	Mails          []Notice // as counted before it was sent
	Reason         string   // safe to show
	ReasonProof    Proof
	// Failure sorts why the change was not made, or what its latest try met; "" where
	// nothing stood in the way.
	Failure Class
	// Alternatives are rooms for what was wanted, where the room declined it.
	Alternatives []Alternative
}

// Open reports whether the change is still under way.
func (c BookingChange) Open() bool {
	switch c.State {
	case ChangeQueued, ChangeSending, ChangeUnknown, ChangeWaiting:
		return true
	}
	return false
}

// NewRoom reports whether the change is to another room.
func (c BookingChange) NewRoom() bool { return c.Was.Room != c.Wanted.Room }

// Words is the state of the change as a person reads it; "" where there is none.
func (c BookingChange) Words() string {
	switch c.State {
	case ChangeQueued, ChangeSending:
		switch c.Step {
		case StepRelease:
			return "the new room has accepted; the old one is being let go"
		case StepRevert:
			return "the room declined; being put back"
		}
		return "being sent"
	case ChangeUnknown:
		return "being checked: the answer was lost"
	case ChangeWaiting:
		if c.Step == StepRevert {
			return "put back; the room has not answered again"
		}
		return "sent, the room has not answered"
	case ChangeDone:
		return "done"
	case ChangeUndone:
		return "declined by the room and put back"
	case ChangeFailed:
		return "not done"
	}
	return Sanitise(string(c.State))
}

// Settled reports whether nothing more is expected to happen to the booking by
// itself.
func (b Booking) Settled() bool { return b.State.Settled() && !b.Change.Open() }

// CancelScope is how much of a series is cancelled.
type CancelScope string

// Scopes of a cancellation.
const (
	CancelOne       CancelScope = "one"       // the booking's own date
	CancelFollowing CancelScope = "following" // that and all later dates
	CancelAll       CancelScope = "all"       // the whole series
)

// CancelDate is one meeting of a cancellation: a date of a series, or the series.
type CancelDate struct {
	EventID    string
	Start, End time.Time
	Done       bool
	Refused    string // why the tenant does not cancel it; safe to show
}
