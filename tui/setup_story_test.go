package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

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

// setupScenes are the steps of which frames are kept.
func setupScenes() map[string]func(d *setupDriver) {
	return map[string]func(d *setupDriver){
		"welcome":     func(*setupDriver) {},
		"need":        func(d *setupDriver) { d.to(providers.StepNeed) },
		"individual":  func(d *setupDriver) { d.to(providers.StepNeed); d.press("tab", "right", "enter") },
		"application": func(d *setupDriver) { d.to(providers.StepApplication); d.paste(setupTenantID) },
		"sametenant": func(d *setupDriver) {
			d.to(providers.StepApplication)
			d.paste(setupTenantID)
			d.press("tab")
			d.paste(setupTenantID)
		},
		"domain": func(d *setupDriver) { d.to(providers.StepApplication); d.paste("contoso,com") },
		"permissions": func(d *setupDriver) {
			d.to(providers.StepApplication)
			d.press("tab", "tab", "tab")
			d.paste("Calendars.ReadWrite Places.Read.All")
		},
		"credential": func(d *setupDriver) { d.to(providers.StepCredential) },
		"secretid":   func(d *setupDriver) { d.to(providers.StepCredential); d.paste(setupSecretID) },
		"secret":     func(d *setupDriver) { d.to(providers.StepCredential); d.paste(setupSecret) },
		"made":       func(d *setupDriver) { d.to(providers.StepCredential); d.press("shift+tab", "right", "enter") },
		"mailboxes":  func(d *setupDriver) { d.to(providers.StepMailboxes); d.paste("desk@contoso.com") },
		"consent":    func(d *setupDriver) { d.to(providers.StepConsent) },
		"consentqr":  func(d *setupDriver) { d.to(providers.StepConsent); d.press("g") },
		"signin": func(d *setupDriver) {
			d.desk.prompt = &providers.SignInPrompt{Way: providers.ByDeviceCode, Address: "https://microsoft.com/devicelogin", Code: "F7K2QX9PL", Expires: fakeNow().Add(15 * time.Minute)}
			d.individual()
			d.press("enter", "enter")
			d.prompted()
		},
		"test": func(d *setupDriver) {
			d.desk.answers = []providers.SetupAnswer{answeredSetup(notConsented())}
			d.to(providers.StepConsent)
			d.press("enter")
		},
		"testwait": func(d *setupDriver) {
			trouble := &providers.Trouble{Mistake: 7, Doc: "7", Class: providers.NotAllowed, What: "Calendars.ReadWrite was granted 2 min ago and has not arrived everywhere yet, which is no error",
				Change: "try again in some minutes; it takes an hour at most, seldom two", Again: fakeNow().Add(58 * time.Minute)}
			d.desk.answers = []providers.SetupAnswer{answeredSetup(trouble)}
			d.to(providers.StepConsent)
			d.press("enter")
		},
		"testgood": func(d *setupDriver) { d.to(providers.StepTest) },
		"who": func(d *setupDriver) {
			a := answeredSetup(nil)
			a.Extra, a.Before = []string{"Mail.Read"}, []string{"Calendars.Read", "Organization.Read.All", "Place.Read.All", "User.Read.All"}
			a.Permissions = append(a.Permissions, "Mail.Read")
			d.desk.answers = []providers.SetupAnswer{a}
			d.to(providers.StepWho)
		},
		"wrong": func(d *setupDriver) { d.to(providers.StepWho); d.press("w") },
		"done":  func(d *setupDriver) { d.to(providers.StepDone) },
		"leave": func(d *setupDriver) { d.to(providers.StepMailboxes); d.press("esc") },
		"help":  func(d *setupDriver) { d.to(providers.StepCredential); d.press("f1") },
		"goon": func(d *setupDriver) {
			d.desk.start.Setup.Set(providers.SetupTenant, setupTenantID)
			d.desk.start.Setup.Set(providers.SetupClientID, setupClientID)
			d.desk.start.Setup.Step, d.desk.start.Setup.Saved = 2, fakeNow().Add(-26*time.Hour)
			d.press("c")
		},
	}
}

// individual plays up to the mailboxes of a person's own connection.
func (d *setupDriver) individual() {
	d.press("c", "tab", "right", "enter")
	d.paste(setupTenantID)
	d.press("tab")
	d.paste(setupClientID)
	d.press("enter")
}

// prompted shows the code as it is seen while the sign-in is waited for.
func (d *setupDriver) prompted() {
	dialog, _ := topOf[*setupDialog](d.m)
	dialog.goTo(d.m, 4)
	dialog.prompt, dialog.who, dialog.busy, dialog.picture = d.desk.prompt, nil, "waiting for the sign-in", true
}

func TestSetupFrames(t *testing.T) {
	for name, scene := range setupScenes() {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
			t.Run(name+"/"+itoa(size[0])+"x"+itoa(size[1]), func(t *testing.T) {
				d := newSetupDriver(t, size[0], size[1])
				scene(d)
				checkFrame(t, d.m)
				if strings.Contains(d.m.Frame(), "canary") {
					t.Error("the secret is on the screen")
				}
				golden.RequireEqual(t, d.screen())
			})
		}
	}
}

// The colours of a step are kept too.
func TestSetupStyledFrames(t *testing.T) {
	for name, change := range map[string]func(o *Options){
		"dark": func(*Options) {}, "light": func(o *Options) { o.Light = true }, "nocolor": func(o *Options) { o.NoColor = true },
	} {
		t.Run(name, func(t *testing.T) {
			d := newSetupDriver(t, 80, 24, change)
			d.to(providers.StepCredential)
			d.paste(setupSecretID)
			golden.RequireEqual(t, d.m.Frame())
		})
	}
}
