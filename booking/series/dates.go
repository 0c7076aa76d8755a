package series

import (
	"fmt"
	"time"

	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/providers/when"
)

// Dates are the dates of a series whose first is first, by the clocks of zone:
// each begins and ends when these clocks show what they show on the first. A time
// that clocks skip is later by as much as they jump, and of one that comes twice
// the first is meant ([when.Wall]). Notes tell both, and where clocks of zone or of
// one of the others were changed since the date before.
func Dates(rule wish.Repeat, first providers.Interval, zone *time.Location, others ...*time.Location) []providers.SeriesDate {
	if zone == nil {
		zone = time.UTC
	}
	begin, end := wall(first.Start, zone), wall(first.End, zone)
	day := when.Date(begin)
	from, to := begin.Sub(day), end.Sub(day)
	days := rule.Dates(day)
	dates := make([]providers.SeriesDate, 0, len(days))
	for i, day := range days {
		start, again, reading := when.Wall(day, from, zone)
		finish, againEnd, readingEnd := when.Wall(day, to, zone)
		if !finish.After(start) {
			// Clocks are set over all of it: the length stays.
			finish, readingEnd = start.Add(first.Duration()), when.Once
		}
		d := providers.SeriesDate{Span: providers.Interval{Start: start.UTC(), End: finish.UTC()}}
		d.Notes = append(d.Notes, doubtful(day.Add(from), start, again, reading, zone)...)
		d.Notes = append(d.Notes, doubtful(day.Add(to), finish, againEnd, readingEnd, zone)...)
		if i > 0 {
			before := dates[i-1].Span.Start
			d.Notes = append(d.Notes, moved(before, start, zone, zone)...)
			seen := map[string]bool{zone.String(): true}
			for _, other := range others {
				if other != nil && !seen[other.String()] {
					seen[other.String()] = true
					d.Notes = append(d.Notes, moved(before, start, other, zone)...)
				}
			}
		}
		dates = append(dates, d)
	}
	return dates
}

// wall is what clocks in zone show, written as if it were UTC.
func wall(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// doubtful says that clocks show a time not at all or twice.
func doubtful(shown, meant, other time.Time, reading when.Reading, zone *time.Location) []string {
	switch reading {
	case when.Skipped:
		return []string{fmt.Sprintf("%s does not exist, clocks are set forward: %s is meant", shown.Format("15:04"), meant.In(zone).Format("15:04"))}
	case when.Twice:
		return []string{fmt.Sprintf("%s comes twice, clocks are set back: the first (%s) is meant, not %s", shown.Format("15:04"), meant.In(zone).Format("15:04 MST"), other.In(zone).Format("15:04 MST"))}
	case when.Once:
	}
	return nil
}

// moved says that clocks of a zone show another time than on the date before, or,
// for the zone of the series itself, that it begins at another instant of the day.
func moved(before, start time.Time, zone, own *time.Location) []string {
	if zone == own {
		_, was := before.In(zone).Zone()
		_, is := start.In(zone).Zone()
		if was == is {
			return nil
		}
		return []string{fmt.Sprintf("clocks were changed in %s: it begins at %s UTC, before at %s", zone, start.UTC().Format("15:04"), before.UTC().Format("15:04"))}
	}
	was, is := before.In(zone).Format("15:04"), start.In(zone).Format("15:04")
	if was == is {
		return nil
	}
	return []string{fmt.Sprintf("%s in %s, before %s", is, zone, was)}
}
