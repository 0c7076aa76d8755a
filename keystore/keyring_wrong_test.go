//go:build linux

package keystore

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// brokenService is a Secret Service that answers each call by the standard, but for
// what its case breaks.
type brokenService struct{ atomic.Pointer[breakage] }

// breakage is what a case breaks.
type breakage struct {
	create error         // what CreateItem fails with
	secret func() secret // what GetSecret gives; nil: the right thing
	items  int           // how many a search finds
}

type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

const (
	brokenRoot       = dbus.ObjectPath("/org/freedesktop/secrets")
	brokenCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	brokenItem       = dbus.ObjectPath("/org/freedesktop/secrets/collection/login/1")
	brokenSession    = dbus.ObjectPath("/org/freedesktop/secrets/session/1")
)

func (b *brokenService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), brokenSession, nil
}

func (b *brokenService) Unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return objects, "/", nil
}

func (b *brokenService) Get(_, _ string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant([]dbus.ObjectPath{brokenCollection}), nil
}

func (b *brokenService) SearchItems(map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	var found []dbus.ObjectPath
	for range b.Load().items {
		found = append(found, brokenItem)
	}
	return found, nil
}

func (b *brokenService) CreateItem(map[string]dbus.Variant, secret, bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if create := b.Load().create; create != nil {
		return "/", "/", dbus.NewError("org.freedesktop.DBus.Error.Failed", []any{create.Error()})
	}
	return brokenItem, "/", nil
}

func (b *brokenService) GetSecret(dbus.ObjectPath) (secret, *dbus.Error) {
	if of := b.Load().secret; of != nil {
		return of(), nil
	}
	return secret{Session: brokenSession, Value: []byte("of somebody else"), ContentType: "text/plain"}, nil
}

func (b *brokenService) Close() *dbus.Error                     { return nil }
func (b *brokenService) Delete() (dbus.ObjectPath, *dbus.Error) { return "/", nil }

// F-110: a keyring that is full or read-only, that forgets, or that gives something
// else than was stored. Each is told with a remedy, in time, and never taken for done.
func TestKeyringThatAnswersWrongly(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	bus := startBus(t)
	service := &brokenService{}
	service.Store(&breakage{})
	for _, path := range []dbus.ObjectPath{brokenRoot, brokenCollection, brokenItem, brokenSession} {
		for _, iface := range []string{"Service", "Collection", "Item", "Session"} {
			if err := bus.Export(service, path, "org.freedesktop.Secret."+iface); err != nil {
				t.Fatal(err)
			}
		}
		if err := bus.Export(service, path, "org.freedesktop.DBus.Properties"); err != nil {
			t.Fatal(err)
		}
	}
	if reply, err := bus.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("owning the name: %v %v", reply, err)
	}
	store := NewKeyring(KeyringOptions{Timeout: 20 * time.Second})
	key := Key{Connection: "x", Purpose: ClientSecret}
	set := func() error { return store.Set(t.Context(), key, NewSecret("canary-4713")) }
	for name, c := range map[string]struct {
		service breakage
		work    func() error
		want    error
		says    string
	}{
		"full":             {breakage{create: errors.New("No space left on device")}, set, ErrUnavailable, "No space left"},
		"read-only":        {breakage{create: errors.New("the collection is read-only")}, set, ErrUnavailable, "read-only"},
		"forgets":          {breakage{}, set, ErrUnavailable, "another value"},
		"of another":       {breakage{items: 1}, set, ErrUnavailable, "another value"},
		"probe, full":      {breakage{create: errors.New("No space left on device")}, func() error { return Probe(context.Background(), store) }, ErrUnavailable, "No space left"},
		"probe, forgets":   {breakage{}, func() error { return Probe(context.Background(), store) }, ErrUnavailable, "another value"},
		"nothing is there": {breakage{}, func() error { _, err := store.Get(t.Context(), key); return err }, ErrNotFound, ""},
		"empty":            {breakage{items: 1, secret: func() secret { return secret{Session: brokenSession} }}, func() error { _, err := store.Get(t.Context(), key); return err }, ErrNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			service.Store(&c.service)
			err := c.work()
			var e *Error
			if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Remedy == "" || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v", err)
			}
		})
	}
}

// The real keyring where nothing can be written any more: what it says is not believed,
// what it gives back is.
func TestKeyringThatCannotWrite(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	daemon, err := exec.LookPath("gnome-keyring-daemon")
	needs(t, err == nil, "gnome-keyring-daemon is not installed")
	home := t.TempDir()
	for name, value := range map[string]string{"HOME": home, "XDG_RUNTIME_DIR": home, "XDG_DATA_HOME": filepath.Join(home, "data"), "DISPLAY": "", "WAYLAND_DISPLAY": ""} {
		t.Setenv(name, value)
	}
	bus := startBus(t)
	startKeyring(t, bus, daemon, "password")
	store := NewKeyring(KeyringOptions{Timeout: 20 * time.Second})
	key := Key{Connection: "x", Purpose: ClientSecret}
	if err := store.Set(t.Context(), key, NewSecret("first")); err != nil {
		t.Fatal(err)
	}
	keyrings := filepath.Join(home, "data", "keyrings")
	if _, err := os.Stat(filepath.Join(keyrings, "login.keyring")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(keyrings), os.WriteFile(keyrings, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	err = store.Set(t.Context(), key, NewSecret("second"))
	got, errGet := store.Get(t.Context(), key)
	t.Logf("Set: %v; then Get: %v %v", err, got.Reveal(), errGet)
	switch {
	case err == nil && (errGet != nil || got.Reveal() != "second"):
		t.Errorf("said to be stored, and is not: %v", errGet)
	case err != nil:
		var e *Error
		if !errors.As(err, &e) || e.Remedy == "" {
			t.Errorf("%v", err)
		}
	}
}
