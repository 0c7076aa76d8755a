package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// ladderMailboxes asks which mailboxes a test looks at closely, and which one must
// be refused. Rooms and people of the mirror complete what is typed; of a connection
// that is not the open one there is no mirror here.
type ladderMailboxes struct {
	ladder  *ladder
	rows    []personRow
	look    peopleField
	outside peopleField
	second  bool // the focus is on outside
	wrong   string
}

// askForMailboxes opens the two fields with what was asked for last.
func (p *ladder) askForMailboxes(m *Model) {
	f := &ladderMailboxes{ladder: p, rows: m.mailboxRows(p.question.Connection)}
	f.look.picked = append(f.look.picked, p.question.Mailboxes...)
	f.outside.single = true
	f.outside.add(p.question.Outside)
	m.openDialog(f)
}

// mailboxRows are rooms and people of the mirror of the open connection, by which
// mailboxes are completed; none of another connection.
func (m *Model) mailboxRows(connection string) []personRow {
	open := false
	for i := range m.connections.rows {
		open = open || m.connections.rows[i].Active && m.connections.rows[i].Name == connection
	}
	if !open {
		return nil
	}
	rows := make([]personRow, 0, len(m.rooms.data.rows)+len(m.people.rows))
	for i := range m.rooms.data.rows {
		r := &m.rooms.data.rows[i]
		rows = append(rows, personRow{person: providers.Person{Mailbox: r.room.Mailbox}, title: r.title, what: "room, " + clean(r.room.Place()), search: r.folded + " " + string(r.room.Mailbox)})
	}
	return append(rows, m.people.rows...)
}

func (f *ladderMailboxes) scope() scope { return scopeTestNamed }

func (f *ladderMailboxes) field() *peopleField {
	if f.second {
		return &f.outside
	}
	return &f.look
}

func (f *ladderMailboxes) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	f.wrong = ""
	f.field().typed(k, f.rows)
	return nil
}

func (f *ladderMailboxes) pasted(_ *Model, text string) tea.Cmd {
	f.wrong = ""
	f.field().pasted(text, f.rows)
	return nil
}

// take makes what is typed a mailbox. It reports false where that is none, and says so.
func (f *ladderMailboxes) take() bool {
	if f.field().take(f.rows) {
		return true
	}
	f.wrong = "no room or person of that name here; an address is written name@domain"
	return false
}

func (f *ladderMailboxes) next() {
	if f.take() {
		f.second = !f.second
	}
}

// send takes a completion first; with nothing more typed it tests.
func (f *ladderMailboxes) send(m *Model) tea.Cmd {
	if !f.field().field.empty() {
		f.take()
		return nil
	}
	if f.second = !f.second; !f.take() { // the other field has the focus, and says why
		return nil
	}
	p := f.ladder
	p.question.Mailboxes, p.question.Outside = f.look.picked, ""
	if len(f.outside.picked) > 0 {
		p.question.Outside = f.outside.picked[0]
	}
	m.closeDialog()
	return p.start(m)
}

func (f *ladderMailboxes) size(m *Model, w, _ int) (int, int) {
	w = min(84, w)
	return w, max(len(f.build(m, w).lines)+2, 14)
}

func (f *ladderMailboxes) draw(m *Model, w, h int) ([]string, int, int) {
	return f.build(m, w).fitted(h, m.drawKeys(scopeTestNamed, onPanel, 0, w))
}

func (f *ladderMailboxes) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	o.add(o.line().put(strong, "Mailboxes to test").put(dim, "  of "+clean(f.ladder.question.Connection)))
	o.blank()
	f.drawField(o, "look at", &f.look, !f.second, "the organizer, the test mailbox and rooms, as always")
	f.drawField(o, "refused", &f.outside, f.second, "none: no limit is proved")
	o.blank()
	if f.wrong != "" {
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+f.wrong)
	}
	o.note(dim, "Look at: a room or person that makes trouble. A hidden room shows here; after that, w books the rooms among them to see whether they answer.")
	o.note(dim, "Refused: a mailbox outside of the application's limit, which must be refused.")
	return o
}

// drawField writes one field: what was taken, what is typed and its completions.
func (f *ladderMailboxes) drawField(o *formLines, label string, p *peopleField, focus bool, none string) {
	l := o.line().put(plain, "  ").put(dim, label)
	if focus {
		o.focusY = len(o.lines)
		l = o.line().put(accentStrong, "▸ ").put(accent, label)
	}
	l.to(labelWidth)
	for i, mailbox := range p.picked {
		name := cut(f.nameOf(mailbox), o.w-labelWidth)
		if i > 0 && l.width+2+columns(name) > o.w {
			o.add(l)
			l = o.line().to(labelWidth)
		} else if i > 0 {
			l.put(plain, "  ")
		}
		l.put(plain, name)
	}
	if !focus {
		if len(p.picked) == 0 {
			l.put(faint, cut(none, o.w-labelWidth))
		}
		o.add(l)
		return
	}
	if len(p.picked) > 0 {
		o.add(l)
		l = o.line().to(labelWidth)
	}
	o.focusY = len(o.lines)
	o.cy = len(o.lines)
	from := l.width
	ground := l.ground
	l.ground = onSpan
	o.cx = from + p.field.draw(l, strong, max(min(o.w-from, 40), 8))
	l.style(plain)
	l.ground = ground
	o.add(l)
	for i, n := range p.suggest {
		if n >= len(f.rows) {
			continue
		}
		row := &f.rows[n]
		s := o.line().to(labelWidth)
		if i == p.at {
			s.put(accentStrong, "▸ ").put(strong, cut(row.title, 24))
		} else {
			s.put(plain, "  ").put(plain, cut(row.title, 24))
		}
		o.add(s.put(dim, "  "+cut(strings.TrimSuffix(string(row.person.Mailbox)+" · "+row.what, " · "), max(o.w-s.width-2, 0))))
	}
}

// nameOf is a mailbox in words, with its address: both are needed to be sure.
func (f *ladderMailboxes) nameOf(mailbox providers.Address) string {
	for i := range f.rows {
		if f.rows[i].person.Mailbox == mailbox && f.rows[i].title != string(mailbox) {
			return f.rows[i].title + " <" + string(mailbox) + ">"
		}
	}
	return string(mailbox)
}

func testMailboxKeys() []binding {
	with := func(do func(m *Model, f *ladderMailboxes) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if f, ok := topOf[*ladderMailboxes](m); ok {
				return do(m, f)
			}
			return nil
		}
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "test", more: "takes what is typed; with nothing typed, test", rank: 1, run: with(func(m *Model, f *ladderMailboxes) tea.Cmd { return f.send(m) })},
		{keys: []string{"tab", "shift+tab"}, label: "tab", what: "other field", rank: 2, run: with(func(_ *Model, f *ladderMailboxes) tea.Cmd { f.next(); return nil })},
		{keys: []string{"down"}, label: "↑ ↓", what: "completion", more: "the completion below", rank: 3, run: with(func(_ *Model, f *ladderMailboxes) tea.Cmd { f.field().move(1); return nil })},
		{keys: []string{"up"}, label: "↑", what: "completion", more: "the completion above", run: with(func(_ *Model, f *ladderMailboxes) tea.Cmd { f.field().move(-1); return nil })},
		{keys: []string{"esc"}, label: "esc", what: "back", more: "back to the test; nothing is changed", rank: 4, run: then((*Model).closeDialog)},
	}
	for i := range keys {
		keys[i].scope = scopeTestNamed
	}
	return keys
}
