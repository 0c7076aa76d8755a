package booking

import (
	"context"
	"sync"
	"time"

	"roomdesk/providers"
)

// WhyNotUndoRelocation says why a relocation cannot be taken back now, without asking
// anybody; "" where it may be possible for some of its meetings.
func WhyNotUndoRelocation(r providers.Relocation, now time.Time) string {
	if r.Count(providers.StepMoving, providers.StepUndoing) > 0 || r.State == providers.RelocationRunning && r.Holder != "" && r.HeldUntil.After(now) {
		return "it is under way: stop it first, and wait until what was begun has ended"
	}
	over := 0
	for _, s := range r.Steps {
		if undoable(s) {
			if s.Was.End.After(now) {
				return ""
			}
			over++
		}
	}
	if over > 0 {
		return "all meetings that were moved are over"
	}
	return "no meeting was moved"
}

// undoable reports whether a step has something to take back.
func undoable(s providers.RelocationStep) bool {
	return s.State == providers.StepMoved || s.State == providers.StepKept || s.State == providers.StepWaiting
}

// PlanUndo asks the tenant what taking a relocation back would do. The steps that can
// be taken back have state undoing in the answer, those that cannot have state kept
// with the reason. Nothing is stored or sent.
func (d *Desk) PlanUndo(ctx context.Context, id string) (providers.Relocation, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	r, err := d.Journal.Relocation(ctx, id)
	if err != nil {
		return r, err
	}
	r = copyRelocation(r)
	if why := WhyNotUndoRelocation(r, d.Now()); why != "" {
		return r, &providers.Error{Class: providers.Permanent, Op: "taking a relocation back", Message: providers.Outside(why)}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, usualBatch)
	for n := range r.Steps {
		if s := &r.Steps[n]; undoable(*s) {
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				if why := d.whyNotUndoStep(ctx, *s); why != "" {
					s.State, s.Why = providers.StepKept, why
				} else {
					s.State, s.Why = providers.StepUndoing, ""
				}
			})
		}
	}
	wg.Wait()
	return r, ctx.Err()
}

// whyNotUndoStep asks the tenant whether one meeting can be put back.
func (d *Desk) whyNotUndoStep(ctx context.Context, s providers.RelocationStep) string {
	if !s.Was.End.After(d.Now()) {
		return "it is over"
	}
	b, err := d.Outbox.Booking(ctx, s.BookingID)
	if err != nil {
		return "its booking cannot be read: " + providers.ProblemOf(err, d.Now()).What()
	}
	if b.Change.Open() { // the new room owes its answer: the request is withdrawn
		return ""
	}
	s.State = providers.StepUndoing
	target, expect, _ := progress{s}.target()
	p, err := d.PlanChange(ctx, s.BookingID, ChangeRequest{Kind: providers.ChangeMove, Room: target.Room, Expect: expect})
	switch {
	case p.Free:
		return ""
	case p.Why != "":
		return p.Why
	case err != nil:
		return "the tenant cannot be asked: " + providers.ProblemOf(err, d.Now()).What()
	}
	return "it is not known why"
}

// UndoRelocation has a relocation taken back, as far as that is possible: each
// meeting goes back into its room once that has accepted it. It returns as soon as
// that is on the disk.
func (d *Desk) UndoRelocation(ctx context.Context, id string) (providers.Relocation, error) {
	return d.amend(ctx, id, func(r *providers.Relocation) error {
		now := d.Now()
		if why := WhyNotUndoRelocation(*r, now); why != "" {
			return &providers.Error{Class: providers.Permanent, Op: "taking a relocation back", Message: providers.Outside(why)}
		}
		for n := range r.Steps {
			s := &r.Steps[n]
			switch {
			case s.State == providers.StepPlanned:
				s.State, s.Why = providers.StepLeft, "taken back before it was begun"
			case !undoable(*s):
			case !s.Was.End.After(now):
				s.State, s.Why = providers.StepKept, "it is over"
			default:
				s.State, s.Why, s.Began = providers.StepUndoing, "", now
			}
		}
		r.State, r.Ended = providers.RelocationUndoing, time.Time{}
		return nil
	})
}
