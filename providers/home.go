package providers

import "time"

// HomeCause says from what it is known which provider reaches a mailbox.
type HomeCause string

// Causes of a home.
const (
	HomeListed HomeCause = "listed" // only that provider's lists have it
	HomeLearnt HomeCause = "learnt" // the other provider said that it is not there
	HomeMoved  HomeCause = "moved"  // a migration moved it
)

// Home is which provider reaches a mailbox, where an organisation has two.
type Home struct {
	Mailbox  Address
	Provider string // as in [Room.Provider]: "graph" or "ews"
	Cause    HomeCause
	Since    time.Time
}
