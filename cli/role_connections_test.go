package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// C19, C20: whatever changes a connection, its credential or its role is refused below
// administrator, with the role in the sentence, before anything is asked or changed; and
// the attempt is in the audit trail. The one exception is [TestSignInIsForEveryRole].
func TestWhatChangesConnectionsIsForAdministrators(t *testing.T) {
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 2, People: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	at := tenant.Endpoints()
	commands := map[string][]string{
		"connect":              {"connect", "--accessible"},
		"connect graph":        {"connect", "graph", "--name", "second", "--tenant", at.TenantID, "--client-id", at.ClientID, "--secret-stdin", "--organizer", at.Organizer},
		"connect graph, own":   {"connect", "graph", "--name", "second", "--tenant", at.TenantID, "--client-id", at.PublicClientID, "--device-code"},
		"connect graph, made":  {"connect", "graph", "--name", "second", "--tenant", at.TenantID, "--client-id", at.ClientID, "--make-certificate", "made.cer"},
		"connect ews":          {"connect", "ews", "--name", "second", "--server", "https://mail.contoso.com", "--user", "CONTOSO\\svc", "--password-stdin"},
		"rotate":               {"rotate", "NAME", "--secret-stdin"},
		"disconnect":           {"disconnect", "NAME", "--yes"},
		"disconnect, keeping":  {"disconnect", "NAME", "--keep-mirror", "--yes"},
		"disconnect, pending":  {"disconnect", "unfinished", "--yes"},
		"role":                 {"role", "NAME", "administrator"},
		"permissions, for all": {"permissions", "NAME"},
	}
	for _, role := range []providers.Role{providers.RoleViewer, providers.RoleBooker, providers.RoleAdministrator} {
		for name, args := range commands {
			t.Run(string(role)+"/"+name, func(t *testing.T) {
				dir := t.TempDir()
				if err := tenant.WriteDir(dir); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, "config.toml")
				config, err := keystore.LoadConfig(path)
				if err != nil {
					t.Fatal(err)
				}
				c := config.Connections[0]
				c.Role = string(role)
				if err := update(config, c); err != nil {
					t.Fatal(err)
				}
				if err := keystore.NotePending(path, keystore.PendingKey{Name: "unfinished", Keystore: "memory", ClientID: at.ClientID, Certificate: "MIIB", File: "made.cer", Made: time.Now()}); err != nil {
					t.Fatal(err)
				}
				before, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				requests := tenant.Requests()
				args := slices.Clone(args)
				for i, arg := range args {
					if arg == "NAME" {
						args[i] = c.Name
					}
				}
				var stdout, stderr bytes.Buffer
				ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
				defer stop()
				if role == providers.RoleAdministrator {
					// It is not the role that stands in the way: what is asked next is never
					// answered.
					ended, cancel := context.WithCancel(ctx)
					cancel()
					ctx = ended
				}
				code := Main(ctx, Deps{Args: append([]string{"--config", path, "--data", filepath.Join(dir, "data")}, args...), Stdin: strings.NewReader(""),
					Stdout: &stdout, Stderr: &stderr, Now: time.Now, Zone: time.UTC, LookupEnv: func(string) (string, bool) { return "", false }, Environ: []string{"NO_COLOR=1"}})
				refused := strings.Contains(stderr.String(), "your role is "+string(role))
				if role == providers.RoleAdministrator {
					if refused || strings.Contains(stderr.String(), "your role is") {
						t.Errorf("refused: %s", stderr.String())
					}
					return
				}
				if code != exitSignIn || !refused || !strings.Contains(stderr.String(), "roomdesk role "+c.Name) {
					t.Errorf("exit %d: %s", code, stderr.String())
				}
				after, err := os.ReadFile(path)
				if err != nil || !bytes.Equal(before, after) {
					t.Errorf("the configuration is\n%s\n%v", after, err)
				}
				if now := tenant.Requests(); now != requests {
					t.Errorf("%d requests were made", now-requests)
				}
				if _, err := os.Stat(filepath.Join(dir, "made.cer")); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("a certificate: %v", err)
				}
				trail, err := os.ReadFile(filepath.Join(dir, "data", c.Name, "audit.jsonl"))
				if errors.Is(err, os.ErrNotExist) {
					trail, err = os.ReadFile(filepath.Join(dir, "data", "audit.jsonl"))
				}
				if err != nil || !strings.Contains(string(trail), `"refused"`) {
					t.Errorf("the trail: %s %v", trail, err)
				}
			})
		}
	}
}

// Renewing one's own sign-in is for every role: only the same account can do it, and what
// the connection may do stays what an administrator made it.
func TestSignInIsForEveryRole(t *testing.T) {
	s := newPersonSite(t)
	c := s.ownConnection()
	path := filepath.Join(s.own, "config.toml")
	for _, role := range []providers.Role{providers.RoleViewer, providers.RoleBooker, providers.RoleAdministrator} {
		config, err := keystore.LoadConfig(path)
		if err != nil {
			t.Fatal(err)
		}
		now, _ := config.Find(c.Name)
		now.Role, now.Permissions = string(role), []string{"User.Read"} // fewer were granted then
		if err := update(config, now); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.tenant.Directory().RevokeSessions(s.e.User); err != nil {
			t.Fatal(err)
		}
		s.tenant.Directory().RevokeTokens()
		if err := s.identify(c); err == nil {
			t.Fatal("the sign-in was ended, and works")
		}
		if f := explain(s.again(s.e.Admin)); f.code != exitSignIn || !strings.Contains(f.message, "nothing was changed") {
			t.Errorf("%s: somebody else: %s", role, f.sentence())
		}
		if err := s.again(s.e.User); err != nil {
			t.Errorf("%s: %s", role, explain(err).sentence())
		}
		if err := s.identify(c); err != nil {
			t.Errorf("%s: afterwards %v", role, err)
		}
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if changed := !bytes.Equal(before, after); changed != (role == providers.RoleAdministrator) {
			t.Errorf("%s: the configuration was changed: %v", role, changed)
		}
	}
}
