package series_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "time/tzdata"

	"roomdesk/booking/series"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// first is Tuesday, 24 November, 10:00 to 11:00 UTC.
var first = providers.Interval{Start: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC)}

func weekly(n int) wish.Repeat { return wish.Repeat{Frequency: wish.Weekly, Interval: 1, Count: n} }

// free is a mailbox that is taken at the blocks and known for a year.
func free(mailbox string, blocks ...providers.Block) providers.Availability {
	slices.SortFunc(blocks, func(a, b providers.Block) int { return a.Start.Compare(b.Start) })
	return providers.Availability{Mailbox: providers.Address(mailbox), AsOf: now, Blocks: blocks,
		Window: providers.Interval{Start: now.AddDate(0, 0, -1), End: now.AddDate(1, 1, 0)}}
}

// week is a block on a date of a weekly series, in minutes from its beginning.
func week(n, from, to int) providers.Block {
	start := first.Start.AddDate(0, 0, 7*n)
	return providers.Block{Interval: providers.Interval{Start: start.Add(time.Duration(from) * time.Minute), End: start.Add(time.Duration(to) * time.Minute)}, State: providers.Busy, Subject: providers.Outside("Board")}
}

func candidate(name string, blocks ...providers.Block) series.Candidate {
	return series.Candidate{Room: providers.Room{Mailbox: providers.Address(name + "@contoso.com"), Name: providers.Outside(name), Zone: "UTC"}, Busy: free(name+"@contoso.com", blocks...)}
}

func TestOneClashMovesOneDate(t *testing.T) {
	m := series.Plan(series.Question{Rule: weekly(10), First: first, Now: now,
		Rooms: []series.Candidate{candidate("Aalto", week(4, -30, 30)), candidate("Dudok", week(0, 0, 60), week(1, 0, 60), week(2, 0, 60), week(7, 0, 60))}})
	best := m.Plans[0]
	if best.Words != "1 room change, 0 skipped" || best.Price != 10 || best.Steps[4].Act != providers.SeriesOther || best.Steps[4].Room != 1 {
		t.Errorf("%+v", best)
	}
	aalto := m.Rooms[0]
	if aalto.Outcome != providers.SeriesRefused || aalto.Why[0] != (providers.Reason{Words: "its rules: 1 of 10 dates clash, and it tolerates none", Proof: providers.Inferred}) || aalto.Cells[4].Words != "09:30–10:30 Board" {
		t.Errorf("%+v", aalto)
	}
	// The other ways on that date: half an hour later, or not at all.
	if ways := m.Ways[4]; len(ways) != 2 || ways[0].Act != providers.SeriesShift || ways[0].Span.Start.Format("15:04") != "10:30" || ways[1].Act != providers.SeriesSkip {
		t.Errorf("%+v", ways)
	}
}

// A date is shifted to the nearest time at which nothing is in the way.
func TestShiftsGoAroundWhatIsThere(t *testing.T) {
	for name, c := range map[string]struct {
		blocks []providers.Block
		want   string
	}{
		"later":              {[]providers.Block{week(0, -60, 15)}, "10:15"},
		"sooner":             {[]providers.Block{week(0, 45, 180)}, "09:45"},
		"behind the next":    {[]providers.Block{week(0, 0, 30), week(0, 60, 75), week(0, -240, 0)}, "11:15"},
		"before the one ere": {[]providers.Block{week(0, 0, 240), week(0, -45, -15)}, "08:15"},
		"a long one":         {[]providers.Block{week(-3, 0, 3*7*24*60+105)}, "11:45"},
		"too far":            {[]providers.Block{week(0, -120, 180)}, ""},
	} {
		m := series.Plan(series.Question{Rule: weekly(2), First: first, Now: now, Rooms: []series.Candidate{candidate("Aalto", c.blocks...)}})
		got := ""
		if s := m.Plans[0].Steps[0]; s.Act == providers.SeriesShift {
			got = s.Span.Start.Format("15:04")
		}
		if got != c.want {
			t.Errorf("%s: shifted to %q, want %q", name, got, c.want)
		}
	}
}

// Many rooms that are as good as each other do not hide another kind of plan.
func TestPlansAreOfSeveralKinds(t *testing.T) {
	rooms := []series.Candidate{candidate("Wanted", week(1, 0, 60))}
	for i := range 8 {
		rooms = append(rooms, candidate(fmt.Sprint("Free", i)))
	}
	m := series.Plan(series.Question{Rule: weekly(4), First: first, Now: now, Rooms: rooms})
	if len(m.Plans) != 5 || m.Plans[0].Price != 0 || m.Plans[1].Price != 0 || m.Plans[2].Parts[0].Room != 0 || m.Plans[2].Changes != 1 || m.Plans[3].Shifts != 1 || len(m.Plans[4].Parts) != 2 {
		t.Errorf("%+v", m.Plans)
	}
}

// A date is not shifted to where the room's horizon would refuse the series.
func TestShiftsStayBeforeTheHorizon(t *testing.T) {
	room := candidate("Aalto", week(1, -30, 30))
	rules := providers.UsualRoomRules(room.Room.Mailbox)
	rules.BookingWindowInDays = 8
	room.Rules = &rules
	q := series.Question{Rule: weekly(2), First: first, Rooms: []series.Candidate{room}, Now: first.End.Add(15*time.Minute).AddDate(0, 0, -1)}
	if s := series.Plan(q).Plans[0].Steps[1]; s.Act != providers.SeriesShift || s.Span.Start.Format("15:04") != "08:30" {
		t.Errorf("%+v", s)
	}
}

// A date is not shifted to a time that is over.
func TestShiftsAreAhead(t *testing.T) {
	q := series.Question{Rule: weekly(2), First: first, Now: first.Start.Add(-5 * time.Minute), Rooms: []series.Candidate{candidate("Aalto", week(0, 45, 105))}}
	if s := series.Plan(q).Plans[0].Steps[0]; s.Act != providers.SeriesShift || s.Span.Start.Format("15:04") != "11:45" {
		t.Errorf("%+v", s)
	}
}

func TestTwoSeriesWhereTheRoomIsTakenForGood(t *testing.T) {
	var later, sooner []providers.Block
	for d := range 10 {
		if d >= 5 {
			later = append(later, week(d, -120, 180))
		} else {
			sooner = append(sooner, week(d, -120, 180))
		}
	}
	m := series.Plan(series.Question{Rule: weekly(10), First: first, Now: now, Rooms: []series.Candidate{candidate("Aalto", later...), candidate("Dudok", sooner...)}})
	best := m.Plans[0]
	if len(best.Parts) != 2 || best.Parts[0] != (providers.SeriesPart{From: 0, To: 5, Room: 0}) || best.Parts[1] != (providers.SeriesPart{From: 5, To: 10, Room: 1}) || best.Words != "0 room changes, 0 skipped, two series" {
		t.Errorf("%+v", best)
	}
}

// Two rooms that cannot be had far enough ahead share the series, and what is
// behind both horizons is given up.
func TestDatesBehindEveryHorizonAreGivenUp(t *testing.T) {
	var sooner, once []providers.Block
	for d := range 8 {
		if d < 5 {
			sooner = append(sooner, week(d, -120, 180))
		}
		if d != 1 {
			once = append(once, week(d, -120, 180))
		}
	}
	rooms := []series.Candidate{candidate("Aalto", week(1, -120, 180)), candidate("Dudok", sooner...), candidate("Elk", once...)}
	for r, dates := range []int{5, 7, 8} {
		rules := providers.UsualRoomRules(rooms[r].Room.Mailbox)
		rules.BookingWindowInDays = 4 + 7*(dates-1) // from Saturday to the last of these Tuesdays
		rooms[r].Rules = &rules
	}
	q := series.Question{Rule: weekly(8), First: first, Now: now, Rooms: rooms}
	m := series.Plan(q)
	best := m.Plans[0]
	if err := checkPlan(q, m, best); err != nil {
		t.Error(err)
	}
	if len(best.Parts) != 2 || best.Parts[1] != (providers.SeriesPart{From: 5, To: 7, Room: 1}) || best.Price != 10+25+100 || best.Words != "1 room change, 1 skipped, two series" {
		t.Errorf("%+v", best)
	}
}

// A room's tolerance, its horizon and the proof of both are told.
func TestOutcomesFollowTheRule(t *testing.T) {
	clash := []providers.Block{week(1, 0, 60), week(2, 0, 60)}
	for name, c := range map[string]struct {
		rules   func(*providers.RoomRules)
		outcome providers.SeriesOutcome
		words   string
		proof   providers.Proof
	}{
		"not known": {nil, providers.SeriesRefused, "it tolerates none", providers.Inferred},
		"default":   {func(*providers.RoomRules) {}, providers.SeriesRefused, "it tolerates none", providers.Proven},
		"number":    {func(r *providers.RoomRules) { r.MaximumConflictInstances = 2 }, providers.SeriesPartly, "would be declined", providers.Proven},
		"per cent":  {func(r *providers.RoomRules) { r.ConflictPercentageAllowed = 20 }, providers.SeriesPartly, "2 of 10 dates", providers.Proven},
		"too many":  {func(r *providers.RoomRules) { r.MaximumConflictInstances, r.ConflictPercentageAllowed = 1, 19 }, providers.SeriesRefused, "tolerates 1, or 19 %", providers.Proven},
		"horizon":   {func(r *providers.RoomRules) { r.AllowConflicts, r.BookingWindowInDays = true, 30 }, providers.SeriesRefused, "end within 30 days", providers.Proven},
		"no series": {func(r *providers.RoomRules) { r.AllowConflicts, r.AllowRecurringMeetings = true, false }, providers.SeriesRefused, "no recurring", providers.Proven},
		"too long":  {func(r *providers.RoomRules) { r.AllowConflicts, r.MaximumDurationInMinutes = true, 45 }, providers.SeriesRefused, "at most 45 min", providers.Proven},
		"silent":    {func(r *providers.RoomRules) { r.AutomateProcessing = "None" }, providers.SeriesUnsure, "does not answer", providers.Proven},
	} {
		room := candidate("Aalto", clash...)
		if c.rules != nil {
			rules := providers.UsualRoomRules(room.Room.Mailbox)
			c.rules(&rules)
			room.Rules = &rules
		}
		row := series.Plan(series.Question{Rule: weekly(10), First: first, Now: now, Rooms: []series.Candidate{room}}).Rooms[0]
		if row.Outcome != c.outcome || len(row.Why) == 0 || !strings.Contains(row.Why[0].Words, c.words) || row.Why[0].Proof != c.proof {
			t.Errorf("%s: %s, %+v", name, row.Outcome, row.Why)
		}
	}
}

// BenchmarkMatrix is a year of weekly dates in 200 rooms that have ten meetings on
// each workday, with ten guests. The budget is 200 ms.
func BenchmarkMatrix(b *testing.B) {
	q := series.Question{Rule: weekly(52), First: first, Now: now}
	for r := range 200 {
		var blocks []providers.Block
		for d := range 52 * 7 {
			for h := range 10 {
				if (d*7+h*13+r*31)%5 < 2 {
					start := first.Start.Truncate(24*time.Hour).AddDate(0, 0, d).Add(time.Duration(8+h) * time.Hour)
					blocks = append(blocks, providers.Block{Interval: providers.Interval{Start: start, End: start.Add(time.Hour)}, State: providers.Busy, Subject: providers.Outside("Planning of next week")})
				}
			}
		}
		c := candidate(fmt.Sprint("room", r), blocks...)
		rules := providers.UsualRoomRules(c.Room.Mailbox)
		rules.BookingWindowInDays = 400
		c.Rules = &rules
		q.Rooms = append(q.Rooms, c)
		if r < 10 {
			q.Guests = append(q.Guests, series.Guest{Name: "g", Busy: c.Busy})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if m := series.Plan(q); len(m.Plans) == 0 || len(m.Dates) != 52 {
			b.Fatal("no plan")
		}
	}
}
