package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// rowCache keeps finished lines of rooms that are not chosen. A key press mostly
// changes two lines.
type rowCache struct {
	epoch rowEpoch
	rows  map[providers.Address]cachedRow
}

// rowEpoch is all that every row depends on: a change empties the cache.
type rowEpoch struct {
	theme  *theme
	width  int
	grid   timeGrid
	minute int64
	at     time.Time
}

type cachedRow struct {
	version uint64
	line    string
}

func (c *rowCache) clear() { clear(c.rows) }

// use empties the cache where the epoch differs, or where it holds much more than
// a screen.
func (c *rowCache) use(e rowEpoch) {
	if c.rows == nil {
		c.rows = make(map[providers.Address]cachedRow, 128)
	}
	if e != c.epoch || len(c.rows) > 512 {
		clear(c.rows)
		c.epoch = e
	}
}

func (p *roomsPane) draw(m *Model, lines []string, body rect) ([]string, *tea.Cursor) {
	l := p.arrange(m)
	var cursor *tea.Cursor
	filter, at := p.drawFilter(m)
	lines = append(lines, filter)
	if p.filter.open && len(m.dialogs) == 0 {
		cursor = barCursor(at, l.filterY)
	}
	for len(lines) < l.headY {
		lines = append(lines, "")
	}
	lines = append(lines, drawDayHead(m, &l.grid, l.stateX, "now"))
	if len(p.items) == 0 {
		lines = append(lines, p.drawEmpty(m, l.list)...)
	} else {
		lines = p.drawRows(m, lines, &l)
	}
	for len(lines) < l.list.y+l.list.h {
		lines = append(lines, p.drawGap(m, &l))
	}
	if l.detail.h > 0 {
		lines = append(lines, p.drawDetail(m, l.detail)...)
	}
	return lines, cursor
}

// barCursor is a real terminal cursor for text entry.
func barCursor(x, y int) *tea.Cursor {
	c := tea.NewCursor(x, y)
	c.Shape = tea.CursorBar
	return c
}

// drawFilter writes the filter line and gives the cursor's column.
func (p *roomsPane) drawFilter(m *Model) (string, int) {
	l := newLine(m.theme, onScreen, m.width)
	count := p.countWords(m)
	right := max(m.width-1-columns(count), 24)
	l.to(1).put(accentStrong, "/ ")
	at := 3
	switch {
	case p.filter.open || !p.filter.field.empty():
		wide := max(min(right-5, 60), 8)
		if p.echo != "" {
			wide = max(min(wide, columns(p.filter.field.text())+2), 8)
		}
		at += p.filter.field.draw(l, plain, wide)
	default:
		l.put(faint, "filter: words, 12p, display, f3")
	}
	if p.echo != "" && !p.filter.field.empty() {
		if w := right - 2 - l.width - 2; w > 12 {
			l.put(faint, "  ").put(dim, cut(p.echo, w))
		}
	}
	if m.width-1-columns(count) > l.width {
		l.right(dim, count, m.width-1)
	}
	return l.done(), at
}

// countWords says how many rooms match, and how many of them are free now.
func (p *roomsPane) countWords(m *Model) string {
	if !p.read {
		return "reading rooms…"
	}
	total := thousands(len(p.data.rows))
	s := total + " rooms"
	if !p.filter.field.empty() {
		s = thousands(len(p.matches)) + " of " + total
		if m.width >= 64 {
			s += " rooms"
		}
	}
	if m.freeNow.read && m.width >= 64 && m.header.Disconnected.IsZero() {
		s += " · free now " + thousands(m.freeNow.count)
	}
	return s
}

// drawDayHead is the line of day, zone and hours.
func drawDayHead(m *Model, g *timeGrid, stateX int, state string) string {
	l := newLine(m.theme, onScreen, m.width)
	l.to(1).put(strong, m.day.start.Format("Mon 2 Jan"))
	today := m.day.isToday(m.now)
	if today {
		l.put(dim, " today")
	} else {
		l.put(dim, " "+daysAway(m.day.start, m.now, m.zone))
	}
	if g.columns == 0 && m.day.moved { // the cursor has no grid to stand on
		at, _ := m.day.span()
		l.put(dim, " · ").put(accent, span(at, m.zone))
	}
	zone := " · " + m.zone.String()
	limit := m.width
	if g.columns > 0 {
		limit = stateX
	}
	if l.width+columns(zone) < limit {
		l.put(dim, zone)
	}
	if !today {
		state = "at " + m.day.cursor.Format("15:04")
	}
	if l.width < stateX && stateX+columns(state) < m.width {
		l.to(stateX).put(faint, state)
	}
	if g.columns > 0 {
		if l.width < g.x {
			g.drawHours(l, m.now)
		}
	}
	return l.done()
}

// daysAway is a day in relation to today: "tomorrow", "in 3 days".
func daysAway(day, now time.Time, zone *time.Location) string {
	y, mo, d := now.In(zone).Date()
	y2, mo2, d2 := day.Date()
	days := int(time.Date(y2, mo2, d2, 0, 0, 0, 0, time.UTC).Sub(time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	switch {
	case days == 0:
		return "today"
	case days == 1:
		return "tomorrow"
	case days == -1:
		return "yesterday"
	case days > 0:
		return "in " + itoa(days) + " days"
	}
	return itoa(-days) + " days ago"
}

func (p *roomsPane) drawRows(m *Model, lines []string, l *roomsLayout) []string {
	at := m.day.at(m.now)
	epoch := rowEpoch{m.theme, m.width, l.grid, m.now.Unix() / 60, at}
	if m.day.isToday(m.now) {
		epoch.at = time.Time{}
	}
	p.cache.use(epoch)
	for i := p.list.top; i < p.list.bottom(); i++ {
		it := p.items[i]
		if !it.isRoom() {
			lines = append(lines, p.drawHeading(m, it, l))
			continue
		}
		row := &p.data.rows[it.room()]
		k := m.avail.of(row.room.Mailbox)
		if i == p.list.at {
			lines = append(lines, p.drawRow(m, row, k, l, true))
			continue
		}
		var version uint64
		if k != nil {
			version = k.version
		}
		cached, ok := p.cache.rows[row.room.Mailbox]
		if !ok || cached.version != version {
			cached = cachedRow{version, p.drawRow(m, row, k, l, false)}
			p.cache.rows[row.room.Mailbox] = cached
		}
		lines = append(lines, cached.line)
	}
	return lines
}

// drawHeading writes a group's heading or a gap, with the now-line running on.
func (p *roomsPane) drawHeading(m *Model, it item, l *roomsLayout) string {
	room, ok := it.heading()
	if !ok {
		return p.drawGap(m, l)
	}
	b := newLine(m.theme, onScreen, m.width)
	group := p.data.rows[room].group
	limit := m.width - 1
	if l.grid.columns > 0 {
		limit = l.grid.x - 1
	}
	n := p.counts[group]
	count := itoa(n) + " rooms"
	if n == 1 {
		count = "1 room"
	}
	b.to(1).put(accentStrong, cut(group, limit-1))
	if b.width+2+columns(count) <= limit {
		b.put(faint, "  "+count)
	}
	drawNowLine(b, &l.grid, m.now)
	return b.done()
}

func (p *roomsPane) drawGap(m *Model, l *roomsLayout) string {
	if l.grid.nowColumn(m.now) < 0 || len(p.items) == 0 {
		return ""
	}
	b := newLine(m.theme, onScreen, m.width)
	drawNowLine(b, &l.grid, m.now)
	return b.done()
}

func drawNowLine(l *line, g *timeGrid, now time.Time) {
	if c := g.nowColumn(now); c >= 0 && l.width <= g.x+c {
		l.to(g.x+c).cell(nowLine, glyphNow)
	}
}

func (p *roomsPane) drawRow(m *Model, row *roomRow, k *known, l *roomsLayout, selected bool) string {
	ground := onScreen
	if selected {
		ground = onSelected
	}
	b := newLine(m.theme, ground, m.width)
	name := plain
	if selected {
		b.put(accentStrong, "▎")
		name = strong
	}
	b.to(2).fit(name, row.title, l.name).right(dim, row.seats, l.capX+4)
	if l.glyphs {
		b.put(plain, "  ").put(dim, row.glyphs)
	}
	drawState(b, m, k, l.stateX, l.wideState)
	drawGridRow(b, m, &l.grid, k, selected)
	if selected {
		return b.full()
	}
	return b.done()
}

// drawState writes the state column: character, word, until when.
func drawState(b *line, m *Model, k *known, x int, wide bool) {
	glyph, look, word, until := stateWords(k, m.day.at(m.now), m.now, m.zone)
	b.to(x).put(look, glyph+" ")
	text := plain
	if word != "free" {
		text = dim
	}
	switch {
	case until == "":
		b.put(text, word)
	case columns(until) > 7: // "as of 10:42"
		if wide {
			b.put(text, word+" "+until)
		} else {
			b.put(text, word+" "+until[len("as of "):])
		}
	case wide && until != "all day":
		b.fit(text, word, 5).put(text, "until "+until)
	default:
		b.fit(text, word, 5).put(text, until)
	}
}

// drawGridRow writes a row of the grid with cursor and span on the chosen one.
func drawGridRow(b *line, m *Model, g *timeGrid, k *known, selected bool) {
	on := drawOn{now: m.now, selected: selected, cursor: -1}
	if selected && g.columns > 0 {
		if m.day.moved { // until then the now-line is the cursor
			on.cursor = g.column(m.day.cursor)
		}
		if s, marked := m.day.span(); marked {
			on.from, on.to = g.column(s.Start), g.column(s.End.Add(-1))+1
		}
	}
	g.drawRow(b, k, on)
}

// drawEmpty says why there is no room to show. "There are none" needs a proof.
func (p *roomsPane) drawEmpty(m *Model, r rect) []string {
	head, next := p.emptyWords(m)
	var lines []string
	if r.h > 4 {
		lines = append(lines, "")
	}
	lines = note(m, lines, plain, head)
	lines = note(m, lines, dim, next)
	return lines[:min(len(lines), r.h)]
}

func (p *roomsPane) emptyWords(m *Model) (head, next string) {
	progress := &m.sync.progress
	switch {
	case !p.read && p.err != nil:
		return "The rooms could not be read.", problemText(p.err)
	case !p.read:
		return "reading…", ""
	case len(p.data.rows) > 0:
		next = "esc clears it; " + thousands(len(p.data.rows)) + " rooms are there without it."
		if p.noneWhy != "" {
			next = p.noneWhy + " · " + next
		}
		return "No room matches this filter.", next
	case progress.Problem != nil:
		return "No rooms have been read yet.", clean(progress.Problem.Sentence(m.now))
	case !m.sync.read || progress.Phase == providers.PhasePlaces || progress.Phase == "":
		return "The rooms are being read from the tenant…", "They appear here as they come."
	case progress.Listing.Complete && progress.Listing.Reported == 0:
		return "The tenant says that it has no rooms.", "New rooms can take a day to appear in its directory."
	}
	return "The tenant gave no rooms.", "This is not proof that there are none: see 5 Sync."
}
