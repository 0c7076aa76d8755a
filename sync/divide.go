package sync

import (
	"errors"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

const (
	// divideAfter is how many times a whole window fails before it is divided.
	divideAfter = 3
	// mostParts is about a day each.
	mostParts = 64
)

// divide reads the window of a mailbox in more parts from the next time on, where
// it looks as if the service could not manage as much at once. Guarded by nothing:
// a task has one run at a time.
func (e *Engine) divide(t *task, err error) {
	var failure *providers.Error
	if err == nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		if t.parts > 1 && e.now().Sub(t.divided) >= e.o.Intervals.Full {
			t.parts = 0 // perhaps the service manages it again
		}
		return
	}
	if !errors.As(err, &failure) {
		return
	}
	tooMuch := failure.Class == providers.Transient && failure.Status != 503 || failure.Class == providers.Permanent && failure.Status != 403
	e.mu.Lock()
	defer e.mu.Unlock()
	if tooMuch && t.tries >= divideAfter-1 {
		t.parts, t.divided = min(max(1, t.parts)*2, mostParts), e.now()
		e.log.Info("a window cannot be read whole; reading it in parts", "mailbox", t.mailbox, "parts", t.parts)
	}
}

// parts are the spans in which a round is read.
func (e *Engine) parts(t *task, round *store.Round) []providers.Interval {
	e.mu.Lock()
	n := t.parts
	e.mu.Unlock()
	if n <= 1 || round.Kind != store.FullRound || round.Cursor != "" {
		return []providers.Interval{round.Window}
	}
	all := make([]providers.Interval, 0, n)
	length := (round.Window.Duration() / time.Duration(n)).Truncate(time.Minute)
	for start := round.Window.Start; len(all) < n; start = start.Add(length) {
		all = append(all, providers.Interval{Start: start, End: start.Add(length)})
	}
	all[n-1].End = round.Window.End
	return all
}
