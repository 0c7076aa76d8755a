package series

import (
	"time"

	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/providers/when"
)

// Recurrence is a rule in the service's terms, by the clocks of zone: the smallest
// pattern that has every date of the rule. It may have more of them: the service
// puts the 31st of a month that lacks it on the month's last day, where the rule
// leaves the month out, and knows no workdays among every third day. What is too
// many is taken out when the series is made.
func Recurrence(rule wish.Repeat, dates []providers.SeriesDate, zone *time.Location) providers.Recurrence {
	if zone == nil {
		zone = time.UTC
	}
	r := providers.Recurrence{Interval: max(rule.Interval, 1), FirstDay: time.Monday, Range: providers.RangeEndDate, Zone: zone.String()}
	if len(dates) == 0 {
		return r
	}
	r.Start = day(dates[0].Span.Start, zone)
	r.End = day(dates[len(dates)-1].Span.Start, zone)
	switch rule.Frequency {
	case wish.Daily:
		r.Pattern = providers.PatternDaily
		if rule.Workdays && r.Interval == 1 {
			r.Pattern = providers.PatternWeekly
			r.Weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
		}
	case wish.Weekly:
		r.Pattern, r.Weekdays = providers.PatternWeekly, rule.Weekdays
		if len(r.Weekdays) == 0 {
			r.Weekdays = []time.Weekday{r.Start.Weekday()}
		}
	case wish.Monthly:
		r.Pattern, r.DayOfMonth = providers.PatternAbsoluteMonthly, r.Start.Day()
		if rule.Nth != 0 {
			r.Pattern, r.DayOfMonth, r.Weekdays = providers.PatternRelativeMonthly, 0, []time.Weekday{rule.Weekday}
			r.Index = map[int]providers.WeekIndex{1: providers.IndexFirst, 2: providers.IndexSecond, 3: providers.IndexThird, 4: providers.IndexFourth, -1: providers.IndexLast}[rule.Nth]
		}
	}
	return r
}

// day is the day on which a date begins, midnight UTC of it.
func day(t time.Time, zone *time.Location) time.Time { return when.Date(wall(t, zone)) }
