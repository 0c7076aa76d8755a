// Package tui is the console: a Bubble Tea program over one narrow interface,
// [Workspace]. It draws from what the workspace holds locally and never waits for
// the network inside Update or View.
package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// Workspace is all that the console sees of the rest of the program. Reading
// methods answer from the local mirror in milliseconds; methods that may touch
// the network say so and are only called from commands. All are safe for
// concurrent use.
type Workspace interface {
	// Header is a snapshot of what the first line shows.
	Header() Header
	// Rooms lists every room of the mirror.
	Rooms(ctx context.Context) ([]providers.Room, error)
	// Availability is free/busy of the mailboxes inside the window, one entry
	// for each, also for those of which nothing is known.
	Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error)
	// Events are the mirrored entries of a mailbox that overlap the window, by
	// start. A mailbox that is not mirrored gives an error of class Unsupported
	// with the reason.
	Events(ctx context.Context, mailbox providers.Address, window providers.Interval) ([]providers.Event, error)
	// People lists every person of the mirror.
	People(ctx context.Context) ([]providers.Person, error)
	// Calendars lists a mailbox's calendars; asks the tenant where the mirror
	// does not have them yet.
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
	// Watch says which mailboxes are on the screen: they are read more often.
	Watch(mailboxes []providers.Address)

	// Sync is the engine's progress and a line for each mailbox.
	Sync(ctx context.Context) (providers.SyncProgress, []providers.MailboxStatus, error)
	// Retry reads the mailboxes as soon as possible; all of them when none is
	// named. It returns at once.
	Retry(mailboxes ...providers.Address)

	// EquipmentWords are the words by which equipment is asked for; nil: the usual
	// ones. With an error come the words that held before.
	EquipmentWords() (*providers.EquipmentWords, error)

	// Find understands a wish typed in one line and answers from the mirror. A line
	// that makes no sense is no error: the finding has problems.
	Find(ctx context.Context, question FindQuestion) (providers.Finding, error)
	SeriesDesk

	// Check asks the tenant now whether room and attendees are free and whether
	// a Teams link can be made. Network.
	Check(ctx context.Context, request providers.BookingRequest) (BookingCheck, error)
	// Book checks once more, stores the intent and sends it. It returns as soon
	// as the intent is stored or refused; what follows is told by Changes. Network.
	Book(ctx context.Context, request providers.BookingRequest) (providers.Booking, error)
	// Bookings lists what was booked here, newest first.
	Bookings(ctx context.Context) ([]providers.Booking, error)
	// Cancel cancels a booking and tells everybody invited. Network.
	Cancel(ctx context.Context, id string, note string) (providers.Booking, error)
	Changer
	Relocator
	// SendReviewed sends a booking that waits for a review, after asking the tenant.
	// Network.
	SendReviewed(ctx context.Context, id string, anyway bool) (providers.Booking, error)
	// Keep notes that a person waits on for a room that does not answer.
	Keep(ctx context.Context, id string) (providers.Booking, error)
	// InFlight is the number of writes of which the outcome is not stored yet.
	InFlight() int

	// Connections lists the configured connections.
	Connections(ctx context.Context) ([]ConnectionRow, error)
	Examiner
	AuditReader
	PermissionDesk
	Disconnecter
	Rotator
	Mover
	ProfileDesk
	DataKeeper
	WishKeeper

	// Wait blocks until something changed since the last call and says what;
	// bursts come as one. It returns ctx's error when that ends.
	Wait(ctx context.Context) (Changes, error)
}

// Header is what the console's first line says of the connection.
type Header struct {
	Tenant   providers.Untrusted
	Provider string // "Graph"
	Access   providers.AccessLevel
	Role     providers.Role // how far the person may go; "": not known, nothing is left out
	Demo     bool           // a simulated tenant: marked so that nobody takes it for real
	// Organizer is on whose behalf bookings are made unless the form says else.
	Organizer providers.Address
	Zone      *time.Location // the person's own zone
	// Allowed is what the connection allows in general, Mailboxes what is known of
	// single ones. Neither is changed once it is given.
	Allowed   providers.Access
	Mailboxes map[providers.Address]providers.Access
	LastGood  time.Time // newest successful read; zero: never
	Problem   *providers.Problem
	// Gap says which rooms cannot be asked though others can: "5 rooms on premises cannot
	// be asked since 14:03: ..."; "": none. Safe to show.
	Gap string
	// Disconnected is since when nothing is read or sent any more; zero: it is. All
	// that is shown is old then.
	Disconnected time.Time
	// Expiring is the credential that ends first; zero: no end is known.
	Expiring CredentialEnd
	// Ending is a way to calendars that its maker ends; zero: none is in use.
	Ending EndingWay
}

// CredentialEnd is when a connection can sign in no more.
type CredentialEnd struct {
	Connection string
	What       string // "client secret"
	Ends       time.Time
}

// EndingWay is a protocol that is ended on a day, with what still uses it.
type EndingWay struct {
	Name string    // "EWS in Exchange Online"
	Ends time.Time // zero: nothing ends
	Left int       // mailboxes that are still reached by it
}

// FindQuestion is a wish with what stands around it.
type FindQuestion struct {
	Line      string
	Zone      *time.Location     // the person's own
	Otherwise providers.Interval // when, where the line says nothing of a time
	Instead   providers.Interval // holds in place of the line's time; zero: it does not
	Explain   bool               // also say of every other room why it is not offered
	Limit     int
}

// BookingCheck is the live answer to "can this be booked".
type BookingCheck struct {
	Room      providers.Availability
	Attendees []providers.Availability
	// Free is true only where the tenant said now that the room is free.
	Free bool
	// Why is the reason where Free is false; safe to show.
	Why          string
	Alternatives []providers.Alternative
	TeamsAllowed bool
	TeamsWhy     string // why not; safe to show
	// Warnings are about what does not stand in the way, but should be seen; safe to
	// show.
	Warnings []string
}

// ConnectionRow is one configured connection.
type ConnectionRow struct {
	Name     string
	Provider string
	Tenant   string
	Identity string // application or account
	Kind     string // "enterprise" or "individual"
	// Granted are the permissions that were recorded when it was connected; nil: not
	// known.
	Granted    []string
	Keystore   string
	Credential string // state of the credential in words: "present", "missing", "locked"
	Healthy    bool
	LastUse    time.Time
	Active     bool // the one this console shows, or one of the two of its organisation
	// Organisation is the name of the first connection of its organisation, where that
	// has two; Home is where the mailboxes live that it reaches: "cloud" or "on premises".
	Organisation, Home string
	Demo               bool
	// Expiry counts down to the end of the credential in a sentence; Ending is the
	// same in few words, once a person should act: "ends in 6 days".
	Expiry, Ending string
	// Tested is when it was tested last; zero: never, as far as is known. TestResult is
	// what that found, in a sentence.
	Tested      time.Time
	TestHealthy bool
	TestResult  string
	// Old is a connection over an API that is no more: it can be migrated or removed and
	// nothing else (PRODUCT P16). nil: it is none.
	Old *OldConnection
}

// OldConnection is what is known of a connection over an API that is no more.
type OldConnection struct {
	Mechanism string // as the imported list named it
	Imported  time.Time
	// Migrate and Remove are the commands that do so.
	Migrate, Remove string
}

// Changes says what to read again.
type Changes struct {
	Rooms     bool
	People    bool
	Mailboxes []providers.Address // whose events or availability changed
	All       bool                // too many mailboxes to name
	Sync      bool
	Bookings  bool
	// Relocations: some step of one was stored.
	Relocations bool
	// Migration: some step of the organisation's migration was stored.
	Migration bool
	// Notices must be seen: they are never dropped.
	Notices []Notice
}

// Notice is a sentence for the status line.
type Notice struct {
	Text string // safe to show
	Bad  bool
	// About names the state that it tells of: a later notice about the same takes its
	// place, so that bad news goes by itself once it is over. "" stands for itself.
	About string
}
