package rules

import (
	"time"

	"roomdesk/providers"
)

// remembered is how long a room's behaviour says something about it.
const remembered = 90 * 24 * time.Hour

// silentAfter is how long a room that answers by itself never takes.
const silentAfter = 15 * time.Minute

// Kind is how a room behaved.
type Kind string

// How rooms behave.
const (
	Answered Kind = "answered" // accepted by itself
	Asked    Kind = "asked"    // somebody had to approve
	Silent   Kind = "silent"   // did not answer
	Refused  Kind = "refused"  // declined a free time at once
)

// Habit is how a room behaved the last time that it told something.
type Habit struct {
	Kind Kind
	At   time.Time
}

// Reason is what the habit lets expect; false where it speaks for the room.
func (h Habit) Reason(now time.Time) (providers.Reason, bool) {
	words := map[Kind]string{
		Asked:   "somebody had to approve the last booking made here",
		Silent:  "did not answer the last booking made here",
		Refused: "declined a free time the last time, so a rule of it is unknown here",
	}[h.Kind]
	if words == "" {
		return providers.Reason{}, false
	}
	return providers.Reason{Words: words + ", " + providers.Age(now.Sub(h.At)) + " ago", Proof: providers.Inferred}, true
}

// Learn says of each room how it behaved when it was last booked here. What is
// older than 90 days, and what has another cause, is left out.
func Learn(bookings []providers.Booking, now time.Time) map[providers.Address]Habit {
	out := map[providers.Address]Habit{}
	for _, b := range bookings {
		h, ok := habitOf(b, now)
		if ok && now.Sub(h.At) <= remembered && h.At.After(out[b.Request.Room].At) {
			out[b.Request.Room] = h
		}
	}
	return out
}

func habitOf(b providers.Booking, now time.Time) (Habit, bool) {
	switch {
	case b.Sent.IsZero():
		return Habit{}, false
	case b.State == providers.BookingWaiting:
		return Habit{Silent, b.Sent}, now.Sub(b.Sent) >= silentAfter
	case b.Answered.IsZero():
		return Habit{}, false
	case b.State == providers.BookingTentative || b.Answered.Sub(b.Sent) >= silentAfter && b.State == providers.BookingAccepted:
		return Habit{Asked, b.Answered}, true
	case b.State == providers.BookingAccepted:
		return Habit{Answered, b.Answered}, true
	case b.State == providers.BookingDeclined && b.ReasonProof == providers.Inferred:
		return Habit{Refused, b.Answered}, b.Answered.Sub(b.Sent) <= time.Minute
	}
	return Habit{}, false
}
