package tui

import (
	"strings"

	"roomdesk/providers"
)

// seriesLayout is where the parts of the matrix are.
type seriesLayout struct {
	plansY  int
	headY   int
	list    rect // the dates
	sums    bool // how many dates each room has, below them
	detailY int
	detail  int // lines
	// Columns: the date, what the plan does, what is to be noted, and the rooms.
	dateW, planX, planW, noteX, noteW, roomX, roomW, rooms int
	times                                                  bool // with the hour of each date
}

func (p *seriesPane) layout(m *Model) seriesLayout {
	body := m.body()
	l := seriesLayout{plansY: body.y + 2}
	y := body.y + 4
	switch {
	case body.h >= 26:
		y++
		l.detail = 6
	case body.h >= 16:
		l.detail = 4
	default:
		y--
		l.detail = 2
	}
	l.headY = y
	l.sums = body.h >= 16
	l.list = rect{0, y + 1, body.w, max(body.y+body.h-y-1-l.detail, 1)}
	if l.sums {
		l.list.h = max(l.list.h-1, 1)
	}
	// What little is to be told stands right below it.
	l.list.h = min(l.list.h, max(len(p.answer.Matrix.Dates), 1))
	l.detailY = l.list.y + l.list.h
	if l.sums {
		l.detailY++
	}
	p.columns(m, &l)
	return l
}

func (p *seriesPane) columns(m *Model, l *seriesLayout) {
	switch {
	case m.width >= 100:
		l.dateW, l.times, l.planW, l.noteW = 24, true, 20, 9
	case m.width >= 64:
		l.dateW, l.times, l.planW, l.noteW = 17, true, 15, 2
	default:
		l.dateW, l.planW, l.noteW = 7, 14, 2
	}
	l.planX = 2 + l.dateW
	l.noteX = l.planX + l.planW
	l.roomX = l.noteX + l.noteW
	room := m.width - l.roomX
	n := len(p.answer.Matrix.Rooms)
	l.rooms = max(min(room/11, n), 1)
	l.roomW = max(min(room/l.rooms, 14), 6)
}

// fix brings the bar into sight.
func (p *seriesPane) fix(m *Model) {
	l := p.layout(m)
	p.dates.fix(len(p.answer.Matrix.Dates), l.list.h)
	p.room = max(min(p.room, len(p.answer.Matrix.Rooms)-1), 0)
	at := p.column()
	if at < p.roomTop {
		p.roomTop = at
	}
	if at >= p.roomTop+l.rooms {
		p.roomTop = at - l.rooms + 1
	}
	p.roomTop = max(min(p.roomTop, len(p.order)-l.rooms), 0)
}

// draw writes everything below the wish and its meaning.
func (p *seriesPane) draw(m *Model, lines []string) []string {
	switch {
	case m.find.line.open:
		return note(m, append(lines, ""), dim, "A series: enter asks the tenant when the rooms are free, and plans its dates. Nothing is sent.")
	case p.err != nil && !p.reading:
		return note(m, append(lines, ""), bad, "The dates could not be planned: "+problemText(p.err)+". r asks again.")
	case p.reading && !p.known():
		return note(m, append(lines, ""), plain, "◌ asking the tenant when the rooms are free…")
	case p.read && p.have == p.asked && len(p.answer.Problems) > 0:
		return note(m, append(lines, ""), warn, "? "+clean(strings.Join(p.answer.Problems, "; ")))
	case !p.known():
		return lines
	case len(p.answer.Matrix.Rooms) == 0:
		return note(m, append(lines, ""), plain, "No room fits the wish. Fewer wishes may help.")
	}
	l := p.layout(m)
	lines = append(lines, p.drawPlans(m), p.drawChosen(m))
	if l.headY-l.plansY == 1 {
		lines = lines[:len(lines)-1]
	}
	for len(lines) < l.headY {
		lines = append(lines, "")
	}
	lines = append(lines, p.drawHead(m, &l))
	lines = drawList(m, lines, l.list, &p.dates, len(p.answer.Matrix.Dates), func(i int, selected bool) string {
		return p.drawDate(m, &l, i, selected)
	})
	if l.sums {
		lines = append(lines, p.drawSums(m, &l))
	}
	return append(lines, p.drawDetail(m, &l)...)
}

// countWords is what stands beside the wish: how much there is, and how old.
func (p *seriesPane) countWords(m *Model) string {
	if !p.known() {
		return ""
	}
	words := itoa(len(p.answer.Matrix.Dates)) + " dates · " + itoa(len(p.answer.Matrix.Rooms)) + " rooms"
	if p.reading {
		return words + " · asking…"
	}
	words += " · asked " + providers.Age(m.now.Sub(p.at)) + " ago"
	if m.width < 64 {
		return providers.Age(m.now.Sub(p.at)) + " ago"
	}
	return words
}

// drawPlans names the plans by their price, the best first.
func (p *seriesPane) drawPlans(m *Model) string {
	l := newLine(m.theme, onScreen, m.width-1).to(1)
	plans := p.answer.Matrix.Plans
	if len(plans) == 0 {
		return l.put(bad, "✗ ").put(strong, "No room can be had on any date.").put(dim, " Change the wish.").done()
	}
	if p.changed {
		return l.put(chip, " your plan ").put(strong, " "+p.chosen.Words).put(dim, "  p goes on to the next plan, u takes back").done()
	}
	l.put(chip, " plan "+itoa(p.plan+1)+" of "+itoa(len(plans))+" ").put(strong, " "+clean(p.chosen.Words))
	if p.plan == 0 {
		l.put(good, " · best")
	}
	for i := range plans {
		if i == p.plan {
			continue
		}
		key, words := "   alt+"+itoa(i+1)+" ", cut(p.roomTitle(plans[i].Parts[0].Room), 16)+": "+clean(plans[i].Words)
		if l.width+columns(key)+columns(words) > m.width-1 {
			break
		}
		l.put(accentStrong, key).put(dim, words)
	}
	return l.done()
}

// drawChosen says in which rooms the chosen plan is.
func (p *seriesPane) drawChosen(m *Model) string {
	l := newLine(m.theme, onScreen, m.width-1).to(1)
	if len(p.chosen.Steps) == 0 {
		return ""
	}
	for i, part := range p.chosen.Parts {
		keep := 0
		for _, s := range p.chosen.Steps[part.From:part.To] {
			if s.Act == providers.SeriesKeep {
				keep++
			}
		}
		if i > 0 {
			l.put(dim, ", then ")
		}
		l.put(plain, cut(p.roomTitle(part.Room), 28)).put(dim, " for "+itoa(keep)+" of "+itoa(part.To-part.From))
	}
	var order []int
	count := map[int]int{}
	for _, s := range p.chosen.Steps {
		if s.Act == providers.SeriesOther {
			if count[s.Room] == 0 {
				order = append(order, s.Room)
			}
			count[s.Room]++
		}
	}
	for _, r := range order {
		l.put(dim, ", ").put(plain, cut(p.roomTitle(r), 28)).put(dim, " for "+itoa(count[r]))
	}
	if p.chosen.Shifts > 0 {
		l.put(dim, ", at another time "+itoa(p.chosen.Shifts))
	}
	if p.chosen.Skips > 0 {
		l.put(warn, ", no meeting on "+itoa(p.chosen.Skips))
	}
	return l.done()
}

func (p *seriesPane) drawHead(m *Model, s *seriesLayout) string {
	l := newLine(m.theme, onScreen, m.width).to(2)
	z := p.zone(m)
	if s.times {
		l.put(dim, cut("date, "+z.words(), s.dateW-1))
	} else {
		l.put(dim, "date")
	}
	l.to(s.planX).put(dim, "plan")
	for i := range s.rooms {
		if p.roomTop+i >= len(p.order) {
			break
		}
		r := p.order[p.roomTop+i]
		l.to(s.roomX + i*s.roomW)
		switch {
		case i == 0 && p.roomTop > 0:
			l.put(faint, "‹")
		case i == s.rooms-1 && p.roomTop+s.rooms < len(p.order):
			l.put(faint, "›")
		default:
			l.put(plain, " ")
		}
		look := dim
		if r == p.room {
			look = accentStrong
		}
		l.put(look, cut(p.roomTitle(r), s.roomW-2))
	}
	return l.done()
}

func (p *seriesPane) drawDate(m *Model, s *seriesLayout, d int, selected bool) string {
	l, name := rowLine(m, selected)
	zone := p.zone(m).zone
	date := &p.answer.Matrix.Dates[d]
	start := date.Span.Start.In(zone)
	switch {
	case s.dateW >= 24:
		l.put(name, start.Format("Mon 2 Jan")).to(13).put(dim, span(date.Span, zone))
	case s.times:
		l.put(name, start.Format("Mon 2 Jan")).to(13).put(dim, start.Format("15:04"))
	default:
		l.put(name, start.Format("2 Jan"))
	}
	l.to(s.planX)
	glyph, look, words := p.stepWords(m, d)
	l.put(look, glyph+" ").put(name, cut(words, s.planW-4))
	l.to(s.noteX)
	if words := p.dateNote(d); words != "" {
		if s.noteW < 4 {
			words = "!"
		}
		l.put(warn, cut(words, s.noteW-1))
	}
	for i := range s.rooms {
		if p.roomTop+i >= len(p.order) {
			break
		}
		r := p.order[p.roomTop+i]
		l.to(s.roomX + i*s.roomW)
		p.drawCell(l, s, d, r, selected && r == p.room)
	}
	return l.finish(selected)
}

// dateNote is what is to be told of a date beside the rooms, in a word.
func (p *seriesPane) dateNote(d int) string {
	date := &p.answer.Matrix.Dates[d]
	switch {
	case len(date.Notes) > 0:
		return "clocks!"
	case len(date.Busy) > 0:
		return itoa(len(date.Busy)) + " busy!"
	case len(date.Dark) > 0:
		return itoa(len(date.Dark)) + " dark?"
	}
	return ""
}

// stepWords is what the chosen plan does on a date.
func (p *seriesPane) stepWords(m *Model, d int) (glyph string, look role, words string) {
	if d >= len(p.chosen.Steps) {
		return "✗", bad, "no room"
	}
	s := p.chosen.Steps[d]
	switch s.Act {
	case providers.SeriesOther:
		return "→", accent, p.roomTitle(s.Room)
	case providers.SeriesShift:
		return "↔", accent, "at " + s.Span.Start.In(p.zone(m).zone).Format("15:04")
	case providers.SeriesSkip:
		return "–", warn, "skipped"
	case providers.SeriesKeep:
	}
	return "●", good, p.roomTitle(s.Room)
}

// cellLook is a cell as a character and a word.
func cellLook(c providers.SeriesCell) (glyph string, look role, word string) {
	switch c.State {
	case providers.SeriesFree:
		return "·", dim, "free"
	case providers.SeriesTaken:
		return "✗", bad, "taken"
	case providers.SeriesAgainst:
		if c.Beyond {
			return "!", warn, "too far"
		}
		return "!", warn, "rule"
	case providers.SeriesUnknown:
	}
	return "?", warn, "unknown"
}

// drawCell writes a date in a room: what is known, and whether the plan is there.
func (p *seriesPane) drawCell(l *line, s *seriesLayout, d, r int, barred bool) {
	glyph, look, word := cellLook(p.answer.Matrix.Rooms[r].Cells[d])
	if d < len(p.chosen.Steps) && p.chosen.Steps[d].Room == r {
		switch p.chosen.Steps[d].Act {
		case providers.SeriesShift:
			glyph, look, word = "●", good, "shifted"
		default:
			glyph, look, word = "●", good, "planned"
		}
	}
	ground := l.ground
	mark := " "
	if barred {
		l.ground, mark = onSpan, "▸"
	}
	l.put(accentStrong, mark).put(look, glyph+" ")
	if look == good && barred {
		look = goodStrong
	}
	text := word
	if s.roomW < 10 {
		text = cut(word, s.roomW-4)
	}
	l.put(look, text)
	if barred {
		l.put(plain, " ")
	}
	l.style(plain)
	l.ground = ground
}

// drawSums says of how many dates each room is free.
func (p *seriesPane) drawSums(m *Model, s *seriesLayout) string {
	l := newLine(m.theme, onScreen, m.width).to(s.planX).put(dim, "free on")
	for i := range s.rooms {
		if p.roomTop+i >= len(p.order) {
			break
		}
		r := p.order[p.roomTop+i]
		row := &p.answer.Matrix.Rooms[r]
		l.to(s.roomX + i*s.roomW + 1)
		look := dim
		if row.Free == len(row.Cells) {
			look = good
		}
		l.put(look, itoa(row.Free)+" of "+itoa(len(row.Cells)))
	}
	return l.done()
}
