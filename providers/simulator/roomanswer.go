package simulator

import (
	"cmp"
	"slices"
	"time"
)

// pendingAnswer is a meeting request that lies in a room's mailbox. The room
// looks at it once it is due, at the next touch of the tenant.
type pendingAnswer struct {
	room  *mailbox
	host  *mailbox // nil: the organiser is elsewhere
	asked *event   // what such an organiser sent
	uid   uint64
	date  int32 // 0: the whole meeting
	// invited is true where the room takes part in this date only.
	invited bool
	due     moment
	fault   *Fault
}

// request sends a meeting request to a room. The lock is held.
func (t *Tenant) request(host *mailbox, e *event, date int32, room *mailbox) {
	if room.gone() {
		return // nobody is there to answer
	}
	p := &pendingAnswer{room: room, host: host, uid: e.uid, date: date}
	if host == nil {
		p.asked = e
	}
	delay := t.options.RoomAnswerDelay
	if p.fault = t.faults.room(room.contact.address); p.fault != nil && p.fault.Delay > 0 {
		delay = time.Duration(p.fault.Delay)
	}
	p.due = moment{t.present().Add(delay), time.Now().Add(delay)}
	// A newer request for the same meeting replaces the older one.
	t.pending = slices.DeleteFunc(t.pending, func(have *pendingAnswer) bool {
		return have.room == room && have.uid == e.uid && (have.date == date || date == 0)
	})
	t.pending = append(t.pending, p)
}

// settle lets the rooms answer what is due. It runs at the beginning of every
// request: nobody can tell the difference from a room that acts by itself, and
// nothing runs in the background.
func (t *Tenant) settle() {
	t.mu.RLock()
	idle := len(t.pending)+len(t.releasing) == 0
	t.mu.RUnlock()
	if idle {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.options.Now()
	var due []*pendingAnswer
	t.pending = slices.DeleteFunc(t.pending, func(p *pendingAnswer) bool {
		ready := t.reached(p.due)
		if ready {
			due = append(due, p)
		}
		return ready
	})
	slices.SortStableFunc(due, func(a, b *pendingAnswer) int { return a.due.tenant.Compare(b.due.tenant) })
	for _, p := range due {
		at := now
		if p.due.tenant.Before(now) {
			at = p.due.tenant
		}
		// What happened by itself before comes before.
		if t.life.on() {
			t.liveUntil(p.room.cell, at.Add(-time.Nanosecond))
			t.answerUntil(p.room.cell, at)
		}
		t.decideAt(p, at)
	}
	t.release(now.Unix())
}

// decideAt is decide at a time that may be in the past.
func (t *Tenant) decideAt(p *pendingAnswer, at time.Time) {
	before := t.lived.Swap(at.Unix())
	t.decide(p, at.Unix())
	t.lived.Store(before)
}

// decide lets a room answer one request.
func (t *Tenant) decide(p *pendingAnswer, now int64) {
	e := p.asked
	if p.host != nil {
		e = p.host.byUID(p.uid)
	}
	if e == nil || e.has(cancelledFlag) {
		return
	}
	if p.date != 0 {
		t.decideDate(p, e, now)
		return
	}
	i := e.attendeeIndex(p.room)
	if i < 0 {
		return
	}
	resp, clashes := t.verdict(p, e, now)
	if resp == respondedNone {
		return
	}
	answered := e.clone()
	answered.attendees = withAnswer(e.attendees, i, resp, now)
	answered.tallyDates(p.room, resp, now)
	for _, date := range clashes {
		if on, ok := answered.dated(date); ok {
			x := on.e.clone()
			x.asException(on)
			x.attendees = withAnswer(x.attendees, i, respondedDeclined, now)
			answered = answered.withException(x)
		}
	}
	if p.host != nil && e.tallied() {
		p.host.put(answered, true)
	}
	have := p.room.byUID(p.uid)
	if resp == respondedDeclined {
		if have != nil {
			p.room.remove(have)
		}
		return
	}
	c := roomCopy(answered, p.room)
	for _, date := range clashes {
		c = c.withoutDate(date)
	}
	if have != nil {
		c.num, c.created = have.num, have.created
	}
	p.room.put(c, true)
}

// dated is the entry that a master has on a date.
func (e *event) dated(date int32) (instance, bool) {
	if x := e.exceptionOn(date); x != nil {
		return instance{e: x, master: e, date: date, start: x.start, end: x.end, kind: exceptionKind}, true
	}
	start, end, ok := e.occurrenceOn(date)
	return instance{e: e, master: e, date: date, start: start, end: end, kind: occurrenceKind}, ok
}

// decideDate lets a room answer a changed occurrence.
func (t *Tenant) decideDate(p *pendingAnswer, master *event, now int64) {
	x := master.exceptionOn(p.date)
	if x == nil {
		return
	}
	resp, _ := t.verdict(p, x, now)
	if resp == respondedNone {
		return
	}
	have := p.room.byUID(p.uid)
	takesPart := have != nil && have.kind == seriesMaster || p.invited
	if !takesPart { // it declined the series, and a single date does not bring it back
		resp = respondedDeclined
	}
	t.answerOnDate(p.host, instance{e: x, master: master, date: p.date, start: x.start, end: x.end, kind: exceptionKind}, p.room, resp, now, nil)
	if !takesPart {
		return
	}
	if resp == respondedDeclined {
		if have != nil {
			p.room.put(have.withoutDate(p.date), false)
		}
		return
	}
	told := x.clone()
	if i := told.attendeeIndex(p.room); i >= 0 {
		told.attendees = withAnswer(told.attendees, i, resp, now)
	}
	if p.invited {
		p.room.put(master.dateCopy(told, p.room, have), true)
		return
	}
	c := roomCopy(told, p.room)
	p.room.put(have.withException(c), false)
}

// verdict is the room's policy. clashes are the dates of a series that are
// declined one by one. respondedNone is no answer at all.
func (t *Tenant) verdict(p *pendingAnswer, e *event, now int64) (resp response, clashes []int32) {
	resp, clashes, why := t.judge(p, e, now)
	t.reasons.add(RoomAnswer{
		At: time.Unix(now, 0).UTC(), Room: p.room.contact.address, ICalUID: string(appendICalUID(nil, e.uid, e.created, p.date)),
		Response: responseNames[resp], Reason: why, Clashes: len(clashes),
	})
	return resp, clashes
}

func (t *Tenant) judge(p *pendingAnswer, e *event, now int64) (resp response, clashes []int32, why string) {
	policy := p.room.room.policy
	if p.fault != nil {
		switch p.fault.Room {
		case "decline", "policy":
			return respondedDeclined, nil, "injected"
		case "tentative":
			return respondedTentative, nil, "injected"
		case "accept":
			return respondedAccepted, nil, "injected"
		case "silent":
			return respondedNone, nil, "injected"
		}
	}
	if policy.Silent {
		return respondedNone, nil, "requests are not processed"
	}
	if why := policy.forbids(p.host, e, p.room, now); why != "" {
		return respondedDeclined, nil, why
	}
	clashes, dates := p.room.conflicts(e, now+int64(policy.BookingWindowDays+1)*86400)
	if !policy.tolerates(e, len(clashes), dates) {
		return respondedDeclined, nil, "conflict"
	}
	if policy.AllowConflicts {
		clashes = nil
	}
	if policy.Delegate {
		return respondedTentative, clashes, "a delegate decides"
	}
	return respondedAccepted, clashes, ""
}

// beyond reports whether a series goes on behind the booking window.
func (e *event) beyond(horizon int64) bool {
	if e.kind != seriesMaster {
		return false
	}
	last, ends := e.recurrence.lastDay()
	return !ends || int64(last)*86400 > horizon
}

// conflicts gives the dates (0 for a single meeting) on which a meeting clashes
// with what takes time in the mailbox, its own copy aside; dates is how many were
// looked at.
func (m *mailbox) conflicts(e *event, until int64) (clashes []int32, dates int) {
	var wanted []instance
	if e.kind == seriesMaster {
		wanted = e.instances(nil, e.start-maxOffset, until)
	} else {
		wanted = []instance{{e: e, start: e.start, end: e.end}}
	}
	if len(wanted) == 0 {
		return nil, 0
	}
	from, to := wanted[0].start, wanted[0].end
	for _, w := range wanted {
		from, to = min(from, w.start), max(to, w.end)
	}
	taken := m.busy(from, to)
	longest := int64(0)
	for _, have := range taken {
		longest = max(longest, have.end-have.start)
	}
	var out []int32
	for _, w := range wanted {
		// Entries that start earlier than this cannot reach w.
		i, _ := slices.BinarySearchFunc(taken, w.start-longest, func(have instance, at int64) int { return cmp.Compare(have.start, at) })
		for ; i < len(taken) && taken[i].start < w.end; i++ {
			have := taken[i]
			if have.e.uid != e.uid && blocks(have.e.show) && overlaps(have.start, have.end, w.start, w.end) {
				out = append(out, w.date)
				break
			}
		}
	}
	return out, len(wanted)
}

// blocks reports whether a state keeps others out of a room.
func blocks(s showAs) bool { return s != showFree && s != showElsewhere }
