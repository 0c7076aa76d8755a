package booking

import (
	"context"
	"time"

	"roomdesk/providers"
)

// StaleIntent is the age from which on a booking that is still queued is not sent
// before a person has looked at it.
const StaleIntent = staleIntent

// intended is when a person last said that the meeting shall be made.
func intended(b providers.Booking) time.Time {
	if b.Reviewed.After(b.Created) {
		return b.Reviewed
	}
	return b.Created
}

// deferrable reports whether a check failed only because the tenant could not be
// asked, so that the wish may be kept until it can.
func deferrable(c Check) bool {
	switch c.Class {
	case providers.Unreachable, providers.Transient, providers.Throttled, providers.Foreign:
		return !believed(c.Room)
	}
	return false
}

// review keeps a queued booking from being sent until a person has looked at it.
func (d *Desk) review(ctx context.Context, b *providers.Booking, why string) time.Time {
	before := *b
	b.Review, b.NextTry = why, time.Time{}
	b.Reason, b.ReasonProof = "not sent: "+why+"; look at it before it is", providers.Proven
	d.offer(ctx, b)
	d.saveChange(ctx, before, b)
	return time.Time{}
}

// SendReviewed sends a booking that waits for a person's review, after the tenant
// was asked once more. Where the room is not free nothing changes, and the error is
// a *Refused with the check in it; anyway sends it nevertheless.
func (d *Desk) SendReviewed(ctx context.Context, id string, anyway bool) (providers.Booking, error) {
	const op = "sending a booking"
	ctx = providers.WithPriority(ctx, providers.Interactive)
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return b, err
	}
	if b.State != providers.BookingQueued || b.Review == "" {
		return b, &providers.Error{Class: providers.Permanent, Op: op, Message: providers.Outside("it does not wait for a review")}
	}
	q := b.Request
	q.EvenIfBusy = anyway
	c, err := d.Check(ctx, q)
	if !c.Free && !(anyway && overridable(c)) {
		refused := c.refused()
		refused.Err.Err = err
		return b, refused
	}
	unlock, err := d.lock(ctx, id)
	if err != nil {
		return b, notLocked(op, err)
	}
	defer unlock()
	if b, err = d.Outbox.Booking(ctx, id); err != nil {
		return b, err
	}
	if b.State != providers.BookingQueued || b.Review == "" { // decided meanwhile
		return b, nil
	}
	before := b
	b.Review, b.Reviewed, b.Request.EvenIfBusy = "", d.Now(), anyway
	b.Reason, b.ReasonProof, b.Alternatives, b.NextTry = "", providers.UnknownCause, nil, time.Time{}
	if err := d.save(ctx, &b); err != nil {
		return before, err
	}
	d.schedule(id, d.Now())
	return b, nil
}

// Keep notes that a person waits on for a room that does not answer.
func (d *Desk) Keep(ctx context.Context, id string) (providers.Booking, error) {
	const op = "keeping a booking"
	unlock, err := d.lock(ctx, id)
	if err != nil {
		return providers.Booking{}, notLocked(op, err)
	}
	defer unlock()
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return b, err
	}
	if !Silent(b, d.Now()) {
		return b, &providers.Error{Class: providers.Permanent, Op: op, Message: providers.Outside("its room does not owe an answer for long")}
	}
	b.Kept = d.Now()
	return b, d.save(ctx, &b)
}

// Silent reports whether the room owes an answer for so long that a person should
// choose: keep waiting, take another room, or cancel.
func Silent(b providers.Booking, now time.Time) bool {
	return b.State == providers.BookingWaiting && !b.Sent.IsZero() && now.Sub(b.Sent) >= silentAfter && b.Request.End.After(now) && !b.Change.Open()
}
