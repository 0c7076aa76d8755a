//go:build linux

package keystore

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// needs skips where something is not installed, unless everything is required.
func needs(t *testing.T, ok bool, what string) {
	t.Helper()
	if ok {
		return
	}
	if os.Getenv("ROOMDESK_REQUIRE_ALL") != "" {
		t.Fatal(what + " (ROOMDESK_REQUIRE_ALL is set)")
	}
	t.Skip(what)
}

// inOwnProcess runs the test again in a process of its own and reports true where
// that is done: the keyring library keeps one bus connection for each process.
func inOwnProcess(t *testing.T) bool {
	t.Helper()
	const marker = "ROOMDESK_TEST_OWN_PROCESS"
	if os.Getenv(marker) == "1" {
		return false
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), marker+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP: "+t.Name()) {
		t.Skip(strings.TrimSpace(string(out)))
	}
	if !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("did not run:\n%s", out)
	}
	return true
}

// The conformance suite against the Secret Service of this session, as .ci/run
// makes one.
func TestKeyringStoreOverTheRealKeyring(t *testing.T) {
	needs(t, os.Getenv("ROOMDESK_REAL_KEYRING") == "1", "set ROOMDESK_REAL_KEYRING=1 inside a session with an unlocked keyring")
	testStore(t, NewKeyring(KeyringOptions{Timeout: 20 * time.Second}))
}

// F-110, cases E and I: a real keyring of the test's own, locked, with nobody to
// answer its prompt.
func TestLockedKeyring(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	daemon, err := exec.LookPath("gnome-keyring-daemon")
	needs(t, err == nil, "gnome-keyring-daemon is not installed")
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", home)
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	bus := startBus(t)
	startKeyring(t, bus, daemon, "password")
	store := NewKeyring(KeyringOptions{Timeout: 20 * time.Second})
	key := Key{Connection: "x", Purpose: ClientSecret}
	if err := store.Set(context.Background(), key, NewSecret("value")); err != nil {
		t.Fatalf("Set while unlocked: %v", err)
	}
	login := []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}
	if err := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").
		Call("org.freedesktop.Secret.Service.Lock", 0, login).Err; err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(context.Background(), key); !errors.Is(err, ErrLocked) {
		t.Errorf("Get from a locked keyring: %v, want ErrLocked", err)
	}
	if err := Probe(context.Background(), store); !errors.Is(err, ErrLocked) {
		t.Errorf("Probe of a locked keyring: %v, want ErrLocked", err)
	}
}

// startKeyring runs a keyring of the test's own, unlocked, until the test ends.
func startKeyring(t *testing.T, bus *dbus.Conn, daemon, password string) {
	t.Helper()
	changes := make(chan *dbus.Signal, 8)
	bus.Signal(changes)
	if err := bus.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daemon, "--foreground", "--unlock", "--components=secrets")
	cmd.Stdin = strings.NewReader(password)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	deadline := time.After(20 * time.Second)
	for owned := false; !owned; {
		select {
		case change := <-changes:
			owned = len(change.Body) == 3 && change.Body[0] == "org.freedesktop.secrets"
		case <-deadline:
			t.Fatal("the keyring does not start")
		}
	}
}

// F-110, cases A and B: without a bus nothing is started.
func TestNoSessionBus(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus")); err == nil {
		t.Skip("this machine has a session bus at its well-known path")
	}
	bin := t.TempDir()
	started := filepath.Join(bin, "started")
	script := "#!/bin/sh\ntouch " + started + "\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for _, address := range []string{"", "autolaunch:", "autolaunch:scope=x"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		_, err := NewKeyring(KeyringOptions{}).Get(context.Background(), Key{Connection: "x"})
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "no D-Bus session bus") {
			t.Errorf("address %q: %v, want ErrUnavailable", address, err)
		}
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("dbus-launch was started")
	}
}

// F-110, case C.
func TestBadBusAddress(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	_, err := NewKeyring(KeyringOptions{}).Get(context.Background(), Key{Connection: "x"})
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("Get: %v, want ErrUnavailable", err)
	}
}

// F-110, case D.
func TestBusWithoutASecretService(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	startBus(t)
	_, err := NewKeyring(KeyringOptions{}).Get(context.Background(), Key{Connection: "x"})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "no keyring program") {
		t.Errorf("Get: %v, want ErrUnavailable", err)
	}
}

// F-110, case H: a prompt that nobody sees.
func TestPromptThatNeverCompletes(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	bus := startBus(t)
	prompted := make(chan struct{}, 8)
	for path, object := range map[dbus.ObjectPath]any{
		"/org/freedesktop/secrets":                    hangingService{},
		"/org/freedesktop/secrets/prompt/1":           hangingPrompt{prompted},
		"/org/freedesktop/secrets/collection/another": hangingService{},
	} {
		for _, iface := range []string{"org.freedesktop.Secret.Service", "org.freedesktop.Secret.Prompt", "org.freedesktop.DBus.Properties"} {
			if err := bus.Export(object, path, iface); err != nil {
				t.Fatal(err)
			}
		}
	}
	if reply, err := bus.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("owning the name: %v %v", reply, err)
	}
	store := NewKeyring(KeyringOptions{Timeout: 300 * time.Millisecond})
	for range 2 {
		if _, err := store.Get(context.Background(), Key{Connection: "x"}); !errors.Is(err, ErrTimeout) {
			t.Errorf("Get: %v, want ErrTimeout", err)
		}
	}
	if n := len(prompted); n != 1 {
		t.Errorf("%d prompts were opened, want 1", n)
	}
}

type hangingService struct{}

func (hangingService) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return nil, "/org/freedesktop/secrets/prompt/1", nil
}

func (hangingService) Get(_, _ string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant([]dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}), nil
}

type hangingPrompt struct{ prompted chan struct{} }

func (p hangingPrompt) Prompt(string) *dbus.Error {
	p.prompted <- struct{}{}
	return nil
}

// startBus runs a message bus that starts no services, makes it this process's
// session bus, and gives a connection of its own to it.
func startBus(t *testing.T) *dbus.Conn {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	needs(t, err == nil, "dbus-daemon is not installed")
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
