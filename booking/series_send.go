package booking

import (
	"context"
	"errors"
	"time"

	"roomdesk/providers"
)

// A series is made in steps of which each is one write, in this order:
//
//   - each recurring meeting. Where all its dates are as the service's pattern has
//     them, it is made with its room and everybody invited, and that is all. Else it
//     is made without anybody: by the usual rule of rooms one date that clashes
//     declines the whole series, and a room judges all dates that a series has at the
//     moment at which it is asked. Nobody gets mail of what nobody is invited to.
//   - its dates: those that are skipped, or have another room, are taken out, others
//     are moved. Still nobody is told.
//   - the invitation: room and people, in one change, with one mail for each.
//   - a meeting of its own for each date in another room.
//
// Each write is preceded by a look at what is there, so that a step whose answer was
// lost, or that an earlier process took, is not done twice. Until somebody is
// invited everything can be taken back without a trace, and is, where the series
// cannot be made.

// makeSeries does the next steps of a series that is not made yet, and returns when
// to go on. This desk has the booking's lock.
func (d *Desk) makeSeries(ctx context.Context, b *providers.Booking) time.Time {
	s := b.Series
	for ctx.Err() == nil {
		if s.Given != "" {
			return d.takeBack(ctx, b)
		}
		var next time.Time
		var done bool
		switch m, l := nextMeeting(s), nextOwn(s); {
		case m >= 0 && s.Meetings[m].EventID == "":
			next, done = d.createSeries(ctx, b, m)
		case m >= 0 && s.Meetings[m].Quiet && !s.Meetings[m].Trimmed:
			next, done = d.trimSeries(ctx, b, m)
		case m >= 0:
			next, done = d.inviteSeries(ctx, b, m)
		case l >= 0:
			next, done = d.createOwn(ctx, b, l)
		default:
			return d.seriesMade(ctx, b)
		}
		if !done {
			return next
		}
	}
	return d.Now()
}

// nextMeeting is the recurring meeting that is worked on: first each is made and
// trimmed, then each is sent; -1 where all are.
func nextMeeting(s *providers.BookingSeries) int {
	for i, m := range s.Meetings {
		if !m.Gone && (m.EventID == "" || m.Quiet && !m.Trimmed) {
			return i
		}
	}
	for i, m := range s.Meetings {
		if !m.Gone && !m.Invited {
			return i
		}
	}
	return -1
}

// nextOwn is the next date that waits for its own meeting; -1 where none does.
func nextOwn(s *providers.BookingSeries) int {
	for i, line := range s.Dates {
		if line.Own() && line.EventID == "" && line.State == providers.BookingQueued {
			return i
		}
	}
	return -1
}

// toldAnybody reports whether somebody may know of the series already.
func toldAnybody(s *providers.BookingSeries) bool {
	for _, m := range s.Meetings {
		if m.Invited || !m.Quiet && m.EventID != "" {
			return true
		}
	}
	for _, line := range s.Dates {
		if line.Own() && (line.EventID != "" || line.Tries > 0) {
			return true
		}
	}
	return false
}

// begin stores that the next write is on its way.
func (d *Desk) begin(ctx context.Context, b *providers.Booking) bool {
	b.State, b.NextTry, b.Reason, b.ReasonProof, b.Failure = providers.BookingSending, time.Time{}, "", providers.UnknownCause, ""
	b.Tries++
	return d.trySave(ctx, b)
}

// stepped stores that a step is done.
func (d *Desk) stepped(ctx context.Context, b *providers.Booking) (time.Time, bool) {
	d.forget(b.ID)
	b.State, b.NextTry, b.Reason, b.ReasonProof = providers.BookingSending, time.Time{}, "", providers.UnknownCause
	if !d.trySave(ctx, b) {
		return d.Now().Add(time.Second), false // the stored state leads here again
	}
	return time.Time{}, true
}

// notNow says why nothing may be sent any more of a series that nobody knows of.
func (d *Desk) notNow(ctx context.Context, b *providers.Booking) (reason string, later time.Time) {
	now := d.Now()
	age := now.Sub(b.Created)
	switch {
	case !b.Request.End.After(now) || now.Sub(b.Request.Start) > pastGrace:
		return "not sent: its start has passed", time.Time{}
	case age > staleIntent:
		return "not sent within " + providers.Age(staleIntent) + "; book it again if it is still wanted", time.Time{}
	case age > recheckAfter && !b.Request.EvenIfBusy:
		seen := *b
		seen.Series = b.Series.Clone()
		class, why, err := d.checkDates(ctx, &seen)
		switch {
		case class == providers.Conflict:
			b.Failure = class
			return "not sent: " + why, time.Time{}
		case why != "":
			b.Failure = lasting(class)
			_, _ = d.seriesLater(ctx, b, "not sent yet: "+why, retryAfter(err))
			return "", b.NextTry
		}
	}
	return "", time.Time{}
}

// createSeries makes a recurring meeting.
func (d *Desk) createSeries(ctx context.Context, b *providers.Booking, i int) (time.Time, bool) {
	m := &b.Series.Meetings[i]
	if m.Tries > 0 {
		reading, cancel := context.WithTimeout(ctx, readTimeout)
		event, found, err := d.Tenant.FindSeries(reading, b.Request.Organizer, m.TransactionID, m.Start)
		cancel()
		if err != nil {
			return d.seriesDoubt(ctx, b, "not known whether the series was made: "+providers.ProblemOf(err, d.Now()).What(), retryAfter(err))
		}
		if found {
			return d.seriesThere(ctx, b, i, event)
		}
		if next, verdict, goOn := d.absence(ctx, b, m.Tries); !goOn {
			if verdict != "" {
				return d.cannotMake(ctx, b, i, verdict)
			}
			return next, false
		}
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
	m.Tries++
	if !d.begin(ctx, b) {
		m.Tries--
		return d.Now().Add(5 * time.Second), false // nothing may leave that the disk does not know of
	}
	calling, cancel := context.WithTimeout(ctx, createTimeout)
	event, err := d.Tenant.CreateEvent(calling, seriesDraft(*b, *m))
	cancel()
	if err == nil {
		return d.seriesThere(ctx, b, i, event)
	}
	d.log.Warn("making a series failed", "booking", b.ID, "try", m.Tries, "error", err)
	return d.refusedOrLost(ctx, b, err, &m.Tries, func(reason string) (time.Time, bool) { return d.cannotMake(ctx, b, i, reason) })
}

// seriesDraft is a recurring meeting to make; where its dates are worked on before
// anybody hears of it, it has neither room nor people.
func seriesDraft(b providers.Booking, m providers.SeriesMeeting) providers.EventDraft {
	q := b.Request
	rule := m.Recurrence
	draft := providers.EventDraft{TransactionID: m.TransactionID, Organizer: q.Organizer, Subject: q.Subject, Body: q.Body, Start: m.Start, End: m.End, Zone: rule.Zone,
		Teams: q.Teams, ShowAs: showAs(q), Private: q.Private, Recurrence: &rule}
	if !m.Quiet {
		draft.Room, draft.RoomName, draft.Required, draft.Optional = m.Room, m.RoomName, q.Required, q.Optional
	}
	return draft
}

// seriesThere notes that the tenant has a recurring meeting.
func (d *Desk) seriesThere(ctx context.Context, b *providers.Booking, i int, event providers.Event) (time.Time, bool) {
	m := &b.Series.Meetings[i]
	m.EventID, m.ICalUID = event.ID, event.ICalUID
	if b.EventID == "" {
		b.EventID, b.ICalUID, b.SeriesID = event.ID, event.ICalUID, event.ID
	}
	if !m.Quiet {
		d.invited(b, i)
	}
	return d.stepped(ctx, b)
}

// invited notes that room and people of a recurring meeting were asked.
func (d *Desk) invited(b *providers.Booking, i int) {
	m := &b.Series.Meetings[i]
	m.Invited = true
	now := d.Now()
	for n := range b.Series.Dates {
		if line := &b.Series.Dates[n]; line.Meeting == i && line.State == providers.BookingQueued {
			line.State, line.Sent = providers.BookingWaiting, now
		}
	}
	d.Poke(b.Request.Organizer)
	d.Poke(m.Room)
}

// absence waits, after an answer that was lost, until it is certain enough that
// nothing was made. A verdict is why it will not be made either.
func (d *Desk) absence(ctx context.Context, b *providers.Booking, tries int) (next time.Time, verdict string, goOn bool) {
	now := d.Now()
	d.mu.Lock()
	since, seen := d.absent[b.ID]
	if !seen {
		since = now
		d.absent[b.ID] = now
	}
	verdict = d.verdicts[b.ID]
	d.mu.Unlock()
	over := verdict != "" || tries >= maxTries || now.Sub(b.Created) > staleIntent
	step := time.Second
	if over {
		step = 15 * time.Second
	}
	switch {
	case over && now.Sub(since) >= goneFor:
		if verdict == "" {
			verdict = "not made: the answer was lost and the tenant does not have it"
		}
		return time.Time{}, verdict, false
	case !over && now.Sub(since) >= absentFor:
		return time.Time{}, "", true
	}
	if b.State != providers.BookingUnknown {
		b.State, b.Reason, b.ReasonProof, b.NextTry = providers.BookingUnknown, "the answer was lost; looking whether it was made", providers.UnknownCause, now.Add(step)
		d.trySave(ctx, b)
	}
	return now.Add(step), "", false
}

// refusedOrLost sorts a failed write: what certainly was not done is told to
// refused, what may have been done is looked at again.
func (d *Desk) refusedOrLost(ctx context.Context, b *providers.Booking, err error, tries *int, refused func(reason string) (time.Time, bool)) (time.Time, bool) {
	var classified *providers.Error
	if !errors.As(err, &classified) {
		return d.seriesDoubt(ctx, b, "", 0)
	}
	b.Failure = lasting(classified.Class)
	switch classified.Class {
	case providers.Throttled:
		*tries-- // nothing was done
		return d.seriesLater(ctx, b, providers.Throttled.Words(), max(classified.RetryAfter, time.Second))
	case providers.Local: // it did not leave this machine
		*tries--
		return d.seriesLater(ctx, b, refusalWords(b.Request, classified), time.Second)
	case providers.Permanent, providers.NotAllowed, providers.NoMailbox, providers.Gone, providers.SignedOut, providers.Unsupported, providers.UntrustedHost:
		reason := refusalWords(b.Request, classified)
		if *tries > 1 { // this try was not made; an earlier one may have been
			next, done := d.seriesDoubt(ctx, b, "", 0)
			d.mu.Lock()
			d.verdicts[b.ID] = reason
			d.mu.Unlock()
			return next, done
		}
		return refused(reason)
	}
	return d.seriesDoubt(ctx, b, "", 0)
}

// seriesDoubt notes that the latest write may have happened.
func (d *Desk) seriesDoubt(ctx context.Context, b *providers.Booking, reason string, atLeast time.Duration) (time.Time, bool) {
	if reason == "" {
		reason = "the answer was lost; looking whether it was done"
	}
	wait := 500 * time.Millisecond
	if atLeast > 0 || b.State == providers.BookingUnknown {
		wait = max(atLeast, backOff(d.countLook(b.ID), time.Second, 5*time.Minute))
	}
	d.mu.Lock()
	delete(d.absent, b.ID) // what was found before counts no more
	d.mu.Unlock()
	b.State, b.Reason, b.ReasonProof, b.NextTry = providers.BookingUnknown, reason, providers.UnknownCause, d.Now().Add(wait)
	d.trySave(ctx, b)
	return b.NextTry, false
}

// seriesLater leaves the next step for later and says why.
func (d *Desk) seriesLater(ctx context.Context, b *providers.Booking, reason string, atLeast time.Duration) (time.Time, bool) {
	b.State = providers.BookingQueued
	b.Reason, b.ReasonProof = reason, providers.Proven
	b.NextTry = d.Now().Add(max(atLeast, backOff(d.countLook(b.ID), time.Second, time.Minute)))
	d.trySave(ctx, b)
	return b.NextTry, false
}

// cannotMake gives the series up, or, once somebody knows of a part of it, this
// meeting alone.
func (d *Desk) cannotMake(ctx context.Context, b *providers.Booking, i int, reason string) (time.Time, bool) {
	if !toldAnybody(b.Series) {
		b.Series.Given = reason
		return d.stepped(ctx, b)
	}
	m := &b.Series.Meetings[i]
	if m.EventID != "" {
		if err := d.deleteQuiet(ctx, *b, *m); err != nil {
			return d.seriesDoubt(ctx, b, "not made: "+reason+"; being taken back", retryAfter(err))
		}
	}
	m.Gone = true
	for n := range b.Series.Dates {
		if line := &b.Series.Dates[n]; line.Meeting == i && line.Live() {
			line.State, line.Reason, line.ReasonProof = providers.BookingFailed, reason, providers.Proven
		}
	}
	return d.stepped(ctx, b)
}

// deleteQuiet takes a recurring meeting back to which nobody was invited. Where the
// tenant refuses even that, it stays, without anybody.
func (d *Desk) deleteQuiet(ctx context.Context, b providers.Booking, m providers.SeriesMeeting) error {
	calling, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	err := d.Tenant.DeleteEvent(calling, b.Request.Organizer, m.EventID)
	if providers.Is(err, providers.Gone) {
		return nil
	}
	return err
}

// takeBack ends a series that is not made: what was begun of it, and nobody knows
// of, is taken away.
func (d *Desk) takeBack(ctx context.Context, b *providers.Booking) time.Time {
	s := b.Series
	left := ""
	for i := range s.Meetings {
		m := &s.Meetings[i]
		if m.Gone = m.Gone || m.EventID == ""; m.Gone {
			continue
		}
		err := d.deleteQuiet(ctx, *b, *m)
		switch {
		case err == nil:
			m.Gone = true
		case refusesCancel(err):
			left = "; a series without anybody invited is left in the organizer's calendar: " + providers.ProblemOf(err, d.Now()).What()
			continue
		default:
			next, _ := d.seriesDoubt(ctx, b, s.Given+"; what was begun is being taken back", retryAfter(err))
			return next
		}
		if _, ok := d.stepped(ctx, b); !ok {
			return d.Now().Add(time.Second)
		}
	}
	for i := range s.Dates {
		if line := &s.Dates[i]; line.Live() {
			line.State, line.Reason, line.ReasonProof = providers.BookingFailed, s.Given, providers.Proven
		}
	}
	b.State, b.NextTry, b.Reason, b.ReasonProof = providers.BookingFailed, time.Time{}, s.Given+left, providers.Proven
	d.forget(b.ID)
	if !d.trySave(ctx, b) {
		return d.Now().Add(time.Second)
	}
	return time.Time{}
}

// seriesMade turns to the rooms' answers.
func (d *Desk) seriesMade(ctx context.Context, b *providers.Booking) time.Time {
	d.forget(b.ID)
	b.Sent, b.NextTry, b.Reason, b.ReasonProof = d.Now(), time.Time{}, "", providers.UnknownCause
	if b.State = seriesState(*b.Series); b.State != providers.BookingFailed {
		b.Failure = ""
	}
	if !d.trySave(ctx, b) {
		return d.Now().Add(time.Second)
	}
	if b.State == providers.BookingFailed {
		return d.closeFailed(ctx, b)
	}
	return d.lookSeries(ctx, b)
}

// closeFailed says why nothing of a series was made.
func (d *Desk) closeFailed(ctx context.Context, b *providers.Booking) time.Time {
	for _, line := range b.Series.Dates {
		if line.State == providers.BookingFailed {
			b.Reason, b.ReasonProof = line.Reason, line.ReasonProof
			break
		}
	}
	d.trySave(ctx, b)
	return time.Time{}
}
