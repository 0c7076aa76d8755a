package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
)

// sealedHeader begins a sealed file; it is part of what is authenticated.
const sealedHeader = "roomdesk sealed 1\n"

// NewDataKey makes a key for [SealedFile]: 32 random bytes in base64.
func NewDataKey() Secret {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: it ends the program instead
	defer clear(key[:])
	return NewSecret(base64.StdEncoding.EncodeToString(key[:]))
}

// SealedFile holds what is too large or changes too often for a keyring: it is
// sealed with AES-256-GCM under a key that lies there. Mode 0600, no links,
// replaced in one step.
type SealedFile struct {
	Path string
	// Bound names what the file belongs to: a file of another connection, tenant or
	// application does not open.
	Bound string
}

const openingSealed = "reading the sign-in that is kept"

// Read opens the file: [ErrNotFound], [ErrPermissions], or [ErrDamaged] where it was
// changed, belongs to something else, or the key is another one.
func (f SealedFile) Read(key Secret) ([]byte, error) {
	sealed, err := readPrivate(f.Path, false)
	if err != nil {
		return nil, f.name(err)
	}
	damaged := &Error{Kind: ErrDamaged, Backend: "sealed file", Op: openingSealed, Detail: plain(f.Path) + " was changed, or belongs to another connection",
		Remedy: "sign in again: roomdesk sign-in"}
	aead, err := seal(key)
	if err != nil {
		return nil, damaged
	}
	rest, ok := bytes.CutPrefix(sealed, []byte(sealedHeader))
	if !ok || len(rest) < aead.NonceSize() {
		return nil, damaged
	}
	text, err := aead.Open(nil, rest[:aead.NonceSize()], rest[aead.NonceSize():], []byte(sealedHeader+f.Bound))
	if err != nil {
		return nil, damaged
	}
	return text, nil
}

// Write seals text in the place of what was there.
func (f SealedFile) Write(key Secret, text []byte) error {
	aead, err := seal(key)
	if err != nil {
		return &Error{Kind: ErrDamaged, Backend: "sealed file", Op: "keeping the sign-in", Detail: "its key is no key", Remedy: "connect again"}
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	sealed := append([]byte(sealedHeader), nonce...)
	return f.name(writePrivate(f.Path, aead.Seal(sealed, nonce, text, []byte(sealedHeader+f.Bound))))
}

// Remove deletes the file with its lock; what is not there is no failure.
func (f SealedFile) Remove() error {
	for _, path := range []string{f.Path, f.lockPath()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return &Error{Kind: ErrUnavailable, Backend: "sealed file", Op: "removing the sign-in that was kept", Detail: plain(err.Error()), Remedy: "remove " + plain(path) + " yourself", Err: err}
		}
	}
	return nil
}

func (f SealedFile) name(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	e.Backend, e.Op = "sealed file", openingSealed
	if e.Remedy == "" {
		e.Remedy = "sign in again: roomdesk sign-in"
	}
	return e
}

func seal(key Secret) (cipher.AEAD, error) {
	raw, err := base64.StdEncoding.DecodeString(key.Reveal())
	if err != nil || len(raw) != 32 {
		return nil, errors.New("not a key")
	}
	defer clear(raw)
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
