package sync

import (
	"time"

	"roomdesk/sync/queue"
)

const (
	// glanceEvery is how often the loop compares the clock with what it expects:
	// timers stand still while a machine sleeps.
	glanceEvery = 4 * time.Second
	// A gap of this length between two looks was a sleep, or somebody set the clock.
	sleptFor = 2 * time.Minute
	setBack  = time.Minute
)

// notice finds out that the machine slept or that its clock was set. Guarded by
// e.mu.
func (e *Engine) notice(now time.Time) {
	last := e.last
	e.last = now
	gap := now.Sub(last)
	if last.IsZero() || gap < sleptFor && gap > -setBack {
		return
	}
	e.log.Info("the clock jumped: the machine slept, or the clock was set", "by", gap)
	// Everything is due at once. What is on the screen goes first; the rest starts
	// slowly, and its next rounds are spread.
	e.s.limit, e.s.calm, e.s.starting = min(startWith, e.o.Workers), 0, true
	e.pool.next, e.pool.extend = now, now
	for _, t := range e.s.tasks {
		t.began = false
		switch {
		case gap > 0:
		case t.mailbox != "":
			// Planned for a time that is far away now.
			e.hurry(t.mailbox, now, queue.Rest)
		case !t.running && t.rank != rankProbe:
			e.s.put(t, now)
		}
	}
}
