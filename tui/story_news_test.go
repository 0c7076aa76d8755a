package tui

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// newsOf brings the newest booking into a state that a person must see.
func (d *driver) newsOf(what string) {
	id := d.ws.bookings[0].ID
	d.send(d.ws.change(id, func(b *providers.Booking) {
		b.Looked = d.now.Add(-40 * time.Second)
		switch what {
		case "moved":
			b.State, b.News = providers.BookingAccepted, providers.BookingNews{Words: "somebody moved the meeting in the organizer's calendar: it was Thu 19 Nov 15:00–15:30 and is Thu 19 Nov 16:00–16:30", At: d.now.Add(-5 * time.Minute)}
		case "silent":
			b.State, b.Sent, b.Answered = providers.BookingWaiting, d.now.Add(-20*time.Minute), time.Time{}
			b.Reason, b.ReasonProof = "no answer for 15 min: the room may not answer by itself; keep waiting, take another room, or cancel", providers.Inferred
			b.Request.Start, b.Request.End = at(0, 16, 0), at(0, 17, 0)
			b.Alternatives = d.ws.bookings[2].Alternatives
		case "review":
			b.State, b.Sent, b.Answered, b.Looked = providers.BookingQueued, time.Time{}, time.Time{}, time.Time{}
			b.Review = "it was asked for 42 min ago and could not be sent"
			b.Reason = "not sent: " + b.Review + "; look at it before it is"
			b.Alternatives = d.ws.bookings[2].Alternatives
		}
	}))
}

// What others did stands in the list with its age, and in the details.
func TestNewsOfBookings(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	d.newsOf("moved")
	d.keys("3")
	d.see("! noticed 5 min ago: somebody moved the meeting", "as of 40 s ago")
	d.keys("enter")
	d.see("what is true, as of 40 s ago", "! somebody moved the meeting", "is Thu 19 Nov 16:00–16:30")
}

// A room that is silent for 15 minutes: keep, change room, cancel.
func TestSilentRoom(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	d.newsOf("silent")
	d.keys("3")
	d.see("has not answered for 20 min")
	d.keys("enter")
	d.see("k keeps waiting", "1 ", "c cancels")
	id := d.ws.bookings[0].ID
	d.keys("k")
	d.see("You chose to wait on")
	if d.ws.find(id).Kept.IsZero() {
		t.Error("not kept")
	}
	d.keys("k")
	d.see("you wait on for it already")
	d.keys("1")
	if len(d.ws.booked) != 1 || len(d.ws.cancels) != 1 || d.ws.cancels[0] != id {
		t.Errorf("booked %d, cancelled %v", len(d.ws.booked), d.ws.cancels)
	}
}

// A booking that was not sent in time is only sent after a question whose safe answer
// leaves it.
func TestReviewBeforeSending(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	d.newsOf("review")
	id := d.ws.bookings[0].ID
	d.keys("3")
	d.see("! not sent: it was asked for 42 min ago")
	d.keys("s")
	d.see("Send it now?", "Nothing is sent late on its own", "leave it")
	d.keys("enter")
	if d.ws.find(id).Review == "" {
		t.Fatal("the safe choice sent it")
	}
	d.ws.reviewErr = &providers.Error{Class: providers.Conflict, Op: "booking", Message: providers.Outside("the room is taken")}
	d.keys("s", "y")
	d.see("was not sent", "the room is taken")
	d.ws.reviewErr = nil
	d.keys("s", "y")
	if d.ws.find(id).Review != "" {
		t.Error("it was not sent")
	}
	d.keys("esc", "esc", "esc", "3", "s")
	d.see("does not wait for a review")
}

// Without network the wish is kept after a question, never as a booking anyway.
func TestBookingWithoutNetwork(t *testing.T) {
	f := office()
	f.checkErr = &providers.Error{Class: providers.Unreachable, Op: "checking"}
	d := newDriver(t, f, 112, 34)
	d.keys("b")
	d.see("could not be checked")
	d.keys("enter")
	d.see("Keep it until the tenant can be asked?", "nothing is sent late on")
	d.keys("enter")
	if len(d.ws.booked) != 0 {
		t.Fatal("the safe choice stored it")
	}
	d.keys("enter", "y")
	if len(d.ws.booked) != 1 || !d.ws.booked[0].Offline || d.ws.booked[0].EvenIfBusy {
		t.Fatalf("stored %+v", d.ws.booked)
	}
}

// Further fields: optional guests with their free/busy, text, show-as, sensitivity and
// time before and after; hidden again they still hold.
func TestFurtherFields(t *testing.T) {
	d := newDriver(t, office(), 112, 40)
	d.keys("b")
	d.see("alt+o optional, text, shows as, private")
	d.keys("alt+o")
	d.typing("kelly")
	d.keys("enter", "tab")
	d.typing("Bring the plan.")
	d.keys("tab", "up", "tab", "space", "tab")
	d.typing("15")
	d.see("15 min to prepare, as a meeting of its own")
	d.keys("tab")
	d.typing("9h")
	d.see("at most 4 h")
	d.keys("ctrl+u")
	d.typing("30m")
	d.keys("alt+o")
	d.see("optional Bob Kelly · with a text · shows as tentative · private · 15 min before", "· 30 min after")
	d.keys("enter")
	if len(d.ws.booked) != 1 {
		t.Fatal(strings.TrimSpace(d.screen()))
	}
	r := d.ws.booked[0]
	if len(r.Optional) != 1 || r.Body.String() != "Bring the plan." || r.ShowAs != providers.ShowTentative || !r.Private || r.Before != 15*time.Minute || r.After != 30*time.Minute {
		t.Errorf("sent %+v", r)
	}
}

// alt+z reads the same moment by another clock; the meeting stays in the room's zone.
func TestClocksOfTheForm(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("end", "b")
	d.see("Europe/London; that is 14:00–14:30 for you")
	d.keys("alt+z")
	d.see("by your clock; that is 13:00–13:30 in the room")
	d.keys("alt+z")
	d.see("13:00")
	d.keys("enter")
	if r := d.ws.booked[0]; !r.Start.Equal(at(0, 14, 0)) || r.Zone != "Europe/London" {
		t.Errorf("sent %v in %s", r.Start, r.Zone)
	}
}
