package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"roomdesk/sync/store"
)

// A kill leaves to the system what was written; a power cut leaves only what was
// synced, and of the rest any part in any order. What was acknowledged as durable
// must be there, and the rest must be the state of some moment.
func TestPowerCutAtEachFileOperation(t *testing.T) { // F-101, F-103, DURA
	states := undisturbed(t)
	r := rand.New(rand.NewPCG(5, 6))
	file := path(t)
	p := newPlatter()
	type image struct {
		what           string
		durable, begun int
		dir            string
	}
	var images []image
	operations := 0
	var begun, durable atomic.Int64 // chapters
	undo := disk.meddle(filepath.Dir(file), func(o operation) int32 {
		if o.changes() {
			operations++
			for _, share := range []float64{0, 0.5} {
				if !every() && operations%10 != int(share*10) {
					continue
				}
				i := image{fmt.Sprintf("power cut before operation %d (%s)", operations, o.kind+o.file()), int(durable.Load()), int(begun.Load()), filepath.Join(t.TempDir(), "data")}
				if err := os.MkdirAll(i.dir, 0o700); err != nil {
					t.Error(err)
				}
				if err := p.cut(i.dir, func() bool { return r.Float64() < share }); err != nil {
					t.Error(err)
				}
				images = append(images, i)
			}
		}
		p.note(o)
		return sqlite3.SQLITE_OK
	})
	defer undo()
	s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range story() {
		begun.Store(int64(i + 1))
		if err := c.run(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if c.durable {
			durable.Store(int64(i + 1))
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(images) < 20 || durable.Load() < 3 {
		t.Errorf("only %d images of %d operations", len(images), operations)
	}
	for _, i := range images {
		s := reopened(t, i.what, filepath.Join(i.dir, filepath.Base(file)))
		if s == nil {
			continue
		}
		now := must(shown(t.Context(), s))(t)
		if !between(states, i.durable, i.begun, now) {
			t.Errorf("%s in chapter %d, durable %d: shown is\n%s", i.what, i.begun, i.durable, now)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", i.what, err)
		}
	}
	t.Logf("%d images of %d operations", len(images), operations)
}

// A disk may answer a sync with an error, forget what it was to keep, and answer
// the next one with success. What is acknowledged as durable after that is there
// after a power cut, and so is what it rests on.
func TestPowerCutAfterAFailedSync(t *testing.T) { // F-103, DURA
	states := undisturbed(t)
	for n := 1; ; n++ {
		file := path(t)
		p := newPlatter()
		syncs := 0
		undo := disk.meddle(filepath.Dir(file), func(o operation) int32 {
			if o.kind == "sync" {
				if syncs++; syncs == n {
					p.forget(o.path)
					return sqlite3.SQLITE_IOERR_FSYNC
				}
			}
			p.note(o)
			return sqlite3.SQLITE_OK
		})
		o := store.Options{Path: file, Tenant: tenant, Now: func() time.Time { return noon }}
		s, err := store.Open(t.Context(), o)
		if err != nil {
			if s, err = store.Open(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		chapters := story()
		for i := 0; i < len(chapters); i++ {
			if err := chapters[i].run(t.Context(), s); err != nil {
				i-- // once more: only one sync fails
				continue
			}
			what := fmt.Sprintf("sync %d failed, power cut after %s", n, chapters[i].name)
			if !chapters[i].durable || !every() && i < len(chapters)-2 {
				continue
			}
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := p.cut(dir, func() bool { return false }); err != nil {
				t.Fatal(err)
			}
			after := reopened(t, what, filepath.Join(dir, filepath.Base(file)))
			if after == nil {
				continue
			}
			if now := must(shown(t.Context(), after))(t); now != states[i+1] {
				t.Errorf("%s: shown is\n%s", what, now)
			}
			if err := after.Close(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		undo()
		if syncs < n {
			if n < 6 {
				t.Errorf("only %d syncs", n-1)
			}
			return
		}
	}
}
