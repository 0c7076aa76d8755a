package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// quitGrace is how long leaving waits for a booking on its way.
const (
	quitGrace     = 5 * time.Second
	quitLookEvery = 50 * time.Millisecond
)

// quitState is whether the person asked to leave and a write is still under way.
type quitState struct {
	waiting bool
	since   time.Time
}

// leave ends the console at once, except while a booking is on its way: then it
// waits shortly and says so; asked again it leaves at once. The intent is stored
// either way, and looked after at the next start.
func (m *Model) leave() tea.Cmd {
	if m.ws == nil || m.quit.waiting || m.ws.InFlight() == 0 {
		return tea.Quit
	}
	m.quit = quitState{waiting: true, since: m.now}
	m.dialogs = nil
	return m.after(quitLookEvery, quitLook{})
}

// quitLook looks whether the write has ended.
type quitLook struct{}

func (quitLook) apply(m *Model) tea.Cmd {
	if m.ws.InFlight() == 0 || m.now.Sub(m.quit.since) >= quitGrace {
		return tea.Quit
	}
	return m.after(quitLookEvery, quitLook{})
}
