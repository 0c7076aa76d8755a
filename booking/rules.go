package booking

import (
	"context"
	"time"

	"roomdesk/booking/rules"
	"roomdesk/providers"
)

// ruled says what a room's imported rules do with a request; RuleAccepts where
// nothing was imported, which proves nothing. Rules that cannot be read are told
// as a reason.
func (d *Desk) ruled(ctx context.Context, q providers.BookingRequest, room providers.Room) (providers.RuleOutcome, []providers.Reason) {
	if d.Rules == nil {
		return providers.RuleAccepts, nil
	}
	all, err := d.Rules(ctx)
	if err != nil {
		return providers.RuleAccepts, []providers.Reason{{Words: "its rules cannot be read: " + providers.ProblemOf(err, d.Now()).What(), Proof: providers.UnknownCause}}
	}
	imported, ok := all[q.Room]
	if !ok {
		return providers.RuleAccepts, nil
	}
	ask := providers.RuleQuestion{
		Organizer: q.Organizer, Span: span(q), Now: d.Now(), Dates: 1, People: 1 + len(q.Required) + len(q.Optional), Seats: room.Capacity,
	}
	if room.Zone != "" {
		if zone, err := time.LoadLocation(room.Zone); err == nil {
			ask.Zone = zone
		}
	}
	outcome, why := imported.Judge(ask)
	for n := range why {
		why[n].Words += ", as imported " + providers.Age(d.Now().Sub(imported.Imported)) + " ago"
	}
	return outcome, why
}

// expect warns of what a room's rules will do with a request. They do not stand in
// the way: they may have changed since they were imported.
func (d *Desk) expect(ctx context.Context, c *Check, room providers.Room) {
	outcome, why := d.ruled(ctx, c.Request, room)
	words := map[providers.RuleOutcome]string{
		providers.RuleRefuses: "the room will probably decline: ", providers.RuleAsks: "the room will not confirm at once: ", providers.RuleSilent: "the room will probably not answer: ",
	}[outcome]
	for _, reason := range why {
		c.Warnings = append(c.Warnings, words+reason.Words)
	}
	if outcome != providers.RuleAccepts {
		return
	}
	switch kind, reason, against, err := d.habit(ctx, c.Request); {
	case err != nil:
		c.Warnings = append(c.Warnings, "how the room answered earlier cannot be read: "+providers.ProblemOf(err, d.Now()).What())
	case against:
		words := map[rules.Kind]string{rules.Refused: "the room may decline: ", rules.Asked: "the room may not confirm at once: ", rules.Silent: "the room may not answer: "}[kind]
		c.Warnings = append(c.Warnings, words+reason.Words)
	}
}

// habit is what a room's answers to earlier bookings let expect against a request.
func (d *Desk) habit(ctx context.Context, q providers.BookingRequest) (rules.Kind, providers.Reason, bool, error) {
	bookings, err := d.Outbox.Bookings(ctx)
	if err != nil {
		return "", providers.Reason{}, false, err
	}
	habit, known := rules.Learn(bookings, d.Now())[q.Room]
	if !known {
		return "", providers.Reason{}, false, nil
	}
	kind, reason, against := habit.Expect(span(q), d.Now())
	return kind, reason, against, nil
}

// forbidden are the imported rules of the room that a request breaks. That they are
// why the room declined is inferred: it says no reason.
func (d *Desk) forbidden(ctx context.Context, q providers.BookingRequest) []providers.Reason {
	room, err := d.room(ctx, q.Room)
	if err != nil {
		room.Mailbox = q.Room
	}
	if outcome, why := d.ruled(ctx, q, room); outcome == providers.RuleRefuses {
		return why
	}
	return nil
}
