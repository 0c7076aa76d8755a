package graph

import (
	"testing"
	"time"

	"roomdesk/providers/zones"
)

// F-091: what is written in a zone is read back as the same instant, on both
// sides of a change of the clocks, and in the hours that it skips or repeats.
func TestTimesSurviveTheirZone(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu",
		"America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "UTC", "", "Nowhere/Town", "Local", "Europe/Kyiv"} {
		for start := time.Date(2026, 1, 1, 0, 7, 0, 0, time.UTC); start.Year() == 2026; start = start.Add(145 * time.Minute) {
			dateTime, timeZone := zones.DateTimeIn(start, zone)
			if got := Instant(dateTime, timeZone); !got.Equal(start) {
				t.Fatalf("%s: %v became %s %s and then %v", zone, start, dateTime, timeZone, got)
			}
		}
	}
}
