package when

import (
	"strconv"
	"strings"
	"time"
)

// Length reads how long something takes off the front of words: 45m, 1h, 1h30,
// 1.5h, 90min, "for 45 minutes", "an hour", "half an hour". It takes nothing that
// is shorter than a minute or longer than a day.
func Length(words []string) (length time.Duration, used int) {
	if len(words) == 0 {
		return 0, 0
	}
	first := strings.TrimSuffix(words[0], ",")
	if first == "for" {
		if length, used := Length(words[1:]); used > 0 {
			return length, used + 1
		}
		return 0, 0
	}
	if first == "an" || first == "one" {
		if len(words) > 1 && words[1] == "hour" {
			return time.Hour, 2
		}
		return 0, 0
	}
	if first == "half" && len(words) > 2 && words[1] == "an" && words[2] == "hour" {
		return 30 * time.Minute, 3
	}
	if d, ok := lengthOf(first); ok {
		return d, 1
	}
	if len(words) > 1 {
		if unit, ok := longUnit(strings.TrimSuffix(words[1], ",")); ok {
			if n, err := strconv.ParseFloat(first, 64); err == nil && strings.Trim(first, "0123456789.") == "" {
				if d := time.Duration(n * float64(unit)); sane(d) {
					return d.Round(time.Minute), 2
				}
			}
		}
	}
	return 0, 0
}

func longUnit(word string) (time.Duration, bool) {
	switch word {
	case "min", "mins", "minute", "minutes":
		return time.Minute, true
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour, true
	}
	return 0, false
}

// lengthOf reads a length in one word.
func lengthOf(s string) (time.Duration, bool) {
	for _, unit := range []string{"mins", "min"} {
		if rest, ok := strings.CutSuffix(s, unit); ok {
			s = rest + "m"
			break
		}
	}
	for _, unit := range []string{"hours", "hour", "hrs", "hr"} {
		if rest, ok := strings.CutSuffix(s, unit); ok {
			s = rest + "h"
			break
		}
	}
	if h, m, ok := strings.Cut(s, "h"); ok && m != "" && !strings.HasSuffix(m, "m") {
		if _, two := digits(m, 2); two { // 1h30
			s = h + "h" + m + "m"
		}
	}
	if strings.Trim(s, "0123456789.hm") != "" || s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	if err != nil || !sane(d) {
		return 0, false
	}
	return d.Round(time.Minute), true
}

func sane(d time.Duration) bool { return d >= time.Minute && d <= maxSpan }

// FromNow reads a start that counts from now: now, +2h, "in 2 hours", "in 45m".
func FromNow(words []string) (wait time.Duration, used int) {
	if len(words) == 0 {
		return 0, 0
	}
	if words[0] == "now" {
		return 0, 1
	}
	if rest, ok := strings.CutPrefix(words[0], "+"); ok {
		if d, ok := lengthOf(rest); ok {
			return d, 1
		}
		return 0, 0
	}
	if words[0] == "in" {
		if d, used := Length(words[1:]); used > 0 {
			return d, used + 1
		}
	}
	return 0, 0
}
