package tui

import (
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
	all = append(all, seriesKeys()...)
	all = append(all, bookingKeys()...)
	all = append(all, peopleKeys()...)
	all = append(all, syncKeys()...)
	all = append(all, connectionKeys()...)
	all = append(all, filterKeys()...)
	all = append(all, formKeys()...)
	all = append(all, progressKeys()...)
	all = append(all, seriesFormKeys()...)
	all = append(all, seriesReviewKeys()...)
	all = append(all, seriesBookedKeys()...)
	all = append(all, moveKeys()...)
	all = append(all, cancelKeys()...)
	all = append(all, relocateKeys()...)
	all = append(all, testKeys()...)
	all = append(all, testMailboxKeys()...)
	all = append(all, auditKeys()...)
	all = append(all, permissionKeys()...)
	all = append(all, disconnectKeys()...)
	all = append(all, rotateKeys()...)
	all = append(all, migrationKeys()...)
	all = append(all, profileKeys()...)
	all = append(all, welcomeKeys()...)
	all = append(all, setupKeys()...)
	all = append(all, dialogKeys()...)
	all = append(all, roomMeetingKeys()...)
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
		{keys: []string{"tab"}, label: "tab", what: "next view", run: then(func(m *Model) { m.show(m.viewBeside(1)) })},
		{keys: []string{"shift+tab"}, label: "shift+tab", what: "previous view", run: then(func(m *Model) { m.show(m.viewBeside(viewCount - 1)) })},
		{keys: []string{"down", "j"}, label: "↓", what: "down", run: then(func(m *Model) { m.moveBy(1) })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", run: then(func(m *Model) { m.moveBy(-1) })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: then(func(m *Model) { m.moveBy(m.page()) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: then(func(m *Model) { m.moveBy(-m.page()) })},
		{keys: []string{"home"}, label: "home", what: "first", run: then(func(m *Model) { m.moveBy(-1 << 30) })},
		{keys: []string{"end", "G"}, label: "end", what: "last", run: then(func(m *Model) { m.moveBy(1 << 30) })},
		{keys: []string{"ctrl+r"}, label: "ctrl+r", what: "reread", more: "read everything on the screen again from the local mirror", run: (*Model).rereadAll},
		{keys: []string{"alt+m"}, label: "alt+m", what: "migrate", more: "migrate plan: compare, then move mailboxes", why: whyNotMigration, run: (*Model).planFromPalette},
		{keys: []string{"alt+r"}, label: "alt+r", what: "rotate", more: "rotate the credential: exchange a client secret, certificate or password for a new one, without a gap", why: whyNotRotate, run: (*Model).openRotate},
		{keys: []string{"M"}, label: "M", what: "mouse", more: "give the mouse to the terminal, for its own selection, or take it back", run: then((*Model).toggleMouse)},
		{keys: []string{"ctrl+z"}, label: "ctrl+z", what: "suspend", run: func(*Model) tea.Cmd { return tea.Suspend }},
		{keys: []string{"ctrl+l"}, label: "ctrl+l", what: "redraw", run: func(*Model) tea.Cmd { return tea.ClearScreen }},
	}
	for v := viewRooms; v <= viewCount; v++ {
		keys = append(keys, binding{
			keys: []string{itoa(int(v))}, label: itoa(int(v)), what: v.title(), more: "show " + v.title(),
			why: func(m *Model) string { return m.whyNotView(v) },
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
	}
	return m.whyNotDo(providers.VerbBook, m.header.Organizer)
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
		{keys: []string{"f"}, label: "f", what: "find", more: "find a room for a wish in one line, or one that is free at the cursor or the span (view 2)", rank: 7, run: then(func(m *Model) { m.find.open(m, m.find.line.field.text()) })},
		{keys: []string{"n"}, label: "n", what: "free now", more: "what is free now near the chosen room", run: then(func(m *Model) { m.find.nearHere(m) })},
		{keys: []string{"."}, label: ".", what: "again", more: "the wish of the latest booking from view 2", why: whyNotAgain, run: then(func(m *Model) { m.find.open(m, m.find.last) })},
		{keys: []string{"g"}, label: "g", what: "group", more: "group by building and floor, or one list by name", rank: 8, run: then(func(m *Model) {
			m.rooms.grouped = !m.rooms.grouped
			m.rooms.layOut()
		})},
		{keys: []string{"o"}, label: "o", what: "out of order", more: "the chosen room cannot be used: find other rooms for its meetings, and move them", rank: 9, why: func(m *Model) string { return whyNotRelocate(m, m.rooms.row()) }, run: func(m *Model) tea.Cmd { return m.openRelocateForm(m.rooms.row()) }},
		{keys: []string{"O"}, label: "O", what: "relocations", more: "the journal of relocations, with undo", run: (*Model).openRelocations},
		{keys: []string{"r"}, label: "r", what: "read again", more: "read the chosen room from the tenant as soon as possible", why: noRoom, run: func(m *Model) tea.Cmd { return m.retry(m.rooms.chosen) }},
		{keys: []string{"y"}, label: "y", what: "copy address", more: "copy the chosen room's address", why: noRoom, run: func(m *Model) tea.Cmd { return m.copyText(string(m.rooms.chosen), string(m.rooms.chosen)) }},
	}
	for i := range keys {
		keys[i].scope = s
	}
	return append(keys, append(timeKeys(s, 4), clockKey(s, 10))...)
}

func findKeys() []binding {
	s := scopeFind
	keys := []binding{
		{keys: []string{"b", "enter"}, label: "enter", what: "book", more: "book the chosen room for that time", rank: 1, why: func(m *Model) string { return m.find.whyNotBook(m) }, run: func(m *Model) tea.Cmd { return m.find.book(m) }},
		{keys: []string{"/", "f"}, label: "f", what: "the wish", more: "type the wish: 12p display f3 tmr 14-15 @berlin with adele", rank: 2, run: then(func(m *Model) { m.find.line.open = true })},
		{keys: []string{"w"}, label: "w", what: "why not", more: "also show the rooms that are not offered, with the reasons", rank: 3, run: then(func(m *Model) { m.find.why = !m.find.why })},
		{keys: []string{"+", "="}, label: "+ -", what: "longer, shorter", more: "15 minutes longer, where the line does not say how long", rank: 6, run: then(func(m *Model) { m.find.lengthen(m, quarter) })},
		{keys: []string{"-"}, label: "-", what: "shorter", more: "15 minutes shorter", run: then(func(m *Model) { m.find.lengthen(m, -quarter) })},
		{keys: []string{"."}, label: ".", what: "again", more: "the wish of the latest booking from here", why: whyNotAgain, run: then(func(m *Model) { m.find.open(m, m.find.last) })},
	}
	for n := range 3 {
		keys = append(keys, binding{
			keys: []string{"alt+" + itoa(n+1)}, label: "alt+" + itoa(n+1), what: "other time", more: "ask for the same at that other time",
			why: func(m *Model) string { return m.find.whyNotOther(n) }, run: then(func(m *Model) { m.find.takeOther(n) }),
		})
	}
	for i := range keys {
		keys[i].scope = s
	}
	return append(keys, append(timeKeys(s, 4), clockKey(s, 8))...)
}

func whyNotAgain(m *Model) string {
	if m.find.last == "" {
		return "nothing was booked from a wish yet"
	}
	return ""
}

func bookingKeys() []binding {
	chosen := func(m *Model) string {
		if m.bookings.row() == nil {
			return "no booking is chosen"
		}
		return ""
	}
	keys := []binding{
		{scope: scopeBookings, keys: []string{"enter"}, label: "enter", what: "details", more: "what is true of the booking: sent, Teams link, the room's answer, its latest change", rank: 1, why: chosen, run: func(m *Model) tea.Cmd {
			m.openBooked(*m.bookings.row())
			return nil
		}},
		{
			scope: scopeBookings, keys: []string{"y"}, label: "y", what: "copy link", more: "copy the Teams link", rank: 6,
			why: func(m *Model) string { return whyNoLink(m.bookings.row()) },
			run: func(m *Model) tea.Cmd { return m.copyText(m.bookings.row().JoinURL.String(), "Teams link") },
		},
	}
	keys = append(keys, clockKey(scopeBookings, 9))
	row := func(m *Model) *providers.Booking { return m.bookings.row() }
	return append(append(keys, changeKeys(scopeBookings, 2, row)...), reviewKeys(scopeBookings, row)...)
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
		{scope: scopeSync, keys: []string{"!", "e"}, label: "!", what: "only problems", more: "show only mailboxes with a problem, or all; also e", rank: 4, run: then(func(m *Model) {
			m.sync.only = !m.sync.only
			m.sync.refresh()
		})},
		{scope: scopeSync, keys: []string{"y"}, label: "y", what: "copy address", rank: 5, why: chosen, run: func(m *Model) tea.Cmd {
			mailbox := string(m.sync.status().Mailbox)
			return m.copyText(mailbox, mailbox)
		}},
	}
}

// whyNotOpenConnection says why the console cannot go over to the chosen connection.
func whyNotOpenConnection(m *Model) string {
	switch row := m.connections.row(); {
	case row == nil:
		return "there is no connection"
	case row.Active:
		return "its rooms are shown here already"
	case row.Old != nil:
		return m.connections.whyOld()
	case m.header.Demo:
		return "the simulated tenant has a console of its own: leave it with q"
	}
	return ""
}

func connectionKeys() []binding {
	none := func(m *Model) string {
		if m.connections.row() == nil {
			return "there is no connection"
		}
		return ""
	}
	usable := func(m *Model) string {
		if why := none(m); why != "" {
			return why
		}
		return m.connections.whyOld()
	}
	return []binding{
		{scope: scopeConnections, keys: []string{"enter"}, label: "enter", what: "details", more: "all of the chosen connection", rank: 1, why: none, run: (*Model).openConnection},
		{scope: scopeConnections, keys: []string{"o"}, label: "o", what: "open", more: "show the rooms of the chosen connection instead of these; what is on its way is waited for", rank: 7, why: whyNotOpenConnection, run: func(m *Model) tea.Cmd { return m.leaveFor(m.connections.row().Name) }},
		{scope: scopeConnections, keys: []string{"t"}, label: "t", what: "test", more: "test the chosen connection step by step, and say what is wrong in one line", rank: 2, why: usable, run: func(m *Model) tea.Cmd { return m.openTest(m.connections.row().Name) }},
		{scope: scopeConnections, keys: []string{"p"}, label: "p", what: "permissions", more: "what each permission is needed for, granted, in the token, proven, or extra; the least for the features that are ticked", rank: 3, why: usable, run: func(m *Model) tea.Cmd { return m.openPermissions(m.connections.row().Name) }},
		{scope: scopeConnections, keys: []string{"a"}, label: "a", what: "access", more: "what the level of access and the role allow, what changes on another level, and which mailboxes allow less", rank: 4, run: (*Model).openAccess},
		{scope: scopeConnections, keys: []string{"d"}, label: "d", what: "my data", more: "where the connection's data is: processes, files, keys, and the hosts that anything goes to", rank: 5, why: usable, run: func(m *Model) tea.Cmd { return m.openData(m.connections.row().Name) }},
		{scope: scopeConnections, keys: []string{"l"}, label: "l", what: "log", more: "the audit trail: what was written to the tenant and done to connections, by whom, with what became of it, and whether it is whole", rank: 6, why: usable, run: func(m *Model) tea.Cmd { return m.openAudit(m.connections.row().Name) }},
		{scope: scopeConnections, keys: []string{"r"}, label: "r", what: "rotate", more: "exchange the chosen connection's client secret, certificate or password for a new one, without a gap", rank: 8, why: whyNotRotate, run: (*Model).openRotate},
		{scope: scopeConnections, keys: []string{"x"}, label: "x", what: "disconnect", more: "take the chosen connection away; says first what stops, what is deleted and what stays", rank: 6, why: func(m *Model) string {
			switch row := m.connections.row(); {
			case row == nil:
				return "there is no connection"
			case row.Demo:
				return "the simulated tenant ends with the console"
			}
			return m.connections.whyOld()
		}, run: func(m *Model) tea.Cmd { return m.openDisconnect(m.connections.row().Name) }},
		{scope: scopeConnections, keys: []string{"m"}, label: "m", what: "migrate", more: "move mailboxes from Exchange to Graph, or back: what was compared, what is moved", rank: 7, why: whyNotMigration, run: (*Model).openMigration},
		{scope: scopeConnections, keys: []string{"P"}, label: "P", what: "profiles", more: "the mailboxes that are kept, each with provider and protocol; protocol:ews is what is left on Exchange", rank: 8, run: (*Model).openProfiles},
		{scope: scopeConnections, keys: []string{"F"}, label: "F", what: "features", more: "switches of this configuration: what new connections use", rank: 9, run: (*Model).openFeatures},
		{scope: scopeConnections, keys: []string{"c"}, label: "c", what: "connect", more: "connect a tenant, step by step; goes on where it was left", rank: 3, why: whyNotSetup, run: (*Model).openSetup},
	}
}
