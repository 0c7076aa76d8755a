package ical

import (
	"fmt"
	"time"

	"roomdesk/providers/when"
)

const (
	localForm = "20060102T150405"
	utcForm   = "20060102T150405Z"
	dateForm  = "20060102"
)

// beginningOfTime stands for "always" in a zone that never changed its clocks
// before: the year that Exchange writes too.
var beginningOfTime = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)

// observance is a span of time in which a zone keeps one offset.
type observance struct {
	at       time.Time // when it begins; zero: always
	from, to int       // offsets before and in it, in seconds east of UTC
	name     string
	dst      bool
}

// observances are those of the zone from the one in force at first to the one in
// force at last: the real ones, one by one, not a rule that was true in some year.
func observances(zone *time.Location, first, last time.Time) []observance {
	var all []observance
	for t := first.In(zone); ; {
		begin, _ := t.ZoneBounds()
		o := observance{at: begin, dst: t.IsDST()}
		o.name, o.to = t.Zone()
		o.from = o.to
		if !begin.IsZero() {
			_, o.from = begin.Add(-time.Second).Zone()
		}
		all = append(all, o)
		next, more := when.NextChange(t)
		if !more || next.After(last) {
			return all
		}
		t = next
	}
}

// timezone writes a VTIMEZONE that is right for every time from first to last.
func (l *lines) timezone(zone *time.Location, first, last time.Time) {
	l.put("BEGIN:VTIMEZONE")
	l.put("TZID:" + text(zone.String()))
	for _, o := range observances(zone, first, last) {
		kind := "STANDARD"
		if o.dst {
			kind = "DAYLIGHT"
		}
		at := beginningOfTime
		if !o.at.IsZero() {
			at = o.at.UTC().Add(time.Duration(o.from) * time.Second)
		}
		l.put("BEGIN:" + kind)
		l.put("DTSTART:" + at.Format(localForm))
		l.put("TZOFFSETFROM:" + offset(o.from))
		l.put("TZOFFSETTO:" + offset(o.to))
		l.put("TZNAME:" + text(o.name))
		l.put("END:" + kind)
	}
	l.put("END:VTIMEZONE")
}

// offset is an UTC-OFFSET: seconds are written only where there are some.
func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if s := seconds % 60; s != 0 {
		text += fmt.Sprintf("%02d", s)
	}
	return text
}

// moment writes a property whose value is an instant, as the zone's clocks show
// it. Of a time that clocks show twice a reader takes the first (RFC 5545, section
// 3.3.5), so the second is written in UTC.
func (l *lines) moment(property string, t time.Time, zone *time.Location) {
	local := t.In(zone)
	y, m, d := local.Date()
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	read, _, _ := when.Wall(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), clock, zone)
	if zone == time.UTC || !read.Equal(t.Truncate(time.Second)) {
		l.put(property + ":" + t.UTC().Format(utcForm))
		return
	}
	l.putf("%s;TZID=%s:%s", property, parameter(zone.String()), local.Format(localForm))
}

// parameter is a parameter's value, in quotes where it needs them.
func parameter(s string) string {
	for _, r := range s {
		if r == ':' || r == ';' || r == ',' || r == '"' || r < 0x20 {
			return quoted(s)
		}
	}
	return s
}
