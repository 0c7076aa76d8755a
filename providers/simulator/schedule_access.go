package simulator

import (
	"slices"
	"strings"
)

// maxListMembers is how many members of a distribution list free/busy looks at.
const maxListMembers = 100

// oneSchedule writes the entry of one address of getSchedule.
func (c *call) oneSchedule(e *eventEncoder, address string, from, to, interval int64) {
	key := strings.ToLower(strings.TrimSpace(address))
	if members, ok := c.t.listMembers(key); ok {
		c.listSchedule(e, address, members, from, to, interval)
		return
	}
	m, code, message := c.scheduleOf(key)
	if m == nil {
		e.scheduleError(address, code, message)
		return
	}
	c.t.ensure(m)
	c.t.mu.RLock()
	busy, z, hours := m.busy(from, to), m.zoneNow(), m.hoursNow()
	c.t.mu.RUnlock()
	if len(busy) > maxScheduleItems {
		e.scheduleError(address, tooManyItemsError, "There are more than 1000 items in the time window (5006).")
		return
	}
	e.schedule(address, z, hours, busy, c.scheduleSight(m), from, to, interval)
}

// scheduleOf finds the mailbox of an address, or says what is wrong with it.
func (c *call) scheduleOf(key string) (m *mailbox, code, message string) {
	_, domain, isAddress := strings.Cut(key, "@")
	m = c.t.world.find(key)
	switch {
	case m == nil && isAddress && domain != c.t.endpoints.Domain:
		return nil, noProxy, "Proxy web request not allowed for '" + key + "': there is no relationship with the organization of that address."
	case m == nil || !isAddress || !m.hasMailbox():
		return nil, noRecipient, "Unable to resolve e-mail address '" + key + "' to an Active Directory object."
	}
	if m.state().hosted == HostedOnPremises && !c.t.options.HybridFreeBusy {
		return nil, noProxy, "Proxy web request not allowed for '" + key + "': its mailbox is on premises and no free/busy federation answers."
	}
	if c.t.policy.refuses(c, m) {
		return nil, noAccess, "The caller does not have free/busy access to '" + key + "'."
	}
	if user := c.user(); user != nil && m.roleOf(user) == roleNone {
		return nil, noAccess, "The caller does not have free/busy access to '" + key + "'."
	}
	return m, "", ""
}

// scheduleSight is how much of a mailbox's appointments the caller's free/busy
// shows: a person goes by the owner's sharing, an application by its permission.
func (c *call) scheduleSight(m *mailbox) sight {
	if user := c.user(); user != nil {
		return m.roleOf(user).sight()
	}
	if c.basic() {
		return seesTimes
	}
	return seesAll
}

// basic reports whether the caller's only permission for calendars is
// Calendars.ReadBasic, which leaves bodies and extensions out.
func (c *call) basic() bool {
	have := c.claims.Roles
	if c.claims.Delegated() {
		have = strings.Fields(c.claims.Scope)
	}
	return !holds(have, viewCalendars)
}

// listMembers are the mailboxes of a room list.
func (t *Tenant) listMembers(address string) ([]*mailbox, bool) {
	records, ok := t.places.membersOf(address, roomPlace)
	if !ok {
		return nil, false
	}
	var out []*mailbox
	for _, r := range records {
		if m := t.world.find(r.email); m != nil {
			out = append(out, m)
		}
	}
	return out, true
}

// listSchedule writes the entry of a distribution list: its members' time merged
// into one view, without single appointments.
func (c *call) listSchedule(e *eventEncoder, address string, members []*mailbox, from, to, interval int64) {
	if len(members) > maxListMembers {
		e.scheduleError(address, listTooLarge, "The distribution list has more than 100 members.")
		return
	}
	var all []instance
	for _, m := range members {
		c.t.ensure(m)
	}
	c.t.mu.RLock()
	for _, m := range members {
		all = append(all, m.busy(from, to)...)
	}
	c.t.mu.RUnlock()
	slices.SortFunc(all, func(a, b instance) int { return int(a.start - b.start) })
	e.open()
	e.string("scheduleId", address)
	e.string("availabilityView", merged(all, from, to, interval))
	e.key("scheduleItems")
	e.b = append(e.b, '[', ']')
	e.close()
}
