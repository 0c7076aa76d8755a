package migration

import (
	"context"
	"sync"
	"time"

	"roomdesk/providers"
)

// lookEvery is the pause between two looks at the free/busy of a mailbox that changes
// over.
const lookEvery = 50 * time.Millisecond

// freeWatch looks again and again, as any reader of the mirror would, whether free/busy
// of a mailbox is there while it changes over. A mailbox of which nothing was known
// before has no gap, and none is told of it.
type freeWatch struct {
	m       *Mover
	mailbox providers.Address
	stop    func()

	mu     sync.Mutex
	begun  time.Time
	looks  int
	known  time.Time // when it was there last; zero: never
	missed bool      // it was not there at the last look
	gap    time.Duration
}

// watchFree looks at once, and until stop, which looks once more.
func (m *Mover) watchFree(ctx context.Context, mailbox providers.Address) *freeWatch {
	w := &freeWatch{m: m, mailbox: mailbox, begun: m.o.Now()}
	w.look(ctx)
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(lookEvery):
				w.look(ctx)
			}
		}
	})
	w.stop = sync.OnceFunc(func() {
		cancel()
		group.Wait()
		w.look(context.WithoutCancel(ctx))
	})
	return w
}

// look counts from when free/busy was there last, so that a gap is rather told too long
// than too short.
func (w *freeWatch) look(ctx context.Context) {
	now := w.m.o.Now()
	found, err := w.m.o.Store.Availability(ctx, []providers.Address{w.mailbox}, providers.Interval{Start: now, End: now.Add(time.Hour)})
	if err != nil {
		return // the mirror could not be read: nothing is known either way
	}
	there := found[w.mailbox].Known()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case there:
		if w.missed {
			w.gap = max(w.gap, now.Sub(w.known))
		}
		w.known, w.looks = now, w.looks+1
		w.missed = false
	case !w.known.IsZero():
		w.looks++
		w.missed = true
		w.gap = max(w.gap, now.Sub(w.known), time.Millisecond)
	}
}

// into writes what was seen into the journal's row.
func (w *freeWatch) into(box *providers.MailboxMove) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looks == 0 {
		return
	}
	if box.Watched.IsZero() {
		box.Watched = w.begun
	}
	box.Looks, box.Gap = box.Looks+w.looks, max(box.Gap, w.gap)
}
