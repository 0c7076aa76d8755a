package tui

import (
	"cmp"
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// seriesPane is what view 2 shows for a wish that repeats: the dates against the
// rooms, the plans, and what the chosen plan does on each date. The bar is on a
// date and a room; what is chosen there changes a copy of the plan.
type seriesPane struct {
	reading bool
	asked   FindQuestion
	have    FindQuestion
	read    bool
	err     error
	at      time.Time // when the tenant answered
	answer  SeriesAnswer

	dates   scroll
	order   []int // the rooms from left to right, by their numbers in the matrix
	room    int   // that the bar is on, by its number
	roomTop int   // the first column in sight
	plan    int   // of the answer's plans
	chosen  providers.SeriesPlan
	changed bool // the chosen plan is no longer one of the answer's
	undo    []seriesUndo
	clock   int // which zone times are shown in
}

// seriesUndo is what a choice is taken back to.
type seriesUndo struct {
	plan    int
	chosen  providers.SeriesPlan
	changed bool
	date    int
}

// mostUndo bounds how many choices can be taken back.
const mostUndo = 200

// series reports whether the wish of view 2 is one that repeats.
func (p *findPane) series() bool {
	return p.read && p.found.Repeats != "" && len(p.found.Problems) == 0
}

// seriesShown reports whether keys are about the matrix.
func (m *Model) seriesShown() bool {
	return m.view == viewFind && !m.find.line.open && m.find.series()
}

// readSeries asks for the plans once the line is finished: typing asks nobody.
func (m *Model) readSeries() tea.Cmd {
	p := &m.series
	if !m.seriesShown() || p.reading || m.find.reading {
		return nil
	}
	question := m.find.have.question
	question.Explain = false
	// The time that the line leaves open moves on with the clock: that alone is no
	// new wish, and no reason to forget what was chosen.
	if p.asked.Line == question.Line && p.asked.Instead == question.Instead && p.asked.Zone == question.Zone && p.asked.Line != "" {
		return nil
	}
	return p.ask(m, question)
}

func (p *seriesPane) ask(m *Model, question FindQuestion) tea.Cmd {
	p.reading, p.asked = true, question
	ws := m.ws
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		answer, err := ws.PlanSeries(ctx, question)
		return seriesAnswer{question, answer, err}
	})
}

// again asks the tenant once more, for the same wish.
func (p *seriesPane) again(m *Model) tea.Cmd { return p.ask(m, p.asked) }

type seriesAnswer struct {
	question FindQuestion
	answer   SeriesAnswer
	err      error
}

func (a seriesAnswer) apply(m *Model) tea.Cmd {
	p := &m.series
	p.reading = false
	if a.question != p.asked {
		return nil
	}
	p.err = a.err
	if a.err != nil {
		return nil
	}
	fresh := !p.read || p.have != a.question
	p.answer, p.have, p.read, p.at = a.answer, a.question, true, m.now
	if fresh {
		p.dates, p.room, p.roomTop, p.clock = scroll{}, 0, 0, 0
	}
	p.undo = nil
	p.arrange()
	p.takePlan(0)
	if fresh {
		p.toFirstWay()
	}
	return nil
}

// arrange puts the rooms of the best plan first, then those that are free on most
// dates: what may be of use is in sight.
func (p *seriesPane) arrange() {
	matrix := &p.answer.Matrix
	rank := make([]int, len(matrix.Rooms))
	for r := range matrix.Rooms {
		rank[r] = -matrix.Rooms[r].Free
	}
	if len(matrix.Plans) > 0 {
		best, dates := &matrix.Plans[0], len(matrix.Dates)
		for _, s := range best.Steps {
			if s.Room >= 0 {
				rank[s.Room] = min(rank[s.Room], -2*dates)
			}
		}
		for i, part := range best.Parts {
			rank[part.Room] = -3*dates - len(best.Parts) + i
		}
	}
	p.order = p.order[:0]
	for r := range matrix.Rooms {
		p.order = append(p.order, r)
	}
	slices.SortStableFunc(p.order, func(a, b int) int { return cmp.Compare(rank[a], rank[b]) })
}

// column is where the room that the bar is on stands.
func (p *seriesPane) column() int { return max(slices.Index(p.order, p.room), 0) }

// known reports whether there is a matrix for the wish on the screen.
func (p *seriesPane) known() bool {
	return p.read && p.have == p.asked && len(p.answer.Problems) == 0 && len(p.answer.Matrix.Dates) > 0
}

// takePlan makes a plan of the answer the chosen one.
func (p *seriesPane) takePlan(n int) {
	p.plan, p.changed, p.chosen = n, false, providers.SeriesPlan{}
	if n < len(p.answer.Matrix.Plans) {
		p.chosen = clonePlan(p.answer.Matrix.Plans[n])
		p.room = p.chosen.Parts[0].Room
	}
}

func clonePlan(plan providers.SeriesPlan) providers.SeriesPlan {
	plan.Parts, plan.Steps = slices.Clone(plan.Parts), slices.Clone(plan.Steps)
	return plan
}

// toFirstWay puts the bar on the first date that is not as wished.
func (p *seriesPane) toFirstWay() {
	for d, s := range p.chosen.Steps {
		if s.Act != providers.SeriesKeep {
			p.dates.at = d
			return
		}
	}
}

// date is the number of the date that the bar is on.
func (p *seriesPane) date() int { return p.dates.at }

func (p *seriesPane) cell() providers.SeriesCell {
	return p.answer.Matrix.Rooms[p.room].Cells[p.date()]
}

func (p *seriesPane) roomTitle(n int) string {
	return clean(p.answer.Matrix.Rooms[n].Room.Title())
}

// moveRoom moves the bar across the rooms.
func (p *seriesPane) moveRoom(by int) {
	p.room = p.order[max(min(p.column()+by, len(p.order)-1), 0)]
}

// zones are the clocks that times can be shown by, without doubles: the person's,
// the series' own, that of the room the bar is on, and UTC.
func (p *seriesPane) zones(m *Model) []seriesZone {
	all := []seriesZone{{m.zone, "your"}, {p.answer.Zone, "the series’"}}
	if len(p.answer.Matrix.Rooms) > 0 {
		all = append(all, seriesZone{m.zoneNamed(p.answer.Matrix.Rooms[p.room].Room.Zone), "the room’s"})
	}
	all = append(all, seriesZone{time.UTC, "UTC"})
	var out []seriesZone
	for _, z := range all {
		if z.zone != nil && !slices.ContainsFunc(out, func(o seriesZone) bool { return o.zone.String() == z.zone.String() }) {
			out = append(out, z)
		}
	}
	return out
}

type seriesZone struct {
	zone  *time.Location
	whose string
}

func (z seriesZone) words() string {
	if z.whose == "UTC" {
		return "UTC"
	}
	return z.whose + " time"
}

// zone is what times are shown by.
func (p *seriesPane) zone(m *Model) seriesZone {
	all := p.zones(m)
	return all[p.clock%len(all)]
}

// nextWay puts the bar on the next date that is not as wished, from the last on the
// first.
func (p *seriesPane) nextWay() {
	n := len(p.chosen.Steps)
	for i := 1; i <= n; i++ {
		if d := (p.date() + i) % n; p.chosen.Steps[d].Act != providers.SeriesKeep {
			p.dates.at = d
			return
		}
	}
}
