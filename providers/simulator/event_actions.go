package simulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// forward sends a meeting on to more people: they become optional attendees of
// the organiser's event and get copies of their own.
func (c *call) forward(kind calendarKind, id itemID, ok bool) answer {
	if p := c.readOnly(kind, id); p != nil {
		return c.refuse(p)
	}
	var w struct {
		ToRecipients []wireAttendee `json:"toRecipients"`
		Comment      *string        `json:"comment"`
	}
	if p := strictDecode(c.body, &w); p != nil {
		return c.refuse(p)
	}
	if len(w.ToRecipients) == 0 {
		return c.fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient is required.")
	}
	var to []*contact
	for _, a := range w.ToRecipients {
		who, p := c.t.recipient(a)
		if p != nil {
			return c.refuse(p)
		}
		to = append(to, who)
		if who.box != nil {
			c.t.ensure(who.box)
		}
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	found, exists := c.entryIn(kind, id)
	if !ok || !exists {
		return c.itemNotFound()
	}
	if found.e.has(cancelledFlag) {
		return c.fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. The meeting was cancelled.")
	}
	c.ensureCopies(found.e)
	c.concerns(found)
	c.entry.Effect = "forwarded event"
	c.t.forward(c.mailbox, found, to)
	return answer{status: http.StatusAccepted}
}

// recipient finds or makes the contact of an address.
func (t *Tenant) recipient(a wireAttendee) (*contact, *problem) {
	address := strings.TrimSpace(a.EmailAddress.Address)
	if m := t.world.byLegacyDN(address); m != nil {
		return &contact{address: address, name: cmp.Or(a.EmailAddress.Name, m.displayName()), box: m}, nil
	}
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(address, " <>,;\r\n") {
		return nil, bad("ErrorInvalidRecipients", "At least one recipient is not valid: '"+address+"'.")
	}
	m := t.world.find(address)
	if m != nil && strings.EqualFold(m.contact.address, address) {
		return m.contact, nil
	}
	who := &contact{address: address, name: a.EmailAddress.Name, box: m}
	switch {
	case who.name != "":
	case m != nil: // an address that it got later
		who.name = m.displayName()
	default:
		who.name = address
	}
	return who, nil
}

// forward adds people to a meeting. Where the organiser is in another company only
// the copies are made. The lock is held.
func (t *Tenant) forward(from *mailbox, found instance, to []*contact) {
	host := found.e.organizer.box
	var organized instance
	known := false
	if host != nil {
		if e := host.byUID(found.e.uid); e != nil {
			organized, known = host.entry(itemID{num: e.num, date: found.date, stable: true})
		}
	}
	if !known {
		host, organized = from, found
	}
	e := organized.e.clone()
	var added []*mailbox
	for _, who := range to {
		if who.box == host || slices.ContainsFunc(e.attendees, func(a attendee) bool { return strings.EqualFold(a.who.address, who.address) }) {
			continue
		}
		kind := optional
		if who.box != nil && who.box.kind == roomBox {
			kind = resource
		}
		e.attendees = append(slices.Clone(e.attendees), attendee{who: who, kind: kind})
		if who.box != nil {
			added = append(added, who.box)
		}
	}
	e.modified = t.options.Now().Unix()
	if organized.date == 0 {
		if known {
			host.put(e, true)
		}
		for _, box := range added {
			t.inviteOne(host, e, box)
		}
		return
	}
	if known {
		e.asException(organized)
		host.put(organized.master.withException(e), false)
	}
	for _, box := range added {
		if box.kind == roomBox {
			t.request(host, e, organized.date, box)
			continue
		}
		single := attendeeCopy(e, box)
		single.kind, single.date = singleInstance, 0
		single.start, single.end = organized.start, organized.end
		single.recurrence, single.exceptions, single.cancelled = nil, nil, nil
		box.put(single, true)
	}
}

// reminder puts a reminder away, or lets it come again at another time.
func (c *call) reminder(kind calendarKind, id itemID, ok, snooze bool) answer {
	if p := c.readOnly(kind, id); p != nil {
		return c.refuse(p)
	}
	at := int64(0)
	if snooze {
		var w struct {
			NewReminderTime *wireTime `json:"newReminderTime"`
		}
		if p := strictDecode(c.body, &w); p != nil {
			return c.refuse(p)
		}
		if w.NewReminderTime == nil {
			return c.fail(http.StatusBadRequest, "ErrorInvalidParameter", "The parameter NewReminderTime is required.")
		}
		due, _, p := w.NewReminderTime.parse(c.t.zones)
		if p != nil {
			return c.refuse(p)
		}
		at = due.Unix()
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	found, exists := c.entryIn(kind, id)
	if !ok || !exists {
		return c.itemNotFound()
	}
	e := found.e.clone()
	e.modified = c.t.options.Now().Unix()
	e.set(reminderFlag, snooze)
	e.set(dismissedFlag, !snooze)
	e.seldomCopy().snoozed = at
	c.concerns(found)
	c.entry.Effect = map[bool]string{false: "dismissed reminder", true: "snoozed reminder"}[snooze]
	if found.date != 0 {
		e.asException(found)
		c.mailbox.put(found.master.withException(e), false)
	} else {
		c.mailbox.put(e, true)
	}
	return answer{status: http.StatusOK}
}

// proposed reads the other time that an attendee asks for with its answer.
func (c *call) proposed(w *wireSlot, told bool, e *event) (*proposal, *problem) {
	if w == nil {
		return nil, nil
	}
	switch {
	case e.has(noProposalFlag):
		return nil, bad("ErrorInvalidRequest", "Your request can't be completed. The organizer does not allow new time proposals.")
	case !told:
		return nil, bad("ErrorInvalidRequest", "Your request can't be completed. A new time can be proposed only with a response that is sent.")
	case w.Start == nil || w.End == nil:
		return nil, bad("ErrorInvalidParameter", "ProposedNewTime needs a start and an end.")
	}
	start, z, p := w.Start.parse(c.t.zones)
	if p != nil {
		return nil, p
	}
	end, _, p := w.End.parse(c.t.zones)
	if p != nil {
		return nil, p
	}
	if end.Before(start) {
		return nil, bad("ErrorCalendarEndDateIsEarlierThanStartDate", "The end date is before the start date.")
	}
	return &proposal{who: c.mailbox.contact, start: start.Unix(), end: end.Unix(), zone: z}, nil
}

// wireSlot is Graph's timeSlot in a request.
type wireSlot struct {
	Start *wireTime `json:"start"`
	End   *wireTime `json:"end"`
}

// withProposal notes or forgets what an attendee proposed.
func (e *event) withProposal(who *contact, p *proposal) {
	old := e.seldom().proposals
	i := slices.IndexFunc(old, func(have proposal) bool { return have.who == who })
	if i < 0 && p == nil {
		return
	}
	r := e.seldomCopy()
	r.proposals = slices.DeleteFunc(slices.Clone(old), func(have proposal) bool { return have.who == who })
	if p != nil {
		r.proposals = append(r.proposals, *p)
	}
}
