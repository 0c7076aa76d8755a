package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

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
	operations, begun, durable := 0, 0, 0
	undo := disk.meddle(filepath.Dir(file), func(o operation) int32 {
		if o.changes() {
			operations++
			for _, share := range []float64{0, 0.5} {
				if !every() && operations%4 != int(share*4) {
					continue
				}
				i := image{fmt.Sprintf("power cut before operation %d (%s)", operations, o.kind+o.file()), durable, begun, filepath.Join(t.TempDir(), "data")}
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
		begun = i + 1
		if err := c.run(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if c.durable {
			durable = i + 1
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(images) < 50 || durable < 3 {
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
