package queue

import (
	"context"
	"slices"
	"sync"
	"time"

	"roomdesk/providers"
)

// Memory is a queue that ends with its process.
type Memory struct {
	now func() time.Time

	mu     sync.Mutex
	jobs   map[providers.Address]*entry
	token  int64
	paused time.Time
}

type entry struct {
	Job
	token int64     // of the newest claim
	until time.Time // end of the lease; zero: not claimed
	woken bool      // while claimed:
	due   time.Time
	least Priority
}

var _ Queue = (*Memory)(nil)

// NewMemory makes an empty queue; now is its clock, nil for time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, jobs: map[providers.Address]*entry{}}
}

// Enqueue implements [Queue].
func (m *Memory) Enqueue(_ context.Context, jobs ...Job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, job := range jobs {
		if m.jobs[job.Mailbox] == nil {
			job.Due = job.Due.Truncate(time.Microsecond)
			m.jobs[job.Mailbox] = &entry{Job: job}
		}
	}
	return nil
}

// Wake implements [Queue].
func (m *Memory) Wake(_ context.Context, due time.Time, priority Priority, mailboxes ...providers.Address) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	due = due.Truncate(time.Microsecond)
	for _, mailbox := range mailboxes {
		e := m.jobs[mailbox]
		switch {
		case e == nil:
		case e.until.IsZero():
			e.Due, e.Priority, e.Tries = earlier(e.Due, due), max(e.Priority, priority), 0
		case e.woken:
			e.due, e.least = earlier(e.due, due), max(e.least, priority)
		default:
			e.woken, e.due, e.least = true, due, priority
		}
	}
	return nil
}

// Claim implements [Queue].
func (m *Memory) Claim(_ context.Context, n int, lease time.Duration) (claims []Claim, next time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.paused.After(now) {
		return nil, m.paused, nil
	}
	var due []*entry
	for _, e := range m.jobs {
		if m.lapsed(e, now); e.until.IsZero() && !e.Due.After(now) {
			due = append(due, e)
		}
	}
	slices.SortFunc(due, func(a, b *entry) int {
		if Less(a.Job, b.Job) {
			return -1
		}
		return 1
	})
	for _, e := range due[:min(max(n, 0), len(due))] {
		m.token++
		e.token, e.until = m.token, now.Add(lease)
		claims = append(claims, Claim{e.Job, e.token})
	}
	for _, e := range m.jobs {
		at := e.Due
		if e.until.After(at) {
			at = e.until
		}
		if mine := slices.ContainsFunc(claims, func(c Claim) bool { return c.Mailbox == e.Mailbox }); !mine && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return claims, next, nil
}

// lapsed frees a job whose lease is over.
func (m *Memory) lapsed(e *entry, now time.Time) {
	if e.until.IsZero() || e.until.After(now) {
		return
	}
	e.until = time.Time{}
	if e.woken {
		e.Due, e.Priority, e.Tries, e.woken = earlier(e.Due, e.due), max(e.Priority, e.least), 0, false
	}
}

// Extend implements [Queue].
func (m *Memory) Extend(_ context.Context, lease time.Duration, claims ...Claim) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, claim := range claims {
		if e := m.jobs[claim.Mailbox]; e != nil && e.token == claim.Token && !e.until.IsZero() {
			e.until = m.now().Add(lease)
		}
	}
	return nil
}

// Complete implements [Queue].
func (m *Memory) Complete(_ context.Context, claim Claim, due time.Time, priority Priority) error {
	return m.end(claim, func(e *entry) {
		e.Due, e.Priority, e.Tries = due, priority, 0
		if e.woken {
			e.Due, e.Priority = earlier(e.Due, e.due), max(e.Priority, e.least)
		}
	})
}

// Snooze implements [Queue].
func (m *Memory) Snooze(_ context.Context, claim Claim, until time.Time) error {
	return m.end(claim, func(e *entry) { e.Due = until })
}

// Fail implements [Queue].
func (m *Memory) Fail(_ context.Context, claim Claim, until time.Time) error {
	return m.end(claim, func(e *entry) { e.Due, e.Tries = until, e.Tries+1 })
}

func (m *Memory) end(claim Claim, how func(*entry)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.jobs[claim.Mailbox]
	if e == nil || e.token != claim.Token {
		return ErrLost
	}
	how(e)
	m.token++
	e.Due = e.Due.Truncate(time.Microsecond)
	e.token, e.until, e.woken = m.token, time.Time{}, false
	return nil
}

// Remove implements [Queue].
func (m *Memory) Remove(_ context.Context, mailboxes ...providers.Address) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mailbox := range mailboxes {
		delete(m.jobs, mailbox)
	}
	return nil
}

// Pause implements [Queue].
func (m *Memory) Pause(_ context.Context, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until.IsZero() || until.After(m.paused) {
		m.paused = until.Truncate(time.Microsecond)
	}
	return nil
}

// Stats implements [Queue].
func (m *Memory) Stats(context.Context) (Stats, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	s := Stats{Jobs: len(m.jobs)}
	if m.paused.After(now) {
		s.Paused = m.paused
	}
	for _, e := range m.jobs {
		if e.Tries > 0 {
			s.Failing++
		}
		switch {
		case e.until.After(now):
			s.Claimed++
		case !e.Due.After(now):
			s.Due++
			if s.Oldest.IsZero() || e.Due.Before(s.Oldest) {
				s.Oldest = e.Due
			}
		}
	}
	return s, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
