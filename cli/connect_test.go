package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// Where the configuration cannot be saved, the secret that was stored just before
// is taken back.
func TestNothingIsKeptWhereTheConfigurationCannotBeSaved(t *testing.T) {
	a, _, errs := newApp(t)
	a.flags.config = filepath.Join(t.TempDir(), "config.toml")
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.flags.config, []byte("# somebody else's\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := keystore.Connection{Name: "contoso", Provider: "graph", Tenant: "contoso.example", ClientID: "11111111-2222-3333-4444-555555555555", Keystore: "memory"}
	secrets := &watchedStore{}
	if err := a.keep(context.Background(), config, c, secrets, keystore.NewSecret("value")); !errors.Is(err, keystore.ErrConfigChanged) {
		t.Fatalf("keep: %v, want ErrConfigChanged", err)
	}
	if _, err := secrets.Get(context.Background(), c.SecretKey()); !errors.Is(err, keystore.ErrNotFound) || !secrets.stored {
		t.Errorf("the secret is still there: %v (stored at all: %v); %s", err, secrets.stored, errs)
	}
}

// watchedStore remembers whether anything was stored.
type watchedStore struct {
	keystore.Memory
	stored bool
}

func (s *watchedStore) Set(ctx context.Context, key keystore.Key, value keystore.Secret) error {
	s.stored = true
	return s.Memory.Set(ctx, key, value)
}

// C7, C11: who answered is compared with who was asked for.
func TestCheckIdentity(t *testing.T) {
	const tenant, app = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "11111111-2222-3333-4444-555555555555"
	identity := providers.Identity{TenantID: tenant, Domains: []string{"Contoso.example", "contoso.onmicrosoft.com"}}
	good := keystore.Connection{Tenant: tenant, ClientID: app, Domains: []string{"contoso.example"}, Organizer: "desk@contoso.example"}
	if err := checkIdentity(good, identity); err != nil {
		t.Errorf("a good connection: %v", err)
	}
	cases := map[string]struct {
		change func(*keystore.Connection, *providers.Identity)
		code   int
		says   string
	}{
		"another tenant":       {func(_ *keystore.Connection, i *providers.Identity) { i.TenantID = app }, exitSignIn, "instead of " + tenant},
		"tenant id as client":  {func(c *keystore.Connection, _ *providers.Identity) { c.Tenant, c.ClientID = "contoso.example", tenant }, exitUsage, "--client-id is the tenant's id"},
		"foreign domain":       {func(c *keystore.Connection, _ *providers.Identity) { c.Domains = []string{"fabrikam.example"} }, exitUsage, "fabrikam.example is not one of the tenant's verified domains (Contoso.example"},
		"foreign organizer":    {func(c *keystore.Connection, _ *providers.Identity) { c.Organizer = "a@fabrikam.example" }, exitUsage, "fabrikam.example"},
		"foreign test mailbox": {func(c *keystore.Connection, _ *providers.Identity) { c.TestMailbox = "a@fabrikam.example" }, exitUsage, "fabrikam.example"},
	}
	for name, c := range cases {
		connection, answered := good, identity
		c.change(&connection, &answered)
		if f := explain(checkIdentity(connection, answered)); f.code != c.code || !strings.Contains(f.message, c.says) {
			t.Errorf("%s: %q with code %d", name, f.message, f.code)
		}
	}
}
