package tui

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

const newSecret = "fresh8Q~value-of-a-client-secret-0123456"

// openRotate opens the dialog from the palette and counts its keys.
func (d *driver) openRotate() (keys int) {
	d.keys(":")
	d.typing("rotate")
	d.keys("enter")
	return len(":rotate") + 1
}

// J7: the end of a secret is told a month before on every view; the new one is pasted, tried
// in memory, and takes the old one's place with one key more.
func TestJ7RotateInElevenKeys(t *testing.T) {
	f := officeWithSecret(25)
	d := newDriver(t, f, 120, 40)
	d.see("The client secret of fabrikam ends in 25 days. :rotate renews it")
	keys := d.openRotate()
	d.see("Rotate the client secret of fabrikam", "ends in 25 days, on 2026-12-14", "kept in the keyring", "paste its Value", "Certificates & secrets", "of application "+f.rotation.ClientID)
	d.send(tea.PasteMsg{Content: " " + newSecret + "\n"})
	keys++
	d.see("✓ the new one is tried in memory", "Nothing is replaced yet: enter puts it in the old one's place")
	if len(f.tried) != 1 || f.tried[0].Value.Reveal() != newSecret || len(f.rotated) != 0 {
		t.Fatalf("tried %d times, exchanged %d times", len(f.tried), len(f.rotated))
	}
	d.keys("enter")
	keys++
	if len(f.rotated) != 1 || f.rotated[0].Value.Reveal() != newSecret {
		t.Fatalf("exchanged %d times", len(f.rotated))
	}
	d.see("✓ it takes the old one's place; both are kept", "◌ a whole sync succeeds with it", "the rest goes on by itself")
	f.rotation.Read, f.rotation.Total = 31, 37
	d.send(changesAnswer{changes: Changes{Sync: true}})
	d.see("31 of 37 mailboxes")
	f.rotation.Previous, f.rotation.Read, f.rotation.Total = false, 0, 0
	d.send(changesAnswer{changes: Changes{Sync: true}})
	d.see("✓ a whole sync succeeds", "✓ the old one is removed from the keyring", "Now delete the old one in the portal")
	d.keys("enter")
	keys++
	d.notSee("Rotate the client secret")
	if keys != 11 {
		t.Errorf("%d keys", keys)
	}
	if strings.Contains(d.screen(), newSecret) {
		t.Error("the secret is drawn")
	}
}

// J7: a value of the wrong form is told before anything is asked; a refused one replaces
// nothing and can be tried again; what is entered after that is tried anew.
func TestJ7AWrongSecretReplacesNothing(t *testing.T) {
	f := officeWithSecret(5)
	d := newDriver(t, f, 120, 40)
	d.openRotate()
	d.keys("enter")
	d.see("paste the new client secret first")
	d.send(tea.PasteMsg{Content: "a5b1c2d3-0000-4000-8000-1234567890ab"})
	d.see("Secret ID")
	d.keys("enter")
	if len(f.tried) != 0 {
		t.Fatal("a Secret ID was sent")
	}
	f.tryErr = errWrongSecret
	d.send(tea.PasteMsg{Content: newSecret})
	d.see("✗ the new one is tried", "copy the column Value", "Nothing is replaced", "enter tries again")
	d.keys("enter")
	if len(f.tried) != 2 || len(f.rotated) != 0 {
		t.Errorf("tried %d times, exchanged %d times", len(f.tried), len(f.rotated))
	}
	f.tryErr = nil
	d.keys("enter")
	d.see("It works. Nothing is replaced yet")
	d.keys("tab")
	d.typing("2027-05-31") // what follows from it has to be tried, too
	d.notSee("It works")
	d.keys("enter")
	f.rotateNo = errors.New("the keyring is full. Remove entries (nothing was changed: the connection goes on with what it had)")
	d.keys("enter")
	d.see("the keyring is full", "nothing was changed")
	f.rotateNo = nil
	d.keys("enter", "enter")
	if len(f.rotated) != 1 || f.rotated[0].Ends != "2027-05-31" {
		t.Errorf("exchanged %+v", f.rotated)
	}
}

// J7: a password that was refused is not sent again unless it is typed anew: directories
// lock accounts.
func TestJ7ARefusedPasswordIsSentOnce(t *testing.T) {
	f := officeWithSecret(400)
	f.rotation.What, f.rotation.Password, f.rotation.Account = "password", true, `CONTOSO\svc-roomdesk`
	f.tryErr = errors.New("the server refuses user or password")
	d := newDriver(t, f, 120, 40)
	d.notSee(":rotate renews")
	d.openRotate()
	d.see("Rotate the password of fabrikam", `CONTOSO\svc-roomdesk`, "on its server first")
	d.notSee("certificate", "ends on")
	d.send(tea.PasteMsg{Content: "Sprung-2027"})
	d.see("refuses user or password")
	d.keys("enter", "enter")
	d.see("could lock the account")
	if len(f.tried) != 1 {
		t.Errorf("it was sent %d times", len(f.tried))
	}
	f.tryErr = nil
	d.send(tea.PasteMsg{Content: "Spring-2027"})
	d.keys("enter")
	if len(f.rotated) != 1 || f.rotated[0].Value.Reveal() != "Spring-2027" {
		t.Errorf("exchanged %d times", len(f.rotated))
	}
}

// S-15: a certificate that is made here: its half to upload is named with its thumbprint, it
// is tried, and takes the secret's place.
func TestJ7ToACertificateMadeHere(t *testing.T) {
	f := officeWithSecret(25)
	d := newDriver(t, f, 120, 40)
	d.openRotate()
	d.keys("shift+tab", "right", "right")
	d.see("● certificate made here", "roomdesk-fabrikam-next.cer")
	d.keys("enter")
	d.see("Upload", "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B", "Then press enter")
	f.tryErr = errors.New("the application does not know this certificate")
	d.keys("enter")
	d.see("does not know this certificate", "enter tries again")
	f.tryErr = nil
	d.keys("enter", "enter")
	if len(f.made) != 1 || len(f.rotated) != 1 || f.rotated[0].Kind != RotateMade || f.rotated[0].File != "roomdesk-fabrikam-next.cer" {
		t.Errorf("made %v, exchanged %+v", f.made, f.rotated)
	}
	d.see("✓ it takes the old one's place")
}

// A file with a password, and one with its key beside it.
func TestJ7ToACertificateFromAFile(t *testing.T) {
	f := officeWithSecret(25)
	d := newDriver(t, f, 120, 40)
	d.openRotate()
	d.keys("shift+tab", "right", "tab")
	d.typing("next.pem")
	d.keys("tab")
	d.see("its key")
	d.typing("next.key")
	d.keys("shift+tab", "ctrl+u")
	d.typing("next.pfx")
	d.keys("tab")
	d.see("its password")
	d.typing("open sesame")
	d.notSee("open sesame")
	d.keys("enter", "enter")
	if len(f.rotated) != 1 || f.rotated[0].File != "next.pfx" || f.rotated[0].Password.Reveal() != "open sesame" {
		t.Errorf("%+v", f.rotated)
	}
}

// Where nothing can be exchanged it says why; where the new one cannot be read yet, the old
// one is kept, and that is told.
func TestJ7WhereItCannotBeDone(t *testing.T) {
	f := officeWithSecret(25)
	d := newDriver(t, f, 120, 40)
	d.keys("6", "r") // on the simulated tenant
	d.see("the simulated tenant keeps its own secret")
	f.rotateErr = errors.New("the credential of fabrikam lies in the environment, which roomdesk does not change. Put the new one there yourself")
	d.keys("down", "r")
	d.see("lies in the environment", "Put the new one there yourself")
	d.keys("enter", "esc")
	d.notSee("Put the new one there")
	f.rotateErr = nil
	f.rotation.Trouble = "the new credential is in place, but nothing could be read with it yet: the tenant does not answer."
	d.keys("r")
	d.send(tea.PasteMsg{Content: newSecret})
	d.keys("enter")
	d.see("nothing could be read with it yet", "The old one is kept")
	d.keys("esc")
	d.notSee("Rotate the")
}

// A booker is told to ask, and cannot open the dialog.
func TestJ7OnlyAdministratorsRotate(t *testing.T) {
	f := officeWithSecret(6)
	f.header.Role = "booker"
	d := newDriver(t, f, 120, 40)
	d.see("ends in 6 days: tell an administrator")
	d.openRotate()
	d.notSee("Rotate the")
}
