package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// ensureCopies makes the calendars of everybody on an event.
func (c *call) ensureCopies(e *event) {
	for _, a := range e.attendees {
		if a.who.box != nil {
			c.t.made(a.who.box)
		}
	}
	if e.organizer.box != nil {
		c.t.made(e.organizer.box)
	}
}

// invite gives every attendee of a new event its copy, or sends it a request.
func (t *Tenant) invite(m *mailbox, e *event) {
	for _, a := range e.attendees {
		t.inviteOne(m, e, a.who.box)
	}
}

func (t *Tenant) inviteOne(m *mailbox, e *event, box *mailbox) {
	switch {
	case box == nil || box == m:
	case box.kind == roomBox:
		t.request(m, e, 0, box)
	default:
		c := attendeeCopy(e, box)
		if have := box.byUID(e.uid); have != nil { // was invited before: the copy lives again
			c.num, c.created = have.num, have.created
		}
		box.put(c, true)
	}
}

// update carries a change of an event to its attendees: removed ones lose it,
// new ones get it, and where the time moved everybody is asked again.
func (t *Tenant) update(m *mailbox, e *event, before []attendee, moved bool) {
	for _, a := range before {
		if box := a.who.box; box != nil && box != m && e.attendeeIndex(box) < 0 {
			t.withdraw(e.uid, box)
		}
	}
	for _, a := range e.attendees {
		box := a.who.box
		if box == nil || box == m {
			continue
		}
		have := box.byUID(e.uid)
		was := slices.ContainsFunc(before, func(b attendee) bool { return b.who.box == box })
		switch {
		case !was:
			t.inviteOne(m, e, box)
		case box.kind == roomBox && moved:
			t.request(m, e, 0, box)
		case have == nil && moved:
			t.inviteOne(m, e, box)
		case have != nil:
			t.refresh(e, box, have, moved)
		}
	}
}

// refresh replaces a copy by the organiser's new state. What the attendee said and
// did stays unless the time moved.
func (t *Tenant) refresh(e *event, box *mailbox, have *event, moved bool) {
	c := attendeeCopy(e, box)
	if !moved {
		c.keepOwn(e, have)
	}
	if box.kind == roomBox {
		c.strip(box)
	}
	c.num, c.created = have.num, have.created
	box.put(c, true)
}

// updateOccurrence carries a changed occurrence to the attendees. Who declined the
// date hears of it again only where it moved.
func (t *Tenant) updateOccurrence(m *mailbox, master, x *event, before []attendee, moved bool) {
	for _, a := range before {
		if box := a.who.box; box != nil && box != m && x.attendeeIndex(box) < 0 {
			t.withdrawDate(master.uid, x.date, box)
		}
	}
	for _, a := range x.attendees {
		box := a.who.box
		if box == nil || box == m {
			continue
		}
		fresh := !slices.ContainsFunc(before, func(b attendee) bool { return b.who.box == box })
		if box.kind == roomBox && (moved || fresh) {
			t.request(m, master, x.date, box)
			if n := len(t.pending); fresh && n > 0 && t.pending[n-1].room == box {
				t.pending[n-1].invited = true
			}
			continue
		}
		have := box.byUID(master.uid)
		if fresh {
			box.put(master.dateCopy(x, box, have), true)
			continue
		}
		if have == nil || have.kind != seriesMaster || have.has(cancelledFlag) {
			continue
		}
		c := attendeeCopy(x, box)
		if !moved {
			own, still := box.entry(itemID{num: have.num, date: x.date, stable: true})
			if !still {
				continue
			}
			c.keepAnswer(x.show, own.e)
		}
		if box.kind == roomBox {
			c.strip(box)
		}
		box.put(have.withException(c), false)
	}
}

// withdraw takes a cancelled meeting from an attendee: a room's copy goes away, a
// person's stays and says so.
func (t *Tenant) withdraw(uid uint64, box *mailbox) {
	have := box.byUID(uid)
	if have == nil {
		return
	}
	if box.kind == roomBox {
		box.remove(have)
		return
	}
	c, now := have.clone(), t.present().Unix()
	c.cancel(now)
	c.exceptions = nil
	for _, x := range have.exceptions {
		x = x.fresh()
		x.cancel(now)
		c.exceptions = append(c.exceptions, x)
	}
	box.put(c, true)
}

// withdrawDate takes one date of a series from an attendee, as [Tenant.withdraw]
// takes a whole meeting.
func (t *Tenant) withdrawDate(uid uint64, date int32, box *mailbox) {
	have := box.byUID(uid)
	if have == nil || have.kind != seriesMaster {
		return
	}
	if box.kind == roomBox {
		box.put(have.withoutDate(date), false)
		return
	}
	on, ok := box.entry(itemID{num: have.num, date: date, stable: true})
	if !ok {
		return
	}
	x := on.e.clone()
	x.asException(on)
	x.cancel(t.present().Unix())
	box.put(have.withException(x), false)
}

// cancel marks an attendee's copy.
func (e *event) cancel(now int64) {
	e.set(cancelledFlag, true)
	e.show, e.modified = showFree, now
	if !strings.HasPrefix(e.subject, "Canceled: ") {
		e.subject = "Canceled: " + e.subject
	}
}

// deleteEvent removes an event from a mailbox. From the organiser's it cancels
// the meeting for everybody. action is true for POST cancel, which only the
// organiser may do.
func (c *call) deleteEvent(kind calendarKind, id itemID, ok, action bool) answer {
	if p := c.readOnly(kind, id); p != nil {
		return c.refuse(p)
	}
	if action && len(c.body) > 0 {
		var comment struct {
			Comment *string `json:"comment"`
		}
		if p := strictDecode(c.body, &comment); p != nil {
			return c.refuse(p)
		}
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	found, exists := c.entryIn(kind, id)
	if !ok || !exists {
		return c.itemNotFound()
	}
	organizer := found.e.has(isOrganizerFlag)
	if action && !organizer {
		return c.fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. You need to be an organizer to cancel a meeting.")
	}
	if p := c.matchesETag(found); p != nil {
		return c.refuse(p)
	}
	c.ensureCopies(found.e)
	c.concerns(found)
	c.entry.Effect = "deleted copy"
	if organizer {
		c.entry.Effect = "cancelled event"
		c.t.callOff(c.mailbox, found)
	} else {
		c.mailbox.drop(found)
	}
	if action {
		return answer{status: http.StatusAccepted}
	}
	return answer{status: http.StatusNoContent}
}

// callOff takes a meeting, or one date of a series, from everybody and from its
// organiser.
func (t *Tenant) callOff(host *mailbox, found instance) {
	for _, a := range found.e.everybody() {
		switch box := a.who.box; {
		case box == nil || box == host:
		case found.date != 0:
			t.withdrawDate(found.e.uid, found.date, box)
		default:
			t.withdraw(found.e.uid, box)
		}
	}
	host.drop(found)
}

// drop removes an entry: an item, or one date of its series.
func (m *mailbox) drop(i instance) {
	if i.date != 0 {
		m.put(i.master.withoutDate(i.date), false)
		return
	}
	m.remove(i.e)
}

// respond answers a meeting request in the name of the mailbox.
func (c *call) respond(kind calendarKind, id itemID, ok bool, resp response) answer {
	if p := c.readOnly(kind, id); p != nil {
		return c.refuse(p)
	}
	var r struct {
		Comment         *string   `json:"comment"`
		SendResponse    *bool     `json:"sendResponse"`
		ProposedNewTime *wireSlot `json:"proposedNewTime"`
	}
	if len(c.body) > 0 {
		if p := strictDecode(c.body, &r); p != nil {
			return c.refuse(p)
		}
	}
	if r.ProposedNewTime != nil && resp == respondedAccepted {
		return c.fail(http.StatusBadRequest, "RequestBodyRead", "The parameter 'ProposedNewTime' in the request payload is not a valid parameter for the operation 'accept'.")
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	found, exists := c.entryIn(kind, id)
	if !ok || !exists {
		return c.itemNotFound()
	}
	word := map[response]string{respondedAccepted: "Accept", respondedDeclined: "Decline", respondedTentative: "TentativelyAccept"}[resp]
	switch {
	case found.e.has(isOrganizerFlag):
		return c.fail(http.StatusBadRequest, "ErrorCalendarIsOrganizerFor"+word, "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.")
	case found.e.has(cancelledFlag):
		return c.fail(http.StatusBadRequest, "ErrorCalendarIsCancelledFor"+word, "Your request can't be completed. The meeting was cancelled.")
	}
	tell := r.SendResponse == nil || *r.SendResponse
	other, p := c.proposed(r.ProposedNewTime, tell, found.e)
	if p != nil {
		return c.refuse(p)
	}
	c.ensureCopies(found.e)
	c.concerns(found)
	c.entry.Effect = "answered " + responseNames[resp]
	c.t.answered(c.mailbox, found, resp, tell, other)
	return answer{status: http.StatusAccepted}
}

// answered stores an attendee's answer with itself and, where tell is set, with
// the organiser. A declined meeting leaves the attendee's calendar.
func (t *Tenant) answered(box *mailbox, found instance, resp response, tell bool, other *proposal) {
	now := t.present().Unix()
	meant := showBusy
	host := found.e.organizer.box
	var organized *event
	if host != nil {
		if organized = host.byUID(found.e.uid); organized != nil {
			meant = organized.show
		}
	}
	if resp == respondedDeclined {
		box.drop(found)
	} else {
		c := found.e.clone()
		c.resp, c.respondedAt, c.modified, c.show = resp, now, now, answeredShow(meant, resp)
		if found.date != 0 {
			c.asException(found)
			box.put(found.master.withException(c), false)
		} else {
			c.answerDates(found.e, meant)
			box.put(c, true)
		}
	}
	if !tell || organized == nil || !organized.tallied() {
		return
	}
	if found.date == 0 {
		if i := organized.attendeeIndex(box); i >= 0 {
			o := organized.clone()
			o.attendees = withAnswer(organized.attendees, i, resp, now)
			o.tallyDates(box, resp, now)
			o.withProposal(box.contact, other)
			host.put(o, true)
		}
		return
	}
	if on, ok := host.entry(itemID{num: organized.num, date: found.date, stable: true}); ok {
		t.answerOnDate(host, on, box, resp, now, other)
	}
}

// tallied reports whether answers are noted in the organiser's event: only those
// to meetings of the default calendar are, as isTallyingResponses says.
func (e *event) tallied() bool { return e.in == defaultCalendar }

// answerOnDate notes an answer for a single date in the organiser's copy.
func (t *Tenant) answerOnDate(host *mailbox, on instance, box *mailbox, resp response, now int64, other *proposal) {
	if !on.stored().tallied() {
		return
	}
	x := on.e.clone()
	x.asException(on)
	if i := x.attendeeIndex(box); i >= 0 {
		x.attendees = withAnswer(x.attendees, i, resp, now)
		x.withProposal(box.contact, other)
		host.put(on.master.withException(x), false)
	}
}

// asException makes a copy of an occurrence an item of its own.
func (e *event) asException(i instance) {
	e.num, e.kind, e.date, e.start, e.end = 0, exceptionKind, i.date, i.start, i.end
	e.recurrence, e.exceptions, e.cancelled = nil, nil, nil
	e.rev, e.self = 0, 0
}
