package tui

import (
	"time"

	"roomdesk/providers"
)

// shownClock is by whose clock the times of meetings are shown wherever a view or a
// dialog shows them; the time grid keeps the person's own.
type shownClock int

const (
	shownYours shownClock = iota
	shownRooms
	shownOrganizers
	shownUTC
	shownCount
)

// words name the clock for a line that many meetings share.
func (c shownClock) words() string {
	return [...]string{"your clock", "the room’s clock", "the organiser’s clock", "UTC"}[c]
}

// short names it where there is little room.
func (c shownClock) short() string {
	return [...]string{"your time", "room’s time", "organiser’s time", "UTC"}[c]
}

// clockZone is the zone by which a meeting in a room is shown; the person's own
// where it is not known by what clock a room or an organiser lives.
func (m *Model) clockZone(room, organizer providers.Address) *time.Location {
	var zone *time.Location
	switch m.shownBy {
	case shownYours:
	case shownRooms:
		if m.rooms.data != nil {
			if i, ok := m.rooms.data.find[room]; ok {
				zone = m.zoneNamed(m.rooms.data.rows[i].room.Zone)
			}
		}
	case shownOrganizers:
		if organizer == "" || organizer == m.header.Organizer {
			zone = m.header.Zone
		}
	case shownUTC:
		zone = time.UTC
	}
	if zone == nil {
		return m.zone
	}
	return zone
}

// putClock names the clock of one meeting where it is not the person's own.
func (m *Model) putClock(l *line, room, organizer providers.Address) *line {
	if m.shownBy == shownYours {
		return l
	}
	return l.put(accent, " · by "+m.shownBy.words()).put(dim, m.clockNote(room, organizer))
}

// clockNote is the zone of a meeting's clock, or that it is not known.
func (m *Model) clockNote(room, organizer providers.Address) string {
	zone := m.clockZone(room, organizer)
	switch {
	case m.shownBy == shownUTC || m.shownBy == shownYours:
		return ""
	case m.shownBy == shownOrganizers && organizer != "" && organizer != m.header.Organizer:
		return " (not known: " + zone.String() + ")"
	}
	return " (" + zone.String() + ")"
}

// clockKey shows times by the next clock.
func clockKey(s scope, rank int) binding {
	return binding{scope: s, keys: []string{"z"}, label: "z", what: "clock", more: "times of meetings by the next clock: yours, the room’s, the organiser’s, UTC", rank: rank, run: then(func(m *Model) {
		m.shownBy = (m.shownBy + 1) % shownCount
	})}
}

// readersClockKey is the same for the details of a room.
func readersClockKey() binding {
	key := clockKey(scopeReader, 3)
	key.why = func(m *Model) string {
		if r, ok := topOf[*reader](m); !ok || r.room == nil {
			return "this is not a room"
		}
		return ""
	}
	return key
}
