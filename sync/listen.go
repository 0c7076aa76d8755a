package sync

import (
	"context"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

// Hinter is a service that tells of changes by itself.
type Hinter interface {
	// Hints calls changed with mailboxes in which something may have changed, until ctx
	// ends. mailboxes says whose changes are wanted, the most wanted first; it is asked
	// now and then. An error of class Unsupported says that it never will.
	Hints(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error
}

const (
	// listenEvery is how often it is looked whether the first reading is over.
	listenEvery = 5 * time.Second
	// listenSoon and listenSeldom bound the pauses after a failure.
	listenSoon, listenSeldom = 30 * time.Second, 15 * time.Minute
)

// listen takes hints of the service. Reading by time goes on beside it: it is what the
// mirror relies on.
func (e *Engine) listen(ctx context.Context) {
	if e.o.Hinter == nil {
		return
	}
	for last := -1; ; {
		read := len(e.hintable())
		if read > 0 && read == last {
			break // nothing new was read meanwhile: the first reading is over, or stands
		}
		last = read
		if !pause(ctx, listenEvery) {
			return
		}
	}
	for tries := 1; ; tries++ {
		err := e.o.Hinter.Hints(ctx, e.hintable, func(mailboxes ...providers.Address) { e.Hint(mailboxes...) })
		if ctx.Err() != nil || providers.Is(err, providers.Unsupported) {
			return
		}
		e.log.Info("the service tells of no changes", "error", err)
		e.mu.Lock()
		wait := e.full(listenSoon, listenSeldom, tries)
		e.mu.Unlock()
		if !pause(ctx, wait) {
			return
		}
	}
}

// hintable are the mailboxes that a hint may have read sooner: those on the screen first,
// then by their address.
func (e *Engine) hintable() []providers.Address {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []providers.Address
	for _, t := range e.s.tasks {
		if t.mailbox != "" && t.problem == nil && !t.lastGood.IsZero() {
			out = append(out, t.mailbox)
		}
	}
	slices.SortFunc(out, func(a, b providers.Address) int {
		if x, y := e.watched[a], e.watched[b]; x != y && len(out) > hintBurst {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(string(a), string(b))
	})
	return out
}

// pause waits, or not, where ctx ends.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
