package keystore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"
)

// scriptRing answers as its functions say.
type scriptRing struct {
	mapRing
	beforeGet func()
	set       func(store func()) error
}

func (r *scriptRing) Get(service, user string) (string, error) {
	if r.beforeGet != nil {
		r.beforeGet()
	}
	return r.mapRing.Get(service, user)
}

func (r *scriptRing) Set(service, user, password string) error {
	if r.set == nil {
		return r.mapRing.Set(service, user, password)
	}
	return r.set(func() { _ = r.mapRing.Set(service, user, password) })
}

// F-110: a keyring that hangs costs one limit, then nothing, until it returns.
func TestKeyringThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ring := &scriptRing{mapRing: mapRing{m: map[string]string{}}, beforeGet: func() { <-release }}
		waited := 0
		store := NewKeyring(KeyringOptions{ring: ring, Waiting: func() { waited++ }})
		key := Key{Connection: "c"}
		start := time.Now()
		if _, err := store.Get(context.Background(), key); !errors.Is(err, ErrTimeout) {
			t.Fatalf("Get: %v, want ErrTimeout", err)
		}
		if took := time.Since(start); took != DefaultTimeout {
			t.Errorf("the first call took %s, want %s", took, DefaultTimeout)
		}
		if waited != 1 {
			t.Errorf("the person was told %d times to wait, want 1", waited)
		}
		start = time.Now()
		for range 5 {
			if err := store.Set(context.Background(), key, NewSecret("v")); !errors.Is(err, ErrTimeout) {
				t.Fatalf("Set while an earlier call hangs: %v, want ErrTimeout", err)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("later calls took %s, want none", took)
		}
		close(release)
		synctest.Wait()
		if err := store.Set(context.Background(), key, NewSecret("v")); err != nil {
			t.Errorf("Set after the keyring came back: %v", err)
		}
	})
}

// A write whose caller gave up is taken back when the keyring comes back.
func TestKeyringUndoesAnAbandonedSet(t *testing.T) {
	for _, before := range []string{"", "old"} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			ring := &scriptRing{mapRing: mapRing{m: map[string]string{}}}
			store := NewKeyring(KeyringOptions{ring: ring})
			key := Key{Connection: "c"}
			if before != "" {
				if err := store.Set(context.Background(), key, NewSecret(before)); err != nil {
					t.Fatal(err)
				}
			}
			ring.set = func(put func()) error { <-release; put(); return nil }
			if err := store.Set(context.Background(), key, NewSecret("new")); !errors.Is(err, ErrTimeout) {
				t.Fatalf("Set: %v, want ErrTimeout", err)
			}
			close(release)
			synctest.Wait()
			got, err := store.Get(context.Background(), key)
			if before == "" && !errors.Is(err, ErrNotFound) {
				t.Errorf("an abandoned Set left something: %v", err)
			}
			if before != "" && got.Reveal() != before {
				t.Errorf("the earlier credential is gone: %v", err)
			}
		})
	}
}

func TestKeyringCallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ring := &scriptRing{mapRing: mapRing{m: map[string]string{}}, beforeGet: func() { <-release }}
		store := NewKeyring(KeyringOptions{ring: ring, Timeout: InteractiveTimeout})
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := store.Get(ctx, Key{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("Get: %v after %s", err, time.Since(start))
		}
		close(release)
		synctest.Wait()
	})
}

func TestKeyringReadsBack(t *testing.T) {
	ring := &scriptRing{mapRing: mapRing{m: map[string]string{}}}
	ring.set = func(func()) error { ring.m[service+":"+Key{}.label()] = "something else"; return nil }
	err := NewKeyring(KeyringOptions{ring: ring}).Set(context.Background(), Key{}, NewSecret("wanted"))
	if !errors.Is(err, errReadBack) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("Set into a keyring that stores something else: %v", err)
	}
	if len(ring.m) != 0 {
		t.Error("the wrong value was left behind")
	}
}

func TestKeyringPanicIsAnError(t *testing.T) {
	ring := &scriptRing{beforeGet: func() { panic("interface conversion") }}
	if _, err := NewKeyring(KeyringOptions{ring: ring}).Get(context.Background(), Key{}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Get: %v, want ErrUnavailable", err)
	}
}

// S-08: what a keyring says never carries the credential on.
func TestKeyringErrorThatRepeatsTheCredential(t *testing.T) {
	const canary = "canary-4712"
	ring := &scriptRing{mapRing: mapRing{m: map[string]string{}}}
	ring.set = func(func()) error { return errors.New("cannot run: security add-generic-password -w " + canary) }
	err := NewKeyring(KeyringOptions{ring: ring}).Set(context.Background(), Key{}, NewSecret(canary))
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v %q", err, err, errors.Unwrap(err)), canary) {
		t.Errorf("the error carries the credential: %v", err)
	}
}

// The texts of reference measurements, cases A to I.
func TestClassifyKeyringTexts(t *testing.T) {
	cases := []struct {
		name string
		err  error
		want error
		says string
	}{
		{"A autolaunched", errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"), ErrLocked, "no default collection"},
		{"B no dbus-launch", &exec.Error{Name: "dbus-launch", Err: exec.ErrNotFound}, ErrUnavailable, "no D-Bus session bus"},
		{"C bad address", &net.OpError{Op: "dial", Net: "unix", Err: errors.New("connect: no such file or directory")}, ErrUnavailable, "no such file"},
		{"D bus without a service", errors.New("The name org.freedesktop.secrets was not provided by any .service files"), ErrUnavailable, "no keyring program"},
		{"E G I locked or dismissed", errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"), ErrLocked, "not unlocked"},
		{"missing item", keyring.ErrNotFound, ErrNotFound, ""},
		{"too big", keyring.ErrSetDataTooBig, ErrTooBig, ""},
		{"unsupported", keyring.ErrUnsupportedPlatform, ErrUnavailable, ""},
		{"item locked", errors.New("org.freedesktop.Secret.Error.IsLocked"), ErrLocked, ""},
		{"anything else", errors.New("boom \x1b]0;title\x07"), ErrUnavailable, "boom"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := classify("reading", fmt.Errorf("%w", c.err))
			var e *Error
			if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Remedy == "" || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v (remedy %q), want %v saying %q", err, e.Remedy, c.want, c.says)
			}
			if strings.ContainsAny(err.Error()+e.Remedy, "\x1b\x07\n") {
				t.Errorf("control characters survive: %q", err.Error())
			}
		})
	}
}
