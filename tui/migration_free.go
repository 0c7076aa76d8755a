package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// freeWatch looks, while mailboxes are moved, whether free/busy of each of them can
// still be read from the mirror: what was known before and is not known now is a gap.
type freeWatch struct {
	looks   int // mailboxes that were looked at while they moved
	known   map[providers.Address]bool
	lost    map[providers.Address]time.Time // since when it is not known any more
	longest time.Duration
	asking  bool
	of      string                                    // the migration that is looked at
	seen    map[providers.Address]providers.MoveState // at the last look
}

// look asks for free/busy of what changes now, and once of everything before anything
// is moved.
func (f *freeWatch) look(m *Model, now *providers.Migration) tea.Cmd {
	if f.asking || len(now.Mailboxes) == 0 {
		return nil
	}
	if f.of != now.ID {
		*f = freeWatch{of: now.ID, seen: map[providers.Address]providers.MoveState{}}
	}
	var ask []providers.Address
	moving := map[providers.Address]bool{}
	for i := range now.Mailboxes {
		b := &now.Mailboxes[i]
		atWork := b.State == providers.MoveSwitching || b.State == providers.MoveReturning
		_, lost := f.lost[b.Mailbox]
		if f.known == nil || atWork || lost || f.seen[b.Mailbox] != b.State {
			ask = append(ask, b.Mailbox)
			f.seen[b.Mailbox] = b.State
			moving[b.Mailbox] = atWork || b.State == providers.MoveMoved || b.State == providers.MoveReturned
		}
	}
	if len(ask) == 0 {
		return nil
	}
	f.asking = true
	if f.known == nil {
		clear(moving)
	}
	ws := m.ws
	window := providers.Interval{Start: m.now, End: m.now.Add(time.Hour)}
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		found, err := ws.Availability(ctx, ask, window)
		return freeLooked{ask, found, moving, err}
	})
}

type freeLooked struct {
	asked  []providers.Address
	found  map[providers.Address]providers.Availability
	moving map[providers.Address]bool
	err    error
}

func (a freeLooked) apply(m *Model) tea.Cmd {
	f := &m.migration.free
	f.asking = false
	if a.err != nil {
		return nil // the mirror could not be read: nothing is known either way
	}
	if f.known == nil {
		f.known, f.lost = map[providers.Address]bool{}, map[providers.Address]time.Time{}
	}
	for _, mailbox := range a.asked {
		availability := a.found[mailbox]
		if a.moving[mailbox] {
			f.looks++
		}
		if availability.Known() {
			if since, lost := f.lost[mailbox]; lost {
				f.longest = max(f.longest, m.now.Sub(since))
				delete(f.lost, mailbox)
			}
			f.known[mailbox] = true
			continue
		}
		if _, already := f.lost[mailbox]; f.known[mailbox] && !already {
			f.lost[mailbox] = m.now
		}
	}
	return nil
}

// gap is the longest time for which a mailbox was without free/busy; ok is false where
// nothing was looked at while it moved.
func (f *freeWatch) gap(now time.Time) (longest time.Duration, ok bool) {
	longest = f.longest
	for _, since := range f.lost {
		longest = max(longest, now.Sub(since))
	}
	return longest, f.looks > 0
}
