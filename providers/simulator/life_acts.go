package simulator

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// liver lets one thing happen in a building at one minute. It does what people
// do, by the same ways: the meeting changes with its organiser, invitations go
// out, and rooms answer them by their policies. The lock is held.
type liver struct {
	t    *Tenant
	cell *cell
	site *site
	r    *rand.Rand
	now  int64
}

// act lets one thing happen. The shares make the company as busy in a month as it
// is at the start.
func (l *liver) act() {
	room := l.popular()
	switch x := l.r.Float64(); {
	case x < 0.50:
		l.arrange(room)
	case x < 0.506:
		l.arrangeSeries(room)
	case x < 0.60:
		l.move(room)
	case x < 0.68:
		l.cancel(room)
	case x < 0.90:
		l.answer(room)
	case x < 0.93:
		l.runOver(room)
	case x < 0.97:
		l.endEarly(room)
	default:
		l.bookTwice(room)
	}
}

// popular picks a room, those that people like more often.
func (l *liver) popular() *mailbox {
	x := l.r.Float64() * l.site.weight
	for _, m := range l.site.rooms {
		if x -= m.room.popularity; x < 0 {
			return m
		}
	}
	return l.site.rooms[0]
}

// isFree reports whether nothing but the meeting itself takes time of a mailbox.
func (l *liver) isFree(m *mailbox, start, end int64, but uint64) bool {
	for _, i := range m.busy(start, end) {
		if blocks(i.e.show) && i.e.uid != but {
			return false
		}
	}
	return true
}

// load is how long a room is taken on the day of an instant, in seconds.
func (l *liver) load(room *mailbox, at int64) (sum int64) {
	from, to := officeDay(room.zone, dayOf(at, room.zone))
	for _, i := range room.busy(from, to) {
		sum += min(i.end, to) - max(i.start, from)
	}
	return sum
}

// officeDay is nine to six on a day.
func officeDay(z *zone, day int32) (from, to int64) {
	d := dayDate(day)
	from = time.Date(d.Year(), d.Month(), d.Day(), 9, 0, 0, 0, z.loc).Unix()
	return from, from + 9*3600
}

// when is a time for a meeting: for some later on the same day, for most some days
// ahead.
func (l *liver) when(room *mailbox, plan plan) (start int64, ok bool) {
	if l.r.IntN(4) == 0 {
		start = (l.now/1800 + 1 + int64(l.r.IntN(8))) * 1800
		local := time.Unix(start+plan.length, 0).In(room.zone.loc)
		return start, local.Hour() < 18 && dayOf(start, room.zone) == dayOf(l.now, room.zone)
	}
	lead := int32(math.Sqrt(22 * (1/(1-l.r.Float64()) - 1)))
	day := dayOf(l.now, room.zone) + 1 + min(lead, daysAhead-2)
	for weekdayOf(day) == time.Saturday || weekdayOf(day) == time.Sunday {
		day++
	}
	d := dayDate(day)
	minute := plan.startMinute(l.r)
	return time.Date(d.Year(), d.Month(), d.Day(), minute/60, minute%60, 0, 0, room.zone.loc).Unix(), true
}

// arrange books a room that is free, for somebody who is free.
func (l *liver) arrange(room *mailbox) {
	plan := planFor(l.r, room.room.capacity)
	for range 4 {
		start, ok := l.when(room, plan)
		end := start + plan.length
		enough := int64(room.room.popularity * 9 * 3600 * 1.2)
		if !ok || !l.isFree(room, start, end, 0) || l.load(room, start) > enough {
			continue
		}
		l.invite(room, plan, start, end, nil)
		return
	}
}

// arrangeSeries books a room for a series from next week on.
func (l *liver) arrangeSeries(room *mailbox) {
	idea := drawSeries(l.r, room.room.capacity)
	plan := idea.plan(l.r, room.room.capacity)
	day := dayOf(l.now, room.zone) + 7
	rc := &recurrence{firstDay: time.Sunday, zone: room.zone, span: endDate, first: day, last: day + int32(7*(5+l.r.IntN(12)))}
	idea.repeat(l.r, rc)
	rc.dates(day, func(d int32) bool { day = d; return false })
	rc.first = day
	d := dayDate(day)
	minute := plan.startMinute(l.r)
	start := time.Date(d.Year(), d.Month(), d.Day(), minute/60, minute%60, 0, 0, room.zone.loc).Unix()
	l.invite(room, plan, start, start+plan.length, rc)
}

// bookTwice asks for a room while it is taken: the room declines.
func (l *liver) bookTwice(room *mailbox) {
	taken := l.upcoming(room, 7*86400)
	if len(taken) == 0 {
		return
	}
	i := taken[l.r.IntN(len(taken))]
	if i.e.has(allDayFlag) {
		return
	}
	l.invite(room, planFor(l.r, room.room.capacity), i.start, i.end, nil)
}

// invite makes a meeting and sends its invitations. Some come from outside.
func (l *liver) invite(room *mailbox, plan plan, start, end int64, rc *recurrence) {
	e := &event{
		subject: plan.subject, sens: plan.sens, show: plan.show, start: start, end: end, zone: room.zone, endZone: room.zone,
		created: l.now, modified: l.now, imp: 1, reminder: 15, flags: reminderFlag, recurrence: rc,
	}
	if rc != nil {
		e.kind = seriesMaster
	}
	l.cell.born++
	e.uid = mix(uint64(l.cell.number+1)<<32 | 1<<31 | l.cell.born)
	host := l.host(room, start, end)
	e.organizer = l.t.world.partners[l.r.IntN(len(l.t.world.partners))]
	switch {
	case host != nil && (rc != nil || l.r.IntN(12) > 0):
		e.organizer = host.contact
	case host == nil && rc != nil:
		return // nobody meets every week with strangers
	default:
		host = nil
	}
	e.attendees = append(e.attendees, attendee{who: room.contact, kind: resource})
	e.locations = room.room.locations
	for range plan.guests {
		who := l.guest(start, end, plan.outside)
		if who == nil || who == e.organizer || slices.ContainsFunc(e.attendees, func(a attendee) bool { return a.who == who }) {
			continue
		}
		e.attendees = append(e.attendees, attendee{who: who, kind: attendance(l.r.IntN(5) / 4)})
	}
	e.nameThose()
	if host != nil {
		e.set(isOrganizerFlag, true)
		e.set(onlineFlag, l.t.teams(host) && l.r.IntN(5) > 1)
		e.resp = respondedOrganizer
		host.put(e, true)
	}
	l.t.invite(host, e)
}

// host is somebody who is free then, from the building if possible.
func (l *liver) host(room *mailbox, start, end int64) *mailbox {
	people := l.cell.people
	for try := range min(6, 2*len(people)) {
		p := people[l.r.IntN(len(people))]
		near := p.person.home == room.room.building || try > 2
		only := room.room.policy.BookersOnly
		if near && p.active() && (only == "" || only == p.person.department) && l.isFree(p, start, end, 0) {
			return p
		}
	}
	return nil
}

func (l *liver) guest(start, end int64, outside bool) *contact {
	inside := 6
	if outside {
		inside = 2
	}
	if people := l.cell.people; len(people) > 0 && l.r.IntN(inside) > 0 {
		p := people[l.r.IntN(len(people))]
		if !p.active() || !l.isFree(p, start, end, 0) {
			return nil
		}
		return p.contact
	}
	return l.t.world.partners[l.r.IntN(len(l.t.world.partners))]
}

// active reports whether somebody is there who arranges meetings and answers.
func (m *mailbox) active() bool { return !m.gone() && m.enabled() && m.hasMailbox() }

// upcoming lists a room's meetings that begin in so many seconds, but those that
// the room itself has made.
func (l *liver) upcoming(room *mailbox, within int64) []instance {
	return slices.DeleteFunc(room.busy(l.now, l.now+within), func(i instance) bool {
		return i.start <= l.now || i.e.has(isOrganizerFlag)
	})
}

// organised finds the organiser's entry of a meeting that a room has.
func (l *liver) organised(i instance) (host *mailbox, found instance, ok bool) {
	host = i.e.organizer.box
	if host == nil || !host.active() {
		return nil, found, false
	}
	e := host.byUID(i.e.uid)
	if e == nil || !e.has(isOrganizerFlag) || e.in != defaultCalendar {
		return nil, found, false
	}
	found, ok = host.entry(itemID{num: e.num, date: i.date, stable: true})
	return host, found, ok
}

// move puts a meeting, or one date of a series, to another time, mostly to one at
// which the room is free.
func (l *liver) move(room *mailbox) {
	list := l.upcoming(room, 7*86400)
	if len(list) == 0 {
		return
	}
	i := list[l.r.IntN(len(list))]
	length := i.end - i.start
	if i.e.has(allDayFlag) {
		return
	}
	for range 5 {
		start, ok := i.start+int64(l.r.IntN(9)-4)*1800, true
		if l.r.IntN(2) == 0 {
			start, ok = l.when(room, plan{length: length})
		}
		local := time.Unix(start, 0).In(room.zone.loc)
		if !ok || start == i.start || start <= l.now || local.Hour() < 8 || local.Hour() > 17 {
			continue
		}
		if l.r.IntN(8) > 0 && !l.isFree(room, start, start+length, i.e.uid) {
			continue
		}
		l.reschedule(i, start, start+length)
		return
	}
}

// reschedule changes a meeting's time with its organiser, or with the rooms and
// people here where the organiser is outside.
func (l *liver) reschedule(i instance, start, end int64) {
	host, found, ok := l.organised(i)
	switch {
	case !ok:
		return
	case found.date != 0:
		x := found.e.clone()
		x.asException(found)
		x.start, x.end, x.modified = start, end, l.now
		if found.master.crossesNeighbour(x) {
			return
		}
		x.attendees = unanswered(x.attendees)
		master := found.master.withException(x)
		host.put(master, false)
		l.t.updateOccurrence(host, master, x, x.attendees, true)
	case found.e.kind == singleInstance:
		e := found.e.clone()
		e.start, e.end, e.modified, e.attendees = start, end, l.now, unanswered(e.attendees)
		host.put(e, true)
		l.t.update(host, e, e.attendees, true)
	}
}

// unanswered is how attendees stand after a change of time.
func unanswered(list []attendee) []attendee {
	list = slices.Clone(list)
	for n := range list {
		list[n].resp, list[n].at = respondedNone, 0
	}
	return list
}

// cancel calls a meeting off, or one date of a series: often shortly before it
// begins.
func (l *liver) cancel(room *mailbox) {
	within := int64(14 * 86400)
	if l.r.IntN(5) < 2 {
		within = 3 * 3600
	}
	list := l.upcoming(room, within)
	if len(list) == 0 {
		return
	}
	i := list[l.r.IntN(len(list))]
	if i.e.organizer.box == nil {
		if i.date == 0 { // an organiser elsewhere calls it off
			for _, a := range i.e.attendees {
				if a.who.box != nil {
					l.t.withdraw(i.e.uid, a.who.box)
				}
			}
		}
		return
	}
	if host, found, ok := l.organised(i); ok {
		l.t.callOff(host, found)
	}
}

// answer lets some of those invited to a meeting in a room say whether they come.
func (l *liver) answer(room *mailbox) {
	list := l.upcoming(room, 14*86400)
	for range min(3, len(list)) {
		host, found, ok := l.organised(list[l.r.IntN(len(list))])
		if !ok || found.date != 0 || found.e.kind != singleInstance {
			continue
		}
		for _, a := range found.e.attendees {
			box := a.who.box
			if box == nil || box.kind != personBox || box == host || a.resp != respondedNone || !box.active() || l.r.IntN(3) == 0 {
				continue
			}
			if have := box.byUID(found.e.uid); have != nil && !have.has(isOrganizerFlag|cancelledFlag) {
				resp := []response{respondedAccepted, respondedAccepted, respondedAccepted, respondedAccepted, respondedTentative, respondedDeclined}[l.r.IntN(6)]
				l.t.answered(box, instance{e: have, start: have.start, end: have.end, kind: have.kind}, resp, true, nil)
			}
		}
		return
	}
}

// going is the meeting that is on in a room.
func (l *liver) going(room *mailbox) (instance, bool) {
	for _, i := range room.busy(l.now, l.now+1) {
		if !i.e.has(isOrganizerFlag|allDayFlag) && i.start < l.now {
			return i, true
		}
	}
	return instance{}, false
}

// runOver prolongs the meeting that is on, mostly only if nobody waits outside.
func (l *liver) runOver(room *mailbox) {
	i, ok := l.going(room)
	if ok && (l.isFree(room, i.end, i.end+900, i.e.uid) || l.r.IntN(8) == 0) {
		l.reschedule(i, i.start, i.end+900)
	}
}

// endEarly gives the rest of a meeting's time back.
func (l *liver) endEarly(room *mailbox) {
	if i, ok := l.going(room); ok && i.start < l.now-600 && i.end > l.now+900 {
		l.reschedule(i, i.start, (l.now/300+1)*300)
	}
}
