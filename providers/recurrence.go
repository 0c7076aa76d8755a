package providers

import (
	"slices"
	"time"
)

// PatternType is Graph's recurrencePatternType.
type PatternType string

// Types of a pattern.
const (
	PatternDaily           PatternType = "daily"
	PatternWeekly          PatternType = "weekly"
	PatternAbsoluteMonthly PatternType = "absoluteMonthly" // by the day of the month
	PatternRelativeMonthly PatternType = "relativeMonthly" // by the weekday's place in the month
	PatternAbsoluteYearly  PatternType = "absoluteYearly"
	PatternRelativeYearly  PatternType = "relativeYearly"
)

// RangeType is Graph's recurrenceRangeType.
type RangeType string

// Types of a range.
const (
	RangeEndDate  RangeType = "endDate"
	RangeNoEnd    RangeType = "noEnd"
	RangeNumbered RangeType = "numbered"
)

// WeekIndex is Graph's weekIndex: which of the weekdays of a month.
type WeekIndex string

// Places in a month.
const (
	IndexFirst  WeekIndex = "first"
	IndexSecond WeekIndex = "second"
	IndexThird  WeekIndex = "third"
	IndexFourth WeekIndex = "fourth"
	IndexLast   WeekIndex = "last"
)

// Recurrence is Graph's patternedRecurrence: how a series repeats. The times of
// day are those of the event, by the clocks of Zone, which are followed over their
// changes.
type Recurrence struct {
	Pattern  PatternType
	Interval int // every so many days, weeks, months or years; at least 1
	// Weekdays are for weekly and relative patterns.
	Weekdays   []time.Weekday
	FirstDay   time.Weekday // of the week; it matters for every second week and the like
	DayOfMonth int          // for absolute patterns; Outlook takes the last day of a shorter month
	Month      time.Month   // for yearly patterns
	Index      WeekIndex    // for relative patterns

	Range RangeType
	// Start is the day of the first date, and End the last day on which there may be
	// one, for [RangeEndDate]: midnight UTC of the day, whatever the zone.
	Start, End time.Time
	Count      int    // for [RangeNumbered]
	Zone       string // IANA name; "" is UTC
}

// Equal reports whether two recurrences say the same.
func (r Recurrence) Equal(o Recurrence) bool {
	days := func(r Recurrence) []time.Weekday {
		all := slices.Clone(r.Weekdays)
		slices.Sort(all)
		return all
	}
	return r.Pattern == o.Pattern && r.Interval == o.Interval && slices.Equal(days(r), days(o)) && r.FirstDay == o.FirstDay && r.DayOfMonth == o.DayOfMonth &&
		r.Month == o.Month && r.Index == o.Index && r.Range == o.Range && r.Start.Equal(o.Start) && r.End.Equal(o.End) && r.Count == o.Count && r.Zone == o.Zone
}
