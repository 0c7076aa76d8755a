package tui

import (
	tea "charm.land/bubbletea/v2"
)

// clicked chooses what is under the pointer: a view, a row, a time on the grid.
func (m *Model) clicked(e tea.Mouse) tea.Cmd {
	if e.Button != tea.MouseLeft || m.tooSmall() {
		return nil
	}
	if len(m.dialogs) > 0 {
		return m.clickedDialog(e)
	}
	if m.ws == nil {
		return nil
	}
	if e.Y == 0 {
		for v := viewRooms; v <= viewCount; v++ {
			if c := m.tabs.columns[v]; e.X >= c[0] && e.X < c[1] {
				m.show(v)
			}
		}
		return nil
	}
	switch m.view {
	case viewRooms:
		return m.rooms.click(m, e.X, e.Y)
	case viewPeople:
		return m.people.click(m, e.X, e.Y)
	case viewFind:
		if e.Y == m.find.layout(m).lineY {
			m.find.line.open = true
			return nil
		}
		if m.seriesShown() {
			m.series.click(m, e.X, e.Y)
			return nil
		}
	}
	r := m.listRect()
	if !r.contains(e.X, e.Y) {
		return nil
	}
	list := m.listNow()
	i := list.top + e.Y - r.y
	if i >= list.n {
		return nil
	}
	again := i == list.at
	list.at = i
	m.chooseNow()
	if !again {
		return nil
	}
	if b := m.keys.find(m.view.scope(), "enter"); b != nil {
		return m.do(b)
	}
	return nil
}

// clickedDialog closes a dialog that is only read by a click beside it. A form
// stays: a slip of the hand must not lose what was typed.
func (m *Model) clickedDialog(e tea.Mouse) tea.Cmd {
	r := m.dialogRect(m.topDialog())
	if _, ok := m.topDialog().(*reader); ok && !r.contains(e.X, e.Y) {
		m.closeDialog()
	}
	return nil
}

// listRect is where the list of the view is.
func (m *Model) listRect() rect {
	switch m.view {
	case viewFind:
		if m.seriesShown() {
			return m.series.layout(m).list
		}
		return m.find.layout(m).list
	case viewBookings:
		return m.bookings.listRect(m)
	case viewPeople:
		return m.people.layout(m).list
	case viewSync:
		_, r := m.sync.layout(m)
		return r
	case viewConnections:
		return m.connections.listRect(m)
	}
	return m.rooms.layout(m).list
}

// click chooses a person and a time on the grid.
func (p *peoplePane) click(m *Model, x, y int) tea.Cmd {
	l := p.layout(m)
	if y == l.filterY {
		p.filter.open = true
		return nil
	}
	i := p.list.top + y - l.list.y
	if !l.list.contains(x, y) || i < 0 || i >= len(p.matches) {
		return nil
	}
	again := i == p.list.at
	p.list.at = i
	p.choose()
	if t, ok := gridTime(&l.grid, x); ok {
		m.day.unmark()
		m.day.moveTo(t)
		return nil
	}
	if again {
		return m.openPerson()
	}
	return nil
}

// dragged stretches a span on the grid while the button is held.
func (m *Model) dragged(e tea.Mouse) tea.Cmd {
	if e.Button == tea.MouseLeft && m.rooms.drag && m.view == viewRooms && len(m.dialogs) == 0 {
		m.rooms.dragTo(m, e.X)
	}
	return nil
}

func (m *Model) released() tea.Cmd {
	m.rooms.drag = false
	return nil
}

// wheelLines is how far one notch of the wheel goes.
const wheelLines = 3

// wheeled scrolls what is under the pointer.
func (m *Model) wheeled(e tea.Mouse) tea.Cmd {
	if m.tooSmall() {
		return nil
	}
	by := 0
	switch e.Button {
	case tea.MouseWheelUp:
		by = -wheelLines
	case tea.MouseWheelDown:
		by = wheelLines
	case tea.MouseWheelLeft, tea.MouseWheelRight:
		if len(m.dialogs) == 0 && (m.view == viewRooms || m.view == viewPeople) {
			step := m.gridStep()
			if e.Button == tea.MouseWheelLeft {
				step = -step
			}
			m.day.move(step, false)
		}
		return nil
	}
	if len(m.dialogs) > 0 {
		switch d := m.topDialog().(type) {
		case *reader:
			d.scroll(by)
		case *palettes:
			d.list.move(by / wheelLines)
		}
		return nil
	}
	if m.ws == nil || !m.listRect().contains(e.X, e.Y) {
		return nil
	}
	if m.view == viewRooms {
		m.rooms.wheel(by)
		return nil
	}
	m.listNow().wheel(by)
	m.chooseNow()
	return nil
}
