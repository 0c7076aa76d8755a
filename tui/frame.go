package tui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// Below this size there is one line that asks for more room.
const (
	leastWidth  = 40
	leastHeight = 10
)

func (m *Model) tooSmall() bool { return m.width < leastWidth || m.height < leastHeight }

// rect is a part of the screen, in cells from the upper left corner.
type rect struct{ x, y, w, h int }

func (r rect) contains(x, y int) bool { return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h }

// body is the part between header and footer.
func (m *Model) body() rect {
	top, bottom := m.headHeight(), m.footHeight()
	return rect{0, top, m.width, max(m.height-top-bottom, 0)}
}

// headHeight counts the header, a rule where there is room, and the problem.
func (m *Model) headHeight() int {
	h := 1
	if m.header.known && (m.header.Problem != nil || m.header.Gap != "" || !m.header.Disconnected.IsZero() || m.expiresSoon()) || m.height >= 16 {
		h++
	}
	return h
}

// footHeight counts the keys and the status line, with a rule where there is
// plenty of room.
func (m *Model) footHeight() int {
	switch {
	case m.height >= 30:
		return 3
	case m.height >= 16:
		return 2
	}
	return 1
}

// View draws the frame. It reads nothing but the model.
func (m *Model) View() tea.View {
	content, cursor := m.draw()
	v := tea.NewView(content)
	v.AltScreen = true
	v.WindowTitle = m.windowTitle()
	v.Cursor = cursor
	v.ProgressBar = m.sync.progressBar()
	if !m.noMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// Frame is the content that View would show: styled lines.
func (m *Model) Frame() string {
	content, _ := m.draw()
	return content
}

func (m *Model) windowTitle() string {
	if !m.header.known {
		return "roomdesk"
	}
	title := "roomdesk · " + m.header.tenant
	if m.header.Demo {
		title += " (demo)"
	}
	return title
}

func (m *Model) draw() (string, *tea.Cursor) {
	if m.width <= 0 || m.height <= 0 {
		return "", nil
	}
	if m.tooSmall() {
		return newLine(m.theme, onScreen, m.width).put(plain, m.smallText()).done(), nil
	}
	lines, cursor := m.drawView()
	if len(m.dialogs) > 0 {
		lines, cursor = m.overlay(lines)
	}
	m.out = m.out[:0]
	for i, s := range lines {
		if i > 0 {
			m.out = append(m.out, '\n')
		}
		m.out = append(m.out, s...)
	}
	return string(m.out), cursor
}

func (m *Model) smallText() string {
	if m.quit.waiting {
		return "finishing a booking…"
	}
	return "roomdesk needs " + itoa(leastWidth) + "x" + itoa(leastHeight)
}

// drawView draws everything but dialogs: exactly height lines.
func (m *Model) drawView() ([]string, *tea.Cursor) {
	if m.ws == nil {
		return m.drawWelcome(), nil
	}
	lines := make([]string, 0, m.height)
	lines = append(lines, m.drawHeader())
	if m.headHeight() > 1 {
		lines = append(lines, m.drawUnderHeader())
	}
	body := m.body()
	var cursor *tea.Cursor
	switch m.view {
	case viewRooms:
		lines, cursor = m.rooms.draw(m, lines, body)
	case viewFind:
		lines, cursor = m.find.draw(m, lines, body)
	case viewBookings:
		lines = m.bookings.draw(m, lines, body)
	case viewPeople:
		lines, cursor = m.people.draw(m, lines, body)
	case viewSync:
		lines = m.sync.draw(m, lines, body)
	case viewConnections:
		lines = m.connections.draw(m, lines, body)
	}
	for len(lines) < body.y+body.h {
		lines = append(lines, "")
	}
	return append(lines[:body.y+body.h], m.drawFooter()...), cursor
}

// tabs are the columns that the tabs take in the header.
type tabs struct {
	columns [viewCount + 1][2]int
}

// tabStyle is how many words the tabs have.
type tabStyle int

const (
	tabsAlone   tabStyle = iota // only the chosen one
	tabsNumbers                 // the others as numbers
	tabsFull
)

// headerPlan chooses the longest wording that fits: what the tabs say comes before
// details of the connection, its freshness before the numbers of other tabs.
func (m *Model) headerPlan() (style tabStyle, right []headerPart) {
	left := 1 + columns(" roomdesk ") + 1
	if m.header.known && m.header.Demo {
		left += columns(" DEMO ") + 1
	}
	full := 0
	for v := viewRooms; v <= viewCount; v++ {
		full += columns(v.title()) + 4
	}
	alone := columns(m.view.title()) + 4
	need := [...]int{tabsAlone: alone, tabsNumbers: alone + 2*int(viewCount) + 1, tabsFull: full}
	for style = tabsFull; style >= tabsAlone; style-- {
		for detail := 5; detail >= 0; detail-- {
			if detail == 0 && style > tabsAlone {
				continue
			}
			right = m.headerRight(detail)
			if left+need[style]+partsWidth(right)+2 <= m.width {
				return style, right
			}
		}
	}
	return tabsAlone, m.headerRight(0)
}

type headerPart struct {
	role role
	text string
}

func partsWidth(parts []headerPart) int {
	n := 0
	for _, p := range parts {
		n += columns(p.text)
	}
	return n
}

// headerRight says whose rooms these are and how fresh, in more or fewer words.
func (m *Model) headerRight(detail int) []headerPart {
	glyph, look, words, short := m.freshness()
	if !m.header.known {
		return []headerPart{{dim, "reading…"}}
	}
	parts := []headerPart{{strong, cut(m.header.tenant, 24)}}
	switch detail {
	case 5, 4:
		parts = append(parts, headerPart{dim, " · " + m.header.provider + " · " + string(m.header.Access) + m.roleWords() + "   "})
	case 3:
		parts = append(parts, headerPart{dim, " · " + m.header.provider + "   "})
	case 2:
		parts = append(parts, headerPart{dim, "   "})
	case 1:
		parts[0].text = cut(parts[0].text, 14)
		parts = append(parts, headerPart{dim, "  "})
	case 0:
		return []headerPart{{look, glyph + " "}, {dim, short}}
	}
	if detail < 5 {
		words = short
	}
	return append(parts, headerPart{look, glyph + " "}, headerPart{dim, words})
}

// freshness is the age of the newest successful read. It never claims more than
// is known.
func (m *Model) freshness() (glyph string, look role, words, short string) {
	if !m.header.Disconnected.IsZero() {
		return "○", bad, "disconnected", "down"
	}
	if m.header.LastGood.IsZero() {
		if m.sync.read && m.sync.progress.Running {
			return "◐", warn, "first sync", "first sync"
		}
		return "○", bad, "never synced", "never"
	}
	age := m.now.Sub(m.header.LastGood)
	text := providers.Age(age)
	switch {
	case age < 2*time.Minute:
		return "●", good, "synced " + text + " ago", text + " ago"
	case age < staleAfter:
		return "◐", warn, "late: " + text + " ago", "late " + text
	}
	return "○", bad, "old: " + text + " ago", "old " + text
}

func (m *Model) drawHeader() string {
	l := newLine(m.theme, onScreen, m.width)
	style, right := m.headerPlan()
	l.to(1).put(badge, " roomdesk ").put(plain, " ")
	if m.header.known && m.header.Demo {
		l.put(demoBadge, " DEMO ").put(plain, " ")
	}
	m.tabs = tabs{}
	for v := viewRooms; v <= viewCount; v++ {
		from := l.width
		number := strconv.Itoa(int(v))
		switch {
		case v == m.view:
			if style == tabsNumbers {
				l.put(plain, " ")
				from++
			}
			l.put(chip, " "+number+" "+v.title()+" ")
		case style == tabsAlone:
			continue
		case style == tabsFull:
			l.put(faint, " "+number+" ").put(dim, v.title()+" ")
		default:
			l.put(faint, " "+number)
		}
		m.tabs.columns[v] = [2]int{from, l.width}
	}
	w := partsWidth(right)
	if start := m.width - w - 1; start > l.width {
		l.to(start)
		for _, p := range right {
			l.put(p.role, p.text)
		}
	}
	return l.done()
}

// drawUnderHeader is what stops everything, or a rule.
func (m *Model) drawUnderHeader() string {
	l := newLine(m.theme, onScreen, m.width)
	if since := m.header.Disconnected; m.header.known && !since.IsZero() {
		return l.to(1).put(badStrong, "✗ ").put(bad, "not receiving since "+clockOrDay(since, m.now, m.zone)+": disconnected. What is shown is old.").done()
	}
	if m.header.known && m.header.Problem != nil {
		return l.to(1).put(badStrong, "✗ ").put(bad, clean(m.header.Problem.Sentence(m.now))).done()
	}
	if m.header.known && m.header.Gap != "" {
		return l.to(1).put(warn, "? ").put(plain, clean(m.header.Gap)).done()
	}
	if m.expiresSoon() {
		return m.drawExpiring(l)
	}
	return l.repeat(ruled, "─", m.width).done()
}

func (m *Model) drawFooter() []string {
	var lines []string
	h := m.footHeight()
	status := m.withEnding(m.drawStatus())
	if h == 3 {
		lines = append(lines, newLine(m.theme, onScreen, m.width).repeat(ruled, "─", m.width).done())
	}
	s := m.viewScope()
	keys := m.drawKeys(s, onScreen, 1, m.width)
	switch {
	case h == 3:
		lines = append(lines, keys, status)
	case h == 2:
		lines = append(lines, status, keys)
	case m.quit.waiting || m.notices.current() != nil:
		lines = append(lines, status)
	default:
		lines = append(lines, keys)
	}
	return lines
}

func (m *Model) drawStatus() string {
	l := newLine(m.theme, onScreen, m.width).to(1)
	if m.quit.waiting {
		return l.put(warn, "◐ finishing a booking… ").put(dim, "q again leaves at once").done()
	}
	n := m.notices.current()
	if n == nil {
		return m.drawQuietStatus()
	}
	if n.bad {
		l.put(badStrong, "✗ ").put(bad, n.text)
		if more := len(m.notices.queue) - 1; more > 0 {
			return l.put(dim, "  esc: next of "+itoa(more)+" more").done()
		}
		return l.put(dim, "  esc puts this away").done()
	}
	return l.put(good, "● ").put(plain, n.text).done()
}

// drawQuietStatus fills the status line while there is no news: with the first
// sync, while that runs.
func (m *Model) drawQuietStatus() string {
	text := m.sync.firstSyncWords(m.now, m.zone)
	if text == "" || m.view == viewSync {
		return ""
	}
	return newLine(m.theme, onScreen, m.width).to(1).put(accent, "▸ ").put(dim, text).done()
}

// drawKeys writes the keys that work now, as many as fit, help always among them.
func (m *Model) drawKeys(s scope, g ground, from, width int) string {
	l := newLine(m.theme, g, width)
	l.to(from)
	all := m.keys.footer[s]
	kept := func(b *binding) bool { return b.label == "?" || b.label == "esc" && !s.isView() }
	room := width - l.width
	for _, b := range all {
		if kept(b) {
			room -= columns(b.label) + 1 + columns(b.what) + 2
		}
	}
	for _, b := range all {
		w := columns(b.label) + 1 + columns(b.what) + 2
		disabled := b.reason(m) != ""
		switch {
		case kept(b):
		case w > room+2, disabled && !s.isView():
			continue
		default:
			room -= w
		}
		if l.width > from {
			l.put(plain, "  ")
		}
		drawKey(l, b, disabled)
	}
	return l.done()
}

// drawKeyLines are the keys of a dialog in at most most lines: one where all fit, or
// where only one is had, else the fewest in which they do.
func (m *Model) drawKeyLines(s scope, g ground, width, most int) []string {
	lines, l := []string(nil), newLine(m.theme, g, width)
	for _, b := range m.keys.footer[s] {
		w := columns(b.label) + 1 + columns(b.what)
		switch {
		case b.reason(m) != "" && b.label != "esc":
			continue
		case l.width > 0 && l.width+2+w > width:
			lines, l = append(lines, l.done()), newLine(m.theme, g, width)
		case l.width > 0:
			l.put(plain, "  ")
		}
		drawKey(l, b, false)
	}
	if lines = append(lines, l.done()); len(lines) > max(most, 1) {
		return []string{m.drawKeys(s, g, 0, width)}
	}
	return lines
}

func drawKey(l *line, b *binding, disabled bool) {
	key, what := accentStrong, dim
	if disabled {
		key, what = faint, faint
	}
	l.put(key, b.label).put(plain, " ").put(what, b.what)
}

func itoa(n int) string { return strconv.Itoa(n) }

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	if n < 0 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
