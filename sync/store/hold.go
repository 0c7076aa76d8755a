package store

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"roomdesk/providers"
)

// While a mailbox is switched to the other provider nobody may write to it, nor store
// what was read from it: ids change at that moment. Whoever works with a calendar
// enters it, in any process; the switch keeps everybody out until it is over.

const (
	// holdFor is how long an entry counts of a process that died; what it does later is
	// caught when it is stored. freezeFor is the same for a switch.
	holdFor   = time.Minute
	freezeFor = 3 * time.Minute
	// enterWithin is how long a freeze is waited for: it takes seconds.
	enterWithin = 30 * time.Second
	holdPause   = 50 * time.Millisecond
)

// ErrMoving: the mailbox is just being moved to the other provider.
var ErrMoving = errors.New("this calendar is just being moved to the other connection: it takes some seconds")

// errFreezeOver: a switch took longer than others are kept out.
var errFreezeOver = errors.New("the mailbox is no longer kept for this switch")

// holds is this process's side of the table.
type holds struct {
	mu     sync.Mutex
	name   string
	counts map[providers.Address]int
}

// as is the name of this process among the holders.
func (h *holds) as() string {
	if h.name == "" {
		h.name, h.counts = rand.Text(), map[providers.Address]int{}
	}
	return h.name
}

// Enter says that somebody works with a mailbox's meetings, and stores what comes of
// it, until leave is called. While the mailbox is switched it waits; the error has
// class Transient and wraps [ErrMoving] where that takes long.
func (s *Store) Enter(ctx context.Context, mailbox providers.Address) (leave func(), err error) {
	const op = "waiting for a calendar"
	deadline := time.NewTimer(enterWithin)
	defer deadline.Stop()
	for {
		entered, err := s.enter(ctx, mailbox)
		if err != nil {
			return nil, err
		}
		if entered {
			var once sync.Once
			return func() { once.Do(func() { s.leave(mailbox) }) }, nil
		}
		select {
		case <-ctx.Done():
			return nil, failure(op, ctx.Err())
		case <-deadline.C:
			return nil, &providers.Error{Class: providers.Transient, Op: op, Mailbox: mailbox, Err: ErrMoving}
		case <-time.After(holdPause):
		}
	}
}

func (s *Store) enter(ctx context.Context, mailbox providers.Address) (entered bool, err error) {
	h := &s.holds
	h.mu.Lock()
	defer h.mu.Unlock()
	name := h.as()
	if h.counts[mailbox] > 0 { // a part of what this process does there already
		h.counts[mailbox]++
		return true, nil
	}
	if err := s.write(ctx, "entering a calendar", func(b *batch) error {
		var frozen bool
		now := s.now()
		if err := b.row("SELECT EXISTS (SELECT 1 FROM hold WHERE mailbox = ?1 AND exclusive = 1 AND until > ?2)", string(mailbox), micros(now)).Scan(&frozen); err != nil {
			return err
		}
		if entered = !frozen; frozen {
			return nil
		}
		return b.exec(`INSERT INTO hold (mailbox, holder, exclusive, until) VALUES (?1, ?2, 0, ?3)
			ON CONFLICT (mailbox, holder) DO UPDATE SET until = excluded.until`, string(mailbox), name, micros(now.Add(holdFor)))
	}); err != nil || !entered {
		return false, err
	}
	h.counts[mailbox] = 1
	return true, nil
}

func (s *Store) leave(mailbox providers.Address) {
	h := &s.holds
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts[mailbox]--; h.counts[mailbox] > 0 {
		return
	}
	delete(h.counts, mailbox)
	name := h.as()
	if err := s.write(context.Background(), "leaving a calendar", func(b *batch) error {
		return b.exec("DELETE FROM hold WHERE mailbox = ?1 AND holder = ?2", string(mailbox), name)
	}); err != nil {
		s.log.Warn("an entry into a calendar stays until it is over", "mailbox", mailbox, "error", err)
	}
}

// Freeze keeps everybody out of a mailbox until it is thawed, or for some minutes.
type Freeze struct {
	store   *Store
	mailbox providers.Address
	holder  string
}

// Freeze lets nobody enter a mailbox any more and waits for those who are in it. The
// error has class Conflict where somebody stays in it for longer than patience, or
// another process freezes it.
func (s *Store) Freeze(ctx context.Context, mailbox providers.Address, patience time.Duration) (*Freeze, error) {
	const op = "keeping a calendar for its move"
	f := &Freeze{store: s, mailbox: mailbox, holder: "move " + rand.Text()}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		inside := 0
		var other bool
		if err := s.write(ctx, op, func(b *batch) error {
			now := s.now()
			if err := b.exec("DELETE FROM hold WHERE mailbox = ?1 AND until <= ?2", string(mailbox), micros(now)); err != nil {
				return err
			}
			if err := b.row("SELECT count(*) FILTER (WHERE exclusive = 0), count(*) FILTER (WHERE exclusive = 1 AND holder <> ?2) > 0 FROM hold WHERE mailbox = ?1",
				string(mailbox), f.holder).Scan(&inside, &other); err != nil || other {
				return err
			}
			return b.exec(`INSERT INTO hold (mailbox, holder, exclusive, until) VALUES (?1, ?2, 1, ?3)
				ON CONFLICT (mailbox, holder) DO UPDATE SET until = excluded.until`, string(mailbox), f.holder, micros(now.Add(freezeFor)))
		}); err != nil {
			f.Thaw()
			return nil, err
		}
		if inside == 0 && !other {
			return f, nil
		}
		select {
		case <-ctx.Done():
			f.Thaw()
			return nil, failure(op, ctx.Err())
		case <-deadline.C:
			f.Thaw()
			return nil, &providers.Error{Class: providers.Conflict, Op: op, Mailbox: mailbox, Message: providers.Outside("somebody is writing to this calendar"),
				Advice: "nothing to do: it is tried again"}
		case <-time.After(holdPause):
		}
	}
}

// Thaw lets everybody in again. It may be called more than once.
func (f *Freeze) Thaw() {
	if err := f.store.write(context.Background(), "giving a calendar free", func(b *batch) error {
		return b.exec("DELETE FROM hold WHERE mailbox = ?1 AND holder = ?2", string(f.mailbox), f.holder)
	}); err != nil {
		f.store.log.Warn("a calendar stays closed for writing until that is over", "mailbox", f.mailbox, "error", err)
	}
}

// frozen checks inside a transaction that nobody else can be in the mailbox.
func (b *batch) frozen(f *Freeze, now time.Time) error {
	var held bool
	if err := b.row("SELECT EXISTS (SELECT 1 FROM hold WHERE mailbox = ?1 AND holder = ?2 AND until > ?3)", string(f.mailbox), f.holder, micros(now)).Scan(&held); err != nil {
		return err
	}
	if !held {
		return &providers.Error{Class: providers.Transient, Op: "switching a mailbox", Mailbox: f.mailbox, Err: errFreezeOver}
	}
	return nil
}
