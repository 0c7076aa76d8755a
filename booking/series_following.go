package booking

import (
	"time"

	"roomdesk/providers"
)

// DateChange is what is wanted of one date of a series.
type DateChange struct {
	Date    int
	Request ChangeRequest
}

// Following turns a change of one date of a series into the same change of it and of
// every later date that is booked and not over: by as much longer, to the same time
// by the clocks of the series' zone, as many days later, to the same room. Each is a
// change of its own with a mail of its own: to change the series itself would undo
// what was changed on single dates, and would have its room judge all dates anew.
func Following(whole providers.Booking, date int, q ChangeRequest, now time.Time) []DateChange {
	if whole.Series == nil || date < 0 || date >= len(whole.Series.Dates) {
		return nil
	}
	zone := zoneOrUTC(whole.Request.Zone)
	first := whole.Series.Dates[date].Span
	var all []DateChange
	for n := date; n < len(whole.Series.Dates); n++ {
		line := whole.Series.Dates[n]
		if !line.Live() || line.State == providers.BookingCancelling || !line.Span.End.After(now) {
			continue
		}
		one := q
		switch {
		case q.Kind == providers.ChangeExtend:
			one.End = line.Span.End.Add(q.End.Sub(first.End))
		case q.Kind == providers.ChangeMove && n != date:
			if !q.Start.IsZero() {
				one.Start = sameClock(line.Span.Start, first.Start, q.Start, zone)
			}
			switch {
			case q.End.IsZero():
			case q.Start.IsZero():
				one.End = line.Span.End.Add(q.End.Sub(first.End))
			default:
				one.End = one.Start.Add(q.End.Sub(q.Start))
			}
		}
		all = append(all, DateChange{n, one})
	}
	return all
}

// sameClock moves an instant by as many days as lie between two others, to the time
// that clocks show at the second of them.
func sameClock(at, from, to time.Time, zone *time.Location) time.Time {
	days := int(dayOf(to, zone).Sub(dayOf(from, zone)).Hours() / 24)
	day := dayOf(at, zone).AddDate(0, 0, days)
	clock := clockOf(to, zone)
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, int(clock.Seconds()), 0, zone).UTC()
}
