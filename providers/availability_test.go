package providers

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

func at(hour, minute int) time.Time {
	return day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}
func from(h1, m1, h2, m2 int) Interval { return Interval{at(h1, m1), at(h2, m2)} }
func block(state FreeBusy, h1, m1, h2, m2 int) Block {
	return Block{Interval: from(h1, m1, h2, m2), State: state}
}

func known(blocks ...Block) Availability {
	return Availability{Mailbox: "aalto@contoso.com", Window: from(8, 0, 18, 0), Blocks: blocks, AsOf: day}
}

// STALE: unknown is never free.
func TestAvailabilityState(t *testing.T) {
	for name, c := range map[string]struct {
		a     Availability
		t     time.Time
		state FreeBusy
		until time.Time
	}{
		"nothing known":            {Availability{Window: from(8, 0, 18, 0)}, at(9, 0), Unknown, time.Time{}},
		"before the window":        {known(), at(7, 59), Unknown, time.Time{}},
		"at the window's end":      {known(), at(18, 0), Unknown, time.Time{}},
		"free all day":             {known(), at(8, 0), Free, time.Time{}},
		"free until":               {known(block(Busy, 10, 0, 11, 0)), at(9, 0), Free, at(10, 0)},
		"at a block's start":       {known(block(Busy, 10, 0, 11, 0)), at(10, 0), Busy, at(11, 0)},
		"at a block's end":         {known(block(Busy, 10, 0, 11, 0)), at(11, 0), Free, time.Time{}},
		"touching blocks":          {known(block(Busy, 10, 0, 11, 0), block(Busy, 11, 0, 12, 0)), at(10, 30), Busy, at(12, 0)},
		"overlapping blocks":       {known(block(Busy, 10, 0, 12, 0), block(Busy, 10, 30, 11, 0)), at(10, 45), Busy, at(12, 0)},
		"gap":                      {known(block(Busy, 10, 0, 11, 0), block(Busy, 11, 1, 12, 0)), at(10, 0), Busy, at(11, 0)},
		"tentative":                {known(block(Tentative, 10, 0, 11, 0)), at(10, 0), Tentative, at(11, 0)},
		"tentative and busy":       {known(block(Tentative, 10, 0, 12, 0), block(Busy, 10, 30, 11, 0)), at(10, 30), Busy, at(12, 0)},
		"busy before tentative":    {known(block(Busy, 10, 0, 11, 0), block(Tentative, 11, 0, 12, 0)), at(10, 0), Busy, at(12, 0)},
		"unknown counts as taken":  {known(block(Unknown, 10, 0, 11, 0)), at(10, 0), Unknown, at(11, 0)},
		"unheard-of state":         {known(block("surprise", 10, 0, 11, 0)), at(10, 0), "surprise", at(11, 0)},
		"out of office":            {known(block(OutOfOffice, 10, 0, 11, 0)), at(10, 0), OutOfOffice, at(11, 0)},
		"free block":               {known(block(Free, 10, 0, 11, 0)), at(10, 0), Free, time.Time{}},
		"working elsewhere":        {known(block(WorkingElsewhere, 10, 0, 11, 0), block(Busy, 10, 30, 11, 0)), at(10, 0), Free, at(10, 30)},
		"block begins before":      {known(block(Busy, 7, 0, 9, 0)), at(8, 0), Busy, at(9, 0)},
		"free between other kinds": {known(block(Busy, 8, 0, 9, 0), block(Free, 9, 0, 10, 0), block(Busy, 10, 0, 11, 0)), at(9, 30), Free, at(10, 0)},
	} {
		state, until := c.a.State(c.t)
		if state != c.state || !until.Equal(c.until) {
			t.Errorf("%s: %s until %v, want %s until %v", name, state, until, c.state, c.until)
		}
	}
}

func TestAvailabilityFreeFor(t *testing.T) {
	meeting := known(block(Busy, 10, 0, 11, 0), block(WorkingElsewhere, 12, 0, 13, 0), block(Unknown, 15, 0, 16, 0))
	for name, c := range map[string]struct {
		a    Availability
		span Interval
		want bool
	}{
		"before":               {meeting, from(9, 0, 10, 0), true},
		"after":                {meeting, from(11, 0, 12, 0), true},
		"within":               {meeting, from(10, 15, 10, 30), false},
		"around":               {meeting, from(9, 0, 12, 0), false},
		"touching the edge":    {meeting, from(9, 0, 10, 1), false},
		"elsewhere is free":    {meeting, from(12, 0, 13, 0), true},
		"unknown is not free":  {meeting, from(15, 0, 15, 30), false},
		"leaves the window":    {meeting, from(17, 0, 18, 1), false},
		"begins before window": {meeting, from(7, 59, 9, 0), false},
		"the whole window":     {known(), from(8, 0, 18, 0), true},
		"nothing known":        {Availability{Window: from(8, 0, 18, 0)}, from(9, 0, 10, 0), false},
	} {
		if got := c.a.FreeFor(c.span); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// State and FreeFor tell the same, minute by minute.
func TestAvailabilityAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := known()
		last := 8 * 60
		for range rapid.IntRange(0, 6).Draw(t, "blocks") {
			start := rapid.IntRange(last, 18*60).Draw(t, "start")
			last = start
			end := rapid.IntRange(start, 19*60).Draw(t, "end")
			a.Blocks = append(a.Blocks, block(rapid.SampledFrom([]FreeBusy{Free, Tentative, Busy, OutOfOffice, WorkingElsewhere, Unknown}).Draw(t, "state"), 0, start, 0, end))
		}
		for minute := 8 * 60; minute < 18*60; minute += 7 {
			now := at(0, minute)
			state, until := a.State(now)
			free := a.FreeFor(Interval{now, now.Add(time.Second)})
			if free == state.Taken() {
				t.Fatalf("at %s: state %s, free for a second %v; %v", now.Format("15:04"), state, free, a.Blocks)
			}
			if until.IsZero() {
				until = a.Window.End
			}
			until = minTime(until, a.Window.End)
			if !free {
				for x := now; x.Before(until); x = x.Add(time.Minute) {
					if s, _ := a.State(x); !s.Taken() {
						t.Fatalf("at %s %s until %s, but free at %s", now.Format("15:04"), state, until.Format("15:04"), x.Format("15:04"))
					}
				}
			} else if !a.FreeFor(Interval{now, until}) {
				t.Fatalf("at %s free until %s, but not for that long", now.Format("15:04"), until.Format("15:04"))
			}
		}
	})
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func TestIntervalLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Interval {
			start := rapid.IntRange(0, 50).Draw(t, name)
			return Interval{at(0, start), at(0, start+rapid.IntRange(1, 50).Draw(t, name+" length"))}
		}
		a, b := draw("a"), draw("b")
		shared := false
		for m := range 120 {
			shared = shared || (a.Contains(at(0, m)) && b.Contains(at(0, m)))
		}
		if a.Overlaps(b) != shared || b.Overlaps(a) != shared {
			t.Fatalf("%v and %v share a minute: %v", a, b, shared)
		}
		if a.Covers(b) && !a.Overlaps(b) {
			t.Fatalf("%v covers %v without overlapping", a, b)
		}
	})
}
