package typed

import (
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// eventOf reads the SDK's event by the same rules as a page of events.
func eventOf(model models.Eventable, mailbox providers.Address) (providers.Event, error) {
	if model == nil || value(model.GetId()) == "" {
		return providers.Event{}, unexpected("the event has no id")
	}
	w := graph.WireEvent{
		ID: value(model.GetId()), ICalUID: value(model.GetICalUId()), SeriesMasterID: value(model.GetSeriesMasterId()),
		Type: word(model.GetTypeEscaped()), OriginalStart: stamp(model.GetOriginalStart()),
		OriginalZone: value(model.GetOriginalStartTimeZone()),
		Start:        wireTime(model.GetStart()), End: wireTime(model.GetEnd()),
		IsAllDay: value(model.GetIsAllDay()), Subject: model.GetSubject(), IsOrganizer: value(model.GetIsOrganizer()),
		ShowAs: word(model.GetShowAs()), Sensitivity: word(model.GetSensitivity()), IsCancelled: value(model.GetIsCancelled()),
		IsOnlineMeeting: value(model.GetIsOnlineMeeting()), TransactionID: value(model.GetTransactionId()),
		Modified: stamp(model.GetLastModifiedDateTime()), ETag: annotation(model.GetAdditionalData(), "@odata.etag"),
	}
	if organizer := model.GetOrganizer(); organizer != nil {
		w.Organizer = &graph.WireRecipient{EmailAddress: wireAddress(organizer.GetEmailAddress())}
	}
	if location := model.GetLocation(); location != nil {
		w.Location.DisplayName = value(location.GetDisplayName())
	}
	if meeting := model.GetOnlineMeeting(); meeting != nil {
		w.OnlineMeeting.JoinURL = value(meeting.GetJoinUrl())
	}
	w.ResponseStatus = wireStatus(model.GetResponseStatus())
	for _, a := range model.GetAttendees() {
		if a == nil {
			continue
		}
		w.Attendees = append(w.Attendees, graph.WireAttendee{
			Type: word(a.GetTypeEscaped()), Status: wireStatus(a.GetStatus()), EmailAddress: wireAddress(a.GetEmailAddress())})
	}
	event := w.Event(mailbox, "")
	event.Recurrence = recurrenceOf(model.GetRecurrence())
	return event, nil
}

func calendarOf(model models.Calendarable, mailbox providers.Address) providers.Calendar {
	w := graph.WireCalendar{
		ID: value(model.GetId()), Name: value(model.GetName()),
		Default: value(model.GetIsDefaultCalendar()), CanEdit: model.GetCanEdit(),
	}
	if owner := model.GetOwner(); owner != nil {
		address := wireAddress(owner)
		w.Owner = &address
	}
	for _, provider := range model.GetAllowedOnlineMeetingProviders() {
		w.Providers = append(w.Providers, provider.String())
	}
	return w.Calendar(mailbox)
}

func roomOf(model models.Roomable) (providers.Room, error) {
	if model == nil {
		return providers.Room{}, unexpected("the room is missing")
	}
	extra := model.GetAdditionalData() // newer than the SDK's models
	w := graph.WirePlace{
		ID: value(model.GetId()), PlaceID: annotation(extra, "placeId"), Email: value(model.GetEmailAddress()),
		DisplayName: value(model.GetDisplayName()), Nickname: value(model.GetNickname()), Building: value(model.GetBuilding()),
		FloorLabel: value(model.GetFloorLabel()), FloorNumber: number(model.GetFloorNumber()), Label: value(model.GetLabel()),
		Capacity: number(model.GetCapacity()), BookingType: word(model.GetBookingType()), Tags: model.GetTags(),
		Phone: value(model.GetPhone()), Audio: value(model.GetAudioDeviceName()), Video: value(model.GetVideoDeviceName()),
		Display: value(model.GetDisplayDeviceName()), Teams: annotation(extra, "teamsEnabledState"),
		StepFree: model.GetIsWheelChairAccessible(),
	}
	room, ok := w.Room()
	if !ok {
		return providers.Room{}, unexpected("the room has no address")
	}
	return room, nil
}

// value is what the pointer points at, or the zero value: the SDK has nil for
// whatever is missing or null.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// word is an enumeration's member. The SDK has nil for members that it does not
// know.
func word[T interface{ String() string }](p *T) string {
	if p == nil {
		return ""
	}
	return (*p).String()
}

func number(p *int32) *float64 {
	if p == nil {
		return nil
	}
	n := float64(*p)
	return &n
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// annotation is a text member that the SDK's model does not have.
func annotation(data map[string]any, name string) string {
	switch v := data[name].(type) {
	case *string:
		return value(v)
	case string:
		return v
	}
	return ""
}

func wireTime(d models.DateTimeTimeZoneable) graph.WireTime {
	if d == nil {
		return graph.WireTime{}
	}
	return graph.WireTime{DateTime: value(d.GetDateTime()), TimeZone: value(d.GetTimeZone())}
}

func wireAddress(a models.EmailAddressable) graph.WireAddress {
	if a == nil {
		return graph.WireAddress{}
	}
	return graph.WireAddress{Name: value(a.GetName()), Address: value(a.GetAddress())}
}

func wireStatus(s models.ResponseStatusable) graph.WireStatus {
	if s == nil {
		return graph.WireStatus{}
	}
	return graph.WireStatus{Response: word(s.GetResponse()), Time: stamp(s.GetTime())}
}
