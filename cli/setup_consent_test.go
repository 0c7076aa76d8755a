package cli

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
	"roomdesk/tui"
)

// administrator opens the link of an administrator's consent, up to the first page after
// the sign-in.
func (e *empty) administrator(link, user string) *another {
	d := newDevice(e.t, e.dir)
	d.take(d.client.Get(link))
	d.press("Sign in", "loginfmt", user, "passwd", e.at.UserPassword)
	return d
}

// consents accepts both pages.
func (e *empty) consents(link string) *another {
	d := e.administrator(link, e.at.Admin)
	d.press("Accept")
	d.press("Accept")
	return d
}

// update changes the registration, as an administrator does in the portal.
func (e *empty) update(change func(*entra.Application)) {
	e.t.Helper()
	if err := e.tenant.Directory().Update(e.at.ClientID, change); err != nil {
		e.t.Fatal(err)
	}
}

// revoked takes a permission away that the consent has to bring back.
func revoked(t *testing.T, e *empty) {
	t.Helper()
	e.tenant.Directory().SetConsentDelay(0)
	if err := e.tenant.Directory().Revoke(e.at.ClientID, "Calendars.ReadWrite"); err != nil {
		t.Fatal(err)
	}
}

// C25: in the console l waits for the consent; a browser signs in on the tenant's own
// pages, and the set-up goes on by itself to the test and to the tenant that answered.
func TestC25ConsentComesBackToTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	revoked(t, e)
	p := e.atConsent(ctx)
	p.press('l')
	p.see("until ", "browser's answer")
	link := shownLink(t, p.screen())
	if !strings.HasPrefix(link, e.at.AuthorityURL+"/"+e.at.TenantID+"/adminconsent?") || !strings.Contains(link, "redirect_uri=http%3A%2F%2Flocalhost%3A") || !strings.Contains(link, "&state=") {
		t.Fatalf("the link is %s", link)
	}
	end := make(chan string, 1)
	go func() { end <- e.consents(link).page }()
	p.see("nothing is wrong")
	if page := <-end; !strings.Contains(page, "Consent given") || !strings.Contains(page, e.at.TenantID) {
		t.Errorf("the browser was told %s", page)
	}
	p.press(tea.KeyEnter)
	p.see("Who answered", "came back from tenant "+e.at.TenantID)
	if strings.Contains(e.files(), "[[connections]]") {
		t.Error("kept before it was confirmed")
	}
	p.press('w')
	p.see("nothing is left of it")
	if text := e.files(); text != "" {
		t.Errorf("after the wrong account there is\n%s", text)
	}
}

// atConsent plays the set-up in the console up to the consent.
func (e *empty) atConsent(ctx context.Context) *player {
	e.t.Helper()
	p := &player{t: e.t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Setup: &setupDesk{app: e.process()}, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	p.press('c')
	p.see("What you need")
	p.press(tea.KeyEnter)
	p.see("The application")
	p.paste(e.at.TenantID)
	p.press(tea.KeyTab)
	p.paste(e.at.ClientID)
	p.press(tea.KeyEnter)
	p.see("The credential")
	p.paste(e.at.ClientSecret)
	p.press(tea.KeyEnter)
	p.see("The mailboxes")
	p.paste(e.at.Organizer)
	p.press(tea.KeyEnter)
	p.see("Admin consent")
	return p
}

// shownLink puts the link together that is drawn over several lines.
func shownLink(t *testing.T, screen string) string {
	t.Helper()
	_, rest, found := strings.Cut(screen, "https://")
	if !found {
		t.Fatalf("no link on\n%s", screen)
	}
	link := "https://"
	for i, row := range strings.Split(rest, "\n") {
		fields := strings.Fields(row)
		if i > 0 {
			fields = slices.DeleteFunc(fields, func(s string) bool { return strings.ContainsAny(s, "▎│▸✓·") || len(s) < 9 })
			if len(fields) != 1 || strings.Contains(row, "grants") {
				break
			}
		}
		link += fields[0]
	}
	return link
}

// C12, C15, C25: no consent by somebody without the role, by one of another tenant, and
// where the redirect address is not registered; then it is given by hand, and a page that
// ends with an error is no obstacle.
func TestC25ConsentThatDoesNotComeBack(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	revoked(t, e)
	desk := &setupDesk{app: e.process()}
	s, secret := e.entered(desk)
	_, err := desk.AwaitConsent(t.Context(), s, func(p providers.ConsentPrompt) {
		go func() {
			d := e.administrator(p.Address, e.at.OtherTenantUser)
			if !strings.Contains(d.page, "AADSTS50020") {
				t.Errorf("another tenant's account: %s", d.page)
			}
			d = e.administrator(p.Address, e.at.User)
			if !strings.Contains(d.page, "Need admin approval") {
				t.Errorf("no administrator: %s", d.page)
			}
			d.press("Return to the application")
			if !strings.Contains(d.page, "No consent") {
				t.Errorf("the browser was told %s", d.page)
			}
		}()
	})
	if err == nil || explain(err).code != exitSignIn || !strings.Contains(err.Error(), "egin again for a new link") {
		t.Errorf("%v", err)
	}
	// Not registered: the sign-in service says so in the browser, and nothing comes.
	e.update(func(a *entra.Application) { a.RedirectURIs = nil })
	ctx, cancel := context.WithCancel(t.Context())
	_, err = desk.AwaitConsent(ctx, s, func(p providers.ConsentPrompt) {
		defer cancel()
		d := newDevice(t, e.dir)
		if d.take(d.client.Get(p.Address)); !strings.Contains(d.page, "AADSTS50011") {
			t.Errorf("an address that is not registered: %s", d.page)
		}
	})
	if explain(err).class != string(providers.Cancelled) {
		t.Errorf("%v", err)
	}
	if answer := e.test(desk, s, secret); answer.Refused() == nil {
		t.Error("nobody consented, and it works")
	}
	if d := e.consents(desk.ConsentLink(s)); !strings.Contains(d.page, "AADSTS500113") {
		t.Errorf("without a redirect address the browser ends at %s", d.page)
	}
	if answer := e.test(desk, s, secret); answer.Refused() != nil || len(answer.Missing) != 0 {
		t.Errorf("after the consent: %s", answer.Diagnosis.FirstLine())
	}
}

// C25 line by line: l waits, and goes on by itself when the answer comes.
func TestC25ConsentComesBackLineByLine(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	revoked(t, e)
	a := e.process()
	out := &linkOutput{onLink: func(link string) { go e.consents(link) }, pattern: waitingLink}
	a.deps.Stdin, a.deps.Stderr = strings.NewReader(strings.Join(append(append([]string{}, keepNeed...), e.at.TenantID, e.at.ClientID, "", "", "", "", "", "1", e.at.ClientSecret, "", "",
		e.at.Organizer, "", "", "", "", "x", "l", "", "y"), "\n")+"\n"), out
	a.flags.accessible = true
	a.prepareOutput()
	if err := a.connectByLines(t.Context()); err != nil {
		t.Fatalf("%v\n%s", explain(err).sentence(), out.text.String())
	}
	for _, want := range []string{"Not yet: Enter, l, back or quit.", "Waiting for the browser's answer", "Consent came back from tenant " + e.at.TenantID, "Result: nothing is wrong", "Connected contoso."} {
		if !strings.Contains(out.text.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.text.String())
		}
	}
}
