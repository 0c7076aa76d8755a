package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// policy is how a room answers requests: the parts of Exchange's
// CalendarProcessing that are modelled, under its names where they are given in
// brackets. Graph does not show any of it.
type policy struct {
	Name               string `json:"name"`
	BookingWindowDays  int    `json:"booking_window_days"`  // (BookingWindowInDays)
	MaxDurationMinutes int    `json:"max_duration_minutes"` // (MaximumDurationInMinutes)
	// MaxConflicts is how many occurrences of a series may clash; these are
	// declined one by one while the rest stands. 0 declines the series.
	// (MaximumConflictInstances)
	MaxConflicts int `json:"max_conflicts"`
	// MaxConflictPercent is the same in per cent of the series. (ConflictPercentageAllowed)
	MaxConflictPercent int  `json:"max_conflict_percent,omitempty"`
	AllowConflicts     bool `json:"allow_conflicts,omitempty"` // (AllowConflicts)
	Delegate           bool `json:"delegate"`                  // answers tentatively until somebody approves (AllRequestInPolicy)
	Silent             bool `json:"silent"`                    // never answers (AutomateProcessing None)
	Reserved           bool `json:"reserved"`                  // bookingType reserved: cannot be booked
	// BookersOnly names the department whose members may book; "" is everybody.
	// (BookInPolicy)
	BookersOnly string `json:"bookers_only,omitempty"`
	// NoRecurring declines series. (AllowRecurringMeetings false)
	NoRecurring bool `json:"no_recurring,omitempty"`
	// WorkHoursOnly declines what is not wholly between 8 and 18 on a weekday in the
	// room's zone. (ScheduleOnlyDuringWorkHours)
	WorkHoursOnly bool `json:"work_hours_only,omitempty"`
	// EnforceCapacity declines more people than seats. (EnforceCapacity)
	EnforceCapacity bool `json:"enforce_capacity,omitempty"`
	// OpenEnded accepts series without an end as far as the booking window reaches.
	// (EnforceSchedulingHorizon false)
	OpenEnded bool `json:"open_ended,omitempty"`
	// KeepPrivate leaves the private mark on the room's copy. (RemovePrivateProperty false)
	KeepPrivate bool `json:"keep_private"`
}

// policyFor spreads the policies over a tenant's rooms by position, so that
// every tenant of ten rooms or more has each of them.
func policyFor(index, rooms int) policy {
	p := policy{Name: "auto-accept", BookingWindowDays: 180, MaxDurationMinutes: 24 * 60, KeepPrivate: index%3 == 0}
	if rooms < 10 {
		return p
	}
	switch {
	case index == rooms-1:
		p.Name, p.Silent = "silent", true
	case index == rooms-2:
		p.Name, p.BookersOnly = "certain bookers only", "Facilities"
	case index == rooms-3:
		p.Name, p.Reserved = "reserved", true
	case index%10 == 5:
		p.Name, p.Delegate = "delegate decides", true
	case index%10 == 3:
		p.Name, p.MaxConflicts = "tolerates conflicts in series", 3
	}
	return p
}

func (p policy) validate() error {
	switch {
	case p.BookingWindowDays < 0 || p.BookingWindowDays > 1080: // Exchange's own limit
		return fmt.Errorf("booking window: %d days is not between 0 and 1080", p.BookingWindowDays)
	case p.MaxDurationMinutes < 0 || p.MaxConflicts < 0:
		return errors.New("a limit is negative")
	case p.MaxConflictPercent < 0 || p.MaxConflictPercent > 100:
		return fmt.Errorf("conflicts: %d per cent is not between 0 and 100", p.MaxConflictPercent)
	}
	return nil
}

// SetRoomPolicy changes how a room answers from now on.
func (t *Tenant) SetRoomPolicy(address string, p RoomPolicy) error {
	if err := p.validate(); err != nil {
		return err
	}
	m := t.world.find(address)
	if m == nil || m.room == nil {
		return fmt.Errorf("%w: %q is no room", errNoMailbox, address)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m.room.policy = p
	return nil
}

// RoomPolicyOf is how a room answers.
func (t *Tenant) RoomPolicyOf(address string) (RoomPolicy, error) {
	m := t.world.find(address)
	if m == nil || m.room == nil {
		return RoomPolicy{}, fmt.Errorf("%w: %q is no room", errNoMailbox, address)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return m.room.policy, nil
}

// servePolicy tells a room's policy, and changes what a PATCH names of it.
func (t *Tenant) servePolicy(w http.ResponseWriter, r *http.Request) {
	address := r.PathValue("address")
	p, err := t.RoomPolicyOf(address)
	if err != nil {
		t.writeControl(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	if r.Method == http.MethodGet {
		t.writeControl(w, http.StatusOK, p)
		return
	}
	t.answerControl(w, r, &p, func() (any, error) { return p, t.SetRoomPolicy(address, p) })
}

// forbids says which of the room's rules a meeting breaks, "" for none; clashes are
// the dates on which it meets others, of so many.
func (p policy) forbids(host *mailbox, e *event, room *mailbox, now int64) string {
	horizon := now + int64(p.BookingWindowDays)*86400
	switch {
	case p.Reserved:
		return "assigned to somebody"
	case p.BookersOnly != "" && (host == nil || host.person == nil || host.person.department != p.BookersOnly):
		return "the organiser is not in policy"
	case p.NoRecurring && e.kind == seriesMaster:
		return "no recurring meetings"
	case e.end-e.start > int64(p.MaxDurationMinutes)*60 && !e.has(allDayFlag):
		return "too long"
	case e.start > horizon || !p.OpenEnded && e.beyond(horizon):
		return "beyond the booking window"
	case p.WorkHoursOnly && !inWorkHours(e, room.zone):
		return "outside working hours"
	case p.EnforceCapacity && room.room.capacity > 0 && peopleOf(e) > room.room.capacity:
		return "more people than seats"
	}
	return ""
}

// inWorkHours looks at the meeting, or at a series' first date.
func inWorkHours(e *event, z *zone) bool {
	start, end := time.Unix(e.start, 0).In(z.loc), time.Unix(e.end, 0).In(z.loc)
	sameDay := start.YearDay() == end.YearDay() && start.Year() == end.Year()
	return !e.has(allDayFlag) && sameDay && start.Weekday() != time.Saturday && start.Weekday() != time.Sunday &&
		start.Hour() >= 8 && (end.Hour() < 18 || end.Hour() == 18 && end.Minute() == 0)
}

// peopleOf counts who comes: the organiser and everybody invited who is no resource.
func peopleOf(e *event) int {
	n := 1
	for _, a := range e.attendees {
		if a.kind != resource {
			n++
		}
	}
	return n
}

// tolerates reports whether a series may stand although it clashes on some dates.
func (p policy) tolerates(e *event, clashes, dates int) bool {
	switch {
	case clashes == 0 || p.AllowConflicts:
		return true
	case e.kind != seriesMaster:
		return false
	}
	return clashes <= p.MaxConflicts || dates > 0 && clashes*100 <= p.MaxConflictPercent*dates
}
