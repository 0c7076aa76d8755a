package when_test

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers/when"
)

// Saturday.
var today = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

func TestDay(t *testing.T) {
	for _, row := range []struct {
		text string
		want string // "" is no day
		used int
	}{
		{"today", "2026-11-21", 1}, {"tmr 14-15", "2026-11-22", 1}, {"tomorrow", "2026-11-22", 1}, {"yesterday", "2026-11-20", 1},
		{"sat", "2026-11-21", 1}, {"sun", "2026-11-22", 1}, {"tue 10-11", "2026-11-24", 1}, {"thursday", "2026-11-26", 1}, {"thurs", "2026-11-26", 1}, {"fri,", "2026-11-27", 1},
		{"on tue", "2026-11-24", 2}, {"this tue", "2026-11-24", 2}, {"next mon", "2026-11-23", 2}, {"next tue", "2026-11-24", 2}, {"next sun", "2026-11-29", 2}, {"next week", "2026-11-23", 2},
		{"in 3 days", "2026-11-24", 3}, {"in 2 weeks", "2026-12-05", 3}, {"+3d", "2026-11-24", 1}, {"+1w", "2026-11-28", 1},
		{"2026-12-01 9-10", "2026-12-01", 1}, {"2026-02-29", "", 0}, {"2026-13-01", "", 0},
		{"24 nov", "2026-11-24", 2}, {"24 nov 2027", "2027-11-24", 3}, {"nov 24", "2026-11-24", 2}, {"november 24, 2027", "2027-11-24", 3}, {"24nov", "2026-11-24", 1}, {"24th november", "2026-11-24", 2},
		{"20 nov", "2027-11-20", 2}, {"29 feb", "2028-02-29", 2}, {"31 nov", "", 0}, {"30 feb 2028", "", 0},
		{"24.11.", "2026-11-24", 1}, {"1.2.2027", "2027-02-01", 1}, {"24.13.", "", 0}, {"14.30", "", 0},
		{"tue 24 nov", "2026-11-24", 3}, {"wed 24 nov", "2026-11-25", 1},
		{"may", "", 0}, {"may flower", "", 0}, {"mo", "", 0}, {"sunshine", "", 0}, {"12p", "", 0}, {"12", "", 0}, {"+3", "", 0}, {"next", "", 0}, {"on", "", 0}, {"", "", 0}, {"in 3", "", 0}, {"+99999d", "", 0},
	} {
		day, used := when.Day(strings.Fields(row.text), today)
		got := ""
		if used > 0 {
			got = day.Format(time.DateOnly)
		}
		if got != row.want || used != row.used {
			t.Errorf("%q: %s with %d words, want %s with %d", row.text, got, used, row.want, row.used)
		}
	}
}

func TestNextWeekdayIsOfTheWeekAfterThisOne(t *testing.T) {
	for offset := range 14 {
		day := today.AddDate(0, 0, offset)
		for w := time.Sunday; w <= time.Saturday; w++ {
			next, used := when.Day([]string{"next", strings.ToLower(w.String())}, day)
			_, week := day.ISOWeek()
			_, nextWeek := next.ISOWeek()
			if used != 2 || next.Weekday() != w || nextWeek == week || next.Sub(day) > 13*24*time.Hour {
				t.Errorf("next %s on %s is %s", w, day.Format(time.DateOnly), next.Format(time.DateOnly))
			}
		}
	}
}

func TestTimeOfDay(t *testing.T) {
	for _, row := range []struct {
		text string
		bare bool
		want string // from-to, from, or period
		used int
	}{
		{"14-15", false, "14h0m0s-15h0m0s", 1}, {"14:00-15:30", false, "14h0m0s-15h30m0s", 1}, {"9-10:15", false, "9h0m0s-10h15m0s", 1}, {"14–15", false, "14h0m0s-15h0m0s", 1},
		{"2-3pm", false, "14h0m0s-15h0m0s", 1}, {"11-1pm", false, "11h0m0s-13h0m0s", 1}, {"9am-5pm", false, "9h0m0s-17h0m0s", 1}, {"11am-12pm", false, "11h0m0s-12h0m0s", 1},
		{"22:00-01:00", false, "22h0m0s-25h0m0s", 1}, {"23-0", false, "23h0m0s-24h0m0s", 1}, {"23-24", false, "23h0m0s-24h0m0s", 1},
		{"14:00", false, "14h0m0s", 1}, {"14h30", false, "", 0}, {"14h", true, "", 0}, {"2pm", false, "14h0m0s", 1}, {"2:30pm", false, "14h30m0s", 1}, {"12am", false, "0s", 1}, {"noon", false, "12h0m0s", 1},
		{"14", false, "", 0}, {"14", true, "14h0m0s", 1}, {"at 14", false, "14h0m0s", 2}, {"from 14 to 15:30", false, "14h0m0s-15h30m0s", 4}, {"14 to 15", false, "14h0m0s-15h0m0s", 3}, {"14:00 - 15:00", false, "14h0m0s-15h0m0s", 3},
		{"afternoon", false, "~13h0m0s-17h0m0s", 1}, {"in the morning", false, "~9h0m0s-12h0m0s", 3}, {"this evening", false, "~17h0m0s-20h0m0s", 2},
		{"3-2", false, "", 0}, {"25-26", false, "", 0}, {"14:60", false, "", 0}, {"24:30", false, "", 0}, {"13pm", false, "", 0}, {"0pm", false, "", 0}, {"14:5", false, "", 0}, {"a-b", false, "", 0}, {"14-", false, "", 0}, {"-15", false, "", 0}, {"", false, "", 0}, {"2p", false, "", 0}, {"at", false, "", 0},
	} {
		clock, used := when.TimeOfDay(strings.Fields(row.text), row.bare)
		got := ""
		switch {
		case used == 0:
		case clock.Period:
			got = "~" + clock.From.String() + "-" + clock.To.String()
		case clock.HasTo:
			got = clock.From.String() + "-" + clock.To.String()
		default:
			got = clock.From.String()
		}
		if got != row.want || used != row.used {
			t.Errorf("%q: %s with %d words, want %s with %d", row.text, got, used, row.want, row.used)
		}
	}
}

func TestLength(t *testing.T) {
	for _, row := range []struct {
		text string
		want time.Duration
		used int
	}{
		{"45m", 45 * time.Minute, 1}, {"1h", time.Hour, 1}, {"1h30", 90 * time.Minute, 1}, {"1h30m", 90 * time.Minute, 1}, {"1.5h", 90 * time.Minute, 1}, {"90min", 90 * time.Minute, 1}, {"2hours", 2 * time.Hour, 1},
		{"for 45 minutes", 45 * time.Minute, 3}, {"2 hours", 2 * time.Hour, 2}, {"an hour", time.Hour, 2}, {"half an hour", 30 * time.Minute, 3}, {"for half an hour", 30 * time.Minute, 4},
		{"0m", 0, 0}, {"25h", 0, 0}, {"12p", 0, 0}, {"45", 0, 0}, {"m", 0, 0}, {"h", 0, 0}, {".", 0, 0}, {"-1h", 0, 0}, {"1e9 hours", 0, 0}, {"9999999999999 hours", 0, 0}, {"", 0, 0}, {"for", 0, 0},
	} {
		length, used := when.Length(strings.Fields(row.text))
		if length != row.want || used != row.used {
			t.Errorf("%q: %s with %d words, want %s with %d", row.text, length, used, row.want, row.used)
		}
	}
	for text, want := range map[string]time.Duration{"now": 0, "+2h": 2 * time.Hour, "in 45m": 45 * time.Minute, "in 2 hours": 2 * time.Hour} {
		if wait, used := when.FromNow(strings.Fields(text)); wait != want || used != len(strings.Fields(text)) {
			t.Errorf("%q: %s with %d words", text, wait, used)
		}
	}
	for _, text := range []string{"", "+", "+3d", "in", "in a while"} {
		if wait, used := when.FromNow(strings.Fields(text)); used != 0 {
			t.Errorf("%q: %s with %d words", text, wait, used)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{"tmr 14-15", "24 nov 2027", "1.2.2027", "half an hour", "in 3 days", "next tue"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Fields(strings.ToLower(text))
		if day, used := when.Day(words, today); used < 0 || used > len(words) || used > 0 && !day.Equal(when.Date(day)) {
			t.Errorf("%q: day %v of %d words", text, day, used)
		}
		for _, bare := range []bool{false, true} {
			clock, used := when.TimeOfDay(words, bare)
			if used < 0 || used > len(words) || used > 0 && clock.HasTo && (clock.To <= clock.From || clock.To-clock.From > 24*time.Hour) {
				t.Errorf("%q: %+v of %d words", text, clock, used)
			}
		}
		if length, used := when.Length(words); used > len(words) || used > 0 && (length < time.Minute || length > 24*time.Hour) {
			t.Errorf("%q: %v of %d words", text, length, used)
		}
	})
}
