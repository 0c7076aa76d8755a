package store

import (
	"path/filepath"
	"testing"
)

// A kill does not show whether a write reached the disk: the kernel has it. Only
// the mode in which the write was committed does.
func TestBookingsAreCommittedToTheDisk(t *testing.T) { // DURA
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const normal, full = 1, 2
	for _, want := range []int{normal, full, normal, full, full} {
		var mode int
		err := s.writing(t.Context(), "looking", want == full, func(b *batch) error {
			return b.conn.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&mode)
		})
		if err != nil || mode != want {
			t.Errorf("committed with mode %d, want %d; %v", mode, want, err)
		}
	}
}
