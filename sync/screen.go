package sync

import (
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

const (
	// screenCalm is for how long a screen must stand still before what is new on
	// it is read: whoever scrolls through thousands of rooms looks at the last.
	// The first change after a calm is followed at once.
	screenCalm = 300 * time.Millisecond
	// screenMost bounds how many mailboxes one console has on its screen. More
	// than that nobody looks at, and all of a tenant would be read every 15 s.
	screenMost = 200
)

// screen is what people look at. Guarded by Engine.mu.
type screen struct {
	here      []providers.Address // on this process's console
	elsewhere []providers.Address // on consoles of other processes, told through the store
	fresh     map[providers.Address]bool
	changed   time.Time // when something new came on a screen
	told      int64     // counts what this process has to tell the one that syncs
}

// Watch says which mailboxes are on the screen: they are read first and more
// often, and no longer so once they left it. It replaces what was watched before.
// Where another process syncs the store, that one is told.
func (e *Engine) Watch(mailboxes []providers.Address) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.screen.here = append([]providers.Address(nil), mailboxes[:min(len(mailboxes), screenMost)]...)
	e.screen.told++
	e.rewatch()
	e.awake()
}

// rewatch takes up what is on all screens now. Guarded by e.mu.
func (e *Engine) rewatch() {
	s, before, now := &e.screen, e.watched, e.now()
	e.watched = make(map[providers.Address]bool, len(s.here)+len(s.elsewhere))
	if s.fresh == nil {
		s.fresh = map[providers.Address]bool{}
	}
	calm := now.Before(s.changed) || now.Sub(s.changed) >= screenCalm
	news := false
	for _, mailboxes := range [][]providers.Address{s.here, s.elsewhere} {
		for _, mailbox := range mailboxes {
			e.watched[mailbox] = true
			if !before[mailbox] {
				s.fresh[mailbox], news = true, true
			}
		}
	}
	for mailbox := range before {
		if !e.watched[mailbox] {
			delete(s.fresh, mailbox)
			e.unhurry(mailbox)
		}
	}
	if !news {
		return
	}
	s.changed = now
	e.asking.front(e.watched)
	if calm {
		e.lookAt(now)
	}
}

// lookAt has what is new on the screen read. Guarded by e.mu.
func (e *Engine) lookAt(now time.Time) {
	for mailbox := range e.screen.fresh {
		t := e.s.tasks[calendarTask(mailbox)]
		if t == nil {
			if s := e.s.tasks["schedule"]; s != nil {
				e.s.sooner(s, now)
			}
			continue
		}
		if t.problem == nil && !t.running {
			e.hurry(mailbox, later(now, t.lastGood.Add(e.within(e.o.Intervals.Watched))), queue.OnScreen)
		}
	}
	clear(e.screen.fresh)
}

// calmed has what is new on the screen read once that stands still. Guarded by
// e.mu.
func (e *Engine) calmed(now time.Time) {
	if s := &e.screen; len(s.fresh) > 0 && (now.Before(s.changed) || !now.Before(s.changed.Add(screenCalm))) {
		e.lookAt(now)
	}
}

// unhurry takes back what was hurried for the screen and not begun yet. Guarded
// by e.mu.
func (e *Engine) unhurry(mailbox providers.Address) {
	p := &e.pool
	if w, waits := p.wakes[mailbox]; waits && w.priority == queue.OnScreen {
		delete(p.wakes, mailbox)
	}
	for i := range p.claims {
		if c := &p.claims[i]; c.Mailbox == mailbox && c.Priority == queue.OnScreen {
			c.Priority = queue.Rest
			sortClaims(p.claims)
			return
		}
	}
}
