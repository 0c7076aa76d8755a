package simulator

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits and defaults of findMeetingTimes.
const (
	meetingStep       = 1800 // suggestions begin at full and half hours
	defaultCandidates = 20
	findAheadDays     = 7
	maxFindDays       = 62
	unknownChance     = 49 // per cent for an attendee whose calendar nobody can see
	suggestedRooms    = 3
)

type findRequest struct {
	Attendees  []wireAttendee `json:"attendees"`
	Constraint *struct {
		IsRequired      *bool            `json:"isRequired"`
		SuggestLocation *bool            `json:"suggestLocation"`
		Locations       []wireConstraint `json:"locations"`
	} `json:"locationConstraint"`
	Time *struct {
		Domain string     `json:"activityDomain"`
		Slots  []wireSlot `json:"timeSlots"`
	} `json:"timeConstraint"`
	Duration          *string  `json:"meetingDuration"`
	MaxCandidates     *int     `json:"maxCandidates"`
	OrganizerOptional *bool    `json:"isOrganizerOptional"`
	Reasons           *bool    `json:"returnSuggestionReasons"`
	Percentage        *float64 `json:"minimumAttendeePercentage"`
}

type wireConstraint struct {
	wireLocation
	ResolveAvailability *bool `json:"resolveAvailability"`
}

// invited is an attendee with what takes its time.
type invited struct {
	who   *contact
	kind  attendance
	known bool
	busy  []instance
}

// at is the attendee's state in [from, to): the worst of what it has.
func (a *invited) at(from, to int64) showAs {
	if !a.known {
		return showUnknown
	}
	worst := showFree
	for _, i := range a.busy {
		if i.start >= to {
			break
		}
		if overlaps(i.start, i.end, from, to) && weight[i.e.show] > weight[worst] {
			worst = i.e.show
		}
	}
	return worst
}

// chance is how likely somebody in a state comes, in per cent.
func chance(s showAs) int {
	switch s {
	case showFree, showElsewhere:
		return 100
	case showUnknown, showTentative:
		return unknownChance
	}
	return 0
}

type suggestion struct {
	from, to   int64
	confidence float64
	organizer  showAs
	states     []showAs
	rooms      []location
}

// findMeetingTimes suggests times at which attendees can meet. It is for people
// who signed in: the table of permissions refuses applications.
func (c *call) findMeetingTimes() answer {
	if c.user() == nil {
		return c.fail(http.StatusForbidden, "ErrorAccessDenied", "findMeetingTimes is not supported with application permissions.")
	}
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	var r findRequest
	if p := strictDecode(c.body, &r); p != nil {
		return c.refuse(p)
	}
	length, p := r.length()
	if p != nil {
		return c.refuse(p)
	}
	windows, p := r.windows(c.t)
	if p != nil {
		return c.refuse(p)
	}
	from, to := windows[0][0], windows[0][1]
	for _, w := range windows {
		from, to = min(from, w[0]), max(to, w[1])
	}
	people, p := c.invitedOf(r, from, to)
	if p != nil {
		return c.refuse(p)
	}
	found, reason := c.suggest(r, people, windows, length)
	return c.suggestions(found, reason, people, r.Reasons != nil && *r.Reasons)
}

var isoDuration = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$`)

// length reads meetingDuration in seconds; half an hour unless said.
func (r findRequest) length() (int64, *problem) {
	if r.Duration == nil {
		return 1800, nil
	}
	m := isoDuration.FindStringSubmatch(*r.Duration)
	total := int64(0)
	if m != nil {
		for i, unit := range []int64{86400, 3600, 60, 1} {
			if m[i+1] != "" {
				n, _ := strconv.ParseInt(m[i+1], 10, 32) // digits only; too many are refused below
				total += n * unit
			}
		}
	}
	if total < 60 || total > 24*3600 {
		return 0, bad("ErrorInvalidParameter", "The meetingDuration '"+*r.Duration+"' is invalid.")
	}
	return total, nil
}

// windows are the times to look at: those asked for, or the next days.
func (r findRequest) windows(t *Tenant) ([][2]int64, *problem) {
	now := t.options.Now().Unix()
	if r.Time != nil && r.Time.Domain != "" {
		if _, p := member([]string{"unknown", "work", "personal", "unrestricted"}, r.Time.Domain, "activityDomain"); p != nil {
			return nil, p
		}
	}
	if r.Time == nil || len(r.Time.Slots) == 0 {
		return [][2]int64{{now, now + findAheadDays*86400}}, nil
	}
	var out [][2]int64
	for _, slot := range r.Time.Slots {
		if slot.Start == nil || slot.End == nil {
			return nil, bad("ErrorInvalidParameter", "A time slot needs a start and an end.")
		}
		start, _, p := slot.Start.parse(t.zones)
		if p != nil {
			return nil, p
		}
		end, _, p := slot.End.parse(t.zones)
		if p != nil {
			return nil, p
		}
		if !end.After(start) || end.Sub(start) > maxFindDays*24*time.Hour {
			return nil, bad("ErrorInvalidTimeInterval", "A time slot is empty or longer than 62 days.")
		}
		out = append(out, [2]int64{max(start.Unix(), now), end.Unix()})
	}
	return out, nil
}

// invitedOf looks up everybody's time; the first is the organiser.
func (c *call) invitedOf(r findRequest, from, to int64) ([]*invited, *problem) {
	list := []*invited{{who: c.mailbox.contact}}
	for _, a := range r.Attendees {
		who, p := c.t.recipient(a)
		if p != nil {
			return nil, p
		}
		next := &invited{who: who}
		if a.Type != "" {
			n, p := member(attendanceNames, a.Type, "attendeeType")
			if p != nil {
				return nil, p
			}
			next.kind = attendance(n)
		}
		list = append(list, next)
	}
	for _, a := range list {
		if m := a.who.box; m != nil && m.kind != noMailbox {
			c.t.ensure(m)
			c.t.mu.RLock()
			a.busy, a.known = m.busy(from, to), true
			c.t.mu.RUnlock()
		}
	}
	return list, nil
}

// suggest walks the windows. reason says why there is nothing.
func (c *call) suggest(r findRequest, people []*invited, windows [][2]int64, length int64) (found []suggestion, reason string) {
	least := 50.0
	if r.Percentage != nil {
		least = *r.Percentage
	}
	optionalHost := r.OrganizerOptional != nil && *r.OrganizerOptional
	c.t.mu.RLock()
	zone, hours := c.mailbox.zoneNow(), c.mailbox.hoursNow()
	c.t.mu.RUnlock()
	rooms := c.roomsFor(r, windows)
	needRoom := r.Constraint != nil && r.Constraint.IsRequired != nil && *r.Constraint.IsRequired
	var noOrganizer, noAttendees, noRoom, unknown bool
	for _, w := range windows {
		for at := (w[0] + meetingStep - 1) / meetingStep * meetingStep; at+length <= w[1]; at += meetingStep {
			if !r.inDomain(hours, zone, at, at+length) {
				continue
			}
			s := suggestion{from: at, to: at + length, organizer: people[0].at(at, at+length)}
			if chance(s.organizer) == 0 && !optionalHost {
				noOrganizer = true
				continue
			}
			total, counted := 0, 0
			for _, a := range people[1:] {
				state := a.at(at, at+length)
				s.states = append(s.states, state)
				unknown = unknown || state == showUnknown
				total += chance(state)
				counted++
			}
			s.confidence = 100
			if counted > 0 {
				s.confidence = float64(total) / float64(counted)
			}
			if s.confidence < least {
				noAttendees = true
				continue
			}
			for _, room := range rooms {
				if room.at(at, at+length) == showFree {
					s.rooms = append(s.rooms, placeOf(room.who))
				}
			}
			if needRoom && len(s.rooms) == 0 {
				noRoom = true
				continue
			}
			s.rooms = s.rooms[:min(len(s.rooms), suggestedRooms)]
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b suggestion) int {
		return cmp.Or(cmp.Compare(b.confidence, a.confidence), cmp.Compare(a.from, b.from))
	})
	most := defaultCandidates
	if r.MaxCandidates != nil && *r.MaxCandidates > 0 {
		most = min(most, *r.MaxCandidates)
	}
	found = found[:min(len(found), most)]
	switch {
	case len(found) > 0:
	case noRoom:
		reason = "locationsUnavailable"
	case noAttendees && unknown:
		reason = "attendeesUnavailableOrUnknown"
	case noAttendees:
		reason = "attendeesUnavailable"
	case noOrganizer:
		reason = "organizerUnavailable"
	default:
		reason = "unknown"
	}
	return found, reason
}

// inDomain reports whether a meeting lies in the kind of time that was asked for.
func (r findRequest) inDomain(hours *workHours, zone *zone, from, to int64) bool {
	domain := "work"
	if r.Time != nil && r.Time.Domain != "" {
		domain = strings.ToLower(r.Time.Domain)
	}
	if domain == "unrestricted" {
		return true
	}
	at := hours
	if domain == "personal" { // working hours and the weekend
		at = &workHours{days: 0x7f, start: officeStart, end: officeEnd}
		if hours != nil {
			at.start, at.end, at.zone, at.custom = hours.start, hours.end, hours.zone, hours.custom
		}
	}
	return at.open(from, zone) && at.open(to-1, zone)
}

// roomsFor are the rooms that may be suggested: those named, or the organiser's
// own building where any will do.
func (c *call) roomsFor(r findRequest, windows [][2]int64) []*invited {
	if r.Constraint == nil {
		return nil
	}
	var boxes []*mailbox
	for _, l := range r.Constraint.Locations {
		if m := c.t.world.find(l.LocationEmailAddress); m != nil && m.kind == roomBox {
			boxes = append(boxes, m)
		}
	}
	if suggest := r.Constraint.SuggestLocation; len(boxes) == 0 && suggest != nil && *suggest && c.mailbox.person != nil {
		boxes = c.mailbox.person.home.rooms
	}
	from, to := windows[0][0], windows[0][1]
	for _, w := range windows {
		from, to = min(from, w[0]), max(to, w[1])
	}
	var out []*invited
	for _, m := range boxes[:min(len(boxes), maxSchedules)] {
		c.t.ensure(m)
		c.t.mu.RLock()
		out = append(out, &invited{who: m.contact, known: true, busy: m.busy(from, to)})
		c.t.mu.RUnlock()
	}
	return out
}

// placeOf is a room as a location.
func placeOf(room *contact) location {
	return location{name: room.name, email: room.address, kind: "conferenceRoom", uniqueID: room.address, uniqueIDType: "directory"}
}

// suggestions writes the result.
func (c *call) suggestions(list []suggestion, reason string, people []*invited, reasons bool) answer {
	e := c.encoder(c.mailbox, nil)
	e.open()
	e.string("@odata.context", c.context("microsoft.graph.meetingTimeSuggestionsResult"))
	e.string("emptySuggestionsReason", reason)
	e.key("meetingTimeSuggestions")
	e.openValue('[')
	for n, s := range list {
		e.open()
		e.float("confidence", s.confidence)
		e.int("order", int64(n+1))
		e.string("organizerAvailability", showNames[s.organizer])
		switch {
		case !reasons:
			e.null("suggestionReason")
		case s.confidence == 100:
			e.string("suggestionReason", "Suggested because it is one of the nearest times when all attendees are available.")
		default:
			e.string("suggestionReason", "Suggested because it is one of the nearest times when most attendees are available.")
		}
		e.slot("meetingTimeSlot", s.from, s.to)
		e.key("attendeeAvailability")
		e.openValue('[')
		for i, a := range people[1:] {
			e.open()
			e.string("availability", showNames[s.states[i]])
			e.key("attendee")
			e.open()
			e.string("type", attendanceNames[a.kind])
			e.key("emailAddress")
			e.open()
			e.string("address", a.who.address)
			e.close()
			e.close()
			e.close()
		}
		e.closeList()
		e.key("locations")
		e.openValue('[')
		for _, l := range s.rooms {
			e.location(l)
		}
		e.closeList()
		e.close()
	}
	e.closeList()
	e.close()
	return c.ok(e.writer)
}
