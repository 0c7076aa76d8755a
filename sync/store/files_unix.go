//go:build unix

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// ownedByUs refuses what belongs to another user, and files that have a second
// name elsewhere.
func ownedByUs(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user (uid %d)", path, stat.Uid)
	}
	if info.Mode().IsRegular() && stat.Nlink > 1 {
		return fmt.Errorf("%s has a second name (hard link)", path)
	}
	return nil
}

// lease is the right to sync, held by at most one process for a store. The
// kernel gives it back when its holder dies, however that happens.
type lease struct{ file *os.File }

// takeLease gives nil and the holder's own words where another has it.
func takeLease(path string) (*lease, string, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, "", err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 128)
		n, _ := f.ReadAt(holder, 0) // who it is matters less than that it is
		closeErr := f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			words := strings.TrimSpace(string(holder[:n]))
			if words == "" {
				words = "another process"
			}
			return nil, words, closeErr
		}
		return nil, "", err
	}
	words := fmt.Sprintf("process %d\n", os.Getpid())
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(words), 0)
		if err != nil {
			return nil, "", errors.Join(err, f.Close())
		}
	}
	return &lease{f}, strings.TrimSpace(words), nil
}

func (l *lease) release() error { return l.file.Close() }

// onDisk waits until a file, or the names in a directory, are on the disk.
func onDisk(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
