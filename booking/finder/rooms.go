package finder

import (
	"time"

	"roomdesk/providers"
)

// Rooms gives the rooms that fit a wish as far as can be told without their
// calendars, the best first, and the guests it names, of whom only the mailbox and
// the name are filled in. Nothing is given where there are problems, which are safe
// to show.
func (f *Finder) Rooms(q Question) (rooms []providers.Room, guests []providers.Guest, problems []string) {
	q.Explain = false
	s := &search{Finder: f, q: q, zones: map[string]*time.Location{}, answer: providers.Finding{Total: len(f.rooms), Zone: q.Wish.Zone}}
	s.answer.Problems = append(s.answer.Problems, q.Wish.Problems...)
	s.window()
	s.guests()
	if len(s.answer.Problems) > 0 {
		return nil, nil, s.answer.Problems
	}
	s.match()
	for _, c := range s.candidates {
		rooms = append(rooms, s.rooms[c.room])
	}
	return rooms, s.answer.Guests, nil
}
