package booking

import (
	"context"

	"roomdesk/providers"
)

// Book checks the request against the tenant once more, stores the intent, and
// has it sent in the background by [Desk.Run] or [Desk.Await]. It returns as soon
// as the intent is on the disk. Where nothing was stored the error is a *Refused
// with the check in it (class Conflict where the room is taken), or the failure
// to store. EvenIfBusy sends although the room is taken or its state unknown; it
// does not help against a request that cannot be sent at all.
func (d *Desk) Book(ctx context.Context, q providers.BookingRequest) (providers.Booking, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	c, err := d.Check(ctx, q)
	if ctx.Err() != nil {
		return providers.Booking{}, &providers.Error{Class: providers.Cancelled, Op: "booking " + string(q.Room), Err: ctx.Err()}
	}
	later := q.Offline && deferrable(c)
	if !c.Free && !later && !(q.EvenIfBusy && overridable(c)) {
		refused := c.refused()
		refused.Err.Err = err
		return providers.Booking{}, refused
	}
	if d.Warned != nil && len(c.Warnings) > 0 {
		d.Warned(c.Warnings)
	}
	room, _ := d.room(ctx, q.Room) // without it the booking carries the address
	b := providers.Booking{
		ID: d.NewID(), TransactionID: d.NewID(), Request: c.Request, RoomName: providers.Outside(room.Title()),
		State: providers.BookingDraft, Created: d.Now(), ReasonProof: providers.UnknownCause,
	}
	b.Request.Offline = later
	if later {
		b.Reason, b.ReasonProof = "kept here until the tenant can be asked: "+c.Why, providers.Proven
	}
	d.move(&b, stored)
	// Counted before it is stored, so that quitting never misses it.
	d.beginWrite(b.ID)
	if err := d.save(ctx, &b); err != nil {
		d.endWrite(b.ID)
		return providers.Booking{}, err
	}
	d.mu.Lock()
	d.mine[b.ID] = true
	d.mu.Unlock()
	d.schedule(b.ID, d.Now())
	return b, nil
}

// overridable reports whether a person may insist although the check failed: the
// room is taken, or the tenant cannot say.
func overridable(c Check) bool {
	switch c.Class {
	case providers.Conflict, providers.Transient, providers.Throttled, providers.Unreachable, providers.Foreign, providers.Resync:
		return true
	}
	// Free/busy of the room may be hidden from us while the organizer may book it.
	return !believed(c.Room) && c.Class != providers.Permanent && c.Room.Problem != nil && c.Class == c.Room.Problem.Class
}
