package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// openHelp lists the keys of the view, then those that hold everywhere, then what
// the characters mean.
func (m *Model) openHelp() tea.Cmd {
	now := m.scopeNow()
	m.openDialog(&reader{title: "Keys", aside: string(now), wide: 84, make: func(m *Model, w int) []string {
		return helpLines(m, now, w)
	}})
	return nil
}

func helpLines(m *Model, now scope, w int) []string {
	var lines []string
	for _, s := range []scope{now, scopeEverywhere} {
		lines = append(lines, newLine(m.theme, onPanel, w).put(accentStrong, string(s)).done())
		for i := range m.keys.all {
			b := &m.keys.all[i]
			if b.scope != s {
				continue
			}
			l := newLine(m.theme, onPanel, w).to(2).fit(strong, keyLabels(b.keys), min(24, w/3)).put(plain, " ").put(plain, b.long())
			if why := b.reason(m); why != "" {
				l.put(dim, " (now: "+why+")")
			}
			lines = append(lines, l.done())
		}
		lines = append(lines, "")
	}
	lines = append(lines, newLine(m.theme, onPanel, w).put(accentStrong, "Signs").done())
	for _, sign := range []struct {
		role  role
		glyph string
		text  string
	}{
		{good, "●", "free"},
		{busy, "■ " + glyphBusy, "busy; duller once it is past"},
		{mine, glyphBusy, "booked here"},
		{held, "◐ " + glyphHeld, "held: tentative, may still fall away"},
		{dim, "? " + glyphUnknown, "unknown: never to be taken for free"},
		{dim, "○ □", "as it was at the time given: old, being read again"},
		{nowLine, glyphNow, "now"},
		{dim, glyphDisplay, "display or projector"},
		{dim, glyphVideo, "video"},
		{dim, glyphAudio, "audio"},
		{dim, glyphStepFree, "step-free access"},
	} {
		l := newLine(m.theme, onPanel, w).to(2)
		end := 2 + min(24, w/3)
		l.put(sign.role, sign.glyph).to(end).put(plain, " "+sign.text)
		lines = append(lines, l.done())
	}
	return lines
}

// openRoom shows everything of the chosen room and its whole day.
func (m *Model) openRoom() tea.Cmd {
	row := m.rooms.row()
	if row == nil {
		return nil
	}
	bar := &roomMeetings{at: -1}
	roomLines(m, row, 84, bar) // the keys hold before the first frame
	m.openDialog(&reader{title: row.title, aside: row.place(), wide: 84, room: row, meetings: bar, make: func(m *Model, w int) []string {
		return roomLines(m, row, w, bar)
	}})
	return nil
}

func roomLines(m *Model, row *roomRow, w int, bar *roomMeetings) []string {
	o := &formLines{m: m, w: w, cx: -1}
	r := &row.room
	pair := pairs(o)
	pair("address", string(r.Mailbox))
	if m.rooms.data.mixed {
		pair("home", providers.HomeWords(r.Provider))
	}
	pair("seats", row.seats)
	pair("equipment", equipmentWords(*r))
	pair("devices", joinShown(r.Devices))
	pair("also called", shown(r.Nickname, ""))
	pair("section", shown(r.Section, ""))
	pair("tags", joinShown(r.Tags))
	pair("phone", shown(r.Phone, ""))
	if r.StepFree == nil {
		pair("step-free", "not said")
	} else if !*r.StepFree {
		pair("step-free", "no")
	}
	if !r.Bookable {
		pair("booking", "the tenant marks it as not bookable")
	}
	pair("time zone", clean(r.Zone))
	if other := otherClock(r.Zone, m); other != "" {
		pair("", other)
	}
	dayLines(o, m, m.rooms.detail.about(r.Mailbox, m.detailWindow()), m.avail.of(r.Mailbox), r.Mailbox, bar)
	return o.lines
}

// pairs writes a label and a text, wrapped; nothing where the text is empty.
func pairs(o *formLines) func(label, text string) {
	return func(label, text string) {
		for i, part := range wrap(clean(text), max(o.w-14, 10)) {
			l := o.line()
			if i == 0 {
				l.put(dim, label)
			}
			o.add(l.to(14).put(plain, part))
		}
	}
}

func joinShown[U outside](texts []U) string {
	var parts []string
	for _, t := range texts {
		if s := shown(t, ""); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// dayLines writes the whole day's meetings with the state at the cursor.
func dayLines(o *formLines, m *Model, d *meetings, k *known, room providers.Address, bar *roomMeetings) {
	zone := m.zone
	if room != "" {
		zone = m.clockZone(room, "")
	}
	o.blank()
	l := o.line().put(accentStrong, m.day.start.Format("Mon 2 Jan"))
	if k != nil && k.Known() {
		l.put(dim, "  as of "+clockOrDay(k.AsOf, m.now, m.zone))
	}
	if room != "" {
		m.putClock(l, room, "")
	}
	o.add(l)
	list, why := m.entries(d, k, m.day.window())
	if why != "" {
		o.add(o.line().to(2).put(dim, "meetings are not shown: "+why))
	}
	switch {
	case k != nil && !k.Known() && len(list) == 0:
		l := o.line().to(2)
		drawMoment(l, m, k, "")
		o.add(l)
	case d == nil && len(list) == 0:
		o.add(o.line().to(2).put(dim, "reading…"))
	case len(list) == 0 && why == "":
		o.add(o.line().to(2).put(dim, "nothing is booked"))
	}
	if bar != nil {
		bar.events = bar.events[:0]
		bar.begin(list, m.now)
	}
	for _, e := range list {
		l := o.line()
		if bar != nil && e.event != nil {
			if bar.events = append(bar.events, *e.event); len(bar.events)-1 == bar.at {
				bar.line = len(o.lines)
				l.put(accentStrong, "▸")
			}
		}
		l.to(2).fit(dim, e.span(zone), 13).put(e.look, cut(e.subject, max(o.w/2, 16)))
		if e.rest != "" {
			l.put(dim, "  "+e.rest)
		}
		o.add(l)
	}
}

// openPerson shows a person's calendars and whole day.
func (m *Model) openPerson() tea.Cmd {
	row := m.people.row()
	if row == nil {
		return nil
	}
	person := *row
	m.openDialog(&reader{title: person.title, aside: person.what, wide: 84, make: func(m *Model, w int) []string {
		o := &formLines{m: m, w: w, cx: -1}
		pair := pairs(o)
		pair("address", string(person.person.Mailbox))
		pair("office", shown(person.person.Office, ""))
		if !person.person.Enabled {
			pair("account", "blocked")
		}
		o.blank()
		o.add(o.line().put(accentStrong, "Calendars"))
		c := &m.people.cals
		switch {
		case c.of != person.person.Mailbox || !c.read:
			o.add(o.line().to(2).put(dim, "reading…"))
		case c.err != nil:
			o.add(o.line().to(2).put(warn, "unknown: ").put(plain, errorWords(c.err)))
		default:
			for i := range c.list {
				l := o.line().to(2)
				drawCalendar(l, &c.list[i], m.wasWritable(&c.list[i]))
				o.add(l)
			}
		}
		dayLines(o, m, m.people.detail.about(person.person.Mailbox, m.detailWindow()), m.avail.of(person.person.Mailbox), "", nil)
		return o.lines
	}})
	return nil
}

// palettes is the command palette: every command of the view and of everywhere,
// found by its words.
type palettes struct {
	from  scope // where it was opened
	field textField
	list  scroll
}

func (m *Model) openPalette() tea.Cmd {
	m.openDialog(&palettes{from: m.scopeNow()})
	return nil
}

func (p *palettes) scope() scope { return scopePalette }

func (p *palettes) size(_ *Model, w, h int) (int, int) { return min(72, w), min(22, h) }

// found are the commands that have all the words typed.
func (p *palettes) found(m *Model) []*binding {
	words := strings.Fields(strings.ToLower(p.field.text()))
	var out []*binding
next:
	for i := range m.keys.all {
		b := &m.keys.all[i]
		if b.scope != scopeEverywhere && b.scope != p.from {
			continue
		}
		text := strings.ToLower(b.what + " " + b.long() + " " + keyLabels(b.keys))
		for _, w := range words {
			if !strings.Contains(text, w) {
				continue next
			}
		}
		out = append(out, b)
	}
	return out
}

func (p *palettes) draw(m *Model, w, h int) ([]string, int, int) {
	found := p.found(m)
	l := newLine(m.theme, onPanel, w).put(accentStrong, ": ")
	at := 2 + p.field.draw(l, plain, max(w-4, 8))
	lines := []string{l.done(), ""}
	room := max(h-4, 1)
	p.list.fix(len(found), room)
	for i := p.list.top; i < p.list.bottom(); i++ {
		b := found[i]
		ground, look, mark := onPanel, plain, "  "
		if i == p.list.at {
			ground, look, mark = onSpan, strong, "▸ "
		}
		row := newLine(m.theme, ground, w).put(accentStrong, mark).fit(look, b.long(), min(44, w-14)).put(dim, " "+keyLabels(b.keys))
		if why := b.reason(m); why != "" {
			row.put(dim, "  "+why)
		}
		lines = append(lines, row.full())
	}
	if len(found) == 0 {
		lines = append(lines, newLine(m.theme, onPanel, w).to(2).put(dim, "no command has these words").done())
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 1)], m.drawKeys(scopePalette, onPanel, 0, w)), at, 0
}

func (p *palettes) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	if p.field.typed(k) {
		p.list.at = 0
	}
	return nil
}

func (p *palettes) pasted(_ *Model, text string) tea.Cmd {
	p.field.insert(text)
	return nil
}

func (p *palettes) run(m *Model) tea.Cmd {
	found := p.found(m)
	if p.list.at >= len(found) {
		return nil
	}
	m.closeDialog()
	return m.do(found[p.list.at])
}
