package migration

import (
	"context"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// reaches is how often a mailbox is asked for in a plan where that failed in a way that
// may pass.
const reaches = 3

// reachAgain asks once more for the mailboxes of which nobody knows whether the new side
// reaches them. Where it answered for none, that is not of mailboxes, and it is left at
// that.
func (m *Mover) reachAgain(ctx context.Context, all []*candidate, halted func() bool) error {
	for round := 1; round < reaches && !halted(); round++ {
		var open []*candidate
		for _, c := range all {
			if c.freshFailed != nil && providers.ClassOf(c.freshFailed).Retryable() {
				open = append(open, c)
			}
		}
		if len(open) == 0 || len(open) == len(all) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(m.pause):
		}
		if err := each(ctx, m.o.Workers, open, halted, m.reach); err != nil {
			return err
		}
	}
	return nil
}

// lookAgain looks anew at a mailbox that an error stopped which may have passed: whether
// the new side reaches it, and whether both sides say the same. What came of it is in the
// journal, and given back.
func (m *Mover) lookAgain(ctx context.Context, migration string, move store.Move) (store.Move, error) {
	c := &candidate{mailbox: move.Mailbox, name: move.Name, room: move.Room, ours: true}
	if err := m.reach(ctx, c); err != nil {
		return move, err
	}
	switch {
	case c.freshFailed != nil:
		move.State, move.Passing = providers.MoveBlocked, true
		move.Why = notKnown(c.freshFailed)
		return move, m.o.Store.SaveMoves(ctx, migration, move)
	case !c.freshReach:
		move.State, move.Passing, move.Why = providers.MoveBlocked, false, c.why
		return move, m.o.Store.SaveMoves(ctx, migration, move)
	}
	move.State, move.Passing, move.Why = providers.MovePlanned, false, ""
	if err := m.shadow(ctx, migration, move, c); err != nil {
		return move, err
	}
	moves, err := m.o.Store.Moves(ctx, migration)
	for _, stored := range moves {
		if stored.Mailbox == move.Mailbox {
			return stored, err
		}
	}
	return move, err
}

// againWords say that what may have passed is looked at again.
const againWords = "; to move it looks again first"

func notKnown(err error) string {
	return "it is not known whether the new connection reaches it: " + reason(err) + againWords
}
