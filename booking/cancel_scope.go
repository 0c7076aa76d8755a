package booking

import (
	"context"
	"fmt"
	"time"

	"roomdesk/providers"
)

const (
	// seriesAhead is how far the dates of a series are looked for.
	seriesAhead = 3 * 366 * 24 * time.Hour
	// maxCancelDates bounds what is cancelled date by date.
	maxCancelDates = 200
)

// CancelPlan is what a cancellation would do.
type CancelPlan struct {
	Booking providers.Booking
	Scope   providers.CancelScope
	// Dates are the meetings that are cancelled, each with a mail of its own; for
	// the whole series there is one, and one mail.
	Dates    []providers.CancelDate
	Mails    []providers.Notice
	Why      string // why it cannot be done; safe to show
	Class    providers.Class
	NoUndo   string
	Warnings []string
}

const cancelIsFinal = "a cancellation cannot be taken back: everybody is told at once, and a new booking asks the room anew"

// PlanCancel asks the tenant which meetings a cancellation is about and who gets
// mail. Nothing is stored or sent.
func (d *Desk) PlanCancel(ctx context.Context, id string, scope providers.CancelScope) (CancelPlan, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return CancelPlan{Booking: b}, err
	}
	if b.Series != nil {
		return planSeriesCancel(b, -1, scope, d.Now()), nil
	}
	if b.DateOf != "" {
		return d.PlanCancelFrom(ctx, b.DateOf, b.Date, scope)
	}
	return d.planCancel(ctx, b, scope)
}

func (d *Desk) planCancel(ctx context.Context, b providers.Booking, scope providers.CancelScope) (CancelPlan, error) {
	now := d.Now()
	p := CancelPlan{Booking: b, Scope: scope, NoUndo: cancelIsFinal}
	block := func(class providers.Class, format string, args ...any) (CancelPlan, error) {
		p.Class, p.Why = class, fmt.Sprintf(format, args...)
		return p, nil
	}
	own := providers.CancelDate{EventID: b.EventID, Start: b.Request.Start, End: b.Request.End}
	master := b.SeriesID != "" && b.SeriesID == b.EventID
	switch scope {
	case providers.CancelOne:
		if master {
			return block(providers.Permanent, "it is a whole series: say which date")
		}
		p.Dates = []providers.CancelDate{own}
	case providers.CancelAll:
		p.Dates = []providers.CancelDate{own}
		if b.SeriesID != "" {
			p.Dates[0].EventID = b.SeriesID
		}
	case providers.CancelFollowing:
		if b.SeriesID == "" {
			return block(providers.Permanent, "it is no date of a series")
		}
		if master {
			return block(providers.Permanent, "it is a whole series: say from which date on")
		}
		reading, cancel := context.WithTimeout(ctx, readTimeout)
		dates, err := d.Tenant.SeriesDates(reading, b.Request.Organizer, b.SeriesID, providers.Interval{Start: b.Request.Start, End: b.Request.Start.Add(seriesAhead)})
		cancel()
		if err != nil {
			p.Class, p.Why = providers.ClassOf(err), "the dates of the series cannot be read: "+providers.ProblemOf(err, now).What()
			return p, err
		}
		for _, e := range dates {
			if !e.Start.Before(b.Request.Start) {
				p.Dates = append(p.Dates, providers.CancelDate{EventID: e.ID, Start: e.Start, End: e.End})
			}
		}
		switch n := len(p.Dates); {
		case n == 0:
			return block(providers.Gone, "the tenant has no date of the series from then on")
		case n > maxCancelDates:
			return block(providers.Unsupported, "more than %d dates follow: cancel the whole series, or end it in the organizer's calendar", maxCancelDates)
		case p.Dates[n-1].Start.After(b.Request.Start.Add(seriesAhead - 40*24*time.Hour)):
			return block(providers.Unsupported, "the series has no end in sight: cancel the whole series, or end it in the organizer's calendar")
		}
	default:
		return block(providers.Permanent, "there is no such scope")
	}
	switch b.State {
	case providers.BookingCancelled:
		return block(providers.Gone, "it is cancelled already")
	case providers.BookingFailed:
		return block(providers.Permanent, "it was never made: there is nothing to cancel")
	}
	cause := "cancelled"
	if n := len(p.Dates); n > 1 {
		cause = fmt.Sprintf("cancelled on %d dates, a mail for each", n)
	} else if scope == providers.CancelAll && b.SeriesID != "" {
		cause = "the whole series is cancelled"
	}
	p.Mails = append(p.Mails, providers.Notice{Mailbox: b.Request.Room, Room: true, Cause: cause})
	for _, list := range [][]providers.Address{b.Request.Required, b.Request.Optional} {
		for _, a := range list {
			p.Mails = append(p.Mails, providers.Notice{Mailbox: a, Cause: cause})
		}
	}
	return p, nil
}

// CancelScope cancels a booking's date, that and the following ones, or its whole
// series, as [Desk.Cancel] does for one meeting. Following dates are cancelled one
// by one: the series itself stays as it is, because shortening it would bring back
// what was changed on earlier dates and would ask the room about all of them again.
func (d *Desk) CancelScope(ctx context.Context, id string, scope providers.CancelScope, note string) (providers.Booking, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return b, err
	}
	if b.Series != nil {
		return d.CancelFrom(ctx, id, -1, scope, note)
	}
	if b.DateOf != "" {
		return d.CancelFrom(ctx, b.DateOf, b.Date, scope, note)
	}
	if b.SeriesID == "" && (scope == providers.CancelOne || scope == providers.CancelAll) ||
		scope == providers.CancelOne && b.SeriesID != b.EventID || b.State == providers.BookingCancelling && len(b.CancelDates) == 0 {
		return d.Cancel(ctx, id, note)
	}
	if b.State != providers.BookingCancelling && b.State != providers.BookingCancelled {
		p, err := d.planCancel(ctx, b, scope)
		if p.Why != "" {
			return b, &providers.Error{Class: p.Class, Op: "cancelling a booking", Message: providers.Outside(p.Why), Err: err}
		}
		return d.cancel(ctx, id, note, p.Dates)
	}
	return d.Cancel(ctx, id, note)
}

// finishDates cancels the listed meetings one after the other. Each that is done
// is stored, and each is looked at before it is cancelled.
func (d *Desk) finishDates(ctx context.Context, b *providers.Booking, first bool) (time.Time, error) {
	refused, done := 0, 0
	var why error
	for i := range b.CancelDates {
		date := &b.CancelDates[i]
		if !date.Done && date.Refused == "" {
			err := d.cancelDate(ctx, *b, date.EventID)
			switch {
			case err == nil:
				date.Done = true
			case refusesCancel(err):
				date.Refused = providers.ProblemOf(err, d.Now()).What() + because(err)
				why = err
			default:
				return d.cancelLater(ctx, b, err), err
			}
			if err := d.save(ctx, b); err != nil {
				return d.Now().Add(time.Second), err
			}
		}
		if date.Refused != "" {
			refused++
		} else {
			done++
		}
	}
	if done == 0 && first {
		b.CancelDates = nil
		return d.cancelNot(ctx, b, providers.Event{}, why), why
	}
	if !d.move(b, cancelDone) {
		return time.Time{}, nil
	}
	b.Reason, b.ReasonProof, b.NextTry = "", providers.UnknownCause, time.Time{}
	if len(b.CancelDates) > 1 {
		b.Reason, b.ReasonProof = plural(done, "date")+" cancelled", providers.Proven
	}
	if refused > 0 {
		b.Reason, b.ReasonProof = fmt.Sprintf("%d of %s cancelled; the tenant refuses the others", done, plural(len(b.CancelDates), "date")), providers.Proven
	}
	d.forget(b.ID)
	d.Poke(b.Request.Organizer)
	d.Poke(b.Request.Room)
	if err := d.save(ctx, b); err != nil {
		return d.Now().Add(time.Second), err
	}
	return time.Time{}, nil
}

// cancelDate cancels one meeting unless it is gone or cancelled already.
func (d *Desk) cancelDate(ctx context.Context, b providers.Booking, eventID string) error {
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	event, err := d.Tenant.Event(reading, b.Request.Organizer, eventID)
	cancel()
	switch {
	case providers.Is(err, providers.Gone), err == nil && event.Cancelled:
		return nil
	case err != nil:
		return err
	}
	calling, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	if err := d.Tenant.CancelEvent(calling, b.Request.Organizer, eventID, b.CancelNote.Raw()); !providers.Is(err, providers.Gone) {
		return err
	}
	return nil
}
