package sync

import (
	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// Poke reads a mailbox as soon as possible, for example after a booking there.
// A round that is under way is followed by another one.
func (e *Engine) Poke(mailbox providers.Address) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.follows {
		e.asked.add(e.now(), []providers.Address{mailbox})
		return
	}
	e.poke(mailbox)
	e.awake()
}

// poke is guarded by e.mu.
func (e *Engine) poke(mailbox providers.Address) {
	if e.s.tasks[calendarTask(mailbox)] != nil {
		e.hurry(mailbox, e.now(), queue.Asked)
	}
}

// Retry reads the mailboxes as soon as possible, whatever they wait for; all of
// them, and the lists, when none is named. It returns at once. Where another
// process syncs the store, that one is asked.
func (e *Engine) Retry(mailboxes ...providers.Address) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.running {
		return
	}
	now := e.now()
	if e.follows {
		e.asked.add(now, mailboxes)
		return
	}
	if e.hold.shut && e.hold.probe != nil && !e.hold.probe.running {
		e.s.put(e.hold.probe, now)
	}
	for _, mailbox := range mailboxes {
		e.poke(mailbox)
	}
	if len(mailboxes) == 0 {
		for _, t := range e.s.tasks {
			switch {
			case t.mailbox != "":
				e.hurry(t.mailbox, now, queue.Rest)
			case t.rank != rankProbe && !t.running:
				t.tries = 0
				e.s.put(t, now)
			}
		}
	}
	e.awake()
}
