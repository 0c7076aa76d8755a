package wish_test

import (
	"strings"
	"testing"
	"time"

	_ "time/tzdata"

	"roomdesk/booking/wish"
)

func around(t *testing.T) wish.Surroundings {
	t.Helper()
	london, berlin := zone(t, "Europe/London"), zone(t, "Europe/Berlin")
	return wish.Surroundings{
		Now:  time.Date(2026, 11, 21, 9, 7, 0, 0, time.UTC), // a Saturday
		Zone: london,
		ZoneOf: func(place string) (*time.Location, bool) {
			switch {
			case strings.HasPrefix("berlin mitte", strings.ToLower(place)):
				return berlin, true
			case strings.EqualFold(place, "nowhere"):
				return nil, true
			}
			return nil, false
		},
		Zones: []string{"Europe/Berlin", "Europe/London", "America/New_York", "America/Argentina/San_Juan", "America/Argentina/San_Luis", "Asia/Tokyo"},
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestRead(t *testing.T) {
	for _, row := range []struct{ line, rooms, understood string }{
		{"12p display f3 tmr 14-15 @berlin with adele,bob", `display @"berlin"`, `Sun 22 Nov 14:00–15:00 · in Europe/Berlin time · 13:00–14:00 for you · at berlin · on or near floor 3 · at least 12 seats · display · with adele, bob`},
		{"12p proj f3 tmr 14-15 @ber", `proj @"ber"`, `Sun 22 Nov 14:00–15:00 · in Europe/Berlin time · 13:00–14:00 for you · at ber · on or near floor 3 · at least 12 seats · display`},
		{"weekly tue 10-11 x10 8p", ``, `Tue 24 Nov 10:00–11:00 · every week on Tue, 10 times · at least 8 seats`},
		{"tue 14:00 45m", ``, `Tue 24 Nov 14:00–14:45`},
		{"tue 14", ``, `Tue 24 Nov 14:00–14:30 · for 30 min (assumed)`},
		{"14-15", ``, `Sat 21 Nov 14:00–15:00`},
		{"8-9", ``, `Sun 22 Nov 08:00–09:00`},
		{"now", ``, `Sat 21 Nov 09:07–09:37 · for 30 min (assumed)`},
		{"45m", ``, `Sat 21 Nov 09:07–09:52`},
		{"+2h for an hour", ``, `Sat 21 Nov 11:05–12:05`},
		{"friday afternoon", ``, `some 30 min on Fri 27 Nov 13:00–17:00 (assumed)`},
		{"1h tomorrow morning 4 people", ``, `some 1 h on Sun 22 Nov 09:00–12:00 (assumed) · at least 4 seats`},
		{"mon", ``, `some 30 min on Mon 23 Nov 08:00–18:00 (assumed)`},
		{"2026-12-01 9:00-10:30 asia/tokyo", ``, `Tue 1 Dec 09:00–10:30 · in Asia/Tokyo time · 00:00–01:30 for you`},
		{"tue 9-10 @tokyo", ``, `Tue 24 Nov 09:00–10:00 · in Asia/Tokyo time · 00:00–01:00 for you`},
		{"tue 9-10 @nowhere", `@"nowhere"`, `Tue 24 Nov 09:00–10:00 · at nowhere`},
		{"daily 9-9:15 until 4 dec", ``, `Sun 22 Nov 09:00–09:15 · every day until Fri 4 Dec 2026`},
		{"workdays 9:30-9:45 x5", ``, `Mon 23 Nov 09:30–09:45 · every workday, 5 times`},
		{"monthly first mon 10-12 x6", ``, `Mon 7 Dec 10:00–12:00 · every month on the first Monday, 6 times`},
		{"every 2 weeks tue 10-11 x4", ``, `Tue 24 Nov 10:00–11:00 · every 2 weeks on Tue, 4 times`},
		{"every tue 10-11 10 times", ``, `Tue 24 Nov 10:00–11:00 · every week on Tue, 10 times`},
		{"tue 10-11 x3", ``, `Tue 24 Nov 10:00–11:00 · every week, 3 times`},
		{"weekly mon,wed 10-11 until 9 dec", ``, `Mon 23 Nov 10:00–11:00 · every week on Mon, Wed until Wed 9 Dec 2026`},
		{"aalto", `aalto`, `"aalto"`},
		{`"west wing" -kitchen`, `"west wing" -kitchen`, `"west wing" · not "kitchen"`},
		{"near f3 ~f3", ``, `on or near floor 3`},
		{"floor -1", ``, `on or near floor -1`},
		{"with adele, bob and charlie 14-15", ``, `Sat 21 Nov 14:00–15:00 · with adele, bob, charlie`},
		{"2-3pm in 3 days", ``, `Tue 24 Nov 14:00–15:00`},
		{"22:00-01:00", ``, `Sat 21 Nov 22:00–Sun 22 Nov 01:00`},
		{"", ``, ``},
	} {
		got := wish.Read(row.line, around(t))
		if len(got.Problems) > 0 || got.Rooms != row.rooms || got.Understood() != row.understood {
			t.Errorf("%q\n  rooms %s\n  understood %s\n  want       %s\n  problems %q", row.line, got.Rooms, got.Understood(), row.understood, got.Problems)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, row := range []struct{ line, want string }{
		{"tue wed 10-11", "two days are named, Tue 24 Nov and Wed 25 Nov"},
		{"tue 10-11 14-15", "two times are named"},
		{"weekly tue 10-11", "the series has no end"},
		{"weekly x10", "a series needs a time"},
		{"yesterday 14-15", "is in the past"},
		{"tue 10-11 2h", "10:00 to 11:00 is not 2 h"},
		{"now tue", "a day is named, and a time that counts from now"},
		{"+2h 14:00", "the time is said twice"},
		{"tue 10-11 @atlantis", `no room is at "atlantis", and no time zone is called so`},
		{"tue 10-11 @san", "may be the time of America/Argentina/San_Juan, America/Argentina/San_Luis"},
		{"daily 9-10 x900", "900 dates are too many"},
		{"daily 9-10 until 2029-01-01", "more than 366 dates"},
		{"weekly mon 2026-11-24 10-11 x3", "is not one of the series"},
		{"f3 f4", "two floors are named, 3 and 4"},
		{"with", "nobody is named"},
		{"6h friday morning", "is longer than the time from"},
		{"@berlin @nowhere", "two places are named"},
		{"2026-11-20 morning", "is over"},
		{"x3 x4 10-11", "the end of the series is said twice"},
	} {
		got := wish.Read(row.line, around(t))
		if all := strings.Join(got.Problems, "; "); !strings.Contains(all, row.want) {
			t.Errorf("%q: problems %q, want %q", row.line, all, row.want)
		}
	}
}

func TestChangesOfClocksAreSaid(t *testing.T) {
	s := around(t)
	for _, row := range []struct{ line, start, end, want string }{
		{"2027-03-28 2:15-4 @berlin", "2027-03-28T01:15:00Z", "2027-03-28T02:00:00Z", "02:15 does not exist on 28 Mar"},
		{"2027-03-28 1-2:30 @berlin", "2027-03-28T00:00:00Z", "2027-03-28T01:30:00Z", "02:30 does not exist on 28 Mar"},
		{"2027-10-31 2:30-2:45 @berlin", "2027-10-31T00:30:00Z", "2027-10-31T00:45:00Z", "02:30 comes twice on 31 Oct"},
	} {
		got := wish.Read(row.line, s)
		if got.Span.Start.Format(time.RFC3339) != row.start || got.Span.End.Format(time.RFC3339) != row.end || !strings.Contains(got.Understood(), row.want) || len(got.Problems) > 0 {
			t.Errorf("%q: %s to %s, %s, %q", row.line, got.Span.Start.Format(time.RFC3339), got.Span.End.Format(time.RFC3339), got.Understood(), got.Problems)
		}
	}
}

func TestDates(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, row := range []struct {
		name  string
		rule  wish.Repeat
		first string
		want  string
	}{
		{"weekly", wish.Repeat{Frequency: wish.Weekly, Count: 3}, "2026-11-24", "11-24 12-01 12-08"},
		{"two weekdays, every second week", wish.Repeat{Frequency: wish.Weekly, Interval: 2, Weekdays: []time.Weekday{time.Monday, time.Sunday}, Count: 4}, "2026-11-23", "11-23 11-29 12-07 12-13"},
		{"workdays", wish.Repeat{Frequency: wish.Daily, Workdays: true, Count: 3}, "2026-11-27", "11-27 11-30 12-01"},
		{"the 31st", wish.Repeat{Frequency: wish.Monthly, Count: 3}, "2026-10-31", "10-31 12-31 01-31"},
		{"last friday", wish.Repeat{Frequency: wish.Monthly, Nth: -1, Weekday: time.Friday, Count: 3}, "2026-11-27", "11-27 12-25 01-29"},
		{"until", wish.Repeat{Frequency: wish.Daily, Interval: 3, Until: day("2026-12-01")}, "2026-11-24", "11-24 11-27 11-30"},
		{"until a date of it", wish.Repeat{Frequency: wish.Daily, Interval: 3, Until: day("2026-11-30")}, "2026-11-24", "11-24 11-27 11-30"},
		{"from the middle of a week", wish.Repeat{Frequency: wish.Weekly, Weekdays: []time.Weekday{time.Monday, time.Wednesday}, Count: 3}, "2026-11-25", "11-25 11-30 12-02"},
		{"workdays over a weekend", wish.Repeat{Frequency: wish.Daily, Workdays: true, Count: 2}, "2026-11-28", "11-30 12-01"},
		{"third monday", wish.Repeat{Frequency: wish.Monthly, Nth: 3, Weekday: time.Monday, Count: 2}, "2026-11-16", "11-16 12-21"},
	} {
		var got []string
		for _, d := range row.rule.Dates(day(row.first)) {
			got = append(got, d.Format("01-02"))
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: %s, want %s", row.name, strings.Join(got, " "), row.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"12p display f3 tmr 14-15 @berlin with adele,bob", "weekly tue 10-11 x10 8p", "friday afternoon 2h", `"west wing" -kitchen`, "daily 9-10 until 2029-01-01", "2027-03-28 2:15-4 @berlin"} {
		f.Add(seed)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := wish.Read(line, wish.Surroundings{Now: time.Date(2026, 11, 21, 9, 7, 0, 0, time.UTC), Zone: berlin, Zones: []string{"Asia/Tokyo"}})
		if got.Timed() && len(got.Problems) == 0 {
			if s := got.Span; !s.Start.IsZero() && (!s.End.After(s.Start) || s.Duration() > 26*time.Hour || s.Duration() != got.Length) {
				t.Errorf("%q: span %v", line, s)
			}
			if s := got.Within; !s.Start.IsZero() && (!got.Span.Start.IsZero() || s.Duration() < got.Length || got.Length <= 0) {
				t.Errorf("%q: within %v for %v", line, s, got.Length)
			}
		}
		if rule := got.Repeat; rule != nil && got.Timed() && len(got.Problems) == 0 && (rule.Count == 0) == rule.Until.IsZero() {
			t.Errorf("%q: the series ends %+v", line, rule)
		}
		if strings.ContainsAny(got.Understood(), "\x1b\n\r\u202e") {
			t.Errorf("%q: understood as %q", line, got.Understood())
		}
		if got.Zone == nil {
			t.Errorf("%q: no zone", line)
		}
	})
}

// The zone that the line names holds before that of the place, and that before the
// person's own; a part of a city's name must be long enough, a whole one is enough.
func TestZones(t *testing.T) {
	s := around(t)
	s.Zones = append(s.Zones, "Asia/Tokyo_Bay")
	for line, want := range map[string]string{
		"tue 9-10": "Europe/London", "tue 9-10 @berlin": "Europe/Berlin", "tue 9-10 @berlin asia/tokyo": "Asia/Tokyo", "tue 9-10 asia/tokyo @nowhere": "Asia/Tokyo", "tue 9-10 @nowhere": "Europe/London",
		"tue 9-10 @tokyo": "Asia/Tokyo", "tue 9-10 @toky": "", "tue 9-10 @to": "", "tue 9-10 @new": "America/New_York", "tue 9-10 @ne": "", "tue 9-10 utc": "UTC",
	} {
		got := wish.Read(line, s)
		if len(got.Problems) == 0 != (want != "") || want != "" && got.Zone.String() != want {
			t.Errorf("%q is read in %s, problems %q", line, got.Zone, got.Problems)
		}
	}
}

// Of two numbers of people the larger counts, and a number behind a day is an hour
// unless it counts people.
func TestSeats(t *testing.T) {
	for line, want := range map[string]struct {
		seats int
		hour  int
	}{"12p 4p tue 9": {12, 9}, "4p 12p tue 9": {12, 9}, "tue 4 people": {4, 8}, "tue 4": {0, 4}, "tue 9 4 people": {4, 9}} {
		got := wish.Read(line, around(t))
		start := got.Span.Start
		if start.IsZero() {
			start = got.Within.Start
		}
		if got.Seats != want.seats || start.Hour() != want.hour || len(got.Problems) > 0 {
			t.Errorf("%q: %d seats, at %s, %q", line, got.Seats, start, got.Problems)
		}
	}
}

// Names end where no comma leads on, and quotes hold two words together.
func TestWordsBehindNames(t *testing.T) {
	got := wish.Read(`with adele, bob charlie "west wing"`, around(t))
	if strings.Join(got.With, " ") != "adele bob" || got.Rooms != `charlie "west wing"` {
		t.Errorf("with %q, rooms %s", got.With, got.Rooms)
	}
	if got := wish.Read("with adele bob", around(t)); strings.Join(got.With, " ") != "adele" || got.Rooms != "bob" {
		t.Errorf("with %q, rooms %s", got.With, got.Rooms)
	}
	if got := wish.Read(`@"berlin mitte"`, around(t)); got.Place != "berlin mitte" || len(got.Problems) > 0 {
		t.Errorf("the place is %q, %q", got.Place, got.Problems)
	}
}
