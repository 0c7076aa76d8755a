package when

import "time"

// Reading says how an instant relates to what the clock was asked to show.
type Reading int

// Readings of a wall clock time.
const (
	// Once is the usual case: clocks show it exactly once.
	Once Reading = iota
	// Skipped times do not exist, because clocks are set forward over them. The
	// instant is what a clock that was not set forward would show: as much later as
	// clocks jump (RFC 5545, section 3.3.5).
	Skipped
	// Twice is a time that clocks show again after they are set back. The instant
	// is the first of the two (RFC 5545, section 3.3.5).
	Twice
)

// Wall finds the instant at which clocks in zone show day, midnight UTC of a date,
// plus clock. other is the second instant for [Twice] and the time before the jump
// for [Skipped], else zero.
func Wall(day time.Time, clock time.Duration, zone *time.Location) (at, other time.Time, reading Reading) {
	shown := day.Add(clock) // the wall clock written as if it were UTC
	// Offsets in use before and after any change near that time. No zone changes
	// twice within two days in a way that would matter to a clock's reading, but
	// each candidate is verified all the same.
	_, before := shown.Add(-26 * time.Hour).In(zone).Zone()
	_, after := shown.Add(26 * time.Hour).In(zone).Zone()
	_, around := shown.In(zone).Zone()
	var found []time.Time
	for _, offset := range []int{before, around, after} {
		t := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, is := t.Zone(); is != offset {
			continue
		}
		if len(found) == 0 || !found[0].Equal(t) && !found[len(found)-1].Equal(t) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		at = shown.Add(-time.Duration(before) * time.Second).In(zone)
		return at, shown.Add(-time.Duration(after) * time.Second).In(zone), Skipped
	case 1:
		return found[0], time.Time{}, Once
	}
	at, other = found[0], found[1]
	if other.Before(at) {
		at, other = other, at
	}
	return at, other, Twice
}

// Date is the day that it is at an instant in its zone, as midnight UTC.
func Date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
