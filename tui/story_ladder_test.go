package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// S1, S18: a saved connection is tested from its row: the first cause stands on top
// with its place and value, and what stands on it is grey and not called wrong.
func TestS1RunTestNamesTheFirstCause(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{unconsented(), diagnosed("", "", nil)}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "t")
	d.see("Test of demo", "✗ Calendars.ReadWrite is not in the token", "where", "API permissions", "change", "choose Grant admin consent", "✓ places", "✗ calendars", "┄ teams", "not tried: needs calendars")
	if d.rowOf("✗ Calendars.ReadWrite") > d.rowOf("✓ settings") {
		t.Error("the cause is not on top")
	}
	d.keys("enter") // the bar stands on the cause
	d.see("HTTP 403 ErrorAccessDenied", "5c1b2f3e-0000-4000-8000-7d3a11112222", "Access is denied.", "Name it when you ask")
	d.keys("esc", "r")
	d.see("✓ nothing is wrong: all that was tried works")
	d.notSee("✗")
	if len(f.examined) != 2 || f.examined[0].Write || f.examined[1].Write || f.examined[0].Connection != "demo" {
		t.Errorf("asked %+v", f.examined)
	}
	d.keys("esc")
	d.notSee("Test of")
}

// The steps come as they end, one by one, and a test that was closed brings nothing
// back.
func TestS1StepsAreShownAsTheyEnd(t *testing.T) {
	f := office()
	d := newDriver(t, f, 120, 40)
	d.hold = true
	d.keys("6", "t")
	p, _ := topOf[*testDialog](d.m)
	d.see("◌ trying settings", "◌ settings", "0 of 26")
	all := unconsented()
	for _, r := range all.Rungs[:12] {
		d.send(ladderRung{p.ladder, p.run, r})
	}
	d.see("◌ trying calendars", "12 of 26", "✓ places", "◌ calendars")
	d.send(ladderRung{p.ladder, p.run, all.Rungs[12]})
	d.see("✗ Calendars.ReadWrite", "13 of 26") // at once, not only at the end
	old := p.run
	d.keys("r")
	d.see("0 of 26")
	d.send(ladderRung{p.ladder, old, all.Rungs[0]})
	d.see("0 of 26")
	d.keys("esc")
	d.send(ladderEnded{p.ladder, p.run, ladderEnd{diagnosis: all}})
	d.notSee("Test of")
}

// A permission that spreads is a timer and no failure (mistake 7, C5).
func TestC5SpreadingIsATimer(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{spreading()}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "t")
	d.see("◐ Calendars.ReadWrite was granted 4 min ago", "look again in 26 min (r)")
	d.notSee("✗")
	d.now = d.now.Add(25*time.Minute + 30*time.Second)
	d.send(tickMsg{d.m.ticking})
	d.see("look again in 30 s (r)")
	d.now = d.now.Add(time.Minute)
	d.send(tickMsg{d.m.ticking})
	d.see("look again now (r)")
}

// S1: nothing is written without a question, and the next test writes nothing again.
func TestS1WritesOnlyAfterAQuestion(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "t", "w")
	d.see("Write into the tenant, to test it?", "private, shown as free", "▸ do not write")
	d.keys("enter")
	if n := len(f.examined); n != 1 {
		t.Fatalf("%d tests after the safe answer", n)
	}
	d.keys("w", "right", "enter", "r")
	if len(f.examined) != 3 || !f.examined[1].Write || f.examined[2].Write {
		t.Errorf("asked %+v", f.examined)
	}
}

// The sentence and the text for support can be copied; the latter has what support asks.
func TestS1CopiesForSupport(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{unconsented()}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "t")
	p, _ := topOf[*testDialog](d.m)
	text := p.support()
	for _, want := range []string{"roomdesk test of demo, 2026-11-19 13:07 UTC", p.sentence(), "calendars: failed", "request id: 5c1b2f3e", "HTTP 403", "teams: not tried: needs calendars"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if got := copied(d, "y"); got != p.sentence() || !strings.Contains(got, "choose Grant admin consent") {
		t.Errorf("y copies %q", got)
	}
	if got := copied(d, "s"); got != text {
		t.Errorf("s copies %q", got)
	}
}

// copied is what a key puts on the clipboard.
func copied(d *driver, key string) string {
	_, cmd := d.m.Update(keyNamed(key))
	var text string
	var look func(msg tea.Msg)
	look = func(msg tea.Msg) {
		switch msg := msg.(type) {
		case tea.BatchMsg:
			for _, c := range msg {
				look(c())
			}
		default:
			if fmt.Sprintf("%T", msg) == "tea.setClipboardMsg" {
				text = fmt.Sprint(msg)
			}
		}
	}
	if cmd != nil {
		look(cmd())
	}
	return text
}

// Text of the service reaches the screen only through the sanitiser.
func TestRunTestIsSafe(t *testing.T) {
	f := office()
	bad := unconsented()
	bad.Rungs[12].Trouble.Raw = providers.Outside("\x1b]0;owned\x07\u202etext")
	bad.Rungs[12].Trouble.RequestID = "id\x1b[2J"
	f.diagnoses = []providers.Diagnosis{bad}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "t", "enter")
	checkFrame(t, d.m)
}

// S18: the list and the details show how long ago a connection was tested, and with what
// result.
func TestS18AgeOfTheLastTest(t *testing.T) {
	f := office()
	f.connections[1].Tested, f.connections[1].TestResult = fakeNow().Add(-3*24*time.Hour), "the keyring is locked, so the credential cannot be read"
	d := newDriver(t, f, 160, 40)
	d.keys("6")
	d.see("tested 3 d ago ✗")
	d.keys("enter")
	d.see("never: t tests it")
	d.keys("esc", "down", "enter")
	d.see("3 d ago: the keyring is locked")
}

// L3: the inbox is asked for only after a question, and not again by itself.
func TestL3TheInboxIsAskedForOnlyAfterAQuestion(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "t", "i")
	d.see("Ask for a mail folder", "must be refused", "▸ do not ask", "audit trail")
	d.keys("enter")
	if n := len(f.examined); n != 1 {
		t.Fatalf("%d tests after the safe answer", n)
	}
	d.keys("i", "right", "enter", "r")
	if len(f.examined) != 3 || !f.examined[1].Inbox || f.examined[1].Write || f.examined[2].Inbox {
		t.Errorf("asked %+v", f.examined)
	}
}

// Mistakes 13 to 15 and a limit can be looked for without the command line: m asks for
// mailboxes to look at and for one that must be refused, completed from the mirror,
// and they stay for the next test.
func TestS18MailboxesToTestAreNamedInTheConsole(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
	d := newDriver(t, f, 80, 24)
	d.keys("6", "t")
	d.see("w write too", "m mailboxes", "i inbox", "esc close")
	d.keys("m")
	d.see("Mailboxes to test", "must be refused")
	d.typing("aal")
	d.see("▸ Aalto", "aalto@contoso.com")
	d.keys("enter")
	d.see("Aalto <aalto@contoso.com>")
	d.typing("hidden@contoso.com")
	d.keys("tab") // takes it, too
	d.typing("nobody of that name")
	d.keys("enter")
	d.see("✗ no room or person of that name here")
	d.keys("ctrl+u")
	d.typing("bob")
	d.keys("enter")
	if n := len(f.examined); n != 1 {
		t.Fatalf("%d tests while it was typed", n)
	}
	d.keys("enter")
	d.see("✓ nothing is wrong", "also 2 mailboxes; must be refused: bob@contoso.com")
	d.keys("r", "w")
	d.see("These rooms are booked", "aalto@contoso.com", "hidden@contoso.com")
	d.keys("right", "enter")
	if len(f.examined) != 4 {
		t.Fatalf("%d tests", len(f.examined))
	}
	for i, asked := range f.examined[1:] {
		if len(asked.Mailboxes) != 2 || asked.Mailboxes[0] != "aalto@contoso.com" || asked.Mailboxes[1] != "hidden@contoso.com" || !strings.HasPrefix(string(asked.Outside), "bob@") || asked.Write != (i == 2) {
			t.Errorf("test %d asked %+v", i+2, asked)
		}
	}
	// They can be taken out again, and esc changes nothing.
	d.keys("m", "backspace", "backspace", "esc", "r")
	if got := f.examined[4]; len(got.Mailboxes) != 2 {
		t.Errorf("after esc: %+v", got)
	}
	d.keys("m", "backspace", "backspace", "tab", "backspace", "enter")
	if got := f.examined[5]; len(got.Mailboxes) != 0 || got.Outside != "" {
		t.Errorf("taken out: %+v", got)
	}
}

// Of a connection that is not the open one there is no mirror, so that no mailbox of
// another tenant is offered.
func TestS18NoMailboxOfAnotherTenantIsOffered(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
	d := newDriver(t, f, 80, 24)
	d.keys("6", "down", "t", "m")
	d.typing("aal")
	d.notSee("▸ Aalto", "aalto@contoso.com")
	d.keys("enter")
	d.see("✗ no room or person of that name here")
}

// Every key of the test is in its foot, also at 80x24.
func TestLadderFootShowsEveryKey(t *testing.T) {
	f := office()
	f.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
	d := newDriver(t, f, 80, 24)
	d.keys("6", "t")
	d.see("enter evidence", "r again", "w write too", "m mailboxes", "i inbox", "y copy", "s for support", "esc close")
}
