package keystore

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
)

// Systemd reads the credentials that systemd hands to a unit as files
// (LoadCredential=, LoadCredentialEncrypted=). It is read-only, and used by
// explicit choice only.
type Systemd struct {
	// Lookup is os.LookupEnv, or a test's own.
	Lookup func(name string) (string, bool)
}

// CredentialName is the systemd credential of a connection: "roomdesk-contoso".
func CredentialName(connection string) string { return "roomdesk-" + connection }

// Get implements [Store].
func (s Systemd) Get(ctx context.Context, key Key) (Secret, error) {
	if err := ctx.Err(); err != nil {
		return Secret{}, err
	}
	name := CredentialName(key.Connection)
	load := "LoadCredentialEncrypted=" + name + ":/etc/credstore.encrypted/" + name + " in the unit; systemd-creds encrypt makes that file"
	fail := func(e Error) (Secret, error) {
		e.Backend, e.Op = "systemd", "reading the credential of "+key.Connection
		return Secret{}, &e
	}
	dir, ok := s.Lookup("CREDENTIALS_DIRECTORY")
	if !ok || !filepath.IsAbs(dir) {
		return fail(Error{Kind: ErrUnavailable, Detail: "CREDENTIALS_DIRECTORY is not set: roomdesk was not started by systemd with credentials",
			Remedy: "start it as a unit with " + load})
	}
	text, err := readPrivate(filepath.Join(dir, name), true)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return Secret{}, err
		}
		if errors.Is(err, ErrNotFound) {
			e.Detail, e.Remedy = "systemd gave no credential "+name, "write "+load
		}
		return fail(*e)
	}
	defer clear(text)
	secret := NewSecret(strings.TrimRight(string(text), "\r\n"))
	if secret.Empty() {
		return fail(Error{Kind: ErrDamaged, Detail: "the credential " + name + " is empty", Remedy: "encrypt it anew with systemd-creds encrypt"})
	}
	if err := checkSize("systemd", secret); err != nil {
		return Secret{}, err
	}
	return secret, nil
}

// Set implements [Store]; it always fails.
func (s Systemd) Set(_ context.Context, key Key, _ Secret) error { return s.readOnly("storing", key) }

// Delete implements [Store]; it always fails.
func (s Systemd) Delete(_ context.Context, key Key) error { return s.readOnly("removing", key) }

func (s Systemd) readOnly(doing string, key Key) error {
	return &Error{Kind: ErrReadOnly, Backend: "systemd", Op: doing + " the credential of " + key.Connection,
		Remedy: "change the unit's credential " + CredentialName(key.Connection) + " yourself: systemd-creds encrypt"}
}

// Describe implements [Store].
func (s Systemd) Describe() Backend {
	return Backend{Name: "systemd", Where: "the unit's credentials (systemd)",
		Protection: "encrypted at rest with LoadCredentialEncrypted=; readable by the unit's user while it runs", ReadOnly: true}
}
