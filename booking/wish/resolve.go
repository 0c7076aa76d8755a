package wish

import (
	"fmt"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/when"
)

// zone decides in what the times are meant: a zone that the line names, else that
// of the place, else the person's own.
func (r *reading) zone() {
	place, named := r.wish.Place, r.wish.Zone != nil
	if place == "" {
		if !named {
			r.wish.Zone = r.around.Zone
		}
		return
	}
	if r.around.ZoneOf != nil {
		if zone, ok := r.around.ZoneOf(place); ok {
			r.rooms = append(r.rooms, `@"`+strings.ReplaceAll(place, `"`, "")+`"`)
			if !named && zone != nil {
				r.wish.Zone = zone
			} else if !named {
				r.wish.Zone = r.around.Zone
			}
			return
		}
	}
	zone, several := r.city(place)
	if zone != nil {
		if !named {
			r.wish.Zone = zone
		}
		return
	}
	if !named {
		r.wish.Zone = r.around.Zone
	}
	r.rooms = append(r.rooms, `@"`+strings.ReplaceAll(place, `"`, "")+`"`)
	if len(several) > 0 {
		r.problem("no room is at %q, and it may be the time of %s", providers.Sanitise(place), strings.Join(several, ", "))
		return
	}
	r.problem("no room is at %q, and no time zone is called so", providers.Sanitise(place))
}

// city finds the one zone whose city begins with what was typed; several are
// listed, at most five.
func (r *reading) city(place string) (*time.Location, []string) {
	want := strings.ReplaceAll(strings.ToLower(place), " ", "_")
	var found []string
	for _, name := range r.around.Zones {
		_, city, _ := strings.Cut(name, "/")
		if at := strings.LastIndex(city, "/"); at >= 0 {
			city = city[at+1:]
		}
		city = strings.ToLower(city)
		if city == want || strings.EqualFold(name, place) {
			found = []string{name}
			break
		}
		if len(want) >= 3 && strings.HasPrefix(city, want) && len(found) < 5 {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return nil, found
	}
	zone, err := time.LoadLocation(found[0])
	if err != nil {
		return nil, nil
	}
	return zone, nil
}

// time makes instants of what the line said.
func (r *reading) time() {
	length := r.length
	if length == 0 {
		length = r.around.Length
	}
	if r.ended && r.wish.Repeat == nil {
		r.wish.Repeat = &Repeat{Frequency: Weekly, Interval: 1}
	}
	now := r.around.Now
	switch {
	case r.waits && r.timed:
		r.problem("the time is said twice, by the clock and from now")
	case r.waits && !r.day.IsZero():
		r.problem("a day is named, and a time that counts from now")
	case r.waits:
		start := now.Add(r.wait)
		if r.wait > 0 {
			start = start.Round(5 * time.Minute)
		} else {
			start = start.Truncate(time.Minute)
		}
		r.span(start, start.Add(length))
	case r.timed:
		r.onTheDay(length)
	case !r.day.IsZero():
		// Only a day: anywhere in its office hours.
		r.within(r.day, when.Clock{From: 8 * time.Hour, To: 18 * time.Hour, HasTo: true}, length)
	case r.wish.Repeat != nil:
		r.problem("a series needs a time, such as 10-11")
	case !r.around.Otherwise.Start.IsZero():
		start, end := r.around.Otherwise.Start, r.around.Otherwise.End
		if r.length > 0 {
			end = start.Add(r.length)
		}
		r.otherwise = true
		r.span(start, end)
	case r.length > 0:
		start := now.Truncate(time.Minute)
		r.span(start, start.Add(length))
	}
	r.series()
}

// onTheDay places the clock's times on the day, or on the next one on which they
// are not over.
func (r *reading) onTheDay(length time.Duration) {
	zone := r.wish.Zone
	day, said := r.day, !r.day.IsZero()
	if !said {
		day = r.firstDay(when.Date(r.around.Now.In(zone)))
	}
	if r.clock.Period {
		if r.length == 0 {
			length = r.around.Length
		}
		r.within(day, r.clock, length)
		return
	}
	place := func() (time.Time, time.Time, bool) {
		start, other, reading := when.Wall(day, r.clock.From, zone)
		to := r.clock.To
		if !r.clock.HasTo {
			return start, start.Add(length), r.clocksChange(day, r.clock.From, start, other, reading)
		}
		end, other2, reading2 := when.Wall(day, to, zone)
		said := r.clocksChange(day, r.clock.From, start, other, reading)
		return start, end, said || r.clocksChange(day, to, end, other2, reading2)
	}
	start, end, _ := place()
	if !said && !end.After(r.around.Now) && r.wish.Repeat == nil {
		r.wish.Meaning = nil
		day = day.AddDate(0, 0, 1)
		start, end, _ = place()
	}
	r.day = day
	if r.length > 0 && r.clock.HasTo && end.Sub(start) != r.length {
		r.problem("%s to %s is not %s", start.In(zone).Format("15:04"), end.In(zone).Format("15:04"), lengthWords(r.length))
	}
	if !end.After(start) {
		r.problem("clocks are set forward over that time on %s", day.Format("Mon 2 Jan"))
		return
	}
	r.span(start, end)
}

// firstDay is the first day of a series that names weekdays, else the day itself.
func (r *reading) firstDay(from time.Time) time.Time {
	if r.wish.Repeat == nil {
		return from
	}
	rule := *r.wish.Repeat
	rule.Count, rule.Until = 1, time.Time{}
	zone := r.wish.Zone
	for day := from; day.Before(from.AddDate(0, 2, 0)); day = day.AddDate(0, 0, 1) {
		dates := rule.Dates(day)
		if len(dates) == 0 || !dates[0].Equal(day) {
			continue
		}
		if start, _, _ := when.Wall(day, r.clock.From, zone); start.After(r.around.Now) {
			return day
		}
	}
	return from
}

// clocksChange says that clocks show the time twice or not at all.
func (r *reading) clocksChange(day time.Time, clock time.Duration, at, other time.Time, reading when.Reading) bool {
	zone := r.wish.Zone
	shown := day.Add(clock).Format("15:04")
	switch reading {
	case when.Skipped:
		r.note(fmt.Sprintf("%s does not exist on %s in %s, clocks are set forward: %s is meant", shown, day.Format("2 Jan"), zone, at.In(zone).Format("15:04")))
	case when.Twice:
		r.note(fmt.Sprintf("%s comes twice on %s in %s, clocks are set back: the first (%s) is meant, not %s", shown, day.Format("2 Jan"), zone, at.In(zone).Format("15:04 MST"), other.In(zone).Format("15:04 MST")))
	case when.Once:
		return false
	}
	return true
}

func (r *reading) note(words string) {
	r.wish.Meaning = append(r.wish.Meaning, Part{Words: words, Assumed: true})
}

func (r *reading) within(day time.Time, clock when.Clock, length time.Duration) {
	from, _, _ := when.Wall(day, clock.From, r.wish.Zone)
	to, _, _ := when.Wall(day, clock.To, r.wish.Zone)
	r.day = day
	if r.wish.Repeat != nil {
		r.problem("a series needs a time, such as 10-11")
		return
	}
	if to.Sub(from) < length {
		r.problem("%s is longer than the time from %s to %s", lengthWords(length), from.In(r.wish.Zone).Format("15:04"), to.In(r.wish.Zone).Format("15:04"))
		return
	}
	if !to.After(r.around.Now) {
		r.problem("%s %s–%s is over", day.Format("Mon 2 Jan"), from.In(r.wish.Zone).Format("15:04"), to.In(r.wish.Zone).Format("15:04"))
		return
	}
	r.wish.Within, r.wish.Length = providers.Interval{Start: from, End: to}, length
}

func (r *reading) span(start, end time.Time) {
	if !end.After(r.around.Now) {
		r.problem("%s is in the past", start.In(r.wish.Zone).Format("Mon 2 Jan 15:04"))
	}
	r.wish.Span, r.wish.Length = providers.Interval{Start: start.UTC(), End: end.UTC()}, end.Sub(start)
}

// series completes the rule with its end.
func (r *reading) series() {
	rule := r.wish.Repeat
	if rule == nil {
		return
	}
	rule.Count, rule.Until = r.count, r.until
	if r.wish.Span.Start.IsZero() {
		return
	}
	switch {
	case !r.ended:
		r.problem("the series has no end: say how often (x10) or until when (until 18 dec)")
		return
	case r.count > maxDates:
		r.problem("%d dates are too many: at most %d", r.count, maxDates)
	}
	first := when.Date(r.wish.Span.Start.In(r.wish.Zone))
	dates := rule.Dates(first)
	switch {
	case len(dates) == 0 || !dates[0].Equal(first):
		r.problem("the first date, %s, is not one of the series (%s)", first.Format("Mon 2 Jan"), rule.Words())
	case len(dates) >= maxDates && rule.Count == 0:
		r.problem("the series has more than %d dates", maxDates)
	}
}

func lengthWords(d time.Duration) string {
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}
