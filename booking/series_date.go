package booking

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"roomdesk/providers"
)

// dateID is the id of the booking under which one date of a series is changed, so
// that there is one for each at most.
func dateID(series string, date int) string { return fmt.Sprintf("%s-date-%d", series, date+1) }

// DateBooking gives one date of a series that was booked here as a booking of its
// own, by which it is changed like a single meeting. Date is the number of its line.
// Class Gone where nothing is booked on that date.
func (d *Desk) DateBooking(ctx context.Context, id string, date int) (providers.Booking, error) {
	const op = "taking a date of a series"
	refuse := func(class providers.Class, why string) (providers.Booking, error) {
		return providers.Booking{}, &providers.Error{Class: class, Op: op, Message: providers.Outside(why)}
	}
	whole, err := d.Outbox.Booking(ctx, id)
	switch {
	case err != nil:
		return providers.Booking{}, err
	case whole.Series == nil:
		return refuse(providers.Permanent, "it is no series that was booked here")
	case date < 0 || date >= len(whole.Series.Dates):
		return refuse(providers.Permanent, "the series has no such date")
	}
	line := whole.Series.Dates[date]
	switch {
	case whole.State == providers.BookingQueued || whole.State == providers.BookingSending || whole.State == providers.BookingUnknown:
		return refuse(providers.Transient, "the series is on its way; wait until it is known to be there")
	case !line.Live() || line.State == providers.BookingCancelling:
		return refuse(providers.Gone, "nothing is booked on that date: it is "+line.State.Words())
	case line.EventID == "":
		return refuse(providers.Transient, "the tenant has not shown this date yet")
	}
	unlock, err := d.lock(ctx, dateID(id, date))
	if err != nil {
		return providers.Booking{}, notLocked(op, err)
	}
	defer unlock()
	b, err := d.Outbox.Booking(ctx, dateID(id, date))
	if err != nil && !providers.Is(err, providers.Gone) {
		return b, err
	}
	if b.Change.Open() || b.Change.Ended.After(whole.Looked) { // it is what the series will find
		return b, nil
	}
	before := b
	if b.ID == "" {
		b = providers.Booking{ID: dateID(id, date), Created: d.Now(), DateOf: id, Date: date}
	}
	takeLine(&b, whole, line)
	if reflect.DeepEqual(before, b) {
		return b, nil
	}
	return b, d.save(ctx, &b)
}

// takeLine brings the booking of a date to what the series knows of it.
func takeLine(b *providers.Booking, whole providers.Booking, line providers.BookingDate) {
	b.Request = dateRequest(whole, line)
	b.Request.Before, b.Request.After = 0, 0 // the series keeps them
	b.RoomName, b.TransactionID, b.EventID = line.RoomName, line.TransactionID, line.EventID
	b.State, b.Sent, b.Answered, b.Reason, b.ReasonProof = line.State, line.Sent, line.Answered, line.Reason, line.ReasonProof
	b.Alternatives, b.JoinURL, b.Looked = line.Alternatives, whole.JoinURL, whole.Looked
	b.SeriesID, b.ICalUID = "", ""
	if line.Meeting >= 0 {
		b.SeriesID, b.ICalUID = whole.Series.Meetings[line.Meeting].EventID, whole.Series.Meetings[line.Meeting].ICalUID
	}
}

// stepDate drives the change of one date. What the date is without one is followed
// by its series.
func (d *Desk) stepDate(ctx context.Context, b *providers.Booking) (next time.Time) {
	if !b.Change.Open() {
		return time.Time{}
	}
	if next = d.drive(ctx, b); !b.Change.Open() {
		d.schedule(b.DateOf, d.Now())
		return time.Time{}
	}
	return next
}

// dateChanges are the latest changes of single dates of a series, by date.
func (d *Desk) dateChanges(ctx context.Context, id string) (map[int]providers.BookingChange, error) {
	all, err := d.Outbox.Bookings(ctx)
	if err != nil {
		return nil, err
	}
	changes := map[int]providers.BookingChange{}
	for _, b := range all {
		if b.DateOf == id && b.Change.Kind != "" {
			changes[b.Date] = b.Change
		}
	}
	return changes, nil
}

// seriesDateOf finds the date of a series booked here that a meeting is.
func seriesDateOf(all []providers.Booking, organizer providers.Address, eventID string) (id string, date int, ok bool) {
	for _, b := range all {
		if b.Series == nil || b.Request.Organizer != organizer {
			continue
		}
		for n, line := range b.Series.Dates {
			if line.EventID == eventID && line.Live() {
				return b.ID, n, true
			}
		}
	}
	return "", 0, false
}
