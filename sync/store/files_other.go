//go:build !unix

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// ownedByUs has nothing to ask here: access lists of the user's profile guard it.
func ownedByUs(string, fs.FileInfo) error { return nil }

// lease is the right to sync, held by at most one process for a store. A file
// that is open cannot be removed here, which is what the lease stands on.
type lease struct{ file *os.File }

func takeLease(path string) (*lease, string, error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, "another process", nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return nil, "another process", nil
	}
	if err != nil {
		return nil, "", err
	}
	words := fmt.Sprintf("process %d\n", os.Getpid())
	if _, err := f.WriteString(words); err != nil {
		return nil, "", err
	}
	return &lease{f}, strings.TrimSpace(words), nil
}

func (l *lease) release() error { return l.file.Close() }

// onDisk waits until a file is on the disk. Directories cannot be asked here.
func onDisk(path string) error {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
