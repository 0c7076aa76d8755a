package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// dialog stands over the view until it is closed. Its keys come from the key map;
// what is not bound there is typed into it.
type dialog interface {
	scope() scope
	// size is what the dialog would like to have of the space.
	size(m *Model, w, h int) (int, int)
	// draw gives at most h lines of at most w columns, on the panel's ground, and
	// where the cursor stands within them; a negative column means none.
	draw(m *Model, w, h int) (lines []string, cursorX, cursorY int)
	typed(m *Model, k tea.KeyPressMsg) tea.Cmd
	pasted(m *Model, text string) tea.Cmd
}

func (m *Model) topDialog() dialog { return m.dialogs[len(m.dialogs)-1] }

func (m *Model) openDialog(d dialog) {
	m.dialogs = append(m.dialogs, d)
}

// closeDialog steps back one level.
func (m *Model) closeDialog() {
	if n := len(m.dialogs); n > 0 {
		m.dialogs = m.dialogs[:n-1]
	}
}

// topOf is the uppermost dialog where it is of type D.
func topOf[D dialog](m *Model) (D, bool) {
	var none D
	if len(m.dialogs) == 0 {
		return none, false
	}
	d, ok := m.topDialog().(D)
	return d, ok
}

// shade keeps the faded lines of the view behind a dialog, so that a key press in
// the dialog does not fade them again.
type shade struct {
	theme *theme
	from  []string
	plain []string
}

// fade gives the lines without their colours.
func (s *shade) fade(lines []string, t *theme) []string {
	if s.theme != t || len(s.from) != len(lines) {
		s.theme, s.from, s.plain = t, make([]string, len(lines)), make([]string, len(lines))
	}
	for i, line := range lines {
		if line != s.from[i] || s.plain[i] == "" {
			s.from[i], s.plain[i] = line, ansi.Strip(line)
		}
	}
	return s.plain
}

// dialogRect is where a dialog of the wished size stands: the whole width of a
// narrow screen, else with the view to be seen around it.
func (m *Model) dialogRect(d dialog) rect {
	availableW, availableH := m.width, m.height
	if m.width >= 72 {
		availableW = m.width - 8
	}
	if m.height >= 20 {
		availableH = m.height - 4
	}
	w, h := d.size(m, availableW-4, availableH-2)
	w, h = min(w+4, availableW), min(h+2, availableH)
	r := rect{w: w, h: h}
	r.x = (m.width - w) / 2
	r.y = max((m.height-h)/3, 0)
	if m.height < 20 {
		r.y = (m.height - h) / 2
	}
	return r
}

// overlay draws the uppermost dialog over the faded view.
func (m *Model) overlay(lines []string) ([]string, *tea.Cursor) {
	d := m.topDialog()
	r := m.dialogRect(d)
	content, cx, cy := d.draw(m, r.w-4, r.h-2)
	faded := m.shade.fade(lines, m.theme)
	out := make([]string, 0, m.height)
	for y := range m.height {
		behind := ""
		if y < len(faded) {
			behind = faded[y]
		}
		look := faint
		if strings.HasPrefix(behind, "─") {
			look = ruled
		}
		b := newLine(m.theme, onScreen, m.width)
		if y < r.y || y >= r.y+r.h {
			out = append(out, b.put(look, strings.TrimRight(behind, " ")).done())
			continue
		}
		b.put(look, ansi.Cut(behind, 0, r.x)).to(r.x)
		inner := newLine(m.theme, onPanel, r.w)
		inner.put(accentStrong, "▎").to(2)
		if i := y - r.y - 1; i >= 0 && i < len(content) {
			inner.raw(content[i])
		}
		b.raw(inner.full())
		if rest := ansi.Cut(behind, r.x+r.w, m.width); rest != "" {
			b.put(look, strings.TrimRight(rest, " "))
		}
		out = append(out, b.done())
	}
	if cx < 0 {
		return out, nil
	}
	return out, barCursor(r.x+2+cx, r.y+1+cy)
}

// raw appends a finished line.
func (l *line) raw(s string) {
	l.buf = append(l.buf, s...)
	l.width = min(l.width+ansi.StringWidth(s), l.limit)
	l.open = ""
}

// reader is a dialog with text to read: help, details, an explanation. Lines
// longer than the dialog are wrapped by whoever made them.
type reader struct {
	title string
	aside string
	make  func(m *Model, w int) []string
	wide  int
	top   int
	room  *roomRow // what b books; nil: nothing
	// meetings are those of the room, of which one can be chosen; nil: none can.
	meetings *roomMeetings
	lines    int // at the last drawing
	shown    int
	// follow keeps the chosen meeting in sight, from the first time that the bar was
	// moved until the text is scrolled.
	follow bool
}

func (r *reader) scope() scope { return scopeReader }

func (r *reader) size(m *Model, w, h int) (int, int) {
	want := min(max(r.wide, 40), w)
	return want, len(r.make(m, want)) + 4
}

func (r *reader) draw(m *Model, w, h int) ([]string, int, int) {
	content := r.make(m, w)
	head := newLine(m.theme, onPanel, w).put(strong, r.title)
	if r.aside != "" {
		head.put(dim, "  "+r.aside)
	}
	room := max(h-4, 1)
	r.lines, r.shown = len(content), room
	if s := r.meetings; s != nil && len(s.events) > 0 && s.line >= 0 && r.follow {
		r.top = max(min(r.top, s.line), s.line-room+1)
	}
	r.top = max(min(r.top, len(content)-room), 0)
	if more := len(content) - room - r.top; more > 0 {
		if text := itoa(more) + " more ↓"; head.width+2+columns(text) <= w {
			head.right(faint, text, w)
		}
	}
	lines := []string{head.done(), ""}
	lines = append(lines, content[r.top:min(r.top+room, len(content))]...)
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 1)], m.drawKeys(scopeReader, onPanel, 0, w)), -1, -1
}

func (r *reader) scroll(by int) {
	r.follow = false
	r.top = max(min(r.top+by, r.lines-r.shown), 0)
}

func (r *reader) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (r *reader) pasted(*Model, string) tea.Cmd         { return nil }

// question asks before something that cannot be taken back. The safe answer has
// the focus.
type question struct {
	title string
	text  []string // paragraphs
	yes   string   // the dangerous choice in words
	no    string
	onYes bool // the focus
	do    func(m *Model) tea.Cmd
}

func (q *question) scope() scope { return scopeQuestion }

func (q *question) size(_ *Model, w, _ int) (int, int) {
	want := min(68, w)
	n := 0
	for _, p := range q.text {
		n += len(wrap(p, want)) + 1
	}
	return want, n + 5
}

func (q *question) draw(m *Model, w, h int) ([]string, int, int) {
	lines := []string{newLine(m.theme, onPanel, w).put(strong, q.title).done(), ""}
	for _, p := range q.text {
		for _, s := range wrap(p, w) {
			lines = append(lines, newLine(m.theme, onPanel, w).put(plain, s).done())
		}
		lines = append(lines, "")
	}
	l := newLine(m.theme, onPanel, w)
	button := func(text string, focus, danger bool) {
		switch {
		case focus:
			l.put(chip, "▸ "+text+" ")
		case danger:
			l.put(plain, "  ").put(bad, text+" ")
		default:
			l.put(plain, "  "+text+" ")
		}
		l.put(plain, "  ")
	}
	button(q.no, !q.onYes, false)
	button(q.yes, q.onYes, true)
	lines = slices.Concat(lines[:min(len(lines), max(h-3, 1))], []string{l.done(), "", m.drawKeys(scopeQuestion, onPanel, 0, w)})
	return lines, -1, -1
}

func (q *question) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (q *question) pasted(*Model, string) tea.Cmd         { return nil }

// answer closes the question and does what was chosen.
func (m *Model) answerQuestion(yes bool) tea.Cmd {
	q, ok := topOf[*question](m)
	if !ok {
		return nil
	}
	m.closeDialog()
	if !yes {
		return nil
	}
	return q.do(m)
}

// wrap breaks safe text into lines of at most w columns, at spaces where there
// are any.
func wrap(s string, w int) []string {
	if w < 1 {
		return nil
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for columns(word) > w {
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			head := ansi.Truncate(word, w, "")
			if head == "" {
				return append(lines, "…")
			}
			lines = append(lines, head)
			word = word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= w:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
