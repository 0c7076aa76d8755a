package cli

import (
	"context"
	"errors"
	"os"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// unlock hands the passphrase that was typed into the set-up to the encrypted files that
// it is about.
func (d *setupDesk) unlock(s providers.Setup) error {
	phrase := strings.TrimSpace(s.HiddenAt(providers.SetupPassphrase).Reveal()) // as where it is asked on a terminal
	if phrase == "" {
		return nil
	}
	at := []keystore.Connection{d.connection(s)}
	if s.Made != nil {
		at = append(at, madeAt(*s.Made))
	}
	for _, c := range at {
		if c.KeystoreKind() != "age" {
			continue
		}
		store, err := d.app.secrets(c)
		if err != nil {
			return err
		}
		if file, ok := store.(*keystore.AgeFile); ok {
			file.Give(keystore.NewSecret(phrase))
		}
	}
	return nil
}

// passphraseRead reports whether the passphrase of encrypted files is read from a file.
func (a *app) passphraseRead() bool {
	path, ok := a.deps.LookupEnv("ROOMDESK_PASSPHRASE_FILE")
	return ok && path != ""
}

// fileCertificate reads the certificate that is in a file.
func (d *setupDesk) fileCertificate(ctx context.Context, s providers.Setup, c *keystore.Connection, store keystore.Store) (keystore.Certificate, error) {
	path := expandHome(s.Get(providers.SetupFile))
	if !s.PFX() {
		return d.app.newCertificate(ctx, certificateFlags{file: path, key: expandHome(s.Get(providers.SetupKeyFile))}, c, store)
	}
	return d.app.openPFX(path, s.HiddenAt(providers.SetupPassword).Reveal(), c)
}

// openPFX reads a PFX file with a password that was typed, and puts the certificate's
// public half into c.
func (a *app) openPFX(path, password string, c *keystore.Connection) (keystore.Certificate, error) {
	certificate, err := keystore.ReadPFX(path, password)
	switch {
	case errors.Is(err, keystore.ErrPassphrase) && password == "":
		return certificate, usage("go back and type the password that it was exported with", "the PFX file %s has a password", providers.Sanitise(path))
	case errors.Is(err, keystore.ErrPassphrase):
		return certificate, usage("go back and type the password that it was exported with", "the password does not open the PFX file %s", providers.Sanitise(path))
	case errors.Is(err, os.ErrNotExist):
		return certificate, usage("correct the path", "%v", err)
	case err == nil:
		err = certificate.Check(a.deps.Now())
	}
	if err != nil {
		return certificate, connectUsage(err)
	}
	c.Certificate, c.SecretExpires = keystore.EncodeCertificate(certificate.Leaf), nil
	return certificate, nil
}
