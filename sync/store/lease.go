package store

import (
	"context"
	"sync"
)

// leaseState is this process's side of the right to sync.
type leaseState struct {
	mu    sync.Mutex
	held  *lease
	other string // who holds it, where we do not
}

func (l *leaseState) holder() (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.other, l.held != nil
}

func (l *leaseState) release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		return nil
	}
	held := l.held
	l.held = nil
	return held.release()
}

// Lease takes the right to sync this store, where it is free, and reports
// whether this process has it. At most one process does; it gives it back when
// it closes the store or ends in any way. Bookings may be written without it.
func (s *Store) Lease() (bool, error) {
	held, fresh, err := s.takeLease()
	if err != nil || !fresh || s.writer == nil {
		return held, err
	}
	return held, s.freeJobs(context.Background())
}

func (s *Store) takeLease() (held, fresh bool, err error) {
	s.lease.mu.Lock()
	defer s.lease.mu.Unlock()
	if s.lease.held != nil {
		return true, false, nil
	}
	taken, who, err := takeLease(s.path + lockSuffix)
	if err != nil {
		return false, false, failure("locking the local store", err)
	}
	s.lease.held, s.lease.other = taken, who
	s.report.Holder = ""
	if taken == nil {
		s.report.Holder = who
	}
	return taken != nil, taken != nil, nil
}

// freeJobs gives back what a process that held the lease before had claimed, and the
// mailboxes that it was switching: it is gone.
func (s *Store) freeJobs(ctx context.Context) error {
	return s.write(ctx, "taking over the queue", func(b *batch) error {
		if err := b.exec("DELETE FROM hold WHERE exclusive = 1"); err != nil {
			return err
		}
		return b.exec(freeJobs)
	})
}

// Holder says who may sync where this process may not: "process 4711".
func (s *Store) Holder() string {
	other, held := s.lease.holder()
	if held {
		return ""
	}
	return other
}
