package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// HandOver moves the store at path to another place, and binds it to another tenant id;
// "" leaves it to the next who opens it. It refuses while a process holds the store, and
// where there is a store at the other place already: then nothing is changed.
func HandOver(ctx context.Context, path, to, tenant string) error {
	const op = "handing the store over"
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return failure(op, fmt.Errorf("%s is there already", to))
	}
	if err := rebind(ctx, path, tenant); err != nil {
		return err
	}
	lease, holder, err := takeLease(path + lockSuffix)
	if err != nil {
		return failure(op, err)
	}
	if lease == nil {
		return failure(op, fmt.Errorf("it is in use by %s", holder))
	}
	defer lease.release() //nolint:errcheck // the lock file itself is removed
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return failure(op, err)
	}
	// Closing has copied the log back; what else stands beside the file goes along first,
	// so that the name is taken only once everything is there.
	for _, suffix := range besides {
		if suffix == lockSuffix {
			continue
		}
		if err := os.Rename(path+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failure(op, err)
		}
	}
	if err := os.Rename(path, to); err != nil {
		return failure(op, err)
	}
	return failure(op, ignoreMissing(os.Remove(path+lockSuffix)))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// rebind writes another tenant id into a store that nobody else holds, and copies its
// log back.
func rebind(ctx context.Context, path, tenant string) error {
	s, err := Open(ctx, Options{Path: path})
	if err != nil {
		return err
	}
	if holder := s.Holder(); holder != "" {
		return errors.Join(failure("handing the store over", fmt.Errorf("it is in use by %s", holder)), s.Close())
	}
	err = s.write(ctx, "handing the store over", func(b *batch) error {
		if tenant == "" {
			return b.exec("DELETE FROM meta WHERE key = 'tenant'")
		}
		return b.setMeta("tenant", tenant)
	})
	return errors.Join(err, s.Close())
}
