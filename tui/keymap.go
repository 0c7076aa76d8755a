package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// bindings is every key of the console. Footer, help, palette and docs/keys.md
// are made from this list.
func bindings() []binding {
	var all []binding
	all = append(all, everywhereKeys()...)
	all = append(all, roomKeys()...)
	all = append(all, findKeys()...)
	all = append(all, bookingKeys()...)
	all = append(all, peopleKeys()...)
	all = append(all, syncKeys()...)
	all = append(all, connectionKeys()...)
	all = append(all, filterKeys()...)
	all = append(all, formKeys()...)
	all = append(all, progressKeys()...)
	all = append(all, dialogKeys()...)
	return all
}

// then is a handler that only changes the model.
func then(change func(m *Model)) func(m *Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		change(m)
		return nil
	}
}

func everywhereKeys() []binding {
	keys := []binding{
		{keys: []string{"?"}, label: "?", what: "help", more: "all keys of this view", rank: 12, run: (*Model).openHelp},
		{keys: []string{":", "ctrl+p"}, label: ":", what: "commands", more: "command palette: find a command by its words", run: (*Model).openPalette},
		{keys: []string{"q"}, label: "q", what: "quit", more: "leave; a booking on its way is finished first", run: (*Model).leave},
		{keys: []string{"ctrl+c"}, label: "ctrl+c", what: "quit", more: "leave, from anywhere", run: (*Model).leave},
		{keys: []string{"esc"}, label: "esc", what: "back", more: "step back: put a message away, drop the span, clear the filter", run: then((*Model).escape)},
		{keys: []string{"tab"}, label: "tab", what: "next view", run: then(func(m *Model) { m.show(m.view%viewCount + 1) })},
		{keys: []string{"shift+tab"}, label: "shift+tab", what: "previous view", run: then(func(m *Model) { m.show((m.view+viewCount-2)%viewCount + 1) })},
		{keys: []string{"down", "j"}, label: "↓", what: "down", run: then(func(m *Model) { m.moveBy(1) })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", run: then(func(m *Model) { m.moveBy(-1) })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: then(func(m *Model) { m.moveBy(m.page()) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: then(func(m *Model) { m.moveBy(-m.page()) })},
		{keys: []string{"home"}, label: "home", what: "first", run: then(func(m *Model) { m.moveBy(-1 << 30) })},
		{keys: []string{"end", "G"}, label: "end", what: "last", run: then(func(m *Model) { m.moveBy(1 << 30) })},
		{keys: []string{"ctrl+r"}, label: "ctrl+r", what: "reread", more: "read everything on the screen again from the local mirror", run: (*Model).rereadAll},
		{keys: []string{"M"}, label: "M", what: "mouse", more: "give the mouse to the terminal, for its own selection, or take it back", run: then((*Model).toggleMouse)},
		{keys: []string{"ctrl+z"}, label: "ctrl+z", what: "suspend", run: func(*Model) tea.Cmd { return tea.Suspend }},
		{keys: []string{"ctrl+l"}, label: "ctrl+l", what: "redraw", run: func(*Model) tea.Cmd { return tea.ClearScreen }},
	}
	for v := viewRooms; v <= viewCount; v++ {
		keys = append(keys, binding{
			keys: []string{itoa(int(v))}, label: itoa(int(v)), what: v.title(), more: "show " + v.title(),
			run: then(func(m *Model) { m.show(v) }),
		})
	}
	for i := range keys {
		keys[i].scope = scopeEverywhere
	}
	return keys
}

// timeKeys move along the day; the views with a time share them.
func timeKeys(s scope, rank int) []binding {
	return []binding{
		{scope: s, keys: []string{"left", "h"}, label: "←", what: "earlier", run: then(func(m *Model) { m.day.move(-m.gridStep(), false) })},
		{scope: s, keys: []string{"right", "l"}, label: "→", what: "later", run: then(func(m *Model) { m.day.move(m.gridStep(), false) })},
		{scope: s, keys: []string{"["}, label: "[", what: "day before", run: then(func(m *Model) { m.day.shift(-1) })},
		{scope: s, keys: []string{"]"}, label: "[ ]", what: "day", more: "the day after", rank: rank, run: then(func(m *Model) { m.day.shift(1) })},
		{scope: s, keys: []string{"t"}, label: "t", what: "today", more: "today, now", rank: rank + 1, run: then(func(m *Model) { m.day.reset(m.now, m.zone) })},
	}
}

func noRoom(m *Model) string {
	if m.rooms.row() == nil {
		return "no room is chosen"
	}
	return ""
}

// whyNotBook says why the chosen room cannot be booked here.
func whyNotBook(m *Model, row *roomRow) string {
	switch {
	case row == nil:
		return "no room is chosen"
	case m.header.known && m.header.Access == providers.FreeBusyAccess:
		return "this connection shows free/busy only and cannot write"
	}
	return ""
}

func roomKeys() []binding {
	s := scopeRooms
	keys := []binding{
		{
			keys: []string{"b"}, label: "b", what: "book", more: "book the chosen room at the cursor or the marked span", rank: 1,
			why: func(m *Model) string { return whyNotBook(m, m.rooms.row()) },
			run: func(m *Model) tea.Cmd { return m.openBooking(m.rooms.row(), m.day.wish()) },
		},
		{keys: []string{"enter"}, label: "enter", what: "details", more: "details of the chosen room with its meetings", rank: 2, why: noRoom, run: (*Model).openRoom},
		{keys: []string{"/"}, label: "/", what: "filter", more: "filter as you type: words, 12p, display, f3, combined", rank: 3, run: then(func(m *Model) { m.rooms.filter.open = true })},
		{keys: []string{"shift+left", "H"}, label: "shift+←", what: "mark earlier", more: "mark a span towards earlier", run: then(func(m *Model) { m.day.move(-m.gridStep(), true) })},
		{keys: []string{"shift+right", "L"}, label: "shift+→", what: "mark later", more: "mark a span towards later", run: then(func(m *Model) { m.day.move(m.gridStep(), true) })},
		{keys: []string{"v"}, label: "v", what: "mark", more: "begin or end marking a span with ← →", rank: 6, run: then((*Model).toggleMark)},
		{keys: []string{"f"}, label: "f", what: "free then", more: "rooms that are free at the cursor or the span (view 2)", rank: 7, run: then(func(m *Model) { m.show(viewFind) })},
		{keys: []string{"g"}, label: "g", what: "group", more: "group by building and floor, or one list by name", rank: 8, run: then(func(m *Model) {
			m.rooms.grouped = !m.rooms.grouped
			m.rooms.layOut()
		})},
		{keys: []string{"r"}, label: "r", what: "read again", more: "read the chosen room from the tenant as soon as possible", why: noRoom, run: func(m *Model) tea.Cmd { return m.retry(m.rooms.chosen) }},
		{keys: []string{"y"}, label: "y", what: "copy address", more: "copy the chosen room's address", why: noRoom, run: func(m *Model) tea.Cmd { return m.copyText(string(m.rooms.chosen), string(m.rooms.chosen)) }},
	}
	for i := range keys {
		keys[i].scope = s
	}
	return append(keys, timeKeys(s, 4)...)
}

func findKeys() []binding {
	s := scopeFind
	none := func(m *Model) string { return whyNotBook(m, m.find.row()) }
	book := func(m *Model) tea.Cmd { return m.openBooking(m.find.row(), m.find.span(m)) }
	keys := []binding{
		{keys: []string{"b", "enter"}, label: "b", what: "book", more: "book the chosen room for that time", rank: 1, why: none, run: book},
		{keys: []string{"+", "="}, label: "+ -", what: "longer, shorter", more: "15 minutes longer", rank: 2, run: then(func(m *Model) { m.find.lengthen(m, quarter) })},
		{keys: []string{"-"}, label: "-", what: "shorter", more: "15 minutes shorter", run: then(func(m *Model) { m.find.lengthen(m, -quarter) })},
		{keys: []string{"/"}, label: "/", what: "filter", more: "change the filter (in view 1)", rank: 3, run: then(func(m *Model) {
			m.show(viewRooms)
			m.rooms.filter.open = true
		})},
	}
	for i := range keys {
		keys[i].scope = s
	}
	return append(keys, timeKeys(s, 4)...)
}

func bookingKeys() []binding {
	chosen := func(m *Model) string {
		if m.bookings.row() == nil {
			return "no booking is chosen"
		}
		return ""
	}
	return []binding{
		{scope: scopeBookings, keys: []string{"enter"}, label: "enter", what: "details", more: "what is true of the booking: sent, Teams link, the room's answer", rank: 1, why: chosen, run: func(m *Model) tea.Cmd {
			b := *m.bookings.row()
			m.openDialog(&bookProgress{id: b.ID, booking: b})
			return nil
		}},
		{
			scope: scopeBookings, keys: []string{"x"}, label: "x", what: "cancel", more: "cancel the chosen booking, after a question", rank: 2,
			why: func(m *Model) string { return whyNotCancel(m.bookings.row()) },
			run: func(m *Model) tea.Cmd { return m.askCancel(m.bookings.row()) },
		},
		{
			scope: scopeBookings, keys: []string{"y"}, label: "y", what: "copy link", more: "copy the Teams link", rank: 3,
			why: func(m *Model) string { return whyNoLink(m.bookings.row()) },
			run: func(m *Model) tea.Cmd { return m.copyText(m.bookings.row().JoinURL.String(), "Teams link") },
		},
	}
}

func whyNoLink(b *providers.Booking) string {
	switch {
	case b == nil:
		return "no booking is chosen"
	case b.JoinURL.Empty():
		return "it has no Teams link"
	}
	return ""
}

func peopleKeys() []binding {
	keys := []binding{
		{keys: []string{"/"}, label: "/", what: "filter", more: "filter as you type: name, department, address", rank: 1, run: then(func(m *Model) { m.people.filter.open = true })},
		{keys: []string{"enter"}, label: "enter", what: "details", more: "the chosen person's calendars and day", rank: 2, why: nobody, run: (*Model).openPerson},
		{keys: []string{"y"}, label: "y", what: "copy address", rank: 7, why: nobody, run: func(m *Model) tea.Cmd { return m.copyText(string(m.people.chosen), string(m.people.chosen)) }},
		{keys: []string{"r"}, label: "r", what: "read again", more: "read the chosen person from the tenant as soon as possible", rank: 6, why: nobody, run: func(m *Model) tea.Cmd {
			m.people.cals.read = false
			return m.retry(m.people.chosen)
		}},
	}
	for i := range keys {
		keys[i].scope = scopePeople
	}
	return append(keys, timeKeys(scopePeople, 4)...)
}

func nobody(m *Model) string {
	if m.people.row() == nil {
		return "nobody is chosen"
	}
	return ""
}

func syncKeys() []binding {
	chosen := func(m *Model) string {
		if m.sync.status() == nil {
			return "no mailbox is chosen"
		}
		return ""
	}
	return []binding{
		{scope: scopeSync, keys: []string{"enter"}, label: "enter", what: "explain", more: "everything that is known of the mailbox's state, with the request id", rank: 1, why: chosen, run: (*Model).explain},
		{scope: scopeSync, keys: []string{"r"}, label: "r", what: "retry", more: "read the chosen mailbox as soon as possible", rank: 2, why: chosen, run: func(m *Model) tea.Cmd { return m.retry(m.sync.status().Mailbox) }},
		{scope: scopeSync, keys: []string{"R"}, label: "R", what: "retry all", more: "read every mailbox as soon as possible", rank: 3, run: func(m *Model) tea.Cmd { return m.retry() }},
		{scope: scopeSync, keys: []string{"!"}, label: "!", what: "only problems", more: "show only mailboxes with a problem, or all", rank: 4, run: then(func(m *Model) {
			m.sync.only = !m.sync.only
			m.sync.refresh()
		})},
		{scope: scopeSync, keys: []string{"y"}, label: "y", what: "copy address", rank: 5, why: chosen, run: func(m *Model) tea.Cmd {
			mailbox := string(m.sync.status().Mailbox)
			return m.copyText(mailbox, mailbox)
		}},
	}
}

func connectionKeys() []binding {
	return []binding{
		{scope: scopeConnections, keys: []string{"enter"}, label: "enter", what: "details", more: "all of the chosen connection", rank: 1, why: func(m *Model) string {
			if len(m.connections.rows) == 0 {
				return "there is no connection"
			}
			return ""
		}, run: (*Model).openConnection},
	}
}

func filterKeys() []binding {
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "to the list", more: "keep the filter and go to the list", rank: 1, run: then(func(m *Model) { m.filterField().open = false })},
		{keys: []string{"esc"}, label: "esc", what: "clear", more: "clear the filter and go to the list", rank: 2, run: (*Model).clearFilter},
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
			keys: []string{itoa(n + 1)}, label: itoa(n + 1), what: "other room", more: "book that other room instead; the declined meeting is cancelled",
			why: func(m *Model) string { return booking(m).whyNotAlternative(n) },
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
		binding{keys: []string{"x"}, label: "x", what: "cancel", more: "cancel the booking, after a question", rank: 3, why: func(m *Model) string { return whyNotCancel(&booking(m).booking) }, run: func(m *Model) tea.Cmd {
			return m.askCancel(&booking(m).booking)
		}},
		binding{keys: []string{"esc", "enter", "q"}, label: "esc", what: "close", more: "close; the answer is kept in 3 Bookings", rank: 4, run: then(func(m *Model) {
			p := booking(m)
			m.closeDialog()
			if !p.booking.State.Settled() {
				m.notices.add(m.now, "the booking goes on by itself: see 3 Bookings", false)
			}
		})},
	)
	for i := range keys {
		keys[i].scope = scopeProgress
	}
	return keys
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

		{scope: scopeReader, keys: []string{"down", "j"}, label: "↑ ↓", what: "scroll", more: "a line down", rank: 1, run: reading(func(*reader) int { return 1 })},
		{scope: scopeReader, keys: []string{"up", "k"}, label: "↑", what: "up", more: "a line up", run: reading(func(*reader) int { return -1 })},
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
		{scope: scopeReader, keys: []string{"esc", "enter", "q", "?"}, label: "esc", what: "close", rank: 3, run: then((*Model).closeDialog)},

		{scope: scopePalette, keys: []string{"enter"}, label: "enter", what: "run", more: "run the chosen command", rank: 1, run: palette(func(m *Model, p *palettes) tea.Cmd { return p.run(m) })},
		{scope: scopePalette, keys: []string{"down", "ctrl+n"}, label: "↑ ↓", what: "choose", more: "the next command", rank: 2, run: palette(func(_ *Model, p *palettes) tea.Cmd { p.list.move(1); return nil })},
		{scope: scopePalette, keys: []string{"up"}, label: "↑", what: "up", more: "the command before", run: palette(func(_ *Model, p *palettes) tea.Cmd { p.list.move(-1); return nil })},
		{scope: scopePalette, keys: []string{"esc"}, label: "esc", what: "close", rank: 3, run: then((*Model).closeDialog)},
	}
}

// show changes the view.
func (m *Model) show(v viewID) {
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
		m.find.list.fix(len(m.find.rows), m.find.listRect(m).h)
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
