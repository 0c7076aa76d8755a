package simulator

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
)

// checkInClaim says that somebody is, or is believed to be, at a meeting's place.
type checkInClaim struct {
	eventID string // the event's iCalUId, as it came
	method  string
	created time.Time
	uid     uint64
	date    int32
}

// checkInStore keeps the claims by place, in the order in which they came.
type checkInStore struct {
	mu    sync.RWMutex
	place map[string][]checkInClaim // by placeId
}

// checkedIn reports whether anybody checked in to a meeting of a room, or to one
// date of a series: such a room is not released for want of people.
func (t *Tenant) checkedIn(room *mailbox, uid uint64, date int32) bool {
	t.checkins.mu.RLock()
	defer t.checkins.mu.RUnlock()
	for _, claim := range t.checkins.place[room.room.placeID] {
		if claim.uid == uid && (claim.date == date || claim.date == 0) {
			return true
		}
	}
	return false
}

// parseICalUID reads what appendICalUID writes.
func parseICalUID(text string) (uid uint64, date int32, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 56 || [16]byte(b[:16]) != globalObjectHead {
		return 0, 0, false
	}
	uid = binary.BigEndian.Uint64(b[40:])
	date = int32(binary.BigEndian.Uint16(b[16:]))*10000 + int32(b[18])*100 + int32(b[19])
	return uid, date, binary.BigEndian.Uint64(b[48:]) == uid*0x9e3779b97f4a7c15
}

// checkIns routes /places/{id}/checkIns.
func (c *call) checkIns() answer {
	r := c.t.places.find(c.segments[1])
	switch {
	case r == nil:
		return c.placeNotFound()
	case r.kind != roomPlace && r.kind != deskPlace && r.kind != workspacePlace:
		return c.fail(http.StatusBadRequest, "BadRequest", "Nobody checks in to a "+placeNames[r.kind]+".")
	case c.depth() == 3 && c.method == http.MethodPost:
		return c.checkIn(r)
	case c.depth() == 3:
		return c.only(http.MethodGet, func() answer { return c.listCheckIns(r) })
	case c.depth() == 4:
		return c.only(http.MethodGet, func() answer { return c.oneCheckIn(r) })
	}
	return c.noSegment(c.segments[4])
}

// checkIn is the POST: calendarEventId is the event's iCalUId, and the meeting
// must be in the room's calendar.
func (c *call) checkIn(r *placeRecord) answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	var body struct {
		CalendarEventID string `json:"calendarEventId"`
		CheckInMethod   string `json:"checkInMethod"`
	}
	if p := c.parameters(&body, "createdDateTime"); p != nil {
		return c.refuse(p)
	}
	switch body.CheckInMethod {
	case "manual", "inferred", "verified":
	case "unspecified", "":
		body.CheckInMethod = "unspecified"
	default:
		return c.fail(http.StatusBadRequest, "BadRequest", "Requested value '"+body.CheckInMethod+"' was not found in checkInMethod.")
	}
	uid, date, ok := parseICalUID(body.CalendarEventID)
	if !ok {
		return c.fail(http.StatusBadRequest, "BadRequest", "calendarEventId must be the iCalUId of an event.")
	}
	if r.kind == roomPlace && !c.t.hasMeeting(r.email, uid) {
		return c.fail(http.StatusNotFound, "ErrorItemNotFound", "The place's calendar has no event with this calendarEventId.")
	}
	claim := checkInClaim{eventID: body.CalendarEventID, method: body.CheckInMethod, created: c.t.options.Now().UTC(), uid: uid, date: date}
	c.t.checkins.mu.Lock()
	if c.t.checkins.place == nil {
		c.t.checkins.place = map[string][]checkInClaim{}
	}
	list := c.t.checkins.place[r.placeID]
	replaced := false
	for i := range list { // a second check-in to the same meeting takes the first one's place
		if list[i].uid == uid && list[i].date == date {
			list[i], replaced = claim, true
		}
	}
	if !replaced {
		c.t.checkins.place[r.placeID] = append(list, claim)
	}
	c.t.checkins.mu.Unlock()
	c.entry.Effect, c.entry.Event = "checked in", body.CalendarEventID
	w := &writer{}
	w.checkIn(claim, c.context("places('"+r.placeID+"')/checkIns/$entity"))
	a := c.ok(w)
	a.status = http.StatusCreated
	return a
}

// hasMeeting reports whether a room's calendar has a copy of a meeting.
func (t *Tenant) hasMeeting(address string, uid uint64) bool {
	m := t.world.find(address)
	if m == nil {
		return false
	}
	t.ensure(m)
	t.mu.RLock()
	defer t.mu.RUnlock()
	return m.byUID(uid) != nil
}

func (c *call) checkInsOf(r *placeRecord) []checkInClaim {
	c.t.checkins.mu.RLock()
	defer c.t.checkins.mu.RUnlock()
	return append([]checkInClaim(nil), c.t.checkins.place[r.placeID]...)
}

func (c *call) listCheckIns(r *placeRecord) answer {
	if p := c.options("$top", "$skip"); p != nil {
		return c.refuse(p)
	}
	size, p := c.number("$top", defaultPlaces)
	if p != nil {
		return c.refuse(p)
	}
	skip, p := c.number("$skip", 0)
	if p != nil {
		return c.refuse(p)
	}
	page, _ := cut(c.checkInsOf(r), skip, size)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("places('"+r.placeID+"')/checkIns"))
	w.key("value")
	w.b = append(w.b, '[')
	for _, claim := range page {
		w.checkIn(claim, "")
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

// oneCheckIn is by key: the event's iCalUId.
func (c *call) oneCheckIn(r *placeRecord) answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	for _, claim := range c.checkInsOf(r) {
		if strings.EqualFold(claim.eventID, c.segments[3]) {
			w := &writer{}
			w.checkIn(claim, c.context("places('"+r.placeID+"')/checkIns/$entity"))
			return c.ok(w)
		}
	}
	return c.fail(http.StatusNotFound, "ErrorItemNotFound", "Nobody checked in to this event.")
}

func (w *writer) checkIn(claim checkInClaim, context string) {
	w.open()
	if context != "" {
		w.string("@odata.context", context)
	}
	w.string("calendarEventId", claim.eventID)
	w.string("checkInMethod", claim.method)
	w.instant("createdDateTime", claim.created.Unix())
	w.close()
}
