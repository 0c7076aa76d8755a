package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// progressed shows the sync view with another progress.
func (d *driver) progressed(change func(p *providers.SyncProgress)) {
	d.ws.mu.Lock()
	change(&d.ws.progress)
	d.ws.mu.Unlock()
	d.send(changesAnswer{changes: Changes{Sync: true}})
}

func TestEveryFailingMailboxHasItsSentence(t *testing.T) { // J6, SAY
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		f := office()
		for i := range f.statuses {
			if s := &f.statuses[i]; s.Mailbox == "eames@contoso.com" {
				s.State, s.Unconfirmed = providers.MailboxPartly, 12
			}
		}
		d := newDriver(t, f, size[0], size[1])
		d.keys("5", "!")
		foot := func() string {
			lines := strings.Split(d.screen(), "\n")
			return strings.Join(strings.Fields(strings.Join(lines[len(lines)-7:], " ")), " ")
		}
		for _, want := range []string{
			"the service had trouble (503 MailboxInfoStale), for 31 min; tried again in 4 min",
			"there is no cloud mailbox at this address (404 MailboxNotEnabledForRESTAPI); tried again in 12 h. Check licence and address",
			"access is refused (403 ErrorAccessDenied), for 12 min; tried again in 58 min. Grant the permission, or add the mailbox to the allowed scope",
			"12 of its 236 entries were missing from the last answer: kept and marked unconfirmed until a second reading",
			"not read for 94 s; read again in 50 s",
		} {
			if !strings.Contains(foot(), want) {
				t.Errorf("%v: the foot says %q, not %q", size, foot(), want)
			}
			d.keys("down")
		}
		d.see("◒ partly", "12 unconfirmed")
		d.keys("up", "up", "up", "up", "enter")
		d.see("request id", "77aa-01", "since")
		d.keys("esc", "!")
		for range 8 {
			d.keys("down")
		}
		if !strings.Contains(foot(), "read ") || !strings.Contains(foot(), "again in 50 s") {
			t.Errorf("of a mailbox that is well the foot says %q", foot())
		}
	}
}

// The bar stands where it stood, whatever is said behind it.
func TestTheBarDoesNotJump(t *testing.T) { // S4
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		d := newDriver(t, office(), size[0], size[1])
		d.keys("5")
		wide := func() int {
			line := d.lineWith("first sync  ")
			return strings.Count(line, "━") + strings.Count(line, "─")
		}
		was := wide()
		if was < 6 {
			t.Fatalf("%v: no bar in %q", size, d.lineWith("first sync"))
		}
		now := fakeNow()
		for words, change := range map[string]func(p *providers.SyncProgress){
			"9.1/s, about 2 min left": func(p *providers.SyncProgress) { p.Rate, p.Left, p.Done = 9.1, 110*time.Second, 900 },
			"measuring":               func(p *providers.SyncProgress) { p.Rate, p.Left, p.Done = 0, 0, 0 },
			"waiting until 14:09:05": func(p *providers.SyncProgress) {
				p.Rate, p.Left, p.Done, p.ThrottledTo = 0, 0, 12, now.Add(105*time.Second)
			},
			"nothing came for 25 s": func(p *providers.SyncProgress) {
				p.Rate, p.Left, p.ThrottledTo, p.Stalled = 0, 0, time.Time{}, now.Add(-25*time.Second)
			},
			"1,840 of 2,418": func(p *providers.SyncProgress) { // by another process
				p.Running, p.By, p.Done, p.Rate, p.Left, p.Stalled, p.ThrottledTo = false, "process 4711", 1840, 31, 19*time.Second, time.Time{}, time.Time{}
			},
		} {
			d.progressed(change)
			if size[0] > 40 {
				d.see(words)
			}
			if got := wide(); got != was {
				t.Errorf("%v: with %q the bar is %d columns wide, it was %d", size, words, got, was)
			}
			if strings.Contains(d.screen(), "-") && strings.Contains(d.lineWith("first sync  "), " -") {
				t.Errorf("something negative: %q", d.lineWith("first sync  "))
			}
			d.progressed(func(p *providers.SyncProgress) { p.ThrottledTo, p.Stalled = time.Time{}, time.Time{} })
		}
	}
}

// Beside a service the console says who syncs, and does not call it stopped.
func TestSyncByAnotherProcess(t *testing.T) { // F-104
	d := newDriver(t, office(), 100, 30)
	d.keys("5")
	d.progressed(func(p *providers.SyncProgress) {
		p.Running, p.By, p.Phase, p.Done = false, "process 4711", providers.PhaseChanges, p.Total
	})
	d.see("kept in sync by process 4711")
	d.notSee("not running")
	d.progressed(func(p *providers.SyncProgress) { p.By = "" })
	d.see("the sync is not running")
}

// What the list of found rooms shows is on the screen as well, and nothing of
// views that show no free/busy.
func TestWhatIsWatched(t *testing.T) { // G4
	d := newDriver(t, office(), 100, 30)
	if n := len(d.ws.watched); n < 10 {
		t.Errorf("the room list has %d mailboxes on the screen", n)
	}
	d.keys("3")
	if n := len(d.ws.watched); n != 0 {
		t.Errorf("bookings show %d mailboxes", n)
	}
	d.keys("f")
	d.typing("12p display f3 tmr 14-15 @berlin")
	d.keys("enter")
	if !slices.Contains(d.ws.watched, "jahn@contoso.com") || slices.Contains(d.ws.watched, "aalto@contoso.com") {
		t.Errorf("found rooms on the screen: %v", d.ws.watched)
	}
}
