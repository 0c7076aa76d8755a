package keystore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"
)

// testStore is what every store that can be written must do.
func testStore(t *testing.T, store Store) {
	ctx := context.Background()
	key := Key{Connection: "conformance-" + t.Name(), Account: "tenant/app", Purpose: ClientSecret}
	other := Key{Connection: key.Connection, Account: "other/app", Purpose: ClientSecret}

	if _, err := store.Get(ctx, key); !errors.Is(err, ErrNotFound) {
		t.Fatalf("Get of nothing: %v, want ErrNotFound", err)
	}
	if err := store.Delete(ctx, key); !errors.Is(err, ErrNotFound) {
		t.Fatalf("Delete of nothing: %v, want ErrNotFound", err)
	}
	for _, value := range []string{"short", "Zeile\nund ümlaut 漢字", strings.Repeat("x", MaxSecret)} {
		if err := store.Set(ctx, key, NewSecret(value)); err != nil {
			t.Fatalf("Set of %d bytes: %v", len(value), err)
		}
		got, err := store.Get(ctx, key)
		if err != nil || got.Reveal() != value {
			t.Fatalf("Get after Set of %d bytes: %v, same value: %v", len(value), err, got.Reveal() == value)
		}
	}
	if err := store.Set(ctx, key, NewSecret(strings.Repeat("x", MaxSecret+1))); !errors.Is(err, ErrTooBig) {
		t.Errorf("Set of 2,561 bytes: %v, want ErrTooBig", err)
	}
	if err := store.Set(ctx, key, NewSecret("")); err == nil {
		t.Error("Set of nothing succeeded")
	}
	if got, err := store.Get(ctx, key); err != nil || got.Len() != MaxSecret {
		t.Errorf("a refused Set changed what was stored: %v, %d bytes", err, got.Len())
	}
	if _, err := store.Get(ctx, other); !errors.Is(err, ErrNotFound) {
		t.Errorf("the credential of another account was given: %v", err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			mine := Key{Connection: fmt.Sprint(key.Connection, i), Purpose: ClientSecret}
			want := NewSecret(fmt.Sprint("value ", i))
			if err := store.Set(ctx, mine, want); err != nil {
				t.Errorf("parallel Set: %v", err)
			}
			if got, err := store.Get(ctx, mine); err != nil || !got.Equal(want) {
				t.Errorf("parallel Get: %v", err)
			}
			if err := store.Delete(ctx, mine); err != nil {
				t.Errorf("parallel Delete: %v", err)
			}
		})
	}
	all.Wait()
	if err := Probe(ctx, store); err != nil {
		t.Errorf("Probe: %v", err)
	}
	if err := store.Delete(ctx, key); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if _, err := store.Get(ctx, key); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get after Delete: %v, want ErrNotFound", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := store.Get(cancelled, key); !errors.Is(err, context.Canceled) {
		t.Errorf("Get with an ended context: %v", err)
	}
}

func TestMemoryStore(t *testing.T) { testStore(t, &Memory{}) }

// mapRing is a keyring that works.
type mapRing struct {
	mu sync.Mutex
	m  map[string]string
}

func (r *mapRing) Get(service, user string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if value, ok := r.m[service+":"+user]; ok {
		return value, nil
	}
	return "", keyring.ErrNotFound
}

func (r *mapRing) Set(service, user, password string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m[service+":"+user] = password
	return nil
}

func (r *mapRing) Delete(service, user string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.m[service+":"+user]; !ok {
		return keyring.ErrNotFound
	}
	delete(r.m, service+":"+user)
	return nil
}

func TestKeyringStoreOverAWorkingRing(t *testing.T) {
	testStore(t, NewKeyring(KeyringOptions{ring: &mapRing{m: map[string]string{}}}))
}

func TestEnvStore(t *testing.T) {
	env := Env{Lookup: func(name string) (string, bool) {
		if name == "ROOMDESK_SECRET_MY_TENANT_2" {
			return "value", true
		}
		return "", false
	}}
	got, err := env.Get(context.Background(), Key{Connection: "my-tenant.2"})
	if err != nil || got.Reveal() != "value" {
		t.Errorf("Get: %v", err)
	}
	_, err = env.Get(context.Background(), Key{Connection: "other"})
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "ROOMDESK_SECRET_OTHER") {
		t.Errorf("Get of an unset variable: %v", err)
	}
	if err := env.Set(context.Background(), Key{}, NewSecret("x")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Set: %v, want ErrReadOnly", err)
	}
	if err := env.Delete(context.Background(), Key{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Delete: %v, want ErrReadOnly", err)
	}
	if err := Probe(context.Background(), env); err != nil {
		t.Errorf("Probe of a read-only store: %v", err)
	}
}

// S-11: a throw-away credential never leaves this machine.
func TestSimulatedStoreIsForLoopbackOnly(t *testing.T) {
	const local = "https://127.0.0.1:8443"
	cases := []struct {
		name, authority, graph, inFile string
		ok                             bool
	}{
		{"loopback", local, local, local, true},
		{"IPv6 loopback", "https://[::1]:1", local, local, true},
		{"other loopback addresses", "https://127.8.9.10:1", local, local, true},
		{"real authority", "https://login.microsoftonline.com", local, local, false},
		{"real Graph", local, "https://graph.microsoft.com", local, false},
		{"no roots", "", "", local, false},
		{"http", "http://127.0.0.1:1", local, local, false},
		{"lookalike host", "https://127.0.0.1.example.com", local, local, false},
		{"user name before the host", "https://127.0.0.1@example.com", local, local, false},
		{"endpoints elsewhere", local, local, "https://example.com", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "endpoints.json")
			body := fmt.Sprintf(`{"authority_url":%q,"graph_url":%q,"client_secret":"throw-away"}`, c.inFile, c.inFile)
			if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			store := Simulated{Path: path, AuthorityURL: c.authority, GraphURL: c.graph}
			got, err := store.Get(context.Background(), Key{Connection: "sim"})
			if (err == nil) != c.ok || (c.ok && got.Reveal() != "throw-away") {
				t.Errorf("Get: %v, want success %v", err, c.ok)
			}
		})
	}
}

// S-08: a credential is printed by nothing.
func TestSecretIsRedactedEverywhere(t *testing.T) {
	const canary = "canary-4711"
	secret := NewSecret(canary)
	holder := struct {
		S Secret
		P *Secret
		M map[string]Secret
	}{secret, &secret, map[string]Secret{"k": secret}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "holder", holder)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "holder", holder)
	body, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(body), secret.String(), secret.GoString(), fmt.Sprint(holder), fmt.Errorf("wrapped: %v", secret).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%20s", "%-5v", "%T%v"} {
		texts = append(texts, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, &holder))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, "63616e617279") || strings.Contains(text, "[99 97 110") {
			t.Errorf("a printed text holds the credential: %s", text)
		}
	}
	if secret.Reveal() != canary {
		t.Error("Reveal gives another value")
	}
	secret.Wipe()
	if strings.Contains(secret.Reveal(), "canary") {
		t.Error("Wipe left the value")
	}
}

func TestLabelTellsNothing(t *testing.T) {
	key := Key{Connection: "contoso-berlin", Account: "contoso.com/app", Purpose: ClientSecret}
	label := key.label()
	if strings.Contains(label, "contoso") || strings.Contains(label+service, ":") {
		t.Errorf("label %q tells the tenant or has a colon", label)
	}
	if same := (Key{Connection: "contoso-berlin", Account: "Contoso.com/APP", Purpose: ClientSecret}); same.label() != label {
		t.Error("the same account in another case has another label")
	}
}
