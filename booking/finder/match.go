package finder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

// search is one question while it is answered.
type search struct {
	*Finder
	q      Question
	free   Free
	answer providers.Finding
	// wide is the window that free/busy is asked for: the span and what is needed
	// around it to say until when a room is free, and for other times.
	wide       providers.Interval
	choice     bool // any span of the wish's length inside the answer's Span
	guestTimes map[providers.Address]providers.Availability
	candidates []candidate
	seats      int
	kinds      []providers.RoomTerm // equipment that is asked for; nil: not read yet
	zones      map[string]*time.Location
}

// candidate is a room that fits as far as can be told without its calendar.
type candidate struct {
	room    int // index
	stages  int // floors away from the wished one; farAway where not known
	waste   int // seats that stay empty
	hall    bool
	doubts  int // how little it may be counted on to accept
	notes   []providers.Reason
	guessed []string // equipment that only a tag or a name suggests
	proven  []string
}

const farAway = 1000

// window decides what time is asked about.
func (s *search) window() {
	w := s.q.Wish
	switch {
	case !w.Span.Start.IsZero():
		s.answer.Span = w.Span
	case !w.Within.Start.IsZero():
		s.answer.Span, s.choice = w.Within, true
	default:
		if len(w.Problems) == 0 {
			s.answer.Problems = append(s.answer.Problems, "no time is given: add one such as 14-15, tmr 9:30 or now 45m")
		}
		return
	}
	const before, after = 4 * time.Hour, 8 * time.Hour
	s.wide = providers.Interval{Start: s.answer.Span.Start.Add(-before), End: s.answer.Span.End.Add(after)}
	if s.wide.Start.Before(s.q.Now) {
		s.wide.Start = s.q.Now
	}
	if s.wide.Start.After(s.answer.Span.Start) {
		s.wide.Start = s.answer.Span.Start
	}
}

// match parts the rooms into candidates and those that are withheld for what they
// are.
func (s *search) match() {
	w := s.q.Wish
	s.seats = max(w.Seats, 1+len(s.answer.Guests))
	matches := s.index.Filter(w.Rooms)
	fits := make([]bool, len(s.rooms))
	for _, i := range matches.Rooms {
		fits[i] = true
	}
	onFloor := map[int]bool{}
	if w.Floor != "" {
		for _, i := range s.index.Filter(w.Floor).Rooms {
			onFloor[i] = true
		}
	}
	var against map[int][]providers.Reason
	if s.q.Explain {
		against = s.termReasons(matches, fits)
	}
	for i := range s.rooms {
		r := &s.rooms[i]
		if !fits[i] && !s.q.Explain {
			continue
		}
		why := against[i]
		switch {
		case w.Seats > 0 && r.Capacity == 0:
			why = append(why, reason("does not say how many seats it has", providers.Proven))
		case w.Seats > 0 && r.Capacity < w.Seats:
			why = append(why, reason(fmt.Sprintf("%s of %d", plural(r.Capacity, "seat"), w.Seats), providers.Proven))
		case w.Seats == 0 && r.Capacity > 0 && r.Capacity < s.seats:
			why = append(why, reason(fmt.Sprintf("%s for %d people", plural(r.Capacity, "seat"), s.seats), providers.Proven))
		}
		outcome, said := s.rules(r)
		if outcome == providers.RuleRefuses {
			why = append(why, said...)
		}
		if len(why) > 0 || !fits[i] {
			s.withhold(r, why...)
			continue
		}
		c := s.rate(i, onFloor[i])
		c.doubts, c.notes = doubts[outcome], said
		if habit, ok := s.q.Habits[r.Mailbox]; ok && c.doubts == 0 {
			span := providers.Interval{Start: s.answer.Span.Start, End: s.answer.Span.Start.Add(s.q.Wish.Length)}
			if _, reason, against := habit.Expect(span, s.q.Now); against {
				c.doubts, c.notes = 1, append(c.notes, reason)
			}
		}
		s.candidates = append(s.candidates, c)
	}
	s.rank()
}

func (s *search) withhold(r *providers.Room, why ...providers.Reason) {
	if s.q.Explain {
		s.answer.Withheld = append(s.answer.Withheld, providers.WithheldRoom{Room: r, Why: why})
	}
}

// termReasons says for each room that does not match which words of the wish it
// fails.
func (s *search) termReasons(matches providers.RoomMatches, fits []bool) map[int][]providers.Reason {
	against := map[int][]providers.Reason{}
	for _, term := range matches.Terms {
		if term.Meaning == "" || term.Removed == 0 {
			continue
		}
		has := make([]bool, len(s.rooms))
		for _, i := range s.index.Filter(term.Typed).Rooms {
			has[i] = true
		}
		words := "no " + term.Meaning
		if rest, ok := strings.CutPrefix(term.Meaning, "not "); ok {
			words = "is or has " + rest
		} else if strings.HasPrefix(term.Meaning, "in ") {
			words = "not " + term.Meaning
		}
		for i := range s.rooms {
			if !fits[i] && !has[i] {
				against[i] = append(against[i], reason(words, providers.Proven))
			}
		}
	}
	return against
}

// doubts order rooms by what their rules do with the wish: who has to be asked comes
// after who accepts.
var doubts = map[providers.RuleOutcome]int{providers.RuleAsks: 1, providers.RuleSilent: 2}

// rules say what a room does with the wish; inside a window that leaves a choice,
// with the time that they like best.
func (s *search) rules(r *providers.Room) (providers.RuleOutcome, []providers.Reason) {
	span := providers.Interval{Start: s.answer.Span.Start, End: s.answer.Span.Start.Add(s.q.Wish.Length)}
	best, why := s.rulesAt(r, span)
	if _, known := s.q.Rules[r.Mailbox]; !known || !s.choice {
		return best, why
	}
	for best != providers.RuleAccepts && !span.End.After(s.answer.Span.End) {
		if outcome, said := s.rulesAt(r, span); outcome == providers.RuleAccepts || best == providers.RuleRefuses && outcome != best {
			best, why = outcome, said
		}
		span.Start, span.End = span.Start.Add(step), span.End.Add(step)
	}
	return best, why
}

// rulesAt say what a room does with a meeting at a time. Where its own are not
// known, the service's usual ones serve, and what they forbid is inferred.
func (s *search) rulesAt(r *providers.Room, span providers.Interval) (providers.RuleOutcome, []providers.Reason) {
	if !r.Bookable {
		return providers.RuleRefuses, []providers.Reason{reason("cannot be booked: it is assigned to somebody", providers.Proven)}
	}
	if imported, known := s.q.Rules[r.Mailbox]; known {
		outcome, why := imported.Judge(providers.RuleQuestion{
			Organizer: s.q.Organizer, Now: s.q.Now, People: s.seats, Seats: r.Capacity, Dates: 1, Zone: s.zone(r.Zone),
			Span: span,
		})
		age := ", as imported " + providers.Age(s.q.Now.Sub(imported.Imported)) + " ago"
		for n := range why {
			why[n].Words += age
		}
		return outcome, why
	}
	var why []providers.Reason
	if s.q.Wish.Length > usualLongest {
		why = append(why, reason("rooms usually refuse meetings longer than a day", providers.Inferred))
	}
	if span.Start.Sub(s.q.Now) > usualHorizon {
		why = append(why, reason("rooms usually refuse bookings more than 180 days ahead", providers.Inferred))
	}
	if len(why) > 0 {
		return providers.RuleRefuses, why
	}
	return providers.RuleAccepts, nil
}

// zone is a time zone by its IANA name; nil where there is none. Reading one takes
// longer than all else that is done for a room.
func (s *search) zone(name string) *time.Location {
	if zone, ok := s.zones[name]; ok || name == "" {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = nil
	}
	s.zones[name] = zone
	return zone
}

// What the service's usual rules forbid.
const (
	usualHorizon = 180 * 24 * time.Hour
	usualLongest = 24 * time.Hour
)

// rate says how well a room fits.
func (s *search) rate(i int, onFloor bool) candidate {
	r := &s.rooms[i]
	c := candidate{room: i}
	if r.Capacity > 0 {
		c.waste = r.Capacity - s.seats
		// A room for four is right for three; a hall is not.
		c.hall = r.Capacity > max(2*s.seats, s.seats+4) && (s.q.Wish.Seats > 0 || len(s.answer.Guests) > 0)
	}
	if s.q.Wish.Floor != "" {
		c.stages = farAway
		if onFloor {
			c.stages = 0
		} else if n, ok := floorNumber(s.q.Wish.Floor[1:]); ok && r.FloorNumber != nil {
			c.stages = max(n-*r.FloorNumber, *r.FloorNumber-n)
		}
	}
	for _, term := range s.wanted() {
		why, ok := s.evidence(r, term)
		switch {
		case ok && why.Proof == providers.Proven:
			c.proven = append(c.proven, why.Words)
		case ok:
			c.guessed = append(c.guessed, why.Words)
		}
	}
	return c
}

// floorNumber is the number in front of a floor's key.
func floorNumber(key string) (int, bool) {
	n := 0
	_, err := fmt.Sscanf(key, "%d", &n)
	return n, err == nil
}

// rank orders the candidates: those that may not answer and halls for a few last, then what is near, what is
// proven, what leaves few seats empty.
func (s *search) rank() {
	weight := func(hall bool) int {
		if hall {
			return 1
		}
		return 0
	}
	slices.SortFunc(s.candidates, func(a, b candidate) int {
		return cmp.Or(
			a.doubts-b.doubts,
			weight(a.hall)-weight(b.hall),
			a.stages-b.stages,
			len(a.guessed)-len(b.guessed),
			cmp.Compare(a.waste, b.waste),
			cmp.Compare(s.rooms[a.room].Mailbox, s.rooms[b.room].Mailbox),
		)
	})
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func reason(words string, proof providers.Proof) providers.Reason {
	return providers.Reason{Words: words, Proof: proof}
}
