package tui

import (
	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

func filterKeys() []binding {
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "to the list", more: "keep the line and go to the list", rank: 1, run: then(func(m *Model) { m.filterField().open = false })},
		{keys: []string{"esc"}, label: "esc", what: "clear", more: "clear the line and go to the list", rank: 2, run: (*Model).clearFilter},
		{keys: []string{"down"}, label: "↑ ↓", what: "move", more: "down in the list", rank: 3, run: then(func(m *Model) { m.moveBy(1) })},
		{keys: []string{"up"}, label: "↑", what: "up", more: "up in the list", run: then(func(m *Model) { m.moveBy(-1) })},
		{keys: []string{"pgdown"}, label: "pgdn", what: "page down", run: then(func(m *Model) { m.moveBy(m.page()) })},
		{keys: []string{"pgup"}, label: "pgup", what: "page up", run: then(func(m *Model) { m.moveBy(-m.page()) })},
	}
	for i := range keys {
		keys[i].scope = scopeFilter
	}
	return keys
}

func formKeys() []binding {
	with := func(do func(m *Model, f *bookForm) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if f, ok := topOf[*bookForm](m); ok {
				return do(m, f)
			}
			return nil
		}
	}
	unlessSending := func(m *Model) string {
		if f, ok := topOf[*bookForm](m); ok {
			return f.whyNotSend()
		}
		return ""
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "book", more: "book; takes a completion first", rank: 1, why: unlessSending, run: with(func(m *Model, f *bookForm) tea.Cmd { return f.send(m) })},
		{keys: []string{"tab"}, label: "tab", what: "next field", rank: 2, why: unlessSending, run: with(func(m *Model, f *bookForm) tea.Cmd { return f.next(m, 1) })},
		{keys: []string{"shift+tab"}, label: "shift+tab", what: "previous field", why: unlessSending, run: with(func(m *Model, f *bookForm) tea.Cmd { return f.next(m, -1) })},
		{keys: []string{"up"}, label: "↑ ↓", what: "change", more: "a day or a quarter of an hour later; the completion above; the field above", rank: 3, why: unlessSending, run: with(func(m *Model, f *bookForm) tea.Cmd { return f.step(m, 1) })},
		{keys: []string{"down"}, label: "↓", what: "change", more: "a day or a quarter of an hour earlier; the completion below; the field below", why: unlessSending, run: with(func(m *Model, f *bookForm) tea.Cmd { return f.step(m, -1) })},
		{keys: []string{"alt+o"}, label: "alt+o", what: "more fields", more: "optional guests, text, how it shows, private, time kept before and after", why: unlessSending, run: with(func(_ *Model, f *bookForm) tea.Cmd {
			f.toggleMore()
			return nil
		})},
		{keys: []string{"alt+z"}, label: "alt+z", what: "clock", more: "read and show the times by the next clock: the room's, yours, UTC", why: unlessSending, run: with(func(m *Model, f *bookForm) tea.Cmd {
			f.nextClock(m)
			return nil
		})},
		{keys: []string{"ctrl+t"}, label: "ctrl+t", what: "Teams", more: "with or without a Teams link", rank: 4, why: unlessSending, run: with(func(m *Model, f *bookForm) tea.Cmd { return f.toggleTeams(m) })},
		{
			keys: []string{"ctrl+o"}, label: "ctrl+o", what: "send anyway", more: "send although the room is taken; it will probably decline", rank: 6,
			why: func(m *Model) string {
				f, ok := topOf[*bookForm](m)
				if !ok || f.sending || !f.check.have || f.check.result.Free {
					return "the room is not known to be taken"
				}
				return ""
			},
			run: with(func(m *Model, f *bookForm) tea.Cmd {
				f.anyway = true
				return f.send(m)
			}),
		},
		{keys: []string{"esc"}, label: "esc", what: "close", more: "close; what is being sent keeps going", rank: 5, run: with(func(m *Model, f *bookForm) tea.Cmd {
			m.closeDialog()
			if f.sending {
				m.notices.add(m.now, "the booking of "+f.title+" keeps going: see 3 Bookings", false)
			}
			return nil
		})},
	}
	for n := range 3 {
		keys = append(keys, binding{
			keys: []string{"alt+" + itoa(n+1)}, label: "alt+" + itoa(n+1), what: "other room", more: "take that other free room into the form", why: unlessSending,
			run: with(func(m *Model, f *bookForm) tea.Cmd { return f.takeAlternative(m, n) }),
		})
	}
	for i := range keys {
		keys[i].scope = scopeForm
	}
	return keys
}

func progressKeys() []binding {
	booking := func(m *Model) *bookProgress {
		p, _ := topOf[*bookProgress](m)
		return p
	}
	var keys []binding
	for n := range 3 {
		b := binding{
			keys: []string{itoa(n + 1)}, label: itoa(n + 1), what: "other room", more: "book that other room instead; the meeting that was declined or not answered is cancelled",
			why: func(m *Model) string { return booking(m).whyNotAlternative(m, n) },
			run: func(m *Model) tea.Cmd { return booking(m).takeAlternative(m, n) },
		}
		if n == 0 {
			b.label, b.rank = "1-3", 1
		}
		keys = append(keys, b)
	}
	keys = append(
		keys,
		binding{keys: []string{"y"}, label: "y", what: "copy link", more: "copy the Teams link", rank: 2, why: func(m *Model) string { return whyNoLink(&booking(m).booking) }, run: func(m *Model) tea.Cmd {
			return m.copyText(booking(m).booking.JoinURL.String(), "Teams link")
		}},
		binding{keys: []string{"esc", "enter", "q"}, label: "esc", what: "close", more: "close; the answer is kept in 3 Bookings", rank: 7, run: then(func(m *Model) {
			p := booking(m)
			m.closeDialog()
			if !p.booking.Settled() {
				m.notices.add(m.now, "the booking goes on by itself: see 3 Bookings", false)
			}
		})},
	)
	keys = append(keys, clockKey(scopeProgress, 6))
	for i := range keys {
		keys[i].scope = scopeProgress
	}
	chosen := func(m *Model) *providers.Booking {
		if p := booking(m); p != nil {
			return &p.booking
		}
		return nil
	}
	return append(append(keys, changeKeys(scopeProgress, 3, chosen)...), reviewKeys(scopeProgress, chosen)...)
}

func dialogKeys() []binding {
	reading := func(by func(r *reader) int) func(m *Model) tea.Cmd {
		return then(func(m *Model) {
			if r, ok := topOf[*reader](m); ok {
				r.scroll(by(r))
			}
		})
	}
	toggle := then(func(m *Model) {
		if q, ok := topOf[*question](m); ok {
			q.onYes = !q.onYes
		}
	})
	confirm := func(m *Model) tea.Cmd {
		q, ok := topOf[*question](m)
		return m.answerQuestion(ok && q.onYes)
	}
	palette := func(do func(m *Model, p *palettes) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if p, ok := topOf[*palettes](m); ok {
				return do(m, p)
			}
			return nil
		}
	}
	return []binding{
		{scope: scopeQuestion, keys: []string{"enter"}, label: "enter", what: "choose", more: "take the choice that has the focus", rank: 1, run: confirm},
		{scope: scopeQuestion, keys: []string{"left", "right", "tab", "shift+tab", "h", "l"}, label: "← →", what: "change", more: "the other choice", rank: 2, run: toggle},
		{scope: scopeQuestion, keys: []string{"esc", "n", "q"}, label: "esc", what: "no", more: "the safe choice", rank: 3, run: func(m *Model) tea.Cmd { return m.answerQuestion(false) }},
		{scope: scopeQuestion, keys: []string{"y"}, label: "y", what: "yes", more: "the other choice, at once", rank: 4, run: func(m *Model) tea.Cmd { return m.answerQuestion(true) }},

		{scope: scopeReader, keys: []string{"down", "j"}, label: "↑ ↓", what: "scroll", more: "a line down; in a room: the next meeting", rank: 1, run: then(func(m *Model) {
			if r, ok := topOf[*reader](m); ok {
				r.move(1)
			}
		})},
		{scope: scopeReader, keys: []string{"up", "k"}, label: "↑", what: "up", more: "a line up; in a room: the meeting before", run: then(func(m *Model) {
			if r, ok := topOf[*reader](m); ok {
				r.move(-1)
			}
		})},
		{scope: scopeReader, keys: []string{"pgdown", "space", "ctrl+d"}, label: "pgdn", what: "page down", run: reading(func(r *reader) int { return max(r.shown-1, 1) })},
		{scope: scopeReader, keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: reading(func(r *reader) int { return -max(r.shown-1, 1) })},
		{scope: scopeReader, keys: []string{"home"}, label: "home", what: "first line", run: reading(func(*reader) int { return -1 << 20 })},
		{scope: scopeReader, keys: []string{"end", "G"}, label: "end", what: "last line", run: reading(func(*reader) int { return 1 << 20 })},
		{scope: scopeReader, keys: []string{"b"}, label: "b", what: "book", more: "book the room that is shown", rank: 2, why: func(m *Model) string {
			if r, ok := topOf[*reader](m); !ok || r.room == nil {
				return "this is not a room"
			}
			return whyNotBook(m, m.rooms.row())
		}, run: func(m *Model) tea.Cmd {
			r, _ := topOf[*reader](m)
			m.closeDialog()
			return m.openBooking(r.room, m.day.wish())
		}},
		readersClockKey(),
		{scope: scopeReader, keys: []string{"o"}, label: "o", what: "out of order", more: "the room that is shown cannot be used: move its meetings", why: func(m *Model) string {
			if r, ok := topOf[*reader](m); !ok || r.room == nil {
				return "this is not a room"
			}
			return whyNotRelocate(m, m.rooms.row())
		}, run: func(m *Model) tea.Cmd {
			r, _ := topOf[*reader](m)
			m.closeDialog()
			return m.openRelocateForm(r.room)
		}},
		{scope: scopeReader, keys: []string{"esc", "enter", "q", "?"}, label: "esc", what: "close", rank: 3, run: then((*Model).closeDialog)},

		{scope: scopePalette, keys: []string{"enter"}, label: "enter", what: "run", more: "run the chosen command", rank: 1, run: palette(func(m *Model, p *palettes) tea.Cmd { return p.run(m) })},
		{scope: scopePalette, keys: []string{"down", "ctrl+n"}, label: "↑ ↓", what: "choose", more: "the next command", rank: 2, run: palette(func(_ *Model, p *palettes) tea.Cmd { p.list.move(1); return nil })},
		{scope: scopePalette, keys: []string{"up"}, label: "↑", what: "up", more: "the command before", run: palette(func(_ *Model, p *palettes) tea.Cmd { p.list.move(-1); return nil })},
		{scope: scopePalette, keys: []string{"esc"}, label: "esc", what: "close", rank: 3, run: then((*Model).closeDialog)},
	}
}
