package cli

import (
	"context"
	"errors"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// rotateObject is the result of rotate in JSON.
type rotateObject struct {
	Name           string  `json:"name"`
	Authentication string  `json:"authentication"`
	Thumbprint     string  `json:"thumbprint"`
	SecretExpires  *string `json:"secret_expires"`
	Expiry         string  `json:"expiry"`
	// Stored says that the new credential is in place; Old is "removed", "kept" until
	// something was read with the new one, or "unchanged".
	Stored bool   `json:"stored"`
	Old    string `json:"old"`
}

func (a *app) rotateCommand() *cobra.Command {
	f := &connectFlags{}
	command := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Exchange a connection's client secret or certificate for a new one, without a gap",
		Long: "The new credential is tried before anything is stored. Then both are kept until the tenant was read with the new one,\n" +
			"and the old one is removed from the keystore. Interrupted at any point, the connection goes on working; repeat the\n" +
			"command then. Running consoles and services take the new one up by themselves. With --secret-expires alone only the day\n" +
			"is recorded.",
		Example:           "roomdesk rotate contoso --secret-stdin --secret-expires 2027-05-31\nroomdesk rotate contoso --make-certificate contoso-2027.cer",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeConnections,
		RunE:              a.run(func(ctx context.Context, args []string) error { return a.rotate(ctx, args[0], f) }),
	}
	flags := command.Flags()
	flags.BoolVar(&f.secretStdin, "secret-stdin", false, "read the new client secret's Value from standard input")
	flags.BoolVar(&f.passwordStdin, "password-stdin", false, "read the service account's new password from standard input (Exchange)")
	flags.StringVar(&f.expires, "secret-expires", "", "day on which the secret ends, as 2027-05-31")
	f.certificate.register(flags)
	return command
}

func (a *app) rotate(ctx context.Context, name string, f *connectFlags) error {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	config, connection, err := a.rotatable(name)
	if err != nil {
		return err
	}
	if err := f.certificate.check(f.secretStdin, f.expires != ""); err != nil {
		return err
	}
	if connection.ByPassword() != f.passwordStdin {
		if f.passwordStdin {
			return usage("give --secret-stdin, or a certificate", "%s signs in with %s and not with a password", name, connection.CredentialName())
		}
		return usage("give --password-stdin", "%s signs in with the password of a service account", name)
	}
	if f.passwordStdin && (f.expires != "" || f.secretStdin || f.certificate.given()) {
		return usage("give --password-stdin alone", "a password has no end that is known here, and no certificate")
	}
	next := connection.WithoutSpare()
	next.Certificate, next.SecretExpires = "", nil
	if f.expires != "" {
		if next.SecretExpires, err = parseDay(f.expires); err != nil {
			return err
		}
	}
	if !f.secretStdin && !f.passwordStdin && !f.certificate.given() {
		return a.recordEnd(config, connection, next.SecretExpires)
	}
	store, err := a.writableSecrets(connection)
	if err != nil {
		return err
	}
	f.connection = next
	var secret keystore.Secret
	var credential graph.Credential
	if connection.ByPassword() {
		secret, credential, err = a.newPassword(ctx, connection)
	} else {
		secret, credential, err = a.newCredential(ctx, f, &next, store)
	}
	if err != nil {
		return err
	}
	defer secret.Wipe()
	if next.Certificate != "" && next.Certificate == connection.Certificate {
		return usage("make or bring a new one", "this certificate is the one that %s signs in with already", name)
	}
	done, err := a.exchange(ctx, config, connection, next, store, secret, credential, false)
	if err != nil {
		return err
	}
	old := "removed"
	if done.kept {
		a.out.say("roomdesk: %s", done.trouble)
		old = "kept"
	}
	if err := a.reportRotation(done.connection, true, old); err != nil {
		return err
	}
	if done.kept {
		return told(exitPartly)
	}
	return nil
}

// rotatable is a configured connection whose credential this person may exchange.
func (a *app) rotatable(name string) (*keystore.Config, keystore.Connection, error) {
	config, err := a.loadConfig()
	if err != nil {
		return nil, keystore.Connection{}, err
	}
	c, err := findConnection(config, name)
	if err != nil {
		return nil, c, err
	}
	if err := a.mayAdminister(c, "rotate"); err != nil {
		return nil, c, err
	}
	switch {
	case c.AccountID != "":
		return nil, c, usage("to sign in again: roomdesk sign-in "+name, "%s is a person's connection and has nothing to exchange", name)
	case c.Disconnected != nil:
		return nil, c, errDisconnected(c)
	}
	return config, c, nil
}

// writableSecrets is the store of a connection's credential, where that can be changed.
func (a *app) writableSecrets(c keystore.Connection) (keystore.Store, error) {
	store, err := a.secrets(c)
	if err != nil {
		return nil, err
	}
	if backend := store.Describe(); backend.ReadOnly {
		return nil, usage("put the new one there yourself; record its end with --secret-expires", "the credential of %s lies in %s, which roomdesk does not change", c.Name, backend.Where)
	}
	return store, nil
}

// recordEnd notes only when the client secret ends.
func (a *app) recordEnd(config *keystore.Config, c keystore.Connection, day *toml.LocalDate) error {
	if day == nil {
		return usage("give --secret-stdin, --certificate, --pfx, --make-certificate, or --secret-expires alone", "there is nothing to exchange %s for", c.CredentialName())
	}
	if c.Certificate != "" {
		return usage("leave --secret-expires out", "%s signs in with a certificate, which knows its own end", c.Name)
	}
	was := c
	c.SecretExpires = day
	if err := config.Update(c); err != nil {
		return err
	}
	if err := config.Save(); err != nil {
		return err
	}
	a.noteChanged("credential's end", was, c)
	return a.reportRotation(c, false, "unchanged")
}

// exchanged is how far an exchange came, once the new credential is in place.
type exchanged struct {
	connection keystore.Connection // as it is configured now
	// kept: the credential before is still in the keystore; trouble is why, where
	// something went wrong.
	kept    bool
	trouble string
}

// exchange puts a new credential in the place of the current one. At every moment
// what the configuration calls current is in the store, so that whoever is killed
// in between leaves a connection that works. keep leaves the removal of the old one to
// the caller.
func (a *app) exchange(ctx context.Context, config *keystore.Config, c, next keystore.Connection, store keystore.Store, secret keystore.Secret, credential graph.Credential, keep bool) (exchanged, error) {
	refused := func(err error) (exchanged, error) {
		f := *explain(err)
		f.message += " (nothing was changed: the connection goes on with what it had)"
		return exchanged{}, &f
	}
	if _, err := a.tryCredential(ctx, next, only(credential)); err != nil {
		return refused(err)
	}
	a.reached("tested")
	was := c
	// What an earlier, interrupted exchange left is in the way.
	if left, ok := c.SpareConnection(); ok {
		if left.SecretKey() != next.SecretKey() {
			if err := drop(ctx, store, left); err != nil {
				return refused(err)
			}
		}
		c = c.WithoutSpare()
	}
	announced := c.WithNext(next)
	if err := update(config, announced); err != nil {
		return refused(err)
	}
	a.reached("announced")
	inPlace, _ := announced.SpareConnection()
	if err := store.Set(ctx, inPlace.SecretKey(), secret); err != nil {
		if undone := update(config, c); undone != nil {
			a.log.Info("a new credential is announced that is not there", "error", explain(undone).sentence())
		}
		return refused(err)
	}
	a.reached("stored")
	promoted := announced.Promote()
	if err := update(config, promoted); err != nil {
		return refused(err)
	}
	a.usedPending(promoted)
	a.noteChanged("rotate", was, promoted.WithoutSpare())
	a.reached("promoted")
	// From here on the new one holds. It is read back and used as anybody would.
	used, err := a.tryCredential(ctx, promoted, stored(promoted.WithoutSpare(), store))
	if err == nil && !used.Same(credential) {
		err = failed("repeat the command", "another credential than the new one was used")
	}
	if err != nil {
		return exchanged{promoted, true, "the new credential is in place, but nothing could be read with it yet: " + explain(err).sentence()}, nil
	}
	a.reached("read")
	if keep {
		return exchanged{connection: promoted, kept: true}, nil
	}
	if err := a.dropPrevious(ctx, config, promoted, store); err != nil {
		return exchanged{promoted, true, "the old credential could not be removed yet: " + explain(err).sentence()}, nil
	}
	return exchanged{connection: promoted.WithoutSpare()}, nil
}

// tryCredential signs in and reads something that only a good sign-in can.
func (a *app) tryCredential(ctx context.Context, c keystore.Connection, source credentials) (graph.Credential, error) {
	if c.Exchange() {
		return a.tryExchange(ctx, c, source)
	}
	provider, err := a.newProvider(c, source)
	if err != nil {
		return graph.Credential{}, err
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	identity, err := provider.Identify(ctx)
	if err != nil {
		return graph.Credential{}, err
	}
	if err := checkIdentity(c, identity); err != nil {
		return graph.Credential{}, err
	}
	if _, err := provider.Rooms(ctx, func([]providers.Room) error { return errEnough }); err != nil && !errors.Is(err, errEnough) {
		return graph.Credential{}, err
	}
	used, _ := provider.Used()
	return used, nil
}

// dropPrevious removes the credential before the current one, from the store first:
// what the configuration does not name any more would stay there for ever.
func (a *app) dropPrevious(ctx context.Context, config *keystore.Config, c keystore.Connection, store keystore.Store) error {
	previous, ok := c.SpareConnection()
	if !ok || c.Spare != keystore.SparePrevious {
		return nil
	}
	if err := drop(ctx, store, previous); err != nil {
		return err
	}
	a.reached("dropped")
	return update(config, c.WithoutSpare())
}

func drop(ctx context.Context, store keystore.Store, c keystore.Connection) error {
	if err := store.Delete(ctx, c.SecretKey()); err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	return nil
}

func update(config *keystore.Config, c keystore.Connection) error {
	if err := config.Update(c); err != nil {
		return err
	}
	return config.Save()
}

// reached tells a test how far an exchange came.
func (a *app) reached(step string) {
	if a.onStep != nil {
		a.onStep(step)
	}
}

func (a *app) reportRotation(c keystore.Connection, isStored bool, old string) error {
	described := describeConnection(c, a.deps.Now())
	if a.out.format == formatJSON {
		return a.out.json(rotateObject{Name: c.Name, Authentication: described.Authentication, Thumbprint: described.Thumbprint,
			SecretExpires: described.SecretExpires, Expiry: described.Expiry, Stored: isStored, Old: old})
	}
	switch {
	case !isStored:
		a.out.say("Recorded: %s of %s.", c.Expiry(a.deps.Now()).Sentence, c.Name)
	case c.ByPassword() && old != "kept":
		a.out.say("Exchanged %s: the new password works. The old one is removed here.", c.Name)
	case old == "kept":
		a.out.say("Exchanged %s. The old credential is kept until something was read with the new one.", c.Name)
	default:
		a.out.say("Exchanged %s: %s. The old credential is removed here; delete it in the app registration, too.", c.Name, c.Expiry(a.deps.Now()).Sentence)
	}
	return nil
}
