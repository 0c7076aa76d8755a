package booking

import (
	"context"
	"reflect"
	"strings"
	"time"

	"roomdesk/providers"
)

// arrived notes that the tenant has the meeting.
func (d *Desk) arrived(ctx context.Context, b *providers.Booking, event providers.Event) time.Time {
	if !d.move(b, inTenant) {
		return time.Time{}
	}
	d.forget(b.ID)
	b.Sent, b.NextTry, b.Reason, b.ReasonProof, b.Failure = d.Now(), time.Time{}, "", providers.UnknownCause, ""
	b.EventID, b.ICalUID = event.ID, event.ICalUID
	if !d.trySave(ctx, b) {
		// The stored state still leads here: the meeting is found by its
		// transaction id.
		return d.Now().Add(time.Second)
	}
	d.Poke(b.Request.Organizer)
	d.Poke(b.Request.Room)
	return d.take(ctx, b, event)
}

// look reads the meeting again and takes what it says.
func (d *Desk) look(ctx context.Context, b *providers.Booking) time.Time {
	before := *b
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	event, err := d.Tenant.Event(reading, b.Request.Organizer, b.EventID)
	cancel()
	if providers.Is(err, providers.Gone) {
		// One look by one id proves nothing: it is searched for as well.
		var found bool
		if event, found, err = d.find(ctx, *b); err == nil && !found {
			return d.missing(ctx, b)
		}
	}
	now := d.Now()
	if err != nil {
		n := d.countLook(b.ID)
		d.log.Warn("reading a meeting failed", "booking", b.ID, "error", err)
		if n >= 3 && b.State == providers.BookingWaiting {
			b.Reason, b.ReasonProof = "the room's answer cannot be read: "+providers.ProblemOf(err, now).What(), providers.Proven
			d.saveChange(ctx, before, b)
		}
		if !now.Before(b.Request.End) {
			return time.Time{}
		}
		return now.Add(max(retryAfter(err), backOff(n, 2*time.Second, 5*time.Minute)))
	}
	d.mu.Lock()
	delete(d.absent, b.ID)
	delete(d.looks, b.ID)
	d.mu.Unlock()
	return d.take(ctx, b, event)
}

// missing decides what it means that the tenant does not have a meeting that it
// had: after a while, that somebody deleted it.
func (d *Desk) missing(ctx context.Context, b *providers.Booking) time.Time {
	now := d.Now()
	d.mu.Lock()
	since, seen := d.absent[b.ID]
	if !seen {
		since = now
		d.absent[b.ID] = now
	}
	d.mu.Unlock()
	if now.Sub(since) < 2*absentFor {
		return now.Add(absentFor)
	}
	d.vanish(ctx, b, "the meeting was deleted in the organizer's calendar")
	return time.Time{}
}

func (d *Desk) vanish(ctx context.Context, b *providers.Booking, reason string) {
	if !d.move(b, vanished) {
		return
	}
	b.Reason, b.ReasonProof, b.Alternatives, b.NextTry = reason, providers.Proven, nil, time.Time{}
	b.News, b.Looked = providers.BookingNews{Words: reason, At: d.Now()}, d.Now()
	if b.Change.Open() {
		b.Change.Failure = providers.Gone
		d.closeChange(b, providers.ChangeFailed, reason, providers.Proven)
	}
	d.forget(b.ID)
	d.trySave(ctx, b)
}

// take reads everything that matters from the tenant's copy of the meeting: the
// room's answer and the Teams link.
func (d *Desk) take(ctx context.Context, b *providers.Booking, event providers.Event) time.Time {
	before := *b
	if event.Cancelled {
		d.vanish(ctx, b, "the meeting was cancelled in the organizer's calendar")
		return time.Time{}
	}
	if event.ID != "" {
		b.EventID = event.ID
	}
	if event.ICalUID != "" {
		b.ICalUID = event.ICalUID
	}
	now := d.Now()
	room, invited := roomAttendee(*b, event)
	b.RoomResponse = room.Response
	var link string
	b.Reason, link = splitReason(b.Reason)
	switch {
	case invited && room.Response == providers.ResponseAccepted:
		d.answered(b, roomAccepts, room, now)
		b.Reason, b.Alternatives = "", nil
	case invited && room.Response == providers.ResponseTentative:
		d.answered(b, roomHolds, room, now)
		b.Reason, b.ReasonProof, b.Alternatives = "the room holds the time; somebody must approve", providers.Inferred, nil
	case invited && room.Response == providers.ResponseDeclined:
		d.answered(b, roomDeclines, room, now)
		if before.State != providers.BookingDeclined || b.Reason == "" {
			explaining, cancel := context.WithTimeout(ctx, explainTimeout)
			b.Reason, b.ReasonProof = d.whyDeclined(explaining, before, *b)
			d.offer(explaining, b)
			cancel()
		}
	default:
		d.move(b, roomSilent)
		b.Answered, b.RoomResponse = time.Time{}, providers.ResponsePending
		b.Reason, b.ReasonProof = silence(*b, before, invited, now)
		switch {
		case !Silent(*b, now):
			b.Alternatives = nil
		case b.Alternatives == nil:
			offering, cancel := context.WithTimeout(ctx, explainTimeout)
			d.offer(offering, b)
			cancel()
		}
	}
	d.notice(b, before, event, invited, now)
	b.Looked = now
	d.takeLink(ctx, b, event, link, now)
	d.saveChange(ctx, before, b)
	next := lookAgain(*b, now)
	if next.IsZero() {
		d.forget(b.ID)
	}
	return next
}

// answered notes an answer of the room and when it came.
func (d *Desk) answered(b *providers.Booking, h happening, room providers.Attendee, now time.Time) {
	was := b.State
	d.move(b, h)
	if was == b.State {
		return
	}
	b.Answered, b.Reason, b.ReasonProof = now, "", providers.UnknownCause
	if at := room.ResponseAt; !at.IsZero() && at.After(b.Created) && at.Before(now) {
		b.Answered = at
	}
}

// silence says why nothing can be said of the room's answer.
func silence(b, before providers.Booking, invited bool, now time.Time) (string, providers.Proof) {
	switch {
	case !invited:
		return "the room is not among the meeting's attendees, as the tenant shows them", providers.Proven
	case before.State == providers.BookingAccepted || before.State == providers.BookingTentative || before.State == providers.BookingDeclined:
		return "the room is asked again; somebody may have changed the meeting", providers.Inferred
	case !now.Before(b.Request.End):
		return "the room never answered, and the meeting is over", providers.Proven
	case !b.Sent.IsZero() && now.Sub(b.Sent) >= silentAfter:
		return "no answer for " + providers.Age(silentAfter) + ": the room may not answer by itself; keep waiting, take another room, or cancel", providers.Inferred
	}
	return "", providers.UnknownCause
}

// roomAttendee finds the booked room among the attendees. The service sometimes
// gives a legacy distinguished name for its address: then a resource counts that
// carries the room's name, or whose distinguished name ends in its alias. No
// other attendee's answer is ever taken for the room's.
func roomAttendee(b providers.Booking, event providers.Event) (providers.Attendee, bool) {
	if a, ok := event.Attendee(b.Request.Room); ok {
		return a, true
	}
	name, alias := strings.TrimSpace(b.RoomName.Raw()), b.Request.Room.Local()
	var found []providers.Attendee
	for _, a := range event.Attendees {
		if a.Mailbox != "" || a.Type != providers.Resource {
			continue
		}
		text := strings.ToLower(a.Text.Raw())
		if called := strings.TrimSpace(a.Name.Raw()); called != "" && name != "" && strings.EqualFold(called, name) ||
			strings.HasSuffix(text, "cn="+alias) || strings.HasSuffix(text, "-"+alias) {
			found = append(found, a)
		}
	}
	if len(found) != 1 { // two of that name: it is not known which is ours
		return providers.Attendee{}, false
	}
	return found[0], true
}

// lookedGap is how much newer the last look must be to be worth a write by itself.
const lookedGap = 20 * time.Second

// saveChange stores the booking where something that matters changed.
func (d *Desk) saveChange(ctx context.Context, before providers.Booking, b *providers.Booking) {
	after := *b
	before.Updated, after.Updated = time.Time{}, time.Time{}
	before.NextTry, after.NextTry = time.Time{}, time.Time{}
	if after.Looked.Sub(before.Looked) < lookedGap {
		before.Looked, after.Looked = time.Time{}, time.Time{}
	}
	if !reflect.DeepEqual(before, after) {
		d.trySave(ctx, b)
	}
}
