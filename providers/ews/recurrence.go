package ews

import (
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// recurrenceOf reads a Recurrence; nil where there is none, or one of a kind that the
// vocabulary does not have, such as the regenerating patterns of tasks.
func recurrenceOf(n *node, zone string) *providers.Recurrence {
	if n == nil {
		return nil
	}
	r := &providers.Recurrence{Interval: 1, FirstDay: time.Sunday, Zone: zones.IANAZone(zone)}
	if r.Zone == "" || zone == "UTC" {
		r.Zone = "UTC"
	}
	known := false
	for _, part := range n.children {
		number := func(name string) int {
			i, _ := strconv.Atoi(strings.TrimSpace(part.value(name)))
			return i
		}
		day := func(name string) time.Time {
			text := strings.TrimSpace(part.value(name))
			t, _ := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
			return t
		}
		if i := number("Interval"); i > 0 {
			r.Interval = i
		}
		if names := part.value("DaysOfWeek"); names != "" {
			r.Weekdays = weekdays(names)
		}
		if text := part.value("DayOfWeekIndex"); text != "" {
			r.Index = providers.WeekIndex(strings.ToLower(text))
		}
		if d := number("DayOfMonth"); d > 0 {
			r.DayOfMonth = d
		}
		if text := part.value("Month"); text != "" {
			r.Month = month(text)
		}
		if start := day("StartDate"); !start.IsZero() {
			r.Start = start
		}
		switch part.name {
		case "DailyRecurrence":
			r.Pattern, known = providers.PatternDaily, true
		case "WeeklyRecurrence":
			r.Pattern, known = providers.PatternWeekly, true
			if first := weekdays(part.value("FirstDayOfWeek")); len(first) == 1 {
				r.FirstDay = first[0]
			}
		case "AbsoluteMonthlyRecurrence":
			r.Pattern, known = providers.PatternAbsoluteMonthly, true
		case "RelativeMonthlyRecurrence":
			r.Pattern, known = providers.PatternRelativeMonthly, true
		case "AbsoluteYearlyRecurrence":
			r.Pattern, known = providers.PatternAbsoluteYearly, true
		case "RelativeYearlyRecurrence":
			r.Pattern, known = providers.PatternRelativeYearly, true
		case "NoEndRecurrence":
			r.Range = providers.RangeNoEnd
		case "EndDateRecurrence":
			r.Range, r.End = providers.RangeEndDate, day("EndDate")
		case "NumberedRecurrence":
			r.Range, r.Count = providers.RangeNumbered, number("NumberOfOccurrences")
		}
	}
	if !known || r.Range == "" {
		return nil
	}
	return r
}

// weekdays reads names of days; "Weekday" and the like stand for several.
func weekdays(names string) []time.Weekday {
	var out []time.Weekday
	for name := range strings.FieldsSeq(names) {
		switch name {
		case "Day":
			return []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
		case "Weekday":
			return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
		case "WeekendDay":
			return []time.Weekday{time.Sunday, time.Saturday}
		}
		for d := time.Sunday; d <= time.Saturday; d++ {
			if d.String() == name {
				out = append(out, d)
			}
		}
	}
	return out
}

func month(name string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if m.String() == name {
			return m
		}
	}
	return 0
}

// dayName is the one name of a set of days in a relative pattern; false where Exchange
// has none.
func dayName(days []time.Weekday) (string, bool) {
	set := 0
	for _, d := range days {
		set |= 1 << d
	}
	switch set {
	case 0b1111111:
		return "Day", true
	case 0b0111110:
		return "Weekday", true
	case 0b1000001:
		return "WeekendDay", true
	}
	if len(days) == 1 {
		return days[0].String(), true
	}
	return "", false
}

// recurrence writes a Recurrence. [checkRecurrence] has passed it.
func (w *writer) recurrence(r providers.Recurrence) {
	w.open("t:Recurrence")
	pattern := map[providers.PatternType]string{
		providers.PatternDaily: "t:DailyRecurrence", providers.PatternWeekly: "t:WeeklyRecurrence",
		providers.PatternAbsoluteMonthly: "t:AbsoluteMonthlyRecurrence", providers.PatternRelativeMonthly: "t:RelativeMonthlyRecurrence",
		providers.PatternAbsoluteYearly: "t:AbsoluteYearlyRecurrence", providers.PatternRelativeYearly: "t:RelativeYearlyRecurrence",
	}[r.Pattern]
	w.open(pattern)
	yearly := r.Pattern == providers.PatternAbsoluteYearly || r.Pattern == providers.PatternRelativeYearly
	if !yearly {
		w.text("t:Interval", strconv.Itoa(max(1, r.Interval)))
	}
	switch r.Pattern {
	case providers.PatternWeekly:
		names := make([]string, len(r.Weekdays))
		for i, d := range r.Weekdays {
			names[i] = d.String()
		}
		w.text("t:DaysOfWeek", strings.Join(names, " "))
		w.text("t:FirstDayOfWeek", r.FirstDay.String())
	case providers.PatternAbsoluteMonthly, providers.PatternAbsoluteYearly:
		w.text("t:DayOfMonth", strconv.Itoa(r.DayOfMonth))
	case providers.PatternRelativeMonthly, providers.PatternRelativeYearly:
		name, _ := dayName(r.Weekdays)
		w.text("t:DaysOfWeek", name)
		index := string(r.Index)
		w.text("t:DayOfWeekIndex", strings.ToUpper(index[:1])+index[1:])
	case providers.PatternDaily:
	}
	if yearly {
		w.text("t:Month", r.Month.String())
	}
	w.close(pattern)
	start := func() { w.text("t:StartDate", r.Start.Format(time.DateOnly)) }
	switch r.Range {
	case providers.RangeEndDate:
		w.open("t:EndDateRecurrence")
		start()
		w.text("t:EndDate", r.End.Format(time.DateOnly))
		w.close("t:EndDateRecurrence")
	case providers.RangeNumbered:
		w.open("t:NumberedRecurrence")
		start()
		w.text("t:NumberOfOccurrences", strconv.Itoa(r.Count))
		w.close("t:NumberedRecurrence")
	default:
		w.open("t:NoEndRecurrence")
		start()
		w.close("t:NoEndRecurrence")
	}
	w.close("t:Recurrence")
}

// checkRecurrence refuses what Exchange cannot hold.
func checkRecurrence(r providers.Recurrence) error {
	refuse := func(why string) error {
		return &providers.Error{Class: providers.Unsupported, Op: "making a series", Message: providers.Outside(why)}
	}
	switch r.Pattern {
	case providers.PatternDaily:
	case providers.PatternWeekly:
		if len(r.Weekdays) == 0 {
			return refuse("a weekly series needs a day of the week")
		}
	case providers.PatternAbsoluteMonthly, providers.PatternAbsoluteYearly:
		if r.DayOfMonth < 1 || r.DayOfMonth > 31 {
			return refuse("there is no such day of the month")
		}
	case providers.PatternRelativeMonthly, providers.PatternRelativeYearly:
		if _, ok := dayName(r.Weekdays); !ok || r.Index == "" {
			return refuse("Exchange knows one day of the week, any day, weekdays or weekend days for such a series")
		}
	default:
		return refuse("the pattern is not known")
	}
	if r.Pattern == providers.PatternAbsoluteYearly || r.Pattern == providers.PatternRelativeYearly {
		if r.Interval > 1 {
			return refuse("Exchange repeats a yearly series every year only")
		}
		if r.Month < time.January || r.Month > time.December {
			return refuse("there is no such month")
		}
	}
	if r.Range == providers.RangeNumbered && r.Count < 1 {
		return refuse("a series needs at least one date")
	}
	return nil
}
