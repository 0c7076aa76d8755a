package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// A wish that repeats asks nobody while it is typed, and shows its dates against
// the rooms once it stands, the best plan first with its price.
func TestSeriesMatrix(t *testing.T) {
	ws := office()
	ws.clashes()
	d := newDriver(t, ws, 120, 40)
	d.keys("f")
	d.typing("weekly tue 10-11 x10 12p @berlin")
	d.see("A series: enter asks the tenant", "every week on Tue, 10 times")
	if len(ws.seriesAsked) != 0 {
		t.Fatalf("%d questions to the tenant while typing", len(ws.seriesAsked))
	}
	d.keys("enter")
	if len(ws.seriesAsked) != 1 {
		t.Fatalf("%d questions to the tenant", len(ws.seriesAsked))
	}
	d.see("plan 1 of", "2 room changes, 1 shifted, 0 skipped", "best", "Jahn for 7 of 10, Liebermann for 2", "asked 0 s ago",
		"would refuse all dates: ◐ 3 of 10 dates clash, and it tolerates none", "7 of 10")
	// The bar is on the first date that clashes, and says by what.
	d.see("Tue 8 Dec 10:00–11:00 · Jahn ✗ taken 09:00–11:00 Board prep", "o Kollwitz", "s 11:00–12:00", "x skip")
	// Later the answer is old, and says so.
	d.now = d.now.Add(3 * time.Minute)
	d.send(tickMsg{d.m.ticking})
	d.see("asked 3 min ago")
	d.keys("r")
	d.see("asked 0 s ago")
	if len(ws.seriesAsked) != 2 {
		t.Errorf("%d questions to the tenant", len(ws.seriesAsked))
	}
}

// Every date has its ways out, each can be taken back.
func TestSeriesWaysOut(t *testing.T) {
	ws := office()
	ws.clashes()
	d := newDriver(t, ws, 120, 40)
	d.weekly()
	row := func() string { return d.lineWith("8 Dec  10:00–11:00  ") }
	plan := func() string { return strings.Fields(row()[strings.Index(row(), "11:00")+5:])[1] }
	if plan() != "Liebermann" {
		t.Fatalf("planned %q", row())
	}
	d.keys("o")
	if plan() != "Kollwitz" {
		t.Errorf("the other room is %q", row())
	}
	d.see("your plan", "2 room changes, 1 shifted, 0 skipped")
	d.keys("s")
	if !strings.Contains(row(), "↔ at 11:00") {
		t.Errorf("shifted: %q", row())
	}
	d.see("1 room change, 2 shifted, 0 skipped")
	d.keys("x")
	if !strings.Contains(row(), "– skipped") {
		t.Errorf("skipped: %q", row())
	}
	d.see("1 room change, 1 shifted, 1 skipped")
	// The room the bar is on, with its reason where it cannot be had.
	d.keys("home", "n", "left", "left", "space")
	d.see("Jahn cannot be had then: taken 09:00–11:00 Board prep")
	d.keys("right", "right", "space")
	if plan() != "Kollwitz" {
		t.Errorf("taken by hand: %q", row())
	}
	d.keys("u", "u", "u", "u")
	if plan() != "Liebermann" {
		t.Errorf("undone: %q", row())
	}
	d.see("plan 1 of")
	d.keys("u")
	d.see("nothing was chosen yet")
	// No other room is offered where each is taken.
	d.keys("home", "n", "n", "o")
	d.see("no other room of those looked at is free then")
	// A date on which the room is free needs no other time.
	d.keys("home", "s")
	d.see("Jahn is free at the time that was wished")
	// Plans.
	d.keys("p")
	d.see("plan 2 of", "Liebermann for 7 of 10")
	d.keys("alt+1")
	d.see("plan 1 of", "Jahn for 7 of 10")
	// With the mouse: a cell is chosen, and the second click takes it.
	l := d.m.series.layout(d.m)
	click := tea.MouseClickMsg{X: l.roomX + 2*l.roomW + 2, Y: l.list.y, Button: tea.MouseLeft}
	d.send(click)
	d.see("Tue 24 Nov 10:00–11:00 · Kollwitz")
	d.send(click)
	if d.m.series.chosen.Steps[0].Act != providers.SeriesOther {
		t.Errorf("the click took nothing: %+v", d.m.series.chosen.Steps[0])
	}
}

// A shift of the clocks is flagged on its date, and z shows other clocks.
func TestSeriesClocks(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	d.keys("f")
	d.typing("2027-03-11 10-11 weekly x6 @amsterdam")
	d.keys("enter")
	if row := d.lineWith("1 Apr"); !strings.Contains(row, "clocks!") {
		t.Errorf("no flag: %q", row)
	}
	for !strings.Contains(d.lineWith("1 Apr"), "▎") {
		d.keys("down")
	}
	d.see("! clocks were changed in Europe/Berlin: it begins at 08:00 UTC, before at 09:00")
	d.see("date, your time")
	for range 3 {
		if !strings.Contains(d.screen(), "date, UTC") {
			d.keys("z")
		}
	}
	if row := d.lineWith("1 Apr"); !strings.Contains(row, "08:00–09:00") {
		t.Errorf("not by UTC: %q", row)
	}
}

// What is outside the booking window, against the rule or unknown says so.
func TestSeriesCellsSayWhy(t *testing.T) {
	ws := office()
	ws.clashes()
	rules := providers.UsualRoomRules("jahn@contoso.com")
	rules.BookingWindowInDays, rules.EnforceSchedulingHorizon = 30, false
	ws.roomRules = map[providers.Address]providers.RoomRules{"jahn@contoso.com": rules}
	d := newDriver(t, ws, 120, 40)
	d.keys("f")
	d.typing("weekly tue 10-11 x10 12p")
	d.keys("enter")
	for d.m.series.roomTitle(d.m.series.room) != "Dudok" {
		before := d.m.series.room
		d.keys("right")
		if d.m.series.room == before {
			t.Fatal("Dudok is in no column")
		}
	}
	d.see("Dudok ? unknown")
	for d.m.series.roomTitle(d.m.series.room) != "Jahn" {
		before := d.m.series.room
		d.keys("left")
		if d.m.series.room == before {
			t.Fatal("Jahn is in no column")
		}
	}
	d.keys("end")
	d.see("! too far its rules: bookings at most 30 days ahead")
}

// What goes wrong is said, and can be asked again; a wish without sense too.
func TestSeriesProblems(t *testing.T) {
	ws := office()
	ws.clashes()
	ws.seriesErr = &providers.Error{Class: providers.Transient, Op: "asking who is free", Code: "503"}
	d := newDriver(t, ws, 80, 24)
	d.weekly()
	d.see("The dates could not be planned", "r asks again")
	d.keys("x")
	d.see("r asks again")
	ws.seriesErr = nil
	d.keys("r")
	d.see("plan 1 of")
	d.keys("f", "ctrl+u")
	d.typing("weekly tue 10-11 x10 with nobody-here")
	d.keys("enter")
	d.see(`nobody is called "nobody-here"`)
	d.keys("f", "ctrl+u")
	d.typing("weekly tue 10-11 x10 500p")
	d.keys("enter")
	d.see("No room fits the wish")
	d.keys("x", "o", "enter")
	d.see("no room can be had on any date")
	// The wish without the repetition is an ordinary one again.
	d.keys("f", "ctrl+u")
	d.typing("tue 10-11 12p")
	d.keys("enter")
	d.see("Kollwitz")
	d.notSee("plan 1 of")
}
