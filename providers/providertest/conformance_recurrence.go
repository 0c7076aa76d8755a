package providertest

import (
	"context"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
)

func recurrenceCases() []testCase {
	return []testCase{
		{"A series is made once, with all its dates, and its room answers (J3)", Setup{Rooms: 8}, caseMakeSeries},
		{"One date of a series changes alone (J3, F-058)", Setup{Rooms: 8}, caseOneDate},
		{"Every pattern and every range is made as it was asked for (J3)", Setup{}, casePatterns},
		{"A series keeps to the clocks of its zone (J3)", Setup{}, caseClocks},
	}
}

const seriesDates = 4

// weeklyDraft is a series of four Saturdays on which the rooms are free.
func weeklyDraft(t testing.TB, f Fixture, subject string, rooms ...providers.Address) providers.EventDraft {
	t.Helper()
	first := slot(t, f, append([]providers.Address{f.Organizer}, rooms...)...)
	for half := range 48 {
		span := providers.Interval{Start: first.Start.Truncate(24 * time.Hour).Add(time.Duration(half) * 30 * time.Minute)}
		span.End = span.Start.Add(30 * time.Minute)
		free := true
		for week := range seriesDates {
			on := providers.Interval{Start: span.Start.AddDate(0, 0, 7*week), End: span.End.AddDate(0, 0, 7*week)}
			known, err := f.Provider.Availability(t.Context(), rooms, on)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range known {
				free = free && a.FreeFor(on)
			}
		}
		if free {
			d := draft(f, span, subject)
			day := span.Start.Truncate(24 * time.Hour)
			d.Recurrence = &providers.Recurrence{Pattern: providers.PatternWeekly, Interval: 1, Weekdays: []time.Weekday{time.Saturday}, FirstDay: time.Monday,
				Range: providers.RangeNumbered, Start: day, Count: seriesDates, Zone: "UTC"}
			return d
		}
	}
	t.Fatal("no half hour is free on four Saturdays")
	return providers.EventDraft{}
}

func datesIn(t testing.TB, f Fixture, id string, d providers.EventDraft) []providers.Event {
	t.Helper()
	dates, err := f.Provider.SeriesDates(t.Context(), f.Organizer, id, providers.Interval{Start: d.Start.AddDate(0, 0, -1), End: d.Start.AddDate(0, 2, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return dates
}

// waitForDates waits until a room has answered on each of the dates.
func waitForDates(t testing.TB, f Fixture, id string, d providers.EventDraft, room providers.Address, want int) {
	t.Helper()
	waitFor(t, f, "the room accepts the dates", func(context.Context) bool {
		n := 0
		for _, e := range datesIn(t, f, id, d) {
			if a, ok := e.Attendee(room); ok && a.Type == providers.Resource && a.Response == providers.ResponseAccepted {
				n++
			}
		}
		return n == want
	})
}

func caseMakeSeries(t testing.TB, f Fixture) {
	d := weeklyDraft(t, f, "every Saturday", f.Room)
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if made.Type != providers.SeriesMaster || made.ID == "" || !made.Start.Equal(d.Start) || !made.End.Equal(d.End) {
		t.Errorf("the series is not what was asked for: %+v", made)
	}
	again, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil || again.ID != made.ID {
		t.Errorf("the same transaction once more: %v, %q", err, again.ID)
	}
	found, ok, err := f.Provider.FindSeries(t.Context(), f.Organizer, d.TransactionID, d.Start)
	if err != nil || !ok || found.ID != made.ID {
		t.Errorf("the series is not found by its transaction: %v, %v, %q", err, ok, found.ID)
	}
	if _, ok, err := f.Provider.FindSeries(t.Context(), f.Organizer, "5a1f3c52-0000-4d6f-9f0a-2f6c0f3b7d11", d.Start); ok || err != nil {
		t.Errorf("a series that nobody made is found: %v, %v", ok, err)
	}
	dates := datesIn(t, f, made.ID, d)
	if len(dates) != seriesDates {
		t.Fatalf("%d dates, want %d", len(dates), seriesDates)
	}
	for n, e := range dates {
		if start := d.Start.AddDate(0, 0, 7*n); !e.Start.Equal(start) || e.SeriesMasterID != made.ID {
			t.Errorf("date %d at %v, want %v: %+v", n, e.Start, start, e)
		}
	}
	waitForDates(t, f, made.ID, d, f.Room, seriesDates)
	// All of it: nothing is left, in the room neither.
	if err := f.Provider.CancelEvent(t.Context(), f.Organizer, made.ID, "over"); err != nil {
		t.Fatal(err)
	}
	_, err = f.Provider.SeriesDates(t.Context(), f.Organizer, made.ID, providers.Interval{Start: d.Start, End: d.Start.AddDate(0, 1, 0)})
	mustClass(t, "a cancelled series", err, providers.Gone)
	known, err := f.Provider.Availability(t.Context(), []providers.Address{f.Room}, providers.Interval{Start: d.Start, End: d.End})
	if err != nil || len(known) != 1 || !known[0].FreeFor(providers.Interval{Start: d.Start, End: d.End}) {
		t.Errorf("the room is not free again: %+v, %v", known, err)
	}
}

func caseOneDate(t testing.TB, f Fixture) {
	second := f.Rooms[slices.IndexFunc(f.Rooms, func(r providers.Address) bool { return r != f.Room })]
	d := weeklyDraft(t, f, "one date differs", f.Room, second)
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	waitForDates(t, f, made.ID, d, f.Room, seriesDates)
	dates := datesIn(t, f, made.ID, d)
	// Another room on the second date.
	date, err := f.Provider.Event(t.Context(), f.Organizer, dates[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	name := providers.Outside("the other room")
	if _, err := f.Provider.ChangeEvent(t.Context(), f.Organizer, date.ID, date.ETag, providers.EventChange{Location: &name,
		Attendees: []providers.Attendee{{Mailbox: second, Text: providers.Outside(string(second)), Name: name, Type: providers.Resource}}}); err != nil {
		t.Fatal(err)
	}
	waitForDates(t, f, made.ID, d, second, 1)
	waitForDates(t, f, made.ID, d, f.Room, seriesDates-1)
	// Another time on the third, for which the room is asked anew.
	if date, err = f.Provider.Event(t.Context(), f.Organizer, datesIn(t, f, made.ID, d)[2].ID); err != nil {
		t.Fatal(err)
	}
	end := date.End.Add(-10 * time.Minute)
	if _, err := f.Provider.ChangeEvent(t.Context(), f.Organizer, date.ID, date.ETag, providers.EventChange{End: &end}); err != nil {
		t.Fatal(err)
	}
	waitForDates(t, f, made.ID, d, f.Room, seriesDates-1)
	if got := datesIn(t, f, made.ID, d); len(got) != seriesDates || !got[2].End.Equal(end) || !got[3].End.Equal(d.End.AddDate(0, 0, 21)) {
		t.Errorf("after moving one date: %+v", got)
	}
	// Cancelled from the third on, one by one; twice is once.
	for _, e := range datesIn(t, f, made.ID, d)[2:] {
		for range 2 {
			if err := f.Provider.CancelEvent(t.Context(), f.Organizer, e.ID, "not then"); err != nil {
				t.Errorf("cancelling a date: %v", err)
			}
		}
	}
	got := datesIn(t, f, made.ID, d)
	if len(got) != 2 {
		t.Fatalf("%d dates are left, want 2", len(got))
	}
	if _, ok := got[1].Attendee(second); !ok {
		t.Errorf("the changed date lost its room: %+v", got[1])
	}
	// One is taken out without a word; twice is once.
	for range 2 {
		if err := f.Provider.DeleteEvent(t.Context(), f.Organizer, got[0].ID); err != nil {
			t.Errorf("taking a date out: %v", err)
		}
	}
	if got := datesIn(t, f, made.ID, d); len(got) != 1 {
		t.Errorf("%d dates are left, want 1", len(got))
	}
}

func casePatterns(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer) // a Saturday
	day := span.Start.Truncate(24 * time.Hour)
	nth := providers.IndexLast
	if day.AddDate(0, 0, 7).Month() == day.Month() {
		nth = []providers.WeekIndex{providers.IndexFirst, providers.IndexSecond, providers.IndexThird, providers.IndexFourth}[(day.Day()-1)/7]
	}
	saturday := []time.Weekday{time.Saturday}
	for _, r := range []providers.Recurrence{
		{Pattern: providers.PatternDaily, Interval: 2, Range: providers.RangeNumbered, Count: 3},
		{Pattern: providers.PatternWeekly, Interval: 2, Weekdays: []time.Weekday{time.Tuesday, time.Saturday}, FirstDay: time.Monday, Range: providers.RangeEndDate, End: day.AddDate(0, 0, 30)},
		{Pattern: providers.PatternAbsoluteMonthly, Interval: 1, DayOfMonth: day.Day(), Range: providers.RangeNoEnd},
		{Pattern: providers.PatternRelativeMonthly, Interval: 1, Weekdays: saturday, Index: nth, Range: providers.RangeNumbered, Count: 2},
		{Pattern: providers.PatternAbsoluteYearly, Interval: 1, DayOfMonth: day.Day(), Month: day.Month(), Range: providers.RangeNumbered, Count: 2},
		{Pattern: providers.PatternRelativeYearly, Interval: 1, Weekdays: saturday, Index: nth, Month: day.Month(), Range: providers.RangeNoEnd},
	} {
		d := draft(f, span, string(r.Pattern))
		r.Start, r.Zone, d.Room = day, "UTC", ""
		d.Recurrence = &r
		made, err := f.Provider.CreateEvent(t.Context(), d)
		if err != nil {
			t.Errorf("%s: %v", r.Pattern, err)
			continue
		}
		got, err := f.Provider.Event(t.Context(), f.Organizer, made.ID)
		if err != nil || got.Recurrence == nil {
			t.Errorf("%s: %v, %+v", r.Pattern, err, got.Recurrence)
			continue
		}
		// What a pattern does not have, a service fills in as it likes.
		have := *got.Recurrence
		if r.Pattern != providers.PatternWeekly {
			have.FirstDay = r.FirstDay
		}
		if !have.Equal(r) {
			t.Errorf("%s: asked for %+v, made %+v", r.Pattern, r, have)
		}
	}
}

func caseClocks(t testing.TB, f Fixture) {
	const zone = "Europe/Berlin"
	berlin, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	// The days around the last Sunday of March next year, when clocks are set forward.
	y := f.Now().Year() + 1
	monday := time.Date(y, time.April, 1, 0, 0, 0, 0, time.UTC)
	for monday.AddDate(0, 0, -1).Weekday() != time.Sunday {
		monday = monday.AddDate(0, 0, -1)
	}
	if monday.AddDate(0, 0, -1).Month() != time.March {
		monday = monday.AddDate(0, 0, -7)
	}
	day := monday.AddDate(0, 0, -3)
	start := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, berlin)
	d := draft(f, providers.Interval{Start: start.UTC(), End: start.Add(time.Hour).UTC()}, "over a change of clocks")
	d.Room, d.Zone = "", zone
	d.Recurrence = &providers.Recurrence{Pattern: providers.PatternDaily, Interval: 1, Range: providers.RangeNumbered, Start: day, Count: 5, Zone: zone}
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	dates := datesIn(t, f, made.ID, d)
	if len(dates) != 5 {
		t.Fatalf("%d dates, want 5", len(dates))
	}
	for n, e := range dates {
		if want := time.Date(day.Year(), day.Month(), day.Day()+n, 9, 0, 0, 0, berlin); !e.Start.Equal(want) || e.End.Sub(e.Start) != time.Hour {
			t.Errorf("date %d is at %v, want %v", n, e.Start, want)
		}
	}
	if first, last := dates[0].Start.UTC().Hour(), dates[4].Start.UTC().Hour(); first-last != 1 {
		t.Errorf("clocks were set forward and UTC shows %d and %d", first, last)
	}
}
