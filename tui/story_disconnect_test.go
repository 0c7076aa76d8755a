package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

// otherConnection opens the dialog on the connection that is no demo.
func (d *driver) otherConnection() {
	d.keys("6", "down", "x")
}

// S6: what stops, what is deleted and what stays is said first, and the tenant's name
// has to be typed: neither enter nor a paste confirms.
func TestS6DisconnectWantsTheNameTyped(t *testing.T) {
	f := office()
	d := newDriver(t, f, 120, 40)
	d.keys("6", "x")
	d.see("the simulated tenant ends with the console")
	d.keys("esc")
	d.otherConnection()
	d.see("Disconnect fabrikam", "stops", "free/busy of tenant", "is deleted", "the client secret", "stays", "4 still to come", "2418 meetings", "kept, and shown as old")
	d.keys("enter")
	d.see("type the tenant's name, Fabrikam")
	d.send(tea.PasteMsg{Content: "Fabrikam"})
	d.keys("enter")
	d.see("type the tenant's name, Fabrikam")
	repeated := keyNamed("F")
	repeated.IsRepeat = true
	d.send(repeated)
	d.typing("Fabrika")
	d.keys("enter")
	if len(f.disconnected) != 0 {
		t.Fatal("it was disconnected without the name")
	}
	d.typing("m")
	d.keys("enter")
	if len(f.disconnected) != 1 || !f.disconnected[0].KeepMirror || f.disconnected[0].Abandon || d.quit {
		t.Fatalf("disconnected %+v, quit %v", f.disconnected, d.quit)
	}
}

// S7: afterwards it is visibly down, and nothing is called current.
func TestS7AfterDisconnectingAllIsOld(t *testing.T) {
	d := newDriver(t, office(), 120, 40)
	d.see("free")
	d.otherConnection()
	d.typing("fabrikam")
	d.keys("enter")
	d.see("not receiving since 14:07", "○ down")
	d.keys("1")
	d.see("free?", "as of")
	for _, word := range []string{"free now", "○ free ", "□ busy "} {
		d.notSee(word)
	}
}

// Deleting the mirror leaves nothing to show: the console ends.
func TestS6DeletingTheMirrorEndsTheConsole(t *testing.T) {
	f := office()
	d := newDriver(t, f, 120, 40)
	d.otherConnection()
	d.keys("tab")
	d.see("the connection from", "deleted  tab changes")
	d.typing("Fabrikam")
	d.keys("enter")
	if !d.quit || len(f.disconnected) != 1 || f.disconnected[0].KeepMirror {
		t.Errorf("quit %v, %+v", d.quit, f.disconnected)
	}
}

// What has not reached the tenant is named and stands in the way; what could not be
// removed is said.
func TestS6PendingAndRemains(t *testing.T) {
	f := office()
	f.pending = []string{"booking of aalto@contoso.com at 2026-11-21T10:00 (waiting to be sent)"}
	f.remains = []string{"the client secret in the keyring: the keyring is locked. Unlock it."}
	d := newDriver(t, f, 120, 40)
	d.otherConnection()
	d.see("not sent", "waiting to be sent", "no: it stands in the way")
	d.typing("Fabrikam")
	d.keys("enter")
	d.see("ctrl+a goes on all the same")
	if len(f.disconnected) != 0 {
		t.Fatal("it was disconnected over what is not sent")
	}
	d.keys("ctrl+a", "enter")
	d.see("not all could be removed", "the keyring is locked", "disconnect again")
	if !f.disconnected[0].Abandon {
		t.Error("not abandoned")
	}
}
