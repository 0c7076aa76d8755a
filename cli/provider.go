package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"os"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// maxCAFile is the longest CA file that is read, in bytes.
const maxCAFile = 1 << 20

// credentials gives what a connection signs in with, the newest first.
type credentials = func(context.Context) ([]graph.Credential, error)

// only is the source of one credential that is at hand.
func only(credential graph.Credential) credentials {
	return func(context.Context) ([]graph.Credential, error) { return []graph.Credential{credential}, nil }
}

// newProvider makes the provider of a connection. source is asked when a token is
// needed.
func (a *app) newProvider(c keystore.Connection, source credentials) (*graph.Provider, error) {
	if c.Exchange() {
		return nil, usage("choose a connection to Graph with --connection", "connection %s is one to Exchange, and this is for Graph", c.Name)
	}
	if c.Disconnected != nil {
		// Nothing is sent: there is nothing to sign in with.
		return a.makeProvider(c, func(context.Context) ([]graph.Credential, error) { return nil, errDisconnected(c) }, nil)
	}
	if c.AccountID == "" {
		return a.makeProvider(c, source, nil)
	}
	store, err := a.secrets(c)
	if err != nil {
		return nil, err
	}
	own, _ := providers.ParseAddress(c.Account) // "" where the sign-in name is no mailbox
	return a.personProvider(c, &graph.Person{Account: c.AccountID, Address: own, Level: providers.AccessLevel(c.Access), Kept: sealedSignIn{a.sealed(c), c.SecretKey(), store}})
}

// personProvider makes the provider of a person's connection.
func (a *app) personProvider(c keystore.Connection, person *graph.Person) (*graph.Provider, error) {
	return a.makeProvider(c, nil, person)
}

func (a *app) makeProvider(c keystore.Connection, source credentials, person *graph.Person) (*graph.Provider, error) {
	var roots *x509.CertPool
	if c.CAFile != "" {
		var err error
		if roots, err = readCA(c.CAPath(a.paths().Config)); err != nil {
			return nil, err
		}
	}
	line := a.wire.line(a.deps.Now)
	provider, err := graph.New(graph.Config{
		Dial:     line.dial,
		TenantID: c.Tenant, ClientID: c.ClientID, Credentials: source, Person: person,
		Cloud: c.CloudName(), AuthorityURL: c.AuthorityURL, GraphURL: c.GraphURL,
		RootCAs: roots, Objects: objects, UserAgent: "roomdesk", Logger: a.log, Now: a.deps.Now,
	})
	if err != nil {
		return nil, err
	}
	line.leadsTo(provider)
	return provider, nil
}

// leadsTo opens the line to the hosts of a provider, and to the proxies before them.
func (l *line) leadsTo(provider *graph.Provider) {
	probe := provider.Probe()
	signIn, service := probe.Hosts()
	l.leadsOnly(probe, signIn, service)
}

// leadsOnly opens the line to some hosts, and to the proxies before them.
func (l *line) leadsOnly(probe *graph.Probe, hosts ...string) {
	for _, host := range hosts {
		l.allow(host)
		// A proxy that cannot be read is no way out; the request says why.
		if proxy, err := probe.Proxy(host); err == nil {
			l.allow(proxy)
		}
	}
}

// stored reads the connection's credential from its store, each time anew.
func stored(c keystore.Connection, store keystore.Store) credentials {
	return func(ctx context.Context) ([]graph.Credential, error) {
		secret, err := store.Get(ctx, c.SecretKey())
		if err != nil {
			return nil, unread(err)
		}
		defer secret.Wipe()
		credential, err := credentialOf(c, secret)
		if err != nil {
			return nil, unread(err)
		}
		return []graph.Credential{credential}, nil
	}
}

// held gives what a connection has in its store by the configuration as it is now,
// so that a running process takes up what was exchanged: the current credential,
// then the spare one, if there is one. Of passwords only one can hold: see [app.password].
func (a *app) held(known keystore.Connection, store keystore.Store) credentials {
	return func(ctx context.Context) ([]graph.Credential, error) {
		c := known
		// A configuration that cannot be read now does not stop what already runs.
		if config, err := a.loadConfig(); err == nil {
			if now, ok := config.Find(known.Name); ok && now.Tenant == known.Tenant && now.ClientID == known.ClientID && now.KeystoreKind() == known.KeystoreKind() {
				c = now
			}
		}
		if c.ByPassword() {
			return a.password(ctx, c, store)
		}
		found, err := stored(c, store)(ctx)
		spare, ok := c.SpareConnection()
		if !ok || err != nil && !errors.Is(err, keystore.ErrNotFound) {
			return found, err
		}
		if second, errSpare := stored(spare, store)(ctx); errSpare == nil {
			return append(found, second...), nil
		}
		return found, err
	}
}

// unread tells why a credential cannot be had, in the words and with the remedy of
// its store, wherever the failure comes to be shown.
func unread(err error) error {
	var e *keystore.Error
	if !errors.As(err, &e) {
		return err
	}
	return &providers.Error{Class: providers.Local, Cause: causeOf(e), Op: "signing in", Message: providers.Outside(e.Error()), Advice: e.Remedy, Err: err}
}

// causeOf is what is wrong with the place of a credential, in the words of the console.
func causeOf(e *keystore.Error) providers.Cause {
	switch {
	case errors.Is(e.Kind, keystore.ErrLocked) && e.Backend == "age":
		return providers.CauseFileLocked
	case errors.Is(e.Kind, keystore.ErrLocked):
		return providers.CauseKeyringLocked
	case errors.Is(e.Kind, keystore.ErrTimeout):
		return providers.CauseKeyringSilent
	case errors.Is(e.Kind, keystore.ErrNotFound):
		return providers.CauseCredentialMissing
	case errors.Is(e.Kind, keystore.ErrPassphrase):
		return providers.CausePassphrase
	case errors.Is(e.Kind, keystore.ErrDamaged):
		return providers.CauseCredentialDamaged
	case errors.Is(e.Kind, keystore.ErrPermissions):
		return providers.CauseCredentialOpen
	case errors.Is(e.Kind, keystore.ErrUnavailable):
		return providers.CauseKeyringMissing
	}
	return ""
}

// readCA reads the certificates of a CA file.
func readCA(path string) (*x509.CertPool, error) {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxCAFile) {
		return nil, usage("give a PEM file with the CA's certificate", "CA file %s is not a small plain file", providers.Sanitise(path))
	}
	var pem []byte
	if err == nil {
		pem, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, usage("check the path in --ca-file or ca_file", "the CA file cannot be read: %s", providers.Sanitise(err.Error()))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usage("give a PEM file with the CA's certificate", "CA file %s has no certificate", providers.Sanitise(path))
	}
	return pool, nil
}
