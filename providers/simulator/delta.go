package simulator

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
)

// deltaToken is what $deltatoken and $skiptoken carry: the whole state of a round,
// so that the tenant keeps none. The window is frozen in it.
type deltaToken struct {
	box      uint32
	kind     calendarKind
	from, to int64
	since    uint32 // changes after this version; 0 is a new round
	upTo     uint32 // the version at which the round began; 0 in a delta link
	num      uint32 // the page goes on with this item
	step     uint32 // how many lines of it were sent
}

const deltaTokenBytes = 4 + 1 + 8 + 8 + 4 + 4 + 4 + 4

func (t *Tenant) encodeToken(d deltaToken) string {
	var b []byte
	b = binary.BigEndian.AppendUint32(b, d.box)
	b = append(b, byte(d.kind))
	b = binary.BigEndian.AppendUint64(b, uint64(d.from))
	b = binary.BigEndian.AppendUint64(b, uint64(d.to))
	b = binary.BigEndian.AppendUint32(b, d.since)
	b = binary.BigEndian.AppendUint32(b, d.upTo)
	b = binary.BigEndian.AppendUint32(b, d.num)
	b = binary.BigEndian.AppendUint32(b, d.step)
	return base64.RawURLEncoding.EncodeToString(append(b, t.sign(b)...))
}

func (t *Tenant) decodeToken(s string) (d deltaToken, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(raw) <= deltaTokenBytes {
		return d, false
	}
	b := raw[:deltaTokenBytes]
	if !hmac.Equal(raw[deltaTokenBytes:], t.sign(b)) {
		return d, false
	}
	d.box, d.kind = binary.BigEndian.Uint32(b), calendarKind(b[4])
	d.from, d.to = int64(binary.BigEndian.Uint64(b[5:])), int64(binary.BigEndian.Uint64(b[13:]))
	d.since, d.upTo = binary.BigEndian.Uint32(b[21:]), binary.BigEndian.Uint32(b[25:])
	d.num, d.step = binary.BigEndian.Uint32(b[29:]), binary.BigEndian.Uint32(b[33:])
	return d, true
}

// line is one entry of a delta page.
type line struct {
	i       instance
	removed bool
	id      itemID // of a removal
}

const (
	defaultDeltaPage = 10
	maxDeltaPage     = 500
)

// delta answers one page of calendarView/delta.
func (c *call) delta(kind calendarKind) answer {
	if p := c.need(mailboxArea, readCalendars...); p != nil {
		return c.refuse(p)
	}
	if p := c.options("$deltatoken", "$skiptoken", "$top", "$select"); p != nil {
		return c.refuse(p)
	}
	if c.hit != nil && c.hit.Delta == "expire" {
		return c.expired()
	}
	token, a, ok := c.deltaState(kind)
	if !ok {
		return a
	}
	size := defaultDeltaPage
	if c.prefer.pageSize > 0 {
		size = min(c.prefer.pageSize, maxDeltaPage)
	}
	if n, p := c.number("$top", size); p != nil {
		return c.refuse(p)
	} else if n > 0 {
		size = min(n, maxDeltaPage)
	}
	lines, next, more, ok := c.deltaLines(token, size)
	if !ok {
		return c.expired()
	}
	e := c.encoder(c.mailbox, nil)
	e.b = make([]byte, 0, 4096+eventBytes/2*len(lines))
	e.open()
	e.string("@odata.context", c.context("Collection(event)"))
	e.key("value")
	e.openValue('[')
	bare := c.hit != nil && c.hit.Delta == "bare"
	for _, l := range lines {
		switch {
		case l.removed:
			e.removed(l.id)
		case l.i.kind == occurrenceKind && bare:
			e.open()
			e.string("@odata.type", "#microsoft.graph.event")
			e.id("id", instanceID(l.i))
			e.id("seriesMasterId", itemID{num: l.i.master.num})
			e.string("type", kindNames[occurrenceKind])
			e.times(l.i)
			e.close()
		case l.i.kind == occurrenceKind:
			e.stub(l.i)
		default:
			e.event(l.i, true)
		}
	}
	e.closeList()
	root := "https://" + c.host + c.rawPath
	if more {
		e.string("@odata.nextLink", root+"?$skiptoken="+c.t.encodeToken(next))
	} else {
		e.string("@odata.deltaLink", root+"?$deltatoken="+c.t.encodeToken(deltaToken{box: token.box, kind: kind, from: token.from, to: token.to, since: next.upTo}))
	}
	e.close()
	return c.ok(e.writer)
}

// expired is the answer to a token that is no longer good.
func (c *call) expired() answer {
	status, code := http.StatusGone, "SyncStateNotFound"
	if c.hit != nil && c.hit.Delta == "expire" && c.hit.Fail != nil {
		status = c.hit.Fail.statusOf(status)
		if c.hit.Fail.Code != "" {
			code = c.hit.Fail.Code
		}
	}
	a := c.fail(status, code, "The sync state generation is not found; continuationId=0.")
	if c.hit != nil && c.hit.Fail != nil {
		for name, value := range c.hit.Fail.Headers {
			a.set(name, value)
		}
	}
	return a
}

// deltaState reads the token, or begins a round.
func (c *call) deltaState(kind calendarKind) (deltaToken, answer, bool) {
	text := c.query.Get("$skiptoken")
	if text == "" {
		text = c.query.Get("$deltatoken")
	}
	if text == "" {
		from, to, p := c.window()
		if p != nil {
			return deltaToken{}, c.refuse(p), false
		}
		return deltaToken{box: uint32(c.mailbox.index), kind: kind, from: from, to: to}, answer{}, true
	}
	d, ok := c.t.decodeToken(text)
	if !ok || d.box != uint32(c.mailbox.index) || d.kind != kind {
		return d, c.expired(), false
	}
	return d, answer{}, true
}

// deltaLines collects a page. next is the state behind it; ok is false where the
// history no longer reaches back to the token.
func (c *call) deltaLines(d deltaToken, size int) (page []line, next deltaToken, more, ok bool) {
	t, m := c.t, c.mailbox
	t.mu.RLock()
	defer t.mu.RUnlock()
	next = d
	var nums []uint32
	var events map[uint32]*event
	switch {
	case d.kind == holidayCalendar:
		events = map[uint32]*event{}
		next.upTo = 1
		if d.since == 0 {
			for _, e := range t.holidayEvents(m) {
				events[e.num] = e
				nums = append(nums, e.num)
			}
		}
	default:
		if d.upTo == 0 {
			next.upTo = m.version
		}
		if d.since == 0 {
			for _, h := range m.held {
				nums = append(nums, h.num)
			}
			break
		}
		if d.since < m.floor || d.since > m.version {
			return nil, next, false, false
		}
		nums = m.changedSince(d.since)
	}
	for _, num := range nums {
		if num < d.num {
			continue
		}
		e := m.find(num)
		if events != nil {
			e = events[num]
		}
		var lines []line
		if d.since == 0 {
			lines = freshLines(e, d.from, d.to)
		} else {
			lines = m.changedLines(num, e, d)
		}
		skip := 0
		if num == d.num {
			skip = min(int(d.step), len(lines))
		}
		for n, l := range lines[skip:] {
			if len(page) == size {
				next.num, next.step = num, uint32(skip+n)
				return page, next, true, true
			}
			page = append(page, l)
		}
	}
	return page, next, false, true
}

// freshLines are what a new round sends of an item: its master first, then stubs
// and exceptions.
func freshLines(e *event, from, to int64) []line {
	inside := e.instances(nil, from, to)
	if len(inside) == 0 {
		return nil
	}
	var out []line
	if e.kind == seriesMaster {
		out = append(out, line{i: instance{e: e, start: e.start, end: e.end, kind: seriesMaster}})
	}
	for _, i := range inside {
		out = append(out, line{i: i})
	}
	return out
}

// changedSince lists the numbers of the items that changed after a version.
func (m *mailbox) changedSince(version uint32) []uint32 {
	i, _ := slices.BinarySearchFunc(m.log, version+1, func(c change, v uint32) int { return cmp.Compare(c.version, v) })
	var out []uint32
	for _, c := range m.log[i:] {
		out = append(out, c.num)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// changedLines are what a later round sends of an item that changed: its present
// state inside the window, and a removal for every entry that the item had in any
// earlier state since, and has no longer. An item that is outside the window all
// the time gives a removal too: Exchange does so, and clients must bear it.
func (m *mailbox) changedLines(num uint32, e *event, d deltaToken) []line {
	now := map[itemID]bool{}
	var out []line
	if e != nil {
		for _, l := range freshLines(e, d.from, d.to) {
			now[instanceID(l.i)] = true
			if l.i.kind != occurrenceKind || e.self > d.since {
				if l.i.kind == exceptionKind && e.self <= d.since && l.i.e.self <= d.since {
					continue
				}
				out = append(out, l)
			}
		}
	}
	gone := map[itemID]bool{}
	for _, c := range m.log {
		if c.version <= d.since || c.num != num || c.old == nil {
			continue
		}
		for _, l := range freshLines(c.old, d.from, d.to) {
			if id := instanceID(l.i); !now[id] {
				gone[id] = true
			}
		}
	}
	if len(now) == 0 {
		gone[itemID{num: num}] = true
	}
	ids := make([]itemID, 0, len(gone))
	for id := range gone {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b itemID) int { return cmp.Compare(a.date, b.date) })
	for _, id := range ids {
		out = append(out, line{removed: true, id: id})
	}
	return out
}
