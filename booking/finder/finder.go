// Package finder offers rooms for a wish: ranked, each with the reason why it is
// offered, and for every room that is not offered why it is not. It works on what
// the mirror knows; what is to be booked is asked of the tenant again.
package finder

import (
	"context"
	"time"

	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// Free tells free/busy of mailboxes inside a window, one entry for each, also for
// those of which nothing is known.
type Free func(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error)

// Finder finds among fixed lists of rooms and people. It is safe for concurrent
// use and costs some milliseconds to make for 10,000 rooms; make a new one when
// the lists change.
type Finder struct {
	rooms  []providers.Room
	index  *providers.RoomIndex
	people []named
}

// New makes a finder. It keeps rooms and does not change them.
func New(rooms []providers.Room, people []providers.Person) *Finder {
	f := &Finder{rooms: rooms, index: providers.NewRoomIndex(rooms), people: make([]named, len(people))}
	for i, p := range people {
		f.people[i] = named{p, providers.FoldSearch(p.Name), string(p.Mailbox)}
	}
	return f
}

// Question is a wish with what the line does not say.
type Question struct {
	Wish wish.Wish
	Now  time.Time
	// Limit is how many rooms are offered; 0 is 50.
	Limit int
	// Explain says of every room why it is not offered, also where that takes a
	// look at its free/busy. Without it Withheld stays empty.
	Explain bool
	// MaxAge is the age from which on free/busy is called old; 0 is 10 minutes.
	MaxAge time.Duration
}

// Offer is a room that fits.
type Offer struct {
	Room providers.Room
	// Span is when it is free: the wish's span, or the first that fits inside it.
	Span  providers.Interval
	Until time.Time // when it is taken next; zero where nothing is known to follow
	AsOf  time.Time // of what is said about free/busy
	Old   bool
	// Why are the reasons, the weightiest first, safe to show.
	Why []Reason
}

// Reason is one reason with its proof: equipment that the place names is proven,
// one that only a tag suggests is inferred.
type Reason struct {
	Words string // safe to show
	Proof providers.Proof
}

// Withheld is a room that is not offered.
type Withheld struct {
	Room *providers.Room // must not be changed
	Why  []Reason        // all that speak against it, at least one
}

// Guest is somebody who shall be free too.
type Guest struct {
	Typed   string // safe to show
	Mailbox providers.Address
	Name    string // safe to show
	// State is free, or what the guest is in the span; unknown is not free.
	State providers.FreeBusy
	AsOf  time.Time
	Words string // "busy until 14:30"; safe to show
}

// Answer is what was found.
type Answer struct {
	Span     providers.Interval // that was asked for
	Offers   []Offer
	More     int        // offers beyond the limit, at least
	Withheld []Withheld // with Explain; what little speaks against comes first
	Guests   []Guest
	// Others are spans near the wished one at which all guests and some room are
	// free; only where nothing can be offered as wished.
	Others  []Other
	Total   int // rooms looked at
	Unknown int // rooms of which it is not known whether they are free
	// Problems keep the wish from being answered; nothing is offered then.
	Problems []string // safe to show
}

// Other is another time that would do.
type Other struct {
	Span  providers.Interval
	Rooms int // that are free then, of the best few
	Best  providers.Room
}

// GuestsFree reports that nobody named is known or feared to be taken.
func (a Answer) GuestsFree() bool {
	for _, g := range a.Guests {
		if g.State.Taken() {
			return false
		}
	}
	return true
}

const (
	usualLimit  = 50
	usualMaxAge = 10 * time.Minute
	// chunk is how many rooms are asked for free/busy at once: the best come first,
	// and mostly the first chunk has enough of them.
	chunk = 200
	// step is the raster on which starts are tried inside a longer window.
	step = 15 * time.Minute
)

// Find answers a question. It fails only where free/busy cannot be read at all.
func (f *Finder) Find(ctx context.Context, q Question, free Free) (Answer, error) {
	if q.Limit <= 0 {
		q.Limit = usualLimit
	}
	if q.MaxAge <= 0 {
		q.MaxAge = usualMaxAge
	}
	s := &search{Finder: f, q: q, free: free, answer: Answer{Total: len(f.rooms)}}
	s.answer.Problems = append(s.answer.Problems, q.Wish.Problems...)
	s.window()
	s.guests()
	if len(s.answer.Problems) > 0 {
		return s.answer, nil
	}
	s.match()
	if err := s.askGuests(ctx); err != nil {
		return Answer{}, err
	}
	if err := s.offer(ctx); err != nil {
		return Answer{}, err
	}
	if len(s.answer.Offers) == 0 || !s.answer.GuestsFree() {
		if err := s.others(ctx); err != nil {
			return Answer{}, err
		}
	}
	return s.answer, nil
}
