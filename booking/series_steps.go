package booking

import (
	"context"
	"slices"
	"time"

	"roomdesk/providers"
)

// zoneOfSeries is the zone by whose clocks a recurring meeting comes.
func zoneOfSeries(m providers.SeriesMeeting) *time.Location {
	zone, err := zoneOf(m.Recurrence.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// dayOfDate is the day on which the pattern has a date, wherever it is now.
func dayOfDate(e providers.Event, zone *time.Location) time.Time {
	at := e.OriginalStart
	if at.IsZero() {
		at = e.Start
	}
	return dayOf(at, zone)
}

// windowOf is the time of a recurring meeting: all its dates, moved ones too.
func windowOf(b providers.Booking, i int) providers.Interval {
	m := b.Series.Meetings[i]
	window := providers.Interval{Start: m.Start, End: m.End}
	for _, line := range b.Series.Dates {
		if line.Meeting == i || line.Act == providers.SeriesSkip || line.Act == providers.SeriesOther {
			window.End = laterOf(window.End, laterOf(line.Wished.End, line.Span.End))
		}
	}
	return providers.Interval{Start: window.Start.Add(-24 * time.Hour), End: window.End.Add(24 * time.Hour)}
}

// lineOn is the date of a recurring meeting that is wished on a day.
func lineOn(b *providers.Booking, i int, day time.Time, zone *time.Location) *providers.BookingDate {
	for n := range b.Series.Dates {
		if line := &b.Series.Dates[n]; line.Meeting == i && dayOf(line.Wished.Start, zone).Equal(day) {
			return line
		}
	}
	return nil
}

// datesOf reads the dates that the tenant has of a recurring meeting.
func (d *Desk) datesOf(ctx context.Context, b providers.Booking, i int) ([]providers.Event, error) {
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return d.Tenant.SeriesDates(reading, b.Request.Organizer, b.Series.Meetings[i].EventID, windowOf(b, i))
}

// trimSeries brings the dates of a recurring meeting to the plan while nobody is
// invited: dates that are not wished in it are taken out, moved ones are moved.
func (d *Desk) trimSeries(ctx context.Context, b *providers.Booking, i int) (time.Time, bool) {
	m := &b.Series.Meetings[i]
	zone := zoneOfSeries(*m)
	dates, err := d.datesOf(ctx, *b, i)
	if providers.Is(err, providers.Gone) {
		return d.cannotMake(ctx, b, i, "the series was deleted in the organizer's calendar while it was being made")
	}
	if err != nil {
		return d.seriesDoubt(ctx, b, "the dates of the series cannot be read: "+providers.ProblemOf(err, d.Now()).What(), retryAfter(err))
	}
	begun := false
	for _, e := range dates {
		line := lineOn(b, i, dayOfDate(e, zone), zone)
		if line != nil && e.Start.Equal(line.Span.Start) && e.End.Equal(line.Span.End) {
			line.EventID = e.ID
			continue
		}
		if !begun && !d.begin(ctx, b) {
			return d.Now().Add(5 * time.Second), false
		}
		begun = true
		calling, cancel := context.WithTimeout(ctx, createTimeout)
		if line == nil {
			err = d.Tenant.DeleteEvent(calling, b.Request.Organizer, e.ID)
			if providers.Is(err, providers.Gone) {
				err = nil
			}
		} else {
			err = d.moveDate(calling, *b, e, line)
		}
		cancel()
		switch {
		case err == nil:
		case line != nil && providers.Is(err, providers.Permanent):
			// The service does not let a date cross its neighbours' days: then it has
			// a meeting of its own.
			line.Meeting, line.TransactionID = -1, d.NewID()
			return d.stepped(ctx, b)
		case providers.Is(err, providers.Conflict):
			return d.seriesLater(ctx, b, "somebody is at work on the series", 0)
		case providers.Is(err, providers.Throttled):
			return d.seriesLater(ctx, b, providers.Throttled.Words(), retryAfter(err))
		case providers.Is(err, providers.Local):
			return d.seriesLater(ctx, b, refusalWords(b.Request, asClassified(err)), 0)
		case refusesCancel(err):
			return d.cannotMake(ctx, b, i, "its dates cannot be changed: "+refusalWords(b.Request, asClassified(err)))
		default:
			return d.seriesDoubt(ctx, b, "", 0)
		}
	}
	for n := range b.Series.Dates {
		line := &b.Series.Dates[n]
		there := slices.ContainsFunc(dates, func(e providers.Event) bool { return dayOfDate(e, zone).Equal(dayOf(line.Wished.Start, zone)) })
		if line.Meeting == i && !there {
			line.Meeting, line.TransactionID = -1, d.NewID()
		}
	}
	m.Trimmed = true
	return d.stepped(ctx, b)
}

// moveDate puts a date where the plan has it. The date is read again for its
// version: changing another one may have changed that.
func (d *Desk) moveDate(ctx context.Context, b providers.Booking, e providers.Event, line *providers.BookingDate) error {
	now, err := d.Tenant.Event(ctx, b.Request.Organizer, e.ID)
	if err != nil {
		return err
	}
	start, end := line.Span.Start, line.Span.End
	after, err := d.Tenant.ChangeEvent(ctx, b.Request.Organizer, now.ID, now.ETag, providers.EventChange{Start: &start, End: &end, Zone: b.Request.Zone})
	if err == nil {
		line.EventID = after.ID
	}
	return err
}

func asClassified(err error) *providers.Error {
	return &providers.Error{Class: providers.ClassOf(err), Message: providers.ProblemOf(err, time.Time{}).Message}
}

// inviteSeries sends a recurring meeting, whose dates are as planned now, to its
// room and to the people.
func (d *Desk) inviteSeries(ctx context.Context, b *providers.Booking, i int) (time.Time, bool) {
	m := &b.Series.Meetings[i]
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	master, err := d.Tenant.Event(reading, b.Request.Organizer, m.EventID)
	cancel()
	switch {
	case providers.Is(err, providers.Gone), err == nil && master.Cancelled:
		m.EventID = ""
		b.Series.Meetings[i].Gone = true
		return d.cannotMake(ctx, b, i, "the series was deleted in the organizer's calendar while it was being made")
	case err != nil:
		return d.seriesDoubt(ctx, b, "the series cannot be read: "+providers.ProblemOf(err, d.Now()).What(), retryAfter(err))
	}
	if _, there := roomAttendee(providers.Booking{RoomName: m.RoomName, Request: providers.BookingRequest{Room: m.Room}}, master); there {
		d.invited(b, i)
		return d.stepped(ctx, b)
	}
	if !toldAnybody(b.Series) {
		reason, next := d.notNow(ctx, b)
		switch {
		case reason != "":
			return d.cannotMake(ctx, b, i, reason)
		case !next.IsZero():
			return next, false
		}
	}
	if !d.begin(ctx, b) {
		return d.Now().Add(5 * time.Second), false
	}
	location := providers.Outside(m.RoomName.Or(string(m.Room)))
	change := providers.EventChange{Zone: b.Request.Zone, Location: &location, Attendees: everybody(*b, *m)}
	calling, cancel := context.WithTimeout(ctx, createTimeout)
	after, err := d.Tenant.ChangeEvent(calling, b.Request.Organizer, master.ID, master.ETag, change)
	cancel()
	if err == nil {
		if _, there := roomAttendee(providers.Booking{RoomName: m.RoomName, Request: providers.BookingRequest{Room: m.Room}}, after); !there {
			return d.seriesDoubt(ctx, b, "", 0)
		}
		d.invited(b, i)
		return d.stepped(ctx, b)
	}
	d.log.Warn("inviting to a series failed", "booking", b.ID, "error", err)
	if providers.Is(err, providers.Conflict) {
		return d.seriesLater(ctx, b, "somebody is at work on the series", 0)
	}
	// A change carries the version that was read: one that was thought lost and
	// comes late is refused, so that a refusal is one of this try.
	only := 1
	return d.refusedOrLost(ctx, b, err, &only, func(reason string) (time.Time, bool) { return d.cannotMake(ctx, b, i, reason) })
}

// everybody are the attendees of a recurring meeting, its room first.
func everybody(b providers.Booking, m providers.SeriesMeeting) []providers.Attendee {
	all := []providers.Attendee{{Mailbox: m.Room, Text: providers.Outside(string(m.Room)), Name: m.RoomName, Type: providers.Resource}}
	for _, a := range b.Request.Required {
		all = append(all, providers.Attendee{Mailbox: a, Text: providers.Outside(string(a)), Type: providers.Required})
	}
	for _, a := range b.Request.Optional {
		all = append(all, providers.Attendee{Mailbox: a, Text: providers.Outside(string(a)), Type: providers.Optional})
	}
	return all
}

// alone is a date with a meeting of its own, as a booking of that one meeting.
func alone(b providers.Booking, line providers.BookingDate) providers.Booking {
	one := b
	one.Request = dateRequest(b, line)
	one.RoomName, one.TransactionID, one.EventID, one.Tries, one.Series = line.RoomName, line.TransactionID, line.EventID, line.Tries, nil
	return one
}

// createOwn makes the meeting of a date that has one of its own.
func (d *Desk) createOwn(ctx context.Context, b *providers.Booking, n int) (time.Time, bool) {
	line := &b.Series.Dates[n]
	fail := func(reason string) (time.Time, bool) {
		line.State, line.Reason, line.ReasonProof = providers.BookingFailed, reason, providers.Proven
		return d.stepped(ctx, b)
	}
	if line.Tries > 0 {
		event, found, err := d.find(ctx, alone(*b, *line))
		if err != nil {
			return d.seriesDoubt(ctx, b, "not known whether the meeting on "+dateWords(*b, *line)+" was made: "+providers.ProblemOf(err, d.Now()).What(), retryAfter(err))
		}
		if found {
			return d.ownThere(ctx, b, n, event)
		}
		if next, verdict, goOn := d.absence(ctx, b, line.Tries); !goOn {
			if verdict != "" {
				return fail(verdict)
			}
			return next, false
		}
	}
	now := d.Now()
	if now.Sub(b.Created) > staleIntent {
		return fail("not sent within " + providers.Age(staleIntent) + "; book it again if it is still wanted")
	}
	if now.Sub(b.Created) > recheckAfter && !b.Request.EvenIfBusy {
		answers, err := d.liveSpans(ctx, []wanted{{line.Room, line.Span}})
		switch a := answers[0]; {
		case !believed(a):
			return d.seriesLater(ctx, b, "not sent yet: it is not known whether the room on "+dateWords(*b, *line)+" is still free", retryAfter(err))
		case !a.FreeFor(line.Span):
			return fail("not sent: the room has been booked meanwhile, " + takenWords(dateRequest(*b, *line), a))
		}
	}
	line.Tries++
	if !d.begin(ctx, b) {
		line.Tries--
		return d.Now().Add(5 * time.Second), false
	}
	calling, cancel := context.WithTimeout(ctx, createTimeout)
	event, err := d.Tenant.CreateEvent(calling, draft(alone(*b, *line)))
	cancel()
	if err == nil {
		return d.ownThere(ctx, b, n, event)
	}
	d.log.Warn("making a meeting of a series failed", "booking", b.ID, "try", line.Tries, "error", err)
	return d.refusedOrLost(ctx, b, err, &line.Tries, fail)
}

// ownThere notes that the tenant has the meeting of a date.
func (d *Desk) ownThere(ctx context.Context, b *providers.Booking, n int, event providers.Event) (time.Time, bool) {
	line := &b.Series.Dates[n]
	line.EventID, line.State, line.Sent = event.ID, providers.BookingWaiting, d.Now()
	if b.EventID == "" {
		b.EventID, b.ICalUID = event.ID, event.ICalUID
	}
	d.Poke(b.Request.Organizer)
	d.Poke(line.Room)
	return d.stepped(ctx, b)
}
