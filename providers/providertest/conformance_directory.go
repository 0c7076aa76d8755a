package providertest

import (
	"errors"
	"strings"
	"testing"

	"roomdesk/providers"
)

func directoryCases() []testCase {
	return []testCase{
		{"Identify tells the tenant and the application", Setup{}, caseIdentify},
		{"Rooms are listed completely and counted", Setup{}, caseRooms},
		{"Rooms beyond the first hundred are listed (F-035)", Setup{Rooms: 230}, caseRooms},
		{"Rooms cut short without a link are found or missed aloud (F-035)", Setup{Rooms: 130}, caseRoomsShort},
		{"Rooms stop when the caller stops", Setup{}, caseRoomsStop},
		{"People are listed without rooms (S16)", Setup{}, casePeople},
		{"People beyond one page are listed (S16)", Setup{People: 230}, casePeople},
	}
}

var errStop = errors.New("stopped by the caller")

func caseIdentify(t testing.TB, f Fixture) {
	id, err := f.Provider.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.Provider == "" || len(id.TenantID) != 36 || id.TenantID != strings.ToLower(id.TenantID) || id.TenantName.Empty() || id.AppID == "" {
		t.Errorf("identity is incomplete: %+v", id)
	}
	if len(id.Domains) == 0 || id.Domains[0] != f.Organizer.Domain() {
		t.Errorf("domains %v, want %s first", id.Domains, f.Organizer.Domain())
	}
	if c := id.Capabilities; c.Access == "" || !c.Write || c.MaxMailbox < 1 {
		t.Errorf("capabilities are incomplete: %+v", c)
	}
}

func rooms(t testing.TB, f Fixture) (map[providers.Address]providers.Room, providers.Listing) {
	t.Helper()
	got := map[providers.Address]providers.Room{}
	listing, err := f.Provider.Rooms(t.Context(), func(page []providers.Room) error {
		for _, room := range page {
			got[room.Mailbox] = room
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, listing
}

func caseRooms(t testing.TB, f Fixture) {
	got, listing := rooms(t, f)
	missing, named, placed := 0, 0, 0
	for _, mailbox := range f.Rooms {
		room, ok := got[mailbox]
		if !ok {
			missing++
			continue
		}
		if !room.Name.Empty() {
			named++
		}
		if !room.Building.Empty() && !room.Floor.Empty() && room.Capacity > 0 {
			placed++
		}
		if room.Capacity < 0 || room.Provider == "" {
			t.Errorf("room %s: capacity %d, provider %q", mailbox, room.Capacity, room.Provider)
		}
	}
	if missing > 0 || len(got) != len(f.Rooms) {
		t.Errorf("%d rooms came, %d exist, %d of them are missing", len(got), len(f.Rooms), missing)
	}
	if named != len(f.Rooms) || placed == 0 && !f.BareRooms {
		t.Errorf("of %d rooms %d have a name and %d a building, floor and capacity", len(f.Rooms), named, placed)
	}
	if listing.Count != len(f.Rooms) || !listing.Complete || listing.Reported != -1 && listing.Reported != len(f.Rooms) {
		t.Errorf("listing is not proven complete: %+v for %d rooms", listing, len(f.Rooms))
	}
}

// A list that breaks off is either completed in another way or called
// incomplete: it must never pass for the whole.
func caseRoomsShort(t testing.TB, f Fixture) {
	defer f.with(t, ShortRooms, "")()
	got, listing := rooms(t, f)
	if listing.Count != len(got) {
		t.Errorf("listing counts %d, %d came", listing.Count, len(got))
	}
	if whole := len(got) == len(f.Rooms); listing.Complete != whole {
		t.Errorf("%d of %d rooms came and the listing says complete: %t", len(got), len(f.Rooms), listing.Complete)
	}
	if !listing.Complete && listing.Warning.Empty() {
		t.Error("an incomplete listing has no warning for people")
	}
}

func caseRoomsStop(t testing.TB, f Fixture) {
	_, err := f.Provider.Rooms(t.Context(), func([]providers.Room) error { return errStop })
	if !errors.Is(err, errStop) {
		t.Errorf("the caller's own error does not come back: %v", err)
	}
}

func casePeople(t testing.TB, f Fixture) {
	got := map[providers.Address]providers.Person{}
	listing, err := f.Provider.People(t.Context(), func(page []providers.Person) error {
		for _, person := range page {
			got[person.Mailbox] = person
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, mailbox := range f.People {
		if person, ok := got[mailbox]; !ok {
			t.Errorf("%s is missing", mailbox)
		} else if person.Name.Empty() || person.ID == "" {
			t.Errorf("%s has no name or id: %+v", mailbox, person)
		}
	}
	for _, room := range f.Rooms {
		if _, ok := got[room]; ok {
			t.Errorf("room %s is listed as a person", room)
		}
	}
	if listing.Count != len(got) {
		t.Errorf("listing counts %d, %d came", listing.Count, len(got))
	}
}

func calendarCases() []testCase {
	return []testCase{
		{"Calendars: the default one is writable and has Teams where the mailbox has (P7)", Setup{}, caseCalendars},
		{"Calendars: holidays are read only (P11)", Setup{}, caseHolidays},
		{"Calendars of an unknown address are an error", Setup{}, caseCalendarsNobody},
	}
}

func caseCalendars(t testing.TB, f Fixture) {
	for mailbox, teams := range map[providers.Address]bool{f.Organizer: f.teams(t), f.WithoutTeams: false} {
		if mailbox == "" {
			continue
		}
		calendars, err := f.Provider.Calendars(t.Context(), mailbox)
		if err != nil {
			t.Fatal(err)
		}
		defaults := 0
		for _, calendar := range calendars {
			if calendar.ID == "" || calendar.Name.Empty() || calendar.Mailbox != mailbox {
				t.Errorf("calendar of %s is incomplete: %+v", mailbox, calendar)
			}
			if !calendar.Default {
				continue
			}
			defaults++
			if calendar.ReadOnly || calendar.IntegratedConferencing != teams || calendar.Owner != mailbox {
				t.Errorf("default calendar of %s: read only %t, conferencing %t (want %t), owner %q",
					mailbox, calendar.ReadOnly, calendar.IntegratedConferencing, teams, calendar.Owner)
			}
		}
		if defaults != 1 {
			t.Errorf("%s has %d default calendars", mailbox, defaults)
		}
	}
}

func caseHolidays(t testing.TB, f Fixture) {
	if f.OneCalendar {
		t.Skip("the service tells of no calendars but the default one")
	}
	calendars, err := f.Provider.Calendars(t.Context(), f.Organizer)
	if err != nil {
		t.Fatal(err)
	}
	readOnly := 0
	for _, calendar := range calendars {
		if calendar.ReadOnly {
			readOnly++
			if calendar.Default || calendar.IntegratedConferencing {
				t.Errorf("a read-only calendar is the default or makes Teams meetings: %+v", calendar)
			}
		}
	}
	if readOnly == 0 {
		t.Errorf("no calendar of %d is read only, although every mailbox has holidays", len(calendars))
	}
}

func caseCalendarsNobody(t testing.TB, f Fixture) {
	calendars, err := f.Provider.Calendars(t.Context(), f.Nobody)
	mustClass(t, "calendars of nobody", err, providers.NoMailbox, providers.Gone)
	if len(calendars) > 0 {
		t.Errorf("calendars beside an error: %v", calendars)
	}
}
