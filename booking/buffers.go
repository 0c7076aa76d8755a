package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

// longestBuffer bounds what is kept before and after a meeting.
const longestBuffer = 4 * time.Hour

func showAs(q providers.BookingRequest) providers.ShowAs {
	if q.ShowAs == "" {
		return providers.ShowBusy
	}
	return q.ShowAs
}

// around is the span of a request with what is kept before and after it.
func around(q providers.BookingRequest) providers.Interval {
	return providers.Interval{Start: q.Start.Add(-q.Before), End: q.End.Add(q.After)}
}

// beforeFrom is since when a room can still be kept before a meeting that is booked
// at an instant; at its start: not at all.
func beforeFrom(q providers.BookingRequest, booked time.Time) time.Time {
	from := q.Start.Add(-q.Before)
	if booked = booked.Truncate(time.Minute); from.Before(booked) {
		from = booked
	}
	if from.After(q.Start) {
		return q.Start
	}
	return from
}

// beforeWords says what of the time before a meeting is over already; "" where nothing
// of it is.
func beforeWords(q providers.BookingRequest, now time.Time) string {
	switch from := beforeFrom(q, now); {
	case q.Before <= 0 || from.Equal(q.Start.Add(-q.Before)):
		return ""
	case !from.Before(q.Start):
		return "the room is not kept before the meeting: that time is over"
	default:
		return "the room is kept before the meeting only from " + clock(q, from) + " on: the time before that is over"
	}
}

// buffers are the bookings that keep a room before and after a meeting. Their ids
// follow from the meeting's time and room, so that none is made twice.
func buffers(b providers.Booking) []providers.Booking {
	q := b.Request
	var out []providers.Booking
	add := func(which, subject string, s providers.Interval) {
		r := providers.BookingRequest{Room: q.Room, Organizer: q.Organizer, Zone: q.Zone, Start: s.Start, End: s.End,
			Subject: providers.Outside(subject + q.Subject.Or("the meeting")), Private: q.Private, ShowAs: q.ShowAs, EvenIfBusy: q.EvenIfBusy, Offline: q.Offline}
		id := fmt.Sprintf("%s-%s-%s-%d", b.ID, which, q.Room.Local(), s.Start.Unix())
		out = append(out, providers.Booking{ID: id, BufferOf: b.ID, Request: r, RoomName: b.RoomName, State: providers.BookingDraft, ReasonProof: providers.UnknownCause})
	}
	booked := intended(b)
	if b.Change.State == providers.ChangeDone && b.Change.Asked.After(booked) {
		booked = b.Change.Asked
	}
	if from := beforeFrom(q, booked); from.Before(q.Start) {
		add("before", "Prepare: ", providers.Interval{Start: from, End: q.Start})
	}
	if q.After > 0 {
		add("after", "Clear up: ", providers.Interval{Start: q.End, End: q.End.Add(q.After)})
	}
	return out
}

// AwaitBuffers waits until the room has answered to what is kept before and after a
// meeting, and gives that as it stands then.
func (d *Desk) AwaitBuffers(ctx context.Context, id string) ([]providers.Booking, error) {
	all, err := d.Outbox.Bookings(ctx)
	if err != nil {
		return nil, err
	}
	var out []providers.Booking
	for _, b := range all {
		if b.BufferOf != id {
			continue
		}
		if b.State != providers.BookingCancelled {
			if b, err = d.Await(ctx, b.ID); err != nil && b.ID == "" {
				return out, err
			}
		}
		out = append(out, b)
	}
	return out, nil
}

// tend makes the buffers of a meeting that are missing, moves those that are elsewhere
// with it, and takes away those that no longer belong to it: it was cancelled,
// declined or never made.
func (d *Desk) tend(ctx context.Context, id string) {
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil || b.Request.Before+b.Request.After <= 0 || b.Change.Open() {
		return // the next look comes here again
	}
	mine, err := d.buffersOf(ctx, id)
	if err != nil {
		d.log.Error("the stored bookings cannot be read", "error", err)
		return
	}
	kept := map[string]bool{}
	switch b.State {
	case providers.BookingCancelling, providers.BookingCancelled, providers.BookingDeclined, providers.BookingFailed:
	default:
		for _, buffer := range buffers(b) {
			if buffer.Request.End.After(d.Now()) {
				d.tendOne(ctx, buffer, mine, kept)
			}
		}
	}
	for _, other := range mine {
		if kept[other.ID] || !standing(other) {
			continue
		}
		if _, err := d.Cancel(ctx, other.ID, ""); err != nil {
			d.log.Warn("a buffer could not be cancelled", "booking", other.ID, "error", err)
		}
	}
}

// buffersOf are the buffers that were ever made for a meeting.
func (d *Desk) buffersOf(ctx context.Context, id string) ([]providers.Booking, error) {
	all, err := d.Outbox.Bookings(ctx)
	return slices.DeleteFunc(all, func(b providers.Booking) bool { return b.BufferOf != id }), err
}

// standing reports whether a buffer is or may come to be in the tenant.
func standing(b providers.Booking) bool {
	switch b.State {
	case providers.BookingCancelled, providers.BookingCancelling, providers.BookingFailed:
		return false
	}
	return true
}

// sameSide reports whether two buffers are both before, or both after their meeting.
func sameSide(a, b providers.Booking) bool {
	return strings.HasPrefix(a.ID, a.BufferOf+"-before-") == strings.HasPrefix(b.ID, b.BufferOf+"-before-")
}

// tendOne sees to one buffer as it should be: it is there, is moved there, or is made.
func (d *Desk) tendOne(ctx context.Context, buffer providers.Booking, mine []providers.Booking, kept map[string]bool) {
	taken := map[string]bool{}
	for _, other := range mine {
		taken[other.ID] = true
		there := span(other.Request) == span(buffer.Request) && other.Request.Room == buffer.Request.Room
		if standing(other) && sameSide(other, buffer) && (there || other.Change.Open()) {
			kept[other.ID] = true
			return // where it is on its way elsewhere, its end leads here again
		}
	}
	for _, other := range mine {
		if !standing(other) || !sameSide(other, buffer) || kept[other.ID] || WhyNotChange(other, providers.ChangeMove, d.Now()) != "" || other.State == providers.BookingDeclined {
			continue
		}
		q := buffer.Request
		_, err := d.Change(ctx, other.ID, ChangeRequest{Kind: providers.ChangeMove, Start: q.Start, End: q.End, Room: q.Room})
		if err == nil {
			kept[other.ID] = true
			return
		}
		d.log.Info("a buffer is made anew in place of being moved", "booking", other.ID, "error", err)
	}
	for n, id := 2, buffer.ID; taken[buffer.ID]; n++ { // it was there before, and moved or cancelled since
		buffer.ID = fmt.Sprintf("%s-%d", id, n)
	}
	buffer.TransactionID, buffer.Created = d.NewID(), d.Now()
	d.move(&buffer, stored)
	if d.trySave(ctx, &buffer) {
		d.schedule(buffer.ID, d.Now())
	}
}

// withoutOwn leaves a meeting's own buffers out of a room's busy times: they go where
// it goes.
func withoutOwn(room providers.Availability, mine []providers.Booking) providers.Availability {
	room.Blocks = slices.DeleteFunc(slices.Clone(room.Blocks), func(block providers.Block) bool {
		return slices.ContainsFunc(mine, func(b providers.Booking) bool {
			return standing(b) && b.Request.Room == room.Mailbox && block.Start.Equal(b.Request.Start) && block.End.Equal(b.Request.End)
		})
	})
	return room
}

// clearWay moves a meeting's own buffers out of the way of the change that is about to
// be sent: the room would decline it for them. It reports when to look again where
// that is not done yet, and why it cannot be.
func (d *Desk) clearWay(ctx context.Context, b providers.Booking) (next time.Time, why string) {
	c := b.Change
	if b.Request.Before+b.Request.After <= 0 || c.Step != providers.StepApply || c.NewRoom() {
		return time.Time{}, ""
	}
	mine, err := d.buffersOf(ctx, b.ID)
	if err != nil {
		return d.Now().Add(time.Second), ""
	}
	moved := b
	moved.Request.Start, moved.Request.End = c.Wanted.Start, c.Wanted.End
	for _, buffer := range buffers(moved) {
		for _, other := range mine {
			if !standing(other) || !sameSide(other, buffer) || other.State == providers.BookingDeclined {
				continue
			}
			switch {
			case other.Change.Open():
				if next := d.step(ctx, other.ID); !next.IsZero() {
					return next, ""
				}
				return d.Now().Add(100 * time.Millisecond), ""
			case !span(other.Request).Overlaps(c.Wanted.Span()):
				continue
			case other.Change.Asked.After(c.Asked): // it was tried
				return time.Time{}, "the room cannot be kept before or after it: " + other.Change.Reason
			}
			_, err := d.Change(ctx, other.ID, ChangeRequest{Kind: providers.ChangeMove, Start: buffer.Request.Start, End: buffer.Request.End})
			var refused *ChangeRefused
			switch {
			case err == nil:
				return d.Now(), ""
			case errors.As(err, &refused) && !retriable(refused.Plan.Class):
				return time.Time{}, "the room cannot be kept before or after it: " + refused.Plan.Why
			}
			return d.Now().Add(2 * time.Second), ""
		}
	}
	return time.Time{}, ""
}

// retriable reports a class of failures that another try may not meet.
func retriable(class providers.Class) bool {
	switch class {
	case providers.Transient, providers.Throttled, providers.Unreachable, providers.Foreign, providers.Resync, providers.Cancelled, "":
		return true
	}
	return false
}
