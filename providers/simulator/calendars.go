package simulator

import (
	"fmt"
	"net/http"
	"slices"
)

// calendarProperties are the names that $select may use for a calendar.
var calendarProperties = []string{"id", "allowedOnlineMeetingProviders", "canEdit", "canShare", "canViewPrivateItems", "changeKey", "color", "defaultOnlineMeetingProvider", "hexColor", "isDefaultCalendar", "isRemovable", "isTallyingResponses", "name", "owner", "calendarPermissions", "multiValueExtendedProperties", "singleValueExtendedProperties"}

var colorNames = []string{"auto", "lightBlue", "lightGreen", "lightOrange", "lightGray", "lightYellow", "lightTeal", "lightPink", "lightBrown", "lightRed", "maxColor"}

// folder is one calendar of a mailbox. It is immutable; a change stores a new one.
type folder struct {
	kind       calendarKind
	generation int32 // numbers are used again; the id tells the calendars apart
	rev        uint32
	name       string
	color      int
	gone       bool
	of         *mailbox // whose default calendar it shows; nil: it is the mailbox's own
	role       calendarRole
}

// hasTeams reports whether Teams meetings can be made in the mailbox.
func (m *mailbox) hasTeams() bool { return m.kind == personBox && m.licenceWord() == LicenceFull }

// changedFolders are the calendars that are not as every mailbox has them.
func (m *mailbox) changedFolders() []*folder {
	if list := m.folders.Load(); list != nil {
		return *list
	}
	return nil
}

// folder gives a calendar by number.
func (m *mailbox) folder(kind calendarKind) (*folder, bool) {
	for _, f := range m.changedFolders() {
		if f.kind == kind {
			return f, !f.gone
		}
	}
	switch {
	case kind == defaultCalendar:
		return &folder{kind: kind, rev: 1, name: "Calendar"}, true
	case kind == holidayCalendar && m.kind == personBox:
		return &folder{kind: kind, rev: 1, name: m.person.home.city.country + " holidays", color: 1}, true
	}
	return nil, false
}

// keep stores a calendar's new state. The lock is held.
func (m *mailbox) keep(f *folder) {
	f.rev++
	list := slices.Clone(m.changedFolders())
	if i := slices.IndexFunc(list, func(have *folder) bool { return have.kind == f.kind }); i >= 0 {
		list[i] = f
	} else {
		list = append(list, f)
	}
	m.folders.Store(&list)
}

// calendars lists what a mailbox shows: its own calendars and those shared with it.
func (m *mailbox) calendars() []*folder {
	var out []*folder
	for _, kind := range []calendarKind{defaultCalendar, holidayCalendar} {
		if f, ok := m.folder(kind); ok {
			out = append(out, f)
		}
	}
	for _, f := range m.changedFolders() {
		if f.kind >= firstOwnCalendar && !f.gone {
			out = append(out, f)
		}
	}
	return out
}

// folderNamed finds the calendar that an id names.
func (c *call) folderNamed(id string) (*folder, bool) {
	kind, generation, ok := c.mailbox.parseCalendarID(id)
	if !ok {
		return nil, false
	}
	f, ok := c.mailbox.folder(kind)
	return f, ok && f.generation == generation
}

// listCalendars lists a mailbox's calendars; to a colleague only the default one,
// which is what sharing is about here.
func (c *call) listCalendars(foreign bool) answer {
	if p := c.options("$top", "$skip", "$filter", "$count", "$select", "$orderby"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.calendar", calendarProperties)
	if p != nil {
		return c.refuse(p)
	}
	list := c.mailbox.calendars()
	if foreign {
		list = list[:1]
	}
	if list, p = c.narrowCalendars(list); p != nil {
		return c.refuse(p)
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	size, p := c.number("$top", defaultEvents)
	if p != nil {
		return c.refuse(p)
	}
	skip, p := c.number("$skip", 0)
	if p != nil {
		return c.refuse(p)
	}
	size = min(max(size, 1), 1000)
	page, more := cut(list, skip, size)
	e := c.encoder(c.mailbox, pick)
	e.open()
	e.string("@odata.context", c.context("users('"+c.mailKey+"')/calendars"))
	if count {
		e.int("@odata.count", int64(len(list)))
	}
	e.key("value")
	e.openValue('[')
	for _, f := range page {
		e.calendar(f, "")
	}
	e.closeList()
	if more {
		e.string("@odata.nextLink", c.link("$skip", fmt.Sprint(skip+size)))
	}
	e.close()
	return c.ok(e.writer)
}

// narrowCalendars applies $filter and $orderby.
func (c *call) narrowCalendars(list []*folder) ([]*folder, *problem) {
	field := func(f *folder) func(string) (any, bool) {
		return func(name string) (any, bool) {
			switch name {
			case "name":
				return f.name, true
			case "color":
				return colorNames[f.color], true
			case "isdefaultcalendar":
				return f.kind == defaultCalendar, true
			case "canedit":
				return c.mailbox.canEdit(f), true
			case "id":
				return c.mailbox.calendarID(f.kind, f.generation), true
			}
			return nil, false
		}
	}
	if text := c.query.Get("$filter"); text != "" {
		filter, err := parseFilter(text)
		if err != nil {
			return nil, bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error())
		}
		var kept []*folder
		for _, f := range list {
			ok, err := filter.test(field(f))
			if err != nil {
				return nil, bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error())
			}
			if ok {
				kept = append(kept, f)
			}
		}
		list = kept
	}
	order, err := parseOrder(c.query.Get("$orderby"))
	if err != nil {
		return nil, bad("BadRequest", err.Error())
	}
	for _, o := range order {
		if _, known := field(&folder{})(o.path); !known {
			return nil, bad("ErrorInvalidUrlQuery", "Ordering by '"+o.path+"' is not supported.")
		}
	}
	slices.SortStableFunc(list, func(a, b *folder) int { return order.compare(field(a), field(b)) })
	return list, nil
}

// oneCalendar answers a calendar by itself.
func (c *call) oneCalendar(status int, f *folder, pick selection) answer {
	e := c.encoder(c.mailbox, pick)
	e.calendar(f, c.context("users('"+c.mailKey+"')/calendars/$entity"))
	a := answer{status: status, body: e.b}
	if status == http.StatusCreated {
		a.set("Location", "https://"+c.host+"/v1.0/users('"+c.mailbox.id+"')/calendars('"+c.mailbox.calendarID(f.kind, f.generation)+"')")
	}
	return a
}

func (c *call) getCalendar(f *folder) answer {
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.calendar", calendarProperties)
	if p != nil {
		return c.refuse(p)
	}
	return c.oneCalendar(http.StatusOK, f, pick)
}

// canEdit reports whether events may be written into a calendar.
func (m *mailbox) canEdit(f *folder) bool {
	return f.kind != holidayCalendar && (f.of == nil || f.role.mayWrite())
}

// calendarKey is a calendar's changeKey.
func (m *mailbox) calendarKey(f *folder) string {
	return m.changeKey(&event{num: calendarNumber + uint32(f.kind), rev: f.rev})
}

// calendar writes a calendar; context "" leaves @odata.context out.
func (e *eventEncoder) calendar(f *folder, context string) {
	main := f.kind == defaultCalendar
	owner, home := e.m.contact, e.m
	if f.of != nil {
		owner, home = f.of.contact, f.of
	}
	e.open()
	if context != "" {
		e.string("@odata.context", context)
	}
	e.string("id", e.m.calendarID(f.kind, f.generation))
	if e.wants("name") {
		e.string("name", f.name)
	}
	if e.wants("color") {
		e.string("color", colorNames[f.color])
	}
	if e.wants("hexColor") {
		e.string("hexColor", "")
	}
	e.flag("isDefaultCalendar", main)
	if e.wants("changeKey") {
		e.string("changeKey", e.m.calendarKey(f))
	}
	e.flag("canShare", f.of == nil && f.kind != holidayCalendar)
	e.flag("canViewPrivateItems", f.of == nil || f.role == delegateWithPrivate)
	e.flag("canEdit", e.m.canEdit(f))
	teams := e.m.canEdit(f) && e.t.teams(home)
	if e.wants("allowedOnlineMeetingProviders") {
		if teams {
			e.strings("allowedOnlineMeetingProviders", []string{"teamsForBusiness"})
		} else {
			e.strings("allowedOnlineMeetingProviders", nil)
		}
	}
	if e.wants("defaultOnlineMeetingProvider") {
		if teams {
			e.string("defaultOnlineMeetingProvider", "teamsForBusiness")
		} else {
			e.string("defaultOnlineMeetingProvider", "unknown")
		}
	}
	e.flag("isTallyingResponses", main)
	e.flag("isRemovable", !main)
	if e.wants("owner") {
		e.key("owner")
		e.open()
		e.string("name", owner.name)
		e.string("address", owner.address)
		e.close()
	}
	e.close()
}
