package tui

import (
	tea "charm.land/bubbletea/v2"
)

// drawList writes the entries of a list that are in sight.
func drawList(m *Model, lines []string, r rect, s *scroll, n int, row func(i int, selected bool) string) []string {
	s.fix(n, r.h)
	for i := s.top; i < s.bottom(); i++ {
		lines = append(lines, row(i, i == s.at))
	}
	return lines
}

// rowLine begins a row of a list: the bar where it is chosen, and the ground.
func rowLine(m *Model, selected bool) (l *line, name role) {
	if selected {
		l = newLine(m.theme, onSelected, m.width)
		l.put(accentStrong, "▎")
		return l.to(2), strong
	}
	return newLine(m.theme, onScreen, m.width).to(2), plain
}

// finish closes a row: a chosen one reaches the edge.
func (l *line) finish(selected bool) string {
	if selected {
		return l.full()
	}
	return l.done()
}

// note is a short text in the body of a view, wrapped.
func note(m *Model, lines []string, r role, text string) []string {
	for _, s := range wrap(text, m.width-4) {
		lines = append(lines, newLine(m.theme, onScreen, m.width).to(2).put(r, s).done())
	}
	return lines
}

// copyText puts text on the clipboard of the person's terminal.
func (m *Model) copyText(text, what string) tea.Cmd {
	m.notices.add(m.now, what+" copied, where the terminal allows it", false)
	return tea.SetClipboard(text)
}
