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

// HomeWords says where the mailboxes of a provider are: "cloud" or "on premises"; ""
// where that is not known.
func HomeWords(provider string) string {
	switch provider {
	case "graph":
		return "cloud"
	case "ews":
		return "on premises"
	}
	return ""
}

// MixedHomes reports whether rooms have different homes.
func MixedHomes(rooms []Room) bool {
	for _, r := range rooms {
		if HomeWords(r.Provider) != HomeWords(rooms[0].Provider) {
			return true
		}
	}
	return false
}
