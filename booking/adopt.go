package booking

import (
	"context"
	"slices"

	"roomdesk/providers"
)

// Adopt makes a meeting of the organizer's calendar that was not booked here, or
// one date of a series, into a booking, so that it can be changed and cancelled
// like one. Where there is a booking of it already, that is returned.
func (d *Desk) Adopt(ctx context.Context, organizer providers.Address, eventID string) (providers.Booking, error) {
	return d.adopt(ctx, organizer, eventID, "")
}

// adopt takes over a meeting as the booking of one of its rooms; "" is the first.
func (d *Desk) adopt(ctx context.Context, organizer providers.Address, eventID string, of providers.Address) (providers.Booking, error) {
	const op = "taking over a meeting"
	ctx = providers.WithPriority(ctx, providers.Interactive)
	if organizer == "" {
		organizer = d.Organizer
	}
	all, err := d.Outbox.Bookings(ctx)
	if err != nil {
		return providers.Booking{}, err
	}
	if i := slices.IndexFunc(all, func(b providers.Booking) bool {
		return b.DateOf == "" && b.EventID == eventID && b.Request.Organizer == organizer && (of == "" || b.Request.Room == of)
	}); i >= 0 {
		return all[i], nil
	}
	if id, date, ok := seriesDateOf(all, organizer, eventID); ok {
		if b, err := d.DateBooking(ctx, id, date); err == nil && (of == "" || b.Request.Room == of) {
			return b, nil
		}
	}
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	event, err := d.Tenant.Event(reading, organizer, eventID)
	cancel()
	if err != nil {
		return providers.Booking{}, err
	}
	refuse := func(class providers.Class, why string) (providers.Booking, error) {
		return providers.Booking{}, &providers.Error{Class: class, Op: op, Message: providers.Outside(why)}
	}
	i := slices.IndexFunc(event.Attendees, func(a providers.Attendee) bool {
		return a.Type == providers.Resource && a.Mailbox != "" && (of == "" || a.Mailbox == of)
	})
	switch {
	case event.Cancelled:
		return refuse(providers.Gone, "the meeting is cancelled")
	case !event.IsOrganizer:
		return refuse(providers.NotAllowed, "only its organizer can change it")
	case i < 0 && of != "":
		return refuse(providers.Gone, "the meeting is not in that room any more")
	case i < 0:
		return refuse(providers.Unsupported, "the meeting has no room")
	}
	room := event.Attendees[i]
	b := providers.Booking{
		ID: d.NewID(), State: providers.BookingWaiting, Created: d.Now(), Sent: d.Now(), EventID: event.ID, ICalUID: event.ICalUID,
		RoomName: room.Name, RoomResponse: room.Response, JoinURL: event.JoinURL, Adopted: true, SeriesID: event.SeriesMasterID, ReasonProof: providers.UnknownCause,
		Request: providers.BookingRequest{Room: room.Mailbox, Start: event.Start, End: event.End, Zone: "UTC", Subject: event.Subject, Organizer: organizer},
	}
	if _, err := zoneOf(event.Zone); err == nil && event.Zone != "" {
		b.Request.Zone = event.Zone
	}
	if event.Type == providers.SeriesMaster {
		b.SeriesID = event.ID
	}
	for _, a := range event.Attendees {
		switch {
		case a.Mailbox == "" || a.Mailbox == organizer:
		case a.Type == providers.Optional:
			b.Request.Optional = append(b.Request.Optional, a.Mailbox)
		case a.Type != providers.Resource:
			b.Request.Required = append(b.Request.Required, a.Mailbox)
		}
	}
	switch room.Response {
	case providers.ResponseAccepted:
		d.answered(&b, roomAccepts, room, d.Now())
	case providers.ResponseTentative:
		d.answered(&b, roomHolds, room, d.Now())
	case providers.ResponseDeclined:
		d.answered(&b, roomDeclines, room, d.Now())
	}
	if err := d.save(ctx, &b); err != nil {
		return providers.Booking{}, err
	}
	d.schedule(b.ID, lookAgain(b, d.Now()))
	return b, nil
}
