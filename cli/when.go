package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// whenWays is what a time flag accepts, for messages.
const whenWays = `write it as 2026-11-23T14:00, "2026-11-23 14:00", 14:00, "tomorrow 14:00", +2h, or with an offset as 2026-11-23T14:00:00+01:00`

// when reads a time that a person gave. base is the instant that "+2h" counts
// from and whose day a bare "14:00" is on; now decides what today is. A local
// time that does not exist or exists twice is refused with both readings.
func when(text string, zone *time.Location, now, base time.Time) (time.Time, error) {
	s := strings.Join(strings.Fields(text), " ")
	if s == "" {
		return time.Time{}, usage(whenWays, "a time is empty")
	}
	if strings.EqualFold(s, "now") {
		return now.Truncate(time.Second), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if rest, relative := strings.CutPrefix(s, "+"); relative {
		d, err := spanOf(rest)
		if err != nil {
			return time.Time{}, usage(whenWays, "%q is no time", text)
		}
		return base.Add(d), nil
	}
	day, clock, err := dayAndClock(s, zone, now, base)
	if err != nil {
		return time.Time{}, usage(whenWays, "%q is no time", text)
	}
	return wall(day, clock, zone)
}

var days = regexp.MustCompile(`^(\d+)d$`)

// spanOf reads a duration; days are 24 hours.
func spanOf(text string) (time.Duration, error) {
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > 3660 {
			return 0, fmt.Errorf("%q is too long", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = fmt.Errorf("%q is negative", text)
	}
	return d, err
}

// dayAndClock splits a local time into its date (as UTC midnight) and its time of
// day.
func dayAndClock(s string, zone *time.Location, now, base time.Time) (time.Time, time.Duration, error) {
	dateOf := func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	if len(s) > 10 && s[10] == 'T' {
		s = s[:10] + " " + s[11:]
	}
	first, second, both := strings.Cut(s, " ")
	if !both {
		if clock, err := clockOf(first); err == nil {
			return dateOf(base), clock, nil
		}
		second = "00:00"
	}
	clock, err := clockOf(second)
	if err != nil {
		return time.Time{}, 0, err
	}
	switch strings.ToLower(first) {
	case "today":
		return dateOf(now), clock, nil
	case "tomorrow":
		return dateOf(now).AddDate(0, 0, 1), clock, nil
	case "yesterday":
		return dateOf(now).AddDate(0, 0, -1), clock, nil
	}
	day, err := time.Parse(time.DateOnly, first)
	return day, clock, err
}

func clockOf(s string) (time.Duration, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second, nil
		}
	}
	return 0, fmt.Errorf("%q is no time of day", s)
}

// wall finds the instant at which clocks of the zone show a date and time.
func wall(day time.Time, clock time.Duration, zone *time.Location) (time.Time, error) {
	shown := day.Add(clock) // the wall clock written as if it were UTC
	// Every offset in use around that time; a zone changes at most once within it.
	var offsets []int
	for _, around := range []time.Duration{-26 * time.Hour, 0, 26 * time.Hour} {
		_, offset := shown.Add(around).In(zone).Zone()
		if !slices.Contains(offsets, offset) {
			offsets = append(offsets, offset)
		}
	}
	var readings, candidates []time.Time
	for _, offset := range offsets {
		t := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		candidates = append(candidates, t)
		if _, is := t.Zone(); is == offset {
			readings = append(readings, t)
		}
	}
	slices.SortFunc(candidates, time.Time.Compare)
	slices.SortFunc(readings, time.Time.Compare)
	text := shown.Format("15:04 on 2006-01-02")
	switch {
	case len(readings) == 1:
		return readings[0], nil
	case len(readings) == 0:
		return time.Time{}, usage(fmt.Sprintf("write %s or %s", candidates[0].Format(time.RFC3339), candidates[len(candidates)-1].Format(time.RFC3339)),
			"%s does not exist in %s, where clocks are set forward then", text, zone)
	}
	return time.Time{}, usage(fmt.Sprintf("write %s or %s", readings[0].Format(time.RFC3339), readings[len(readings)-1].Format(time.RFC3339)),
		"%s happens twice in %s, where clocks are set back then", text, zone)
}

// zoneOf reads an IANA zone name.
func zoneOf(name string, local *time.Location) (*time.Location, error) {
	if name == "" {
		return local, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || strings.EqualFold(name, "local") {
		return nil, usage("give an IANA name such as Europe/Berlin", "time zone %q is unknown", name)
	}
	return zone, nil
}
