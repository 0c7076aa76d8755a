package simulator

import (
	"fmt"
	"time"
)

// calendarProperties are the names that $select may use for a calendar.
var calendarProperties = []string{"id", "allowedOnlineMeetingProviders", "canEdit", "canShare", "canViewPrivateItems", "changeKey", "color", "defaultOnlineMeetingProvider", "hexColor", "isDefaultCalendar", "isRemovable", "isTallyingResponses", "name", "owner", "calendarPermissions", "multiValueExtendedProperties", "singleValueExtendedProperties"}

// hasTeams reports whether Teams meetings can be made in the mailbox.
func (m *mailbox) hasTeams() bool { return m.kind == personBox && m.person.teams }

// calendarKinds lists the calendars that a mailbox has.
func (m *mailbox) calendarKinds() []calendarKind {
	if m.kind == personBox {
		return []calendarKind{defaultCalendar, holidayCalendar}
	}
	return []calendarKind{defaultCalendar}
}

func (c *call) listCalendars() answer {
	if p := c.need(mailboxArea, readBasic...); p != nil {
		return c.refuse(p)
	}
	if p := c.options("$top", "$skip", "$filter", "$count", "$select", "$orderby"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.calendar", calendarProperties)
	if p != nil {
		return c.refuse(p)
	}
	kinds := c.mailbox.calendarKinds()
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
	page, more := cut(kinds, skip, max(size, 1))
	e := c.encoder(c.mailbox, pick)
	e.open()
	e.string("@odata.context", c.context("users('"+c.mailKey+"')/calendars"))
	if count {
		e.int("@odata.count", int64(len(kinds)))
	}
	e.key("value")
	e.openValue('[')
	for _, kind := range page {
		e.calendar(kind, "")
	}
	e.closeList()
	if more {
		e.string("@odata.nextLink", c.link("$skip", fmt.Sprint(skip+max(size, 1))))
	}
	e.close()
	return c.ok(e.writer)
}

func (c *call) getCalendar(kind calendarKind) answer {
	if p := c.need(mailboxArea, readBasic...); p != nil {
		return c.refuse(p)
	}
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.calendar", calendarProperties)
	if p != nil {
		return c.refuse(p)
	}
	e := c.encoder(c.mailbox, pick)
	e.calendar(kind, c.context("users('"+c.mailKey+"')/calendars/$entity"))
	return c.ok(e.writer)
}

// calendar writes a calendar; context "" leaves @odata.context out.
func (e *eventEncoder) calendar(kind calendarKind, context string) {
	main := kind == defaultCalendar
	name, color, owner := "Calendar", "auto", e.m.contact
	if !main {
		home := e.m.person.home.city.country
		name, color = home+" holidays", "lightBlue"
		owner = e.m.contact
	}
	e.open()
	if context != "" {
		e.string("@odata.context", context)
	}
	e.string("id", e.m.calendarID(kind))
	if e.wants("name") {
		e.string("name", name)
	}
	if e.wants("color") {
		e.string("color", color)
	}
	if e.wants("hexColor") {
		e.string("hexColor", "")
	}
	e.flag("isDefaultCalendar", main)
	if e.wants("changeKey") {
		e.string("changeKey", e.m.changeKey(&event{num: calendarNumber + uint32(kind), rev: 1}))
	}
	e.flag("canShare", main)
	e.flag("canViewPrivateItems", true)
	e.flag("canEdit", main)
	teams := main && e.m.hasTeams()
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

// holiday is a day off by country; month and day are fixed each year.
var holidayDates = map[string][]struct {
	name  string
	month time.Month
	day   int
}{
	"":               {{"New Year's Day", 1, 1}, {"Christmas Day", 12, 25}},
	"Netherlands":    {{"Koningsdag", 4, 27}, {"Bevrijdingsdag", 5, 5}, {"Tweede Kerstdag", 12, 26}},
	"United Kingdom": {{"Boxing Day", 12, 26}},
	"Germany":        {{"Tag der Arbeit", 5, 1}, {"Tag der Deutschen Einheit", 10, 3}, {"Zweiter Weihnachtstag", 12, 26}},
	"United States":  {{"Independence Day", 7, 4}, {"Veterans Day", 11, 11}},
	"Portugal":       {{"Dia da Liberdade", 4, 25}, {"Imaculada Conceição", 12, 8}},
	"Singapore":      {{"National Day", 8, 9}},
	"India":          {{"Republic Day", 1, 26}, {"Independence Day", 8, 15}},
	"France":         {{"Fête nationale", 7, 14}, {"Armistice", 11, 11}},
	"Australia":      {{"Australia Day", 1, 26}, {"Anzac Day", 4, 25}},
	"Brazil":         {{"Independência do Brasil", 9, 7}},
	"Japan":          {{"Kinrō Kansha no Hi", 11, 23}},
}

// makeHolidays makes the read-only holiday calendars, one for each country; all
// mailboxes of a country show the same.
func makeHolidays(w *world, now time.Time) map[string][]*event {
	out := map[string][]*event{}
	for _, b := range w.buildings {
		country := b.city.country
		if out[country] != nil {
			continue
		}
		owner := &contact{address: "holidays@" + "outlook.example", name: country + " holidays"}
		num := uint32(holidayNumbers)
		for year := now.Year() - 1; year <= now.Year()+3; year++ {
			for _, h := range append(holidayDates[""], holidayDates[country]...) {
				num++
				start := time.Date(year, h.month, h.day, 0, 0, 0, 0, b.zone.loc).Unix()
				end := time.Date(year, h.month, h.day+1, 0, 0, 0, 0, b.zone.loc).Unix()
				out[country] = append(out[country], &event{
					num: num, rev: 1, self: 1, uid: mix(uint64(num)<<32 ^ uint64(len(out))), subject: h.name, start: start, end: end,
					zone: b.zone, endZone: b.zone, created: start - 86400*365, modified: start - 86400*365,
					show: showFree, imp: 1, flags: allDayFlag | readOnlyFlag | isOrganizerFlag, resp: respondedOrganizer, organizer: owner,
				})
			}
		}
	}
	return out
}

// holidayNumbers is where the numbers of holidays begin, far above any event's.
const holidayNumbers = 0xf0000000

func (t *Tenant) holidayEvents(m *mailbox) []*event {
	if m.kind != personBox {
		return nil
	}
	return t.holidays[m.person.home.city.country]
}
