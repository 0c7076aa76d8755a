package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// before is what was said until the link or the code was shown.
func before(t *testing.T, said, prompt string) string {
	t.Helper()
	first, _, found := strings.Cut(said, prompt)
	if !found {
		t.Fatalf("%q is not said:\n%s", prompt, said)
	}
	return first
}

// saysAll fails unless all of it stands in a text.
func saysAll(t *testing.T, what, said string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(said, want) {
			t.Errorf("%s: it says nowhere %q:\n%s", what, want, said)
		}
	}
}

// writesIn counts what would have changed a calendar.
func (s *personSite) writesIn() int {
	n := 0
	for _, e := range s.tenant.Ledger() {
		if e.Method != http.MethodGet && strings.Contains(strings.ToLower(e.Path), "/events") {
			n++
		}
	}
	return n
}

// C23, C26, L15: the command asks a person for reading only, says so before the page is
// opened, and refuses to write before anything is sent; signing in again for more, and for
// less, says first what comes and goes. Changing the level is an administrator's.
func TestC26ReadOnlyConsentIsToldBeforehand(t *testing.T) {
	s := newPersonSite(t)
	connection := s.connection("mine")
	connection.Access = string(providers.ReadOnlyAccess)
	var link string
	browser := func() (*app, *linkOutput) {
		a := s.process()
		errs := &linkOutput{onLink: func(at string) { link = at; go s.signIn(at, s.e.User) }}
		a.deps.Stderr = errs
		a.prepareOutput()
		return a, errs
	}
	a, errs := browser()
	if err := a.connectGraph(t.Context(), &connectFlags{person: personFlags{browser: true, account: s.e.User}, connection: connection}); err != nil {
		t.Fatalf("%v\n%s", explain(err).sentence(), errs.text.String())
	}
	first := before(t, errs.text.String(), "https://")
	saysAll(t, "connecting", first, "asks for User.Read, User.ReadBasic.All, Calendars.Read, Calendars.Read.Shared, Place.Read.All;", "offline_access", "Not for mail")
	if strings.Contains(first, "Compared") || strings.Contains(link, "ReadWrite") || !strings.Contains(link, "Calendars.Read.Shared") {
		t.Errorf("%s\n%s", first, link)
	}
	kept := func() keystore.Connection {
		t.Helper()
		config, err := s.process().loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		c, _ := config.Find("mine")
		return c
	}
	if c := kept(); c.Access != "read-only" || slices.Contains(c.Permissions, "Calendars.ReadWrite") || !slices.Contains(c.Permissions, "Calendars.Read") {
		t.Errorf("%+v", c)
	}
	// What the level leaves out never leaves this machine; the rest works.
	draft := providers.EventDraft{Subject: providers.Outside("Mine"), Organizer: providers.Address(s.e.User), TransactionID: "1b2c3d4e-0000-4000-8000-000000000001", Start: time.Now().Add(time.Hour), End: time.Now().Add(2 * time.Hour)}
	use := func() (access providers.AccessLevel, written error) {
		t.Helper()
		err := s.process().with(t.Context(), func(ctx context.Context, session *session) error {
			for _, verb := range []providers.Verb{providers.VerbRooms, providers.VerbFreeBusy, providers.VerbEvents, providers.VerbDetails, providers.VerbExport} {
				if err := session.may(ctx, verb); err != nil {
					t.Errorf("%s: %v", verb, err)
				}
			}
			can, err := session.provider.Capabilities(ctx)
			if err != nil {
				return err
			}
			access = can.Access
			_, written = session.provider.CreateEvent(ctx, draft)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return access, written
	}
	writes := s.writesIn()
	if access, err := use(); !providers.Is(err, providers.NotAllowed) || !strings.Contains(err.Error(), "reading only") || access != providers.ReadOnlyAccess {
		t.Errorf("writing: %v, at %q", err, access)
	}
	if s.writesIn() != writes {
		t.Error("it was sent to the tenant")
	}

	// More: what is added and what goes, before the link.
	again := func(level string) (string, error) {
		a, errs := browser()
		err := a.signInCommanded(t.Context(), "", level, personFlags{browser: true})
		return errs.text.String(), err
	}
	said, err := again("full")
	if err != nil {
		t.Fatalf("%v\n%s", explain(err).sentence(), said)
	}
	saysAll(t, "more", before(t, said, "https://"), "asks for User.Read, User.ReadBasic.All, Calendars.ReadWrite, Calendars.ReadWrite.Shared,",
		"added Calendars.ReadWrite, Calendars.ReadWrite.Shared; no longer asked for Calendars.Read, Calendars.Read.Shared", "until it is taken back there")
	saysAll(t, "more", said, "is full now; it was read-only")
	if c := kept(); c.Access != "full" || !slices.Contains(c.Permissions, "Calendars.ReadWrite") {
		t.Errorf("%+v", c)
	}
	if access, _ := use(); access != providers.FullAccess {
		t.Errorf("at %q", access)
	}
	// The same once more.
	if said, err = again(""); err != nil || !strings.Contains(before(t, said, "https://"), "Compared with last time") {
		t.Errorf("%v\n%s", err, said)
	}
	// Less: the consent of before stays in the tenant, the level holds here.
	if said, err = again("free-busy"); err != nil || kept().Access != "free-busy" {
		t.Fatalf("%v\n%s", err, said)
	}
	saysAll(t, "less", before(t, said, "https://"), "added Calendars.ReadBasic;", "until it is taken back there")
	// A word that is no level, and a person who may not administer: nothing is asked.
	if said, err = again("all"); explain(err).code != exitUsage || strings.Contains(said, "https://") {
		t.Errorf("%v\n%s", err, said)
	}
	path := s.process().paths().Config
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(text), "access = ", "role = 'booker'\naccess = ", 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	requests := s.tenant.Requests()
	if said, err = again("full"); explain(err).code != exitSignIn || strings.Contains(said, "https://") || kept().Access != "free-busy" || s.tenant.Requests() != requests {
		t.Errorf("a booker: %v\n%s", err, said)
	}
	if said, err = again(""); err != nil { // but their own sign-in is everybody's to renew
		t.Errorf("%v\n%s", err, said)
	}
}

// person are the answers of somebody who connects their own account, line by line.
func (e *empty) person(level, name string) []string {
	return []string{"1", "2", level, e.at.TenantID, e.at.PublicClientID, "", "", "", "", "1", "", "", "", "", "", name}
}

// C23, C26: the same line by line, over the tenant's sign-in pages, for a second connection
// to a tenant that is connected already.
func TestReadOnlyConsentLineByLine(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	connect := func(level, name string) string {
		t.Helper()
		e.begin()
		a := e.process()
		errs := &watchedOutput{onCode: func(address, code string) {
			d := newDevice(t, e.dir)
			d.take(d.client.Get(address))
			d.press("Next", "otc", code)
			d.press("Sign in", "loginfmt", e.at.User, "passwd", e.at.UserPassword)
			d.press("Continue")
			for strings.Contains(d.page, ">Accept<") {
				d.press("Accept")
			}
		}}
		a.deps.Stdin, a.deps.Stderr = strings.NewReader(strings.Join(append(e.person(level, name), "", "y", ""), "\n")+"\n"), errs
		a.flags.accessible = true
		a.prepareOutput()
		if err := a.connectByLines(t.Context()); err != nil {
			t.Fatalf("%v\n%s", explain(err).sentence(), errs.text.String())
		}
		return errs.text.String()
	}
	said := connect("2", "reading")
	saysAll(t, "reading", before(t, said, "enter the code"), "see only: meetings are read, nothing is booked", "You will be asked for: User.Read, User.ReadBasic.All, Calendars.Read,",
		"Will not work then: booking, changing and cancelling; Teams meetings.", "The consent page asks for User.Read, User.ReadBasic.All, Calendars.Read, Calendars.Read.Shared")
	if strings.Contains(before(t, said, "enter the code"), "Compared") || strings.Contains(before(t, said, "enter the code"), "ReadWrite") {
		t.Errorf("reading:\n%s", said)
	}
	said = connect("1", "booking")
	saysAll(t, "booking", before(t, said, "enter the code"), "Compared with last time: added Calendars.ReadWrite, Calendars.ReadWrite.Shared; no longer asked for Calendars.Read, Calendars.Read.Shared.")
	config, err := e.process().loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := config.Find("reading"); c.Access != "read-only" {
		t.Errorf("%+v", c)
	}
}

// C23, C25, C26: the same in the console: what is asked for stands there before the address
// is asked for, and once more when the tenant is connected again for more.
func TestReadOnlyConsentInTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	start := func() *player {
		e.begin()
		p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
		p.m = tui.New(tui.Options{Setup: &setupDesk{app: e.process()}, Zone: time.UTC})
		p.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		p.run(p.m.Init())
		p.see("No tenant is connected yet")
		p.press('c')
		p.see("What you need")
		p.press(tea.KeyTab)
		p.press(tea.KeyRight)
		p.see("you yourself", "Calendars.ReadWrite.Shared")
		return p
	}
	toSignIn := func(p *player, name string) {
		p.press(tea.KeyEnter)
		p.see("The application")
		p.paste(e.at.TenantID)
		p.press(tea.KeyTab)
		p.paste(e.at.PublicClientID)
		p.press(tea.KeyEnter)
		p.see("How you sign in")
		p.press(tea.KeyEnter)
		p.see("The mailboxes")
		if name != "" {
			p.press(tea.KeyTab)
			p.press(tea.KeyTab)
			p.press(tea.KeyTab)
			p.press(tea.KeyTab)
			p.paste(name)
		}
		p.press(tea.KeyEnter)
		p.see("Sign in  5 of 8")
	}
	p := start()
	p.press(tea.KeyTab)
	p.press(tea.KeyRight)
	p.see("see only", "Calendars.Read.Shared", "not then", "booking, changing and cancelling; Teams meetings")
	requests := e.tenant.Requests()
	toSignIn(p, "")
	p.see("asks for", "Calendars.Read.Shared", "not for mail", "Enter asks for the address")
	if e.tenant.Requests() != requests {
		t.Error("the tenant was asked before the person wanted it")
	}
	p.press(tea.KeyEnter)
	p.see("/deviceauth", "holds until")
	address, code := shown(t, p.screen(), "address"), shown(t, p.screen(), "code")
	d := newDevice(t, e.dir)
	d.take(d.client.Get(address))
	d.press("Next", "otc", code)
	d.press("Sign in", "loginfmt", e.at.User, "passwd", e.at.UserPassword)
	d.press("Continue")
	for strings.Contains(d.page, ">Accept<") {
		d.press("Accept")
	}
	p.see("nothing is wrong")
	p.press(tea.KeyEnter)
	p.see("Who answered", e.at.User)
	p.press(tea.KeyEnter)
	p.see("is connected")

	p = start()
	toSignIn(p, "more")
	p.see("last time", "+Calendars.ReadWrite +Calendars.ReadWrite.Shared", "-Calendars.Read -Calendars.Read.Shared", "until it is taken back there")
	e.waitKept(p, 4)
}

// waitKept waits until what was entered up to a step is kept, so that nothing is being
// written any more when a test ends.
func (e *empty) waitKept(p *player, step int) {
	e.t.Helper()
	for p.ctx.Err() == nil {
		text, err := os.ReadFile(filepath.Join(e.home, "set-up.json"))
		var kept providers.Setup
		if err == nil && json.Unmarshal(text, &kept) == nil && kept.Step == step {
			return
		}
		select {
		case msg := <-p.msgs:
			if msg != nil {
				p.send(msg)
			}
		case <-p.ctx.Done():
		}
	}
	e.t.Fatalf("step %d was not kept", step)
}

// shown is what stands beside a label on a screen.
func shown(t *testing.T, screen, label string) string {
	t.Helper()
	for line := range strings.Lines(screen) {
		if _, text, found := strings.Cut(line, "  "+label+" "); found {
			return strings.TrimSpace(text)
		}
	}
	t.Fatalf("there is no %s:\n%s", label, screen)
	return ""
}
