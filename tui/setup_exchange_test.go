package tui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"roomdesk/providers"
)

const (
	exchangeAccount  = `HQ\svc-rooms`
	exchangePassword = "canary-password-of-the-service-account"
	exchangeEmail    = "desk@hq.example"
)

var exchangeRungs = []string{"settings", "credential", "name", "connection", "tls", "clock", "server", "autodiscover", "sign-in", "service", "own mailbox", "licence", "room lists", "rooms", "impersonation",
	"calendar", "organizer", "room calendars", "named mailboxes", "availability", "teams", "outside", "inbox", "write", "room answers"}

// answeredExchange is an answer with a trouble at a rung, or none.
func answeredExchange(at string, t *providers.Trouble) providers.SetupAnswer {
	a := providers.SetupAnswer{Known: t == nil, TenantName: providers.Outside("hq.example"), AppName: providers.Outside(exchangeAccount + " at Exchange 15.2.1544.4"), AppID: exchangeAccount,
		Domains: []string{"hq.example"}, Level: providers.FullAccess}
	a.Diagnosis = providers.Diagnosis{Connection: "hq", Started: fakeNow(), Took: 640 * time.Millisecond}
	seen := map[string]string{"calendar": "the calendar of " + exchangeEmail + " was opened and read as its owner: 14 entries in seven days", "rooms": "37 rooms in 3 room lists", "server": "it is Exchange Web Services, and takes Negotiate, NTLM"}
	failed := false
	for _, name := range exchangeRungs {
		r := providers.Rung{Name: name, State: providers.RungPassed, Seen: "as it should be"}
		if s := seen[name]; s != "" {
			r.Seen = s
		}
		switch {
		case name == at:
			r.State, r.Seen, r.Trouble, failed = providers.RungFailed, "", t, true
		case failed, name == "teams", name == "outside", name == "inbox", name == "write", name == "room answers", name == "named mailboxes":
			r.State, r.Seen = providers.RungNotRun, "not asked for"
		}
		a.Diagnosis.Rungs = append(a.Diagnosis.Rungs, r)
	}
	return a
}

func roleMissing() *providers.Trouble {
	return &providers.Trouble{Doc: "exchange-scope", Class: providers.NotAllowed, What: exchangeAccount + " may act for no mailbox that was tried: it has not the role ApplicationImpersonation",
		Where: "Exchange Management Shell", Change: "New-ManagementRoleAssignment -Name 'roomdesk hq' -Role 'ApplicationImpersonation' -User 'HQ\\svc-rooms' -CustomRecipientWriteScope 'roomdesk hq'"}
}

// toExchange plays up to the beginning of a step of Exchange's set-up.
func (d *setupDriver) toExchange(step providers.SetupStepID) {
	d.press("c", "right")
	for _, play := range []struct {
		id providers.SetupStepID
		do func()
	}{
		{providers.StepNeed, func() { d.press("enter") }},
		{providers.StepAccount, func() { d.paste(exchangeAccount); d.press("tab"); d.paste(exchangePassword); d.press("enter") }},
		{providers.StepPeople, func() { d.paste(exchangeEmail); d.press("enter") }},
		{providers.StepRights, func() { d.press("enter") }},
		{providers.StepServer, func() { d.press("enter") }},
		{providers.StepTest, func() { d.press("enter") }},
		{providers.StepWho, func() { d.press("enter") }},
	} {
		if play.id == step {
			return
		}
		play.do()
	}
}

// P1, L9 to L11, L13: Exchange is one key away, with its end date; what it needs is printed
// as commands, the server is found, the role is missing at first, and success names the
// mailbox that was opened and the calendar that was read.
func TestConnectExchange(t *testing.T) {
	d := newSetupDriver(t, 80, 24)
	d.desk.answers = []providers.SetupAnswer{answeredExchange("impersonation", roleMissing()), answeredExchange("", nil)}
	d.press("c")
	d.see("Microsoft Graph", "1 of 8")
	d.press("right")
	d.see("Exchange Web Services", "2027-04-01", "on premises", "days from now")
	d.press("enter")
	d.see("The service account", "mailbox of its own")
	d.paste("HQ/svc-rooms")
	d.see(`not /`, "ctrl+o")
	d.paste(exchangeAccount)
	d.see("an account of the domain HQ")
	d.press("tab")
	d.paste(exchangePassword + "\n")
	d.see("••••", "38 characters")
	d.press("enter")
	d.see("The mailboxes", "act for")
	d.paste(exchangeEmail)
	d.press("enter")
	d.see("The right to act", "New-ManagementScope", "New-ManagementRoleAssignment", "ApplicationImpersonation", exchangeAccount, "Exchange Management Shell")
	if len(d.desk.searched) != 0 {
		t.Error("something was asked before")
	}
	d.press("enter")
	d.see("The server", "tried", "autodiscover.hq.example", "https://mail.hq.example/EWS/Exchange.asmx")
	d.notSee("type its address")
	if dialog, _ := topOf[*setupDialog](d.m); len(dialog.items()) != 0 {
		t.Error("there is a field for the server although it was found (L10)")
	}
	d.press("enter")
	d.see("may act for no mailbox", "where", "Exchange Management Shell", "change")
	if len(d.desk.connected) != 0 {
		t.Error("a connection that does not work was kept")
	}
	d.press("r")
	d.see("nothing is wrong")
	d.press("enter")
	d.see("Who answered", "mail.hq.example", exchangeEmail+" was opened and", "37 rooms", "full access", "takes all back")
	if len(d.desk.connected) != 0 {
		t.Error("something was kept before it was confirmed")
	}
	d.press("enter")
	d.see("✓ hq is connected", "first sync")
	d.press("enter")
	if !d.quit || d.m.Next() != "hq" {
		t.Errorf("it ends with %q", d.m.Next())
	}
	kept := d.desk.connected[0]
	if kept.Get(providers.SetupProvider) != "ews" || kept.ExchangeServer() != "https://mail.hq.example/EWS/Exchange.asmx" || kept.Get(providers.SetupSignIn) != providers.SetupNTLM {
		t.Errorf("kept: %+v", kept)
	}
	if d.pressed > 12 {
		t.Errorf("%d keys", d.pressed)
	}
	t.Logf("%d keys and %d pastes, one of each for the slash", d.pressed, d.pastes)
	for _, draft := range d.desk.kept {
		if text, err := json.Marshal(draft); err != nil || strings.Contains(string(text), exchangePassword) {
			t.Error("the password was kept to be gone on with")
		}
	}
}

// L10: the field for the server is there only where discovery fails, below what it tried.
func TestServerIsAskedForOnlyWhereItIsNotFound(t *testing.T) {
	d := newSetupDriver(t, 80, 24)
	d.desk.answers = []providers.SetupAnswer{answeredExchange("", nil)}
	d.desk.found = providers.SetupServerFound{Tried: []string{"JSON at https://autodiscover.hq.example/autodiscover/autodiscover.json: cannot be reached", "POX at https://hq.example/autodiscover/autodiscover.xml: HTTP 404"}}
	d.toExchange(providers.StepServer)
	d.see("tried", "cannot be reached", "404", "type its address", "server")
	d.paste("outlook.office365.com")
	d.see("Exchange Online", "2026-10-01", "2027-04-01", "connect the tenant with", "Graph")
	d.press("enter")
	if len(d.desk.secrets) != 0 {
		t.Error("a test ran against Exchange Online")
	}
	d.paste("http://mail.hq.example/EWS/Exchange.asmx")
	d.see("not sent without TLS", "ctrl+o")
	d.press("ctrl+o", "enter")
	d.see("nothing is wrong")
	// Another mailbox is searched for anew.
	d.press("pgup", "pgup", "pgup")
	d.press("ctrl+u")
	d.paste("desk@other.example")
	d.press("enter", "enter")
	if len(d.desk.searched) != 2 {
		t.Errorf("%d searches", len(d.desk.searched))
	}
}

// A server that is Exchange Online is refused with the reason, wherever it was found (P18).
func TestExchangeOnlineIsRefusedInTheSetup(t *testing.T) {
	d := newSetupDriver(t, 80, 24)
	d.desk.found = providers.SetupServerFound{URL: "https://outlook.office365.com/EWS/Exchange.asmx", Refused: "outlook.office365.com is Exchange Online, which ends Exchange Web Services on 2027-04-01; connect this tenant with Graph"}
	d.toExchange(providers.StepServer)
	d.see("Exchange Online", "on 2027-04-01", "Graph")
	d.press("enter")
	if len(d.desk.secrets) != 0 {
		t.Error("a test ran against Exchange Online")
	}
	// One key back to Graph loses nothing of it.
	d.press("pgup", "pgup", "pgup", "pgup", "left")
	d.see("Microsoft Graph", "Place.Read.All")
}

// The same key takes all back.
func TestWrongServerTakesEverythingBack(t *testing.T) {
	d := newSetupDriver(t, 80, 24)
	d.desk.answers = []providers.SetupAnswer{answeredExchange("", nil)}
	d.toExchange(providers.StepDone)
	d.see("is connected")
	d.press("w")
	if d.desk.dropped != 1 {
		t.Errorf("taken back %d times", d.desk.dropped)
	}
	d.see("nothing is left of it", "password is asked for again")
	dialog, _ := topOf[*setupDialog](d.m)
	if !dialog.secret.empty() {
		t.Error("the password is still there")
	}
}

func TestExchangeSetupFrames(t *testing.T) {
	lost := providers.SetupServerFound{Tried: []string{"JSON at https://autodiscover.hq.example/autodiscover/autodiscover.json: cannot be reached", "JSON at https://hq.example/autodiscover/autodiscover.json: HTTP 404",
		"POX at https://hq.example/autodiscover/autodiscover.xml: HTTP 404", "POX at https://autodiscover.hq.example/autodiscover/autodiscover.xml: cannot be reached"}}
	for name, scene := range map[string]func(d *setupDriver){
		"need":    func(d *setupDriver) { d.toExchange(providers.StepNeed) },
		"account": func(d *setupDriver) { d.toExchange(providers.StepAccount); d.paste("HQ/svc-rooms") },
		"password": func(d *setupDriver) {
			d.toExchange(providers.StepAccount)
			d.paste(exchangeAccount)
			d.press("tab")
			d.paste(exchangePassword)
		},
		"oauth":     func(d *setupDriver) { d.press("c", "right", "tab", "right", "right", "enter") },
		"oauthneed": func(d *setupDriver) { d.press("c", "right", "tab", "left") },
		"oauthrights": func(d *setupDriver) {
			d.press("c", "right", "tab", "left", "enter")
			d.paste(setupTenantID)
			d.press("tab")
			d.paste(setupClientID)
			d.press("tab")
			d.paste(setupSecret)
			d.press("enter")
			d.paste(exchangeEmail)
			d.press("enter")
		},
		"mailboxes": func(d *setupDriver) { d.toExchange(providers.StepPeople); d.paste(exchangeEmail) },
		"rights":    func(d *setupDriver) { d.toExchange(providers.StepRights) },
		"server":    func(d *setupDriver) { d.toExchange(providers.StepServer) },
		"notfound":  func(d *setupDriver) { d.desk.found = lost; d.toExchange(providers.StepServer) },
		"online": func(d *setupDriver) {
			d.desk.found = lost
			d.toExchange(providers.StepServer)
			d.paste("outlook.office365.com")
		},
		"test": func(d *setupDriver) {
			d.desk.answers = []providers.SetupAnswer{answeredExchange("impersonation", roleMissing())}
			d.toExchange(providers.StepTest)
		},
		"who":  func(d *setupDriver) { d.toExchange(providers.StepWho) },
		"done": func(d *setupDriver) { d.toExchange(providers.StepDone) },
	} {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
			t.Run(name+"/"+itoa(size[0])+"x"+itoa(size[1]), func(t *testing.T) {
				d := newSetupDriver(t, size[0], size[1])
				d.desk.answers = []providers.SetupAnswer{answeredExchange("", nil)}
				scene(d)
				checkFrame(t, d.m)
				if strings.Contains(d.m.Frame(), "canary") {
					t.Error("the password is on the screen")
				}
				golden.RequireEqual(t, d.screen())
			})
		}
	}
}
