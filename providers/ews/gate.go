package ews

import (
	"context"
	"slices"
	"sync"
	"time"

	"roomdesk/providers"
)

// gate decides when an attempt may leave, and over which connection. There is one for
// the service account: Exchange counts its requests, whatever mailbox they concern, and
// a wait that it asks for holds for all of them. At most [perMailbox] are in flight for
// one mailbox. Interactive attempts go first, and one slot is theirs alone.
//
// The number of slots falls to its half when the service asks to wait and grows by one
// with each [growAfter] without that.
type gate struct {
	now func() time.Time

	mu       sync.Mutex
	ceiling  int
	limit    int
	free     []int // numbers of connections that nobody uses; the last used is last
	inFlight int
	boxes    map[providers.Address]int
	queues   [2][]*waiter // by priority
	paused   time.Time
	clean    time.Time // since when nothing was refused
	timer    *time.Timer
	closed   bool

	throttled int64
	waited    time.Duration
}

const growAfter = 5 * time.Minute

type waiter struct {
	mailbox  providers.Address
	patience time.Duration
	decided  chan struct{}
	slot     int
	refused  error
}

func newGate(ceiling int, now func() time.Time) *gate {
	g := &gate{now: now, ceiling: ceiling, limit: ceiling, boxes: map[providers.Address]int{}}
	for slot := range ceiling {
		g.free = append(g.free, slot)
	}
	return g
}

// enter waits for a slot and gives its number and the function that returns it. Where
// the pause in force outlasts patience it does not wait.
func (g *gate) enter(ctx context.Context, mailbox providers.Address, priority providers.Priority, patience time.Duration) (slot int, leave func(), err error) {
	w := &waiter{mailbox: mailbox, patience: patience, decided: make(chan struct{})}
	g.mu.Lock()
	began := g.now()
	g.queues[priority] = append(g.queues[priority], w)
	g.dispatch()
	g.mu.Unlock()
	select {
	case <-w.decided:
	case <-ctx.Done():
		g.mu.Lock()
		if i := slices.Index(g.queues[priority], w); i >= 0 {
			g.queues[priority] = slices.Delete(g.queues[priority], i, i+1)
			g.mu.Unlock()
			return 0, nil, ctx.Err()
		}
		g.mu.Unlock()
		<-w.decided
		if w.refused == nil {
			g.leave(w)
		}
		return 0, nil, ctx.Err()
	}
	if w.refused != nil {
		return 0, nil, w.refused
	}
	g.mu.Lock()
	g.waited += max(0, g.now().Sub(began))
	g.mu.Unlock()
	return w.slot, sync.OnceFunc(func() { g.leave(w) }), nil
}

func (g *gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	g.free = append(g.free, w.slot)
	if g.boxes[w.mailbox]--; g.boxes[w.mailbox] <= 0 {
		delete(g.boxes, w.mailbox)
	}
	g.dispatch()
}

// dispatch admits whoever may go, interactive first, and wakes up at a pause's end.
func (g *gate) dispatch() {
	now := g.now()
	if g.limit < g.ceiling && now.Sub(g.clean) >= growAfter {
		g.limit, g.clean = g.limit+1, now
	}
	wait := g.paused.Sub(now)
	waiting := false
	for priority := len(g.queues) - 1; priority >= 0; priority-- {
		g.queues[priority] = slices.DeleteFunc(g.queues[priority], func(w *waiter) bool {
			limit := g.limit
			if providers.Priority(priority) == providers.Background && limit > 1 {
				limit--
			}
			switch {
			case g.closed:
				w.refused = context.Canceled
			case wait > w.patience:
				w.refused = &providers.Error{Class: providers.Throttled, RetryAfter: wait, Scope: providers.ScopeApp}
			case wait > 0:
				waiting = true
				return false
			case g.inFlight >= limit || len(g.free) == 0 || w.mailbox != "" && g.boxes[w.mailbox] >= perMailbox:
				return false
			default:
				w.slot = g.free[len(g.free)-1]
				g.free = g.free[:len(g.free)-1]
				g.inFlight++
				g.boxes[w.mailbox]++
			}
			close(w.decided)
			return true
		})
	}
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	if waiting {
		g.timer = time.AfterFunc(wait+time.Millisecond, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.dispatch()
		})
	}
}

// throttle notes that the service asked the account to wait.
func (g *gate) throttle(pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.throttled++
	if until := now.Add(pause); until.After(g.paused) {
		g.paused = until
	}
	if now.Sub(g.clean) >= time.Second { // one burst of refusals counts once
		g.limit = max(1, g.limit/2)
	}
	g.clean = now
	g.dispatch()
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.dispatch()
}

func (g *gate) fill(s *Stats) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Throttled, s.Waited, s.InFlight, s.Limit = g.throttled, g.waited, g.inFlight, g.limit
	if g.paused.After(g.now()) {
		s.PausedUntil = g.paused
	}
}
