package graph

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"roomdesk/providers"
)

func rawRoom(i int) map[string]any {
	return map[string]any{"id": "place-" + itoa(i), "emailAddress": fmt.Sprintf("Room%d@contoso.test", i), "displayName": "Room " + itoa(i), "capacity": 8}
}

// places serves total rooms under $top and $skip; change may spoil each answer.
func places(total int, change func(skip int, answer map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/rooms"):
			sendJSON(w, 200, map[string]any{"value": []any{rawRoom(1), rawRoom(3)}, "@odata.count": 2})
		case strings.HasSuffix(r.URL.Path, "roomList"):
			sendJSON(w, 200, map[string]any{"value": []any{map[string]any{"id": "l", "emailAddress": "hq@contoso.test"}}, "@odata.count": 1})
		default:
			skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
			top, _ := strconv.Atoi(r.URL.Query().Get("$top"))
			value := []any{}
			for i := skip; i < min(total, skip+top); i++ {
				value = append(value, rawRoom(i))
			}
			answer := map[string]any{"value": value, "@odata.count": total, "host": r.Host}
			if change != nil {
				change(skip, answer)
			}
			sendJSON(w, 200, answer)
		}
	}
}

func listRooms(t *testing.T, n *tenant) ([]providers.Room, providers.Listing) {
	t.Helper()
	var rooms []providers.Room
	listing, err := n.provider().Rooms(t.Context(), func(page []providers.Room) error {
		rooms = append(rooms, page...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	known := map[providers.Address]bool{}
	for _, room := range rooms {
		if known[room.Mailbox] {
			t.Errorf("%s came twice", room.Mailbox)
		}
		known[room.Mailbox] = true
	}
	return rooms, listing
}

// F-035: 100 of 1,535 rooms and no link.
func TestRoomsGoOnWithoutALink(t *testing.T) {
	n := newTenant(t, places(1535, nil))
	rooms, listing := listRooms(t, n)
	if len(rooms) != 1535 || !listing.Complete || listing.Count != 1535 || listing.Reported != 1535 || !listing.Warning.Empty() {
		t.Errorf("%d rooms, %+v", len(rooms), listing)
	}
	if !slices.Contains(rooms[3].Lists, "hq@contoso.test") || rooms[2].Lists != nil {
		t.Errorf("lists %v, %v", rooms[3].Lists, rooms[2].Lists)
	}
}

// F-036 and its family: the listing always ends, never repeats a room, and says
// when it cannot prove that it is complete.
func TestRoomsFromALyingService(t *testing.T) {
	links := 0
	for _, c := range []struct {
		name     string
		total    int
		change   func(skip int, answer map[string]any)
		rooms    int
		complete bool
	}{
		{"skip is ignored", 250, func(skip int, a map[string]any) {
			a["value"] = []any{rawRoom(0), rawRoom(1)}
		}, 3, false}, // and room 3, of which only a room list tells
		{"skip is ignored and nothing is counted", 250, func(skip int, a map[string]any) {
			a["value"] = []any{rawRoom(0), rawRoom(1)}
			delete(a, "@odata.count")
		}, 3, false},
		{"skip is ignored from 200 on", 450, func(skip int, a map[string]any) {
			if skip >= 200 {
				a["value"] = []any{rawRoom(100), rawRoom(101)}
			}
		}, 200, false},
		{"nothing is counted", 250, func(skip int, a map[string]any) { delete(a, "@odata.count") }, 250, true},
		{"the count grows midway and never comes true", 250, func(skip int, a map[string]any) { a["@odata.count"] = 250 + skip }, 250, false},
		{"the count is less than what comes", 250, func(skip int, a map[string]any) { a["@odata.count"] = 100 }, 250, true},
		{"the count is negative", 250, func(skip int, a map[string]any) { a["@odata.count"] = -5 }, 250, true},
		{"an empty page comes early", 250, emptyOnce(100), 250, true},
		{"a page comes twice", 350, twiceOnce(200), 350, true},
		{"a page is lost", 250, dropOnce(100), 250, true},
		{"rooms without an address", 150, func(skip int, a map[string]any) {
			a["value"].([]any)[0].(map[string]any)["emailAddress"] = "/o=Exchange/cn=x"
		}, 148, true},
		{"nothing but rooms without an address, for ever", 150, func(skip int, a map[string]any) {
			a["value"] = []any{map[string]any{"id": "x"}, map[string]any{"id": "y"}}
		}, 2, false},
		{"empty pages with new links for ever", 150, func(skip int, a map[string]any) {
			a["value"] = []any{}
			links++
			a["@odata.nextLink"] = "https://" + a["host"].(string) + "/v1.0/places/microsoft.graph.room?$skiptoken=" + itoa(links)
		}, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newTenant(t, places(c.total, c.change))
			rooms, listing := listRooms(t, n)
			if len(rooms) != c.rooms || listing.Count != c.rooms || listing.Complete != c.complete || !c.complete && listing.Warning.Empty() {
				t.Errorf("%d rooms, %+v", len(rooms), listing)
			}
			if n.seen() > 30 && !strings.HasPrefix(c.name, "empty pages") || n.seen() > maxEmpty+10 {
				t.Errorf("%d requests", n.seen())
			}
		})
	}
}

func emptyOnce(at int) func(int, map[string]any) {
	done := false
	return func(skip int, a map[string]any) {
		if skip == at && !done {
			done, a["value"] = true, []any{}
		}
	}
}

func twiceOnce(at int) func(int, map[string]any) {
	done := false
	return func(skip int, a map[string]any) {
		if skip == at && !done {
			done = true
			var again []any
			for i := skip - 100; i < skip; i++ {
				again = append(again, rawRoom(i))
			}
			a["value"] = again
		}
	}
}

func dropOnce(at int) func(int, map[string]any) {
	done := false
	return func(skip int, a map[string]any) {
		if skip == at && !done {
			done = true
			value := a["value"].([]any)
			a["value"] = value[50:]
		}
	}
}

func TestOpaqueLinksOfRoomsAreFollowed(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "roomList") {
			sendError(w, 403, "ErrorAccessDenied")
			return
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
		answer := map[string]any{"value": []any{rawRoom(page)}, "@odata.count": 3}
		if page < 2 {
			answer["@odata.nextLink"] = "https://" + r.Host + r.URL.Path + "?$skiptoken=" + itoa(page+1)
		}
		sendJSON(w, 200, answer)
	})
	rooms, listing := listRooms(t, n)
	if len(rooms) != 3 || !listing.Complete || !strings.Contains(listing.Warning.String(), "room lists") {
		t.Errorf("%d rooms, %+v", len(rooms), listing)
	}
}

// F-040 and the mapping of a place's members.
func TestRoomOfAPlace(t *testing.T) {
	decodeRoom := func(text string) (providers.Room, bool) {
		t.Helper()
		var w WirePlace
		if err := object(strings.NewReader(text), &w); err != nil {
			t.Fatal(err)
		}
		return w.Room()
	}
	r, ok := decodeRoom(`{"id":"i","placeId":"p","emailAddress":" Aalto@Contoso.test","displayName":"Aalto","building":"HQ","floorNumber":0,"label":"east",
		"capacity":12,"bookingType":"standard","tags":["quiet"," "],"displayDeviceName":"Screen","videoDeviceName":"Cam","audioDeviceName":"","teamsEnabledState":"enabled",
		"isWheelChairAccessible":false,"phone":"1"}`)
	if !ok || r.Mailbox != aalto || r.PlaceID != "p" || *r.FloorNumber != 0 || r.Floor.Raw() != "0" || r.Section.Raw() != "east" || r.Capacity != 12 ||
		!r.Has(providers.Display) || !r.Has(providers.Video) || r.Has(providers.Audio) || !r.Has(providers.Teams) || len(r.Devices) != 2 ||
		r.StepFree == nil || *r.StepFree || !r.Bookable || len(r.Tags) != 1 || r.Provider != "graph" {
		t.Errorf("%+v", r)
	}
	if r, _ = decodeRoom(`{"emailAddress":"a@b.c","floorLabel":"Mezzanine","floorNumber":2,"bookingType":"reserved","isWheelchairAccessible":true,"teamsEnabledState":"disabled"}`); r.Floor.Raw() != "Mezzanine" || r.Bookable || r.StepFree == nil || !*r.StepFree || r.Has(providers.Teams) {
		t.Errorf("%+v", r)
	}
	for text, want := range map[string]int{"null": 0, "0": 0, "-5": 0, "1000000000": 0, "1e300": 0, "8": 8, "8.0": 8} {
		if r, ok := decodeRoom(`{"emailAddress":"a@b.c","capacity":` + text + `}`); !ok || r.Capacity != want {
			t.Errorf("capacity %s: %d", text, r.Capacity)
		}
	}
	if r, _ := decodeRoom(`{"emailAddress":"a@b.c","floorNumber":1e300}`); r.FloorNumber != nil {
		t.Errorf("floor %d", *r.FloorNumber)
	}
	for _, bad := range []string{`{}`, `{"emailAddress":""}`, `{"emailAddress":"a@b.c/../d"}`, `{"emailAddress":"a@b\u001b.c"}`} {
		if _, ok := decodeRoom(bad); ok {
			t.Errorf("%s is a room", bad)
		}
	}
}

func TestPeopleAreNoRooms(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/users") {
			places(2, nil)(w, r)
			return
		}
		if r.URL.Query().Get("$skiptoken") == "" {
			sendJSON(w, 200, map[string]any{"@odata.nextLink": "https://" + r.Host + r.URL.Path + "?$skiptoken=2", "value": []any{
				map[string]any{"id": "1", "mail": "Adele@contoso.test", "displayName": "Adele", "accountEnabled": true},
				map[string]any{"id": "2", "mail": "room1@contoso.test", "accountEnabled": false},
				map[string]any{"id": "3", "mail": nil, "userPrincipalName": "service@contoso.test"},
				map[string]any{"id": "4", "mail": "guest@other.test", "userType": "Guest"}}})
			return
		}
		sendJSON(w, 200, map[string]any{"value": []any{
			map[string]any{"id": "1", "mail": "adele@contoso.test"}, map[string]any{"id": "5", "mail": "bob@contoso.test", "accountEnabled": false}}})
	})
	var people []providers.Person
	listing, err := n.provider().People(t.Context(), func(page []providers.Person) error { people = append(people, page...); return nil })
	if err != nil || len(people) != 2 || people[0].Mailbox != adele || !people[0].Enabled || people[1].Enabled || listing.Unusable != 1 || !listing.Complete || listing.Count != 2 {
		t.Errorf("%v: %+v, %+v", err, people, listing)
	}
}
