package providers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Hidden fields of a set-up: what is wanted of them, and that nothing prints or keeps them.
func TestSetupHiddenFields(t *testing.T) {
	s := NewSetup()
	s.Set(SetupKeystore, "age")
	secret := NewHidden("q1w8Q~value-of-a-client-secret-0123456789")
	step := func() SetupStep { return SetupSteps(s)[2] }
	ready := func(want string) {
		t.Helper()
		_, why, ok := s.Ready(step(), secret, nil, nil, time.Now())
		if want == "" && !ok || !strings.Contains(why, want) {
			t.Errorf("%v %q, not %q", ok, why, want)
		}
	}
	ready("passphrase is missing")
	s.SetHidden(SetupPassphrase, NewHidden("canary"))
	if a := s.Check(SetupPassphrase, secret, nil, nil, time.Now()); a.Wrong || a.Fine || !strings.Contains(a.Text, "short") {
		t.Errorf("%+v", a)
	}
	ready("once more is missing")
	s.SetHidden(SetupPassphraseAgain, NewHidden("canarY"))
	ready("the two passphrases differ")
	s.SetHidden(SetupPassphraseAgain, NewHidden(" canary"))
	ready("")
	text, err := json.Marshal(s)
	if all := string(text) + fmt.Sprintf("%v %+v %#v", s, s, s); err != nil || strings.Contains(all, "canar") {
		t.Errorf("printed or kept: %s %v", all, err)
	}
	other := s
	other.CopyHidden()
	other.WipeHidden()
	if got := s.HiddenAt(SetupPassphrase).Reveal(); got != "canary" || other.HiddenAt(SetupPassphrase).Len() != 0 {
		t.Errorf("%q after a copy was wiped", got)
	}
	s.PassphraseRead = true
	if n := len(step().Inputs); n != 4 {
		t.Errorf("%d fields where the passphrase is read", n)
	}
	for name, pfx := range map[string]bool{"a.pfx": true, "b.P12": true, "c.pem": false, "pfx": false, "": false} {
		s.Set(SetupCredential, SetupByFile)
		s.Set(SetupFile, name)
		if s.PFX() != pfx || step().Inputs[2].Field == SetupPassword != pfx {
			t.Errorf("%q: %v, %v", name, s.PFX(), step().Inputs[2].Field)
		}
	}
}
