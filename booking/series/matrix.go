package series

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

const (
	quarter = 15 * time.Minute
	// farthest is how many quarters of an hour a date may be shifted.
	farthest = 8
	// never is more than any plan costs.
	never = 1 << 40
)

// planner is one question while it is answered.
type planner struct {
	q      Question
	prices Prices
	zone   *time.Location
	zones  map[string]*time.Location // the rooms' own; nil where not known
	dates  []providers.SeriesDate
	rooms  []providers.SeriesRoom
	near   [][][]providers.Block // by room and date: what is taken within reach of it
	absent []int                 // by date: what those who are not free cost
	barred [][]bool              // by room and date: its rules refuse a series with it
	judges []judge               // by room
	// spare is, by date, the most preferred room that can be had; -1 where there is
	// none.
	spare []int
	// open is, by date and by the quarters of an hour it may be shifted, whether
	// nobody invited is known to be taken then.
	open [][2*farthest + 1]bool
	// alone is, by room and date, what the date costs in a series in that room.
	alone [][]choice
}

// Plan answers a question.
func Plan(q Question) providers.SeriesMatrix {
	p := &planner{q: q, prices: q.Prices, zone: q.Zone}
	if p.prices == (Prices{}) {
		p.prices = UsualPrices()
	}
	if p.zone == nil {
		p.zone = time.UTC
	}
	if p.q.Limit <= 0 {
		p.q.Limit = 5
	}
	zones := make([]*time.Location, 0, 2)
	p.zones = map[string]*time.Location{"": nil}
	for _, c := range q.Rooms {
		name := c.Room.Zone
		if _, known := p.zones[name]; known {
			continue
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			zone = nil // what is said of it is then left out
		}
		p.zones[name] = zone
		zones = append(zones, zone)
	}
	p.dates = Dates(q.Rule, q.First, p.zone, zones...)
	p.guests()
	p.matrix()
	p.choices()
	plans := p.plans()
	m := providers.SeriesMatrix{Dates: p.dates, Rooms: p.rooms, Plans: plans, Recurrence: Recurrence(q.Rule, p.dates, p.zone), Words: q.Rule.Words()}
	if len(plans) > 0 {
		m.Ways = p.ways(plans[0])
	}
	return m
}

// guests fills in who is not free on which date, and what that costs.
func (p *planner) guests() {
	p.absent = make([]int, len(p.dates))
	p.open = make([][2*farthest + 1]bool, len(p.dates))
	for i := range p.dates {
		d := &p.dates[i]
		for _, g := range p.q.Guests {
			switch {
			case takenIn(g.Busy.Blocks, d.Span):
				d.Busy = append(d.Busy, g.Name)
			case !g.Busy.Known() || !g.Busy.Window.Covers(d.Span):
				d.Dark = append(d.Dark, g.Name)
			}
		}
		for by := range p.open[i] {
			span := p.shifted(i, by-farthest)
			p.open[i][by] = !slices.ContainsFunc(p.q.Guests, func(g Guest) bool { return takenIn(g.Busy.Blocks, span) })
		}
		p.absent[i] = min(len(d.Busy)*p.prices.Absent, p.prices.MostAbsent)
	}
}

// takenIn reports whether something in blocks, which are by start, takes the span.
func takenIn(blocks []providers.Block, span providers.Interval) bool {
	for _, b := range blocks {
		if !b.Start.Before(span.End) {
			return false
		}
		if b.State.Taken() && b.Overlaps(span) {
			return true
		}
	}
	return false
}

// matrix looks at every date in every room.
func (p *planner) matrix() {
	n := len(p.dates)
	p.rooms = make([]providers.SeriesRoom, len(p.q.Rooms))
	p.near = make([][][]providers.Block, len(p.q.Rooms))
	p.barred = make([][]bool, len(p.q.Rooms))
	p.judges = make([]judge, len(p.q.Rooms))
	for r, c := range p.q.Rooms {
		row := providers.SeriesRoom{Room: c.Room, Cells: make([]providers.SeriesCell, n)}
		p.near[r] = make([][]providers.Block, n)
		p.barred[r] = make([]bool, n)
		p.judges[r] = p.judge(c)
		// Blocks are by start and dates too: what ends before a date's reach is done
		// with, except where a long block hides it.
		from := 0
		for d, date := range p.dates {
			reach := providers.Interval{Start: date.Span.Start.Add(-farthest * quarter), End: date.Span.End.Add(farthest * quarter)}
			for from < len(c.Busy.Blocks) && !c.Busy.Blocks[from].End.After(reach.Start) {
				from++
			}
			to := from
			for to < len(c.Busy.Blocks) && c.Busy.Blocks[to].Start.Before(reach.End) {
				to++
			}
			p.near[r][d] = c.Busy.Blocks[from:to]
			row.Cells[d] = p.cell(c, p.judges[r], date.Span, p.near[r][d])
			p.barred[r][d] = p.judges[r].bars(date.Span)
		}
		p.outcome(p.judges[r], &row)
		p.rooms[r] = row
	}
}

func (p *planner) cell(c Candidate, j judge, span providers.Interval, near []providers.Block) providers.SeriesCell {
	if why := j.single(span); why != "" {
		return providers.SeriesCell{State: providers.SeriesAgainst, Words: why, Beyond: j.beyond(span)}
	}
	for _, b := range near {
		if b.State.Taken() && b.Overlaps(span) {
			return providers.SeriesCell{State: providers.SeriesTaken, Words: p.clash(b)}
		}
	}
	if !c.Busy.Known() || !c.Busy.Window.Covers(span) {
		words := "not known whether it is free"
		if c.Busy.Problem != nil {
			words += ": " + c.Busy.Problem.What()
		}
		return providers.SeriesCell{State: providers.SeriesUnknown, Words: words}
	}
	return providers.SeriesCell{State: providers.SeriesFree}
}

// clash says by what a room is taken.
func (p *planner) clash(b providers.Block) string {
	var words strings.Builder
	words.WriteString(b.Start.In(p.zone).Format("15:04"))
	words.WriteString("–")
	words.WriteString(b.End.In(p.zone).Format("15:04"))
	switch {
	case b.State == providers.Tentative:
		words.WriteString(" tentative")
	case b.State == providers.Unknown:
		words.WriteString(" perhaps taken")
	}
	switch {
	case b.Mine:
		words.WriteString(" by a booking of yours")
	case b.Private:
		words.WriteString(" private")
	case !b.Subject.Empty():
		words.WriteString(" " + b.Subject.Or("busy"))
	}
	return words.String()
}

// outcome says what the room would answer to the series as it stands.
func (p *planner) outcome(j judge, row *providers.SeriesRoom) {
	taken, dark := 0, 0
	for _, cell := range row.Cells {
		switch cell.State {
		case providers.SeriesFree:
			row.Free++
		case providers.SeriesTaken:
			taken++
		case providers.SeriesUnknown:
			dark++
		case providers.SeriesAgainst:
		}
	}
	n := len(row.Cells)
	if n == 0 {
		return
	}
	verdict, why := j.ask(providers.RuleQuestion{Span: p.dates[0].Span, Series: n > 1, Last: p.dates[n-1].Span.End, Dates: n, Clashes: taken})
	row.Why = why
	also := func(outcome providers.SeriesOutcome, proof providers.Proof, format string, args ...any) {
		row.Outcome = outcome
		row.Why = append(row.Why, providers.Reason{Words: fmt.Sprintf(format, args...), Proof: proof})
	}
	switch {
	case verdict == providers.RuleRefuses:
		row.Outcome = providers.SeriesRefused
	case dark > 0:
		also(providers.SeriesUnsure, providers.UnknownCause, "not known of %d of %d dates", dark, n)
	case verdict != providers.RuleAccepts:
		row.Outcome = providers.SeriesUnsure
	case taken > 0:
		proof := providers.Inferred
		if j.known {
			proof = providers.Proven
		}
		also(providers.SeriesPartly, proof, "%d of %d dates clash and would be declined", taken, n)
	case row.Free < n: // behind its horizon, and cut off
		also(providers.SeriesPartly, providers.Inferred, "takes %d of %d dates", row.Free, n)
	default:
		also(providers.SeriesAccepted, providers.Proven, "free on all dates")
	}
}
