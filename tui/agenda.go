package tui

import (
	"strings"
	"time"

	"roomdesk/providers"
)

// drawDetail is the part below the list: the chosen room and its meetings.
func (p *roomsPane) drawDetail(m *Model, r rect) []string {
	lines := []string{newLine(m.theme, onScreen, m.width).repeat(ruled, "─", m.width).done()}
	row := p.row()
	if row == nil {
		return lines
	}
	k := m.avail.of(row.room.Mailbox)
	head := newLine(m.theme, onScreen, m.width).to(2).put(strong, row.title)
	parts := []string{}
	if place := row.place(); place != "" {
		if section := shown(row.room.Section, ""); section != "" {
			place += ", " + section
		}
		parts = append(parts, place)
	}
	if row.seats != "" {
		parts = append(parts, "seats "+row.seats)
	}
	if words := equipmentWords(row.room); words != "" {
		parts = append(parts, words)
	}
	if !row.room.Bookable {
		parts = append(parts, "not bookable")
	}
	if p.data.mixed {
		parts = append(parts, providers.HomeWords(row.room.Provider))
	}
	if other := otherClock(row.room.Zone, m); other != "" {
		parts = append(parts, other)
	}
	if r.h > 4 {
		parts = append(parts, string(row.room.Mailbox))
	}
	head.put(dim, "  "+strings.Join(parts, " · "))
	m.putClock(head, row.room.Mailbox, "")
	lines = append(lines, head.done())
	lines = append(lines, drawAgenda(m, p.detail.about(row.room.Mailbox, m.detailWindow()), k, m.clockZone(row.room.Mailbox, ""), r.h-2, p.like(m, row))...)
	return lines
}

// otherClock is the time in the room's zone where that differs from the zone on
// the screen.
func otherClock(zone string, m *Model) string {
	z := m.zoneNamed(zone)
	if z == nil {
		return ""
	}
	_, here := m.now.In(m.zone).Zone()
	_, there := m.now.In(z).Zone()
	if here == there {
		return ""
	}
	return "room's own time " + m.now.In(z).Format("15:04")
}

// zoneNamed finds a time zone by its IANA name; nil where there is none. The
// zones are kept: finding one reads a file.
func (m *Model) zoneNamed(name string) *time.Location {
	if name == "" {
		return nil
	}
	if z, ok := m.zones[name]; ok {
		return z
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		z = nil
	}
	if len(m.zones) < 1000 {
		m.zones[name] = z
	}
	return z
}

// drawAgenda writes n lines: the state at the cursor, then what comes, then the
// next day.
func drawAgenda(m *Model, d *meetings, k *known, zone *time.Location, n int, aside string) []string {
	var lines []string
	day := m.day.window()
	list, why := m.entries(d, k, day)
	at := m.day.cursor
	var coming []entry
	for _, e := range list {
		if e.when.End.After(at) || e.allDay {
			coming = append(coming, e)
		}
	}
	add := func(l *line) {
		if len(lines) < n {
			lines = append(lines, l.done())
		}
	}
	if n > 2 || len(coming) == 0 || why != "" {
		l := newLine(m.theme, onScreen, m.width).to(2)
		drawMoment(l, m, k, why)
		if aside != "" && l.width+6+columns(aside) < m.width {
			l.to(max(l.width+3, 40)).put(dim, "next free like this: ").put(plain, aside)
		}
		add(l)
	}
	next := n > 2 // the last line is the next day's
	for i, e := range coming {
		if next && len(lines) >= n-1 || len(lines) >= n {
			if left := len(coming) - i; left > 0 && len(lines) > 0 && n > 1 {
				lines[len(lines)-1] += newLine(m.theme, onScreen, 16).put(faint, "  +"+itoa(left)+" more").done()
			}
			break
		}
		l := newLine(m.theme, onScreen, m.width-10).to(2)
		l.fit(dim, e.span(zone), 13).put(e.look, cut(e.subject, max(m.width/2-14, 16)))
		if e.rest != "" {
			l.to(max(l.width+2, min(34, m.width/2))).put(dim, e.rest)
		}
		add(l)
	}
	if next && d != nil && d.err == nil {
		tomorrow := providers.Interval{Start: day.End, End: d.window.End}
		later, _ := m.entries(d, nil, tomorrow)
		l := newLine(m.theme, onScreen, m.width).to(2).fit(faint, nextDayWord(m), 13)
		if len(later) == 0 {
			l.put(faint, "nothing")
		}
		for i, e := range later {
			if i > 0 {
				l.put(faint, " · ")
			}
			l.put(dim, e.time(zone)+" "+cut(e.subject, 24))
		}
		add(l)
	}
	return lines
}

func nextDayWord(m *Model) string {
	if m.day.isToday(m.now) {
		return "tomorrow"
	}
	return m.day.end().Add(time.Hour).Format("Mon 2 Jan")
}

// drawMoment writes the state at the time cursor in words.
func drawMoment(l *line, m *Model, k *known, why string) {
	label := m.day.cursor.Format("15:04")
	look := dim
	if !m.day.moved && m.day.isToday(m.now) {
		label, look = "now", good
	}
	at := m.day.cursor
	if label == "now" {
		at = m.now
	}
	if s, marked := m.day.span(); marked {
		label = span(s, m.zone)
	}
	switch {
	case k == nil:
		l.fit(dim, label, 13).put(dim, "reading…")
		return
	case !k.Known():
		text := "free or not is unknown"
		if k.Problem != nil {
			text = clean(k.Problem.Sentence(m.now))
		}
		l.fit(dim, label, 13).put(warn, "unknown: ").put(plain, text)
		return
	}
	if s, marked := m.day.span(); marked {
		if k.FreeFor(s) {
			l.fit(good, label, 13).put(plain, "free for "+duration(s.Duration()))
		} else {
			l.fit(dim, label, 13).put(warn, "not free")
		}
	} else {
		state, until := k.State(at)
		_, _, word, _ := stateLook(state)
		if state != providers.Free && look == good {
			look = dim
		}
		text := word
		switch {
		case state == providers.Unknown:
		case until.IsZero():
			text += " for the rest of the day"
		case state == providers.Free:
			text += " for " + duration(until.Sub(at))
		default:
			text += " until " + until.In(m.zone).Format("15:04")
		}
		l.fit(look, label, 13).put(plain, text)
	}
	if stale(k.Availability, m.now) {
		l.put(warn, "  as of "+clockOrDay(k.AsOf, m.now, m.zone))
		if k.Problem != nil {
			l.put(dim, ": "+clean(k.Problem.Sentence(m.now)))
		}
	}
	if why != "" {
		l.put(dim, "  meetings are not shown: "+why)
	}
}

// like names up to two other rooms that are free now, have at least the seats and
// all the equipment, on the same floor first, else in the same building. Empty
// where too little is known.
func (p *roomsPane) like(m *Model, row *roomRow) string {
	if !m.freeNow.read || !m.day.isToday(m.now) {
		return ""
	}
	key := likeKey{row.room.Mailbox, m.freeNow.since}
	if p.likeFor == key {
		return p.likeWords
	}
	p.likeFor, p.likeWords = key, ""
	at := p.data.find[row.room.Mailbox]
	var near, far []string
	// Rooms of a building stand together in the list.
	for distance := 1; distance <= likeReach && len(near) < 2; distance++ {
		for _, i := range [...]int{at + distance, at - distance} {
			if i < 0 || i >= len(p.data.rows) {
				continue
			}
			o := &p.data.rows[i]
			if !m.freeNow.have[o.room.Mailbox] || o.room.Capacity < row.room.Capacity || !o.room.Bookable || o.room.Building != row.room.Building || !hasAll(o.room, row.room.Equipment) {
				continue
			}
			text := o.title
			if o.seats != "" {
				text += " " + o.seats
			}
			switch {
			case o.group == row.group && len(near) < 2:
				near = append(near, text)
			case o.group != row.group && len(far) < 2:
				far = append(far, text+", "+steady(providers.FloorWords(o.room.Floor.Or(""))))
			}
		}
	}
	found := append(near, far...)
	p.likeWords = strings.Join(found[:min(len(found), 2)], " · ")
	return p.likeWords
}

// likeReach is how far in the list another room is looked for.
const likeReach = 100

func hasAll(r providers.Room, want []providers.Equipment) bool {
	for _, e := range want {
		if !r.Has(e) {
			return false
		}
	}
	return true
}

type likeKey struct {
	mailbox providers.Address
	since   time.Time
}
