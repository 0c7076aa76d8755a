package booking

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

const (
	// maxAttendees is what the service takes in one meeting.
	maxAttendees = 500
	// longest is the duration that rooms accept unless somebody changed their
	// rules.
	longest = 24 * time.Hour
	// pastGrace lets somebody book the slot that has just begun.
	pastGrace = 15 * time.Minute
)

// refusal is an error about the request itself: nothing was sent, and another
// try of the same changes nothing. The field is named first.
func refusal(field, format string, args ...any) *providers.Error {
	return &providers.Error{Class: providers.Permanent, Op: "booking", Message: providers.Outside(field + ": " + fmt.Sprintf(format, args...))}
}

// prepare fills in what the request leaves open. It neither fails nor asks
// anybody; roomTitle is safe to show.
func (d *Desk) prepare(q providers.BookingRequest, roomTitle string) providers.BookingRequest {
	if q.Organizer == "" {
		q.Organizer = d.Organizer
	}
	if q.Subject.Or("") == "" {
		q.Subject = providers.Outside("Meeting in " + roomTitle)
	}
	if q.Zone == "" {
		q.Zone = "UTC"
	}
	q.Start, q.End = q.Start.UTC(), q.End.UTC()
	seen := map[providers.Address]bool{q.Organizer: true, q.Room: true, "": true}
	once := func(all []providers.Address) []providers.Address {
		var kept []providers.Address
		for _, a := range all {
			if !seen[a] {
				seen[a] = true
				kept = append(kept, a)
			}
		}
		return kept
	}
	q.Required = once(q.Required)
	q.Optional = once(q.Optional)
	return q
}

// check finds what is wrong with a prepared request without asking anybody; nil
// where nothing is. The order is that of a form.
func check(q providers.BookingRequest, now time.Time) *providers.Error {
	if q.Organizer == "" {
		e := refusal("organizer", "this connection names nobody in whose calendar meetings are made")
		e.Advice = "set the connection's organizer, or say on behalf of whom"
		return e
	}
	if !isAddress(q.Organizer) {
		return refusal("organizer", "%q is no mail address", string(q.Organizer))
	}
	if q.Room == "" {
		return refusal("room", "none is given")
	}
	if !isAddress(q.Room) {
		return refusal("room", "%q is no mail address", string(q.Room))
	}
	if q.Room == q.Organizer {
		return refusal("organizer", "a room cannot invite itself")
	}
	if _, err := zoneOf(q.Zone); err != nil {
		return refusal("zone", "there is no time zone %q", q.Zone)
	}
	switch {
	case q.Start.IsZero():
		return refusal("start", "it is missing")
	case q.End.IsZero():
		return refusal("end", "it is missing")
	case !q.End.After(q.Start):
		return refusal("end", "the meeting must end after it starts")
	case !q.End.After(now):
		return refusal("start", "the meeting is over already")
	case q.Start.Before(now.Add(-pastGrace)):
		return refusal("start", "it is in the past, %s ago", providers.Age(now.Sub(q.Start)))
	case q.End.Sub(q.Start) > longest:
		return refusal("end", "the meeting is longer than a day")
	}
	switch {
	case q.Before < 0 || q.Before > longestBuffer:
		return refusal("before", "%s is not between nothing and %s", q.Before, longestBuffer)
	case q.After < 0 || q.After > longestBuffer:
		return refusal("after", "%s is not between nothing and %s", q.After, longestBuffer)
	}
	switch q.ShowAs {
	case "", providers.ShowFree, providers.ShowTentative, providers.ShowBusy, providers.ShowOutOfOffice, providers.ShowWorkingElsewhere:
	default:
		return refusal("show as", "%q is none of free, tentative, busy, oof, workingElsewhere", string(q.ShowAs))
	}
	for _, a := range slices.Concat(q.Required, q.Optional) {
		if !isAddress(a) {
			return refusal("attendees", "%q is no mail address", string(a))
		}
	}
	if n := len(q.Required) + len(q.Optional); n+1 > maxAttendees {
		return refusal("attendees", "%d are too many: the service takes %d with the room", n, maxAttendees)
	}
	return nil
}

func isAddress(a providers.Address) bool {
	parsed, ok := providers.ParseAddress(string(a))
	return ok && parsed == a
}

// zoneOf loads an IANA zone. The machine's own zone has no name that a tenant
// would understand.
func zoneOf(name string) (*time.Location, error) {
	if strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("zone %q has no name", name)
	}
	return time.LoadLocation(name)
}

// clock writes an instant as a time of day in the request's zone, with the date
// where that is another than the meeting's.
func clock(q providers.BookingRequest, t time.Time) string {
	zone, err := zoneOf(q.Zone)
	if err != nil {
		zone = time.UTC
	}
	t = t.In(zone)
	if start := q.Start.In(zone); start.YearDay() != t.YearDay() || start.Year() != t.Year() {
		return t.Format("Mon 2 Jan 15:04")
	}
	return t.Format("15:04")
}

func span(q providers.BookingRequest) providers.Interval {
	return providers.Interval{Start: q.Start, End: q.End}
}
