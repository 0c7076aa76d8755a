package series

import (
	"time"

	"roomdesk/providers"
)

// judge asks a room's rules about the whole series or one date. What is not known
// of a room is inferred from what Exchange does unless somebody changed it.
type judge struct {
	rules  providers.RoomRules
	known  bool
	seats  int
	zone   *time.Location
	people int
	by     providers.Address
	now    time.Time
}

func (p *planner) judge(c Candidate) judge {
	j := judge{rules: providers.UsualRoomRules(c.Room.Mailbox), seats: c.Room.Capacity, zone: p.zones[c.Room.Zone], people: p.q.People, by: p.q.Organizer, now: p.q.Now}
	if c.Rules != nil {
		j.rules, j.known = *c.Rules, true
	}
	return j
}

func (j judge) ask(q providers.RuleQuestion) (providers.RuleOutcome, []providers.Reason) {
	q.Organizer, q.Now, q.People, q.Seats, q.Zone = j.by, j.now, j.people, j.seats, j.zone
	outcome, why := j.rules.Judge(q)
	if !j.known {
		for i := range why {
			why[i].Proof = providers.Inferred
		}
	}
	return outcome, why
}

// single says why the room refuses a meeting; "" where it does not.
func (j judge) single(span providers.Interval) string {
	outcome, why := j.ask(providers.RuleQuestion{Span: span, Dates: 1})
	if outcome == providers.RuleRefuses && len(why) > 0 {
		return why[0].Words
	}
	return ""
}

// bars reports whether a series with that date is refused, whatever is free.
func (j judge) bars(span providers.Interval) bool {
	outcome, _ := j.ask(providers.RuleQuestion{Span: span, Series: true, Dates: 2, Last: span.End})
	return outcome == providers.RuleRefuses
}

// beyond reports whether a date is further ahead than the room may be booked.
func (j judge) beyond(span providers.Interval) bool {
	return span.Start.After(j.now.AddDate(0, 0, j.rules.BookingWindowInDays))
}
