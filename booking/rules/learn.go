package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

const (
	// remembered is how long a room's behaviour says something about it.
	remembered = 90 * 24 * time.Hour
	// silentAfter is how long a room that answers by itself never takes.
	silentAfter = 15 * time.Minute
	// atOnce is how soon a rule declines: what comes later somebody has decided.
	atOnce = time.Minute
	// counted is how many of a room's answers are looked at, the newest first.
	counted = 10
	// alike is how many refusals make a limit: one alone may have any cause.
	alike = 2
	// leastAhead is how far ahead every room may be booked.
	leastAhead = 24 * time.Hour
)

// Kind is how a room behaved.
type Kind string

// How rooms behave.
const (
	Answered Kind = "answered" // accepted by itself
	Asked    Kind = "asked"    // somebody had to approve
	Silent   Kind = "silent"   // did not answer
	Refused  Kind = "refused"  // declined a free time at once
)

// Answer is what a room did with one request.
type Answer struct {
	Kind   Kind
	At     time.Time
	Length time.Duration
	Ahead  time.Duration // from the request to the beginning of the meeting
}

// Habit is how a room behaved lately, the newest answer first. It is never empty.
type Habit []Answer

// Learn says of each room how it behaved when it was booked here. What is older
// than 90 days, and what has another cause, is left out; so are series, which are
// refused for their other dates too.
func Learn(bookings []providers.Booking, now time.Time) map[providers.Address]Habit {
	out := map[providers.Address]Habit{}
	for _, b := range bookings {
		if a, ok := answerOf(b, now); ok && now.Sub(a.At) <= remembered {
			out[b.Request.Room] = append(out[b.Request.Room], a)
		}
	}
	for room, habit := range out {
		slices.SortStableFunc(habit, func(a, b Answer) int { return b.At.Compare(a.At) })
		out[room] = habit[:min(len(habit), counted)]
	}
	return out
}

func answerOf(b providers.Booking, now time.Time) (Answer, bool) {
	if b.Sent.IsZero() || b.Adopted || b.Series != nil {
		return Answer{}, false
	}
	a := Answer{At: b.Answered, Length: b.Request.End.Sub(b.Request.Start), Ahead: b.Request.Start.Sub(b.Sent)}
	took := b.Answered.Sub(b.Sent)
	switch {
	case b.State == providers.BookingWaiting:
		a.Kind, a.At = Silent, b.Sent
		return a, now.Sub(b.Sent) >= silentAfter
	case b.Answered.IsZero():
		return Answer{}, false
	case b.State == providers.BookingTentative || took >= silentAfter && b.State == providers.BookingAccepted:
		a.Kind = Asked
		return a, true
	case b.State == providers.BookingAccepted:
		a.Kind = Answered
		return a, true
	case b.State == providers.BookingDeclined && b.ReasonProof == providers.Inferred:
		a.Kind = Refused
		return a, took <= atOnce
	}
	return Answer{}, false
}

// measure is what limits of rooms are about.
type measure struct {
	of    func(Answer) time.Duration
	asked time.Duration
	least time.Duration // below it there are no limits
	words func(limit time.Duration) string
}

// Expect says what the habit lets expect of a request, with the evidence; false
// where it speaks for the room. Where every longer request was declined and shorter
// ones were not, or every one further ahead, that is told of such requests alone.
func (h Habit) Expect(span providers.Interval, now time.Time) (Kind, providers.Reason, bool) {
	newest := h[0]
	limited := false // the newest refusal is one of a limit
	left := h        // without the refusals that a limit accounts for
	for _, m := range []measure{
		{func(a Answer) time.Duration { return a.Length }, span.Duration(), 0, func(d time.Duration) string { return "for " + lengthWords(d) + " or longer" }},
		{func(a Answer) time.Duration { return a.Ahead }, span.Start.Sub(now), leastAhead, func(d time.Duration) string { return "made " + providers.Age(d) + " ahead or more" }},
	} {
		limit, ok := left.limit(m)
		if !ok {
			continue
		}
		if m.asked >= limit {
			there := left.only(func(a Answer) bool { return m.of(a) >= limit })
			refused := there.only(func(a Answer) bool { return a.Kind == Refused })
			return Refused, learnt("%d of the last %d requests %s were declined here although the room was free, the last one %s ago",
				len(refused), len(there), m.words(limit), providers.Age(now.Sub(refused[0].At))), true
		}
		limited = limited || m.of(newest) >= limit
		left = left.only(func(a Answer) bool { return a.Kind != Refused || m.of(a) < limit })
	}
	if newest.Kind == Answered || newest.Kind == Refused && limited {
		return newest.Kind, providers.Reason{}, false
	}
	what := h.share(newest.Kind)
	words := map[Kind]string{
		Asked:   "somebody had to approve " + what + " made here, the last one %s ago",
		Silent:  "did not answer " + what + " made here, the last one %s ago",
		Refused: "declined " + what + " made here although it was free, the last one %s ago, so a rule of it is unknown here",
	}[newest.Kind]
	return newest.Kind, learnt(words, providers.Age(now.Sub(newest.At))), true
}

// limit is the smallest measure from which on nothing was taken and enough was
// declined, while something below it was taken.
func (h Habit) limit(m measure) (time.Duration, bool) {
	taken := h.only(func(a Answer) bool { return a.Kind == Answered || a.Kind == Asked })
	if len(taken) == 0 {
		return 0, false
	}
	compare := func(a, b Answer) int { return cmp.Compare(m.of(a), m.of(b)) }
	most := max(m.of(slices.MaxFunc(taken, compare)), m.least)
	refused := h.only(func(a Answer) bool { return a.Kind == Refused && m.of(a) > most })
	if len(refused) < alike {
		return 0, false
	}
	return m.of(slices.MinFunc(refused, compare)), true
}

func (h Habit) only(want func(Answer) bool) (some Habit) {
	for _, a := range h {
		if want(a) {
			some = append(some, a)
		}
	}
	return some
}

// share says how many of the answers are of a kind.
func (h Habit) share(kind Kind) string {
	if len(h) == 1 {
		return "the last request"
	}
	return fmt.Sprintf("%d of the last %d requests", len(h.only(func(a Answer) bool { return a.Kind == kind })), len(h))
}

func learnt(format string, args ...any) providers.Reason {
	return providers.Reason{Words: fmt.Sprintf(format, args...), Proof: providers.Inferred}
}

func lengthWords(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}
