package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"roomdesk/keystore"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

// rotation is a connected tenant and what a machine keeps of the connection; each
// process on it is an app of its own.
type rotation struct {
	t      *testing.T
	tenant *simulator.Tenant
	config string
	memory *keystore.Memory
}

const secondSecret, thirdSecret = "second8Q~value-of-a-client-secret-0123", "third8Q~value-of-a-client-secret-01234"

func newRotation(t *testing.T) *rotation {
	t.Helper()
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 2, People: 2, TokenLife: 4 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	dir := t.TempDir()
	if err := tenant.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	e := tenant.Endpoints()
	r := &rotation{t: t, tenant: tenant, config: filepath.Join(dir, "own", "config.toml"), memory: &keystore.Memory{}}
	day := toml.LocalDate{Year: 2027, Month: 1, Day: 31}
	c := keystore.Connection{Name: "contoso", Provider: "graph", Tenant: e.TenantID, ClientID: e.ClientID, AuthorityURL: e.AuthorityURL,
		GraphURL: e.GraphURL, CAFile: filepath.Join(dir, "ca.pem"), Keystore: "memory", SecretExpires: &day}
	config := &keystore.Config{Path: r.config}
	if err := errors.Join(config.Add(c), config.Save(), r.memory.Set(t.Context(), c.SecretKey(), keystore.NewSecret(e.ClientSecret))); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.config)
	if err == nil {
		err = os.WriteFile(r.config, append([]byte("# the one in Berlin\n"), text...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.addSecret(secondSecret)
	r.addSecret(thirdSecret)
	return r
}

func (r *rotation) change(change func(*entra.Application)) {
	r.t.Helper()
	if err := r.tenant.Directory().Update(r.tenant.Endpoints().ClientID, change); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rotation) addSecret(value string) {
	r.change(func(a *entra.Application) { a.Secrets = append(a.Secrets, entra.Secret{ID: value, Value: value}) })
}

func (r *rotation) dropSecret(value string) {
	r.change(func(a *entra.Application) {
		a.Secrets = slices.DeleteFunc(a.Secrets, func(s entra.Secret) bool { return s.Value == value })
	})
}

// process is a start of roomdesk on this machine.
func (r *rotation) process(stdin string) (*app, *bytes.Buffer) {
	a, _, errs := newApp(r.t)
	a.flags.config, a.flags.data, a.memory, a.deps.Stdin = r.config, filepath.Join(filepath.Dir(r.config), "data"), r.memory, strings.NewReader(stdin)
	return a, errs
}

func (r *rotation) connection() keystore.Connection {
	r.t.Helper()
	config, err := keystore.LoadConfig(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	c, ok := config.Find("contoso")
	if !ok {
		r.t.Fatal("the connection is gone")
	}
	return c
}

// works signs in as any command would and gives what was used.
func (r *rotation) works() graph.Credential {
	r.t.Helper()
	a, _ := r.process("")
	c := r.connection()
	used, err := a.tryCredential(r.t.Context(), c, a.held(c, r.memory))
	if err != nil {
		r.t.Fatalf("the connection does not work: %v", err)
	}
	return used
}

// kept are the client secrets in the store, by slot.
func (r *rotation) kept() map[int]string {
	r.t.Helper()
	found := map[int]string{}
	c := r.connection()
	for slot := range 6 {
		c.Slot = slot
		if secret, err := r.memory.Get(r.t.Context(), c.SecretKey()); err == nil {
			found[slot] = secret.Reveal()
		}
	}
	return found
}

func (r *rotation) rotate(stdin string, f connectFlags) (*failure, string) {
	a, errs := r.process(stdin)
	var result *failure
	if err := a.rotate(r.t.Context(), "contoso", &f); err != nil {
		result = explain(err)
	}
	return result, errs.String()
}

// J7: the new secret is tried, used and kept, the old one removed; the configuration
// keeps its comments.
func TestRotateClientSecret(t *testing.T) {
	r := newRotation(t)
	if f, said := r.rotate(secondSecret+"\n", connectFlags{secretStdin: true, expires: "2027-11-30"}); f != nil || !strings.Contains(said, "The old credential is removed here") {
		t.Fatalf("%+v; %s", f, said)
	}
	if used := r.works(); used.Secret != secondSecret {
		t.Error("another secret is used")
	}
	if kept := r.kept(); len(kept) != 1 || kept[1] != secondSecret {
		t.Errorf("kept in slots %v", kept)
	}
	c := r.connection()
	if c.Slot != 1 || c.Spare != "" || c.SecretExpires.String() != "2027-11-30" {
		t.Errorf("%+v", c)
	}
	text, err := os.ReadFile(r.config)
	if err != nil || !strings.HasPrefix(string(text), "# the one in Berlin\n") || strings.Contains(string(text), "spare") {
		t.Errorf("%s %v", text, err)
	}
	// A wrong one changes nothing.
	before := text
	f, _ := r.rotate("wrong8Q~value-that-nobody-knows-here-12345\n", connectFlags{secretStdin: true})
	if f == nil || f.code != exitSignIn || !strings.Contains(f.message, "nothing was changed") {
		t.Errorf("%+v", f)
	}
	if after, _ := os.ReadFile(r.config); !bytes.Equal(before, after) || len(r.kept()) != 1 {
		t.Errorf("a refused secret changed something: %s", after)
	}
	// Only the day.
	if f, said := r.rotate("", connectFlags{expires: "2028-01-01"}); f != nil || r.connection().SecretExpires.String() != "2028-01-01" {
		t.Errorf("%+v; %s", f, said)
	}
	if f, _ := r.rotate("", connectFlags{}); f == nil || f.code != exitUsage {
		t.Errorf("nothing to do: %+v", f)
	}
}

// J7, S-15: from a secret to a certificate and on to another one.
func TestRotateToACertificate(t *testing.T) {
	r := newRotation(t)
	var thumbprints []string
	for range 2 {
		made, err := keystore.MakeCertificate("contoso", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		key, err := made.KeySecret()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "made.pem")
		text := "-----BEGIN PRIVATE KEY-----\n" + key.Reveal() + "\n-----END PRIVATE KEY-----\n" + string(keystore.PublicPEM(made.Leaf))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if f, _ := r.rotate("", connectFlags{certificate: certificateFlags{file: path}}); f == nil || f.code != exitSignIn {
			t.Fatalf("not uploaded: %+v", f)
		}
		r.change(func(a *entra.Application) { a.Certificates = append(a.Certificates, made.Leaf) })
		if f, said := r.rotate("", connectFlags{certificate: certificateFlags{file: path}}); f != nil {
			t.Fatalf("%+v; %s", f, said)
		}
		if used := r.works(); used.Certificate == nil || !used.Certificate.Equal(made.Leaf) {
			t.Error("another credential is used")
		}
		if f, _ := r.rotate("", connectFlags{certificate: certificateFlags{file: path}}); f == nil || f.code != exitUsage {
			t.Errorf("the same once more: %+v", f)
		}
		thumbprints = append(thumbprints, keystore.Thumbprint(made.Leaf))
		if len(r.kept()) != 0 && r.connection().Certificate == "" {
			t.Error("the client secret is still there")
		}
	}
	c := r.connection()
	if leaf, ok := c.Leaf(); !ok || keystore.Thumbprint(leaf) != thumbprints[1] || c.Slot != 2 || c.SecretExpires != nil {
		t.Errorf("%+v", c)
	}
	// Back to a secret: the certificate's key goes.
	key := c.SecretKey()
	if f, said := r.rotate(thirdSecret+"\n", connectFlags{secretStdin: true}); f != nil {
		t.Fatalf("%+v; %s", f, said)
	}
	if _, err := r.memory.Get(t.Context(), key); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the certificate's key: %v", err)
	}
}

type killed struct{ at string }

// J7: killed at each step, the connection works, with either secret valid alone as
// far as the step allows, and the repeated command brings it to the same end.
func TestRotateKilledAtEachStep(t *testing.T) {
	steps := []string{"tested", "announced", "stored", "promoted", "read", "dropped"}
	var reached []string
	for _, at := range steps {
		t.Run(at, func(t *testing.T) {
			r := newRotation(t)
			first := r.tenant.Endpoints().ClientSecret
			a, _ := r.process(secondSecret + "\n")
			a.onStep = func(step string) {
				if step == at {
					panic(killed{at})
				}
			}
			func() {
				defer func() {
					if k, ok := recover().(killed); ok {
						reached = append(reached, k.at)
					}
				}()
				_ = a.rotate(t.Context(), "contoso", &connectFlags{secretStdin: true})
			}()
			used := r.works().Secret
			if want := map[bool]string{true: secondSecret, false: first}[slices.Index(steps, at) >= 3]; used != want {
				t.Errorf("after %s another secret than expected is used", at)
			}
			// What is in use may be the only one that the tenant knows.
			other := map[bool]string{true: first, false: secondSecret}[used == secondSecret]
			r.dropSecret(other)
			if r.works().Secret != used {
				t.Error("the other one is used")
			}
			r.addSecret(other)
			if f, said := r.rotate(thirdSecret+"\n", connectFlags{secretStdin: true}); f != nil {
				t.Fatalf("repeated: %+v; %s", f, said)
			}
			c := r.connection()
			if kept := r.kept(); r.works().Secret != thirdSecret || len(kept) != 1 || kept[c.Slot] != thirdSecret || c.Spare != "" {
				t.Errorf("after the repetition: %d kept, %+v", len(kept), c)
			}
		})
	}
	if !slices.Equal(reached, steps) {
		t.Errorf("killed at %v", reached)
	}
}

// J7: where the new one cannot be used yet, both are kept, the old one goes on, and a
// later read with the new one removes the old.
func TestRotateKeepsBothUntilARead(t *testing.T) {
	r := newRotation(t)
	first := r.tenant.Endpoints().ClientSecret
	a, errs := r.process(secondSecret + "\n")
	a.onStep = func(step string) {
		if step == "promoted" {
			r.dropSecret(secondSecret) // as a directory that forgot it for a while
		}
	}
	if f := explain(a.rotate(t.Context(), "contoso", &connectFlags{secretStdin: true})); f.code != exitPartly || !strings.Contains(errs.String(), "kept until") {
		t.Fatalf("%+v; %s", f, errs)
	}
	if kept := r.kept(); len(kept) != 2 || r.works().Secret != first {
		t.Fatalf("kept %d", len(kept))
	}
	settle := func() {
		a, _ := r.process("")
		c := r.connection()
		provider, err := a.newProvider(c, a.held(c, r.memory))
		if err != nil {
			t.Fatal(err)
		}
		defer provider.Close()
		if _, err := provider.Identify(t.Context()); err != nil {
			t.Fatal(err)
		}
		(&session{app: a, connection: c, members: []part{{c, provider, provider.Used}}}).settleRotation(t.Context())
	}
	settle() // read with the old one: nothing goes
	if kept := r.kept(); len(kept) != 2 {
		t.Errorf("the old one was removed after a read with the old one: %v", kept)
	}
	r.addSecret(secondSecret)
	settle()
	if kept := r.kept(); len(kept) != 1 || kept[1] != secondSecret || r.connection().Spare != "" {
		t.Errorf("kept %v, %+v", kept, r.connection())
	}
}

// J7: whoever runs meanwhile notices nothing: no read fails while one secret is
// exchanged for the next and the old one is deleted in the tenant at once.
func TestRotateWithoutAGap(t *testing.T) {
	r := newRotation(t)
	a, _ := r.process("")
	// Each read comes when the token before has ended: MSAL keeps none of less than
	// five minutes.
	var later atomic.Int64
	a.deps.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	c := r.connection()
	provider, err := a.newProvider(c, a.held(c, r.memory))
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	reads, failures := 0, 0
	longest := time.Duration(0)
	rounds := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			later.Add(int64(10 * time.Minute))
			began := time.Now()
			_, err := provider.Identify(ctx)
			mu.Lock()
			longest = max(longest, time.Since(began))
			if reads++; err != nil && ctx.Err() == nil {
				failures++
				t.Errorf("read %d: %v", reads, err)
			}
			mu.Unlock()
			select {
			case rounds <- struct{}{}:
			case <-ctx.Done():
			}
		}
	}()
	<-rounds
	current := r.tenant.Endpoints().ClientSecret
	for _, next := range []string{secondSecret, thirdSecret} {
		if f, said := r.rotate(next+"\n", connectFlags{secretStdin: true}); f != nil {
			t.Fatalf("%+v; %s", f, said)
		}
		r.dropSecret(current)
		current = next
		for range 3 {
			<-rounds
		}
		if used, _ := provider.Used(); used.Secret != next {
			t.Error("the running connection goes on with the old secret")
		}
	}
	stop()
	<-done
	if failures > 0 {
		t.Errorf("%d of %d reads failed", failures, reads)
	}
	t.Logf("%d reads over two exchanges, %d failed; the longest, with its sign-in, took %v", reads, failures, longest)
}
