package tui

import (
	"time"

	"roomdesk/providers"
)

// quarter is the unit of time that the grid and the forms move in.
const quarter = 15 * time.Minute

// dayState is the day that is looked at and the place on it: shared by the views
// that have a time grid.
type dayState struct {
	zone   *time.Location
	start  time.Time // midnight in zone
	cursor time.Time // start of a quarter of that day
	// moved is true once the person chose a time: until then the cursor follows
	// the clock.
	moved bool
	// anchor is the other end of a marked span; zero while none is marked.
	anchor time.Time
	// marking is true while moving the cursor stretches the span.
	marking bool
}

func midnight(t time.Time, zone *time.Location) time.Time {
	y, mo, d := t.In(zone).Date()
	return time.Date(y, mo, d, 0, 0, 0, 0, zone)
}

// reset goes to the day and the quarter of now.
func (d *dayState) reset(now time.Time, zone *time.Location) {
	*d = dayState{zone: zone, start: midnight(now, zone)}
	d.cursor = floorQuarter(now, zone)
}

// follow keeps an unmoved cursor at the current quarter, also over midnight.
func (d *dayState) follow(now time.Time) {
	if !d.moved {
		d.reset(now, d.zone)
	}
}

// floorQuarter counts from local midnight's wall clock, so that zones with odd
// offsets have their quarters at :00, :15, :30 and :45 too.
func floorQuarter(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	past := time.Duration(local.Minute()%15)*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	return local.Add(-past)
}

// end is the next midnight: a day may have 23 or 25 hours.
func (d *dayState) end() time.Time {
	y, mo, day := d.start.Date()
	return time.Date(y, mo, day+1, 0, 0, 0, 0, d.zone)
}

func (d *dayState) window() providers.Interval {
	return providers.Interval{Start: d.start, End: d.end()}
}

func (d *dayState) isToday(now time.Time) bool { return d.window().Contains(now) }

// shift goes some days on, to the same time of day.
func (d *dayState) shift(days int) {
	h, mi, _ := d.cursor.Clock()
	y, mo, day := d.start.Date()
	d.start = time.Date(y, mo, day+days, 0, 0, 0, 0, d.zone)
	d.cursor = time.Date(y, mo, day+days, h, mi, 0, 0, d.zone)
	d.moved = true
	d.unmark()
}

// move shifts the cursor along the day and stays inside it.
func (d *dayState) move(by time.Duration, mark bool) {
	if mark && d.anchor.IsZero() {
		d.anchor = d.cursor
	}
	d.moveTo(d.cursor.Add(by))
	if !mark && !d.marking {
		d.unmark()
	}
}

func (d *dayState) moveTo(t time.Time) {
	d.moved = true
	d.cursor = t
	if d.cursor.Before(d.start) {
		d.cursor = d.start
	}
	if last := d.end().Add(-quarter); d.cursor.After(last) {
		d.cursor = last
	}
}

func (d *dayState) unmark() { d.anchor, d.marking = time.Time{}, false }

// span is what is marked, or the quarter under the cursor.
func (d *dayState) span() (providers.Interval, bool) {
	if d.anchor.IsZero() {
		return providers.Interval{Start: d.cursor, End: d.cursor.Add(quarter)}, false
	}
	from, to := d.anchor, d.cursor
	if to.Before(from) {
		from, to = to, from
	}
	return providers.Interval{Start: from, End: to.Add(quarter)}, true
}

// wish is the time that a booking from here begins with: the marked span, or
// half an hour from the cursor.
func (d *dayState) wish() providers.Interval {
	span, marked := d.span()
	if !marked {
		span.End = span.Start.Add(2 * quarter)
	}
	return span
}

// at is the moment that the state column speaks of: now, or the cursor on
// another day.
func (d *dayState) at(now time.Time) time.Time {
	if d.isToday(now) {
		return now
	}
	return d.cursor
}
