package tui

import (
	"context"

	"roomdesk/providers"
)

// ProfileDesk tells which mailboxes are kept, and over which provider, and holds the
// switches that decide which one is used.
type ProfileDesk interface {
	// Profiles lists the mailboxes that are kept here, from the mirror.
	Profiles(ctx context.Context) ([]providers.Profile, error)
	// Authorise authorises a mailbox again: it moves to the provider that is in force,
	// in the background. Network.
	Authorise(ctx context.Context, mailbox providers.Address) (providers.Migration, error)
	// Switches lists the switches of the configuration.
	Switches(ctx context.Context) ([]providers.Feature, error)
	// SetSwitch changes one.
	SetSwitch(ctx context.Context, name string, on bool) error
}
