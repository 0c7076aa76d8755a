package providertest

import (
	"context"
	"testing"
	"time"

	"roomdesk/providers"
)

// Provider is everything that the suite measures.
type Provider interface {
	Identify(ctx context.Context) (providers.Identity, error)
	Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error)
	People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
	Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error
	Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error)
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error)
	CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error)
	ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error)
	CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error
	DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error
	FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error)
	SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error)
}

// Harness brings a provider and a tenant to measure it with.
type Harness struct {
	// New starts a fresh tenant of the wanted size and connects a provider to it.
	// It ends both with the test's cleanup.
	New func(t testing.TB, setup Setup) Fixture
	// Every runs each n-th case only, for a way of signing in to a service whose whole
	// suite runs by another; 0 is every case.
	Every int
}

// Setup is what a case needs of its tenant.
type Setup struct {
	Rooms, People int // 0: a small tenant of the harness's choice
	// Without is a permission that the connection lacks; "" is none.
	Without Permission
}

// Permission is an area of the tenant to which access can be missing.
type Permission string

// Permissions that a case may take away.
const (
	PlacesPermission    Permission = "places"
	PeoplePermission    Permission = "people"
	CalendarsPermission Permission = "calendars"
)

// Fixture is a running tenant and a provider connected to it.
type Fixture struct {
	Provider Provider
	Rooms    []providers.Address // every room that the service lists
	People   []providers.Address // people with a mailbox; the directory may have more
	// Organizer is a person in whose calendar events can be made, with Teams.
	Organizer providers.Address
	// WithoutTeams is one whose calendar allows no Teams meetings; "" where the
	// service has none.
	WithoutTeams providers.Address
	// Room says yes to every request that does not clash, and soon.
	Room providers.Address
	// Series is a mailbox with a recurring meeting within the next four weeks.
	Series providers.Address
	// BareRooms: the service tells names and addresses of rooms, and no more.
	BareRooms bool
	// OneCalendar: the service tells of the default calendar only.
	OneCalendar bool
	// OpenFreeBusy: free/busy needs no permission, unless a calendar's owner takes it away.
	OpenFreeBusy bool
	// Carried is what of a text the service can hold; nil: all of it.
	Carried func(string) string
	// Nobody is an address of the tenant's domain that does not exist.
	Nobody providers.Address
	// NoMailbox is an account without a mailbox; "" where there is none.
	NoMailbox providers.Address
	Now       func() time.Time // the tenant's clock
	// Patience is how long a case waits for what happens by itself, and for a call
	// that must end; 0 is 20 s. It bounds a broken provider and measures nothing.
	Patience time.Duration
	// Truth is the independent witness: what a calendar really holds. Nil where
	// there is none; cases then compare less.
	Truth func(ctx context.Context, mailbox providers.Address, window providers.Interval) ([]Fact, error)
	// Inject makes the tenant misbehave until remove is called. Nil, or false,
	// where it cannot.
	Inject func(trouble Trouble, mailbox providers.Address) (remove func(), ok bool)
}

func (f Fixture) carried(text string) string {
	if f.Carried == nil {
		return text
	}
	return f.Carried(text)
}

// teams reports whether the connection makes Teams meetings at all.
func (f Fixture) teams(t testing.TB) bool {
	t.Helper()
	id, err := f.Provider.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !id.Capabilities.Teams && id.Capabilities.TeamsWhy.Empty() {
		t.Error("Teams is left out without a reason")
	}
	return id.Capabilities.Teams
}

func (f Fixture) patience() time.Duration {
	if f.Patience > 0 {
		return f.Patience
	}
	return 20 * time.Second
}

// Fact is one entry of a calendar as the witness tells it: single meetings,
// occurrences and exceptions, no series masters.
type Fact struct {
	ICalUID string
	// Start and End are instants; those of whole days are midnights where the
	// mailbox is.
	Start, End time.Time
	AllDay     bool
	ShowAs     providers.ShowAs
	Cancelled  bool
}

// Trouble is something that can go wrong at the service.
type Trouble string

// Troubles that cases ask for.
const (
	// ShortRooms: listing rooms ends after one page without a sign that there are
	// more (F-035).
	ShortRooms Trouble = "short rooms"
	// NullItem: a page of changes holds null instead of an entry (F-023).
	NullItem Trouble = "null item"
	// ExpiredCursor: the service forgot the state behind a cursor.
	ExpiredCursor Trouble = "expired cursor"
	// LostAnswer: the next event is created and the answer is lost (F-041).
	LostAnswer Trouble = "lost answer"
	// Hang: no request is answered.
	Hang Trouble = "hang"
	// Portal: every answer is a network's HTML sign-in page (F-025).
	Portal Trouble = "portal"
	// Forbidden: a policy leaves the mailbox out.
	Forbidden Trouble = "forbidden"
	// Unlicensed: the account has no mailbox that the service reaches (F-038).
	Unlicensed Trouble = "unlicensed"
	// EmptyPage: a page of changes holds nothing and leads to those that do.
	EmptyPage Trouble = "empty page"
	// Duplicates: pages hold an entry twice (F-036).
	Duplicates Trouble = "duplicates"
	// LoopingLink: a page of changes leads to itself (F-036).
	LoopingLink Trouble = "looping link"
	// ForeignLink: a page of changes leads to another host (S-09).
	ForeignLink Trouble = "foreign link"
	// GhostRemoval: changes remove an entry that nobody was ever told of.
	GhostRemoval Trouble = "ghost removal"
	// Truncated: one page of changes breaks off in the middle (F-024).
	Truncated Trouble = "truncated"
	// Busy: the service refuses two requests for changes as too busy (F-071).
	Busy Trouble = "busy"
)

// with starts a trouble or skips the case.
func (f Fixture) with(t testing.TB, trouble Trouble, mailbox providers.Address) (remove func()) {
	t.Helper()
	if f.Inject != nil {
		if remove, ok := f.Inject(trouble, mailbox); ok {
			return remove
		}
	}
	t.Skipf("this tenant cannot do %q", trouble)
	return nil
}

// truth asks the witness or skips the case.
func (f Fixture) truth(t testing.TB, mailbox providers.Address, window providers.Interval) []Fact {
	t.Helper()
	if f.Truth == nil {
		t.Skip("this tenant has no witness")
	}
	facts, err := f.Truth(t.Context(), mailbox, window)
	if err != nil {
		t.Fatalf("asking the witness: %v", err)
	}
	return facts
}
