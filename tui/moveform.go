package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// moveForm asks where to a meeting moves: day, times, room. The fields of time are
// those of the booking form.
type moveForm struct {
	booking      providers.Booking
	times        bookForm
	room         textField
	chosen       providers.Address
	matches      []int // rows of rooms that fit what was typed
	at           int
	asking       bool
	refused      string
	alternatives []providers.Alternative
	insist       *planAnswer // what can be sent although the room is taken; nil: nothing
}

// moveRoom is the place of the room among the fields.
const moveRoom = fieldBehalf

func (m *Model) newMoveForm(b providers.Booking) *moveForm {
	f := &moveForm{booking: b, chosen: b.Request.Room}
	f.times.zone, f.times.focus = m.zone, fieldStart
	if i, ok := m.rooms.data.find[b.Request.Room]; ok {
		if z := m.zoneNamed(m.rooms.data.rows[i].room.Zone); z != nil {
			f.times.zone = z
		}
	}
	f.times.setTimes(request(b), m.now)
	f.room.set(m.roomTitle(&b))
	return f
}

func (f *moveForm) scope() scope { return scopeMove }

func (f *moveForm) field() *textField {
	if f.times.focus == moveRoom {
		return &f.room
	}
	return f.times.text()
}

func (f *moveForm) typed(m *Model, k tea.KeyPressMsg) tea.Cmd {
	if t := f.field(); t != nil && !f.asking && t.typed(k) {
		f.edited(m)
	}
	return nil
}

func (f *moveForm) pasted(m *Model, text string) tea.Cmd {
	if t := f.field(); t != nil && !f.asking && t.insert(text) {
		f.edited(m)
	}
	return nil
}

// edited follows typing: rooms that fit, and what was said before is old.
func (f *moveForm) edited(m *Model) {
	f.forget()
	if f.times.focus != moveRoom {
		return
	}
	f.matches, f.at, f.chosen = nil, 0, ""
	text := strings.ToLower(f.room.text())
	for i := range m.rooms.data.rows {
		title := strings.ToLower(m.rooms.data.rows[i].title)
		if text == title {
			f.chosen = m.rooms.data.rows[i].room.Mailbox
		}
		if text != "" && strings.Contains(title, text) && len(f.matches) < 4 {
			f.matches = append(f.matches, i)
		}
	}
}

// take puts the room that the bar is on into the field.
func (f *moveForm) take(m *Model) bool {
	if f.times.focus != moveRoom || f.chosen != "" || f.at >= len(f.matches) {
		return false
	}
	row := &m.rooms.data.rows[f.matches[f.at]]
	f.room.set(row.title)
	f.chosen, f.matches = row.room.Mailbox, nil
	return true
}

func (f *moveForm) next(m *Model, by int) {
	f.take(m)
	f.matches = nil
	order := []formField{fieldDay, fieldStart, fieldEnd, moveRoom}
	for i, field := range order {
		if field == f.times.focus {
			f.times.focus = order[(i+by+len(order))%len(order)]
			return
		}
	}
}

// step changes the field in focus by one.
func (f *moveForm) step(m *Model, by int) {
	if f.times.focus == moveRoom {
		f.at = max(min(f.at-by, len(f.matches)-1), 0)
		return
	}
	f.times.step(m, by)
	f.forget()
}

// forget drops what was said about other fields.
func (f *moveForm) forget() { f.refused, f.alternatives, f.insist = "", nil, nil }

// whyNotInsist says why there is nothing to be sent against the tenant's answer.
func (f *moveForm) whyNotInsist() string {
	switch {
	case f.asking:
		return "the tenant is being asked"
	case f.insist == nil:
		return "the room is not known to be taken"
	}
	return ""
}

// sendAnyway asks once more, with everybody who gets mail, and sends although the
// room is taken.
func (f *moveForm) sendAnyway(m *Model) {
	a := *f.insist
	a.wish.EvenIfBusy = true
	m.askChange(a, "The room is not free then: "+f.refused+". It will probably decline, and the meeting is put back.")
	if q, ok := topOf[*question](m); ok {
		q.onYes = false
	}
}

// send asks the tenant about the move.
func (f *moveForm) send(m *Model) tea.Cmd {
	if f.take(m) || f.asking {
		return nil
	}
	when, ok := f.times.when(m)
	switch {
	case !ok:
		return nil
	case f.chosen == "":
		f.refused = "no room of that name; type a part of it and choose"
		return nil
	}
	f.forget()
	f.asking = true
	return m.planChange(&f.booking, ChangeWish{Kind: providers.ChangeMove, Start: when.Start.UTC(), End: when.End.UTC(), Room: f.chosen}, f)
}

// takeAlternative puts one of the rooms that are free then into the form.
func (f *moveForm) takeAlternative(n int) {
	a := f.alternatives[n]
	f.room.set(shown(a.Name, string(a.Room)))
	f.chosen, f.matches = a.Room, nil
	f.forget()
}

func (f *moveForm) size(m *Model, w, _ int) (int, int) {
	w = min(84, w)
	return w, max(len(f.build(m, w).lines)+2, 13)
}

func (f *moveForm) draw(m *Model, w, h int) ([]string, int, int) {
	return f.build(m, w).fitted(h, m.drawKeys(scopeMove, onPanel, 0, w))
}

func (f *moveForm) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	b := &f.booking
	o.add(o.line().put(strong, "Move “"+cut(shown(b.Request.Subject, "Meeting"), 40)+"”"))
	o.add(o.line().put(dim, m.slotWords(providers.Slot{Room: b.Request.Room, RoomName: b.RoomName, Start: b.Request.Start, End: b.Request.End})))
	o.blank()
	f.times.drawWhen(o)
	focus := f.times.focus == moveRoom
	l := o.line().put(plain, "  ").put(dim, "room")
	if focus {
		o.focusY = len(o.lines)
		l = o.line().put(accentStrong, "▸ ").put(accent, "room")
	}
	l.to(labelWidth)
	f.times.putText(o, l, moveRoom, &f.room, max(min(w-labelWidth, 36), 8), "")
	o.add(l)
	if focus && f.chosen == "" {
		for i, n := range f.matches {
			row := &m.rooms.data.rows[n]
			s := o.line().to(labelWidth)
			if i == f.at {
				s.put(accentStrong, "▸ ").put(strong, cut(row.title, 30))
			} else {
				s.put(plain, "  ").put(plain, cut(row.title, 30))
			}
			o.add(s.put(dim, "  "+clean(row.room.Place())))
		}
	}
	o.blank()
	switch {
	case f.refused != "":
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+f.refused)
		drawAlternatives(o, f.alternatives, "alt+")
		if f.insist != nil {
			o.note(dim, "ctrl+o sends it all the same; the room will probably decline, and the meeting is put back.")
		}
	case f.asking:
		o.pinned = len(o.lines)
		o.note(accent, "◌ asking the tenant…")
	case f.chosen != b.Request.Room:
		o.note(dim, "The new room must accept before the old one is let go.")
	default:
		o.note(dim, "The room is asked anew; if it declines, the meeting is put back.")
	}
	return o
}

func moveKeys() []binding {
	with := func(do func(m *Model, f *moveForm) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if f, ok := topOf[*moveForm](m); ok {
				return do(m, f)
			}
			return nil
		}
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "move", more: "ask the tenant, then say who gets mail; takes a completion first", rank: 1, run: with(func(m *Model, f *moveForm) tea.Cmd { return f.send(m) })},
		{keys: []string{"tab"}, label: "tab", what: "next field", rank: 2, run: with(func(m *Model, f *moveForm) tea.Cmd { f.next(m, 1); return nil })},
		{keys: []string{"shift+tab"}, label: "shift+tab", what: "previous field", run: with(func(m *Model, f *moveForm) tea.Cmd { f.next(m, -1); return nil })},
		{keys: []string{"up"}, label: "↑ ↓", what: "change", more: "a day or a quarter of an hour later; the room above", rank: 3, run: with(func(m *Model, f *moveForm) tea.Cmd { f.step(m, 1); return nil })},
		{keys: []string{"down"}, label: "↓", what: "change", more: "a day or a quarter of an hour earlier; the room below", run: with(func(m *Model, f *moveForm) tea.Cmd { f.step(m, -1); return nil })},
		{keys: []string{"esc"}, label: "esc", what: "close", more: "close; nothing is changed", rank: 4, run: then((*Model).closeDialog)},
		{keys: []string{"ctrl+o"}, label: "ctrl+o", what: "send anyway", more: "send although the room is taken, after a question; it will probably decline", rank: 5, why: func(m *Model) string {
			if f, ok := topOf[*moveForm](m); ok {
				return f.whyNotInsist()
			}
			return "nothing is moved"
		}, run: with(func(m *Model, f *moveForm) tea.Cmd { f.sendAnyway(m); return nil })},
	}
	for n := range 3 {
		keys = append(keys, binding{
			keys: []string{"alt+" + itoa(n+1)}, label: "alt+" + itoa(n+1), what: "other room", more: "take that other free room into the form",
			why: func(m *Model) string {
				if f, ok := topOf[*moveForm](m); !ok || n >= len(f.alternatives) {
					return "there is no such room"
				}
				return ""
			},
			run: with(func(_ *Model, f *moveForm) tea.Cmd { f.takeAlternative(n); return nil }),
		})
	}
	for i := range keys {
		keys[i].scope = scopeMove
	}
	return keys
}
