// Package wish understands what somebody wants from a room, typed in one line:
//
//	12p display f3 tmr 14-15 @berlin with adele,bob
//	weekly tue 10-11 x10 8p
//
// Forms with one meaning are read first; habits of speech ("friday afternoon") are
// only a fallback. What was understood can always be shown before it is used.
package wish

import (
	"time"

	"roomdesk/providers"
)

// Wish is a line as it was understood.
type Wish struct {
	Typed string
	// Rooms is the part of the line that narrows rooms, in the language of
	// [providers.RoomIndex], without floor and seats.
	Rooms string
	// Floor is the floor that the room shall be on or near, as a query term such as
	// "f3"; "" where none is asked for.
	Floor string
	// Seats is how many people come; 0 is not said.
	Seats int
	// Place is what stands behind @: a building or list, or the city of a zone.
	Place string
	// Span is when. Zero where the line says nothing of a time.
	Span providers.Interval
	// Within is where a span of Length may lie: "afternoon". Zero where Span holds.
	Within providers.Interval
	Length time.Duration
	// Zone is in what the times were read: the zone of Place, one that the line
	// names, or the person's own.
	Zone *time.Location
	// With are the people who must be free too, as typed: addresses or parts of names.
	With []string
	// Repeat is set for a series; Span is then its first date.
	Repeat *Repeat
	// Meaning is the line in words, part by part, in the order of a sentence.
	Meaning []Part
	// Problems are what could not be understood. A wish with problems must not be
	// acted on.
	Problems []string // safe to show
}

// Part is one thing that was understood.
type Part = providers.MeaningPart

// Surroundings are what a line is understood by.
type Surroundings struct {
	Now  time.Time
	Zone *time.Location // the person's own
	// Otherwise is when, where the line says nothing of a time; zero: nothing.
	Otherwise providers.Interval
	// Length is how long a meeting is where the line does not say; 0 is 30 minutes.
	Length time.Duration
	// Words are how equipment is called; nil: the usual words.
	Words *providers.EquipmentWords
	// ZoneOf gives the zone of rooms at a place as typed behind @; nil and false
	// where no room is there. It may be nil.
	ZoneOf func(place string) (*time.Location, bool)
	// Zones are IANA names that a place may mean the city of. It may be nil.
	Zones []string
}

// Understood is the wish in one line, safe to show.
func (w Wish) Understood() string {
	line := ""
	for _, part := range w.Meaning {
		if line != "" {
			line += " · "
		}
		line += part.Words
		if part.Assumed {
			line += " (assumed)"
		}
	}
	return line
}

// Timed reports whether the line says when.
func (w Wish) Timed() bool { return !w.Span.Start.IsZero() || !w.Within.Start.IsZero() }
