//go:build unix

package keystore

import (
	"errors"
	"os"
	"syscall"
)

// takeLock takes the lock file, or fails with errHeld.
func takeLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errHeld
	}
	if err == nil {
		// Whoever held it may have removed the file: then this is the lock of nothing.
		var mine, there os.FileInfo
		if mine, err = file.Stat(); err == nil {
			if there, err = os.Lstat(path); err != nil || !os.SameFile(mine, there) {
				err = errHeld
			}
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
