package migration

import (
	"context"
	"errors"
	"sync"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// PlanMigration compares the scopes, then reads both sides of every mailbox and compares
// them, in the background. What was moved before stays moved.
func (m *Mover) PlanMigration(ctx context.Context) (providers.Migration, error) {
	before, had, err := m.o.Store.Migration(ctx)
	if err != nil {
		return providers.Migration{}, err
	}
	j := providers.Migration{
		ID: newID(), From: m.o.From.Connection, To: m.o.To.Connection, FromProvider: m.o.From.Provider, ToProvider: m.o.To.Provider, Created: m.o.Now(),
	}
	fresh := !had || before.State == providers.MigrationFinished || before.FromProvider != j.FromProvider || before.ToProvider != j.ToProvider
	if !fresh {
		j.ID, j.Created = before.ID, before.Created
	}
	j.State, j.Undoable = providers.MigrationComparing, m.o.Ends
	ready := make(chan error, 1)
	if err := m.begin(ctx, func(ctx context.Context) error {
		store := m.o.Store.SaveMigration
		if fresh {
			store = func(ctx context.Context, j providers.Migration) error { return m.o.Store.BeginMigration(ctx, j, nil) }
		}
		err := store(ctx, j)
		ready <- err
		if err != nil {
			return err
		}
		m.at("begun")
		m.tell(ctx)
		return m.plan(ctx, j)
	}); err != nil {
		return providers.Migration{}, err
	}
	if err := <-ready; err != nil {
		return providers.Migration{}, err
	}
	return m.journal(ctx)
}

var errDead = errors.New("the old side does not answer any more")

func (m *Mover) plan(ctx context.Context, j providers.Migration) error {
	all, err := m.candidates(ctx)
	if err != nil {
		return err
	}
	halted := func() bool { return m.halted(ctx) }
	if err := each(ctx, m.o.Workers, all, halted, m.reach); err != nil {
		return err
	}
	if err := m.reachAgain(ctx, all, halted); err != nil {
		return err
	}
	if halted() {
		return nil
	}
	alive := false
	for _, c := range all {
		alive = alive || c.oldReach
	}
	for _, c := range all {
		if !alive && c.ours {
			c.oldFailed = errDead
		}
	}
	before, err := m.o.Store.Moves(ctx, j.ID)
	if err != nil {
		return err
	}
	homes, err := m.o.Store.Homes(ctx)
	if err != nil {
		return err
	}
	moves := m.moves(all, before, homes)
	j.Scope = m.scope(all, m.o.Now())
	if err := m.o.Store.SaveMoves(ctx, j.ID, moves...); err != nil {
		return err
	}
	if err := m.o.Store.SaveMigration(ctx, j); err != nil {
		return err
	}
	m.at("scope checked")
	m.tell(ctx)
	calendars := map[providers.Address]*candidate{}
	for _, c := range all {
		calendars[c.mailbox] = c
	}
	var planned []store.Move
	for _, move := range moves {
		if move.State == providers.MovePlanned {
			planned = append(planned, move)
		}
	}
	var told sync.Mutex
	done := 0
	return each(ctx, m.o.Workers, planned, halted, func(ctx context.Context, move store.Move) error {
		if err := m.shadow(ctx, j.ID, move, calendars[move.Mailbox]); err != nil {
			return err
		}
		told.Lock()
		defer told.Unlock()
		if done++; done%tellEvery(len(planned)) == 0 {
			m.tell(ctx)
		}
		return nil
	})
}

// tellEvery keeps telling of 1,600 mailboxes from costing more than reading them.
func tellEvery(n int) int { return max(1, n/100) }

// shadow reads both sides of a mailbox at nearly the same time and stores in what they
// differ. What differs is read once more: what somebody changed in between is no
// difference.
func (m *Mover) shadow(ctx context.Context, migration string, move store.Move, c *candidate) error {
	window := m.o.Window(m.o.Now())
	var compared Comparison
	for tries := 0; tries < 2; tries++ {
		old, fresh, err := m.both(ctx, move.Mailbox, window)
		if err != nil {
			return m.unread(ctx, migration, move, err)
		}
		compared = Compare(move.Mailbox, window, old.Events, fresh.Events)
		if compared.Counts.Whole() {
			break
		}
		m.at("differs")
	}
	entries, was := traits(move.Mailbox, c.old, c.fresh)
	for _, e := range entries {
		if e.Kind == providers.ParityDifferent {
			compared.Counts.Different++
		}
	}
	move.Parity, move.Was, move.Compared, move.Why, move.Passing = compared.Counts, was, m.o.Now(), "", false
	move.State = providers.MoveReady
	if !compared.Counts.Whole() {
		move.State, move.Why = providers.MoveDiffers, differs(compared.Counts)
	}
	m.at("compared")
	return m.o.Store.SaveParity(ctx, migration, move, append(entries, compared.Entries...))
}

// both reads the two sides of a mailbox at once.
func (m *Mover) both(ctx context.Context, mailbox providers.Address, window providers.Interval) (old, fresh *store.Reading, err error) {
	var group sync.WaitGroup
	var oldErr, freshErr error
	group.Go(func() { old, oldErr = m.o.From.whole(ctx, mailbox, window) })
	group.Go(func() { fresh, freshErr = m.o.To.whole(ctx, mailbox, window) })
	group.Wait()
	return old, fresh, errors.Join(oldErr, freshErr)
}

// unread notes a mailbox of which a side could not be read. Where that stops everything
// the error is given back.
func (m *Mover) unread(ctx context.Context, migration string, move store.Move, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if providers.Is(err, providers.Local) {
		return err
	}
	m.log.Info("a mailbox cannot be compared", "mailbox", move.Mailbox, "error", err)
	move.Why, move.Passing = "not compared: "+reason(err)+againWords, true
	return m.o.Store.SaveMoves(ctx, migration, move)
}

func differs(c providers.ParityCounts) string {
	words := ""
	for _, part := range []struct {
		n    int
		what string
	}{{c.Missing, "missing"}, {c.Extra, "extra"}, {c.Different, "different"}} {
		if part.n > 0 {
			if words != "" {
				words += ", "
			}
			words += count(part.n, part.what, part.what)
		}
	}
	return words + " on the new side"
}
