package series_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roomdesk/booking/series"
	"roomdesk/providers"
)

func prices(q series.Question) series.Prices {
	if q.Prices == (series.Prices{}) {
		return series.UsualPrices()
	}
	return q.Prices
}

// cost is what one step costs by the stated rules, found without the planner's
// tables; false where it cannot be done. room is that of its series.
func cost(q series.Question, m providers.SeriesMatrix, room int, s providers.SeriesStep) (int, bool) {
	p := prices(q)
	taken := func(a providers.Availability, span providers.Interval) bool {
		return slices.ContainsFunc(a.Blocks, func(b providers.Block) bool { return b.State.Taken() && b.Overlaps(span) })
	}
	can := func(r int, span providers.Interval) bool {
		c := q.Rooms[r]
		return c.Busy.FreeFor(span) && span.Duration() <= time.Duration(rules(c).MaximumDurationInMinutes)*time.Minute &&
			!span.Start.After(q.Now.AddDate(0, 0, rules(c).BookingWindowInDays))
	}
	date := m.Dates[s.Date].Span
	absent := 0
	for _, g := range q.Guests {
		if taken(g.Busy, date) {
			absent += p.Absent
		}
	}
	absent = min(absent, p.MostAbsent)
	switch s.Act {
	case providers.SeriesKeep:
		return absent, s.Room == room && s.Span == date && can(room, date)
	case providers.SeriesOther:
		return p.Change + absent, s.Room != room && s.Room >= 0 && s.Span == date && can(s.Room, date)
	case providers.SeriesShift:
		away := s.Span.Start.Sub(date.Start).Abs()
		for _, g := range q.Guests {
			if taken(g.Busy, s.Span) {
				return 0, false
			}
		}
		return p.Shift + int(away/(15*time.Minute))*p.Quarter, s.Room == room && s.Span.Duration() == date.Duration() && away > 0 && away <= 2*time.Hour && away%(15*time.Minute) == 0 &&
			!s.Span.Start.Before(q.Now) && mayTakeSpan(q, q.Rooms[room], s.Span) && can(room, s.Span) && s.Span.Start.YearDay() == date.Start.YearDay()
	case providers.SeriesSkip:
		return p.Skip, s.Room == -1
	}
	return 0, false
}

// rules are a room's, Exchange's defaults where nothing is known.
func rules(c series.Candidate) providers.RoomRules {
	if c.Rules == nil {
		return providers.RoomRules{MaximumDurationInMinutes: 1440, BookingWindowInDays: 180, AllowRecurringMeetings: true, EnforceSchedulingHorizon: true}
	}
	return *c.Rules
}

// mayTake reports whether a room's rule lets it have a series of those dates.
func mayTake(q series.Question, m providers.SeriesMatrix, part providers.SeriesPart) bool {
	for _, d := range m.Dates[part.From:part.To] {
		if !mayTakeSpan(q, q.Rooms[part.Room], d.Span) {
			return false
		}
	}
	return true
}

func mayTakeSpan(q series.Question, c series.Candidate, span providers.Interval) bool {
	r := rules(c)
	horizon := q.Now.AddDate(0, 0, r.BookingWindowInDays)
	return r.AllowRecurringMeetings && span.Duration() <= time.Duration(r.MaximumDurationInMinutes)*time.Minute && !span.Start.After(horizon) &&
		!(r.EnforceSchedulingHorizon && span.End.After(horizon))
}

// checkPlan holds a plan against the stated rules.
func checkPlan(q series.Question, m providers.SeriesMatrix, plan providers.SeriesPlan) error {
	if len(plan.Steps) != len(m.Dates) || len(plan.Parts) < 1 || len(plan.Parts) > 2 {
		return fmt.Errorf("%d steps, %d parts", len(plan.Steps), len(plan.Parts))
	}
	total, at := 0, 0
	rooms := make([]int, len(m.Dates))
	for i := range rooms {
		rooms[i] = -1
	}
	for i, part := range plan.Parts {
		if part.From != at || part.To <= part.From || part.To > len(m.Dates) {
			return fmt.Errorf("part %d is %+v", i, part)
		}
		if !mayTake(q, m, part) {
			return fmt.Errorf("room %d refuses the series %+v", part.Room, part)
		}
		for d := part.From; d < part.To; d++ {
			rooms[d] = part.Room
		}
		at = part.To
	}
	total += (len(plan.Parts) - 1) * prices(q).Second
	skips, changes, shifts := 0, 0, 0
	for d, s := range plan.Steps {
		price, ok := cost(q, m, rooms[d], s)
		if s.Date != d || !ok || price != s.Price || rooms[d] < 0 && s.Act != providers.SeriesSkip {
			return fmt.Errorf("date %d: %+v cannot be done, or costs %d", d, s, price)
		}
		total += price
		switch s.Act {
		case providers.SeriesSkip:
			skips++
		case providers.SeriesOther:
			changes++
		case providers.SeriesShift:
			shifts++
		case providers.SeriesKeep:
		}
	}
	if total != plan.Price || skips != plan.Skips || changes != plan.Changes || shifts != plan.Shifts || skips == len(m.Dates) {
		return fmt.Errorf("price %d, want %d; %+v", plan.Price, total, plan)
	}
	return nil
}

// everyStep is all that can be done on a date in a series in a room, -1 for none.
func everyStep(q series.Question, m providers.SeriesMatrix, d, room int) []providers.SeriesStep {
	steps := []providers.SeriesStep{{Date: d, Act: providers.SeriesSkip, Room: -1, Span: m.Dates[d].Span}}
	if room >= 0 {
		for r := range q.Rooms {
			act := providers.SeriesOther
			if r == room {
				act = providers.SeriesKeep
			}
			steps = append(steps, providers.SeriesStep{Date: d, Act: act, Room: r, Span: m.Dates[d].Span})
		}
		for by := -9; by <= 9; by++ {
			move := time.Duration(by) * 15 * time.Minute
			steps = append(steps, providers.SeriesStep{Date: d, Act: providers.SeriesShift, Room: room,
				Span: providers.Interval{Start: m.Dates[d].Span.Start.Add(move), End: m.Dates[d].Span.End.Add(move)}})
		}
	}
	var can []providers.SeriesStep
	for _, s := range steps {
		if price, ok := cost(q, m, room, s); ok {
			s.Price = price
			can = append(can, s)
		}
	}
	return can
}

// cheapest tries every plan there is; false where there is none with a meeting.
func cheapest(q series.Question, m providers.SeriesMatrix) (int, bool) {
	n, rooms := len(m.Dates), len(q.Rooms)
	best, found := 0, false
	var splits [][]providers.SeriesPart
	for a := range rooms {
		for e := 1; e <= n; e++ {
			splits = append(splits, []providers.SeriesPart{{From: 0, To: e, Room: a}})
			for b := range rooms {
				for k := 1; k < e; k++ {
					splits = append(splits, []providers.SeriesPart{{From: 0, To: k, Room: a}, {From: k, To: e, Room: b}})
				}
			}
		}
	}
	known := map[[2]int][]providers.SeriesStep{}
	ways := func(d, room int) []providers.SeriesStep {
		if have, ok := known[[2]int{d, room}]; ok {
			return have
		}
		known[[2]int{d, room}] = everyStep(q, m, d, room)
		return known[[2]int{d, room}]
	}
	for _, parts := range splits {
		allowed := true
		for _, part := range parts {
			allowed = allowed && mayTake(q, m, part)
		}
		if !allowed {
			continue
		}
		var all func(d, price int, meets bool)
		all = func(d, price int, meets bool) {
			if d == n {
				if meets && (!found || price < best) {
					best, found = price, true
				}
				return
			}
			if found && price >= best {
				return // no price is negative
			}
			room := -1
			for _, part := range parts {
				if d >= part.From && d < part.To {
					room = part.Room
				}
			}
			for _, s := range ways(d, room) {
				all(d+1, price+s.Price, meets || s.Act != providers.SeriesSkip)
			}
		}
		all(0, (len(parts)-1)*prices(q).Second, false)
	}
	return best, found
}

// drawn is a small series with rooms, rules and guests of every sort.
func drawn(t *rapid.T) series.Question {
	n := rapid.IntRange(1, 3).Draw(t, "dates")
	// Either a room is taken on a date or it is not, which makes for longer series and
	// for two of them; or there is something here and there.
	plain := rapid.Bool().Draw(t, "plain")
	if plain {
		n = rapid.IntRange(2, 5).Draw(t, "more dates")
	}
	block := func(i int, what string) []providers.Block {
		var blocks []providers.Block
		if plain {
			for d := range n {
				if rapid.Bool().Draw(t, fmt.Sprint(what, i, " taken ", d)) {
					blocks = append(blocks, week(d, -120, 180))
				}
			}
			return blocks
		}
		for d := range n {
			for range rapid.IntRange(0, 3).Draw(t, fmt.Sprint(what, i, " blocks ", d)) {
				from := rapid.IntRange(-12, 10).Draw(t, "from") * 15
				b := week(d, from, from+15*rapid.IntRange(1, 6).Draw(t, "quarters"))
				b.State = rapid.SampledFrom([]providers.FreeBusy{providers.Busy, providers.Tentative, providers.OutOfOffice, providers.Unknown, providers.Free, providers.WorkingElsewhere}).Draw(t, "state")
				blocks = append(blocks, b)
			}
		}
		return blocks
	}
	q := series.Question{Rule: weekly(n), First: first, Zone: time.UTC, Now: now}
	// Such that each way out is the best one at times, also in so small a series.
	if rapid.Bool().Draw(t, "other prices") {
		q.Prices = series.Prices{Change: rapid.IntRange(1, 30).Draw(t, "change"), Shift: rapid.IntRange(1, 30).Draw(t, "shift"), Quarter: rapid.IntRange(0, 3).Draw(t, "quarter"),
			Skip: 100, Second: rapid.IntRange(0, 10).Draw(t, "second"), Absent: 3, MostAbsent: 30}
	}
	// Sometimes the first date is about to begin: it cannot be shifted into the past.
	switch rapid.IntRange(0, 3).Draw(t, "soon") {
	case 0:
		q.Now = first.Start.Add(-20 * time.Minute)
	case 1: // a horizon of some weeks then ends shortly behind a date
		q.Now = first.End.Add(15*time.Minute).AddDate(0, 0, -1)
	}
	for r := range rapid.IntRange(1, 3).Draw(t, "rooms") {
		c := candidate(fmt.Sprint("room", r), block(r, "room")...)
		if rapid.Bool().Draw(t, "rules") {
			rules := providers.UsualRoomRules(c.Room.Mailbox)
			rules.AllowRecurringMeetings = rapid.IntRange(0, 3).Draw(t, "no series") != 0
			rules.EnforceSchedulingHorizon = rapid.Bool().Draw(t, "horizon")
			if rapid.Bool().Draw(t, "short window") {
				rules.BookingWindowInDays = rapid.SampledFrom([]int{1, 8, 15, 2, 5, 9, 12, 20}).Draw(t, "days")
			}
			if rapid.IntRange(0, 5).Draw(t, "short meetings") == 0 {
				rules.MaximumDurationInMinutes = 30
			}
			c.Rules = &rules
		}
		switch rapid.IntRange(0, 5).Draw(t, "knowledge") {
		case 0:
			c.Busy = providers.Availability{Mailbox: c.Room.Mailbox}
		case 1: // known for the first date alone
			c.Busy.Window.End = first.End.Add(time.Hour)
		}
		q.Rooms = append(q.Rooms, c)
	}
	for g := range rapid.IntRange(0, 4).Draw(t, "guests") {
		q.Guests = append(q.Guests, series.Guest{Name: fmt.Sprint("guest", g), Busy: free("g@contoso.com", block(g, "guest")...)})
	}
	return q
}

// J3: every plan can be done and costs what it says, they come by price, and nobody
// who tries everything finds a cheaper one.
func TestPlansAreFeasibleAndNoneIsCheaper(t *testing.T) {
	for range 5 { // rapid tries a hundred each time
		rapid.Check(t, plansHold)
	}
}

func plansHold(t *rapid.T) {
	q := drawn(t)
	m := series.Plan(q)
	for i, plan := range m.Plans {
		if err := checkPlan(q, m, plan); err != nil {
			t.Fatalf("plan %d: %v\n%+v", i, err, plan)
		}
		if i > 0 && plan.Price < m.Plans[i-1].Price {
			t.Fatalf("plan %d is cheaper than the one before", i)
		}
	}
	price, found := cheapest(q, m)
	if found != (len(m.Plans) > 0) || found && price != m.Plans[0].Price {
		t.Fatalf("the cheapest costs %d (%v), offered are %+v", price, found, m.Plans)
	}
	if !found {
		return
	}
	for d, ways := range m.Ways {
		room := -1
		for _, part := range m.Plans[0].Parts {
			if d >= part.From && d < part.To {
				room = part.Room
			}
		}
		for _, s := range ways {
			if price, ok := cost(q, m, room, s); !ok || price != s.Price || s == m.Plans[0].Steps[d] || price < m.Plans[0].Steps[d].Price {
				t.Fatalf("date %d: the way %+v costs %d, %v", d, s, price, ok)
			}
		}
	}
}

func mayTakeAll(q series.Question, m providers.SeriesMatrix, room int) bool {
	return len(m.Dates) == 1 || mayTake(q, m, providers.SeriesPart{From: 0, To: len(m.Dates), Room: room})
}

// What is free in the matrix is free, and what is not known never is.
func TestTheMatrixNeverCallsATakenRoomFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawn(t)
		m := series.Plan(q)
		for r, row := range m.Rooms {
			free := 0
			for d, cell := range row.Cells {
				_, can := cost(q, m, r, providers.SeriesStep{Date: d, Act: providers.SeriesKeep, Room: r, Span: m.Dates[d].Span})
				if (cell.State == providers.SeriesFree) != can || (cell.Words == "") != can {
					t.Fatalf("room %d on date %d is %+v, can be had: %v", r, d, cell, can)
				}
				if can {
					free++
				}
			}
			if row.Free != free || (row.Outcome == providers.SeriesAccepted) != (free == len(row.Cells) && mayTakeAll(q, m, r)) {
				t.Fatalf("room %d: %d free, %s", r, row.Free, row.Outcome)
			}
		}
	})
}
