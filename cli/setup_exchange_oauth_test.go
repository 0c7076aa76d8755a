package cli

import (
	"context"
	"encoding/json"
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

// exchangeResource is what Exchange Online's tokens are made for, whatever the server of
// the simulated tenant is called.
const exchangeResource = "https://outlook.office365.com"

// newEmptyOnline is an empty home beside a tenant whose Exchange Online still lists the
// application. Where the simulated tenant signs in, and for what, stands in what was
// entered before; a tenant of the global cloud needs neither.
func newEmptyOnline(t *testing.T) *empty {
	t.Helper()
	e := newEmpty(t, simulator.Options{Rooms: 6, People: 4, Seed: 7, RoomAnswerDelay: 50 * time.Millisecond, Exchange: simulator.ExchangeOnline})
	s := providers.NewSetup()
	s.Set(providers.SetupAuthority, e.at.AuthorityURL)
	s.Set(providers.SetupAudience, exchangeResource)
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

// listed says which applications the tenant's Exchange Online still lets in.
func (e *empty) listed(apps ...string) {
	e.setExchange(func(s *exchange.Settings) { s.AllowedApps = apps })
}

// P1, L9 to L11: an application signs in at Exchange by OAuth, from an empty home to the
// connected server, where the tenant lists it only after the first test. Keys and pastes
// are counted.
func TestExchangeByOAuthFromAnEmptyHome(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmptyOnline(t)
	e.listed("00000000-0000-0000-0000-000000000001")
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
	p.see("What you need")
	p.press(tea.KeyRight)
	p.press(tea.KeyTab)
	p.press(tea.KeyLeft) // the last of the ways
	p.see("OAuth", "an application of Entra ID", "full_access_as_app", "2027-04-01")
	p.press(tea.KeyEnter)
	p.see("The application")
	requests := e.tenant.Requests()
	paste(e.at.Domain)
	p.see("asked for by the id itself")
	paste(e.at.TenantID)
	p.press(tea.KeyTab)
	paste(e.at.ClientID)
	p.press(tea.KeyTab)
	paste(e.at.SecretID)
	p.see("this looks like the Secret ID")
	paste(e.at.ClientSecret)
	p.press(tea.KeyEnter)
	p.see("The mailboxes")
	paste(e.at.Organizer)
	p.press(tea.KeyEnter)
	p.see("full_access_as_app", "Get-AuthServer", "Get-PartnerApplication")
	if now := e.tenant.Requests(); now != requests {
		t.Errorf("%d requests were made before the server was known", now-requests)
	}
	if strings.Contains(p.screen(), "ApplicationImpersonation") {
		t.Errorf("an application needs no ApplicationImpersonation:\n%s", p.screen())
	}
	p.press(tea.KeyEnter)
	p.see("type its address")
	paste(e.at.EWSURL)
	p.press(tea.KeyEnter)
	p.see("✗ the tenant allows Exchange Web Services to listed applications only", "EWSAllowedAppIDs")
	e.listed(e.at.ClientID)
	p.press('r')
	p.see("nothing is wrong")
	if text := e.files(); strings.Contains(text, "[[connections]]") || strings.Contains(text, e.at.ClientSecret) {
		t.Errorf("before it was confirmed there is\n%s", text)
	}
	p.press(tea.KeyEnter)
	p.see("Who answered", e.at.Organizer, "was opened and read", "full access")
	p.press(tea.KeyEnter)
	p.see("is connected", "first sync")
	p.press(tea.KeyEnter)
	name := p.m.(*tui.Model).Next()
	t.Logf("from an empty home to Exchange by OAuth: %d keys and %d pastes, %.1f s", p.keys, pastes, time.Since(began).Seconds())
	if p.keys > 15 || pastes != 7 {
		t.Errorf("%d keys and %d pastes, of 15 and 7", p.keys, pastes)
	}
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, err := findConnection(config, name)
	if err != nil || c.Provider != keystore.ExchangeProvider || c.ByPassword() || c.Audience != exchangeResource || c.ClientID != e.at.ClientID || c.Tenant != e.at.TenantID {
		t.Fatalf("kept: %+v, %v", c, err)
	}
	if text := e.files(); strings.Contains(text, e.at.ClientSecret) {
		t.Error("the secret is in a file")
	}
	e.readsAndWrites(ctx, c)
}

// readsAndWrites opens a kept connection in another process: its rooms are listed, and a
// meeting is made and cancelled.
func (e *empty) readsAndWrites(ctx context.Context, c keystore.Connection) {
	e.t.Helper()
	a := e.process()
	secrets, err := a.secrets(c)
	if err != nil {
		e.t.Fatal(err)
	}
	p, err := a.exchangeProvider(c, a.held(c, secrets))
	if err != nil {
		e.t.Fatal(err)
	}
	defer p.Close()
	rooms := 0
	if _, err := p.Rooms(ctx, func(page []providers.Room) error { rooms += len(page); return nil }); err != nil || rooms != 6 {
		e.t.Errorf("%d rooms: %v", rooms, err)
	}
	organizer, begin := providers.Address(e.at.Organizer), time.Now().Add(72*time.Hour).Truncate(time.Hour)
	made, err := p.CreateEvent(ctx, providers.EventDraft{TransactionID: "by-oauth", Organizer: organizer, Subject: providers.Outside("Set-up"), Start: begin, End: begin.Add(time.Hour), Zone: "UTC"})
	if err == nil {
		err = p.CancelEvent(ctx, organizer, made.ID, "")
	}
	if err != nil {
		e.t.Error(err)
	}
}

// The same line by line. What is not listed ends with its sentence and the doctor's exit
// code; then it is listed, and what was entered is gone on with.
func TestExchangeByOAuthLineByLine(t *testing.T) {
	e := newEmptyOnline(t)
	answers := []string{"2", "3", // Exchange, OAuth
		e.at.Domain, e.at.TenantID, e.at.ClientID, e.at.ClientSecret, "", "", "", // tenant, application, secret, authority, resource, where it is kept
		e.at.Organizer, "", "", "", // mailboxes
		"",              // the commands
		e.at.EWSURL, "", // server, CA file
	}
	e.listed("00000000-0000-0000-0000-000000000001")
	out, err := e.lines(answers...)
	if explain(err).code == exitDone || !strings.Contains(out, "Result: the tenant allows Exchange Web Services to listed applications only") || strings.Contains(e.files(), "[[connections]]") {
		t.Fatalf("%v\n%s", err, out)
	}
	e.listed(e.at.ClientID)
	again := []string{"2", "3", "", "", e.at.ClientSecret, "", "", "", "", "", "", "", "", "", "", "", "y"}
	if out, err = e.lines(again...); err != nil {
		t.Fatalf("%v\n%s", explain(err).sentence(), out)
	}
	for _, want := range []string{"Going on with what was left", "It needs an application of Entra ID with the permission full_access_as_app", "Get-AuthServer", "sign-in: passed",
		"Opened: the calendar of " + e.at.Organizer, "Connected contoso"} {
		if !strings.Contains(out, want) {
			t.Errorf("it says nowhere %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, e.at.ClientSecret) || strings.Contains(out, "ApplicationImpersonation") {
		t.Errorf("the secret, or a role that an application does not need:\n%s", out)
	}
}
