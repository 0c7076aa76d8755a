package booking

import (
	"context"
	"fmt"
	"time"

	"roomdesk/providers"
)

// PlanCancelFrom is [Desk.PlanCancel] for a series that was booked here: date is the
// number of the line that is meant, and of no matter where all are.
func (d *Desk) PlanCancelFrom(ctx context.Context, id string, date int, scope providers.CancelScope) (CancelPlan, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return CancelPlan{Booking: b}, err
	}
	if b.DateOf != "" {
		return d.PlanCancelFrom(ctx, b.DateOf, b.Date, scope)
	}
	if b.Series == nil {
		return d.planCancel(ctx, b, scope)
	}
	b.Series = b.Series.Clone()
	return planSeriesCancel(b, date, scope, d.Now()), nil
}

func planSeriesCancel(b providers.Booking, date int, scope providers.CancelScope, now time.Time) CancelPlan {
	p := CancelPlan{Booking: b, Scope: scope, NoUndo: cancelIsFinal}
	lines, class, why := linesToCancel(b, date, scope, now)
	if why != "" {
		p.Class, p.Why = class, why
		return p
	}
	type mail struct {
		room providers.Address
		n    int
	}
	var mails []mail
	people := 0
	count := func(room providers.Address) {
		people++
		for i := range mails {
			if mails[i].room == room {
				mails[i].n++
				return
			}
		}
		mails = append(mails, mail{room, 1})
	}
	told := map[int]bool{}
	for _, n := range lines {
		line := b.Series.Dates[n]
		p.Dates = append(p.Dates, providers.CancelDate{EventID: line.EventID, Start: line.Span.Start, End: line.Span.End})
		switch whole := line.Meeting >= 0 && wholeMeeting(*b.Series, line.Meeting, lines, scope); {
		case !whole:
			count(line.Room)
		case !told[line.Meeting]:
			told[line.Meeting] = true
			count(line.Room)
		}
	}
	cause := func(n int) string {
		if n == 1 {
			return "cancelled"
		}
		return fmt.Sprintf("cancelled, %d mails", n)
	}
	for _, m := range mails {
		p.Mails = append(p.Mails, providers.Notice{Mailbox: m.room, Room: true, Cause: cause(m.n)})
	}
	for _, list := range [][]providers.Address{b.Request.Required, b.Request.Optional} {
		for _, a := range list {
			p.Mails = append(p.Mails, providers.Notice{Mailbox: a, Cause: cause(people)})
		}
	}
	return p
}

// linesToCancel are the dates that a scope is about.
func linesToCancel(b providers.Booking, date int, scope providers.CancelScope, now time.Time) (lines []int, class providers.Class, why string) {
	s := b.Series
	switch b.State {
	case providers.BookingCancelled:
		return nil, providers.Gone, "it is cancelled already"
	case providers.BookingFailed:
		return nil, providers.Permanent, "it was never made: there is nothing to cancel"
	}
	if scope != providers.CancelAll {
		switch {
		case scope != providers.CancelOne && scope != providers.CancelFollowing:
			return nil, providers.Permanent, "there is no such scope"
		case date < 0 || date >= len(s.Dates):
			return nil, providers.Permanent, "it is a whole series: say which date"
		case b.State == providers.BookingQueued || b.State == providers.BookingSending || b.State == providers.BookingUnknown:
			return nil, providers.Transient, "it is on its way; wait until it is known to be there, or cancel all of it"
		case scope == providers.CancelOne && !s.Dates[date].Live():
			return nil, providers.Gone, "nothing is booked on that date: it is " + s.Dates[date].State.Words()
		}
	}
	for n, line := range s.Dates {
		if !line.Live() {
			continue
		}
		switch scope {
		case providers.CancelOne:
			if n == date {
				lines = append(lines, n)
			}
		case providers.CancelFollowing:
			if n >= date && line.Span.End.After(now) {
				lines = append(lines, n)
			}
		case providers.CancelAll:
			lines = append(lines, n)
		}
	}
	if len(lines) == 0 {
		return nil, providers.Gone, "nothing is booked from that date on"
	}
	return lines, "", ""
}

// wholeMeeting reports whether a recurring meeting is cancelled as one, with one
// mail, because none of its dates stays.
func wholeMeeting(s providers.BookingSeries, meeting int, lines []int, scope providers.CancelScope) bool {
	if scope == providers.CancelAll {
		return true
	}
	going := map[int]bool{}
	for _, n := range lines {
		going[n] = true
	}
	for n, line := range s.Dates {
		if line.Meeting == meeting && line.Live() && !going[n] {
			return false
		}
	}
	return true
}

// CancelFrom cancels one date of a series that was booked here, that and the
// following ones, or all, as [Desk.Cancel] does for one meeting. The other dates
// stay booked. For any other booking it is [Desk.CancelScope].
func (d *Desk) CancelFrom(ctx context.Context, id string, date int, scope providers.CancelScope, note string) (providers.Booking, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	unlock, err := d.lock(ctx, id)
	if err != nil {
		return providers.Booking{}, notLocked("cancelling a booking", err)
	}
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil || b.Series == nil {
		unlock()
		if err != nil {
			return b, err
		}
		return d.CancelScope(ctx, id, scope, note)
	}
	defer unlock()
	return d.cancelSeries(ctx, b, date, scope, note)
}

// cancelSeries is CancelFrom with the booking's lock.
func (d *Desk) cancelSeries(ctx context.Context, b providers.Booking, date int, scope providers.CancelScope, note string) (providers.Booking, error) {
	before := b
	b.Series = b.Series.Clone()
	s := b.Series
	if b.State == providers.BookingCancelled {
		return b, nil
	}
	again := b.State == providers.BookingCancelling && (scope == s.CancelScope || s.CancelScope == providers.CancelAll)
	if !again {
		lines, class, why := linesToCancel(b, date, scope, d.Now())
		if why != "" {
			return before, &providers.Error{Class: class, Op: "cancelling a booking", Message: providers.Outside(why)}
		}
		s.CancelScope = scope
		sent := b.Tries > 0
		for _, n := range lines {
			s.Dates[n].State, s.Dates[n].Reason, s.Dates[n].Alternatives = providers.BookingCancelling, "", nil
			if !sent {
				s.Dates[n].State = providers.BookingCancelled
			}
		}
		b.State = providers.BookingCancelling
		if !sent {
			b.State = providers.BookingCancelled
		}
	}
	d.beginWrite(b.ID)
	defer d.endWrite(b.ID)
	if note != "" || !again {
		b.CancelNote = providers.Outside(note)
	}
	b.Reason, b.ReasonProof, b.Alternatives, b.NextTry = "", providers.UnknownCause, nil, time.Time{}
	if err := d.save(ctx, &b); err != nil {
		return before, err
	}
	d.forget(b.ID)
	if b.State == providers.BookingCancelled {
		d.schedule(b.ID, time.Time{})
		return b, nil
	}
	next, err := d.finishSeriesCancel(ctx, &b)
	d.schedule(b.ID, next)
	return b, err
}

// finishSeriesCancel cancels what is being cancelled, each meeting after a look at
// it, and goes back to the dates that stay.
func (d *Desk) finishSeriesCancel(ctx context.Context, b *providers.Booking) (time.Time, error) {
	s := b.Series
	all := s.CancelScope == providers.CancelAll
	var refused error
	for i := range s.Meetings {
		m := &s.Meetings[i]
		if m.Gone || !all && !onlyGoing(*s, i) || m.EventID == "" && m.Tries == 0 {
			continue
		}
		err := d.cancelMeeting(ctx, b, m)
		switch {
		case err == nil:
			m.Gone = true
			d.lineDone(s, func(n int) bool { return s.Dates[n].Meeting == i }, providers.BookingCancelled, "")
		case refusesCancel(err):
			refused = err
			d.lineDone(s, func(n int) bool { return s.Dates[n].Meeting == i }, providers.BookingWaiting, "not cancelled: "+providers.ProblemOf(err, d.Now()).What()+because(err))
		default:
			return d.cancelLater(ctx, b, err), err
		}
		if err := d.save(ctx, b); err != nil {
			return d.Now().Add(time.Second), err
		}
	}
	for n := range s.Dates {
		line := &s.Dates[n]
		if line.State != providers.BookingCancelling {
			continue
		}
		err := d.cancelLine(ctx, b, line)
		switch {
		case err == nil:
			line.State, line.Reason, line.ReasonProof = providers.BookingCancelled, "", providers.UnknownCause
		case refusesCancel(err):
			refused = err
			line.State, line.Reason, line.ReasonProof = providers.BookingWaiting, "not cancelled: "+providers.ProblemOf(err, d.Now()).What()+because(err), providers.Proven
		default:
			return d.cancelLater(ctx, b, err), err
		}
		if err := d.save(ctx, b); err != nil {
			return d.Now().Add(time.Second), err
		}
	}
	d.forget(b.ID)
	d.Poke(b.Request.Organizer)
	d.Poke(b.Request.Room)
	b.State, b.Reason, b.ReasonProof, b.NextTry = seriesState(*s), "", providers.UnknownCause, time.Time{}
	if n := s.Count(providers.BookingCancelled); n > 0 {
		b.Reason, b.ReasonProof = s.Tally(), providers.Proven
	}
	if err := d.save(ctx, b); err != nil {
		return d.Now().Add(time.Second), err
	}
	if b.State == providers.BookingCancelled {
		return time.Time{}, refused
	}
	return d.lookSeries(ctx, b), refused
}

// lineDone sets the state of the dates that are being cancelled.
func (d *Desk) lineDone(s *providers.BookingSeries, which func(n int) bool, state providers.BookingState, reason string) {
	for n := range s.Dates {
		line := &s.Dates[n]
		if line.State == providers.BookingCancelling && which(n) {
			line.State, line.Reason, line.ReasonProof = state, reason, providers.UnknownCause
			if reason != "" {
				line.ReasonProof = providers.Proven
			}
		}
	}
}

// onlyGoing reports whether a recurring meeting has dates that are being cancelled,
// and none that stays.
func onlyGoing(s providers.BookingSeries, meeting int) bool {
	going := false
	for _, line := range s.Dates {
		if line.Meeting != meeting || !line.Live() {
			continue
		}
		if line.State != providers.BookingCancelling {
			return false
		}
		going = true
	}
	return going
}

// cancelMeeting cancels a recurring meeting as a whole unless it is gone. One that
// may be on its way is waited for, by the same rule as before it is sent again.
func (d *Desk) cancelMeeting(ctx context.Context, b *providers.Booking, m *providers.SeriesMeeting) error {
	if m.EventID == "" {
		reading, cancel := context.WithTimeout(ctx, readTimeout)
		event, found, err := d.Tenant.FindSeries(reading, b.Request.Organizer, m.TransactionID, m.Start)
		cancel()
		if err != nil {
			return err
		}
		if !found {
			return d.stillAbsent(b.ID)
		}
		m.EventID = event.ID
		if !m.Quiet {
			m.Invited = true
		}
	}
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	event, err := d.Tenant.Event(reading, b.Request.Organizer, m.EventID)
	cancel()
	switch {
	case providers.Is(err, providers.Gone), err == nil && event.Cancelled:
		return nil
	case err != nil:
		return err
	}
	calling, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	if len(event.Attendees) > 0 {
		err = d.Tenant.CancelEvent(calling, b.Request.Organizer, m.EventID, b.CancelNote.Raw())
	} else { // nobody has heard of it
		err = d.Tenant.DeleteEvent(calling, b.Request.Organizer, m.EventID)
	}
	if providers.Is(err, providers.Gone) {
		return nil
	}
	return err
}

// stillAbsent waits until what is not there has certainly not been made.
func (d *Desk) stillAbsent(id string) error {
	now := d.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	since, seen := d.absent[id]
	if !seen {
		since = now
		d.absent[id] = now
	}
	if now.Sub(since) < 2*absentFor {
		return &providers.Error{Class: providers.Transient, Op: "cancelling a booking", RetryAfter: time.Second, Message: providers.Outside("it may still be on its way")}
	}
	delete(d.absent, id)
	return nil
}

// cancelLine cancels one date: its own meeting, or its place in the series.
func (d *Desk) cancelLine(ctx context.Context, b *providers.Booking, line *providers.BookingDate) error {
	if line.Own() && line.EventID == "" {
		if line.Tries == 0 {
			return nil
		}
		event, found, err := d.find(ctx, alone(*b, *line))
		switch {
		case err != nil:
			return err
		case !found:
			return d.stillAbsent(b.ID)
		}
		line.EventID = event.ID
	}
	if line.EventID == "" { // a date of a series that was never looked at
		zone := zoneOfSeries(b.Series.Meetings[line.Meeting])
		dates, err := d.datesOf(ctx, *b, line.Meeting)
		if providers.Is(err, providers.Gone) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range dates {
			if dayOfDate(e, zone).Equal(dayOf(line.Wished.Start, zone)) {
				line.EventID = e.ID
			}
		}
		if line.EventID == "" {
			return nil
		}
	}
	return d.cancelDate(ctx, *b, line.EventID)
}
