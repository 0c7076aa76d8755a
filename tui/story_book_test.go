package tui

import (
	"testing"
	"time"

	"roomdesk/providers"
)

// P8, S14, J1: the three steps, and only the room's own acceptance looks
// confirmed.
func TestBookAccepted(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("b")
	d.see("Book Aalto", "free, checked", "Adele Vance’s calendar allows it")
	d.typing("Design review")
	d.keys("tab", "tab", "up", "tab", "tab")
	d.typing("kelly")
	d.keys("enter", "enter")
	if len(d.ws.booked) != 1 {
		t.Fatalf("%d bookings were sent", len(d.ws.booked))
	}
	r := d.ws.booked[0]
	if r.Room != "aalto@contoso.com" || r.Subject.String() != "Design review" || !r.Start.Equal(at(0, 14, 15)) || !r.End.Equal(at(0, 14, 45)) ||
		len(r.Required) != 1 || r.Required[0] != "bob@contoso.com" || !r.Teams || r.Organizer != "adele@contoso.com" || r.Zone != "Europe/Berlin" {
		t.Errorf("sent %+v", r)
	}
	d.see("what is true", "◌ being sent")
	id := d.ws.bookings[0].ID
	d.send(d.ws.change(id, func(b *providers.Booking) { b.State, b.Sent = providers.BookingWaiting, d.now }))
	d.see("● sent to the tenant", "◌ waiting for the Teams link", "◌ waiting for the room to answer", "0 s")
	d.notSee("accepted")
	d.now = d.now.Add(14 * time.Second)
	d.send(d.ws.change(id, func(b *providers.Booking) { b.JoinURL = providers.Outside("https://teams.example/x") }))
	d.see("● Teams link created", "14 s")
	d.send(d.ws.change(id, func(b *providers.Booking) { b.State, b.Answered = providers.BookingAccepted, d.now }))
	d.see("● accepted by the room", "14:07:34")
	d.keys("esc", "3")
	d.see("● accepted by the room", "Design review")
}

func TestBookDeclined(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("down", "b", "enter")
	id := d.ws.bookings[0].ID
	d.send(d.ws.change(id, func(b *providers.Booking) {
		b.State, b.Sent, b.Answered = providers.BookingDeclined, d.now, d.now
		b.TeamsMissing = true
		b.Reason, b.ReasonProof = "the room is kept for the board", providers.Inferred
		b.Alternatives = d.ws.bookings[3].Alternatives
	}))
	d.see("✗ declined by the room", "the room is kept for the board", "◐ inferred", "✗ no Teams link", "1 Eames", "2 Gehry")
	d.keys("3") // there is no third
	if len(d.ws.booked) != 1 {
		t.Error("a room that was not offered was booked")
	}
	d.keys("2")
	if len(d.ws.booked) != 2 || d.ws.booked[1].Room != "gehry@contoso.com" || d.ws.booked[1].EvenIfBusy {
		t.Fatalf("sent %+v", d.ws.booked)
	}
	if len(d.ws.cancels) != 1 || d.ws.cancels[0] != id {
		t.Errorf("cancelled %v, not the declined one", d.ws.cancels)
	}
	d.see("Booking Gehry", "◌ being sent")
}

// A refusal keeps everything that was typed.
func TestFormKeepsInput(t *testing.T) {
	f := office()
	f.bookErr = &providers.Error{Class: providers.Conflict, Op: "booking", Message: providers.Outside("taken a second ago")}
	d := newDriver(t, f, 112, 34)
	d.keys("b")
	d.typing("Plan")
	d.keys("tab", "tab", "ctrl+u")
	d.typing("25")
	d.keys("enter")
	d.see("a time such as 14:00", "25", "Plan")
	d.keys("ctrl+u")
	d.typing("16")
	d.keys("tab", "ctrl+u")
	d.typing("15:30")
	d.see("must be later than the start")
	d.keys("ctrl+u")
	d.typing("45m")
	d.notSee("must be later")
	d.keys("enter")
	d.see("taken a second ago", "Plan", "16", "45m")
	d.keys("shift+tab", "shift+tab", "ctrl+u")
	d.typing("yesterday")
	d.see("a day such as today")
	d.keys("ctrl+u")
	d.typing("mon")
	d.see("in 4 days")
	d.keys("tab", "tab", "tab")
	d.typing("nobody at all")
	d.keys("enter")
	d.see("nobody known by this name")
	if len(d.ws.booked) != 0 {
		t.Error("something was sent")
	}
}

// The room's zone counts in the form; both clocks are shown.
func TestBothClocks(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("end")
	d.see("Nash")
	d.keys("b")
	d.see("yours 14:00", "room 13:00", "Europe/London; that is 14:00–14:30 for you")
	d.keys("enter")
	r := d.ws.booked[0]
	if !r.Start.Equal(at(0, 14, 0)) || r.Zone != "Europe/London" {
		t.Errorf("sent %v in %s", r.Start, r.Zone)
	}
}

// A stale answer to the live check never stands beside newer fields.
func TestCheckOfOldFieldsIsDropped(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("b")
	form, _ := topOf[*bookForm](d.m)
	old := checkAnswer{form, form.check.generation, BookingCheck{Why: "stale answer"}, nil}
	d.hold = true
	d.keys("ctrl+t")
	d.send(old)
	d.see("asking the tenant")
	d.notSee("stale answer")
	d.release()
	d.see("free, checked")
}

func TestClosedFormKeepsGoing(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("b")
	d.hold = true
	d.keys("enter")
	d.see("storing and sending")
	d.keys("enter") // a second press must not book twice
	d.keys("esc")
	d.see("keeps going: see 3 Bookings")
	d.release()
	if len(d.ws.booked) != 1 {
		t.Errorf("%d bookings were sent", len(d.ws.booked))
	}
	if len(d.m.dialogs) != 0 {
		t.Error("a dialog came back by itself")
	}
}

func TestTeamsIsExplained(t *testing.T) { // P7
	f := office()
	f.check.TeamsAllowed, f.check.TeamsWhy = false, "this calendar makes no Teams meetings"
	d := newDriver(t, f, 112, 34)
	d.keys("b")
	d.see("no link will come: this calendar makes no Teams meetings")
	d.keys("ctrl+t")
	d.notSee("no link will come")
	d.keys("enter")
	if d.ws.booked[0].Teams {
		t.Error("Teams was asked for although it was switched off")
	}
}

// What a check warns of is seen before anything is sent, and does not stand in the way.
func TestFormShowsWarnings(t *testing.T) {
	f := office()
	f.check.Warnings = []string{"the room will probably decline: its rules: meetings of at most 15 min, as imported 2 d ago", "you have a meeting of this name then"}
	d := newDriver(t, f, 80, 24)
	d.keys("b")
	d.see("! the room will probably decline: its rules", "! you have a meeting of this name")
	d.keys("enter")
	if len(d.ws.booked) != 1 {
		t.Errorf("%d bookings were sent", len(d.ws.booked))
	}
}

func TestCancelAsks(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("3", "c")
	d.see("Cancel “Design review”?", "the room Eames, Bob Kelly, Chen", "▸ keep it")
	d.keys("enter") // the safe choice has the focus
	if len(d.ws.cancels) != 0 {
		t.Fatal("enter cancelled at once")
	}
	d.keys("c", "down", "enter")
	if len(d.ws.cancels) != 1 || d.ws.cancels[0] != "k1" {
		t.Errorf("cancelled %v", d.ws.cancels)
	}
	d.see("being cancelled")
	d.keys("c")
	d.see("c cancel: it is being cancelled already")
}

// L5: where the connection may only read free/busy the key says so.
func TestDisabledSaysWhy(t *testing.T) {
	f := office()
	f.header.Access = providers.FreeBusyAccess
	d := newDriver(t, f, 112, 34)
	d.keys("b")
	d.see("free/busy only and cannot write")
	if len(d.m.dialogs) != 0 {
		t.Error("the form opened")
	}
}
