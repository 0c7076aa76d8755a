package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// SeriesRefused is why a planned series was not sent. The booking in it is not
// stored; its dates say what stands in the way of which.
type SeriesRefused struct {
	Booking providers.Booking
	Err     *providers.Error
}

// Error is the reason in one line.
func (r *SeriesRefused) Error() string {
	return r.Err.Op + ": " + r.Err.Message.Or(r.Err.Class.Words())
}

// Unwrap gives the classified error.
func (r *SeriesRefused) Unwrap() error { return r.Err }

const bookingSeries = "booking a series"

// BookSeries checks every date of a plan against the tenant once more, stores the
// whole intent, and has it sent in the background by [Desk.Run] or [Desk.Await].
// It returns as soon as the intent is on the disk. Where nothing was stored the
// error is a *SeriesRefused with a line for each date (class Conflict where a room
// is taken), or the failure to store. EvenIfBusy of the request sends although a
// room is taken or its state unknown.
func (d *Desk) BookSeries(ctx context.Context, q providers.SeriesRequest) (providers.Booking, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	b, wrong := d.seriesIntent(q)
	refuse := func(e *providers.Error, cause error) (providers.Booking, error) {
		e.Op, e.Err = bookingSeries, cause
		return providers.Booking{}, &SeriesRefused{Booking: b, Err: e}
	}
	if wrong != nil {
		return refuse(wrong, nil)
	}
	if b.Request.Before+b.Request.After > 0 {
		return refuse(refusal("before", "the dates of a series cannot have time kept before and after them"), nil)
	}
	if b.Request.Offline {
		return refuse(refusal("offline", "a series is planned on what is free now: it cannot be kept for later"), nil)
	}
	calendar := d.calendar(ctx, b.Request.Organizer)
	if calendar.refuses != nil {
		return refuse(calendar.refuses, nil)
	}
	if b.Request.Teams && !calendar.teams && d.Warned != nil {
		d.Warned([]string{"no Teams link: " + calendar.teamsWhy})
	}
	class, why, err := d.checkDates(ctx, &b)
	if ctx.Err() != nil {
		return providers.Booking{}, &providers.Error{Class: providers.Cancelled, Op: bookingSeries, Err: ctx.Err()}
	}
	if why != "" && !q.Request.EvenIfBusy {
		d.offerDates(ctx, &b)
		return refuse(&providers.Error{Class: class, Message: providers.Outside(why)}, err)
	}
	for i := range b.Series.Dates { // who insists has read them
		b.Series.Dates[i].Reason, b.Series.Dates[i].ReasonProof = "", providers.UnknownCause
	}
	d.move(&b, stored)
	d.beginWrite(b.ID)
	if err := d.save(ctx, &b); err != nil {
		d.endWrite(b.ID)
		return providers.Booking{}, err
	}
	d.mu.Lock()
	d.mine[b.ID] = true
	d.mu.Unlock()
	d.schedule(b.ID, d.Now())
	return b, nil
}

// seriesIntent is the booking that a plan makes, with a line for each date.
func (d *Desk) seriesIntent(q providers.SeriesRequest) (providers.Booking, *providers.Error) {
	m, plan := q.Matrix, q.Plan
	b := providers.Booking{ID: d.NewID(), Request: q.Request, State: providers.BookingDraft, Created: d.Now(), ReasonProof: providers.UnknownCause,
		Series: &providers.BookingSeries{Words: m.Words}}
	if err := checkPlan(m, plan); err != nil {
		return b, err
	}
	zone, err := zoneOf(q.Request.Zone)
	if err != nil {
		return b, refusal("zone", "there is no time zone %q", q.Request.Zone)
	}
	if q.Request.Zone == "" {
		zone = time.UTC
	}
	s := b.Series
	for i, step := range plan.Steps {
		part := slices.IndexFunc(plan.Parts, func(p providers.SeriesPart) bool { return i >= p.From && i < p.To })
		line := providers.BookingDate{Wished: m.Dates[i].Span, Span: step.Span, Act: step.Act, Meeting: part, State: providers.BookingQueued, ReasonProof: providers.UnknownCause, Notes: slices.Clone(m.Dates[i].Notes)}
		home := part
		if part < 0 && len(plan.Parts) > 0 { // given up behind the last
			home = len(plan.Parts) - 1
		}
		if home >= 0 {
			wished := m.Rooms[plan.Parts[home].Room]
			line.WishedRoom, line.WishedName = wished.Room.Mailbox, providers.Outside(wished.Room.Title())
			if cell := wished.Cells[i]; cell.State != providers.SeriesFree {
				line.Because = line.WishedName.Or("") + ": " + cell.Words
			}
		}
		switch {
		case step.Act == providers.SeriesSkip || part < 0:
			line.Act, line.State, line.Meeting, line.Span = providers.SeriesSkip, providers.BookingSkipped, -1, providers.Interval{}
		case step.Act == providers.SeriesOther:
			line.Meeting, line.TransactionID = -1, d.NewID()
		}
		if line.State != providers.BookingSkipped {
			line.Room, line.RoomName = m.Rooms[step.Room].Room.Mailbox, providers.Outside(m.Rooms[step.Room].Room.Title())
		}
		s.Dates = append(s.Dates, line)
	}
	rule := m.Recurrence
	rule.Zone = zone.String() // the matrix may name this machine's, which has no name elsewhere
	d.seriesMeetings(s, rule, len(plan.Parts), zone)
	s.PlanWords = planWords(*s)
	first := slices.IndexFunc(s.Dates, providers.BookingDate.Live)
	if first < 0 {
		return b, refusal("plan", "it leaves out every date")
	}
	b.Request.Room, b.Request.Start, b.Request.End = s.Dates[first].Room, s.Dates[first].Span.Start, s.Dates[first].Span.End
	if len(s.Meetings) > 0 {
		b.TransactionID, b.Request.Room = s.Meetings[0].TransactionID, s.Meetings[0].Room
	}
	b.RoomName = providers.Outside(string(b.Request.Room))
	for _, line := range s.Dates {
		if line.Room == b.Request.Room {
			b.RoomName = line.RoomName
		}
	}
	b.Request = d.prepare(b.Request, b.RoomName.Or(string(b.Request.Room)))
	return b, check(b.Request, d.Now())
}

// checkPlan finds a plan that is none for its matrix.
func checkPlan(m providers.SeriesMatrix, plan providers.SeriesPlan) *providers.Error {
	if len(m.Dates) == 0 || len(plan.Steps) != len(m.Dates) || m.Recurrence.Pattern == "" {
		return refusal("plan", "it is not one of this series")
	}
	end := 0
	for _, part := range plan.Parts {
		if part.From < end || part.To <= part.From || part.To > len(m.Dates) || part.Room < 0 || part.Room >= len(m.Rooms) {
			return refusal("plan", "its parts are not parts of this series")
		}
		end = part.To
	}
	for i, step := range plan.Steps {
		switch {
		case step.Act == providers.SeriesSkip:
		case step.Room < 0 || step.Room >= len(m.Rooms) || !step.Span.Start.Before(step.Span.End):
			return refusal("plan", "date %d has no room or no time", i+1)
		}
	}
	return nil
}

// seriesMeetings decides which recurring meetings are made. Only dates that the
// service's pattern puts where they are wished begin one: it has no other times of
// day. A single date needs no series.
func (d *Desk) seriesMeetings(s *providers.BookingSeries, rule providers.Recurrence, parts int, zone *time.Location) {
	usual := usualClock(s.Dates, zone)
	for part := range parts {
		var dates []int
		for i := range s.Dates {
			line := &s.Dates[i]
			if line.Meeting != part {
				continue
			}
			if len(dates) == 0 && clockOf(line.Wished.Start, zone) != usual {
				line.Meeting, line.TransactionID = -1, d.NewID()
				continue
			}
			dates = append(dates, i)
		}
		if len(dates) < 2 {
			for _, i := range dates {
				s.Dates[i].Meeting, s.Dates[i].TransactionID = -1, d.NewID()
			}
			continue
		}
		first, last := s.Dates[dates[0]], s.Dates[dates[len(dates)-1]]
		r := rule
		r.Weekdays = slices.Clone(rule.Weekdays)
		r.Range, r.Count, r.Start, r.End = providers.RangeEndDate, 0, dayOf(first.Wished.Start, zone), dayOf(last.Wished.Start, zone)
		meeting := providers.SeriesMeeting{TransactionID: d.NewID(), Room: first.Room, RoomName: first.RoomName, Recurrence: r, Start: first.Wished.Start, End: first.Wished.End}
		meeting.Quiet = !asThePattern(s.Dates, dates, r, usual, zone)
		for _, i := range dates {
			s.Dates[i].Meeting = len(s.Meetings)
		}
		s.Meetings = append(s.Meetings, meeting)
	}
	if len(s.Meetings) > 1 { // all are made before anybody is invited to one
		for i := range s.Meetings {
			s.Meetings[i].Quiet = true
		}
	}
}

// asThePattern reports whether a pattern, as it is, has exactly these dates at their
// times.
func asThePattern(lines []providers.BookingDate, dates []int, r providers.Recurrence, usual time.Duration, zone *time.Location) bool {
	for n, i := range dates {
		line := lines[i]
		if line.Act != providers.SeriesKeep || clockOf(line.Wished.Start, zone) != usual || twice(line.Wished.Start, zone) || n > 0 && i != dates[n-1]+1 {
			return false
		}
		if r.Pattern == providers.PatternDaily && n > 0 && !dayOf(line.Wished.Start, zone).Equal(dayOf(lines[dates[n-1]].Wished.Start, zone).AddDate(0, 0, r.Interval)) {
			return false
		}
	}
	return r.Pattern != providers.PatternAbsoluteMonthly || r.DayOfMonth <= 28
}

// usualClock is what clocks show when most of the dates begin.
func usualClock(lines []providers.BookingDate, zone *time.Location) time.Duration {
	count := map[time.Duration]int{}
	var usual time.Duration
	for _, line := range lines {
		at := clockOf(line.Wished.Start, zone)
		if count[at]++; count[at] > count[usual] {
			usual = at
		}
	}
	return usual
}

// clockOf is what a clock shows, from midnight.
func clockOf(t time.Time, zone *time.Location) time.Duration {
	t = t.In(zone)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}

// dayOf is the day of an instant in a zone, midnight UTC of it.
func dayOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// twice reports whether clocks show this time twice on its day.
func twice(t time.Time, zone *time.Location) bool {
	for _, by := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		if other := t.Add(by); clockOf(other, zone) == clockOf(t, zone) {
			return true
		}
	}
	return false
}

func planWords(s providers.BookingSeries) string {
	changes, shifts, skips := 0, 0, 0
	for _, line := range s.Dates {
		switch line.Act {
		case providers.SeriesOther:
			changes++
		case providers.SeriesShift:
			shifts++
		case providers.SeriesSkip:
			skips++
		case providers.SeriesKeep:
		}
	}
	words := plural(changes, "room change")
	if shifts > 0 {
		words += ", " + plural(shifts, "shift")
	}
	words += fmt.Sprintf(", %d skipped", skips)
	if len(s.Meetings) > 1 {
		words += ", two series"
	}
	return words
}
