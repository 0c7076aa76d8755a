package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"roomdesk/sync/store"
)

// rebuildEnv makes the test binary a process that opens the damaged store that the
// variable names and kills itself at the step whose number is before the colon.
const rebuildEnv = "ROOMDESK_TEST_REBUILD_STORE"

func rebuildUntilKilled(spec string) error {
	number, file, _ := strings.Cut(spec, ":")
	last, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	var passed, operations atomic.Int64
	stride := int64(32)
	if every() {
		stride = 2
	}
	pass := func(point string) {
		if passed.Add(1) == last {
			fmt.Println(point)
			killSelf()
		}
	}
	disk.install()
	disk.meddle(filepath.Dir(file), func(o operation) int32 {
		if o.changes() && operations.Add(1)%stride == 1 { // a step too
			pass(o.kind + " " + filepath.Base(o.path))
		}
		return sqlite3.SQLITE_OK
	})
	o := store.Options{Path: file, Tenant: tenant}
	o.AtEachPoint(pass)
	s, err := store.Open(context.Background(), o)
	if err != nil {
		return err
	}
	pass("open")
	if err := s.Close(); err != nil {
		return err
	}
	fmt.Println("done")
	return nil
}

// copyStore copies a closed store and what lies beside it.
func copyStore(t *testing.T, from string) string {
	t.Helper()
	to := path(t)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range must(filepath.Glob(from + "*"))(t) {
		if err := os.WriteFile(to+strings.TrimPrefix(name, from), must(os.ReadFile(name))(t), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// The process dies while it begins a damaged store anew, at any step: the bookings
// are there at the next start, which says what happened.
func TestKilledWhileADamagedStoreIsBegunAnew(t *testing.T) { // F-101, F-106, DURA, SAY
	good := filled(t)
	b := must(os.ReadFile(good))(t)
	damaged := false
	for n := len(b)/4096 - 1; n > 0 && !damaged; n-- { // a page whose loss leaves all bookings and relocations
		bad := append([]byte(nil), b...)
		for i := range 4096 {
			bad[n*4096+i] = 0xa5
		}
		if err := os.WriteFile(good, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		probe := openAt(t, copyStore(t, good))
		damaged = probe.Report().Salvaged == 50 && !probe.Report().OutboxLost && probe.Report().Relocations == 12
	}
	if !damaged {
		t.Fatal("no page does")
	}
	stages := map[string]bool{}
	for point := 1; ; {
		file := copyStore(t, good)
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%d:%s", rebuildEnv, point, file))
		out, err := child.Output()
		met := strings.TrimSpace(string(out))
		if met == "" || strings.HasPrefix(met, "error") {
			t.Fatalf("step %d: %q, %v", point, met, err)
		}
		what := fmt.Sprintf("killed at step %d, %s", point, met)
		if met == "done" {
			for _, stage := range []string{"before the bookings are read", "the new store counts", "set aside store-wal", "set aside store", "exchanged", "open"} {
				if !stages[stage] {
					t.Errorf("never killed at %q of %v", stage, stages)
				}
			}
			return
		}
		told := stages["open"] // by the process that was killed later
		stages[met] = true
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if r := s.Report(); told && r.SetAside == "" {
			t.Logf("%s: told before", what)
		} else if r.SetAside == "" || r.Salvaged != 50 || r.OutboxLost || !strings.Contains(r.Sentence(), "All 50 bookings were saved") {
			t.Errorf("%s: %+v", what, r)
		} else if _, err := os.Stat(r.SetAside); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if bookings := must(s.Bookings(t.Context()))(t); len(bookings) != 50 {
			t.Errorf("%s: %d bookings", what, len(bookings))
		}
		if journal := must(s.OpenRelocations(t.Context()))(t); len(journal) != 12 || journal[0].Revision != 3 {
			t.Errorf("%s: %d relocations", what, len(journal))
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		s = reopened(t, what, file) // told once
		if s == nil {
			return
		}
		if sentence := s.Report().Sentence(); sentence != "" {
			t.Errorf("%s: told again: %s", what, sentence)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if aside := must(filepath.Glob(file + ".damaged-*"))(t); len(aside) == 0 {
			t.Errorf("%s: the damaged file is nowhere", what)
		}
		for _, left := range []string{".new", ".part", ".part-wal", ".part-journal"} {
			if _, err := os.Lstat(file + left); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %s is left, %v", what, left, err)
			}
		}
		point++
	}
}

// A store that lost all that was in it says so: it may have held bookings.
func TestEmptiedStoreSaysSo(t *testing.T) { // F-106, SAY
	for name, lose := range map[string]func(file string) error{
		"missing":     os.Remove,
		"zero length": func(file string) error { return os.Truncate(file, 0) },
		"one byte":    func(file string) error { return os.Truncate(file, 1) },
	} {
		file := filled(t)
		if err := lose(file); err != nil {
			t.Fatal(err)
		}
		s := openAt(t, file)
		if r := s.Report(); !r.OutboxLost || r.Salvaged != 0 || !strings.Contains(r.Sentence(), "bookings made here are missing") {
			t.Errorf("%s: %+v %q", name, r, r.Sentence())
		}
		fill(t, s, aalto, meetings(aalto, 0, 3))
	}
	if sentence := open(t).Report().Sentence(); sentence != "" {
		t.Errorf("a store that never was: %s", sentence)
	}
}
