package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"roomdesk/providers"
)

// absent is nil where nothing has that name, not even a link that leads nowhere.
func absent(path string) error {
	_, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unwritable(path, err)
	}
	return exists(path)
}

func exists(path string) error {
	return usage("choose another name, or replace it with --force", "%s exists already", providers.Sanitise(path))
}

func unwritable(path string, err error) error {
	return failed("check the directory and its rights", "%s was not written: %s", providers.Sanitise(path), providers.Sanitise(err.Error()))
}

// writeExport writes a file of mode 0600 that is there as a whole or not at all:
// under another name beside it, and then moved. Without force the move fails where
// something has that name; with force it replaces a link and never writes through
// it.
func writeExport(path string, content []byte, force bool) (err error) {
	if info, err := os.Lstat(path); err == nil && force && info.IsDir() {
		return usage("name a file", "%s is a directory", providers.Sanitise(path))
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".roomdesk-export-*") // 0600, and never an existing one
	if err != nil {
		return unwritable(path, err)
	}
	defer func() {
		if removed := os.Remove(temp.Name()); removed != nil && !errors.Is(removed, fs.ErrNotExist) && err == nil {
			err = unwritable(temp.Name(), removed)
		}
	}()
	_, written := temp.Write(content)
	if err := errors.Join(written, temp.Sync(), temp.Close()); err != nil {
		return unwritable(path, err)
	}
	if force {
		if err := os.Rename(temp.Name(), path); err != nil {
			return unwritable(path, err)
		}
		return nil
	}
	err = os.Link(temp.Name(), path)
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrExist) {
		return exists(path)
	}
	// A file system without hard links: the name is taken first, then filled.
	reserved, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return exists(path)
	}
	if err != nil {
		return unwritable(path, err)
	}
	if err := errors.Join(reserved.Close(), os.Rename(temp.Name(), path)); err != nil {
		return unwritable(path, err)
	}
	return nil
}
