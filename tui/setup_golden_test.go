package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"roomdesk/providers"
)

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
		"level":      func(d *setupDriver) { d.to(providers.StepNeed); d.press("tab", "right", "tab", "right") },
		"features":   func(d *setupDriver) { d.to(providers.StepNeed); d.press("tab", "tab", "tab", "tab", "tab", "space") },
		"pem": func(d *setupDriver) {
			d.to(providers.StepCredential)
			d.press("shift+tab", "right", "right", "tab")
			d.paste("/home/ada/roomdesk.pem")
		},
		"pfx": func(d *setupDriver) {
			d.to(providers.StepCredential)
			d.press("shift+tab", "right", "right", "tab")
			d.paste("~/roomdesk.PFX")
			d.press("tab")
			d.paste(setupPassphrase)
		},
		"passphrase":       func(d *setupDriver) { d.passphrases(setupPassphrase) },
		"passphrasediffer": func(d *setupDriver) { d.passphrases("another canary") },
		"signinbrowser": func(d *setupDriver) {
			d.desk.prompt = &providers.SignInPrompt{Way: providers.ByBrowser, Expires: fakeNow().Add(10 * time.Minute),
				Address: "https://login.microsoftonline.com/" + setupTenantID + "/oauth2/v2.0/authorize?client_id=" + setupClientID + "&" + strings.Repeat("scope=https%3A%2F%2Fgraph.microsoft.com%2FCalendars.ReadWrite&", 7) + "state=QX"}
			d.individual()
			d.press("enter", "enter")
			d.prompted()
			d.press("g")
		},
		// A tenant that was connected before: what comes and goes is told before the page is open.
		"asks": func(d *setupDriver) {
			d.recorded(true, "Calendars.ReadWrite", "Calendars.ReadWrite.Shared", "Place.Read.All", "User.Read", "User.ReadBasic.All", "openid", "profile")
			d.press("c", "tab", "right", "tab", "right", "enter")
			d.paste(setupTenantID)
			d.press("tab")
			d.paste(setupClientID)
			d.press("enter", "enter", "enter")
		},
		"consentagain": func(d *setupDriver) {
			d.recorded(false, "Calendars.Read", "Organization.Read.All", "Place.Read.All")
			d.to(providers.StepConsent)
		},
		"consentwait": func(d *setupDriver) { d.to(providers.StepConsent); d.awaited() },
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

// recorded is a tenant that was connected before.
func (d *setupDriver) recorded(person bool, permissions ...string) {
	d.desk.start.Records = []providers.ConsentRecord{{Tenant: setupTenantID, ClientID: setupClientID, Individual: person, Permissions: permissions}}
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

// setupPassphrase is what must never be on a screen or in a file.
const setupPassphrase = "four canary words here"

// passphrases chooses an encrypted file and types its passphrase, then another text.
func (d *setupDriver) passphrases(again string) {
	d.to(providers.StepCredential)
	d.paste(setupSecret)
	d.press("tab", "tab", "right", "tab")
	d.typing(setupPassphrase)
	d.press("tab")
	d.typing(again)
}

// awaited shows the link as it is seen while the answer to the consent is waited for.
func (d *setupDriver) awaited() {
	dialog, _ := topOf[*setupDialog](d.m)
	dialog.consent, dialog.busy = &providers.ConsentPrompt{Expires: fakeNow().Add(30 * time.Minute), Address: d.desk.ConsentLink(dialog.setup) +
		"&redirect_uri=http%3A%2F%2Flocalhost%3A40123&state=DTPV7BLD7YM6LOHS2IX6Q2HYPE4OYGDSVZQ2X5JHGDJ5C5JQV4EQ"}, "waiting for the consent"
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

// docs/connect.md shows these two frames.
func TestSetupPicturesAreCurrent(t *testing.T) {
	for name, scene := range map[string]string{"connect-secret": "secretid", "connect-test": "test"} {
		d := newSetupDriver(t, 120, 40)
		setupScenes()[scene](d)
		keep(t, "../docs/"+name+".svg", renderSVG(d.m.Frame(), 120, 40, true))
	}
}
