package exchange

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

func number(text string, otherwise int) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return otherwise
	}
	return n
}

// zoneOf reads a time zone definition: by its id, or by its only period where it
// names none that the server knows.
func (c *Call) zoneOf(definition *node) (Zone, *Error) {
	id := definition.attribute("Id")
	if z, ok := c.s.model.Zone(id); ok {
		return z, nil
	}
	periods := definition.child("t:Periods").kids()
	switch {
	case len(periods) == 0:
		return Zone{}, &Error{Code: "ErrorTimeZone", Message: "The time zone '" + id + "' is not known to the server."}
	case len(periods) > 1:
		return Zone{}, notModelled("time zones of a client's own with more than one period")
	}
	bias, err := parseBias(periods[0].attribute("Bias"))
	if err != nil {
		return Zone{}, &Error{Code: "ErrorTimeZone", Message: err.Error()}
	}
	return Zone{ID: "tzone://Microsoft/Custom", Name: "Customized Time Zone", Location: time.FixedZone("custom", -int(bias/time.Second))}, nil
}

// parseBias reads an xs:duration of hours and minutes.
func parseBias(text string) (time.Duration, error) {
	m := durationShape.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is no duration", text)
	}
	d := time.Duration(number(m[4], 0))*time.Hour + time.Duration(number(m[5], 0))*time.Minute + time.Duration(number(m[6], 0))*time.Second
	if strings.HasPrefix(text, "-") {
		d = -d
	}
	return d, nil
}

// turn is a day on which a zone's offset changes, as a rule for every year.
type turn struct {
	daylight   bool // what begins
	month      time.Month
	day        time.Weekday
	occurrence int // 1 to 4, -1 is the last
	at         time.Duration
}

// zoneRules are a zone's offsets and the rule of their change in a year.
func zoneRules(loc *time.Location, year int) (standard, daylight time.Duration, turns []turn) {
	offset := func(t time.Time) time.Duration { _, s := t.In(loc).Zone(); return time.Duration(s) * time.Second }
	begin := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	end := begin.AddDate(1, 0, 0)
	standard, daylight = offset(begin), offset(begin)
	var changes []time.Time
	for t := begin; t.Before(end); {
		_, next := t.In(loc).ZoneBounds()
		if next.IsZero() || !next.Before(end) {
			break
		}
		before, after := offset(next.Add(-time.Second)), offset(next)
		standard, daylight = min(standard, before, after), max(daylight, before, after)
		if before != after {
			changes = append(changes, next)
		}
		t = next
	}
	if len(changes) != 2 { // no daylight saving, or one that no rule describes
		return offset(begin.AddDate(0, 0, 1)), offset(begin.AddDate(0, 0, 1)), nil
	}
	for _, at := range changes {
		// A change is told in the wall clock that ends with it.
		wall := at.UTC().Add(offset(at.Add(-time.Second)))
		u := turn{daylight: offset(at) > standard, month: wall.Month(), day: wall.Weekday(), occurrence: (wall.Day()-1)/7 + 1,
			at: time.Duration(wall.Hour())*time.Hour + time.Duration(wall.Minute())*time.Minute}
		if wall.AddDate(0, 0, 7).Month() != wall.Month() {
			u.occurrence = -1
		}
		turns = append(turns, u)
	}
	return standard, daylight, turns
}

// getServerTimeZones answers the server's zones, in full or by name only.
func (c *Call) getServerTimeZones(w *writer) *Error {
	full := c.body.attribute("ReturnFullTimeZoneData")
	zones := c.s.model.Zones()
	if ids := c.body.child("m:Ids"); ids != nil {
		zones = nil
		for _, id := range ids.children {
			// An id that the server does not know is passed over.
			if z, ok := c.s.model.Zone(id.value()); ok {
				zones = append(zones, z)
			}
		}
	}
	c.messages(w, "GetServerTimeZones", func() {
		c.message(w, "GetServerTimeZones", nil, func() {
			w.start("m:TimeZoneDefinitions")
			for _, z := range zones {
				w.zoneDefinition("t:TimeZoneDefinition", z, full != "false" && full != "0", c.s.model.Now().Year())
			}
			w.end()
		}, nil)
	})
	return nil
}

// zoneDefinition writes a zone; full is with its rules.
func (w *writer) zoneDefinition(element string, z Zone, full bool, year int) {
	if !full {
		w.empty(element, "Id", z.ID, "Name", z.Name)
		return
	}
	standard, daylight, turns := zoneRules(z.Location, year)
	prefix := "trule:Microsoft/Registry/" + z.ID + "/1-"
	w.start(element, "Id", z.ID, "Name", z.Name)
	w.start("t:Periods")
	w.empty("t:Period", "Bias", durationText(-standard), "Name", "Standard", "Id", prefix+"Standard")
	if turns != nil {
		w.empty("t:Period", "Bias", durationText(-daylight), "Name", "Daylight", "Id", prefix+"Daylight")
	}
	w.end()
	w.start("t:TransitionsGroups")
	w.start("t:TransitionsGroup", "Id", "0")
	if turns == nil {
		w.start("t:Transition")
		w.leaf("t:To", prefix+"Standard", "Kind", "Period")
		w.end()
	}
	for _, u := range turns {
		to := prefix + "Standard"
		if u.daylight {
			to = prefix + "Daylight"
		}
		w.start("t:RecurringDayTransition")
		w.leaf("t:To", to, "Kind", "Period")
		w.leaf("t:TimeOffset", durationText(u.at))
		w.leaf("t:Month", fmt.Sprint(int(u.month)))
		w.leaf("t:DayOfWeek", u.day.String())
		w.leaf("t:Occurrence", fmt.Sprint(u.occurrence))
		w.end()
	}
	w.end()
	w.end()
	w.start("t:Transitions")
	w.start("t:Transition")
	w.leaf("t:To", "0", "Kind", "Group")
	w.end()
	w.end()
	w.end()
}

// biasZone is the old form of a zone that availability uses: minutes west of UTC,
// and two days of change.
type biasZone struct {
	bias               int
	standard, daylight biasTurn
}

type biasTurn struct {
	bias  int
	at    time.Duration
	order int // 1 to 4, 5 is the last
	month time.Month
	day   time.Weekday
	date  bool // DayOfWeek "Day": order is the day of the month
}

// readBiasZone reads t:TimeZone.
func readBiasZone(n *node) (biasZone, *Error) {
	z := biasZone{bias: number(n.child("t:Bias").value(), 0)}
	var err *Error
	for _, side := range []struct {
		from *node
		into *biasTurn
	}{{n.child("t:StandardTime"), &z.standard}, {n.child("t:DaylightTime"), &z.daylight}} {
		if *side.into, err = readBiasTurn(side.from); err != nil {
			return z, err
		}
	}
	if z.bias < -24*60 || z.bias > 24*60 {
		return z, fail("ErrorTimeZone")
	}
	return z, nil
}

func readBiasTurn(n *node) (biasTurn, *Error) {
	clock, err := time.Parse("15:04:05", (n.child("t:Time").value() + "        ")[:8])
	if err != nil {
		return biasTurn{}, fail("ErrorTimeZone")
	}
	u := biasTurn{bias: number(n.child("t:Bias").value(), 0), order: number(n.child("t:DayOrder").value(), 0), month: time.Month(number(n.child("t:Month").value(), 0)),
		at: time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute + time.Duration(clock.Second())*time.Second}
	word := n.child("t:DayOfWeek").value()
	u.date = true
	for d := range time.Weekday(7) {
		if d.String() == word {
			u.day, u.date = d, false
		}
	}
	return u, nil
}

// in gives the wall clock, as UTC, on which a change falls in a year.
func (u biasTurn) in(year int) time.Time {
	if u.date {
		return time.Date(year, u.month, max(u.order, 1), 0, 0, 0, 0, time.UTC).Add(u.at)
	}
	first := time.Date(year, u.month, 1, 0, 0, 0, 0, time.UTC)
	day := first.AddDate(0, 0, (int(u.day)-int(first.Weekday())+7)%7+7*(max(u.order, 1)-1))
	for day.Month() != u.month {
		day = day.AddDate(0, 0, -7)
	}
	return day.Add(u.at)
}

// changes reports whether the zone has daylight saving at all.
func (z biasZone) changes() bool {
	return z.standard.month > 0 && z.daylight.month > 0 && z.standard.bias != z.daylight.bias
}

// offset is what must be added to UTC at a wall clock of the zone.
func (z biasZone) offset(wall time.Time) time.Duration {
	bias := z.bias
	if z.changes() {
		// Each change is told in the wall clock that it ends.
		on, off := z.daylight.in(wall.Year()), z.standard.in(wall.Year())
		summer := !wall.Before(on) && wall.Before(off)
		if off.Before(on) { // south of the equator
			summer = !wall.Before(on) || wall.Before(off)
		}
		if summer {
			bias += z.daylight.bias
		} else {
			bias += z.standard.bias
		}
	}
	return -time.Duration(bias) * time.Minute
}

// instant reads a wall clock, given as UTC.
func (z biasZone) instant(wall time.Time) time.Time { return wall.Add(-z.offset(wall)) }

// wall gives the wall clock of an instant, as UTC.
func (z biasZone) wall(at time.Time) time.Time {
	at = at.UTC()
	if !z.changes() {
		return at.Add(z.offset(at))
	}
	// The offset before a change tells on which side an instant is.
	winter := at.Add(-time.Duration(z.bias+z.standard.bias) * time.Minute)
	summer := at.Add(-time.Duration(z.bias+z.daylight.bias) * time.Minute)
	on, off := z.daylight.in(winter.Year()), z.standard.in(summer.Year())
	isSummer := !winter.Before(on) && summer.Before(off)
	if off.Before(on) {
		isSummer = !winter.Before(on) || summer.Before(off)
	}
	if isSummer {
		return summer
	}
	return winter
}

// biasOf is the old form of a zone in a year.
func biasOf(loc *time.Location, year int) biasZone {
	standard, daylight, turns := zoneRules(loc, year)
	z := biasZone{bias: -int(standard / time.Minute)}
	for _, u := range turns {
		order := u.occurrence
		if order < 0 {
			order = 5
		}
		side := biasTurn{at: u.at, order: order, month: u.month, day: u.day}
		if u.daylight {
			side.bias = -int((daylight - standard) / time.Minute)
			z.daylight = side
		} else {
			z.standard = side
		}
	}
	return z
}

// biasZone writes t:TimeZone.
func (w *writer) biasZone(z biasZone) {
	w.start("t:TimeZone")
	w.leaf("t:Bias", fmt.Sprint(z.bias))
	for _, side := range []struct {
		name string
		turn biasTurn
	}{{"t:StandardTime", z.standard}, {"t:DaylightTime", z.daylight}} {
		w.start(side.name)
		w.leaf("t:Bias", fmt.Sprint(side.turn.bias))
		w.leaf("t:Time", time.Time{}.Add(side.turn.at).Format("15:04:05"))
		w.leaf("t:DayOrder", fmt.Sprint(side.turn.order))
		w.leaf("t:Month", fmt.Sprint(int(side.turn.month)))
		w.leaf("t:DayOfWeek", side.turn.day.String())
		w.end()
	}
	w.end()
}
