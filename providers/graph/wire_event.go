package graph

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// The wire structs hold what roomdesk uses of Graph's resources, spelt as in the
// v1.0 metadata. Everything else on the wire is skipped without being built. Some
// are exported for package typed alone, so that both ways of reading follow the
// same rules.

// WireTime is a dateTimeTimeZone.
type WireTime struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

// WireAddress is an emailAddress.
type WireAddress struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// WireRecipient is a recipient.
type WireRecipient struct {
	EmailAddress WireAddress `json:"emailAddress"`
}

// WireStatus is a responseStatus.
type WireStatus struct {
	Response string `json:"response"`
	Time     string `json:"time"`
}

// WireAttendee is an attendee.
type WireAttendee struct {
	Type         string      `json:"type"`
	Status       WireStatus  `json:"status"`
	EmailAddress WireAddress `json:"emailAddress"`
}

// WireEvent is an event.
type WireEvent struct {
	ETag            string         `json:"@odata.etag"`
	ID              string         `json:"id"`
	ICalUID         string         `json:"iCalUId"`
	SeriesMasterID  string         `json:"seriesMasterId"`
	Type            string         `json:"type"`
	OriginalStart   string         `json:"originalStart"`
	OriginalZone    string         `json:"originalStartTimeZone"`
	Start           WireTime       `json:"start"`
	End             WireTime       `json:"end"`
	IsAllDay        bool           `json:"isAllDay"`
	Subject         *string        `json:"subject"`
	Organizer       *WireRecipient `json:"organizer"`
	IsOrganizer     bool           `json:"isOrganizer"`
	Location        WireLocation   `json:"location"`
	Attendees       []WireAttendee `json:"attendees"`
	ShowAs          string         `json:"showAs"`
	Sensitivity     string         `json:"sensitivity"`
	IsCancelled     bool           `json:"isCancelled"`
	ResponseStatus  WireStatus     `json:"responseStatus"`
	IsOnlineMeeting bool           `json:"isOnlineMeeting"`
	OnlineMeeting   struct {
		JoinURL string `json:"joinUrl"`
	} `json:"onlineMeeting"`
	TransactionID string       `json:"transactionId"`
	Modified      string       `json:"lastModifiedDateTime"`
	Removed       *WireRemoved `json:"@removed"`
}

// WireLocation is a location.
type WireLocation struct {
	DisplayName string          `json:"displayName"`
	Coordinates WireCoordinates `json:"coordinates"`
}

// WireCoordinates are empty where the service knows none.
type WireCoordinates struct {
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
}

func (w WireCoordinates) coordinates() *providers.Coordinates {
	if w.Latitude == nil || w.Longitude == nil {
		return nil
	}
	return &providers.Coordinates{Latitude: *w.Latitude, Longitude: *w.Longitude}
}

// WireRemoved is the mark of a removal in a delta page.
type WireRemoved struct {
	Reason string `json:"reason"`
}

// Event turns a wire event of a mailbox's calendar into the vocabulary's. A
// member that is missing leaves its zero value; a time that cannot be read
// leaves a zero time rather than a wrong one.
func (w *WireEvent) Event(mailbox providers.Address, calendar string) providers.Event {
	e := providers.Event{
		Mailbox: mailbox, CalendarID: calendar,
		ID: w.ID, ICalUID: w.ICalUID, SeriesMasterID: w.SeriesMasterID,
		Type:  providers.EventType(w.Type),
		Start: w.Start.instant(), End: w.End.instant(), AllDay: w.IsAllDay,
		OriginalStart: instant(w.OriginalStart), Zone: w.OriginalZone,
		IsOrganizer: w.IsOrganizer,
		Location:    providers.Outside(w.Location.DisplayName),
		Coordinates: w.Location.Coordinates.coordinates(),
		ShowAs:      providers.ShowAs(w.ShowAs),
		Private:     w.Sensitivity == "private" || w.Sensitivity == "confidential",
		Cancelled:   w.IsCancelled,
		Response:    providers.Response(w.ResponseStatus.Response),

		OnlineMeeting: w.IsOnlineMeeting, JoinURL: providers.Outside(w.OnlineMeeting.JoinURL),
		TransactionID: w.TransactionID, ETag: w.ETag, Modified: instant(w.Modified),
	}
	if w.Subject != nil {
		e.Subject = providers.Outside(*w.Subject)
	}
	if w.Organizer != nil {
		e.OrganizerName = providers.Outside(w.Organizer.EmailAddress.Name)
		e.Organizer, _ = providers.ParseAddress(w.Organizer.EmailAddress.Address)
	}
	// An occurrence in a delta page has times and its master's id, no more.
	e.Stub = e.Type == providers.Occurrence && w.Subject == nil && w.Organizer == nil && len(w.Attendees) == 0
	if len(w.Attendees) > 0 {
		e.Attendees = make([]providers.Attendee, 0, len(w.Attendees))
		for i := range w.Attendees {
			if a := &w.Attendees[i]; a.EmailAddress != (WireAddress{}) {
				e.Attendees = append(e.Attendees, a.attendee())
			}
		}
	}
	if e.End.Before(e.Start) {
		e.End = e.Start // missing, or not after its start: no length is known
	}
	return e
}

func (w *WireAttendee) attendee() providers.Attendee {
	a := providers.Attendee{
		Text: providers.Outside(w.EmailAddress.Address), Name: providers.Outside(w.EmailAddress.Name),
		Type: providers.AttendeeType(w.Type), Response: providers.Response(w.Status.Response),
		ResponseAt: instant(w.Status.Time),
	}
	a.Mailbox, _ = providers.ParseAddress(w.EmailAddress.Address)
	return a
}

// instant reads a dateTimeTimeZone: a local time and the zone's Windows or IANA
// name. The zero time stands for a missing, unreadable or "never" value, and for
// one in a zone that is not known here.
func (w WireTime) instant() time.Time { return Instant(w.DateTime, w.TimeZone) }

// Instant reads the two texts of a dateTimeTimeZone: see Graph's resource of
// that name. The zone is a Windows or IANA name; "" is UTC. It gives the zero
// time where there is no such time.
func Instant(text, zone string) time.Time {
	if text == "" {
		return time.Time{}
	}
	location := time.UTC
	if zone != "" && zone != "UTC" {
		found, err := zones.Location(zone)
		if err != nil {
			return time.Time{}
		}
		location = found
	}
	t, err := time.ParseInLocation(zones.LocalTime, text, location)
	if err != nil {
		return instant(text)
	}
	return known(t)
}

// instant reads a dateTimeOffset.
func instant(text string) time.Time {
	if text == "" || strings.HasPrefix(text, "0001-01-01") {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return known(t)
}

// known is the time in UTC, or the zero time for the service's "never", year 1.
func known(t time.Time) time.Time {
	if t.Year() <= 1 {
		return time.Time{}
	}
	return t.UTC()
}

// decodeEvents reads one page of a calendar's entries or changes.
func decodeEvents(r io.Reader, mailbox providers.Address, calendar string) (pageOfEvents, error) {
	var got pageOfEvents
	var err error
	events := newEventReader(r)
	defer events.free()
	got.annotations, err = pageOf(events.decoder, func(*jsontext.Decoder) error {
		w, err := events.next()
		switch {
		case err != nil:
			return err
		case w.ID == "":
			return fmt.Errorf("%w: an event has no id", errShape)
		case w.Removed != nil:
			got.removed = append(got.removed, w.ID)
		default:
			got.events = append(got.events, w.Event(mailbox, calendar))
		}
		return nil
	})
	if err != nil {
		return pageOfEvents{}, err
	}
	return got, nil
}

// DecodeEvents reads one page of calendarView or of its delta: the events, and the
// ids of those removed. It is what [Provider.Changes] uses, for comparisons.
func DecodeEvents(r io.Reader, mailbox providers.Address, calendar string) (events []providers.Event, removed []string, err error) {
	got, err := decodeEvents(r, mailbox, calendar)
	return got.events, got.removed, err
}
