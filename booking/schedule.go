package booking

import (
	"time"

	"roomdesk/providers"
)

const (
	// silentAfter is how long a room may think before a person should choose
	// whether to wait on (F-047).
	silentAfter = 15 * time.Minute
	// teamsPatience is how long a missing Teams link is waited for (F-056).
	teamsPatience = 5 * time.Minute
	// absentFor is how long look-ups must find nothing before a meeting is sent
	// once more: a request that was in the air may still arrive.
	absentFor = 5 * time.Second
	// goneFor is how long look-ups must find nothing before a booking is called
	// failed.
	goneFor = 2 * time.Minute
	// maxTries bounds how often a meeting is sent.
	maxTries = 6
	// recheckAfter is the age of the live check from which on it is repeated
	// before the meeting is sent.
	recheckAfter = time.Minute
	// staleIntent is the age from which on nothing is sent any more on its own.
	staleIntent = 30 * time.Minute
	// othersTurn is how long a booking of another process is left to it.
	othersTurn = 5 * time.Second

	// rescanEvery and rescanSettled are how often the outbox is read for bookings
	// of other processes, and for accepted ones that are watched.
	rescanEvery   = 30 * time.Second
	rescanSettled = 10 * time.Minute

	createTimeout = 90 * time.Second
	readTimeout   = 30 * time.Second
	// explainTimeout bounds what is spent on a reason and on other rooms before a
	// refusal is told without them.
	explainTimeout = 10 * time.Second
)

// backOff is the wait before try n (1, 2, ...): it doubles from first up to most.
func backOff(n int, first, most time.Duration) time.Duration {
	for wait := first; ; wait *= 2 {
		if n--; n <= 0 || wait >= most {
			return min(wait, most)
		}
	}
}

// lookAgain is when the tenant is asked again about a meeting that it has, and
// zero where nothing more is to be learnt. Looks at a room that owes an answer
// begin half a second after sending and double; then they follow how near the
// meeting is, because rooms and people change their minds.
func lookAgain(b providers.Booking, now time.Time) time.Time {
	if b.Series != nil { // as if it were its next date, until the last
		b.Request.Start, b.Request.End = nextDate(b, now)
	}
	if !now.Before(b.Request.End) {
		return time.Time{}
	}
	var wait time.Duration
	since := now.Sub(b.Sent)
	switch b.State {
	case providers.BookingWaiting:
		switch {
		case since < silentAfter:
			// Waiting as long again as has passed doubles the distance.
			wait = min(max(since, 500*time.Millisecond), 30*time.Second)
		case since < 2*time.Hour:
			wait = 2 * time.Minute
		default:
			wait = 10 * time.Minute
		}
	case providers.BookingTentative:
		switch {
		case since < 30*time.Minute:
			wait = time.Minute
		case since < 6*time.Hour:
			wait = 5 * time.Minute
		default:
			wait = 15 * time.Minute
		}
	case providers.BookingAccepted, providers.BookingPartly:
		switch until := b.Request.Start.Sub(now); {
		case until < 24*time.Hour:
			wait = 5 * time.Minute
		case until < 7*24*time.Hour:
			wait = 30 * time.Minute
		default:
			wait = 6 * time.Hour
		}
	default:
		return time.Time{}
	}
	if teamsPending(b) {
		wait = min(wait, max(500*time.Millisecond, min(since, 10*time.Second)))
	}
	next := now.Add(wait)
	if next.After(b.Request.End) {
		return b.Request.End // one last look
	}
	return next
}

// firstLook is when a booking found in the outbox is looked at: at once where it
// is this desk's own, a little later where another process may be at it.
func firstLook(b providers.Booking, now time.Time, mine bool) time.Time {
	state := b.State
	switch {
	case b.Change.Open():
		state = providers.BookingSending
	case b.DateOf != "": // its series looks
		return time.Time{}
	}
	if state == providers.BookingQueued && b.Review != "" && b.Request.Start.Add(pastGrace).After(now) {
		return time.Time{}
	}
	switch state {
	case providers.BookingQueued, providers.BookingSending, providers.BookingUnknown, providers.BookingCancelling:
		if turn := b.Updated.Add(othersTurn); !mine && turn.After(now) && turn.Before(now.Add(2*othersTurn)) {
			return turn
		}
		return now
	case providers.BookingWaiting, providers.BookingTentative, providers.BookingAccepted, providers.BookingPartly:
		if lookAgain(b, now).IsZero() {
			return time.Time{}
		}
		return now
	}
	return time.Time{}
}
