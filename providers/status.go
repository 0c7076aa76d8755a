package providers

import "time"

// MailboxState is how well the mirror of a mailbox stands.
type MailboxState string

// States of a mirrored mailbox.
const (
	MailboxWaiting  MailboxState = "waiting"   // never read yet, in the queue
	MailboxReading  MailboxState = "reading"   // being read now
	MailboxFresh    MailboxState = "fresh"     // read within its bound
	MailboxLate     MailboxState = "late"      // read, but longer ago than its bound
	MailboxFailing  MailboxState = "failing"   // the last tries failed
	MailboxPartly   MailboxState = "partly"    // read within its bound, and some of its rows are not confirmed
	MailboxNoAccess MailboxState = "no access" // refused by permission or policy
)

// MailboxStatus is one line of the sync view.
type MailboxStatus struct {
	Mailbox  Address
	Name     Untrusted
	IsRoom   bool
	State    MailboxState
	LastGood time.Time // zero: never
	Rows     int
	// Unconfirmed of the rows were missing from the last answer and are kept.
	Unconfirmed int
	Next        time.Time // zero: not planned
	Problem     *Problem
}

// SyncPhase is a stage of the first sync.
type SyncPhase string

// Phases of the first sync, in order.
const (
	PhasePlaces       SyncPhase = "places"
	PhaseAvailability SyncPhase = "availability"
	PhaseNearest      SyncPhase = "nearest days" // of calendars that take several pages, while many wait
	PhaseCalendars    SyncPhase = "calendars"
	PhaseChanges      SyncPhase = "changes" // the first sync is complete
)

// Interruption is a time in which nothing could be read.
type Interruption struct {
	From, To time.Time
	What     string // why, safe to show
}

// SyncProgress is the whole engine at a glance.
type SyncProgress struct {
	Phase SyncPhase
	// Done and Total count mailboxes within the phase. Total is 0 until known.
	Done, Total int
	Rate        float64       // mailboxes a second, measured; 0 until measured
	Left        time.Duration // from the measured rate; 0 where unknown
	// Stalled is since when nothing ended though something is under way; zero: it
	// comes along.
	Stalled time.Time
	Running bool
	// By says which other process syncs, where this one does not: "process 4711".
	By          string
	Listing     Listing   // of rooms
	LastGood    time.Time // the newest successful read of anything
	Requests    int64     // since start
	ThrottledTo time.Time // app-wide pause asked by the service; zero: none
	Problem     *Problem  // what stops everything, for example sign-in
	// Interrupted is the newest time in which all reading had stopped and that is over;
	// nil: there was none since the start.
	Interrupted *Interruption
	Fresh       int
	Partly      int
	Late        int
	Failing     int
	NoAccess    int
	Waiting     int
}
