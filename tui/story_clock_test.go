package tui

import (
	"strings"
	"testing"
)

// z shows times by the next clock wherever those of meetings are shown, and the
// clock is named: the list of bookings, one booking, what is found, a room's day, and
// meetings that move.
func TestZShowsOtherClocks(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	d.keys("3")
	if row := d.lineWith("Design review"); !strings.Contains(row, "17:00–18:00") {
		t.Errorf("by yours: %q", row)
	}
	d.keys("z", "z", "z")
	d.see("when, UTC")
	if row := d.lineWith("Design review"); !strings.Contains(row, "16:00–17:00") {
		t.Errorf("by UTC: %q", row)
	}
	d.keys("enter")
	d.see("17:00–18:00 (16:00–17:00 by UTC)", "13:06:40")
	d.keys("z")
	d.notSee("by UTC")
	d.keys("z")
	d.see("by the room’s clock (Europe/Berlin)")
	d.keys("esc", "2", "f")
	d.typing("tmr 14-15 @london")
	d.keys("enter")
	d.see("rows by the room’s clock")
	d.keys("1", "end")
	d.see("by the room’s clock (Europe/London)")
	d.keys("enter")
	d.see("by the room’s clock (Europe/London)")
	d.keys("z")
	d.see("by the organiser’s clock (Europe/Berlin)")

	d = newDriver(t, office(), 120, 40)
	d.leak()
	d.plannedLeak()
	before := d.screen()
	d.keys("z", "z", "z")
	d.see("· by UTC")
	if d.screen() == strings.ReplaceAll(before, "by UTC", "") {
		t.Error("the meetings that move keep their times")
	}
}
