package booking

import (
	"slices"
	"time"

	"roomdesk/booking/series"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// weeklyPlan plans a weekly series of n dates that begins in three days at noon, by
// the clocks of Berlin. The busy times of the rooms are what the plan knows.
func (w *world) weeklyPlan(n int, rooms ...providers.Address) providers.SeriesRequest {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		w.t.Fatal(err)
	}
	y, m, d := w.tenant.now().In(zone).AddDate(0, 0, 3).Date()
	start := time.Date(y, m, d, 12, 0, 0, 0, zone)
	q := series.Question{Rule: wish.Repeat{Frequency: wish.Weekly, Interval: 1, Count: n}, First: providers.Interval{Start: start, End: start.Add(time.Hour)}, Zone: zone, Now: w.tenant.now()}
	if len(rooms) == 0 {
		rooms = []providers.Address{aalto, near}
	}
	for _, room := range rooms {
		busy := providers.Availability{Mailbox: room, AsOf: w.tenant.now(), Window: providers.Interval{Start: w.tenant.now(), End: start.AddDate(2, 0, 0)}, Blocks: w.tenant.busy[room]}
		q.Rooms = append(q.Rooms, series.Candidate{Room: providers.Room{Mailbox: room, Name: providers.Outside(room.Local()), Bookable: true}, Busy: busy})
	}
	q.Limit = 20
	matrix := series.Plan(q)
	at := slices.IndexFunc(matrix.Plans, func(p providers.SeriesPlan) bool {
		return len(p.Parts) == 1 && p.Parts[0].Room == 0 && p.Parts[0].To == n
	})
	if at < 0 {
		w.t.Fatal("no plan in the first room")
	}
	return providers.SeriesRequest{Request: providers.BookingRequest{Zone: "Europe/Berlin", Required: []providers.Address{bob}, Subject: providers.Outside("Round")}, Matrix: matrix, Plan: matrix.Plans[at]}
}

// take makes a room busy around some dates of a weekly plan, hours before and behind.
func (w *world) take(room providers.Address, hours time.Duration, dates ...int) {
	zone, _ := time.LoadLocation("Europe/Berlin")
	y, m, d := w.tenant.now().In(zone).AddDate(0, 0, 3).Date()
	for _, n := range dates {
		start := time.Date(y, m, d+7*n, 12, 0, 0, 0, zone)
		w.tenant.busy[room] = append(w.tenant.busy[room], providers.Block{Interval: providers.Interval{Start: start.Add(-hours * time.Hour), End: start.Add(time.Hour + hours*time.Hour)}, State: providers.Busy, Subject: providers.Outside("Board")})
	}
}

// decide changes what a plan does on a date.
func decide(q *providers.SeriesRequest, date int, act providers.SeriesAct) {
	q.Plan.Steps = slices.Clone(q.Plan.Steps)
	step := &q.Plan.Steps[date]
	if step.Act = act; act == providers.SeriesSkip {
		step.Room, step.Span = -1, providers.Interval{}
	}
}

func (w *world) bookSeries(q providers.SeriesRequest) providers.Booking {
	w.t.Helper()
	b, err := w.BookSeries(w.t.Context(), q)
	if err != nil {
		w.t.Fatalf("BookSeries: %v", err)
	}
	return b
}

// holds checks the oracle ONCE for a series: on each day that is planned there is
// one live meeting, in the room and at the time of the line, and no other anywhere.
func (w *world) holds(b providers.Booking) {
	w.t.Helper()
	live := slices.DeleteFunc(w.tenant.live(), func(m *meeting) bool { return m.event.Type == providers.SeriesMaster })
	want := 0
	for n, line := range b.Series.Dates {
		if !line.Live() {
			continue
		}
		want++
		have := 0
		for _, m := range live {
			if m.event.Start.Equal(line.Span.Start) && m.event.End.Equal(line.Span.End) && m.place == line.Room {
				have++
			}
		}
		if have != 1 {
			w.t.Errorf("date %d, %s in %s: %d meetings", n, line.Span.Start, line.Room, have)
		}
	}
	if len(live) != want {
		w.t.Errorf("%d meetings, want %d; ledger %v", len(live), want, w.tenant.ledger)
	}
	masters := 0
	for _, m := range w.tenant.live() {
		if m.event.Type == providers.SeriesMaster {
			masters++
		}
	}
	if alive := len(slices.DeleteFunc(slices.Clone(b.Series.Meetings), func(m providers.SeriesMeeting) bool { return m.Gone || m.EventID == "" })); masters != alive {
		w.t.Errorf("%d series, want %d", masters, alive)
	}
	if len(w.tenant.roomless) != 0 {
		w.t.Errorf("without a room at %v", w.tenant.roomless)
	}
}

// seriesStory is a series with every kind of step: two dates elsewhere, one skipped,
// one moved.
func seriesStory(w *world) providers.SeriesRequest {
	w.take(aalto, 3, 1)
	w.take(aalto, 0, 3)
	q := w.weeklyPlan(5)
	decide(&q, 2, providers.SeriesSkip)
	step := &q.Plan.Steps[3]
	step.Act, step.Room = providers.SeriesShift, 0
	step.Span = providers.Interval{Start: q.Matrix.Dates[3].Span.Start.Add(90 * time.Minute), End: q.Matrix.Dates[3].Span.End.Add(90 * time.Minute)}
	return q
}
