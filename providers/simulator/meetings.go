package simulator

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The generated world spans these days around the day of start.
const (
	daysBack  = 7
	daysAhead = 30
)

// maker fills the calendars of one cell. It is deterministic for the seed, the
// cell and the day, and never books a room twice.
type maker struct {
	t     *Tenant
	r     *rand.Rand
	cell  *cell
	today int32 // day number
	from  int64 // the window in which entries are counted
	to    int64
	force int // Options.EventsPerMailbox
	busy  map[*mailbox]*occupancy
	count map[*mailbox]int
	uids  uint64

	attendees []attendee // the rest of a block; see [maker.store]
}

// occupancy marks quarters of an hour as taken, counted from the window's start.
type occupancy []uint64

// slots covers the window with room on both sides for zones and for series.
const slots = (daysBack + daysAhead + 4) * 96

func (o occupancy) free(from, to int) bool {
	for i := max(from, 0); i < min(to, slots); i++ {
		if o[i/64]&(1<<(i%64)) != 0 {
			return false
		}
	}
	return true
}

func (o occupancy) take(from, to int) {
	for i := max(from, 0); i < min(to, slots); i++ {
		o[i/64] |= 1 << (i % 64)
	}
}

// ensure makes the calendars of the mailbox's cell on first touch, and lets what
// happens by itself happen up to now. The lock is not held.
func (t *Tenant) ensure(m *mailbox) {
	t.made(m)
	t.live(m.cell)
}

// made makes the calendars only.
func (t *Tenant) made(m *mailbox) {
	m.cell.once.Do(func() {
		day := dayNumber(t.started.Year(), t.started.Month(), t.started.Day())
		k := &maker{
			t: t, r: rng(t.options.Seed, "meetings", m.cell.number), cell: m.cell, today: day,
			from: int64(day-daysBack) * 86400, to: int64(day+daysAhead) * 86400,
			force: t.options.EventsPerMailbox,
			busy:  map[*mailbox]*occupancy{}, count: map[*mailbox]int{},
			uids: uint64(m.cell.number+1) << 32,
		}
		k.fill()
		if t.options.Oddities {
			t.addOddities(m.cell)
		}
	})
}

func (k *maker) fill() {
	for _, m := range slices.Concat(k.cell.rooms, k.cell.people) {
		o := make(occupancy, (slots+63)/64)
		k.busy[m] = &o
	}
	for _, room := range k.cell.rooms {
		k.outOfService(room)
		k.series(room)
	}
	k.leftBehind()
	for _, p := range k.cell.people {
		k.leave(p)
	}
	for day := k.today - daysBack; day < k.today+daysAhead; day++ {
		for _, room := range k.cell.rooms {
			k.day(room, day)
		}
	}
	for _, p := range k.cell.people {
		k.own(p)
	}
	if k.force > 0 {
		for _, room := range k.cell.rooms {
			k.topUp(room)
		}
		for _, p := range k.cell.people {
			k.topUp(p)
		}
	}
	for m := range k.busy {
		m.held = slices.Clone(m.held) // without the slack that appending leaves
	}
}

// span is a time in a zone on a day, in minutes from midnight.
func (k *maker) span(z *zone, day int32, minute, length int) (start, end int64) {
	d := dayDate(day)
	start = time.Date(d.Year(), d.Month(), d.Day(), minute/60, minute%60, 0, 0, z.loc).Unix()
	return start, start + int64(length)*60
}

// slot turns an instant into a quarter of an hour of an [occupancy].
func (k *maker) slot(at int64) int { return int((at-k.from)/900) + 2*96 }

func (k *maker) isFree(m *mailbox, e *event) bool {
	free := true
	k.each(e, func(start, end int64) bool {
		free = k.busy[m].free(k.slot(start), k.slot(end+899))
		return free
	})
	return free
}

func (k *maker) take(m *mailbox, e *event) {
	k.each(e, func(start, end int64) bool {
		k.busy[m].take(k.slot(start), k.slot(end+899))
		return true
	})
	k.count[m] += k.entries(e)
}

// entries counts what a view of the window shows of an event.
func (k *maker) entries(e *event) int {
	if e.kind != singleInstance {
		return len(e.instances(nil, k.from, k.to))
	}
	if start, end := e.floating(); overlaps(start, end, k.from, k.to) {
		return 1
	}
	return 0
}

// room reports space for one more event where the number of entries is forced.
func (k *maker) room(m *mailbox, e *event) bool {
	return k.force == 0 || k.count[m]+k.entries(e) <= k.force
}

// each walks the spans of an event around the window.
func (k *maker) each(e *event, yield func(start, end int64) bool) {
	if e.recurrence == nil {
		yield(e.start, e.end)
		return
	}
	e.occurrences(k.from-86400, k.to+86400, func(_ int32, start, end int64) bool { return yield(start, end) })
}

// series gives a room the meetings that come every week or month.
func (k *maker) series(room *mailbox) {
	for range 2 + k.r.IntN(3) {
		k.pattern(room, drawSeries(k.r, room.room.capacity), nil)
	}
	if largest(k.cell.rooms, room) {
		k.pattern(room, &allHands, nil)
	}
}

// largest reports whether no room of the same building has more seats.
func largest(rooms []*mailbox, room *mailbox) bool {
	for _, m := range rooms {
		if m == room {
			continue
		}
		if m.room.building == room.room.building && (m.room.capacity > room.room.capacity || m.room.capacity == room.room.capacity && m.index < room.index) {
			return false
		}
	}
	return true
}

// pattern books a room for a series, in the name of host or of somebody who is
// free. It reports whether a time was found.
func (k *maker) pattern(room *mailbox, idea *seriesIdea, host *contact) bool {
	rc := &recurrence{firstDay: time.Sunday, zone: room.zone}
	idea.repeat(k.r, rc)
	plan := idea.plan(k.r, room.room.capacity)
	began := k.today - int32(14+k.r.IntN(300))
	switch k.r.IntN(4) {
	case 0:
		rc.span = noEnd
	case 1:
		rc.span, rc.count = numbered, int32(60+k.r.IntN(200))
	default:
		rc.span, rc.last = endDate, k.today+int32(10+k.r.IntN(120))
	}
	if host != nil { // nobody thinks of its end
		rc.span, rc.last, rc.count = noEnd, 0, 0
	}
	organizer := k.r.Uint64()
	for range 6 {
		rc.first = began
		rc.dates(began, func(day int32) bool { began = day; return false })
		rc.first = began
		start, end := k.span(room.zone, began, plan.startMinute(k.r), int(plan.length/60))
		e := k.meeting(plan.subject, room, start, end)
		e.kind, e.recurrence = seriesMaster, rc
		if !k.isFree(room, e) || !k.room(room, e) {
			continue
		}
		who := host
		if who == nil {
			who = k.host(e, room, organizer)
		}
		k.book(e, who, []*mailbox{room}, plan)
		return true
	}
	return false
}

// weekendShare is how much of a weekday's meetings a day of the weekend has.
const weekendShare = 0.3

// day fills a room's working day with single meetings until it is as busy as the
// room is popular. The further ahead, the less is planned.
func (k *maker) day(room *mailbox, day int32) {
	ahead := float64(max(day-k.today, 0))
	wanted := int(room.room.popularity * 36 * (0.7 + 0.6*k.r.Float64()) / (1 + ahead*ahead/22))
	w := weekdayOf(day)
	weekend := w == time.Saturday || w == time.Sunday // some shifts work then
	wanted = int(float64(wanted) * dayWeights[w])
	if dayOff(room.room.building.city.country, dayDate(day)) {
		wanted /= 8
	}
	if k.force > 0 {
		wanted = 36 * min(k.force, 60) / 60
	}
	from, to := k.span(room.zone, day, 9*60, 9*60)
	taken := 0
	for i := k.slot(from); i < k.slot(to); i++ {
		if !k.busy[room].free(i, i+1) {
			taken++
		}
	}
	if !weekend && day > k.today && k.r.IntN(160) == 0 && k.force == 0 {
		k.wholeDay(room, day)
		return
	}
	for try := 0; taken < wanted && try < 14; try++ {
		plan := planFor(k.r, room.room.capacity)
		start, end := k.span(room.zone, day, plan.startMinute(k.r), int(plan.length/60))
		e := k.meeting(plan.subject, room, start, end)
		e.sens, e.show = plan.sens, plan.show
		if !k.isFree(room, e) || !k.room(room, e) {
			continue
		}
		rooms := []*mailbox{room}
		if k.r.IntN(30) == 0 {
			rooms = append(rooms, k.second(room, e)...)
		}
		k.book(e, k.host(e, room, k.r.Uint64()), rooms, plan)
		taken += int(plan.length+899) / 900
	}
}

// subject names one of the many short meetings where their number is forced.
func (k *maker) subject() string { return singleNames[k.r.IntN(len(singleNames))] }

func (k *maker) wholeDay(room *mailbox, day int32) {
	d := dayDate(day)
	start := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, room.zone.loc).Unix()
	end := time.Date(d.Year(), d.Month(), d.Day()+1, 0, 0, 0, 0, room.zone.loc).Unix()
	e := k.meeting(allDayNames[k.r.IntN(len(allDayNames))], room, start, end)
	e.set(allDayFlag, true)
	if k.isFree(room, e) {
		k.book(e, k.host(e, room, k.r.Uint64()), []*mailbox{room}, plan{guests: 1})
	}
}

// outOfService blocks some rooms for a day or some: an entry of the room itself.
func (k *maker) outOfService(room *mailbox) {
	if k.force > 0 || room.index%23 != 9 {
		return
	}
	d := dayDate(k.today + 2 + int32(k.r.IntN(8)))
	start := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, room.zone.loc).Unix()
	end := time.Date(d.Year(), d.Month(), d.Day()+1+k.r.IntN(3), 0, 0, 0, 0, room.zone.loc).Unix()
	e := k.meeting(repairs[k.r.IntN(len(repairs))], room, start, end)
	e.set(allDayFlag, true)
	k.solo(room, e)
}

// second finds another room of the same building for a meeting in two rooms.
func (k *maker) second(room *mailbox, e *event) []*mailbox {
	for range 4 {
		other := k.cell.rooms[k.r.IntN(len(k.cell.rooms))]
		if other != room && other.room.building == room.room.building && k.isFree(other, e) && k.room(other, e) {
			return []*mailbox{other}
		}
	}
	return nil
}
