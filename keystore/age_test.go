package keystore

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// quickWork keeps scrypt from being the test's subject; the factor is in the file,
// so whatever opens it does not care.
const quickWork = 4

func phrase(text string) func(context.Context, bool) (Secret, error) {
	return func(context.Context, bool) (Secret, error) { return NewSecret(text), nil }
}

func newAge(t *testing.T) *AgeFile {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "roomdesk")
	return &AgeFile{Path: filepath.Join(dir, "credentials-a.age"), Passphrase: phrase("correct horse"), work: quickWork}
}

func newIdentity(t *testing.T) string {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(path, []byte("# created by somebody\n"+identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAgeFileKeepsCredentials(t *testing.T) {
	testStore(t, newAge(t))
	with := newAge(t)
	with.IdentityPath, with.Passphrase = newIdentity(t), nil
	testStore(t, with)
	if err := Probe(t.Context(), with); err != nil {
		t.Errorf("probe: %v", err)
	}
}

// S-16, S-08: the file is the owner's alone, holds nothing in the open, leaves no
// other file behind, and goes with its last credential.
func TestAgeFileOnDisk(t *testing.T) {
	f := newAge(t)
	key, secret := Key{Connection: "contoso", Purpose: ClientSecret}, NewSecret("canary~8Q~value")
	if err := Probe(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("trying left a file: %v", err)
	}
	if err := f.Set(t.Context(), key, secret); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(f.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if dir, err := os.Stat(filepath.Dir(f.Path)); err != nil || dir.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", dir, err)
	}
	sealed, err := os.ReadFile(f.Path)
	if err != nil || bytes.Contains(sealed, []byte(secret.Reveal())) || bytes.Contains(sealed, []byte("contoso")) {
		t.Errorf("the file tells: %q %v", sealed, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(f.Path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	// Another process, which has to ask again.
	if got, err := (&AgeFile{Path: f.Path, Passphrase: phrase("correct horse")}).Get(t.Context(), key); err != nil || !got.Equal(secret) {
		t.Errorf("read by another process: %v", err)
	}
	if err := f.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the last credential: %v", err)
	}
}

// Each state of the encrypted file has its own kind, sentence and remedy, and none
// of them changes or replaces the file.
func TestAgeFileSaysWhatIsWrong(t *testing.T) {
	key := Key{Connection: "contoso", Purpose: ClientSecret}
	seen := map[string]string{}
	for _, c := range []struct {
		name         string
		kind         error
		says, remedy string
		spoil        func(t *testing.T, f *AgeFile)
	}{
		{"missing", ErrNotFound, "is not there", "connect again", func(t *testing.T, f *AgeFile) { remove(t, f.Path) }},
		{"nobody to ask", ErrLocked, "passphrase was not given", "ROOMDESK_PASSPHRASE_FILE", func(_ *testing.T, f *AgeFile) { f.Passphrase = nil }},
		{"nothing typed", ErrLocked, "passphrase was not given", "ROOMDESK_PASSPHRASE_FILE", func(_ *testing.T, f *AgeFile) { f.Passphrase = phrase("") }},
		{"wrong passphrase", ErrPassphrase, "the passphrase is wrong", "with which it was made", func(_ *testing.T, f *AgeFile) { f.Passphrase = phrase("guess") }},
		{"another identity", ErrPassphrase, "does not open it", "use the identity", func(t *testing.T, f *AgeFile) { f.IdentityPath = newIdentity(t) }},
		{"identity gone", ErrLocked, "is not there", "age-keygen", func(t *testing.T, f *AgeFile) { f.IdentityPath = filepath.Join(t.TempDir(), "none") }},
		{"identity is none", ErrDamaged, "holds no age identity", "age-keygen", func(t *testing.T, f *AgeFile) {
			f.IdentityPath = filepath.Join(t.TempDir(), "text")
			write(t, f.IdentityPath, "hello")
		}},
		{"readable by the group", ErrPermissions, "(mode 0640)", "chmod 600", func(t *testing.T, f *AgeFile) { chmod(t, f.Path, 0o640) }},
		{"readable by all", ErrPermissions, "(mode 0604)", "chmod 600", func(t *testing.T, f *AgeFile) { chmod(t, f.Path, 0o604) }},
		{"directory of all", ErrPermissions, "can change the directory", "chmod 700", func(t *testing.T, f *AgeFile) { chmod(t, filepath.Dir(f.Path), 0o777) }},
		{"link", ErrPermissions, "symbolic link", "file itself", func(t *testing.T, f *AgeFile) {
			if err := os.Rename(f.Path, f.Path+".real"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(f.Path+".real", f.Path); err != nil {
				t.Fatal(err)
			}
		}},
		{"directory", ErrPermissions, "no plain file", "file itself", func(t *testing.T, f *AgeFile) {
			remove(t, f.Path)
			if err := os.Mkdir(f.Path, 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		{"cut off", ErrDamaged, "changed or cut off", "remove", func(t *testing.T, f *AgeFile) {
			text := read(t, f.Path)
			write(t, f.Path, text[:len(text)-5])
		}},
		{"one bit", ErrDamaged, "changed or cut off", "remove", func(t *testing.T, f *AgeFile) {
			text := []byte(read(t, f.Path))
			text[len(text)-3] ^= 1
			write(t, f.Path, string(text))
		}},
		{"empty", ErrDamaged, "beginning", "remove", func(t *testing.T, f *AgeFile) { write(t, f.Path, "") }},
		{"text", ErrDamaged, "beginning", "remove", func(t *testing.T, f *AgeFile) { write(t, f.Path, "my secret\n") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newAge(t)
			if err := f.Set(t.Context(), key, NewSecret("canary~value")); err != nil {
				t.Fatal(err)
			}
			fresh := &AgeFile{Path: f.Path, Passphrase: f.Passphrase, work: quickWork}
			if c.name == "another identity" {
				fresh.Passphrase, fresh.IdentityPath = nil, newIdentity(t)
				remove(t, f.Path)
				if err := fresh.Set(t.Context(), key, NewSecret("canary~value")); err != nil {
					t.Fatal(err)
				}
				fresh = &AgeFile{Path: f.Path}
			}
			c.spoil(t, fresh)
			before, _ := os.ReadFile(f.Path)
			_, err := fresh.Get(t.Context(), key)
			var e *Error
			if !errors.Is(err, c.kind) || !errors.As(err, &e) || !strings.Contains(e.Error(), c.says) || !strings.Contains(e.Remedy, c.remedy) || e.Backend != "age" {
				t.Fatalf("%v; %#v", err, e)
			}
			if strings.Contains(err.Error()+e.Remedy, "canary") {
				t.Errorf("the sentence tells the credential: %v", err)
			}
			seen[c.name] = e.Error()
			if !errors.Is(c.kind, ErrNotFound) {
				if err := fresh.Set(t.Context(), key, NewSecret("another")); !errors.Is(err, c.kind) {
					t.Errorf("writing: %v", err)
				}
				if after, _ := os.ReadFile(f.Path); !bytes.Equal(before, after) {
					t.Error("the file was changed")
				}
			}
		})
	}
	if len(seen) != 16 {
		t.Errorf("%d states", len(seen))
	}
}

// A change by another process between reading and writing is not lost.
func TestAgeFileOfTwoProcesses(t *testing.T) {
	one := newAge(t)
	two := &AgeFile{Path: one.Path, Passphrase: one.Passphrase, work: quickWork}
	for i, f := range []*AgeFile{one, two, one, two} {
		if err := f.Set(t.Context(), Key{Connection: string(rune('a' + i)), Purpose: ClientSecret}, NewSecret("v")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		if _, err := one.Get(t.Context(), Key{Connection: string(rune('a' + i)), Purpose: ClientSecret}); err != nil {
			t.Errorf("credential %d: %v", i, err)
		}
	}
	// Exactly between: the second one writes while the first asks for its passphrase.
	three := &AgeFile{Path: one.Path, work: quickWork}
	three.Passphrase = func(ctx context.Context, _ bool) (Secret, error) {
		return NewSecret("correct horse"), two.Set(ctx, Key{Connection: "between", Purpose: ClientSecret}, NewSecret("v"))
	}
	if err := three.Set(t.Context(), Key{Connection: "late", Purpose: ClientSecret}, NewSecret("v")); err == nil || !strings.Contains(err.Error(), "meanwhile") {
		t.Errorf("writing over another's change: %v", err)
	}
	if _, err := one.Get(t.Context(), Key{Connection: "between", Purpose: ClientSecret}); err != nil {
		t.Errorf("the other's change: %v", err)
	}
}

func TestSystemdCredentials(t *testing.T) {
	dir := t.TempDir()
	set := func(name string) (string, bool) { return dir, name == "CREDENTIALS_DIRECTORY" }
	store := Systemd{Lookup: set}
	key := Key{Connection: "contoso", Purpose: ClientSecret}
	path := filepath.Join(dir, "roomdesk-contoso")
	wrong := func(kind error, says, remedy string) {
		t.Helper()
		_, err := store.Get(t.Context(), key)
		var e *Error
		if !errors.Is(err, kind) || !errors.As(err, &e) || !strings.Contains(e.Error(), says) || !strings.Contains(e.Remedy, remedy) || e.Backend != "systemd" {
			t.Errorf("%v; %#v", err, e)
		}
	}
	wrong(ErrNotFound, "no credential roomdesk-contoso", "LoadCredentialEncrypted=roomdesk-contoso:")
	write(t, path, "\n")
	wrong(ErrDamaged, "is empty", "systemd-creds")
	write(t, path, "value~8Q\n")
	chmod(t, path, 0o444)
	wrong(ErrPermissions, "other users can open", "chmod")
	for _, mode := range []fs.FileMode{0o400, 0o440, 0o600} { // of a user's unit, of a system unit, by hand
		chmod(t, path, mode)
		if got, err := store.Get(t.Context(), key); err != nil || got.Reveal() != "value~8Q" {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	for _, err := range []error{store.Set(t.Context(), key, NewSecret("x")), store.Delete(t.Context(), key)} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%v", err)
		}
	}
	store.Lookup = func(string) (string, bool) { return "", false }
	wrong(ErrUnavailable, "CREDENTIALS_DIRECTORY is not set", "LoadCredentialEncrypted=")
	if slices.Index(Kinds(), "keyring") != 0 {
		t.Error("the keyring is not the first choice")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
