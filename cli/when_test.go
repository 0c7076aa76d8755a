package cli

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWhen(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 10, 30, 0, 0, berlin)
	base := time.Date(2026, 11, 24, 14, 0, 0, 0, berlin)
	good := map[string]string{
		"2026-11-23T14:00:00Z":      "2026-11-23T14:00:00Z",
		"2026-11-23T14:00:00-05:00": "2026-11-23T14:00:00-05:00",
		"2026-11-23T14:00":          "2026-11-23T14:00:00+01:00",
		"2026-11-23 14:00":          "2026-11-23T14:00:00+01:00",
		" 2026-07-23  14:00:30 ":    "2026-07-23T14:00:30+02:00",
		"2026-11-23":                "2026-11-23T00:00:00+01:00",
		"15:15":                     "2026-11-24T15:15:00+01:00",
		"today 15:15":               "2026-11-21T15:15:00+01:00",
		"Tomorrow 14:00":            "2026-11-22T14:00:00+01:00",
		"tomorrow":                  "2026-11-22T00:00:00+01:00",
		"yesterday 08:00":           "2026-11-20T08:00:00+01:00",
		"+2h":                       "2026-11-24T16:00:00+01:00",
		"+90m":                      "2026-11-24T15:30:00+01:00",
		"+1d":                       "2026-11-25T14:00:00+01:00",
		"now":                       "2026-11-21T10:30:00+01:00",
		"2026-03-29 01:59":          "2026-03-29T01:59:00+01:00",
		"2026-03-29 03:00":          "2026-03-29T03:00:00+02:00",
		"2026-10-25 03:00":          "2026-10-25T03:00:00+01:00",
		"tue 10:00":                 "2026-11-24T10:00:00+01:00",
		"Tuesday":                   "2026-11-24T00:00:00+01:00",
		"next sat 9":                "2026-11-28T09:00:00+01:00",
		"sat 2pm":                   "2026-11-21T14:00:00+01:00",
		"1 dec 14:30":               "2026-12-01T14:30:00+01:00",
		"1.12. 14:30":               "2026-12-01T14:30:00+01:00",
		"tomorrow noon":             "2026-11-22T12:00:00+01:00",
		"next week":                 "2026-11-23T00:00:00+01:00",
	}
	for text, want := range good {
		got, err := when(text, berlin, now, base)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if wanted, _ := time.Parse(time.RFC3339, want); !got.Equal(wanted) {
			t.Errorf("%q is %s, want %s", text, got.Format(time.RFC3339), want)
		}
	}
	for _, text := range []string{"", "25:00", "14", "2026-13-01", "2026-02-30 10:00", "next year", "+x", "+-2h", "2026-11-23T14:00:00+99:00", "tomorrow 14-15", "tue morning", "24:00", "tue tue", "2026-11-23 14:00 15:00"} {
		if got, err := when(text, berlin, now, base); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

// Local times that a change of clocks makes doubtful are refused, never guessed.
func TestWhenAtAChangeOfClocks(t *testing.T) {
	cases := []struct{ zone, text, says, first, second string }{
		{"Europe/Berlin", "2026-03-29 02:30", "does not exist", "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"Europe/Berlin", "2026-10-25 02:30", "twice", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"},
		{"America/New_York", "2026-11-01 01:00", "twice", "2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"},
		{"Australia/Lord_Howe", "2026-10-04 02:15", "does not exist", "2026-10-04T01:45:00+10:30", "2026-10-04T02:45:00+11:00"},
		{"Pacific/Apia", "2011-12-30 12:00", "does not exist", "", ""},
	}
	for _, c := range cases {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		_, err = when(c.text, zone, time.Now(), time.Now())
		var f *failure
		if !errors.As(err, &f) || f.code != exitUsage || !strings.Contains(f.message, c.says) || !strings.Contains(f.next, c.first) || !strings.Contains(f.next, c.second) {
			t.Errorf("%s in %s: %v (next: %q)", c.text, c.zone, err, f.next)
		}
	}
}

func TestZoneOf(t *testing.T) {
	if _, err := zoneOf("Mars/Olympus", time.UTC); err == nil {
		t.Error("a zone that does not exist was taken")
	}
	if zone, err := zoneOf("", time.UTC); err != nil || zone != time.UTC {
		t.Errorf("no zone: %v %v", zone, err)
	}
}
