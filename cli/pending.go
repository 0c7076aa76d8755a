package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// notePending remembers that a key was made for a connection that is not there yet.
func (a *app) notePending(c keystore.Connection, file string) error {
	return keystore.NotePending(a.paths().Config, keystore.PendingKey{Name: c.Name, ClientID: c.ClientID, Certificate: c.Certificate,
		Keystore: c.KeystoreKind(), AgeIdentity: c.AgeIdentity, File: file, Made: a.deps.Now().UTC()})
}

// usedPending takes a key off the list, because a connection has it now.
func (a *app) usedPending(c keystore.Connection) {
	if c.Certificate == "" {
		return
	}
	if err := keystore.DropPending(a.paths().Config, c.Certificate); err != nil {
		a.out.say("roomdesk: %s", explain(err).sentence())
	}
}

// tellPending says which keys were made and belong to no connection yet.
func (a *app) tellPending() error {
	keys, err := keystore.PendingKeys(a.paths().Config)
	if err != nil {
		return err
	}
	for _, key := range keys {
		thumbprint := ""
		if leaf, ok := key.Connection().Leaf(); ok {
			thumbprint = keystore.Thumbprint(leaf)
		}
		a.out.say("A key was made for %s on %s and waits for the upload of %s (thumbprint %s): run the same command again, or give it up with roomdesk disconnect %s.",
			key.Name, key.Made.Format(time.DateOnly), providers.Sanitise(key.File), thumbprint, key.Name)
	}
	return nil
}

// forgetPending removes the keys that were made for a name and belong to no connection,
// and reports whether there were any.
func (a *app) forgetPending(ctx context.Context, name string, dryRun bool) (found bool, err error) {
	keys, err := keystore.PendingKeys(a.paths().Config)
	if err != nil {
		return false, err
	}
	keys = slices.DeleteFunc(keys, func(k keystore.PendingKey) bool { return k.Name != name })
	if len(keys) > 0 && !dryRun {
		config, err := a.loadConfig()
		if err == nil {
			err = a.mayConnect(config)
		}
		if err != nil {
			return true, err
		}
	}
	for _, key := range keys {
		if dryRun {
			a.out.say("Would remove the key that was made for %s and never used, of %s.", name, providers.Sanitise(key.File))
			continue
		}
		c := key.Connection()
		store, err := a.secrets(c)
		if err == nil {
			err = store.Delete(ctx, c.SecretKey())
		}
		if err != nil && !errors.Is(err, keystore.ErrNotFound) {
			return true, err
		}
		if err := keystore.DropPending(a.paths().Config, key.Certificate); err != nil {
			return true, err
		}
		a.out.say("Removed the key that was made for %s and never used; the half in %s is worth nothing now.", name, providers.Sanitise(key.File))
	}
	return len(keys) > 0, nil
}
