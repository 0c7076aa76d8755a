package cli

import (
	"context"
	"fmt"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
)

// dateIn finds the date of a series that was booked here by its day, in the series'
// own zone.
func (a *app) dateIn(b providers.Booking, text string) (int, error) {
	zone, err := zoneOf(b.Request.Zone, a.deps.Zone)
	if err != nil {
		return -1, err
	}
	now := a.deps.Now()
	at, err := when(text, zone, now, now)
	if err != nil {
		return -1, err
	}
	day := at.In(zone).Format(time.DateOnly)
	moved := -1
	for n, line := range b.Series.Dates {
		if line.Wished.Start.In(zone).Format(time.DateOnly) == day {
			return n, nil
		}
		if line.Live() && line.Span.Start.In(zone).Format(time.DateOnly) == day {
			moved = n
		}
	}
	if moved >= 0 { // nothing was wished on that day, but a date was moved to it
		return moved, nil
	}
	return -1, usage("see roomdesk bookings show "+b.ID, "the series has no date on %s", day)
}

// dateToChange finds what a change of a series is about: one date, as a booking of its
// own, and where that and the following are meant the whole series and the date's
// number. For any other booking it gives that.
func (a *app) dateToChange(ctx context.Context, desk *booking.Desk, b providers.Booking, f changeFlags) (one, whole providers.Booking, date int, err error) {
	switch providers.CancelScope(f.scope) {
	case "", providers.CancelOne, providers.CancelFollowing:
	default:
		return b, whole, -1, usage("give one or following", "--scope %q cannot be used", providers.Sanitise(f.scope))
	}
	following := providers.CancelScope(f.scope) == providers.CancelFollowing
	switch {
	case b.Series == nil && (f.date != "" || following):
		return b, whole, -1, usage("give the event's id instead", "--date and --scope are for a series that was booked here")
	case b.Series == nil:
		return b, whole, -1, nil
	case f.date == "":
		return b, whole, -1, usage("give --date, and --scope following for that and all later dates", "it is a series of %d dates: which is meant is not said", len(b.Series.Dates))
	}
	if date, err = a.dateIn(b, f.date); err != nil {
		return b, whole, -1, err
	}
	if one, err = desk.DateBooking(ctx, b.ID, date); err != nil || !following {
		return one, whole, date, err
	}
	return one, b, date, nil
}

// datePlan is one date of a change of several, as it was looked at.
type datePlan struct {
	one  providers.Booking
	q    booking.ChangeRequest
	plan booking.ChangePlan
	err  error
}

// changeFollowing changes a date of a series and all later ones, one after the other:
// all are asked about before the first is changed.
func (a *app) changeFollowing(ctx context.Context, desk *booking.Desk, whole providers.Booking, date int, q booking.ChangeRequest, f changeFlags) error {
	var plans []datePlan
	for _, c := range booking.Following(whole, date, q, a.deps.Now()) {
		p := datePlan{q: c.Request}
		if p.one, p.err = desk.DateBooking(ctx, whole.ID, c.Date); p.err == nil {
			p.plan, p.err = desk.PlanChange(ctx, p.one.ID, c.Request)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		plans = append(plans, p)
	}
	refused := a.followingRefused(plans, q)
	if f.plans {
		if err := a.printDatePlans(plans); err != nil {
			return err
		}
		return refused
	}
	if refused != nil {
		if err := a.printDatePlans(plans); err != nil {
			return err
		}
		return refused
	}
	if !f.yes {
		if !terminal(a.deps.Stdin) {
			return usage("look with --dry-run, then repeat with --yes", "changing several dates needs a confirmation, and nobody can be asked here")
		}
		for _, p := range plans {
			a.sayChange(p.plan)
		}
		if err := a.confirm(ctx, fmt.Sprintf("Change %s? (y/N) ", plural(len(plans), "date", ""))); err != nil {
			return err
		}
	}
	done, declined, open := 0, 0, 0
	var failed error
	for _, p := range plans {
		state, err := a.changeOne(ctx, desk, p, f.wait)
		if ctx.Err() != nil {
			a.out.say("%d of %d dates are changed; roomdesk bookings show %s tells which.", done, len(plans), whole.ID)
			return ctx.Err()
		}
		switch {
		case err != nil:
			a.out.say("✗ %s  %s", a.out.span(p.plan.Was.Span()), explain(err).sentence())
			failed = err
		case state.State == providers.ChangeDone:
			done++
			a.out.say("✓ %s  is at %s, %s", a.out.span(state.Was.Span()), a.out.span(state.Wanted.Span()), state.Wanted.RoomName.Or(string(state.Wanted.Room)))
		case state.Open():
			open++
			a.out.say("◐ %s  %s", a.out.span(state.Was.Span()), state.Words())
		default:
			declined++
			a.out.say("✗ %s  %s: %s", a.out.span(state.Was.Span()), state.Words(), state.Reason)
		}
	}
	return a.reportFollowing(ctx, desk, whole.ID, len(plans), done, declined, open, failed)
}

// followingRefused is why none of several dates is changed; nil where all can be.
func (a *app) followingRefused(plans []datePlan, q booking.ChangeRequest) error {
	if len(plans) == 0 {
		return explain(&providers.Error{Class: providers.Gone, Op: "changing a series", Message: providers.Outside("nothing is booked from that date on")})
	}
	blocked := 0
	var first datePlan
	for _, p := range plans {
		if p.err != nil || !p.plan.Free && (!q.EvenIfBusy || !p.plan.MayInsist()) {
			if blocked++; blocked == 1 || p.plan.Class == providers.Conflict && first.plan.Class != providers.Conflict {
				first = p
			}
		}
	}
	if blocked == 0 {
		return nil
	}
	if first.err != nil && first.plan.Why == "" {
		return first.err
	}
	first.plan.Why = fmt.Sprintf("%d of %d dates cannot be changed so; %s: %s", blocked, len(plans), a.out.span(first.plan.Was.Span()), first.plan.Why)
	return a.notChanged(first.plan, first.err)
}

// changeOne changes one date and waits for its room's answer.
func (a *app) changeOne(ctx context.Context, desk *booking.Desk, p datePlan, wait time.Duration) (providers.BookingChange, error) {
	stored, err := desk.Change(ctx, p.one.ID, p.q)
	if err != nil {
		return stored.Change, err
	}
	waiting, stop := context.WithTimeout(ctx, max(wait, time.Second))
	defer stop()
	if b, err := desk.Await(waiting, stored.ID); err == nil {
		return b.Change, nil
	} else if waiting.Err() == nil {
		return b.Change, err
	}
	b, err := desk.Booking(ctx, stored.ID)
	return b.Change, err
}

func (a *app) printDatePlans(plans []datePlan) error {
	if a.out.format == formatJSON {
		objects := []planObject{}
		for _, p := range plans {
			objects = append(objects, a.out.plan(p.plan))
		}
		return a.out.json(objects)
	}
	for _, p := range plans {
		a.sayChange(p.plan)
		if p.plan.Why != "" {
			a.out.say("  not so      %s", p.plan.Why)
		}
	}
	return nil
}

// reportFollowing prints the series as it stands then, and decides the exit code.
func (a *app) reportFollowing(ctx context.Context, desk *booking.Desk, id string, all, done, declined, open int, failed error) error {
	whole, err := desk.Look(ctx, id)
	if err != nil && whole.ID == "" {
		return err
	}
	if err := a.printBooking(whole); err != nil {
		return err
	}
	look := "see roomdesk bookings show " + id
	switch {
	case done == all:
		return nil
	case declined > 0:
		return &failure{code: exitDeclined, class: "declined", message: fmt.Sprintf("%d of %d dates are changed; the rooms declined %d, which are as they were", done, all, declined), next: look}
	case done == 0 && failed != nil:
		return failed
	}
	return &failure{code: exitPartly, class: "partly", message: fmt.Sprintf("%d of %d dates are changed, %d wait for the room", done, all, open), next: look}
}
