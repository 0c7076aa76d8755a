package doctor

import (
	"context"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// ExchangeProber asks small questions about a connection to an Exchange server; see
// package ews. Errors are *providers.Error.
type ExchangeProber interface {
	ExchangeReader
	Writer
}

// ExchangeReader is what of such a prober leaves nothing behind.
type ExchangeReader interface {
	network
	// Host is the server's, with its port.
	Host() string
	// Ask asks the service without signing in.
	Ask(ctx context.Context) (providers.ServerSeen, error)
	// Home asks the server's own Autodiscover where a mailbox lives.
	Home(ctx context.Context, mailbox providers.Address) (string, error)
	// SignIn signs in and gives the server's version.
	SignIn(ctx context.Context) (string, error)
	OwnMailbox(ctx context.Context) error
	RoomLists(ctx context.Context) (int, error)
	Rooms(ctx context.Context) ([]providers.Room, providers.Listing, error)
	// AsOwner and AsDelegate ask for a calendar by impersonation, and as it is shared
	// with the account.
	AsOwner(ctx context.Context, mailbox providers.Address) (providers.CalendarRights, error)
	AsDelegate(ctx context.Context, mailbox providers.Address) (providers.CalendarRights, error)
	// Inbox asks for the inbox folder and for nothing in it; nil: it answers. It is
	// asked only where the options say so.
	Inbox(ctx context.Context, mailbox providers.Address) error
	// Entries counts what stands in a calendar.
	Entries(ctx context.Context, mailbox providers.Address, window providers.Interval) (int, error)
	scheduled
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	Find(ctx context.Context, mailbox providers.Address, transaction string, around providers.Interval) (providers.Event, bool, error)
}

// network is the way to the hosts of a connection.
type network interface {
	Proxy(host string) (string, error)
	Resolve(ctx context.Context, host string) ([]string, error)
	Connect(ctx context.Context, host string) (string, error)
	Handshake(ctx context.Context, host string) (providers.HostSeen, error)
}

type scheduled interface {
	Schedules(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error)
}

// desk is what the writing steps need, whichever the provider.
type desk interface {
	Writer
	scheduled
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	Find(ctx context.Context, mailbox providers.Address, transaction string, around providers.Interval) (providers.Event, bool, error)
}

func (e *examination) network() network {
	switch {
	case e.Server != nil:
		return e.Server
	case e.Prober != nil:
		return e.Prober
	}
	return nil
}

func (e *examination) desk() desk {
	if e.Server != nil {
		return e.Server
	}
	return e.Prober
}

// shell is where commands for mailboxes are run.
func (e *examination) shell() string {
	if e.Connection.Exchange() {
		return atShell
	}
	return atExchange
}

// exchange is what the steps over an Exchange server learn for each other.
type exchangeSeen struct {
	server  providers.ServerSeen
	version string
	refused error // by which the service refused an account that had signed in
	test    providers.Address
	lists   int
}

// exchangeLadder is the order of the rungs over an Exchange server.
func exchangeLadder() []step {
	return []step{
		{"settings", nil, (*examination).settings},
		{"credential", nil, (*examination).credential},
		{"name", []string{"settings"}, (*examination).names},
		{"connection", []string{"name"}, (*examination).connections},
		{"tls", []string{"connection"}, (*examination).tls},
		{"clock", []string{"tls"}, (*examination).clock},
		{"server", []string{"tls"}, (*examination).server},
		{"autodiscover", []string{"server"}, (*examination).autodiscover},
		{"sign-in", []string{"server", "credential"}, (*examination).exchangeSignIn},
		{"service", []string{"sign-in"}, (*examination).service},
		{"own mailbox", []string{"service"}, (*examination).ownMailbox},
		{"licence", []string{"own mailbox"}, (*examination).licence},
		{"room lists", []string{"own mailbox"}, (*examination).roomLists},
		{"rooms", []string{"room lists"}, (*examination).roomsInLists},
		{"impersonation", []string{"service"}, (*examination).impersonation},
		{"calendar", []string{"impersonation"}, (*examination).exchangeCalendar},
		{"organizer", []string{"service"}, (*examination).exchangeOrganizer},
		{"room calendars", []string{"rooms", "impersonation"}, (*examination).exchangeRooms},
		{"named mailboxes", []string{"impersonation"}, (*examination).exchangeNamed},
		{"availability", []string{"organizer"}, (*examination).availability},
		{"teams", nil, (*examination).exchangeTeams},
		{"outside", []string{"impersonation"}, (*examination).exchangeOutside},
		{"inbox", []string{"calendar"}, (*examination).exchangeInbox},
		{"write", []string{"organizer"}, (*examination).write},
		{"room answers", []string{"write"}, (*examination).roomAnswers},
	}
}

// ExchangeRungs are the names of all rungs over an Exchange server, in their order.
func ExchangeRungs() []string {
	var names []string
	for _, s := range exchangeLadder() {
		names = append(names, s.name)
	}
	return names
}

// RungsOf are the names of all rungs for a connection, in their order.
func RungsOf(c keystore.Connection) []string {
	if c.Exchange() {
		return ExchangeRungs()
	}
	return Rungs()
}

// steps are the rungs for this connection.
func (e *examination) steps() []step {
	if e.Connection.Exchange() {
		return exchangeLadder()
	}
	return ladder()
}
