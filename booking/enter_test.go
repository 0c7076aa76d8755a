package booking

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// P3: a booking's calendar is entered before the booking is read and left after it was
// stored, so that a move to another provider never falls in between; while it moves a verb
// says so, and the step is made later.
func TestDeskEntersTheCalendar(t *testing.T) {
	synctest.Test(t, entersTheCalendar)
}

func entersTheCalendar(t *testing.T) {
	w := newWorld(t)
	inside, moving := map[providers.Address]int{}, false
	entered := 0
	w.Enter = func(_ context.Context, mailbox providers.Address) (func(), error) {
		if moving {
			return nil, &providers.Error{Class: providers.Transient, Op: "waiting for a calendar", Mailbox: mailbox}
		}
		entered++
		inside[mailbox]++
		return func() { inside[mailbox]-- }, nil
	}
	var outside []providers.BookingState
	w.Changed = func(b providers.Booking) {
		if b.State != providers.BookingQueued && inside[b.Request.Organizer] == 0 {
			outside = append(outside, b.State)
		}
	}
	b := w.book(w.request())
	moving = true
	if _, err := w.Cancel(t.Context(), b.ID, ""); !providers.Is(err, providers.Transient) {
		t.Errorf("cancelled while the calendar moves: %v", err)
	}
	if _, err := w.Change(t.Context(), b.ID, ChangeRequest{Kind: providers.ChangeMove}); !providers.Is(err, providers.Transient) {
		t.Errorf("changed while the calendar moves: %v", err)
	}
	if next := w.step(t.Context(), b.ID); !next.Equal(w.Now().Add(calendarPause)) {
		t.Errorf("looked at again at %v", next)
	}
	moving = false
	if b = w.await(b.ID, time.Minute); b.State != providers.BookingAccepted {
		t.Fatalf("%s", b.State)
	}
	if _, err := w.Cancel(t.Context(), b.ID, ""); err != nil {
		t.Fatal(err)
	}
	if entered < 2 || len(outside) > 0 || inside[b.Request.Organizer] != 0 {
		t.Errorf("entered %d times, stored outside %v, still inside %v", entered, outside, inside)
	}
}
