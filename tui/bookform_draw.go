package tui

import (
	"strings"

	"roomdesk/providers"
)

// labelWidth is the column at which the fields of the form begin.
const labelWidth = 13

func (f *bookForm) size(m *Model, w, _ int) (int, int) {
	w = min(92, w)
	return w, max(len(f.build(m, w).lines)+2, 15)
}

// formLines collects the lines of a form and where the cursor stands.
type formLines struct {
	m      *Model
	w      int
	lines  []string
	cx, cy int
	focusY int // the line of the field in focus, to keep in sight
	pinned int // a line that is always in sight; 0: none
}

func (o *formLines) line() *line { return newLine(o.m.theme, onPanel, o.w) }

func (o *formLines) add(l *line) { o.lines = append(o.lines, l.done()) }

func (o *formLines) blank() { o.lines = append(o.lines, "") }

// note adds a text below the fields, wrapped.
func (o *formLines) note(r role, text string) {
	for _, s := range wrap(text, o.w-labelWidth) {
		o.add(o.line().to(labelWidth).put(r, s))
	}
}

func (f *bookForm) draw(m *Model, w, h int) ([]string, int, int) {
	return f.build(m, w).fitted(h, m.drawKeys(scopeForm, onPanel, 0, w))
}

// build writes all lines of the form.
func (f *bookForm) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	f.drawHead(o)
	o.blank()
	f.drawText(o, fieldWhat, &f.what, max(min(w-labelWidth, 48), 8), "")
	f.drawWhen(o)
	f.drawPeople(o, fieldWho, &f.who)
	f.drawPeople(o, fieldBehalf, &f.behalf)
	f.drawTeams(o)
	f.drawMore(o)
	o.blank()
	f.drawTruth(o)
	return o
}

// fitted cuts the lines to the height with the keys as the last line. Where not
// all fit, the title stays, and the line in focus and the pinned one, which must
// be known, are in sight.
func (o *formLines) fitted(h int, keys string) ([]string, int, int) {
	room, space := h-2, true
	if len(o.lines) > room {
		room, space = h-1, false
	}
	room = max(room, 1)
	lines, shift := o.lines, 0
	if len(lines) > room {
		lines, shift = o.window(room)
	}
	out := append([]string{}, lines...)
	for len(out) < room {
		out = append(out, "")
	}
	if space {
		out = append(out, "")
	}
	out = append(out, keys)
	cy := o.cy - shift
	if o.cx < 0 || cy < 1 || cy >= len(out)-1 {
		return out, -1, -1
	}
	return out, o.cx, cy
}

// window is the part of the lines that is shown in so many lines, and by how much
// what follows the title has moved up.
func (o *formLines) window(room int) (lines []string, shift int) {
	rest := o.lines[1:]
	middle := room - 1
	pin := o.pinned > 0 && middle > 2
	if pin {
		middle--
	}
	from := max(min(o.focusY-middle+1, len(rest)-middle), 0)
	inSight := rest[from:min(from+middle, len(rest))]
	lines = append(lines, o.lines[0])
	at := o.pinned - 1
	switch {
	case !pin:
		return append(lines, inSight...), from
	case at < from:
		return append(append(lines, o.lines[o.pinned]), inSight...), from - 1
	case at >= from+middle:
		return append(append(lines, inSight...), o.lines[o.pinned]), from
	}
	lines = append(lines, rest[from:min(from+middle+1, len(rest))]...)
	return lines, from
}

func (f *bookForm) drawHead(o *formLines) {
	l := o.line().put(strong, "Book "+cut(f.title, 34))
	var parts []string
	if f.room.Capacity > 0 {
		parts = append(parts, "seats "+itoa(min(f.room.Capacity, 9999)))
	}
	if place := clean(f.room.Place()); place != "" {
		parts = append(parts, place)
	}
	l.put(dim, "  "+strings.Join(parts, " · "))
	m := o.m
	if when, ok := f.when(m); ok && differ(m, f) {
		yours := "yours " + when.Start.In(m.zone).Format("15:04") + "  "
		rooms := "room " + when.Start.In(f.roomsZone()).Format("15:04")
		if l.width+columns(yours)+columns(rooms)+2 < o.w {
			l.to(o.w-columns(yours)-columns(rooms)).put(dim, yours).put(accentStrong, rooms)
		}
	}
	o.add(l)
}

// differ reports whether the room's clock differs from the person's then.
func differ(m *Model, f *bookForm) bool {
	when, ok := f.when(m)
	if !ok {
		return false
	}
	_, a := when.Start.In(m.zone).Zone()
	_, b := when.Start.In(f.roomsZone()).Zone()
	return a != b
}

// field begins the line of a field: its label, and the ground of the one in
// focus.
func (f *bookForm) field(o *formLines, field formField) *line {
	l := o.line()
	if field == f.focus && !f.sending {
		o.focusY = len(o.lines)
		return l.put(accentStrong, "▸ ").put(accent, field.label()).to(labelWidth)
	}
	return l.put(plain, "  ").put(dim, field.label()).to(labelWidth)
}

// drawText writes a text field of w columns, with the truth beside it.
func (f *bookForm) drawText(o *formLines, field formField, t *textField, w int, beside string) {
	l := f.field(o, field)
	f.putText(o, l, field, t, w, "")
	if beside != "" {
		l.put(dim, "  "+beside)
	}
	f.putWrong(l, field)
	o.add(l)
}

// putText writes the text of a field on its ground.
func (f *bookForm) putText(o *formLines, l *line, field formField, t *textField, w int, hint string) {
	ground := l.ground
	look := plain
	if field == f.focus && !f.sending {
		l.ground, look = onSpan, strong
		o.cx, o.cy = l.width, len(o.lines)
	}
	if t.empty() && hint == "" && field == fieldWhat {
		hint = "Meeting"
	}
	if t.empty() && hint != "" && field != f.focus {
		l.fit(faint, hint, w)
	} else {
		at := t.draw(l, look, w)
		if o.cy == len(o.lines) && field == f.focus && !f.sending {
			o.cx += at
		}
	}
	l.style(plain)
	l.ground = ground
}

func (f *bookForm) putWrong(l *line, field formField) {
	if f.wrong[field] != "" {
		l.put(plain, "  ").put(bad, "✗ "+f.wrong[field])
	}
}

// drawWhen writes day, start and end in one line where there is room, with the
// person's own clock below.
func (f *bookForm) drawWhen(o *formLines) {
	m := o.m
	if o.w < 60 {
		f.drawText(o, fieldDay, &f.day, 18, "")
		f.drawText(o, fieldStart, &f.start, 8, "")
		f.drawText(o, fieldEnd, &f.end, 8, "")
	} else {
		l := f.field(o, fieldDay)
		f.putText(o, l, fieldDay, &f.day, 18, "")
		for _, part := range []struct {
			field formField
			text  *textField
		}{{fieldStart, &f.start}, {fieldEnd, &f.end}} {
			look, label := dim, "  "+part.field.label()+" "
			if f.focus == part.field && !f.sending {
				look, label = accent, " ▸"+part.field.label()+" "
				o.focusY = len(o.lines)
			}
			l.put(look, label)
			f.putText(o, l, part.field, part.text, 8, "")
		}
		below := o.line().to(labelWidth)
		for _, field := range []formField{fieldDay, fieldStart, fieldEnd} {
			if wrong := f.wrong[field]; wrong != "" && l.width+4+columns(wrong) > o.w {
				below.put(bad, "✗ "+wrong) // there is no room beside it
				break
			} else if wrong != "" {
				f.putWrong(l, field)
				break
			}
		}
		o.add(l)
		if below.width > labelWidth {
			o.add(below)
		}
	}
	when, ok := f.when(m)
	if !ok {
		return
	}
	l := o.line().to(labelWidth).put(dim, duration(when.Duration())+" · "+daysAway(when.Start.In(f.zone), m.now, f.zone))
	if differ(m, f) || f.zone != f.roomsZone() {
		f.putOtherClock(l, m, when)
	}
	o.add(l)
}

// drawPeople writes mailboxes with their state at that time, the text being typed
// and its completions.
func (f *bookForm) drawPeople(o *formLines, field formField, p *peopleField) {
	m := o.m
	focus := f.focus == field && !f.sending
	l := f.field(o, field)
	when, ok := f.when(m)
	for i, mailbox := range p.picked {
		name := cut(m.people.nameOf(mailbox), 28)
		glyph, look, words := "", dim, ""
		if ok && (field == fieldWho || field == fieldOptional) {
			glyph, look, words = f.personWords(mailbox, when)
		}
		if l.width > labelWidth && l.width+columns(name)+columns(words)+6 > o.w {
			o.add(l)
			l = o.line().to(labelWidth)
			if focus {
				o.focusY = len(o.lines)
			}
		}
		if i > 0 && l.width > labelWidth {
			l.put(plain, "  ")
		}
		l.put(plain, name)
		if glyph != "" {
			l.put(look, " "+glyph)
		}
		if words != "" {
			l.put(look, " "+words)
		}
	}
	if focus || !p.field.empty() {
		if l.width+12 > o.w {
			o.add(l)
			l = o.line().to(labelWidth)
			o.focusY = len(o.lines)
		}
		if len(p.picked) > 0 && l.width > labelWidth {
			l.put(plain, "  ")
		}
		f.putText(o, l, field, &p.field, max(min(o.w-l.width, 26), 8), "")
	} else if len(p.picked) == 0 {
		l.put(faint, "nobody else")
	}
	f.putWrong(l, field)
	o.add(l)
	if !focus {
		return
	}
	for i, n := range p.suggest {
		if n >= len(m.people.rows) {
			continue
		}
		row := &m.people.rows[n]
		s := o.line().to(labelWidth)
		if i == p.at {
			s.put(accentStrong, "▸ ").put(strong, row.title)
		} else {
			s.put(plain, "  ").put(plain, row.title)
		}
		o.add(s.put(dim, "  "+string(row.person.Mailbox)))
	}
}

func (f *bookForm) drawTeams(o *formLines) {
	l := f.field(o, fieldTeams)
	word := "no"
	if f.teams {
		word = "yes"
	}
	f.putSwitch(l, fieldTeams, word)
	if look, text := f.teamsWords(o.m); text != "" {
		l.put(dim, " · ").put(look, text)
	}
	o.add(l)
}

// drawTruth is what the tenant says about it now, and what went wrong.
func (f *bookForm) drawTruth(o *formLines) {
	m := o.m
	o.add(o.line().repeat(ruled, "─", o.w))
	people := len(f.who.picked) + len(f.optional.picked)
	if len(f.behalf.picked) > 0 {
		people++
	}
	glyph, look, text := f.roomWords(m)
	l := o.line().put(plain, "  ").put(dim, "room").to(labelWidth).put(look, glyph+" ").put(plain, f.title)
	if f.room.Capacity > 0 {
		seats := itoa(people) + " of " + itoa(min(f.room.Capacity, 9999)) + " seats"
		if people > f.room.Capacity {
			l.put(dim, " · ").put(warn, seats+": too small")
		} else {
			l.put(dim, " · "+seats)
		}
	}
	o.pinned = len(o.lines)
	o.add(l.put(dim, " · ").put(look, text))
	if !f.room.Bookable {
		o.note(warn, "The tenant marks this room as not bookable; it may decline.")
	}
	if f.check.have {
		for _, warning := range f.check.result.Warnings {
			o.note(warn, "! "+clean(warning))
		}
	}
	if f.check.have && !f.check.result.Free {
		drawAlternatives(o, f.check.result.Alternatives, "alt+")
	}
	switch {
	case f.refused != "":
		o.blank()
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+f.refused)
	case f.sending:
		o.blank()
		o.pinned = len(o.lines)
		o.note(accent, "◌ storing and sending… esc closes; it keeps going")
	case f.anyway:
		o.note(warn, "It will be sent although the room is taken: the room will probably decline.")
	}
}

// drawAlternatives lists up to three other rooms with the keys that take them.
func drawAlternatives(o *formLines, list []providers.Alternative, modifier string) {
	for i, a := range list {
		if i == 3 {
			break
		}
		l := o.line().to(labelWidth).put(accentStrong, modifier+itoa(i+1)).put(plain, " ")
		l.put(plain, cut(shown(a.Name, string(a.Room)), 24))
		if a.Capacity > 0 {
			l.put(dim, " "+itoa(min(a.Capacity, 9999)))
		}
		for _, text := range []string{a.Place, a.Why} {
			if text = clean(text); text != "" {
				l.put(dim, " · "+text)
			}
		}
		o.add(l)
	}
}

// putOtherClock says by whose clock the fields are, and what the other one shows.
func (f *bookForm) putOtherClock(l *line, m *Model, when providers.Interval) {
	if f.clock == clockRoom {
		l.put(dim, " · "+f.zone.String()+"; that is ").put(plain, span(when, m.zone)).put(dim, " for you ("+m.zone.String()+")")
		return
	}
	_, name := f.zoneOf(m, f.clock)
	l.put(accent, " · by "+name).put(dim, "; that is ").put(plain, span(when, f.roomsZone())).put(dim, " in the room ("+f.roomsZone().String()+")")
}
