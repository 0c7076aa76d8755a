package providers

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// RoomRules are how a room answers requests: Exchange's CalendarProcessing, under
// its own names (Set-CalendarProcessing). Graph does not tell them; they come from
// an administrator's export, and are as old as that.
type RoomRules struct {
	Mailbox  Address
	Imported time.Time // when the export was read
	// Assumed names what the export does not say; Exchange's default stands there.
	Assumed []string

	AutomateProcessing          string // AutoAccept, AutoUpdate or None
	AllowConflicts              bool
	ConflictPercentageAllowed   int
	MaximumConflictInstances    int
	BookingWindowInDays         int
	MaximumDurationInMinutes    int // 0: as long as one likes
	AllowRecurringMeetings      bool
	EnforceSchedulingHorizon    bool
	ScheduleOnlyDuringWorkHours bool
	EnforceCapacity             bool
	AllBookInPolicy             bool
	BookInPolicy                []string // addresses, or names that Exchange gives
	AllRequestInPolicy          bool
	RequestInPolicy             []string
	AllRequestOutOfPolicy       bool
	RequestOutOfPolicy          []string
	ResourceDelegates           []string
}

// UsualRoomRules are Exchange's defaults.
func UsualRoomRules(mailbox Address) RoomRules {
	return RoomRules{
		Mailbox: mailbox, AutomateProcessing: "AutoAccept", BookingWindowInDays: 180, MaximumDurationInMinutes: 1440,
		AllowRecurringMeetings: true, EnforceSchedulingHorizon: true, AllBookInPolicy: true,
	}
}

// RuleOutcome is what a room's rules do with a request.
type RuleOutcome string

// What rules do with a request, from the best to the worst.
const (
	RuleAccepts RuleOutcome = "accepts"
	RuleAsks    RuleOutcome = "asks"   // somebody has to approve
	RuleSilent  RuleOutcome = "silent" // nobody answers by itself
	RuleRefuses RuleOutcome = "refuses"
)

// RuleQuestion is a request as rules see it.
type RuleQuestion struct {
	Organizer Address
	Span      Interval // of the first date
	AllDay    bool
	Now       time.Time
	// Series is true for a recurring meeting; Last is the end of its last date, zero
	// where it has none. Dates and Clashes count its dates and those that meet others.
	Series         bool
	Last           time.Time
	Dates, Clashes int
	People, Seats  int            // 0: not known
	Zone           *time.Location // the room's own; nil: not known
}

// Judge says what the rules do with a request, and why, the reason that decides
// first. Without a reason the room accepts it as far as its rules go.
func (r RoomRules) Judge(q RuleQuestion) (RuleOutcome, []Reason) {
	if r.AutomateProcessing != "AutoAccept" {
		return RuleSilent, []Reason{r.reason("AutomateProcessing", "it does not answer requests by itself")}
	}
	against := r.broken(q)
	in, out := r.member(r.AllBookInPolicy, r.BookInPolicy, q.Organizer), false
	request := r.member(r.AllRequestInPolicy, r.RequestInPolicy, q.Organizer)
	if out = len(against) > 0; out {
		request = r.member(r.AllRequestOutOfPolicy, r.RequestOutOfPolicy, q.Organizer)
	}
	switch {
	case !out && in:
		return RuleAccepts, nil
	case request:
		return RuleAsks, append([]Reason{r.reason("ResourceDelegates", "somebody has to approve")}, against...)
	case out:
		return RuleRefuses, against
	}
	// A list may name groups, whose members are not known here.
	words := fmt.Sprintf("only %s may book it", counted(len(r.BookInPolicy), "listed person or group", "listed people or groups"))
	if len(r.BookInPolicy) == 0 {
		words = "nobody may book it directly"
	}
	reason := r.reason("BookInPolicy", words)
	if len(r.BookInPolicy) > 0 {
		reason.Proof = Inferred
	}
	return RuleRefuses, []Reason{reason}
}

// broken lists the rules that a request breaks.
func (r RoomRules) broken(q RuleQuestion) []Reason {
	var why []Reason
	add := func(rule, format string, args ...any) {
		why = append(why, r.reason(rule, fmt.Sprintf(format, args...)))
	}
	// Exchange does not hold whole days to the longest duration.
	if longest := time.Duration(r.MaximumDurationInMinutes) * time.Minute; longest > 0 && !q.AllDay && q.Span.End.Sub(q.Span.Start) > longest {
		add("MaximumDurationInMinutes", "meetings of at most %s", lasting(longest))
	}
	horizon := q.Now.AddDate(0, 0, r.BookingWindowInDays)
	switch {
	case q.Span.Start.After(horizon):
		add("BookingWindowInDays", "bookings at most %s ahead", counted(r.BookingWindowInDays, "day", "days"))
	case q.Series && r.EnforceSchedulingHorizon && (q.Last.IsZero() || q.Last.After(horizon)):
		add("EnforceSchedulingHorizon", "series that end within %s", counted(r.BookingWindowInDays, "day", "days"))
	}
	if q.Series && !r.AllowRecurringMeetings {
		add("AllowRecurringMeetings", "no recurring meetings")
	}
	if r.ScheduleOnlyDuringWorkHours && q.Zone != nil && !usualHours(q.Span, q.Zone) {
		// The hours themselves are not in the export.
		add("ScheduleOnlyDuringWorkHours", "only within its working hours")
		why[len(why)-1].Proof = Inferred
	}
	if r.EnforceCapacity && q.Seats > 0 && q.People > q.Seats {
		add("EnforceCapacity", "at most %s", counted(q.Seats, "person", "people"))
	}
	if !r.Tolerates(q.Clashes, q.Dates) {
		words := "no clashes"
		if q.Dates > 1 {
			words = fmt.Sprintf("%d of %d dates clash, and it tolerates %s", q.Clashes, q.Dates, r.tolerance())
		}
		add("AllowConflicts", "%s", words)
	}
	return why
}

// Tolerates reports whether a request stands although clashes of its dates meet
// other meetings. A series that is tolerated loses these dates.
func (r RoomRules) Tolerates(clashes, dates int) bool {
	switch {
	case clashes == 0 || r.AllowConflicts:
		return true
	case dates <= 1:
		return false
	}
	return clashes <= r.MaximumConflictInstances || clashes*100 <= r.ConflictPercentageAllowed*dates
}

func (r RoomRules) tolerance() string {
	switch {
	case r.MaximumConflictInstances > 0 && r.ConflictPercentageAllowed > 0:
		return fmt.Sprintf("%d, or %d %%", r.MaximumConflictInstances, r.ConflictPercentageAllowed)
	case r.MaximumConflictInstances > 0:
		return fmt.Sprint(r.MaximumConflictInstances)
	case r.ConflictPercentageAllowed > 0:
		return fmt.Sprintf("%d %%", r.ConflictPercentageAllowed)
	}
	return "none"
}

func (r RoomRules) member(all bool, list []string, who Address) bool {
	return all || slices.ContainsFunc(list, func(entry string) bool { return strings.EqualFold(strings.TrimSpace(entry), string(who)) && who != "" })
}

// reason is a statement of one rule: proven where the export says it.
func (r RoomRules) reason(rule, words string) Reason {
	proof := Proven
	if slices.Contains(r.Assumed, rule) {
		proof = Inferred
	}
	return Reason{Words: "its rules: " + words, Proof: proof}
}

// usualHours reports whether a span is within Exchange's usual working hours, 8 to
// 17 from Monday to Friday, on the clock of a zone.
func usualHours(span Interval, zone *time.Location) bool {
	start, end := span.Start.In(zone), span.End.In(zone)
	if start.Weekday() == time.Saturday || start.Weekday() == time.Sunday {
		return false
	}
	at := func(hour int) time.Time {
		return time.Date(start.Year(), start.Month(), start.Day(), hour, 0, 0, 0, zone)
	}
	return !start.Before(at(8)) && !end.After(at(17))
}

// lasting writes a length in hours and minutes.
func lasting(d time.Duration) string {
	hours, minutes := d/time.Hour, d%time.Hour/time.Minute
	switch {
	case minutes == 0:
		return fmt.Sprint(int(hours), " h")
	case hours == 0:
		return fmt.Sprint(int(minutes), " min")
	}
	return fmt.Sprint(int(hours), " h ", int(minutes), " min")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}
