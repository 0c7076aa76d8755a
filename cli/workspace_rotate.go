package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/tui"
)

// The part of [tui.Workspace] that exchanges credentials.

// credentialWord is what a connection signs in with, in one or two words.
func credentialWord(c keystore.Connection) string {
	switch {
	case c.Certificate != "":
		return "certificate"
	case c.ByPassword():
		return "password"
	}
	return "client secret"
}

// rotatable is the connection that a person wants a new credential for.
func (w *workspace) rotatable(name string) (*keystore.Config, keystore.Connection, keystore.Store, error) {
	if w.demo {
		return nil, keystore.Connection{}, nil, &providers.Error{Class: providers.Unsupported, Op: "exchanging the credential", Message: providers.Outside("the simulated tenant keeps its own secret: there is nothing to exchange")}
	}
	config, c, err := w.app.rotatable(name)
	if err != nil {
		return nil, c, nil, err
	}
	store, err := w.app.writableSecrets(c)
	return config, c, store, err
}

// PlanRotation implements [tui.Rotator].
func (w *workspace) PlanRotation(_ context.Context, name string) (_ tui.Rotation, err error) {
	defer inWords(&err)
	_, c, store, err := w.rotatable(name)
	if err != nil {
		return tui.Rotation{}, err
	}
	return w.rotationOf(c, store), nil
}

func (w *workspace) rotationOf(c keystore.Connection, store keystore.Store) tui.Rotation {
	r := tui.Rotation{Connection: c.Name, What: credentialWord(c), Kept: store.Describe().Where, Password: c.ByPassword(), TenantID: c.Tenant, ClientID: c.ClientID,
		Account: providers.Sanitise(c.User), Ends: c.Expires(), Open: w.isOpen(c.Name), Previous: c.Spare == keystore.SparePrevious}
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, ok := w.settling[c.Name]; ok {
		r.Read, r.Total = at.read, at.total
	}
	return r
}

// TryCredential implements [tui.Rotator].
func (w *workspace) TryCredential(ctx context.Context, name string, n tui.NewCredential) (err error) {
	defer inWords(&err)
	_, c, store, err := w.rotatable(name)
	if err != nil {
		return err
	}
	next, secret, credential, err := w.newCredential(ctx, c, store, n)
	if err != nil {
		return err
	}
	defer secret.Wipe()
	_, err = w.app.tryCredential(providers.WithPriority(ctx, providers.Interactive), next, only(credential))
	return err
}

// Rotate implements [tui.Rotator].
func (w *workspace) Rotate(ctx context.Context, name string, n tui.NewCredential) (_ tui.Rotation, err error) {
	defer inWords(&err)
	config, c, store, err := w.rotatable(name)
	if err != nil {
		return tui.Rotation{}, err
	}
	next, secret, credential, err := w.newCredential(ctx, c, store, n)
	if err != nil {
		return tui.Rotation{}, err
	}
	defer secret.Wipe()
	open := w.isOpen(name)
	done, err := w.app.exchange(providers.WithPriority(ctx, providers.Interactive), config, c, next, store, secret, credential, open)
	if err != nil {
		return tui.Rotation{}, err
	}
	if open {
		w.settleLater()
	}
	r := w.rotationOf(done.connection, store)
	r.Trouble = done.trouble
	w.hub.add(tui.Changes{Sync: true})
	return r, nil
}

// isOpen reports whether the rooms of a connection are shown here.
func (w *workspace) isOpen(name string) bool {
	for _, p := range w.members {
		if p.connection.Name == name {
			return true
		}
	}
	return false
}

// settleLater has old credentials removed once a whole sync succeeded with the new ones.
func (w *workspace) settleLater() {
	select {
	case w.exchanged <- struct{}{}:
	default: // it is asked for already
	}
}

// newCredential makes of what a person entered the connection that is to be, and its
// credential, as it is stored and as it signs in.
func (w *workspace) newCredential(ctx context.Context, c keystore.Connection, store keystore.Store, n tui.NewCredential) (next keystore.Connection, secret keystore.Secret, credential graph.Credential, err error) {
	next = c.WithoutSpare()
	next.Certificate, next.SecretExpires = "", nil
	none := func(err error) (keystore.Connection, keystore.Secret, graph.Credential, error) {
		return next, keystore.Secret{}, graph.Credential{}, err
	}
	if !c.ByPassword() && n.Kind != tui.RotateSecret {
		certificate, err := w.newCertificate(ctx, &next, store, n)
		if err == nil && next.Certificate == c.Certificate {
			err = usage("make or bring a new one", "this certificate is the one that %s signs in with already", c.Name)
		}
		if err != nil {
			return none(err)
		}
		key, err := certificate.KeySecret()
		return next, key, graph.Credential{Certificate: certificate.Leaf, Key: certificate.Key}, err
	}
	text := n.Value.Reveal()
	if !c.ByPassword() {
		text = strings.TrimSpace(text)
		if advice := providers.CheckSecretValue(text, c.ClientID, c.Tenant); advice.Wrong {
			return none(usage("paste the secret's Value", "%s", advice.Text))
		}
		if err := graph.CheckSecret(text); err != nil {
			return none(asUsage(err))
		}
		if n.Ends != "" {
			if next.SecretExpires, err = parseDay(n.Ends); err != nil {
				return none(err)
			}
		}
	}
	if strings.TrimSpace(text) == "" {
		return none(usage("paste it", "the new %s is empty", credentialWord(c)))
	}
	// Where the one in use cannot be read, the new one is the remedy.
	if now, err := store.Get(ctx, c.SecretKey()); err == nil {
		same := now.Reveal() == text
		now.Wipe()
		if same && c.Certificate == "" {
			return none(usage("paste the new one", "this is the %s that %s signs in with already", credentialWord(c), c.Name))
		}
	}
	return next, keystore.NewSecret(text), graph.Credential{Secret: text}, nil
}

// newCertificate reads the certificate that a person names, and puts its public half into
// next.
func (w *workspace) newCertificate(ctx context.Context, next *keystore.Connection, store keystore.Store, n tui.NewCredential) (keystore.Certificate, error) {
	path := expandHome(strings.TrimSpace(n.File))
	if path == "" {
		return keystore.Certificate{}, usage("give the file", "no file is named")
	}
	switch {
	case n.Kind == tui.RotateMade:
		path, err := filepath.Abs(path)
		if err != nil {
			return keystore.Certificate{}, usage("choose another file", "%v", err)
		}
		return w.app.madeBefore(ctx, path, next, store)
	case providers.PFXFile(path):
		return w.app.openPFX(path, n.Password.Reveal(), next)
	}
	return w.app.newCertificate(ctx, certificateFlags{file: path, key: expandHome(strings.TrimSpace(n.KeyFile))}, next, store)
}

// MakeNext implements [tui.Rotator].
func (w *workspace) MakeNext(ctx context.Context, name, file string) (_ tui.MadeCertificate, err error) {
	defer inWords(&err)
	var none tui.MadeCertificate
	_, c, store, err := w.rotatable(name)
	if err != nil {
		return none, err
	}
	if c.ByPassword() {
		return none, errors.New("an account has no certificate")
	}
	path, err := filepath.Abs(expandHome(strings.TrimSpace(file)))
	if err != nil || strings.TrimSpace(file) == "" {
		return none, usage("choose another file", "the half to upload needs a file")
	}
	next := c.WithoutSpare()
	next.Certificate, next.SecretExpires = "", nil
	certificate, _, err := w.app.makeCertificate(ctx, path, &next, store)
	if err != nil {
		return none, err
	}
	return tui.MadeCertificate{File: path, Thumbprint: keystore.Thumbprint(certificate.Leaf), Ends: certificate.Leaf.NotAfter.UTC()}, nil
}
