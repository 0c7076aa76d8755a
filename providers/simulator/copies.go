package simulator

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
