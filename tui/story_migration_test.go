package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// J8: 400 rooms and 1,200 people from Exchange to Graph in about 25 keys.
func TestJ8InTwentyFiveKeys(t *testing.T) {
	f := office()
	f.migrating(400, 1200)
	d := newDriver(t, f, 112, 34)
	keys := 0
	press := func(names ...string) { keys += len(names); d.keys(names...) }
	typing := func(text string) {
		keys += len(text)
		d.typing(text)
	}
	press(":")
	typing("migrate plan")
	d.see("migrate plan: compare, then move")
	press("enter")
	d.see("hq Exchange → contoso Graph", "comparing both sides", "reaches the same 1,600 mailboxes", "0 of 1,600 compared")
	d.later(time.Minute)
	d.compared(1600)
	d.see("1,600 of 1,600 compared", "− 1 missing", "≠ 1 different", "compared, nothing moved yet")
	press("g")
	d.see("Pilot group", "Room ", "Person ")
	press("enter")
	if len(f.pilots) != 1 || len(f.pilots[0]) != 5 || len(f.choices) != 1 || !f.choices[0].Pilot || f.choices[0].EvenIfDifferent {
		t.Fatalf("the pilot group %v, moved %+v", f.pilots, f.choices)
	}
	d.see("moving mailboxes")
	d.movedBoxes(5, func(b *providers.MailboxMove) bool { return b.Pilot }, providers.MoveMoved)
	d.send(d.ws.migrated(func(m *providers.Migration) { m.State = providers.MigrationPaused }))
	d.see("5 of 1,598 moved", "free/busy gap 0 s", "some mailboxes are moved")
	press("A")
	d.see("Move all mailboxes", "1,592 mailboxes")
	typing("contoso")
	press("enter")
	if len(f.choices) != 2 || !f.choices[1].All || f.choices[1].EvenIfDifferent {
		t.Fatalf("moved %+v", f.choices)
	}
	if keys > 25 {
		t.Errorf("J8 took %d keys, the budget is 25", keys)
	}
	t.Logf("J8: %d keys", keys)
	d.movedBoxes(1600, ready, providers.MoveMoved)
	d.send(d.ws.migrated(func(m *providers.Migration) { m.State = providers.MigrationMoved }))
	d.see("1,597 of 1,598 moved", "moved, can be taken back")
	press("z")
	d.see("Take 1,597 mailboxes back to Exchange?", "▸ leave them")
	press("enter")
	if len(f.returns) != 0 {
		t.Fatal("the safe choice took mailboxes back")
	}
	d.keys("z", "y")
	if len(f.returns) != 1 || !f.returns[0].All {
		t.Fatalf("taken back %+v", f.returns)
	}
	d.see("being taken back")
}

// The tenant's name is wanted, typed and not pasted, before all is moved.
func TestMovingAllWantsTheName(t *testing.T) {
	f := office()
	d := newDriver(t, f, 100, 30)
	d.comparedAll(5, 5)
	d.keys("A", "enter")
	d.see("type the tenant's name, contoso")
	d.typing("contos")
	d.keys("enter")
	d.send(tea.PasteMsg{Content: "contoso"})
	d.see("typed, not pasted")
	d.keys("enter")
	if len(f.choices) != 0 {
		t.Fatalf("moved without the name: %+v", f.choices)
	}
	d.keys("ctrl+a")
	d.see("moved too")
	d.typing("o")
	d.keys("enter")
	if len(f.choices) != 1 || !f.choices[0].All || !f.choices[0].EvenIfDifferent {
		t.Fatalf("moved %+v", f.choices)
	}
}

// A key that does nothing says why.
func TestMigrationKeysSayWhyNot(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	f.nowhere = "connect Graph beside this connection: roomdesk connect graph --beside hq"
	d.keys("6", "m")
	d.see("connect Graph beside this connection: roomdesk connect graph --beside hq")
	d.notSee("p compares")
	d.keys(":")
	d.typing("migrate plan")
	d.see("connect Graph beside")
	d.keys("enter")
	if f.comparisons != 0 {
		t.Fatal("one provider was compared with nothing")
	}
	f.nowhere = ""
	d.keys("m")
	d.see("p compares which mailboxes")
	for key, why := range map[string]string{"g": "nothing was compared yet", "A": "nothing was compared yet", "z": "nothing was compared yet", "f": "nothing was compared yet", "s": "nothing is under way", "enter": "no mailbox is chosen"} {
		d.keys(key)
		if n := d.m.notices.current(); n == nil || !strings.Contains(n.text, why) {
			t.Errorf("%s says %+v, want %q", key, n, why)
		}
		d.m.notices.queue = nil
	}
	d.keys("esc")
	d.comparedAll(5, 5)
	for key, why := range map[string]string{"z": "no mailbox is moved", "f": "no mailbox is moved", "b": "no mailbox is moved"} {
		d.keys(key)
		if n := d.m.notices.current(); n == nil || !strings.Contains(n.text, why) {
			t.Errorf("%s says %+v, want %q", key, n, why)
		}
		d.m.notices.queue = nil
	}
	d.keys("down", "m")
	if n := d.m.notices.current(); n == nil || !strings.Contains(n.text, "it cannot be moved: its mailbox is on premises") {
		t.Errorf("a blocked mailbox says %+v", n)
	}
}

// C19: whoever may not administer sees no migration.
func TestABookerMovesNothing(t *testing.T) {
	f := office()
	f.header.Role = providers.RoleBooker
	d := newDriver(t, f, 112, 34)
	d.keys(":")
	d.typing("migrate plan")
	d.keys("enter")
	if f.comparisons != 0 || len(d.m.dialogs) != 0 {
		t.Fatal("a booker compared both sides")
	}
	if n := d.m.notices.current(); n == nil || !strings.Contains(n.text, "administrator") {
		t.Errorf("it says %+v", n)
	}
}

// A new side that sees more mailboxes than the old one is said in red before anything
// is moved, and again where all are moved.
func TestAWiderScopeIsRed(t *testing.T) {
	f := office()
	f.wide = true
	d := newDriver(t, f, 112, 34)
	d.comparedAll(5, 5)
	if line := d.lineWith("Graph reaches 3 mailboxes"); !strings.Contains(line, "✗") {
		t.Errorf("a wider scope is drawn as %q", line)
	}
	frame := strings.Split(d.m.Frame(), "\n")[d.rowOf("Graph reaches 3 mailboxes")]
	if !strings.Contains(frame, d.m.theme.prefix[onPanel][badStrong]) {
		t.Errorf("a wider scope is not red: %q", frame)
	}
	d.keys("A")
	d.see("scope", "limit the application first")
	// An application that nobody limited is no better, also where no mailbox more is known.
	d.keys("esc")
	d.send(f.migrated(func(m *providers.Migration) { m.Scope.Extra, m.Scope.Words = nil, "Graph reaches every mailbox" }))
	if line := d.lineWith("Graph reaches every mailbox"); !strings.Contains(line, "✗") {
		t.Errorf("an unlimited application is drawn as %q", line)
	}
}

// The differences of a mailbox stand side by side, raw, the harmful ones first; enter
// shows them whole. Of private meetings nothing but the times is shown. (P10)
func TestDifferencesSideBySide(t *testing.T) {
	d := newDriver(t, office(), 120, 34)
	d.comparedAll(5, 5)
	d.keys("enter")
	d.see("only in hq Exchange", "hq Exchange", "contoso Graph")
	if d.rowOf("Customer visit") > d.rowOf("Board prep") || d.rowOf("Board prep") > d.rowOf("Design review") {
		t.Error("what is missing does not stand before what is cosmetic")
	}
	d.keys("down", "down")
	line := d.lineWith("52.3702157, 4.8951679")
	if !strings.Contains(line, "52.37022, 4.89517") {
		t.Errorf("the sides do not stand beside each other: %q", line)
	}
	d.see("the coordinates agree to a metre")
	d.keys("up", "enter")
	d.see("left of the lift; ask at the desk for the key", "040000008200E0-1")
	d.keys("esc", "down", "down", "down")
	d.see("private", "cosmetic: subject")
	d.notSee("Salary talks", "Adele Vance")
	d.keys("enter")
	d.notSee("Salary talks", "Adele Vance")
	d.see("private")
}

// S15: free/busy that was there and goes while a mailbox changes over is a gap, and it
// is told with its length.
func TestTheGapIsMeasured(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	for _, mailbox := range []providers.Address{"aalto@contoso.com", "eames@contoso.com"} {
		f.avail[mailbox] = providers.Availability{Mailbox: mailbox, AsOf: fakeNow()}
	}
	d.comparedAll(6, 4)
	d.notSee("free/busy gap")
	eames := func(b *providers.MailboxMove) bool { return b.Mailbox == "eames@contoso.com" }
	d.keys("g", "enter")
	d.movedBoxes(1, eames, providers.MoveSwitching)
	d.see("free/busy gap 0 s")
	delete(f.avail, "eames@contoso.com")
	d.movedBoxes(1, eames, providers.MoveMoved)
	d.later(4 * time.Second)
	d.see("free/busy gap 4 s")
	f.avail["eames@contoso.com"] = providers.Availability{Mailbox: "eames@contoso.com", AsOf: d.now}
	d.later(3 * time.Second)
	d.send(f.migrated(func(*providers.Migration) {}))
	d.later(time.Minute)
	d.see("free/busy gap 7 s")
}

// The bar stays on the mailbox that it is on while the order changes under it, and an
// older answer does not replace a newer one.
func TestTheBarStaysOnItsMailbox(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	d.comparedAll(5, 5)
	d.keys("down", "down", "down")
	on := d.m.dialogs[0].(*migrationView).chosen
	old := *f.migration
	d.keys("g", "enter")
	d.movedBoxes(3, ready, providers.MoveMoved)
	if v := d.m.dialogs[0].(*migrationView); v.chosen != on || v.box(d.m).Mailbox != on {
		t.Errorf("the bar went from %s to %s", on, v.box(d.m).Mailbox)
	}
	before := d.m.migration.m.Revision
	d.send(migrationAnswer{old, true, nil})
	if d.m.migration.m.Revision != before {
		t.Error("an older journal replaced a newer one")
	}
}

// One mailbox moves alone, and comes back alone, after a question: a stray key moves
// nothing.
func TestOneMailboxAlone(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	d.comparedAll(5, 5)
	d.keys("end", "m")
	d.see("Move Person 4 to Graph?", "▸ leave it")
	d.keys("enter")
	if len(f.choices) != 0 {
		t.Fatal("the safe choice moved it")
	}
	d.keys("m", "y")
	if len(f.choices) != 1 || len(f.choices[0].Mailboxes) != 1 || f.choices[0].Mailboxes[0] != "person0004@contoso.com" || f.choices[0].EvenIfDifferent {
		t.Fatalf("moved %+v", f.choices)
	}
	d.movedBoxes(1, func(b *providers.MailboxMove) bool { return b.Mailbox == "person0004@contoso.com" }, providers.MoveMoved)
	d.send(f.migrated(func(m *providers.Migration) { m.State = providers.MigrationPaused }))
	d.keys("b")
	d.see("Take Person 4 back to Exchange?")
	d.keys("y")
	if len(f.returns) != 1 || f.returns[0].Mailboxes[0] != "person0004@contoso.com" {
		t.Fatalf("taken back %+v", f.returns)
	}
}

// How fast it goes, and how long the rest takes: comparing, moving and on the way back.
func TestMigrationPace(t *testing.T) {
	now := fakeNow()
	m := providers.Migration{State: providers.MigrationComparing, Created: now.Add(-time.Hour)}
	for i := range 100 {
		b := providers.MailboxMove{State: providers.MovePlanned}
		if i < 50 {
			b.State, b.Compared = providers.MoveReady, now.Add(-time.Duration(50-i)*200*time.Millisecond)
		}
		m.Mailboxes = append(m.Mailboxes, b)
	}
	is := func(what string) {
		t.Helper()
		rate, left, ok := migrationPace(&m, now)
		if !ok || rate < 4.9 || rate > 5.1 || left < 9*time.Second || left > 11*time.Second {
			t.Errorf("%s: %v mailboxes/s, %v left, %v", what, rate, left, ok)
		}
	}
	is("comparing")
	for _, step := range []struct {
		state        providers.MigrationState
		before, then providers.MoveState
	}{{providers.MigrationMoving, providers.MoveReady, providers.MoveMoved}, {providers.MigrationReturning, providers.MoveMoved, providers.MoveReturned}} {
		m.State = step.state
		for i := range m.Mailboxes {
			b := &m.Mailboxes[i]
			if b.State, b.Moved = step.before, now.Add(-2*time.Second); i < 50 {
				b.State, b.Moved = step.then, now.Add(-time.Duration(50-i)*200*time.Millisecond)
			}
		}
		is(string(step.state))
	}
	if _, _, ok := migrationPace(&providers.Migration{State: providers.MigrationMoving}, now); ok {
		t.Error("a pace of nothing")
	}
}

// The bar is on the most harmful mailbox until it is moved.
func TestTheBarBeginsWithTheHarm(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	f.migrating(5, 5)
	f.mailboxes[0], f.mailboxes[9] = f.mailboxes[9], f.mailboxes[0] // what differs is compared last
	d.keys("6", "m", "p")
	d.later(time.Minute)
	d.compared(5)
	d.compared(10)
	if v := d.m.dialogs[0].(*migrationView); v.chosen != "aalto@contoso.com" || v.list.at != 0 {
		t.Errorf("the bar is on %s", v.chosen)
	}
}

// Stopping, marking, one mailbox alone, finishing: each asks the workspace for just that.
func TestMigrationActs(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	d.comparedAll(5, 5)
	d.keys("m")
	d.see("Move Aalto although something differs?", "1 missing, 0 extra, 1 different")
	d.keys("n")
	if len(f.choices) != 0 {
		t.Fatal("no moved it all the same")
	}
	d.keys("m", "y")
	if c := f.choices[0]; !c.EvenIfDifferent || len(c.Mailboxes) != 1 || c.Mailboxes[0] != "aalto@contoso.com" {
		t.Fatalf("moved %+v", c)
	}
	d.keys("s")
	if f.stops != 1 {
		t.Fatal("it was not stopped")
	}
	d.keys("down", "down", "down", "space")
	if len(f.pilots) != 1 || len(f.pilots[0]) != 1 {
		t.Fatalf("marked %v", f.pilots)
	}
	d.see("◆")
	d.keys("space")
	if len(f.pilots[1]) != 0 {
		t.Fatalf("the mark was not taken away: %v", f.pilots)
	}
	d.movedBoxes(2, ready, providers.MoveMoved)
	d.keys("f")
	d.see("Finish, and give up the way back?", "2 mailboxes can then not be taken back", "▸ keep the way back")
	d.keys("esc")
	if f.ends != 0 {
		t.Fatal("the way back was given up by esc")
	}
	d.keys("f", "right", "enter")
	if f.ends != 1 {
		t.Fatal("it was not finished")
	}
	d.see("the way back was given up")
	d.keys("A")
	if n := d.m.notices.current(); n == nil || !strings.Contains(n.text, "the migration is finished") {
		t.Errorf("A says %+v", n)
	}
}

// A refusal of the workspace is said, and nothing is shown that did not happen.
func TestARefusedMoveIsSaid(t *testing.T) {
	f := office()
	d := newDriver(t, f, 112, 34)
	d.comparedAll(5, 5)
	f.migrateErr = &providers.Error{Class: providers.NotAllowed, Op: "moving mailboxes", Message: providers.Outside("the role booker may not")}
	d.keys("g", "enter")
	d.see("✗ moving mailboxes", "compared, nothing moved yet")
}

// P18: the countdown stands in the status line while a mailbox is still reached by EWS
// of Exchange Online, and is gone once none is.
func TestP18TheCountdown(t *testing.T) {
	f := office()
	f.progress.Phase, f.progress.Running = providers.PhaseChanges, true
	f.header.Ending = EndingWay{Name: "EWS", Ends: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC), Left: 1612}
	d := newDriver(t, f, 112, 34)
	d.see("EWS ends in 132 days, on 2027-04-01: 1,612 mailboxes to move")
	d.now = time.Date(2027, 3, 31, 23, 0, 0, 0, time.UTC)
	d.send(tickMsg{d.m.ticking})
	d.see("EWS ends within a day, on")
	d.now = time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
	d.send(tickMsg{d.m.ticking})
	d.see("EWS ended on 2027-04-01: 1,612 mailboxes not moved")
	f.header.Ending.Left = 0
	d.send(changesAnswer{changes: Changes{Sync: true}})
	d.notSee("EWS")
}

// P11: a calendar that the new provider has as read-only has the padlock, and says that
// it was writable.
func TestP11WasWritable(t *testing.T) {
	f := office()
	d := newDriver(t, f, 120, 40)
	holidays := providers.Calendar{Mailbox: "adele@contoso.com", ID: "h", Name: providers.Outside("Holidays"), ReadOnly: true}
	own := providers.Calendar{Mailbox: "adele@contoso.com", ID: "c", Name: providers.Outside("Team plan"), ReadOnly: true}
	f.calendars["adele@contoso.com"] = []providers.Calendar{holidays, own}
	f.migrating(4, 4)
	f.mailboxes[4].Mailbox, f.mailboxes[4].Was = "adele@contoso.com", []string{"calendar “Holidays” was writable under EWS"}
	d.keys("6", "m", "p")
	d.later(time.Minute)
	d.compared(8)
	d.keys("esc", "4", "home", "enter")
	if line := d.lineWith("Holidays"); !strings.Contains(line, "⊘") || strings.Contains(line, "was writable") {
		t.Errorf("before it is moved: %q", line)
	}
	d.keys("esc")
	d.movedBoxes(1, func(b *providers.MailboxMove) bool { return b.Mailbox == "adele@contoso.com" }, providers.MoveMoved)
	d.keys("enter")
	if line := d.lineWith("Holidays"); !strings.Contains(line, "⊘") || !strings.Contains(line, "read-only, was writable under EWS") {
		t.Errorf("after it is moved: %q", line)
	}
	if line := d.lineWith("Team plan"); strings.Contains(line, "was writable") {
		t.Errorf("one that was never writable: %q", line)
	}
}

// A mailbox that an error stopped which may have passed can be moved: it is looked at
// again first, and the question for all says how many there are.
func TestWhatAnErrorStoppedIsLookedAtAgain(t *testing.T) {
	d := newDriver(t, office(), 120, 34)
	d.comparedAll(5, 5)
	for i := range d.ws.migration.Mailboxes {
		b := &d.ws.migration.Mailboxes[i]
		if i < 2 {
			b.State, b.Passing, b.Why = providers.MoveBlocked, i == 0, "it is not known"
		}
	}
	d.ws.migration.Revision++
	d.keys("esc")
	d.keys("m")
	d.keys("A")
	d.see("look again", "1 that an error stopped", "2 that Graph does not reach")
}
