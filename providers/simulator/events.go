package simulator

import (
	"net/http"
	"strings"
)

// events routes /events below a calendar; i is the segment behind it.
func (c *call) events(kind calendarKind, i int) answer {
	switch {
	case c.depth() == i && c.method == http.MethodGet:
		return c.listEvents(kind)
	case c.depth() == i && c.method == http.MethodPost:
		return c.createEvent(kind)
	case c.depth() == i:
		return c.wrongMethod()
	}
	id, ok, malformed := c.mailbox.parseID(c.segments[i])
	if malformed {
		return c.fail(http.StatusBadRequest, "ErrorInvalidIdMalformed", "Id is malformed.")
	}
	if c.depth() == i+1 {
		switch c.method {
		case http.MethodGet:
			return c.getEvent(kind, id, ok)
		case http.MethodPatch:
			return c.patchEvent(kind, id, ok)
		case http.MethodDelete:
			return c.deleteEvent(kind, id, ok, false)
		}
		return c.wrongMethod()
	}
	if c.depth() != i+2 {
		return c.noSegment(c.segments[i+2])
	}
	action := c.name(i + 1)
	if action == "instances" {
		found, exists := c.look(kind, id)
		if !ok || !exists || c.method != http.MethodGet {
			return c.itemNotFound()
		}
		return c.instancesOf(found.e)
	}
	if c.method != http.MethodPost {
		return c.wrongMethod()
	}
	switch action {
	case "cancel":
		return c.deleteEvent(kind, id, ok, true)
	case "accept":
		return c.respond(kind, id, ok, respondedAccepted)
	case "decline":
		return c.respond(kind, id, ok, respondedDeclined)
	case "tentativelyaccept":
		return c.respond(kind, id, ok, respondedTentative)
	case "forward":
		return c.forward(kind, id, ok)
	case "dismissreminder":
		return c.reminder(kind, id, ok, false)
	case "snoozereminder":
		return c.reminder(kind, id, ok, true)
	case "permanentdelete":
		return c.deleteEvent(kind, id, ok, false)
	}
	return c.noSegment(c.segments[i+1])
}

// look finds the entry that an id names: a stored item, an exception or an
// occurrence.
func (c *call) look(kind calendarKind, id itemID) (instance, bool) {
	if id.num >= holidayNumbers {
		if kind == holidayCalendar || kind == defaultCalendar { // an event's id needs no calendar
			for _, e := range c.t.holidayEvents(c.mailbox) {
				if e.num == id.num && id.date == 0 {
					return instance{e: e, start: e.start, end: e.end}, true
				}
			}
		}
		return instance{}, false
	}
	if kind == holidayCalendar {
		return instance{}, false
	}
	c.t.mu.RLock()
	defer c.t.mu.RUnlock()
	return c.entryIn(kind, id)
}

// entryIn finds an entry below a calendar. An id needs no calendar, so below the
// default one it may name an entry of any; below another it must be there.
func (c *call) entryIn(kind calendarKind, id itemID) (instance, bool) {
	i, ok := c.mailbox.entry(id)
	if ok && kind != defaultCalendar && i.stored().in != kind {
		return instance{}, false
	}
	return i, ok
}

// entry is look for stored items, with the lock held.
func (m *mailbox) entry(id itemID) (instance, bool) {
	e := m.find(id.num)
	if e == nil || !id.stable && id.moves != e.moves {
		return instance{}, false
	}
	if id.date == 0 {
		return instance{e: e, start: e.start, end: e.end, kind: e.kind}, true
	}
	if e.kind != seriesMaster {
		return instance{}, false
	}
	if x := e.exceptionOn(id.date); x != nil {
		return instance{e: x, master: e, date: id.date, start: x.start, end: x.end, kind: exceptionKind}, true
	}
	for _, gone := range e.cancelled {
		if gone == id.date {
			return instance{}, false
		}
	}
	start, end, ok := e.occurrenceOn(id.date)
	return instance{e: e, master: e, date: id.date, start: start, end: end, kind: occurrenceKind}, ok
}

// listEvents lists single meetings and series masters.
func (c *call) listEvents(kind calendarKind) answer {
	if p := c.options("$top", "$skip", "$filter", "$count", "$orderby", "$select", "$expand", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	if p := c.noMorePages(); p != nil {
		return c.refuse(p)
	}
	var list []instance
	if kind == holidayCalendar {
		for _, e := range c.t.holidayEvents(c.mailbox) {
			list = append(list, instance{e: e, start: e.start, end: e.end})
		}
	} else {
		c.t.mu.RLock()
		for e := range c.mailbox.items(0) {
			if e.in == kind {
				list = append(list, instance{e: e, start: e.start, end: e.end, kind: e.kind})
			}
		}
		c.t.mu.RUnlock()
	}
	return c.eventPage(list, kind, "/events")
}

func (c *call) getEvent(kind calendarKind, id itemID, ok bool) answer {
	if p := c.options("$select", "$expand"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.event", eventProperties)
	if p != nil {
		return c.refuse(p)
	}
	if p := c.readExpand(); p != nil {
		return c.refuse(p)
	}
	found, exists := c.look(kind, id)
	if !ok || !exists {
		return c.itemNotFound()
	}
	return c.oneEvent(http.StatusOK, found, pick)
}

// oneEvent answers a single event.
func (c *call) oneEvent(status int, i instance, pick selection) answer {
	e := c.encoder(c.mailbox, pick)
	e.open()
	e.string("@odata.context", c.context("users('"+c.mailKey+"')/events/$entity"))
	e.fields(i, false)
	if pick == nil {
		calendar := "https://" + c.host + "/v1.0/users('" + c.mailbox.id + "')/calendars('" + c.mailbox.calendarOf(i) + "')"
		e.string("calendar@odata.associationLink", calendar+"/$ref")
		e.string("calendar@odata.navigationLink", calendar)
	}
	e.close()
	a := answer{status: status, body: e.b}
	if status == http.StatusCreated {
		a.set("Location", "https://"+c.host+"/v1.0/users('"+c.mailbox.id+"')/events('"+string(c.mailbox.appendID(nil, instanceID(i), c.prefer.immutable))+"')")
		a.set("ETag", c.mailbox.etag(i))
	}
	return a
}

// concerns names the event concerned in the ledger.
func (c *call) concerns(i instance) {
	c.entry.Event = string(appendICalUID(nil, i.e.uid, seriesCreated(i), i.date))
}

// matchesETag checks If-Match against an entry.
func (c *call) matchesETag(i instance) *problem {
	want := c.header.Get("If-Match")
	if want == "" || want == "*" {
		return nil
	}
	have := c.mailbox.etag(i)
	for tag := range strings.SplitSeq(want, ",") {
		tag = strings.TrimSpace(tag)
		if tag == have || `W/`+tag == have || `W/"`+tag+`"` == have {
			return nil
		}
	}
	return staleKey
}

// staleKey refuses a change of something that has changed since it was read.
var staleKey = &problem{http.StatusPreconditionFailed, "ErrorIrresolvableConflict", "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."}

// calendarOf is the id of the calendar that an entry is in.
func (m *mailbox) calendarOf(i instance) string {
	kind := i.e.in
	if i.master != nil {
		kind = i.master.in
	}
	if i.e.has(readOnlyFlag) {
		kind = holidayCalendar
	}
	generation := int32(0)
	if f, ok := m.folder(kind); ok {
		generation = f.generation
	}
	return m.calendarID(kind, generation)
}

// readOnly refuses to write into a calendar that cannot be edited.
func (c *call) readOnly(kind calendarKind, id itemID) *problem {
	if c.through != nil && !c.through.role.mayWrite() {
		return &problem{http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again."}
	}
	if kind == holidayCalendar || id.num >= holidayNumbers && id.num < calendarNumber {
		return &problem{http.StatusForbidden, "ErrorAccessDenied", "Access is denied. The calendar is read-only."}
	}
	return nil
}
