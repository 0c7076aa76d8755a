package store

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"roomdesk/providers"
)

// failure classifies an error of the store: it is this machine's, unless the
// caller gave up. nil stays nil.
func failure(op string, err error) error {
	var classified *providers.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &classified):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &providers.Error{Class: providers.Cancelled, Op: op, Err: err}
	}
	return &providers.Error{Class: providers.Local, Op: op, Advice: advice(err), Err: err}
}

const (
	adviceFull     = "the disk is full: make room, and it goes on by itself"
	adviceReadOnly = "make the data directory writable, or choose another one with --data"
	adviceTrouble  = "the disk has trouble: see the system's log"
)

// advice is what a person can do about an error of the database.
func advice(err error) string {
	switch {
	case errors.Is(err, errReplaced):
		return "start roomdesk again: the store is begun anew, or opened where it is now"
	case errors.Is(err, syscall.ENOSPC):
		return adviceFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return adviceReadOnly
	case errors.Is(err, syscall.EIO):
		return adviceTrouble
	}
	switch primaryCode(err) {
	case sqlite3.SQLITE_FULL:
		return adviceFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return adviceReadOnly
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another program holds the store, perhaps a backup: close it"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "start roomdesk again: the store is checked and, if need be, begun anew"
	case sqlite3.SQLITE_IOERR:
		return adviceTrouble
	}
	return ""
}

// primaryCode is SQLite's result code without its extension; 0 for other errors.
func primaryCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func isDamage(err error) bool {
	switch primaryCode(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return errors.Is(err, errBadBlob)
}
