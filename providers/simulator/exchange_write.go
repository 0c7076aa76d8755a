package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"roomdesk/providers/simulator/exchange"
)

// writing is a call in which the model's own rules for changes run.
func (x *exchangeModel) writing(m *mailbox) *call {
	return &call{t: x.t, mailbox: m, entry: &Entry{}, header: http.Header{}}
}

// exchangeRefusal says a problem of the model in the service's codes.
func exchangeRefusal(p *problem) error {
	code := p.code
	switch code {
	case "ErrorPropertyValidationFailure", "ErrorInvalidArgument", "RequestBodyRead", "ErrorInvalidParameter":
		code = "ErrorInvalidPropertySet"
	case "ErrorCalendarDurationIsTooLong", "ErrorCalendarEndDateIsEarlierThanStartDate", "ErrorInvalidRecipients", "ErrorInvalidPropertySet",
		"ErrorOccurrenceCrossingBoundary", "ErrorAccessDenied", "ErrorIrresolvableConflict", "ErrorItemNotFound",
		"ErrorCalendarIsOrganizerForAccept", "ErrorCalendarIsOrganizerForDecline":
	default:
		code = "ErrorInvalidRequest"
	}
	return exchange.Refuse(code, p.message)
}

// wire writes a draft as the model takes changes. e is the event as it is.
func (x *exchangeModel) wire(d exchange.Draft, e *event) (w *wireEvent, err error) {
	w = &wireEvent{Subject: d.Subject, IsAllDay: d.AllDay, IsReminderOn: d.ReminderSet, ResponseRequested: d.ResponseAsked, AllowNewTimeProposals: d.NewTime, Categories: d.Categories}
	if d.Reminder != nil {
		n := int32(*d.Reminder)
		w.ReminderMinutesBeforeStart = &n
	}
	for _, word := range []struct {
		from     *string
		to       **string
		own, has []string
	}{{d.Show, &w.ShowAs, exchangeShow, showNames}, {d.Sensitivity, &w.Sensitivity, exchangeSensitivities, sensitivityNames}, {d.Importance, &w.Importance, exchangeImportances, importanceNames}} {
		if word.from != nil {
			text := graphWord(*word.from, word.own, word.has)
			*word.to = &text
		}
	}
	if d.Body != nil {
		w.Body = &wireBody{ContentType: map[bool]string{true: "html", false: "text"}[d.Body.HTML], Content: d.Body.Text}
	}
	if d.Location != nil {
		w.Location = &wireLocation{DisplayName: *d.Location}
		if *d.Location == "" {
			w.Locations = &[]wireLocation{}
		}
	}
	for _, p := range d.Properties {
		w.Extended = append(w.Extended, wireProperty{ID: p.ID, Value: p.Value})
	}
	w.Attendees = attendeesOf(d, e)
	x.times(d, e, w)
	if d.Recurrence != nil {
		if w.Recurrence, err = recurrenceJSON(*d.Recurrence); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// times writes the draft's times; whole days are brought to midnights in their zone.
func (x *exchangeModel) times(d exchange.Draft, e *event, w *wireEvent) {
	allDay := e.has(allDayFlag)
	if d.AllDay != nil {
		allDay = *d.AllDay
	}
	for _, side := range []struct {
		at    *time.Time
		named *exchange.Zone
		have  *zone
		unix  int64
		into  **wireTime
		end   bool
	}{{d.Start, d.StartZone, e.zone, e.start, &w.Start, false}, {d.End, d.EndZone, e.endZone, e.end, &w.End, true}} {
		if side.at == nil && side.named == nil && (d.AllDay == nil || !allDay) {
			continue
		}
		z := side.have
		if side.named != nil {
			if found, ok := x.t.zones.find(side.named.ID); ok {
				z = found
			}
		}
		if z == nil {
			z = utcZone
		}
		when := at(side.unix)
		if side.at != nil {
			when = *side.at
		}
		local := when.In(z.loc)
		if allDay {
			day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, z.loc)
			if side.end && day.Before(local) {
				day = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, z.loc)
			}
			local = day
		}
		*side.into = &wireTime{DateTime: local.UTC().Format(time.RFC3339), TimeZone: z.windows}
	}
}

// attendeesOf is the whole list after a draft replaced parts of it; nil where it
// replaces none.
func attendeesOf(d exchange.Draft, e *event) *[]wireAttendee {
	parts := []*[]exchange.Attendee{d.Required, d.Optional, d.Resources}
	if parts[0] == nil && parts[1] == nil && parts[2] == nil {
		return nil
	}
	out := []wireAttendee{}
	add := func(name, address string, kind int) {
		var a wireAttendee
		a.EmailAddress.Name, a.EmailAddress.Address, a.Type = name, address, attendanceNames[kind]
		out = append(out, a)
	}
	for kind, part := range parts {
		if part != nil {
			for _, a := range *part {
				add(a.Name, a.Address, kind)
			}
			continue
		}
		for _, a := range e.attendees {
			if int(a.kind) == kind {
				add(a.who.name, a.who.address, kind)
			}
		}
	}
	return &out
}

// recurrenceJSON writes a pattern as the model reads it.
func recurrenceJSON(r exchange.Recurrence) ([]byte, error) {
	pattern := map[string]any{"type": graphWord(r.Pattern, exchangePatterns, patternNames), "interval": max(r.Interval, 1), "firstDayOfWeek": dayNames[r.FirstDay]}
	if r.DayOfMonth > 0 {
		pattern["dayOfMonth"] = r.DayOfMonth
	}
	if r.Month > 0 {
		pattern["month"] = int(r.Month)
	}
	if r.Index != "" {
		pattern["index"] = graphWord(r.Index, exchangeIndexes, indexNames)
	}
	var days []string
	for _, d := range r.Days {
		days = append(days, dayNames[d])
	}
	if days != nil {
		pattern["daysOfWeek"] = days
	}
	// The range begins on the day of the first date, whatever was written.
	span := map[string]any{"type": graphWord(r.Range, exchangeRanges, rangeNames)}
	switch r.Range {
	case "EndDate":
		span["endDate"] = r.End.Format(time.DateOnly)
	case "Numbered":
		span["numberOfOccurrences"] = r.Occurrences
	}
	return json.Marshal(map[string]any{"pattern": pattern, "range": span})
}

// Create books an event as its mailbox's own.
func (x *exchangeModel) Create(address string, d exchange.Draft, tell exchange.Tell) (exchange.Item, error) {
	m, err := x.box(address)
	if err != nil {
		return exchange.Item{}, err
	}
	now := x.t.options.Now()
	e := &event{
		created: now.Unix(), modified: now.Unix(), show: showBusy, imp: 1, reminder: 15, flags: isOrganizerFlag | reminderFlag,
		resp: respondedOrganizer, organizer: m.contact,
	}
	w, err := x.wire(d, e)
	if err != nil {
		return exchange.Item{}, err
	}
	if p := w.apply(x.t, m, e); p != nil {
		return exchange.Item{}, exchangeRefusal(p)
	}
	if d.Recurrence != nil {
		r, p := parseRecurrence(x.t, w.Recurrence, e)
		if p != nil {
			return exchange.Item{}, exchangeRefusal(p)
		}
		e.kind, e.recurrence = seriesMaster, r
		e.moveToFirst()
	}
	x.ensureAll(e)
	c := x.writing(m)
	x.t.mu.Lock()
	defer x.t.mu.Unlock()
	x.t.uids++
	e.uid = mix(x.t.uids | 1<<63)
	e.set(draftFlag, tell == exchange.TellNobody && len(e.attendees) > 0)
	c.mailbox.put(e, true)
	if tell != exchange.TellNobody {
		x.t.invite(m, e)
	}
	return x.item(m, instance{e: e, start: e.start, end: e.end, kind: e.kind}, exchange.Owner), nil
}

// ensureAll makes the calendars of everybody on an event.
func (x *exchangeModel) ensureAll(e *event) {
	for _, a := range e.attendees {
		if a.who.box != nil {
			x.t.ensure(a.who.box)
		}
	}
}

// current finds an entry and holds a change key against it. The lock is held.
func (m *mailbox) current(ref itemID, key string) (instance, error) {
	i, err := m.look(ref)
	if err != nil {
		return i, err
	}
	if key != "" && key != string(m.appendETag(nil, i)) {
		return i, exchange.Refuse("ErrorIrresolvableConflict", "")
	}
	return i, nil
}

// Update changes an item, or one date of a series, which becomes an exception.
func (x *exchangeModel) Update(id, key string, d exchange.Draft, tell exchange.Tell) (exchange.Item, error) {
	m, ref, err := x.parse(id)
	if err != nil {
		return exchange.Item{}, err
	}
	for _, list := range []*[]exchange.Attendee{d.Required, d.Optional, d.Resources} {
		if list == nil {
			continue
		}
		for _, a := range *list {
			if box := x.t.world.find(a.Address); box != nil && box.hasMailbox() {
				x.t.ensure(box)
			}
		}
	}
	c := x.writing(m)
	x.t.mu.Lock()
	defer x.t.mu.Unlock()
	found, err := m.current(ref, key)
	if err != nil {
		return exchange.Item{}, err
	}
	c.ensureCopies(found.e)
	w, err := x.wire(d, found.e)
	if err != nil {
		return exchange.Item{}, err
	}
	unsent := found.e.has(draftFlag)
	c.silent = tell != exchange.TellAll || unsent
	before := found.e.attendees
	changed, p := c.patched(w, found)
	if p != nil {
		return exchange.Item{}, exchangeRefusal(p)
	}
	changed = x.dropProperties(m, changed, d.DropProperties)
	if changed.e.has(isOrganizerFlag) {
		changed = x.tell(m, changed, before, tell, unsent)
	}
	return x.item(m, changed, exchange.Owner), nil
}

// dropProperties takes extended properties away.
func (x *exchangeModel) dropProperties(m *mailbox, i instance, names []string) instance {
	if len(names) == 0 {
		return i
	}
	e := i.e.clone()
	r := e.seldomCopy()
	r.properties = slices.DeleteFunc(slices.Clone(r.properties), func(p extendedProperty) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, p.id) })
	})
	return m.replace(i, e)
}

// replace stores another state of an entry. The lock is held.
func (m *mailbox) replace(i instance, e *event) instance {
	if i.date == 0 {
		m.put(e, true)
		return instance{e: e, start: e.start, end: e.end, kind: e.kind}
	}
	e.asException(i)
	master := i.master.withException(e)
	m.put(master, false)
	return instance{e: e, master: master, date: e.date, start: e.start, end: e.end, kind: exceptionKind}
}

// tell carries out what the model left out because not everybody shall hear of a
// change. The lock is held.
func (x *exchangeModel) tell(m *mailbox, i instance, before []attendee, tell exchange.Tell, unsent bool) instance {
	switch {
	case tell == exchange.TellNobody:
		return i
	case unsent: // the invitations go out for the first time
		e := i.e.clone()
		e.set(draftFlag, false)
		i = m.replace(i, e)
		if i.date == 0 {
			x.t.invite(m, i.e)
		}
	case tell == exchange.TellChanged && i.date == 0:
		for _, a := range before {
			if box := a.who.box; box != nil && box != m && i.e.attendeeIndex(box) < 0 {
				x.t.withdraw(i.e.uid, box)
			}
		}
		for _, a := range i.e.attendees {
			if !slices.ContainsFunc(before, func(b attendee) bool { return strings.EqualFold(b.who.address, a.who.address) }) {
				x.t.inviteOne(m, i.e, a.who.box)
			}
		}
	case tell == exchange.TellChanged:
		x.t.updateOccurrence(m, i.master, i.e, before, false)
	}
	return i
}

// Remove takes an item away, and calls a meeting of one's own off.
func (x *exchangeModel) Remove(id, key string, tell exchange.Tell) (exchange.Item, error) {
	m, ref, err := x.parse(id)
	if err != nil {
		return exchange.Item{}, err
	}
	c := x.writing(m)
	x.t.mu.Lock()
	defer x.t.mu.Unlock()
	found, err := m.current(ref, key)
	if err != nil {
		return exchange.Item{}, err
	}
	out := x.item(m, found, exchange.Owner)
	c.ensureCopies(found.e)
	if found.e.has(isOrganizerFlag) && tell != exchange.TellNobody && !found.e.has(draftFlag) {
		x.t.callOff(m, found)
	} else {
		m.drop(found)
	}
	return out, nil
}

// Respond answers a meeting request in the mailbox's name.
func (x *exchangeModel) Respond(id, key, answer string, tell exchange.Tell) (exchange.Item, error) {
	m, ref, err := x.parse(id)
	if err != nil {
		return exchange.Item{}, err
	}
	c := x.writing(m)
	x.t.mu.Lock()
	defer x.t.mu.Unlock()
	found, err := m.current(ref, key)
	if err != nil {
		return exchange.Item{}, err
	}
	word := map[string]string{"Accept": "Accept", "Decline": "Decline", "Tentative": "Tentative"}[answer]
	switch {
	case word == "":
		return exchange.Item{}, exchange.Refuse("ErrorInvalidRequest", "")
	case found.e.has(isOrganizerFlag):
		return exchange.Item{}, exchange.Refuse("ErrorCalendarIsOrganizerFor"+word, "You can't respond to this meeting because you're the meeting organizer.")
	case found.e.has(cancelledFlag):
		return exchange.Item{}, exchange.Refuse("ErrorCalendarIsCancelledFor"+word, "The meeting was cancelled.")
	}
	c.ensureCopies(found.e)
	x.t.answered(m, found, map[string]response{"Accept": respondedAccepted, "Decline": respondedDeclined, "Tentative": respondedTentative}[answer], tell != exchange.TellNobody, nil)
	if now, err := m.look(ref); err == nil {
		found = now
	}
	return x.item(m, found, exchange.Owner), nil
}
