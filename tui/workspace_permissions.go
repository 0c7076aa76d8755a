package tui

import (
	"context"

	"roomdesk/providers"
)

// PermissionDesk looks into what a connection may do (PRODUCT C3, C4, L6).
type PermissionDesk interface {
	// Features are what can be wanted of a connection, in order.
	Features() []PermissionFeature
	// LeastFor is what some features, by name, need at least of a connection's service. It
	// asks nobody.
	LeastFor(connection string, features []string) LeastAccess
	// Permissions looks at each permission of a connection from all sides. Network.
	Permissions(ctx context.Context, connection string) ([]PermissionRow, error)
}

// PermissionFeature is something that people want.
type PermissionFeature struct {
	Name, What string // safe to show
}

// LeastAccess is the least with which some features work.
type LeastAccess struct {
	Permissions []string
	// Level is the lowest level of access; "" where no calendar is needed.
	Level providers.AccessLevel
	// Within names permissions that are held in a wider one, by that one.
	Within map[string][]string
	// Rights of an account are given on the server and stand in no token.
	Rights bool
	// Commands give what is missing, ready to be run in Shell; none where the portal does.
	Commands []string
	Shell    string
}

// PermissionRow is one permission as it is.
type PermissionRow struct {
	Name    string
	Granted *bool // nil: cannot be read
	InToken bool
	Proven  string // "works", "refused", or "" where it was not tried
	Drift   string // since the connection was made: "added", "taken away", or ""
	Right   string // the spelling that is meant, where the name is misspelt
}
