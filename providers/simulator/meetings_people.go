package simulator

import (
	"slices"
	"time"
)

// meeting makes the common part of an event in a room's zone.
func (k *maker) meeting(subject string, in *mailbox, start, end int64) *event {
	k.uids++
	created := min(start, k.t.started.Unix()) - int64(1+k.r.IntN(12*86400))
	return &event{
		uid: mix(k.uids ^ uint64(k.t.options.Seed)<<7), subject: subject, start: start, end: end, zone: in.zone, endZone: in.zone,
		created: created, modified: created + int64(k.r.IntN(7200)), show: showBusy, imp: 1, reminder: 15, flags: reminderFlag,
	}
}

// mix spreads a counter over 64 bits without ever meeting the same value twice.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// host picks the organiser: a person of the cell who is free then, else a
// colleague of the sister company, whose mailbox is in another tenant.
func (k *maker) host(e *event, room *mailbox, choice uint64) *contact {
	people := k.cell.people
	for try := uint64(0); try < 8 && len(people) > 0; try++ {
		p := people[(choice+try*7)%uint64(len(people))]
		near := p.person.home == room.room.building || try > 3
		if near && k.isFree(p, e) && k.room(p, e) {
			return p.contact
		}
	}
	return k.t.world.partners[choice%uint64(len(k.t.world.partners))]
}

// book puts a meeting into the organiser's calendar, into those of the rooms and
// into those of some attendees who are free. All copies share one UID.
func (k *maker) book(e *event, host *contact, rooms []*mailbox, plan plan) {
	guests, inside := plan.guests, 6
	if plan.outside {
		inside = 2
	}
	var invited []*mailbox
	seen := map[*contact]bool{host: true}
	for try := 0; guests > 0 && try < 3*guests+4; try++ {
		var who *contact
		if people := k.cell.people; len(people) > 0 && k.r.IntN(inside) > 0 {
			p := people[k.r.IntN(len(people))]
			if !k.isFree(p, e) || !k.room(p, e) {
				continue
			}
			who = p.contact
		} else {
			who = k.t.world.partners[k.r.IntN(len(k.t.world.partners))]
		}
		if seen[who] {
			continue
		}
		seen[who] = true
		guests--
		a := attendee{who: who, kind: required, resp: []response{respondedAccepted, respondedAccepted, respondedAccepted, respondedTentative, notResponded}[k.r.IntN(5)]}
		if k.r.IntN(5) == 0 {
			a.kind = optional
		}
		if a.resp != notResponded {
			a.at = e.modified + int64(60+k.r.IntN(5000))
		} else {
			a.resp = respondedNone
		}
		e.attendees = append(e.attendees, a)
		if who.box != nil {
			invited = append(invited, who.box)
		}
	}
	for _, room := range rooms {
		answer := respondedAccepted
		if room.room.policy.Delegate && k.r.IntN(5) == 0 {
			answer = respondedTentative
		}
		e.attendees = append(e.attendees, attendee{who: room.contact, kind: resource, resp: answer, at: e.created + int64(2+k.r.IntN(40))})
		if e.locations == nil {
			e.locations = room.room.locations // shared: most meetings have one room
		} else {
			e.locations = slices.Concat(e.locations, room.room.locations)
		}
	}
	if host.box != nil && host.box.person.teams && k.r.IntN(2) == 0 {
		e.set(onlineFlag, true)
	}
	e.organizer = host
	e.nameThose()
	e.attendees = k.store(e.attendees)
	if host.box != nil {
		host.box.seedCopy(e, copyOfOrganizer)
		k.take(host.box, e)
	}
	for _, guest := range invited {
		guest.seedCopy(e, copyOfAttendee)
		k.take(guest, e)
	}
	for _, room := range rooms {
		room.seedCopy(e, copyOfRoom)
		k.take(room, e)
	}
}

// store keeps attendees without the slack that appending leaves.
func (k *maker) store(list []attendee) []attendee {
	if len(k.attendees)+len(list) > cap(k.attendees) {
		k.attendees = make([]attendee, 0, max(1024, len(list)))
	}
	n := len(k.attendees)
	k.attendees = append(k.attendees, list...)
	return k.attendees[n:len(k.attendees):len(k.attendees)]
}

// leave gives some people a day or a week off.
func (k *maker) leave(p *mailbox) {
	if k.force > 0 || k.r.IntN(4) > 0 {
		return
	}
	first := k.today + int32(k.r.IntN(15))
	days := []int{1, 1, 2, 5}[k.r.IntN(4)]
	d := dayDate(first)
	start := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, p.zone.loc).Unix()
	end := time.Date(d.Year(), d.Month(), d.Day()+days, 0, 0, 0, 0, p.zone.loc).Unix()
	e := k.meeting(awayNames[k.r.IntN(len(awayNames))], p, start, end)
	e.show = showOOF
	e.set(allDayFlag, true)
	k.solo(p, e)
}

// own gives a person entries without anybody else.
func (k *maker) own(p *mailbox) {
	if k.force > 0 {
		return
	}
	k.habits(p)
	for day := k.today - daysBack; day < k.today+daysAhead; day++ {
		if w := weekdayOf(day); w == time.Saturday || w == time.Sunday || k.r.IntN(3) > 0 {
			continue
		}
		start, end := k.span(p.zone, day, plan{}.startMinute(k.r), []int{30, 60, 90}[k.r.IntN(3)])
		e := k.meeting(soloNames[k.r.IntN(len(soloNames))], p, start, end)
		if !k.isFree(p, e) {
			continue
		}
		switch k.r.IntN(8) {
		case 0:
			e.sens, e.subject = 2, privateNames[k.r.IntN(len(privateNames))]
		case 1:
			e.show = showElsewhere
		case 2:
			e.show = showFree
		}
		k.solo(p, e)
	}
}

// habits are what some people have every week: a day at home, which keeps nobody
// from inviting them, and time of their own, which does.
func (k *maker) habits(p *mailbox) {
	weekly := func(subject string, weekday time.Weekday, minute, length int, show showAs) *event {
		first := k.today - int32(60+k.r.IntN(200))
		for weekdayOf(first) != weekday {
			first++
		}
		start, end := k.span(p.zone, first, minute, length)
		e := k.meeting(subject, p, start, end)
		e.kind, e.show = seriesMaster, show
		e.recurrence = &recurrence{pattern: weekly, interval: 1, days: 1 << weekday, firstDay: time.Sunday, span: noEnd, first: first, zone: p.zone}
		return e
	}
	switch k.r.IntN(6) {
	case 0, 1:
		e := weekly("Working from home", []time.Weekday{time.Monday, time.Friday, time.Friday, time.Wednesday}[k.r.IntN(4)], 0, 1440, showElsewhere)
		e.set(allDayFlag, true)
		e.organizer, e.resp = p.contact, respondedOrganizer
		e.set(isOrganizerFlag, true)
		e.set(reminderFlag, false)
		p.seed(e)
	case 2:
		e := weekly("Focus time", time.Weekday(2+2*k.r.IntN(2)), 540, 120, showBusy)
		if k.isFree(p, e) {
			k.solo(p, e)
		}
	}
}

// solo stores an entry that only its owner has.
func (k *maker) solo(m *mailbox, e *event) {
	e.organizer = m.contact
	e.set(isOrganizerFlag, true)
	e.resp = respondedOrganizer
	m.seed(e)
	k.take(m, e)
}

// topUp brings a mailbox to exactly the forced number of entries with short
// meetings, in office hours first and then at any hour.
func (k *maker) topUp(m *mailbox) {
	step := 2 // half hours
	for night := 0; k.count[m] < k.force && night < 3; night++ {
		for day := k.today - daysBack; day < k.today+daysAhead && k.count[m] < k.force; day++ {
			from, to := 8*60, 18*60
			if night > 0 {
				from, to = 0, 24*60
			}
			if night > 1 {
				step = 1
			}
			for minute := from; minute < to && k.count[m] < k.force; minute += 15 * step {
				start, end := k.span(m.zone, day, minute, 15*step)
				if end > k.to || start < k.from {
					continue
				}
				e := k.meeting(k.subject(), m, start, end)
				if k.isFree(m, e) {
					k.fillWith(m, e)
				}
			}
		}
	}
}

func (k *maker) fillWith(m *mailbox, e *event) {
	if m.kind == roomBox {
		k.book(e, k.host(e, m, k.r.Uint64()), []*mailbox{m}, plan{guests: 1 + k.r.IntN(3)})
		return
	}
	e.subject = soloNames[k.r.IntN(len(soloNames))]
	k.solo(m, e)
}
