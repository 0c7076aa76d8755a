package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// setupDriver is a first start, or a set-up over a console.
type setupDriver struct {
	*driver
	desk    *fakeSetup
	pressed int
	pastes  int
}

func newSetupDriver(t testing.TB, w, h int, change ...func(o *Options)) *setupDriver {
	desk := newFakeSetup()
	d := newDriver(t, nil, w, h, append([]func(o *Options){func(o *Options) { o.Workspace, o.Setup = nil, desk }}, change...)...)
	return &setupDriver{driver: d, desk: desk}
}

func (d *setupDriver) press(names ...string) {
	d.pressed += len(names)
	d.keys(names...)
}

func (d *setupDriver) paste(text string) {
	d.pastes++
	d.send(tea.PasteMsg{Content: text})
}

// to plays up to the beginning of a step.
func (d *setupDriver) to(step providers.SetupStepID) {
	d.press("c")
	for _, play := range []struct {
		id providers.SetupStepID
		do func()
	}{
		{providers.StepNeed, func() { d.press("enter") }},
		{providers.StepApplication, func() { d.paste(setupTenantID); d.press("tab"); d.paste(setupClientID); d.press("enter") }},
		{providers.StepCredential, func() { d.paste(setupSecret); d.press("enter") }},
		{providers.StepMailboxes, func() { d.paste("desk@contoso.com"); d.press("enter") }},
		{providers.StepConsent, func() { d.press("enter") }},
		{providers.StepTest, func() { d.press("enter") }},
		{providers.StepWho, func() { d.press("enter") }},
	} {
		if play.id == step {
			return
		}
		play.do()
	}
}

// J4: the Secret ID is pasted first, and a permission is not granted at first.
func TestJ4FirstConnection(t *testing.T) {
	d := newSetupDriver(t, 80, 24)
	d.desk.answers = []providers.SetupAnswer{answeredSetup(notConsented()), answeredSetup(nil)}
	d.see("No tenant is connected yet", "c", "connect a tenant")
	d.press("c")
	d.see("What you need", "1 of 8", "Application Administrator", "Place.Read.All", "Calendars.ReadWrite")
	d.press("enter")
	d.see("The application", "New registration")
	d.paste(setupTenantID)
	d.press("tab")
	d.paste(setupClientID)
	d.press("enter")
	d.paste(setupSecretID + "\n")
	d.see("this looks like the Secret ID", "column Value")
	d.notSee(setupSecretID)
	if len(d.desk.secrets) != 0 {
		t.Error("something was asked before")
	}
	d.paste(setupSecret + "\r\n")
	d.see("••••", "43 characters")
	d.notSee("Secret ID, or")
	d.press("enter")
	d.paste("desk@contoso.com")
	d.press("enter")
	d.see("Admin consent", "/adminconsent?client_id=", "private window", "may come twice")
	d.press("enter")
	d.see("✗ Calendars.ReadWrite is not in the token", "where", "Entra admin center > App registrations", "choose Grant", "passed", "not run")
	d.press("enter")
	d.see("has to be put right first")
	d.pressed-- // it was only looked whether it could be gone on
	if len(d.desk.connected) != 0 {
		t.Error("a connection that does not work was kept")
	}
	d.press("r")
	d.see("nothing is wrong")
	d.press("enter")
	d.see("Who answered", "Contoso", "contoso.onmicrosoft.com", "wrong account")
	if len(d.desk.connected) != 0 {
		t.Error("something was kept before it was confirmed")
	}
	d.press("enter")
	d.see("✓ contoso is connected", "first sync", "roomdesk disconnect")
	d.press("enter")
	if !d.quit || d.m.Next() != "contoso" {
		t.Errorf("it ends with %q", d.m.Next())
	}
	if d.pressed > 12 || d.pastes != 5 {
		t.Errorf("%d keys and %d pastes, of 12 and 5", d.pressed, d.pastes)
	}
	t.Logf("J4: %d keys and %d pastes", d.pressed, d.pastes)
	for _, secret := range d.desk.secrets {
		if secret != setupSecret {
			t.Error("another secret was tried")
		}
	}
	for _, kept := range d.desk.kept {
		if strings.Contains(fmt.Sprint(kept), setupSecret) {
			t.Error("the secret was kept to be gone on with")
		}
	}
}

// Back and forth loses nothing, the secret included; Escape asks first and keeps what
// is not secret.
func TestSetupBackAndForth(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.to(providers.StepConsent)
	d.press("pgup", "pgup")
	d.see("The credential", "43 characters")
	d.press("pgup")
	d.see(setupTenantID, setupClientID)
	d.press("tab", "tab")
	d.press("right") // the cloud
	d.see("US government")
	d.press("left", "enter", "enter")
	d.see("desk@contoso.com")
	d.press("esc")
	d.see("Leave the set-up?", "except the secret")
	d.press("enter")
	d.see("The mailboxes")
	d.press("esc", "y")
	d.see("No tenant is connected yet")
	if d.quit || len(d.m.dialogs) != 0 {
		t.Fatal("it did not only close the set-up")
	}
	last := d.desk.kept[len(d.desk.kept)-1]
	if last.Get(providers.SetupTenant) != setupTenantID || last.Get(providers.SetupOrganizer) != "desk@contoso.com" || last.Step != 3 {
		t.Errorf("kept: %+v", last)
	}
	// It goes on there another time; the secret is asked for again.
	last.Saved = fakeNow()
	d.desk.start.Setup = last
	d.press("c")
	d.see("The credential", "gone on with")
	d.notSee("43 characters")
	d.press("enter")
	d.see("secret value is missing")
	d.paste(setupSecret)
	d.press("enter")
	d.see("The mailboxes", "desk@contoso.com")
	d.press("enter", "enter")
	d.see("Run Test")
	d.press("ctrl+x")
	d.see("Begin anew?")
	d.press("y")
	d.see("What you need")
	d.press("enter")
	d.notSee(setupTenantID)
	if d.desk.dropped != 1 {
		t.Errorf("dropped %d times", d.desk.dropped)
	}
	// Where nothing was entered nothing is asked.
	d.press("esc")
	d.see("No tenant is connected yet")
}

// C13: one key takes everything back, before and after it was kept.
func TestSetupWrongAccount(t *testing.T) {
	for _, step := range []providers.SetupStepID{providers.StepWho, providers.StepDone} {
		d := newSetupDriver(t, 120, 40)
		d.to(step)
		d.press("w")
		d.see("nothing is left of it", "The application")
		if d.desk.dropped != 1 {
			t.Errorf("%s: dropped %d times", step, d.desk.dropped)
		}
		d.press("enter")
		d.see("The credential")
		d.notSee("43 characters")
	}
	d := newSetupDriver(t, 120, 40)
	d.to(providers.StepTest)
	d.press("w")
	if d.desk.dropped != 0 {
		t.Error("w took something back before anybody was asked")
	}
}

// The secret is in no frame, at no step, in no size, and in nothing that is kept; a
// paste replaces it, and other keys edit it.
func TestSetupNeverDrawsTheSecret(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
		d := newSetupDriver(t, size[0], size[1])
		look := func() {
			t.Helper()
			for _, part := range []string{setupSecret, "canary", "q1w8"} {
				if strings.Contains(d.screen(), part) || strings.Contains(d.m.Frame(), part) {
					t.Fatalf("%q is on the screen:\n%s", part, d.screen())
				}
			}
		}
		d.to(providers.StepCredential)
		for _, r := range setupSecret {
			d.typing(string(r))
			look()
		}
		d.press("backspace", "f1")
		look()
		d.press("f1")
		d.paste(setupSecret + "\n")
		look()
		d.press("enter")
		d.paste("desk@contoso.com")
		for range 4 {
			d.press("enter")
			look()
		}
		if len(d.desk.secrets) == 0 || d.desk.secrets[0] != setupSecret {
			t.Errorf("%q was tried", d.desk.secrets)
		}
		if all := fmt.Sprintf("%+v %+v", d.desk.kept, d.m.dialogs); strings.Contains(all, setupSecret) {
			t.Error("the secret is in what is kept")
		}
	}
}

// Typos are seen while one types, and what is meant is taken with one key.
func TestSetupFieldsCheckThemselves(t *testing.T) {
	d := newSetupDriver(t, 80, 24)
	d.to(providers.StepApplication)
	d.typing("contoso,com")
	d.see("no commas", "ctrl+o takes contoso.com")
	d.press("enter")
	d.see("tenant: a domain has dots and no commas")
	d.press("ctrl+o")
	d.notSee("no commas")
	d.press("tab")
	d.paste("(" + setupClientID + ")")
	d.see("only the GUID itself", "ctrl+o takes "+setupClientID)
	d.press("ctrl+o", "enter")
	d.see("The credential")
	// A wrong value is replaced by the next paste, not added to.
	d.press("pgup", "tab")
	d.press("ctrl+u")
	d.paste("contoso.com")
	d.see("is not a GUID")
	d.paste(setupClientID)
	d.notSee("is not a GUID")
}

// What runs is stopped where one goes back, and what it still tells is dropped.
func TestSetupStopsWhatRuns(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.to(providers.StepConsent)
	d.hold = true
	d.press("enter")
	d.see("running…")
	d.press("enter")
	d.see("one moment: the test runs")
	d.press("pgup")
	d.see("Admin consent")
	d.release()
	d.notSee("passed")
	if dialog, _ := topOf[*setupDialog](d.m); dialog.answer != nil || len(dialog.rungs) > 0 {
		t.Error("what was stopped has told something")
	}
	d.press("enter")
	d.see("nothing is wrong")
}

// A second set-up, over a console: the new connection is in the list, and its console
// is opened on request.
func TestSetupOverAConsole(t *testing.T) {
	desk := newFakeSetup()
	d := &setupDriver{driver: newDriver(t, office(), 120, 40, func(o *Options) { o.Setup = desk }), desk: desk}
	d.press("6")
	d.see("connects a tenant, step by step")
	d.to(providers.StepDone)
	d.see("✓ contoso is connected")
	d.press("enter")
	if !d.quit || d.m.Next() != "contoso" {
		t.Errorf("%v %q", d.quit, d.m.Next())
	}
	// The demonstration makes no connections, and says so.
	d = &setupDriver{driver: newDriver(t, office(), 120, 40)}
	d.press("6", "c")
	d.see("this is a demonstration")
}

// The picture is dark on light whatever the ground is, and never wider than its place.
func TestQRLines(t *testing.T) {
	const link = "https://login.microsoftonline.com/" + setupTenantID + "/adminconsent?client_id=" + setupClientID
	dark, light := qrLines(link, true, 80, 40), qrLines(link, false, 80, 40)
	if len(dark) == 0 || len(dark) != len(light) {
		t.Fatalf("%d and %d lines", len(dark), len(light))
	}
	opposite := map[rune]rune{'█': ' ', ' ': '█', '▀': '▄', '▄': '▀'}
	for y := range dark {
		a, b := []rune(dark[y]), []rune(light[y])
		for x := range a {
			if b[x] != opposite[a[x]] {
				t.Fatalf("line %d, column %d: %q and %q", y, x, a[x], b[x])
			}
		}
	}
	if !strings.HasPrefix(dark[0], "████") || !strings.HasPrefix(light[0], "    ") {
		t.Errorf("the edge is %q and %q", dark[0], light[0])
	}
	if qrLines(link, true, 40, 40) != nil || qrLines(link, true, 80, 20) != nil || qrLines(strings.Repeat("x", 5000), true, 400, 400) != nil {
		t.Error("a picture is drawn where it has no room")
	}
}

// C12, C17: link, message and code are copied through the terminal; nothing is opened.
func TestSetupCopies(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	copied := func(key string) string {
		t.Helper()
		_, cmd := d.m.Update(keyNamed(key))
		for _, msg := range all(cmd) {
			if s := fmt.Sprint(msg); strings.Contains(fmt.Sprintf("%T", msg), "lipboard") {
				return s
			}
		}
		t.Fatalf("%s copies nothing", key)
		return ""
	}
	d.to(providers.StepConsent)
	link := "https://login.microsoftonline.com/" + setupTenantID + "/adminconsent?client_id=" + setupClientID
	if got := copied("y"); got != link {
		t.Errorf("%q", got)
	}
	if got := copied("m"); !strings.Contains(got, link) || !strings.Contains(got, "Place.Read.All") || !strings.Contains(got, "private browser window") {
		t.Errorf("%q", got)
	}
	d.press("c")
	d.notSee("the code copied")
	dialog, _ := topOf[*setupDialog](d.m)
	dialog.prompt = &providers.SignInPrompt{Address: "https://microsoft.com/devicelogin", Code: "F7K2QX9PL"}
	if address, code := copied("y"), copied("c"); address != "https://microsoft.com/devicelogin" || code != "F7K2QX9PL" {
		t.Errorf("%q, %q", address, code)
	}
}

// all gives what a command and those that it holds answer.
func all(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	batch, ok := msg.(tea.BatchMsg)
	if !ok {
		return []tea.Msg{msg}
	}
	var out []tea.Msg
	for _, c := range batch {
		out = append(out, all(c)...)
	}
	return out
}
