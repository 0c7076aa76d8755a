package providers

import (
	"cmp"
	"slices"
	"time"
)

// RelocationState is where the relocation of a room's meetings stands.
type RelocationState string

// States of a relocation. A plan becomes running once it is stored.
const (
	RelocationPlanned      RelocationState = "planned"
	RelocationRunning      RelocationState = "running"
	RelocationDone         RelocationState = "done"
	RelocationPartly       RelocationState = "partly" // some meetings stayed where they were
	RelocationUndoing      RelocationState = "undoing"
	RelocationUndone       RelocationState = "undone"
	RelocationPartlyUndone RelocationState = "partly undone"
)

// Words is the state as a person reads it.
func (s RelocationState) Words() string {
	switch s {
	case RelocationPlanned:
		return "only planned"
	case RelocationRunning:
		return "under way"
	case RelocationDone:
		return "done"
	case RelocationPartly:
		return "partly done"
	case RelocationUndoing:
		return "being taken back"
	case RelocationUndone:
		return "taken back"
	case RelocationPartlyUndone:
		return "partly taken back"
	}
	return Sanitise(string(s))
}

// Open reports whether something is still to be done by the program.
func (s RelocationState) Open() bool { return s == RelocationRunning || s == RelocationUndoing }

// StepState is where one meeting of a relocation stands.
type StepState string

// States of a step. While moving or undoing the meeting is being worked on.
const (
	StepPlanned   StepState = "planned"
	StepUnsolved  StepState = "unsolved" // no room for it, or none that may be asked from here
	StepLeft      StepState = "left"     // a person left it out
	StepMoving    StepState = "moving"
	StepWaiting   StepState = "waiting" // a room owes its answer for longer than the batch waits
	StepMoved     StepState = "moved"
	StepFailed    StepState = "failed" // it is where it was
	StepUndoing   StepState = "undoing"
	StepUndoWaits StepState = "undo waits" // the same while it is put back
	StepUndone    StepState = "undone"
	StepKept      StepState = "kept" // could not be put back
)

// Working reports whether the step is between its beginning and its end.
func (s StepState) Working() bool {
	switch s {
	case StepMoving, StepWaiting, StepUndoing, StepUndoWaits:
		return true
	}
	return false
}

// Silent reports whether a room owes the step an answer for longer than is waited.
func (s StepState) Silent() bool { return s == StepWaiting || s == StepUndoWaits }

// RoomChoice is a room that a meeting could have instead.
type RoomChoice struct {
	Room     Address
	Name     Untrusted
	Place    string // building and floor, safe to show
	Capacity int
	Why      []Reason
	// Lesser is true for a room that has too few seats: nobody takes it unasked.
	Lesser bool
}

// RoomAnswer is what one room said to a meeting of a relocation.
type RoomAnswer struct {
	Room     Address
	Name     Untrusted
	Response Response
	Words    string // safe to show: why it was not taken
	At       time.Time
	Undo     bool // it was asked while the relocation was taken back
}

// RelocationStep is one meeting of a relocation: what it was, where it shall go,
// what each room said, and where it stands.
type RelocationStep struct {
	Was       Slot
	Subject   Untrusted
	Private   bool
	Organizer Address
	EventID   string // in the organizer's calendar; "" where that could not be read
	ICalUID   string
	Series    bool // one date of a series, moved as an exception
	// Dates are the beginnings of a series that is moved as one; empty otherwise.
	Dates   []time.Time
	People  int       // invited and organizer; 0: not told
	Mails   []Address // people who get mail from the move, the organizer aside
	Foreign bool      // its organizer is elsewhere, or not known
	Text    string    // ready to be sent to the organizer where it cannot be moved from here

	Choices []RoomChoice
	// At is the choice that is planned or being asked; the ones before it declined.
	At        int
	Batch     int // counted from 1; 0: not begun
	State     StepState
	Why       string // why it is unsolved, waiting, failed or kept; safe to show
	BookingID string
	Answers   []RoomAnswer
	Began     time.Time // of the move, or of its undoing
	Ended     time.Time
	UndoneAt  time.Time
}

// Choice is the room that is planned, asked, or was taken.
func (s RelocationStep) Choice() (RoomChoice, bool) {
	if s.At < 0 || s.At >= len(s.Choices) {
		return RoomChoice{}, false
	}
	return s.Choices[s.At], true
}

// Moves is how many meetings the step stands for.
func (s RelocationStep) Moves() int { return max(len(s.Dates), 1) }

// Relocation is a batch of moves out of a room that cannot be used, with its reason
// and all that became of it. It is stored before the first byte leaves.
type Relocation struct {
	ID       string
	Room     Address
	RoomName Untrusted
	Period   Interval
	Reason   Untrusted
	State    RelocationState
	Created  time.Time
	Updated  time.Time
	Ended    time.Time // of the latest run or undoing; zero while one is under way
	Steps    []RelocationStep
	// Blocked counts entries of the room that are no meetings to move.
	Blocked int
	// BatchSize is how many meetings are moved at a time, and Patience how long the
	// next batch waits for the rooms of the one before.
	BatchSize int
	Patience  time.Duration
	// Stopped is true once a person asked that no further batch begins.
	Stopped bool
	// Holder is the process that works on it until HeldUntil, so that no second one
	// does at the same time.
	Holder    string
	HeldUntil time.Time
	// Revision counts the stored versions: a version that is not the newest is not
	// stored over it.
	Revision int
}

// Count is how many meetings are in a state, each date of a series counted.
func (r Relocation) Count(states ...StepState) int {
	n := 0
	for _, s := range r.Steps {
		if slices.Contains(states, s.State) {
			n += s.Moves()
		}
	}
	return n
}

// Meetings is how many meetings are affected, each date of a series counted.
func (r Relocation) Meetings() int {
	n := 0
	for _, s := range r.Steps {
		n += s.Moves()
	}
	return n
}

// MailCount is how many mails a mailbox gets.
type MailCount struct {
	Mailbox Address
	Mails   int
}

// Mails counts the mails of the steps that are planned or were made, by person, the
// one with most first. Rooms and organizers are not in it.
func (r Relocation) Mails() (all []MailCount, total int) {
	by := map[Address]int{}
	for _, s := range r.Steps {
		switch s.State {
		case StepPlanned, StepMoving, StepWaiting, StepMoved, StepUndoing, StepUndoWaits, StepUndone, StepKept:
			for _, a := range s.Mails {
				by[a]++
				total++
			}
		}
	}
	for a, n := range by {
		all = append(all, MailCount{a, n})
	}
	slices.SortFunc(all, func(a, b MailCount) int { return cmp.Or(b.Mails-a.Mails, cmp.Compare(a.Mailbox, b.Mailbox)) })
	return all, total
}

// Clash is another step of the relocation that takes a room at the time of step n;
// -1: none does.
func (r Relocation) Clash(n int, room Address) int {
	for other, s := range r.Steps {
		if other == n || s.State == StepUnsolved || s.State == StepLeft || s.State == StepFailed || s.State == StepUndone {
			continue
		}
		if c, ok := s.Choice(); ok && c.Room == room && overlapAny(r.Steps[n].spans(), s.spans()) {
			return other
		}
	}
	return -1
}

// spans are the times that a step takes.
func (s RelocationStep) spans() []Interval {
	if len(s.Dates) == 0 {
		return []Interval{s.Was.Span()}
	}
	all := make([]Interval, len(s.Dates))
	for i, d := range s.Dates {
		all[i] = Interval{Start: d, End: d.Add(s.Was.Span().Duration())}
	}
	return all
}

func overlapAny(a, b []Interval) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Overlaps(y) {
				return true
			}
		}
	}
	return false
}

// Outcome is the state that follows from the steps once none is being worked on.
func (r Relocation) Outcome() RelocationState {
	if r.Count(StepPlanned, StepMoving, StepWaiting) > 0 && !r.Stopped || r.Count(StepMoving, StepWaiting) > 0 {
		return RelocationRunning
	}
	if r.Count(StepUndoing, StepUndoWaits) > 0 {
		return RelocationUndoing
	}
	undone, kept := r.Count(StepUndone), r.Count(StepKept, StepMoved)
	switch {
	case undone > 0 && kept > 0:
		return RelocationPartlyUndone
	case undone > 0:
		return RelocationUndone
	case r.Count(StepMoved) == r.Meetings()-r.Count(StepLeft) && !r.Stopped:
		return RelocationDone
	case r.Count(StepKept) > 0:
		return RelocationPartlyUndone
	}
	return RelocationPartly
}
