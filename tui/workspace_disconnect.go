package tui

import (
	"context"

	"roomdesk/providers"
)

// Disconnecter takes connections away. Nothing is changed in the tenant.
type Disconnecter interface {
	// PlanDisconnect says what would happen. Nothing is changed, and the tenant is not
	// asked.
	PlanDisconnect(ctx context.Context, connection string, keepMirror bool) (Disconnection, error)
	// Disconnect does it. Doing it again removes what remained.
	Disconnect(ctx context.Context, connection string, how DisconnectHow) (Disconnection, error)
}

// DisconnectHow says how much is taken away.
type DisconnectHow struct {
	KeepMirror bool
	// Abandon also goes on where writes have not reached the tenant.
	Abandon bool
}

// Disconnection is what taking a connection away does or did. All lines are safe to
// show.
type Disconnection struct {
	// Tenant is the name to type.
	Tenant                providers.Untrusted
	Stops, Deletes, Stays []string
	Pending               []string // writes that have not reached the tenant, or not surely
	Remains               []string // what could not be removed, each with what to do
	// Ends: the console has nothing left to show.
	Ends bool
}
