package simulator

import (
	"bytes"
	"net/http"
	"slices"
)

// createEvent books: it stores the event with the organiser, gives copies to
// people and sends requests to rooms, which answer later by themselves.
func (c *call) createEvent(kind calendarKind) answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	if p := c.readOnly(kind, itemID{}); p != nil {
		return c.refuse(p)
	}
	var w wireEvent
	if p := strictDecode(c.body, &w, readOnlyProperties...); p != nil {
		return c.refuse(p)
	}
	now := c.t.options.Now().Unix()
	e := &event{
		created: now, modified: now, show: showBusy, imp: 1, reminder: 15, flags: isOrganizerFlag | reminderFlag,
		resp: respondedOrganizer, organizer: c.mailbox.contact, in: kind,
	}
	if p := w.apply(c.t, c.mailbox, e); p != nil {
		return c.refuse(p)
	}
	if w.IsAllDay != nil && *w.IsAllDay && w.ShowAs == nil {
		e.show = showFree
	}
	if hasValue(w.Recurrence) {
		r, p := parseRecurrence(c.t, w.Recurrence, e)
		if p != nil {
			return c.refuse(p)
		}
		e.kind, e.recurrence = seriesMaster, r
		e.moveToFirst()
	}
	if p := w.teams(c.t, c.mailbox, e); p != nil {
		return c.refuse(p)
	}
	if w.TransactionID != nil {
		e.seldomCopy().transaction = *w.TransactionID
		c.entry.TransactionID = *w.TransactionID
	}
	for _, a := range e.attendees {
		if a.who.box != nil {
			c.t.ensure(a.who.box)
		}
	}
	stored, p := c.store(e)
	if p != nil {
		return c.refuse(p)
	}
	i := instance{e: stored, start: stored.start, end: stored.end, kind: stored.kind}
	c.concerns(i)
	return c.oneEvent(http.StatusCreated, i, nil)
}

// store puts a new event in place, or finds the one that was made earlier under
// the same transaction id.
func (c *call) store(e *event) (*event, *problem) {
	t, m := c.t, c.mailbox
	t.mu.Lock()
	defer t.mu.Unlock()
	transaction := e.seldom().transaction
	if transaction != "" {
		if num, known := m.txns[transaction]; known {
			if old := m.find(num); old != nil {
				c.entry.Effect = "found event of the same transaction"
				return old, nil
			}
			return nil, &problem{http.StatusConflict, "ErrorDuplicateTransactionId", "An event with the same transactionId was created and deleted before."}
		}
	}
	t.uids++
	e.uid = mix(t.uids | 1<<63)
	m.put(e, true)
	if transaction != "" {
		if m.txns == nil {
			m.txns = map[string]uint32{}
		}
		m.txns[transaction] = e.num
	}
	c.entry.Effect = "created event"
	t.invite(m, e)
	return e, nil
}

func hasValue(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

// moveToFirst puts a master's start, and its range, on the first day that its
// pattern has. The recurrence must be e's own.
func (e *event) moveToFirst() {
	e.recurrence.dates(e.recurrence.first, func(day int32) bool {
		if start, end, ok := e.occurrenceOn(yyyymmdd(day)); ok {
			e.start, e.end, e.recurrence.first = start, end, day
		}
		return false
	})
}

// teams makes the event a Teams meeting where asked for and possible. Where the
// calendar does not allow it the event becomes an ordinary one without a word,
// as with the service.
func (w *wireEvent) teams(t *Tenant, m *mailbox, e *event) *problem {
	provider := "unknown"
	if w.OnlineMeetingProvider != nil {
		known := []string{"unknown", "skypeForBusiness", "skypeForConsumer", "teamsForBusiness"}
		n, p := member(known, *w.OnlineMeetingProvider, "onlineMeetingProviderType")
		if p != nil {
			return p
		}
		provider = known[n]
	}
	if e.has(onlineFlag) {
		return nil // once on, it can be neither switched off nor changed
	}
	asked := w.IsOnlineMeeting != nil && *w.IsOnlineMeeting
	e.set(onlineFlag, asked && t.teams(m) && (provider == "unknown" || provider == "teamsForBusiness"))
	return nil
}

// patchEvent changes an event, or one occurrence, which becomes an exception.
func (c *call) patchEvent(kind calendarKind, id itemID, ok bool) answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	if p := c.readOnly(kind, id); p != nil {
		return c.refuse(p)
	}
	var w wireEvent
	if p := strictDecode(c.body, &w, readOnlyProperties...); p != nil {
		return c.refuse(p)
	}
	if w.Attendees != nil {
		for _, a := range *w.Attendees {
			if m := c.t.world.find(a.EmailAddress.Address); m != nil {
				c.t.ensure(m)
			}
		}
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	found, exists := c.entryIn(kind, id)
	if !ok || !exists {
		return c.itemNotFound()
	}
	c.ensureCopies(found.e)
	if p := c.matchesETag(found); p != nil {
		return c.refuse(p)
	}
	changed, p := c.patched(&w, found)
	if p != nil {
		return c.refuse(p)
	}
	c.entry.Effect = "changed event"
	c.concerns(changed)
	return c.oneEvent(http.StatusOK, changed, nil)
}

// patched applies a change with the lock held and tells everybody invited.
func (c *call) patched(w *wireEvent, found instance) (instance, *problem) {
	m := c.mailbox
	if w.TransactionID != nil && *w.TransactionID != found.e.seldom().transaction {
		return found, bad("ErrorInvalidPropertySet", "The transactionId cannot be changed.")
	}
	meeting := w.Start != nil || w.End != nil || w.Attendees != nil || hasValue(w.Recurrence) || w.Location != nil || w.Locations != nil || w.IsAllDay != nil
	if !found.e.has(isOrganizerFlag) && meeting {
		return found, &problem{http.StatusForbidden, "ErrorAccessDenied", "Only the organizer can change time, place or attendees."}
	}
	e := found.e.clone()
	e.modified = c.t.options.Now().Unix()
	if found.date != 0 {
		return c.patchedOccurrence(w, found, e)
	}
	oldAttendees, oldStart, oldEnd := e.attendees, e.start, e.end
	if p := w.apply(c.t, m, e); p != nil {
		return found, p
	}
	if hasValue(w.Recurrence) {
		r, p := parseRecurrence(c.t, w.Recurrence, e)
		if p != nil {
			return found, p
		}
		e.kind, e.recurrence, e.exceptions, e.cancelled = seriesMaster, r, nil, nil
		e.moveToFirst()
	} else if e.kind == seriesMaster && (e.start != oldStart || e.end != oldEnd) {
		e.shiftSeries(oldStart)
	}
	if p := w.teams(c.t, m, e); p != nil {
		return found, p
	}
	moved := e.start != oldStart || e.end != oldEnd || hasValue(w.Recurrence)
	if moved && e.has(isOrganizerFlag) {
		e.attendees = slices.Clone(e.attendees)
		for n := range e.attendees {
			e.attendees[n].resp, e.attendees[n].at = respondedNone, 0
		}
		if len(e.seldom().proposals) > 0 {
			e.seldomCopy().proposals = nil
		}
	}
	if e.kind == seriesMaster {
		e.inherit(found.e)
		if len(e.exceptions) == 0 { // also who had but one of the dates that were special
			oldAttendees = found.e.everybody()
		}
	}
	m.put(e, true)
	if e.has(isOrganizerFlag) && !c.silent {
		c.t.update(m, e, oldAttendees, moved)
		c.t.updateDateGuests(m, e)
	}
	return instance{e: e, start: e.start, end: e.end, kind: e.kind}, nil
}

// shiftSeries moves a series: its range starts on the new day, and what was
// special about single days is lost, as with the service.
func (e *event) shiftSeries(oldStart int64) {
	r := *e.recurrence
	before, after := dayOf(oldStart, e.zone), dayOf(e.start, e.zone)
	r.first += after - before
	if r.span == endDate {
		r.last = max(r.last, r.first)
	}
	if r.pattern == weekly && after != before {
		days := uint8(0)
		for d := range int32(7) {
			if r.days&(1<<d) != 0 {
				days |= 1 << (((d+after-before)%7 + 7) % 7)
			}
		}
		r.days = days
	}
	e.recurrence, e.exceptions, e.cancelled = &r, nil, nil
	e.moveToFirst()
}

// patchedOccurrence turns an occurrence into an exception, or changes one.
func (c *call) patchedOccurrence(w *wireEvent, found instance, x *event) (instance, *problem) {
	if hasValue(w.Recurrence) {
		return found, bad("ErrorInvalidPropertySet", "An occurrence cannot have a recurrence of its own.")
	}
	x.asException(found)
	if p := w.apply(c.t, c.mailbox, x); p != nil {
		return found, p
	}
	moved := x.start != found.start || x.end != found.end
	if moved && found.master.crossesNeighbour(x) {
		return found, bad("ErrorOccurrenceCrossingBoundary", "Modified occurrence is crossing or overlapping adjacent occurrence.")
	}
	if moved && x.has(isOrganizerFlag) {
		x.attendees = slices.Clone(x.attendees)
		for n := range x.attendees {
			x.attendees[n].resp, x.attendees[n].at = respondedNone, 0
		}
	}
	master := found.master.withException(x)
	c.mailbox.put(master, false)
	if x.has(isOrganizerFlag) && !c.silent {
		c.t.updateOccurrence(c.mailbox, master, x, found.e.attendees, moved)
	}
	return instance{e: x, master: master, date: x.date, start: x.start, end: x.end, kind: exceptionKind}, nil
}

// crossesNeighbour reports whether an exception lies on or beyond the day of the
// occurrence before or after it.
func (e *event) crossesNeighbour(x *event) bool {
	day := dayOf(x.start, e.zone)
	origin := fromYYYYMMDD(x.date)
	before, after := int32(-1<<30), int32(1<<30)
	e.recurrence.dates(e.recurrence.first, func(d int32) bool {
		switch {
		case d < origin:
			before = d
		case d > origin:
			after = d
			return false
		}
		return true
	})
	return day <= before || day >= after
}

// dayOf is the day number of an instant in a zone.
func dayOf(unix int64, z *zone) int32 {
	wall := asUTC(unix, z)
	return int32((wall - (wall%86400+86400)%86400) / 86400)
}
