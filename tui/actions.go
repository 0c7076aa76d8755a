package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// show changes the view.
func (m *Model) show(v viewID) {
	if why := m.whyNotView(v); why != "" {
		m.notices.add(m.now, v.title()+": "+why, true)
		return
	}
	m.view = v
	m.freeNow.old = m.freeNow.old || v == viewRooms
}

// toggleMark begins marking a span at the cursor, or lets the span stand.
func (m *Model) toggleMark() {
	d := &m.day
	if d.marking {
		d.marking = false
		return
	}
	d.marking, d.moved, d.anchor = true, true, d.cursor
}

func (m *Model) toggleMouse() {
	m.noMouse = !m.noMouse
	text := "the mouse works in the console again"
	if m.noMouse {
		text = "the mouse is the terminal's: its own selection works; M takes it back"
	}
	m.notices.add(m.now, text, false)
}

// escape steps back one level: a message, the marked span, the filter.
func (m *Model) escape() {
	switch {
	case m.notices.dismiss():
	case !m.day.anchor.IsZero():
		m.day.unmark()
	case m.view == viewRooms && !m.rooms.filter.field.empty():
		m.rooms.filter.field.set("")
		m.filterChangedIn(viewRooms)
	case m.view == viewFind && m.find.instead != (providers.Interval{}):
		m.find.instead = providers.Interval{}
	case m.view == viewFind && !m.find.line.field.empty():
		m.find.line.field.set("")
		m.filterChangedIn(viewFind)
	case m.view == viewPeople && !m.people.filter.field.empty():
		m.people.filter.field.set("")
		m.filterChangedIn(viewPeople)
	case m.view != viewRooms:
		m.show(viewRooms)
	}
}

func (m *Model) filterChanged() tea.Cmd {
	m.filterChangedIn(m.view)
	return nil
}

func (m *Model) filterChangedIn(v viewID) {
	switch v {
	case viewRooms:
		m.rooms.list.top = 0
		m.rooms.refilter(m)
	case viewFind:
		m.find.edited()
	case viewPeople:
		m.people.refilter()
	}
}

func (m *Model) clearFilter() tea.Cmd {
	f := m.filterField()
	f.field.set("")
	f.open = false
	return m.filterChanged()
}

// page is how far a page key goes.
func (m *Model) page() int { return max(m.listNow().height-1, 1) }

// listNow is the list of the view.
func (m *Model) listNow() *scroll {
	switch m.view {
	case viewFind:
		if m.seriesShown() {
			return &m.series.dates
		}
		return &m.find.list
	case viewBookings:
		return &m.bookings.list
	case viewPeople:
		return &m.people.list
	case viewSync:
		return &m.sync.list
	case viewConnections:
		return &m.connections.list
	}
	return &m.rooms.list
}

// fixList brings the list of the view into its place: after every message it knows
// how many entries it has and how many lines.
func (m *Model) fixList() {
	switch m.view {
	case viewRooms:
		m.rooms.arrange(m)
	case viewFind:
		m.series.fix(m)
		m.find.list.fix(m.find.count(), m.find.layout(m).list.h)
	case viewBookings:
		m.bookings.list.fix(len(m.bookings.rows), m.bookings.listRect(m).h)
	case viewPeople:
		m.people.list.fix(len(m.people.matches), m.people.layout(m).list.h)
	case viewSync:
		_, r := m.sync.layout(m)
		m.sync.list.fix(len(m.sync.rows), r.h)
	case viewConnections:
		m.connections.list.fix(len(m.connections.rows), m.connections.listRect(m).h)
	}
}

// moveBy moves the bar and remembers what it is on.
func (m *Model) moveBy(by int) {
	switch m.view {
	case viewRooms:
		m.rooms.move(by)
		return
	default:
		m.listNow().move(by)
	}
	m.chooseNow()
}

// chooseNow remembers what the bar is on by its identity.
func (m *Model) chooseNow() {
	switch m.view {
	case viewRooms:
		m.rooms.choose()
	case viewFind:
		m.find.choose()
	case viewBookings:
		m.bookings.choose()
	case viewPeople:
		m.people.choose()
	case viewSync:
		m.sync.choose()
	}
}

// rereadAll reads everything again from the mirror.
func (m *Model) rereadAll() tea.Cmd {
	m.avail.allOld()
	m.avail.pauseUntil = time.Time{}
	m.freeNow.old, m.find.old = true, true
	m.rooms.detail.old, m.people.detail.old = true, true
	m.people.cals.read = false
	return tea.Batch(m.readHeader(), m.readRooms(), m.readPeople(), m.readSync(), m.readBookings(), m.readConnections())
}
