package sync

import (
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// Bounds of what hints can bring about, whoever sends them.
const (
	hintGather = 2 * time.Second  // changes come in flocks: one reading for all of them
	hintGap    = 10 * time.Second // between the readings of one mailbox
	hintBurst  = 200              // mailboxes hinted at together
	hintRate   = 10               // and a second, lastingly
)

// hints is how many more may be followed. Guarded by Engine.mu.
type hints struct {
	left float64
	at   time.Time
}

// Hint says that something may have changed in mailboxes, as a change
// notification of the service does, and reports how many of them are read sooner
// because of it. It is never more than a hint: what it names is looked at within
// seconds instead of within its bound, and one that is lost, comes twice, late or
// is forged changes nothing that the mirror shows. So it is not trusted with
// anything: mailboxes that are not mirrored are ignored, those that fail or have
// never been read keep their time, one mailbox is read at most every ten seconds
// for it, and beyond ten mailboxes a second hints are dropped.
func (e *Engine) Hint(mailboxes ...providers.Address) (followed int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.running || e.follows || e.once {
		return 0
	}
	now, h := e.now(), &e.hints
	if h.at.IsZero() || now.Before(h.at) {
		h.left = hintBurst
	} else {
		h.left = min(hintBurst, h.left+now.Sub(h.at).Seconds()*hintRate)
	}
	h.at = now
	for _, mailbox := range mailboxes {
		t := e.s.tasks[calendarTask(mailbox)]
		if t == nil || t.problem != nil || t.lastGood.IsZero() {
			continue
		}
		due := later(now.Add(hintGather), t.lastGood.Add(hintGap))
		if !t.running && !t.due.After(due) || t.hinted.After(t.lastGood) {
			continue // it is read by then anyway
		}
		if h.left < 1 {
			break
		}
		h.left--
		t.hinted = now
		e.hurry(mailbox, due, queue.Rest)
		followed++
	}
	if followed > 0 {
		e.awake()
	}
	return followed
}
