package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// roomsPane is view 1: rooms beside the day.
type roomsPane struct {
	data    *roomData
	read    bool // at least one reading succeeded
	reading bool
	again   bool
	pace    pace
	err     error

	filter  filterLine
	matches []int
	echo    string // how the filter was understood
	noneWhy string // what each term of it removed, where nothing is left

	grouped bool
	airy    bool // an empty line before each heading
	items   []item
	counts  map[string]int // rooms of a group
	list    scroll
	chosen  providers.Address // under the bar
	wanted  providers.Address // where the person last put the bar

	detail meetings
	cache  rowCache
	drag   bool

	likeFor   likeKey
	likeWords string
}

func (p *roomsPane) init() {
	p.grouped = true
	p.data = newRoomData(nil, nil)
	p.counts = map[string]int{}
}

// roomsLayout is where the parts of the view are.
type roomsLayout struct {
	filterY, headY int
	list           rect
	detail         rect // with its rule; height 0: none
	name           int  // columns of the name
	glyphs         bool
	wideState      bool
	capX, stateX   int
	grid           timeGrid
}

// layout places the parts: the list keeps at least the width that a name and a
// state need, the grid gets the hours that fit beside it.
func (p *roomsPane) layout(m *Model) roomsLayout {
	body := m.body()
	var l roomsLayout
	y := body.y
	l.filterY = y
	y++
	if body.h >= 26 {
		y++
	}
	l.headY = y
	y++
	detail := 0
	switch {
	case body.h >= 26:
		detail = 6
	case body.h >= 17:
		detail = 3
	}
	l.list = rect{0, y, body.w, max(body.y+body.h-y-detail, 1)}
	l.detail = rect{0, y + l.list.h, body.w, detail}

	w := body.w
	l.glyphs, l.wideState = w >= 100, w >= 96
	state := 14
	if l.wideState {
		state = 20
	}
	fixed := 2 + 1 + 4 + 2 + state + 1
	if l.glyphs {
		fixed += 9
	}
	want := max(min(p.data.longest, 30), 12)
	hours := 11
	if w >= 150 {
		hours = 14
	}
	if w >= 190 {
		hours = 18
	}
	space := w - fixed
	hours, per := shareWidth(space, want, hours)
	l.name = max(min(space-hours*per, max(want, 14)), 8)
	if hours == 0 {
		l.name = max(space, 8)
	}
	l.capX = 2 + l.name + 1
	l.stateX = l.capX + 4 + 2
	if l.glyphs {
		l.stateX += 9
	}
	if hours > 0 {
		l.grid = gridFor(&m.day, l.stateX+state+1, hours*per)
	}
	return l
}

// shareWidth divides the space between names and hours of the grid. Hours give way
// to names down to nine, then quarters become half hours; no hours are left where
// there is no room for eight.
func shareWidth(space, names, most int) (hours, perHour int) {
	for hours = most; hours > 9 && space-hours*4 < names; hours-- {
	}
	if space-hours*4 >= 12 {
		return hours, 4
	}
	for hours = 11; hours > 8 && space-hours*2 < names; hours-- {
	}
	if space-hours*2 >= 12 {
		return hours, 2
	}
	return 0, 2
}

// arrange brings list and layout together after anything changed.
func (p *roomsPane) arrange(m *Model) roomsLayout {
	l := p.layout(m)
	if airy := l.list.h >= 18; airy != p.airy {
		p.airy = airy
		p.layOut()
	}
	p.list.fix(len(p.items), l.list.h)
	// The heading of the first group comes along into sight.
	if p.list.at < p.list.height && p.list.top > 0 && p.list.top == p.list.at && p.nearest(0, 1) == p.list.at {
		p.list.top = 0
	}
	return l
}

func (p *roomsPane) appendInSight(to []providers.Address) []providers.Address {
	for i := p.list.top; i < p.list.bottom(); i++ {
		if p.items[i].isRoom() {
			to = append(to, p.data.mailboxes[p.items[i].room()])
		}
	}
	return to
}

// move goes some rooms on, over headings and gaps.
func (p *roomsPane) move(by int) {
	if len(p.items) == 0 {
		return
	}
	direction := 1
	if by < 0 {
		direction = -1
	}
	p.list.at = p.nearest(max(min(p.list.at+by, len(p.items)-1), 0), direction)
	if p.list.at <= 1 {
		p.list.top = 0
	}
	p.choose()
}

func (p *roomsPane) wheel(by int) {
	p.list.wheel(by)
	direction := 1
	if by < 0 {
		direction = -1
	}
	p.list.at = p.nearest(p.list.at, direction)
	p.choose()
}

// click chooses the room at a line and, on the grid, the time; a second click on
// the same room's name opens its details.
func (p *roomsPane) click(m *Model, x, y int) tea.Cmd {
	l := p.arrange(m)
	if y == l.filterY {
		p.filter.open = true
		return nil
	}
	i := p.list.top + y - l.list.y
	if !l.list.contains(x, y) || i < 0 || i >= len(p.items) || !p.items[i].isRoom() {
		return nil
	}
	again := i == p.list.at
	p.list.at = i
	p.choose()
	if t, ok := gridTime(&l.grid, x); ok {
		m.day.unmark()
		m.day.moveTo(t)
		p.drag = true
		return nil
	}
	if again {
		return m.openRoom()
	}
	return nil
}

// dragTo stretches the marked span to a column.
func (p *roomsPane) dragTo(m *Model, x int) {
	l := p.arrange(m)
	x = max(min(x, l.grid.x+l.grid.columns-1), l.grid.x)
	t, ok := gridTime(&l.grid, x)
	if !ok || t.Equal(m.day.cursor) {
		return
	}
	if m.day.anchor.IsZero() {
		m.day.anchor = m.day.cursor
	}
	m.day.moveTo(t)
}

// gridTime is the time under a column of the screen.
func gridTime(g *timeGrid, x int) (time.Time, bool) {
	if x < g.x || x >= g.x+g.columns {
		return time.Time{}, false
	}
	return g.at(x - g.x), true
}

// gridStep is how far the time cursor moves.
func (m *Model) gridStep() time.Duration {
	var g timeGrid
	switch m.view {
	case viewPeople:
		g = m.people.layout(m).grid
	default:
		g = m.rooms.layout(m).grid
	}
	if g.step == 0 {
		return quarter
	}
	return g.step
}
