package series

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// choice is what is done on a date in a series in some room.
type choice struct {
	act     providers.SeriesAct
	room    int
	quarter int // by which it is shifted
	price   int
}

// choices finds, for every room and date, the cheapest that can be done. A date that
// is against the room's rule would make it refuse the whole series: never.
func (p *planner) choices() {
	n := len(p.dates)
	p.spare = make([]int, n)
	for d := range n {
		p.spare[d] = slices.IndexFunc(p.rooms, func(r providers.SeriesRoom) bool { return r.Cells[d].State == providers.SeriesFree })
	}
	p.alone = make([][]choice, len(p.rooms))
	for r := range p.rooms {
		p.alone[r] = make([]choice, n)
		for d := range n {
			p.alone[r][d] = p.best(r, d, true)
			cell := &p.rooms[r].Cells[d]
			if cell.State == providers.SeriesFree && len(p.dates[d].Busy) == 0 || cell.State == providers.SeriesAgainst || p.barred[r][d] {
				continue
			}
			if by, ok := p.shift(r, d); ok {
				cell.Shift = p.shifted(d, by)
			}
		}
	}
}

// best is the cheapest on a date in a series in a room, with or without the help of
// other rooms.
func (p *planner) best(r, d int, others bool) choice {
	cell := p.rooms[r].Cells[d].State
	if cell == providers.SeriesAgainst || p.barred[r][d] {
		return choice{act: providers.SeriesSkip, room: -1, price: never}
	}
	best := choice{act: providers.SeriesSkip, room: -1, price: p.prices.Skip}
	try := func(c choice) {
		if c.price < best.price {
			best = c
		}
	}
	switch {
	case cell == providers.SeriesFree:
		try(choice{act: providers.SeriesKeep, room: r, price: p.absent[d]})
	case others && p.spare[d] >= 0:
		try(choice{act: providers.SeriesOther, room: p.spare[d], price: p.prices.Change + p.absent[d]})
	}
	if best.price > p.prices.Shift+p.prices.Quarter {
		if by, ok := p.shift(r, d); ok {
			try(choice{act: providers.SeriesShift, room: r, quarter: by, price: p.shiftPrice(by)})
		}
	}
	return best
}

func (p *planner) shiftPrice(by int) int { return p.prices.Shift + max(by, -by)*p.prices.Quarter }

// shift is the nearest other time of the day at which the room is free and nobody
// invited is known to be taken, in quarters of an hour.
func (p *planner) shift(r, d int) (by int, ok bool) {
	for away := 1; away <= farthest; away++ {
		for _, by := range []int{away, -away} {
			if p.canShift(r, d, by) {
				return by, true
			}
		}
	}
	return 0, false
}

func (p *planner) shifted(d, by int) providers.Interval {
	span := p.dates[d].Span
	move := time.Duration(by) * quarter
	return providers.Interval{Start: span.Start.Add(move), End: span.End.Add(move)}
}

func (p *planner) canShift(r, d, by int) bool {
	span := p.shifted(d, by)
	busy := p.q.Rooms[r].Busy
	if !p.open[d][by+farthest] || !busy.Known() || !busy.Window.Covers(span) || takenIn(p.near[r][d], span) || span.Start.Before(p.q.Now) {
		return false
	}
	was, is := p.dates[d].Span.Start.In(p.zone), span.Start.In(p.zone)
	return was.YearDay() == is.YearDay() && was.Year() == is.Year() && !p.judges[r].bars(span)
}

// sums are, for each room, the prices of all dates before each.
func sums(choices [][]choice) [][]int {
	all := make([][]int, len(choices))
	for r, row := range choices {
		all[r] = make([]int, len(row)+1)
		for d, c := range row {
			all[r][d+1] = all[r][d] + c.price
		}
	}
	return all
}

// draft is a plan by its parts.
type draft struct {
	parts   []providers.SeriesPart
	choices [][]choice
	price   int
}

// mostAlike is how many plans are offered that differ only in their rooms: what
// somebody may prefer is rather a plan of another kind.
const mostAlike = 2

// plans finds the cheapest plan of all, and the cheapest of each kind that somebody
// may prefer: in one series, without other rooms, and in other rooms.
func (p *planner) plans() []providers.SeriesPlan {
	n := len(p.dates)
	if n == 0 || len(p.rooms) == 0 {
		return nil
	}
	stay := make([][]choice, len(p.rooms))
	for r := range p.rooms {
		stay[r] = make([]choice, n)
		for d := range n {
			stay[r][d] = p.best(r, d, false)
		}
	}
	var drafts []draft
	drafts = append(drafts, p.single(p.alone)...)
	drafts = append(drafts, p.single(stay)...)
	drafts = append(drafts, p.double()...)
	slices.SortStableFunc(drafts, func(a, b draft) int {
		return cmp.Or(cmp.Compare(a.price, b.price), cmp.Compare(len(a.parts), len(b.parts)), cmp.Compare(a.parts[0].Room, b.parts[0].Room))
	})
	var plans []providers.SeriesPlan
	seen, alike := map[string]bool{}, map[string]int{}
	for _, draft := range drafts {
		if len(plans) == p.q.Limit {
			break
		}
		plan, key := p.build(draft)
		if plan.Skips == n || seen[key] || alike[plan.Words] == mostAlike {
			continue
		}
		seen[key] = true
		alike[plan.Words]++
		plans = append(plans, plan)
	}
	return plans
}

// single gives, for every room, the cheapest plan with one series in it.
func (p *planner) single(choices [][]choice) []draft {
	n := len(p.dates)
	var drafts []draft
	for r, sum := range sums(choices) {
		end, price := 0, never
		for e := n; e >= 1; e-- {
			if cost := sum[e] + (n-e)*p.prices.Skip; cost < price {
				end, price = e, cost
			}
		}
		if price < never {
			drafts = append(drafts, draft{[]providers.SeriesPart{{From: 0, To: end, Room: r}}, choices, price})
		}
	}
	return drafts
}

// double gives the cheapest plan with two series.
func (p *planner) double() []draft {
	n := len(p.dates)
	all := sums(p.alone)
	best := draft{price: never}
	first, firstRoom := make([]int, n+1), make([]int, n+1)
	for k := 1; k < n; k++ {
		first[k] = never
		for r := range all {
			if all[r][k] < first[k] {
				first[k], firstRoom[k] = all[r][k], r
			}
		}
	}
	for k := 1; k < n; k++ {
		if first[k] >= best.price {
			continue
		}
		for r := range all {
			if r == firstRoom[k] {
				// The same room twice is one series for less.
				continue
			}
			for e := k + 1; e <= n; e++ {
				if cost := first[k] + all[r][e] - all[r][k] + (n-e)*p.prices.Skip + p.prices.Second; cost < best.price {
					best = draft{[]providers.SeriesPart{{From: 0, To: k, Room: firstRoom[k]}, {From: k, To: e, Room: r}}, p.alone, cost}
				}
			}
		}
	}
	if best.price >= never {
		return nil
	}
	return []draft{best}
}

// build writes a plan out. key is the same for plans that do the same.
func (p *planner) build(d draft) (plan providers.SeriesPlan, key string) {
	plan = providers.SeriesPlan{Parts: d.parts, Price: d.price, Steps: make([]providers.SeriesStep, len(p.dates))}
	for i := range p.dates {
		c := choice{act: providers.SeriesSkip, room: -1, price: p.prices.Skip}
		for _, part := range d.parts {
			if i >= part.From && i < part.To {
				c = d.choices[part.Room][i]
			}
		}
		plan.Steps[i] = p.step(i, c)
	}
	plan.Tally(p.dates)
	return plan, fmt.Sprint(plan.Parts, plan.Steps)
}

func (p *planner) step(d int, c choice) providers.SeriesStep {
	s := providers.SeriesStep{Date: d, Act: c.act, Room: c.room, Price: c.price, Span: p.dates[d].Span}
	if c.act == providers.SeriesShift {
		s.Span = p.shifted(d, c.quarter)
	}
	return s
}

// wayRooms is how many other rooms are named for a date.
const wayRooms = 3

// ways lists what else can be done on the dates that a plan does not keep.
func (p *planner) ways(plan providers.SeriesPlan) map[int][]providers.SeriesStep {
	ways := map[int][]providers.SeriesStep{}
	for _, part := range plan.Parts {
		for d := part.From; d < part.To; d++ {
			taken := plan.Steps[d]
			if taken.Act == providers.SeriesKeep {
				continue
			}
			var all []providers.SeriesStep
			for r := range p.rooms {
				if len(all) == wayRooms+1 {
					break
				}
				if r != part.Room && p.rooms[r].Cells[d].State == providers.SeriesFree {
					all = append(all, p.step(d, choice{act: providers.SeriesOther, room: r, price: p.prices.Change + p.absent[d]}))
				}
			}
			if by, ok := p.shift(part.Room, d); ok {
				all = append(all, p.step(d, choice{act: providers.SeriesShift, room: part.Room, quarter: by, price: p.shiftPrice(by)}))
			}
			all = append(all, p.step(d, choice{act: providers.SeriesSkip, room: -1, price: p.prices.Skip}))
			all = slices.DeleteFunc(all, func(s providers.SeriesStep) bool { return s == taken })
			slices.SortStableFunc(all, func(a, b providers.SeriesStep) int { return cmp.Compare(a.Price, b.Price) })
			ways[d] = all
		}
	}
	return ways
}
