package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// shownPrompts is the desk of the set-up; each prompt of a sign-in goes to a browser too.
type shownPrompts struct {
	*setupDesk
	prompts chan providers.SignInPrompt
}

func (d shownPrompts) SignInSetup(ctx context.Context, s providers.Setup, show func(providers.SignInPrompt)) (providers.SignedIn, error) {
	return d.setupDesk.SignInSetup(ctx, s, func(p providers.SignInPrompt) {
		show(p)
		d.prompts <- p
	})
}

// C12, C13, C18, C25: a person's own connection by browser, from the first start of the
// console. First the wrong account answers and is taken back whole, then one that declines,
// then the right one.
func TestSetUpWithABrowserInTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 5})
	other := ""
	for _, p := range e.tenant.People() {
		if address := string(p.Mailbox); !strings.EqualFold(address, e.at.User) && !strings.EqualFold(address, e.at.Admin) {
			other = address
		}
	}
	a := e.process()
	desk := shownPrompts{&setupDesk{app: a}, make(chan providers.SignInPrompt, 1)}
	p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Setup: desk, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	p.press('c')
	p.see("What you need")
	p.press(tea.KeyTab)
	p.press(tea.KeyRight)
	p.see("Nobody else, where your organisation lets people consent")
	p.press(tea.KeyEnter)
	p.see("public client")
	p.paste(e.at.TenantID)
	p.press(tea.KeyTab)
	p.paste(e.at.PublicClientID)
	p.press(tea.KeyEnter)
	p.see("How you sign in")
	p.press(tea.KeyRight)
	p.see("with the browser")
	// by begins the sign-in with Enter; the browser of a person does the rest.
	by := func(browse func(d *another, link string)) string {
		t.Helper()
		p.press(tea.KeyEnter)
		p.see("waiting for the sign-in")
		prompt := <-desk.prompts
		if prompt.Way != providers.ByBrowser || !strings.Contains(p.screen(), prompt.Address[:50]) || strings.Contains(strings.Join(strings.Fields(p.screen()), ""), "code_verifier") {
			t.Errorf("the link %q on\n%s", prompt.Address, p.screen())
		}
		end := make(chan string, 1)
		go func() {
			d := newDevice(t, e.dir)
			browse(d, prompt.Address)
			end <- d.page
		}()
		return <-end
	}
	as := func(user string) func(d *another, link string) {
		return func(d *another, link string) { d.signIn(link, "", user, e.at.UserPassword) }
	}
	toSignIn := func() {
		t.Helper()
		p.press(tea.KeyEnter)
		p.see("The mailboxes")
		p.press(tea.KeyEnter)
		p.see("Sign in", "private window")
	}
	toSignIn()
	if page := by(as(other)); !strings.Contains(page, "Signed in") || !strings.Contains(page, other) {
		t.Errorf("the browser was told %s", page)
	}
	p.see("nothing is wrong")
	p.press(tea.KeyEnter)
	p.see("Who answered", other)
	p.press('w')
	p.see("nothing is left of it")
	if text := e.files(); text != "" {
		t.Errorf("of the wrong account there is\n%s", text)
	}
	p.press(tea.KeyEnter)
	p.see("How you sign in")
	toSignIn()
	by(func(d *another, link string) {
		d.take(d.client.Get(link))
		d.press("Cancel")
		d.press("Continue")
	})
	p.see("✗", "declined", "Enter asks for the address")
	if strings.Contains(p.screen(), "run the command again") {
		t.Errorf("there is no command here:\n%s", p.screen())
	}
	by(as(e.at.User))
	p.see("nothing is wrong")
	p.press(tea.KeyEnter)
	p.see("Who answered", e.at.User)
	if strings.Contains(p.screen(), other) {
		t.Errorf("the wrong account is still there:\n%s", p.screen())
	}
	p.press(tea.KeyEnter)
	p.see("is connected")
	config, err := a.loadConfig()
	if err != nil || len(config.Connections) != 1 {
		t.Fatalf("%v %v", config.Names(), err)
	}
	c := config.Connections[0]
	if c.Account != e.at.User || c.Organizer != e.at.User {
		t.Errorf("%+v", c)
	}
	provider, err := e.process().newProvider(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	if identity, err := provider.Identify(t.Context()); err != nil || identity.TenantID != e.at.TenantID {
		t.Errorf("another process: %+v, %v", identity, err)
	}
	// "Wrong account" after all: nothing is left of what was kept either.
	p.press('w')
	p.see("nothing is left of it")
	if config, err := a.loadConfig(); err != nil || len(config.Connections) != 0 {
		t.Errorf("%v %v", config.Names(), err)
	}
	if text := e.files(); strings.Contains(text, e.at.User) && !strings.Contains(text, "audit") || strings.Contains(text, "sign-in.sealed") {
		t.Errorf("after all there is\n%s", text)
	}
	if _, err := e.memory.Get(t.Context(), c.SecretKey()); err == nil {
		t.Error("the key of the sign-in is still there")
	}
}
