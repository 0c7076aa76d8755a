package booking

import (
	"context"
	"errors"
	"time"

	"roomdesk/providers"
)

// send makes the meeting in the tenant. The booking is queued, and this desk has
// its lock. It returns when to look again.
func (d *Desk) send(ctx context.Context, b *providers.Booking) time.Time {
	now := d.Now()
	if next, goOn := d.reconsider(ctx, b); !goOn {
		return next
	}
	d.move(b, sendBegins)
	b.Tries++
	b.NextTry, b.Reason, b.ReasonProof = time.Time{}, "", providers.UnknownCause
	if err := d.save(ctx, b); err != nil {
		// Nothing may leave that the disk does not know of.
		return now.Add(5 * time.Second)
	}

	calling, cancel := context.WithTimeout(ctx, createTimeout)
	event, err := d.Tenant.CreateEvent(calling, draft(*b))
	cancel()
	if err == nil {
		return d.arrived(ctx, b, event)
	}
	d.log.Warn("making a meeting failed", "booking", b.ID, "try", b.Tries, "error", err)
	return d.notMade(ctx, b, err)
}

// draft is the meeting to make: the room as a resource and as location, the
// transaction id of the intent.
func draft(b providers.Booking) providers.EventDraft {
	q := b.Request
	return providers.EventDraft{
		TransactionID: b.TransactionID, Organizer: q.Organizer, Subject: q.Subject, Body: q.Body, Start: q.Start, End: q.End, Zone: q.Zone,
		Room: q.Room, RoomName: b.RoomName, Required: q.Required, Optional: q.Optional, Teams: q.Teams, ShowAs: showAs(q), Private: q.Private,
	}
}

// reconsider looks whether a queued meeting may still be sent: nothing goes out
// late without asking the tenant again, and nothing old goes out on its own.
func (d *Desk) reconsider(ctx context.Context, b *providers.Booking) (next time.Time, goOn bool) {
	now := d.Now()
	age := now.Sub(intended(*b))
	reason, class := "", b.Failure // what kept it waiting, where it waited too long
	switch {
	case !b.Request.End.After(now) || now.Sub(b.Request.Start) > pastGrace:
		reason = "not sent: its start has passed"
	case b.Review != "":
		return time.Time{}, false // a person decides
	case age > staleIntent && b.Tries == 0:
		return d.review(ctx, b, "it was asked for "+providers.Age(age)+" ago and could not be sent"), false
	case age > staleIntent:
		reason = "not sent within " + providers.Age(staleIntent) + "; book it again if it is still wanted"
	case b.Tries >= maxTries:
		reason = "not made: the tenant did not have it after " + providers.Age(age) + " and several tries"
	case (age > recheckAfter || b.Request.Offline && b.Reviewed.IsZero()) && !b.Request.EvenIfBusy:
		answers, err := d.live(ctx, []providers.Address{b.Request.Room}, providers.Interval{Start: b.Request.Start, End: b.Request.End.Add(horizon)})
		room := answers[b.Request.Room]
		if !believed(room) {
			what := "the service did not say whether the room is still free"
			if err != nil {
				what = providers.ProblemOf(err, now).What()
			} else if room.Problem != nil {
				what = room.Problem.What()
			}
			class := providers.Transient
			if err != nil {
				class = providers.ClassOf(err)
			} else if room.Problem != nil {
				class = room.Problem.Class
			}
			return d.waitInQueue(ctx, b, "not sent yet: "+what, class, 0), false
		}
		switch taken := !room.FreeFor(span(b.Request)); {
		case taken && b.Request.Offline && b.Tries == 0:
			return d.review(ctx, b, "the room is no longer free: "+takenWords(b.Request, room)), false
		case taken:
			reason, class = "not sent: the room has been booked meanwhile, "+takenWords(b.Request, room), providers.Conflict
		}
	}
	if reason == "" {
		return time.Time{}, true
	}
	if b.Tries > 0 {
		// An earlier try may still turn up: failed is only said when it did not.
		return d.doubt(ctx, b, class, reason), false
	}
	d.fail(ctx, b, class, reason)
	return time.Time{}, false
}

// fail ends a booking that is certainly not in the tenant. Without a class nothing
// but the wish itself stood in the way.
func (d *Desk) fail(ctx context.Context, b *providers.Booking, class providers.Class, reason string) {
	if !d.move(b, refused) {
		return
	}
	if class == "" {
		class = providers.Permanent
	}
	b.NextTry, b.Reason, b.ReasonProof, b.Failure = time.Time{}, reason, providers.Proven, class
	d.offer(ctx, b)
	d.forget(b.ID)
	d.trySave(ctx, b)
}

// waitInQueue leaves the meeting queued and says why.
func (d *Desk) waitInQueue(ctx context.Context, b *providers.Booking, reason string, class providers.Class, atLeast time.Duration) time.Time {
	d.move(b, putOff)
	b.Reason, b.ReasonProof, b.Failure = reason, providers.Proven, class
	b.NextTry = d.Now().Add(max(atLeast, backOff(d.countLook(b.ID), time.Second, time.Minute)))
	d.trySave(ctx, b)
	return b.NextTry
}

// notMade sorts a failed create by what it says about the meeting: that it was
// certainly not made, or nothing.
func (d *Desk) notMade(ctx context.Context, b *providers.Booking, err error) time.Time {
	var classified *providers.Error
	if !errors.As(err, &classified) {
		return d.doubt(ctx, b, providers.ClassOf(err), "")
	}
	switch classified.Class {
	case providers.Throttled:
		return d.waitInQueue(ctx, b, providers.Throttled.Words(), providers.Throttled, max(classified.RetryAfter, time.Second))
	case providers.Local: // it did not leave this machine
		return d.waitInQueue(ctx, b, refusalWords(b.Request, classified), providers.Local, time.Second)
	case providers.Permanent, providers.NotAllowed, providers.NoMailbox, providers.Gone, providers.SignedOut, providers.Unsupported, providers.UntrustedHost:
		reason := refusalWords(b.Request, classified)
		if b.Tries > 1 {
			// This try was not made; an earlier one may have been.
			return d.doubt(ctx, b, classified.Class, reason)
		}
		d.fail(ctx, b, classified.Class, reason)
		return time.Time{}
	}
	return d.doubt(ctx, b, classified.Class, "")
}

// refusalWords is the tenant's refusal, with the field that it is about named
// where the code says so (F-061).
func refusalWords(q providers.BookingRequest, e *providers.Error) string {
	field := ""
	switch e.Code {
	case "ErrorInvalidRecipients", "ErrorInvalidSmtpAddress", "ErrorNameResolutionNoResults", "ErrorTooManyRecipients":
		field = "attendees: "
	case "ErrorQuotaExceeded", "ErrorMessageSizeExceeded":
		field = "organizer's mailbox: "
	case "ErrorInvalidTimeZone", "ErrorTimeZone":
		field = "zone: "
	case "ErrorCalendarDurationIsTooLong", "ErrorCalendarEndDateIsEarlierThanStartDate", "ErrorInvalidPropertyDateTime":
		field = "end: "
	default:
		switch e.Class {
		case providers.NotAllowed, providers.NoMailbox, providers.Gone:
			field = "organizer " + string(q.Organizer) + ": "
		case providers.Permanent:
			if e.Status == 507 {
				field = "organizer's mailbox: "
			}
		}
	}
	words := field + providers.ProblemOf(e, time.Time{}).What()
	if message := e.Message.Or(""); message != "" {
		words += ": " + message
	}
	if e.Advice != "" {
		words += "; " + e.Advice
	}
	return words
}

// doubt notes that the meeting may be in the tenant or not. A verdict is the
// refusal of the latest try, which holds if no earlier one turns up.
func (d *Desk) doubt(ctx context.Context, b *providers.Booking, class providers.Class, verdict string) time.Time {
	if !d.move(b, answerLost) {
		return time.Time{}
	}
	b.Failure = lasting(class)
	b.Reason, b.ReasonProof = "the answer was lost; looking whether the meeting was made", providers.UnknownCause
	if verdict != "" {
		b.Reason, b.ReasonProof = verdict, providers.Proven
	}
	b.NextTry = d.Now().Add(500 * time.Millisecond)
	d.mu.Lock()
	delete(d.absent, b.ID) // what was found before this try counts no more
	if verdict != "" {
		d.verdicts[b.ID] = verdict
	} else {
		delete(d.verdicts, b.ID)
	}
	d.mu.Unlock()
	d.trySave(ctx, b)
	return b.NextTry
}

// lasting is the class as it is kept: that this process was told to stop says
// nothing of the tenant.
func lasting(class providers.Class) providers.Class {
	if class == providers.Cancelled {
		return providers.Transient
	}
	return class
}

// resolve looks up a meeting of which the answer was lost, and sends it again,
// under the same transaction id, only when it is certainly absent.
func (d *Desk) resolve(ctx context.Context, b *providers.Booking) time.Time {
	event, found, err := d.find(ctx, *b)
	now := d.Now()
	if err != nil {
		d.log.Warn("looking up a meeting failed", "booking", b.ID, "error", err)
		d.mu.Lock()
		delete(d.absent, b.ID)
		d.mu.Unlock()
		d.move(b, answerLost)
		b.Reason = "not known whether the meeting was made: " + providers.ProblemOf(err, now).What()
		b.ReasonProof = providers.UnknownCause
		b.NextTry = now.Add(max(retryAfter(err), backOff(d.countLook(b.ID), time.Second, 5*time.Minute)))
		d.trySave(ctx, b)
		return b.NextTry
	}
	if found {
		return d.arrived(ctx, b, event)
	}

	d.mu.Lock()
	since, seen := d.absent[b.ID]
	if !seen {
		since = now
		d.absent[b.ID] = now
	}
	verdict := d.verdicts[b.ID]
	d.mu.Unlock()
	over := b.Tries >= maxTries || now.Sub(intended(*b)) > staleIntent || now.Sub(b.Request.Start) > pastGrace || verdict != ""
	switch {
	case over && now.Sub(since) >= goneFor:
		if verdict == "" {
			verdict = "not made: the answer was lost and the tenant does not have it"
		}
		d.fail(ctx, b, b.Failure, verdict)
		return time.Time{}
	case !over && now.Sub(since) >= absentFor:
		d.move(b, notThere)
		return d.send(ctx, b)
	}
	step := time.Second
	if over {
		step = 15 * time.Second
	}
	if b.State != providers.BookingUnknown {
		d.move(b, answerLost)
		b.Reason, b.ReasonProof = "the answer was lost; looking whether the meeting was made", providers.UnknownCause
		b.NextTry = now.Add(step)
		d.trySave(ctx, b)
	}
	return now.Add(step)
}

// find looks for the meeting of a booking by its transaction id, around the time
// that was asked for.
func (d *Desk) find(ctx context.Context, b providers.Booking) (providers.Event, bool, error) {
	if b.TransactionID == "" { // not made here: only its id leads to it
		return providers.Event{}, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	around := providers.Interval{Start: b.Request.Start.Add(-time.Hour), End: b.Request.End.Add(time.Hour)}
	return d.Tenant.FindEvent(ctx, b.Request.Organizer, b.TransactionID, around)
}

func retryAfter(err error) time.Duration {
	var e *providers.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// countLook counts looks without an answer, for the distance to the next.
func (d *Desk) countLook(id string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks[id]++
	return d.looks[id]
}

// forget drops what is only remembered while a booking is unsettled.
func (d *Desk) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.absent, id)
	delete(d.looks, id)
	delete(d.verdicts, id)
}

// trySave stores a booking where a failure to do so changes nothing: it is
// logged, and the stored state leads to the same place again.
func (d *Desk) trySave(ctx context.Context, b *providers.Booking) bool {
	return d.save(ctx, b) == nil
}
