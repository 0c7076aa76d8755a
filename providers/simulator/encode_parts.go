package simulator

import (
	"math"
	"strconv"
)

// places writes location and locations.
func (e *eventEncoder) places(x *event) {
	if e.wants("location") {
		e.key("location")
		if len(x.locations) == 0 {
			e.b = append(e.b, `{"displayName":"","locationType":"default","uniqueIdType":"unknown","address":{},"coordinates":{}}`...)
		} else {
			first := x.locations[0]
			if len(x.locations) > 1 {
				for _, l := range x.locations[1:] {
					first.name += "; " + l.name
				}
			}
			e.location(first)
		}
	}
	if e.wants("locations") {
		e.key("locations")
		e.openValue('[')
		for _, l := range x.locations {
			e.location(l)
		}
		e.closeList()
	}
}

func (e *eventEncoder) openValue(b byte) { e.b = append(e.b, b) }

// location writes one place. Graph reads every location back as "default" unless
// Outlook made it.
func (e *eventEncoder) location(l location) {
	if e.placeText != nil && l == e.place {
		e.comma()
		e.b = append(e.b, e.placeText...)
		return
	}
	e.comma()
	from := len(e.b)
	e.b = append(e.b, '{')
	e.string("displayName", l.name)
	if l.uri != "" {
		e.string("locationUri", l.uri)
	}
	if l.email != "" {
		e.string("locationEmailAddress", l.email)
	}
	kind := l.kind
	if kind == "" {
		kind = "default"
	}
	e.string("locationType", kind)
	if l.uniqueID != "" {
		e.string("uniqueId", l.uniqueID)
	}
	idType := l.uniqueIDType
	if idType == "" {
		idType = "private"
	}
	e.string("uniqueIdType", idType)
	if l.address != nil {
		e.address("address", l.address)
	}
	e.coordinates(l)
	e.close()
	e.place, e.placeText = l, append(e.placeText[:0], e.b[from:]...)
}

// coordinates are those of the room that the location names: what the directory has,
// with more digits than Exchange hands out, and some decimetres away.
func (e *eventEncoder) coordinates(l location) {
	if l.email == "" {
		return
	}
	m := e.t.world.find(l.email)
	if m == nil || m.room == nil {
		return
	}
	const digits = 1e9
	e.key("coordinates")
	e.open()
	if e.rewritten {
		e.float("latitude", math.Round(m.room.building.lat*1e5)/1e5)
		e.float("longitude", math.Round(m.room.building.lon*1e5)/1e5)
	} else {
		e.float("latitude", math.Round(m.room.building.lat*digits+2137)/digits)
		e.float("longitude", math.Round(m.room.building.lon*digits-1883)/digits)
	}
	e.close()
}

func (w *writer) address(name string, a *physicalAddress) {
	w.key(name)
	w.open()
	w.string("street", a.street)
	w.string("city", a.city)
	w.string("state", a.state)
	w.string("countryOrRegion", a.country)
	w.string("postalCode", a.postal)
	w.close()
}

func (w *writer) emailAddress(c *contact) {
	b := append(appendKey(w.b, "emailAddress"), `{"name":`...)
	b = append(appendString(b, c.name), `,"address":`...)
	w.b = append(appendString(b, c.address), '}')
}

// people writes attendees and organizer. Only the organiser's copy shows who
// answered what; with hidden attendees everybody else sees only themselves.
func (e *eventEncoder) people(x *event) {
	if e.wants("attendees") {
		e.key("attendees")
		e.openValue('[')
		for _, a := range x.attendees {
			if x.has(hideFlag) && !x.has(isOrganizerFlag) && a.who.box != e.m {
				continue
			}
			e.open()
			e.string("type", attendanceNames[a.kind])
			resp, at := a.resp, a.at
			if !x.has(isOrganizerFlag) {
				resp, at = respondedNone, 0
			}
			e.responseStatus("status", resp, at)
			for _, p := range x.seldom().proposals {
				if p.who == a.who {
					e.slot("proposedNewTime", p.start, p.end)
				}
			}
			e.emailAddress(a.who)
			e.close()
		}
		e.closeList()
	}
	if e.wants("organizer") {
		e.key("organizer")
		e.open()
		e.emailAddress(x.organizer)
		e.close()
	}
}

// recurrence writes a master's pattern; everything else has null.
func (e *eventEncoder) recurrence(i instance) {
	if i.kind != seriesMaster {
		e.null("recurrence")
		return
	}
	r := i.e.recurrence
	e.key("recurrence")
	e.open()
	e.key("pattern")
	e.open()
	e.string("type", patternNames[r.pattern])
	e.int("interval", int64(r.interval))
	e.int("month", int64(r.month))
	e.int("dayOfMonth", int64(r.dom))
	if r.days != 0 {
		var days []string
		for d := range 7 {
			if r.days&(1<<d) != 0 {
				days = append(days, dayNames[d])
			}
		}
		e.strings("daysOfWeek", days)
	}
	e.string("firstDayOfWeek", dayNames[r.firstDay])
	e.string("index", indexNames[r.index])
	e.close()
	e.key("range")
	e.open()
	e.string("type", rangeNames[r.span])
	e.string("startDate", dayDate(r.first).Format("2006-01-02"))
	if r.span == endDate {
		e.string("endDate", dayDate(r.last).Format("2006-01-02"))
	} else {
		e.string("endDate", "0001-01-01")
	}
	e.string("recurrenceTimeZone", r.zone.windows)
	count := r.count
	if r.span != numbered {
		count = 0
	}
	e.int("numberOfOccurrences", int64(count))
	e.close()
	e.close()
}

// cancelledOccurrences are the dates taken out of a series: "OID.id.date".
func (e *eventEncoder) cancelledOccurrences(i instance) {
	e.key("cancelledOccurrences")
	e.openValue('[')
	if i.kind == seriesMaster {
		for _, date := range i.e.cancelled {
			d := strconv.Itoa(int(date))
			id := e.m.appendID(nil, i.e.id(), e.prefer.immutable)
			e.comma()
			e.b = appendString(e.b, "OID."+string(id)+"."+d[:4]+"-"+d[4:6]+"-"+d[6:])
		}
	}
	e.closeList()
}

// slot writes Graph's timeSlot.
func (e *eventEncoder) slot(name string, start, end int64) {
	e.key(name)
	e.open()
	e.dateTime("start", start, e.prefer.zone, e.prefer.zoneName)
	e.dateTime("end", end, e.prefer.zone, e.prefer.zoneName)
	e.close()
}
