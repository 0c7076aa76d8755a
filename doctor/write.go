package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

// marked is the subject of what the doctor writes, so that anybody who finds it
// knows what it was.
const marked = "roomdesk test, taken away again at once"

// write makes an event that takes nobody's time, reads it, changes it, reads it again,
// and takes it away.
func (e *examination) write(ctx context.Context) outcome {
	if !e.Write {
		return notRun("writes only when asked (--write)")
	}
	start := e.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 14).Add(3 * time.Hour)
	draft := providers.EventDraft{TransactionID: guid(), Organizer: e.organizer, Subject: providers.Outside(marked), Start: start, End: start.Add(15 * time.Minute), ShowAs: providers.ShowFree, Private: true}
	made, err := e.desk().Create(ctx, draft)
	if err != nil {
		left := e.leftover(ctx, draft)
		if refused(err) {
			return failed(fill(e.readOnly(left), err))
		}
		o, ok := e.common(err)
		if !ok {
			o = unknown(err)
		}
		return o.leaves(left)
	}
	trouble, workErr := e.readAndChange(ctx, made.ID, start)
	if t := e.takeAway(ctx, made.ID, "", draft.Start); t != nil {
		return failed(*t)
	}
	switch {
	case workErr != nil:
		if o, ok := e.common(workErr); ok {
			return o
		}
		return unknown(workErr)
	case trouble != nil:
		return failed(*trouble)
	}
	return passed("an event was written, read, changed, read again and taken away")
}

// readAndChange reads what was written, moves it by a quarter of an hour, and reads it
// again: an answer alone proves nothing.
func (e *examination) readAndChange(ctx context.Context, id string, start time.Time) (*providers.Trouble, error) {
	written, err := e.desk().Event(ctx, e.organizer, id)
	if err != nil {
		return nil, err
	}
	later, end := start.Add(15*time.Minute), start.Add(30*time.Minute)
	if _, err := e.desk().Change(ctx, e.organizer, id, written.ETag, providers.EventChange{Start: &later, End: &end, Zone: "UTC"}); err != nil {
		return nil, err
	}
	changed, err := e.desk().Event(ctx, e.organizer, id)
	if err != nil {
		return nil, err
	}
	if !changed.Start.Equal(later) || !changed.End.Equal(end) {
		return &providers.Trouble{Doc: "write", Class: providers.Foreign, What: "an event was changed, and the calendar goes on showing it at " + changed.Start.UTC().Format("15:04 UTC") + " instead of " + later.Format("15:04 UTC"),
			Where: "in the calendar of " + string(e.organizer), Change: "test again; where it stays so, something between here and the service answers in its place"}, nil
	}
	return nil, nil
}

// takeAway undoes what was written, also where somebody gives up in between, and
// says what is left where that fails.
func (e *examination) takeAway(ctx context.Context, id, comment string, start time.Time) *providers.Trouble {
	err := e.desk().Cancel(context.WithoutCancel(ctx), e.organizer, id, comment)
	if err == nil {
		return nil
	}
	t := fill(providers.Trouble{Doc: "write", What: fmt.Sprintf("an event was written and could not be taken away again: %s on %s", marked, day(start)),
		Where: "in the calendar of " + string(e.organizer), Change: "delete it by hand"}, err)
	e.left = true
	return &t
}

// leaves says beside a trouble what may be left in a calendar.
func (o outcome) leaves(left string) outcome {
	if o.trouble != nil {
		o.trouble.What += left
	}
	return o
}

// leftover takes away what an unanswered create may have made, and says so where
// that fails.
func (e *examination) leftover(ctx context.Context, draft providers.EventDraft) string {
	ctx = context.WithoutCancel(ctx)
	found, ok, err := e.desk().Find(ctx, draft.Organizer, draft.TransactionID, providers.Interval{Start: draft.Start, End: draft.End})
	if err == nil && ok {
		err = e.desk().Cancel(ctx, draft.Organizer, found.ID, "")
	}
	if err == nil || refused(err) {
		return ""
	}
	e.left = true
	return "; look on " + day(draft.Start) + " whether \"" + marked + "\" is left in the calendar"
}

// roomAnswers books the named rooms for half an hour in which they are free, waits
// for each room's own answer, and cancels.
func (e *examination) roomAnswers(ctx context.Context) outcome {
	var troubles []providers.Trouble
	var full []string // rooms that are never free
	booked, there, seen := 0, 0, 0
	for _, room := range e.Mailboxes {
		if e.Beside != nil && absent(e.tried[room]) {
			there++
		}
		if !e.listed(room) || e.tried[room] != nil {
			continue
		}
		slot, err := e.freeSlot(ctx, room)
		if err == nil && slot.Start.IsZero() {
			full = append(full, string(room))
			continue
		}
		booked++
		var t *providers.Trouble
		var left string
		var shown bool
		if err == nil {
			shown, t, left, err = e.answerOf(ctx, room, slot)
		}
		if shown {
			seen++
		}
		switch {
		case err != nil:
			o, ok := e.common(err)
			if !ok {
				o = unknown(err)
			}
			return o.leaves(left).and(troubles)
		case t != nil:
			t.Partly = true
			troubles = append(troubles, *t)
		}
	}
	none := ""
	if len(full) > 0 {
		none = strings.Join(full, ", ") + " has no free half hour in the coming two weeks, so it was not asked"
	}
	switch {
	case len(troubles) > 0:
		return failed(troubles[0]).and(troubles[1:])
	case booked == 0 && none != "":
		return notRun(none)
	case booked == 0 && there > 0:
		return notRun("the room that is named is reached through " + e.Beside.Name)
	case booked == 0:
		return notRun("no room is named whose answer is wanted (--mailbox)")
	}
	answered := fmt.Sprintf("%d rooms answered", booked)
	if booked == 1 {
		answered = "1 room answered"
	}
	switch {
	case seen == booked && booked == 1:
		answered += " and its own calendar showed the meeting"
	case seen == booked:
		answered += " and their own calendars showed the meetings"
	case booked > 0:
		answered += fmt.Sprintf(", %d of their calendars showed the meeting by then", seen)
	}
	return passed(strings.TrimSuffix(answered+"; "+none, "; "))
}

// answerOf books one room and tells whether its own calendar showed the meeting, what is
// wrong with its answer, and what may be left in the organizer's calendar.
func (e *examination) answerOf(ctx context.Context, room providers.Address, slot providers.Interval) (shown bool, trouble *providers.Trouble, left string, err error) {
	draft := providers.EventDraft{TransactionID: guid(), Organizer: e.organizer, Subject: providers.Outside(marked), Start: slot.Start, End: slot.End, Room: room}
	made, err := e.desk().Create(ctx, draft)
	if err != nil {
		return false, nil, e.leftover(ctx, draft), err
	}
	defer func() {
		switch undo := e.takeAway(ctx, made.ID, marked, slot.Start); {
		case undo == nil:
		case err != nil:
			left = "; " + undo.What
		default:
			trouble = undo // worse than any answer
		}
	}()
	answer := providers.ResponseNone
	for waited := time.Duration(0); waited <= answerPatience; waited += answerPause {
		event, err := e.desk().Event(ctx, e.organizer, made.ID)
		if err != nil {
			return false, nil, "", err
		}
		if i := slices.IndexFunc(event.Attendees, func(a providers.Attendee) bool { return a.Mailbox == room }); i >= 0 {
			answer = event.Attendees[i].Response
		}
		if answer == providers.ResponseAccepted || answer == providers.ResponseDeclined || answer == providers.ResponseTentative {
			break
		}
		if err := e.Wait(ctx, answerPause); err != nil {
			return false, nil, "", err
		}
	}
	name := string(room)
	switch answer {
	case providers.ResponseAccepted, providers.ResponseTentative:
		return e.takenAt(ctx, room, slot), nil, "", nil
	case providers.ResponseDeclined:
		return false, &providers.Trouble{Mistake: 15, Doc: "15", Class: providers.Conflict, Mailbox: room,
			What: "room " + name + " declines " + string(e.organizer) + " at a time at which it is free: the organizer is not among those who may book it", Or: "another of its rules forbids " + slot.Start.UTC().Format("Mon 15:04 UTC"),
			Where: e.shell(), Change: "Get-CalendarProcessing " + name + " | fl BookInPolicy,AllBookInPolicy,AllowConflicts,BookingWindowInDays shows it; Set-CalendarProcessing " + name + " -AllBookInPolicy $true opens it"}, "", nil
	case providers.ResponseNone, providers.ResponseOrganizer, providers.ResponsePending:
	}
	return false, &providers.Trouble{Mistake: 14, Doc: "14", Class: providers.Transient, Mailbox: room,
		What: "room " + name + " did not answer a request within " + providers.Age(answerPatience) + ": it does not process requests by itself", Or: "it is slow, or a delegate has to approve",
		Where: e.shell(), Change: "Set-CalendarProcessing " + name + " -AutomateProcessing AutoAccept"}, "", nil
}

// takenAt reports whether a room is taken at a time, as its own calendar says.
func (e *examination) takenAt(ctx context.Context, room providers.Address, slot providers.Interval) bool {
	answers, err := e.desk().Schedules(ctx, []providers.Address{room}, slot)
	if err != nil {
		return false // said as not seen: the room's answer stands by itself
	}
	for _, a := range answers {
		if strings.EqualFold(string(a.Mailbox), string(room)) && a.Problem == nil && !a.FreeFor(slot) {
			return true
		}
	}
	return false
}

// freeSlot finds half an hour in usual hours of the coming work days in which the
// room is free; without start where there is none.
func (e *examination) freeSlot(ctx context.Context, room providers.Address) (providers.Interval, error) {
	start := e.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	window := providers.Interval{Start: start, End: start.AddDate(0, 0, 14)}
	answers, err := e.desk().Schedules(ctx, []providers.Address{room}, window)
	if err != nil {
		return providers.Interval{}, err
	}
	for _, a := range answers {
		if !strings.EqualFold(string(a.Mailbox), string(room)) {
			continue
		}
		zone, err := time.LoadLocation(a.Zone)
		if err != nil || a.Zone == "" {
			zone = time.UTC
		}
		for d := range 14 {
			for half := range 10 { // 10:00 to 15:00 by the room's own clock
				local := start.AddDate(0, 0, d).In(zone)
				at := time.Date(local.Year(), local.Month(), local.Day(), 10, 30*half, 0, 0, zone)
				slot := providers.Interval{Start: at.UTC(), End: at.Add(30 * time.Minute).UTC()}
				if at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && a.FreeFor(slot) {
					return slot, nil
				}
			}
		}
	}
	return providers.Interval{}, nil
}
