package tui

import (
	"errors"
	"strings"
	"testing"

	"roomdesk/providers"
)

// S-31: the audit trail is on a screen: who did what, when, in which mailbox, with what
// became of it, the newest first; a line whole, with before, after and request id.
func TestS31AuditTrailOnTheScreen(t *testing.T) {
	f := office()
	f.trail.lines = 12
	d := newDriver(t, f, 120, 40)
	d.keys("6", "l")
	d.see("Audit trail of demo", "12 lines", "who", "what", "mailbox", "result", "create event", "ada", "bob", "desk@contoso.com", "intended", "refused", "unknown")
	if d.rowOf("▸ 12") > d.rowOf("  11 ") {
		t.Error("the newest is not on top")
	}
	d.keys("down", "down", "enter")
	d.see("Line 10 of the audit trail", "before", "Fri 21 Nov 14:00–15:00", "after", "Fri 21 Nov 16:00–17:00", "request id", "5c1b2f3e-0000-4000-8000", "hash")
	d.keys("esc")
	if got := copied(d, "y"); !strings.HasPrefix(got, "5c1b2f3e") {
		t.Errorf("y copies %q", got)
	}
	d.keys("esc")
	d.notSee("Audit trail of demo")
}

// A trail of 100,000 lines is read a page at a time, from its end, and older lines as
// the bar comes near them; what is typed filters as it is typed.
func TestS31LongAuditTrailIsReadByPages(t *testing.T) {
	f := office()
	f.trail.lines = 100_000
	d := newDriver(t, f, 120, 40)
	d.keys("6", "l")
	d.see("100,000", "100 lines, more ↓")
	if n := len(f.trail.asked); n != 1 || f.trail.asked[0] != 0 {
		t.Fatalf("asked for pages before %d", f.trail.asked)
	}
	d.keys("end")
	d.see("200 lines, more ↓")
	if n := len(f.trail.asked); n != 2 {
		t.Fatalf("asked for pages before %d", f.trail.asked)
	}
	d.keys("home", "/")
	d.typing("bob rotate")
	d.see("/ bob rotate", "rotate")
	d.notSee("create event", "ada")
	d.keys("enter", "down", "enter")
	d.see("bob on desk", "rotate")
	d.keys("esc", "/", "esc")
	d.see("create event", "100 lines, more ↓")
	// A filter that finds nothing near the end reads on until it knows.
	f.trail.asked = nil
	d.keys("/")
	d.typing("z")
	d.see("No line has all of that.")
	if n := len(f.trail.asked); n != 50 {
		t.Errorf("%d pages for all of the trail", n)
	}
}

// What breaks the chain shows where it stands, also past a filter, and v says it of the
// whole trail; of a whole one it gives the head that is to be noted.
func TestS31AuditTrailShowsWhereItBreaks(t *testing.T) {
	f := office()
	f.trail.lines, f.trail.breaks = 30, map[int]string{22: "it does not continue the line before"}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "l")
	d.see("✗ it does not continue the line before")
	d.keys("/")
	d.typing("nobody")
	d.see("✗ it does not continue the line before", "1 line")
	d.keys("esc")
	f.trail.verdict = AuditVerdict{File: "/data/audit.jsonl", Records: 30, Breaks: []string{"line 22: it does not continue the line before"}}
	d.keys("v")
	d.see("✗ the trail is not as it was written: line 22", "Compare /data/audit.jsonl with a backup")
	f.trail.verdict = AuditVerdict{Records: 30, Head: "30:" + strings.Repeat("0af3", 16), Open: 2}
	d.keys("v")
	d.see("✓ 30 lines, none changed, removed or moved", "30:0af30af3", "2 without an outcome")
	f.trail.err = &providers.Error{Class: providers.Local, Err: errors.New("permission denied")}
	d.keys("v")
	d.see("✗ the trail cannot be verified")
	d.keys("r")
	d.see("✗ the trail cannot be read", "permission denied")
}

// A page that comes late, for a filter that was typed over or a view that was closed,
// changes nothing; hostile text in the file stays text.
func TestS31AuditTrailDropsOldPagesAndIsSafe(t *testing.T) {
	f := office()
	f.trail.lines = 500
	d := newDriver(t, f, 120, 40)
	d.keys("6", "l", "/")
	d.hold = true
	d.typing("ada")
	v, _ := topOf[*auditView](d.m)
	old := v.reading
	d.typing(" rotate")
	d.send(auditRead{v, old, AuditPage{Rows: []AuditRow{{N: 1, What: "an old answer"}}}, nil})
	d.notSee("an old answer")
	d.hold = false
	d.keys("esc")
	current := v.reading
	d.keys("esc")
	d.send(auditRead{v, current, AuditPage{Rows: []AuditRow{{N: 1}}, Before: 100}, nil})
	d.notSee("Audit trail of")

	v = &auditView{connection: "demo", rows: []AuditRow{{N: 3, Who: "\x1b[2Jeve", What: "a\x1b]0;owned\x07", Mailbox: "x\u202e@y", Result: "done\n", Break: "bad\x1b[31m"}, {N: 2, Who: "\x1b[2Jeve", What: "a\x07", Whole: [][2]string{{"who", "\x1b[2J"}}}}}
	d.m.openDialog(v)
	checkFrame(t, d.m)
	d.keys("enter")
	checkFrame(t, d.m)
}

// The trail is an administrator's, as the whole view is.
func TestC19AuditTrailIsAnAdministrators(t *testing.T) {
	f := office()
	f.trail.lines = 3
	f.header.Role = providers.RoleBooker
	d := newDriver(t, f, 120, 40)
	d.keys("6", "l")
	d.notSee("Audit trail")
	if len(f.trail.asked) > 0 {
		t.Error("the trail was read")
	}
}
