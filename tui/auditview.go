package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// auditView is the audit trail on the screen, the newest line first. It holds the lines
// that were looked at, and reads older ones as the bar comes near them.
type auditView struct {
	connection string
	rows       []AuditRow
	before     int64 // where older lines are; 0: all are here
	list       scroll
	filter     filterLine
	reading    *auditReading // under way; nil: nothing is read
	err        error

	verifying bool
	verdict   *AuditVerdict
	wrong     error // why it could not be verified
}

// auditReading is one question for a page. The answer of an earlier one is dropped.
type auditReading struct{ stop context.CancelFunc }

// auditPageRows is how many lines are read at a time; the trail may have any number.
const auditPageRows = 100

func (m *Model) openAudit(name string) tea.Cmd {
	v := &auditView{connection: name}
	m.openDialog(v)
	return v.reread(m)
}

func (v *auditView) scope() scope {
	if v.filter.open {
		return scopeAuditFilter
	}
	return scopeAudit
}

// reread begins anew at the end of the trail.
func (v *auditView) reread(m *Model) tea.Cmd {
	v.rows, v.before, v.err, v.list = nil, 0, nil, scroll{height: v.list.height}
	return v.read(m)
}

// read asks for the page before the lines that are here.
func (v *auditView) read(m *Model) tea.Cmd {
	if v.reading != nil {
		v.reading.stop()
	}
	ctx, stop := context.WithTimeout(m.ctx, networkTime)
	reading := &auditReading{stop}
	v.reading = reading
	ws, name, before, words := m.ws, v.connection, v.before, strings.Fields(strings.ToLower(v.filter.field.text()))
	return func() tea.Msg {
		defer stop()
		page, err := ws.AuditPage(ctx, name, before, words, auditPageRows)
		return auditRead{v, reading, page, err}
	}
}

type auditRead struct {
	view    *auditView
	reading *auditReading
	page    AuditPage
	err     error
}

func (a auditRead) apply(m *Model) tea.Cmd {
	v := a.view
	if v.reading != a.reading {
		return nil
	}
	v.reading, v.err = nil, a.err
	if a.err != nil {
		return nil
	}
	v.rows, v.before = append(v.rows, a.page.Rows...), a.page.Before
	v.list.fix(len(v.rows), v.list.height)
	return v.more(m)
}

// more reads on where the bar is near the oldest line that is here.
func (v *auditView) more(m *Model) tea.Cmd {
	if !slices.Contains(m.dialogs, dialog(v)) || v.reading != nil || v.before == 0 || v.err != nil || len(v.rows)-v.list.at > max(2*v.list.height, 20) {
		return nil
	}
	return v.read(m)
}

func (v *auditView) move(m *Model, by int) tea.Cmd {
	v.list.fix(len(v.rows), v.list.height)
	v.list.move(by)
	return v.more(m)
}

func (v *auditView) chosen() *AuditRow {
	if v.list.at < 0 || v.list.at >= len(v.rows) {
		return nil
	}
	return &v.rows[v.list.at]
}

// verify reads the whole trail, which takes a while where it is long.
func (v *auditView) verify(m *Model) tea.Cmd {
	v.verifying, v.verdict, v.wrong = true, nil, nil
	ws, name := m.ws, v.connection
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		verdict, err := ws.AuditVerify(ctx, name)
		return auditVerified{v, verdict, err}
	})
}

type auditVerified struct {
	view    *auditView
	verdict AuditVerdict
	err     error
}

func (a auditVerified) apply(*Model) tea.Cmd {
	a.view.verifying, a.view.wrong = false, a.err
	if a.err == nil {
		a.view.verdict = &a.verdict
	}
	return nil
}

func (v *auditView) typed(m *Model, k tea.KeyPressMsg) tea.Cmd {
	if v.filter.open && v.filter.field.typed(k) {
		return v.reread(m)
	}
	return nil
}

func (v *auditView) pasted(m *Model, text string) tea.Cmd {
	if v.filter.open && v.filter.field.insert(text) {
		return v.reread(m)
	}
	return nil
}

// leaveFilter goes to the list, with or without what was typed.
func (v *auditView) leaveFilter(m *Model, keep bool) tea.Cmd {
	v.filter.open = false
	if keep || v.filter.field.empty() {
		return nil
	}
	v.filter.field.set("")
	return v.reread(m)
}

func (v *auditView) close(m *Model) {
	if v.reading != nil {
		v.reading.stop()
		v.reading = nil
	}
	m.closeDialog()
}

// openRecord shows a line whole.
func (v *auditView) openRecord(m *Model) {
	row := v.chosen()
	if row == nil {
		return
	}
	r := *row
	title := "Line " + thousands(int(r.N)) + " of the audit trail"
	if r.N == 0 {
		title = "A line of the audit trail that cannot be read"
	}
	m.openDialog(&reader{title: title, aside: clean(r.What), wide: 84, make: func(m *Model, w int) []string {
		var lines []string
		pair := func(label, text string, look role) {
			for i, part := range wrap(clean(text), max(w-18, 10)) {
				l := newLine(m.theme, onPanel, w)
				if i == 0 {
					l.put(dim, label)
				}
				lines = append(lines, l.to(18).put(look, part).done())
			}
		}
		if r.Break != "" {
			pair("not as written", r.Break, bad)
			lines = append(lines, "")
		}
		if !r.At.IsZero() {
			pair("when", r.At.In(m.zone).Format("Mon 2 Jan 2006 15:04:05 MST")+", "+m.ageOf(r.At)+" ago", plain)
		}
		for _, p := range r.Whole {
			pair(p[0], p[1], plain)
		}
		return lines
	}})
}

func auditKeys() []binding {
	with := func(do func(m *Model, v *auditView) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if v, ok := topOf[*auditView](m); ok {
				return do(m, v)
			}
			return nil
		}
	}
	move := func(by func(v *auditView) int) func(m *Model) tea.Cmd {
		return with(func(m *Model, v *auditView) tea.Cmd { return v.move(m, by(v)) })
	}
	noRow := func(m *Model) string {
		if v, ok := topOf[*auditView](m); ok && v.chosen() != nil {
			return ""
		}
		return "there is no line"
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "whole line", more: "all of the chosen line: who, what, when, the request id, before and after, its hash", rank: 1, why: noRow, run: with(func(m *Model, v *auditView) tea.Cmd { v.openRecord(m); return nil })},
		{keys: []string{"/"}, label: "/", what: "filter", more: "filter as you type: person, action, mailbox, day, request id, combined", rank: 2, run: with(func(_ *Model, v *auditView) tea.Cmd { v.filter.open = true; return nil })},
		{keys: []string{"v"}, label: "v", what: "verify", more: "read the whole trail and say whether each line is as it was written, or where it breaks", rank: 3, why: func(m *Model) string {
			if v, ok := topOf[*auditView](m); ok && v.verifying {
				return "it is being read"
			}
			return ""
		}, run: with(func(m *Model, v *auditView) tea.Cmd { return v.verify(m) })},
		{keys: []string{"y"}, label: "y", what: "copy id", more: "copy the request id, for the service's support", rank: 4, why: func(m *Model) string {
			if v, ok := topOf[*auditView](m); ok && v.chosen() != nil && v.chosen().RequestID != "" {
				return ""
			}
			return "the line has no request id"
		}, run: with(func(m *Model, v *auditView) tea.Cmd { return m.copyText(clean(v.chosen().RequestID), "request id") })},
		{keys: []string{"r"}, label: "r", what: "reread", more: "read the trail again from its end", rank: 5, run: with(func(m *Model, v *auditView) tea.Cmd { return v.reread(m) })},
		{keys: []string{"esc", "q"}, label: "esc", what: "close", rank: 6, run: with(func(m *Model, v *auditView) tea.Cmd { v.close(m); return nil })},
		{keys: []string{"down", "j"}, label: "↓", what: "down", more: "older", run: move(func(*auditView) int { return 1 })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", more: "newer", run: move(func(*auditView) int { return -1 })},
		{keys: []string{"pgdown", "ctrl+d"}, label: "pgdn", what: "page down", run: move(func(v *auditView) int { return max(v.list.height-1, 1) })},
		{keys: []string{"pgup", "ctrl+u"}, label: "pgup", what: "page up", run: move(func(v *auditView) int { return -max(v.list.height-1, 1) })},
		{keys: []string{"home"}, label: "home", what: "newest", run: move(func(*auditView) int { return -1 << 30 })},
		{keys: []string{"end", "G"}, label: "end", what: "oldest read", more: "the oldest line that was read; older ones are read then", run: move(func(*auditView) int { return 1 << 30 })},
	}
	for i := range keys {
		keys[i].scope = scopeAudit
	}
	typing := []binding{
		{keys: []string{"enter"}, label: "enter", what: "to the list", more: "keep the filter and go to the list", rank: 1, run: with(func(m *Model, v *auditView) tea.Cmd { return v.leaveFilter(m, true) })},
		{keys: []string{"esc"}, label: "esc", what: "clear", more: "clear the filter and go to the list", rank: 2, run: with(func(m *Model, v *auditView) tea.Cmd { return v.leaveFilter(m, false) })},
		{keys: []string{"down"}, label: "↑ ↓", what: "move", more: "older", rank: 3, run: move(func(*auditView) int { return 1 })},
		{keys: []string{"up"}, label: "↑", what: "up", more: "newer", run: move(func(*auditView) int { return -1 })},
	}
	for i := range typing {
		typing[i].scope = scopeAuditFilter
	}
	return append(keys, typing...)
}
