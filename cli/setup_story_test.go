package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// empty is a home directory in which nothing is yet, and a tenant that knows nothing
// of it. What says where the simulated tenant is stands in what was entered before, so
// that keys are counted as with a tenant of the global cloud.
type empty struct {
	t      *testing.T
	tenant *simulator.Tenant
	at     simulator.Endpoints
	home   string
	dir    string // where the tenant wrote what a client needs
	memory *keystore.Memory
	behind time.Duration
	work   int // of encrypted files
}

func newEmpty(t *testing.T, o simulator.Options) *empty {
	t.Helper()
	tenant, err := StartTenant(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	e := &empty{t: t, tenant: tenant, at: tenant.Endpoints(), home: filepath.Join(t.TempDir(), "home"), memory: &keystore.Memory{}}
	dir := t.TempDir()
	e.dir = dir
	if err := tenant.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(e.home, 0o700); err != nil {
		t.Fatal(err)
	}
	e.begin()
	return e
}

// begin writes what was entered before: where the simulated tenant is.
func (e *empty) begin() {
	e.t.Helper()
	s := providers.Setup{Features: providers.NewSetup().Features}
	s.Set(providers.SetupCloud, "custom")
	s.Set(providers.SetupAuthority, e.at.AuthorityURL)
	s.Set(providers.SetupGraph, e.at.GraphURL)
	s.Set(providers.SetupCAFile, filepath.Join(e.dir, "ca.pem"))
	s.Set(providers.SetupKeystore, "memory")
	text, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(e.home, "set-up.json"), text, 0o600)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// process is a start of roomdesk in that home.
func (e *empty) process() *app {
	a, _, _ := newApp(e.t)
	a.flags.config, a.flags.data, a.memory = filepath.Join(e.home, "config.toml"), filepath.Join(e.home, "data"), e.memory
	a.ageWork = e.work
	a.deps.Now = func() time.Time { return time.Now().Add(-e.behind) }
	return a
}

// files are all texts below the home.
func (e *empty) files() string {
	e.t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(e.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		b.WriteString(path + "\n" + string(text) + "\n")
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return b.String()
}

// entered is what a person types in for this tenant.
func (e *empty) entered(desk *setupDesk) (providers.Setup, providers.Hidden) {
	e.t.Helper()
	start, err := desk.BeginSetup(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	s := start.Setup
	s.Set(providers.SetupTenant, e.at.TenantID)
	s.Set(providers.SetupClientID, e.at.ClientID)
	s.Set(providers.SetupOrganizer, e.at.Organizer)
	s.Set(providers.SetupTestMailbox, e.at.TestMailbox)
	return s, providers.NewHidden(e.at.ClientSecret)
}

func (p *player) paste(text string) { p.send(tea.PasteMsg{Content: text}) }

// J4 and the usability check: from an empty home to the first booking, with the Secret
// ID pasted first and a permission that is granted only after the first test. Keys and
// pastes are counted.
func TestJ4FromAnEmptyHomeToTheFirstBooking(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmpty(t, simulator.Options{Rooms: 6, People: 4, EventsPerMailbox: 1, RoomAnswerDelay: 50 * time.Millisecond})
	directory := e.tenant.Directory()
	directory.SetConsentDelay(0)
	if err := directory.Revoke(e.at.ClientID, "Calendars.ReadWrite"); err != nil {
		t.Fatal(err)
	}
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
	p.press(tea.KeyEnter)
	p.see("The application")
	paste(e.at.TenantID)
	p.press(tea.KeyTab)
	paste(e.at.ClientID)
	p.press(tea.KeyEnter)
	p.see("The credential")
	requests := e.tenant.Requests()
	paste(e.at.SecretID)
	p.see("this looks like the Secret ID")
	if now := e.tenant.Requests(); now != requests {
		t.Errorf("%d requests were made for a Secret ID", now-requests)
	}
	paste(e.at.ClientSecret)
	p.see("characters", "the form is right")
	p.press(tea.KeyEnter)
	p.see("The mailboxes")
	paste(e.at.Organizer)
	p.press(tea.KeyEnter)
	p.see("Admin consent", "https://127.0.0.1", "private window")
	p.press(tea.KeyEnter)
	p.see("✗ Calendars.ReadWrite is not", "App registrations", "Grant admin consent")
	if err := directory.Grant(e.at.ClientID, "Calendars.ReadWrite"); err != nil {
		t.Fatal(err)
	}
	p.press('r')
	p.see("nothing is wrong")
	if text := e.files(); strings.Contains(text, "[[connections]]") || strings.Contains(text, e.at.ClientSecret) {
		t.Errorf("before it was confirmed there is\n%s", text)
	}
	p.press(tea.KeyEnter)
	p.see("Who answered", e.at.TenantID, e.at.Domain)
	p.press(tea.KeyEnter)
	p.see("is connected", "first sync")
	p.press(tea.KeyEnter)
	name := p.m.(*tui.Model).Next()
	setUp := p.keys
	if name != "contoso" || strings.Contains(p.screen(), e.at.ClientSecret) {
		t.Errorf("the console of %q is wanted", name)
	}

	// The console of that connection, as another turn of the loop opens it.
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
	p.see("Book ", "checked")
	p.press(tea.KeyEnter)
	p.see("accepted")
	t.Logf("from an empty home to the first booking: %d keys (%d of them for the set-up) and %d pastes, %.1f s", p.keys, setUp, pastes, time.Since(began).Seconds())
	if p.keys > 13 || pastes != 5 {
		t.Errorf("%d keys and %d pastes, of 13 and 5", p.keys, pastes)
	}
	// C19, S2: what was left to go on with is gone, the connection is listed.
	if _, err := os.Stat(filepath.Join(e.home, "set-up.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was entered is still there: %v", err)
	}
	if text := e.files(); strings.Contains(text, e.at.ClientSecret) || !strings.Contains(text, "[[connections]]") {
		t.Error("the secret is in a file, or the connection is not")
	}
	leave()
	if err := <-background; err != nil {
		t.Errorf("the background ended with %v", err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
}

// Each mistake that can be made in a set-up leads to its own sentence there.
func TestEachMistakeInTheSetUp(t *testing.T) {
	for _, row := range []struct {
		number  int
		says    string
		refused bool
		change  func(e *empty, s *providers.Setup)
	}{
		{1, "Secret ID", true, nil},
		{2, "expired", true, nil},
		{3, "knows no application", true, nil},
		{4, "there is no tenant", true, nil},
		{5, "delegated permissions only", true, nil},
		{6, "Calendars.ReadWrite is not", true, nil},
		{7, "Calendars.ReadWrite", true, nil},
		{8, "Place.Read.All is not", true, nil},
		{9, "leaves out room", false, nil},
		{11, "it is on premises", false, nil},
		{12, "no licence", false, nil},
		{16, "cannot make Teams meetings", false, nil},
		{17, "this machine's clock is", true, func(e *empty, _ *providers.Setup) { e.behind = 2 * time.Hour }},
		{18, "keyring", true, func(e *empty, s *providers.Setup) {
			e.t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(e.t.TempDir(), "no-bus"))
			s.Set(providers.SetupKeystore, "keyring")
		}},
		{19, "the service asked to wait", true, nil},
	} {
		t.Run(strconv.Itoa(row.number), func(t *testing.T) {
			o := simulator.Options{Rooms: 6, People: 4}
			if row.number != 18 {
				o.Mistakes = []int{row.number}
			}
			e := newEmpty(t, o)
			a := e.process()
			desk := &setupDesk{app: a, wait: func(ctx context.Context, d time.Duration) error {
				e.tenant.Clock().Advance(4 * d)
				return ctx.Err()
			}}
			s, secret := e.entered(desk)
			if row.change != nil {
				row.change(e, &s)
			}
			var told []string
			answer, err := desk.TestSetup(t.Context(), s, secret, func(r providers.Rung) { told = append(told, r.Name) })
			if err != nil {
				t.Fatal(err)
			}
			line := answer.Diagnosis.FirstLine()
			if !strings.Contains(line, row.says) {
				t.Errorf("mistake %d: %q", row.number, line)
			}
			if (answer.Refused() != nil) != row.refused {
				t.Errorf("mistake %d: kept anyway: %v; %s", row.number, answer.Refused() == nil, line)
			}
			if len(told) < 20 {
				t.Errorf("only %v were told", told)
			}
			_, err = desk.ConnectSetup(t.Context(), s, secret)
			if (err != nil) != row.refused {
				t.Errorf("mistake %d: connecting gives %v", row.number, err)
			}
			if text := e.files(); row.refused && strings.Contains(text, "[[connections]]") || strings.Contains(text, e.at.ClientSecret) {
				t.Errorf("there is\n%s", text)
			}
		})
	}
}
