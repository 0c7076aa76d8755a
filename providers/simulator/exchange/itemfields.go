package exchange

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// itemField is one property of a calendar item.
type itemField struct {
	uri     string
	since   version
	heavy   bool // FindItem never gives it
	usual   bool // of the shape Default
	rare    bool // not of AllProperties
	present func(i Item) bool
	write   func(w *itemWriter, i Item)
}

// itemWriter writes items as one caller asked for them.
type itemWriter struct {
	*writer
	c       *Call
	role    Role
	finding bool // FindItem: text is cut
	shape   itemShape
}

// maxFound is how much of a text FindItem gives.
const maxFound = 255

func (w *itemWriter) when(name string, at time.Time) {
	var loc *time.Location
	if w.c.context != nil {
		loc = w.c.context.Location
	}
	w.leaf(name, stamp(at, loc))
}

func (w *itemWriter) short(text string) string {
	if r := []rune(text); w.finding && len(r) > maxFound {
		return string(r[:maxFound])
	}
	return text
}

// always is a property that every item has.
func always(Item) bool { return true }

// itemFields are in the order of the schema.
var itemFields = []itemField{
	{uri: "item:ParentFolderId", present: always, write: func(w *itemWriter, i Item) {
		if box, ok := w.c.s.model.Find(i.Box); ok {
			w.empty("t:ParentFolderId", "Id", w.c.s.folderID(box, "calendar"), "ChangeKey", folderKey)
		}
	}},
	{uri: "item:ItemClass", present: always, write: func(w *itemWriter, i Item) {
		class := "IPM.Appointment"
		switch i.Type {
		case "Occurrence":
			class = "IPM.Appointment.Occurrence"
		case "Exception":
			class = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"
		}
		w.leaf("t:ItemClass", class)
	}},
	{uri: "item:Subject", usual: true, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:Subject", w.short(i.Subject)) }},
	{uri: "item:Sensitivity", usual: true, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:Sensitivity", i.Sensitivity) }},
	{uri: "item:Body", heavy: true, present: always, write: func(w *itemWriter, i Item) { w.body(i) }},
	{uri: "item:DateTimeReceived", present: always, write: func(w *itemWriter, i Item) { w.when("t:DateTimeReceived", i.Created) }},
	{uri: "item:Size", present: always, write: func(w *itemWriter, i Item) {
		size := 2048 + len(i.Subject)
		if i.Body != nil {
			size += len(i.Body.Text)
		}
		w.leaf("t:Size", fmt.Sprint(size))
	}},
	{uri: "item:Categories", present: func(i Item) bool { return len(i.Categories) > 0 }, write: func(w *itemWriter, i Item) {
		w.start("t:Categories")
		for _, name := range i.Categories {
			w.leaf("t:String", name)
		}
		w.end()
	}},
	{uri: "item:Importance", present: always, write: func(w *itemWriter, i Item) { w.leaf("t:Importance", i.Importance) }},
	{uri: "item:IsDraft", present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsDraft", false) }},
	{uri: "item:DateTimeSent", present: always, write: func(w *itemWriter, i Item) { w.when("t:DateTimeSent", i.Created) }},
	{uri: "item:DateTimeCreated", present: always, write: func(w *itemWriter, i Item) { w.when("t:DateTimeCreated", i.Created) }},
	{uri: "item:ReminderDueBy", present: always, write: func(w *itemWriter, i Item) { w.when("t:ReminderDueBy", i.Start) }},
	{uri: "item:ReminderIsSet", present: always, write: func(w *itemWriter, i Item) { w.flag("t:ReminderIsSet", i.ReminderSet) }},
	{uri: "item:ReminderMinutesBeforeStart", present: always, write: func(w *itemWriter, i Item) {
		w.leaf("t:ReminderMinutesBeforeStart", fmt.Sprint(max(i.Reminder, 0)))
	}},
	{uri: "item:DisplayTo", present: always, write: func(w *itemWriter, i Item) {
		var to []string
		for _, a := range i.Attendees {
			if a.Kind == "Required" {
				to = append(to, a.Name)
			}
		}
		w.leaf("t:DisplayTo", strings.Join(to, "; "))
	}},
	{uri: "item:HasAttachments", usual: true, present: always, write: func(w *itemWriter, i Item) { w.flag("t:HasAttachments", false) }},
	{uri: "extended", present: always, rare: true, write: func(w *itemWriter, i Item) { w.extended(i) }},
	{uri: "item:Culture", present: always, write: func(w *itemWriter, i Item) { w.leaf("t:Culture", "en-US") }},
	{uri: "item:EffectiveRights", present: always, write: func(w *itemWriter, i Item) { w.rights(w.role, true) }},
	{uri: "item:LastModifiedTime", present: always, write: func(w *itemWriter, i Item) { w.when("t:LastModifiedTime", i.Modified) }},
	{uri: "item:TextBody", since: exchange2013, heavy: true, rare: true, present: always, write: func(w *itemWriter, i Item) {
		text := ""
		if i.Body != nil {
			text = i.Body.plain()
		}
		w.leaf("t:TextBody", text, "BodyType", "Text")
	}},
	{uri: "calendar:UID", usual: true, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:UID", i.UID) }},
	{uri: "calendar:RecurrenceId", present: func(i Item) bool { return !i.Original.IsZero() }, write: func(w *itemWriter, i Item) { w.when("t:RecurrenceId", i.Original) }},
	{uri: "calendar:DateTimeStamp", present: always, write: func(w *itemWriter, i Item) { w.when("t:DateTimeStamp", i.Modified) }},
	{uri: "calendar:Start", usual: true, present: always, write: func(w *itemWriter, i Item) { w.when("t:Start", i.Start) }},
	{uri: "calendar:End", usual: true, present: always, write: func(w *itemWriter, i Item) { w.when("t:End", i.End) }},
	{uri: "calendar:OriginalStart", present: func(i Item) bool { return !i.Original.IsZero() }, write: func(w *itemWriter, i Item) { w.when("t:OriginalStart", i.Original) }},
	{uri: "calendar:IsAllDayEvent", present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsAllDayEvent", i.AllDay) }},
	{uri: "calendar:LegacyFreeBusyStatus", usual: true, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:LegacyFreeBusyStatus", i.Show) }},
	{uri: "calendar:Location", usual: true, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:Location", w.short(locationText(i.Locations))) }},
	{uri: "calendar:IsMeeting", present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsMeeting", i.Meeting) }},
	{uri: "calendar:IsCancelled", present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsCancelled", i.Cancelled) }},
	{uri: "calendar:IsRecurring", present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsRecurring", i.Recurring) }},
	{uri: "calendar:MeetingRequestWasSent", present: always, write: func(w *itemWriter, i Item) { w.flag("t:MeetingRequestWasSent", i.Sent) }},
	{uri: "calendar:IsResponseRequested", present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsResponseRequested", i.ResponseAsked) }},
	{uri: "calendar:CalendarItemType", present: always, write: func(w *itemWriter, i Item) { w.leaf("t:CalendarItemType", i.Type) }},
	{uri: "calendar:MyResponseType", present: always, write: func(w *itemWriter, i Item) { w.leaf("t:MyResponseType", i.Answer) }},
	{uri: "calendar:Organizer", usual: true, present: func(i Item) bool { return i.Organizer != nil }, write: func(w *itemWriter, i Item) {
		w.start("t:Organizer")
		if w.finding { // FindItem knows the name only
			w.start("t:Mailbox")
			w.leaf("t:Name", i.Organizer.Name)
			w.end()
		} else {
			w.address("t:Mailbox", i.Organizer.Name, i.Organizer.Address, "Mailbox")
		}
		w.end()
	}},
	attendeesField("calendar:RequiredAttendees", "Required"),
	attendeesField("calendar:OptionalAttendees", "Optional"),
	attendeesField("calendar:Resources", "Resource"),
	{uri: "calendar:Duration", present: always, write: func(w *itemWriter, i Item) { w.leaf("t:Duration", durationText(i.End.Sub(i.Start))) }},
	{uri: "calendar:TimeZone", present: always, write: func(w *itemWriter, i Item) { w.leaf("t:TimeZone", i.StartZone.Name) }},
	{uri: "calendar:AppointmentReplyTime", present: func(i Item) bool { return !i.AnsweredAt.IsZero() }, write: func(w *itemWriter, i Item) { w.when("t:AppointmentReplyTime", i.AnsweredAt) }},
	{uri: "calendar:AppointmentSequenceNumber", present: always, write: func(w *itemWriter, i Item) {
		w.leaf("t:AppointmentSequenceNumber", fmt.Sprint(i.Sequence))
	}},
	{uri: "calendar:AppointmentState", present: always, write: func(w *itemWriter, i Item) {
		state := 0
		if i.Meeting {
			state |= 1
		}
		if i.Answer != "Organizer" {
			state |= 2
		}
		if i.Cancelled {
			state |= 4
		}
		w.leaf("t:AppointmentState", fmt.Sprint(state))
	}},
	{uri: "calendar:Recurrence", heavy: true, present: func(i Item) bool { return i.Recurrence != nil }, write: func(w *itemWriter, i Item) { w.recurrence(*i.Recurrence) }},
	{uri: "calendar:FirstOccurrence", heavy: true, present: func(i Item) bool { return i.First != nil }, write: func(w *itemWriter, i Item) { w.occurrence("t:FirstOccurrence", *i.First) }},
	{uri: "calendar:LastOccurrence", heavy: true, present: func(i Item) bool { return i.Last != nil }, write: func(w *itemWriter, i Item) { w.occurrence("t:LastOccurrence", *i.Last) }},
	{uri: "calendar:ModifiedOccurrences", heavy: true, present: func(i Item) bool { return len(i.Modifieds) > 0 }, write: func(w *itemWriter, i Item) {
		w.start("t:ModifiedOccurrences")
		for _, o := range i.Modifieds {
			w.occurrence("t:Occurrence", o)
		}
		w.end()
	}},
	{uri: "calendar:DeletedOccurrences", heavy: true, present: func(i Item) bool { return len(i.Deleted) > 0 }, write: func(w *itemWriter, i Item) {
		w.start("t:DeletedOccurrences")
		for _, at := range i.Deleted {
			w.start("t:DeletedOccurrence")
			w.when("t:Start", at)
			w.end()
		}
		w.end()
	}},
	{uri: "calendar:StartTimeZone", since: exchange2010, heavy: true, present: always, write: func(w *itemWriter, i Item) { w.zone("t:StartTimeZone", i.StartZone) }},
	{uri: "calendar:EndTimeZone", since: exchange2010, heavy: true, present: always, write: func(w *itemWriter, i Item) { w.zone("t:EndTimeZone", i.EndZone) }},
	{uri: "calendar:ConferenceType", rare: true, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:ConferenceType", "0") }},
	{uri: "calendar:AllowNewTimeProposal", present: always, write: func(w *itemWriter, i Item) { w.flag("t:AllowNewTimeProposal", i.NewTime) }},
	{uri: "calendar:IsOnlineMeeting", present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsOnlineMeeting", i.Online != "") }},
	{uri: "calendar:EnhancedLocation", since: exchange2013, heavy: true, present: func(i Item) bool { return len(i.Locations) > 0 }, write: func(w *itemWriter, i Item) { w.place(i.Locations) }},
	{uri: "calendar:StartTimeZoneId", since: exchange2013, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:StartTimeZoneId", i.StartZone.ID) }},
	{uri: "calendar:EndTimeZoneId", since: exchange2013, present: always, write: func(w *itemWriter, i Item) { w.leaf("t:EndTimeZoneId", i.EndZone.ID) }},
	{uri: "calendar:JoinOnlineMeetingUrl", since: exchange2013, heavy: true, present: func(i Item) bool { return i.Online != "" }, write: func(w *itemWriter, i Item) { w.leaf("t:JoinOnlineMeetingUrl", i.Online) }},
	{uri: "calendar:IsOrganizer", since: exchange2013, rare: true, present: always, write: func(w *itemWriter, i Item) { w.flag("t:IsOrganizer", i.Answer == "Organizer") }},
}

// knownButBlank are properties that the schema has and items here have not.
var knownButBlank = []string{"item:MimeContent", "item:Attachments", "item:InReplyTo", "item:InternetMessageHeaders", "item:ResponseObjects", "item:DisplayCc", "item:DisplayBcc",
	"item:LastModifiedName", "item:WebClientReadFormQueryString", "item:WebClientEditFormQueryString", "item:ConversationId", "item:UniqueBody", "item:StoreEntryId", "item:InstanceKey", "item:NormalizedBody",
	"item:IsAssociated", "item:IsSubmitted", "item:IsFromMe", "item:IsResend", "item:IsUnmodified", "item:ReminderNextTime", "item:Flag", "item:EntityExtractionResult", "item:Preview",
	"item:PolicyTag", "item:ArchiveTag", "item:RetentionDate", "item:RightsManagementLicenseData", "item:BlockStatus", "item:HasBlockedImages", "item:IconIndex",
	"calendar:When", "calendar:ConflictingMeetingCount", "calendar:AdjacentMeetingCount", "calendar:ConflictingMeetings", "calendar:AdjacentMeetings", "calendar:MeetingTimeZone", "calendar:InboxReminders",
	"calendar:MeetingWorkspaceUrl", "calendar:NetShowUrl", "calendar:OnlineMeetingSettings", "calendar:StartWallClock", "calendar:EndWallClock", "calendar:IntendedFreeBusyStatus"}

func attendeesField(uri, kind string) itemField {
	return itemField{uri: uri, heavy: true,
		present: func(i Item) bool {
			return slices.ContainsFunc(i.Attendees, func(a Attendee) bool { return a.Kind == kind })
		},
		write: func(w *itemWriter, i Item) {
			w.start("t:" + strings.TrimPrefix(uri, "calendar:"))
			for _, a := range i.Attendees {
				if a.Kind == kind {
					w.attendee(a)
				}
			}
			w.end()
		}}
}

func (w *itemWriter) attendee(a Attendee) {
	w.start("t:Attendee")
	w.address("t:Mailbox", a.Name, a.Address, "Mailbox")
	w.leaf("t:ResponseType", a.Response)
	if !a.At.IsZero() {
		w.when("t:LastResponseTime", a.At)
	}
	if !a.ProposedStart.IsZero() && w.c.version >= exchange2013 {
		w.when("t:ProposedStart", a.ProposedStart)
		w.when("t:ProposedEnd", a.ProposedEnd)
	}
	w.end()
}

// body writes the text in the form that the shape asks for.
func (w *itemWriter) body(i Item) {
	var b Body
	if i.Body != nil {
		b = *i.Body
	}
	html := b.HTML
	switch w.shape.bodyType {
	case "Text":
		html = false
	case "HTML":
		html = true
	}
	kind, text := "Text", b.plain()
	if html {
		kind = "HTML"
		text = b.Text
		if !b.HTML {
			text = "<html><body>" + escapeHTML(b.Text) + "</body></html>"
		}
	}
	w.leaf("t:Body", text, "BodyType", kind)
}

func escapeHTML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r\n", "<br>\r\n", "\n", "<br>\n").Replace(text)
}

// plain is a body without its tags.
func (b Body) plain() string {
	if !b.HTML {
		return b.Text
	}
	var out strings.Builder
	inside := false
	for _, r := range b.Text {
		switch {
		case r == '<':
			inside = true
		case r == '>':
			inside = false
		case !inside:
			out.WriteRune(r)
		}
	}
	return strings.TrimSpace(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&nbsp;", " ", "&quot;", `"`, "&amp;", "&").Replace(out.String()))
}

func (w *itemWriter) occurrence(name string, o Occurrence) {
	w.start(name)
	w.empty("t:ItemId", "Id", o.ID, "ChangeKey", o.ChangeKey)
	w.when("t:Start", o.Start)
	w.when("t:End", o.End)
	w.when("t:OriginalStart", o.Original)
	w.end()
}

// zone writes an item's zone; with its rules, as newer servers do.
func (w *itemWriter) zone(name string, z Zone) {
	w.zoneDefinition(name, z, z.Location != nil, w.c.s.model.Now().Year())
}

func (w *itemWriter) place(list []Location) {
	l := list[0]
	w.start("t:EnhancedLocation")
	w.leaf("t:DisplayName", locationText(list))
	w.start("t:PostalAddress")
	w.some("t:Street", l.Street)
	w.some("t:City", l.City)
	w.some("t:State", l.State)
	w.some("t:Country", l.Country)
	w.some("t:PostalCode", l.Postal)
	if l.HasCoordinates {
		w.leaf("t:Latitude", fmt.Sprintf("%.6f", l.Latitude))
		w.leaf("t:Longitude", fmt.Sprintf("%.6f", l.Longitude))
	}
	w.some("t:LocationUri", l.Address)
	if l.Resource {
		w.leaf("t:LocationSource", "Resource")
	} else {
		w.leaf("t:LocationSource", "None")
	}
	w.end()
	w.end()
}

// extended writes the extended properties that were asked for and are there.
func (w *itemWriter) extended(i Item) {
	for _, p := range w.shape.extended {
		value, ok := propertyValue(i, p.graphName())
		if !ok {
			continue
		}
		w.start("t:ExtendedProperty")
		w.empty("t:ExtendedFieldURI", p.attributes()...)
		w.leaf("t:Value", value)
		w.end()
	}
}

// Global object ids as extended properties: the meeting's, and the date's own.
const (
	meetingSet     = "{6ed8da90-450b-101b-98da-00aa003f1305}"
	cleanObjectID  = "binary " + meetingSet + " id 0x23"
	globalObjectID = "binary " + meetingSet + " id 0x3"
)

func propertyValue(i Item, name string) (string, bool) {
	for _, p := range i.Properties {
		if strings.EqualFold(p.ID, name) {
			return p.Value, true
		}
	}
	id := ""
	switch strings.ToLower(name) {
	case cleanObjectID:
		id = i.UID
	case globalObjectID:
		id = i.GlobalID
	}
	raw, err := hex.DecodeString(id)
	if id == "" || err != nil {
		return "", false
	}
	return base64.StdEncoding.EncodeToString(raw), true
}
