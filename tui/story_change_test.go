package tui

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// moved is a booking of which the room declined a move.
func (d *driver) moved() {
	d.keys("3", "enter")
	d.send(d.ws.change("k1", func(b *providers.Booking) {
		was := providers.Slot{Room: b.Request.Room, RoomName: b.RoomName, Start: b.Request.Start, End: b.Request.End}
		wanted := was
		wanted.Start, wanted.End = was.Start.Add(time.Hour), was.End.Add(time.Hour)
		b.Change = providers.BookingChange{
			Kind: providers.ChangeMove, State: providers.ChangeUndone, Was: was, Wanted: wanted, Asked: fakeNow(), Ended: fakeNow(),
			Reason: "the room is taken 18:30–19:00 by Hiring", ReasonProof: providers.Proven,
			Alternatives: []providers.Alternative{{Room: "gehry@contoso.com", Name: providers.Outside("Gehry"), Place: "Amsterdam HQ, floor 4", Why: "free all day"}},
		}
	}))
}

// series makes the first booking a date of a series.
func (d *driver) series() {
	d.send(d.ws.change("k1", func(b *providers.Booking) { b.SeriesID, b.EventID = "series", "date" }))
}

// One key asks the tenant, a second sends: everybody who gets mail is counted.
func TestExtendCountsMail(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("3", "+")
	d.see("Extend to 18:15?", "3 get mail", "Bob Kelly, Chen", "▸ extend")
	if len(d.ws.wishes) != 0 {
		t.Fatal("sent before it was confirmed")
	}
	d.keys("enter")
	if len(d.ws.wishes) != 1 || d.ws.wishes[0].Kind != providers.ChangeExtend || !d.ws.wishes[0].End.Equal(at(0, 18, 15)) {
		t.Fatalf("sent %+v", d.ws.wishes)
	}
	d.see("extension: being sent")
	d.send(d.ws.change("k1", func(b *providers.Booking) {
		b.Change.State, b.Change.Ended, b.Request.End = providers.ChangeDone, fakeNow(), b.Change.Wanted.End
	}))
	d.see("extension: done", "17:00–18:15")
}

// Small but loved: one key where nobody but the room gets mail.
func TestExtendIsOneKey(t *testing.T) {
	f := office()
	f.bookings[0].Request.Required = nil
	d := newDriver(t, f, 112, 34)
	d.keys("3", "+")
	if len(d.ws.wishes) != 1 {
		t.Fatalf("sent %+v", d.ws.wishes)
	}
}

// The next meeting is in the way: the gap is offered.
func TestExtendOffersTheGap(t *testing.T) {
	f := office()
	f.plan = ChangePlan{Why: "taken 18:10–19:00", Until: at(0, 18, 10)}
	d := newDriver(t, f, 112, 34)
	d.keys("3", "+")
	d.see("taken from 18:10 on", "Extend to 18:10?")
	d.keys("enter")
	if len(d.ws.wishes) != 1 || !d.ws.wishes[0].End.Equal(at(0, 18, 10)) {
		t.Errorf("sent %+v", d.ws.wishes)
	}
	f = office()
	f.plan = ChangePlan{Why: "taken 18:00–19:00; the next meeting begins where this one ends", Until: at(0, 18, 0)}
	d = newDriver(t, f, 112, 34)
	d.keys("3", "+")
	d.see("was not changed: taken 18:00–19:00")
	if len(d.m.dialogs) != 0 || len(d.ws.wishes) != 0 {
		t.Error("something was offered where there is no gap")
	}
}

// Ending early is two keys, and only of what runs.
func TestEndEarlyIsTwoKeys(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("3", "x")
	d.see("x end now: it has not begun: cancel it")
	d.keys("down", "x")
	d.see("End it now?", "▸ end it")
	d.keys("enter")
	if len(d.ws.wishes) != 1 || d.ws.wishes[0].Kind != providers.ChangeEnd {
		t.Errorf("sent %+v", d.ws.wishes)
	}
}

// Moving: time by steps, room by a part of its name; asked, counted, sent.
func TestMove(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("3", "m")
	d.see("Move “Design review”", "17:00")
	d.keys("up", "up", "tab", "tab", "ctrl+u")
	d.typing("geh")
	d.see("▸ Gehry")
	d.keys("enter") // takes the completion
	d.see("must accept before the old one is let go")
	d.keys("enter")
	d.see("Move it?", "becomes Gehry", "17:30–18:30", "get mail")
	if len(d.ws.wishes) != 0 {
		t.Fatal("sent before it was confirmed")
	}
	d.keys("enter")
	if len(d.ws.wishes) != 1 || d.ws.wishes[0].Room != "gehry@contoso.com" || !d.ws.wishes[0].Start.Equal(at(0, 17, 30)) || !d.ws.wishes[0].End.Equal(at(0, 18, 30)) {
		t.Fatalf("sent %+v", d.ws.wishes)
	}
	d.see("move: being sent")
	d.keys("m")
	d.see("a change of it is under way")
}

// What stands in the way is said in the form, with other rooms to take.
func TestMoveWhereItIsTaken(t *testing.T) {
	f := office()
	f.plan = ChangePlan{Why: "taken 17:30–18:00 by Hiring", Alternatives: []providers.Alternative{{Room: "gehry@contoso.com", Name: providers.Outside("Gehry"), Why: "free all day"}}}
	d := newDriver(t, f, 112, 34)
	d.keys("3", "m", "up", "enter")
	d.see("taken 17:30–18:00 by Hiring", "alt+1 Gehry")
	d.keys("alt+1")
	d.ws.mu.Lock()
	d.ws.plan = ChangePlan{Free: true}
	d.ws.mu.Unlock()
	d.keys("enter", "enter")
	if len(d.ws.wishes) != 1 || d.ws.wishes[0].Room != "gehry@contoso.com" {
		t.Errorf("sent %+v", d.ws.wishes)
	}
	d = newDriver(t, office(), 112, 34)
	d.keys("3", "m", "tab", "tab", "ctrl+u")
	d.typing("nowhere")
	d.keys("enter")
	d.see("no room of that name")
}

// A declined move says that it is as it was, why, and what is free.
func TestDeclinedMoveIsToldAsSuch(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.moved()
	d.see("declined by the room and put back", "18:30–19:00 by Hiring", "Gehry", "17:00–18:00")
	d.keys("u")
	d.see("u undo: there is no change to take back")
}

// A series: one date, the following, or all, with a comment; the following are
// counted before anything is sent.
func TestCancelScopeQuestion(t *testing.T) {
	f := office()
	f.cancelPlan = CancelPlan{Dates: []providers.CancelDate{{Start: at(0, 17, 0)}, {Start: at(7, 17, 0)}, {Start: at(14, 17, 0)}}, NoUndo: "a cancellation cannot be taken back",
		Mails: []providers.Notice{{Mailbox: "bob@contoso.com", Cause: "cancelled on 3 dates, a mail for each"}}}
	d := newDriver(t, f, 112, 34)
	d.series()
	d.keys("3", "c")
	d.see("▸ keep it", "cancel this date only", "cancel this and all following dates", "cancel the whole series", "cannot be taken back")
	d.keys("tab")
	d.typing("sorry, h and q")
	d.keys("enter", "down", "down", "enter")
	d.see("Cancel 3 dates?", "Bob Kelly (cancelled on 3 dates, a mail for each)", "▸ keep them")
	if len(d.ws.scopes) != 0 {
		t.Fatal("sent before it was confirmed")
	}
	d.keys("right", "enter")
	if len(d.ws.scopes) != 1 || d.ws.scopes[0] != providers.CancelFollowing || d.ws.notes[0] != "sorry, h and q" {
		t.Errorf("cancelled %v with %q", d.ws.scopes, d.ws.notes)
	}
	d.see("being cancelled")
}

// L5: where the connection may only read free/busy the keys say so.
func TestChangeKeysAreDisabledWithTheReason(t *testing.T) {
	f := office()
	f.header.Access = providers.FreeBusyAccess
	d := newDriver(t, f, 112, 34)
	d.keys("3")
	for _, key := range []string{"+", "m"} {
		d.keys(key)
		d.see("free/busy only and cannot write")
	}
	if len(d.ws.planned) != 0 || len(d.m.dialogs) != 0 {
		t.Error("something was asked")
	}
	if !strings.Contains(d.screen(), "Bookings") {
		t.Error("the view is gone")
	}
}

// A move to where the room is taken can be sent all the same, after a question of
// which the safe answer has the focus; only where that is for the room to say.
func TestMoveAnyway(t *testing.T) {
	f := office()
	f.plan = ChangePlan{Why: "taken 17:30–18:00 by Hiring", MayInsist: true}
	d := newDriver(t, f, 112, 34)
	d.keys("3", "m", "ctrl+o")
	d.see("the room is not known to be taken")
	d.keys("up", "enter")
	d.see("taken 17:30–18:00 by Hiring", "ctrl+o sends it all the same")
	d.keys("ctrl+o")
	d.see("Move it?", "probably decline", "3 get mail", "▸ leave it")
	if len(f.wishes) != 0 {
		t.Fatal("sent before it was confirmed")
	}
	d.keys("y")
	if len(f.wishes) != 1 || !f.wishes[0].EvenIfBusy {
		t.Fatalf("sent %+v", f.wishes)
	}
	f = office()
	f.plan = ChangePlan{Why: "its calendar is read-only"}
	d = newDriver(t, f, 112, 34)
	d.keys("3", "m", "up", "enter", "ctrl+o")
	d.see("the room is not known to be taken")
	if len(f.wishes) != 0 {
		t.Error("sent")
	}
}
