// Package relocate plans what becomes of a room's meetings while it cannot be used:
// the best other room for each, and what cannot be solved. It works on what the
// mirror knows; each change is asked of the tenant again before it is made.
package relocate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// Question is a room that cannot be used for a time.
type Question struct {
	Room   providers.Room
	Period providers.Interval
	Now    time.Time
	// Events are the room's own entries that overlap the period.
	Events []providers.Event
	// Rooms are all rooms, and Free what is known of each of the others in a window
	// that covers the period and the meetings that reach over its ends.
	Rooms []providers.Room
	Free  map[providers.Address]providers.Availability
	// Ours reports whether a mailbox belongs to the tenant: only its meetings can be
	// moved.
	Ours func(providers.Address) bool
	// Rules are how rooms answer, as far as that was imported.
	Rules map[providers.Address]providers.RoomRules
	// Choices is how many other rooms a meeting is offered at most; 0 is 3.
	Choices int
}

// Choice is another room for a meeting.
type Choice struct {
	Room providers.Room
	Why  []providers.Reason
	cost cost
}

// Meeting is one affected meeting.
type Meeting struct {
	Event  providers.Event // the room's copy
	People int             // invited and organiser, as far as the room's copy tells; 0: not told
	// Choices are other rooms, the best first. The first one is planned: no other
	// meeting of the plan has it at this time.
	Choices []Choice
	// Lesser are free rooms with too few seats, for a meeting that has no choice.
	Lesser []Choice
	// Unsolved says why there is no choice; "" where there is one.
	Unsolved string
	// Foreign is true for meetings that cannot be changed from here: their organiser
	// is elsewhere, or not known. Text is what to send then.
	Foreign bool
	// Text is ready for every meeting: any of them may turn out not to be movable.
	Text  string
	Mails int // people who get mail from the change, the organiser aside
}

// Plan is what would be done. Unsolved meetings come first, then by time.
type Plan struct {
	Room     providers.Room
	Period   providers.Interval
	Meetings []Meeting
	// Blocked are entries that nobody can move: the room's own, and cancelled ones.
	Blocked int
	Solved  int
	Mails   int // to people, counted once for each meeting
}

const usualChoices = 3

// Make plans. The same question has the same plan.
func Make(q Question) Plan {
	if q.Choices <= 0 {
		q.Choices = usualChoices
	}
	p := Plan{Room: q.Room, Period: q.Period}
	var open []*Meeting
	for _, e := range q.Events {
		if !concerns(e, q) {
			p.Blocked++
			continue
		}
		m := Meeting{Event: e, People: people(e, q.Room.Mailbox), Mails: max(people(e, q.Room.Mailbox)-1, 0)}
		if e.Organizer == "" || q.Ours != nil && !q.Ours(e.Organizer) {
			m.Foreign, m.Unsolved = true, "its organiser is not of this organisation: ask for another room"
		}
		p.Meetings = append(p.Meetings, m)
	}
	for n := range p.Meetings {
		open = append(open, &p.Meetings[n])
	}
	assign(q, open)
	for n := range p.Meetings {
		m := &p.Meetings[n]
		m.Text = text(q, *m)
		if m.Unsolved == "" {
			p.Solved++
			p.Mails += m.Mails
		}
	}
	slices.SortStableFunc(p.Meetings, func(a, b Meeting) int {
		return cmp.Or(boolInt(a.Unsolved == "")-boolInt(b.Unsolved == ""), a.Event.Start.Compare(b.Event.Start), cmp.Compare(a.Event.ICalUID, b.Event.ICalUID))
	})
	return p
}

// concerns reports whether an entry is a meeting that needs another room.
func concerns(e providers.Event, q Question) bool {
	return !e.Cancelled && !e.IsOrganizer && e.Organizer != q.Room.Mailbox && e.ShowAs != providers.ShowFree && e.Response != providers.ResponseDeclined &&
		e.End.After(q.Now) && e.Start.Before(q.Period.End) && e.End.After(q.Period.Start)
}

// people counts organiser and attendees, rooms aside.
func people(e providers.Event, room providers.Address) int {
	if len(e.Attendees) == 0 {
		return 0
	}
	n, organizer := 0, false
	for _, a := range e.Attendees {
		if a.Type == providers.Resource || a.Mailbox == room {
			continue
		}
		n++
		organizer = organizer || a.Mailbox == e.Organizer
	}
	if !organizer {
		n++
	}
	return n
}

// assign gives each meeting its choices, so that no room is planned twice at a time.
// Meetings with fewest choices come first; where one finds all its rooms planned,
// one of these moves on to its own next choice.
func assign(q Question, meetings []*Meeting) {
	options := make([][]Choice, len(meetings))
	order := make([]int, 0, len(meetings))
	for n, m := range meetings {
		if m.Foreign {
			continue
		}
		options[n] = choices(q, m, false)
		if len(options[n]) == 0 {
			m.Unsolved = "no other room is free and fits"
			continue
		}
		order = append(order, n)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(len(options[a])-len(options[b]), meetings[a].Event.Start.Compare(meetings[b].Event.Start))
	})
	a := assignment{meetings: meetings, options: options, taken: map[int]int{}}
	for _, n := range order {
		if !a.place(n, map[int]bool{}) {
			meetings[n].Unsolved = "the rooms that fit are needed for other meetings of this plan"
		}
	}
	for n, m := range meetings {
		if m.Foreign || m.Unsolved == "" {
			continue
		}
		for _, c := range choices(q, m, true) {
			if len(m.Lesser) < q.Choices && a.used(n, c.Room.Mailbox) < 0 {
				m.Lesser = append(m.Lesser, c)
			}
		}
	}
	for n, at := range a.taken {
		first := options[n][at]
		rest := slices.Delete(slices.Clone(options[n]), at, at+1)
		rest = slices.DeleteFunc(rest, func(c Choice) bool { return a.used(n, c.Room.Mailbox) >= 0 })
		meetings[n].Choices = append([]Choice{first}, rest[:min(len(rest), q.Choices-1)]...)
	}
}

// assignment is which option each meeting has.
type assignment struct {
	meetings []*Meeting
	options  [][]Choice
	taken    map[int]int // option of a meeting
}

// used is the meeting that has a room at a time that overlaps meeting n's; -1: none.
func (a *assignment) used(n int, room providers.Address) int {
	mine := a.meetings[n].Event
	for other, at := range a.taken {
		e := a.meetings[other].Event
		if other != n && a.options[other][at].Room.Mailbox == room && e.Start.Before(mine.End) && mine.Start.Before(e.End) {
			return other
		}
	}
	return -1
}

// place gives meeting n a room, moving others on where that helps.
func (a *assignment) place(n int, tried map[int]bool) bool {
	tried[n] = true
	for at, c := range a.options[n] {
		if a.used(n, c.Room.Mailbox) < 0 {
			a.taken[n] = at
			return true
		}
	}
	for at, c := range a.options[n] {
		other := a.used(n, c.Room.Mailbox)
		if tried[other] {
			continue
		}
		before := a.taken[other]
		delete(a.taken, other)
		if a.used(n, c.Room.Mailbox) < 0 { // nobody else has it besides
			a.taken[n] = at
			if a.place(other, tried) {
				return true
			}
			delete(a.taken, n)
		}
		a.taken[other] = before
	}
	return false
}

// cost orders choices: the smallest is best.
type cost struct {
	doubts   int // its rules want approval, or it does not answer
	lost     int // kinds of equipment that it lacks
	away     int // another building
	floors   int
	seats    int // too large
	mailbox  providers.Address
	unproven int
}

func (c cost) compare(d cost) int {
	return cmp.Or(c.doubts-d.doubts, c.lost-d.lost, c.away-d.away, c.unproven-d.unproven, c.floors-d.floors, c.seats-d.seats, cmp.Compare(c.mailbox, d.mailbox))
}

// choices lists the rooms that a meeting could have, the best first.
func choices(q Question, m *Meeting, lesser bool) []Choice {
	var out []Choice
	when := providers.Interval{Start: m.Event.Start, End: m.Event.End}
	for _, r := range q.Rooms {
		a := q.Free[r.Mailbox]
		if r.Mailbox == q.Room.Mailbox || !r.Bookable || !a.Known() || !a.Window.Covers(when) || !a.FreeFor(when) || tooSmall(r, q.Room, m.People) != lesser {
			continue
		}
		c := Choice{Room: r, cost: cost{mailbox: r.Mailbox}}
		if rules, ok := q.Rules[r.Mailbox]; ok {
			outcome, why := rules.Judge(providers.RuleQuestion{Organizer: m.Event.Organizer, Span: when, AllDay: m.Event.AllDay, Now: q.Now, Dates: 1, People: m.People, Seats: r.Capacity})
			if outcome == providers.RuleRefuses {
				continue
			}
			c.Why = append(c.Why, why...)
			if outcome != providers.RuleAccepts {
				c.cost.doubts = 1
			}
		}
		c.compare(q.Room, m.People)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Choice) int { return a.cost.compare(b.cost) })
	return out
}

// tooSmall: there are fewer seats than people, or than the room had where people
// are not known.
func tooSmall(r, old providers.Room, people int) bool {
	if people == 0 {
		return old.Capacity > 0 && r.Capacity > 0 && r.Capacity < old.Capacity
	}
	return r.Capacity > 0 && r.Capacity < people
}

// compare fills in how far a room is from the one that it stands in for.
func (c *Choice) compare(old providers.Room, people int) {
	r := c.Room
	add := func(proof providers.Proof, format string, args ...any) {
		c.Why = append(c.Why, providers.Reason{Words: fmt.Sprintf(format, args...), Proof: proof})
	}
	for _, kind := range old.Equipment {
		if !r.Has(kind) {
			c.cost.lost++
			add(providers.Proven, "no %s", kind)
		}
	}
	if old.StepFree != nil && *old.StepFree && (r.StepFree == nil || !*r.StepFree) {
		c.cost.lost++
		add(providers.Proven, "not known to be step-free")
	}
	if c.cost.lost == 0 && len(old.Equipment) > 0 {
		add(providers.Proven, "same equipment")
	}
	switch {
	case r.Building.Or("") == "" || old.Building.Or("") == "":
		c.cost.away = 1
		add(providers.UnknownCause, "building not known")
	case providers.FoldSearch(r.Building) != providers.FoldSearch(old.Building):
		c.cost.away = 2
		add(providers.Proven, "in %s", r.Building.Or(""))
	case r.FloorNumber == nil || old.FloorNumber == nil:
		c.cost.floors = 100
		add(providers.UnknownCause, "floor not known")
	default:
		if c.cost.floors = max(*r.FloorNumber-*old.FloorNumber, *old.FloorNumber-*r.FloorNumber); c.cost.floors == 0 {
			add(providers.Proven, "same floor")
		} else {
			add(providers.Proven, "%d %s away", c.cost.floors, map[bool]string{true: "floor", false: "floors"}[c.cost.floors == 1])
		}
	}
	switch need := max(people, 0); {
	case r.Capacity == 0:
		c.cost.unproven = 1
		add(providers.UnknownCause, "seats not known")
	case need == 0:
		c.cost.seats = max(r.Capacity-old.Capacity, 0)
		add(providers.Proven, "%d seats", r.Capacity)
	default:
		c.cost.seats = max(r.Capacity-need, need-r.Capacity)
		add(providers.Proven, "%d seats for %d", r.Capacity, need)
	}
}

// text is ready to be sent to the organiser of a meeting that cannot be changed
// from here.
func text(q Question, m Meeting) string {
	zone := time.UTC
	if q.Room.Zone != "" {
		if z, err := time.LoadLocation(q.Room.Zone); err == nil {
			zone = z
		}
	}
	start := m.Event.Start.In(zone)
	return fmt.Sprintf("The room %s cannot be used on %s. Your meeting there from %s to %s (%s) needs another room. Please choose one, or tell us how many people will come.",
		q.Room.Title(), start.Format("Monday, 2 January 2006"), start.Format("15:04"), m.Event.End.In(zone).Format("15:04"), zone)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
