package sync

import (
	"container/heap"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// Ranks of tasks that are due, the first first. What a person waits for comes
// before what nobody sees.
const (
	rankProbe = iota // finds out whether reading makes sense at all
	rankNow          // watched, or asked for
	rankLists
	rankSchedule
	rankCalendar
)

// task is something to do. Lists and batches are due at a time, in the heaps of
// this engine. A mailbox has a task for as long as it is mirrored; when it runs is
// for the queue to say. At most one run of a task is under way at any moment.
type task struct {
	name    string            // unique
	mailbox providers.Address // "" for lists and batches
	rank    int
	do      func(*taskRun) error

	due     time.Time
	seq     uint64 // order of becoming known, among equals
	index   int    // in its heap
	heap    *taskHeap
	running bool
	urgent  bool // asked for by a person
	dropped bool // no longer wanted

	// Of a mailbox:
	claim       queue.Claim // of the run under way, or about to be
	full        bool        // the next round must be full
	lastGood    time.Time
	lastFull    time.Time
	near        bool
	rows        int
	unconfirmed int
	complete    bool      // read to its end once
	parts       int       // in so many spans its window is read; 0: whole
	divided     time.Time // when that was last changed
	differs     uint64    // how free/busy differs from the mirror; 0: not
	differedAt  time.Time // when that was noticed
	reread      uint64    // the difference because of which it was read anew
	settled     bool      // read, or found unreadable, since the engine began
	shown       bool      // of these at least the nearest days
	hinted      time.Time // when a hint was last followed
	began       bool      // read once since the engine began, or since a sleep

	tries   int
	problem *providers.Problem
}

// taskHeap orders tasks: waiting ones by time, due ones by rank.
type taskHeap struct {
	tasks  []*task
	before func(a, b *task) bool
}

func (h *taskHeap) Len() int           { return len(h.tasks) }
func (h *taskHeap) Less(i, j int) bool { return h.before(h.tasks[i], h.tasks[j]) }
func (h *taskHeap) Swap(i, j int) {
	h.tasks[i], h.tasks[j] = h.tasks[j], h.tasks[i]
	h.tasks[i].index, h.tasks[j].index = i, j
}

func (h *taskHeap) Push(x any) {
	t := x.(*task)
	t.index, t.heap = len(h.tasks), h
	h.tasks = append(h.tasks, t)
}

func (h *taskHeap) Pop() any {
	t := h.tasks[len(h.tasks)-1]
	h.tasks[len(h.tasks)-1] = nil
	h.tasks = h.tasks[:len(h.tasks)-1]
	t.heap = nil
	return t
}

// schedule is every task. Guarded by Engine.mu.
type schedule struct {
	tasks    map[string]*task
	waiting  taskHeap // not due yet
	ready    taskHeap
	active   int
	limit    int  // runs at the same time, now
	calm     int  // successes since the limit changed
	starting bool // the limit grows with each success
	seq      uint64
	full     bool // Once reads everything anew
	fatal    error
}

func (s *schedule) init() {
	*s = schedule{tasks: map[string]*task{}}
	s.waiting.before = func(a, b *task) bool {
		if !a.due.Equal(b.due) {
			return a.due.Before(b.due)
		}
		return a.seq < b.seq
	}
	s.ready.before = func(a, b *task) bool {
		if ra, rb := a.order(), b.order(); ra != rb {
			return ra < rb
		}
		if !a.due.Equal(b.due) {
			return a.due.Before(b.due)
		}
		return a.seq < b.seq
	}
}

func (t *task) order() int {
	if t.urgent {
		return min(t.rank, rankNow)
	}
	return t.rank
}

// put makes a task due at a time. A task that runs takes it up when it is done.
func (s *schedule) put(t *task, due time.Time) {
	if t.seq == 0 {
		s.seq++
		t.seq = s.seq
	}
	if t.heap != nil {
		heap.Remove(t.heap, t.index)
	}
	t.due = due
	s.tasks[t.name] = t
	if !t.running {
		heap.Push(&s.waiting, t)
	}
}

// sooner makes a task due no later than at a time.
func (s *schedule) sooner(t *task, due time.Time) {
	if !t.running && due.Before(t.due) {
		s.put(t, due)
	}
}

// know takes up a mailbox's task. When it runs is for the queue to say.
func (s *schedule) know(t *task) { s.tasks[t.name] = t }

func (s *schedule) drop(t *task) {
	if t.heap != nil {
		heap.Remove(t.heap, t.index)
	}
	t.dropped = true
	delete(s.tasks, t.name)
}

// next takes the task to start now, or nil. Guarded by e.mu.
func (e *Engine) next(now time.Time) *task {
	s := &e.s
	for s.waiting.Len() > 0 && !s.waiting.tasks[0].due.After(now) {
		heap.Push(&s.ready, heap.Pop(&s.waiting))
	}
	if s.active >= e.limit() {
		return nil
	}
	t := e.claimed()
	if t != nil && !t.urgent && e.firstListing() {
		t = nil
	}
	if s.ready.Len() > 0 && (t == nil || s.ready.tasks[0].order() <= t.order()) {
		t = s.ready.tasks[0]
	}
	if t == nil || e.hold.blocks(t, now) {
		return nil
	}
	if t.heap != nil {
		heap.Remove(t.heap, t.index)
	} else {
		e.pool.claims = e.pool.claims[1:]
		t.tries = t.claim.Tries
	}
	t.running = true
	s.active++
	return t
}

// firstListing reports whether the very first list of rooms is being read: what
// people search in comes before what is in it. A list that cannot be read holds
// nothing up. Guarded by e.mu.
func (e *Engine) firstListing() bool {
	rooms := e.s.tasks["rooms"]
	return !e.phase.listed && rooms != nil && rooms.problem == nil
}

// until is how long nothing can become startable by itself. Guarded by e.mu.
func (e *Engine) until(now time.Time) (time.Duration, bool) {
	s := &e.s
	var at time.Time
	if s.waiting.Len() > 0 {
		at = s.waiting.tasks[0].due
	}
	for _, possible := range []struct {
		at   time.Time
		when bool
	}{
		{e.hold.until, e.hold.until.After(now)},
		{e.pool.next, !e.pool.busy && e.wants(now) > 0},
		{e.pool.extend, !e.pool.busy && len(e.pool.held) > 0},
		{e.screen.changed.Add(screenCalm), len(e.screen.fresh) > 0},
	} {
		if possible.when && (at.IsZero() || possible.at.Before(at)) {
			at = possible.at
		}
	}
	if at.IsZero() {
		return 0, false
	}
	return max(at.Sub(now), time.Millisecond), true
}

func (e *Engine) limit() int {
	if e.s.limit == 0 {
		e.s.limit, e.s.starting = min(startWith, e.o.Workers), true
	}
	return e.s.limit
}

// startWith is how many runs begin at the same time after a start or a sleep: what
// is due then comes from many consoles at once.
const startWith = 8

// eased raises the number of runs at the same time: at the start by one for each
// success, later by one for each round of successes. pressed halves it. Guarded
// by e.mu.
func (e *Engine) eased() {
	if e.s.starting {
		e.s.limit = min(e.limit()+1, e.o.Workers)
		e.s.starting = e.s.limit < e.o.Workers
		return
	}
	if e.s.calm++; e.s.calm >= e.limit() && e.s.limit < e.o.Workers {
		e.s.limit, e.s.calm = e.s.limit+1, 0
	}
}

func (e *Engine) pressed() {
	e.s.starting = false
	e.s.limit, e.s.calm = max(min(4, e.o.Workers), e.limit()/2), 0
}
