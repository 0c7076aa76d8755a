package booking

import (
	"context"
	"time"

	"roomdesk/providers"
)

// Change checks a change of a booking against the tenant once more, stores it,
// and has it sent in the background by [Desk.Run] or [Desk.Await]. It returns as
// soon as the change is on the disk. Where nothing was stored the error is a
// *ChangeRefused with the plan in it (class Conflict where the room is taken), or
// the failure to store.
func (d *Desk) Change(ctx context.Context, id string, q ChangeRequest) (providers.Booking, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	unlock, err := d.lock(ctx, id)
	if err != nil {
		return providers.Booking{}, notLocked("changing a booking", err)
	}
	defer unlock()
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return b, err
	}
	if q.Kind == providers.ChangeUndo && b.Change.Open() && WhyNotChange(b, q.Kind, d.Now()) == "" {
		return d.withdraw(ctx, b)
	}
	p, err := d.planChange(ctx, b, q)
	if ctx.Err() != nil {
		return b, &providers.Error{Class: providers.Cancelled, Op: "changing a booking", Err: ctx.Err()}
	}
	if !p.Free && !(q.EvenIfBusy && p.MayInsist()) {
		return b, p.refused(err)
	}
	now := d.Now()
	b = p.Booking
	b.Change = providers.BookingChange{
		Kind: q.Kind, State: providers.ChangeQueued, Step: providers.StepApply, Was: p.Was, Wanted: p.Wanted, Asked: now,
		AnsweredBefore: p.answered, Mails: p.Mails, ReasonProof: providers.UnknownCause,
	}
	b.Reason, b.ReasonProof, b.Alternatives = "", providers.UnknownCause, nil
	return d.storeChange(ctx, b)
}

// MayInsist reports whether a person may insist: the room is taken, or the
// tenant cannot say.
func (p ChangePlan) MayInsist() bool {
	switch p.Class {
	case providers.Conflict, providers.Transient, providers.Throttled, providers.Unreachable, providers.Foreign, providers.Resync:
		return !p.Wanted.Start.IsZero() && p.Wanted.Span() != (providers.Interval{})
	}
	return false
}

// withdraw takes back a change of which the room owes an answer.
func (d *Desk) withdraw(ctx context.Context, b providers.Booking) (providers.Booking, error) {
	d.beginStep(&b, providers.StepRevert)
	b.Change.Reason, b.Change.ReasonProof = "taken back before the room had answered", providers.Proven
	return d.storeChange(ctx, b)
}

// storeChange puts a change on the disk and on the plan.
func (d *Desk) storeChange(ctx context.Context, b providers.Booking) (providers.Booking, error) {
	d.forget(b.ID)
	// Counted before it is stored, so that quitting never misses it.
	d.beginWrite(b.ID)
	if err := d.save(ctx, &b); err != nil {
		d.endWrite(b.ID)
		return b, err
	}
	d.mu.Lock()
	d.mine[b.ID] = true
	d.mu.Unlock()
	d.schedule(b.ID, d.Now())
	return b, nil
}

// beginStep turns to the next write of a change.
func (d *Desk) beginStep(b *providers.Booking, step providers.ChangeStep) {
	c := &b.Change
	c.State, c.Step, c.Tries, c.NextTry, c.Sent = providers.ChangeQueued, step, 0, time.Time{}, time.Time{}
	d.forget(b.ID)
}

// closeChange ends a change. It stores nothing. One that failed keeps the class of
// what it met last.
func (d *Desk) closeChange(b *providers.Booking, state providers.ChangeState, reason string, proof providers.Proof) {
	c := &b.Change
	c.State, c.Ended, c.NextTry = state, d.Now(), time.Time{}
	c.Reason, c.ReasonProof = reason, proof
	switch {
	case state != providers.ChangeFailed:
		c.Failure = ""
	case c.Failure == "":
		c.Failure = providers.Permanent
	}
	d.forget(b.ID)
}

// readMeeting reads the meeting of a booking as it stands now. Where its id leads
// nowhere it is searched for as well.
func (d *Desk) readMeeting(ctx context.Context, b providers.Booking) (providers.Event, error) {
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	event, err := d.Tenant.Event(reading, b.Request.Organizer, b.EventID)
	cancel()
	if !providers.Is(err, providers.Gone) {
		return event, err
	}
	found, ok, findErr := d.find(ctx, b)
	switch {
	case findErr != nil:
		return event, findErr
	case !ok:
		return event, err
	}
	return found, nil
}
