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
	"time"

	"roomdesk/booking/wish"
	"roomdesk/providers"
)

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
	// Rules are the room's own where they are known; nil: those that Exchange has
	// unless somebody changed them, and then all that they say is inferred.
	Rules *providers.RoomRules
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
	// Organizer and People, who come, are what rules may ask for; 0 is not known.
	Organizer providers.Address
	People    int
	Now       time.Time
	Prices    Prices // zero: those of UsualPrices
	Limit     int    // of plans; 0 is 5
}
