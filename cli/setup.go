package cli

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	stdsync "sync"
	"time"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/tui"
)

// setupDesk makes a connection step by step: for the console and for the set-up line
// by line. It implements [tui.SetupDesk].
type setupDesk struct {
	app *app
	// wait sleeps between two looks of the test; nil: by the clock of this machine.
	wait func(context.Context, time.Duration) error

	mu     stdsync.Mutex
	person *personSignIn // who signed in, in memory only; nil: nobody
	tested *setupTested
	kept   *keystore.Connection // what ConnectSetup has kept
}

// setupTested is the connection that answered a test, by what was entered for it.
type setupTested struct {
	asked      keystore.Connection // as it was entered
	connection keystore.Connection // with who answered
	secret     keystore.Secret     // with which; empty for a person
}

var _ tui.SetupDesk = (*setupDesk)(nil)

// BeginSetup implements [tui.SetupDesk].
func (d *setupDesk) BeginSetup(context.Context) (tui.SetupStart, error) {
	start := tui.SetupStart{Features: setupFeatures()}
	config, err := d.app.loadConfig()
	if err == nil {
		err = d.app.mayConnect(config) // C19
	}
	if err != nil {
		return start, err
	}
	start.Taken, start.Records = config.Names(), consentRecords(config)
	start.Setup, err = d.readDraft()
	start.Setup.PassphraseRead = d.app.passphraseRead()
	return start, err
}

func setupFeatures() []providers.SetupFeature {
	var out []providers.SetupFeature
	for _, f := range doctor.Features() {
		out = append(out, providers.SetupFeature{Name: f.Name, What: f.What, Needs: f.Needs})
	}
	return out
}

// LeastPermissions implements [tui.SetupDesk].
func (d *setupDesk) LeastPermissions(features []string) []string { return doctor.Least(features) }

// ConsentLink implements [tui.SetupDesk]: Microsoft's page "Grant tenant-wide admin
// consent to an application" has its form.
func (d *setupDesk) ConsentLink(s providers.Setup) string {
	c := d.connection(s)
	root := strings.TrimRight(c.AuthorityURL, "/")
	if root == "" {
		root = graph.Authority(c.CloudName())
	}
	return root + "/" + url.PathEscape(c.Tenant) + "/adminconsent?client_id=" + url.QueryEscape(c.ClientID)
}

// connection is what was entered, as the configuration would have it.
func (d *setupDesk) connection(s providers.Setup) keystore.Connection {
	if s.Exchange() {
		return d.exchangeConnection(s)
	}
	c := keystore.Connection{Name: s.NameOr(), Provider: s.Get(providers.SetupProvider), Tenant: strings.ToLower(s.Get(providers.SetupTenant)),
		ClientID: strings.ToLower(s.Get(providers.SetupClientID)), Organizer: s.Get(providers.SetupOrganizer), TestMailbox: s.Get(providers.SetupTestMailbox),
		Domains: providers.SetupList(strings.ToLower(s.Get(providers.SetupDomains)))}
	for _, address := range []*string{&c.Organizer, &c.TestMailbox} {
		if parsed, ok := providers.ParseAddress(*address); ok {
			*address = string(parsed)
		}
	}
	if cloud := s.Get(providers.SetupCloud); cloud != "global" {
		c.Cloud = cloud
	}
	if kind := s.Get(providers.SetupKeystore); kind != "keyring" {
		c.Keystore = kind
	}
	if s.Custom() {
		c.AuthorityURL, c.GraphURL = s.Get(providers.SetupAuthority), s.Get(providers.SetupGraph)
		if file := s.Get(providers.SetupCAFile); file != "" {
			c.CAFile = file
			if path, err := filepath.Abs(expandHome(file)); err == nil {
				c.CAFile = path
			}
		}
	}
	if level := s.PersonLevel(); s.Individual() && level != providers.FullAccess {
		c.Access = string(level)
	}
	switch {
	case s.Individual():
	case s.Get(providers.SetupCredential) == providers.SetupMade && s.Made != nil:
		c.Certificate = s.Made.Public
	case s.Get(providers.SetupCredential) == providers.SetupBySecret && s.Get(providers.SetupExpires) != "":
		if day, err := parseDay(s.Get(providers.SetupExpires)); err == nil {
			c.SecretExpires = day
		}
	}
	return c
}

// expandHome reads a leading ~ as the home directory, as shells do.
func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

// credential gets what the connection signs in with: as it is stored, and as it signs
// in. A certificate's public half goes into c.
func (d *setupDesk) credential(ctx context.Context, s providers.Setup, secret providers.Hidden, c *keystore.Connection, store keystore.Store) (keystore.Secret, error) {
	if s.Exchange() {
		return d.exchangePassword(ctx, s, secret, *c, store)
	}
	switch s.Get(providers.SetupCredential) {
	case providers.SetupMade:
		if s.Made == nil {
			return keystore.Secret{}, usage("make it first", "there is no certificate yet")
		}
		return d.madeKey(ctx, *s.Made)
	case providers.SetupByFile:
		certificate, err := d.fileCertificate(ctx, s, c, store)
		if err != nil {
			return keystore.Secret{}, err
		}
		return certificate.KeySecret()
	}
	if store.Describe().ReadOnly {
		return store.Get(ctx, c.SecretKey())
	}
	if secret.Len() == 0 {
		return keystore.Secret{}, usage("go back and paste its Value", "the client secret is missing: it is never kept before the end")
	}
	if advice := providers.CheckSecretValue(secret.Reveal(), c.ClientID, c.Tenant); advice.Wrong {
		return keystore.Secret{}, usage("go back and paste the Value", "%s", advice.Text)
	}
	return keystore.NewSecret(strings.TrimSpace(secret.Reveal())), nil
}

// madeAt is the connection under whose name the key of a made certificate is kept.
func madeAt(made providers.SetupCertificate) keystore.Connection {
	c := keystore.Connection{Name: made.Name, ClientID: made.ClientID, Certificate: made.Public}
	if made.Keystore != "keyring" {
		c.Keystore = made.Keystore
	}
	return c
}

func (d *setupDesk) madeKey(ctx context.Context, made providers.SetupCertificate) (keystore.Secret, error) {
	at := madeAt(made)
	store, err := d.app.secrets(at)
	if err != nil {
		return keystore.Secret{}, err
	}
	return store.Get(ctx, at.SecretKey())
}

// MakeCertificate implements [tui.SetupDesk].
func (d *setupDesk) MakeCertificate(ctx context.Context, s providers.Setup) (made providers.SetupCertificate, err error) {
	defer inWords(&err)
	var none providers.SetupCertificate
	config, err := d.app.loadConfig()
	if err == nil {
		err = d.app.mayConnect(config)
	}
	if err != nil {
		return none, err
	}
	c := d.connection(s)
	c.Certificate, c.SecretExpires = "", nil
	if err := d.unlock(s); err != nil {
		return none, err
	}
	store, err := d.app.secrets(c)
	if err != nil {
		return none, err
	}
	if backend := store.Describe(); backend.ReadOnly {
		return none, usage("choose the keyring", "a certificate that is made here needs a place that can keep its key")
	}
	if err := keystore.Probe(ctx, store); err != nil {
		return none, err
	}
	certificate, err := keystore.MakeCertificate(c.Name, d.app.deps.Now())
	if err != nil {
		return none, err
	}
	c.Certificate = keystore.EncodeCertificate(certificate.Leaf)
	key, err := certificate.KeySecret()
	if err != nil {
		return none, err
	}
	defer key.Wipe()
	path := expandHome(s.Get(providers.SetupPublicFile))
	if path == "" {
		path = "roomdesk-" + c.Name + ".cer"
	}
	if path, err = filepath.Abs(path); err != nil {
		return none, usage("choose another file", "%v", err)
	}
	if err := store.Set(ctx, c.SecretKey(), key); err != nil {
		return none, err
	}
	if err := writePublic(path, certificate); err != nil {
		return none, errors.Join(usage("choose another file", "the file cannot be written: %v", err), store.Delete(context.WithoutCancel(ctx), c.SecretKey()))
	}
	return providers.SetupCertificate{Public: c.Certificate, File: path, Thumbprint: keystore.Thumbprint(certificate.Leaf), Expires: certificate.Leaf.NotAfter.UTC(),
		Name: c.Name, ClientID: c.ClientID, Keystore: c.KeystoreKind()}, nil
}

// SignInSetup implements [tui.SetupDesk].
func (d *setupDesk) SignInSetup(ctx context.Context, s providers.Setup, show func(providers.SignInPrompt)) (who providers.SignedIn, err error) {
	defer inWords(&err)
	d.forgetPerson()
	way := providers.ByDeviceCode
	if s.Get(providers.SetupCredential) == providers.SetupBrowser {
		way = providers.ByBrowser
	}
	if err := d.unlock(s); err != nil {
		return who, err
	}
	person, err := d.app.signInPerson(ctx, d.connection(s), way, 0)
	if err != nil {
		return who, err
	}
	if err := person.wait(ctx, show); err != nil {
		person.discard()
		return who, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.person = person
	return person.who, nil
}

func (d *setupDesk) forgetPerson() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.person != nil {
		d.person.discard()
		d.person = nil
	}
}

// ConnectSetup implements [tui.SetupDesk].
func (d *setupDesk) ConnectSetup(ctx context.Context, s providers.Setup, secret providers.Hidden) (kept providers.SetupConnected, err error) {
	defer inWords(&err)
	var none providers.SetupConnected
	d.mu.Lock()
	tested, person := d.tested, d.person
	d.mu.Unlock()
	asked := d.connection(s)
	if tested == nil || !sameConnection(tested.asked, asked) {
		return none, usage("run the test", "this was not tested yet")
	}
	config, err := d.app.loadConfig()
	if err != nil {
		return none, err
	}
	c := tested.connection
	if err := d.unlock(s); err != nil {
		return none, err
	}
	if err := errors.Join(d.app.mayConnect(config), config.CheckNew(c)); err != nil {
		return none, err
	}
	store, err := d.app.secrets(c)
	if err != nil {
		return none, err
	}
	if s.Individual() {
		if person == nil {
			return none, usage("sign in first", "nobody has signed in")
		}
		person.connection = c
		if _, err := person.keep(ctx, config); err != nil {
			return none, err
		}
	} else {
		credential, err := d.credential(ctx, s, secret, &c, store)
		if err != nil {
			return none, err
		}
		defer credential.Wipe()
		if !credential.Equal(tested.secret) {
			return none, usage("run the test again", "this credential is another than was tested")
		}
		if err := d.app.keep(ctx, config, c, store, credential); err != nil {
			return none, err
		}
		// The key was kept under the name that the connection had then.
		if s.Made != nil && s.Get(providers.SetupCredential) == providers.SetupMade && madeAt(*s.Made).SecretKey() != c.SecretKey() {
			if err := d.dropKey(ctx, *s.Made); err != nil {
				d.app.log.Warn("the key under the earlier name stays", "error", err)
			}
		}
	}
	d.mu.Lock()
	d.kept = &c
	d.mu.Unlock()
	if err := d.removeDraft(); err != nil {
		return none, err
	}
	return providers.SetupConnected{Name: c.Name, Kept: store.Describe().Where, Undo: "roomdesk disconnect " + c.Name}, nil
}

// sameConnection reports whether two are entered alike.
func sameConnection(a, b keystore.Connection) bool {
	return a.Name == b.Name && a.Tenant == b.Tenant && a.ClientID == b.ClientID && a.CloudName() == b.CloudName() && a.AuthorityURL == b.AuthorityURL &&
		a.GraphURL == b.GraphURL && a.CAFile == b.CAFile && a.Organizer == b.Organizer && a.TestMailbox == b.TestMailbox && a.KeystoreKind() == b.KeystoreKind() &&
		a.Certificate == b.Certificate && a.Access == b.Access && a.Provider == b.Provider && a.Server == b.Server && a.User == b.User && a.Email == b.Email && a.Basic == b.Basic && a.Audience == b.Audience && slices.Equal(a.Domains, b.Domains)
}

func (d *setupDesk) dropKey(ctx context.Context, made providers.SetupCertificate) error {
	at := madeAt(made)
	store, err := d.app.secrets(at)
	if err != nil {
		return err
	}
	if err := store.Delete(ctx, at.SecretKey()); err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	return nil
}

// DropSetup implements [tui.SetupDesk].
func (d *setupDesk) DropSetup(ctx context.Context, s providers.Setup) error {
	ctx = context.WithoutCancel(ctx) // half of it would be worse than none
	d.forgetPerson()
	d.mu.Lock()
	kept := d.kept
	if d.tested != nil {
		d.tested.secret.Wipe()
	}
	d.kept, d.tested = nil, nil
	d.mu.Unlock()
	failures := []error{d.removeDraft()}
	if s.Made != nil {
		failures = append(failures, d.dropKey(ctx, *s.Made))
		if err := os.Remove(s.Made.File); err != nil && !errors.Is(err, os.ErrNotExist) {
			failures = append(failures, err)
		}
	}
	if kept != nil {
		failures = append(failures, d.takeBack(ctx, *kept))
	}
	return errors.Join(failures...)
}

// takeBack removes a connection that was kept by mistake, with all that is of it.
func (d *setupDesk) takeBack(ctx context.Context, c keystore.Connection) error {
	config, err := d.app.loadConfig()
	if err != nil {
		return err
	}
	store, err := d.app.secrets(c)
	if err != nil {
		return err
	}
	if !store.Describe().ReadOnly {
		if err := store.Delete(ctx, c.SecretKey()); err != nil && !errors.Is(err, keystore.ErrNotFound) {
			return err
		}
	}
	if err := d.app.forgetSignIn(c); err != nil {
		return err
	}
	if _, err := config.Remove(c.Name); err != nil {
		return err
	}
	if err := config.Save(); err != nil {
		return err
	}
	d.app.noteGone(c)
	return eraseMirror(d.app.mirrorPath(c))
}
