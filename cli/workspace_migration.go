package cli

import (
	"context"

	"roomdesk/providers"
	"roomdesk/tui"
)

// The part of [tui.Workspace] that moves mailboxes from one provider to the other.

// whyNotMigrate says why an organisation with one provider has nothing to move.
func (s *session) whyNotMigrate() string {
	switch {
	case s.connection.Disconnected != nil:
		return "this connection is disconnected"
	case s.connection.Exchange():
		return "connect Graph beside this connection: roomdesk connect graph --beside " + s.connection.Name
	}
	return "this organisation is on Graph only; where mailboxes are on Exchange too, connect it beside: roomdesk connect ews --beside " + s.connection.Name
}

// moving gives the migration of an organisation with two providers, where the person
// may administer it.
func (w *workspace) moving() (tui.Mover, error) {
	if err := w.mayDo(providers.VerbAdminister); err != nil {
		return nil, err
	}
	if w.mover == nil {
		return nil, &providers.Error{Class: providers.Unsupported, Op: "moving mailboxes", Message: providers.Outside(w.whyNotMigrate())}
	}
	return w.mover, nil
}

// Migration implements [tui.Mover].
func (w *workspace) Migration(ctx context.Context) (providers.Migration, bool, error) {
	if w.mover == nil {
		return providers.Migration{}, false, nil
	}
	return w.mover.Migration(ctx)
}

// WhyNotMigrate implements [tui.Mover].
func (w *workspace) WhyNotMigrate() string {
	if w.mover == nil {
		return w.whyNotMigrate()
	}
	return w.mover.WhyNotMigrate()
}

// PlanMigration implements [tui.Mover].
func (w *workspace) PlanMigration(ctx context.Context) (providers.Migration, error) {
	mover, err := w.moving()
	if err != nil {
		return providers.Migration{}, err
	}
	return mover.PlanMigration(ctx)
}

// SetPilot implements [tui.Mover].
func (w *workspace) SetPilot(ctx context.Context, mailboxes []providers.Address) (providers.Migration, error) {
	mover, err := w.moving()
	if err != nil {
		return providers.Migration{}, err
	}
	return mover.SetPilot(ctx, mailboxes)
}

// MoveMailboxes implements [tui.Mover].
func (w *workspace) MoveMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	mover, err := w.moving()
	if err != nil {
		return providers.Migration{}, err
	}
	return mover.MoveMailboxes(ctx, choice)
}

// ReturnMailboxes implements [tui.Mover].
func (w *workspace) ReturnMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	mover, err := w.moving()
	if err != nil {
		return providers.Migration{}, err
	}
	return mover.ReturnMailboxes(ctx, choice)
}

// StopMigration implements [tui.Mover].
func (w *workspace) StopMigration(ctx context.Context) (providers.Migration, error) {
	mover, err := w.moving()
	if err != nil {
		return providers.Migration{}, err
	}
	return mover.StopMigration(ctx)
}

// FinishMigration implements [tui.Mover].
func (w *workspace) FinishMigration(ctx context.Context) (providers.Migration, error) {
	mover, err := w.moving()
	if err != nil {
		return providers.Migration{}, err
	}
	return mover.FinishMigration(ctx)
}

// ParityEntries implements [tui.Mover].
func (w *workspace) ParityEntries(ctx context.Context, mailbox providers.Address) ([]providers.ParityEntry, error) {
	mover, err := w.moving()
	if err != nil {
		return nil, err
	}
	return mover.ParityEntries(ctx, mailbox)
}
