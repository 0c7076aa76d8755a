package simulator

import (
	"slices"
	"time"
)

// Enumerations as small numbers; the tables give Graph's spelling.
type (
	eventKind   uint8
	showAs      uint8
	response    uint8
	sensitivity uint8
	importance  uint8
	attendance  uint8
)

const (
	singleInstance eventKind = iota
	seriesMaster
	exceptionKind
	occurrenceKind // never stored: made by expansion
)

const (
	showFree showAs = iota
	showTentative
	showBusy
	showOOF
	showElsewhere
	showUnknown
)

const (
	respondedNone response = iota
	respondedOrganizer
	respondedTentative
	respondedAccepted
	respondedDeclined
	notResponded
)

const (
	required attendance = iota
	optional
	resource
)

var (
	kindNames        = []string{"singleInstance", "seriesMaster", "exception", "occurrence"}
	showNames        = []string{"free", "tentative", "busy", "oof", "workingElsewhere", "unknown"}
	responseNames    = []string{"none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"}
	sensitivityNames = []string{"normal", "personal", "private", "confidential"}
	importanceNames  = []string{"low", "normal", "high"}
	attendanceNames  = []string{"required", "optional", "resource"}
)

// contact is a name and an address; box is set where the address is a mailbox
// of this tenant.
type contact struct {
	address string
	name    string
	box     *mailbox
}

type attendee struct {
	who  *contact
	at   int64 // Unix seconds of the answer; 0: never
	kind attendance
	resp response
}

// location as Graph keeps it: email is what ties it to a room.
type location struct {
	name, email, uri, uniqueID, kind, uniqueIDType string
	address                                        *physicalAddress
}

type body struct {
	html    bool
	whole   bool // written by a client after the event became a Teams meeting
	content string
}

// event is one stored item of a calendar: a single meeting, a series master or,
// inside its master, an exception. It is immutable once it is in a mailbox:
// every change stores a new value, so readers need no lock to encode one.
type event struct {
	num  uint32 // number within the mailbox; 0 for exceptions
	rev  uint32 // the mailbox's version at the last change, exceptions included
	self uint32 // the version at the last change of the item itself
	date int32  // of an exception: yyyymmdd where the pattern put it
	kind eventKind

	show  showAs
	resp  response // this mailbox's own answer
	sens  sensitivity
	imp   importance
	in    calendarKind // the calendar that it is in
	flags eventFlags

	uid               uint64 // the same in every copy of a meeting
	created, modified int64  // Unix seconds
	start, end        int64  // Unix seconds; for all-day, midnights in the zone
	respondedAt       int64
	zone, endZone     *zone
	reminder          int32  // minutes before the start
	moves             uint16 // how often it changed calendars; its mutable id tells

	subject   string
	body      *body // nil: none
	organizer *contact
	attendees []attendee
	locations []location
	rare      *rare // nil: none of it

	recurrence *recurrence
	exceptions []*event // by date
	cancelled  []int32  // dates taken out of the series, sorted
}

// rare is what few events have: kept apart, it costs the others nothing. It is
// immutable like the event.
type rare struct {
	categories  []string
	transaction string
	properties  []extendedProperty
	proposals   []proposal
	// startZone and endZone are the names of the zones as written, where they are
	// not the zone's Windows name.
	startZone, endZone string
	snoozed            int64  // when the reminder is due, in place of before the start
	oddShow, oddAnswer string // members of enumerations that no client knows; see Options.Oddities
}

// extendedProperty is one of singleValueExtendedProperties.
type extendedProperty struct{ id, value string }

// proposal is another time that an attendee asks for.
type proposal struct {
	who        *contact
	start, end int64
	zone       *zone
}

var nothingRare rare

// seldom gives the rare parts for reading.
func (e *event) seldom() *rare {
	if e.rare == nil {
		return &nothingRare
	}
	return e.rare
}

// seldomCopy gives e a rare part of its own, for writing.
func (e *event) seldomCopy() *rare {
	r := *e.seldom()
	e.rare = &r
	return e.rare
}

type eventFlags uint16

const (
	isOrganizerFlag eventFlags = 1 << iota
	allDayFlag
	cancelledFlag
	onlineFlag     // a Teams meeting
	reminderFlag   // isReminderOn
	noResponseFlag // responseRequested is false
	noProposalFlag // allowNewTimeProposals is false
	hideFlag       // hideAttendees
	readOnlyFlag   // in a calendar that cannot be edited
	draftFlag      // isDraft: invitations are not sent yet
	dismissedFlag  // the reminder was shown and put away
)

func (e *event) has(f eventFlags) bool { return e.flags&f != 0 }

func (e *event) set(f eventFlags, on bool) {
	if on {
		e.flags |= f
	} else {
		e.flags &^= f
	}
}

// clone copies an event so that it may be changed; slices are shared and must
// be replaced, never written into.
func (e *event) clone() *event {
	c := *e
	return &c
}

// floating gives start and end as they count in a view: for all-day events
// Graph shows midnights whatever zone is asked, so they are read as UTC.
func (e *event) floating() (start, end int64) {
	if !e.has(allDayFlag) {
		return e.start, e.end
	}
	return asUTC(e.start, e.zone), asUTC(e.end, e.zone)
}

// asUTC reads the wall clock of an instant in a zone as if it were UTC.
func asUTC(unix int64, z *zone) int64 {
	_, offset := time.Unix(unix, 0).In(z.loc).Zone()
	return unix + int64(offset)
}

func (e *event) exceptionOn(date int32) *event {
	i, found := slices.BinarySearchFunc(e.exceptions, date, func(x *event, d int32) int { return int(x.date) - int(d) })
	if !found {
		return nil
	}
	return e.exceptions[i]
}

// withException gives a copy of the master in which x replaces what the pattern
// puts on x.date, a date that was taken out included.
func (e *event) withException(x *event) *event {
	c := e.clone()
	i, found := slices.BinarySearchFunc(e.exceptions, x.date, func(x *event, d int32) int { return int(x.date) - int(d) })
	c.exceptions = slices.Clone(e.exceptions)
	if found {
		c.exceptions[i] = x
	} else {
		c.exceptions = slices.Insert(c.exceptions, i, x)
	}
	if i, gone := slices.BinarySearch(e.cancelled, x.date); gone {
		c.cancelled = slices.Delete(slices.Clone(e.cancelled), i, i+1)
	}
	return c
}

// withoutDate gives a copy of the master that lacks the occurrence of a date.
func (e *event) withoutDate(date int32) *event {
	c := e.clone()
	if i, found := slices.BinarySearchFunc(e.exceptions, date, func(x *event, d int32) int { return int(x.date) - int(d) }); found {
		c.exceptions = slices.Delete(slices.Clone(e.exceptions), i, i+1)
	}
	if i, found := slices.BinarySearch(e.cancelled, date); !found {
		c.cancelled = slices.Insert(slices.Clone(e.cancelled), i, date)
	}
	return c
}

// attendeeIndex finds a mailbox among the attendees, or -1.
func (e *event) attendeeIndex(box *mailbox) int {
	return slices.IndexFunc(e.attendees, func(a attendee) bool { return a.who.box == box })
}

// withAnswer gives the attendees with one answer changed.
func withAnswer(attendees []attendee, i int, resp response, at int64) []attendee {
	out := slices.Clone(attendees)
	out[i].resp, out[i].at = resp, at
	return out
}

// instance is one entry of a view: a single meeting, an occurrence or an
// exception. Times are Unix seconds.
type instance struct {
	e          *event // the stored item; for an occurrence its master
	master     *event // for occurrences and exceptions
	date       int32  // yyyymmdd where the pattern put it; 0 for single meetings
	start, end int64
	kind       eventKind
}

// stored is the item that the entry is kept in: a master for its dates.
func (i instance) stored() *event {
	if i.master != nil {
		return i.master
	}
	return i.e
}

// floating is [event.floating] for an instance.
func (i instance) floating() (start, end int64) {
	if !i.e.has(allDayFlag) {
		return i.start, i.end
	}
	return asUTC(i.start, i.e.zone), asUTC(i.end, i.e.zone)
}

// overlaps reports whether an interval shares time with [from, to); one without
// length counts where it starts.
func overlaps(start, end, from, to int64) bool {
	if start == end {
		return start >= from && start < to
	}
	return start < to && end > from
}

// instances appends those of e's instances that a view of [from, to) shows.
func (e *event) instances(out []instance, from, to int64) []instance {
	if e.kind == singleInstance {
		if s, t := e.floating(); overlaps(s, t, from, to) {
			out = append(out, instance{e: e, start: e.start, end: e.end})
		}
		return out
	}
	for _, x := range e.exceptions {
		if s, t := x.floating(); overlaps(s, t, from, to) {
			out = append(out, instance{e: x, master: e, date: x.date, start: x.start, end: x.end, kind: exceptionKind})
		}
	}
	e.occurrences(from-maxOffset, to+maxOffset, func(date int32, start, end int64) bool {
		if _, gone := slices.BinarySearch(e.cancelled, date); gone || e.exceptionOn(date) != nil {
			return true
		}
		i := instance{e: e, master: e, date: date, start: start, end: end, kind: occurrenceKind}
		if s, t := i.floating(); overlaps(s, t, from, to) {
			out = append(out, i)
		}
		return true
	})
	return out
}

// maxOffset is more than any zone's distance from UTC, in seconds.
const maxOffset = 15 * 3600
