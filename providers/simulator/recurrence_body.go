package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// wireRecurrence is Graph's patternedRecurrence in a request.
type wireRecurrence struct {
	Pattern *struct {
		Type           string   `json:"type"`
		Interval       int32    `json:"interval"`
		Month          int32    `json:"month"`
		DayOfMonth     int32    `json:"dayOfMonth"`
		DaysOfWeek     []string `json:"daysOfWeek"`
		FirstDayOfWeek string   `json:"firstDayOfWeek"`
		Index          string   `json:"index"`
	} `json:"pattern"`
	Range *struct {
		Type                string `json:"type"`
		StartDate           string `json:"startDate"`
		EndDate             string `json:"endDate"`
		NumberOfOccurrences int32  `json:"numberOfOccurrences"`
		RecurrenceTimeZone  string `json:"recurrenceTimeZone"`
	} `json:"range"`
}

// parseRecurrence reads and checks a pattern for an event that starts as e does.
func parseRecurrence(t *Tenant, raw json.RawMessage, e *event) (*recurrence, *problem) {
	var w wireRecurrence
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return nil, bad("RequestBodyRead", "The recurrence is invalid: "+err.Error())
	}
	invalid := func(format string, args ...any) (*recurrence, *problem) {
		return nil, bad("ErrorPropertyValidationFailure", "At least one property failed validation: recurrence: "+fmt.Sprintf(format, args...))
	}
	if w.Pattern == nil || w.Range == nil {
		return invalid("pattern and range are required")
	}
	r := &recurrence{interval: w.Pattern.Interval, dom: w.Pattern.DayOfMonth, month: w.Pattern.Month, zone: e.zone}
	kind, p := member(patternNames, w.Pattern.Type, "recurrencePatternType")
	if p != nil {
		return nil, p
	}
	r.pattern = patternType(kind)
	for _, day := range w.Pattern.DaysOfWeek {
		n, p := member(dayNames, day, "dayOfWeek")
		if p != nil {
			return nil, p
		}
		r.days |= 1 << n
	}
	if w.Pattern.FirstDayOfWeek != "" {
		n, p := member(dayNames, w.Pattern.FirstDayOfWeek, "dayOfWeek")
		if p != nil {
			return nil, p
		}
		r.firstDay = time.Weekday(n)
	}
	if w.Pattern.Index != "" {
		n, p := member(indexNames, w.Pattern.Index, "weekIndex")
		if p != nil {
			return nil, p
		}
		r.index = uint8(n)
	}
	switch {
	case r.interval < 1 || r.interval > 999:
		return invalid("interval %d is not between 1 and 999", r.interval)
	case (r.pattern == weekly || r.pattern == relativeMonthly || r.pattern == relativeYearly) && r.days == 0:
		return invalid("daysOfWeek is required")
	case (r.pattern == absoluteMonthly || r.pattern == absoluteYearly) && (r.dom < 1 || r.dom > 31):
		return invalid("dayOfMonth %d is not between 1 and 31", r.dom)
	case (r.pattern == absoluteYearly || r.pattern == relativeYearly) && (r.month < 1 || r.month > 12):
		return invalid("month %d is not between 1 and 12", r.month)
	}
	return w.rangeOf(t, r, e)
}

func (w wireRecurrence) rangeOf(t *Tenant, r *recurrence, e *event) (*recurrence, *problem) {
	invalid := func(text string) (*recurrence, *problem) {
		return nil, bad("ErrorPropertyValidationFailure", "At least one property failed validation: recurrence: "+text)
	}
	kind, p := member(rangeNames, w.Range.Type, "recurrenceRangeType")
	if p != nil {
		return nil, p
	}
	r.span, r.count = rangeType(kind), w.Range.NumberOfOccurrences
	if w.Range.RecurrenceTimeZone != "" {
		z, ok := t.zones.find(w.Range.RecurrenceTimeZone)
		if !ok {
			return nil, bad("TimeZoneNotSupportedException", "The recurrence's time zone is not supported: '"+w.Range.RecurrenceTimeZone+"'.")
		}
		r.zone = z
	}
	local := time.Unix(e.start, 0).In(e.zone.loc)
	first := dayNumber(local.Year(), local.Month(), local.Day())
	if w.Range.StartDate != "" {
		d, err := time.Parse("2006-01-02", w.Range.StartDate)
		if err != nil {
			return invalid("startDate is no date")
		}
		if dayNumber(d.Year(), d.Month(), d.Day()) != first {
			return invalid("startDate must be the date of the event's start")
		}
	}
	r.first = first
	switch r.span {
	case endDate:
		d, err := time.Parse("2006-01-02", w.Range.EndDate)
		if err != nil {
			return invalid("endDate is no date")
		}
		if d.Year() > local.Year()+100 {
			return invalid("endDate is more than a hundred years away")
		}
		if r.last = dayNumber(d.Year(), d.Month(), d.Day()); r.last < first {
			return invalid("endDate is before startDate")
		}
	case numbered:
		if r.count < 1 || r.count > 999 {
			return invalid("numberOfOccurrences is not between 1 and 999")
		}
	}
	any := false
	r.dates(first, func(int32) bool { any = true; return false })
	if !any {
		return invalid("the pattern has no occurrence in its range")
	}
	return r, nil
}
