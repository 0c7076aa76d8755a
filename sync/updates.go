package sync

import (
	"context"
	"slices"
	stdsync "sync"
	"time"

	"roomdesk/providers"
)

// Update says what changed since an earlier one.
type Update struct {
	// Seq goes into the next call of Wait.
	Seq uint64
	// Mailboxes whose events or free/busy changed.
	Mailboxes []providers.Address
	// All: too many mailboxes to name.
	All      bool
	Rooms    bool
	People   bool
	Progress bool
	// Notices must be seen. They come once, in order, and are never dropped.
	Notices []Notice
}

// Notice is a sentence for a person, safe to show.
type Notice struct {
	Text string
	Bad  bool
	At   time.Time
	// About names the state that a notice tells of: a later one about the same takes its
	// place, and a good one ends it. "" stands for itself.
	About string
}

// States that notices are about.
const (
	aboutReading = "reading"
	aboutStore   = "store"
	aboutRooms   = "rooms"
	aboutEvents  = "events of " // and the mailbox
)

// nameable is how many mailboxes an update names at most.
const nameable = 200

// hub remembers for everything when it last changed, as a number that counts
// changes. A reader that comes late sees all of it as one update; nobody waits
// for a reader.
type hub struct {
	mu        stdsync.Mutex
	seq       uint64
	mailboxes map[providers.Address]uint64
	allAt     uint64
	roomsAt   uint64
	peopleAt  uint64
	progAt    uint64
	notices   []numbered
	more      chan struct{} // closed at the next change
}

type numbered struct {
	seq    uint64
	notice Notice
}

func newHub() *hub {
	return &hub{mailboxes: map[providers.Address]uint64{}, more: make(chan struct{})}
}

func (h *hub) change(what func(seq uint64)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	what(h.seq)
	close(h.more)
	h.more = make(chan struct{})
}

func (h *hub) mailbox(mailboxes ...providers.Address) {
	h.change(func(seq uint64) {
		for _, mailbox := range mailboxes {
			h.mailboxes[mailbox] = seq
		}
	})
}

func (h *hub) rooms()    { h.change(func(seq uint64) { h.roomsAt = seq }) }
func (h *hub) people()   { h.change(func(seq uint64) { h.peopleAt = seq }) }
func (h *hub) progress() { h.change(func(seq uint64) { h.progAt = seq }) }

func (h *hub) all() {
	h.change(func(seq uint64) { h.allAt, h.roomsAt, h.peopleAt, h.progAt = seq, seq, seq, seq })
}

func (h *hub) notice(text string, bad bool, at time.Time) {
	h.change(func(seq uint64) {
		h.notices = append(h.notices, numbered{seq, Notice{Text: text, Bad: bad, At: at}})
	})
}

// state is notice for something that lasts until another notice about it.
func (h *hub) state(about, text string, bad bool, at time.Time) {
	h.change(func(seq uint64) {
		h.notices = append(h.notices, numbered{seq, Notice{Text: text, Bad: bad, At: at, About: about}})
	})
}

// Tell says that mailboxes changed which something else than this engine stored.
func (e *Engine) Tell(mailboxes ...providers.Address) {
	if len(mailboxes) > 0 {
		e.hub.mailbox(mailboxes...)
	}
}

// Wait blocks until something changed since the update with that number, 0 for
// the beginning, and says what; what changed meanwhile comes as one. Several
// readers may wait, each with its own number. It returns ctx's error when that
// ends.
func (e *Engine) Wait(ctx context.Context, since uint64) (Update, error) {
	h := e.hub
	for {
		h.mu.Lock()
		if h.seq > since {
			defer h.mu.Unlock()
			return h.since(since), nil
		}
		more := h.more
		h.mu.Unlock()
		select {
		case <-ctx.Done():
			return Update{Seq: since}, ctx.Err()
		case <-more:
		}
	}
}

func (h *hub) since(since uint64) Update {
	u := Update{Seq: h.seq, All: h.allAt > since, Rooms: h.roomsAt > since, People: h.peopleAt > since, Progress: h.progAt > since}
	for mailbox, at := range h.mailboxes {
		if at > since {
			u.Mailboxes = append(u.Mailboxes, mailbox)
		}
	}
	if len(u.Mailboxes) > nameable {
		u.All = true
	}
	if u.All {
		u.Mailboxes = nil
	}
	slices.Sort(u.Mailboxes)
	for _, n := range h.notices {
		if n.seq > since {
			u.Notices = append(u.Notices, n.notice)
		}
	}
	return u
}
