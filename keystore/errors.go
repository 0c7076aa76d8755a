package keystore

import (
	"errors"
	"strings"
	"unicode"
)

// Kinds of failure; test with [errors.Is].
var (
	// ErrNotFound: the store works and holds no such credential.
	ErrNotFound = errors.New("no such credential")
	// ErrLocked: the keyring is locked and nobody unlocked it.
	ErrLocked = errors.New("the keyring is locked")
	// ErrUnavailable: there is no such store here, or it cannot be reached.
	ErrUnavailable = errors.New("the credential store is not available")
	// ErrTimeout: the store did not answer in time.
	ErrTimeout = errors.New("the credential store did not answer in time")
	// ErrTooBig: the credential is longer than [MaxSecret].
	ErrTooBig = errors.New("the credential is too long")
	// ErrDamaged: what the store holds cannot be what was put there.
	ErrDamaged = errors.New("the stored credential is damaged")
	// ErrPermissions: others could read or change where the credential lies.
	ErrPermissions = errors.New("the credential is not safe there")
	// ErrPassphrase: the passphrase, password or identity does not open the file.
	ErrPassphrase = errors.New("the passphrase is wrong")
	// ErrReadOnly: this store is filled by other means.
	ErrReadOnly = errors.New("the credential store is read-only")
	// ErrUnknownBackend: no store of that name exists in this version.
	ErrUnknownBackend = errors.New("unknown kind of credential store")
)

// Error is a failure of a store: what was being done, why it failed and what to
// do next. It never holds a credential.
type Error struct {
	Kind    error // one of the Err values of this package
	Backend string
	Op      string // "reading the credential of connection contoso"
	Detail  string // what the store said, safe to print
	Remedy  string // one sentence
	Err     error  // the cause where there is one
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	if e.Backend == "age" && errors.Is(e.Kind, ErrLocked) {
		b.WriteString("the encrypted file is locked")
	} else {
		b.WriteString(e.Kind.Error())
	}
	if e.Backend != "" {
		b.WriteString(" (" + e.Backend + ")")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// plain makes a foreign text safe for one line of a terminal and keeps it short.
// Keyring services are other programs: their texts are not ours.
func plain(text string) string {
	const longest = 300
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(clean); len(runes) > longest {
		clean = string(runes[:longest]) + "…"
	}
	return strings.TrimSpace(clean)
}
