package zones

import (
	"strings"
	"testing"
	"time"
)

// F-091: what is written in a zone is read back as the same instant, on both
// sides of a change of the clocks, and in the hours that it skips or repeats.
func TestTimesSurviveTheirZone(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu",
		"America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "UTC", "", "Nowhere/Town", "Local", "Europe/Kyiv"} {
		for start := time.Date(2026, 1, 1, 0, 7, 0, 0, time.UTC); start.Year() == 2026; start = start.Add(145 * time.Minute) {
			dateTime, timeZone := DateTimeIn(start, zone)
			location, err := Location(timeZone)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := time.ParseInLocation(LocalTime, dateTime, location); err != nil || !got.Equal(start) {
				t.Fatalf("%s: %v became %s %s and then %v, %v", zone, start, dateTime, timeZone, got, err)
			}
		}
	}
}

func TestWindowsZones(t *testing.T) {
	for iana, windows := range map[string]string{
		"Europe/Berlin": "W. Europe Standard Time", "Europe/Amsterdam": "W. Europe Standard Time", "America/New_York": "Eastern Standard Time",
		"Asia/Kolkata": "India Standard Time", "Asia/Calcutta": "India Standard Time", "europe/kyiv": "FLE Standard Time", "UTC": "UTC", "": "UTC", "Nowhere/Town": "UTC",
	} {
		if got := WindowsZone(iana); got != windows {
			t.Errorf("%s: %q, want %q", iana, got, windows)
		}
	}
	for name, iana := range map[string]string{
		"W. Europe Standard Time": "Europe/Berlin", "w. europe standard time": "Europe/Berlin", "Pacific Standard Time": "America/Los_Angeles",
		"Europe/Paris": "Europe/Paris", "Customized Time Zone": "", "tzone://Microsoft/Custom": "", "": "", "../../etc/passwd": "",
	} {
		if got := IANAZone(name); got != iana {
			t.Errorf("%q: %q, want %q", name, got, iana)
		}
	}
	// Each Windows zone has rules that Go knows: a table of another age than the
	// time zone database would lose events.
	for line := range strings.Lines(zoneTable) {
		windows, _, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		if _, err := Location(windows); err != nil {
			t.Errorf("%s: %v", windows, err)
		}
	}
}

func TestBerlinInSummerAndWinter(t *testing.T) {
	summer, zone := DateTimeIn(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), "Europe/Berlin")
	winter, _ := DateTimeIn(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC), "Europe/Berlin")
	if summer != "2026-07-01T14:00:00" || winter != "2026-12-01T13:00:00" || zone != "W. Europe Standard Time" {
		t.Errorf("%s, %s %s", summer, winter, zone)
	}
	// 00:30 and 01:30 UTC are both 02:30 in Berlin that night.
	for _, hour := range []int{0, 1} {
		if text, zone := DateTimeIn(time.Date(2026, 10, 25, hour, 30, 0, 0, time.UTC), "Europe/Berlin"); zone != "UTC" {
			t.Errorf("an hour that comes twice is written as %s %s", text, zone)
		}
	}
}
