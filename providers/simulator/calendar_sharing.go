package simulator

import (
	"encoding/base64"
	"slices"
)

// calendarRole is Graph's calendarRoleType: what somebody may do with another's
// calendar.
type calendarRole uint8

const (
	roleNone calendarRole = iota
	freeBusyRead
	limitedRead // subject and place too
	roleRead
	roleWrite
	delegateWithoutPrivate
	delegateWithPrivate
)

var roleNames = []string{"none", "freeBusyRead", "limitedRead", "read", "write", "delegateWithoutPrivateEventAccess", "delegateWithPrivateEventAccess", "custom"}

func (r calendarRole) mayRead() bool  { return r >= roleRead }
func (r calendarRole) mayWrite() bool { return r >= roleWrite }

// grant is one line of a calendar's sharing.
type grant struct {
	who  *contact
	role calendarRole
}

// openRole is what everybody in the organisation may see. Rooms show who has
// them: their subject is the organiser's name.
func (m *mailbox) openRole() calendarRole {
	if m.kind == roomBox {
		return limitedRead
	}
	return freeBusyRead
}

// roleOf says what a person of the organisation may do with m's default calendar.
func (m *mailbox) roleOf(who *mailbox) calendarRole {
	if who == m {
		return delegateWithPrivate
	}
	for _, g := range m.grants {
		if g.who == who.contact {
			return g.role
		}
	}
	return m.openRole()
}

// sight is how much of events a reader gets to see.
type sight uint8

const (
	seesAll       sight = iota
	seesNoPrivate       // private events are only times
	seesLimited         // times, subject and place; private ones only times
	seesTimes
)

func (r calendarRole) sight() sight {
	switch r {
	case delegateWithPrivate:
		return seesAll
	case roleRead, roleWrite, delegateWithoutPrivate:
		return seesNoPrivate
	case limitedRead:
		return seesLimited
	}
	return seesTimes
}

// seenWith is an event as a reader sees it.
func (e *event) seenWith(s sight) *event {
	private := e.sens >= 2
	if s == seesAll || s == seesNoPrivate && !private {
		return e
	}
	c := e.clone()
	c.body, c.attendees, c.rare = nil, nil, nil
	c.set(onlineFlag|reminderFlag, false)
	if s != seesLimited || private {
		c.subject, c.locations = "Busy", nil
	}
	return c
}

// share lets some people see the calendars of others. It is fixed by the order
// of people, so that each way of sharing is in every tenant of eight or more.
func (w *world) share() {
	roles := []calendarRole{roleRead, roleWrite, delegateWithPrivate, limitedRead, freeBusyRead, delegateWithoutPrivate}
	for _, c := range w.cells {
		for i := 1; i < len(c.people); i += 12 {
			reader := c.people[i]
			for n, role := range roles {
				if i+1+n >= len(c.people) {
					break
				}
				owner := c.people[i+1+n]
				if owner.kind != personBox || reader.kind != personBox {
					continue
				}
				owner.grants = append(owner.grants, grant{reader.contact, role})
				reader.keep(&folder{
					kind: firstOwnCalendar + calendarKind(n), name: owner.contact.name, color: 2 + n, of: owner, role: role,
				})
			}
		}
	}
}

// calendarPermissions lists who may do what with a calendar.
func (c *call) calendarPermissions() answer {
	if p := c.options("$top", "$skip", "$filter", "$select"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.calendarPermission", []string{"id", "allowedRoles", "emailAddress", "isInsideOrganization", "isRemovable", "role"})
	if p != nil {
		return c.refuse(p)
	}
	size, p := c.number("$top", 100)
	if p != nil {
		return c.refuse(p)
	}
	skip, p := c.number("$skip", 0)
	if p != nil {
		return c.refuse(p)
	}
	list := append([]grant{{nil, c.mailbox.openRole()}}, c.mailbox.grants...)
	if text := c.query.Get("$filter"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return c.refuse(bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error()))
		}
		for _, g := range slices.Clone(list) {
			ok, err := f.test(g.field)
			if err != nil {
				return c.refuse(bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error()))
			}
			if !ok {
				list = slices.DeleteFunc(list, func(have grant) bool { return have == g })
			}
		}
	}
	page, more := cut(list, skip, max(size, 1))
	e := c.encoder(c.mailbox, pick)
	e.open()
	e.string("@odata.context", c.context("users('"+c.mailKey+"')/calendar/calendarPermissions"))
	e.key("value")
	e.openValue('[')
	for _, g := range page {
		e.permission(g)
	}
	e.closeList()
	if more {
		e.string("@odata.nextLink", c.link("$skip", itoa(skip+max(size, 1))))
	}
	e.close()
	return c.ok(e.writer)
}

func (g grant) field(name string) (any, bool) {
	switch name {
	case "role":
		return roleNames[g.role], true
	case "emailaddress/address":
		if g.who == nil {
			return nil, true
		}
		return g.who.address, true
	}
	return nil, false
}

// permission writes one line; the one without an address is everybody.
func (e *eventEncoder) permission(g grant) {
	key, name := "Default", "My Organization"
	if g.who != nil {
		key, name = g.who.address, g.who.name
	}
	e.open()
	e.string("id", base64.StdEncoding.EncodeToString([]byte(key)))
	e.flag("isRemovable", g.who != nil)
	e.flag("isInsideOrganization", true)
	if e.wants("role") {
		e.string("role", roleNames[g.role])
	}
	if e.wants("allowedRoles") {
		allowed := roleNames[:5]
		if g.who != nil {
			allowed = roleNames[:7]
		}
		e.strings("allowedRoles", allowed)
	}
	if e.wants("emailAddress") {
		e.key("emailAddress")
		e.open()
		e.string("name", name)
		if g.who != nil {
			e.string("address", g.who.address)
		}
		e.close()
	}
	e.close()
}
