package series_test

import (
	"strings"
	"testing"
	"time"

	"roomdesk/booking/series"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// What takes a room is told as far as it may be, and what is not known of it is.
func TestTheMatrixTellsNoPrivateSubject(t *testing.T) {
	private, mine := week(0, 0, 60), week(1, 0, 60)
	private.Private, mine.Mine = true, true
	room := candidate("Aalto", private, mine)
	room.Busy.Window.End = week(2, 0, 60).End
	row := series.Plan(series.Question{Rule: weekly(4), First: first, Now: now, Rooms: []series.Candidate{room}}).Rooms[0]
	want := []string{"10:00–11:00 private", "10:00–11:00 by a booking of yours", "", "not known whether it is free"}
	for d, cell := range row.Cells {
		if cell.Words != want[d] {
			t.Errorf("date %d: %q, want %q", d, cell.Words, want[d])
		}
	}
	room = candidate("Aalto")
	room.Busy.Window.End = week(2, 0, 60).End
	row = series.Plan(series.Question{Rule: weekly(4), First: first, Now: now, Rooms: []series.Candidate{room}}).Rooms[0]
	if row.Outcome != providers.SeriesUnsure || !strings.Contains(row.Why[len(row.Why)-1].Words, "not known of 1 of 4 dates") {
		t.Errorf("%s, %+v", row.Outcome, row.Why)
	}
}

// Plans that do the same are offered once.
func TestNoPlanTwice(t *testing.T) {
	if m := series.Plan(series.Question{Rule: weekly(4), First: first, Now: now, Rooms: []series.Candidate{candidate("Aalto")}}); len(m.Plans) != 1 {
		t.Errorf("%d plans: %+v", len(m.Plans), m.Plans)
	}
}

// A date is not shifted over midnight: it would be another date.
func TestShiftsStayOnTheirDay(t *testing.T) {
	late := providers.Interval{Start: first.Start.Add(13*time.Hour + 45*time.Minute), End: first.Start.Add(14*time.Hour + 15*time.Minute)} // 23:45 to 00:15
	room := candidate("Aalto", providers.Block{Interval: providers.Interval{Start: late.Start.Add(-2 * time.Hour), End: late.End.Add(-15 * time.Minute)}, State: providers.Busy})
	if cell := series.Plan(series.Question{Rule: weekly(2), First: late, Now: now, Rooms: []series.Candidate{room}}).Rooms[0].Cells[0]; !cell.Shift.Start.IsZero() {
		t.Errorf("shifted to %s", cell.Shift.Start)
	}
}

// A rule is sent as the smallest pattern that has every date, by the days of its zone.
func TestRecurrence(t *testing.T) {
	tokyo := zone(t, "Asia/Tokyo")
	early := providers.Interval{Start: time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)} // Wednesday, 8:00 in Tokyo
	for name, c := range map[string]struct {
		rule wish.Repeat
		want providers.Recurrence
	}{
		"weekly": {weekly(2), providers.Recurrence{Pattern: providers.PatternWeekly, Weekdays: []time.Weekday{time.Wednesday}}},
		"workdays": {wish.Repeat{Frequency: wish.Daily, Interval: 1, Workdays: true, Count: 3},
			providers.Recurrence{Pattern: providers.PatternWeekly, Weekdays: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}}},
		"daily":   {wish.Repeat{Frequency: wish.Daily, Interval: 1, Count: 3}, providers.Recurrence{Pattern: providers.PatternDaily}},
		"by date": {wish.Repeat{Frequency: wish.Monthly, Interval: 1, Count: 3}, providers.Recurrence{Pattern: providers.PatternAbsoluteMonthly, DayOfMonth: 25}},
		"last": {wish.Repeat{Frequency: wish.Monthly, Interval: 1, Count: 2, Nth: -1, Weekday: time.Wednesday},
			providers.Recurrence{Pattern: providers.PatternRelativeMonthly, Weekdays: []time.Weekday{time.Wednesday}, Index: providers.IndexLast}},
		"fourth": {wish.Repeat{Frequency: wish.Monthly, Interval: 1, Count: 2, Nth: 4, Weekday: time.Wednesday},
			providers.Recurrence{Pattern: providers.PatternRelativeMonthly, Weekdays: []time.Weekday{time.Wednesday}, Index: providers.IndexFourth}},
	} {
		got := series.Plan(series.Question{Rule: c.rule, First: early, Zone: tokyo, Now: now, Rooms: []series.Candidate{candidate("Aalto")}}).Recurrence
		if got.Pattern != c.want.Pattern || len(got.Weekdays) != len(c.want.Weekdays) || len(got.Weekdays) > 0 && got.Weekdays[0] != c.want.Weekdays[0] || got.DayOfMonth != c.want.DayOfMonth || got.Index != c.want.Index ||
			got.Zone != "Asia/Tokyo" || got.Start.Format(time.DateOnly) != "2026-11-25" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
