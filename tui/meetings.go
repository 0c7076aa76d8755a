package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// meetings are the entries of one mailbox around the chosen day: of what is under
// the bar. They are read one at a time; an answer for another mailbox or day than
// is chosen by then is dropped.
type meetings struct {
	of      providers.Address
	window  providers.Interval
	read    bool
	old     bool
	reading bool
	events  []providers.Event
	err     error
}

// changed marks the entries as old where the change names their mailbox.
func (d *meetings) changed(c Changes) {
	if c.All || slices.Contains(c.Mailboxes, d.of) {
		d.old = true
	}
}

// about gives the meetings where they are of that mailbox and day.
func (d *meetings) about(mailbox providers.Address, window providers.Interval) *meetings {
	if d.of == mailbox && d.window == window && d.read {
		return d
	}
	return nil
}

type meetingsAnswer struct {
	view    viewID
	mailbox providers.Address
	window  providers.Interval
	events  []providers.Event
	err     error
}

// detailOf is the pane whose chosen mailbox's meetings are shown.
func (m *Model) detailOf(v viewID) (*meetings, providers.Address) {
	switch v {
	case viewRooms:
		return &m.rooms.detail, m.rooms.chosen
	case viewPeople:
		return &m.people.detail, m.people.chosen
	}
	return nil, ""
}

// detailWindow is the chosen day and the next.
func (m *Model) detailWindow() providers.Interval {
	w := m.day.window()
	y, mo, d := m.day.start.Date()
	w.End = time.Date(y, mo, d+2, 0, 0, 0, 0, m.day.zone)
	return w
}

func (m *Model) readDetail() tea.Cmd {
	d, mailbox := m.detailOf(m.view)
	if d == nil || mailbox == "" || d.reading {
		return nil
	}
	window := m.detailWindow()
	if d.about(mailbox, window) != nil && !d.old {
		return nil
	}
	d.reading, d.old = true, false
	ws, view := m.ws, m.view
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		events, err := ws.Events(ctx, mailbox, window)
		return meetingsAnswer{view, mailbox, window, events, err}
	})
}

func (a meetingsAnswer) apply(m *Model) tea.Cmd {
	d, mailbox := m.detailOf(a.view)
	if d == nil {
		return nil
	}
	d.reading = false
	if a.mailbox != mailbox || a.window != m.detailWindow() {
		return nil
	}
	*d = meetings{of: a.mailbox, window: a.window, read: true, events: a.events, err: a.err, old: d.old}
	return nil
}

// entry is a meeting as the detail shows it.
type entry struct {
	when    providers.Interval
	allDay  bool
	subject string
	rest    string // who, how many, Teams
	look    role
	teams   bool
}

// entries are the meetings within a window; where the mailbox's entries are not
// mirrored, the blocks of its free/busy.
func (m *Model) entries(d *meetings, k *known, window providers.Interval) (list []entry, why string) {
	if d != nil && d.err == nil {
		for i := range d.events {
			e := &d.events[i]
			span := providers.Interval{Start: e.Start, End: e.End}
			if e.Cancelled || !overlapsOrAt(span, window) {
				continue
			}
			list = append(list, entryOf(e))
		}
		return list, ""
	}
	if d != nil && d.err != nil {
		why = errorWords(d.err)
	}
	if k == nil || !k.Known() {
		return nil, why
	}
	for i := range k.Blocks {
		b := &k.Blocks[i]
		if !b.Overlaps(window) {
			continue
		}
		_, _, word, _ := stateLook(b.State)
		subject := shown(b.Subject, word)
		if b.Private {
			subject = "private"
		}
		list = append(list, entry{when: b.Interval, subject: subject, look: plain})
	}
	return list, why
}

// overlapsOrAt also holds for an entry without length inside the window.
func overlapsOrAt(i, window providers.Interval) bool {
	return i.Overlaps(window) || i.Start.Equal(i.End) && window.Contains(i.Start)
}

func entryOf(e *providers.Event) entry {
	out := entry{when: providers.Interval{Start: e.Start, End: e.End}, allDay: e.AllDay, look: plain, teams: e.OnlineMeeting}
	if e.Private {
		out.subject, out.look = "private", dim
		return out
	}
	organizer := shown(e.OrganizerName, string(e.Organizer))
	out.subject = shown(e.Subject, "")
	if out.subject == "" {
		out.subject = "no subject"
		out.look = dim
	}
	var rest []string
	if organizer != "" && organizer != out.subject {
		rest = append(rest, organizer)
	}
	people := 0
	for i := range e.Attendees {
		if e.Attendees[i].Type != providers.Resource {
			people++
		}
	}
	if people > 1 {
		rest = append(rest, itoa(people)+" people")
	}
	if e.OnlineMeeting {
		rest = append(rest, "Teams")
	}
	if e.ShowAs == providers.ShowTentative {
		rest = append(rest, "tentative")
	}
	out.rest = strings.Join(rest, " · ")
	return out
}

// errorWords is an error as the reason why something is not shown.
func errorWords(err error) string {
	if providers.Is(err, providers.Unsupported) {
		if p := providers.ProblemOf(err, time.Time{}); p != nil {
			if text := shown(p.Message, ""); text != "" {
				return text
			}
		}
	}
	return problemText(err)
}

// time is when an entry begins.
func (e *entry) time(zone *time.Location) string {
	if e.allDay {
		return "all day"
	}
	return e.when.Start.In(zone).Format("15:04")
}

func (e *entry) span(zone *time.Location) string {
	if e.allDay {
		return "all day    "
	}
	return span(e.when, zone)
}

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
	if other := otherClock(row.room.Zone, m); other != "" {
		parts = append(parts, other)
	}
	if r.h > 4 {
		parts = append(parts, string(row.room.Mailbox))
	}
	head.put(dim, "  "+strings.Join(parts, " · "))
	lines = append(lines, head.done())
	lines = append(lines, drawAgenda(m, p.detail.about(row.room.Mailbox, m.detailWindow()), k, r.h-2, p.like(m, row))...)
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
func drawAgenda(m *Model, d *meetings, k *known, n int, aside string) []string {
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
		l.fit(dim, e.span(m.zone), 13).put(e.look, cut(e.subject, max(m.width/2-14, 16)))
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
			l.put(dim, e.time(m.zone)+" "+cut(e.subject, 24))
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
