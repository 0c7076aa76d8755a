package sync

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"roomdesk/providers"
)

// lookAgain is how soon a mailbox whose free/busy differs from its mirror is asked
// again: after a round of changes, which explains most differences.
const lookAgain = time.Minute

// compare holds what the service answered against what follows from the mirrored
// events. A mailbox that differs is read; one that still differs after that is
// read anew, because its changes left something out. Where even that explains
// nothing, the same difference is left alone.
func (e *Engine) compare(r *taskRun, answers []providers.Availability) error {
	now := e.now()
	var mailboxes []providers.Address
	window := e.horizon(now)
	window.Start = now
	e.mu.Lock()
	for _, a := range answers {
		if t := e.s.tasks[calendarTask(a.Mailbox)]; t != nil && e.phase.over && a.Problem == nil && t.complete && t.problem == nil && t.unconfirmed == 0 {
			mailboxes = append(mailboxes, a.Mailbox)
		}
	}
	e.mu.Unlock()
	if len(mailboxes) == 0 {
		return nil
	}
	mirrored, err := e.store.Mirrored(r.ctx, mailboxes, window)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range answers {
		m, asked := mirrored[a.Mailbox]
		t := e.s.tasks[calendarTask(a.Mailbox)]
		if !asked || t == nil || !m.Known() || !m.Window.Covers(window) || !a.Window.Covers(window) {
			continue
		}
		e.differ(t, difference(a, m, window), now)
	}
	return nil
}

// differ decides what follows from a difference, 0 for none. Guarded by e.mu.
func (e *Engine) differ(t *task, difference uint64, now time.Time) {
	before, at := t.differs, t.differedAt
	t.differs = difference
	switch {
	case difference == 0 || difference == t.reread:
		return
	case before == 0 || !t.lastGood.After(at):
		t.differedAt = now
		e.hurry(t.mailbox, now, 0)
		e.question(&batch{mailboxes: []providers.Address{t.mailbox}}, now.Add(lookAgain))
		e.phase.schedule.total++
	default:
		e.log.Warn("free/busy differs from the mirror also after reading the changes; reading anew", "mailbox", t.mailbox)
		t.full, t.reread = true, difference
		e.hurry(t.mailbox, now, 0)
	}
}

// difference is a number for the times within the window at which one side is
// taken and the other is not; 0 where they agree.
func difference(a, b providers.Availability, window providers.Interval) uint64 {
	edges := []time.Time{window.Start}
	for _, block := range append(append([]providers.Block(nil), a.Blocks...), b.Blocks...) {
		for _, at := range []time.Time{block.Start, block.End} {
			if window.Contains(at) {
				edges = append(edges, at)
			}
		}
	}
	h := fnv.New64a()
	differs := false
	for _, at := range edges {
		if x, y := taken(a, at), taken(b, at); x != y {
			differs = true
			_ = binary.Write(h, binary.LittleEndian, at.UnixMicro()) // a hash does not fail
		}
	}
	if !differs {
		return 0
	}
	return h.Sum64() | 1
}

func taken(a providers.Availability, at time.Time) bool {
	for _, block := range a.Blocks {
		if block.State.Taken() && block.Contains(at) {
			return true
		}
	}
	return false
}
