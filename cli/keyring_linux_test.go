//go:build linux

package cli

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/godbus/dbus/v5"

	"roomdesk/keystore"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// fakeKeyring is a Secret Service in a state that a test chooses. It has one item, which
// answers every search.
type fakeKeyring struct {
	mu     sync.Mutex
	state  string
	value  string
	answer chan struct{} // closed where a hanging call is let go
}

func (f *fakeKeyring) now() (state, value string, answer chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state, f.value, f.answer
}

// keep changes what the item holds.
func (f *fakeKeyring) keep(value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.value = value
}

// become changes the state, and lets go what hangs.
func (f *fakeKeyring) become(state string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answer != nil {
		close(f.answer)
		f.answer = nil
	}
	if f.state = state; state == "hanging" {
		f.answer = make(chan struct{})
	}
}

// wireSecret is a secret as it crosses the bus.
type wireSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

const (
	ringRoot       = dbus.ObjectPath("/org/freedesktop/secrets")
	ringCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	ringItem       = dbus.ObjectPath("/org/freedesktop/secrets/collection/login/1")
	ringSession    = dbus.ObjectPath("/org/freedesktop/secrets/session/1")
)

func (f *fakeKeyring) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), ringSession, nil
}

func (f *fakeKeyring) Unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	state, _, answer := f.now()
	switch state {
	case "locked":
		return nil, "/", nil // nobody answers its prompt
	case "hanging":
		<-answer
	}
	return objects, "/", nil
}

func (f *fakeKeyring) Get(_, _ string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant([]dbus.ObjectPath{ringCollection}), nil
}

func (f *fakeKeyring) SearchItems(map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	if state, value, _ := f.now(); state == "forgetful" || value == "" {
		return nil, nil
	}
	return []dbus.ObjectPath{ringItem}, nil
}

func (f *fakeKeyring) CreateItem(_ map[string]dbus.Variant, s wireSecret, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.state {
	case "full":
		return "/", "/", dbus.NewError("org.freedesktop.DBus.Error.Failed", []any{"No space left on device"})
	case "read-only":
		return "/", "/", dbus.NewError("org.freedesktop.DBus.Error.Failed", []any{"the collection is read-only"})
	case "forgetful":
	default:
		f.value = string(s.Value)
	}
	return ringItem, "/", nil
}

func (f *fakeKeyring) GetSecret(dbus.ObjectPath) (wireSecret, *dbus.Error) {
	state, value, _ := f.now()
	if state == "wrong" {
		value = "8Q~of-somebody-else-0123456789-abcdefghij"
	}
	return wireSecret{Session: ringSession, Value: []byte(value), ContentType: "text/plain"}, nil
}

func (f *fakeKeyring) Close() *dbus.Error                     { return nil }
func (f *fakeKeyring) Delete() (dbus.ObjectPath, *dbus.Error) { return "/", nil }

// inOwnProcess runs the test again in a process of its own and reports true where that is
// done: the keyring library keeps one bus for each process.
func inOwnProcess(t *testing.T) bool {
	t.Helper()
	const marker = "ROOMDESK_TEST_OWN_PROCESS"
	if os.Getenv(marker) == "1" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), marker+"=1")
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP: "+t.Name()):
		t.Skip("skipped in its own process")
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Fatalf("did not run:\n%s", out)
	}
	t.Logf("%s", out)
	return true
}

// serve puts the keyring on a bus, without a name yet.
func (f *fakeKeyring) serve(t *testing.T, bus *dbus.Conn) {
	t.Helper()
	for _, path := range []dbus.ObjectPath{ringRoot, ringCollection, ringItem, ringSession} {
		for _, iface := range []string{"Service", "Collection", "Item", "Session"} {
			if err := bus.Export(f, path, "org.freedesktop.Secret."+iface); err != nil {
				t.Fatal(err)
			}
		}
		if err := bus.Export(f, path, "org.freedesktop.DBus.Properties"); err != nil {
			t.Fatal(err)
		}
	}
}

// ownBus is a message bus of the test's own, on which nothing is started by itself.
func ownBus(t *testing.T) *dbus.Conn {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil && os.Getenv("ROOMDESK_REQUIRE_ALL") == "" {
		t.Skip("dbus-daemon is not installed")
	} else if err != nil {
		t.Fatal("dbus-daemon is not installed (ROOMDESK_REQUIRE_ALL is set)")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	body := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=` + filepath.Join(dir, "bus") + `</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(config, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daemon, "--config-file="+config, "--nofork", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon gave no address: %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	return bus
}

// F-110: in each state of the keyring the console opens on what was mirrored and says
// what is wrong and what to do; once that is done it goes on by the key that it names.
// A process of its own: the keyring library keeps one bus for each process.
func TestConsoleInEachStateOfTheKeyring(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	bus := ownBus(t)
	ring := &fakeKeyring{}
	ring.serve(t, bus)
	own := func() {
		t.Helper()
		if reply, err := bus.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner && reply != dbus.RequestNameReplyAlreadyOwner {
			t.Fatalf("owning the name: %v %v", reply, err)
		}
	}
	own()
	m := newRinged(t, ctx)
	ring.keep(m.secret)
	room := m.tenant.Rooms()[0].Name
	// Everything is read once, with a keyring that works.
	p, leave := m.console(ctx)
	p.see(room, "s ago")
	leave()
	for _, row := range []struct{ state, says, remedy string }{
		{"missing", "the place of the credential cannot be used", "Install and start gnome-keyring"},
		{"locked", "the keyring is locked", "Unlock the keyring"},
		{"hanging", "the keyring does not answer", "The keyring may be asking for its password"},
		{"forgetful", "the credential is not in its place", "Connect again: roomdesk connect"},
		{"wrong", "sign-in failed (401 AADSTS7000215)", "The client secret is wrong"},
	} {
		t.Run(row.state, func(t *testing.T) {
			m.t = t
			if row.state == "missing" {
				if _, err := bus.ReleaseName("org.freedesktop.secrets"); err != nil {
					t.Fatal(err)
				}
			}
			ring.become(row.state)
			p, leave := m.console(ctx)
			defer leave()
			p.t = t
			// What was mirrored is there, with the sentence, and no room is drawn as free
			// that nobody could ask about.
			p.see(room, "✗ "+row.says, row.remedy)
			if strings.Contains(p.screen(), "canary") || strings.Contains(p.screen(), m.secret) {
				t.Error("a credential is on the screen")
			}
			own()
			ring.become("")
			// It is mended: by itself, or at once by the key.
			p.press('5')
			p.see("Sync")
			p.press('R')
			p.press('1')
			// A sign-in that was under way when the key was pressed fails once more: a
			// person presses it again.
			again := time.NewTicker(againAfter)
			defer again.Stop()
			for strings.Contains(p.screen(), "✗ "+row.says) {
				select {
				case msg := <-p.msgs:
					if msg != nil {
						p.send(msg)
					}
				case <-again.C:
					p.press('5')
					p.press('R')
					p.press('1')
				case <-ctx.Done():
					t.Fatalf("it does not go on:\n%s", p.screen())
				}
			}
			p.see(room, "s ago")
		})
	}
	m.t = t
	// What cannot be written says so, and what is there goes on.
	for state, says := range map[string]string{"full": "No space left on device", "read-only": "the collection is read-only"} {
		ring.become(state)
		p, leave := m.console(ctx)
		p.t = t
		p.see(room, "s ago")
		leave()
		a := m.process()
		a.deps.Stdin = strings.NewReader("8Q~another-0123456789-abcdefghijklmnopqrst\n")
		config, err := a.loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		store, err := a.secrets(config.Connections[0])
		if err != nil {
			t.Fatal(err)
		}
		err = store.Set(ctx, config.Connections[0].SecretKey(), keystore.NewSecret("8Q~another"))
		if f := explain(err); err == nil || !strings.Contains(f.message, says) || f.next == "" || strings.Contains(f.sentence(), "8Q~") {
			t.Errorf("%s: %v", state, err)
		}
		if _, value, _ := ring.now(); value != m.secret {
			t.Errorf("%s: the credential that was there is gone", state)
		}
	}
}

// againAfter is how soon a person presses a key again that seems to do nothing.
const againAfter = 4 * time.Second

// ringed is a connection whose secret is in the keyring.
type ringed struct {
	t           *testing.T
	tenant      *simulator.Tenant
	dir, secret string
}

func newRinged(t *testing.T, ctx context.Context) *ringed {
	t.Helper()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 3, People: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	m := &ringed{t: t, tenant: tenant, dir: t.TempDir(), secret: tenant.Endpoints().ClientSecret}
	if err := tenant.WriteDir(m.dir); err != nil {
		t.Fatal(err)
	}
	config, err := keystore.LoadConfig(filepath.Join(m.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	c := config.Connections[0]
	c.Keystore = ""
	if err := update(config, c); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *ringed) process() *app {
	a, _, _ := newApp(m.t)
	a.flags.config, a.flags.data = filepath.Join(m.dir, "config.toml"), filepath.Join(m.dir, "data")
	return a
}

// console opens the console as the command does, but for the terminal.
func (m *ringed) console(ctx context.Context) (*player, func()) {
	m.t.Helper()
	a := m.process()
	config, err := a.loadConfig()
	if err != nil {
		m.t.Fatal(err)
	}
	s, err := a.openConfigured(ctx, config, config.Connections[0])
	if err != nil {
		m.t.Fatal(err)
	}
	w, err := newWorkspace(ctx, s, false)
	if err != nil {
		m.t.Fatal(err)
	}
	running, cancel := context.WithCancel(ctx)
	background := w.start(running)
	p := &player{t: m.t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Workspace: w, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	return p, func() {
		cancel()
		if err := <-background; err != nil {
			m.t.Errorf("the background ended with %v", err)
		}
		if err := s.close(nil); err != nil {
			m.t.Error(err)
		}
	}
}
