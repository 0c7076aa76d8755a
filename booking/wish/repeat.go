package wish

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers/when"
)

// Frequency is how often a series comes, with the names of iCalendar.
type Frequency string

// Frequencies of a series.
const (
	Daily   Frequency = "daily"
	Weekly  Frequency = "weekly"
	Monthly Frequency = "monthly"
)

// Repeat is the rule of a series. Exactly one of Count and Until is set once the
// line was read without problems.
type Repeat struct {
	Frequency Frequency
	Interval  int            // every n days, weeks or months; at least 1
	Weekdays  []time.Weekday // weekly; empty is the weekday of the first date
	Workdays  bool           // daily from Monday to Friday
	// Nth is the place of the weekday in its month, 1 to 4, or -1 for the last; 0 is
	// by date.
	Nth     int
	Weekday time.Weekday // with Nth
	Count   int
	Until   time.Time // the last day, midnight UTC of the date
}

// maxDates bounds a series: rooms refuse longer ones, and a screen cannot show them.
const maxDates = 366

// Dates are the days of the series, midnight UTC each, from first on. Days that a
// month does not have are left out, as iCalendar does.
func (r Repeat) Dates(first time.Time) []time.Time {
	var dates []time.Time
	done := func(day time.Time) bool {
		return !r.Until.IsZero() && day.After(r.Until) || r.Count > 0 && len(dates) >= r.Count || len(dates) >= maxDates
	}
	interval := max(r.Interval, 1)
	switch r.Frequency {
	case Daily:
		for day := first; !done(day); day = day.AddDate(0, 0, interval) {
			if !r.Workdays || day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
				dates = append(dates, day)
			}
		}
	case Weekly:
		wanted := map[time.Weekday]bool{first.Weekday(): len(r.Weekdays) == 0}
		for _, w := range r.Weekdays {
			wanted[w] = true
		}
		monday := first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
		for week := monday; !done(week); week = week.AddDate(0, 0, 7*interval) {
			for d := range 7 {
				if day := week.AddDate(0, 0, d); wanted[day.Weekday()] && !day.Before(first) && !done(day) {
					dates = append(dates, day)
				}
			}
		}
	case Monthly:
		for n := 0; n < 12*10*interval; n += interval {
			month := time.Date(first.Year(), first.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
			if done(month) {
				break
			}
			day, ok := r.inMonth(month, first.Day())
			if ok && !day.Before(first) && !done(day) {
				dates = append(dates, day)
			}
		}
	}
	return dates
}

// inMonth is the series' day in the month that begins with month.
func (r Repeat) inMonth(month time.Time, date int) (time.Time, bool) {
	if r.Nth == 0 {
		day := month.AddDate(0, 0, date-1)
		return day, day.Month() == month.Month()
	}
	if r.Nth < 0 {
		last := month.AddDate(0, 1, -1)
		return last.AddDate(0, 0, -(int(last.Weekday())-int(r.Weekday)+7)%7), true
	}
	day := month.AddDate(0, 0, (int(r.Weekday)-int(month.Weekday())+7)%7+7*(r.Nth-1))
	return day, day.Month() == month.Month()
}

// Words is the rule as a person says it, without the times.
func (r Repeat) Words() string {
	every := func(one, many string) string {
		if r.Interval > 1 {
			return fmt.Sprintf("every %d %s", r.Interval, many)
		}
		return one
	}
	var text string
	switch {
	case r.Workdays:
		text = "every workday"
	case r.Frequency == Daily:
		text = every("every day", "days")
	case r.Frequency == Weekly:
		text = every("every week", "weeks")
		for i, w := range r.Weekdays {
			text += map[bool]string{true: " on ", false: ", "}[i == 0] + w.String()[:3]
		}
	case r.Nth != 0:
		text = every("every month", "months") + " on the " + map[int]string{1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}[r.Nth] + " " + r.Weekday.String()
	default:
		text = every("every month", "months")
	}
	switch {
	case r.Count > 0:
		text += fmt.Sprintf(", %d times", r.Count)
	case !r.Until.IsZero():
		text += " until " + r.Until.Format("Mon 2 Jan 2006")
	}
	return text
}

// readRepeat takes the words of a series off the front: weekly, daily, monthly,
// "every 2 weeks", "every tue", "every workday", "first mon" behind monthly.
func readRepeat(words []string) (r Repeat, used int) {
	if len(words) == 0 {
		return Repeat{}, 0
	}
	switch words[0] {
	case "daily":
		return Repeat{Frequency: Daily, Interval: 1}, 1
	case "weekly":
		return weekdays(Repeat{Frequency: Weekly, Interval: 1}, words, 1)
	case "biweekly", "fortnightly":
		return weekdays(Repeat{Frequency: Weekly, Interval: 2}, words, 1)
	case "monthly":
		return nthWeekday(Repeat{Frequency: Monthly, Interval: 1}, words, 1)
	case "workdays", "weekdays":
		return Repeat{Frequency: Daily, Interval: 1, Workdays: true}, 1
	case "every", "each":
	default:
		return Repeat{}, 0
	}
	if len(words) < 2 {
		return Repeat{}, 0
	}
	next, interval, at := words[1], 1, 2
	if n, err := strconv.Atoi(next); err == nil && n >= 1 && n <= 52 && len(words) > 2 {
		interval, next, at = n, words[2], 3
	} else if next == "other" && len(words) > 2 {
		interval, next, at = 2, words[2], 3
	}
	switch strings.TrimSuffix(next, "s") {
	case "day":
		return Repeat{Frequency: Daily, Interval: interval}, at
	case "week":
		return weekdays(Repeat{Frequency: Weekly, Interval: interval}, words, at)
	case "month":
		return nthWeekday(Repeat{Frequency: Monthly, Interval: interval}, words, at)
	case "workday", "weekday":
		if interval == 1 {
			return Repeat{Frequency: Daily, Interval: 1, Workdays: true}, at
		}
	}
	if list, ok := weekdayList(next); ok {
		return Repeat{Frequency: Weekly, Interval: interval, Weekdays: list}, at
	}
	if n := nth(next); n != 0 && interval == 1 && len(words) > at {
		if w, ok := when.Weekday(words[at]); ok {
			return Repeat{Frequency: Monthly, Interval: 1, Nth: n, Weekday: w}, at + 1
		}
	}
	return Repeat{}, 0
}

func weekdays(r Repeat, words []string, at int) (Repeat, int) {
	if len(words) > at+1 && words[at] == "on" {
		if list, ok := weekdayList(words[at+1]); ok {
			r.Weekdays = list
			return r, at + 2
		}
	}
	if len(words) > at {
		if list, ok := weekdayList(words[at]); ok {
			r.Weekdays = list
			return r, at + 1
		}
	}
	return r, at
}

// weekdayList reads "tue" and "mon,wed,fri".
func weekdayList(word string) ([]time.Weekday, bool) {
	var list []time.Weekday
	for name := range strings.SplitSeq(strings.TrimSuffix(word, ","), ",") {
		w, ok := when.Weekday(name)
		if !ok {
			return nil, false
		}
		list = append(list, w)
	}
	return list, len(list) > 0
}

func nthWeekday(r Repeat, words []string, at int) (Repeat, int) {
	i := at
	for i < len(words) && (words[i] == "on" || words[i] == "the") {
		i++
	}
	if i+1 < len(words) {
		if n := nth(words[i]); n != 0 {
			if w, ok := when.Weekday(words[i+1]); ok {
				r.Nth, r.Weekday = n, w
				return r, i + 2
			}
		}
	}
	return r, at
}

func nth(word string) int {
	switch word {
	case "first", "1st":
		return 1
	case "second", "2nd":
		return 2
	case "third", "3rd":
		return 3
	case "fourth", "4th":
		return 4
	case "last":
		return -1
	}
	return 0
}

// readEnd takes the end of a series off the front: x10, "10 times", "until 3 march".
func readEnd(words []string, today time.Time) (count int, until time.Time, used int) {
	if len(words) == 0 {
		return 0, time.Time{}, 0
	}
	if rest, ok := strings.CutPrefix(words[0], "x"); ok {
		if n, err := strconv.Atoi(rest); err == nil && n >= 1 && len(rest) <= 4 && rest[0] != '+' {
			return n, time.Time{}, 1
		}
	}
	if len(words) > 1 && words[1] == "times" {
		if n, err := strconv.Atoi(words[0]); err == nil && n >= 1 && len(words[0]) <= 4 {
			return n, time.Time{}, 2
		}
	}
	if words[0] == "until" || words[0] == "till" {
		if day, used := when.Day(words[1:], today); used > 0 {
			return 0, day, used + 1
		}
	}
	return 0, time.Time{}, 0
}
