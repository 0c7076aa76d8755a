package booking

import (
	"context"
	"slices"
	"time"

	"roomdesk/providers"
)

// inPlace notes that the tenant has the step.
func (d *Desk) inPlace(ctx context.Context, b *providers.Booking, event providers.Event) time.Time {
	c := &b.Change
	now := d.Now()
	c.Sent, c.NextTry = now, time.Time{}
	if event.ID != "" {
		b.EventID = event.ID // a changed date of a series has another
	}
	d.forget(b.ID)
	d.Poke(b.Request.Organizer)
	d.Poke(c.Was.Room)
	d.Poke(c.Wanted.Room)
	switch c.Step {
	case providers.StepRelease:
		d.closeChange(b, providers.ChangeDone, "", providers.UnknownCause)
		d.trySave(ctx, b)
		return now
	case providers.StepRevert:
		b.Request.Start, b.Request.End = c.Was.Start, c.Was.End
		b.Request.Room, b.RoomName = c.Was.Room, c.Was.RoomName
	default:
		c.Reason, c.ReasonProof, c.Failure = "", providers.UnknownCause, ""
		b.Request.Start, b.Request.End = c.Wanted.Start, c.Wanted.End
	}
	c.State = providers.ChangeWaiting
	if c.Was.Span() != c.Wanted.Span() {
		// The room has to answer anew: until it does nothing looks confirmed.
		d.move(b, roomSilent)
		b.Answered, b.RoomResponse = time.Time{}, providers.ResponsePending
	}
	if !d.trySave(ctx, b) {
		return now.Add(time.Second) // the stored state leads here again
	}
	return d.takeChange(ctx, b, event)
}

// followChange reads the meeting again and takes the room's answer to the change.
func (d *Desk) followChange(ctx context.Context, b *providers.Booking) time.Time {
	event, err := d.readMeeting(ctx, *b)
	now := d.Now()
	switch {
	case providers.Is(err, providers.Gone):
		return d.missing(ctx, b)
	case err != nil:
		n := d.countLook(b.ID)
		if n >= 3 {
			before := *b
			b.Change.Reason, b.Change.ReasonProof = "the room's answer cannot be read: "+providers.ProblemOf(err, now).What(), providers.Proven
			d.saveChange(ctx, before, b)
		}
		return now.Add(max(retryAfter(err), backOff(n, 2*time.Second, 5*time.Minute)))
	case event.Cancelled:
		d.vanish(ctx, b, "the meeting was cancelled in the organizer's calendar")
		return time.Time{}
	}
	return d.takeChange(ctx, b, event)
}

// takeChange reads the room's answer to the change out of the meeting.
func (d *Desk) takeChange(ctx context.Context, b *providers.Booking, event providers.Event) time.Time {
	c := &b.Change
	now := d.Now()
	before := *b
	if !stepDone(*c, event) {
		return d.overtaken(ctx, b, event)
	}
	asked := c.Wanted
	if c.Step == providers.StepRevert {
		asked = c.Was
	}
	room, invited := roomAttendee(providers.Booking{RoomName: asked.RoomName, Request: providers.BookingRequest{Room: asked.Room}}, event)
	answer := room.Response
	if !invited {
		answer = providers.ResponsePending
	}
	if answer == providers.ResponsePending || answer == providers.ResponseNone {
		c.AnsweredBefore = time.Time{} // what comes now is new
	}
	sameTime := c.Was.Span() == c.Wanted.Span()
	if old := !c.NewRoom() && !room.ResponseAt.IsZero() && room.ResponseAt.Equal(c.AnsweredBefore); old && c.Step == providers.StepApply && answer != providers.ResponsePending {
		answer = providers.ResponsePending // what it said to the old time says nothing of the new
	}
	switch answer {
	case providers.ResponseAccepted:
		if c.Step == providers.StepRevert {
			d.answered(b, roomAccepts, room, now)
			b.RoomResponse = room.Response
			d.closeChange(b, providers.ChangeUndone, c.Reason, c.ReasonProof)
			break
		}
		b.Request.Room, b.RoomName = c.Wanted.Room, c.Wanted.RoomName
		d.answered(b, roomAccepts, room, now)
		b.RoomResponse, b.Reason, b.Alternatives = room.Response, "", nil
		if c.NewRoom() {
			d.beginStep(b, providers.StepRelease)
			c.Reason = ""
			d.trySave(ctx, b)
			return now
		}
		d.closeChange(b, providers.ChangeDone, "", providers.UnknownCause)
	case providers.ResponseTentative:
		if c.NewRoom() && c.Step == providers.StepApply {
			c.Reason, c.ReasonProof = "the new room holds the time and somebody must approve; the old room stays until then", providers.Inferred
			break
		}
		d.answered(b, roomHolds, room, now)
		b.RoomResponse, b.Reason, b.ReasonProof = room.Response, "the room holds the time; somebody must approve", providers.Inferred
		state := providers.ChangeDone
		if c.Step == providers.StepRevert {
			state = providers.ChangeUndone
		}
		d.closeChange(b, state, c.Reason, c.ReasonProof)
	case providers.ResponseDeclined:
		return d.changeDeclined(ctx, b, before, room, sameTime)
	default:
		if now.Sub(c.Sent) >= silentAfter {
			c.Reason, c.ReasonProof = "no answer for "+providers.Age(silentAfter)+": wait, or take the change back", providers.Inferred
			if c.NewRoom() && c.Step == providers.StepApply {
				c.Reason = "the new room has not answered for " + providers.Age(silentAfter) + ", and both are held: wait, or take the change back"
			}
		}
		if !now.Before(laterEnd(*c)) {
			d.closeChange(b, providers.ChangeDone, "the room never answered, and the meeting is over", providers.Proven)
		}
	}
	d.saveChange(ctx, before, b)
	if !c.Open() {
		return lookAgain(*b, now)
	}
	since := now.Sub(c.Sent)
	if since >= silentAfter {
		return now.Add(2 * time.Minute)
	}
	return now.Add(min(max(since, 500*time.Millisecond), 30*time.Second))
}

func laterEnd(c providers.BookingChange) time.Time {
	if c.Was.End.After(c.Wanted.End) {
		return c.Was.End
	}
	return c.Wanted.End
}

// changeDeclined goes back to what the meeting was, with the reason and with other
// rooms for what was wanted.
func (d *Desk) changeDeclined(ctx context.Context, b *providers.Booking, before providers.Booking, room providers.Attendee, sameTime bool) time.Time {
	c := &b.Change
	now := d.Now()
	if c.Step == providers.StepRevert {
		d.answered(b, roomDeclines, room, now)
		b.RoomResponse = room.Response
		b.Reason, b.ReasonProof = "the room did not take its earlier time back: the meeting stands without a room", providers.Proven
		d.closeChange(b, providers.ChangeUndone, c.Reason, c.ReasonProof)
		d.trySave(ctx, b)
		return now
	}
	if c.Kind == providers.ChangeEnd {
		// The room is free either way; going back would only ask it again.
		d.answered(b, roomDeclines, room, now)
		b.RoomResponse = room.Response
		d.closeChange(b, providers.ChangeDone, "the room answered the shortened meeting with a refusal; it is free", providers.Proven)
		d.trySave(ctx, b)
		return time.Time{}
	}
	wanted := *b
	wanted.Request.Room, wanted.Request.Start, wanted.Request.End = c.Wanted.Room, c.Wanted.Start, c.Wanted.End
	wanted.RoomName, wanted.Sent, wanted.Answered = c.Wanted.RoomName, c.Sent, now
	explaining, cancel := context.WithTimeout(ctx, explainTimeout)
	reason, proof := d.whyDeclined(explaining, providers.Booking{}, wanted)
	d.offer(explaining, &wanted)
	if c.NewRoom() && len(wanted.Alternatives) == 0 {
		// Nothing is like the room that declined; perhaps like the one that it has.
		wanted.Request.Room = c.Was.Room
		d.offer(explaining, &wanted)
		wanted.Alternatives = slices.DeleteFunc(wanted.Alternatives, func(a providers.Alternative) bool { return a.Room == c.Wanted.Room })
	}
	cancel()
	c.Reason, c.ReasonProof = reason, proof
	c.Alternatives = wanted.Alternatives
	d.beginStep(b, providers.StepRevert)
	d.trySave(ctx, b)
	return now
}
