package providers

import "maps"

// NoAccess is a mailbox that the connection may not open at all.
const NoAccess AccessLevel = "none"

// Verb is something that a person does with a calendar.
type Verb string

// Verbs that a level of access may leave out.
const (
	VerbDetails  Verb = "details"  // see more of a meeting than that the time is taken
	VerbBook     Verb = "book"     // make a meeting
	VerbChange   Verb = "change"   // extend, end, move
	VerbCancel   Verb = "cancel"   //
	VerbRelocate Verb = "relocate" // move the meetings of a room
	VerbTeams    Verb = "teams"    // give a meeting a Teams link
)

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
	case Restricted:
		return 2
	case FullAccess:
		return 3
	}
	return 4
}

// writing are the verbs that change a calendar.
func writing(more ...Verb) []Verb {
	return append([]Verb{VerbBook, VerbChange, VerbCancel, VerbRelocate}, more...)
}

// ConnectionAccess is what a connection's capabilities allow (PRODUCT L5).
func ConnectionAccess(c Capabilities) Access {
	a := Access{Level: c.Access}
	if c.Access == "" {
		return a // who answers is not known yet
	}
	if c.Access == FreeBusyAccess {
		a.deny("this connection shows free/busy only and cannot write", writing()...)
		a.deny("this connection shows free/busy only", VerbDetails)
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
		a.deny(string(mailbox)+" is outside the mailboxes that this connection may use", writing(VerbDetails, VerbTeams)...)
	case NoMailbox:
		a.Level = NoAccess
		a.deny(string(mailbox)+" has no mailbox that this service reaches", writing(VerbDetails, VerbTeams)...)
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
			a.deny("the calendar of "+string(mailbox)+" does not offer Teams meetings; a licence may be missing", VerbTeams)
		}
	}
	return a
}
