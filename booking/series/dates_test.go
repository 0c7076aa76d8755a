package series_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roomdesk/booking/series"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// A series keeps its time by the clock; a date on which clocks do something says so.
func TestClockChangesAreFlaggedOnTheirDate(t *testing.T) {
	berlin, newYork := zone(t, "Europe/Berlin"), zone(t, "America/New_York")
	start := time.Date(2027, 3, 2, 15, 0, 0, 0, berlin)
	dates := series.Dates(weekly(6), providers.Interval{Start: start, End: start.Add(time.Hour)}, berlin, newYork, berlin)
	var notes []string
	for _, d := range dates {
		if d.Span.Start.In(berlin).Format("15:04") != "15:00" || d.Span.Duration() != time.Hour {
			t.Errorf("%s", d.Span.Start.In(berlin))
		}
		notes = append(notes, d.Span.Start.Format("2 Jan")+": "+strings.Join(d.Notes, "; "))
	}
	// New York changes its clocks two weeks before Berlin.
	want := "2 Mar: \n9 Mar: \n16 Mar: 10:00 in America/New_York, before 09:00\n23 Mar: \n30 Mar: clocks were changed in Europe/Berlin: it begins at 13:00 UTC, before at 14:00; 09:00 in America/New_York, before 10:00\n6 Apr: "
	if got := strings.Join(notes, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTimesThatDoNotExistOrComeTwice(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		day, from, until string
		note             string
	}{
		{"2027-03-27", "01:30", "02:30", "02:30 does not exist, clocks are set forward: 03:30 is meant"},
		{"2027-10-30", "02:30", "04:00", "02:30 comes twice, clocks are set back: the first (02:30 CEST) is meant, not 02:30 CET"},
	} {
		at := func(clock string) time.Time {
			parsed, err := time.ParseInLocation("2006-01-02 15:04", c.day+" "+clock, berlin)
			if err != nil {
				t.Fatal(err)
			}
			return parsed
		}
		dates := series.Dates(wish.Repeat{Frequency: wish.Daily, Interval: 1, Count: 3}, providers.Interval{Start: at(c.from), End: at(c.until)}, berlin)
		if len(dates) != 3 || len(dates[0].Notes) != 0 || !strings.Contains(strings.Join(dates[1].Notes, "; "), c.note) {
			t.Errorf("%s: %+v", c.day, dates)
		}
		if got := dates[2].Span.Start.In(berlin).Format("15:04"); got != c.from {
			t.Errorf("%s: the date behind it begins at %s", c.day, got)
		}
	}
}

// In any zone and year each date begins when clocks show the time of the first, or
// says why not, and ends behind its beginning.
func TestDatesKeepTheirClockInEveryZone(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia", "Asia/Kathmandu", "America/Santiago"}
	rapid.Check(t, func(t *rapid.T) {
		zone := zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		start := time.Unix(rapid.Int64Range(0, 4102444800).Draw(t, "start"), 0).Truncate(15 * time.Minute)
		length := time.Duration(rapid.IntRange(1, 60).Draw(t, "quarters")) * 15 * time.Minute
		rule := wish.Repeat{Frequency: rapid.SampledFrom([]wish.Frequency{wish.Daily, wish.Weekly, wish.Monthly}).Draw(t, "rule"), Interval: rapid.IntRange(1, 3).Draw(t, "interval"), Count: rapid.IntRange(1, 60).Draw(t, "count")}
		dates := series.Dates(rule, providers.Interval{Start: start, End: start.Add(length)}, zone)
		if len(dates) == 0 || len(dates) > rule.Count {
			t.Fatalf("%d dates", len(dates))
		}
		clock := start.In(zone).Format("15:04")
		for i, d := range dates {
			if got := d.Span.Start.In(zone).Format("15:04"); got != clock && !strings.Contains(strings.Join(d.Notes, ";"), "does not exist") {
				t.Fatalf("date %d begins at %s, not %s: %q", i, got, clock, d.Notes)
			}
			if !d.Span.End.After(d.Span.Start) || d.Span.Duration() > length+2*time.Hour || i > 0 && !d.Span.Start.After(dates[i-1].Span.Start) {
				t.Fatalf("date %d is %v", i, d.Span)
			}
		}
	})
}
