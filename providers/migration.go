package providers

import "time"

// MigrationState is where the move of an organisation's mailboxes from one provider
// to the other stands.
type MigrationState string

// States of a migration.
const (
	MigrationComparing MigrationState = "comparing" // both sides are being read
	MigrationCompared  MigrationState = "compared"  // the report is there; nothing was moved
	MigrationMoving    MigrationState = "moving"
	MigrationPaused    MigrationState = "paused" // some mailboxes are moved, none is at work
	MigrationMoved     MigrationState = "moved"  // all that can be moved are
	MigrationReturning MigrationState = "returning"
	MigrationReturned  MigrationState = "returned" // all are back
	MigrationFinished  MigrationState = "finished" // the way back was given up
)

// Words is the state as a person reads it.
func (s MigrationState) Words() string {
	switch s {
	case MigrationComparing:
		return "comparing both sides"
	case MigrationCompared:
		return "compared, nothing moved yet"
	case MigrationMoving:
		return "moving mailboxes"
	case MigrationPaused:
		return "some mailboxes are moved"
	case MigrationMoved:
		return "moved, can be taken back"
	case MigrationReturning:
		return "being taken back"
	case MigrationReturned:
		return "taken back"
	case MigrationFinished:
		return "finished"
	}
	return Sanitise(string(s))
}

// Working reports whether mailboxes are being read or moved.
func (s MigrationState) Working() bool {
	return s == MigrationComparing || s == MigrationMoving || s == MigrationReturning
}

// MoveState is where one mailbox of a migration stands.
type MoveState string

// States of a mailbox.
const (
	MovePlanned   MoveState = "planned"   // not compared yet
	MoveReady     MoveState = "ready"     // compared: nothing was lost or doubled
	MoveDiffers   MoveState = "differs"   // compared: something is missing, extra or different
	MoveBlocked   MoveState = "blocked"   // the new provider does not reach it; it stays
	MoveSwitching MoveState = "switching" // the new side is read whole, then it replaces the old one at once
	MoveMoved     MoveState = "moved"
	MoveReturning MoveState = "returning"
	MoveReturned  MoveState = "returned" // was moved, and is back
	MoveFinished  MoveState = "finished" // the state of the old side is dropped
)

// ParityKind says how an entry on one side of a migration stands to the other side.
type ParityKind string

// Kinds of parity, from harmless to harmful.
const (
	ParitySame      ParityKind = "same"     // of an entry that is listed: only its coordinates are written differently
	ParityCosmetic  ParityKind = "cosmetic" // differs in what is no change: listed differences
	ParityMissing   ParityKind = "missing"  // only the old side has it
	ParityExtra     ParityKind = "extra"    // only the new side has it
	ParityDifferent ParityKind = "different"
)

// ParityCounts counts entries of a mailbox, or of many, by kind.
type ParityCounts struct{ Same, Cosmetic, Missing, Extra, Different int }

// Whole reports whether nothing is lost, doubled or different.
func (c ParityCounts) Whole() bool { return c.Missing+c.Extra+c.Different == 0 }

// Total is how many entries were compared.
func (c ParityCounts) Total() int { return c.Same + c.Cosmetic + c.Missing + c.Extra + c.Different }

// Add sums counts.
func (c ParityCounts) Add(o ParityCounts) ParityCounts {
	return ParityCounts{c.Same + o.Same, c.Cosmetic + o.Cosmetic, c.Missing + o.Missing, c.Extra + o.Extra, c.Different + o.Different}
}

// ParityField is one field in which the two sides differ.
type ParityField struct {
	Field         string // as in the JSON of events: "subject", "location"
	Before, After Untrusted
	// Cosmetic fields do not count as a change; Why names the listed difference: "the
	// coordinates agree to a metre".
	Cosmetic bool
	Why      string // safe to show
}

// ParityEntry is one entry, or one trait of a calendar, of which the sides do not say
// the same.
type ParityEntry struct {
	Mailbox Address
	Kind    ParityKind
	ICalUID string // "" for a trait of the calendar
	Start   time.Time
	Subject Untrusted
	Private bool
	Fields  []ParityField
}

// MailboxMove is one mailbox of a migration.
type MailboxMove struct {
	Mailbox  Address
	Name     Untrusted
	Room     bool // otherwise a person
	Pilot    bool // belongs to the group that is moved first
	State    MoveState
	Home     string // the provider that reaches it now
	Parity   ParityCounts
	Events   int // entries mirrored now
	Compared time.Time
	Moved    time.Time
	// Why is the reason where it is blocked or differs, or what failed last; safe to
	// show.
	Why string
	// Passing: it is blocked, or was not compared, by an error that may have passed since:
	// to move it looks again.
	Passing bool
	// Watched is since when free/busy of it was looked at while it changed over, zero
	// where it was not; Looks is how often, and Gap the longest time for which what had
	// been known was not there.
	Watched time.Time
	Looks   int
	Gap     time.Duration
	// Was names what the old side could and the new one cannot, such as "holiday
	// calendar was writable"; safe to show.
	Was []string
}

// MigrationScope is which mailboxes each side reaches. A new side that sees more than
// the old one is said before anything is moved.
type MigrationScope struct {
	Old, New int
	Extra    []Address // only the new side reaches them
	Missing  []Address // only the old side reaches them: they stay
	// Limited is false where the new side reaches every mailbox of the tenant, proved by
	// one outside of the old scope.
	Limited bool
	Words   string // in a sentence, safe to show
	Checked time.Time
}

// Migration is the move of an organisation's mailboxes from one connection to another.
type Migration struct {
	ID       string
	From, To string // names of the connections
	// FromProvider and ToProvider are their providers, for example "ews" and "graph".
	FromProvider, ToProvider string
	State                    MigrationState
	Created                  time.Time
	Scope                    MigrationScope
	Mailboxes                []MailboxMove // by address
	// Artefacts counts changes of the reading after a switch that are no changes of
	// meetings, and were not told as such.
	Artefacts int
	// Undoable is until when mailboxes can be taken back; zero: no end is known.
	Undoable time.Time
	Problem  *Problem // what stopped it last
	Revision int      // of the journal
}

// Parity is the sum over all mailboxes that were compared.
func (m Migration) Parity() ParityCounts {
	var sum ParityCounts
	for _, box := range m.Mailboxes {
		sum = sum.Add(box.Parity)
	}
	return sum
}

// LooksAgain reports whether to move the mailbox first looks anew at what stopped it.
func (b MailboxMove) LooksAgain() bool {
	return b.Passing && (b.State == MoveBlocked || b.State == MovePlanned)
}

// MigrationGap is how long a mailbox was without free/busy while it changed over.
type MigrationGap struct {
	Longest   time.Duration
	Mailbox   Address // the one with the longest; "" where none had any
	Since     time.Time
	Mailboxes int // that were looked at
	Looks     int
}

// Gap is the longest of all mailboxes; false where none was looked at.
func (m Migration) Gap() (MigrationGap, bool) {
	var g MigrationGap
	for _, box := range m.Mailboxes {
		if box.Looks == 0 {
			continue
		}
		g.Mailboxes++
		g.Looks += box.Looks
		if g.Since.IsZero() || box.Watched.Before(g.Since) {
			g.Since = box.Watched
		}
		if box.Gap > g.Longest {
			g.Longest, g.Mailbox = box.Gap, box.Mailbox
		}
	}
	return g, g.Looks > 0
}

// Count is how many mailboxes are in one of the states.
func (m Migration) Count(states ...MoveState) int {
	n := 0
	for _, box := range m.Mailboxes {
		for _, s := range states {
			if box.State == s {
				n++
			}
		}
	}
	return n
}

// MigrationChoice names the mailboxes that are to be moved or taken back.
type MigrationChoice struct {
	Mailboxes []Address
	Pilot     bool // those of the pilot group
	All       bool
	// EvenIfDifferent also moves mailboxes in which something differs.
	EvenIfDifferent bool
}

// Names of an organisation's calendars' providers as other programs know them
// (PRODUCT P5, P6).
const (
	ServiceAccountGraph    = "ms_graph_calendars"
	ServiceAccountExchange = "exchange"
	ProfileProvider        = "exchange"
	ProtocolGraph          = "graph_api"
	ProtocolExchange       = "exchange_web_services"
)
