package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxViewDays is the longest calendar view that Exchange answers.
const maxViewDays = 1825

// eventBytes is about the size of an event in JSON.
const eventBytes = 2600

// stubBytes is about the size of an occurrence in delta.
const stubBytes = 720

// defaultEvents is the page size of calendar lists without $top.
const defaultEvents = 10

// window reads startDateTime and endDateTime: an offset counts, none is UTC.
func (c *call) window() (from, to int64, p *problem) {
	start, end := c.query.Get("startDateTime"), c.query.Get("endDateTime")
	if start == "" || end == "" {
		return 0, 0, bad("ErrorInvalidParameter", "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.")
	}
	// A plus sign that was not escaped arrives as a blank.
	a, err := parseInstant(strings.Replace(start, " ", "+", 1))
	if err != nil {
		return 0, 0, bad("ErrorInvalidParameter", "The value of StartDateTime is invalid: "+err.Error())
	}
	b, err := parseInstant(strings.Replace(end, " ", "+", 1))
	if err != nil {
		return 0, 0, bad("ErrorInvalidParameter", "The value of EndDateTime is invalid: "+err.Error())
	}
	switch {
	case b.Before(a):
		return 0, 0, bad("ErrorInvalidParameter", "EndDateTime is before StartDateTime.")
	case b.Sub(a) > maxViewDays*24*time.Hour:
		return 0, 0, bad("ErrorInvalidRequest", "Your request can't be completed. The range between start and end dates is greater than the allowed range. Maximum number of days: 1825")
	}
	return a.Unix(), b.Unix(), nil
}

// entries collects what a view of a calendar shows.
func (t *Tenant) entries(m *mailbox, kind calendarKind, from, to int64) []instance {
	if kind == holidayCalendar {
		var out []instance
		for _, e := range t.holidayEvents(m) {
			out = e.instances(out, from, to)
		}
		return out
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return m.viewOf(kind, from, to)
}

// calendarView lists entries of a window, series expanded.
func (c *call) calendarView(kind calendarKind) answer {
	if p := c.options("$top", "$skip", "$filter", "$count", "$orderby", "$select", "$expand", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	if p := c.noMorePages(); p != nil {
		return c.refuse(p)
	}
	from, to, p := c.window()
	if p != nil {
		return c.refuse(p)
	}
	return c.eventPage(c.t.entries(c.mailbox, kind, from, to), kind, "/calendarView")
}

// eventPage answers one page of a list of entries after $filter and $orderby.
func (c *call) eventPage(list []instance, kind calendarKind, what string) answer {
	pick, p := c.selected("microsoft.graph.event", eventProperties)
	if p != nil {
		return c.refuse(p)
	}
	if p := c.readExpand(); p != nil {
		return c.refuse(p)
	}
	if list, p = c.narrowEvents(list); p != nil {
		return c.refuse(p)
	}
	if what == "/calendarView" && pick != nil {
		// These two cannot be selected in a view; it leaves them out.
		delete(pick, "createdDateTime")
		delete(pick, "lastModifiedDateTime")
	}
	size := defaultEvents
	if c.prefer.pageSize > 0 {
		size = c.prefer.pageSize
	}
	if size, p = c.number("$top", size); p != nil {
		return c.refuse(p)
	}
	skip, p := c.number("$skip", 0)
	if p != nil {
		return c.refuse(p)
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	size = c.pageSize(min(max(size, 1), 1000))
	page, more := cut(list, skip, size)
	e := c.encoder(c.mailbox, pick)
	if len(page) > 1 {
		e.b = newBody(4096 + eventBytes*len(page))
	}
	e.open()
	e.string("@odata.context", c.context("users('"+c.mailKey+"')"+what))
	if count {
		e.int("@odata.count", int64(len(list)))
	}
	e.key("value")
	e.openValue('[')
	for _, i := range page {
		e.event(i, false)
	}
	e.closeList()
	if more {
		e.string("@odata.nextLink", c.link("$skip", strconv.Itoa(skip+size)))
	}
	e.close()
	return answer{status: http.StatusOK, body: e.b, pooled: len(page) > 1}
}

// narrowEvents applies $filter and $orderby to entries.
func (c *call) narrowEvents(list []instance) ([]instance, *problem) {
	if text := c.query.Get("$filter"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return nil, bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error())
		}
		var kept []instance
		for _, i := range list {
			ok, err := f.test(c.eventField(i))
			if err != nil {
				return nil, bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error())
			}
			if ok {
				kept = append(kept, i)
			}
		}
		list = kept
	}
	order, err := parseOrder(c.query.Get("$orderby"))
	if err != nil {
		return nil, bad("BadRequest", err.Error())
	}
	for _, o := range order {
		if len(list) > 0 {
			if _, known := c.eventField(list[0])(o.path); !known {
				return nil, bad("ErrorInvalidUrlQuery", "Ordering by '"+o.path+"' is not supported.")
			}
		}
	}
	if len(order) > 0 {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b instance) int { return order.compare(c.eventField(a), c.eventField(b)) })
	}
	return list, nil
}

// eventField gives the properties that $filter and $orderby may look at.
func (c *call) eventField(i instance) func(string) (any, bool) {
	// What a reader may not see cannot be asked for either.
	i.e = i.e.seenWith(c.sight)
	return func(name string) (any, bool) {
		switch name {
		case "start/datetime":
			s, _ := i.floating()
			return time.Unix(s, 0).UTC(), true
		case "end/datetime":
			_, e := i.floating()
			return time.Unix(e, 0).UTC(), true
		case "subject":
			return i.e.subject, true
		case "isallday":
			return i.e.has(allDayFlag), true
		case "iscancelled":
			return i.e.has(cancelledFlag), true
		case "isorganizer":
			return i.e.has(isOrganizerFlag), true
		case "isonlinemeeting":
			return i.e.has(onlineFlag), true
		case "showas":
			return showNames[i.e.show], true
		case "sensitivity":
			return sensitivityNames[i.e.sens], true
		case "type":
			return kindNames[i.kind], true
		case "createddatetime":
			return time.Unix(i.e.created, 0).UTC(), true
		case "lastmodifieddatetime":
			return time.Unix(i.e.modified, 0).UTC(), true
		case "icaluid":
			return string(appendICalUID(nil, i.e.uid, seriesCreated(i), i.date)), true
		case "transactionid":
			return textOrNil(i.e.seldom().transaction), true
		case "organizer/emailaddress/address":
			return i.e.organizer.address, true
		case "organizer/emailaddress/name":
			return i.e.organizer.name, true
		case "importance":
			return importanceNames[i.e.imp], true
		case "hasattachments":
			return false, true
		case "isreminderon":
			return i.e.has(reminderFlag), true
		case "responsestatus/response":
			return responseNames[i.e.resp], true
		case "seriesmasterid":
			if i.master == nil {
				return nil, true
			}
			return string(c.mailbox.appendID(nil, i.master.id(), c.prefer.immutable)), true
		case "location/displayname":
			if len(i.e.locations) == 0 {
				return "", true
			}
			return i.e.locations[0].name, true
		case "categories":
			return textRows(i.e.seldom().categories), true
		case "singlevalueextendedproperties":
			return propertyRows(i.e.seldom().properties), true
		}
		return nil, false
	}
}

// instancesOf lists the occurrences of a series.
func (c *call) instancesOf(e *event) answer {
	if p := c.options("$top", "$skip", "$select", "$orderby", "$filter", "$count", "$expand", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	if p := c.noMorePages(); p != nil {
		return c.refuse(p)
	}
	from, to, p := c.window()
	if p != nil {
		return c.refuse(p)
	}
	if e.kind != seriesMaster {
		return c.fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. Only a series master has instances.")
	}
	return c.eventPage(e.instances(nil, from, to), defaultCalendar, "/events('"+c.segments[c.depth()-2]+"')/instances")
}
