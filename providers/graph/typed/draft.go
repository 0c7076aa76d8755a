package typed

import (
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// draftModel is the event to create. The room is invited as a resource, which is
// what books it, and named as the location, which is what people read.
func draftModel(draft providers.EventDraft) models.Eventable {
	event := models.NewEvent()
	event.SetTransactionId(&draft.TransactionID)
	event.SetSubject(text(draft.Subject))
	event.SetStart(when(draft.Start, draft.Zone))
	event.SetEnd(when(draft.End, draft.Zone))
	if draft.Recurrence != nil {
		event.SetStart(wallClock(draft.Start, draft.Recurrence.Zone))
		event.SetEnd(wallClock(draft.End, draft.Recurrence.Zone))
		event.SetRecurrence(recurrenceModel(*draft.Recurrence))
	}
	if !draft.Body.Empty() {
		body, kind := models.NewItemBody(), models.TEXT_BODYTYPE
		body.SetContentType(&kind)
		body.SetContent(text(draft.Body))
		event.SetBody(body)
	}
	var attendees []models.Attendeeable
	for _, mailbox := range draft.Required {
		attendees = append(attendees, attendee(string(mailbox), "", models.REQUIRED_ATTENDEETYPE))
	}
	for _, mailbox := range draft.Optional {
		attendees = append(attendees, attendee(string(mailbox), "", models.OPTIONAL_ATTENDEETYPE))
	}
	if draft.Room != "" {
		name := draft.RoomName.Raw()
		if name == "" {
			name = draft.Room.Local()
		}
		attendees = append(attendees, attendee(string(draft.Room), name, models.RESOURCE_ATTENDEETYPE))
		location, kind, address := models.NewLocation(), models.CONFERENCEROOM_LOCATIONTYPE, string(draft.Room)
		location.SetDisplayName(&name)
		location.SetLocationEmailAddress(&address)
		location.SetLocationType(&kind)
		event.SetLocation(location)
	}
	if attendees != nil {
		event.SetAttendees(attendees)
	}
	if draft.Teams {
		yes, teams := true, models.TEAMSFORBUSINESS_ONLINEMEETINGPROVIDERTYPE
		event.SetIsOnlineMeeting(&yes)
		event.SetOnlineMeetingProvider(&teams)
	}
	if draft.ShowAs != "" {
		if parsed, err := models.ParseFreeBusyStatus(string(draft.ShowAs)); err == nil {
			if status, ok := parsed.(*models.FreeBusyStatus); ok {
				event.SetShowAs(status)
			}
		}
	}
	if draft.Private {
		private := models.PRIVATE_SENSITIVITY
		event.SetSensitivity(&private)
	}
	return event
}

// changeModel has the changed fields only. Attendees and location are replaced as
// a whole: the service knows no other way.
func changeModel(change providers.EventChange) models.Eventable {
	event := models.NewEvent()
	if change.Subject != nil {
		event.SetSubject(text(*change.Subject))
	}
	if change.Start != nil {
		event.SetStart(when(*change.Start, change.Zone))
	}
	if change.End != nil {
		event.SetEnd(when(*change.End, change.Zone))
	}
	if change.Attendees != nil {
		attendees := make([]models.Attendeeable, 0, len(change.Attendees))
		for _, a := range change.Attendees {
			address := string(a.Mailbox)
			if address == "" {
				address = a.Text.Raw()
			}
			kind := models.REQUIRED_ATTENDEETYPE
			switch a.Type {
			case providers.Optional:
				kind = models.OPTIONAL_ATTENDEETYPE
			case providers.Resource:
				kind = models.RESOURCE_ATTENDEETYPE
			}
			attendees = append(attendees, attendee(address, a.Name.Raw(), kind))
		}
		event.SetAttendees(attendees)
	}
	if change.Location != nil {
		location := models.NewLocation()
		location.SetDisplayName(text(*change.Location))
		for _, a := range change.Attendees {
			if a.Type == providers.Resource && a.Mailbox != "" {
				address, kind := string(a.Mailbox), models.CONFERENCEROOM_LOCATIONTYPE
				location.SetLocationEmailAddress(&address)
				location.SetLocationType(&kind)
				break
			}
		}
		event.SetLocation(location)
	}
	return event
}

func attendee(address, name string, kind models.AttendeeType) models.Attendeeable {
	email := models.NewEmailAddress()
	email.SetAddress(&address)
	if name != "" {
		email.SetName(&name)
	}
	a := models.NewAttendee()
	a.SetEmailAddress(email)
	a.SetTypeEscaped(&kind)
	return a
}

// when is the instant as a local time of the zone with that IANA name.
func when(t time.Time, zone string) models.DateTimeTimeZoneable {
	dateTime, timeZone := zones.DateTimeIn(t, zone)
	d := models.NewDateTimeTimeZone()
	d.SetDateTime(&dateTime)
	d.SetTimeZone(&timeZone)
	return d
}

// text is what goes to the service: as it was typed.
func text(u providers.Untrusted) *string {
	raw := u.Raw()
	return &raw
}
