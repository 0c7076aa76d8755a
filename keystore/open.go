package keystore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
)

// OpenOptions are what the stores need from their surroundings.
type OpenOptions struct {
	// ConfigPath is the configuration file that names the connection;
	// "simulated" reads endpoints.json beside it.
	ConfigPath string
	// LookupEnv is os.LookupEnv, or a test's own; for "env".
	LookupEnv func(string) (string, bool)
	// Memory is the process's store of that kind; nil makes a new, empty one.
	Memory *Memory
	// Passphrase asks for the passphrase of an encrypted file, see [AgeFile].
	Passphrase func(ctx context.Context, create bool) (Secret, error)
	// AgeWork is scrypt's work factor for tests; 0 is age's own.
	AgeWork int
	// WrongPassphrase is told of one that does not open the file, see [AgeFile].
	WrongPassphrase func(times int) bool
	// Keyring configures the operating system's keyring.
	Keyring KeyringOptions
}

// Kinds are the stores that a connection may name, the default first.
func Kinds() []string { return []string{"keyring", "age", "systemd", "env", "memory", "simulated"} }

// checkKind refuses the kinds that do not exist.
func checkKind(kind string) error {
	for _, known := range Kinds() {
		if kind == known {
			return nil
		}
	}
	return &Error{Kind: ErrUnknownBackend, Detail: fmt.Sprintf("%q", plain(kind)), Remedy: "use keyring, age, systemd, env or memory"}
}

// Open gives the store in which the connection's credential is.
func Open(connection Connection, options OpenOptions) (Store, error) {
	switch kind := connection.KeystoreKind(); kind {
	case "keyring":
		return NewKeyring(options.Keyring), nil
	case "age":
		return &AgeFile{Path: connection.AgePath(options.ConfigPath), IdentityPath: connection.IdentityPath(options.ConfigPath), Passphrase: options.Passphrase, Wrong: options.WrongPassphrase, work: options.AgeWork}, nil
	case "systemd":
		return Systemd{Lookup: options.LookupEnv}, nil
	case "env":
		return Env{Lookup: options.LookupEnv}, nil
	case "memory":
		if options.Memory == nil {
			return &Memory{}, nil
		}
		return options.Memory, nil
	case "simulated":
		simulated := Simulated{
			Path:         filepath.Join(filepath.Dir(options.ConfigPath), "endpoints.json"),
			AuthorityURL: connection.AuthorityURL, GraphURL: connection.GraphURL,
		}
		if connection.Exchange() {
			simulated.Server = connection.Server
			simulated.Application = !connection.ByPassword()
		}
		return simulated, nil
	default:
		return nil, checkKind(kind)
	}
}

// Probe stores, reads and removes a random value, to learn before a sign-in
// whether the store can keep its result. Read-only stores pass.
func Probe(ctx context.Context, store Store) error {
	if store.Describe().ReadOnly {
		return nil
	}
	if own, ok := store.(interface{ probe(context.Context) error }); ok {
		return own.probe(ctx)
	}
	canary := NewSecret(rand.Text())
	key := Key{Connection: "probe " + rand.Text()[:8], Purpose: probePurpose}
	err := store.Set(ctx, key, canary)
	var got Secret
	if err == nil {
		got, err = store.Get(ctx, key)
	}
	if err == nil {
		err = store.Delete(ctx, key)
	}
	const op = "trying whether a credential can be kept"
	var e *Error
	switch {
	case errors.As(err, &e):
		named := *e
		named.Op = op
		return &named
	case err == nil && !got.Equal(canary):
		return classify(op, errReadBack)
	}
	return err
}
