package wish_test

import (
	"strings"
	"testing"
	"time"

	"roomdesk/booking/wish"
)

func TestARuleThatStandsAlone(t *testing.T) {
	first := time.Date(2026, 11, 24, 23, 30, 0, 0, time.FixedZone("", -5*3600)) // a Tuesday there
	for text, want := range map[string]string{
		"weekly x10":                     "every week, 10 times",
		"Weekly  X10":                    "every week, 10 times",
		"every 2 weeks until 22 dec":     "every 2 weeks until Tue 22 Dec 2026",
		"weekly tue,thu 4 times":         "every week on Tue, Thu, 4 times",
		"every workday until 2026-12-04": "every workday until Fri 4 Dec 2026",
		"monthly x3":                     "every month, 3 times",
		"weekly":                         "problem: the series has no end",
		"x10":                            "problem: \"x10\" is no repetition",
		"weekly x10 please":              "problem: \"please\" is not understood",
		"weekly mon x3":                  "problem: the first date, Tue 24 Nov, is not one",
		"daily x400":                     "problem: 400 dates are too many",
		"daily until 2029-01-01":         "problem: the series has more than 366 dates",
		"":                               "problem: \"\" is no repetition",
		"\x1b[2Jweekly":                  "problem: \"␛weekly\" is no repetition",
	} {
		r, problem := wish.ReadRepeat(text, first)
		got := r.Words()
		if problem != "" {
			got = "problem: " + problem
		}
		if got != want && !(problem != "" && strings.HasPrefix(want, "problem: ") && strings.HasPrefix(got, want)) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
