package sync

import "context"

// Answers returns once the running engine has come round and the store has
// written what was asked of it before. An engine that hangs, or one that does not
// run, never does: ctx ends the wait then, and its error is returned. An engine
// that cannot reach its tenant or write to its disk answers.
func (e *Engine) Answers(ctx context.Context) error {
	ping := make(chan struct{})
	select {
	case e.pings <- ping:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ping:
	case <-ctx.Done():
		return ctx.Err()
	}
	return e.store.Responds(ctx)
}

// Follows says who keeps the store true where this engine only tells of its
// changes: "process 4711"; "" where it does not follow.
func (e *Engine) Follows() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.follows {
		return ""
	}
	return e.store.Holder()
}
