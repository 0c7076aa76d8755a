package tui

import tea "charm.land/bubbletea/v2"

// ladderKeys are the keys of an examination in a dialog. find is the ladder of the
// uppermost dialog, nil where that has none; they hold in the given scope.
func ladderKeys(s scope, find func(m *Model) *ladder) []binding {
	with := func(do func(m *Model, p *ladder) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if p := find(m); p != nil {
				return do(m, p)
			}
			return nil
		}
	}
	simply := func(do func(m *Model, p *ladder)) func(m *Model) tea.Cmd {
		return with(func(m *Model, p *ladder) tea.Cmd { do(m, p); return nil })
	}
	why := func(ask func(p *ladder) string) func(m *Model) string {
		return func(m *Model) string {
			if p := find(m); p != nil {
				return ask(p)
			}
			return "nothing is tested here"
		}
	}
	unlessRunning := why(func(p *ladder) string {
		if p.running {
			return "the test is under way"
		}
		return ""
	})
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "evidence", more: "all that is known of the step: what was seen, what the service said, the request id", rank: 1, why: why(func(p *ladder) string {
			if p.chosen() == nil {
				return "that step has not ended"
			}
			return ""
		}), run: simply(func(m *Model, p *ladder) { p.openRung(m) })},
		{keys: []string{"r"}, label: "r", what: "again", more: "test again, here", rank: 2, run: with(func(m *Model, p *ladder) tea.Cmd { return p.start(m) })},
		{keys: []string{"y"}, label: "y", what: "copy", more: "copy the sentence that says what is wrong", rank: 6, why: unlessRunning, run: with(func(m *Model, p *ladder) tea.Cmd { return m.copyText(p.sentence(), "the sentence") })},
		{keys: []string{"s"}, label: "s", what: "for support", more: "copy every step with what the service said and the request ids", rank: 7, why: unlessRunning, run: with(func(m *Model, p *ladder) tea.Cmd { return m.copyText(p.support(), "the text for support") })},
		{keys: []string{"w"}, label: "w", what: "write too", more: "also write an event and take it away again, after a question", rank: 3, why: unlessRunning, run: simply(func(m *Model, p *ladder) { p.askToWrite(m) })},
		{keys: []string{"down", "j"}, label: "↓", what: "down", run: simply(func(_ *Model, p *ladder) { p.move(1) })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", run: simply(func(_ *Model, p *ladder) { p.move(-1) })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: simply(func(_ *Model, p *ladder) { p.move(max(p.list.height-1, 1)) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: simply(func(_ *Model, p *ladder) { p.move(-max(p.list.height-1, 1)) })},
		{keys: []string{"home"}, label: "home", what: "first step", run: simply(func(_ *Model, p *ladder) { p.move(-1 << 20) })},
		{keys: []string{"end", "G"}, label: "end", what: "last step", run: simply(func(_ *Model, p *ladder) { p.move(1 << 20) })},
	}
	for i := range keys {
		keys[i].scope = s
	}
	return keys
}

// whyNotNow says why a test cannot be asked for more just now.
func whyNotNow(m *Model) string {
	if d, ok := topOf[*testDialog](m); ok && !d.running {
		return ""
	}
	return "the test is under way"
}

// testKeys are the keys of the test of a configured connection.
func testKeys() []binding {
	keys := ladderKeys(scopeTest, func(m *Model) *ladder {
		if d, ok := topOf[*testDialog](m); ok {
			return d.ladder
		}
		return nil
	})
	keys = append(keys, binding{scope: scopeTest, keys: []string{"m"}, label: "m", what: "mailboxes", more: "which rooms and people to look at closely, and which mailbox must be refused; then tests again", rank: 4, why: whyNotNow, run: then(func(m *Model) {
		if d, ok := topOf[*testDialog](m); ok {
			d.askForMailboxes(m)
		}
	})}, binding{scope: scopeTest, keys: []string{"i"}, label: "i", what: "inbox", more: "also ask for the inbox of one mailbox, which must be refused, after a question: proves that mail is out of reach", rank: 5, why: whyNotNow, run: then(func(m *Model) {
		if d, ok := topOf[*testDialog](m); ok {
			d.askForInbox(m)
		}
	})})
	keys = append(keys, binding{scope: scopeTest, keys: []string{"o"}, label: "o", what: "one or both", more: "test the chosen connection without the other one of its organisation, or both again", rank: 9, why: func(m *Model) string {
		if d, ok := topOf[*testDialog](m); ok && !d.question.Alone && len(d.of()) < 2 {
			return "the connection is the only one of its organisation"
		}
		return ""
	}, run: func(m *Model) tea.Cmd {
		if d, ok := topOf[*testDialog](m); ok {
			return d.alone(m)
		}
		return nil
	}})
	return append(keys, binding{scope: scopeTest, keys: []string{"esc", "q"}, label: "esc", what: "close", more: "close; a test under way is stopped", rank: 8, run: then(func(m *Model) {
		if d, ok := topOf[*testDialog](m); ok {
			d.halt()
		}
		m.closeDialog()
	})})
}
