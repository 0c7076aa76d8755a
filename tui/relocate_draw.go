package tui

import (
	"strings"
	"time"

	"roomdesk/providers"
)

// stepLook is the glyph of a meeting's state, which also has a word.
func stepLook(s *providers.RelocationStep) (glyph string, look role, word string) {
	switch s.State {
	case providers.StepPlanned:
		return "○", accent, "planned"
	case providers.StepUnsolved:
		return "✗", bad, "no room"
	case providers.StepLeft:
		return "–", dim, "left out"
	case providers.StepMoving:
		return "◌", accent, "asking"
	case providers.StepWaiting, providers.StepUndoWaits:
		return "◐", held, "silent"
	case providers.StepMoved:
		return "●", good, "moved"
	case providers.StepFailed:
		return "✗", bad, "failed"
	case providers.StepUndoing:
		return "◌", accent, "going back"
	case providers.StepUndone:
		return "↶", dim, "back"
	case providers.StepKept:
		return "✗", warn, "stays"
	}
	return "?", faint, string(s.State)
}

// stepColumns share the width of a list of meetings.
type stepColumns struct{ when, what, to int }

func stepWidths(w int) stepColumns {
	c := stepColumns{when: 22}
	if w < 76 {
		c.when = 12
	}
	left := w - 4 - c.when - 1
	c.what = max(min(left/3, 30), 6)
	c.to = max(left-c.what-1, 4)
	return c
}

func (m *Model) stepWhen(s *providers.RelocationStep, c stepColumns) string {
	zone := m.clockZone(s.Was.Room, s.Organizer)
	start, end := s.Was.Start.In(zone), s.Was.End.In(zone)
	if len(s.Dates) > 1 {
		return itoa(len(s.Dates)) + " dates " + start.Format("15:04")
	}
	if c.when < 22 {
		return start.Format("Mon 2 15:04")
	}
	return start.Format("Mon 2 Jan 15:04") + end.Format("–15:04")
}

func stepSubject(s *providers.RelocationStep) string {
	if s.Private {
		return "private"
	}
	return shown(s.Subject, "Meeting")
}

// drawStep writes the line of one meeting.
func (m *Model) drawStep(s *providers.RelocationStep, chosen, taken bool, w int) string {
	g := onPanel
	if chosen {
		g = onSelected
	}
	l := newLine(m.theme, g, w)
	glyph, look, word := stepLook(s)
	if taken {
		glyph, look = "●", good
	}
	mark, name := " ", plain
	if chosen {
		mark, name = "▸", strong
	}
	l.put(accentStrong, mark).put(look, glyph+" ").to(3)
	c := stepWidths(w)
	l.fit(dim, m.stepWhen(s, c), c.when).put(plain, " ")
	subject := stepSubject(s)
	if s.Series {
		subject = "↻ " + subject
	}
	l.fit(name, subject, c.what).put(plain, " ")
	to, has := s.Choice()
	switch s.State {
	case providers.StepPlanned, providers.StepMoving, providers.StepMoved, providers.StepWaiting, providers.StepKept, providers.StepUndoWaits:
		if !has {
			break
		}
		title := m.choiceTitle(to)
		l.put(look, "→ ").put(name, cut(title, max(c.to/2, 8)))
		switch {
		case s.State == providers.StepPlanned && to.Lesser:
			l.put(warn, "  too small: ").put(dim, reasonsText(to.Why))
		case s.State == providers.StepPlanned:
			l.put(dim, "  "+reasonsText(to.Why))
		case s.State == providers.StepMoved:
			l.put(dim, "  accepted")
		case s.State == providers.StepMoving:
			l.put(dim, "  being asked; the old room stays until it accepts")
		default:
			l.put(dim, "  "+word+": "+clean(s.Why))
		}
		return l.full()
	case providers.StepUndoing, providers.StepUndone:
		l.put(look, "← ").put(name, shown(s.Was.RoomName, string(s.Was.Room))).put(dim, "  "+word)
		return l.full()
	}
	l.put(look, word)
	if s.Why != "" {
		l.put(dim, ": "+clean(s.Why))
	}
	return l.full()
}

func (m *Model) choiceTitle(c providers.RoomChoice) string {
	if i, ok := m.rooms.data.find[c.Room]; ok {
		return m.rooms.data.rows[i].title
	}
	return shown(c.Name, string(c.Room))
}

// stepDetail tells all about one meeting in at most n lines.
func (m *Model) stepDetail(s *providers.RelocationStep, w, n int, choosing bool) []string {
	var lines []string
	add := func(l *line) { lines = append(lines, l.done()) }
	l := newLine(m.theme, onPanel, w).put(strong, cut(stepSubject(s), w/2)).put(dim, " · "+m.people.nameOf(s.Organizer))
	if s.People > 0 {
		l.put(dim, " · "+people(s.People))
	}
	if s.Series {
		l.put(dim, " · one date of a series, moved as an exception")
	}
	add(l)
	if len(s.Answers) > 0 {
		for _, a := range s.Answers {
			l := newLine(m.theme, onPanel, w).put(dim, "  "+a.At.In(m.zone).Format("15:04:05")+" ")
			room := m.choiceTitle(providers.RoomChoice{Room: a.Room, Name: a.Name})
			switch a.Response {
			case providers.ResponseAccepted:
				l.put(good, "● ").put(plain, room+" accepted")
			case providers.ResponseDeclined:
				l.put(bad, "✗ ").put(plain, room+" declined")
			default:
				l.put(warn, "– ").put(plain, room+" was not asked")
			}
			if a.Words != "" {
				l.put(dim, ": "+clean(a.Words))
			}
			add(l)
		}
	}
	if choosing && len(s.Choices) > 0 && s.EventID != "" {
		for i, c := range s.Choices {
			l := newLine(m.theme, onPanel, w)
			if i == s.At && s.State == providers.StepPlanned {
				l.put(accentStrong, "▸ ").put(strong, cut(m.choiceTitle(c), 28))
			} else {
				l.put(plain, "  ").put(plain, cut(m.choiceTitle(c), 28))
			}
			if c.Lesser {
				l.put(warn, " too small")
			}
			if place := clean(c.Place); place != "" {
				l.put(dim, " · "+place)
			}
			add(l.put(dim, " · "+reasonsText(c.Why)))
		}
	}
	if s.Why != "" && s.State != providers.StepPlanned && s.State != providers.StepMoving {
		for _, text := range wrap(clean(s.Why), w) {
			add(newLine(m.theme, onPanel, w).put(warn, text))
		}
	}
	if (s.State == providers.StepUnsolved || s.State == providers.StepFailed) && s.Text != "" {
		for _, text := range wrap("c copies: “"+clean(s.Text)+"”", w) {
			add(newLine(m.theme, onPanel, w).put(dim, text))
		}
	}
	return lines[:min(len(lines), max(n, 0))]
}

func (p *relocatePlan) draw(m *Model, w, h int) ([]string, int, int) {
	head := newLine(m.theme, onPanel, w).put(strong, "Relocate "+cut(p.title, 30)).put(dim, "  "+daysWords(p.r.Period, p.zone))
	if reason := shown(p.r.Reason, ""); reason != "" {
		head.put(dim, " · "+reason)
	}
	m.putClock(head, p.r.Room, "")
	detail := 0
	switch {
	case h >= 24:
		detail = 6
	case h >= 16:
		detail = 5
	case h >= 12:
		detail = 2
	}
	room := max(h-4-detail, 1)
	if detail > 0 {
		room = max(room-1, 1)
	}
	p.list.fix(len(p.r.Steps), room)
	lines := []string{head.done()}
	if h >= 16 {
		lines = append(lines, "")
		p.list.fix(len(p.r.Steps), room-1)
	}
	for n := p.list.top; n < p.list.bottom(); n++ {
		lines = append(lines, m.drawStep(&p.r.Steps[n], n == p.list.at, p.taken[n], w))
	}
	for len(lines) < h-3-detail-min(detail, 1) {
		lines = append(lines, "")
	}
	if detail > 0 {
		lines = append(lines, newLine(m.theme, onPanel, w).repeat(ruled, "─", w).done())
		extra := m.stepDetail(p.step(), w, detail, true)
		for len(extra) < detail {
			extra = append(extra, "")
		}
		lines = append(lines, extra...)
	}
	lines = append(lines, p.drawSum(m, w), "")
	return append(lines[:min(len(lines), max(h-1, 1))], m.drawKeys(scopeRelocating, onPanel, 0, w)), -1, -1
}

// drawSum is the preview: what moves, what stays, who gets mail.
func (p *relocatePlan) drawSum(m *Model, w int) string {
	l := newLine(m.theme, onPanel, w)
	switch {
	case p.refused != "":
		return l.put(bad, "✗ "+p.refused).done()
	case p.sending:
		return l.put(accent, "◌ writing it into the journal…").done()
	}
	moves, open, none := 0, 0, 0
	for n, s := range p.r.Steps {
		switch {
		case p.taken[n]:
			moves++
		case s.State == providers.StepPlanned:
			open++
		case s.State == providers.StepUnsolved:
			none++
		}
	}
	l.put(good, "● ").put(strong, itoa(moves)+" move")
	if open > 0 {
		l.put(accent, "  ○ ").put(plain, itoa(open)+" to decide")
	}
	if none > 0 {
		l.put(bad, "  ✗ ").put(plain, itoa(none)+" without a room")
	}
	mailed, mails := p.wanted().Mails()
	return l.put(dim, "  ·  ").put(plain, counted(mails, "mail")).put(dim, " to "+people(len(mailed))).done()
}

// people counts them in words.
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return itoa(n) + " people"
}

// progressBar draws how much of something is done.
func progressBar(l *line, done, all, w int) {
	full := 0
	if all > 0 {
		full = done * w / all
	}
	l.put(good, strings.Repeat("█", full)).put(faint, strings.Repeat("░", max(w-full, 0)))
}

// stampWords is a moment as a list shows it.
func stampWords(t, now time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	if t.In(zone).Format(time.DateOnly) == now.In(zone).Format(time.DateOnly) {
		return t.In(zone).Format("15:04")
	}
	return t.In(zone).Format("Mon 2 Jan 15:04")
}
