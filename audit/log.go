package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"roomdesk/providers"
)

// maxLine is the longest line that is read, in bytes; none is written near it.
const maxLine = 64 << 10

// Log is a trail in a file, which several processes may append to. The zero Log
// keeps nothing.
type Log struct {
	path  string
	actor Actor
	now   func() time.Time
	// open opens the file and keeps other processes out of it; nil: on the disk.
	open func(path string) (file, error)
}

// file is what a trail does to its file.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Seeker
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// openLocked opens the trail and no other file: a link that somebody puts in its place
// between looking and opening leads nowhere.
func openLocked(path string) (file, error) {
	f, err := lockedfile.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Lstat(path); err == nil && !os.SameFile(opened, there) {
			err = errors.New("the file was exchanged while it was opened")
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Open gives the trail in a file, which is made with the first line, for its owner
// alone. now nil is the machine's clock.
func Open(path string, actor Actor, now func() time.Time) *Log {
	if now == nil {
		now = time.Now
	}
	return &Log{path: path, actor: actor, now: now}
}

// Path is where the trail is.
func (l *Log) Path() string { return l.path }

// Append adds a line and returns once it would survive a power cut. N, At, Actor
// and the hashes are filled in. Its errors are of class Local.
func (l *Log) Append(_ context.Context, r Record) (Record, error) {
	r, err := l.append(r)
	if err != nil {
		return r, l.problem(err)
	}
	return r, nil
}

func (l *Log) append(r Record) (Record, error) {
	if info, err := os.Lstat(l.path); err == nil && !info.Mode().IsRegular() {
		return r, errors.New("there is a link or something else in the file's place")
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		return r, err
	}
	_, err := os.Stat(l.path)
	fresh := errors.Is(err, fs.ErrNotExist)
	open := l.open
	if open == nil {
		open = openLocked
	}
	f, err := open(l.path)
	if err != nil {
		return r, err
	}
	end, err := tail(f, &r)
	if err == nil {
		err = l.write(f, end, &r)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil && fresh {
		err = syncDir(filepath.Dir(l.path))
	}
	return r, err
}

// tail continues the chain from the last whole line, and gives where to write.
func tail(f file, r *Record) (int64, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		r.N, r.Previous = 1, ""
		return 0, err
	}
	from := max(0, size-2*maxLine)
	text := make([]byte, size-from)
	if _, err := f.ReadAt(text, from); err != nil {
		return 0, err
	}
	whole := bytes.LastIndexByte(text, '\n')
	r.Torn = len(text) - whole - 1
	lines := bytes.Split(text[:whole+1], []byte("\n"))
	if whole < 0 {
		if from > 0 {
			return 0, errors.New("its last line does not end")
		}
		r.N, r.Previous = 1, ""
		return size, nil
	}
	last, err := parse(lines[len(lines)-2])
	if err != nil {
		return 0, fmt.Errorf("its last line cannot be read: look at it with roomdesk audit verify, move the file away, and a new one is begun: %w", err)
	}
	r.N, r.Previous = last.N+1, last.Hash
	return size, nil
}

func (l *Log) write(f file, end int64, r *Record) error {
	r.At, r.Actor = l.now().UTC(), l.actor
	text, err := r.line()
	if err != nil {
		return err
	}
	if r.Torn > 0 {
		text = append([]byte("\n"), text...)
	}
	if len(text) > maxLine {
		return errors.New("the line is too long")
	}
	n, err := f.WriteAt(text, end)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		return nil
	}
	// What was written of it goes, for what it announces does not happen. Where that
	// fails too, the next line says that a torn one stands before it, or the line stays
	// as an intent without an outcome.
	kept := f.Truncate(end)
	if kept != nil && r.Torn > 0 && n > 0 && n < len(text) {
		// Two torn lines become one: what ends like a line has to be one.
		_, again := f.WriteAt([]byte(" "), end)
		kept = errors.Join(kept, again)
	}
	return errors.Join(err, kept)
}

// problem is an error as the rest of the program knows them.
func (l *Log) problem(err error) error {
	advice := "check the permissions of the data directory"
	for _, known := range []struct {
		errno  error
		advice string
	}{
		{syscall.ENOSPC, "make room on the disk, or move the data directory to another with --data"},
		{syscall.EDQUOT, "your quota on that disk is used up: make room, or move the data directory to another with --data"},
		{syscall.EROFS, "the file system is read-only: mount it for writing, or move the data directory to another with --data"},
		{syscall.EIO, "the disk reports errors: look at the system's log, and move the data directory to another disk with --data"},
		{syscall.EFBIG, "the file may not grow: check ulimit -f, and move the trail away to begin another"},
	} {
		if errors.Is(err, known.errno) {
			advice = known.advice
			break
		}
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &providers.Error{Class: providers.Local, Op: "writing the audit trail", Advice: advice, Err: err,
		Message: providers.Outside("the audit trail cannot be written, so nothing was sent: " + err.Error())}
}

// syncDir makes a new name in a directory survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) {
		err = nil // Windows and some file systems do not know it
	}
	return errors.Join(err, d.Close())
}
