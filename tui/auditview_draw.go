package tui

import "strings"

func (v *auditView) size(_ *Model, w, h int) (int, int) { return min(w, 132), h }

func (v *auditView) draw(m *Model, w, h int) ([]string, int, int) {
	head := newLine(m.theme, onPanel, w).put(strong, "Audit trail").put(dim, " of "+clean(v.connection))
	if text := v.countWords(); head.width+2+columns(text) <= w {
		head.right(dim, text, w)
	}
	lines := []string{head.done()}
	cx, cy := -1, -1
	if v.filter.open || !v.filter.field.empty() {
		l := newLine(m.theme, onPanel, w).put(accent, "/ ")
		if v.filter.open {
			cy = len(lines)
			cx = l.width + v.filter.field.draw(l, strong, max(w-l.width, 1))
		} else {
			l.put(plain, cut(v.filter.field.text(), w-l.width))
		}
		lines = append(lines, l.done())
	} else if h >= 14 {
		lines = append(lines, "")
	}
	lines = append(lines, v.drawVerdict(m, w, max(h/3, 1))...)
	at := v.auditColumns(w)
	if len(v.rows) > 0 && h >= 10 {
		lines = append(lines, at.put(newLine(m.theme, onPanel, w), [6]string{"line", "when", "who", "what", "mailbox", "result"}, dim, dim).done())
	}
	room := max(h-len(lines)-1, 1)
	v.list.fix(len(v.rows), room)
	for i := v.list.top; i < v.list.bottom(); i++ {
		lines = append(lines, v.drawRow(m, i, at, w))
	}
	if len(v.rows) == 0 {
		text := "Nothing was written yet."
		switch {
		case v.err != nil:
			text = "✗ the trail cannot be read: " + problemText(v.err)
		case v.reading != nil:
			text = "◌ reading…"
		case !v.filter.field.empty():
			text = "No line has all of that."
		}
		lines = append(lines, newLine(m.theme, onPanel, w).put(dim, cut(text, w)).done())
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 1)], m.drawKeys(v.scope(), onPanel, 0, w)), cx, cy
}

// countWords say how many lines are here, and whether there are older ones.
func (v *auditView) countWords() string {
	text := thousands(len(v.rows)) + " lines"
	if len(v.rows) == 1 {
		text = "1 line"
	}
	switch {
	case v.reading != nil && len(v.rows) > 0:
		text += ", reading…"
	case v.before > 0:
		text += ", more ↓"
	}
	return text
}

// drawVerdict says what is known of the whole trail: what was verified, and breaks that
// were seen on the way.
func (v *auditView) drawVerdict(m *Model, w, most int) []string {
	var lines []string
	note := func(r role, text string) {
		for _, part := range wrap(clean(text), w) {
			if len(lines) < most {
				lines = append(lines, newLine(m.theme, onPanel, w).put(r, part).done())
			}
		}
	}
	switch verdict := v.verdict; {
	case v.verifying:
		note(accent, "◌ reading the whole trail…")
	case v.wrong != nil:
		note(bad, "✗ the trail cannot be verified: "+problemText(v.wrong))
	case verdict != nil && len(verdict.Breaks) > 0:
		note(bad, "✗ the trail is not as it was written: "+strings.Join(verdict.Breaks[:min(len(verdict.Breaks), 3)], "; "))
		note(dim, "Compare "+verdict.File+" with a backup: somebody changed it, or the disk is damaged.")
	case verdict != nil && verdict.Records == 0:
		note(dim, "Nothing was written yet, so there is nothing to verify.")
	case verdict != nil:
		note(good, "✓ "+thousands(int(verdict.Records))+" lines, none changed, removed or moved. Head, to be noted elsewhere:")
		note(plain, verdict.Head)
		if verdict.Open > 0 {
			note(warn, thousands(verdict.Open)+" without an outcome: roomdesk ended in the middle of it, and looked it up afterwards")
		}
	}
	return lines
}

// auditColumns are where the parts of a line begin.
type auditColumns struct{ when, who, what, mailbox, result, end int }

func (v *auditView) auditColumns(w int) auditColumns {
	number := 6
	if len(v.rows) > 0 { // the newest has the most digits
		number = max(number, len(thousands(int(v.rows[0].N)))+1)
	}
	at := auditColumns{when: 2 + number, result: w - 9, end: w}
	if w < 60 {
		at.who = at.when + 13
		at.what, at.mailbox = at.who, at.result
		return at
	}
	at.who = at.when + 17
	rest := at.result - at.who
	at.what = at.who + min(rest/5, 20)
	at.mailbox = at.what + max(min(rest/3, 20), 13)
	return at
}

// put writes the parts of a line.
func (at auditColumns) put(l *line, parts [6]string, look, result role) *line {
	l.to(2).fit(look, parts[0], at.when-3).to(at.when)
	if at.what == at.who { // a narrow screen: who and where are told by enter
		l.fit(look, parts[1], at.who-at.when-1).to(at.who).fit(look, parts[3], at.result-at.who-1)
	} else {
		l.fit(look, parts[1], at.who-at.when-1).to(at.who).fit(look, parts[2], at.what-at.who-1).to(at.what).fit(look, parts[3], at.mailbox-at.what-1)
		l.to(at.mailbox).fit(look, parts[4], at.result-at.mailbox-1)
	}
	return l.to(at.result).fit(result, parts[5], at.end-at.result)
}

func (v *auditView) drawRow(m *Model, i int, at auditColumns, w int) string {
	g, mark := onPanel, " "
	if i == v.list.at {
		g, mark = onSelected, "▸"
	}
	l := newLine(m.theme, g, w).put(accentStrong, mark)
	r := &v.rows[i]
	if r.Break != "" {
		number := ""
		if r.N > 0 {
			number = thousands(int(r.N))
		}
		l.to(2).fit(bad, number, at.when-3).to(at.when).put(bad, cut("✗ "+clean(r.Break), w-at.when))
	} else {
		when := r.At.In(m.zone)
		text := when.Format("2 Jan 15:04:05")
		if when.Year() != m.now.In(m.zone).Year() {
			text = when.Format("2006-01-02 15:04")
		}
		if w < 60 {
			text = when.Format("2 Jan 15:04")
		}
		result, look := clean(r.Result), plain
		switch result {
		case "done":
			look = good
		case "refused":
			look = warn
		case "unknown":
			look = bad
		case "":
			result, look = "intended", dim
		}
		at.put(l, [6]string{thousands(int(r.N)), text, clean(r.Who), clean(r.What), clean(string(r.Mailbox)), result}, plain, look)
	}
	if g == onSelected {
		return l.full()
	}
	return l.done()
}
