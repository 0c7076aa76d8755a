package providers

import "time"

// EventType is Graph's event type, which Exchange shares.
type EventType string

// Types of an event.
const (
	SingleInstance EventType = "singleInstance"
	SeriesMaster   EventType = "seriesMaster"
	Occurrence     EventType = "occurrence"
	Exception      EventType = "exception"
)

// ShowAs is how an event counts in free/busy. Unknown members of the service's
// enumeration are kept as they came.
type ShowAs string

// Values of ShowAs.
const (
	ShowFree             ShowAs = "free"
	ShowTentative        ShowAs = "tentative"
	ShowBusy             ShowAs = "busy"
	ShowOutOfOffice      ShowAs = "oof"
	ShowWorkingElsewhere ShowAs = "workingElsewhere"
	ShowUnknown          ShowAs = "unknown"
)

// Blocks reports whether an event shown so takes the mailbox's time. Anything
// that is not known to be free does.
func (s ShowAs) Blocks() bool { return s != ShowFree && s != ShowWorkingElsewhere }

// Response is an attendee's answer to an invitation.
type Response string

// Answers of an attendee.
const (
	ResponseNone      Response = "none"
	ResponseOrganizer Response = "organizer"
	ResponseTentative Response = "tentativelyAccepted"
	ResponseAccepted  Response = "accepted"
	ResponseDeclined  Response = "declined"
	ResponsePending   Response = "notResponded"
)

// AttendeeType is an attendee's role in a meeting.
type AttendeeType string

// Roles of an attendee. Rooms are resources.
const (
	Required AttendeeType = "required"
	Optional AttendeeType = "optional"
	Resource AttendeeType = "resource"
)

// Attendee is one attendee of an event.
type Attendee struct {
	Mailbox    Address   // "" where Text is no SMTP address
	Text       Untrusted // the address as it came; Exchange may send a legacy DN
	Name       Untrusted
	Type       AttendeeType
	Response   Response
	ResponseAt time.Time // zero: no answer yet, or not said
}

// Coordinates are where a location is on the earth, in degrees.
type Coordinates struct{ Latitude, Longitude float64 }

// Event is one entry of a calendar: a single meeting, a series master, an
// occurrence or an exception.
type Event struct {
	Mailbox        Address // whose calendar this copy is in; ids are per mailbox
	CalendarID     string  // "" is the default calendar
	ID             string
	ICalUID        string // the same in every copy; shared by occurrences of a series in some services
	SeriesMasterID string // for occurrences and exceptions
	Type           EventType
	// Stub marks an occurrence that came without subject, attendees and location:
	// they are its master's (a trait of Graph's delta).
	Stub          bool
	OriginalStart time.Time // where an exception was moved from; zero otherwise
	Start, End    time.Time // UTC
	AllDay        bool      // Start and End are midnights, written as UTC
	Zone          string    // the zone it was made in, as the service names it
	Subject       Untrusted
	OrganizerName Untrusted
	Organizer     Address
	IsOrganizer   bool
	Location      Untrusted
	Coordinates   *Coordinates // of the location; nil: not said
	Attendees     []Attendee
	ShowAs        ShowAs
	Private       bool // sensitivity private or confidential
	Cancelled     bool
	Response      Response // this mailbox's own answer
	OnlineMeeting bool
	JoinURL       Untrusted
	TransactionID string
	ETag          string
	Modified      time.Time
	// Recurrence is how a series repeats; nil for all but masters, and where the
	// service did not say.
	Recurrence *Recurrence
}

// Recurring reports whether the event belongs to a series.
func (e Event) Recurring() bool { return e.Type != SingleInstance && e.Type != "" }

// Inherit gives a date of a series that came without details those of its series.
func Inherit(date, master Event) Event {
	date.Subject, date.OrganizerName, date.Organizer, date.IsOrganizer = master.Subject, master.OrganizerName, master.Organizer, master.IsOrganizer
	date.Location, date.Coordinates, date.Attendees = master.Location, master.Coordinates, master.Attendees
	date.ShowAs, date.Response = master.ShowAs, master.Response
	date.Private, date.AllDay, date.Zone = master.Private, master.AllDay, master.Zone
	date.OnlineMeeting, date.JoinURL = master.OnlineMeeting, master.JoinURL
	date.Cancelled = date.Cancelled || master.Cancelled
	if date.ICalUID == "" {
		date.ICalUID = master.ICalUID
	}
	date.Stub = false
	return date
}

// Attendee finds the attendee with that mailbox.
func (e Event) Attendee(mailbox Address) (Attendee, bool) {
	for _, attendee := range e.Attendees {
		if attendee.Mailbox == mailbox {
			return attendee, true
		}
	}
	return Attendee{}, false
}

// EventDraft is an event to create in an organiser's calendar.
type EventDraft struct {
	TransactionID string // required: makes a repeated create harmless
	Organizer     Address
	Subject       Untrusted
	Body          Untrusted // plain text; "" for none
	Start, End    time.Time
	Zone          string // IANA name in which the organiser thinks; "" is UTC
	Room          Address
	RoomName      Untrusted
	Required      []Address
	Optional      []Address
	Teams         bool
	ShowAs        ShowAs // "" is busy
	Private       bool
	// Recurrence makes it a series, of which Start and End are the first date; nil:
	// a single meeting.
	Recurrence *Recurrence
}

// EventChange is a change of an existing event; nil fields stay as they are.
type EventChange struct {
	Subject    *Untrusted
	Start, End *time.Time
	Zone       string
	Attendees  []Attendee // nil: unchanged. Otherwise the whole list, as the service wants it
	Location   *Untrusted
}
