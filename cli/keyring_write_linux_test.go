//go:build linux

package cli

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"roomdesk/providers"
)

// F-110: where the keyring is full, read-only or forgets what it stored, connect, the
// guided set-up and rotate say so with what to do, and leave nothing half done: no
// connection without its credential, and what is there goes on.
func TestKeyringThatTakesNothing(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	bus := ownBus(t)
	ring := &fakeKeyring{}
	ring.serve(t, bus)
	if reply, err := bus.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("owning the name: %v %v", reply, err)
	}
	m := newRinged(t, ctx)
	e := m.tenant.Endpoints()
	for _, row := range []struct{ state, says, remedy string }{
		{"full", "No space left on device", "the disk is full: make room where the keyring lies"},
		{"read-only", "the collection is read-only", "the keyring lets nothing be stored: make its default collection writable"},
		{"forgetful", "the keyring gave back another value than was stored", "the keyring changes what it stores; choose another keyring program, or --keystore env"},
	} {
		t.Run(row.state, func(t *testing.T) {
			m.t = t
			// refused checks what somebody reads, and that it tells no secret.
			refused := func(what, text string) {
				t.Helper()
				if !strings.Contains(text, row.says) || !strings.Contains(strings.ToLower(text), row.remedy) || strings.Contains(text, e.ClientSecret) {
					t.Errorf("%s: %s", what, text)
				}
			}
			ring.become(row.state)
			ring.keep("")
			home := t.TempDir()
			config := filepath.Join(home, "config.toml")
			var out, errs bytes.Buffer
			deps := m.process().deps
			deps.Stdin, deps.Stdout, deps.Stderr = strings.NewReader(e.ClientSecret+"\n"), &out, &errs
			deps.Args = []string{"connect", "graph", "--config", config, "--data", filepath.Join(home, "data"), "--name", "contoso", "--tenant", e.TenantID, "--client-id", e.ClientID,
				"--authority-url", e.AuthorityURL, "--graph-url", e.GraphURL, "--ca-file", filepath.Join(m.dir, "ca.pem"), "--organizer", e.Organizer, "--test-mailbox", e.TestMailbox, "--secret-stdin"}
			if code := Main(ctx, deps); code != exitFailed {
				t.Errorf("connect ends with %d", code)
			}
			refused("connect", out.String()+errs.String())
			nothing := func(what string) {
				t.Helper()
				if text, err := os.ReadFile(config); err == nil && strings.Contains(string(text), "[[connections]]") {
					t.Errorf("%s left\n%s", what, text)
				}
				if _, value, _ := ring.now(); value != "" {
					t.Errorf("%s left something in the keyring", what)
				}
			}
			nothing("connect")

			// The guided set-up, when what was tested is to be kept.
			a := m.process()
			a.flags.config, a.flags.data = config, filepath.Join(home, "data")
			desk := &setupDesk{app: a}
			start, err := desk.BeginSetup(ctx)
			if err != nil {
				t.Fatal(err)
			}
			s := start.Setup
			for field, value := range map[providers.SetupField]string{providers.SetupCloud: "custom", providers.SetupAuthority: e.AuthorityURL, providers.SetupGraph: e.GraphURL,
				providers.SetupCAFile: filepath.Join(m.dir, "ca.pem"), providers.SetupTenant: e.TenantID, providers.SetupClientID: e.ClientID, providers.SetupOrganizer: e.Organizer, providers.SetupTestMailbox: e.TestMailbox} {
				s.Set(field, value)
			}
			secret := providers.NewHidden(e.ClientSecret)
			answer, err := desk.TestSetup(ctx, s, secret, func(providers.Rung) {})
			switch cause := answer.Refused(); {
			case err != nil:
				refused("set-up", explain(err).sentence())
			case cause != nil:
				refused("set-up", cause.Sentence())
			default:
				_, err := desk.ConnectSetup(ctx, s, secret)
				if err == nil {
					t.Fatal("the set-up connected")
				}
				refused("set-up", explain(err).sentence())
			}
			nothing("the set-up")

			// rotate, of a connection that is there.
			ring.keep(m.secret)
			before, err := os.ReadFile(filepath.Join(m.dir, "config.toml"))
			if err != nil {
				t.Fatal(err)
			}
			if row.state == "forgetful" {
				return // it has forgotten the current one, too: see TestConsoleInEachStateOfTheKeyring
			}
			a = m.process()
			a.deps.Stdin = strings.NewReader(secondSecret + "\n")
			configured, err := a.loadConfig()
			if err != nil {
				t.Fatal(err)
			}
			name := configured.Connections[0].Name
			(&rotation{t: t, tenant: m.tenant}).addSecret(secondSecret)
			a.log = slog.New(slog.DiscardHandler)
			f := explain(a.rotate(ctx, name, &connectFlags{secretStdin: true}))
			if f == nil || f.code != exitFailed || !strings.Contains(f.message, "nothing was changed") || strings.Contains(f.sentence(), secondSecret) {
				t.Errorf("rotate: %+v", f)
			} else {
				refused("rotate", f.sentence())
			}
			if after, err := os.ReadFile(filepath.Join(m.dir, "config.toml")); err != nil || !bytes.Equal(before, after) {
				t.Errorf("rotate changed the configuration: %v\n%s", err, after)
			}
			if _, value, _ := ring.now(); value != m.secret {
				t.Error("the credential that was there is gone")
			}
		})
	}
}
