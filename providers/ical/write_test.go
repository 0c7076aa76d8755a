package ical_test

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ical"
)

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func meeting() providers.Event {
	return providers.Event{
		Mailbox: "aalto@contoso.com", ID: "id-1", Type: providers.SingleInstance,
		ICalUID: "040000008200E00074C5B7101A82E00800000000F0B9A3D1E15CDC0100000000000000001000000000000000000000010000000000000002",
		Start:   day.Add(13 * time.Hour), End: day.Add(14 * time.Hour), Subject: providers.Outside("Budget; plan, part 1\\2"),
		Organizer: "adele@contoso.com", OrganizerName: providers.Outside(`Adele "Del" Vance`), Location: providers.Outside("Aalto"),
		ShowAs: providers.ShowBusy, JoinURL: providers.Outside("https://teams.microsoft.com/l/meetup-join/19%3ameeting"),
		Modified: day.Add(-time.Hour),
	}
}

// one writes a single entry and returns its properties by name.
func one(t *testing.T, e ical.Entry) (string, map[string]string) {
	t.Helper()
	text, calendar := written(t, ical.Calendar{Name: providers.Outside("Aalto"), Zone: berlin(t), Made: day, Entries: []ical.Entry{e}})
	events := calendar.Events()
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	values := map[string]string{}
	for name, properties := range events[0].Props {
		if len(properties) != 1 {
			t.Errorf("%s comes %d times", name, len(properties))
		}
		value := properties[0].Value
		if decoded, err := properties[0].Text(); err == nil {
			value = decoded
		}
		values[name] = value
	}
	return text, values
}

func TestAnEventIsReadBackAsItWas(t *testing.T) {
	e := meeting()
	_, got := one(t, ical.FromEvent(e, false))
	want := map[string]string{
		"SUMMARY": "Budget; plan, part 1\\2", "LOCATION": "Aalto", "ORGANIZER": "mailto:adele@contoso.com", "UID": e.ICalUID, "STATUS": "CONFIRMED",
		"DTSTART": "20261123T140000", "DTEND": "20261123T150000", "DTSTAMP": "20261122T230000Z", "LAST-MODIFIED": "20261122T230000Z",
		"TRANSP": "OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS": "BUSY",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %q was not asked for", name, got[name])
		}
	}
}

// A join link lets anybody in: it is told only where it was asked for, and only
// where it is a link.
func TestJoinLinksOnlyWhenAsked(t *testing.T) {
	e := meeting()
	if text, _ := one(t, ical.FromEvent(e, false)); strings.Contains(text, "teams.microsoft") {
		t.Error("a join link that nobody asked for")
	}
	if _, got := one(t, ical.FromEvent(e, true)); got["URL"] != e.JoinURL.Raw() {
		t.Errorf("the link came as %q", got["URL"])
	}
	for _, bad := range []string{"javascript:alert(1)", "file:///etc/passwd", "http://teams.microsoft.com/x", `\\host\share`, "https://user@evil.example/", "https:///x",
		"https://x.example/\r\nBEGIN:VALARM", "https://x.example/\u202e", "-x", "ms-appinstaller:?source=x"} {
		e.JoinURL = providers.Outside(bad)
		if _, got := one(t, ical.FromEvent(e, true)); got["URL"] != "" {
			t.Errorf("%q came through", bad)
		}
	}
}

// S-47: of a private meeting only its time is told.
func TestPrivateMeetingsAreOnlyBusy(t *testing.T) {
	e := meeting()
	e.Private = true
	text, got := one(t, ical.FromEvent(e, true))
	for _, secret := range []string{"Budget", "Aalto@", "adele", "Adele", "teams", e.ICalUID[:40], "LOCATION", "ORGANIZER"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is told:\n%s", secret, text)
		}
	}
	if got["SUMMARY"] != "Private" || got["CLASS"] != "PRIVATE" || got["X-MICROSOFT-CDO-BUSYSTATUS"] != "BUSY" || got["UID"] == "" {
		t.Errorf("%v", got)
	}
	other := e
	other.ID = "id-2"
	if ical.FromEvent(e, false).UID == ical.FromEvent(other, false).UID {
		t.Error("two private meetings have the same UID")
	}
}

func TestDatesOfASeriesShareTheirUIDAndAreTold(t *testing.T) {
	const head, tail = "040000008200E00074C5B7101A82E008", "F0B9A3D1E15CDC0100000000000000001000000000000000000000010000000000000002"
	first, moved := meeting(), meeting()
	first.Type, first.ICalUID = providers.Occurrence, head+"07EA0B17"+tail
	moved.Type, moved.ICalUID = providers.Exception, head+"07EA0B1E"+tail
	moved.OriginalStart = moved.Start.AddDate(0, 0, 7)
	moved.Start, moved.End = moved.OriginalStart.Add(3*time.Hour), moved.OriginalStart.Add(4*time.Hour)
	_, a := one(t, ical.FromEvent(first, false))
	_, b := one(t, ical.FromEvent(moved, false))
	if a["UID"] != b["UID"] || a["UID"] != head+"00000000"+tail {
		t.Errorf("UIDs %q and %q", a["UID"], b["UID"])
	}
	if a["RECURRENCE-ID"] != "20261123T140000" || b["RECURRENCE-ID"] != "20261130T140000" || b["DTSTART"] != "20261130T170000" {
		t.Errorf("%v\n%v", a, b)
	}
}

func TestWholeDaysHaveNoZone(t *testing.T) {
	e := meeting()
	e.AllDay, e.Start, e.End, e.Type = true, day, day.AddDate(0, 0, 2), providers.Occurrence
	text, got := one(t, ical.FromEvent(e, false))
	if got["DTSTART"] != "20261123" || got["DTEND"] != "20261125" || got["RECURRENCE-ID"] != "20261123" || strings.Contains(text, "BEGIN:VTIMEZONE") {
		t.Errorf("%s", text)
	}
}

// TRUTH: only what the room accepted looks confirmed.
func TestOnlyAcceptedBookingsAreConfirmed(t *testing.T) {
	b := providers.Booking{ID: "b1", RoomName: providers.Outside("Aalto"), Request: providers.BookingRequest{Room: "aalto@contoso.com", Start: day, End: day.Add(time.Hour)}}
	for state, want := range map[providers.BookingState]ical.Status{
		providers.BookingQueued: ical.Tentative, providers.BookingSending: ical.Tentative, providers.BookingUnknown: ical.Tentative, providers.BookingWaiting: ical.Tentative,
		providers.BookingTentative: ical.Tentative, providers.BookingPartly: ical.Tentative, providers.BookingDeclined: ical.Tentative, providers.BookingCancelling: ical.Tentative,
		providers.BookingAccepted: ical.Confirmed, providers.BookingCancelled: ical.Cancelled, providers.BookingDraft: "", providers.BookingFailed: "",
	} {
		b.State = state
		e, ok := ical.FromBooking(b, false)
		if e.Status != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", state, e.Status, ok)
		}
		if state == providers.BookingDeclined && !e.Location.Empty() {
			t.Error("a room that declined is told as the place")
		}
	}
}

// S-24: nothing that is written into a text begins a line of its own.
func TestInjectedLinesStayText(t *testing.T) {
	e := meeting()
	evil := providers.Outside("x\r\nBEGIN:VALARM\r\nACTION:AUDIO\nEND:VALARM\u2028BEGIN:VEVENT\u0085END:VCALENDAR\x00\x1b]0;t\x07")
	e.Subject, e.Location, e.OrganizerName, e.ICalUID = evil, evil, providers.Outside("a\";X=\"b:c\r\nBEGIN:VALARM"), "u\r\nBEGIN:VALARM"
	e.Organizer = "a\r\nBEGIN:VALARM?x@contoso.com"
	text, calendar := written(t, ical.Calendar{Name: evil, Zone: berlin(t), Made: day, Entries: []ical.Entry{ical.FromEvent(e, true)}})
	if len(calendar.Events()) != 1 || len(calendar.Events()[0].Children) != 0 || strings.Contains(text, "\nBEGIN:VALARM") {
		t.Errorf("a component was smuggled in:\n%s", text)
	}
}

func TestAZoneWithoutANameIsRefused(t *testing.T) {
	for _, zone := range []*time.Location{time.FixedZone("", 3600), time.Local} {
		if zone.String() != "Local" && zone.String() != "" {
			continue
		}
		if err := ical.Write(&strings.Builder{}, ical.Calendar{Zone: zone, Entries: []ical.Entry{ical.FromEvent(meeting(), false)}}); err == nil {
			t.Errorf("%q was written", zone)
		}
	}
}

// Whatever stands in a subject comes back from another reader as it is shown on
// the screen, in one property of one event.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", "a,b;c\\d", "\\n", "\\\\n", "line\nbreak\r\nand \u2028 more", strings.Repeat("ä", 80), strings.Repeat("漢", 30), "\x1b]0;t\x07", "👩‍👩‍👧‍👦 " + strings.Repeat("x", 70), "\"quoted\"", "\xff\xfe", " lead", "trail "} {
		f.Add(seed)
		f.Add(strings.Repeat("long and longer ", 30) + seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		e := meeting()
		e.Subject, e.Location, e.OrganizerName = providers.Outside(raw), providers.Outside(raw), providers.Outside(raw)
		_, calendar := written(t, ical.Calendar{Name: e.Subject, Zone: time.UTC, Made: day, Entries: []ical.Entry{ical.FromEvent(e, false)}})
		events := calendar.Events()
		if len(events) != 1 || len(events[0].Children) != 0 {
			t.Fatalf("%q made %d events", raw, len(events))
		}
		got, err := events[0].Props.Get("SUMMARY").Text()
		if want := e.Subject.Or("(no subject)"); err != nil || got != want {
			t.Fatalf("%q came back as %q, want %q (%v)", raw, got, want, err)
		}
		if got := events[0].Props.Get("ORGANIZER").Params.Get("CN"); got != strings.ReplaceAll(e.OrganizerName.Or(""), `"`, "'") {
			t.Fatalf("the organizer %q came back as %q", raw, got)
		}
	})
}
