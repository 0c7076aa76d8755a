package tui

import (
	"strings"
	"testing"

	"roomdesk/providers"
)

// One date of a booked series is changed by a key, like a single meeting: the question
// names who gets mail for it, and its line tells what became of it.
func TestDateOfASeriesIsChangedByAKey(t *testing.T) {
	ws := office()
	ws.clashes()
	d := newDriver(t, ws, 120, 40)
	d.sendWeekly()
	d.answered("s1")
	d.keys("esc", "3", "enter", "home", "down", "+")
	if n := len(ws.wishes); n != 1 || ws.wishes[0].Kind != providers.ChangeExtend || !ws.wishes[0].End.Equal(ws.bookings[len(ws.bookings)-1].Request.End.Add(quarter)) {
		t.Fatalf("sent %+v", ws.wishes)
	}
	d.see("extension: being sent")
	d.keys("esc")
	// It is no line of its own among the bookings.
	d.keys("esc")
	if n := strings.Count(d.screen(), "Tue 1 Dec"); n != 0 {
		t.Errorf("%d lines:\n%s", n, d.screen())
	}
	d.keys("enter")
	d.send(d.ws.change("s1", func(b *providers.Booking) {
		b.Series = b.Series.Clone()
		line := &b.Series.Dates[1]
		line.Change = providers.BookingChange{Kind: providers.ChangeExtend, State: providers.ChangeWaiting, Was: providers.Slot{Room: line.Room, Start: line.Span.Start, End: line.Span.End}, Asked: fakeNow()}
		line.Change.Wanted = line.Change.Was
	}))
	d.keys("home", "down")
	d.see("extension: sent, the room has not answered")
	d.keys("+")
	d.see("a change of it is under way")
	d.send(d.ws.change("s1", func(b *providers.Booking) {
		b.Series = b.Series.Clone()
		b.Series.Dates[1].Change.State, b.Series.Dates[1].Change.Reason = providers.ChangeUndone, "the room is taken 11:00–12:00"
	}))
	d.see("extension declined", "the room is taken 11:00–12:00")
	d.keys("m")
	d.see("Move")
	d.keys("esc", "x")
	d.see("it has not begun")
	d.keys("u")
	d.see("there is no change to take back")
	// What may not be changed says so before anything is filled in (L5).
	ws.header.Access = providers.FreeBusyAccess
	d.send(d.ws.change("s1", func(*providers.Booking) {}))
	d.keys("m")
	d.see("free/busy only and cannot write")
}
