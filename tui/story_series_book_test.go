package tui

import (
	"strings"
	"testing"

	"roomdesk/providers"
)

// J3: a weekly meeting on ten Tuesdays of which three clash, from the start screen
// to a sent series in 28 keys, typed text included.
func TestJ3InTwentyEightKeys(t *testing.T) {
	ws := office()
	ws.clashes()
	ws.weeks("aalto@contoso.com", 8, 12, "Fair", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	d := newDriver(t, ws, 120, 40)
	pressed := 0
	press := func(keys ...string) {
		pressed += len(keys)
		d.keys(keys...)
	}
	press("f")
	line := "weekly tue 10-11 x10 8p"
	pressed += len(line)
	d.typing(line)
	press("enter")
	d.see("10 dates", "plan 1 of", "best")
	press("enter")
	d.see("Book a series", "Nothing is sent yet")
	press("enter")
	d.see("Send “Meeting”?", "Tue 26 Jan")
	if len(ws.sent) != 0 {
		t.Fatal("sent before it was confirmed")
	}
	press("enter")
	if len(ws.sent) != 1 || len(ws.booked) != 0 {
		t.Fatalf("%d series and %d meetings were sent:\n%s", len(ws.sent), len(ws.booked), d.screen())
	}
	if pressed > 28 {
		t.Errorf("%d keys", pressed)
	}
	q := ws.sent[0]
	if q.Request.Zone != "Europe/Berlin" || !q.Request.Teams || q.Request.Organizer != "adele@contoso.com" || len(q.Plan.Steps) != 10 || len(q.Matrix.Dates) != 10 {
		t.Errorf("sent %+v", q)
	}
	d.see("waiting to be sent", "10 waiting")
	d.answered("s1")
	d.see("accepted: 10 of 10", "10 accepted")
}

// The last question says how many people get how many mails, and what happens on
// each date as it was decided.
func TestSeriesReviewCountsMails(t *testing.T) {
	ws := office()
	ws.clashes()
	d := newDriver(t, ws, 120, 40)
	d.keys("f")
	d.typing("weekly tue 10-11 x10 12p @berlin with bob,chen")
	d.keys("enter")
	d.keys("home", "n", "n", "x", "enter")
	d.see("Bob Kelly", "Chen Wu")
	d.typing("Design review")
	d.keys("enter")
	d.see("Send “Design review”?", "2 people get 3 mails each: 1 for the series, 2 for dates in another room.", "2 rooms are asked",
		"– no meeting; watched", "→ Liebermann instead", "● Jahn as wished", "Booked for Adele Vance")
	d.keys("esc")
	d.see("Book a series")
	d.keys("esc")
	d.see("your plan")
	d.keys("u", "enter", "enter")
	d.see("↔ Jahn at 11:00 instead of 10:00", "one more for each of the 1 date at another time")
	d.keys("enter")
	if len(ws.sent) != 1 {
		t.Fatal("not sent")
	}
	q := ws.sent[0]
	if len(q.Request.Required) != 2 || q.Plan.Skips != 0 || q.Plan.Steps[5].Act != providers.SeriesShift || q.Plan.Steps[2].Act != providers.SeriesOther {
		t.Errorf("sent %+v", q.Plan)
	}
}

// A date that was taken meanwhile refuses the whole series before anything is sent,
// and says which; who insists may send it.
func TestSeriesRefusedMeanwhile(t *testing.T) {
	ws := office()
	ws.clashes()
	ws.refusals = map[int]string{3: "Jahn is taken 10:00–12:00"}
	d := newDriver(t, ws, 120, 40)
	d.sendWeekly()
	d.see("✗ not sent:", "a room was taken meanwhile")
	if row := d.lineWith("15 Dec 10:00–11:00"); !strings.Contains(row, "✗ Jahn is taken 10:00–12:00") {
		t.Errorf("the date says nothing: %q", row)
	}
	d.keys("enter")
	d.see("it was refused")
	if len(ws.sent) != 0 {
		t.Fatal("sent")
	}
	d.keys("ctrl+o")
	if len(ws.sent) != 1 || !ws.sent[0].Request.EvenIfBusy {
		t.Fatalf("sent %+v", ws.sent)
	}
}

// Bookings: a series is one line with its state; enter opens a line for each date,
// and a date that can be had after all is taken with one key.
func TestSeriesInBookings(t *testing.T) {
	ws := office()
	ws.clashes()
	d := newDriver(t, ws, 120, 40)
	d.weekly()
	d.keys("x", "enter", "enter", "enter")
	d.answered("s1", 8)
	d.keys("esc", "3")
	if row := d.lineWith("10× Jahn"); !strings.Contains(row, "◐ partly: 8 of 10") {
		t.Errorf("%q", row)
	}
	if n := strings.Count(d.screen(), "10× "); n != 1 {
		t.Errorf("%d lines for one series", n)
	}
	d.freeAgain("s1", 2)
	d.see("1 free again")
	d.keys("+")
	d.see("it is a series: enter shows its dates")
	d.keys("enter")
	d.see("8 accepted, 1 declined, 1 skipped", "free again", "Jahn is free on this date after all, seen 5 min ago. t books it.")
	if row := d.lineWith("19 Jan 10:00–11:00"); !strings.Contains(row, "✗ declined by the room · the room is taken 10:00–11") {
		t.Errorf("%q", row)
	}
	d.keys("down", "t")
	d.see("dates are offered when the wished room is free after all")
	d.keys("up", "t")
	if len(ws.booked) != 1 || ws.booked[0].Room != "jahn@contoso.com" || !ws.booked[0].Start.Equal(at(19, 10, 0)) {
		t.Fatalf("booked %+v", ws.booked)
	}
	d.see("Booking Jahn")
	// A date that is left out cannot be cancelled, the series can.
	d.keys("esc", "c")
	d.notSee("cancel this date only")
	d.keys("esc", "end", "c", "down")
	d.see("Tue 26 Jan 10:00–11:00", "▸ cancel this date only", "cancel this and all following dates", "cancel the whole series")
	d.keys("enter")
	if len(ws.scopes) != 1 || ws.scopes[0] != providers.CancelOne || ws.cancelFrom[0] != 9 {
		t.Errorf("cancelled %v from %v", ws.scopes, ws.cancelFrom)
	}
}

// This and the following dates are counted before they are cancelled.
func TestSeriesCancelledFromADate(t *testing.T) {
	ws := office()
	ws.clashes()
	d := newDriver(t, ws, 120, 40)
	d.sendWeekly()
	d.answered("s1")
	d.keys("end", "up", "up", "c", "down", "down", "enter")
	d.see("Cancel 3 dates?", "From Tue 12 Jan to Tue 26 Jan 2027", "1 gets mail: Bob Kelly")
	if len(ws.scopes) != 0 {
		t.Fatal("cancelled before it was confirmed")
	}
	d.keys("y")
	if len(ws.scopes) != 1 || ws.scopes[0] != providers.CancelFollowing || ws.cancelFrom[0] != 7 {
		t.Errorf("cancelled %v from %v", ws.scopes, ws.cancelFrom)
	}
}

// Where nothing may be written, the key says so before anything is filled in (L5).
func TestSeriesWithoutWriting(t *testing.T) {
	ws := office()
	ws.clashes()
	ws.header.Access = providers.FreeBusyAccess
	d := newDriver(t, ws, 120, 40)
	d.weekly()
	d.keys("enter")
	d.see("free/busy only and cannot write")
	if len(d.m.dialogs) != 0 {
		t.Error("a form opened")
	}
}
