package ical_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ical"
)

// allZones lists the zones of the toolchain's copy of the time zone database, else
// a few with odd rules.
func allZones(t *testing.T) []string {
	t.Helper()
	some := []string{"Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Tehran", "Antarctica/Troll", "Europe/Dublin"}
	root := os.Getenv("GOROOT")
	if root == "" {
		root = runtime.GOROOT() //nolint:staticcheck // a test: an empty answer is handled
	}
	archive, err := zip.OpenReader(filepath.Join(root, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Logf("only %d zones: %v", len(some), err)
		return some
	}
	defer func() {
		if err := archive.Close(); err != nil {
			t.Error(err)
		}
	}()
	var names []string
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, "/") && file.Name != "Factory" {
			names = append(names, file.Name)
		}
	}
	if len(names) < 400 {
		t.Fatalf("only %d zones in the archive", len(names))
	}
	return names
}

// In every zone, around every change of clocks in four spans of years, or with
// ROOMDESK_TEST_EVERY in 200 years, a reader
// that knows only what the file says of the zone finds the instants again.
func TestEveryZoneIsDescribedByItsRealTransitions(t *testing.T) {
	years := []int{1945, 2011, 2026, 2040}
	if os.Getenv("ROOMDESK_TEST_EVERY") != "" {
		years = nil
		for year := 1900; year < 2100; year += 2 {
			years = append(years, year)
		}
	}
	changes := 0
	for _, name := range allZones(t) {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, year := range years {
			from := time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC)
			until := from.AddDate(2, 0, 0)
			times := []time.Time{from, until}
			for at := from.In(zone); ; {
				_, next := at.ZoneBounds()
				if next.IsZero() || next.After(until) {
					break
				}
				if !next.After(at) { // no bound at all, see when.NextChange
					at = at.Add(24 * time.Hour)
					continue
				}
				changes++
				for _, d := range []time.Duration{-3 * time.Hour, -time.Hour, -30 * time.Minute, -time.Second, 0, time.Second, 30 * time.Minute, time.Hour, 3 * time.Hour} {
					times = append(times, next.Add(d).UTC())
				}
				at = next
			}
			var entries []ical.Entry
			for _, at := range times {
				entries = append(entries, ical.Entry{UID: at.String(), Series: true, Original: at, Start: at, End: at.Add(time.Hour), Summary: providers.Outside("x")})
			}
			_, calendar := written(t, ical.Calendar{Zone: zone, Made: from, Entries: entries})
			zones := map[string]described{}
			if zone.String() != "UTC" {
				zones[name] = zoneOf(t, calendar, name)
			}
			for i, e := range calendar.Events() {
				for property, want := range map[string]time.Time{"DTSTART": times[i], "DTEND": times[i].Add(time.Hour), "RECURRENCE-ID": times[i]} {
					if got := instantOf(t, zones, e.Props.Get(property)); !got.Equal(want) {
						t.Fatalf("%s: %s %s is read as %s, it is %s", name, property, e.Props.Get(property).Value, got, want)
					}
				}
			}
		}
	}
	t.Logf("%d changes of clocks", changes)
	if changes < 500 {
		t.Errorf("only %d changes of clocks were looked at", changes)
	}
}

// Of a time that clocks show twice the second is written so that nobody takes it
// for the first.
func TestTheSecondOfTwoIsWrittenInUTC(t *testing.T) {
	zone := berlin(t)
	first := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30 CEST
	second := first.Add(time.Hour)                          // 02:30 CET
	text, _ := written(t, ical.Calendar{Zone: zone, Made: day, Entries: []ical.Entry{{UID: "1", Start: first, End: second}, {UID: "2", Start: second, End: second.Add(time.Hour)}}})
	for _, line := range []string{"DTSTART;TZID=Europe/Berlin:20261025T023000\r\n", "DTEND:20261025T013000Z\r\n", "DTSTART:20261025T013000Z\r\n", "DTEND;TZID=Europe/Berlin:20261025T033000\r\n",
		"BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n", "BEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is missing in\n%s", line, text)
		}
	}
}
