package booking

import (
	"context"
	"strings"

	"roomdesk/providers"
)

// duplicates warns of meetings that were booked here for the same organizer at that
// time: most likely the same wish, sent twice.
func (d *Desk) duplicates(ctx context.Context, q providers.BookingRequest) []string {
	all, err := d.Outbox.Bookings(ctx)
	if err != nil {
		return []string{"not known whether this is booked already: " + providers.ProblemOf(err, d.Now()).What()}
	}
	var warnings []string
	for _, b := range all {
		switch b.State {
		case providers.BookingCancelled, providers.BookingCancelling, providers.BookingFailed, providers.BookingDeclined:
			continue
		}
		if b.BufferOf != "" || b.DateOf != "" || b.Request.Organizer != q.Organizer {
			continue
		}
		same := strings.EqualFold(strings.TrimSpace(b.Request.Subject.Or("")), strings.TrimSpace(q.Subject.Or("")))
		for _, at := range slotsOf(b) {
			if !at.Span().Overlaps(span(q)) || at.Room != q.Room && !same {
				continue
			}
			words := "booked already for that time: " + at.RoomName.Or(string(at.Room)) + " " + clock(q, at.Start) + "–" + clock(q, at.End)
			if subject := b.Request.Subject.Or(""); subject != "" {
				words += ", " + subject
			}
			warnings = append(warnings, words+" ("+b.State.Words()+")")
		}
	}
	return warnings
}

// slotsOf are the room and time of a booking, of a series those of each date.
func slotsOf(b providers.Booking) []providers.Slot {
	if b.Series == nil {
		return []providers.Slot{{Room: b.Request.Room, RoomName: b.RoomName, Start: b.Request.Start, End: b.Request.End}}
	}
	var all []providers.Slot
	for _, line := range b.Series.Dates {
		if line.Live() {
			all = append(all, providers.Slot{Room: line.Room, RoomName: line.RoomName, Start: line.Span.Start, End: line.Span.End})
		}
	}
	return all
}
