package providers

import "time"

// Finding is the answer to a wish typed in one line: rooms that fit, ranked, each
// with its reasons, and what speaks against the others.
type Finding struct {
	// Meaning is the line as it was understood, part by part.
	Meaning []MeaningPart
	// Problems keep the wish from being answered; nothing is offered then. Safe to show.
	Problems []string
	// Repeats says by what rule, where the line asks for a series: its dates are
	// planned, and nothing is offered for the first alone. Safe to show.
	Repeats  string
	Span     Interval       // that was asked for
	Zone     *time.Location // in what the line's times were read
	Offers   []RoomOffer
	More     int            // offers beyond the limit, at least
	Withheld []WithheldRoom // where asked for; what little speaks against comes first
	Guests   []Guest        // people who shall be free too
	Others   []OtherTime    // where nothing can be offered as wished, or somebody is taken
	Total    int            // rooms looked at
	Unknown  int            // rooms of which it is not known whether they are free
}

// MeaningPart is one thing that was understood of a line.
type MeaningPart struct {
	Words string // safe to show: "Tue 24 Nov 14:00–15:00"
	// Assumed marks what the line did not say, or only vaguely.
	Assumed bool
}

// Reason speaks for or against a room, with its proof: equipment that the place
// names is proven, one that only a tag suggests is inferred.
type Reason struct {
	Words string // safe to show
	Proof Proof
}

// RoomOffer is a room that fits.
type RoomOffer struct {
	Room Room
	// Span is when it is free: the wish's span, or the first that fits inside it.
	Span  Interval
	Until time.Time // when it is taken next; zero where nothing is known to follow
	AsOf  time.Time // of what is said about free/busy
	Old   bool
	Why   []Reason // the weightiest first
}

// WithheldRoom is a room that is not offered.
type WithheldRoom struct {
	Room *Room    // must not be changed
	Why  []Reason // all that speak against it, at least one
}

// Guest is somebody who shall be free too.
type Guest struct {
	Typed   string // safe to show
	Mailbox Address
	Name    string // safe to show
	// State is free, or what the guest is in the span; unknown is not free.
	State FreeBusy
	AsOf  time.Time
	Words string // "busy until 14:30"; safe to show
}

// OtherTime is another time that would do.
type OtherTime struct {
	Span  Interval
	Rooms int // that are free then, of the best few
	Best  Room
}

// GuestsFree reports that nobody named is known or feared to be taken.
func (f Finding) GuestsFree() bool {
	for _, g := range f.Guests {
		if g.State.Taken() {
			return false
		}
	}
	return true
}
