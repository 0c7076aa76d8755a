package keystore

import (
	"context"
	"strings"
)

// Env reads credentials from environment variables. It is read-only, and only
// ever used by explicit choice: an environment is visible to every process of
// the same user.
type Env struct {
	// Lookup is os.LookupEnv, or a test's own.
	Lookup func(name string) (string, bool)
}

// EnvName is the variable that holds the client secret of the connection:
// ROOMDESK_SECRET_MY_TENANT for "my-tenant".
func EnvName(connection string) string {
	return "ROOMDESK_SECRET_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, connection)
}

// Get implements [Store].
func (e Env) Get(ctx context.Context, key Key) (Secret, error) {
	if err := ctx.Err(); err != nil {
		return Secret{}, err
	}
	name := EnvName(key.Connection)
	value, ok := e.Lookup(name)
	if !ok || value == "" {
		return Secret{}, &Error{Kind: ErrNotFound, Backend: "env", Op: "reading the credential of " + key.Connection,
			Detail: name + " is not set", Remedy: "put the client secret's value into " + name}
	}
	secret := NewSecret(value)
	if err := checkSize("env", secret); err != nil {
		return Secret{}, err
	}
	return secret, nil
}

// Set implements [Store]; it always fails.
func (e Env) Set(_ context.Context, key Key, _ Secret) error { return e.readOnly("storing", key) }

// Delete implements [Store]; it always fails.
func (e Env) Delete(_ context.Context, key Key) error { return e.readOnly("removing", key) }

func (e Env) readOnly(doing string, key Key) error {
	return &Error{Kind: ErrReadOnly, Backend: "env", Op: doing + " the credential of " + key.Connection,
		Remedy: "set or unset " + EnvName(key.Connection) + " yourself"}
}

// Describe implements [Store].
func (e Env) Describe() Backend {
	return Backend{Name: "env", Where: "environment variables ROOMDESK_SECRET_...",
		Protection: "readable by every process of the same user", ReadOnly: true}
}
