package simulator

import "iter"

// held is how a calendar keeps an item. A meeting stands in many calendars, and
// its copies differ in little: what the company's life so far has put there is
// kept once, and each copy is made when somebody looks at it. Three million
// entries fit in memory this way.
type held struct {
	e   *event // the item itself or, with as, the meeting that it is a copy of
	num uint32
	as  copyOf
}

// copyOf says which copy of a meeting a mailbox has.
type copyOf uint8

const (
	noCopy copyOf = iota // the item is kept as it is
	copyOfOrganizer
	copyOfAttendee
	copyOfRoom
)

// seed stores a generated item; it has no history.
func (m *mailbox) seed(e *event) {
	m.next++
	e.num, e.rev, e.self = m.next, 1, 1
	m.held = append(m.held, held{e: e, num: e.num})
}

// seedCopy stores a copy of a generated meeting. The meeting must not change any
// more.
func (m *mailbox) seedCopy(e *event, as copyOf) {
	m.next++
	m.held = append(m.held, held{e: e, num: m.next, as: as})
}

// item is a stored item as this mailbox has it. It is made anew for each caller
// where it is a copy, so items are compared by number, never by address.
func (m *mailbox) item(h held) *event {
	var c *event
	box := m.contact.box // m may be a mailbox as it was
	switch h.as {
	case noCopy:
		return h.e
	case copyOfOrganizer:
		c = organizerCopy(h.e)
	case copyOfAttendee:
		c = attendeeCopy(h.e, box)
	case copyOfRoom:
		c = roomCopy(h.e, box)
	}
	c.num, c.rev, c.self = h.num, 1, 1
	return c
}

// items walks the stored items whose number is at least from, by number.
func (m *mailbox) items(from uint32) iter.Seq[*event] {
	return func(yield func(*event) bool) {
		i, _ := m.search(from)
		for _, h := range m.held[i:] {
			if !yield(m.item(h)) {
				return
			}
		}
	}
}

// view collects what a view of the default calendar in [from, to) shows, in no
// useful order, as Exchange does.
func (m *mailbox) view(from, to int64) []instance { return m.viewOf(defaultCalendar, from, to) }

func (m *mailbox) viewOf(kind calendarKind, from, to int64) []instance {
	out := make([]instance, 0, 64)
	for e := range m.inWindow(kind, 0, from, to) {
		out = e.instances(out, from, to)
	}
	return out
}

// inWindow walks the items of a calendar from a number on that may show in
// [from, to): what lies outside is not even copied.
func (m *mailbox) inWindow(kind calendarKind, first uint32, from, to int64) iter.Seq[*event] {
	return func(yield func(*event) bool) {
		i, _ := m.search(first)
		for _, h := range m.held[i:] {
			if h.as == noCopy && h.e.in != kind || h.as != noCopy && kind != defaultCalendar {
				continue
			}
			// Copies have their meeting's times.
			if h.e.kind == singleInstance {
				if s, t := h.e.floating(); !overlaps(s, t, from, to) {
					continue
				}
			}
			if !yield(m.item(h)) {
				return
			}
		}
	}
}
