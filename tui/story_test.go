package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

func TestFirstFrameClaimsNothing(t *testing.T) {
	m := New(Options{Workspace: office(), Now: fakeNow, Zone: berlin()})
	_, _ = m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	d := &driver{t: t, m: m}
	d.see("reading…", "1 Rooms")
	d.notSee("no rooms", "0 rooms", "has no rooms", "free now")
}

// An error, an unfinished sync and an empty tenant are three different things.
func TestEmptyIsNotAnError(t *testing.T) {
	f := office()
	f.roomsErr = &providers.Error{Class: providers.Local, Op: "reading rooms", Message: providers.Outside("disk is gone")}
	d := newDriver(t, f, 80, 24)
	d.see("The rooms could not be read", "disk is gone")

	f = office()
	f.rooms, f.progress = nil, providers.SyncProgress{Phase: providers.PhasePlaces, Running: true}
	d = newDriver(t, f, 80, 24)
	d.see("being read from the tenant")
	d.notSee("has no rooms")

	f = office()
	f.rooms, f.progress = nil, providers.SyncProgress{Phase: providers.PhaseChanges, Running: true, Listing: providers.Listing{Complete: true}}
	newDriver(t, f, 80, 24).see("The tenant says that it has no rooms")

	f.progress.Listing.Complete = false
	newDriver(t, f, 80, 24).see("not proof that there are none")

	f.progress.Problem = &providers.Problem{Class: providers.SignedOut}
	newDriver(t, f, 80, 24).see("No rooms have been read yet", "sign-in failed")
}

// Unknown, unreadable and not yet read are never drawn as free.
func TestUnknownIsNeverFree(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	line := d.lineWith("Dudok")
	if !strings.Contains(line, "? no access") || strings.Count(line, glyphUnknown) < 40 || strings.Contains(line, glyphHour) {
		t.Errorf("unknown is drawn as %q", line)
	}
	f := office()
	f.availErr = &providers.Error{Class: providers.Local, Op: "reading"}
	d = newDriver(t, f, 112, 34)
	d.see("free/busy could not be read")
	if line := d.lineWith("Aalto"); strings.Contains(line, "free") || !strings.Contains(line, glyphUnknown) {
		t.Errorf("a failed reading is drawn as %q", line)
	}
	d.notSee("free now")
}

// S7: what is old says so, with its time.
func TestStaleIsTold(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	if line := d.lineWith("Liebermann"); !strings.Contains(line, "○ free? as of 10:42") {
		t.Errorf("old free/busy is drawn as %q", line)
	}
	d.now = d.now.Add(20 * time.Minute)
	d.send(tickMsg{d.m.ticking})
	if line := d.lineWith("Aalto"); !strings.Contains(line, "free? as of 14:07") {
		t.Errorf("after 20 minutes without a reading: %q", line)
	}
	d.see("○ old 20 min")
	d.notSee("free now")
}

func TestFreshnessNeverLies(t *testing.T) {
	for name, test := range map[string]struct {
		age  time.Duration
		want string
	}{
		"now": {6 * time.Second, "● synced 6 s ago"}, "late": {5 * time.Minute, "◐ late: 5 min ago"}, "old": {3 * time.Hour, "○ old: 3 h ago"},
	} {
		f := office()
		f.progress.Running = false
		f.header.LastGood = fakeNow().Add(-test.age)
		d := newDriver(t, f, 140, 30)
		if !strings.Contains(d.screen(), test.want) {
			t.Errorf("%s: header is %q", name, strings.SplitN(d.screen(), "\n", 2)[0])
		}
	}
	f := office()
	f.header.LastGood, f.progress.Running = time.Time{}, false
	newDriver(t, f, 140, 30).see("○ never synced")
	f.header.Problem = &providers.Problem{Class: providers.Unreachable}
	newDriver(t, f, 80, 24).see("✗ the service cannot be reached. Check the network")
}

func TestFilter(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("down", "/")
	d.typing("12p display f3")
	d.see("9 of 14 rooms · free now 3", "at least 12 seats")
	d.notSee("Isozaki", "Nash")
	if d.m.rooms.chosen != "bauhaus@contoso.com" {
		t.Errorf("the bar went to %s", d.m.rooms.chosen)
	}
	if d.m.View().Cursor == nil {
		t.Error("there is no cursor where one types")
	}
	d.keys("enter", "b")
	d.see("Book Bauhaus")
	d.keys("esc", "esc")
	d.see("14 rooms")
	d.send(tea.PasteMsg{Content: "q\nq"}) // outside a field a paste presses nothing
	if d.quit {
		t.Error("a paste has pressed q")
	}
	d.keys("/")
	d.send(tea.PasteMsg{Content: "Gehry\n"})
	d.see("1 of 14 rooms", "Gehry")
	d.keys("esc")
	if d.m.rooms.chosen != "bauhaus@contoso.com" {
		t.Errorf("after the filter the bar is on %s", d.m.rooms.chosen)
	}
}

// The bar stays on its room when the list changes under it.
func TestSelectionIsKeptByIdentity(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	for d.m.rooms.chosen != "hadid@contoso.com" {
		d.keys("down")
	}
	d.ws.rooms = append([]providers.Room{{Mailbox: "aaa@contoso.com", Name: providers.Outside("Aaa"), Building: providers.Outside("Aa")}}, d.ws.rooms...)
	d.send(changesAnswer{changes: Changes{Rooms: true}})
	d.see("15 rooms")
	if d.m.rooms.chosen != "hadid@contoso.com" || !strings.Contains(d.lineWith("▎"), "Hadid") {
		t.Errorf("the bar is on %s", d.m.rooms.chosen)
	}
	d.keys("g")
	if !strings.Contains(d.lineWith("▎"), "Hadid") {
		t.Error("grouping moved the bar")
	}
}

// Only what is on the screen is asked for, and an answer for another day is
// dropped.
func TestReadsOnlyWhatIsOnTheScreen(t *testing.T) {
	d := newDriver(t, manyRooms(2000), 120, 40)
	for _, asked := range d.ws.asked {
		if n := len(asked); n > 40 && n != 2000 { // all of them is the count of what is free now
			t.Errorf("asked for %d mailboxes", n)
		}
	}
	if n := len(d.ws.watched); n < 10 || n > 40 {
		t.Errorf("%d mailboxes are watched", n)
	}
	d.ws.asked = nil
	d.send(changesAnswer{changes: Changes{Mailboxes: []providers.Address{"room01500@contoso.com"}}})
	for _, asked := range d.ws.asked {
		if len(asked) < 2000 {
			t.Errorf("a change out of sight asked for %v", asked)
		}
	}
	d.hold = true
	d.keys("]")
	held := d.held
	d.held, d.hold = nil, false
	d.keys("]", "]")
	day := d.m.avail.window
	d.hold = true // what the old answers cause is not run: it would hide their traces
	for _, cmd := range held {
		d.deliver(cmd)
	}
	if d.m.avail.window != day {
		t.Error("an old answer changed the day")
	}
	for mailbox, k := range d.m.avail.have {
		if k.Window != day {
			t.Errorf("%s has the window %v", mailbox, k.Window)
		}
	}
}

func TestDaysAndTime(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	d.keys("]")
	d.see("Fri 20 Nov tomorrow", "at 14:00")
	d.keys("[", "[")
	d.see("Wed 18 Nov yesterday")
	d.keys("t")
	d.see("Thu 19 Nov today")
	d.keys("right", "v", "right", "right", "b")
	d.see("from 14:15", "to 15:00")
	d.keys("esc", "esc")
	if _, marked := d.m.day.span(); marked {
		t.Error("esc does not drop the span")
	}
	// The cursor takes the grid along to late hours, and stops at the day's end.
	for range 60 {
		d.keys("right")
	}
	d.see("23")
	if got := d.m.day.cursor.Format("15:04"); got != "23:45" {
		t.Errorf("the cursor is at %s", got)
	}
}

func TestPeople(t *testing.T) { // P7, P11
	d := newDriver(t, office(), 112, 34)
	d.keys("4")
	d.see("Adele Vance", "owner Adele Vance", "Teams meetings", "⊘ Holidays in Germany", "read-only")
	d.keys("/")
	d.typing("lee")
	d.see("1 of 7 people", "Lee Gu")
	d.keys("esc")
	if !strings.Contains(d.lineWith("Bob Kelly"), glyphBusy) {
		t.Error("the day of a person is empty")
	}
}

func TestSync(t *testing.T) { // S4, J6
	d := newDriver(t, office(), 112, 34)
	d.keys("5")
	d.see("2,402 fresh", "4 failing", "1,840 of 2,418", "31/s", "about 20 s left", "✓ rooms and people", "client secret ends in 63 days", "mailbox")
	if d.rowOf("hadid@") > d.rowOf("aalto@") {
		t.Error("problems do not come first")
	}
	d.keys("enter")
	d.see("request id", "77aa-01", "The mailbox is being moved.")
	d.keys("esc", "r", "R")
	if len(d.ws.retried) != 2 || len(d.ws.retried[0]) != 1 || d.ws.retried[0][0] != "hadid@contoso.com" || len(d.ws.retried[1]) != 0 {
		t.Errorf("retried %v", d.ws.retried)
	}
	d.keys("!")
	d.notSee("aalto@")
	d.see("hadid@", "dudok@", "only problems")
	bar := d.m.View().ProgressBar
	if bar == nil || bar.Value != 76 {
		t.Errorf("the terminal's progress bar is %v", bar)
	}
}

func TestBadNewsStays(t *testing.T) {
	d := newDriver(t, office(), 80, 24)
	d.send(changesAnswer{changes: Changes{Notices: []Notice{{Text: "the room Frank declined", Bad: true}, {Text: "Eames accepted"}}}})
	d.now = d.now.Add(time.Minute)
	d.send(tickMsg{d.m.ticking})
	d.see("✗ the room Frank declined")
	d.keys("esc")
	d.notSee("Frank declined")
}

// Bad news about something that lasts goes by itself once that is over, whoever told it;
// other bad news stays.
func TestBadNewsThatIsOverGoes(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	tell := func(notices ...Notice) { d.send(changesAnswer{changes: Changes{Notices: notices}}) }
	tell(Notice{Text: "the room Frank declined", Bad: true})
	tell(Notice{Text: "Reading stopped: no network", Bad: true, About: "reading"})
	tell(Notice{Text: "Reading stopped: still no network", Bad: true, About: "reading"})
	d.see("Reading stopped: still no network", "1 more")
	tell(Notice{Text: "Reading goes on", About: "reading"})
	d.notSee("Reading stopped")
	d.see("✗ the room Frank declined")
	d.keys("esc")
	d.see("● Reading goes on")
	d.now = d.now.Add(time.Minute)
	d.send(tickMsg{d.m.ticking})
	d.notSee("Reading goes on")

	// What the console itself could not read.
	broken := &providers.Error{Class: providers.Local, Op: "reading", Message: providers.Outside("the disk fails")}
	for _, row := range []struct {
		text     string
		bad, fit answer
	}{
		{"rooms could not be read", roomsAnswer{err: broken}, roomsAnswer{data: newRoomData(d.ws.rooms, nil)}},
		{"bookings could not be read", bookingsAnswer{err: broken}, bookingsAnswer{}},
		{"journal of relocations could not be read", relocationsAnswer{err: broken}, relocationsAnswer{}},
		{"background reader stopped", changesAnswer{err: broken}, changesAnswer{}},
		{"wish is not kept", wishKept{broken}, wishKept{}},
		{"where data is could not be found out", dataAnswer{err: broken}, dataAnswer{}},
	} {
		row.bad.apply(d.m)
		d.see("✗", row.text)
		row.fit.apply(d.m)
		d.notSee(row.text)
	}
}

// When all reading had stopped stands in the sync view, at each size.
func TestSyncViewSaysWhenReadingHadStopped(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}} {
		d := newDriver(t, office(), size[0], size[1])
		d.keys("5")
		d.notSee("had stopped")
		d.progressed(func(p *providers.SyncProgress) {
			p.Phase, p.Interrupted = providers.PhaseChanges, &providers.Interruption{From: fakeNow().Add(-20 * time.Minute), To: fakeNow().Add(-5 * time.Minute), What: "there is no network"}
		})
		d.see("reading had stopped 13:47", " to 14:02", ": there is no network")
		d.progressed(func(p *providers.SyncProgress) {
			p.Interrupted = &providers.Interruption{From: fakeNow().Add(-30 * time.Hour), To: fakeNow().Add(-29 * time.Hour), What: "there is no network"}
		})
		d.see("reading had stopped Wed 18 Nov 08:07 to 09:07: ")
	}
}

func TestQuit(t *testing.T) {
	d := newDriver(t, office(), 80, 24)
	d.keys("b", "q")
	if d.quit {
		t.Fatal("q typed into a field leaves")
	}
	d.keys("ctrl+c")
	if !d.quit {
		t.Fatal("ctrl+c does not leave from a dialog")
	}
}

func TestQuitWaitsForABooking(t *testing.T) {
	d := newDriver(t, office(), 80, 24)
	d.ws.inFlight = 1
	d.keys("q")
	d.see("finishing a booking…")
	if d.quit {
		t.Fatal("left at once")
	}
	d.send(quitLook{})
	if d.quit {
		t.Fatal("left while the booking is on its way")
	}
	d.ws.inFlight = 0
	d.send(quitLook{})
	if !d.quit {
		t.Fatal("did not leave when it was done")
	}

	d = newDriver(t, office(), 80, 24)
	d.ws.inFlight = 1
	d.keys("q", "q")
	if !d.quit {
		t.Fatal("the second press does not leave")
	}

	d = newDriver(t, office(), 80, 24)
	d.ws.inFlight = 1
	d.keys("q")
	d.now = d.now.Add(5 * time.Second)
	d.send(quitLook{})
	if !d.quit {
		t.Fatal("does not leave after 5 s")
	}
}
