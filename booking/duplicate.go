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
		r := b.Request
		same := strings.EqualFold(strings.TrimSpace(r.Subject.Or("")), strings.TrimSpace(q.Subject.Or("")))
		if r.Organizer != q.Organizer || !span(r).Overlaps(span(q)) || b.BufferOf != "" || r.Room != q.Room && !same {
			continue
		}
		words := "booked already for that time: " + b.RoomName.Or(string(r.Room)) + " " + clock(q, r.Start) + "–" + clock(q, r.End)
		if subject := r.Subject.Or(""); subject != "" {
			words += ", " + subject
		}
		warnings = append(warnings, words+" ("+b.State.Words()+")")
	}
	return warnings
}
