package booking

import (
	"context"
	"strings"
	"time"

	"roomdesk/providers"
)

// Watched reports whether the tenant may have something new to say of a booking: it
// has it, and it is not over.
func Watched(b providers.Booking, now time.Time) bool {
	end := b.Request.End
	if b.Series != nil {
		end = b.Series.Last()
	}
	if b.DateOf != "" || !end.After(now) {
		return false
	}
	switch b.State {
	case providers.BookingWaiting, providers.BookingTentative, providers.BookingAccepted, providers.BookingPartly, providers.BookingDeclined:
		return true
	}
	return false
}

// Look asks the tenant now how a booking stands, and gives it as it stands then. What
// is not there any more is looked for until that is certain, or ctx ends. The error
// is why the tenant could not be asked; the booking is then as it was known before.
func (d *Desk) Look(ctx context.Context, id string) (providers.Booking, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	for {
		next := d.step(ctx, id)
		d.tend(ctx, id)
		b, err := d.Outbox.Booking(context.WithoutCancel(ctx), id)
		switch {
		case err != nil:
			return b, err
		case ctx.Err() != nil:
			return b, &providers.Error{Class: providers.Cancelled, Op: "looking at a booking", Err: ctx.Err()}
		}
		if d.missed(id) && !next.IsZero() {
			if pause(ctx, max(next.Sub(d.Now()), 0)) != nil {
				return b, nil // it is still being looked for
			}
			continue
		}
		if d.unanswered(id) {
			if _, err := d.readMeeting(ctx, b); err != nil && !providers.Is(err, providers.Gone) {
				return b, err
			}
		}
		return b, nil
	}
}

// unanswered reports whether the tenant did not answer the latest look.
func (d *Desk) unanswered(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.looks[id] > 0
}

// missed reports whether the tenant did not show a meeting, or a date of a series,
// when it was looked at last.
func (d *Desk) missed(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range d.absent {
		if key == id || strings.HasPrefix(key, id+" date ") {
			return true
		}
	}
	return false
}
