package tui

import (
	"context"

	"roomdesk/providers"
)

// Mover moves an organisation's mailboxes from one provider to the other, while its
// calendars stay readable. Changes.Migration tells of each step.
type Mover interface {
	// Migration is the journal of the migration of this organisation, from the store;
	// false where there is none.
	Migration(ctx context.Context) (providers.Migration, bool, error)
	// WhyNotMigrate says without asking anybody why nothing can be moved from here, for
	// example since only one provider is connected; "" where it may be possible.
	WhyNotMigrate() string
	// PlanMigration compares the scopes, then reads both sides of every mailbox and
	// compares them, in the background; it moves nothing. Network.
	PlanMigration(ctx context.Context) (providers.Migration, error)
	// SetPilot makes these mailboxes the group that is moved first.
	SetPilot(ctx context.Context, mailboxes []providers.Address) (providers.Migration, error)
	// MoveMailboxes moves mailboxes one by one in the background. Network.
	MoveMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error)
	// ReturnMailboxes takes moved mailboxes back in the background. Network.
	ReturnMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error)
	// StopMigration lets no further mailbox begin; one at work comes to its end.
	StopMigration(ctx context.Context) (providers.Migration, error)
	// FinishMigration gives up the way back: the old side's reading positions go.
	FinishMigration(ctx context.Context) (providers.Migration, error)
	// ParityEntries lists in what a mailbox's sides differ.
	ParityEntries(ctx context.Context, mailbox providers.Address) ([]providers.ParityEntry, error)
}
