package providers

import "maps"

// NoAccess is a mailbox that the connection may not open at all.
const NoAccess AccessLevel = "none"

// Verb is something that a person does with a calendar.
type Verb string

// Verbs that a level of access, or a role, may leave out.
const (
	VerbRooms    Verb = "rooms"     // list rooms
	VerbPeople   Verb = "people"    // list and find people
	VerbFreeBusy Verb = "free-busy" // see when a calendar is taken
	VerbEvents   Verb = "events"    // read the meetings of a calendar
	VerbDetails  Verb = "details"   // see more of a meeting than that the time is taken
	VerbExport   Verb = "export"    // write the meetings of a calendar to a file
	VerbBook     Verb = "book"      // make a meeting
	VerbChange   Verb = "change"    // extend, end, move
	VerbCancel   Verb = "cancel"    //
	VerbRelocate Verb = "relocate"  // move the meetings of a room
	VerbTeams    Verb = "teams"     // give a meeting a Teams link
	// VerbAdminister is to make, look into, change and remove connections. No level of
	// access leaves it out; a role may.
	VerbAdminister Verb = "administer"
)

// Verbs are those that a level of access may leave out, in the order of a table.
func Verbs() []Verb {
	return []Verb{VerbRooms, VerbPeople, VerbFreeBusy, VerbEvents, VerbDetails, VerbExport, VerbBook, VerbChange, VerbCancel, VerbRelocate, VerbTeams}
}

// Access is how much a mailbox allows, by what is known. The zero value allows
// everything: nothing speaks against it.
type Access struct {
	Level  AccessLevel     // "" where nothing is known
	Denied map[Verb]string // why not; safe to show
}

// Refuses says why a verb is not allowed; "" where nothing speaks against it.
func (a Access) Refuses(v Verb) string { return a.Denied[v] }

func (a *Access) deny(why string, verbs ...Verb) {
	if a.Denied == nil {
		a.Denied = map[Verb]string{}
	}
	for _, v := range verbs {
		if a.Denied[v] == "" {
			a.Denied[v] = why
		}
	}
}

// With is what both allow, with the first's reasons before the second's.
func (a Access) With(b Access) Access {
	out := Access{Level: a.Level, Denied: maps.Clone(a.Denied)}
	if rank(b.Level) < rank(a.Level) {
		out.Level = b.Level
	}
	for v, why := range b.Denied {
		out.deny(why, v)
	}
	return out
}

// rank orders levels; what is not known takes nothing away.
func rank(l AccessLevel) int {
	switch l {
	case NoAccess:
		return 0
	case FreeBusyAccess:
		return 1
	case ReadOnlyAccess:
		return 2
	case Restricted:
		return 3
	case FullAccess:
		return 4
	}
	return 5
}

// writing are the verbs that change a calendar.
func writing(more ...Verb) []Verb {
	return append([]Verb{VerbBook, VerbChange, VerbCancel, VerbRelocate}, more...)
}

// looking are the verbs that read a calendar's meetings.
func looking() []Verb { return []Verb{VerbEvents, VerbDetails, VerbExport} }

// LevelAccess is what a level of access allows, the same with every provider
// (PRODUCT L1 to L5, L15).
func LevelAccess(level AccessLevel) Access {
	a := Access{Level: level}
	switch level {
	case FullAccess, Restricted: // they differ in which mailboxes, not in what
	case FreeBusyAccess:
		a.deny("this connection shows free/busy only and cannot write", writing(VerbTeams)...)
		a.deny("this connection shows free/busy only", looking()...)
	case ReadOnlyAccess:
		a.deny("this connection is set to reading only and cannot write", writing(VerbTeams)...)
	case NoAccess:
		a.deny("this connection may not open it", append(writing(VerbTeams), looking()...)...)
	}
	return a
}

// Levels are the levels of access that can be chosen for a connection, the least
// first.
func Levels() []AccessLevel {
	return []AccessLevel{FreeBusyAccess, ReadOnlyAccess, Restricted, FullAccess}
}

// Within lowers capabilities to a level that was chosen for the connection; "" lowers
// nothing.
func (c Capabilities) Within(level AccessLevel) Capabilities {
	if rank(level) >= rank(c.Access) {
		return c
	}
	if c.Access == "" { // nobody answered yet: what nothing speaks against is tried
		c.Write, c.Teams = true, true
	}
	switch c.Access = level; level {
	case FreeBusyAccess:
		c.Write, c.WriteWhy = false, Outside("this connection is set to free/busy only")
	case ReadOnlyAccess:
		c.Write, c.WriteWhy = false, Outside("this connection is set to reading only")
	}
	return c
}

// ConnectionAccess is what a connection's capabilities allow (PRODUCT L5).
func ConnectionAccess(c Capabilities) Access {
	a := LevelAccess(c.Access)
	if c.Access == "" {
		return a // who answers is not known yet
	}
	if !c.Write {
		a.deny(c.WriteWhy.Or("this connection cannot write"), writing()...)
	}
	if !c.Teams {
		a.deny(c.TeamsWhy.Or("this connection makes no Teams meetings"), VerbTeams)
	}
	return a
}

// ProblemAccess is what the latest failure to read a mailbox says of it (PRODUCT S17);
// other failures say nothing.
func ProblemAccess(mailbox Address, p *Problem) Access {
	var a Access
	if p == nil {
		return a
	}
	switch p.Class {
	case NotAllowed:
		a.Level = NoAccess
		a.deny(string(mailbox)+" is outside the mailboxes that this connection may use", append(writing(VerbTeams), looking()...)...)
	case NoMailbox:
		a.Level = NoAccess
		a.deny(string(mailbox)+" has no mailbox that this service reaches", append(writing(VerbTeams), looking()...)...)
	}
	return a
}

// CalendarAccess is what a mailbox's calendars allow (PRODUCT P7, P11); no calendars say
// nothing.
func CalendarAccess(mailbox Address, calendars []Calendar) Access {
	var a Access
	for _, c := range calendars {
		if !c.Default {
			continue
		}
		if c.ReadOnly {
			a.deny("the calendar of "+string(mailbox)+" is read-only", writing()...)
		}
		if !c.IntegratedConferencing {
			c.Mailbox = mailbox
			a.deny(c.WithoutConferencing(), VerbTeams)
		}
	}
	return a
}
