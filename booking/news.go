package booking

import (
	"context"
	"slices"
	"time"

	"roomdesk/providers"
)

// settling is how long after a change of ours the tenant's copy may still show what
// was before.
const settling = 2 * time.Minute

// notice finds out what others did to a meeting since it was last looked at, and
// takes over where it is now.
func (d *Desk) notice(b *providers.Booking, before providers.Booking, event providers.Event, invited bool, now time.Time) {
	told := func(words string) { b.News = providers.BookingNews{Words: words, At: now} }
	answeredBefore := before.State == providers.BookingAccepted || before.State == providers.BookingTentative
	switch {
	case b.State == providers.BookingDeclined && before.State == providers.BookingAccepted:
		told("the room changed its mind: it had accepted, and declined")
	case b.State == providers.BookingDeclined && before.State == providers.BookingTentative:
		told("the room was not approved: it had held the time, and declined")
	case b.State == providers.BookingAccepted && before.State == providers.BookingDeclined:
		told("the room changed its mind: it had declined, and accepted")
	case b.State == providers.BookingTentative && before.State == providers.BookingAccepted:
		told("the room changed its mind: it had accepted, and only holds the time")
	case !invited && answeredBefore:
		told("the room was taken off the meeting in the organizer's calendar")
	}
	moved := !event.Start.IsZero() && (!event.Start.Equal(b.Request.Start) || !event.End.Equal(b.Request.End))
	if !moved || event.Type == providers.SeriesMaster || b.Change.Open() || now.Sub(b.Change.Ended) < settling || now.Sub(b.Sent) < settling && before.State != providers.BookingAccepted {
		return
	}
	from := clock(b.Request, b.Request.Start) + "–" + clock(b.Request, b.Request.End)
	b.Request.Start, b.Request.End = event.Start, event.End
	words := "somebody moved the meeting in the organizer's calendar: it was " + before.Request.Start.In(zoneOrUTC(b.Request.Zone)).Format("Mon 2 Jan ") + from +
		" and is " + event.Start.In(zoneOrUTC(b.Request.Zone)).Format("Mon 2 Jan ") + clock(b.Request, event.Start) + "–" + clock(b.Request, event.End)
	if b.State == providers.BookingDeclined {
		words += "; the room declined that"
	}
	told(words)
}

func zoneOrUTC(name string) *time.Location {
	if zone, err := zoneOf(name); err == nil {
		return zone
	}
	return time.UTC
}

// Noticed says that the mirror saw changes in these mailboxes: bookings of theirs are
// looked at soon, so that what others did is told.
func (d *Desk) Noticed(ctx context.Context, mailboxes []providers.Address) error {
	if len(mailboxes) == 0 {
		return nil
	}
	all, err := d.Outbox.Bookings(ctx)
	if err != nil {
		return err
	}
	now := d.Now()
	for _, b := range all {
		q := b.Request
		rooms := []providers.Address{q.Room, q.Organizer}
		if b.Series != nil {
			q.End = b.Series.Last()
			for _, line := range b.Series.Dates {
				rooms = append(rooms, line.Room, line.WishedRoom)
			}
		}
		if b.EventID == "" || b.DateOf != "" || !q.End.After(now) || b.Change.Open() || !slices.ContainsFunc(mailboxes, func(m providers.Address) bool { return slices.Contains(rooms, m) }) {
			continue
		}
		// What was looked at a moment ago is what the mirror saw too.
		if now.Sub(b.Looked) < noticeRest {
			continue
		}
		switch b.State {
		case providers.BookingAccepted, providers.BookingTentative, providers.BookingPartly, providers.BookingDeclined:
			d.mu.Lock()
			busy := d.busy[b.ID]
			d.mu.Unlock()
			if !busy {
				d.schedule(b.ID, now)
			}
		}
	}
	return nil
}

// noticeRest is how long a booking that was looked at is left alone.
const noticeRest = 3 * time.Second
