package providers

import "time"

// Interval is a half-open span of time, [Start, End).
type Interval struct{ Start, End time.Time }

// Overlaps reports whether both spans share time. An interval without length
// overlaps what it lies inside of.
func (i Interval) Overlaps(o Interval) bool {
	return i.Start.Before(o.End) && o.Start.Before(i.End)
}

// Contains reports whether t lies inside.
func (i Interval) Contains(t time.Time) bool { return !t.Before(i.Start) && t.Before(i.End) }

// Covers reports whether o lies wholly inside.
func (i Interval) Covers(o Interval) bool { return !o.Start.Before(i.Start) && !o.End.After(i.End) }

// Duration is End minus Start.
func (i Interval) Duration() time.Duration { return i.End.Sub(i.Start) }

// FreeBusy is the state of a mailbox at a time.
type FreeBusy string

// States of free/busy. Unknown is never shown or counted as free.
const (
	Free             FreeBusy = "free"
	Tentative        FreeBusy = "tentative"
	Busy             FreeBusy = "busy"
	OutOfOffice      FreeBusy = "oof"
	WorkingElsewhere FreeBusy = "workingElsewhere"
	Unknown          FreeBusy = "unknown"
)

// Taken reports whether a booking there would meet something or might.
func (s FreeBusy) Taken() bool { return s != Free && s != WorkingElsewhere }

// Block is a span in which a mailbox is not free.
type Block struct {
	Interval
	State   FreeBusy
	Subject Untrusted // "" where the access level hides it
	Private bool
	// EventID names the event behind it where this mailbox's events are mirrored.
	EventID string
	// Mine marks what was booked with this program.
	Mine bool
}

// Availability is what is known of one mailbox's free/busy inside Window. Gaps
// between blocks are free only while Problem is nil and AsOf is set.
type Availability struct {
	Mailbox Address
	Window  Interval
	Blocks  []Block // by start
	AsOf    time.Time
	Zone    string   // IANA name of the mailbox's own time zone; "" where not said
	Problem *Problem // why it is unknown, or why it is old
}

// Known reports whether the blocks may be believed at all, whatever their age.
func (a Availability) Known() bool { return !a.AsOf.IsZero() }

// State is the mailbox's state at t and the instant until which it holds; a zero
// instant means "to the end of the window or beyond". Blocks that touch count as
// one.
func (a Availability) State(t time.Time) (FreeBusy, time.Time) {
	if !a.Known() || !a.Window.Contains(t) {
		return Unknown, time.Time{}
	}
	state, until := Free, time.Time{}
	for _, b := range a.Blocks {
		if !b.State.Taken() {
			continue
		}
		switch {
		case state == Free && b.Contains(t):
			state, until = b.State, b.End
		case state == Free && b.Start.After(t):
			return Free, b.Start
		case state != Free && !b.Start.After(until):
			if b.Contains(t) && b.State == Busy {
				state = Busy
			}
			if b.End.After(until) {
				until = b.End
			}
		case state != Free:
			return state, until
		}
	}
	return state, until
}

// FreeFor reports whether nothing taken overlaps span, and that this is known.
func (a Availability) FreeFor(span Interval) bool {
	if !a.Known() || !a.Window.Covers(span) {
		return false
	}
	for _, b := range a.Blocks {
		if b.State.Taken() && b.Overlaps(span) {
			return false
		}
	}
	return true
}
