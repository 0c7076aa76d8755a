package simulator

import "slices"

// Somebody may be invited to single dates of a series without taking part in it:
// a room that stands in for another one, a guest of one meeting. Its copy is the
// series reduced to these dates, so that they keep their place in the series.

// dateCopy is what somebody has after an invitation to one date; have is what was
// there of the series, nil or cancelled where nothing.
func (e *event) dateCopy(x *event, box *mailbox, have *event) *event {
	day := fromYYYYMMDD(x.date)
	var c *event
	if have == nil || have.kind != seriesMaster || have.has(cancelledFlag) {
		c = attendeeCopy(e, box)
		c.exceptions, c.cancelled = nil, nil
		if have != nil {
			c.num, c.created = have.num, have.created
		}
		c.reduce(day, day)
	} else if c = have.clone(); !c.hasDate(x.date) {
		c.reach(day)
	}
	own := attendeeCopy(x, box)
	if box.kind == roomBox {
		c.strip(box)
		own.strip(box)
	}
	return c.withException(own)
}

// everybody lists who is invited to a meeting, or to any date of a series.
func (e *event) everybody() []attendee {
	all := e.attendees
	for _, x := range e.exceptions {
		for _, a := range x.attendees {
			if !slices.ContainsFunc(all, func(b attendee) bool { return b.who == a.who }) {
				all = append(slices.Clone(all), a)
			}
		}
	}
	return all
}

// hasDate reports whether a date is one of the series, or was one.
func (e *event) hasDate(date int32) bool {
	_, gone := slices.BinarySearch(e.cancelled, date)
	_, _, ok := e.occurrenceOn(date)
	return ok || gone
}

// reduce lets a series begin and end on days of its own.
func (e *event) reduce(first, last int32) {
	start, end, ok := e.occurrenceOn(yyyymmdd(first))
	r := *e.recurrence
	r.span, r.first, r.last, r.count = endDate, first, last, 0
	if e.recurrence = &r; ok {
		e.start, e.end = start, end
	}
}

// reach lengthens a series up to a day without taking in the dates between.
func (e *event) reach(day int32) {
	had := map[int32]bool{}
	e.recurrence.dates(e.recurrence.first, func(d int32) bool { had[d] = true; return true })
	first, last := min(e.recurrence.first, day), max(e.recurrence.last, day)
	r := *e.recurrence
	r.first, r.last = first, last
	e.recurrence, e.cancelled = &r, slices.Clone(e.cancelled)
	start, length := e.start, e.end-e.start
	r.dates(first, func(d int32) bool {
		date := yyyymmdd(d)
		if at, gone := slices.BinarySearch(e.cancelled, date); !had[d] && d != day && !gone {
			e.cancelled = slices.Insert(e.cancelled, at, date)
		}
		return true
	})
	if s, t, ok := e.occurrenceOn(yyyymmdd(first)); ok {
		start, length = s, t-s
	}
	e.start, e.end = start, start+length
}

// updateDateGuests carries a change of a series to those who have single dates of it.
func (t *Tenant) updateDateGuests(m *mailbox, e *event) {
	for _, x := range e.exceptions {
		for _, a := range x.attendees {
			box := a.who.box
			if box == nil || box == m || e.attendeeIndex(box) >= 0 {
				continue
			}
			have := box.byUID(e.uid)
			if have == nil || have.kind != seriesMaster || have.has(cancelledFlag) {
				continue
			}
			on, still := box.entry(itemID{num: have.num, date: x.date, stable: true})
			if !still {
				continue
			}
			own := attendeeCopy(x, box)
			own.keepAnswer(x.show, on.e)
			if box.kind == roomBox {
				own.strip(box)
			}
			box.put(have.withException(own), false)
		}
	}
}
