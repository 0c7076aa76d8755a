package booking

import (
	"context"
	"slices"
	"strconv"
	"time"

	"roomdesk/providers"
)

// stepSeries does the next thing for a booked series.
func (d *Desk) stepSeries(ctx context.Context, b *providers.Booking) time.Time {
	b.Series = b.Series.Clone() // the outbox may hand out what it keeps
	switch b.State {
	case providers.BookingQueued, providers.BookingSending, providers.BookingUnknown:
		return d.makeSeries(ctx, b)
	case providers.BookingCancelling:
		next, _ := d.finishSeriesCancel(ctx, b) // kept in the booking's reason
		return next
	case providers.BookingWaiting, providers.BookingTentative, providers.BookingAccepted, providers.BookingPartly, providers.BookingDeclined:
		return d.lookSeries(ctx, b)
	}
	return time.Time{}
}

// nextDate is when the next date begins that is or was wished, and when the last
// ends.
func nextDate(b providers.Booking, now time.Time) (start, end time.Time) {
	end = b.Series.Last()
	start = end
	for _, line := range b.Series.Dates {
		at := line.Span.Start
		if at.IsZero() {
			at = line.Wished.Start
		}
		if at.After(now) && at.Before(start) {
			start = at
		}
	}
	return start, end
}

// seriesState is the state of a series whose parts were all sent: that of its dates
// taken together. Accepted needs every date that was planned.
func seriesState(s providers.BookingSeries) providers.BookingState {
	live, failed := 0, s.Count(providers.BookingFailed)
	for _, line := range s.Dates {
		if line.Live() {
			live++
		}
	}
	accepted, held, declined := s.Count(providers.BookingAccepted), s.Count(providers.BookingTentative), s.Count(providers.BookingDeclined)
	switch {
	case s.Count(providers.BookingCancelling) > 0:
		return providers.BookingCancelling
	case live == 0 && failed > 0 && s.Count(providers.BookingCancelled) == 0:
		return providers.BookingFailed
	case live == 0:
		return providers.BookingCancelled
	case accepted+held+declined < live:
		return providers.BookingWaiting
	case accepted == live && failed == 0:
		return providers.BookingAccepted
	case declined == live:
		return providers.BookingDeclined
	case declined > 0 || failed > 0:
		return providers.BookingPartly
	}
	return providers.BookingTentative
}

// lookSeries reads every date of a series again and takes the rooms' answers.
func (d *Desk) lookSeries(ctx context.Context, b *providers.Booking) time.Time {
	before := *b
	before.Series = b.Series.Clone()
	now := d.Now()
	changes, err := d.dateChanges(ctx, b.ID)
	if err != nil {
		return d.unread(ctx, before, b, err)
	}
	for n := range b.Series.Dates {
		b.Series.Dates[n].Change = changes[n]
	}
	var sample providers.Event // for the Teams link
	for i := range b.Series.Meetings {
		if m := b.Series.Meetings[i]; m.Gone || m.EventID == "" {
			continue
		}
		dates, err := d.datesOf(ctx, *b, i)
		gone := providers.Is(err, providers.Gone)
		if err != nil && !gone {
			return d.unread(ctx, before, b, err)
		}
		zone := zoneOfSeries(b.Series.Meetings[i])
		for n := range b.Series.Dates {
			line := &b.Series.Dates[n]
			if line.Meeting != i || !line.Live() {
				continue
			}
			at := slices.IndexFunc(dates, func(e providers.Event) bool { return dayOfDate(e, zone).Equal(dayOf(line.Wished.Start, zone)) })
			if at < 0 || dates[at].Cancelled {
				d.dateMissing(b, n)
				continue
			}
			sample = dates[at]
			d.takeDate(b, n, dates[at])
		}
	}
	for n := range b.Series.Dates {
		line := &b.Series.Dates[n]
		if !line.Own() || !line.Live() || line.EventID == "" {
			continue
		}
		one := alone(*b, *line)
		event, err := d.readMeeting(ctx, one)
		switch {
		case providers.Is(err, providers.Gone), err == nil && event.Cancelled:
			d.dateMissing(b, n)
		case err != nil:
			return d.unread(ctx, before, b, err)
		default:
			if sample.ID == "" {
				sample = event
			}
			d.takeDate(b, n, event)
		}
	}
	d.mu.Lock()
	delete(d.looks, b.ID)
	d.mu.Unlock()
	d.explainDates(ctx, before, b)
	d.watchDates(ctx, b)
	d.sumUp(ctx, b, sample)
	b.Looked = now
	tellDates(b, *before.Series, now)
	d.saveChange(ctx, before, b)
	next := lookAgain(*b, now)
	if soon, waits := d.missingSoon(b); waits && (next.IsZero() || soon.Before(next)) {
		next = soon
	}
	return next
}

// unread keeps what is known where the tenant cannot be read.
func (d *Desk) unread(ctx context.Context, before providers.Booking, b *providers.Booking, err error) time.Time {
	now := d.Now()
	n := d.countLook(b.ID)
	*b = before // half a look is none
	d.log.Warn("reading a series failed", "booking", b.ID, "error", err)
	if n >= 3 && b.State == providers.BookingWaiting {
		b.Reason, b.ReasonProof = "the rooms' answers cannot be read: "+providers.ProblemOf(err, now).What(), providers.Proven
		d.trySave(ctx, b)
	}
	if !now.Before(b.Series.Last()) {
		return time.Time{}
	}
	return now.Add(max(retryAfter(err), backOff(n, 2*time.Second, 5*time.Minute)))
}

func missingKey(b *providers.Booking, n int) string { return b.ID + " date " + strconv.Itoa(n) }

// dateMissing decides what it means that the tenant does not have a date that it
// had: after a while, that somebody cancelled it.
func (d *Desk) dateMissing(b *providers.Booking, n int) {
	now, key := d.Now(), missingKey(b, n)
	d.mu.Lock()
	since, seen := d.absent[key]
	if !seen {
		since = now
		d.absent[key] = now
	}
	if now.Sub(since) >= 2*absentFor {
		delete(d.absent, key)
	}
	d.mu.Unlock()
	if now.Sub(since) < 2*absentFor {
		return
	}
	line := &b.Series.Dates[n]
	line.State, line.Reason, line.ReasonProof, line.Alternatives = providers.BookingCancelled, "this date was cancelled in the organizer's calendar", providers.Proven, nil
}

// missingSoon is when dates that were not seen are looked for again.
func (d *Desk) missingSoon(b *providers.Booking) (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := range b.Series.Dates {
		if _, missing := d.absent[missingKey(b, n)]; missing {
			return d.Now().Add(absentFor), true
		}
	}
	return time.Time{}, false
}

// takeDate reads a room's answer for one date.
func (d *Desk) takeDate(b *providers.Booking, n int, event providers.Event) {
	line := &b.Series.Dates[n]
	now := d.Now()
	d.mu.Lock()
	delete(d.absent, missingKey(b, n))
	d.mu.Unlock()
	line.EventID = event.ID
	if !event.Start.Equal(line.Span.Start) || !event.End.Equal(line.Span.End) {
		line.Span = providers.Interval{Start: event.Start, End: event.End}
		if line.Because = "the date was moved in the organizer's calendar"; line.ChangedHere() {
			line.Because = "the date was changed from here"
		}
	}
	room, invited := roomAttendee(providers.Booking{RoomName: line.RoomName, Request: providers.BookingRequest{Room: line.Room}}, event)
	if !invited {
		// Another room may have been put in its place; its answer is then the date's.
		if i := slices.IndexFunc(event.Attendees, func(a providers.Attendee) bool { return a.Type == providers.Resource && a.Mailbox != "" }); i >= 0 {
			room, invited = event.Attendees[i], true
			line.Room, line.RoomName, line.Because = room.Mailbox, room.Name, "the room was changed in the organizer's calendar"
			if line.ChangedHere() {
				line.RoomName, line.Because = line.Change.Wanted.RoomName, "the room was changed from here"
				if line.Room != line.Change.Wanted.Room {
					line.RoomName = line.Change.Was.RoomName
				}
			}
		}
	}
	was := line.State
	switch {
	case invited && room.Response == providers.ResponseAccepted:
		line.State, line.Reason, line.ReasonProof, line.Alternatives = providers.BookingAccepted, "", providers.UnknownCause, nil
	case invited && room.Response == providers.ResponseTentative:
		line.State, line.Reason, line.ReasonProof, line.Alternatives = providers.BookingTentative, "the room holds the time; somebody must approve", providers.Inferred, nil
	case invited && room.Response == providers.ResponseDeclined:
		line.State = providers.BookingDeclined
		if was != providers.BookingDeclined {
			line.Reason, line.ReasonProof = "", providers.UnknownCause // explained below
		}
	default:
		line.State, line.Answered, line.Alternatives = providers.BookingWaiting, time.Time{}, nil
		line.Reason, line.ReasonProof = silence(providers.Booking{Request: dateRequest(*b, *line), Sent: line.Sent}, providers.Booking{State: was}, invited, now)
	}
	if line.State != was && line.State != providers.BookingWaiting {
		line.Answered = now
		if at := room.ResponseAt; !at.IsZero() && at.After(b.Created) && at.Before(now) {
			line.Answered = at
		}
	}
}

// sumUp makes the booking's own state out of those of its dates.
func (d *Desk) sumUp(ctx context.Context, b *providers.Booking, sample providers.Event) {
	s := b.Series
	now := d.Now()
	_, link := splitReason(b.Reason)
	was := b.State
	b.State, b.Reason, b.ReasonProof = seriesState(*s), "", providers.UnknownCause
	if b.State != was && b.State != providers.BookingWaiting {
		b.Answered = now
	}
	if b.State == providers.BookingWaiting {
		b.Answered = time.Time{}
	}
	b.RoomResponse = map[providers.BookingState]providers.Response{providers.BookingAccepted: providers.ResponseAccepted, providers.BookingTentative: providers.ResponseTentative,
		providers.BookingDeclined: providers.ResponseDeclined}[b.State]
	if b.State == providers.BookingAccepted {
		b.Alternatives = nil
	} else if b.State != providers.BookingWaiting || s.Count(providers.BookingWaiting) < len(s.Dates) {
		for _, line := range s.Dates {
			weighty := line.State == providers.BookingDeclined || line.State == providers.BookingFailed || line.State == providers.BookingTentative || line.State == providers.BookingWaiting
			if weighty && line.Reason != "" {
				b.Reason, b.ReasonProof = s.Tally()+"; "+dateWords(*b, line)+": "+line.Reason, line.ReasonProof
				break
			}
		}
		if b.Reason == "" && b.State != providers.BookingWaiting {
			b.Reason, b.ReasonProof = s.Tally(), providers.Proven
		}
	}
	if sample.ID != "" {
		d.takeLink(ctx, b, sample, link, now)
	}
}

// tellDates tells what happened to the dates since they were last looked at: what
// others did, and what can be had after all. The weightiest is told.
func tellDates(b *providers.Booking, before providers.BookingSeries, now time.Time) {
	told := ""
	for n, line := range b.Series.Dates {
		was := before.Dates[n]
		held := was.State == providers.BookingAccepted || was.State == providers.BookingTentative
		words := ""
		switch {
		case line.Change.Open() || line.Change.Asked.After(was.Change.Asked) || line.Change.State != was.Change.State:
			// what is seen of it is of our own making
		case held && line.State == providers.BookingDeclined:
			words = "the room changed its mind, and declined"
		case held && line.State == providers.BookingCancelled:
			words = "somebody cancelled this date"
		case was.State == providers.BookingDeclined && line.State == providers.BookingAccepted:
			words = "the room changed its mind, and accepted"
		case line.ChangedHere() && (was.Room != line.Room || was.Span != line.Span):
		case held && was.Room != line.Room:
			words = "somebody took another room"
		case held && was.Span != line.Span:
			words = "somebody moved this date"
		case was.FreeAgain.IsZero() && !line.FreeAgain.IsZero() && told == "":
			words = line.Offer()
		}
		if words != "" {
			told = dateWords(*b, line) + ": " + words
			if line.Offer() == "" {
				break
			}
		}
	}
	if told != "" {
		b.News = providers.BookingNews{Words: told, At: now}
	}
}
