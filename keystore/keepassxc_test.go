//go:build linux

package keystore

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// keepassDatabase is a database with one group, which its owner has given to programs
// by the Secret Service.
func keepassDatabase() string {
	group := [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	id := hex.EncodeToString(group[:])
	shown := "{" + id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:] + "}"
	return `<?xml version="1.0" encoding="UTF-8"?><KeePassFile><Meta><Generator>test</Generator><DatabaseName>test</DatabaseName>
<CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>` + shown + `</Value></Item></CustomData></Meta>
<Root><Group><UUID>` + base64.StdEncoding.EncodeToString(group[:]) + `</UUID><Name>Root</Name></Group></Root></KeePassFile>`
}

// F-110 with a second real Secret Service: KeePassXC, which answers differently in
// places. It has the conformance suite unlocked; locked, its dialog is not answered.
func TestKeePassXC(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	program, err := exec.LookPath("keepassxc")
	needs(t, err == nil, "KeePassXC is not installed")
	tool, err := exec.LookPath("keepassxc-cli")
	needs(t, err == nil, "keepassxc-cli is not installed")
	home := t.TempDir()
	for name, value := range map[string]string{"HOME": home, "XDG_RUNTIME_DIR": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": "offscreen"} {
		t.Setenv(name, value)
	}
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := filepath.Join(home, "test.kdbx")
	imported := exec.CommandContext(t.Context(), tool, "import", "-p", "-t", "100", write("test.xml", keepassDatabase()), database)
	imported.Stdin = strings.NewReader("password\npassword\n")
	if out, err := imported.CombinedOutput(); err != nil {
		t.Fatalf("making the database: %v: %s", err, out)
	}
	config := write("keepassxc.ini", "[General]\nConfigVersion=2\nMinimizeOnOpenUrl=true\n[GUI]\nCheckForUpdates=false\n[FdoSecrets]\nEnabled=true\nShowNotification=false\nConfirmAccessItem=false\nConfirmDeleteItem=false\n")
	bus := startBus(t)
	changes := make(chan *dbus.Signal, 8)
	bus.Signal(changes)
	if err := bus.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "--config", config, "--localconfig", filepath.Join(home, "local.ini"), "--pw-stdin", database)
	in, err := cmd.StdinPipe()
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
	if _, err := in.Write([]byte("password\n")); err != nil { // it stays open: its end ends the program
		t.Fatal(err)
	}
	deadline := time.After(60 * time.Second)
	for owned := false; !owned; {
		select {
		case change := <-changes:
			owned = len(change.Body) == 3 && change.Body[0] == "org.freedesktop.secrets"
		case <-deadline:
			t.Fatal("KeePassXC does not start")
		}
	}
	service := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
	collection := dbus.ObjectPath("/")
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	locked := func() bool {
		value, err := bus.Object("org.freedesktop.secrets", collection).GetProperty("org.freedesktop.Secret.Collection.Locked")
		return err != nil || value.Value() != false
	}
	for collection == "/" || locked() { // the database is opened after the name is taken
		select {
		case <-tick.C:
			if err := service.Call("org.freedesktop.Secret.Service.ReadAlias", 0, "default").Store(&collection); err != nil {
				t.Fatal(err)
			}
		case <-deadline:
			t.Fatal("the database is not given to programs")
		}
	}
	t.Run("unlocked", func(t *testing.T) { testStore(t, NewKeyring(KeyringOptions{Timeout: 30 * time.Second})) })

	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err = service.Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{collection}).Store(&done, &prompt)
	if err == nil && prompt != "/" { // it locks when its prompt is shown
		err = bus.Object("org.freedesktop.secrets", prompt).Call("org.freedesktop.Secret.Prompt.Prompt", 0, "").Err
	}
	if err != nil {
		t.Fatal(err)
	}
	for !locked() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the database does not lock")
		}
	}
	store := NewKeyring(KeyringOptions{Timeout: 2 * time.Second})
	for what, err := range map[string]error{
		"Get":   func() error { _, err := store.Get(context.Background(), Key{Connection: "x"}); return err }(),
		"Probe": Probe(context.Background(), store),
	} {
		var e *Error
		if !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrLocked) || !errors.As(err, &e) || !strings.Contains(e.Remedy, "unlock") {
			t.Errorf("%s while locked: %v", what, err)
		}
	}
}
