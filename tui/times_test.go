package tui

import (
	"testing"
	"time"
)

func TestParseDay(t *testing.T) {
	today := at(0, 0, 0) // Thu 19 Nov 2026
	for text, want := range map[string]string{
		"today": "2026-11-19", "tmr": "2026-11-20", "thu": "2026-11-19", "fri": "2026-11-20", "Wednesday": "2026-11-25", "+3": "2026-11-22",
		"21 nov": "2026-11-21", "Sat 21 Nov": "2026-11-21", "18 nov": "2027-11-18", "2026-12-01": "2026-12-01", "1.12.": "2026-12-01", "1.12.2026": "2026-12-01",
		"29 feb": "2028-02-29", "nov 30": "2026-11-30", "3 January 2027": "2027-01-03",
	} {
		got, ok := parseDay(text, today)
		if !ok || got.Format(time.DateOnly) != want {
			t.Errorf("%q is %v (%v), not %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "yesterday", "32 nov", "30 feb", "+x", "+99999", "-1", "2026-13-01", "n"} {
		if got, ok := parseDay(text, today); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseClock(t *testing.T) {
	for text, want := range map[string]int{"14": 840, "14:30": 870, "1430": 870, "930": 570, "2pm": 840, "2:30 pm": 870, "12am": 0, "12pm": 720, "0": 0, "24:00": 1440, "9.15": 555, "14h": 840} {
		if got, ok := parseClock(text); !ok || got != want {
			t.Errorf("%q is %d (%v), not %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "25", "14:60", "24:01", "13pm", "0am", "x", "14:3x", "-1", "１４"} {
		if got, ok := parseClock(text); ok {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestParseLength(t *testing.T) {
	for text, want := range map[string]time.Duration{"+45": 45 * time.Minute, "45m": 45 * time.Minute, "90 min": 90 * time.Minute, "1h": time.Hour, "1h30": 90 * time.Minute, "+1h": time.Hour} {
		if got, ok := parseLength(text); !ok || got != want {
			t.Errorf("%q is %v (%v), not %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "45", "15:00", "+0", "25h", "-5m", "h", "+-3"} {
		if got, ok := parseLength(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// The clocks go from 2:00 to 3:00 on 28 March 2027 in Berlin.
func TestTimesThatDoNotExist(t *testing.T) {
	day := time.Date(2027, 3, 28, 0, 0, 0, 0, berlin())
	if _, ok := wall(day, 2*60+30, berlin()); ok {
		t.Error("2:30 exists on the day that skips it")
	}
	if got, ok := wall(day, 3*60, berlin()); !ok || got.Hour() != 3 {
		t.Errorf("3:00 is %v (%v)", got, ok)
	}
	d := newDriver(t, office(), 112, 34)
	d.now = time.Date(2027, 3, 28, 8, 0, 0, 0, time.UTC)
	d.keys("t")
	if n := d.m.day.end().Sub(d.m.day.start); n != 23*time.Hour {
		t.Errorf("the day has %v", n)
	}
	for range 100 {
		d.keys("left")
		checkFrame(t, d.m)
	}
	d.keys("b")
	d.see("this time has passed")
}

// An unmoved cursor goes on to the next day with the clock.
func TestMidnight(t *testing.T) {
	d := newDriver(t, office(), 80, 24)
	d.now = at(1, 0, 1)
	d.send(tickMsg{d.m.ticking})
	d.see("Fri 20 Nov today")
}
