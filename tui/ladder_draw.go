package tui

import (
	"strings"
	"time"

	"roomdesk/providers"
)

func (d *testDialog) size(m *Model, w, h int) (int, int) {
	return min(w, 104), min(h, len(d.steps)+11)
}

func (d *testDialog) draw(m *Model, w, h int) ([]string, int, int) {
	head := newLine(m.theme, onPanel, w).put(strong, "Test").put(dim, " of "+clean(strings.Join(d.of(), " and ")))
	if d.question.Alone {
		head.put(dim, " alone")
	}
	if text := d.progressWords(m.now); text != "" && head.width+2+columns(text) <= w {
		head.right(dim, text, w)
	}
	lines := []string{head.done()}
	if h >= 14 {
		lines = append(lines, "")
	}
	if text := d.askedWords(m, w); text != "" && h >= 14 {
		lines[len(lines)-1] = newLine(m.theme, onPanel, w).put(dim, cut(text, w)).done()
	}
	foot := m.drawKeyLines(scopeTest, onPanel, w, min(1+h/16, 2))
	lines = append(lines, d.ladder.draw(m, w, h-len(lines)-1-len(foot))...)
	for len(lines) < h-len(foot) {
		lines = append(lines, "")
	}
	return append(lines[:max(h-len(foot), 1)], foot...), -1, -1
}

// askedWords are what the person asked for beyond what is always tried, in at most w
// columns where it can be said so shortly.
func (p *ladder) askedWords(m *Model, w int) string {
	also, refused := "", ""
	if names := m.names(p.question.Mailboxes); names != "" {
		also = "also " + names
	}
	if p.question.Outside != "" {
		refused = "must be refused: " + string(p.question.Outside)
	}
	if also == "" || refused == "" {
		return also + refused
	}
	if columns(also)+2+columns(refused) > w {
		also = "also " + itoa(len(p.question.Mailboxes)) + " mailboxes"
	}
	return also + "; " + refused
}

// progressWords says how far it is, or when it was.
func (p *ladder) progressWords(now time.Time) string {
	switch {
	case p.running:
		return itoa(len(p.rungs)) + " of " + itoa(len(p.steps))
	case p.ended.IsZero():
		return ""
	}
	return "tested " + providers.Age(now.Sub(p.ended)) + " ago, in " + providers.Age(p.diagnosis.Took)
}

// draw writes at most h lines: the first cause, then the steps.
func (p *ladder) draw(m *Model, w, h int) []string {
	lines := p.drawCause(m, w, max(h/2, 1))
	if h >= 10 {
		lines = append(lines, "")
	}
	p.list.fix(len(p.steps), max(h-len(lines), 1))
	for i := p.list.top; i < p.list.bottom(); i++ {
		lines = append(lines, p.drawStep(m, i, w))
	}
	return lines[:min(len(lines), max(h, 0))]
}

// drawCause says what is wrong: what, where, and the value to change; at most h lines.
func (p *ladder) drawCause(m *Model, w, h int) []string {
	var lines []string
	text := func(r role, label, s string) {
		for i, part := range wrap(clean(s), max(w-labelWidth, 10)) {
			l := newLine(m.theme, onPanel, w)
			if i == 0 {
				l.put(dim, label)
			}
			lines = append(lines, l.to(labelWidth).put(r, part).done())
		}
	}
	plainText := func(r role, s string) {
		for _, part := range wrap(clean(s), w) {
			lines = append(lines, newLine(m.theme, onPanel, w).put(r, part).done())
		}
	}
	cause := p.so().Cause()
	switch {
	case p.err != nil:
		plainText(bad, "✗ Nothing could be tried: "+problemText(p.err))
	case cause == nil && p.running:
		plainText(accent, "◌ trying "+p.stepWords()+"…")
	case cause == nil:
		plainText(good, "✓ "+p.so().FirstLine())
	case p.rungs[p.causeAt()].State == providers.RungWaiting:
		plainText(warn, "◐ "+p.causeOf()+cause.What)
		if left := p.timer(cause, m.now); left != "" {
			text(warn, "", left)
		}
	default:
		plainText(bad, "✗ "+p.causeOf()+cause.What)
	}
	if cause != nil && p.err == nil {
		if cause.Or != "" {
			text(dim, "or", cause.Or)
		}
		if cause.Where != "" {
			text(plain, "where", cause.Where)
		}
		if cause.Change != "" {
			text(strong, "change", cause.Change)
		}
	}
	if len(lines) > h {
		lines = lines[:h]
	}
	return lines
}

// causeOf names the connection that the cause is at, where two are tested.
func (p *ladder) causeOf() string {
	if of := p.rungs[p.causeAt()].Connection; of != "" {
		return of + ": "
	}
	return ""
}

// stepWords name the step that is tried now.
func (p *ladder) stepWords() string {
	step := p.steps[min(len(p.rungs), len(p.steps)-1)]
	if step.Connection != "" {
		return clean(step.Connection) + ", " + step.Name
	}
	return step.Name
}

// drawOf writes whose step it is, on the first line of each connection.
func (p *ladder) drawOf(l *line, i, w int) {
	if i >= len(p.steps) || p.steps[i].Connection == "" {
		return
	}
	wide := 0
	for _, name := range p.of() {
		wide = max(wide, columns(clean(name)))
	}
	wide = min(wide, max(w/5, 8))
	text := ""
	if i == p.list.top || p.steps[i].Connection != p.steps[i-1].Connection {
		text = clean(p.steps[i].Connection)
	}
	l.fit(accent, text, wide).put(plain, "  ")
}

// timer counts down to when it is worth to look again.
func (p *ladder) timer(t *providers.Trouble, now time.Time) string {
	switch {
	case t.Again.IsZero():
		return ""
	case t.Again.After(now):
		return "look again in " + providers.Age(t.Again.Sub(now)) + " (r)"
	}
	return "look again now (r)"
}

// drawStep is the line of one step.
func (p *ladder) drawStep(m *Model, i, w int) string {
	g, mark, name := onPanel, " ", plain
	if i == p.list.at {
		g, mark, name = onSelected, "▸", strong
	}
	l := newLine(m.theme, g, w).put(accentStrong, mark+" ")
	p.drawOf(l, i, w)
	finish := func() string {
		if g == onSelected {
			return l.full()
		}
		return l.done()
	}
	const nameWidth = 17
	if i >= len(p.rungs) {
		glyph, look := "·", faint
		if p.running && i == len(p.rungs) {
			glyph, look = "◌", accent
		}
		l.put(look, glyph+" ").fit(look, p.steps[i].Name, nameWidth)
		return finish()
	}
	r := &p.rungs[i]
	glyph, look, words := rungLook(r.State)
	if r.State == providers.RungNotRun {
		name = faint // a consequence, or not asked for: not what is wrong
	}
	took := ""
	if r.Took >= time.Millisecond && r.State != providers.RungNotRun && w >= 60 {
		took = thousands(int(r.Took.Milliseconds())) + " ms"
	}
	l.put(look, glyph+" ").fit(name, clean(r.Name), nameWidth)
	room := w - l.width
	if took != "" {
		room -= columns(took) + 2
	}
	text := rungText(r)
	if more := len(r.More); more > 0 {
		text = "and " + itoa(more) + " more: " + text
	}
	l.put(words, cut(text, room))
	if took != "" {
		l.right(faint, took, w)
	}
	return finish()
}

// rungLook is a step's state as a character, its role and that of the words.
func rungLook(s providers.RungState) (glyph string, look, words role) {
	switch s {
	case providers.RungPassed:
		return "✓", good, dim
	case providers.RungFailed:
		return "✗", bad, plain
	case providers.RungWaiting:
		return "◐", warn, plain
	case providers.RungNotRun:
	}
	return "┄", faint, faint
}

// rungText is what a step showed, in words that are safe to show.
func rungText(r *providers.Rung) string {
	switch {
	case r.Trouble != nil:
		return clean(r.Trouble.What)
	case r.State == providers.RungNotRun:
		return clean("not tried: " + r.Seen)
	}
	return clean(r.Seen)
}

// evidenceOf is what support asks for: label and text.
func evidenceOf(t *providers.Trouble) (pairs [][2]string) {
	if t == nil {
		return nil
	}
	add := func(label, text string) {
		if text != "" {
			pairs = append(pairs, [2]string{label, clean(text)})
		}
	}
	if t.Status != 0 {
		add("answer", strings.TrimSpace("HTTP "+itoa(t.Status)+" "+t.Code))
	} else {
		add("answer", t.Code)
	}
	add("it said", shown(t.Said(), ""))
	add("usually", t.Hint)
	add("request id", t.RequestID)
	return pairs
}

// openRung shows all that is known of the chosen step.
func (p *ladder) openRung(m *Model) {
	r := p.chosen()
	if r == nil {
		return
	}
	rung := *r
	m.openDialog(&reader{title: clean(strings.TrimSpace(rung.Connection + " " + rung.Name)), aside: string(rung.State), wide: 78, make: func(m *Model, w int) []string {
		var lines []string
		pair := func(label, text string, look role) {
			for i, part := range wrap(clean(text), max(w-14, 10)) {
				l := newLine(m.theme, onPanel, w)
				if i == 0 {
					l.put(dim, label)
				}
				lines = append(lines, l.to(14).put(look, part).done())
			}
		}
		label := "seen"
		if rung.State == providers.RungNotRun {
			label = "why not"
		}
		pair(label, rung.Seen, plain)
		if rung.State != providers.RungNotRun {
			pair("took", thousands(int(rung.Took.Milliseconds()))+" ms", dim)
		}
		for n, t := range append(troubleOf(&rung), rung.More...) {
			if n > 0 || len(lines) > 0 {
				lines = append(lines, "")
			}
			pair("what is wrong", t.What, strong)
			pair("or", t.Or, plain)
			pair("where", t.Where, plain)
			pair("change", t.Change, strong)
			if !t.Again.IsZero() {
				pair("", p.timer(&t, m.now), warn)
			}
			for _, e := range evidenceOf(&t) {
				pair(e[0], e[1], dim)
			}
			if t.RequestID != "" {
				pair("", "Name it when you ask the service's support.", faint)
			}
			if t.Mistake > 0 {
				pair("more", "docs/doctor.md, the catalogue, "+itoa(t.Mistake), faint)
			}
		}
		return lines
	}})
}

func troubleOf(r *providers.Rung) []providers.Trouble {
	if r.Trouble == nil {
		return nil
	}
	return []providers.Trouble{*r.Trouble}
}
