package tui

import (
	"strings"
	"testing"

	"roomdesk/providers"
)

// J1: from the start screen to a sent booking with Teams in 30 keys, typed text
// included.
func TestJ1InThirtyKeys(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	pressed := 0
	press := func(keys ...string) {
		pressed += len(keys)
		d.keys(keys...)
	}
	press("f")
	line := "12p proj f3 tmr 14-15 @ber"
	pressed += len(line)
	d.typing(line)
	d.see("Fri 20 Nov 14:00–15:00", "at ber", "on or near floor 3", "at least 12 seats", "display")
	press("enter")
	d.see("Jahn", "12 seats · on floor 3 · display")
	press("enter")
	d.see("Book Jahn")
	press("enter")
	if len(d.ws.booked) != 1 {
		t.Fatalf("%d bookings were sent:\n%s", len(d.ws.booked), d.screen())
	}
	r := d.ws.booked[0]
	if r.Room != "jahn@contoso.com" || !r.Start.Equal(at(1, 14, 0)) || !r.End.Equal(at(1, 15, 0)) || !r.Teams {
		t.Errorf("sent %+v", r)
	}
	if pressed > 30 {
		t.Errorf("%d keys", pressed)
	}
	// The same wish again: one key for the line, one for the list, one for the form.
	d.keys("esc", ".")
	d.see(line)
	// Also after a restart.
	d = newDriver(t, d.ws, 120, 40)
	d.keys("2", ".")
	d.see(line)
}

// Every room that is not offered says why.
func TestWhyNot(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	d.keys("f")
	d.typing("14p video 15:30-16:30")
	d.keys("enter")
	d.notSee("seats of 14")
	d.keys("w")
	d.see("✗ Aalto", "12 seats of 14", "no video", "? not known whether it is free")
	for !strings.Contains(d.screen(), "▎ ✗") {
		d.keys("down")
	}
	d.keys("enter")
	d.see("this room is not offered")
	d.keys("w")
	d.notSee("✗ Aalto")
}

// A line that makes no sense says so, and nothing can be booked from it.
func TestWishWithProblems(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("f")
	d.typing("tue wed 10-11")
	d.see("? two days are named")
	d.keys("enter", "enter")
	if len(d.m.dialogs) != 0 {
		t.Error("a form opened")
	}
	d.see("two days are named")
	d.keys("esc")
	d.keys("f", "ctrl+u")
	d.typing("with nobody-here")
	d.see(`nobody is called "nobody-here"`)
}

// Guests stand in the form; other times are offered where they are taken.
func TestGuestsAndOtherTimes(t *testing.T) {
	f := office()
	a := f.avail["aalto@contoso.com"]
	a.Mailbox = "bob@contoso.com"
	a.Blocks = []providers.Block{{Interval: providers.Interval{Start: at(1, 14, 0), End: at(1, 14, 30)}, State: providers.Busy}}
	f.avail["bob@contoso.com"] = a
	d := newDriver(t, f, 120, 40)
	d.keys("f")
	d.typing("tmr 14-15 with bob@contoso.com")
	d.keys("enter")
	d.see("✗", "busy 14:00–14:30", "would do:", "alt+1 14:30–15:30")
	d.keys("alt+1")
	d.see("instead Fri 20 Nov 14:30–15:30", "● ")
	d.notSee("busy 14:00")
	d.keys("enter", "enter")
	if len(d.ws.booked) != 1 || !d.ws.booked[0].Start.Equal(at(1, 14, 30)) || len(d.ws.booked[0].Required) != 1 || d.ws.booked[0].Required[0] != "bob@contoso.com" {
		t.Fatalf("sent %+v", d.ws.booked)
	}
}

// n asks what is free now near the chosen room.
func TestFreeNowNearHere(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("n")
	d.see(`now 30m f3 @"Amsterdam HQ"`, "14:07–14:37", "Aalto", "on floor 3")
	d.notSee("Kollwitz")
}

// Without a time the line means the cursor's, and the grid's span.
func TestWishWithoutATime(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("]", "2")
	d.see("Fri 20 Nov 14:00–14:30", "(assumed)")
	d.keys("+", "+")
	d.see("14:00–15:00")
	d.keys("f")
	d.typing("24p")
	d.see("at least 24 seats", "Gehry")
	d.notSee("Eames")
}
