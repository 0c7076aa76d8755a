package cli

import (
	"roomdesk/providers"
)

// migrationObject is a migration in JSON.
type migrationObject struct {
	ID           string         `json:"id"`
	State        string         `json:"state"`
	From         string         `json:"from"`
	To           string         `json:"to"`
	FromProvider string         `json:"from_provider"`
	ToProvider   string         `json:"to_provider"`
	Created      *string        `json:"created"`
	Scope        scopeObject    `json:"scope"`
	Parity       parityObject   `json:"parity"`
	Counts       map[string]int `json:"counts"` // mailboxes by state
	Artefacts    int            `json:"artefacts"`
	// Gap is null where nothing was looked at yet.
	Gap       *gapObject          `json:"gap"`
	Undoable  *string             `json:"undoable_until"`
	Problem   *migrationProblem   `json:"problem"`
	Mailboxes []moveMailboxObject `json:"mailboxes"`
	Entries   []parityEntryObject `json:"entries,omitempty"` // of report
}

type migrationProblem struct {
	Class string `json:"class"`
	Words string `json:"words"`
}

type scopeObject struct {
	Old     int                 `json:"old"`
	New     int                 `json:"new"`
	Extra   []providers.Address `json:"extra"`
	Missing []providers.Address `json:"missing"`
	Limited bool                `json:"limited"`
	Wider   bool                `json:"wider"`
	Words   string              `json:"words"`
	Checked *string             `json:"checked"`
}

type parityObject struct {
	Same      int  `json:"same"`
	Cosmetic  int  `json:"cosmetic"`
	Missing   int  `json:"missing"`
	Extra     int  `json:"extra"`
	Different int  `json:"different"`
	Whole     bool `json:"whole"` // nothing is missing, extra or different
}

type moveMailboxObject struct {
	Mailbox  providers.Address   `json:"mailbox"`
	Name     providers.Untrusted `json:"name"`
	Kind     string              `json:"kind"` // "room" or "person"
	State    string              `json:"state"`
	Provider string              `json:"provider"` // that reaches it now
	Pilot    bool                `json:"pilot"`
	Parity   parityObject        `json:"parity"`
	Events   int                 `json:"events"`
	Compared *string             `json:"compared"`
	Moved    *string             `json:"moved"`
	Why      string              `json:"why"`
	Was      []string            `json:"was"`
	// LooksAgain: an error stopped it that may have passed; to move it looks first.
	LooksAgain bool `json:"looks_again"`
	// GapMS is null where it was not looked at while it changed over.
	GapMS   *int64  `json:"gap_ms"`
	Watched *string `json:"watched"`
	Looks   int     `json:"looks"`
}

// gapObject is how long a mailbox was at most without free/busy while it changed over.
type gapObject struct {
	LongestMS int64             `json:"longest_ms"`
	Mailbox   providers.Address `json:"mailbox"` // empty where none was
	Since     *string           `json:"since"`
	Mailboxes int               `json:"mailboxes"` // that were looked at
	Looks     int               `json:"looks"`
}

type parityEntryObject struct {
	Mailbox providers.Address   `json:"mailbox"`
	Kind    string              `json:"kind"`
	ICalUID providers.Untrusted `json:"ical_uid"`
	Start   *string             `json:"start"`
	Subject providers.Untrusted `json:"subject"`
	Private bool                `json:"private"`
	Fields  []parityFieldObject `json:"fields"`
}

type parityFieldObject struct {
	Field    string              `json:"field"`
	Before   providers.Untrusted `json:"before"`
	After    providers.Untrusted `json:"after"`
	Cosmetic bool                `json:"cosmetic"`
	Why      string              `json:"why"`
}

// widerScope reports whether the new side sees more mailboxes than the old one.
func widerScope(s providers.MigrationScope) bool { return len(s.Extra) > 0 || !s.Limited }

func parityOf(c providers.ParityCounts) parityObject {
	return parityObject{c.Same, c.Cosmetic, c.Missing, c.Extra, c.Different, c.Whole()}
}

// kindOf is "room" or "person".
func kindOf(room bool) string {
	if room {
		return "room"
	}
	return "person"
}

// moveStates are the states of a mailbox in the order of a move.
func moveStates() []providers.MoveState {
	return []providers.MoveState{
		providers.MovePlanned, providers.MoveReady, providers.MoveDiffers, providers.MoveBlocked, providers.MoveSwitching, providers.MoveMoved,
		providers.MoveReturning, providers.MoveReturned, providers.MoveFinished,
	}
}

func (o *output) migration(m providers.Migration) migrationObject {
	object := migrationObject{
		ID: m.ID, State: string(m.State), From: m.From, To: m.To, FromProvider: m.FromProvider, ToProvider: m.ToProvider, Created: o.stamp(m.Created),
		Scope: scopeObject{
			Old: m.Scope.Old, New: m.Scope.New, Extra: notNil(m.Scope.Extra), Missing: notNil(m.Scope.Missing), Limited: m.Scope.Limited,
			Wider: widerScope(m.Scope), Words: providers.Sanitise(m.Scope.Words), Checked: o.stamp(m.Scope.Checked),
		},
		Parity: parityOf(m.Parity()), Counts: map[string]int{}, Artefacts: m.Artefacts, Undoable: o.stamp(m.Undoable), Mailboxes: make([]moveMailboxObject, len(m.Mailboxes)),
	}
	for _, state := range moveStates() {
		object.Counts[string(state)] = m.Count(state)
	}
	if m.Problem != nil {
		object.Problem = &migrationProblem{string(m.Problem.Class), m.Problem.Sentence(o.now())}
	}
	if g, watched := m.Gap(); watched {
		object.Gap = &gapObject{g.Longest.Milliseconds(), g.Mailbox, o.stamp(g.Since), g.Mailboxes, g.Looks}
	}
	for i, b := range m.Mailboxes {
		object.Mailboxes[i] = moveMailboxObject{
			Mailbox: b.Mailbox, Name: b.Name, Kind: kindOf(b.Room), State: string(b.State), Provider: b.Home, Pilot: b.Pilot, Parity: parityOf(b.Parity),
			Events: b.Events, Compared: o.stamp(b.Compared), Moved: o.stamp(b.Moved), Why: b.Why, Was: notNil(b.Was),
			LooksAgain: b.LooksAgain(), Watched: o.stamp(b.Watched), Looks: b.Looks,
		}
		if ms := b.Gap.Milliseconds(); b.Looks > 0 {
			object.Mailboxes[i].GapMS = &ms
		}
	}
	return object
}

// parityEntry keeps what private entries say to themselves.
func (o *output) parityEntry(mailbox providers.Address, e providers.ParityEntry) parityEntryObject {
	object := parityEntryObject{
		Mailbox: mailbox, Kind: string(e.Kind), ICalUID: providers.Outside(e.ICalUID), Start: o.stamp(e.Start), Private: e.Private, Fields: make([]parityFieldObject, len(e.Fields)),
	}
	if !e.Private {
		object.Subject = e.Subject
	}
	for i, f := range e.Fields {
		object.Fields[i] = parityFieldObject{Field: f.Field, Cosmetic: f.Cosmetic, Why: f.Why}
		if !e.Private {
			object.Fields[i].Before, object.Fields[i].After = f.Before, f.After
		}
	}
	return object
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
