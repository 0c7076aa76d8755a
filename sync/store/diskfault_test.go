package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// trouble is a way in which a disk fails: from its n-th matching operation on, for
// as many of them as it lasts.
type trouble struct {
	name  string
	kinds string // of the operations that fail
	files string // "": all
	code  int32
	lasts int64
	// reads tells that what is stored can still be read meanwhile.
	reads  bool
	advice string
}

var troubles = []trouble{
	{"F-102 disk full", "write truncate", "", sqlite3.SQLITE_FULL, 1 << 40, true, "the disk is full"},
	{"F-102 disk full once", "write", "", sqlite3.SQLITE_FULL, 1, true, "the disk is full"},
	{"F-103 quota on the log", "write", "-wal", sqlite3.SQLITE_FULL, 1 << 40, true, "the disk is full"},
	{"F-103 fsync fails once", "sync", "", sqlite3.SQLITE_IOERR_FSYNC, 1, true, "the disk has trouble"},
	{"F-103 fsync fails", "sync", "", sqlite3.SQLITE_IOERR_FSYNC, 1 << 40, true, "the disk has trouble"},
	{"F-103 EIO on write", "write", "", sqlite3.SQLITE_IOERR_WRITE, 3, true, "the disk has trouble"},
	{"F-103 EIO on read", "read", "", sqlite3.SQLITE_IOERR_READ, 2, false, "the disk has trouble"},
	{"F-103 EIO on truncate and delete", "truncate delete", "", sqlite3.SQLITE_IOERR_DELETE, 1, true, "the disk has trouble"},
	{"F-103 remounted read-only", "write sync truncate delete", "", sqlite3.SQLITE_READONLY, 1 << 40, true, "make the data directory writable"},
	{"F-103 no inode or descriptor is left", "open", "", sqlite3.SQLITE_CANTOPEN, 2, true, "make the data directory writable"},
}

// begin makes the trouble start with the n-th matching operation below dir. met
// tells whether there was one.
func (tr trouble) begin(dir string, n int64) (met func() bool, undo func()) {
	var matching atomic.Int64
	undo = disk.meddle(dir, func(o operation) int32 {
		if strings.Contains(tr.kinds, o.kind) && (tr.files == "" || o.file() == tr.files) {
			if m := matching.Add(1); m >= n && m < n+tr.lasts {
				return tr.code
			}
		}
		return sqlite3.SQLITE_OK
	})
	return func() bool { return matching.Load() >= n }, undo
}

// local checks that an error says what a person can do.
func (tr trouble) local(t *testing.T, what string, err error) {
	t.Helper()
	problem := providers.ProblemOf(err, noon)
	if !providers.Is(err, providers.Local) || !strings.Contains(strings.ToLower(problem.Sentence(noon)), tr.advice) {
		t.Errorf("%s: %v; a person reads %q", what, err, problem.Sentence(noon))
	}
}

// The disk fails at each of its operations, in each way. An error is told, what
// returned without one is stored, nothing half is shown, and when the trouble is
// over the store goes on without being opened anew.
func TestDiskFailsAtEachOperation(t *testing.T) { // F-102, F-103, DURA, NODEL, SAY
	states := undisturbed(t)
	for kind, tr := range troubles {
		points, told := 0, 0
		stride := int64(1)
		switch {
		case every():
		case strings.Contains(tr.kinds, "write") || strings.Contains(tr.kinds, "read"):
			stride = 61
		case tr.kinds != "sync" || tr.lasts > 1:
			stride = 7
		default:
			stride = 2
		}
		for n := 1 + int64(kind)*3%stride; ; n += stride {
			file := path(t)
			met, undo := tr.begin(filepath.Dir(file), n)
			failures := withTrouble(t, fmt.Sprintf("%s from operation %d", tr.name, n), tr, file, states, undo)
			undo()
			told += failures
			if !met() {
				break
			}
			points++
		}
		if points == 0 || told == 0 {
			t.Errorf("%s: met at %d operations, told %d times", tr.name, points, told)
		}
	}
}

// withTrouble tells the story while the disk fails, and again after undo ended
// that. It gives the number of errors.
func withTrouble(t *testing.T, what string, tr trouble, file string, states []string, undo func()) (failures int) {
	t.Helper()
	o := store.Options{Path: file, Tenant: tenant, Now: func() time.Time { return noon }}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		failures++
		tr.local(t, what+": opening", err)
		undo()
		if s = reopened(t, what, file); s == nil {
			return failures
		}
	}
	defer func() {
		if err := s.Close(); err != nil {
			failures++
			tr.local(t, what+": closing", err)
		}
		undo()
		// The log that could not be copied back is at this start.
		if s = reopened(t, what, file); s == nil {
			return
		}
		if now, err := shown(t.Context(), s); err != nil || now != states[len(states)-1] {
			t.Errorf("%s: the next start shows\n%s%v", what, now, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: closing with the trouble over: %v", what, err)
		}
	}()
	for i, c := range story() {
		err := c.run(t.Context(), s)
		if err != nil {
			failures++
			tr.local(t, what+": "+c.name, err)
		}
		now, readErr := shown(t.Context(), s)
		if readErr != nil && (tr.reads || err == nil) {
			// One that fails once may hit the reader instead of the writer.
			tr.local(t, what+": reading", readErr)
			if tr.lasts > 2 {
				t.Errorf("%s: %s: what is stored cannot be read: %v", what, c.name, readErr)
			}
		}
		first := i + 1
		if err != nil {
			first = i
		}
		if readErr == nil && !between(states, first, i+1, now) {
			t.Errorf("%s: after %s (%v) is shown\n%s", what, c.name, err, now)
		}
		if err == nil {
			continue
		}
		undo()
		if now, err := shown(t.Context(), s); err != nil || !between(states, i, i+1, now) {
			t.Errorf("%s: after %s, with the trouble over, is shown\n%s%v", what, c.name, now, err)
		}
		toldAgain(t, what, s, states)
		return failures
	}
	return failures
}
