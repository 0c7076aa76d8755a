package typed

import (
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

var weekdays = map[time.Weekday]models.DayOfWeek{
	time.Sunday: models.SUNDAY_DAYOFWEEK, time.Monday: models.MONDAY_DAYOFWEEK, time.Tuesday: models.TUESDAY_DAYOFWEEK, time.Wednesday: models.WEDNESDAY_DAYOFWEEK,
	time.Thursday: models.THURSDAY_DAYOFWEEK, time.Friday: models.FRIDAY_DAYOFWEEK, time.Saturday: models.SATURDAY_DAYOFWEEK,
}

// recurrenceModel is how a series repeats, with the members that its pattern and
// its range have: the service refuses some of the others, and ignores the rest.
func recurrenceModel(r providers.Recurrence) models.PatternedRecurrenceable {
	pattern := models.NewRecurrencePattern()
	if parsed, err := models.ParseRecurrencePatternType(string(r.Pattern)); err == nil {
		if kind, ok := parsed.(*models.RecurrencePatternType); ok {
			pattern.SetTypeEscaped(kind)
		}
	}
	interval := int32(max(r.Interval, 1))
	pattern.SetInterval(&interval)
	switch r.Pattern {
	case providers.PatternWeekly, providers.PatternRelativeMonthly, providers.PatternRelativeYearly:
		days := make([]models.DayOfWeek, 0, len(r.Weekdays))
		for _, day := range r.Weekdays {
			days = append(days, weekdays[day])
		}
		pattern.SetDaysOfWeek(days)
	case providers.PatternDaily, providers.PatternAbsoluteMonthly, providers.PatternAbsoluteYearly:
	}
	switch r.Pattern {
	case providers.PatternWeekly:
		first := weekdays[r.FirstDay]
		pattern.SetFirstDayOfWeek(&first)
	case providers.PatternAbsoluteMonthly, providers.PatternAbsoluteYearly:
		day := int32(r.DayOfMonth)
		pattern.SetDayOfMonth(&day)
	case providers.PatternRelativeMonthly, providers.PatternRelativeYearly:
		if parsed, err := models.ParseWeekIndex(string(r.Index)); err == nil {
			if index, ok := parsed.(*models.WeekIndex); ok {
				pattern.SetIndex(index)
			}
		}
	case providers.PatternDaily:
	}
	if r.Pattern == providers.PatternAbsoluteYearly || r.Pattern == providers.PatternRelativeYearly {
		month := int32(r.Month)
		pattern.SetMonth(&month)
	}
	model := models.NewPatternedRecurrence()
	model.SetPattern(pattern)
	model.SetRangeEscaped(rangeModel(r))
	return model
}

func rangeModel(r providers.Recurrence) models.RecurrenceRangeable {
	model := models.NewRecurrenceRange()
	if parsed, err := models.ParseRecurrenceRangeType(string(r.Range)); err == nil {
		if kind, ok := parsed.(*models.RecurrenceRangeType); ok {
			model.SetTypeEscaped(kind)
		}
	}
	model.SetStartDate(serialization.NewDateOnly(r.Start))
	zone := zones.WindowsZone(r.Zone)
	model.SetRecurrenceTimeZone(&zone)
	switch r.Range {
	case providers.RangeEndDate:
		model.SetEndDate(serialization.NewDateOnly(r.End))
	case providers.RangeNumbered:
		count := int32(r.Count)
		model.SetNumberOfOccurrences(&count)
	case providers.RangeNoEnd:
	}
	return model
}

// wallClock is what clocks in the zone show at the instant: the times of a series
// are of that kind, also in an hour that comes twice.
func wallClock(t time.Time, zone string) models.DateTimeTimeZoneable {
	dateTime, timeZone := zones.WallClockIn(t, zone)
	d := models.NewDateTimeTimeZone()
	d.SetDateTime(&dateTime)
	d.SetTimeZone(&timeZone)
	return d
}

// recurrenceOf reads how a series repeats; nil where it is none, or where the
// service has a pattern that is not known here.
func recurrenceOf(model models.PatternedRecurrenceable) *providers.Recurrence {
	if model == nil || model.GetPattern() == nil || model.GetRangeEscaped() == nil {
		return nil
	}
	pattern, span := model.GetPattern(), model.GetRangeEscaped()
	r := &providers.Recurrence{
		Pattern: providers.PatternType(word(pattern.GetTypeEscaped())), Interval: int(value(pattern.GetInterval())),
		DayOfMonth: int(value(pattern.GetDayOfMonth())), Month: time.Month(value(pattern.GetMonth())),
		Range: providers.RangeType(word(span.GetTypeEscaped())), Start: date(span.GetStartDate()), End: date(span.GetEndDate()), Count: int(value(span.GetNumberOfOccurrences())),
		Zone: value(span.GetRecurrenceTimeZone()),
	}
	if r.Zone != "UTC" {
		r.Zone = zones.IANAZone(r.Zone)
	}
	if r.Pattern == "" || r.Range == "" {
		return nil
	}
	if r.Pattern == providers.PatternRelativeMonthly || r.Pattern == providers.PatternRelativeYearly {
		r.Index = providers.WeekIndex(word(pattern.GetIndex())) // the service has "first" everywhere else
	}
	for _, day := range pattern.GetDaysOfWeek() {
		r.Weekdays = append(r.Weekdays, weekday(day))
	}
	if first := pattern.GetFirstDayOfWeek(); first != nil {
		r.FirstDay = weekday(*first)
	}
	return r
}

func weekday(day models.DayOfWeek) time.Weekday {
	for known, model := range weekdays {
		if model == day {
			return known
		}
	}
	return time.Sunday
}

// date is midnight UTC of a day; the zero time for the service's "none", year 1.
func date(d *serialization.DateOnly) time.Time {
	if d == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, d.String())
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t
}
