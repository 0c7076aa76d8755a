package graph

import (
	"context"
	"sync"
	"time"

	"roomdesk/providers"
)

// gate decides when an attempt may leave: at most [perMailbox] in flight for a
// mailbox, at most limit for the connection, none before the end of a pause that
// the service asked for. Interactive attempts go first, and one slot of the
// connection is theirs alone.
//
// limit falls to its half on throttling and grows by one with each limit
// successes, so that it finds what the service bears.
type gate struct {
	now func() time.Time

	mu        sync.Mutex
	ceiling   int
	limit     int
	inFlight  int
	paused    time.Time // of the whole connection
	mailboxes map[providers.Address]*mailboxGate
	queues    [2][]*waiter // by priority; interactive has the higher index
	timer     *time.Timer
	closed    bool

	successes int
	lowered   time.Time
	recent    []throttling
	waited    time.Duration
	throttled int64
}

type mailboxGate struct {
	inFlight int
	waiting  int
	paused   time.Time
}

type waiter struct {
	mailbox  providers.Address
	patience time.Duration
	admitted chan struct{} // closed once decided
	refused  error         // set before that where a pause outlasts the patience
}

type throttling struct {
	mailbox providers.Address
	at      time.Time
}

const (
	minLimit = 4
	// lowerEvery keeps one burst of refusals from halving the limit many times.
	lowerEvery = time.Second
	// Refusals from so many different mailboxes within spreadOver say that the
	// connection as a whole is too fast, whatever each of them says.
	spreadMailboxes = 3
	spreadOver      = 10 * time.Second
)

func newGate(ceiling int, now func() time.Time) *gate {
	return &gate{now: now, ceiling: ceiling, limit: ceiling, mailboxes: map[providers.Address]*mailboxGate{}}
}

// enter waits for a slot and gives the function that returns it. Where the pause
// in force would outlast patience it does not wait: it reports the pause's end
// and scope instead.
func (g *gate) enter(ctx context.Context, mailbox providers.Address, priority providers.Priority, patience time.Duration) (leave func(), err error) {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil, context.Canceled
	}
	now := g.now()
	box := g.box(mailbox)
	if err := g.outlasts(box, patience, now); err != nil {
		g.drop(mailbox)
		g.mu.Unlock()
		return nil, err
	}
	if len(g.queues[priority]) == 0 && g.admits(box, priority, now) {
		g.take(box)
		g.mu.Unlock()
		return g.leaver(mailbox), nil
	}
	w := &waiter{mailbox: mailbox, patience: patience, admitted: make(chan struct{})}
	box.waiting++
	g.queues[priority] = append(g.queues[priority], w)
	g.dispatch()
	g.mu.Unlock()

	select {
	case <-w.admitted:
	case <-ctx.Done():
		g.mu.Lock()
		if g.forget(w, priority) {
			g.mu.Unlock()
			return nil, ctx.Err()
		}
		g.mu.Unlock()
		if w.refused == nil { // admitted at the same moment: give the slot back
			g.leaver(mailbox)()
		}
		return nil, ctx.Err()
	}
	if w.refused != nil {
		return nil, w.refused
	}
	g.mu.Lock()
	g.waited += max(0, g.now().Sub(now))
	g.mu.Unlock()
	return g.leaver(mailbox), nil
}

// outlasts gives the refusal where the pause in force is longer than patience.
func (g *gate) outlasts(box *mailboxGate, patience time.Duration, now time.Time) error {
	if until, scope := g.pausedUntil(box); until.Sub(now) > patience {
		return &providers.Error{Class: providers.Throttled, RetryAfter: until.Sub(now), Scope: scope}
	}
	return nil
}

func (g *gate) leaver(mailbox providers.Address) func() {
	var once sync.Once
	return func() {
		once.Do(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.inFlight--
			g.box(mailbox).inFlight--
			g.drop(mailbox)
			g.dispatch()
		})
	}
}

func (g *gate) box(mailbox providers.Address) *mailboxGate {
	box := g.mailboxes[mailbox]
	if box == nil {
		box = &mailboxGate{}
		g.mailboxes[mailbox] = box
	}
	return box
}

// drop forgets a mailbox about which there is nothing to remember.
func (g *gate) drop(mailbox providers.Address) {
	if box := g.mailboxes[mailbox]; box != nil && box.inFlight == 0 && box.waiting == 0 && !box.paused.After(g.now()) {
		delete(g.mailboxes, mailbox)
	}
}

func (g *gate) take(box *mailboxGate) {
	g.inFlight++
	box.inFlight++
}

func (g *gate) admits(box *mailboxGate, priority providers.Priority, now time.Time) bool {
	limit := g.limit
	if priority == providers.Background && limit > 1 {
		limit--
	}
	free := g.inFlight < limit && !g.paused.After(now) && !box.paused.After(now)
	// Requests that concern no mailbox share no mailbox's limit.
	return free && (box.inFlight < perMailbox || g.mailboxes[""] == box)
}

func (g *gate) pausedUntil(box *mailboxGate) (time.Time, providers.Scope) {
	if box.paused.After(g.paused) {
		return box.paused, providers.ScopeMailbox
	}
	return g.paused, providers.ScopeApp
}

// dispatch admits whoever may go, interactive first, and sets the timer for the
// next end of a pause that somebody waits for.
func (g *gate) dispatch() {
	now := g.now()
	var next time.Time
	for priority := len(g.queues) - 1; priority >= 0; priority-- {
		kept := g.queues[priority][:0]
		for _, w := range g.queues[priority] {
			box := g.box(w.mailbox)
			admitted := !g.closed && g.admits(box, providers.Priority(priority), now)
			switch {
			case g.closed:
				w.refused = context.Canceled
			case admitted:
				g.take(box)
			default:
				w.refused = g.outlasts(box, w.patience, now)
			}
			if admitted || w.refused != nil {
				box.waiting--
				close(w.admitted)
				continue
			}
			if until, _ := g.pausedUntil(box); until.After(now) && (next.IsZero() || until.Before(next)) {
				next = until
			}
			kept = append(kept, w)
		}
		clear(g.queues[priority][len(kept):])
		g.queues[priority] = kept
	}
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	if !next.IsZero() {
		g.timer = time.AfterFunc(next.Sub(now)+time.Millisecond, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.dispatch()
		})
	}
}

// forget removes a waiter that gave up; false where it was admitted meanwhile.
func (g *gate) forget(w *waiter, priority providers.Priority) bool {
	for i, have := range g.queues[priority] {
		if have == w {
			g.queues[priority] = append(g.queues[priority][:i], g.queues[priority][i+1:]...)
			g.box(w.mailbox).waiting--
			g.drop(w.mailbox)
			return true
		}
	}
	return false
}

// throttle notes that the service asked to wait.
func (g *gate) throttle(mailbox providers.Address, scope providers.Scope, pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.throttled++
	until := now.Add(pause)
	switch {
	case scope == providers.ScopeApp && until.After(g.paused):
		g.paused = until
	case scope == providers.ScopeMailbox:
		if box := g.box(mailbox); until.After(box.paused) {
			box.paused = until
		}
	}
	if scope == providers.ScopeApp || g.spread(mailbox, now) {
		if now.Sub(g.lowered) >= lowerEvery {
			g.limit, g.lowered, g.successes = max(min(minLimit, g.ceiling), g.limit/2), now, 0
		}
	}
	g.dispatch()
}

// pause notes that the service asked to wait with a mailbox for another reason than
// too many requests: other requests to it wait as well.
func (g *gate) pause(mailbox providers.Address, pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if box, until := g.box(mailbox), g.now().Add(pause); until.After(box.paused) {
		box.paused = until
	}
	g.dispatch()
}

// spread reports whether several mailboxes were throttled shortly after one
// another.
func (g *gate) spread(mailbox providers.Address, now time.Time) bool {
	kept := g.recent[:0]
	different := map[providers.Address]bool{mailbox: true}
	for _, t := range g.recent {
		if now.Sub(t.at) < spreadOver && t.mailbox != mailbox {
			kept = append(kept, t)
			different[t.mailbox] = true
		}
	}
	g.recent = append(kept, throttling{mailbox, now})
	return len(different) >= spreadMailboxes
}

// succeed notes an answer that was no refusal.
func (g *gate) succeed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit >= g.ceiling {
		return
	}
	if g.successes++; g.successes >= g.limit {
		g.limit, g.successes = g.limit+1, 0
		g.dispatch()
	}
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
