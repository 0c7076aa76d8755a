package relocate

import (
	"testing"
	"time"
)

// J2: the period stands in front, what follows is the reason. Today is Thu 19 Nov 2026.
func TestJ2ReadPeriod(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 19, 13, 7, 0, 0, time.UTC)
	for line, want := range map[string][3]string{
		"next week leak":               {"2026-11-23", "2026-11-29", "leak"},
		"this week":                    {"2026-11-19", "2026-11-22", ""},
		"tomorrow Ceiling  Leak":       {"2026-11-20", "2026-11-20", "Ceiling Leak"},
		"fri to mon paint":             {"2026-11-20", "2026-11-23", "paint"},
		"from 24 nov until 2 dec":      {"2026-11-24", "2026-12-02", ""},
		"until sat no heating":         {"2026-11-19", "2026-11-21", "no heating"},
		"2026-11-30 - 2026-12-01 wet":  {"2026-11-30", "2026-12-01", "wet"},
		"today to be repaired at once": {"2026-11-19", "2026-11-19", "to be repaired at once"},
	} {
		period, reason, problem := ReadPeriod(line, now, berlin)
		first, last := period.Start.In(berlin), period.End.In(berlin).AddDate(0, 0, -1)
		if problem != "" || first.Format(time.DateOnly) != want[0] || last.Format(time.DateOnly) != want[1] || reason != want[2] || first.Hour() != 0 {
			t.Errorf("%q is %v to %v for %q (%s)", line, first, last, reason, problem)
		}
	}
	for _, line := range []string{"", "leak", "next", "yesterday leak", "2026-11-20 to 2027-11-20"} {
		if _, _, problem := ReadPeriod(line, now, berlin); problem == "" {
			t.Errorf("%q was understood", line)
		}
	}
}
