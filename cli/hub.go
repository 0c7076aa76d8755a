package cli

import (
	"context"
	"slices"
	stdsync "sync"

	"roomdesk/tui"
)

// nameable is how many changed mailboxes are named one by one.
const nameable = 200

// hub collects changes until the console asks for them; whoever reports one never
// waits, and notices are never dropped.
type hub struct {
	mu      stdsync.Mutex
	pending tui.Changes
	some    chan struct{} // has a token while something is pending
}

func newHub() *hub { return &hub{some: make(chan struct{}, 1)} }

func (h *hub) add(c tui.Changes) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.pending
	p.Rooms, p.People, p.All = p.Rooms || c.Rooms, p.People || c.People, p.All || c.All
	p.Sync, p.Bookings, p.Relocations = p.Sync || c.Sync, p.Bookings || c.Bookings, p.Relocations || c.Relocations
	p.Migration = p.Migration || c.Migration
	p.Notices = append(p.Notices, c.Notices...)
	if !p.All {
		p.Mailboxes = append(p.Mailboxes, c.Mailboxes...)
		slices.Sort(p.Mailboxes)
		p.Mailboxes = slices.Compact(p.Mailboxes)
		p.All = len(p.Mailboxes) > nameable
	}
	if p.All {
		p.Mailboxes = nil
	}
	select {
	case h.some <- struct{}{}:
	default:
	}
}

// wait gives everything since the last call, at once where there is something.
func (h *hub) wait(ctx context.Context) (tui.Changes, error) {
	select {
	case <-ctx.Done():
		return tui.Changes{}, ctx.Err()
	case <-h.some:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	changes := h.pending
	h.pending = tui.Changes{}
	return changes, nil
}
