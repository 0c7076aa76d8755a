package keystore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"strings"
	"sync"

	"filippo.io/age"
)

// ageVersion is the version of what is inside of the encrypted file.
const ageVersion = 1

// AgeFile keeps credentials in one file, encrypted with age: under a passphrase
// (scrypt) or for an identity file. It is used by explicit choice only. The file
// has mode 0600 and is never read or written through a link.
type AgeFile struct {
	// Path of the encrypted file.
	Path string
	// IdentityPath is a file with an age identity, as age-keygen writes it; "" uses
	// a passphrase.
	IdentityPath string
	// Passphrase is asked when it is needed, once; create says that a new file is
	// being made. Nil, or an error of kind [ErrLocked], means that nobody can be asked.
	Passphrase func(ctx context.Context, create bool) (Secret, error)
	// Wrong is told that a passphrase does not open the file, how often in a row, and
	// reports whether to ask for another. Nil asks for none.
	Wrong func(times int) bool

	work int // scrypt's work factor for tests; 0 is age's own

	mu     sync.Mutex
	phrase Secret
	asked  error // why there is no passphrase; not asked again
	sealed []byte
	opened map[string]string // what sealed holds
}

// ageContent is what is inside of the file.
type ageContent struct {
	Version     int               `json:"version"`
	Credentials map[string]string `json:"credentials"` // by the key's label
}

// Unlock asks for the passphrase and opens the file, so that nobody is asked
// later. A file that is not there yet is no failure.
func (f *AgeFile) Unlock(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.load(ctx, "opening the encrypted file")
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Give puts the passphrase in that was asked for elsewhere, as by a drawn field. What was
// opened with another one is opened anew.
func (f *AgeFile) Give(phrase Secret) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phrase.Equal(phrase) {
		return
	}
	f.phrase.Wipe()
	f.phrase, f.asked, f.sealed, f.opened = NewSecret(phrase.Reveal()), nil, nil, nil
}

// Get implements [Store].
func (f *AgeFile) Get(ctx context.Context, key Key) (Secret, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	op := "reading the credential of " + key.Connection
	held, err := f.load(ctx, op)
	if err != nil {
		return Secret{}, err
	}
	value, ok := held[key.label()]
	if !ok {
		return Secret{}, &Error{Kind: ErrNotFound, Backend: "age", Op: op, Detail: "the encrypted file holds none for this connection", Remedy: "connect again: roomdesk connect"}
	}
	return NewSecret(value), nil
}

// Set implements [Store].
func (f *AgeFile) Set(ctx context.Context, key Key, value Secret) error {
	if err := checkSize("age", value); err != nil {
		return err
	}
	return f.change(ctx, "storing the credential of "+key.Connection, func(held map[string]string) error {
		held[key.label()] = value.Reveal()
		return nil
	})
}

// Delete implements [Store].
func (f *AgeFile) Delete(ctx context.Context, key Key) error {
	op := "removing the credential of " + key.Connection
	return f.change(ctx, op, func(held map[string]string) error {
		if _, ok := held[key.label()]; !ok {
			return &Error{Kind: ErrNotFound, Backend: "age", Op: op, Remedy: "it is gone already"}
		}
		delete(held, key.label())
		return nil
	})
}

// Describe implements [Store].
func (f *AgeFile) Describe() Backend {
	how := "encrypted under a passphrase"
	if f.IdentityPath != "" {
		how = "encrypted for the identity in " + plain(f.IdentityPath)
	}
	return Backend{Name: "age", Where: "the encrypted file " + plain(f.Path), Protection: how, Persistent: true}
}

// probe tries everything that storing needs and changes nothing but the file's
// encryption.
func (f *AgeFile) probe(ctx context.Context) error {
	return f.change(ctx, "trying whether a credential can be kept", func(map[string]string) error { return nil })
}

// change reads, changes and writes the file, and reads it back.
func (f *AgeFile) change(ctx context.Context, op string, work func(map[string]string) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, err := f.load(ctx, op)
	create := errors.Is(err, ErrNotFound)
	if err != nil && !create {
		return err
	}
	next := map[string]string{}
	maps.Copy(next, held)
	if err := work(next); err != nil {
		return err
	}
	inside, err := json.Marshal(ageContent{ageVersion, next})
	if err != nil {
		return f.name(op, &Error{Kind: ErrUnavailable, Detail: "it cannot be written", Err: err})
	}
	defer clear(inside)
	recipient, err := f.recipient(ctx, op, create)
	if err != nil {
		return err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err == nil {
		if _, err = w.Write(inside); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		return f.name(op, &Error{Kind: ErrUnavailable, Detail: plain(err.Error()), Err: err})
	}
	// Another process may have changed it since it was read.
	now, err := readPrivate(f.Path, false)
	if err != nil && !(create && errors.Is(err, ErrNotFound)) {
		return f.name(op, err)
	}
	if !bytes.Equal(now, f.sealed) && !create || create && err == nil {
		return f.name(op, &Error{Kind: ErrUnavailable, Detail: "somebody else changed the encrypted file meanwhile", Remedy: "try again"})
	}
	if err := writePrivate(f.Path, sealed.Bytes()); err != nil {
		return f.name(op, err)
	}
	f.sealed, f.opened = nil, nil
	got, err := f.load(ctx, op)
	if err == nil && !maps.Equal(got, next) {
		err = f.name(op, &Error{Kind: ErrDamaged, Detail: "the file gave back something else than was stored", Remedy: "check the disk"})
	}
	if err == nil && len(next) == 0 {
		// Nothing is in it: nothing of it shall stay.
		f.sealed, f.opened = nil, nil
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f.name(op, &Error{Kind: ErrUnavailable, Detail: plain(err.Error()), Remedy: "remove " + plain(f.Path) + " yourself", Err: err})
		}
	}
	return err
}

// load gives what the file holds; it is opened anew only where it changed. The
// caller holds the lock and does not change the map.
func (f *AgeFile) load(ctx context.Context, op string) (map[string]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sealed, err := readPrivate(f.Path, false)
	if errors.Is(err, ErrNotFound) {
		f.sealed, f.opened = nil, nil
		return nil, f.name(op, &Error{Kind: ErrNotFound, Detail: plain(f.Path) + " is not there", Remedy: "connect again: roomdesk connect", Err: err})
	}
	if err != nil {
		return nil, f.name(op, err)
	}
	if f.opened != nil && bytes.Equal(sealed, f.sealed) {
		return f.opened, nil
	}
	for times := 1; ; times++ {
		opened, err := f.open(ctx, op, sealed)
		if !errors.Is(err, ErrPassphrase) || f.IdentityPath != "" || f.Wrong == nil || !f.Wrong(times) {
			return opened, err
		}
	}
}

// open decrypts what was read.
func (f *AgeFile) open(ctx context.Context, op string, sealed []byte) (map[string]string, error) {
	identity, err := f.identity(ctx, op)
	if err != nil {
		return nil, err
	}
	damaged := func(detail string) error {
		return f.name(op, &Error{Kind: ErrDamaged, Detail: detail, Remedy: "remove " + plain(f.Path) + " and connect again"})
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none) && f.IdentityPath != "":
		return nil, f.name(op, &Error{Kind: ErrPassphrase, Detail: "the identity in " + plain(f.IdentityPath) + " does not open it",
			Remedy: "use the identity with which it was made, or remove " + plain(f.Path) + " and connect again"})
	case errors.As(err, &none):
		f.phrase.Wipe()
		f.phrase = Secret{}
		return nil, f.name(op, &Error{Kind: ErrPassphrase, Remedy: "try again with the passphrase with which it was made; if it is lost, remove " + plain(f.Path) + " and connect again"})
	case err != nil:
		return nil, damaged("its beginning is not that of an age file")
	}
	inside, err := io.ReadAll(io.LimitReader(r, maxPrivateFile))
	defer clear(inside)
	var content ageContent
	switch {
	case err != nil:
		return nil, damaged("it was changed or cut off")
	case json.Unmarshal(inside, &content) != nil:
		return nil, damaged("what is in it was not written by roomdesk")
	case content.Version != ageVersion:
		return nil, f.name(op, &Error{Kind: ErrUnavailable, Detail: "a newer version of roomdesk wrote it", Remedy: "update roomdesk"})
	}
	if content.Credentials == nil {
		content.Credentials = map[string]string{}
	}
	f.sealed, f.opened = sealed, content.Credentials
	return f.opened, nil
}

// identity is what opens the file.
func (f *AgeFile) identity(ctx context.Context, op string) (age.Identity, error) {
	if f.IdentityPath != "" {
		return f.readIdentity(op)
	}
	phrase, err := f.ask(ctx, op, false)
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(phrase.Reveal())
	if err != nil {
		return nil, f.locked(op)
	}
	return identity, nil
}

// recipient is what the file is encrypted for.
func (f *AgeFile) recipient(ctx context.Context, op string, create bool) (age.Recipient, error) {
	if f.IdentityPath != "" {
		identity, err := f.readIdentity(op)
		if err != nil {
			return nil, err
		}
		return identity.Recipient(), nil
	}
	phrase, err := f.ask(ctx, op, create)
	if err != nil {
		return nil, err
	}
	recipient, err := age.NewScryptRecipient(phrase.Reveal())
	if err != nil {
		return nil, f.locked(op)
	}
	if f.work > 0 {
		recipient.SetWorkFactor(f.work)
	}
	return recipient, nil
}

func (f *AgeFile) readIdentity(op string) (*age.X25519Identity, error) {
	text, err := readPrivate(f.IdentityPath, false)
	if errors.Is(err, ErrNotFound) {
		return nil, f.name(op, &Error{Kind: ErrLocked, Detail: "the identity file " + plain(f.IdentityPath) + " is not there",
			Remedy: "put it back, or make one with age-keygen -o " + plain(f.IdentityPath)})
	}
	if err != nil {
		return nil, f.name(op, err)
	}
	defer clear(text)
	identities, err := age.ParseIdentities(bytes.NewReader(text))
	if err == nil {
		for _, identity := range identities {
			if x, ok := identity.(*age.X25519Identity); ok {
				return x, nil
			}
		}
	}
	return nil, f.name(op, &Error{Kind: ErrDamaged, Detail: plain(f.IdentityPath) + " holds no age identity",
		Remedy: "make one with age-keygen -o " + plain(f.IdentityPath)})
}

// ask gets the passphrase, once in the life of the store.
func (f *AgeFile) ask(ctx context.Context, op string, create bool) (Secret, error) {
	if !f.phrase.Empty() {
		return f.phrase, nil
	}
	if f.asked != nil {
		return Secret{}, f.name(op, f.asked)
	}
	if f.Passphrase == nil {
		return Secret{}, f.locked(op)
	}
	phrase, err := f.Passphrase(ctx, create)
	if err == nil && phrase.Empty() {
		err = f.locked(op)
	}
	if err != nil {
		var known *Error
		if errors.As(err, &known) {
			f.asked = err
			return Secret{}, f.name(op, err)
		}
		return Secret{}, err
	}
	f.phrase = phrase
	return phrase, nil
}

func (f *AgeFile) locked(op string) error {
	return f.name(op, &Error{Kind: ErrLocked, Detail: "its passphrase was not given",
		Remedy: "type it on a terminal, or name a file that holds it in ROOMDESK_PASSPHRASE_FILE"})
}

// name says which store failed and at what.
func (f *AgeFile) name(op string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	named.Backend, named.Op = "age", op
	if named.Remedy == "" {
		named.Remedy = "connect again: roomdesk connect"
	}
	named.Detail = strings.TrimSpace(named.Detail)
	return &named
}

// PassphraseFile reads a passphrase from a file that only its owner may read.
func PassphraseFile(path string) (Secret, error) {
	text, err := readPrivate(path, false)
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			return Secret{}, &Error{Kind: ErrLocked, Backend: "age", Detail: "the file of ROOMDESK_PASSPHRASE_FILE is not there",
				Remedy: "correct ROOMDESK_PASSPHRASE_FILE, or unset it and type the passphrase"}
		}
		return Secret{}, err
	}
	defer clear(text)
	return NewSecret(strings.TrimRight(string(text), "\r\n")), nil
}
