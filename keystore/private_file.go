package keystore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// maxPrivateFile is the longest file with credentials that is read, in bytes.
const maxPrivateFile = 1 << 20

// readPrivate reads a file that only its owner may read and that is no link. Its
// errors are of type [*Error], for the caller to name store and operation:
// [ErrNotFound], [ErrPermissions] or [ErrUnavailable]. groupMay lets a group read
// it, as systemd's credentials of a system unit.
func readPrivate(path string, groupMay bool) ([]byte, error) {
	fail := func(kind error, detail, remedy string, err error) ([]byte, error) {
		return nil, &Error{Kind: kind, Detail: detail, Remedy: remedy, Err: err}
	}
	shown := plain(path)
	before, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(ErrNotFound, shown+" is not there", "", err)
	case err != nil:
		return fail(ErrUnavailable, plain(err.Error()), "check the path and its permissions", err)
	case before.Mode()&fs.ModeSymlink != 0:
		return fail(ErrPermissions, shown+" is a symbolic link, which is not followed", "put the file itself there", nil)
	case !before.Mode().IsRegular():
		return fail(ErrPermissions, shown+" is no plain file", "put the file itself there", nil)
	case before.Size() > maxPrivateFile:
		return fail(ErrDamaged, shown+" is larger than 1 MB", "check that this is the right file", nil)
	}
	forbidden := fs.FileMode(0o077)
	if groupMay {
		forbidden = 0o027
	}
	if runtime.GOOS != "windows" {
		if mode := before.Mode().Perm(); mode&forbidden != 0 {
			return fail(ErrPermissions, fmt.Sprintf("other users can open %s (mode %04o)", shown, mode), "take that right away: chmod 600 "+shown, nil)
		}
		dir := filepath.Dir(path)
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fail(ErrPermissions, fmt.Sprintf("other users can change the directory %s (mode %04o)", plain(dir), info.Mode().Perm()),
				"take that right away: chmod 700 "+plain(dir), nil)
		}
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return fail(ErrPermissions, shown+" cannot be opened", "give it to the user that runs roomdesk: chown and chmod 600", err)
	}
	if err != nil {
		return fail(ErrUnavailable, plain(err.Error()), "check the path and its permissions", err)
	}
	defer file.Close() //nolint:errcheck // read only
	// What was looked at is what is read: a link put there meanwhile is another file.
	if opened, err := file.Stat(); err != nil || !os.SameFile(before, opened) {
		return fail(ErrPermissions, shown+" was exchanged while it was opened", "look who can write there", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxPrivateFile+1))
	if err != nil {
		return fail(ErrUnavailable, plain(err.Error()), "check the disk", err)
	}
	return text, nil
}

// writePrivate puts text into a file that only its owner may read, in one step: a
// reader sees the old file or the new one. The directory is made where it is
// missing. A link in the file's place is refused.
func writePrivate(path string, text []byte) error {
	fail := func(kind error, detail, remedy string, err error) error {
		return &Error{Kind: kind, Detail: detail, Remedy: remedy, Err: err}
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(ErrUnavailable, plain(err.Error()), "check the path and its permissions", err)
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fail(ErrPermissions, plain(path)+" is a link or no plain file", "put the file itself there", nil)
	}
	temp, err := os.CreateTemp(dir, ".roomdesk-*") // mode 0600
	if err != nil {
		return fail(ErrUnavailable, plain(err.Error()), remedyWrite(err), err)
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // gone after the rename
	_, err = temp.Write(text)
	if err == nil {
		err = temp.Sync()
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fail(ErrUnavailable, plain(err.Error()), remedyWrite(err), err)
	}
	return nil
}

func remedyWrite(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return "the disk is full: make room, then try again"
	}
	return "check the directory's permissions and the space on the disk"
}
