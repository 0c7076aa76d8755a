package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// known is what the console holds of one mailbox's day.
type known struct {
	providers.Availability
	version uint64 // differs whenever the content may
	round   uint64 // the round of changes that it was read in
}

// availabilities holds free/busy of the chosen day for mailboxes that were on the
// screen. What is missing is drawn as not read yet, never as free.
type availabilities struct {
	window     providers.Interval
	generation uint64 // of the window: answers for another day are dropped
	have       map[providers.Address]*known
	version    uint64
	round      uint64
	reading    bool
	pauseUntil time.Time
	inSight    []providers.Address // reused from message to message
	showing    []providers.Address // all mailboxes on the screen; reused as well
	watched    []providers.Address // what the workspace was last told
	telling    bool
}

// mostKept bounds what is held beyond the screen.
const mostKept = 4000

func (a *availabilities) reset(window providers.Interval) {
	a.window = window
	a.generation++
	a.round++
	a.have = map[providers.Address]*known{}
	a.reading = false
	a.pauseUntil = time.Time{}
}

// allOld makes everything be read again when it is next on the screen; until then
// it stays as it is.
func (a *availabilities) allOld() { a.round++ }

func (a *availabilities) old(mailbox providers.Address) {
	if k := a.have[mailbox]; k != nil {
		k.round = 0
	}
}

// of gives what is known of a mailbox, nil where it was not read yet.
func (a *availabilities) of(mailbox providers.Address) *known { return a.have[mailbox] }

type availabilityAnswer struct {
	generation, round uint64
	asked             []providers.Address
	have              map[providers.Address]providers.Availability
	err               error
}

// readVisibleAvailability asks for the rows in sight that are missing or old.
func (m *Model) readVisibleAvailability() tea.Cmd {
	a := &m.avail
	if window := m.day.window(); window != a.window {
		a.reset(window)
	}
	a.inSight = m.appendInSight(a.inSight[:0])
	watch := m.watchInSight()
	if a.reading || m.now.Before(a.pauseUntil) {
		return watch
	}
	var missing []providers.Address
	for _, mailbox := range a.inSight {
		if k := a.have[mailbox]; k == nil || k.round != a.round {
			missing = append(missing, mailbox)
		}
	}
	if len(missing) == 0 {
		return watch
	}
	a.reading = true
	ws, window, generation, round := m.ws, a.window, a.generation, a.round
	read := m.ask(readTime, func(ctx context.Context) tea.Msg {
		have, err := ws.Availability(ctx, missing, window)
		return availabilityAnswer{generation, round, missing, have, err}
	})
	if watch == nil {
		return read
	}
	return tea.Batch(watch, read)
}

// watchInSight tells the workspace what is on the screen now.
func (m *Model) watchInSight() tea.Cmd {
	a := &m.avail
	a.showing = append(a.showing[:0], a.inSight...)
	if m.view == viewFind {
		a.showing = m.find.appendInSight(a.showing)
	}
	if a.telling || slices.Equal(a.showing, a.watched) {
		return nil
	}
	a.telling = true
	a.watched = append(a.watched[:0], a.showing...)
	ws, told := m.ws, slices.Clone(a.showing)
	return func() tea.Msg {
		ws.Watch(told)
		return watchAnswer{}
	}
}

type watchAnswer struct{}

func (watchAnswer) apply(m *Model) tea.Cmd {
	m.avail.telling = false
	return nil
}

// appendInSight names the mailboxes whose day is on the screen.
func (m *Model) appendInSight(to []providers.Address) []providers.Address {
	switch m.view {
	case viewRooms:
		return m.rooms.appendInSight(to)
	case viewPeople:
		return m.people.appendInSight(to)
	}
	return to
}

func (r availabilityAnswer) apply(m *Model) tea.Cmd {
	a := &m.avail
	if r.generation != a.generation {
		return nil
	}
	a.reading = false
	if r.err != nil {
		a.pauseUntil = m.now.Add(pauseAfterError)
		m.notices.state(m.now, "availability", "free/busy could not be read: "+problemText(r.err), true)
		return nil
	}
	m.notices.over("availability")
	if len(a.have) > mostKept {
		clear(a.have)
	}
	for _, mailbox := range r.asked {
		got, ok := r.have[mailbox]
		if !ok { // the workspace promises an entry for each; unknown otherwise
			got = providers.Availability{Mailbox: mailbox, Window: a.window}
		}
		a.version++
		a.have[mailbox] = &known{got, a.version, r.round}
	}
	return nil
}

// freeNowState is the state of every room at this moment, for the count in the
// filter line.
type freeNowState struct {
	have    map[providers.Address]bool // those known to be free, and not from old data
	read    bool
	old     bool
	reading bool
	since   time.Time
	count   int // of the rooms that match the filter
}

// freeNowGap is the least time between two readings of every room's state.
const freeNowGap = 3 * time.Second

func (f *freeNowState) clockMoved(now time.Time) {
	if now.Sub(f.since) > 30*time.Second {
		f.old = true
	}
}

type freeNowAnswer struct {
	have map[providers.Address]bool
	sure int // rooms of which the state is known
	err  error
}

func (m *Model) readFreeNow() tea.Cmd {
	f := &m.freeNow
	if f.reading || !f.old || m.view != viewRooms || !m.rooms.read || len(m.rooms.data.rows) == 0 || f.read && m.now.Sub(f.since) < freeNowGap {
		return nil
	}
	f.reading, f.old, f.since = true, false, m.now
	ws, now, mailboxes := m.ws, m.now, m.rooms.data.mailboxes
	window := providers.Interval{Start: now.Truncate(time.Minute), End: now.Truncate(time.Minute).Add(time.Minute)}
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		all, err := ws.Availability(ctx, mailboxes, window)
		free, sure := make(map[providers.Address]bool, len(all)), 0
		for mailbox, a := range all {
			if !a.Known() || stale(a, now) {
				continue
			}
			sure++
			if state, _ := a.State(now); !state.Taken() {
				free[mailbox] = true
			}
		}
		return freeNowAnswer{free, sure, err}
	})
}

func (r freeNowAnswer) apply(m *Model) tea.Cmd {
	m.freeNow.reading = false
	if r.err != nil || r.sure == 0 { // nothing known is no count of 0
		m.freeNow.read = false
		return nil
	}
	m.freeNow.read, m.freeNow.have = true, r.have
	m.countFreeNow()
	return nil
}

// countFreeNow counts the matching rooms that are known to be free.
func (m *Model) countFreeNow() {
	m.freeNow.count = 0
	for _, i := range m.rooms.matches {
		if m.freeNow.have[m.rooms.data.rows[i].room.Mailbox] {
			m.freeNow.count++
		}
	}
}
