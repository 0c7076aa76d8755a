package simulator

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// wireEvent is what a client may write of an event. Pointers tell "not sent" from
// "sent as null or empty".
type wireEvent struct {
	Subject                    *string         `json:"subject"`
	Body                       *wireBody       `json:"body"`
	Start                      *wireTime       `json:"start"`
	End                        *wireTime       `json:"end"`
	Location                   *wireLocation   `json:"location"`
	Locations                  *[]wireLocation `json:"locations"`
	Attendees                  *[]wireAttendee `json:"attendees"`
	Recurrence                 json.RawMessage `json:"recurrence"`
	IsAllDay                   *bool           `json:"isAllDay"`
	IsOnlineMeeting            *bool           `json:"isOnlineMeeting"`
	OnlineMeetingProvider      *string         `json:"onlineMeetingProvider"`
	TransactionID              *string         `json:"transactionId"`
	ShowAs                     *string         `json:"showAs"`
	Sensitivity                *string         `json:"sensitivity"`
	Importance                 *string         `json:"importance"`
	Categories                 *[]string       `json:"categories"`
	IsReminderOn               *bool           `json:"isReminderOn"`
	ReminderMinutesBeforeStart *int32          `json:"reminderMinutesBeforeStart"`
	ResponseRequested          *bool           `json:"responseRequested"`
	AllowNewTimeProposals      *bool           `json:"allowNewTimeProposals"`
	HideAttendees              *bool           `json:"hideAttendees"`
	Extended                   []wireProperty  `json:"singleValueExtendedProperties"`
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
		// Who rewrites the body of a Teams meeting has to keep the join text in it.
		e.body = &body{html: strings.EqualFold(w.Body.ContentType, "html"), content: w.Body.Content, whole: e.has(onlineFlag)}
	}
	if w.Categories != nil {
		e.seldomCopy().categories = *w.Categories
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
	if p := w.applyExtended(e); p != nil {
		return p
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
		who, p := t.recipient(a)
		if p != nil {
			return p
		}
		kind := 0
		if a.Type != "" {
			if kind, p = member(attendanceNames, a.Type, "attendeeType"); p != nil {
				return p
			}
		}
		next := attendee{who: who, kind: attendance(kind)}
		for _, have := range e.attendees {
			if strings.EqualFold(have.who.address, who.address) {
				next.resp, next.at = have.resp, have.at
			}
		}
		if !slices.ContainsFunc(out, func(have attendee) bool { return strings.EqualFold(have.who.address, who.address) }) {
			out = append(out, next)
		}
	}
	e.attendees = out
	return nil
}
