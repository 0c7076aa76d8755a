package ical

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"roomdesk/providers"
)

// FromEvent is the entry of an event. Of a private one it tells only that the time
// is taken. A join link is told only with links.
func FromEvent(e providers.Event, links bool) Entry {
	entry := Entry{
		UID: uid(e), Series: e.Type == providers.Occurrence || e.Type == providers.Exception, Original: e.OriginalStart,
		Start: e.Start, End: e.End, AllDay: e.AllDay, Summary: e.Subject, Location: e.Location, Organizer: e.Organizer,
		OrganizerName: e.OrganizerName, Status: Confirmed, ShowAs: e.ShowAs, Private: e.Private, Modified: e.Modified,
	}
	switch {
	case e.Cancelled:
		entry.Status = Cancelled
	case e.ShowAs == providers.ShowTentative:
		entry.Status = Tentative
	}
	if links {
		entry.URL = e.JoinURL
	}
	if e.Private {
		none := providers.Untrusted{}
		entry.Summary, entry.Location, entry.Organizer, entry.OrganizerName, entry.URL = providers.Outside("Private"), none, "", none, none
	}
	return entry
}

// FromBooking is the entry of a booking made here; false for one that never came
// to the tenant. Only what the room accepted is confirmed.
func FromBooking(b providers.Booking, links bool) (Entry, bool) {
	switch b.State {
	case providers.BookingDraft, providers.BookingFailed:
		return Entry{}, false
	}
	entry := Entry{
		UID: seriesUID(b.ICalUID), Start: b.Request.Start, End: b.Request.End, Summary: b.Request.Subject, Location: b.RoomName,
		Organizer: b.Request.Organizer, Status: Tentative, ShowAs: providers.ShowBusy, Modified: b.Updated,
	}
	if entry.UID == "" {
		entry.UID = b.ID + "@roomdesk"
	}
	if b.RoomName.Empty() {
		entry.Location = providers.Outside(string(b.Request.Room))
	}
	switch b.State {
	case providers.BookingAccepted:
		entry.Status = Confirmed
	case providers.BookingCancelled:
		entry.Status = Cancelled
	case providers.BookingDeclined:
		// The meeting stands, but not in that room.
		entry.Location = providers.Untrusted{}
	}
	entry.Description = providers.Outside(b.RoomName.Or(string(b.Request.Room)) + ": " + b.State.Words())
	if links {
		entry.URL = b.JoinURL
	}
	return entry, true
}

// uid is an event's UID. That of a private event is made from its id: the real one
// stands in every attendee's copy and would tell which meeting it is.
func uid(e providers.Event) string {
	if e.ICalUID != "" && !e.Private {
		return seriesUID(e.ICalUID)
	}
	id := e.ID
	if e.SeriesMasterID != "" {
		id = e.SeriesMasterID
	}
	sum := sha256.Sum256([]byte(string(e.Mailbox) + "\x00" + id))
	return hex.EncodeToString(sum[:16]) + "@roomdesk"
}

// globalObjectID is how Exchange writes its own UIDs ([MS-OXCICAL], PidLidGlobalObjectId):
// a fixed beginning, then the date of the occurrence, zero in the series itself.
var globalObjectID = regexp.MustCompile(`(?i)^(040000008200E00074C5B7101A82E008)([0-9A-F]{8})([0-9A-F]{16,})$`)

// seriesUID is the UID of the series that an occurrence's UID belongs to.
func seriesUID(uid string) string {
	if m := globalObjectID.FindStringSubmatch(uid); m != nil {
		return strings.ToUpper(m[1] + "00000000" + m[3])
	}
	return uid
}
