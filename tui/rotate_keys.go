package tui

import tea "charm.land/bubbletea/v2"

func rotateKeys() []binding {
	with := func(do func(m *Model, d *rotateDialog) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if d, ok := topOf[*rotateDialog](m); ok {
				return do(m, d)
			}
			return nil
		}
	}
	filled := func(m *Model) string {
		if d, ok := topOf[*rotateDialog](m); !ok || !d.planned || d.busy() || d.stage == rotateDone {
			return "there is nothing to fill in"
		}
		return ""
	}
	move := func(by int) func(m *Model) tea.Cmd {
		return with(func(_ *Model, d *rotateDialog) tea.Cmd {
			d.move(by)
			return nil
		})
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "go on", more: "make the certificate, try what was entered, and then put it in the old one's place", rank: 1, run: with(func(m *Model, d *rotateDialog) tea.Cmd { return d.next(m) })},
		{keys: []string{"tab", "down"}, label: "tab", what: "next field", more: "the next field; ← → change what the new one is", rank: 2, why: filled, run: move(1)},
		{keys: []string{"shift+tab", "up"}, label: "shift+tab", what: "field before", why: filled, run: move(-1)},
		{keys: []string{"esc"}, label: "esc", what: "close", more: "close; before the exchange nothing is changed, after it the rest goes on by itself", rank: 3, run: with(func(m *Model, d *rotateDialog) tea.Cmd {
			d.leave(m)
			return nil
		})},
	}
	for i := range keys {
		keys[i].scope = scopeRotate
	}
	return keys
}
