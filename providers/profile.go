package providers

import (
	"strings"
	"time"
)

// Profile is a mailbox whose calendar is kept here, as other programs know it (PRODUCT
// P5, P6).
type Profile struct {
	Mailbox Address
	Name    Untrusted
	Room    bool // otherwise a person
	// ProviderName is the same with both providers, so that nothing that reads it has to
	// change; Protocol tells them apart: [ProtocolGraph] or [ProtocolExchange].
	ProviderName, Protocol string
	// Account is the service account's provider: [ServiceAccountGraph] or
	// [ServiceAccountExchange].
	Account string
	Since   time.Time // of its present provider; zero: not known
	State   MoveState // in the migration; "" where it is in none
	// Migrate is what moves it off Exchange, in words or as a command; "" where nothing
	// can or needs to.
	Migrate string // safe to show
}

// Matches reports whether a profile has all words of a query: parts of its name and
// address, "room", "person", "protocol:ews", "protocol:graph", "state:moved".
func (p Profile) Matches(query string) bool {
	kind := "person"
	if p.Room {
		kind = "room"
	}
	text := strings.ToLower(p.Name.Or("") + " " + string(p.Mailbox) + " " + kind)
	for _, word := range strings.Fields(strings.ToLower(query)) {
		switch key, value, found := strings.Cut(word, ":"); {
		case found && key == "protocol":
			if !strings.HasPrefix(p.Protocol, value) && !(value == "ews" && p.Protocol == ProtocolExchange) {
				return false
			}
		case found && key == "state":
			if string(p.State) != value {
				return false
			}
		case !strings.Contains(text, word):
			return false
		}
	}
	return true
}

// ProfileOf is the profile of a mailbox that a provider reaches: "graph" or "ews".
func ProfileOf(provider string) Profile {
	if provider == "graph" {
		return Profile{ProviderName: ProfileProvider, Protocol: ProtocolGraph, Account: ServiceAccountGraph}
	}
	return Profile{ProviderName: ProfileProvider, Protocol: ProtocolExchange, Account: ServiceAccountExchange}
}

// Feature is a switch of the configuration (PRODUCT P2, P13).
type Feature struct {
	Name   string
	On     bool
	Chosen bool   // by the configuration; otherwise it follows the release's own choice
	What   string // it does
	// Maturity is how far it is proven, in a sentence.
	Maturity string
}

// GraphFeature describes the switch for Graph.
func GraphFeature(on, chosen bool) Feature {
	return Feature{
		Name: "graph", On: on, Chosen: chosen,
		What:     "new connections and mailboxes that are authorised again use Microsoft Graph; off: Exchange Web Services",
		Maturity: "new: proved over a simulated tenant of thousands of mailboxes, and not yet over all kinds of real ones; compare first, and keep the way back until you have watched it",
	}
}
