package booking_test

import (
	"context"
	"net/url"
	"time"

	"roomdesk/providers"
)

func (o objects) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	return o.call(ctx, "DELETE", user(mailbox)+"/events/"+url.PathEscape(id), nil, nil)
}

// patterned is a recurrence as Graph's documentation writes it, with the zone's
// IANA name.
func patterned(r providers.Recurrence) map[string]any {
	pattern := map[string]any{"type": r.Pattern, "interval": r.Interval}
	if len(r.Weekdays) > 0 {
		var days []string
		for _, day := range r.Weekdays {
			days = append(days, day.String())
		}
		pattern["daysOfWeek"], pattern["firstDayOfWeek"] = days, r.FirstDay.String()
	}
	if r.DayOfMonth > 0 {
		pattern["dayOfMonth"] = r.DayOfMonth
	}
	if r.Index != "" {
		pattern["index"] = r.Index
	}
	return map[string]any{"pattern": pattern, "range": map[string]any{"type": r.Range, "startDate": r.Start.Format(time.DateOnly), "endDate": r.End.Format(time.DateOnly), "recurrenceTimeZone": r.Zone}}
}
