package booking

import (
	"context"
	"errors"
	"time"

	"roomdesk/providers"
)

// Cancel cancels a booking in the organizer's calendar and so tells everybody
// invited, with the note. It may be repeated: what is cancelled or gone already
// is cancelled (F-053). Where the tenant cannot be reached the booking stays in
// state cancelling, which [Desk.Run] brings to an end, and the error says why it
// is not done yet; where the tenant refuses, the booking stays as it was.
func (d *Desk) Cancel(ctx context.Context, id, note string) (providers.Booking, error) {
	return d.cancel(ctx, id, note, nil)
}

// cancel cancels the booking's meeting, or where dates are given those.
func (d *Desk) cancel(ctx context.Context, id, note string, dates []providers.CancelDate) (providers.Booking, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	if b, err := d.Outbox.Booking(ctx, id); err == nil && b.DateOf != "" {
		return d.CancelFrom(ctx, b.DateOf, b.Date, providers.CancelOne, note)
	}
	defer func() { d.tend(ctx, id) }()
	unlock, err := d.lock(ctx, id)
	if err != nil {
		return providers.Booking{}, notLocked("cancelling a booking", err)
	}
	defer unlock()
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return b, err
	}
	if b.Series != nil {
		return d.cancelSeries(ctx, b, -1, providers.CancelAll, note)
	}
	switch b.State {
	case providers.BookingCancelled:
		return b, nil
	case providers.BookingFailed:
		return b, &providers.Error{Class: providers.Permanent, Op: "cancelling a booking", Message: providers.Outside("it was never made: there is nothing to cancel")}
	}
	before := b
	d.beginWrite(id)
	defer d.endWrite(id)
	d.move(&b, cancelAsked)
	if note != "" || before.State != providers.BookingCancelling {
		b.CancelNote = providers.Outside(note)
	}
	b.Reason, b.ReasonProof, b.Alternatives, b.NextTry = "", providers.UnknownCause, nil, time.Time{}
	if before.State != providers.BookingCancelling {
		b.CancelDates = dates
	}
	if b.Change.Open() {
		b.Change.Failure = providers.Gone
		d.closeChange(&b, providers.ChangeFailed, "the meeting was cancelled meanwhile", providers.Proven)
	}
	if err := d.save(ctx, &b); err != nil {
		return before, err
	}
	if b.State == providers.BookingCancelled {
		d.forget(id)
		d.schedule(id, time.Time{})
		return b, nil
	}
	next, err := d.finishCancel(ctx, &b, before.State != providers.BookingCancelling)
	d.schedule(id, next)
	return b, err
}

// finishCancel brings a booking in state cancelling to an end where it can. It
// returns when to try again. First says that no cancellation can have left yet:
// only then does a refused read mean that the meeting stands.
func (d *Desk) finishCancel(ctx context.Context, b *providers.Booking, first bool) (time.Time, error) {
	if len(b.CancelDates) > 0 {
		return d.finishDates(ctx, b, first)
	}
	now := d.Now()
	event, found, err := d.findToCancel(ctx, *b)
	switch {
	case first && refusesCancel(err):
		return d.cancelNot(ctx, b, providers.Event{}, err), err
	case err != nil:
		return d.cancelLater(ctx, b, err), err
	case found && event.Cancelled:
		found = false
	case found:
		b.EventID, b.ICalUID = event.ID, event.ICalUID
	case b.EventID == "":
		// It may still be on its way: the same rule as before sending again.
		d.mu.Lock()
		since, seen := d.absent[b.ID]
		if !seen {
			since = now
			d.absent[b.ID] = now
		}
		d.mu.Unlock()
		if b.Tries > 0 && now.Sub(since) < 2*absentFor {
			return now.Add(time.Second), nil
		}
	}
	if found {
		calling, cancel := context.WithTimeout(ctx, createTimeout)
		err = d.Tenant.CancelEvent(calling, b.Request.Organizer, b.EventID, b.CancelNote.Raw())
		cancel()
	}
	switch {
	case err == nil, providers.Is(err, providers.Gone):
		if !d.move(b, cancelDone) {
			return time.Time{}, nil
		}
		b.Reason, b.ReasonProof, b.NextTry = "", providers.UnknownCause, time.Time{}
		if !found {
			b.Reason, b.ReasonProof = "the tenant did not have the meeting any more", providers.Proven
		}
		d.forget(b.ID)
		d.Poke(b.Request.Organizer)
		d.Poke(b.Request.Room)
		if err := d.save(ctx, b); err != nil {
			return now.Add(time.Second), err
		}
		return time.Time{}, nil
	case refusesCancel(err):
		return d.cancelNot(ctx, b, event, err), err
	}
	return d.cancelLater(ctx, b, err), err
}

// refusesCancel reports an error that another try would not change. One that
// nobody classified says nothing of what happened.
func refusesCancel(err error) bool {
	var classified *providers.Error
	return errors.As(err, &classified) && providers.Is(err, providers.NotAllowed, providers.Permanent, providers.Unsupported, providers.NoMailbox)
}

// cancelNot puts a booking back to where it stood, because the tenant refuses to
// cancel it. The event is empty where it could not even be read.
func (d *Desk) cancelNot(ctx context.Context, b *providers.Booking, event providers.Event, err error) time.Time {
	d.forget(b.ID)
	var next time.Time
	if event.ID != "" {
		d.move(b, cancelRefused)
		next = d.take(ctx, b, event)
	} else {
		if b.EventID == "" { // still in doubt whether it exists
			return d.cancelLater(ctx, b, err)
		}
		d.move(b, cancelRefused)
		switch b.RoomResponse {
		case providers.ResponseAccepted:
			d.move(b, roomAccepts)
		case providers.ResponseTentative:
			d.move(b, roomHolds)
		case providers.ResponseDeclined:
			d.move(b, roomDeclines)
		}
		next = lookAgain(*b, d.Now())
	}
	b.Reason, b.ReasonProof = "not cancelled: "+providers.ProblemOf(err, d.Now()).What()+because(err), providers.Proven
	d.trySave(ctx, b)
	return next
}

// because is the service's own text behind a refusal, where it gave one.
func because(err error) string {
	if p := providers.ProblemOf(err, time.Time{}); p.Message.Or("") != "" {
		return ": " + p.Message.String()
	}
	return ""
}

// findToCancel reads the meeting before it is cancelled, so that a cancellation
// whose answer was lost is not sent to everybody a second time.
func (d *Desk) findToCancel(ctx context.Context, b providers.Booking) (providers.Event, bool, error) {
	if b.EventID != "" {
		reading, cancel := context.WithTimeout(ctx, readTimeout)
		event, err := d.Tenant.Event(reading, b.Request.Organizer, b.EventID)
		cancel()
		if err == nil || !providers.Is(err, providers.Gone) {
			return event, err == nil, err
		}
	}
	return d.find(ctx, b)
}

func (d *Desk) cancelLater(ctx context.Context, b *providers.Booking, err error) time.Time {
	b.Reason, b.ReasonProof = "not cancelled yet: "+providers.ProblemOf(err, d.Now()).What(), providers.Proven
	b.NextTry = d.Now().Add(max(retryAfter(err), backOff(d.countLook(b.ID), time.Second, 5*time.Minute)))
	d.trySave(ctx, b)
	return b.NextTry
}
