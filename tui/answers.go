package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// readTime bounds a question to the local mirror, networkTime one to the tenant.
const (
	readTime    = 20 * time.Second
	networkTime = 2 * time.Minute
	// changesGap is the least time between two rounds of reading again.
	changesGap = 100 * time.Millisecond
	// pauseAfterError keeps a failing read from being repeated with every key.
	pauseAfterError = 5 * time.Second
)

// ask runs a question outside Update, with a deadline.
func (m *Model) ask(limit time.Duration, question func(ctx context.Context) tea.Msg) tea.Cmd {
	parent := m.ctx
	return func() tea.Msg {
		ctx, stop := context.WithTimeout(parent, limit)
		defer stop()
		return question(ctx)
	}
}

type headerState struct {
	Header
	known    bool
	tenant   string // made ready for the screen
	provider string
}

type headerAnswer struct{ header Header }

func (m *Model) readHeader() tea.Cmd {
	ws := m.ws
	return func() tea.Msg { return headerAnswer{ws.Header()} }
}

func (a headerAnswer) apply(m *Model) tea.Cmd {
	m.header = headerState{a.header, true, shown(a.header.Tenant, "no tenant"), clean(a.header.Provider)}
	m.setZone(a.header.Zone)
	return nil
}

// after brings a message later.
func (m *Model) after(d time.Duration, msg tea.Msg) tea.Cmd { return m.timer(d, msg) }

// sleep is the timer outside of tests.
func sleep(d time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}

// waitForChanges waits in the background until something changed.
func (m *Model) waitForChanges() tea.Cmd {
	ctx, ws := m.ctx, m.ws
	return func() tea.Msg {
		changes, err := ws.Wait(ctx)
		return changesAnswer{changes, err}
	}
}

// waitDue starts the next wait: some time after the last, so that a burst of
// changes becomes one round.
type waitDue struct{}

func (waitDue) apply(m *Model) tea.Cmd { return m.waitForChanges() }

type changesAnswer struct {
	changes Changes
	err     error
}

func (a changesAnswer) apply(m *Model) tea.Cmd {
	if a.err != nil {
		if m.ctx.Err() != nil || providers.Is(a.err, providers.Cancelled) {
			return nil
		}
		m.notices.state(m.now, "background", "the background reader stopped: "+problemText(a.err), true)
		return m.after(pauseAfterError, waitDue{})
	}
	m.notices.over("background")
	for _, n := range a.changes.Notices {
		m.notices.state(m.now, n.About, n.Text, n.Bad)
	}
	c := a.changes
	cmds := []tea.Cmd{m.after(changesGap, waitDue{}), m.readHeader()}
	if c.Rooms {
		cmds = append(cmds, m.spaced(&m.rooms.pace, roomsGap, rereadRooms))
	}
	if c.People {
		cmds = append(cmds, m.readPeople())
	}
	if c.Sync {
		gap := syncGapAside
		if m.view == viewSync {
			gap = syncGap
		}
		cmds = append(cmds, m.spaced(&m.sync.pace, gap, rereadSync))
	}
	if c.Bookings {
		cmds = append(cmds, m.readBookings())
	}
	if c.Relocations {
		cmds = append(cmds, m.readRelocations())
	}
	if c.Migration {
		cmds = append(cmds, m.spaced(&m.migration.pace, migrationGap, rereadMigration))
	}
	if d, ok := topOf[*rotateDialog](m); ok && c.Sync {
		cmds = append(cmds, d.reread(m))
	}
	if c.Sync || m.view == viewConnections {
		cmds = append(cmds, m.readConnections())
	}
	if c.All {
		m.avail.allOld()
	}
	for _, mailbox := range c.Mailboxes {
		m.avail.old(mailbox)
	}
	if c.All || len(c.Mailboxes) > 0 || c.Rooms {
		m.freeNow.old, m.find.old = true, true
		m.rooms.detail.changed(c)
		m.people.detail.changed(c)
	}
	return tea.Batch(cmds...)
}

// pace spaces out readings that cost much at many thousand rooms, while a first
// sync announces changes ten times a second.
type pace struct {
	last time.Time
	due  bool
}

const (
	roomsGap     = 400 * time.Millisecond
	syncGap      = 250 * time.Millisecond
	syncGapAside = time.Second // while another view is shown
)

// spaced reads at once, or after the rest of the gap since the last time.
func (m *Model) spaced(p *pace, gap time.Duration, what reread) tea.Cmd {
	if p.due {
		return nil
	}
	if wait := gap - m.now.Sub(p.last); wait > 0 && wait <= gap {
		p.due = true
		return m.after(wait, what)
	}
	return what.apply(m)
}

// reread is a reading whose turn has come.
type reread int

const (
	rereadRooms reread = iota
	rereadSync
	rereadMigration
)

func (r reread) apply(m *Model) tea.Cmd {
	switch r {
	case rereadRooms:
		m.rooms.pace = pace{last: m.now}
		return m.readRooms()
	case rereadMigration:
		m.migration.pace = pace{last: m.now}
		return m.readMigration()
	case rereadSync:
	}
	m.sync.pace = pace{last: m.now}
	return m.readSync()
}

// problemText is an error in one safe line.
func problemText(err error) string {
	return clean(err.Error())
}

// tickMsg moves the clock on the screen.
type tickMsg struct{ generation uint64 }

// tick asks for the next movement of the clock: in a second while seconds are on
// the screen, else less often.
func (m *Model) tick() tea.Cmd {
	m.ticking++
	return m.after(m.tickEvery(), tickMsg{m.ticking})
}

func (m *Model) tickEvery() time.Duration {
	if m.secondsShown() {
		return time.Second
	}
	return 15 * time.Second
}

// secondsShown reports whether the frame has something that counts seconds.
func (m *Model) secondsShown() bool {
	if age := m.now.Sub(m.header.LastGood); m.header.known && !m.header.LastGood.IsZero() && age < 100*time.Second {
		return true
	}
	return m.view == viewSync || len(m.dialogs) > 0 || m.notices.current() != nil
}

func (m *Model) ticked(t tickMsg) tea.Cmd {
	if t.generation != m.ticking {
		return nil
	}
	m.day.follow(m.now)
	m.notices.expire(m.now)
	m.freeNow.clockMoved(m.now)
	m.sync.sample(m.now)
	cmds := []tea.Cmd{m.tick()}
	if m.view == viewSync && m.sync.firstSync() {
		cmds = append(cmds, m.readSync())
	}
	return tea.Batch(cmds...)
}
