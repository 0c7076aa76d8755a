package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// wireEvent is what a client may write of an event. Pointers tell "not sent" from
// "sent as null or empty".
type wireEvent struct {
	Subject                    *string           `json:"subject"`
	Body                       *wireBody         `json:"body"`
	Start                      *wireTime         `json:"start"`
	End                        *wireTime         `json:"end"`
	Location                   *wireLocation     `json:"location"`
	Locations                  *[]wireLocation   `json:"locations"`
	Attendees                  *[]wireAttendee   `json:"attendees"`
	Recurrence                 json.RawMessage   `json:"recurrence"`
	IsAllDay                   *bool             `json:"isAllDay"`
	IsOnlineMeeting            *bool             `json:"isOnlineMeeting"`
	OnlineMeetingProvider      *string           `json:"onlineMeetingProvider"`
	TransactionID              *string           `json:"transactionId"`
	ShowAs                     *string           `json:"showAs"`
	Sensitivity                *string           `json:"sensitivity"`
	Importance                 *string           `json:"importance"`
	Categories                 *[]string         `json:"categories"`
	IsReminderOn               *bool             `json:"isReminderOn"`
	ReminderMinutesBeforeStart *int32            `json:"reminderMinutesBeforeStart"`
	ResponseRequested          *bool             `json:"responseRequested"`
	AllowNewTimeProposals      *bool             `json:"allowNewTimeProposals"`
	HideAttendees              *bool             `json:"hideAttendees"`
	Extended                   []json.RawMessage `json:"singleValueExtendedProperties"`
}

type wireBody struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

type wireLocation struct {
	DisplayName          string          `json:"displayName"`
	LocationEmailAddress string          `json:"locationEmailAddress"`
	LocationURI          string          `json:"locationUri"`
	LocationType         string          `json:"locationType"`
	UniqueID             string          `json:"uniqueId"`
	UniqueIDType         string          `json:"uniqueIdType"`
	Address              json.RawMessage `json:"address"`
	Coordinates          json.RawMessage `json:"coordinates"`
}

type wireAttendee struct {
	EmailAddress struct {
		Address string `json:"address"`
		Name    string `json:"name"`
	} `json:"emailAddress"`
	Type            string          `json:"type"`
	Status          json.RawMessage `json:"status"`
	ProposedNewTime json.RawMessage `json:"proposedNewTime"`
}

type wireRecurrence struct {
	Pattern *struct {
		Type           string   `json:"type"`
		Interval       int32    `json:"interval"`
		Month          int32    `json:"month"`
		DayOfMonth     int32    `json:"dayOfMonth"`
		DaysOfWeek     []string `json:"daysOfWeek"`
		FirstDayOfWeek string   `json:"firstDayOfWeek"`
		Index          string   `json:"index"`
	} `json:"pattern"`
	Range *struct {
		Type                string `json:"type"`
		StartDate           string `json:"startDate"`
		EndDate             string `json:"endDate"`
		NumberOfOccurrences int32  `json:"numberOfOccurrences"`
		RecurrenceTimeZone  string `json:"recurrenceTimeZone"`
	} `json:"range"`
}

// strictDecode reads JSON into a struct and refuses unknown names, as the service
// does; annotations ("@odata.type") are allowed anywhere, and the ignored names at
// the top.
func strictDecode(raw []byte, into any, ignored ...string) *problem {
	var tree any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil || d.More() {
		return bad("UnableToDeserializePostBody", "were unable to deserialize")
	}
	top, ok := tree.(map[string]any)
	if !ok {
		return bad("UnableToDeserializePostBody", "were unable to deserialize")
	}
	for _, name := range ignored {
		delete(top, name)
	}
	stripAnnotations(tree)
	clean, err := json.Marshal(tree)
	if err != nil {
		return bad("UnableToDeserializePostBody", "were unable to deserialize")
	}
	d = json.NewDecoder(bytes.NewReader(clean))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return bad("RequestBodyRead", "The request's body is invalid: "+strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func stripAnnotations(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if strings.Contains(name, "@") {
				delete(v, name)
				continue
			}
			stripAnnotations(value)
		}
	case []any:
		for _, item := range v {
			stripAnnotations(item)
		}
	}
}

// readOnlyProperties of an event are accepted and ignored when written.
var readOnlyProperties = []string{"id", "changeKey", "createdDateTime", "lastModifiedDateTime", "bodyPreview", "cancelledOccurrences", "hasAttachments", "iCalUId", "isCancelled", "isDraft", "isOrganizer", "onlineMeeting", "onlineMeetingUrl", "organizer", "originalEndTimeZone", "originalStart", "originalStartTimeZone", "responseStatus", "seriesMasterId", "type", "webLink"}

// member finds a name in one of Graph's enumerations, ignoring case.
func member(names []string, value, property string) (int, *problem) {
	i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, value) })
	if i < 0 {
		return 0, bad("ErrorInvalidArgument", "The value '"+value+"' is no member of "+property+".")
	}
	return i, nil
}

// apply changes an event as the body says. m is the mailbox that it is in.
func (w *wireEvent) apply(t *Tenant, m *mailbox, e *event) *problem {
	if w.Subject != nil {
		e.subject = *w.Subject
		if len(e.subject) > 255*4 {
			return bad("ErrorPropertyValidationFailure", "At least one property failed validation: Subject is too long.")
		}
	}
	if w.Body != nil {
		if !strings.EqualFold(w.Body.ContentType, "html") && !strings.EqualFold(w.Body.ContentType, "text") && w.Body.ContentType != "" {
			return bad("ErrorInvalidArgument", "The body's contentType is neither text nor html.")
		}
		e.body = &body{html: strings.EqualFold(w.Body.ContentType, "html"), content: w.Body.Content}
	}
	if w.Categories != nil {
		e.categories = *w.Categories
	}
	for _, f := range []struct {
		value *bool
		flag  eventFlags
		not   bool
	}{{w.IsAllDay, allDayFlag, false}, {w.IsReminderOn, reminderFlag, false}, {w.ResponseRequested, noResponseFlag, true}, {w.AllowNewTimeProposals, noProposalFlag, true}, {w.HideAttendees, hideFlag, false}} {
		if f.value != nil {
			e.set(f.flag, *f.value != f.not)
		}
	}
	if w.ReminderMinutesBeforeStart != nil {
		e.reminder = *w.ReminderMinutesBeforeStart
	}
	for _, f := range []struct {
		value    *string
		names    []string
		property string
		set      func(int)
	}{
		{w.ShowAs, showNames, "showAs", func(i int) { e.show = showAs(i) }},
		{w.Sensitivity, sensitivityNames, "sensitivity", func(i int) { e.sens = sensitivity(i) }},
		{w.Importance, importanceNames, "importance", func(i int) { e.imp = importance(i) }},
	} {
		if f.value == nil {
			continue
		}
		i, p := member(f.names, *f.value, f.property)
		if p != nil {
			return p
		}
		f.set(i)
	}
	if p := w.applyTimes(t, e); p != nil {
		return p
	}
	w.applyPlaces(t, e)
	return w.applyAttendees(t, e)
}

func (w *wireEvent) applyTimes(t *Tenant, e *event) *problem {
	for _, side := range []struct {
		wire *wireTime
		at   *int64
		zone **zone
	}{{w.Start, &e.start, &e.zone}, {w.End, &e.end, &e.endZone}} {
		if side.wire == nil {
			continue
		}
		at, z, p := side.wire.parse(t.zones)
		if p != nil {
			return p
		}
		*side.at, *side.zone = at.Unix(), z
	}
	if e.zone == nil || e.endZone == nil {
		return bad("ErrorPropertyValidationFailure", "At least one property failed validation: Start and End are required.")
	}
	if e.end < e.start {
		return bad("ErrorCalendarEndDateIsEarlierThanStartDate", "The end date is before the start date.")
	}
	if e.end-e.start > 5*365*86400 {
		return bad("ErrorCalendarDurationIsTooLong", "The event is longer than five years.")
	}
	if e.has(allDayFlag) {
		for _, at := range []int64{e.start, e.end} {
			h, m, s := time.Unix(at, 0).In(e.zone.loc).Clock()
			if h+m+s != 0 {
				return bad("ErrorInvalidPropertySet", "The Event.Start and Event.End properties for an all-day event need to be set to midnight.")
			}
		}
		if e.end-e.start < 20*3600 {
			return bad("ErrorInvalidPropertySet", "The duration of an all-day event needs to be at least one day.")
		}
	}
	return nil
}

func (w *wireEvent) applyPlaces(t *Tenant, e *event) {
	switch {
	case w.Locations != nil && len(*w.Locations) > 0:
		e.locations = nil
		for _, l := range *w.Locations {
			e.locations = append(e.locations, l.location(t))
		}
	case w.Location != nil:
		e.locations = nil
		if w.Location.DisplayName != "" || w.Location.LocationEmailAddress != "" {
			e.locations = []location{w.Location.location(t)}
		}
	case w.Locations != nil:
		e.locations = nil
	}
}

// location keeps what came; what was made by REST reads back as "default".
func (l wireLocation) location(t *Tenant) location {
	out := location{name: l.DisplayName, email: l.LocationEmailAddress, uri: l.LocationURI, uniqueID: l.UniqueID, kind: "default", uniqueIDType: "private"}
	if strings.EqualFold(l.LocationType, "conferenceRoom") {
		out.kind = "conferenceRoom"
	}
	if l.UniqueIDType != "" {
		out.uniqueIDType = l.UniqueIDType
	}
	if out.uniqueID == "" {
		out.uniqueID = out.name
	}
	if m := t.world.find(out.email); m != nil && m.kind == roomBox && out.name == "" {
		out.name = m.contact.name
	}
	return out
}

func (w *wireEvent) applyAttendees(t *Tenant, e *event) *problem {
	if w.Attendees == nil {
		return nil
	}
	if len(*w.Attendees) > 500 {
		return bad("ErrorInvalidRecipients", "At least one recipient is not valid: there are more than 500.")
	}
	var out []attendee
	for _, a := range *w.Attendees {
		address := strings.TrimSpace(a.EmailAddress.Address)
		local, domain, ok := strings.Cut(address, "@")
		if !ok || local == "" || domain == "" || strings.ContainsAny(address, " <>,;\r\n") {
			return bad("ErrorInvalidRecipients", "At least one recipient is not valid: '"+address+"'.")
		}
		kind := 0
		if a.Type != "" {
			var p *problem
			if kind, p = member(attendanceNames, a.Type, "attendeeType"); p != nil {
				return p
			}
		}
		who := &contact{address: address, name: a.EmailAddress.Name}
		if m := t.world.find(address); m != nil && strings.EqualFold(m.contact.address, address) {
			who = m.contact
		} else if who.name == "" {
			who.name = address
		}
		next := attendee{who: who, kind: attendance(kind)}
		for _, have := range e.attendees {
			if strings.EqualFold(have.who.address, address) {
				next.resp, next.at = have.resp, have.at
			}
		}
		if !slices.ContainsFunc(out, func(have attendee) bool { return strings.EqualFold(have.who.address, address) }) {
			out = append(out, next)
		}
	}
	e.attendees = out
	return nil
}

// parseRecurrence reads and checks a pattern for an event that starts as e does.
func parseRecurrence(t *Tenant, raw json.RawMessage, e *event) (*recurrence, *problem) {
	var w wireRecurrence
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return nil, bad("RequestBodyRead", "The recurrence is invalid: "+err.Error())
	}
	invalid := func(format string, args ...any) (*recurrence, *problem) {
		return nil, bad("ErrorPropertyValidationFailure", "At least one property failed validation: recurrence: "+fmt.Sprintf(format, args...))
	}
	if w.Pattern == nil || w.Range == nil {
		return invalid("pattern and range are required")
	}
	r := &recurrence{interval: w.Pattern.Interval, dom: w.Pattern.DayOfMonth, month: w.Pattern.Month, zone: e.zone}
	kind, p := member(patternNames, w.Pattern.Type, "recurrencePatternType")
	if p != nil {
		return nil, p
	}
	r.pattern = patternType(kind)
	for _, day := range w.Pattern.DaysOfWeek {
		n, p := member(dayNames, day, "dayOfWeek")
		if p != nil {
			return nil, p
		}
		r.days |= 1 << n
	}
	if w.Pattern.FirstDayOfWeek != "" {
		n, p := member(dayNames, w.Pattern.FirstDayOfWeek, "dayOfWeek")
		if p != nil {
			return nil, p
		}
		r.firstDay = time.Weekday(n)
	}
	if w.Pattern.Index != "" {
		n, p := member(indexNames, w.Pattern.Index, "weekIndex")
		if p != nil {
			return nil, p
		}
		r.index = uint8(n)
	}
	switch {
	case r.interval < 1 || r.interval > 999:
		return invalid("interval %d is not between 1 and 999", r.interval)
	case (r.pattern == weekly || r.pattern == relativeMonthly || r.pattern == relativeYearly) && r.days == 0:
		return invalid("daysOfWeek is required")
	case (r.pattern == absoluteMonthly || r.pattern == absoluteYearly) && (r.dom < 1 || r.dom > 31):
		return invalid("dayOfMonth %d is not between 1 and 31", r.dom)
	case (r.pattern == absoluteYearly || r.pattern == relativeYearly) && (r.month < 1 || r.month > 12):
		return invalid("month %d is not between 1 and 12", r.month)
	}
	return w.rangeOf(t, r, e)
}

func (w wireRecurrence) rangeOf(t *Tenant, r *recurrence, e *event) (*recurrence, *problem) {
	invalid := func(text string) (*recurrence, *problem) {
		return nil, bad("ErrorPropertyValidationFailure", "At least one property failed validation: recurrence: "+text)
	}
	kind, p := member(rangeNames, w.Range.Type, "recurrenceRangeType")
	if p != nil {
		return nil, p
	}
	r.span, r.count = rangeType(kind), w.Range.NumberOfOccurrences
	if w.Range.RecurrenceTimeZone != "" {
		z, ok := t.zones.find(w.Range.RecurrenceTimeZone)
		if !ok {
			return nil, bad("TimeZoneNotSupportedException", "The recurrence's time zone is not supported: '"+w.Range.RecurrenceTimeZone+"'.")
		}
		r.zone = z
	}
	local := time.Unix(e.start, 0).In(e.zone.loc)
	first := dayNumber(local.Year(), local.Month(), local.Day())
	if w.Range.StartDate != "" {
		d, err := time.Parse("2006-01-02", w.Range.StartDate)
		if err != nil {
			return invalid("startDate is no date")
		}
		if dayNumber(d.Year(), d.Month(), d.Day()) != first {
			return invalid("startDate must be the date of the event's start")
		}
	}
	r.first = first
	switch r.span {
	case endDate:
		d, err := time.Parse("2006-01-02", w.Range.EndDate)
		if err != nil {
			return invalid("endDate is no date")
		}
		if d.Year() > local.Year()+100 {
			return invalid("endDate is more than a hundred years away")
		}
		if r.last = dayNumber(d.Year(), d.Month(), d.Day()); r.last < first {
			return invalid("endDate is before startDate")
		}
	case numbered:
		if r.count < 1 || r.count > 999 {
			return invalid("numberOfOccurrences is not between 1 and 999")
		}
	}
	any := false
	r.dates(first, func(int32) bool { any = true; return false })
	if !any {
		return invalid("the pattern has no occurrence in its range")
	}
	return r, nil
}
