package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"roomdesk/keystore"
)

// own connects the person with a browser and gives the connection.
func (s *personSite) ownConnection() keystore.Connection {
	s.t.Helper()
	said, err := s.connect(s.t.Context(), personFlags{account: s.e.User}, func(link string) { go s.signIn(link, s.e.User) })
	if err != nil {
		s.t.Fatalf("%v: %s", err, said.text.String())
	}
	config, err := s.process().loadConfig()
	if err != nil {
		s.t.Fatal(err)
	}
	c, _ := config.Find("mine")
	return c
}

// identify asks who answers, in a process of its own.
func (s *personSite) identify(c keystore.Connection) error {
	provider, err := s.process().newProvider(c, nil)
	if err != nil {
		return err
	}
	defer provider.Close()
	_, err = provider.Identify(s.t.Context())
	return err
}

// again runs sign-in as user, with a browser.
func (s *personSite) again(user string) error {
	a := s.process()
	errs := &linkOutput{onLink: func(link string) { go s.signIn(link, user) }}
	a.deps.Stderr = errs
	a.prepareOutput()
	return a.signInCommanded(s.t.Context(), "", "", personFlags{browser: true})
}

// C14, F-087: what ends a person's sign-in is told in one sentence with the command
// that mends it, and mended without losing anything.
func TestSignInAgain(t *testing.T) {
	s := newPersonSite(t)
	c := s.ownConnection()
	path := s.process().sealed(c).Path
	kept := func() []byte {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	ended := func(what string) {
		t.Helper()
		f := explain(s.identify(c))
		if sentence := f.sentence(); f.code != exitSignIn || !strings.Contains(sentence, "roomdesk sign-in") || strings.Count(sentence, "\n") != 0 {
			t.Errorf("%s: exit %d, %q", what, f.code, sentence)
		}
	}
	key, err := s.memory.Get(t.Context(), c.SecretKey())
	if err != nil {
		t.Fatal(err)
	}
	directory := s.tenant.Directory()

	// The token alone is revoked: a claims challenge, answered without anybody.
	directory.RevokeTokens()
	if err := s.identify(c); err != nil {
		t.Errorf("challenged: %v", err)
	}
	// An administrator ends the sessions.
	if err := directory.RevokeSessions(s.e.User); err != nil {
		t.Fatal(err)
	}
	directory.RevokeTokens()
	ended("revoked")
	before := kept()
	// Somebody else answers: nothing is changed.
	if f := explain(s.again(s.e.Admin)); f.code != exitSignIn || !strings.Contains(f.message, s.e.Admin) || !strings.Contains(f.message, s.e.User) || !strings.Contains(f.message, "nothing was changed") {
		t.Errorf("somebody else: %s", f.sentence())
	}
	if !bytes.Equal(before, kept()) {
		t.Error("somebody else's sign-in was kept")
	}
	if err := s.again(s.e.User); err != nil {
		t.Fatalf("%s", explain(err).sentence())
	}
	if err := s.identify(c); err != nil {
		t.Errorf("signed in again: %v", err)
	}
	if now, err := s.memory.Get(t.Context(), c.SecretKey()); err != nil || !now.Equal(key) {
		t.Errorf("its key was changed: %v", err)
	}
	// Not used for so long that the refresh token ended.
	s.tenant.Clock().Advance(91 * 24 * time.Hour)
	ended("not used for 91 days")
	if err := s.again(s.e.User); err != nil {
		t.Fatalf("%s", explain(err).sentence())
	}
	if err := s.identify(c); err != nil {
		t.Errorf("after 91 days: %v", err)
	}
	// Its file is damaged, or gone with its key.
	if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if sentence := explain(s.identify(c)).sentence(); !strings.Contains(sentence, "roomdesk sign-in") {
		t.Errorf("damaged: %s", sentence)
	}
	if err := errors.Join(os.Remove(path), s.memory.Delete(t.Context(), c.SecretKey())); err != nil {
		t.Fatal(err)
	}
	if err := s.again(s.e.User); err != nil {
		t.Fatalf("%s", explain(err).sentence())
	}
	if err := s.identify(c); err != nil {
		t.Errorf("made anew: %v", err)
	}
	// What signing in cannot mend does not say so.
	if err := directory.UpdateUser(s.e.User, func(u *entraUser) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	directory.RevokeTokens()
	if sentence := explain(s.identify(c)).sentence(); strings.Contains(sentence, "roomdesk sign-in") || !strings.Contains(sentence, "disabled") {
		t.Errorf("disabled: %s", sentence)
	}
}

// strictEntra redeems each refresh token once and ends everything where one comes a
// second time, as the strictest services do.
type strictEntra struct {
	*httptest.Server
	mu      sync.Mutex
	current string
	count   int
	replays int
}

func newStrictEntra(t *testing.T, tenant string) *strictEntra {
	t.Helper()
	s := &strictEntra{current: "refresh-0"}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := func(v any) {
			if err := json.NewEncoder(w).Encode(v); err != nil {
				t.Error(err)
			}
		}
		root := s.URL + "/" + tenant
		switch {
		case strings.HasSuffix(r.URL.Path, "openid-configuration"):
			answer(map[string]any{"authorization_endpoint": root + "/oauth2/v2.0/authorize", "token_endpoint": root + "/oauth2/v2.0/token", "issuer": root + "/v2.0"})
		case strings.HasSuffix(r.URL.Path, "/token"):
			s.mu.Lock()
			defer s.mu.Unlock()
			if r.FormValue("refresh_token") != s.current {
				s.replays++
				w.WriteHeader(http.StatusBadRequest)
				answer(map[string]any{"error": "invalid_grant", "error_codes": []int{50173}, "error_description": "AADSTS50173: replayed"})
				return
			}
			s.count++
			s.current = "refresh-" + strconv.Itoa(s.count)
			answer(map[string]any{"token_type": "Bearer", "expires_in": 60, "access_token": "a", "refresh_token": s.current,
				"scope": r.FormValue("scope"), "client_info": clientInfo(tenant)})
		default:
			answer(map[string]any{"value": []any{map[string]any{"id": tenant, "displayName": "Contoso"}}})
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// Two roomdesks at once, for example a console and a service, renew the same sign-in:
// none loses what the other got. Each renewal is its own connection, and every token
// is about to end, so each goes to the service.
func TestTwoProcessesRenewOneSignIn(t *testing.T) {
	const marker, rounds = "ROOMDESK_TEST_RENEW_IN", 15
	ctx := t.Context()
	child := func(dir string) {
		a, _, _ := newApp(t)
		a.flags.config, a.flags.data = filepath.Join(dir, "config.toml"), filepath.Join(dir, "data")
		config, err := a.loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		for i := range rounds {
			provider, err := a.newProvider(config.Connections[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = provider.Identify(ctx)
			provider.Close()
			if err != nil {
				t.Fatalf("renewal %d: %v", i, err)
			}
		}
	}
	if dir := os.Getenv(marker); dir != "" {
		child(dir)
		return
	}
	const tenant, client = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-aaaaaaaaaaaa"
	service := newStrictEntra(t, tenant)
	dir := t.TempDir()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "identity"), []byte(identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	writeCA(t, filepath.Join(dir, "ca.pem"), service.Certificate())
	a, _, _ := newApp(t)
	a.flags.config, a.flags.data = filepath.Join(dir, "config.toml"), filepath.Join(dir, "data")
	c := keystore.Connection{Name: "mine", Provider: "graph", Tenant: tenant, ClientID: client, AuthorityURL: service.URL, GraphURL: service.URL,
		CAFile: filepath.Join(dir, "ca.pem"), Keystore: "age", AgeIdentity: filepath.Join(dir, "identity"), Account: "adele@contoso.test", AccountID: "o." + tenant}
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	store, err := a.secrets(c)
	if err != nil {
		t.Fatal(err)
	}
	key := keystore.NewDataKey()
	if err := a.sealed(c).Write(key, msalCache(t, c, service.URL)); err != nil {
		t.Fatal(err)
	}
	if err := a.keep(ctx, config, c, store, key); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestTwoProcessesRenewOneSignIn$", "-test.v")
			cmd.Env = append(os.Environ(), marker+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	group.Wait()
	if service.replays != 0 || service.count != 2*rounds {
		t.Errorf("%d renewals, %d with a token that was gone", service.count, service.replays)
	}
	opened, err := a.sealed(c).Read(key)
	if err != nil || !strings.Contains(string(opened), service.current) {
		t.Errorf("the last token is not the one that is kept: %v", err)
	}
}

// A process that is killed while it holds the lock leaves nothing that keeps others out.
func TestLockOfAKilledProcess(t *testing.T) {
	const marker = "ROOMDESK_TEST_HOLD_LOCK"
	if path := os.Getenv(marker); path != "" {
		unlock, err := keystore.SealedFile{Path: path}.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("held\n")
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
		unlock()
		return
	}
	file := keystore.SealedFile{Path: filepath.Join(t.TempDir(), "data", "sign-in.sealed")}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLockOfAKilledProcess$")
	cmd.Env = append(os.Environ(), marker+"="+file.Path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 5)
	if _, err := out.Read(said); err != nil || string(said) != "held\n" {
		t.Fatalf("%q: %v", said, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := file.Lock(ctx); !errors.Is(err, keystore.ErrTimeout) {
		t.Errorf("held by another process: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	unlock, err := file.Lock(t.Context())
	if err != nil {
		t.Fatalf("after it was killed: %v", err)
	}
	unlock()
}
