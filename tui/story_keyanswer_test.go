package tui

import (
	"testing"
	"time"

	"roomdesk/providers"
)

// L5, L6: a key that is refused says so at once, whatever stands in the line: bad news
// that nobody put away, or the same refusal with something newer before it. The bad
// news comes back afterwards.
func TestRefusedKeyIsAnsweredOverBadNews(t *testing.T) {
	f := office()
	f.header.Access, f.header.Allowed = providers.FullAccess, providers.LevelAccess(providers.FreeBusyAccess)
	d := newDriver(t, f, 120, 40)
	d.m.notices.add(d.now, "the mirror could not be read: the disk is full", true)
	d.see("the disk is full")
	d.keys("b")
	d.see("b book: ")
	d.notSee("Book Aalto")
	d.m.notices.add(d.now, "something newer was done", false)
	d.m.notices.add(d.now, "the tenant does not answer", true)
	d.see("the tenant does not answer") // newer than the answer
	d.keys("b")                         // the same words again
	d.see("b book: ")
	d.keys("esc")
	d.see("the tenant does not answer")
	d.keys("b")
	d.now = d.now.Add(goodNoticeTime + time.Second)
	d.send(tickMsg{d.m.ticking})
	d.notSee("b book: ")
	d.see("the tenant does not answer")
}
