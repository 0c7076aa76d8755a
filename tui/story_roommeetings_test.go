package tui

import (
	"testing"

	"roomdesk/providers"
)

// Meetings in a room's details are changed with the keys of Bookings: one that was
// not booked here is looked up in its organiser's calendar first.
func TestMeetingsOfARoomAreChanged(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	d.keys("enter")
	d.see("▸ 15:30–16:45") // what comes next
	d.keys("up")
	d.see("▸ 11:00–12:30")
	d.keys("m")
	d.see("it is private: its organiser has to change it")
	d.keys("down", "x")
	d.see("it has not begun: cancel it")
	if len(f.adopts) != 0 {
		t.Fatal("looked up before it was allowed")
	}
	d.keys("m")
	if len(f.adopts) != 1 || !f.adopts[0].Start.Equal(at(0, 15, 30)) || f.adopts[0].Mailbox != "aalto@contoso.com" {
		t.Fatalf("adopted %+v", f.adopts)
	}
	d.see("Move “Board prep”", "Aalto, Thu 19 Nov 15:30–16:45")
	d.keys("up", "enter")
	d.see("Move it?", "2 get mail")
	d.keys("enter")
	if len(f.wishes) != 1 || f.wishes[0].Kind != providers.ChangeMove {
		t.Fatalf("sent %+v", f.wishes)
	}
}

// What cannot be changed from here says why before anybody is asked.
func TestMeetingsOfARoomSayWhyNot(t *testing.T) {
	f := office()
	for i := range f.events["aalto@contoso.com"] {
		f.events["aalto@contoso.com"][i].Organizer = "somebody@fabrikam.com"
	}
	d := newDriver(t, f, 112, 34)
	d.keys("enter", "c")
	d.see("its organiser is none of the people here")
	f = office()
	f.adoptErr = &providers.Error{Class: providers.Gone, Op: "looking for the meeting", Message: providers.Outside("the room's copy may be left over")}
	d = newDriver(t, f, 112, 34)
	d.keys("enter", "c")
	d.see("the meeting cannot be changed here: looking for the meeting")
	if len(f.scopes) != 0 {
		t.Error("cancelled")
	}
	f = office()
	f.header.Access = providers.FreeBusyAccess
	d = newDriver(t, f, 112, 34)
	d.keys("enter", "c")
	d.see("free/busy only and cannot write")
	// People have no such keys.
	d = newDriver(t, office(), 112, 34)
	d.keys("4", "enter", "c")
	d.see("this is not a room")
}
