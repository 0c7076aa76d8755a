package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/exchange"
	"roomdesk/tui"
)

// newEmptyExchange is an empty home beside an organisation with an Exchange server. Where
// the credential is kept and whose certificates are believed stands in what was entered
// before.
func newEmptyExchange(t *testing.T) *empty {
	t.Helper()
	e := newEmpty(t, simulator.Options{Rooms: 6, People: 4, Seed: 7, EventsPerMailbox: 1, RoomAnswerDelay: 50 * time.Millisecond, Exchange: simulator.ExchangeOnPremises})
	s := providers.NewSetup()
	s.Set(providers.SetupCAFile, filepath.Join(e.dir, "ca.pem"))
	s.Set(providers.SetupKeystore, "memory")
	text, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(e.home, "set-up.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *empty) setExchange(change func(s *exchange.Settings)) {
	e.t.Helper()
	settings, _ := e.tenant.ExchangeSettings()
	change(&settings)
	if err := e.tenant.SetExchange(settings); err != nil {
		e.t.Fatal(err)
	}
}

// enteredExchange is what a person types in for this server.
func (e *empty) enteredExchange(desk *setupDesk) (providers.Setup, providers.Hidden) {
	e.t.Helper()
	start, err := desk.BeginSetup(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	s := start.Setup
	s.Set(providers.SetupProvider, "ews")
	s.Set(providers.SetupUser, e.at.ExchangeLogin)
	s.Set(providers.SetupEmail, e.at.TestMailbox)
	s.Set(providers.SetupOrganizer, e.at.Organizer)
	s.Set(providers.SetupServer, e.at.EWSURL)
	return s, providers.NewHidden(e.at.ExchangePassword)
}

// P1, L9 to L13: from an empty home to the connected Exchange server and on to the first
// accepted booking, with a role that is missing at first. Keys and pastes are counted.
func TestExchangeFromAnEmptyHomeToTheFirstBooking(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmptyExchange(t)
	e.setExchange(func(s *exchange.Settings) { s.Impersonation = false })
	a := e.process()
	desk := &setupDesk{app: a}
	began := time.Now()
	p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Setup: desk, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	pastes := 0
	paste := func(text string) { pastes++; p.paste(text) }
	p.see("No tenant is connected yet")
	p.press('c')
	p.see("What you need", "Place.Read.All")
	p.press(tea.KeyRight)
	p.see("Exchange Web Services", "2027-04-01")
	p.press(tea.KeyEnter)
	p.see("The service account")
	paste(e.at.ExchangeLogin)
	p.press(tea.KeyTab)
	paste(e.at.ExchangePassword)
	p.press(tea.KeyEnter)
	p.see("The mailboxes")
	requests := e.tenant.Requests()
	paste(e.at.Organizer)
	p.press(tea.KeyEnter)
	p.see("New-ManagementScope", "New-ManagementRoleAssignment", "ApplicationImpersonation", e.at.ExchangeLogin)
	if now := e.tenant.Requests(); now != requests {
		t.Errorf("%d requests were made before the server was known", now-requests)
	}
	p.press(tea.KeyEnter)
	p.see("tried JSON", "tried POX", "type its address")
	paste(e.at.EWSURL)
	p.press(tea.KeyEnter)
	p.see("✗ CONTOSO\\svc-roomdesk may act for no mailbox", "Exchange Management Shell")
	e.setExchange(func(s *exchange.Settings) { s.Impersonation = true })
	p.press('r')
	p.see("nothing is wrong")
	if text := e.files(); strings.Contains(text, "[[connections]]") || strings.Contains(text, e.at.ExchangePassword) {
		t.Errorf("before it was confirmed there is\n%s", text)
	}
	p.press(tea.KeyEnter)
	p.see("Who answered", e.at.Organizer, "was opened and read", "full access")
	p.press(tea.KeyEnter)
	p.see("is connected", "first sync")
	p.press(tea.KeyEnter)
	name := p.m.(*tui.Model).Next()
	setUp := p.keys
	if name != "contoso" || strings.Contains(p.screen(), e.at.ExchangePassword) {
		t.Errorf("the console of %q is wanted", name)
	}
	// The console of that connection: the first sync starts by itself, and a room is booked.
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, err := findConnection(config, name)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := a.secrets(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.openSession(ctx, c, a.mirrorPath(c), a.held(c, secrets))
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorkspace(ctx, s, false)
	if err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(ctx)
	background := w.start(running)
	p.msgs, p.m = make(chan tea.Msg, 64), tui.New(tui.Options{Workspace: w, Setup: desk, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	p.see(e.tenant.Rooms()[0].Name)
	p.press('b')
	p.see("Book ")
	p.see("Book ", "checked")
	p.press(tea.KeyEnter)
	p.see("accepted")
	t.Logf("from an empty home to the first booking over Exchange: %d keys (%d of them for the set-up) and %d pastes, %.1f s", p.keys, setUp, pastes, time.Since(began).Seconds())
	if p.keys > 14 || pastes != 4 {
		t.Errorf("%d keys and %d pastes, of 14 and 4", p.keys, pastes)
	}
	if _, err := os.Stat(filepath.Join(e.home, "set-up.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was entered is still there: %v", err)
	}
	if text := e.files(); strings.Contains(text, e.at.ExchangePassword) || !strings.Contains(text, "[[connections]]") {
		t.Error("the password is in a file, or the connection is not")
	}
	leave()
	if err := <-background; err != nil {
		t.Errorf("the background ended with %v", err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
}

// Each mistake that can be made with an Exchange server has its own sentence in the set-up,
// and nothing is kept of a connection that does not work.
func TestEachMistakeInTheSetUpOfExchange(t *testing.T) {
	off := false
	for _, row := range []struct {
		name, says string
		refused    bool
		change     func(e *empty, s *providers.Setup, secret *providers.Hidden)
	}{
		{"password", "does not accept user and password", true, func(_ *empty, _ *providers.Setup, secret *providers.Hidden) {
			*secret = providers.NewHidden("Winter-2025")
		}},
		{"Basic off", "signs in by Basic", true, func(e *empty, s *providers.Setup, _ *providers.Hidden) {
			s.Set(providers.SetupSignIn, providers.SetupBasic)
			e.setExchange(func(x *exchange.Settings) { x.Basic = false })
		}},
		{"EWS off", "refuses it Exchange Web Services", true, func(e *empty, _ *providers.Setup, _ *providers.Hidden) {
			e.setExchange(func(x *exchange.Settings) { x.EWSEnabled = &off })
		}},
		{"no mailbox", "has no mailbox of its own", true, func(e *empty, _ *providers.Setup, _ *providers.Hidden) {
			e.setExchange(func(x *exchange.Settings) { x.Service.NoMailbox = true })
		}},
		{"no room lists", "has no room lists", true, func(e *empty, _ *providers.Setup, _ *providers.Hidden) {
			e.setExchange(func(x *exchange.Settings) { x.NoRoomLists = true })
		}},
		{"a room outside", "leaves out room", false, func(e *empty, _ *providers.Setup, _ *providers.Hidden) {
			e.setExchange(func(x *exchange.Settings) {
				x.Scope = []string{e.at.TestMailbox, e.at.Organizer}
				for _, room := range e.tenant.Rooms()[1:] {
					x.Scope = append(x.Scope, room.Mailbox)
				}
				x.Permissions = map[string]string{e.tenant.Rooms()[0].Mailbox: "FreeBusyTimeOnly"}
			})
		}},
		{"outside is open", "should be outside", false, func(e *empty, s *providers.Setup, _ *providers.Hidden) {
			s.Set(providers.SetupOutside, e.tenant.Rooms()[0].Mailbox)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := newEmptyExchange(t)
			a := e.process()
			desk := &setupDesk{app: a}
			s, secret := e.enteredExchange(desk)
			row.change(e, &s, &secret)
			var told []string
			answer, err := desk.TestSetup(t.Context(), s, secret, func(r providers.Rung) { told = append(told, r.Name) })
			if err != nil {
				t.Fatal(err)
			}
			if line := answer.Diagnosis.FirstLine(); !strings.Contains(line, row.says) {
				t.Errorf("%q, without %q", line, row.says)
			}
			if len(told) < 20 {
				t.Errorf("only %v were told", told)
			}
			_, err = desk.ConnectSetup(t.Context(), s, secret)
			if (err != nil) != row.refused {
				t.Errorf("connecting gives %v", err)
			}
			if text := e.files(); strings.Contains(text, "[[connections]]") == row.refused || strings.Contains(text, e.at.ExchangePassword) {
				t.Errorf("afterwards there is\n%s", text)
			}
		})
	}
}

// One key takes all back: credential, configuration, what was entered. Another password
// than was tested is not kept.
func TestExchangeSetUpIsTakenBack(t *testing.T) {
	e := newEmptyExchange(t)
	a := e.process()
	desk := &setupDesk{app: a}
	s, secret := e.enteredExchange(desk)
	if err := desk.KeepSetup(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if text := e.files(); strings.Contains(text, e.at.ExchangePassword) || !strings.Contains(text, e.at.TestMailbox) {
		t.Errorf("kept to be gone on with:\n%s", text)
	}
	if _, err := desk.TestSetup(t.Context(), s, secret, func(providers.Rung) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.ConnectSetup(t.Context(), s, providers.NewHidden("another")); err == nil {
		t.Error("a password that was not tested was kept")
	}
	other := s
	other.Values = map[providers.SetupField]string{}
	for field, value := range s.Values {
		other.Values[field] = value
	}
	other.Set(providers.SetupEmail, e.tenant.Rooms()[0].Mailbox)
	if _, err := desk.ConnectSetup(t.Context(), other, secret); err == nil {
		t.Error("a connection that was not tested was kept")
	}
	connected, err := desk.ConnectSetup(t.Context(), s, secret)
	if err != nil {
		t.Fatal(err)
	}
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, err := findConnection(config, connected.Name)
	if err != nil || c.Provider != keystore.ExchangeProvider || c.Server != e.at.EWSURL || c.User != e.at.ExchangeLogin || c.Basic {
		t.Fatalf("kept: %+v, %v", c, err)
	}
	if err := desk.DropSetup(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if text := e.files(); strings.Contains(text, "[[connections]]") || strings.Contains(text, e.at.TestMailbox) {
		t.Errorf("left:\n%s", text)
	}
	if _, err := e.memory.Get(t.Context(), c.SecretKey()); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the password is still kept: %v", err)
	}
}

// The same line by line, for screen readers and pipes.
func TestExchangeLineByLine(t *testing.T) {
	e := newEmptyExchange(t)
	out, err := e.lines("2", "", // Exchange, NTLM
		strings.ReplaceAll(e.at.ExchangeLogin, `\`, "/"), "y", e.at.ExchangePassword, "", // account with the wrong slash, password, where it is kept
		e.at.Organizer, "", "", "", // mailboxes
		"",                                       // the commands
		"outlook.office365.com", e.at.EWSURL, "", // server, CA file
		"",  // the test
		"y") // keep it
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"ends them on 2027-04-01", "New-ManagementRoleAssignment", "Tried: JSON at", "Autodiscover does not tell the server", "connect the tenant with Graph", "impersonation: passed",
		"Opened: the calendar of " + e.at.Organizer, "Connected contoso", "first sync starts by itself"} {
		if !strings.Contains(out, want) {
			t.Errorf("it says nowhere %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, e.at.ExchangePassword) {
		t.Error("the password was printed")
	}
}
