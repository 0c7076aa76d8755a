// Package finder offers rooms for a wish: ranked, each with the reason why it is
// offered, and for every room that is not offered why it is not. It works on what
// the mirror knows; what is to be booked is asked of the tenant again.
package finder

import (
	"context"
	"time"

	"roomdesk/booking/rules"
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
	words  *providers.EquipmentWords
}

// New makes a finder. It keeps rooms and does not change them.
func New(rooms []providers.Room, people []providers.Person) *Finder {
	return NewWith(rooms, people, nil)
}

// NewWith is the same with a person's own words for equipment.
func NewWith(rooms []providers.Room, people []providers.Person, words *providers.EquipmentWords) *Finder {
	f := &Finder{rooms: rooms, words: words, index: providers.NewRoomIndexWith(rooms, words), people: make([]named, len(people))}
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
	// Explain says of every room why it is not offered, for the best ones also where
	// that takes a look at their free/busy. Without it Withheld stays empty.
	Explain bool
	// MaxAge is the age from which on free/busy is called old; 0 is 10 minutes.
	MaxAge time.Duration
	// Organizer is in whose name the room would be booked; "" where that is open.
	Organizer providers.Address
	// Rules are how rooms answer, as far as an administrator's export tells. A room
	// whose rules refuse the wish is not offered.
	Rules map[providers.Address]providers.RoomRules
	// Habits are how rooms answered earlier requests.
	Habits map[providers.Address]rules.Habit
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
func (f *Finder) Find(ctx context.Context, q Question, free Free) (providers.Finding, error) {
	if q.Limit <= 0 {
		q.Limit = usualLimit
	}
	if q.MaxAge <= 0 {
		q.MaxAge = usualMaxAge
	}
	s := &search{Finder: f, q: q, free: free, zones: map[string]*time.Location{}, answer: providers.Finding{Total: len(f.rooms), Zone: q.Wish.Zone, Meaning: q.Wish.Meaning}}
	s.answer.Problems = append(s.answer.Problems, q.Wish.Problems...)
	s.window()
	s.guests()
	if len(s.answer.Problems) > 0 {
		return s.answer, nil
	}
	s.match()
	if err := s.askGuests(ctx); err != nil {
		return providers.Finding{}, err
	}
	if err := s.offer(ctx); err != nil {
		return providers.Finding{}, err
	}
	if len(s.answer.Offers) == 0 || !s.answer.GuestsFree() {
		if err := s.others(ctx); err != nil {
			return providers.Finding{}, err
		}
	}
	return s.answer, nil
}
