package tui

import (
	tea "charm.land/bubbletea/v2"
)

// Demo is what [Model.Next] gives where the person wants to look around in the
// demonstration.
const Demo = "\x00demo"

// Next is what the person wants to see after this console has ended: the name of a
// connection, [Demo], or "" for nothing more.
func (m *Model) Next() string { return m.next }

// leaveFor ends this console, for another one to begin.
func (m *Model) leaveFor(next string) tea.Cmd {
	m.next = next
	return m.leave()
}

// drawWelcome is the screen of a first start: there is no tenant yet.
func (m *Model) drawWelcome() []string {
	lines := []string{newLine(m.theme, onScreen, m.width).to(1).put(badge, " roomdesk ").done()}
	lines = append(lines, newLine(m.theme, onScreen, m.width).repeat(ruled, "─", m.width).done())
	for range max((m.height-16)/3, 0) {
		lines = append(lines, "")
	}
	left := max((m.width-64)/2, 2)
	add := func(r role, text string) {
		lines = append(lines, newLine(m.theme, onScreen, m.width).to(left).put(r, text).done())
	}
	choice := func(key, what, more string) {
		l := newLine(m.theme, onScreen, m.width).to(left).put(accentStrong, key).to(left+4).put(strong, what)
		if m.width >= 72 {
			l.to(left+24).put(dim, more)
		}
		lines = append(lines, l.done())
	}
	add(strong, "No tenant is connected yet.")
	add(dim, "roomdesk shows who has which room, and books it.")
	lines = append(lines, "")
	choice("c", "connect a tenant", "step by step, in some minutes")
	choice("d", "look around", "a demonstration tenant on this machine")
	choice("q", "leave", "")
	lines = append(lines, "")
	if n := m.notices.current(); n != nil {
		look := plain
		if n.bad {
			look = bad
		}
		for _, s := range wrap(n.text, min(m.width-left-2, 64)) {
			add(look, s)
		}
	}
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(m.height-1, 1)], m.drawKeys(scopeWelcome, onScreen, 1, m.width))
}

func welcomeKeys() []binding {
	return []binding{
		{scope: scopeWelcome, keys: []string{"c", "enter"}, label: "c", what: "connect", more: "connect a tenant, step by step; goes on where it was left", rank: 1, why: whyNotSetup, run: (*Model).openSetup},
		{scope: scopeWelcome, keys: []string{"d"}, label: "d", what: "demonstration", more: "look around in a demonstration tenant on this machine", rank: 2, run: func(m *Model) tea.Cmd { return m.leaveFor(Demo) }},
		{scope: scopeWelcome, keys: []string{"q", "esc"}, label: "q", what: "leave", rank: 3, run: (*Model).leave},
	}
}
