package exchange

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func dayList(days []time.Weekday) string {
	var out []string
	for _, d := range days {
		out = append(out, d.String())
	}
	return strings.Join(out, " ")
}

// relativeDay is the word for the days of a relative pattern: one day, or Day,
// Weekday, WeekendDay.
func relativeDay(days []time.Weekday) string {
	switch {
	case len(days) == 7:
		return "Day"
	case len(days) == 5 && !slices.Contains(days, time.Saturday) && !slices.Contains(days, time.Sunday):
		return "Weekday"
	case len(days) == 2 && slices.Contains(days, time.Saturday) && slices.Contains(days, time.Sunday):
		return "WeekendDay"
	}
	return dayList(days)
}

// recurrence writes a pattern and its range.
func (w *writer) recurrence(r Recurrence) {
	w.start("t:Recurrence")
	w.start("t:" + r.Pattern + "Recurrence")
	switch r.Pattern {
	case "RelativeYearly":
		w.leaf("t:DaysOfWeek", relativeDay(r.Days))
		w.leaf("t:DayOfWeekIndex", r.Index)
		w.leaf("t:Month", r.Month.String())
	case "AbsoluteYearly":
		w.leaf("t:DayOfMonth", fmt.Sprint(r.DayOfMonth))
		w.leaf("t:Month", r.Month.String())
	case "RelativeMonthly":
		w.leaf("t:Interval", fmt.Sprint(r.Interval))
		w.leaf("t:DaysOfWeek", relativeDay(r.Days))
		w.leaf("t:DayOfWeekIndex", r.Index)
	case "AbsoluteMonthly":
		w.leaf("t:Interval", fmt.Sprint(r.Interval))
		w.leaf("t:DayOfMonth", fmt.Sprint(r.DayOfMonth))
	case "Weekly":
		w.leaf("t:Interval", fmt.Sprint(r.Interval))
		w.leaf("t:DaysOfWeek", dayList(r.Days))
		w.leaf("t:FirstDayOfWeek", r.FirstDay.String())
	case "Daily":
		w.leaf("t:Interval", fmt.Sprint(r.Interval))
	}
	w.end()
	w.start("t:" + r.Range + "Recurrence")
	w.leaf("t:StartDate", r.Start.Format(time.DateOnly))
	switch r.Range {
	case "EndDate":
		w.leaf("t:EndDate", r.End.Format(time.DateOnly))
	case "Numbered":
		w.leaf("t:NumberOfOccurrences", fmt.Sprint(r.Occurrences))
	}
	w.end()
	w.end()
}

var weekdays = map[string][]time.Weekday{
	"Day":        {time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday},
	"Weekday":    {time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
	"WeekendDay": {time.Sunday, time.Saturday},
}

func readDays(text string) (days []time.Weekday) {
	for word := range strings.FieldsSeq(text) {
		if several, ok := weekdays[word]; ok {
			days = append(days, several...)
		}
		for d := range time.Weekday(7) {
			if d.String() == word {
				days = append(days, d)
			}
		}
	}
	return days
}

// readRecurrence reads t:Recurrence; the schema has checked its form.
func readRecurrence(n *node) (*Recurrence, *Error) {
	if len(n.children) != 2 {
		return nil, fail("ErrorInvalidRequest")
	}
	pattern, span := n.children[0], n.children[1]
	r := &Recurrence{
		Pattern: strings.TrimSuffix(pattern.local(), "Recurrence"), Range: strings.TrimSuffix(span.local(), "Recurrence"),
		Interval: number(pattern.child("t:Interval").value(), 1), DayOfMonth: number(pattern.child("t:DayOfMonth").value(), 0),
		Days: readDays(pattern.child("t:DaysOfWeek").value()), Index: pattern.child("t:DayOfWeekIndex").value(),
		Occurrences: number(span.child("t:NumberOfOccurrences").value(), 0),
	}
	for m := time.January; m <= time.December; m++ {
		if m.String() == pattern.child("t:Month").value() {
			r.Month = m
		}
	}
	if first := readDays(pattern.child("t:FirstDayOfWeek").value()); len(first) == 1 {
		r.FirstDay = first[0]
	}
	var err error
	if r.Start, err = parseDate(span.child("t:StartDate").value()); err != nil {
		return nil, fail("ErrorInvalidRequest")
	}
	if r.Range == "EndDate" {
		if r.End, err = parseDate(span.child("t:EndDate").value()); err != nil {
			return nil, fail("ErrorInvalidRequest")
		}
		if r.End.Before(r.Start) {
			return nil, &Error{Code: "ErrorRecurrenceEndDateTooBig", Message: "The end date is before the start date."}
		}
	}
	return r, nil
}
