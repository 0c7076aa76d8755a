package keystore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// lockEvery is the time between two looks at a lock that another process holds.
const lockEvery = 20 * time.Millisecond

// errHeld: another process holds the lock.
var errHeld = errors.New("another process holds the lock")

// Lock keeps other processes from changing the file until the function that it gives
// is called, so that what one wrote is read by the next before it writes. It waits
// until ctx ends. The lock is a file beside it, which the kernel gives back when its
// holder dies; where the directory is not there yet, nobody else can have it.
func (f SealedFile) Lock(ctx context.Context) (func(), error) {
	const op = "waiting for another roomdesk that renews the sign-in"
	path := f.lockPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, &Error{Kind: ErrUnavailable, Backend: "sealed file", Op: op, Detail: plain(err.Error()), Remedy: "check the path and its permissions", Err: err}
	}
	for {
		held, err := takeLock(path)
		if err == nil {
			// Its other end cannot fail in a way that matters: closing gives it back.
			return func() { _ = held.Close() }, nil
		}
		if !errors.Is(err, errHeld) {
			return nil, &Error{Kind: ErrUnavailable, Backend: "sealed file", Op: op, Detail: plain(err.Error()), Remedy: "check " + plain(path) + " and its permissions", Err: err}
		}
		pause := time.NewTimer(lockEvery)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, &Error{Kind: ErrTimeout, Backend: "sealed file", Op: op, Detail: "it does not end", Remedy: "look which roomdesk runs, end it, then try again", Err: ctx.Err()}
		}
	}
}

func (f SealedFile) lockPath() string { return f.Path + ".lock" }
