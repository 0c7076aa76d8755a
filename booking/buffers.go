package booking

import (
	"context"
	"fmt"
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
	if q.Before > 0 {
		add("before", "Prepare: ", providers.Interval{Start: q.Start.Add(-q.Before), End: q.Start})
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

// tend makes the buffers of a meeting that are missing, and takes away those that no
// longer belong to it: it moved, or it was cancelled, declined or never made.
func (d *Desk) tend(ctx context.Context, id string) {
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil || b.Request.Before+b.Request.After <= 0 || b.Change.Open() {
		return // the next look comes here again
	}
	wanted := map[string]bool{}
	switch b.State {
	case providers.BookingCancelling, providers.BookingCancelled, providers.BookingDeclined, providers.BookingFailed:
	default:
		for _, buffer := range buffers(b) {
			wanted[buffer.ID] = true
			_, err := d.Outbox.Booking(ctx, buffer.ID)
			if !providers.Is(err, providers.Gone) || !buffer.Request.End.After(d.Now()) {
				continue
			}
			buffer.TransactionID, buffer.Created = d.NewID(), d.Now()
			d.move(&buffer, stored)
			if d.trySave(ctx, &buffer) {
				d.schedule(buffer.ID, d.Now())
			}
		}
	}
	all, err := d.Outbox.Bookings(ctx)
	if err != nil {
		d.log.Error("the stored bookings cannot be read", "error", err)
		return
	}
	for _, other := range all {
		if other.BufferOf != id || wanted[other.ID] {
			continue
		}
		switch other.State {
		case providers.BookingCancelled, providers.BookingCancelling, providers.BookingFailed:
			continue
		}
		if _, err := d.Cancel(ctx, other.ID, ""); err != nil {
			d.log.Warn("a buffer could not be cancelled", "booking", other.ID, "error", err)
		}
	}
}
