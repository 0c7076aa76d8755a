package tui

import (
	"strconv"
	"strings"
	"time"
)

// dayFormats are how a date may be typed; those without a year mean the next time
// that the date comes.
func dayFormats() []string {
	return []string{"2006-01-02", "2 Jan 2006", "2 January 2006", "02.01.2006", "2.1.2006"}
}

func yearlessFormats() []string {
	return []string{"2 Jan", "2 January", "Jan 2", "January 2", "2.1.", "2.1"}
}

// parseDay reads a day as people type it: "today", "tomorrow", "fri", "+3",
// "21 nov", "2026-11-21". It gives that day's midnight in the zone of today.
func parseDay(text string, today time.Time) (time.Time, bool) {
	zone := today.Location()
	y, mo, d := today.Date()
	on := func(days int) time.Time { return time.Date(y, mo, d+days, 0, 0, 0, 0, zone) }
	s := strings.ToLower(strings.Join(strings.Fields(text), " "))
	switch s {
	case "":
		return time.Time{}, false
	case "today", "tod", "now":
		return on(0), true
	case "tomorrow", "tmr", "tom", "tomo":
		return on(1), true
	}
	if strings.HasPrefix(s, "+") {
		n, err := strconv.Atoi(s[1:])
		return on(n), err == nil && n >= 0 && n <= 1000
	}
	// A weekday in front of a date is a comfort for the eye: "fri 21 nov".
	if first, rest, ok := strings.Cut(s, " "); ok {
		if _, named := weekday(first); named {
			s = rest
		}
	} else if w, named := weekday(s); named {
		return on((int(w) - int(today.Weekday()) + 7) % 7), true
	}
	for _, f := range dayFormats() {
		if t, err := time.ParseInLocation(f, titleMonth(s), zone); err == nil {
			return t, true
		}
	}
	for _, f := range yearlessFormats() {
		// The year 2000 has a 29 February.
		t, err := time.ParseInLocation("2006 "+f, "2000 "+titleMonth(s), zone)
		if err != nil {
			continue
		}
		for year := y; year <= y+8; year++ {
			day := time.Date(year, t.Month(), t.Day(), 0, 0, 0, 0, zone)
			if day.Day() == t.Day() && !day.Before(on(0)) {
				return day, true
			}
		}
	}
	return time.Time{}, false
}

// titleMonth writes month names as package time wants them.
func titleMonth(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 'a' && b[i] <= 'z' && (i == 0 || b[i-1] < 'A') {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

func weekday(s string) (time.Weekday, bool) {
	if len(s) < 2 {
		return 0, false
	}
	for w := time.Sunday; w <= time.Saturday; w++ {
		if strings.HasPrefix(strings.ToLower(w.String()), s) {
			return w, true
		}
	}
	return 0, false
}

// parseClock reads a time of day as people type it: "14", "14:30", "1430",
// "2pm", "2:30 pm". It gives the minutes since midnight; 24:00 is the day's end.
func parseClock(text string) (int, bool) {
	s := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), " ", ""))
	half := 0
	for _, suffix := range []struct {
		text string
		half int
	}{{"am", 1}, {"pm", 2}, {"a", 1}, {"p", 2}, {"h", 0}} {
		if strings.HasSuffix(s, suffix.text) {
			s, half = strings.TrimSuffix(s, suffix.text), suffix.half
			break
		}
	}
	s = strings.ReplaceAll(s, ".", ":")
	hours, minutes, colon := strings.Cut(s, ":")
	if !colon && len(s) > 2 && len(s) <= 4 {
		hours, minutes = s[:len(s)-2], s[len(s)-2:]
	} else if !colon {
		minutes = "0"
	}
	h, ok := number(hours)
	mi, ok2 := number(minutes)
	if !ok || !ok2 || mi > 59 || h > 24 || h == 24 && mi > 0 {
		return 0, false
	}
	if half > 0 {
		if h < 1 || h > 12 {
			return 0, false
		}
		h %= 12
		if half == 2 {
			h += 12
		}
	}
	return h*60 + mi, true
}

// number reads one or two digits and nothing else.
func number(s string) (int, bool) {
	if s == "" || len(s) > 2 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// parseLength reads a length of time: "+45", "45m", "90 min", "1h", "1h30".
func parseLength(text string) (time.Duration, bool) {
	s := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), " ", ""))
	plus := strings.HasPrefix(s, "+")
	s = strings.TrimPrefix(s, "+")
	s = strings.TrimSuffix(strings.TrimSuffix(s, "utes"), "in")
	if s == "" {
		return 0, false
	}
	hours, minutes, h := strings.Cut(s, "h")
	if !h {
		minutes = s
		if !plus && !strings.HasSuffix(s, "m") {
			return 0, false
		}
		hours = "0"
	}
	minutes = strings.TrimSuffix(minutes, "m")
	if minutes == "" {
		minutes = "0"
	}
	hn, err := strconv.Atoi(hours)
	mn, err2 := strconv.Atoi(minutes)
	if err != nil || err2 != nil || hn < 0 || mn < 0 || hn > 24 || mn > 1440 {
		return 0, false
	}
	d := time.Duration(hn)*time.Hour + time.Duration(mn)*time.Minute
	return d, d > 0 && d <= 24*time.Hour
}

// wall is a time of day on a date in a zone. It reports false where the clocks
// skip that time on that day.
func wall(day time.Time, minutes int, zone *time.Location) (time.Time, bool) {
	y, mo, d := day.Date()
	t := time.Date(y, mo, d, 0, minutes, 0, 0, zone)
	h, mi, _ := t.Clock()
	return t, (h*60+mi)%(24*60) == minutes%(24*60)
}
