package tui

import (
	"fmt"
	"strings"
	"testing"

	"roomdesk/providers"
)

// The passphrase of an encrypted file is typed twice, is never drawn nor kept to be gone
// on with, and reaches the test.
func TestSetupPassphrase(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
		d := newSetupDriver(t, size[0], size[1])
		look := func() {
			t.Helper()
			all := fmt.Sprintf("%+v %#v", d.desk.kept, d.desk.kept) + d.screen() + d.m.Frame()
			for _, part := range []string{setupPassphrase, "canary", "four c"} {
				if strings.Contains(all, part) {
					t.Fatalf("%q is on the screen or kept:\n%s", part, d.screen())
				}
			}
		}
		d.passphrases("four canary")
		look()
		d.press("enter")
		d.see("once more: the two passphrases")
		look()
		for _, r := range " words here" {
			d.typing(string(r))
			look()
		}
		d.press("f1")
		look()
		d.press("f1", "enter")
		d.see("The mailboxes")
		d.paste("desk@contoso.com")
		for range 4 {
			d.press("enter")
			look()
		}
		if len(d.desk.phrases) == 0 || d.desk.phrases[0] != setupPassphrase {
			t.Errorf("%q was tried", d.desk.phrases)
		}
		d.see("connected")
		dialog, _ := topOf[*setupDialog](d.m)
		if left := fmt.Sprint(dialog.setup.HiddenAt(providers.SetupPassphrase).Len(), len(dialog.hidden), len(dialog.secret.value)); left != "0 0 0" {
			t.Errorf("at the end there is %s", left)
		}
	}
}

// Where the passphrase is read from a file nothing is asked, and where the key of a
// certificate is in the file already it is asked once.
func TestSetupPassphraseIsAskedWhereNeeded(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.desk.start.Setup.PassphraseRead = true
	d.to(providers.StepCredential)
	d.paste(setupSecret)
	d.press("tab", "tab", "right")
	d.see("an encrypted file")
	d.notSee("passphrase   ")
	d.press("enter")
	d.see("The mailboxes")

	d = newSetupDriver(t, 120, 40)
	d.desk.start.Setup.Set(providers.SetupKeystore, "age")
	d.desk.start.Setup.Set(providers.SetupCredential, providers.SetupMade)
	d.desk.start.Setup.Set(providers.SetupTenant, setupTenantID)
	d.desk.start.Setup.Set(providers.SetupClientID, setupClientID)
	d.desk.start.Setup.Made = &providers.SetupCertificate{Keystore: "age", File: "/x.cer"}
	d.desk.start.Setup.Step, d.desk.start.Setup.Saved = 3, fakeNow()
	d.press("c")
	d.see("The credential", "passphrase")
	d.notSee("once more")
	d.typing(setupPassphrase)
	d.press("enter")
	d.see("The mailboxes")
}

// The password of a PFX file is asked for where the file is one.
func TestSetupPFXPassword(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	setupScenes()["pfx"](d)
	d.see("its password", "22 characters")
	d.notSee(setupPassphrase)
	d.press("enter")
	d.see("The mailboxes")
	d.press("pgup", "shift+tab")
	d.press("tab", "ctrl+u")
	d.see("certificate")
}

// What is still being kept when everything is taken back is not there again afterwards.
func TestSetupTakesBackWhatIsBeingKept(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.to(providers.StepTest)
	d.hold = true
	d.press("enter")
	d.see("Who answered")
	d.press("w")
	d.see("everything is taken back")
	if d.desk.dropped != 0 {
		t.Error("taken back before what runs has ended")
	}
	kept := len(d.desk.kept)
	d.hold = false
	d.release()
	d.see("nothing is left of it")
	if d.desk.dropped != 1 || len(d.desk.kept) != kept+1 {
		t.Errorf("dropped %d times, kept %d times", d.desk.dropped, len(d.desk.kept)-kept)
	}
}
