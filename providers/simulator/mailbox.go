package simulator

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

type mailboxKind uint8

const (
	personBox mailboxKind = iota
	roomBox
	noMailbox // a directory account without a mailbox
)

// calendarKind numbers the calendars of a mailbox.
type calendarKind uint8

const (
	defaultCalendar calendarKind = iota
	holidayCalendar
	firstOwnCalendar // and above: made by people, or shared with them
)

// maxCalendars bounds the calendars of one mailbox.
const maxCalendars = 255

// mailbox is a user of the directory with its calendar. What stands above mu is
// fixed at start; the calendar is guarded by [Tenant.mu].
type mailbox struct {
	index   int
	kind    mailboxKind
	id      string // directory object id, GUID
	guid    [16]byte
	store   [16]byte // a constant part of every id of the mailbox
	contact *contact
	upn     string // user principal name; "" is the address
	zone    *zone
	person  *person
	room    *room
	cell    *cell

	held    []held // the items by number; see [mailbox.items]
	next    uint32 // number of the latest item
	version uint32
	log     []change
	floor   uint32 // changes up to this version are no longer in the log
	txns    map[string]uint32

	settings mailboxSettings
	folders  atomic.Pointer[[]*folder] // calendars that are not as they were at the start
	grants   []grant                   // who may see the default calendar; fixed at start

	watch   func(watched)           // told of each change; nil while nobody subscribed
	account atomic.Pointer[account] // what changed in the directory since start
}

// change is one line of a mailbox's history: what an item was before.
type change struct {
	version uint32
	num     uint32
	old     *event // nil: it did not exist
	at      int64  // Unix seconds
}

// maxLog bounds a mailbox's history; delta tokens older than it are answered
// with 410.
const maxLog = 4096

// mailboxSettings are the parts of mailboxSettings that were changed.
type mailboxSettings struct {
	zone *zone         // nil: the mailbox's own
	more *moreSettings // nil: all as at the start
}

// find gives a stored item by number.
func (m *mailbox) find(num uint32) *event {
	if i, ok := m.search(num); ok {
		return m.item(m.held[i])
	}
	return nil
}

func (m *mailbox) search(num uint32) (int, bool) {
	return slices.BinarySearchFunc(m.held, num, func(h held, n uint32) int { return cmp.Compare(h.num, n) })
}

// byUID gives this mailbox's copy of a meeting.
func (m *mailbox) byUID(uid uint64) *event {
	for _, h := range m.held {
		if h.e.uid == uid {
			return m.item(h)
		}
	}
	return nil
}

// put stores a new event, or a new state of one that has a number. self says
// whether the item itself changed or only exceptions of it.
func (m *mailbox) put(e *event, self bool) *event {
	m.version++
	e.rev = m.version
	if self {
		e.self = m.version
	}
	for _, x := range e.exceptions {
		if x.self == 0 { // made for this state, nobody else has it yet
			x.rev, x.self = m.version, m.version
		}
	}
	var old *event
	if e.num == 0 {
		m.next++
		e.num = m.next
		m.held = append(m.held, held{e: e, num: e.num})
	} else if i, ok := m.search(e.num); ok {
		old = m.item(m.held[i])
		m.held[i] = held{e: e, num: e.num}
	}
	m.record(change{version: m.version, num: e.num, old: old})
	if m.watch != nil {
		what := updatedChange
		if old == nil {
			what = createdChange
		}
		m.watch(watched{box: m, id: e.id(), in: e.in, what: what, rev: e.rev})
	}
	return e
}

// remove takes an item away.
func (m *mailbox) remove(e *event) {
	i, ok := m.search(e.num)
	if !ok {
		return
	}
	m.version++
	m.record(change{version: m.version, num: e.num, old: m.item(m.held[i])})
	m.held = slices.Delete(m.held, i, i+1)
	if m.watch != nil {
		m.watch(watched{box: m, id: e.id(), in: e.in, what: deletedChange})
	}
}

func (m *mailbox) record(c change) {
	if len(m.log) >= maxLog {
		drop := maxLog / 2
		m.floor = m.log[drop-1].version
		m.log = slices.Clone(m.log[drop:])
	}
	if m.cell != nil {
		c.at = m.cell.now()
	}
	m.log = append(m.log, c)
}

// cell is a community of rooms and people who meet one another. Its calendars
// are made together, on the first touch of any of them.
type cell struct {
	number int
	rooms  []*mailbox
	people []*mailbox
	others []*mailbox // see [world.addOthers]: those who organise meetings
	once   sync.Once
	now    func() int64 // the tenant's clock

	sites []*site      // where its rooms are
	lived atomic.Int64 // the last step of [Tenant.live]
	born  uint64       // meetings that life made
}
