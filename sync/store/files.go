package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// besides are the files that SQLite and we keep beside the store itself.
var besides = []string{"-wal", "-shm", lockSuffix, checkSuffix, madeSuffix, newSuffix, partSuffix, partSuffix + "-wal", partSuffix + "-shm", partSuffix + "-journal"}

const (
	lockSuffix  = ".lock"
	checkSuffix = ".check" // present: damage was met, look closely at the next start
)

// location turns a file name into SQLite's URI for it. A plain name would be cut
// at a question mark, and a percent sign would be decoded.
func location(path string, parameters url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: parameters.Encode()}
	return u.String()
}

// secure makes the directory and refuses files that somebody else could have put
// there. The database file is made here, before SQLite opens it, because SQLite
// would make it readable by everybody; -wal and -shm inherit its mode.
func secure(path string, create bool) (created bool, err error) {
	if strings.ContainsRune(path, 0) {
		return false, errors.New("the file name contains a NUL character")
	}
	dir := filepath.Dir(path)
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return false, err
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return false, err
	}
	if err := ownedByUs(dir, info); err != nil {
		return false, err
	}
	if info.Mode().Perm()&0o022 != 0 { // others could swap files under our feet
		if err := os.Chmod(dir, 0o700); err != nil {
			return false, err
		}
	}
	for _, suffix := range append([]string{""}, besides...) {
		if err := secureFile(path + suffix); err != nil {
			return false, err
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) || !create {
		return false, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) { // another process was quicker
		return false, secureFile(path)
	}
	if err != nil {
		return false, err
	}
	return true, errors.Join(f.Chmod(0o600), f.Close())
}

// secureFile looks without opening: closing a descriptor of a database file
// drops the locks that SQLite holds on it in this process.
func secureFile(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a plain file (%s)", path, info.Mode().Type())
	}
	if err := ownedByUs(path, info); err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(path, 0o600)
	}
	return nil
}

// Erase removes the store at path and everything beside it, for example after
// disconnecting a tenant. It refuses while another process holds the store.
func Erase(path string) error {
	lease, holder, err := takeLease(path + lockSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failure("erasing the store", err)
	}
	if lease == nil {
		return failure("erasing the store", fmt.Errorf("it is in use by %s", holder))
	}
	defer lease.release() //nolint:errcheck // the lock file itself is removed
	names := []string{path}
	for _, suffix := range besides {
		if suffix != lockSuffix {
			names = append(names, path+suffix)
		}
	}
	for _, pattern := range []string{".damaged-*", ".before-*"} {
		aside, err := filepath.Glob(globQuote(path) + pattern)
		if err != nil {
			return failure("erasing the store", err)
		}
		names = append(names, aside...)
	}
	var errs []error
	for _, name := range append(names, path+lockSuffix) {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return failure("erasing the store", errors.Join(errs...))
}

func globQuote(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
