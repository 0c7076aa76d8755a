package relocate

import (
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/when"
)

// ReadPeriod reads a period off the front of a line; what follows is the reason:
// "next week leak", "tomorrow", "mon to wed paint", "24 nov until 2 dec". Both days
// belong to the period. A line without a period at its front gives a problem, which
// is safe to show.
func ReadPeriod(line string, now time.Time, zone *time.Location) (period providers.Interval, reason, problem string) {
	fields := strings.Fields(line)
	words := make([]string, len(fields))
	for i, w := range fields {
		words[i] = strings.ToLower(w)
	}
	today := when.Date(now.In(zone))
	first, last, used := days(words, today)
	if used == 0 {
		return period, "", "say when first: today, tomorrow, next week, mon to wed, 24 nov until 2 dec"
	}
	begin := func(day time.Time) time.Time {
		y, m, d := day.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, zone)
	}
	period = providers.Interval{Start: begin(first).UTC(), End: begin(last.AddDate(0, 0, 1)).UTC()}
	reason = strings.Join(fields[used:], " ")
	switch {
	case !period.End.After(now):
		return period, reason, "that is over"
	case period.Duration() > 92*24*time.Hour:
		return period, reason, "three months at most"
	case !period.End.After(period.Start):
		return period, reason, "it ends before it begins"
	}
	return period, reason, ""
}

// days reads the first and the last day.
func days(words []string, today time.Time) (first, last time.Time, used int) {
	at := 0
	if len(words) > 0 && words[0] == "from" {
		at = 1
	}
	week := func(n int) (time.Time, time.Time) {
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7+7*n)
		return monday, monday.AddDate(0, 0, 6)
	}
	if len(words) > at+1 && words[at+1] == "week" {
		switch words[at] {
		case "next":
			first, last = week(1)
			return first, last, at + 2
		case "this":
			_, last = week(0)
			return today, last, at + 2
		}
	}
	if len(words) > 0 && (words[0] == "until" || words[0] == "till") {
		if day, n := when.Day(words[1:], today); n > 0 {
			return today, day, n + 1
		}
		return first, last, 0
	}
	first, n := when.Day(words[at:], today)
	if n == 0 {
		return first, last, 0
	}
	at += n
	if len(words) > at {
		switch words[at] {
		case "to", "until", "till", "-", "–":
			if day, n := when.Day(words[at+1:], first); n > 0 {
				return first, day, at + 1 + n
			}
		}
	}
	return first, first, at
}
