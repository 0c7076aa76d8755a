package simulator

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// deltaToken is what $deltatoken and $skiptoken carry: the whole state of a round,
// so that the tenant keeps none. The window is frozen in it.
type deltaToken struct {
	box      uint32
	kind     calendarKind
	made     int32 // generation of the calendar
	from, to int64
	since    uint32 // changes after this version; 0 is a new round
	upTo     uint32 // the version at which the round began; 0 in a delta link
	num      uint32 // the page goes on with this item
	step     uint32 // how many lines of it were sent
}

const deltaTokenBytes = 4 + 1 + 4 + 8 + 8 + 4 + 4 + 4 + 4

func (t *Tenant) encodeToken(d deltaToken) string {
	var b []byte
	b = binary.BigEndian.AppendUint32(b, d.box)
	b = append(b, byte(d.kind))
	b = binary.BigEndian.AppendUint32(b, uint32(d.made))
	b = binary.BigEndian.AppendUint64(b, uint64(d.from))
	b = binary.BigEndian.AppendUint64(b, uint64(d.to))
	b = binary.BigEndian.AppendUint32(b, d.since)
	b = binary.BigEndian.AppendUint32(b, d.upTo)
	b = binary.BigEndian.AppendUint32(b, d.num)
	b = binary.BigEndian.AppendUint32(b, d.step)
	return base64.RawURLEncoding.EncodeToString(append(b, t.sign(b)...))
}

// decodeToken reads a token. ok is false for text that is none; known is false for
// one that this tenant did not make, for example before it was started again.
func (t *Tenant) decodeToken(s string) (d deltaToken, known, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(raw) != deltaTokenBytes+signatureBytes {
		return d, false, false
	}
	b := raw[:deltaTokenBytes]
	if !hmac.Equal(raw[deltaTokenBytes:], t.sign(b)) {
		return d, false, true
	}
	d.box, d.kind = binary.BigEndian.Uint32(b), calendarKind(b[4])
	d.made, b = int32(binary.BigEndian.Uint32(b[5:])), b[9:]
	d.from, d.to = int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	d.since, d.upTo = binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:])
	d.num, d.step = binary.BigEndian.Uint32(b[24:]), binary.BigEndian.Uint32(b[28:])
	return d, true, true
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

// notTracked are the query options that change tracking does not have. $select is
// ignored: the first answer of a round is complete whatever it says.
var notTracked = []string{"$orderby", "$filter", "$expand", "$search", "$skip", "$count"}

// delta answers one page of calendarView/delta.
func (c *call) delta(kind calendarKind) answer {
	for _, name := range notTracked {
		if c.query.Has(name) {
			return c.fail(http.StatusBadRequest, "ErrorInvalidUrlQuery", "The following parameters are not supported with change tracking over the 'CalendarView' resource: '"+strings.Join(notTracked, ", ")+"'.")
		}
	}
	if p := c.options("$deltatoken", "$skiptoken", "$top", "$select"); p != nil {
		return c.refuse(p)
	}
	word := c.deltaWord()
	token, a, ok := c.deltaState(kind)
	switch {
	case !ok:
		return a
	case word == "expire":
		return c.expired(token)
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
	var lines []line
	next, more := token, false
	next.upTo = token.since
	if word != "late" {
		asked := token
		if word == "rewrite" {
			asked.since = 0
		}
		if lines, next, more, ok = c.deltaLines(asked, c.pageSize(size)); !ok {
			return c.expired(token)
		}
	}
	return c.deltaPage(token, lines, next, more)
}

// deltaPage writes a page; next is the state behind it.
func (c *call) deltaPage(token deltaToken, lines []line, next deltaToken, more bool) answer {
	word := c.deltaWord()
	e := c.encoder(c.mailbox, nil)
	full := 0
	for _, l := range lines {
		if !l.removed && l.i.kind != occurrenceKind {
			full++
		}
	}
	if len(lines) > 1 {
		e.b = newBody(1024 + eventBytes*full + stubBytes*(len(lines)-full))
	}
	e.rewritten = word == "rewrite"
	e.open()
	e.string("@odata.context", c.context("Collection(event)"))
	e.key("value")
	e.openValue('[')
	for _, l := range lines {
		switch {
		case l.removed && word == "omit":
		case l.removed:
			e.removed(l.id)
		case l.i.kind == occurrenceKind && word == "bare":
			e.bare(l.i)
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
		e.string("@odata.deltaLink", root+"?$deltatoken="+c.t.encodeToken(deltaToken{box: token.box, kind: token.kind, made: token.made, from: token.from, to: token.to, since: next.upTo}))
	}
	e.close()
	return answer{status: http.StatusOK, body: e.b, pooled: len(lines) > 1}
}

// invalidToken is the answer to text that never was a token of this calendar.
func (c *call) invalidToken() answer {
	return c.fail(http.StatusBadRequest, "InvalidDeltaToken", "The delta token is invalid. Use a token from an earlier answer for the same calendar, or begin without one.")
}

// expired is the answer to a token that is no longer good. The fault's Link asks
// for a Location with the address to begin again: "self" is this tenant's own.
func (c *call) expired(token deltaToken) answer {
	status, code := http.StatusGone, "SyncStateNotFound"
	var f *Failure
	if c.hit != nil && c.hit.Delta == "expire" {
		if f = c.hit.Fail; f != nil {
			status = f.statusOf(status)
			if f.Code != "" {
				code = f.Code
			}
		}
	}
	a := c.fail(status, code, "The sync state generation is not found; continuationId=0.")
	if c.hit != nil && c.hit.Delta == "expire" && c.hit.Link != "" {
		root := c.hit.Link
		if root == "self" {
			root = "https://" + c.host
		}
		stamp := func(unix int64) string { return url.QueryEscape(time.Unix(unix, 0).UTC().Format(time.RFC3339)) }
		a.set("Location", root+c.rawPath+"?startDateTime="+stamp(token.from)+"&endDateTime="+stamp(token.to))
	}
	if f != nil {
		for name, value := range f.Headers {
			a.set(name, value)
		}
	}
	return a
}

// deltaState reads the token, or begins a round.
func (c *call) deltaState(kind calendarKind) (deltaToken, answer, bool) {
	f, there := c.mailbox.folder(kind)
	if !there {
		return deltaToken{}, c.itemNotFound(), false
	}
	if !c.query.Has("$skiptoken") && !c.query.Has("$deltatoken") {
		from, to, p := c.window()
		if p != nil {
			return deltaToken{}, c.refuse(p), false
		}
		return deltaToken{box: uint32(c.mailbox.index), kind: kind, made: f.generation, from: from, to: to}, answer{}, true
	}
	text := c.query.Get("$skiptoken")
	if text == "" {
		text = c.query.Get("$deltatoken")
	}
	d, known, ok := c.t.decodeToken(text)
	switch {
	case !ok:
		return d, c.invalidToken(), false
	case !known || d.box != uint32(c.mailbox.index) || d.kind != kind || d.made != f.generation:
		return d, c.expired(d), false
	}
	return d, answer{}, true
}

// tracked is an item of a round: what it is now, and what it was at each change
// since the token.
type tracked struct {
	num  uint32
	now  *event // nil: gone
	olds []*event
}

// deltaItems lists what a round looks at, by number. ok is false where the
// history no longer reaches back to the token. The lock is held.
func (c *call) deltaItems(d deltaToken) (items iter.Seq[tracked], ok bool) {
	m := c.mailbox
	switch {
	case d.kind == holidayCalendar:
		return func(yield func(tracked) bool) {
			if d.since > 0 {
				return
			}
			for _, e := range c.t.holidayEvents(m) {
				if !yield(tracked{num: e.num, now: e}) {
					return
				}
			}
		}, true
	case d.since == 0:
		return func(yield func(tracked) bool) {
			for e := range m.inWindow(d.kind, d.num, d.from, d.to) {
				if !yield(tracked{num: e.num, now: e}) {
					return
				}
			}
		}, true
	case d.since < m.floor || d.since > m.version:
		return nil, false
	}
	at, _ := slices.BinarySearchFunc(m.log, d.since+1, func(c change, v uint32) int { return cmp.Compare(c.version, v) })
	log := slices.Clone(m.log[at:])
	slices.SortStableFunc(log, func(a, b change) int { return cmp.Compare(a.num, b.num) })
	return func(yield func(tracked) bool) {
		for len(log) > 0 {
			item := tracked{num: log[0].num, now: m.find(log[0].num)}
			for len(log) > 0 && log[0].num == item.num {
				if log[0].old != nil {
					item.olds = append(item.olds, log[0].old)
				}
				log = log[1:]
			}
			if !yield(item) {
				return
			}
		}
	}, true
}

// deltaLines collects a page. next is the state behind it.
func (c *call) deltaLines(d deltaToken, size int) (page []line, next deltaToken, more, ok bool) {
	t, m := c.t, c.mailbox
	t.mu.RLock()
	defer t.mu.RUnlock()
	next = d
	switch {
	case d.kind == holidayCalendar:
		next.upTo = 1
	case d.upTo == 0:
		next.upTo = m.version
	}
	items, ok := c.deltaItems(d)
	if !ok {
		return nil, next, false, false
	}
	var lines, was []line
	last := next
	for item := range items {
		if item.num < d.num {
			continue
		}
		lines = lines[:0]
		if d.since == 0 {
			lines = appendFresh(lines, item.now, d.from, d.to)
		} else {
			lines, was = item.changes(lines, was, d)
		}
		skip := 0
		if item.num == d.num {
			skip = min(int(d.step), len(lines))
		}
		for n, l := range lines[skip:] {
			if len(page) == size {
				if c.hit != nil && c.hit.Page == "dup" && size > 1 {
					// The last entry comes once more on the next page.
					next = last
				} else {
					next.num, next.step = item.num, uint32(skip+n)
				}
				return page, next, true, true
			}
			last.num, last.step = item.num, uint32(skip+n)
			page = append(page, l)
		}
	}
	return page, next, false, true
}

// appendFresh adds what a new round sends of an item: its master first, then stubs
// and exceptions.
func appendFresh(out []line, e *event, from, to int64) []line {
	if e.kind == singleInstance {
		if s, t := e.floating(); overlaps(s, t, from, to) {
			out = append(out, line{i: instance{e: e, start: e.start, end: e.end}})
		}
		return out
	}
	inside := e.instances(nil, from, to)
	if len(inside) == 0 {
		return out
	}
	out = append(out, line{i: instance{e: e, start: e.start, end: e.end, kind: seriesMaster}})
	for _, i := range inside {
		out = append(out, line{i: i})
	}
	return out
}

// changes adds what a later round sends of an item: its present state inside the
// window, and a removal for every entry that the item had in any earlier state
// since, and has no longer. An item that is outside the window all the time gives
// a removal too: Exchange does so, and clients must bear it. was is room for work.
func (item tracked) changes(out, was []line, d deltaToken) ([]line, []line) {
	now := map[itemID]bool{}
	known := false
	if e := item.now; e != nil && e.in == d.kind {
		known = true
		was = appendFresh(was[:0], e, d.from, d.to)
		for _, l := range was {
			now[instanceID(l.i)] = true
			switch {
			case l.i.kind == occurrenceKind && e.self <= d.since:
			case l.i.kind == exceptionKind && e.self <= d.since && l.i.e.self <= d.since:
			default:
				out = append(out, l)
			}
		}
	}
	gone := map[itemID]bool{}
	last := itemID{num: item.num}
	for _, old := range item.olds {
		if old.in != d.kind {
			continue
		}
		known, last = true, old.id()
		was = appendFresh(was[:0], old, d.from, d.to)
		for _, l := range was {
			if id := instanceID(l.i); !now[id] {
				gone[id] = true
			}
		}
	}
	if len(now) == 0 && (known || item.now == nil && len(item.olds) == 0) {
		if item.now != nil && item.now.in == d.kind {
			last = item.now.id()
		}
		gone[last] = true
	}
	ids := make([]itemID, 0, len(gone))
	for id := range gone {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b itemID) int { return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.moves, b.moves)) })
	for _, id := range ids {
		out = append(out, line{removed: true, id: id})
	}
	return out, was
}
