package migration

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// candidate is a mailbox of which it is asked who reaches it.
type candidate struct {
	mailbox providers.Address
	name    providers.Untrusted
	room    bool
	ours    bool // of the mirror, the old side's lists, or somebody with bookings

	old, fresh             []providers.Calendar
	oldReach, freshReach   bool
	oldFailed, freshFailed error // nil, or why nobody knows
	why                    string
}

// candidates are all mailboxes that either side may reach: those of the mirror, of
// bookings and of both sides' lists.
func (m *Mover) candidates(ctx context.Context) ([]*candidate, error) {
	by := map[providers.Address]*candidate{}
	add := func(mailbox providers.Address, name providers.Untrusted, room, ours bool) {
		if mailbox == "" {
			return
		}
		c, known := by[mailbox]
		if !known {
			c = &candidate{mailbox: mailbox}
			by[mailbox] = c
		}
		if c.name.Empty() {
			c.name = name
		}
		c.room, c.ours = c.room || room, c.ours || ours
	}
	for n, side := range []Side{m.o.From, m.o.To} {
		if _, err := side.Source.Rooms(ctx, func(rooms []providers.Room) error {
			for _, r := range rooms {
				add(r.Mailbox, r.Name, true, n == 0)
			}
			return nil
		}); err != nil && !m.deadOld(n, err) {
			return nil, err
		}
		if _, err := side.Source.People(ctx, func(people []providers.Person) error {
			for _, p := range people {
				add(p.Mailbox, p.Name, false, n == 0)
			}
			return nil
		}); err != nil && !m.deadOld(n, err) && !providers.Is(err, providers.NotAllowed) && !providers.Is(err, providers.Unsupported) {
			return nil, err
		}
	}
	rooms, err := m.o.Store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rooms {
		add(r.Mailbox, r.Name, true, true)
	}
	mirrored, err := m.o.Store.Mailboxes(ctx)
	if err != nil {
		return nil, err
	}
	for _, box := range mirrored {
		add(box.Address, providers.Untrusted{}, false, true)
	}
	organizers, err := m.o.Store.Organizers(ctx)
	if err != nil {
		return nil, err
	}
	for _, organizer := range organizers {
		add(organizer, providers.Untrusted{}, false, true)
	}
	var all []*candidate
	for _, c := range by {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *candidate) int { return compareAddress(a.mailbox, b.mailbox) })
	return all, nil
}

// deadOld reports whether the old side answers nothing any more, as Exchange Online where
// EWS was turned off: what is mirrored of it is then all there is.
func (m *Mover) deadOld(side int, err error) bool {
	return side == 0 && (unreachable(err) || providers.Is(err, providers.SignedOut))
}

func compareAddress(a, b providers.Address) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// each runs do for all, some at a time, until one fails or nothing further is to begin.
func each[T any](ctx context.Context, workers int, all []T, halted func() bool, do func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan T)
	var group sync.WaitGroup
	for range min(workers, len(all)) {
		group.Go(func() {
			for item := range next {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, item := range all {
		if ctx.Err() != nil || halted() {
			break
		}
		next <- item
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

// reach asks both sides for a mailbox's calendars: the least that proves that it is
// reached.
func (m *Mover) reach(ctx context.Context, c *candidate) error {
	for n, side := range []Side{m.o.From, m.o.To} {
		calendars, err := side.Source.Calendars(ctx, c.mailbox)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		reached, failed := err == nil, err
		if unreachable(err) {
			failed = nil
		}
		if n == 0 {
			c.old, c.oldReach, c.oldFailed = calendars, reached, failed
		} else {
			c.fresh, c.freshReach, c.freshFailed = calendars, reached, failed
			if err != nil {
				c.why = "the new connection does not reach it: " + reason(err)
			}
		}
	}
	return nil
}

// scope says which mailboxes each side reaches, in one sentence.
func (m *Mover) scope(all []*candidate, now time.Time) providers.MigrationScope {
	s := providers.MigrationScope{Checked: now, Limited: true}
	unknown := 0
	for _, c := range all {
		// What the old side reached until now is its own also while it does not answer.
		old := c.oldReach || c.ours && c.oldFailed != nil
		if old {
			s.Old++
		}
		if c.freshReach {
			s.New++
		}
		switch {
		case c.freshFailed != nil:
			unknown++
		case c.freshReach && !old:
			s.Extra = append(s.Extra, c.mailbox)
		case old && !c.freshReach:
			s.Missing = append(s.Missing, c.mailbox)
		}
	}
	// One mailbox outside of the old scope proves that nothing limits the new side.
	s.Limited = len(s.Extra) == 0
	switch {
	case len(s.Extra) > 0:
		s.Words = fmt.Sprintf("%s reaches %s that %s does not: limit it to the old scope first, or it sees more than before.",
			m.o.To.Connection, count(len(s.Extra), "mailbox", "mailboxes"), m.o.From.Connection)
	case s.Old == s.New && len(s.Missing) == 0:
		s.Words = fmt.Sprintf("Both sides reach the same %s.", count(s.Old, "mailbox", "mailboxes"))
	default:
		s.Words = fmt.Sprintf("%s reaches %d of the %s of %s, and no other.", m.o.To.Connection, s.New, count(s.Old, "mailbox", "mailboxes"), m.o.From.Connection)
	}
	if len(s.Missing) > 0 {
		s.Words += fmt.Sprintf(" %s only on the old side: they stay there.", count(len(s.Missing), "mailbox is", "mailboxes are"))
	}
	if unknown > 0 {
		s.Words += fmt.Sprintf(" %s did not answer.", count(unknown, "mailbox", "mailboxes"))
	}
	s.Words = providers.Sanitise(s.Words)
	return s
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// moves are the mailboxes of the migration: those that the old side reaches. One that was
// moved before stays as it is.
func (m *Mover) moves(all []*candidate, before []store.Move, homes map[providers.Address]providers.Home) []store.Move {
	known := map[providers.Address]store.Move{}
	for _, move := range before {
		known[move.Mailbox] = move
	}
	var pilot []providers.Address
	if m.o.Pilot != nil {
		pilot = m.o.Pilot()
	}
	var out []store.Move
	for _, c := range all {
		move, ok := known[c.mailbox]
		old := c.oldReach || c.ours && c.oldFailed != nil
		if !ok && !old && !(c.ours && homes[c.mailbox].Provider == m.o.From.Provider) {
			continue
		}
		if !ok {
			move = store.Move{MailboxMove: providers.MailboxMove{Mailbox: c.mailbox, Pilot: slices.Contains(pilot, c.mailbox)}}
		}
		move.Name, move.Room, move.Chosen, move.Passing = c.name, c.room, "", false
		move.Home = m.o.From.Provider
		if home := homes[c.mailbox]; home.Cause == providers.HomeMoved {
			move.Home = home.Provider
		}
		switch {
		case move.Home == m.o.To.Provider:
			if move.State != providers.MoveFinished {
				move.State = providers.MoveMoved
			}
		case c.freshFailed != nil:
			move.State, move.Why = providers.MoveBlocked, notKnown(c.freshFailed)
			move.Passing = true
		case !c.freshReach:
			move.State, move.Why = providers.MoveBlocked, c.why
		default:
			move.State, move.Why = providers.MovePlanned, ""
		}
		out = append(out, move)
	}
	return out
}
