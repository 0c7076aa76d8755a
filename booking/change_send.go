package booking

import (
	"context"
	"errors"
	"time"

	"roomdesk/providers"
)

// drive does the next thing for the open change of a booking and returns when to
// look again. This desk has the booking's lock.
//
// Every write is preceded by a read and carries the version that was read: what
// is there already is not written again, what somebody else changed is not
// overwritten, and a request that was thought lost and arrives late is refused by
// the tenant.
func (d *Desk) drive(ctx context.Context, b *providers.Booking) time.Time {
	c := &b.Change
	now := d.Now()
	if c.State == providers.ChangeWaiting {
		return d.followChange(ctx, b)
	}
	event, err := d.readMeeting(ctx, *b)
	switch {
	case providers.Is(err, providers.Gone):
		return d.missing(ctx, b)
	case err != nil:
		return d.changeLater(ctx, b, err)
	case event.Cancelled:
		d.vanish(ctx, b, "the meeting was cancelled in the organizer's calendar")
		return time.Time{}
	}
	switch {
	case stepDone(*c, event):
		return d.inPlace(ctx, b, event)
	case !stepPossible(*c, event):
		return d.overtaken(ctx, b, event)
	case c.State != providers.ChangeQueued:
		// Not there yet: a request in the air may still arrive.
		if next, wait := d.stillInTheAir(ctx, b); wait {
			return next
		}
	}
	return d.write(ctx, b, event, now)
}

// stepDone reports whether the tenant's meeting is as a step of the change leaves
// it.
func stepDone(c providers.BookingChange, event providers.Event) bool {
	switch c.Step {
	case providers.StepRelease:
		return !invites(event, c.Was)
	case providers.StepRevert:
		return at(event, c.Was) && (!c.NewRoom() || !invites(event, c.Wanted))
	}
	return at(event, c.Wanted) && (!c.NewRoom() || invites(event, c.Wanted))
}

// stepPossible reports whether the meeting is still what the person saw, so that
// the step may be written.
func stepPossible(c providers.BookingChange, event providers.Event) bool {
	switch c.Step {
	case providers.StepRelease:
		return at(event, c.Wanted) && invites(event, c.Wanted)
	case providers.StepRevert:
		return at(event, c.Wanted) || at(event, c.Was)
	}
	return at(event, c.Was)
}

func at(event providers.Event, s providers.Slot) bool {
	return event.Start.Equal(s.Start) && event.End.Equal(s.End)
}

func invites(event providers.Event, s providers.Slot) bool {
	_, ok := roomAttendee(providers.Booking{RoomName: s.RoomName, Request: providers.BookingRequest{Room: s.Room}}, event)
	return ok
}

// stillInTheAir waits, after an answer that was lost, until it is certain enough
// that the request did not arrive.
func (d *Desk) stillInTheAir(ctx context.Context, b *providers.Booking) (next time.Time, wait bool) {
	now := d.Now()
	d.mu.Lock()
	since, seen := d.absent[b.ID]
	if !seen {
		since = now
		d.absent[b.ID] = now
	}
	verdict := d.verdicts[b.ID]
	d.mu.Unlock()
	if b.Change.State != providers.ChangeUnknown {
		b.Change.State = providers.ChangeUnknown
		b.Change.Reason, b.Change.ReasonProof = "the answer was lost; looking whether it was changed", providers.UnknownCause
		d.trySave(ctx, b)
	}
	over := verdict != "" || b.Change.Tries >= maxTries || now.Sub(b.Change.Asked) > staleIntent
	if b.Change.Step != providers.StepApply {
		over = false // what was begun is brought to an end
	}
	switch {
	case over && now.Sub(since) >= goneFor:
		if verdict == "" {
			verdict = "not changed: the answer was lost and the tenant does not have the change"
		}
		d.closeChange(b, providers.ChangeFailed, verdict, providers.Proven)
		d.trySave(ctx, b)
		return d.Now(), true // the booking itself is followed as before
	case over:
		return now.Add(15 * time.Second), true
	case now.Sub(since) < absentFor:
		return now.Add(time.Second), true
	}
	return time.Time{}, false
}

// write sends the step. The event is the meeting as it was read a moment ago.
func (d *Desk) write(ctx context.Context, b *providers.Booking, event providers.Event, now time.Time) time.Time {
	c := &b.Change
	if c.Step == providers.StepApply && c.State == providers.ChangeQueued {
		if reason, class := d.tooLate(ctx, *b, now); reason != "" {
			c.Failure = class
			if c.Tries > 0 {
				return d.changeDoubt(ctx, b, class, reason)
			}
			d.closeChange(b, providers.ChangeFailed, reason, providers.Proven)
			d.trySave(ctx, b)
			return d.Now()
		}
	}
	if c.State == providers.ChangeQueued && c.Tries == 0 {
		next, why := d.clearWay(ctx, *b)
		switch {
		case why != "":
			c.Failure = providers.Conflict
			d.closeChange(b, providers.ChangeFailed, "not changed: "+why, providers.Proven)
			d.trySave(ctx, b)
			return d.Now()
		case !next.IsZero():
			return next
		}
	}
	c.State, c.NextTry = providers.ChangeSending, time.Time{}
	c.Tries++
	if err := d.save(ctx, b); err != nil {
		// Nothing may leave that the disk does not know of.
		return now.Add(5 * time.Second)
	}
	calling, cancel := context.WithTimeout(ctx, createTimeout)
	after, err := d.Tenant.ChangeEvent(calling, b.Request.Organizer, event.ID, event.ETag, eventChange(*b, event))
	cancel()
	if err == nil {
		if !stepDone(*c, after) {
			// It answered, and the meeting is not as asked for: looked at again.
			return d.changeDoubt(ctx, b, providers.Transient, "")
		}
		return d.inPlace(ctx, b, after)
	}
	d.log.Warn("changing a meeting failed", "booking", b.ID, "step", c.Step, "try", c.Tries, "error", err)
	return d.notChanged(ctx, b, err)
}

// tooLate says why a change that waited is not sent any more, and sorts it.
func (d *Desk) tooLate(ctx context.Context, b providers.Booking, now time.Time) (string, providers.Class) {
	c := b.Change
	switch age := now.Sub(c.Asked); {
	case c.Kind != providers.ChangeEnd && !c.Wanted.End.After(now):
		return "not sent: the time has passed", c.Failure
	case age > staleIntent:
		return "not sent within " + providers.Age(staleIntent) + "; ask again if it is still wanted", c.Failure
	case c.Tries >= maxTries:
		return "not changed after several tries", c.Failure
	case age > recheckAfter:
		p := ChangePlan{Booking: b, Kind: c.Kind, Was: c.Was, Wanted: c.Wanted, held: b.State == providers.BookingAccepted || b.State == providers.BookingTentative}
		if p, _ = d.askChange(ctx, p, providers.Event{}); p.Class == providers.Conflict {
			return "not sent: the room has been booked meanwhile, " + p.Why, providers.Conflict
		}
	}
	return "", ""
}

// eventChange is what a step writes: only what differs, and the list of attendees
// as a whole, because the service replaces it.
func eventChange(b providers.Booking, event providers.Event) providers.EventChange {
	c := b.Change
	to := c.Wanted
	if c.Step == providers.StepRevert {
		to = c.Was
	}
	change := providers.EventChange{Zone: b.Request.Zone}
	if !event.Start.Equal(to.Start) {
		change.Start = &to.Start
	}
	if !event.End.Equal(to.End) {
		change.End = &to.End
	}
	if change.Start != nil && change.End == nil {
		change.End = &to.End
	}
	if !c.NewRoom() {
		return change
	}
	var drop providers.Slot
	add := false
	switch c.Step {
	case providers.StepApply:
		add = !invites(event, c.Wanted)
	case providers.StepRelease:
		drop = c.Was
		name := providers.Outside(c.Wanted.RoomName.Or(string(c.Wanted.Room)))
		change.Location = &name
	case providers.StepRevert:
		drop = c.Wanted
	}
	gone, _ := roomAttendee(providers.Booking{RoomName: drop.RoomName, Request: providers.BookingRequest{Room: drop.Room}}, event)
	kept := make([]providers.Attendee, 0, len(event.Attendees)+1)
	if add {
		kept = append(kept, providers.Attendee{Mailbox: c.Wanted.Room, Text: providers.Outside(string(c.Wanted.Room)), Name: c.Wanted.RoomName, Type: providers.Resource})
	}
	for _, a := range event.Attendees {
		if drop.Room == "" || a.Text.Raw() != gone.Text.Raw() || a.Mailbox != gone.Mailbox {
			kept = append(kept, a)
		}
	}
	change.Attendees = kept
	return change
}

// notChanged sorts a failed write by what it says: that nothing was changed, or
// nothing.
func (d *Desk) notChanged(ctx context.Context, b *providers.Booking, err error) time.Time {
	c := &b.Change
	var classified *providers.Error
	if !errors.As(err, &classified) {
		return d.changeDoubt(ctx, b, providers.ClassOf(err), "")
	}
	switch classified.Class {
	case providers.Conflict:
		// Somebody, perhaps only a room with its answer, changed it since it was
		// read: it is read again, and written only if it still is what was seen.
		c.State = providers.ChangeQueued
		c.NextTry = d.Now().Add(backOff(c.Tries, 100*time.Millisecond, time.Minute))
		d.trySave(ctx, b)
		return c.NextTry
	case providers.Throttled, providers.Local:
		return d.changeLater(ctx, b, err)
	case providers.Permanent, providers.NotAllowed, providers.NoMailbox, providers.Gone, providers.SignedOut, providers.Unsupported, providers.UntrustedHost:
		reason := "not changed: " + refusalWords(b.Request, classified)
		if c.Step != providers.StepApply { // not given up: the meeting would stay between two states
			return d.changeLater(ctx, b, err)
		}
		if c.Tries > 1 {
			return d.changeDoubt(ctx, b, classified.Class, reason)
		}
		c.Failure = classified.Class
		d.closeChange(b, providers.ChangeFailed, reason, providers.Proven)
		d.trySave(ctx, b)
		return d.Now()
	}
	return d.changeDoubt(ctx, b, classified.Class, "")
}

// changeDoubt notes that the tenant may have the change or not. A verdict is the
// refusal of the latest try, which holds if no earlier one turns up.
func (d *Desk) changeDoubt(ctx context.Context, b *providers.Booking, class providers.Class, verdict string) time.Time {
	c := &b.Change
	c.Failure = lasting(class)
	c.State, c.NextTry = providers.ChangeUnknown, d.Now().Add(500*time.Millisecond)
	c.Reason, c.ReasonProof = "the answer was lost; looking whether it was changed", providers.UnknownCause
	d.mu.Lock()
	delete(d.absent, b.ID)
	if verdict != "" {
		c.Reason, c.ReasonProof = verdict, providers.Proven
		d.verdicts[b.ID] = verdict
	} else {
		delete(d.verdicts, b.ID)
	}
	d.mu.Unlock()
	d.trySave(ctx, b)
	return c.NextTry
}

// changeLater keeps a step for later and says why. A step that may have left
// stays in doubt.
func (d *Desk) changeLater(ctx context.Context, b *providers.Booking, err error) time.Time {
	c := &b.Change
	now := d.Now()
	what := providers.ProblemOf(err, now).What()
	switch {
	case providers.Is(err, providers.Throttled), providers.Is(err, providers.Local), c.State == providers.ChangeQueued, c.Step != providers.StepApply && refusesCancel(err):
		c.State = providers.ChangeQueued
		c.Reason = "not changed yet: " + what
		if c.Step == providers.StepRelease {
			c.Reason = "both rooms are held; the old one could not be let go yet: " + what
		}
	default:
		c.State = providers.ChangeUnknown
		c.Reason = "not known whether it was changed: " + what
	}
	c.ReasonProof = providers.Proven
	d.mu.Lock()
	delete(d.absent, b.ID)
	doubted := d.verdicts[b.ID] != ""
	d.mu.Unlock()
	if !doubted { // else the class of the refusal is kept with it
		c.Failure = lasting(providers.ClassOf(err))
	}
	if c.Step == providers.StepApply && c.State == providers.ChangeQueued && now.Sub(c.Asked) > staleIntent && c.Tries == 0 {
		d.closeChange(b, providers.ChangeFailed, c.Reason, providers.Proven)
		d.trySave(ctx, b)
		return now
	}
	c.NextTry = now.Add(max(retryAfter(err), backOff(d.countLook(b.ID), time.Second, 5*time.Minute)))
	d.trySave(ctx, b)
	return c.NextTry
}

// overtaken ends a change of a meeting that somebody else changed meanwhile:
// nothing is written over it (F-051).
func (d *Desk) overtaken(ctx context.Context, b *providers.Booking, event providers.Event) time.Time {
	c := b.Change
	reason := "somebody changed the meeting meanwhile: it is at " + clock(b.Request, event.Start) + "–" + clock(b.Request, event.End) + "; look at it and ask again"
	b.Request.Start, b.Request.End = event.Start, event.End
	if c.Step == providers.StepRelease || c.NewRoom() && invites(event, c.Wanted) && invites(event, c.Was) {
		reason += "; it may hold two rooms"
	}
	b.Change.Failure = providers.Conflict
	d.closeChange(b, providers.ChangeFailed, reason, providers.Proven)
	d.trySave(ctx, b)
	return d.Now()
}
