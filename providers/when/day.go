package when

import (
	"strconv"
	"strings"
	"time"
)

// Day reads a day off the front of words. today is midnight UTC of the day that
// it is for the person, and so is the answer. Weekdays and dates without a year
// mean the next time that they come, today included; "next tue" is the Tuesday of
// the week after this one, which begins on Monday. used is 0 where no day stands there.
func Day(words []string, today time.Time) (day time.Time, used int) {
	if len(words) == 0 {
		return time.Time{}, 0
	}
	first, second := strings.TrimSuffix(words[0], ","), ""
	if len(words) > 1 {
		second = strings.TrimSuffix(words[1], ",")
	}
	switch first {
	case "today", "tod", "tonight":
		return today, 1
	case "tomorrow", "tmr", "tmrw", "tom", "tomo":
		return today.AddDate(0, 0, 1), 1
	case "yesterday":
		return today.AddDate(0, 0, -1), 1
	case "on", "this":
		if w, ok := Weekday(second); ok {
			return comes(today, w), 2
		}
		if first == "on" {
			if day, used := date(words[1:], today); used > 0 {
				return day, used + 1
			}
		}
	case "next":
		if w, ok := Weekday(second); ok {
			return nextWeek(today).AddDate(0, 0, (int(w)+6)%7), 2
		}
		if second == "week" {
			return nextWeek(today), 2
		}
	case "in":
		if len(words) > 2 {
			if days, ok := daysOf(second, words[2]); ok {
				return today.AddDate(0, 0, days), 3
			}
		}
	}
	if rest, ok := strings.CutPrefix(first, "+"); ok && rest != "" {
		if days, ok := daysOf(strings.TrimRight(rest, "dw"), rest[len(strings.TrimRight(rest, "dw")):]); ok {
			return today.AddDate(0, 0, days), 1
		}
	}
	if w, ok := Weekday(first); ok {
		// A weekday in front of a date is a comfort for the eye: "fri 21 nov".
		if day, used := date(words[1:], today); used > 0 && day.Weekday() == w {
			return day, used + 1
		}
		return comes(today, w), 1
	}
	return date(words, today)
}

// daysOf reads "3 days", "2 weeks", "3"+"d".
func daysOf(count, unit string) (int, bool) {
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > 3660 || strings.HasPrefix(count, "+") {
		return 0, false
	}
	switch unit {
	case "d", "day", "days":
		return n, true
	case "w", "week", "weeks":
		return 7 * n, n <= 520
	}
	return 0, false
}

func comes(today time.Time, w time.Weekday) time.Time {
	return today.AddDate(0, 0, (int(w)-int(today.Weekday())+7)%7)
}

// nextWeek is the Monday of the week after today's.
func nextWeek(today time.Time) time.Time {
	return today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7)
}

// Weekday reads the English name of a weekday, whole or cut to three letters or four.
func Weekday(word string) (time.Weekday, bool) {
	switch word { // also as people cut them beyond a plain beginning
	case "tues":
		return time.Tuesday, true
	case "thurs":
		return time.Thursday, true
	}
	if len(word) < 3 {
		return 0, false
	}
	for w := time.Sunday; w <= time.Saturday; w++ {
		name := strings.ToLower(w.String())
		if word == name || (len(word) <= 4 && strings.HasPrefix(name, word)) {
			return w, true
		}
	}
	return 0, false
}

// date reads a date of the calendar: 2026-11-24, 24 nov, nov 24 2026, 24nov,
// 24.11., 24.11.2026. Day comes before month where both are numbers, as the dot
// is written where that is the custom.
func date(words []string, today time.Time) (time.Time, int) {
	if len(words) == 0 {
		return time.Time{}, 0
	}
	first := strings.TrimSuffix(words[0], ",")
	if t, err := time.Parse(time.DateOnly, first); err == nil {
		return t, 1
	}
	if parts := strings.Split(strings.TrimSuffix(first, "."), "."); len(parts) >= 2 && strings.Count(first, ".") >= 2 {
		d, okDay := number(parts[0], 31)
		m, okMonth := number(parts[1], 12)
		switch {
		case !okDay || !okMonth:
		case len(parts) == 2:
			return coming(today, d, time.Month(m), 1)
		case len(parts) == 3:
			if y, ok := year(parts[2]); ok {
				return exact(y, time.Month(m), d, 1)
			}
		}
		return time.Time{}, 0
	}
	d, m, used := dayAndMonth(words)
	if used == 0 {
		return time.Time{}, 0
	}
	if len(words) > used {
		if y, ok := year(strings.TrimSuffix(words[used], ",")); ok {
			return exact(y, m, d, used+1)
		}
	}
	return coming(today, d, m, used)
}

// dayAndMonth reads "24 nov", "24nov", "nov 24", "24th november".
func dayAndMonth(words []string) (int, time.Month, int) {
	first := strings.TrimSuffix(words[0], ",")
	digits := strings.TrimRight(first, "abcdefghijklmnopqrstuvwxyz.")
	if digits != "" {
		d, ok := number(digits, 31)
		rest := strings.Trim(first[len(digits):], ".")
		if !ok {
			return 0, 0, 0
		}
		if m, ok := month(rest); ok {
			return d, m, 1
		}
		if len(words) > 1 && (rest == "" || ordinal(rest)) {
			if m, ok := month(strings.Trim(words[1], ".,")); ok {
				return d, m, 2
			}
		}
		return 0, 0, 0
	}
	if m, ok := month(strings.TrimSuffix(first, ".")); ok && len(words) > 1 {
		second := strings.TrimSuffix(words[1], ",")
		digits := strings.TrimRight(second, "stndrh")
		if d, ok := number(digits, 31); ok && (digits == second || ordinal(second[len(digits):])) {
			return d, m, 2
		}
	}
	return 0, 0, 0
}

func ordinal(s string) bool { return s == "st" || s == "nd" || s == "rd" || s == "th" }

func number(s string, most int) (int, bool) {
	if s == "" || len(s) > 2 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= most
}

func year(s string) (int, bool) {
	if len(s) != 4 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1900 && n < 2200
}

func month(word string) (time.Month, bool) {
	if len(word) < 3 {
		return 0, false
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if word == name || (len(word) <= 4 && strings.HasPrefix(name, word)) {
			return m, true
		}
	}
	return 0, false
}

// exact is a date that must exist.
func exact(y int, m time.Month, d, used int) (time.Time, int) {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d {
		return time.Time{}, 0
	}
	return t, used
}

// coming is the next time that a date comes, today included; leap days may be
// eight years away.
func coming(today time.Time, d int, m time.Month, used int) (time.Time, int) {
	for y := today.Year(); y <= today.Year()+8; y++ {
		if t, ok := exact(y, m, d, used); ok > 0 && !t.Before(today) {
			return t, used
		}
	}
	return time.Time{}, 0
}
