package sync

import (
	"context"
	"errors"
	"slices"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

const (
	// leaseFor is how long a claim lasts without being prolonged: as long as
	// another process waits before it takes over what this one began.
	leaseFor = 2 * time.Minute
	// lookEvery bounds how long what another process put into the queue goes
	// unnoticed.
	lookEvery = 5 * time.Minute
	leastLook = 100 * time.Millisecond
)

// pool is what this engine has claimed from the queue, and what it has to tell it.
// Guarded by Engine.mu.
type pool struct {
	claims []queue.Claim                     // waiting for a worker, in order
	later  []queue.Claim                     // due again already, which is nothing to Once
	held   map[providers.Address]queue.Claim // these, and those being worked on
	wakes  map[providers.Address]wake
	again  map[providers.Address]bool // woken while being read
	gone   []providers.Address
	next   time.Time // when to ask the queue again
	news   time.Time // the same, from what happened while it was asked; zero: nothing
	extend time.Time // when to prolong what is held
	busy   bool      // asking now
}

type wake struct {
	due      time.Time
	priority queue.Priority
}

func (p *pool) init() {
	*p = pool{held: map[providers.Address]queue.Claim{}, wakes: map[providers.Address]wake{}, again: map[providers.Address]bool{}}
}

// soon says that the queue has something to hand out at a time. An answer that is
// on its way may be older than that.
func (p *pool) soon(at time.Time) {
	if at.Before(p.next) {
		p.next = at
	}
	if p.news.IsZero() || at.Before(p.news) {
		p.news = at
	}
}

// hurry notes that a mailbox should be read by a time. One that waits for a worker
// already only moves forward. Guarded by e.mu.
func (e *Engine) hurry(mailbox providers.Address, due time.Time, priority queue.Priority) {
	p := &e.pool
	for i := range p.claims {
		if c := &p.claims[i]; c.Mailbox == mailbox {
			c.Priority = max(c.Priority, priority)
			sortClaims(p.claims)
			return
		}
	}
	if w, again := p.wakes[mailbox]; again {
		if w.due.Before(due) {
			due = w.due
		}
		priority = max(priority, w.priority)
	}
	p.wakes[mailbox] = wake{due, priority}
}

func sortClaims(claims []queue.Claim) { slices.SortStableFunc(claims, compareClaims) }

func compareClaims(a, b queue.Claim) int {
	switch {
	case queue.Less(a.Job, b.Job):
		return -1
	case queue.Less(b.Job, a.Job):
		return 1
	}
	return 0
}

// claimed is the claim to work on next, with its task. What is no longer mirrored
// here leaves the queue. Guarded by e.mu.
func (e *Engine) claimed() *task {
	p := &e.pool
	for len(p.claims) > 0 {
		c := p.claims[0]
		t := e.s.tasks[calendarTask(c.Mailbox)]
		if t != nil && e.once && !e.left[c.Mailbox] {
			p.claims, p.later = p.claims[1:], append(p.later, c)
			continue
		}
		if t != nil && !t.running {
			t.claim, t.urgent = c, c.Priority >= queue.OnScreen
			return t
		}
		p.claims = p.claims[1:]
		if t != nil {
			continue // claimed again after its lease was over, and still being read
		}
		delete(p.held, c.Mailbox)
		p.gone = append(p.gone, c.Mailbox)
	}
	return nil
}

// wants is how many claims to ask for: enough for the workers that are free, and
// as many again, so that none waits for the queue. Guarded by e.mu.
func (e *Engine) wants(now time.Time) int {
	if e.hold.shut || e.hold.until.After(now) || e.readAll() {
		return 0
	}
	n := e.limit() + max(0, e.limit()-e.s.active) - len(e.pool.claims)
	if n < e.limit()/2 {
		return 0
	}
	return n
}

// readAll reports whether Once has nothing left to read. What becomes due again
// meanwhile is for later: in a large tenant there would be no end to it. Guarded by
// e.mu.
func (e *Engine) readAll() bool { return e.once && len(e.left) == 0 }

// feeds reports whether there is something to tell the queue or to ask of it.
// Guarded by e.mu.
func (e *Engine) feeds(now time.Time) bool {
	p := &e.pool
	switch {
	case p.busy, e.hold.shut && e.hold.problem != nil && e.hold.problem.Class == providers.Local:
		return false // nothing can be stored: the probe says when it can
	case len(p.wakes)+len(p.gone) > 0, len(p.held) > 0 && !p.extend.After(now):
		return true
	}
	return !p.next.After(now) && e.wants(now) > 0
}

// feed tells the queue what there is to tell, and claims what is due.
func (e *Engine) feed(ctx context.Context) {
	e.mu.Lock()
	p, now := &e.pool, e.now()
	p.news = time.Time{}
	wakes, gone, n := p.wakes, p.gone, e.wants(now)
	if !e.hold.shut && !e.hold.until.After(now) {
		soon := 0 // what a person waits for does not wait for room among the claims
		for _, w := range wakes {
			if w.priority >= queue.OnScreen && !w.due.After(now) {
				soon++
			}
		}
		n = max(n, soon)
	}
	p.wakes, p.gone = map[providers.Address]wake{}, nil
	for mailbox := range wakes {
		if _, claimed := p.held[mailbox]; claimed {
			p.again[mailbox] = true
		}
	}
	var held []queue.Claim
	if !p.extend.After(now) {
		for _, c := range p.held {
			held = append(held, c)
		}
		p.extend = now.Add(leaseFor / 3)
	}
	e.mu.Unlock()
	claims, next, err := e.exchange(ctx, wakes, gone, held, n)
	e.mu.Lock()
	defer e.mu.Unlock()
	p.busy = false
	defer e.awake()
	now = e.now()
	if err != nil {
		for mailbox, w := range wakes {
			e.hurry(mailbox, w.due, w.priority)
		}
		p.next = now.Add(minDelay)
		if ctx.Err() == nil {
			e.log.Error("the queue cannot be used", "error", err)
			e.stopped(err, 1, now)
		}
		return
	}
	for _, c := range claims {
		p.held[c.Mailbox] = c
		// An older claim of the same mailbox has outlived its lease.
		p.claims = slices.DeleteFunc(p.claims, func(old queue.Claim) bool { return old.Mailbox == c.Mailbox })
	}
	p.claims = append(p.claims, claims...)
	sortClaims(p.claims)
	switch p.next = now.Add(lookEvery); {
	case n == 0 || len(claims) == n:
		p.next = now // there may be more
	case !next.IsZero() && next.Before(p.next):
		p.next = later(next, now.Add(leastLook)) // the queue's clock may be another one
	}
	if !p.news.IsZero() {
		p.soon(p.news)
	}
}

func (e *Engine) exchange(ctx context.Context, wakes map[providers.Address]wake, gone []providers.Address, held []queue.Claim, n int) ([]queue.Claim, time.Time, error) {
	alike := map[wake][]providers.Address{}
	for mailbox, w := range wakes {
		alike[w] = append(alike[w], mailbox)
	}
	for w, mailboxes := range alike {
		if err := e.queue.Wake(ctx, w.due, w.priority, mailboxes...); err != nil {
			return nil, time.Time{}, err
		}
	}
	if len(gone) > 0 {
		if err := e.queue.Remove(ctx, gone...); err != nil {
			return nil, time.Time{}, err
		}
	}
	if len(held) > 0 {
		if err := e.queue.Extend(ctx, leaseFor, held...); err != nil {
			return nil, time.Time{}, err
		}
	}
	if n == 0 {
		return nil, time.Time{}, nil
	}
	return e.queue.Claim(ctx, n, leaseFor)
}

// ending is how a claim ends.
type ending int

const (
	notClaimed ending = iota
	completed
	snoozed
	failed
)

// outcome is what follows a run.
type outcome struct {
	problem  *providers.Problem // to store
	how      ending
	due      time.Time
	priority queue.Priority
	pause    time.Time // of the whole queue; zero: none
}

// conclude tells the queue how a claim ended. It does so even while everything
// stops, so that what was read is not read again.
func (e *Engine) conclude(ctx context.Context, c queue.Claim, out outcome) {
	ctx = context.WithoutCancel(ctx)
	if !out.pause.IsZero() {
		if err := e.queue.Pause(ctx, out.pause); err != nil {
			e.log.Error("a pause could not be stored", "error", err)
		}
	}
	var err error
	switch out.how {
	case completed:
		err = e.queue.Complete(ctx, c, out.due, out.priority)
	case snoozed:
		err = e.queue.Snooze(ctx, c, out.due)
	case failed:
		err = e.queue.Fail(ctx, c, out.due)
	default:
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pool.held[c.Mailbox].Token == c.Token {
		delete(e.pool.held, c.Mailbox)
	}
	if e.pool.again[c.Mailbox] {
		delete(e.pool.again, c.Mailbox)
		e.pool.soon(e.now())
	} else {
		e.pool.soon(out.due)
	}
	switch {
	case errors.Is(err, queue.ErrLost):
		e.log.Warn("another process took over a mailbox meanwhile", "mailbox", c.Mailbox)
	case err != nil:
		e.log.Error("the end of a reading could not be stored; it will be read again", "mailbox", c.Mailbox, "error", err)
	}
}

// giveBack returns what was claimed and not begun.
func (e *Engine) giveBack() {
	e.mu.Lock()
	claims := append(e.pool.claims, e.pool.later...)
	e.pool.init()
	e.mu.Unlock()
	for _, c := range claims {
		if err := e.queue.Snooze(context.Background(), c, c.Due); err != nil && !errors.Is(err, queue.ErrLost) {
			e.log.Error("a claim could not be given back; it ends by itself", "mailbox", c.Mailbox, "error", err)
			return
		}
	}
}
