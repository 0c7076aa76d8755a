package providers

import "time"

// AccessLevel is how much a connection or a mailbox allows (PRODUCT L1).
type AccessLevel string

// Levels of access.
const (
	FullAccess AccessLevel = "full"
	Restricted AccessLevel = "restricted"
	// ReadOnlyAccess is chosen for a connection and never told by a service.
	ReadOnlyAccess AccessLevel = "read-only"
	FreeBusyAccess AccessLevel = "free-busy"
)

// Capabilities says what holds for a connection. The core asks capabilities,
// never a provider's name.
type Capabilities struct {
	Access     AccessLevel
	Write      bool      // events can be created and cancelled
	WriteWhy   Untrusted // why not
	Teams      bool      // integrated conferencing exists with this provider
	TeamsWhy   Untrusted // why not
	Delta      bool      // changes can be read instead of whole calendars
	MaxMailbox int       // addresses in one availability request
}

// Identity is who answered: which tenant, and as which application.
type Identity struct {
	Provider     string // "graph", "ews"
	TenantID     string // lower-case GUID
	TenantName   Untrusted
	Domains      []string // verified domains, the default one first
	AppID        string
	AppName      Untrusted
	Permissions  []string // as far as the token says: for display only
	Capabilities Capabilities
	ServerTime   time.Time // from the answer's Date header; zero where absent
}
