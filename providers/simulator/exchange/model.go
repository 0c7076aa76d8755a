package exchange

import (
	"time"
)

// Zone is a time zone under its Windows name.
type Zone struct {
	ID       string // "W. Europe Standard Time"
	Name     string // as Outlook lists it
	Location *time.Location
}

// Kind is what stands behind an address.
type Kind uint8

// Kinds of recipients.
const (
	Person Kind = iota
	Room
	RoomList
)

// Home is where a mailbox lives.
type Home uint8

// Homes of mailboxes.
const (
	Hosted   Home = iota
	Moving        // between servers
	Nowhere       // an account without a mailbox
	Disabled      // the account is switched off, its mailbox is there
)

// Principal is a recipient of the address book.
type Principal struct {
	ID      string // GUID of the directory object
	Address string // primary SMTP address
	Name    string
	Kind    Kind
	Home    Home
	UPN     string
	// OnPremises is a mailbox on the company's own server.
	OnPremises bool
	// Of people:
	Given, Surname, Title, Department, Office, Phone string
}

// Role is what somebody may do with another's calendar folder, from nothing to all.
type Role uint8

// Roles, in Outlook's order.
const (
	None Role = iota
	FreeBusyTime
	FreeBusyDetails // subject and place too
	Reviewer
	Editor
	Delegate        // without private items
	DelegatePrivate // with private items
	Owner
)

// Response is an attendee's answer in the schema's words, as the show-as, the
// sensitivity and all other enumerations of an [Item] are.
type Response = string

// Attendee is one of a meeting's.
type Attendee struct {
	Name, Address string
	Kind          string // Required, Optional, Resource
	Room          bool   // the mailbox is a room's: "Mailbox" is written all the same
	Response      Response
	At            time.Time // zero: never answered
	// Proposed is the other time that it asks for; zero: none.
	ProposedStart, ProposedEnd time.Time
}

// Property is an extended property under Graph's name for it, for example
// "String {guid} Name x" or "Binary {guid} Id 0x3".
type Property struct{ ID, Value string }

// Body is an item's text.
type Body struct {
	HTML bool
	Text string
}

// Recurrence is a pattern and its range in the schema's terms.
type Recurrence struct {
	Pattern     string // RelativeYearly, AbsoluteYearly, RelativeMonthly, AbsoluteMonthly, Weekly, Daily
	Interval    int
	Days        []time.Weekday
	DayOfMonth  int
	Month       time.Month
	Index       string // First ... Last
	FirstDay    time.Weekday
	Range       string // NoEnd, EndDate, Numbered
	Start, End  time.Time
	Occurrences int
}

// Occurrence is one date of a series, on its master.
type Occurrence struct {
	ID, ChangeKey        string
	Start, End, Original time.Time
}

// Location is where a meeting is.
type Location struct {
	Name, Address                        string
	Street, City, State, Country, Postal string
	Latitude, Longitude                  float64
	HasCoordinates                       bool
	Resource                             bool
}

// Item is an entry of a calendar as one reader sees it.
type Item struct {
	ID, ChangeKey string
	Box           string // address of the mailbox
	Folder        string // "calendar", or a model's name of another calendar
	UID           string // the same in every copy of a meeting, and for all its dates
	GlobalID      string // hex; with the date of an occurrence
	Type          string // Single, Occurrence, Exception, RecurringMaster
	Subject       string
	Sensitivity   string
	Importance    string
	Body          *Body
	Categories    []string
	Properties    []Property
	Created       time.Time
	Modified      time.Time
	ReminderSet   bool
	Reminder      int
	Start, End    time.Time
	Original      time.Time // of exceptions and occurrences; zero else
	StartZone     Zone
	EndZone       Zone
	AllDay        bool
	Show          string // Free, Tentative, Busy, OOF, WorkingElsewhere, NoData
	Locations     []Location
	Meeting       bool
	Cancelled     bool
	Recurring     bool // an occurrence or an exception
	Sent          bool // invitations went out
	ResponseAsked bool
	NewTime       bool // attendees may propose another
	Answer        Response
	AnsweredAt    time.Time
	Organizer     *Attendee
	Attendees     []Attendee
	Recurrence    *Recurrence
	First, Last   *Occurrence
	Modifieds     []Occurrence
	Deleted       []time.Time // starts
	Online        string      // join address of a Teams meeting
	Sequence      int
	MasterID      string // of occurrences and exceptions
	Private       bool   // what Sensitivity means to readers
}

// Draft is what a client writes: nil is left as it is.
type Draft struct {
	Subject        *string
	Body           *Body
	Start, End     *time.Time
	StartZone      *Zone
	EndZone        *Zone
	AllDay         *bool
	Show           *string
	Sensitivity    *string
	Importance     *string
	Location       *string
	Required       *[]Attendee
	Optional       *[]Attendee
	Resources      *[]Attendee
	Recurrence     *Recurrence
	ReminderSet    *bool
	Reminder       *int
	Categories     *[]string
	ResponseAsked  *bool
	NewTime        *bool
	Properties     []Property
	DropProperties []string
}

// Tell says who hears of a write.
type Tell uint8

// Audiences of a write.
const (
	TellNobody Tell = iota
	TellAll
	TellChanged // only who was added or taken off
)

// Change is one line of a folder's history.
type Change struct {
	Kind string // Create, Update, Delete
	Item Item   // of Delete only its ids
}

// History is a page of changes and the state behind it.
type History struct {
	Changes []Change
	State   string // opaque to this package
	Last    bool
}

// FreeBusy is what one mailbox has in a window.
type FreeBusy struct {
	Items []Item
	Zone  Zone
	Hours WorkingHours
}

// WorkingHours are a mailbox's.
type WorkingHours struct {
	Days       []time.Weekday
	Start, End int // minutes after midnight
	Zone       Zone
}

// Token is who an access token speaks for.
type Token struct {
	AppID  string
	UserID string // "" where an application signed in for itself
	Roles  []string
	Scopes []string
	Hash   string
}

// WrongResource refuses a token that was made for another resource.
type WrongResource struct{ Reason string }

func (e *WrongResource) Error() string {
	return "The audience claim value is invalid for current resource. " + e.Reason
}

// Model is what the face asks of the tenant. It is safe for concurrent use. Errors
// are [*Error] with the code of the response message.
type Model interface {
	Now() time.Time
	// Wait gives a function that says whether d has passed, on the tenant's clock or
	// on the machine's.
	Wait(d time.Duration) (due func() bool)

	Zone(id string) (Zone, bool)
	Zones() []Zone

	RoomLists() []Principal
	RoomsOf(list string) ([]Principal, bool)
	Find(key string) (Principal, bool) // by address, principal name or id
	AddressBook() []Principal          // people and rooms that lists show
	// Password is that of a person's account; ok is false where nobody can sign in.
	Password(login string) (Principal, string, bool)
	Verify(bearer string) (Token, error)
	// Allowed reports whether an application may reach a mailbox.
	Allowed(app, box string) bool
	// RoleOf is what a person may do with another's calendar; reader "" is everybody.
	RoleOf(owner, reader string) Role

	// View lists what a calendar shows in a window, by start.
	View(box string, from, to time.Time, as Role) ([]Item, error)
	// All lists singles and series of the calendar.
	All(box string, as Role) ([]Item, error)
	// BoxOf names the mailbox of an item id; ok is false for text that is no id.
	BoxOf(id string) (box string, ok bool)
	Item(id string, as Role) (Item, error)
	// Date gives the n-th date (from 1) of a series; MasterOf the series of a date.
	Date(master string, n int, as Role) (Item, error)
	MasterOf(id string, as Role) (Item, error)
	History(box, state string, most int, as Role) (History, error)
	Busy(box string, from, to time.Time, as Role) (FreeBusy, error)
	Members(list string) ([]string, bool)
	// Federated reports whether free/busy of the other half of a hybrid organisation
	// may be asked for here.
	Federated() bool

	Create(box string, d Draft, tell Tell) (Item, error)
	// Update changes an item; key "" is whatever state it has.
	Update(id, key string, d Draft, tell Tell) (Item, error)
	// Remove takes an item away; where its mailbox organises it and tell is not
	// TellNobody it is cancelled for everybody.
	Remove(id, key string, tell Tell) (Item, error)
	Respond(id, key, answer string, tell Tell) (Item, error)

	// Watch makes the tenant call [Server.Changed] for a mailbox.
	Watch(box string)
	// Settle lets what is due happen.
	Settle()
	// Done is closed when the tenant ends.
	Done() <-chan struct{}
}

// Notice is a change of an item, for subscriptions.
type Notice struct {
	Box, ID, ChangeKey string
	Kind               string // Created, Modified, Deleted
	At                 time.Time
}
