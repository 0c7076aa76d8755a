package tui

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// personRow is a person with the texts made ready, once for each reading.
type personRow struct {
	person providers.Person
	title  string
	what   string // job and department
	search string // lower case
}

// peoplePane is view 4: people, their calendars, their day.
type peoplePane struct {
	rows    []personRow
	matches []int
	read    bool
	reading bool
	again   bool
	err     error
	longest int
	filter  filterLine
	list    scroll
	chosen  providers.Address
	detail  meetings
	cals    calendarsOf
}

func (p *peoplePane) init() {}

// calendarsOf are the calendars of one person: a question that may go to the
// tenant, so it waits until the choice rests.
type calendarsOf struct {
	of      providers.Address
	list    []providers.Calendar
	read    bool
	err     error
	reading bool
	resting providers.Address // the choice that a wait began for
	rested  bool
}

// restTime is how long a choice must rest before the tenant is asked.
const restTime = 250 * time.Millisecond

type peopleAnswer struct {
	rows    []personRow
	longest int
	err     error
}

func (m *Model) readPeople() tea.Cmd {
	if m.people.reading {
		m.people.again = true
		return nil
	}
	m.people.reading = true
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		people, err := ws.People(ctx)
		a := peopleAnswer{err: err}
		for _, person := range people {
			row := personRow{person: person, title: clean(person.Title())}
			what := providers.Join([]providers.Untrusted{person.JobTitle, person.Department}, ", ")
			row.what = clean(what)
			row.search = strings.ToLower(row.title + " " + row.what + " " + string(person.Mailbox) + " " + shown(person.Office, ""))
			a.longest = max(a.longest, columns(row.title))
			a.rows = append(a.rows, row)
		}
		slices.SortStableFunc(a.rows, func(x, y personRow) int {
			return cmp.Or(strings.Compare(strings.ToLower(x.title), strings.ToLower(y.title)), cmp.Compare(x.person.Mailbox, y.person.Mailbox))
		})
		return a
	})
}

func (a peopleAnswer) apply(m *Model) tea.Cmd {
	p := &m.people
	p.reading, p.err = false, a.err
	if a.err == nil {
		p.read, p.rows, p.longest = true, a.rows, a.longest
		p.refilter()
	}
	if p.again {
		p.again = false
		return m.readPeople()
	}
	return nil
}

func (p *peoplePane) refilter() {
	words := strings.Fields(strings.ToLower(p.filter.field.text()))
	p.matches = p.matches[:0]
	at := -1
next:
	for i := range p.rows {
		for _, w := range words {
			if !strings.Contains(p.rows[i].search, w) {
				continue next
			}
		}
		if p.rows[i].person.Mailbox == p.chosen {
			at = len(p.matches)
		}
		p.matches = append(p.matches, i)
	}
	if at < 0 {
		at = max(min(p.list.at, len(p.matches)-1), 0)
	}
	p.list.at = at
	p.choose()
}

func (p *peoplePane) choose() {
	if row := p.row(); row != nil {
		p.chosen = row.person.Mailbox
	} else {
		p.chosen = ""
	}
}

func (p *peoplePane) row() *personRow {
	if p.list.at < 0 || p.list.at >= len(p.matches) {
		return nil
	}
	return &p.rows[p.matches[p.list.at]]
}

// name of a mailbox as people know it, or the address.
func (p *peoplePane) nameOf(a providers.Address) string {
	for i := range p.rows {
		if p.rows[i].person.Mailbox == a {
			return p.rows[i].title
		}
	}
	return steady(string(a))
}

// restedAnswer says that a choice may have rested long enough.
type restedAnswer struct{ mailbox providers.Address }

func (a restedAnswer) apply(m *Model) tea.Cmd {
	c := &m.people.cals
	if c.resting == a.mailbox {
		c.rested = true
	}
	return nil
}

type calendarsAnswer struct {
	mailbox providers.Address
	list    []providers.Calendar
	err     error
}

func (m *Model) readCalendars() tea.Cmd {
	c := &m.people.cals
	mailbox := m.people.chosen
	if m.view != viewPeople || mailbox == "" || c.of == mailbox && c.read {
		return nil
	}
	if c.resting != mailbox {
		c.resting, c.rested = mailbox, false
		return m.after(restTime, restedAnswer{mailbox})
	}
	if !c.rested || c.reading {
		return nil
	}
	c.reading = true
	ws := m.ws
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		list, err := ws.Calendars(ctx, mailbox)
		return calendarsAnswer{mailbox, list, err}
	})
}

func (a calendarsAnswer) apply(m *Model) tea.Cmd {
	c := &m.people.cals
	c.reading = false
	c.of, c.list, c.err, c.read = a.mailbox, a.list, a.err, true
	return nil
}

// peopleLayout is where the parts of the view are.
type peopleLayout struct {
	filterY, headY int
	list, detail   rect
	name, stateX   int
	wideState      bool
	grid           timeGrid
}

func (p *peoplePane) layout(m *Model) peopleLayout {
	body := m.body()
	l := peopleLayout{filterY: body.y, headY: body.y + 1}
	y := body.y + 2
	if body.h >= 26 {
		l.headY, y = y, y+1
	}
	detail := 0
	switch {
	case body.h >= 26:
		detail = 12
	case body.h >= 17:
		detail = 8
	case body.h >= 12:
		detail = 5
	}
	l.list = rect{0, y, body.w, max(body.y+body.h-y-detail, 1)}
	l.detail = rect{0, y + l.list.h, body.w, detail}
	l.wideState = body.w >= 96
	state := 14
	if l.wideState {
		state = 20
	}
	space := body.w - 2 - 2 - state - 1
	want := max(min(p.longest, 30), 12)
	hours, per := shareWidth(space, want, 11)
	l.name = max(space-hours*per, 8)
	if hours > 0 {
		l.name = min(l.name, want+24)
	}
	l.stateX = 2 + l.name + 2
	if hours > 0 {
		l.grid = gridFor(&m.day, l.stateX+state+1, hours*per)
	}
	return l
}

func (p *peoplePane) appendInSight(to []providers.Address) []providers.Address {
	for i := p.list.top; i < p.list.bottom(); i++ {
		to = append(to, p.rows[p.matches[i]].person.Mailbox)
	}
	return to
}

func (p *peoplePane) draw(m *Model, lines []string, body rect) ([]string, *tea.Cursor) {
	l := p.layout(m)
	p.list.fix(len(p.matches), l.list.h)
	var cursor *tea.Cursor
	filter := newLine(m.theme, onScreen, m.width).to(1).put(accentStrong, "/ ")
	if p.filter.open || !p.filter.field.empty() {
		at := 3 + p.filter.field.draw(filter, plain, max(min(m.width-26, 60), 8))
		if p.filter.open && len(m.dialogs) == 0 {
			cursor = barCursor(at, l.filterY)
		}
	} else {
		filter.put(faint, "filter: name, department, address")
	}
	count := "reading people…"
	if p.read {
		count = thousands(len(p.rows)) + " people"
		if !p.filter.field.empty() {
			count = thousands(len(p.matches)) + " of " + count
		}
	}
	if m.width-1-columns(count) > filter.width {
		filter.right(dim, count, m.width-1)
	}
	lines = append(lines, filter.done())
	for len(lines) < l.headY {
		lines = append(lines, "")
	}
	lines = append(lines, drawDayHead(m, &l.grid, l.stateX, "now"))
	switch {
	case !p.read && p.err != nil:
		lines = note(m, lines, bad, "The people could not be read: "+problemText(p.err))
	case !p.read:
		lines = note(m, lines, plain, "reading…")
	case len(p.rows) == 0:
		lines = note(m, lines, plain, "No people have been read yet.")
	case len(p.matches) == 0:
		lines = note(m, lines, plain, "Nobody matches this filter. esc clears it.")
	}
	lines = drawList(m, lines, l.list, &p.list, len(p.matches), func(i int, selected bool) string {
		return p.drawRow(m, &p.rows[p.matches[i]], &l, selected)
	})
	for len(lines) < l.list.y+l.list.h {
		lines = append(lines, "")
	}
	if l.detail.h > 0 {
		lines = append(lines[:l.detail.y], p.drawDetail(m, l.detail)...)
	}
	return lines, cursor
}

func (p *peoplePane) drawRow(m *Model, row *personRow, l *peopleLayout, selected bool) string {
	b, name := rowLine(m, selected)
	b.put(name, cut(row.title, l.name))
	if left := 2 + l.name - b.width - 2; left > 8 && row.what != "" {
		b.put(plain, "  ").put(faint, cut(row.what, left))
	}
	b.to(2 + l.name)
	k := m.avail.of(row.person.Mailbox)
	if !row.person.Enabled && (k == nil || !k.Known()) {
		b.to(l.stateX).put(dim, "– blocked")
	} else {
		drawState(b, m, k, l.stateX, l.wideState)
	}
	drawGridRow(b, m, &l.grid, k, selected)
	return b.finish(selected)
}

// drawDetail is the chosen person: calendars first, then the day's meetings.
func (p *peoplePane) drawDetail(m *Model, r rect) []string {
	lines := []string{newLine(m.theme, onScreen, m.width).repeat(ruled, "─", m.width).done()}
	row := p.row()
	if row == nil {
		return lines
	}
	head := newLine(m.theme, onScreen, m.width).to(2).put(strong, row.title)
	parts := []string{}
	for _, part := range []string{row.what, shown(row.person.Office, ""), string(row.person.Mailbox)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if !row.person.Enabled {
		parts = append(parts, "account is blocked")
	}
	head.put(dim, "  "+strings.Join(parts, " · "))
	lines = append(lines, head.done())
	cals := p.calendarLines(m, row)
	keep := max(r.h-2-len(cals), min(3, r.h-2))
	if len(cals) > r.h-2-keep {
		cals = cals[:max(r.h-2-keep, 0)]
	}
	lines = append(lines, cals...)
	k := m.avail.of(row.person.Mailbox)
	return append(lines, drawAgenda(m, p.detail.about(row.person.Mailbox, m.detailWindow()), k, m.zone, r.h-len(lines), "")...)
}

// calendarLines is a line for each calendar: owner, whether it can be written to,
// and whether Teams meetings are made in it.
func (p *peoplePane) calendarLines(m *Model, row *personRow) []string {
	c := &p.cals
	label := newLine(m.theme, onScreen, m.width).to(2).fit(dim, "calendars", 13)
	switch {
	case c.of != row.person.Mailbox || !c.read:
		return []string{label.put(dim, "reading…").done()}
	case c.err != nil:
		return []string{label.put(warn, "unknown: ").put(plain, errorWords(c.err)).done()}
	case len(c.list) == 0:
		return []string{label.put(dim, "none").done()}
	}
	var lines []string
	for i := range c.list {
		if i > 0 {
			label = newLine(m.theme, onScreen, m.width).to(15)
		}
		drawCalendar(label, &c.list[i], m.wasWritable(&c.list[i]))
		lines = append(lines, label.done())
	}
	return lines
}

func drawCalendar(l *line, c *providers.Calendar, was string) {
	name := shown(c.Name, "no name")
	if c.ReadOnly {
		l.put(warn, "⊘ ")
	} else {
		l.put(plain, "  ")
	}
	start := l.width
	l.put(plain, cut(name, 26))
	if c.Default {
		l.put(dim, " (default)")
	}
	l.to(start + 30)
	if owner := shown(c.OwnerName, string(c.Owner)); owner != "" {
		l.put(dim, "owner "+cut(owner, 24))
	} else {
		l.put(dim, "no owner given")
	}
	if c.ReadOnly {
		l.put(warn, " · read-only")
		if was != "" {
			l.put(warn, ", "+was)
		}
	}
	if c.IntegratedConferencing {
		l.put(good, " · Teams meetings")
	} else {
		l.put(dim, " · no Teams")
	}
}
