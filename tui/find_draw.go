package tui

import (
	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// findLayout is where the parts of the view are.
type findLayout struct {
	lineY, meaningY, guestY int // guestY 0: nothing to say of guests or other times
	list                    rect
}

func (p *findPane) layout(m *Model) findLayout {
	body := m.body()
	l := findLayout{lineY: body.y, meaningY: body.y + 1}
	top := body.y + 2
	if len(p.found.Guests)+len(p.found.Others) > 0 {
		l.guestY = top
		top++
	}
	if body.h > 9 {
		top++
	}
	l.list = rect{0, top, body.w, max(body.y+body.h-top, 1)}
	return l
}

func (p *findPane) draw(m *Model, lines []string, body rect) ([]string, *tea.Cursor) {
	l := p.layout(m)
	text, at := p.drawLine(m)
	lines = append(lines, text, p.drawMeaning(m))
	var cursor *tea.Cursor
	if p.line.open && len(m.dialogs) == 0 {
		cursor = barCursor(at, l.lineY)
	}
	if p.series() && p.err == nil {
		return m.series.draw(m, lines), cursor
	}
	if l.guestY > 0 {
		lines = append(lines, p.drawGuests(m))
	}
	for len(lines) < l.list.y {
		lines = append(lines, "")
	}
	return p.drawRows(m, lines, l.list), cursor
}

// drawLine writes the line of the wish and gives the cursor's column.
func (p *findPane) drawLine(m *Model) (string, int) {
	l := newLine(m.theme, onScreen, m.width)
	l.to(1).put(accentStrong, "find ")
	at := l.width
	count := p.countWords(m)
	wide := max(m.width-2-columns(count)-at-1, 12)
	if p.line.open || !p.line.field.empty() {
		at += p.line.field.draw(l, plain, wide)
	} else {
		l.put(faint, cut("12p display f3 tmr 14-15 @berlin with adele", wide))
	}
	if m.width-1-columns(count) > l.width {
		l.right(dim, count, m.width-1)
	}
	return l.done(), at
}

func (p *findPane) countWords(m *Model) string {
	switch {
	case !p.read || len(p.found.Problems) > 0:
		return ""
	case p.series():
		return m.series.countWords(m)
	}
	words := thousands(len(p.found.Offers)+p.found.More) + " of " + thousands(p.found.Total)
	if p.found.Unknown > 0 && m.width >= 64 {
		words += " · " + thousands(p.found.Unknown) + " unknown"
	}
	return words
}

// drawMeaning shows how the line is understood, or what is wrong with it.
func (p *findPane) drawMeaning(m *Model) string {
	l := newLine(m.theme, onScreen, m.width-1).to(1)
	switch {
	case p.err != nil:
		return l.put(bad, "Free rooms could not be read: "+problemText(p.err)).done()
	case !p.read:
		return l.put(dim, "reading…").done()
	case len(p.found.Problems) > 0:
		l.put(warn, "? ")
		for i, problem := range p.found.Problems {
			if i > 0 {
				l.put(dim, "; ")
			}
			l.put(plain, clean(problem))
		}
		return l.done()
	}
	meaning := p.found.Meaning
	if m.seriesShown() && m.series.known() {
		meaning = m.series.answer.Meaning
	}
	for i, part := range meaning {
		if i > 0 {
			l.put(faint, " · ")
		}
		r := plain
		if part.Assumed {
			r = dim
		}
		l.put(r, clean(part.Words))
		if part.Assumed {
			l.put(faint, " (assumed)")
		}
	}
	if m.shownBy != shownYours && !m.seriesShown() {
		l.put(accent, " · rows by "+m.shownBy.words())
	}
	return l.done()
}

// drawGuests says who is free, and at what other times everybody would be.
func (p *findPane) drawGuests(m *Model) string {
	l := newLine(m.theme, onScreen, m.width-1).to(1)
	for i, guest := range p.found.Guests {
		if i > 0 {
			l.put(faint, "  ")
		}
		sign, r := "● ", good
		switch {
		case guest.State == providers.Unknown:
			sign, r = "? ", warn
		case guest.State.Taken():
			sign, r = "✗ ", bad
		}
		l.put(r, sign).put(plain, clean(guest.Name)+" ").put(dim, clean(guest.Words))
	}
	if len(p.found.Others) == 0 {
		return l.done()
	}
	if l.width > 1 {
		l.put(faint, "   ")
	}
	l.put(dim, "would do: ")
	for n, other := range p.found.Others {
		l.put(accentStrong, "alt+"+itoa(n+1)+" ").put(plain, span(other.Span, m.zone)).put(dim, " ("+thousands(other.Rooms)+")  ")
	}
	return l.done()
}

func (p *findPane) drawRows(m *Model, lines []string, r rect) []string {
	switch {
	case p.err != nil || !p.read || len(p.found.Problems) > 0:
		return lines
	case p.count() == 0 && p.found.Unknown > 0:
		return note(m, lines, plain, "No room is known to be free then; of "+thousands(p.found.Unknown)+" it is not known. w says why each is not offered.")
	case p.count() == 0:
		return note(m, lines, plain, "No room can be offered. w says why each is not; another time or fewer wishes may help.")
	}
	longest := 10
	if m.rooms.data != nil {
		longest = m.rooms.data.longest
	}
	name := max(min(longest, m.width/4, 30), 10)
	return drawList(m, lines, r, &p.list, p.count(), func(i int, selected bool) string {
		if i < len(p.found.Offers) {
			return p.drawOffer(m, &p.found.Offers[i], name, selected)
		}
		return p.drawWithheld(m, &p.found.Withheld[i-len(p.found.Offers)], name, selected)
	})
}

func (p *findPane) drawOffer(m *Model, o *providers.RoomOffer, name int, selected bool) string {
	l, r := rowLine(m, selected)
	l.put(good, "● ").fit(r, clean(o.Room.Title()), name).put(plain, "  ")
	if m.width >= 70 {
		l.put(dim, equipmentGlyphs(equipmentSigns(o.Room))).put(plain, "  ")
	}
	if m.shownBy != shownYours {
		l.put(accent, span(o.Span, m.clockZone(o.Room.Mailbox, ""))+" ").put(dim, m.clockZone(o.Room.Mailbox, "").String()+" · ")
	}
	drawReasons(l, o.Why)
	if o.Old {
		l.put(warn, " · as of "+clockOrDay(o.AsOf, m.now, m.zone))
	}
	if place := clean(o.Room.Place()); place != "" && m.width >= 100 {
		l.put(faint, "  "+place)
	}
	return l.finish(selected)
}

func (p *findPane) drawWithheld(m *Model, w *providers.WithheldRoom, name int, selected bool) string {
	l, _ := rowLine(m, selected)
	l.put(faint, "✗ ").fit(dim, clean(w.Room.Title()), name).put(plain, "  ")
	if m.width >= 70 {
		l.put(faint, equipmentGlyphs(equipmentSigns(*w.Room))).put(plain, "  ")
	}
	drawReasons(l, w.Why)
	return l.finish(selected)
}

// drawReasons writes reasons; what is not proven says so.
func drawReasons(l *line, why []providers.Reason) {
	for i, reason := range why {
		if i > 0 {
			l.put(faint, " · ")
		}
		switch reason.Proof {
		case providers.Proven:
			l.put(plain, clean(reason.Words))
		case providers.Inferred:
			l.put(dim, "◐ "+clean(reason.Words))
		case providers.UnknownCause:
			l.put(dim, "? "+clean(reason.Words))
		}
	}
}
