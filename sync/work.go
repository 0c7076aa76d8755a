package sync

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// taskRun is one run of a task.
type taskRun struct {
	ctx    context.Context
	task   *task
	urgent bool
	claim  queue.Claim // of a mailbox
	// part: only the nearest days were read; the rest of the window comes later.
	part bool
	// next is when to run again; zero: not by itself.
	next time.Time
}

// work runs a task, once, and plans its next run.
func (e *Engine) work(ctx context.Context, t *task) {
	e.mu.Lock()
	r := &taskRun{ctx: ctx, task: t, urgent: t.urgent, claim: t.claim}
	e.mu.Unlock()
	if r.urgent {
		r.ctx = providers.WithPriority(ctx, providers.Interactive)
	}
	err := e.protect(r)
	if ctx.Err() != nil {
		e.mu.Lock()
		t.running = false
		e.s.active--
		e.mu.Unlock()
		if t.mailbox != "" { // it goes on where it stopped
			e.conclude(ctx, r.claim, outcome{how: snoozed, due: r.claim.Due})
		}
		return
	}
	if providers.Is(err, providers.Cancelled) {
		err = &providers.Error{Class: providers.Transient, Op: "reading", Mailbox: t.mailbox, Err: errors.New("no answer in time")}
	}
	hold, wait := false, false
	if t.rank != rankProbe && concernsAll(err) {
		hold, wait = e.verify(ctx, err)
	}
	out := e.finished(r, err, hold, wait)
	if t.mailbox != "" {
		if out.problem != nil {
			if err := e.store.SetProblem(ctx, t.mailbox, out.problem); err != nil && ctx.Err() == nil {
				e.log.Error("a mailbox's problem could not be stored", "mailbox", t.mailbox, "error", err)
			}
		}
	}
	e.conclude(ctx, r.claim, out)
	e.hub.progress()
	e.awake()
}

// protect turns a panic into an error: one poisoned mailbox must not take the
// others with it.
func (e *Engine) protect(r *taskRun) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("a panic while reading", "task", r.task.name, "panic", providers.Sanitise(fmt.Sprint(p)), "stack", string(debug.Stack()))
			err = &providers.Error{
				Class: providers.Permanent, Op: "reading", Mailbox: r.task.mailbox, Message: providers.Outside(fmt.Sprintf("internal error: %v", p)),
				Advice: "this is a mistake in roomdesk: please report it with the log",
			}
		}
	}()
	return r.task.do(r)
}

// finished plans what follows a run.
func (e *Engine) finished(r *taskRun, err error, hold, wait bool) outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, now := r.task, e.now()
	t.running = false
	e.s.active--
	if t.dropped {
		return outcome{}
	}
	switch {
	case err == nil:
		t.tries, t.problem = 0, nil
		e.eased()
		return e.success(r, now)
	case t.rank == rankProbe:
		t.tries++
		if e.s.fatal == nil {
			e.stopped(err, t.tries, now)
		}
		return outcome{}
	case providers.Is(err, providers.Local) && !providers.OfPart(err):
		e.stopped(err, 1, now)
		return e.postpone(t, now)
	case hold || wait:
		// Not this task's fault: it goes on when the probe says so.
		return e.postpone(t, now.Add(e.full(minDelay, 2*time.Second, 1)))
	}
	return e.failure(r, err, now)
}

// postpone puts a task back that is not at fault. Guarded by e.mu.
func (e *Engine) postpone(t *task, until time.Time) outcome {
	if t.mailbox != "" {
		return outcome{how: snoozed, due: until}
	}
	e.s.put(t, until)
	return outcome{}
}

func (e *Engine) success(r *taskRun, now time.Time) outcome {
	t := r.task
	t.urgent = false
	if t.mailbox == "" {
		if e.once || r.next.IsZero() {
			if r.next.IsZero() { // a batch was only for once
				delete(e.s.tasks, t.name)
			}
			return outcome{}
		}
		e.s.put(t, r.next)
		return outcome{}
	}
	out := outcome{how: completed, due: r.next, priority: queue.Rest}
	if e.watched[t.mailbox] {
		out.priority = queue.OnScreen
	}
	t.due, t.began = out.due, true
	if r.part {
		e.measure()
		return out
	}
	delete(e.left, t.mailbox)
	e.settle(t)
	return out
}

// failure plans the next try, as the error's class asks. Guarded by e.mu.
func (e *Engine) failure(r *taskRun, err error, now time.Time) outcome {
	t := r.task
	t.tries++
	t.urgent = false
	since := now
	if t.problem != nil {
		since = t.problem.Since
	}
	p := providers.ProblemOf(err, since)
	p.Tries = t.tries
	p.NextTry = now.Add(e.delay(err, t.tries))
	t.problem, t.due = p, p.NextTry
	out := outcome{problem: p, how: failed, due: p.NextTry}
	var pe *providers.Error
	if errors.As(err, &pe) && pe.Class == providers.Throttled && pe.Scope == providers.ScopeApp {
		e.pressed()
		e.hold.until = later(e.hold.until, p.NextTry)
		out.pause = e.hold.until
	}
	e.log.Info("reading failed", "task", t.name, "error", err, "tries", t.tries, "next_try", p.NextTry)
	final := !p.Class.Retryable() || t.tries >= onceTries
	if final {
		e.settle(t)
	}
	if t.mailbox == "" {
		out.how = notClaimed
		if e.once && final {
			p.NextTry = time.Time{}
		} else {
			e.s.put(t, p.NextTry)
		}
		return out
	}
	if e.once && final {
		delete(e.left, t.mailbox)
		p.NextTry = time.Time{} // not by this run
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// abandon empties the queue. Guarded by Engine.mu.
func (s *schedule) abandon() {
	for _, h := range []*taskHeap{&s.waiting, &s.ready} {
		for _, t := range h.tasks {
			t.heap = nil
		}
		h.tasks = nil
	}
}
