package tui

import tea "charm.land/bubbletea/v2"

// relocateKeys are the keys of the dialogs about a room out of order.
func relocateKeys() []binding {
	return append(append(outOfOrderKeys(), relocatingKeys()...), journalKeys()...)
}

func outOfOrderKeys() []binding {
	return []binding{
		{scope: scopeOutOfOrder, keys: []string{"enter"}, label: "enter", what: "plan", more: "ask the tenant for every meeting then, with the best other room", rank: 1, run: func(m *Model) tea.Cmd {
			if f, ok := topOf[*relocateForm](m); ok {
				return f.send(m)
			}
			return nil
		}},
		{scope: scopeOutOfOrder, keys: []string{"esc"}, label: "esc", what: "close", more: "close; nothing is changed", rank: 2, run: then((*Model).closeDialog)},
	}
}

func relocatingKeys() []binding {
	with := func(do func(m *Model, p *relocatePlan) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if p, ok := topOf[*relocatePlan](m); ok {
				return do(m, p)
			}
			return nil
		}
	}
	simply := func(do func(p *relocatePlan)) func(m *Model) tea.Cmd {
		return with(func(_ *Model, p *relocatePlan) tea.Cmd { do(p); return nil })
	}
	why := func(ask func(p *relocatePlan) string) func(m *Model) string {
		return func(m *Model) string {
			if p, ok := topOf[*relocatePlan](m); ok {
				return ask(p)
			}
			return ""
		}
	}
	turn := why((*relocatePlan).whyNotTurn)
	keys := []binding{
		{keys: []string{"a"}, label: "a", what: "accept all", more: "accept every meeting that has a fitting room, and go to the first that has none", rank: 1, run: simply((*relocatePlan).acceptAll)},
		{keys: []string{"y"}, label: "y", what: "move them", more: "write what is accepted into the journal and begin to move it", rank: 2, why: why((*relocatePlan).whyNotApply), run: with(func(m *Model, p *relocatePlan) tea.Cmd { return p.apply(m) })},
		{keys: []string{"enter", "space"}, label: "enter", what: "accept", more: "accept the meeting with the room that is shown, and go to the next that is open", rank: 3, why: turn, run: simply((*relocatePlan).accept)},
		{keys: []string{"right", "l"}, label: "← →", what: "other room", more: "the next room that could be had for it", rank: 4, why: turn, run: simply(func(p *relocatePlan) { p.turn(1) })},
		{keys: []string{"left", "h"}, label: "←", what: "room before", more: "the room before", why: turn, run: simply(func(p *relocatePlan) { p.turn(-1) })},
		{keys: []string{"x"}, label: "x", what: "leave out", more: "leave the meeting where it is", rank: 5, run: simply((*relocatePlan).leave)},
		{keys: []string{"m"}, label: "m", what: "mails", more: "who gets how many mails", rank: 6, run: with(func(m *Model, p *relocatePlan) tea.Cmd { m.openDialog(p.mailsReader(m)); return nil })},
		{keys: []string{"c"}, label: "c", what: "copy text", more: "copy a text for the organiser of the meeting", rank: 7, why: why(func(p *relocatePlan) string { return whyNoText(p.step()) }), run: with(func(m *Model, p *relocatePlan) tea.Cmd { return m.copyRelocationText(p.step()) })},
		{keys: []string{"down", "j"}, label: "↓", what: "down", run: simply(func(p *relocatePlan) { p.list.move(1) })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", run: simply(func(p *relocatePlan) { p.list.move(-1) })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: simply(func(p *relocatePlan) { p.list.move(max(p.list.height-1, 1)) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: simply(func(p *relocatePlan) { p.list.move(-max(p.list.height-1, 1)) })},
		{keys: []string{"esc", "q"}, label: "esc", what: "close", more: "close; nothing is changed", rank: 8, run: then((*Model).closeDialog)},
	}
	keys = append(keys, clockKey(scopeRelocating, 9))
	for i := range keys {
		keys[i].scope = scopeRelocating
	}
	return keys
}

func journalKeys() []binding {
	view := func(m *Model) *relocationView {
		v, _ := topOf[*relocationView](m)
		return v
	}
	onView := func(do func(m *Model, v *relocationView) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if v := view(m); v != nil {
				return do(m, v)
			}
			return nil
		}
	}
	move := func(by func(v *relocationView) int) func(m *Model) tea.Cmd {
		return onView(func(_ *Model, v *relocationView) tea.Cmd { v.list.move(by(v)); return nil })
	}
	keys := []binding{
		{keys: []string{"down", "j"}, label: "↑ ↓", what: "meeting", more: "the next meeting", rank: 1, run: move(func(*relocationView) int { return 1 })},
		{keys: []string{"up", "k"}, label: "↑", what: "meeting", more: "the meeting before", run: move(func(*relocationView) int { return -1 })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: move(func(v *relocationView) int { return max(v.list.height-1, 1) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: move(func(v *relocationView) int { return -max(v.list.height-1, 1) })},
		{keys: []string{"u"}, label: "u", what: "undo", more: "put the meetings back, after a question that says what stays and why", rank: 2, why: func(m *Model) string { return m.whyNotUndoRelocation(view(m)) }, run: onView(func(m *Model, v *relocationView) tea.Cmd { return v.undo(m) })},
		{keys: []string{"s"}, label: "s", what: "stop", more: "let no further batch begin", rank: 3, why: func(m *Model) string {
			switch v := view(m); {
			case v == nil || !v.r.State.Open():
				return "nothing is under way"
			case v.r.Stopped:
				return "it stops after this batch already"
			}
			return ""
		}, run: onView(func(m *Model, v *relocationView) tea.Cmd { return v.stop(m) })},
		{keys: []string{"c"}, label: "c", what: "copy text", more: "copy a text for the organiser of the meeting", rank: 4, why: func(m *Model) string {
			if v := view(m); v != nil {
				return whyNoText(v.step())
			}
			return ""
		}, run: onView(func(m *Model, v *relocationView) tea.Cmd { return m.copyRelocationText(v.step()) })},
		{keys: []string{"esc", "enter", "q"}, label: "esc", what: "close", more: "close; it keeps going, and O in Rooms shows it again", rank: 5, run: then((*Model).closeDialog)},
	}
	keys = append(keys, clockKey(scopeRelocation, 6))
	for i := range keys {
		keys[i].scope = scopeRelocation
	}
	onList := func(do func(m *Model, p *relocationList) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if p, ok := topOf[*relocationList](m); ok {
				return do(m, p)
			}
			return nil
		}
	}
	return append(
		keys,
		binding{scope: scopeRelocations, keys: []string{"enter"}, label: "enter", what: "open", more: "what became of each meeting; undo is there", rank: 1, why: func(m *Model) string {
			if len(m.relocations) == 0 {
				return "there is none"
			}
			return ""
		}, run: onList(func(m *Model, p *relocationList) tea.Cmd { return p.open(m) })},
		binding{scope: scopeRelocations, keys: []string{"down", "j"}, label: "↑ ↓", what: "choose", more: "the next one", rank: 2, run: onList(func(m *Model, p *relocationList) tea.Cmd { p.move(m, 1); return nil })},
		binding{scope: scopeRelocations, keys: []string{"up", "k"}, label: "↑", what: "up", more: "the one before", run: onList(func(m *Model, p *relocationList) tea.Cmd { p.move(m, -1); return nil })},
		binding{scope: scopeRelocations, keys: []string{"esc", "q"}, label: "esc", what: "close", rank: 3, run: then((*Model).closeDialog)},
	)
}
