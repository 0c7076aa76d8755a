package sync

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"roomdesk/providers"
)

// taskRun is one run of a task.
type taskRun struct {
	ctx    context.Context
	task   *task
	urgent bool
	// next is when to run again; zero: not by itself.
	next time.Time
}

// work runs a task, once, and plans its next run.
func (e *Engine) work(ctx context.Context, t *task) {
	e.mu.Lock()
	r := &taskRun{ctx: ctx, task: t, urgent: t.urgent}
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
		return
	}
	if providers.Is(err, providers.Cancelled) {
		err = &providers.Error{Class: providers.Transient, Op: "reading", Mailbox: t.mailbox, Err: errors.New("no answer in time")}
	}
	hold, wait := false, false
	if t.rank != rankProbe && concernsAll(err) {
		hold, wait = e.verify(ctx, err)
	}
	problem := e.finished(r, err, hold, wait)
	if t.mailbox != "" && problem != nil {
		if err := e.store.SetProblem(ctx, t.mailbox, problem); err != nil && ctx.Err() == nil {
			e.log.Error("a mailbox's problem could not be stored", "mailbox", t.mailbox, "error", err)
		}
	}
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

// finished plans what follows a run. It gives back the problem to store.
func (e *Engine) finished(r *taskRun, err error, hold, wait bool) *providers.Problem {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, now := r.task, e.now()
	t.running = false
	e.s.active--
	if t.dropped {
		return nil
	}
	switch {
	case err == nil:
		t.tries, t.problem = 0, nil
		e.eased()
		e.success(r, now)
		return nil
	case t.rank == rankProbe:
		t.tries++
		if e.s.fatal == nil {
			e.stopped(err, t.tries, now)
		}
		return nil
	case providers.Is(err, providers.Local):
		e.stopped(err, 1, now)
		e.s.put(t, now)
		return nil
	case hold || wait:
		// Not this task's fault: it goes on when the probe says so.
		e.s.put(t, now.Add(e.full(minDelay, 2*time.Second, 1)))
		return nil
	}
	return e.failure(r, err, now)
}

func (e *Engine) success(r *taskRun, now time.Time) {
	t := r.task
	t.urgent = t.mailbox != "" && e.watched[t.mailbox]
	e.settle(t)
	switch {
	case t.again && !e.once:
		t.urgent = true
		e.s.put(t, now)
	case e.once || r.next.IsZero():
		// A mailbox stays known; a batch was only for once.
		if t.mailbox == "" && r.next.IsZero() {
			delete(e.s.tasks, t.name)
		}
	default:
		e.s.put(t, r.next)
	}
}

// failure plans the next try, as the error's class asks. Guarded by e.mu.
func (e *Engine) failure(r *taskRun, err error, now time.Time) *providers.Problem {
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
	t.problem = p
	var pe *providers.Error
	if errors.As(err, &pe) && pe.Class == providers.Throttled && pe.Scope == providers.ScopeApp {
		e.pressed()
		e.hold.until = later(e.hold.until, p.NextTry)
	}
	e.log.Info("reading failed", "task", t.name, "error", err, "tries", t.tries, "next_try", p.NextTry)
	if e.once && (!p.Class.Retryable() || t.tries >= onceTries) {
		e.settle(t)
		p.NextTry = time.Time{}
		return p
	}
	if !p.Class.Retryable() || t.tries >= onceTries {
		e.settle(t)
	}
	e.s.put(t, p.NextTry)
	return p
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
