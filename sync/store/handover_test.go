package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roomdesk/sync/store"
)

// A store that another connection goes on with keeps all that is in it, and belongs to
// that connection's tenant from then on.
func TestHandOver(t *testing.T) {
	const other = "bbbbbbbb-0000-0000-0000-000000000002"
	from := filled(t)
	to := filepath.Join(t.TempDir(), "new", "mirror.db")
	s, err := store.Open(t.Context(), store.Options{Path: from, Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	before := len(must(s.Bookings(t.Context()))(t))
	if err := store.HandOver(t.Context(), from, to, other); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a store that is held was handed over: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.HandOver(t.Context(), from, to, other); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(from + "*")
	if err != nil || len(left) > 0 {
		t.Errorf("%v stay behind (%v)", left, err)
	}
	if info, err := os.Stat(filepath.Dir(to)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := store.Open(t.Context(), store.Options{Path: to, Tenant: tenant}); err == nil {
		t.Error("it still belongs to the old tenant")
	}
	s, err = store.Open(t.Context(), store.Options{Path: to, Tenant: other})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if after := len(must(s.Bookings(t.Context()))(t)); after != before || before == 0 {
		t.Errorf("%d bookings, were %d", after, before)
	}
	// Nothing is overwritten, and there may be nothing to hand over.
	second := filled(t)
	if err := store.HandOver(t.Context(), second, to, other); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a store was overwritten: %v", err)
	}
	if _, err := os.Stat(second); err != nil {
		t.Error(err)
	}
	if err := store.HandOver(t.Context(), filepath.Join(t.TempDir(), "none.db"), filepath.Join(t.TempDir(), "new.db"), other); err != nil {
		t.Error(err)
	}
}
