// Package series plans a series of meetings: which room takes it, and what is done
// about each date on which that room is not free. It works on what is known of
// free/busy and sends nothing.
//
// A plan has one series, or two one after the other, each in a room of its own
// that would accept it; dates behind the last may be given up. On each date the
// meeting is in the room of its series, or in another room on that date, or at
// another time of the day in the room of its series, or it is skipped. Every one of
// these has a price, and the first plan is the cheapest of all that there are.
package series

import (
	"fmt"
	"time"

	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// Rule is what a room does with requests, as far as it is known. A service does not
// tell it; the zero value stands for the defaults of Exchange.
type Rule struct {
	Longest          time.Duration // 0 is 24 hours
	Window           time.Duration // how far ahead the last date may be; 0 is 180 days
	NoSeries         bool          // no recurring meetings at all
	ConflictsAllowed int           // dates of a series that may clash and are declined alone
	ConflictPercent  int           // the same in per cent of its dates; either suffices
	// Proof is how the rule is known: proven where it was imported, inferred where it
	// was learnt, unknown for what Exchange does unless somebody changed it.
	Proof providers.Proof
}

func (r Rule) longest() time.Duration {
	if r.Longest > 0 {
		return r.Longest
	}
	return 24 * time.Hour
}

func (r Rule) window() time.Duration {
	if r.Window > 0 {
		return r.Window
	}
	return 180 * 24 * time.Hour
}

func (r Rule) proof() providers.Proof {
	if r.Proof == "" {
		return providers.UnknownCause
	}
	return r.Proof
}

// against says why a meeting breaks the rule by itself; "" where it does not.
func (r Rule) against(span providers.Interval, now time.Time) string {
	switch {
	case span.Duration() > r.longest():
		return fmt.Sprintf("longer than %s", hours(r.longest()))
	case span.End.Sub(now) > r.window():
		return fmt.Sprintf("more than %d days ahead", int(r.window().Hours()/24))
	}
	return ""
}

// allows reports whether a series with that many clashes is accepted for the rest.
func (r Rule) allows(clashes, dates int) bool {
	return clashes <= r.ConflictsAllowed || clashes*100 <= r.ConflictPercent*dates
}

func hours(d time.Duration) string {
	if m := int(d.Minutes()) % 60; m != 0 {
		return fmt.Sprintf("%d:%02d h", int(d.Hours()), m)
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// Prices are what is paid for what is not as wished.
type Prices struct {
	Change  int // another room on one date
	Shift   int // another time on one date, and
	Quarter int // for each quarter of an hour that it is away
	Skip    int // a date without a meeting
	Second  int // a second series instead of one
	Absent  int // somebody invited is not free, for each of them on each date
	// MostAbsent bounds that for one date, so that nobody's calendar makes it cheaper
	// not to meet at all.
	MostAbsent int
}

// UsualPrices are such that a date elsewhere is better than one at another time, three dates
// elsewhere are worse than a second series, and all is better than not to meet.
func UsualPrices() Prices {
	return Prices{Change: 10, Shift: 20, Quarter: 1, Skip: 100, Second: 25, Absent: 3, MostAbsent: 30}
}

// Candidate is a room that may take the series.
type Candidate struct {
	Room providers.Room
	Busy providers.Availability // must cover the dates and two hours around each
	Rule Rule
}

// Guest is somebody who shall be free too.
type Guest struct {
	Name string // safe to show
	Busy providers.Availability
}

// Question is a series that wants rooms.
type Question struct {
	Rule   wish.Repeat
	First  providers.Interval
	Zone   *time.Location // by whose clocks the series comes; nil is UTC
	Rooms  []Candidate    // in the order in which they are preferred
	Guests []Guest
	Now    time.Time
	Prices Prices // zero: those of UsualPrices
	Limit  int    // of plans; 0 is 5
}
