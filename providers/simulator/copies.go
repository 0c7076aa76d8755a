package simulator

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// A meeting is stored once in each mailbox that has it. The copies differ: what
// an attendee gets is not what the organiser keeps, and a room strips it further.

// organizerCopy is a meeting as it stands in its organiser's calendar.
func organizerCopy(e *event) *event {
	c := e.clone()
	c.set(isOrganizerFlag, true)
	c.resp = respondedOrganizer
	return c
}

// attendeeCopy is a meeting as it stands in a person's calendar.
func attendeeCopy(e *event, m *mailbox) *event {
	c := e.clone()
	c.num, c.rev, c.self, c.in, c.moves = 0, 0, 0, defaultCalendar, 0
	c.set(isOrganizerFlag, false)
	c.resp, c.respondedAt = notResponded, 0
	c.rare = e.rare.forAttendee()
	if i := e.attendeeIndex(m); i >= 0 && e.attendees[i].resp != respondedNone {
		c.resp, c.respondedAt = e.attendees[i].resp, e.attendees[i].at
	}
	c.show = answeredShow(e.show, c.resp)
	c.exceptions = nil
	for _, x := range e.exceptions {
		xc := attendeeCopy(x, m)
		c.exceptions = append(c.exceptions, xc)
	}
	return c
}

// forAttendee leaves what travels with an invitation; categories, properties and
// the rest are the organiser's own.
func (r *rare) forAttendee() *rare {
	if r == nil || (r.startZone == "" && r.endZone == "" && r.oddShow == "" && r.oddAnswer == "") {
		return nil
	}
	return &rare{startZone: r.startZone, endZone: r.endZone, oddShow: r.oddShow, oddAnswer: r.oddAnswer}
}

// answeredShow is how an attendee's copy counts: tentative until accepted.
func answeredShow(meant showAs, answer response) showAs {
	if meant == showBusy && (answer == notResponded || answer == respondedTentative || answer == respondedNone) {
		return showTentative
	}
	return meant
}

// roomCopy is a meeting as it stands in a room's calendar after the room's
// policy (Exchange's defaults): the organiser's name for a subject, no body, and
// no private mark unless the room keeps it.
func roomCopy(e *event, m *mailbox) *event {
	c := attendeeCopy(e, m)
	c.strip(m)
	return c
}

func (e *event) strip(m *mailbox) {
	e.subject = e.organizer.name
	e.body = nil
	e.rare = nil
	e.set(reminderFlag, false)
	if !m.room.policy.KeepPrivate && e.sens > 1 {
		e.sens = 0
	}
	for _, x := range e.exceptions {
		x.strip(m)
	}
}

// keepAnswer takes an attendee's own answer over from an earlier copy. meant is how
// the organiser wants the time to count.
func (e *event) keepAnswer(meant showAs, have *event) {
	e.resp, e.respondedAt, e.show = have.resp, have.respondedAt, answeredShow(meant, have.resp)
}

// keepOwn takes over from an earlier copy what the attendee made of a meeting that
// did not move: its answers, the dates that it dropped, and those that were called
// off and still stand there with a mark. from is the organiser's meeting.
func (e *event) keepOwn(from, have *event) {
	e.keepAnswer(from.show, have)
	told := e.exceptions
	e.cancelled, e.exceptions = have.cancelled, nil
	dates := map[int32]bool{}
	for _, x := range slices.Concat(told, have.exceptions) {
		dates[x.date] = true
	}
	for _, date := range slices.Sorted(maps.Keys(dates)) {
		own := cmp.Or(have.exceptionOn(date), have)
		meant := cmp.Or(from.exceptionOn(date), from)
		if _, gone := slices.BinarySearch(have.cancelled, date); gone {
			continue
		}
		if own.kind == exceptionKind && own.has(cancelledFlag) {
			e.exceptions = append(e.exceptions, own)
			continue
		}
		var x *event
		if i := slices.IndexFunc(told, func(x *event) bool { return x.date == date }); i >= 0 {
			x = told[i]
		} else { // special to the attendee only, which answered this date by itself
			start, end, ok := e.occurrenceOn(date)
			if !ok {
				continue
			}
			x = e.clone()
			x.asException(instance{e: e, master: e, date: date, start: start, end: end, kind: occurrenceKind})
		}
		x.keepAnswer(meant.show, own)
		e.exceptions = append(e.exceptions, x)
	}
}

// answerDates lets an answer to a whole series count for those of its changed
// dates that were not answered by themselves. before is the series as it was.
func (e *event) answerDates(before *event, meant showAs) {
	e.exceptions = slices.Clone(e.exceptions)
	for n, x := range e.exceptions {
		if x.has(cancelledFlag) || x.respondedAt != 0 && x.respondedAt != before.respondedAt {
			continue
		}
		x = x.fresh()
		x.resp, x.respondedAt, x.show = e.resp, e.respondedAt, answeredShow(meant, e.resp)
		e.exceptions[n] = x
	}
}

// tallyDates notes an answer to a whole series in the organiser's changed dates,
// those aside that the attendee answered by themselves.
func (e *event) tallyDates(box *mailbox, resp response, now int64) {
	e.exceptions = slices.Clone(e.exceptions)
	for n, x := range e.exceptions {
		if i := x.attendeeIndex(box); i >= 0 && x.attendees[i].at == 0 {
			x = x.fresh()
			x.attendees = withAnswer(x.attendees, i, resp, now)
			e.exceptions[n] = x
		}
	}
}

// fresh is a copy of an exception that counts as changed.
func (e *event) fresh() *event {
	c := e.clone()
	c.rev, c.self = 0, 0
	return c
}

// inherit brings a change of a series to its changed dates: what a date has of its
// own stays, the rest becomes what the series has now.
func (e *event) inherit(before *event) {
	e.exceptions = slices.Clone(e.exceptions)
	for n, x := range e.exceptions {
		x = x.fresh()
		take(&x.subject, before.subject, e.subject)
		take(&x.body, before.body, e.body)
		take(&x.show, before.show, e.show)
		take(&x.sens, before.sens, e.sens)
		take(&x.imp, before.imp, e.imp)
		take(&x.reminder, before.reminder, e.reminder)
		take(&x.rare, before.rare, e.rare)
		changed := before.flags ^ e.flags
		x.flags = x.flags&^changed | e.flags&changed
		if slices.Equal(x.locations, before.locations) {
			x.locations = e.locations
		}
		x.attendees = slices.DeleteFunc(slices.Clone(x.attendees), func(a attendee) bool {
			return invites(before, a) && !invites(e, a)
		})
		for _, a := range e.attendees {
			if !invites(before, a) && !invites(x, a) {
				x.attendees = append(x.attendees, a)
			}
		}
		e.exceptions[n] = x
	}
}

// take gives a value that was inherited its new state.
func take[T comparable](value *T, before, now T) {
	if *value == before {
		*value = now
	}
}

// invites reports whether somebody is among the attendees.
func invites(e *event, a attendee) bool {
	return slices.ContainsFunc(e.attendees, func(b attendee) bool { return strings.EqualFold(a.who.address, b.who.address) })
}
