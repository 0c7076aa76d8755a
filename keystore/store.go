package keystore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Purpose says what a stored credential is.
type Purpose string

// Purposes of a credential.
const (
	ClientSecret   Purpose = "client-secret"
	CertificateKey Purpose = "certificate-key"
	// DataKey seals what is kept of a person's sign-in, see [SealedFile].
	DataKey      Purpose = "data-key"
	probePurpose Purpose = "probe"
)

// Key names one credential.
type Key struct {
	Connection string // the connection's name in the configuration
	Account    string // what else tells two credentials of that name apart: tenant and application
	Purpose    Purpose
}

// label is the key as a keyring shows it: it tells nothing about tenants, because
// keyring entries are listed in the open, and it has no colon, which Windows
// uses to join service and user.
func (k Key) label() string {
	sum := sha256.Sum256([]byte(k.Connection + "\x00" + strings.ToLower(k.Account) + "\x00" + string(k.Purpose)))
	return string(k.Purpose) + "-" + hex.EncodeToString(sum[:10])
}

// MaxSecret is the longest credential in bytes that every supported keyring can
// hold; the limit is Windows'.
const MaxSecret = 2560

// Store keeps credentials. Errors are of type [*Error]. All methods are safe for
// concurrent use and end within a bound of their own also when ctx has none.
type Store interface {
	// Get gives the credential, or [ErrNotFound].
	Get(ctx context.Context, key Key) (Secret, error)
	// Set stores or replaces the credential and has read it back when it returns nil.
	Set(ctx context.Context, key Key, value Secret) error
	// Delete removes the credential; [ErrNotFound] where there was none.
	Delete(ctx context.Context, key Key) error
	// Describe says where credentials are and how they are protected.
	Describe() Backend
}

// Backend describes a store to people.
type Backend struct {
	Name       string // as in the configuration: "keyring"
	Where      string // "this computer's keyring (Secret Service)"
	Protection string // who can read it
	Persistent bool   // survives the end of the program
	ReadOnly   bool
}

// checkSize refuses what cannot be stored everywhere, before anything is called.
func checkSize(backend string, value Secret) error {
	switch {
	case value.Empty():
		return &Error{Kind: ErrUnavailable, Backend: backend, Op: "storing a credential",
			Detail: "it is empty", Remedy: "give the credential itself"}
	case value.Len() > MaxSecret:
		return &Error{Kind: ErrTooBig, Backend: backend, Op: "storing a credential",
			Remedy: "a credential may have 2,560 bytes; check what was pasted. RSA keys fit up to 3,072 bits"}
	}
	return nil
}
