package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// watchedOutput calls back once a code was printed.
type watchedOutput struct {
	text   strings.Builder
	onCode func(address, code string)
	done   bool
}

var printedCode = regexp.MustCompile(`\n\n  (https://\S+)\n\nand enter the code\n\n  ([A-Z0-9]{9})\n`)

func (w *watchedOutput) Write(p []byte) (int, error) {
	n, err := w.text.Write(p)
	if m := printedCode.FindStringSubmatch(w.text.String()); m != nil && !w.done {
		w.done = true
		w.onCode(m[1], m[2])
	}
	return n, err
}

// C12, C13, C25: a person connects with a code that is entered on another device; the
// account is confirmed before anything is stored, and what is kept is sealed.
func TestConnectWithADeviceCode(t *testing.T) {
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 4, People: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	dir := t.TempDir()
	if err := tenant.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	e := tenant.Endpoints()
	own := filepath.Join(dir, "own")
	memory := &keystore.Memory{}
	process := func() *app {
		a, _, _ := newApp(t)
		a.memory, a.flags.config, a.flags.data = memory, filepath.Join(own, "config.toml"), filepath.Join(own, "data")
		return a
	}
	connect := func(account, button string) (*watchedOutput, error) {
		a := process()
		errs := &watchedOutput{onCode: func(address, code string) {
			d := newDevice(t, dir)
			d.take(d.client.Get(address))
			d.press("Next", "otc", code)
			d.press("Sign in", "loginfmt", e.User, "passwd", e.UserPassword)
			d.press(button)
			for button == "Continue" && strings.Contains(d.page, ">Accept<") {
				d.press("Accept")
			}
		}}
		a.deps.Stderr = errs
		a.prepareOutput()
		f := &connectFlags{person: personFlags{deviceCode: true, account: account}, connection: keystore.Connection{
			Name: "mine", Provider: "graph", Tenant: e.TenantID, ClientID: e.PublicClientID, AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL,
			CAFile: filepath.Join(dir, "ca.pem"), Keystore: "memory",
		}}
		return errs, a.connectGraph(t.Context(), f)
	}
	nothing := func(what string) {
		t.Helper()
		if _, err := os.Stat(own); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something was stored: %v", what, err)
		}
	}
	// Declined on the other device; another account than the one that was meant; and
	// nobody who could be asked.
	if _, err := connect(e.User, "Cancel"); explain(err).code != exitSignIn || !strings.Contains(explain(err).sentence(), "declined") {
		t.Errorf("declined: %v", explain(err).sentence())
	}
	nothing("declined")
	if _, err := connect("somebody.else@"+e.Domain, "Continue"); explain(err).code != exitSignIn || !strings.Contains(explain(err).message, e.User) {
		t.Errorf("wrong account: %v", err)
	}
	nothing("wrong account")
	if _, err := connect("", "Continue"); explain(err).code != exitSignIn || !strings.Contains(explain(err).sentence(), "--account") {
		t.Errorf("nobody to ask: %v", err)
	}
	nothing("nobody to ask")

	said, err := connect(e.User, "Continue")
	if err != nil {
		t.Fatalf("%v; %s", err, said.text.String())
	}
	config, err := process().loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, _ := config.Find("mine")
	if c.Account != e.User || c.AccountID == "" || c.Organizer != e.User {
		t.Errorf("%+v", c)
	}
	path := filepath.Join(own, "data", "mine", "sign-in.sealed")
	sealed, err := os.ReadFile(path)
	if info, _ := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(string(sealed), "refresh") || strings.Contains(string(sealed), e.User) {
		t.Errorf("%v: %q", err, sealed)
	}
	// Another process: silently, from what was kept.
	use := func() error {
		a := process()
		provider, err := a.newProvider(c, nil)
		if err != nil {
			return err
		}
		defer provider.Close()
		identity, err := provider.Identify(t.Context())
		if err == nil && !identity.Capabilities.Write {
			t.Errorf("%+v", identity)
		}
		if err == nil {
			address, _ := providers.ParseAddress(c.Organizer)
			_, err = provider.Calendars(t.Context(), address)
		}
		return err
	}
	if err := use(); err != nil {
		t.Errorf("later: %v", err)
	}
	if state, detail := process().credential(t.Context(), c); state != "present" {
		t.Errorf("%s %s", state, detail)
	}
	// Damaged: a sentence, and the file stays for whoever wants to look.
	spoilt := append([]byte{}, sealed...)
	spoilt[len(spoilt)-1] ^= 1
	if err := os.WriteFile(path, spoilt, 0o600); err != nil {
		t.Fatal(err)
	}
	if f := explain(use()); f.class != "credential damaged" || !strings.Contains(f.sentence(), "ign in again") {
		t.Errorf("damaged: %+v", f)
	}
	if state, _ := process().credential(t.Context(), c); state != "damaged" {
		t.Errorf("damaged: %s", state)
	}
	// Of another connection: the same bytes under another name do not open.
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	other := c
	other.Name = "copy"
	copied := filepath.Join(own, "data", "copy", "sign-in.sealed")
	if err := errors.Join(os.MkdirAll(filepath.Dir(copied), 0o700), os.WriteFile(copied, sealed, 0o600)); err != nil {
		t.Fatal(err)
	}
	key, err := memory.Get(t.Context(), c.SecretKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := process().sealed(other).Read(key); !errors.Is(err, keystore.ErrDamaged) {
		t.Errorf("of another connection: %v", err)
	}
	// Ended in the tenant.
	if err := tenant.Directory().RevokeSessions(e.User); err != nil {
		t.Fatal(err)
	}
	tenant.Directory().RevokeTokens()
	if f := explain(use()); f.code != exitSignIn || !strings.Contains(f.sentence(), "ign in again") {
		t.Errorf("revoked: %+v", f)
	}
	// Disconnecting leaves nothing of it.
	a := process()
	if err := a.disconnect(t.Context(), "mine", &disconnectFlags{yes: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the sealed file: %v", err)
	}
	if _, err := memory.Get(t.Context(), c.SecretKey()); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("its key: %v", err)
	}
}
