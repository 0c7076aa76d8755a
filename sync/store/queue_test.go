package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"roomdesk/sync/queue"
	"roomdesk/sync/queue/queuetest"
	"roomdesk/sync/store"
)

// died is what is left on the disk of a process that was killed now.
func died(t *testing.T, file string) string {
	t.Helper()
	copied := path(t)
	if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if err := os.WriteFile(copied+suffix, must(os.ReadFile(file+suffix))(t), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

func TestStoreIsAQueue(t *testing.T) {
	type lasting struct {
		*store.Queue
		file string
		now  func() time.Time
	}
	at := func(t *testing.T, file string, now func() time.Time) queue.Queue {
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return lasting{s.Queue(), file, now}
	}
	queuetest.Run(t, queuetest.Harness{
		New: func(t *testing.T, now func() time.Time) queue.Queue { return at(t, path(t), now) },
		Reopen: func(t *testing.T, q queue.Queue) queue.Queue {
			return at(t, died(t, q.(lasting).file), q.(lasting).now)
		},
	})
}
