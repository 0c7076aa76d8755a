package when_test

import (
	"testing"
	"time"

	_ "time/tzdata"

	"roomdesk/providers/when"
)

func TestWall(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, row := range []struct {
		name, day string
		clock     time.Duration
		at, other string
		want      when.Reading
		in        *time.Location
	}{
		{"usual", "2026-11-21", 14 * time.Hour, "2026-11-21T13:00:00Z", "", when.Once, berlin},
		{"over midnight", "2026-11-21", 25 * time.Hour, "2026-11-22T00:00:00Z", "", when.Once, berlin},
		{"skipped", "2026-03-29", 150 * time.Minute, "2026-03-29T01:30:00Z", "2026-03-29T00:30:00Z", when.Skipped, berlin},
		{"before the jump", "2026-03-29", 119 * time.Minute, "2026-03-29T00:59:00Z", "", when.Once, berlin},
		{"after the jump", "2026-03-29", 3 * time.Hour, "2026-03-29T01:00:00Z", "", when.Once, berlin},
		{"twice", "2026-10-25", 150 * time.Minute, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", when.Twice, berlin},
		{"half an hour", "2026-04-05", 105 * time.Minute, "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z", when.Twice, zone(t, "Australia/Lord_Howe")},
		{"a day that was left out", "2011-12-30", 12 * time.Hour, "2011-12-30T22:00:00Z", "2011-12-29T22:00:00Z", when.Skipped, zone(t, "Pacific/Apia")},
	} {
		day, err := time.Parse(time.DateOnly, row.day)
		if err != nil {
			t.Fatal(err)
		}
		at, other, reading := when.Wall(day, row.clock, row.in)
		gotOther := ""
		if !other.IsZero() {
			gotOther = other.UTC().Format(time.RFC3339)
		}
		if at.UTC().Format(time.RFC3339) != row.at || gotOther != row.other || reading != row.want {
			t.Errorf("%s: %s, %s, %d", row.name, at.UTC().Format(time.RFC3339), gotOther, reading)
		}
	}
}

// Around every change of every zone in 200 years, what clocks show leads back to
// the instant, or to both where they show it twice; what they never show is told.
func TestWallInAllZones(t *testing.T) {
	for _, name := range allZones(t) {
		in := zone(t, name)
		for year := 1900; year < 2100; year++ {
			if testing.Short() && year%10 != 6 {
				continue
			}
			at := time.Date(year, 1, 1, 0, 0, 0, 0, in)
			for at.Year() <= year {
				_, end := at.ZoneBounds()
				if end.IsZero() || !end.After(at) || end.Year() > year+1 {
					break
				}
				for _, step := range []time.Duration{-90 * time.Minute, -30 * time.Minute, -time.Minute, 0, time.Minute, 30 * time.Minute, 90 * time.Minute} {
					t0 := end.Add(step).In(in)
					midnight := when.Date(t0)
					shown := time.Date(t0.Year(), t0.Month(), t0.Day(), t0.Hour(), t0.Minute(), t0.Second(), t0.Nanosecond(), time.UTC)
					got, other, reading := when.Wall(midnight, shown.Sub(midnight), in)
					switch {
					case reading == when.Once && got.Equal(t0):
					case reading == when.Twice && got.Before(other) && (got.Equal(t0) || other.Equal(t0)):
					default:
						t.Fatalf("%s: %s is read as %s, %s (%d)", name, t0, got, other, reading)
					}
				}
				_, before := end.Add(-time.Second).In(in).Zone()
				_, after := end.In(in).Zone()
				if gap := time.Duration(after-before) * time.Second; gap > time.Minute {
					// A minute before the end of the gap.
					missing := end.Add(time.Duration(before)*time.Second + gap - time.Minute).UTC()
					got, other, reading := when.Wall(when.Date(missing), missing.Sub(when.Date(missing)), in)
					if reading == when.Skipped && (got.Before(end) || !other.Before(end)) || reading == when.Twice {
						t.Fatalf("%s: %s does not exist and is read as %s, %s (%d)", name, missing.Format(time.DateTime), got, other, reading)
					}
				}
				at = end
			}
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	in, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return in
}
