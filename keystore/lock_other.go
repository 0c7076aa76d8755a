//go:build !unix

package keystore

import (
	"errors"
	"os"
)

// takeLock takes the lock file, or fails with errHeld. A file that is open cannot be
// removed here, which is what the lock stands on.
func takeLock(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errHeld
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, errHeld
	}
	return file, err
}
