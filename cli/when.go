package cli

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	dates "roomdesk/providers/when"
)

// whenWays is what a time flag accepts, for messages.
const whenWays = `write it as 2026-11-23T14:00, "2026-11-23 14:00", 14:00, "tomorrow 14:00", "tue 14:00", +2h, or with an offset as 2026-11-23T14:00:00+01:00`

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
// day. The day is read as in a wish: "tue", "next tue", "24 nov".
func dayAndClock(s string, zone *time.Location, now, base time.Time) (time.Time, time.Duration, error) {
	if len(s) > 10 && s[10] == 'T' {
		s = s[:10] + " " + s[11:]
	}
	words := strings.Fields(strings.ToLower(s))
	day, used := dates.Day(words, dates.Date(now.In(zone)))
	if used == 0 {
		day = dates.Date(base.In(zone))
	} else if used == len(words) {
		return day, 0, nil
	}
	clock, err := clockOf(words[used:], used > 0)
	return day, clock, err
}

// clockOf reads a time of day: 14:00, with seconds, 2pm, and behind a day 14 alone.
func clockOf(words []string, behindDay bool) (time.Duration, error) {
	if len(words) == 1 {
		if t, err := time.Parse("15:04:05", words[0]); err == nil {
			return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second, nil
		}
	}
	clock, used := dates.TimeOfDay(words, behindDay)
	if used == 0 || used != len(words) || clock.HasTo || clock.From >= 24*time.Hour {
		return 0, fmt.Errorf("%q is no time of day", strings.Join(words, " "))
	}
	return clock.From, nil
}

// wall finds the instant at which clocks of the zone show a date and time.
func wall(day time.Time, clock time.Duration, zone *time.Location) (time.Time, error) {
	at, other, reading := dates.Wall(day, clock, zone)
	if reading == dates.Once {
		return at, nil
	}
	text := day.Add(clock).Format("15:04 on 2006-01-02")
	first, second := at, other
	if second.Before(first) {
		first, second = second, first
	}
	next := fmt.Sprintf("write %s or %s", first.Format(time.RFC3339), second.Format(time.RFC3339))
	if reading == dates.Skipped {
		return time.Time{}, usage(next, "%s does not exist in %s, where clocks are set forward then", text, zone)
	}
	return time.Time{}, usage(next, "%s happens twice in %s, where clocks are set back then", text, zone)
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
