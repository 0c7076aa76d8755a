package tui

import (
	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// migrationKeys are the keys of the migration and its dialogs.
func migrationKeys() []binding {
	var keys []binding
	for _, part := range []struct {
		scope scope
		keys  []binding
	}{{scopeMigration, migratingKeys()}, {scopePilot, pilotKeys()}, {scopeMoveAll, moveAllKeys()}, {scopeParity, parityKeys()}} {
		for _, b := range part.keys {
			b.scope = part.scope
			keys = append(keys, b)
		}
	}
	return keys
}

func migratingKeys() []binding {
	view := func(m *Model) *migrationView {
		v, _ := topOf[*migrationView](m)
		return v
	}
	on := func(do func(v *migrationView, m *Model) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if v := view(m); v != nil {
				return do(v, m)
			}
			return nil
		}
	}
	why := func(ask func(v *migrationView, m *Model) string) func(m *Model) string {
		return func(m *Model) string { return ask(view(m), m) }
	}
	move := func(by func(v *migrationView) int) func(m *Model) tea.Cmd {
		return on(func(v *migrationView, m *Model) tea.Cmd { v.move(m, by(v)); return nil })
	}
	return []binding{
		{keys: []string{"p"}, label: "p", what: "compare", more: "compare which mailboxes each side reaches, then both sides of every mailbox; moves nothing", rank: 7, why: why((*migrationView).whyNotPlan), run: on((*migrationView).plan)},
		{keys: []string{"enter"}, label: "enter", what: "diff", more: "in what both sides of the chosen mailbox differ, side by side", rank: 1, why: why((*migrationView).whyNotParity), run: on((*migrationView).openParity)},
		{keys: []string{"g"}, label: "g", what: "pilot", more: "the group that moves first: enter there moves it", rank: 2, why: why((*migrationView).whyNotPilot), run: on((*migrationView).openPilot)},
		{keys: []string{"A"}, label: "A", what: "move all", more: "move all mailboxes, once the tenant's name is typed", rank: 3, why: why((*migrationView).whyNotMove), run: on((*migrationView).openMoveAll)},
		{keys: []string{"s"}, label: "s", what: "stop", more: "let no further mailbox begin; the one at work comes to its end", rank: 4, why: func(m *Model) string {
			if !m.migration.have || !m.migration.m.State.Working() {
				return "nothing is under way"
			}
			return ""
		}, run: on((*migrationView).stop)},
		{keys: []string{"z"}, label: "z", what: "take back", more: "take all moved mailboxes back, after a question", rank: 5, why: why((*migrationView).whyNotReturn), run: on((*migrationView).askReturn)},
		{keys: []string{"f"}, label: "f", what: "finish", more: "give up the way back, after a question that says what that means", rank: 6, why: why((*migrationView).whyNotFinish), run: on((*migrationView).askFinish)},
		{keys: []string{"space"}, label: "space", what: "mark", more: "take the chosen mailbox into the pilot group, or out of it", rank: 8, why: why((*migrationView).whyNotMark), run: on((*migrationView).mark)},
		{keys: []string{"m"}, label: "m", what: "move one", more: "move the chosen mailbox alone, after a question", why: why((*migrationView).whyNotMoveOne), run: on((*migrationView).askMoveOne)},
		{keys: []string{"b"}, label: "b", what: "one back", more: "take the chosen mailbox alone back, after a question", why: why((*migrationView).whyNotReturnOne), run: on((*migrationView).askReturnOne)},
		{keys: []string{"!"}, label: "!", what: "only problems", more: "show only mailboxes that differ, stay or failed, or all", rank: 9, run: on(func(v *migrationView, m *Model) tea.Cmd {
			v.only = !v.only
			v.arrange(&m.migration.m)
			return nil
		})},
		{keys: []string{"y"}, label: "y", what: "copy address", more: "copy the chosen mailbox's address", why: func(m *Model) string {
			if view(m).box(m) == nil {
				return "no mailbox is chosen"
			}
			return ""
		}, run: on(func(v *migrationView, m *Model) tea.Cmd {
			return m.copyText(string(v.box(m).Mailbox), string(v.box(m).Mailbox))
		})},
		{keys: []string{"down", "j"}, label: "↓", what: "down", run: move(func(*migrationView) int { return 1 })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", run: move(func(*migrationView) int { return -1 })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: move(func(v *migrationView) int { return max(v.list.height-1, 1) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: move(func(v *migrationView) int { return -max(v.list.height-1, 1) })},
		{keys: []string{"home"}, label: "home", what: "first", run: move(func(*migrationView) int { return -1 << 30 })},
		{keys: []string{"end", "G"}, label: "end", what: "last", run: move(func(*migrationView) int { return 1 << 30 })},
		{keys: []string{"?"}, label: "?", what: "help", more: "all keys of the migration", rank: 11, run: (*Model).openHelp},
		{keys: []string{"esc", "q"}, label: "esc", what: "close", more: "close; what is under way keeps going, and m in Connections shows it again", rank: 10, run: then((*Model).closeDialog)},
	}
}

func pilotKeys() []binding {
	group := func(m *Model) *pilotDialog {
		d, _ := topOf[*pilotDialog](m)
		return d
	}
	scroll := func(by int) func(m *Model) tea.Cmd {
		return then(func(m *Model) {
			if d := group(m); d != nil {
				d.list.move(by)
			}
		})
	}
	return []binding{
		{keys: []string{"enter"}, label: "enter", what: "move them", more: "move the group: those in which something differs are left out", rank: 1, why: func(m *Model) string {
			if d := group(m); d != nil {
				return d.whyNot(m)
			}
			return ""
		}, run: func(m *Model) tea.Cmd {
			if d := group(m); d != nil {
				return d.start(m)
			}
			return nil
		}},
		{keys: []string{"down", "j"}, label: "↓", what: "down", run: scroll(1)},
		{keys: []string{"up", "k"}, label: "↑", what: "up", run: scroll(-1)},
		{keys: []string{"esc", "q"}, label: "esc", what: "close", more: "close; nothing is moved", rank: 2, run: then((*Model).closeDialog)},
	}
}

func moveAllKeys() []binding {
	return []binding{
		{keys: []string{"enter"}, label: "enter", what: "move all", more: "move all, once the tenant's name is typed", rank: 1, run: func(m *Model) tea.Cmd {
			if d, ok := topOf[*moveAllDialog](m); ok {
				return d.start(m)
			}
			return nil
		}},
		{keys: []string{"ctrl+a"}, label: "ctrl+a", what: "also different", more: "also move mailboxes in which something differs, or leave them out", rank: 2, why: func(m *Model) string {
			if m.migration.m.Count(providers.MoveDiffers) == 0 {
				return "nothing differs in any mailbox"
			}
			return ""
		}, run: func(m *Model) tea.Cmd {
			if d, ok := topOf[*moveAllDialog](m); ok {
				d.differ, d.refused = !d.differ, ""
			}
			return nil
		}},
		{keys: []string{"esc"}, label: "esc", what: "close", more: "close; nothing is moved", rank: 3, run: then((*Model).closeDialog)},
	}
}

func parityKeys() []binding {
	on := func(do func(p *parityView, m *Model) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if p, ok := topOf[*parityView](m); ok {
				return do(p, m)
			}
			return nil
		}
	}
	move := func(by func(p *parityView) int) func(m *Model) tea.Cmd {
		return on(func(p *parityView, _ *Model) tea.Cmd {
			p.list.n = len(p.entries)
			p.list.move(by(p))
			return nil
		})
	}
	return []binding{
		{keys: []string{"enter"}, label: "enter", what: "whole", more: "every value of the chosen entry in full, as each side gave it", rank: 1, why: func(m *Model) string {
			if p, ok := topOf[*parityView](m); !ok || p.entry() == nil {
				return "no entry is chosen"
			}
			return ""
		}, run: on((*parityView).openWhole)},
		{keys: []string{"down", "j"}, label: "↑ ↓", what: "entry", more: "the next entry", rank: 2, run: move(func(*parityView) int { return 1 })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", more: "the entry before", run: move(func(*parityView) int { return -1 })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: move(func(p *parityView) int { return max(p.list.height-1, 1) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: move(func(p *parityView) int { return -max(p.list.height-1, 1) })},
		{keys: []string{"esc", "q"}, label: "esc", what: "close", rank: 3, run: then((*Model).closeDialog)},
	}
}
