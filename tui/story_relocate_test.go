package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// leak gives the office the meetings of a room that leaks.
func (d *driver) leak() {
	d.ws.mu.Lock()
	defer d.ws.mu.Unlock()
	d.ws.relocation = leaking(14).relocation
}

// plannedLeak opens the plan for Bauhaus next week.
func (d *driver) plannedLeak() {
	d.keys("/")
	d.typing("bau")
	d.keys("enter", "o")
	d.typing("next week leak")
	d.keys("enter")
}

// journalLeak is a relocation of which some meetings have moved.
func (d *driver) journalLeak() {
	d.plannedLeak()
	d.keys("a", "y")
	d.send(d.ws.relocated(func(r *providers.Relocation) {
		for n := range r.Steps {
			s := &r.Steps[n]
			if s.State != providers.StepPlanned || n > 9 {
				continue
			}
			s.State, s.Batch = providers.StepMoved, 1
			s.Answers = []providers.RoomAnswer{{Room: s.Choices[0].Room, Name: s.Choices[0].Name, Response: providers.ResponseAccepted, Words: "its own calendar shows it", At: fakeNow()}}
			switch n {
			case 4:
				s.State, s.Why = providers.StepWaiting, "Gehry has not answered within 2 min; the meeting keeps its room until then"
			case 5:
				s.At = 1
				s.Answers = []providers.RoomAnswer{
					{Room: "gehry@contoso.com", Name: providers.Outside("Gehry"), Response: providers.ResponseDeclined, Words: "the room is taken 09:00–10:00 by Hiring", At: fakeNow()},
					{Room: "eames@contoso.com", Name: providers.Outside("Eames"), Response: providers.ResponseAccepted, Words: "its own calendar shows it", At: fakeNow()},
				}
			case 6:
				s.State, s.Why, s.Answers = providers.StepFailed, "somebody moved it meanwhile: it is at 11:00–12:00 now", nil
			case 8, 9:
				s.State, s.Answers = providers.StepMoving, nil
			}
		}
	}))
}

// J2: a ceiling leaks; 34 meetings of next week in about 29 keys, three of them without
// a room.
func TestJ2InTwentyNineKeys(t *testing.T) {
	d := newDriver(t, leaking(34), 112, 34)
	keys := 0
	press := func(names ...string) { keys += len(names); d.keys(names...) }
	typing := func(text string) { keys += len(text); d.typing(text) }
	press("/")
	typing("bau")
	press("enter", "o")
	d.see("Bauhaus  out of order")
	typing("next week leak")
	d.see("Mon 23 – Sun 29 Nov", "because: leak", "Nothing is changed yet")
	press("enter")
	d.see("Relocate Bauhaus", "leak", "✗", "Customer visit", "0 move", "31 to decide", "3 without a room", "→ Gehry", "same equipment, 1 floor away")
	if len(d.ws.journal) != 0 {
		t.Fatal("something was stored before it was confirmed")
	}
	press("a")
	d.see("31 move", "3 without a room", "c copies", "ask for another room", "cannot be used on")
	press("down", "enter") // the hall that is too small will do
	d.see("32 move", "2 without a room", "too small")
	press("x")
	press("y")
	d.see("Bauhaus relocated", "0 of 32 moved", "under way")
	if keys > 29 {
		t.Errorf("J2 took %d keys", keys)
	}
	t.Logf("%d keys", keys)
	r := d.ws.journal[0]
	if r.Count(providers.StepPlanned) != 32 || r.Count(providers.StepUnsolved) != 2 || r.Reason.Or("") != "leak" || !r.Period.Start.Equal(at(4, 0, 0)) || !r.Period.End.Equal(at(11, 0, 0)) {
		t.Errorf("%d planned, %d unsolved, %v", r.Count(providers.StepPlanned), r.Count(providers.StepUnsolved), r.Period)
	}
}

// Each meeting is decided by itself: another room that no other meeting of the plan has
// then, or left out; only what was accepted is sent.
func TestJ2Decisions(t *testing.T) {
	d := newDriver(t, leaking(8), 120, 40)
	d.plannedLeak()
	d.keys("y")
	d.see("y move them: nothing is accepted yet")
	d.keys("enter")
	d.see("its organiser is elsewhere: c copies a text for them")
	d.keys("down", "down", "right")
	d.see("it may not be changed from here")
	d.keys("down", "right", "enter") // Design review: the second choice
	d.see("1 move")
	d.keys("x") // Hiring
	d.keys("m")
	d.see("Who gets mail", "Bob Kelly")
	d.keys("esc", "y")
	r := d.ws.journal[0]
	if got := r.Steps[3]; got.State != providers.StepPlanned || got.Choices[got.At].Room != "eames@contoso.com" || len(got.Choices) != 3 {
		t.Errorf("%+v", got)
	}
	if r.Count(providers.StepPlanned) != 1 || r.Count(providers.StepLeft) != 4 {
		t.Errorf("%d planned, %d left", r.Count(providers.StepPlanned), r.Count(providers.StepLeft))
	}
	f := leaking(5)
	f.relocation.Steps[4].Was = f.relocation.Steps[3].Was // at the same time
	f.relocation.Steps[4].At = 1
	d = newDriver(t, f, 120, 40)
	d.plannedLeak()
	d.keys("down", "down", "down", "right")
	if p, _ := topOf[*relocatePlan](d.m); p.step().At != 2 {
		t.Errorf("choice %d: Eames is needed for the other meeting", p.step().At)
	}
}

// The text for an organiser elsewhere can be copied.
func TestJ2TextIsCopied(t *testing.T) {
	d := newDriver(t, leaking(8), 120, 40)
	d.plannedLeak()
	d.keys("c")
	d.see("a text for")
}

// Progress, the rooms' answers, stop and undo with what stays.
func TestJ2ProgressAndUndo(t *testing.T) {
	d := newDriver(t, leaking(14), 120, 40)
	d.journalLeak()
	d.see("3 of 11 moved", "1 room silent", "◐ Fri 27 Nov", "failed: somebody moved it")
	for range 5 {
		d.keys("down")
	}
	d.see("Gehry declined: the room is taken 09:00–10:00 by Hiring", "Eames accepted: its own calendar shows it")
	d.keys("u")
	d.see("it is under way: stop it first")
	d.keys("s")
	d.see("stops after this batch")
	d.send(d.ws.relocated(func(r *providers.Relocation) {
		r.State, r.Ended = providers.RelocationPartly, fakeNow()
		for n := range r.Steps {
			if s := &r.Steps[n]; s.State.Working() {
				s.State = providers.StepMoved
			}
		}
	}))
	plan := d.ws.journal[0]
	plan.Steps = append([]providers.RelocationStep(nil), plan.Steps...)
	for n := range plan.Steps {
		if s := &plan.Steps[n]; s.State == providers.StepMoved {
			s.State = providers.StepUndoing
		}
	}
	plan.Steps[3].State, plan.Steps[3].Why = providers.StepKept, "taken 09:00–10:00 by Hiring"
	d.ws.undoPlan = plan
	d.keys("u")
	d.see("Put 5 meetings back?", "1 meeting cannot be put back", "Design review: taken 09:00–10:00 by Hiring", "▸ leave them")
	if len(d.ws.undone) != 0 {
		t.Fatal("taken back before it was confirmed")
	}
	d.keys("y")
	if len(d.ws.undone) != 1 {
		t.Fatal("it was not taken back")
	}
	d.see("being taken back", "← Bauhaus  going back", "stays: taken 09:00–10:00")
	d.keys("esc", "esc", "O")
	d.see("Relocations", "Bauhaus", "being taken back", "leak")
	d.keys("enter")
	d.see("Bauhaus relocated")
}

// What goes wrong is said where it was asked for; nothing to move is no error.
func TestJ2FormSaysWhatIsWrong(t *testing.T) {
	d := newDriver(t, leaking(3), 112, 34)
	d.keys("o")
	d.typing("leak")
	d.see("say when first")
	d.keys("enter")
	d.see("✗ say when first")
	f := office()
	d = newDriver(t, f, 112, 34)
	d.keys("enter", "o") // from the details of the room
	d.typing("tomorrow")
	d.keys("enter")
	d.see("has no meetings then")
	f.relocateErr = &providers.Error{Class: providers.Unreachable, Op: "reading the calendar"}
	d.keys("enter")
	d.see("✗")
	f = leaking(8)
	d = newDriver(t, f, 112, 34)
	d.plannedLeak()
	f.relocateErr = &providers.Error{Class: providers.Local, Op: "storing a relocation", Message: providers.Outside("disk full")}
	d.keys("a", "y")
	d.see("disk full", "Relocate Bauhaus")
	d.keys("esc", "O")
	d.see("None yet")
}

// L5: where the connection may only read free/busy, the key says so.
func TestRelocateIsDisabledWithTheReason(t *testing.T) {
	f := leaking(3)
	f.header.Access = providers.FreeBusyAccess
	d := newDriver(t, f, 112, 34)
	d.keys("o")
	d.see("free/busy only and cannot write")
	if len(d.m.dialogs) != 0 {
		t.Error("a form was opened")
	}
}

// L5, S17: so it does where the connection may not write, and where this room's own
// calendar is out of reach.
func TestRelocateIsDisabledByWhatIsKnown(t *testing.T) {
	reading := providers.ConnectionAccess(providers.Capabilities{Access: providers.FullAccess, Teams: true, WriteWhy: providers.Outside("grant Calendars.ReadWrite")})
	outside := providers.ProblemAccess("bauhaus@contoso.com", &providers.Problem{Class: providers.NotAllowed})
	for why, set := range map[string]func(h *Header){
		"grant Calendars.ReadWrite": func(h *Header) { h.Allowed = reading },
		"outside the mailboxes":     func(h *Header) { h.Mailboxes = map[providers.Address]providers.Access{"bauhaus@contoso.com": outside} },
	} {
		f := leaking(3)
		set(&f.header)
		d := newDriver(t, f, 160, 34)
		d.keys("/")
		d.typing("bau")
		d.keys("enter", "o")
		d.see(why)
		if len(d.m.dialogs) != 0 {
			t.Errorf("%s: a form was opened", why)
		}
	}
}

// Names from outside, and any size: no line is wider than the window.
func TestRelocationFits(t *testing.T) {
	for _, size := range [][2]int{{40, 10}, {41, 12}, {64, 16}, {80, 24}, {200, 60}} {
		f := leaking(20)
		f.relocation.Steps[3].Subject = providers.Outside("会議\u202e\x1b[31m" + strings.Repeat("x", 300))
		f.relocation.Steps[4].Choices[0].Name = providers.Outside(strings.Repeat("名", 80))
		d := newDriver(t, f, size[0], size[1])
		d.plannedLeak()
		checkFrame(t, d.m)
		d.keys("down", "down", "down")
		checkFrame(t, d.m)
		d.keys("esc")
		d = newDriver(t, f, size[0], size[1])
		d.journalLeak()
		checkFrame(t, d.m)
		d.keys("esc", "O")
		checkFrame(t, d.m)
		d.send(tea.WindowSizeMsg{Width: 5, Height: 3})
		checkFrame(t, d.m)
	}
}
