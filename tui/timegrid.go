package tui

import (
	"strings"
	"time"

	"roomdesk/providers"
)

// staleAfter is the age at which free/busy is drawn as old.
const staleAfter = 15 * time.Minute

// Characters of the grid. Each is one column wide in every width table that the
// tests know, and differs from the others without colour.
const (
	glyphBusy    = "▆"
	glyphMine    = "█" // where there is no colour to tell
	glyphHeld    = "░"
	glyphUnknown = "╌"
	glyphHour    = "·"
	glyphNow     = "│"
)

// maxColumns bounds a grid: a day of 25 hours in quarters.
const maxColumns = 100

// timeGrid is the part of the day that fits: where its columns are and what time
// each stands for.
type timeGrid struct {
	x       int           // column of the screen at which it begins
	columns int           // 0: no room for a grid
	start   time.Time     // of the first column
	step    time.Duration // of each column
	zone    *time.Location
}

// gridFor lays a grid of at most so many columns over the day. The hours from 8
// to 19 come first; the window moves so that the cursor stays in it.
func gridFor(d *dayState, x, available int) timeGrid {
	g := timeGrid{x: x, step: quarter, zone: d.zone}
	perHour := 4
	if available < 9*4 {
		g.step, perHour = 2*quarter, 2
	}
	hours := min(available/perHour, 24)
	if hours < 6 {
		return g
	}
	first := 8 - (hours-11+1)/2
	if hours <= 11 {
		first = 8
	}
	first = max(min(first, 24-hours), 0)
	if h := d.cursor.In(d.zone).Hour(); h < first {
		first = h
	} else if h >= first+hours {
		first = h - hours + 1
	}
	y, mo, day := d.start.Date()
	g.start = time.Date(y, mo, day, first, 0, 0, 0, d.zone)
	g.columns = hours * perHour
	// A day with a change of clocks may end sooner than the columns do.
	if fits := int(d.end().Sub(g.start) / g.step); fits < g.columns {
		g.columns = max(fits, 0)
	}
	return g
}

func (g *timeGrid) end() time.Time { return g.start.Add(time.Duration(g.columns) * g.step) }

// column is where t falls; it may lie outside of the grid.
func (g *timeGrid) column(t time.Time) int {
	d := t.Sub(g.start)
	if d < 0 {
		return -int((-d + g.step - 1) / g.step)
	}
	return int(d / g.step)
}

// at is the start of a column.
func (g *timeGrid) at(column int) time.Time { return g.start.Add(time.Duration(column) * g.step) }

// nowColumn is the column of now, -1 where it is not in sight.
func (g *timeGrid) nowColumn(now time.Time) int {
	if g.columns == 0 || now.Before(g.start) || !now.Before(g.end()) {
		return -1
	}
	return g.column(now)
}

// drawHours writes the line of hours above the grid, the current one marked.
func (g *timeGrid) drawHours(l *line, now time.Time) {
	if g.columns == 0 {
		return
	}
	l.to(g.x)
	current := g.nowColumn(now)
	for c := 0; c < g.columns; {
		t := g.at(c).In(g.zone)
		next := c + 1
		if t.Minute() == 0 && (g.step == quarter || t.Hour()%2 == 0) && c+2 <= g.columns {
			r := dim
			wide := int(time.Hour / g.step)
			if current >= c && current < c+wide {
				r = badStrong
				if current < 0 {
					r = dim
				}
			}
			l.put(r, t.Format("15"))
			next = c + 2
		} else {
			l.cell(plain, " ")
		}
		c = next
	}
}

// gridCell is what one column of a row shows.
type gridCell uint8

const (
	cellFree gridCell = iota
	cellHour
	cellBusy
	cellPast
	cellMine
	cellHeld
	cellUnknown
)

// drawOn is how a row of the grid is drawn.
type drawOn struct {
	now      time.Time
	selected bool
	cursor   int // column of the time cursor; -1: none
	from, to int // columns of the marked span, half open
}

// drawRow writes the columns of one mailbox. Nothing read yet, and nothing known,
// look the same in the grid: dashes, never empty.
func (g *timeGrid) drawRow(l *line, k *known, on drawOn) {
	if g.columns == 0 {
		return
	}
	l.to(g.x)
	var cells [maxColumns]gridCell
	n := min(g.columns, maxColumns)
	g.fill(cells[:n], k, on.now)
	nowAt := g.nowColumn(on.now)
	old := k == nil || stale(k.Availability, on.now)
	ground := l.ground
	for c := range n {
		if on.selected && c >= on.from && c < on.to {
			l.ground = onSpan
		} else {
			l.ground = ground
		}
		r, glyph := cells[c].look(old)
		if r == mine && l.theme.depth == colourless {
			glyph = glyphMine
		}
		switch {
		case c == on.cursor && on.selected:
			l.ground = onSpan
			drawCaret(l, glyph, c == nowAt)
		case c == nowAt:
			l.cell(nowLine, glyphNow)
		default:
			l.cell(r, glyph)
		}
	}
	l.ground = ground
}

// drawCaret writes the time cursor: a bright cell, or the block under it made
// bright; reversed where there is no colour to do that with.
func drawCaret(l *line, glyph string, now bool) {
	switch {
	case now:
		l.cell(caret, glyphNow)
	case glyph == glyphHour || glyph == " ":
		l.cell(caret, " ")
	case l.theme.depth == trueColour:
		l.cell(accent, glyph)
	default:
		l.cell(caret, glyph)
	}
}

func (g *timeGrid) fill(cells []gridCell, k *known, now time.Time) {
	if k == nil || !k.Known() {
		for c := range cells {
			cells[c] = cellUnknown
		}
		return
	}
	for c := range cells {
		t := g.at(c)
		switch {
		case t.Before(k.Window.Start) || !t.Before(k.Window.End):
			cells[c] = cellUnknown
		case t.In(g.zone).Minute() == 0:
			cells[c] = cellHour
		}
	}
	for i := range k.Blocks {
		b := &k.Blocks[i]
		if !b.State.Taken() || !b.End.After(g.start) {
			continue
		}
		from := max(g.column(b.Start), 0)
		to := min(g.column(b.End.Add(-1))+1, len(cells))
		for c := from; c < to; c++ {
			cell := cellBusy
			switch {
			case b.State == providers.Unknown:
				cell = cellUnknown
			case b.Mine:
				cell = cellMine
			case b.State == providers.Tentative:
				cell = cellHeld
			case !g.at(c + 1).After(now):
				cell = cellPast
			}
			// Where two entries meet, the one that surely takes the time counts.
			if have := cells[c]; have == cellFree || have == cellHour || have == cellHeld || cell == cellMine {
				cells[c] = cell
			}
		}
	}
}

// look is the role and character of a cell; what is old is drawn dull.
func (c gridCell) look(old bool) (role, string) {
	switch c {
	case cellHour:
		return faint, glyphHour
	case cellBusy:
		if old {
			return pastBusy, glyphBusy
		}
		return busy, glyphBusy
	case cellPast:
		return pastBusy, glyphBusy
	case cellMine:
		return mine, glyphBusy
	case cellHeld:
		return held, glyphHeld
	case cellUnknown:
		return faint, glyphUnknown
	}
	return plain, " "
}

// stale reports free/busy that is known but too old to be called current.
func stale(a providers.Availability, now time.Time) bool {
	return a.Known() && (a.Problem != nil || now.Sub(a.AsOf) > staleAfter)
}

// stateWords is the state of a mailbox at a moment: a character, a word, until
// when, and how it should look. The words alone say all of it.
func stateWords(k *known, at, now time.Time, zone *time.Location) (glyph string, look role, word, until string) {
	if k == nil {
		return "…", faint, "reading", ""
	}
	a := &k.Availability
	if !a.Known() {
		if a.Problem == nil {
			return "?", dim, "not read", ""
		}
		switch a.Problem.Class {
		case providers.NotAllowed, providers.SignedOut:
			return "?", dim, "no access", ""
		case providers.NoMailbox:
			return "?", dim, "no mailbox", ""
		}
		return "?", dim, "unknown", ""
	}
	state, end := a.State(at)
	if stale(*a, now) {
		glyph, _, word, _ = stateLook(state)
		return oldGlyph(glyph), dim, word + "?", "as of " + clockOrDay(a.AsOf, now, zone)
	}
	glyph, look, word, _ = stateLook(state)
	switch {
	case state == providers.Unknown:
	case end.IsZero() || !end.Before(a.Window.End):
		until = "all day"
	default:
		until = end.In(zone).Format("15:04")
	}
	return glyph, look, word, until
}

// stateLook is the character, role and word of a state.
func stateLook(s providers.FreeBusy) (glyph string, look role, word string, ok bool) {
	switch s {
	case providers.Free, providers.WorkingElsewhere:
		return "●", good, "free", true
	case providers.Tentative:
		return "◐", held, "held", true
	case providers.Busy:
		return "■", busy, "busy", true
	case providers.OutOfOffice:
		return "■", busy, "away", true
	}
	return "?", dim, "unknown", false
}

// oldGlyph is the hollow form of a state's character: it was so once.
func oldGlyph(glyph string) string {
	switch glyph {
	case "●":
		return "○"
	case "■":
		return "□"
	}
	return glyph
}

// clockOrDay is the time of day, with the date where that is not today.
func clockOrDay(t, now time.Time, zone *time.Location) string {
	if midnight(t, zone).Equal(midnight(now, zone)) {
		return t.In(zone).Format("15:04")
	}
	return t.In(zone).Format("2 Jan")
}

// span is a time span in the words of a line: "14:00–15:00".
func span(i providers.Interval, zone *time.Location) string {
	return i.Start.In(zone).Format("15:04") + "–" + i.End.In(zone).Format("15:04")
}

// duration is a length of time in words: "1 h 30 min".
func duration(d time.Duration) string {
	d = d.Round(time.Minute)
	h, mi := int(d.Hours()), int(d.Minutes())%60
	var parts []string
	if h > 0 {
		parts = append(parts, itoa(h)+" h")
	}
	if mi > 0 || h == 0 {
		parts = append(parts, itoa(mi)+" min")
	}
	return strings.Join(parts, " ")
}
