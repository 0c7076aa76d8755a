package migration

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
	"roomdesk/sync/store"
)

// MoveMailboxes moves mailboxes in the background, some at a time.
func (m *Mover) MoveMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	return m.choose(ctx, choice, store.ChosenMove)
}

// ReturnMailboxes takes moved mailboxes back in the background.
func (m *Mover) ReturnMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	return m.choose(ctx, choice, store.ChosenReturn)
}

// Resume goes on with what a process that died, or was closed, had begun. It does nothing
// where there is nothing, and where another process syncs the store.
func (m *Mover) Resume(ctx context.Context) error {
	j, ok, err := m.o.Store.Migration(ctx)
	if err != nil || !ok || m.working() || m.o.Store.Holder() != "" || !j.State.Working() {
		return err
	}
	if j.State == providers.MigrationComparing {
		_, err := m.PlanMigration(ctx)
		return err
	}
	return m.begin(ctx, func(ctx context.Context) error { return m.run(ctx, j) })
}

// choose marks the mailboxes of a choice in the journal and begins with them.
func (m *Mover) choose(ctx context.Context, choice providers.MigrationChoice, what string) (providers.Migration, error) {
	j, err := m.journal(ctx)
	if err != nil {
		return j, err
	}
	moves, err := m.o.Store.Moves(ctx, j.ID)
	if err != nil {
		return j, err
	}
	var chosen []store.Move
	var refusal error
	for _, move := range moves {
		named := slices.Contains(choice.Mailboxes, move.Mailbox)
		if !named && !choice.All && !(choice.Pilot && move.Pilot) {
			if move.Chosen != "" { // of an earlier choice that was stopped
				move.Chosen = ""
				chosen = append(chosen, move)
			}
			continue
		}
		why := whyNot(move, what, choice.EvenIfDifferent)
		switch {
		case why == "":
			move.Chosen = what
			if choice.EvenIfDifferent && what == store.ChosenMove {
				move.Chosen = chosenAnyway
			}
			chosen = append(chosen, move)
		case named:
			refusal = refused(string(move.Mailbox) + ": " + why)
		}
	}
	for _, mailbox := range choice.Mailboxes {
		if !slices.ContainsFunc(moves, func(move store.Move) bool { return move.Mailbox == mailbox }) {
			refusal = refused(string(mailbox) + " is no mailbox of this migration")
		}
	}
	if refusal == nil && !slices.ContainsFunc(chosen, func(move store.Move) bool { return move.Chosen != "" }) {
		refusal = refused("none of these mailboxes can be " + map[string]string{store.ChosenMove: "moved", store.ChosenReturn: "taken back"}[what])
	}
	if refusal != nil {
		return j, refusal
	}
	j.State, j.Problem = providers.MigrationMoving, nil
	if what == store.ChosenReturn {
		j.State = providers.MigrationReturning
	}
	ready := make(chan error, 1)
	if err := m.begin(ctx, func(ctx context.Context) error {
		err := m.o.Store.SaveMoves(ctx, j.ID, chosen...)
		if err == nil {
			m.at("chosen")
			err = m.o.Store.SaveMigration(ctx, j)
		}
		ready <- err
		if err != nil {
			return err
		}
		m.tell(ctx)
		return m.run(ctx, j)
	}); err != nil {
		return j, err
	}
	if err := <-ready; err != nil {
		return j, err
	}
	return m.journal(ctx)
}

// chosenAnyway is [store.ChosenMove] for a mailbox in which something may differ.
const chosenAnyway = "move anyway"

// whyNot says why a mailbox is not moved, or taken back; "" where it can be.
func whyNot(move store.Move, what string, anyway bool) string {
	if what == store.ChosenMove && move.LooksAgain() {
		return "" // it is looked at again
	}
	switch move.State {
	case providers.MoveBlocked:
		return "it stays where it is: " + move.Why
	case providers.MovePlanned:
		if what == store.ChosenMove && !anyway {
			return "it was not compared yet"
		}
	case providers.MoveDiffers:
		if what == store.ChosenMove && !anyway {
			return "its sides differ: " + move.Why
		}
	case providers.MoveMoved, providers.MoveReturning:
		if what == store.ChosenMove {
			return "it is moved already"
		}
		return ""
	case providers.MoveFinished:
		return "its move is finished"
	case providers.MoveReady, providers.MoveReturned, providers.MoveSwitching:
	}
	if what == store.ChosenReturn {
		return "it was not moved"
	}
	return ""
}

// rounds is how often what cannot be moved now is tried again, after what waits for it.
const (
	rounds      = 5
	roundsPause = time.Second
)

// laterError: the mailbox can be moved soon, and not now.
type laterError struct{ why string }

func (e *laterError) Error() string { return e.why }

// run does what the journal says is still to be done.
func (m *Mover) run(ctx context.Context, j providers.Migration) error {
	for round := 0; ; round++ {
		moves, err := m.o.Store.Moves(ctx, j.ID)
		if err != nil {
			return err
		}
		var chosen []store.Move
		for _, move := range moves {
			if move.Chosen != "" {
				chosen = append(chosen, move)
			}
		}
		// The pilot group first, then rooms, then people.
		slices.SortStableFunc(chosen, func(a, b store.Move) int { return urgency(b) - urgency(a) })
		var mu sync.Mutex
		later, done := 0, 0
		err = each(ctx, m.o.Workers, chosen, func() bool { return m.halted(ctx) }, func(ctx context.Context, move store.Move) error {
			err := m.one(ctx, j, move, round == rounds-1)
			var wait *laterError
			mu.Lock()
			defer mu.Unlock()
			if done++; done%tellEvery(len(chosen)) == 0 {
				m.tell(ctx)
			}
			if errors.As(err, &wait) {
				later++
				return nil
			}
			return err
		})
		if err != nil || later == 0 || m.halted(ctx) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(m.pause):
		}
	}
}

func urgency(move store.Move) int {
	n := 0
	if move.Pilot {
		n += 2
	}
	if move.Room {
		n++
	}
	return n
}

// one moves a mailbox, or takes it back. A mailbox that stays where it is says why in the
// journal; the error is only what stops all others, too.
func (m *Mover) one(ctx context.Context, j providers.Migration, move store.Move, last bool) error {
	if move.LooksAgain() && move.Chosen != store.ChosenReturn {
		chosen := move.Chosen
		move.Chosen = ""
		again, err := m.lookAgain(ctx, j.ID, move)
		if err != nil {
			return err
		}
		move, move.Chosen = again, chosen
		if why := whyNot(again, store.ChosenMove, chosen == chosenAnyway); why != "" || again.LooksAgain() && chosen != chosenAnyway {
			return nil // the journal says why
		}
	}
	back := move.Chosen == store.ChosenReturn
	anyway := move.Chosen == chosenAnyway || back
	rest := move.State
	if rest == providers.MoveSwitching || rest == providers.MoveReturning { // of a process that died
		rest = map[bool]providers.MoveState{false: providers.MoveReady, true: providers.MoveMoved}[back]
	}
	// The switch is one step with its row here: what says that it is to be done was not.
	move.State = map[bool]providers.MoveState{false: providers.MoveSwitching, true: providers.MoveReturning}[back]
	if err := m.o.Store.SaveMoves(ctx, j.ID, move); err != nil {
		return err
	}
	m.at("switching")
	watch := m.watchFree(ctx, move.Mailbox)
	defer watch.stop()
	err := m.exchange(ctx, j, move, back, anyway, watch)
	if err == nil {
		return nil
	}
	watch.stop()
	watch.into(&move.MailboxMove)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var parity *parityError
	var wait *laterError
	move.State = rest
	switch {
	case providers.Is(err, providers.Local):
		return err
	case errors.As(err, &wait) && !last:
		move.Why = wait.why
		if err := m.o.Store.SaveMoves(ctx, j.ID, move); err != nil {
			return err
		}
		return wait
	case errors.As(err, &parity):
		move.Chosen, move.Parity, move.Compared, move.Why = "", parity.counts, m.o.Now(), differs(parity.counts)
		if !back {
			move.State = providers.MoveDiffers
		}
		return m.o.Store.SaveParity(ctx, j.ID, move, parity.entries)
	case wait != nil:
		move.Why = wait.why
	default:
		move.Why = reason(err)
	}
	m.log.Info("a mailbox was not moved", "mailbox", move.Mailbox, "error", err)
	move.Chosen = ""
	return m.o.Store.SaveMoves(ctx, j.ID, move)
}

// parityError: the sides do not hold the same.
type parityError struct {
	counts  providers.ParityCounts
	entries []providers.ParityEntry
}

func (e *parityError) Error() string { return differs(e.counts) }

const (
	// claimFor is how long a mailbox is kept from being read by the sync.
	claimFor = 5 * time.Minute
	// claimWithin is how long a reading of it is waited for.
	claimWithin = 20 * time.Second
	// freezeWithin is how long somebody who writes to it is waited for.
	freezeWithin = 20 * time.Second
	pollPause    = 20 * time.Millisecond
)

// claim keeps the sync from the mailbox until release.
func (m *Mover) claim(ctx context.Context, mailbox providers.Address) (release func(), err error) {
	q := m.o.Store.Queue()
	deadline := time.NewTimer(claimWithin)
	defer deadline.Stop()
	for {
		claim, free, err := q.Take(ctx, mailbox, claimFor)
		if err != nil {
			return nil, err
		}
		if free {
			return func() {
				if claim == nil {
					return
				}
				if err := q.Complete(context.WithoutCancel(ctx), *claim, m.o.Now(), queue.OnScreen); err != nil && !errors.Is(err, queue.ErrLost) {
					m.log.Warn("a claim could not be given back; it ends by itself", "mailbox", mailbox, "error", err)
				}
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-deadline.C:
			return nil, &laterError{"it is being read just now"}
		case <-time.After(pollPause):
		}
	}
}
