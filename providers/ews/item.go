package ews

import (
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// itemFields are what an event is made of. All are of Exchange 2013 or older; asking for
// newer ones is refused as a whole by older servers.
func itemFields() []string {
	return []string{
		"item:Subject", "item:Sensitivity", "item:LastModifiedTime",
		"calendar:UID", "calendar:Start", "calendar:End", "calendar:OriginalStart", "calendar:IsAllDayEvent", "calendar:LegacyFreeBusyStatus",
		"calendar:Location", "calendar:IsMeeting", "calendar:IsCancelled", "calendar:CalendarItemType", "calendar:MyResponseType", "calendar:Organizer",
		"calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources", "calendar:Recurrence",
		"calendar:StartTimeZoneId", "calendar:IsOnlineMeeting", "calendar:JoinOnlineMeetingUrl", "calendar:EnhancedLocation",
	}
}

// eventOf reads a CalendarItem. The id is Exchange's own: see [dateID] for dates.
func eventOf(item *node, mailbox providers.Address) providers.Event {
	e := providers.Event{
		Mailbox: mailbox, ID: item.at("ItemId").attr("Id"), ETag: item.at("ItemId").attr("ChangeKey"),
		ICalUID: item.value("UID"), Type: typeOf(item.value("CalendarItemType")),
		Subject: providers.Outside(item.value("Subject")), Location: providers.Outside(item.value("Location")),
		Coordinates: coordinates(item.at("EnhancedLocation", "PostalAddress")),
		Zone:        item.value("StartTimeZoneId"), AllDay: item.truth("IsAllDayEvent"),
		ShowAs: showAs(item.value("LegacyFreeBusyStatus")), Private: private(item.value("Sensitivity")),
		Cancelled: item.truth("IsCancelled"), Response: response(item.value("MyResponseType")),
		OnlineMeeting: item.truth("IsOnlineMeeting"), JoinURL: providers.Outside(item.value("JoinOnlineMeetingUrl")),
		Modified: item.instant("LastModifiedTime"), TransactionID: stampOf(item),
	}
	e.Start, e.End = times(item, e.AllDay, e.Zone)
	if organizer := item.at("Organizer", "Mailbox"); organizer != nil {
		e.OrganizerName = providers.Outside(organizer.value("Name"))
		e.Organizer, _ = providers.ParseAddress(organizer.value("EmailAddress"))
	}
	e.Attendees = attendees(item)
	e.IsOrganizer = e.Response == providers.ResponseOrganizer || e.Organizer != "" && e.Organizer == mailbox || !item.truth("IsMeeting") && len(e.Attendees) == 0
	if e.Type == providers.Exception {
		e.OriginalStart = item.instant("OriginalStart")
	}
	if e.Type == providers.SeriesMaster {
		e.Recurrence = recurrenceOf(item.at("Recurrence"), e.Zone)
	}
	return e
}

// coordinates are written as decimal numbers; nil where there are none that can be read.
func coordinates(address *node) *providers.Coordinates {
	if address == nil {
		return nil
	}
	latitude, err := strconv.ParseFloat(address.value("Latitude"), 64)
	if err != nil {
		return nil
	}
	longitude, err := strconv.ParseFloat(address.value("Longitude"), 64)
	if err != nil {
		return nil
	}
	return &providers.Coordinates{Latitude: latitude, Longitude: longitude}
}

func stampOf(item *node) string {
	for _, property := range item.all("ExtendedProperty") {
		if field := property.at("ExtendedFieldURI"); strings.EqualFold(field.attr("PropertySetId"), stampSet) && field.attr("PropertyName") == stampName {
			return property.value("Value")
		}
	}
	return ""
}

// times reads start and end. Whole days are midnights of the item's own zone, written
// as midnights of UTC.
func times(item *node, allDay bool, zone string) (start, end time.Time) {
	start, end = item.instant("Start"), item.instant("End")
	if end.Before(start) {
		end = start
	}
	if !allDay || start.IsZero() {
		return start, end
	}
	location, err := zones.Location(zone)
	known := err == nil && zone != ""
	day := func(t time.Time) time.Time {
		if known {
			y, m, d := t.In(location).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
		return t.Add(12 * time.Hour).Truncate(24 * time.Hour) // the nearest day, for zones without a name
	}
	return day(start), day(end)
}

func attendees(item *node) []providers.Attendee {
	var out []providers.Attendee
	for _, group := range []struct {
		name string
		role providers.AttendeeType
	}{{"RequiredAttendees", providers.Required}, {"OptionalAttendees", providers.Optional}, {"Resources", providers.Resource}} {
		for _, n := range item.at(group.name).all("Attendee") {
			a := providers.Attendee{
				Text: providers.Outside(n.value("Mailbox", "EmailAddress")), Name: providers.Outside(n.value("Mailbox", "Name")),
				Type: group.role, Response: response(n.value("ResponseType")), ResponseAt: n.instant("LastResponseTime"),
			}
			a.Mailbox, _ = providers.ParseAddress(n.value("Mailbox", "EmailAddress"))
			out = append(out, a)
		}
	}
	return out
}

func typeOf(s string) providers.EventType {
	switch s {
	case "Occurrence":
		return providers.Occurrence
	case "Exception":
		return providers.Exception
	case "RecurringMaster":
		return providers.SeriesMaster
	}
	return providers.SingleInstance
}

func showAs(s string) providers.ShowAs {
	switch s {
	case "Free":
		return providers.ShowFree
	case "Tentative":
		return providers.ShowTentative
	case "Busy":
		return providers.ShowBusy
	case "OOF":
		return providers.ShowOutOfOffice
	case "WorkingElsewhere":
		return providers.ShowWorkingElsewhere
	}
	return providers.ShowUnknown
}

func busyStatus(s providers.ShowAs) string {
	switch s {
	case providers.ShowFree:
		return "Free"
	case providers.ShowTentative:
		return "Tentative"
	case providers.ShowOutOfOffice:
		return "OOF"
	case providers.ShowWorkingElsewhere:
		return "WorkingElsewhere"
	}
	return "Busy"
}

func private(s string) bool { return s == "Private" || s == "Confidential" }

func response(s string) providers.Response {
	switch s {
	case "Organizer":
		return providers.ResponseOrganizer
	case "Tentative":
		return providers.ResponseTentative
	case "Accept":
		return providers.ResponseAccepted
	case "Decline":
		return providers.ResponseDeclined
	case "NoResponseReceived":
		return providers.ResponsePending
	}
	return providers.ResponseNone
}
