package tui

import (
	"slices"

	"roomdesk/providers"
)

// whyNot says why nothing can be chosen in the matrix now.
func (p *seriesPane) whyNot() string {
	switch {
	case p.reading:
		return "the tenant is being asked"
	case p.err != nil:
		return "the dates are not planned; r asks again"
	case !p.known():
		return "the dates are not planned yet"
	case len(p.chosen.Steps) == 0:
		return "no room can be had on any date: change the wish"
	}
	return ""
}

// choose does something else on the date that the bar is on.
func (p *seriesPane) choose(s providers.SeriesStep) {
	d := p.date()
	s.Date = d
	if s.Act == providers.SeriesSkip {
		s.Room = -1
	}
	if s.Act != providers.SeriesShift {
		s.Span = p.answer.Matrix.Dates[d].Span
	}
	if s == p.chosen.Steps[d] {
		return
	}
	p.remember()
	p.chosen.Steps[d] = s
	p.chosen.Tally(p.answer.Matrix.Dates)
	p.changed = true
}

func (p *seriesPane) remember() {
	if len(p.undo) == mostUndo {
		p.undo = slices.Delete(p.undo, 0, 1)
	}
	p.undo = append(p.undo, seriesUndo{p.plan, clonePlan(p.chosen), p.changed, p.date()})
}

// whyNotUndo says why there is nothing to take back.
func (p *seriesPane) whyNotUndo() string {
	if why := p.whyNot(); why != "" {
		return why
	}
	if len(p.undo) == 0 {
		return "nothing was chosen yet"
	}
	return ""
}

// takeBack undoes the latest choice and shows where it was made.
func (p *seriesPane) takeBack() {
	last := p.undo[len(p.undo)-1]
	p.undo = p.undo[:len(p.undo)-1]
	p.plan, p.chosen, p.changed, p.dates.at = last.plan, last.chosen, last.changed, last.date
}

// whyNotPlan says why no other plan can be shown.
func (p *seriesPane) whyNotPlan(n int) string {
	if why := p.whyNot(); why != "" {
		return why
	}
	if n >= len(p.answer.Matrix.Plans) {
		return "there is no such plan"
	}
	return ""
}

// nextPlan takes the plan behind the chosen one, and after the last the first.
func (p *seriesPane) nextPlan(by int) {
	p.toPlan((p.plan + by + len(p.answer.Matrix.Plans)) % len(p.answer.Matrix.Plans))
}

func (p *seriesPane) toPlan(n int) {
	p.remember()
	p.takePlan(n)
}

// inRoom is what is done on the date for the room to be in another: the series' own
// room keeps the date in the series.
func (p *seriesPane) inRoom(room int) providers.SeriesStep {
	if room == p.chosen.PartRoom(p.date()) {
		return providers.SeriesStep{Act: providers.SeriesKeep, Room: room}
	}
	return providers.SeriesStep{Act: providers.SeriesOther, Room: room}
}

// whyNotTake says why the room that the bar is on cannot be had on that date.
func (p *seriesPane) whyNotTake() string {
	if why := p.whyNot(); why != "" {
		return why
	}
	if why := p.whyBehind(); why != "" {
		return why
	}
	cell := p.cell()
	if cell.State == providers.SeriesFree {
		return ""
	}
	words := clean(cell.Words)
	if cell.State == providers.SeriesTaken {
		words = "taken " + words
	}
	return p.roomTitle(p.room) + " cannot be had then: " + words
}

// otherRoom is the next free room for the date, after the one that has it; -1 where
// there is none.
func (p *seriesPane) otherRoom() int {
	d, rooms := p.date(), p.answer.Matrix.Rooms
	now := p.chosen.Steps[d].Room
	for i := 1; i <= len(rooms); i++ {
		r := (max(now, -1) + i) % len(rooms)
		if r != now && r != p.chosen.PartRoom(d) && rooms[r].Cells[d].State == providers.SeriesFree {
			return r
		}
	}
	return -1
}

// whyBehind says that a date cannot be had because the plan ends the series before.
func (p *seriesPane) whyBehind() string {
	if p.chosen.PartRoom(p.date()) < 0 {
		return "the plan ends the series before this date; another plan may have it"
	}
	return ""
}

func (p *seriesPane) whyNotOther() string {
	if why := p.whyNot(); why != "" {
		return why
	}
	if why := p.whyBehind(); why != "" {
		return why
	}
	if p.otherRoom() < 0 {
		return "no other room of those looked at is free then"
	}
	return ""
}

// takeOther puts the date into the next free room; the bar follows.
func (p *seriesPane) takeOther() {
	room := p.otherRoom()
	p.choose(p.inRoom(room))
	p.room = room
}

// shift is the other time that the date can have in the room of its series.
func (p *seriesPane) shift() (providers.SeriesStep, bool) {
	d := p.date()
	part := p.chosen.PartRoom(d)
	if part < 0 {
		return providers.SeriesStep{}, false
	}
	span := p.answer.Matrix.Rooms[part].Cells[d].Shift
	return providers.SeriesStep{Act: providers.SeriesShift, Room: part, Span: span}, !span.Start.IsZero()
}

func (p *seriesPane) whyNotShift() string {
	if why := p.whyNot(); why != "" {
		return why
	}
	if why := p.whyBehind(); why != "" {
		return why
	}
	d := p.date()
	part := p.chosen.PartRoom(d)
	if _, ok := p.shift(); ok {
		return ""
	}
	if p.answer.Matrix.Rooms[part].Cells[d].State == providers.SeriesFree {
		return p.roomTitle(part) + " is free at the time that was wished"
	}
	return p.roomTitle(part) + " is not free within two hours of it"
}

func (p *seriesPane) takeShift() {
	if s, ok := p.shift(); ok {
		p.choose(s)
		p.room = s.Room
	}
}

// takeSkip gives the date up.
func (p *seriesPane) takeSkip() { p.choose(providers.SeriesStep{Act: providers.SeriesSkip}) }

// click chooses the date and the room under the pointer; again: takes that room.
func (p *seriesPane) click(m *Model, x, y int) {
	if !p.known() || len(p.answer.Matrix.Rooms) == 0 {
		return
	}
	l := p.layout(m)
	if !l.list.contains(x, y) {
		return
	}
	d := p.dates.top + y - l.list.y
	if d >= len(p.answer.Matrix.Dates) {
		return
	}
	room := p.room
	if c := p.roomTop + (x-l.roomX)/l.roomW; x >= l.roomX && c < min(p.roomTop+l.rooms, len(p.order)) {
		room = p.order[c]
	}
	again := d == p.dates.at && room == p.room && x >= l.roomX
	p.dates.at, p.room = d, room
	if again && p.whyNotTake() == "" {
		p.choose(p.inRoom(room))
	}
}
