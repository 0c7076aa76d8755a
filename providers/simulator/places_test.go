package simulator

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// person is the same client with the token of somebody who signed in: delegated
// permissions, and directory roles by their template ids.
func (c *client) person(tenant *Tenant, mailbox, scopes string, roles ...string) *client {
	c.t.Helper()
	m := tenant.world.find(mailbox)
	if m == nil {
		c.t.Fatalf("no such person: %s", mailbox)
	}
	now := tenant.options.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"aud": c.at.GraphURL, "iss": "https://sts.windows.net/" + c.at.TenantID + "/", "tid": c.at.TenantID, "ver": "1.0",
		"appid": c.at.ClientID, "app_displayname": "roomdesk", "idtyp": "user", "oid": m.id, "upn": m.contact.address, "unique_name": m.contact.address,
		"scp": scopes, "wids": roles, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	signed, err := token.SignedString(testKey())
	if err != nil {
		c.t.Fatal(err)
	}
	other := *c
	other.token = signed
	return &other
}

func (c *client) placesAdmin(tenant *Tenant) *client {
	c.t.Helper()
	return c.person(tenant, c.at.Organizer, "Place.ReadWrite.All Calendars.ReadWrite", exchangeAdministrator)
}

// Every type in both spellings and any case, by id, by placeId and by address,
// and the tree below a building.
func TestPlacesOfEveryType(t *testing.T) {
	_, c := checked(t, Options{Seed: 60, Rooms: 30, People: 5})
	for kind, name := range placeNames {
		kind := placeKind(kind)
		list, _ := c.all("/places/microsoft.graph." + name)
		short, _ := c.all("/places/graph." + name + "?$top=7")
		if len(list) == 0 || len(list) != len(short) {
			t.Errorf("%s: %d and %d entries by the two spellings", name, len(list), len(short))
			continue
		}
		first := list[len(list)/2]
		keys := []string{first["id"].(string), first["placeId"].(string), strings.ToUpper(first["placeId"].(string))}
		if address, ok := first["emailAddress"].(string); ok {
			keys = append(keys, address, strings.ToUpper(address), strings.Replace(address, "@", "%40", 1))
		}
		for _, key := range keys {
			for _, path := range []string{"/places/" + key, "/places/" + key + "/graph." + name, "/places/" + key + "/microsoft.graph." + name} {
				got := c.get(path)
				if got["id"] != first["id"] || got["@odata.type"] != "#microsoft.graph."+name {
					t.Errorf("%s gives %v %v, want %v", path, got["@odata.type"], got["id"], first["id"])
				}
			}
		}
		other := placeNames[(kind+1)%placeKinds]
		if r := c.send(404, request{method: "GET", path: "/places/" + first["id"].(string) + "/graph." + other}); r.errorCode() != "ErrorItemNotFound" {
			t.Errorf("a %s as %s: %s", name, other, r.errorCode())
		}
	}
	// Not in the contract, taken by the service: any case, keys in brackets.
	plainTenant, plain := start(t, Options{Seed: 60, Rooms: 30, People: 5})
	room := plainTenant.Rooms()[3].Mailbox
	for _, path := range []string{"/PLACES/MICROSOFT.GRAPH.ROOMLIST", "/places/microsoft.graph.roomlist", "/places('" + room + "')", "/places('" + room + "')/Microsoft.Graph.Room", "/places/" + room + "/GRAPH.ROOM"} {
		plain.get(path)
	}
}

func TestPlaceDescendants(t *testing.T) {
	_, c := checked(t, Options{Seed: 61, Rooms: 23, People: 5})
	buildings, _ := c.all("/places/graph.building")
	total, byKind := 0, map[string]int{}
	for _, b := range buildings {
		for _, spelling := range []string{"descendants", "descendants()"} {
			first := c.get("/places/" + b["id"].(string) + "/" + spelling)["value"].([]any)
			if kind := dig(first, 0, "@odata.type"); kind != "#microsoft.graph.floor" {
				t.Errorf("below a building comes %v first", kind)
			}
		}
		for skip := 0; ; skip += 50 {
			page := c.get(fmt.Sprintf("/places/%s/descendants?$top=50&$skip=%d", b["id"], skip))["value"].([]any)
			for _, v := range page {
				total++
				byKind[dig(v, "@odata.type").(string)]++
			}
			if len(page) < 50 {
				break
			}
		}
	}
	want := 0
	for _, name := range []string{"room", "floor", "section", "desk", "workspace"} {
		list, _ := c.all("/places/graph." + name)
		want += len(list)
		if byKind["#microsoft.graph."+name] != len(list) {
			t.Errorf("%d of %d %ss stand below a building", byKind["#microsoft.graph."+name], len(list), name)
		}
	}
	if total != want || byKind["#microsoft.graph.desk"] < 4*byKind["#microsoft.graph.section"] {
		t.Errorf("%d descendants of %d places: %v", total, want, byKind)
	}
	list := c.get("/places/graph.roomList")["value"].([]any)
	n := 0
	for _, l := range list {
		spaces, _ := c.all("/places/" + dig(l, "emailAddress").(string) + "/graph.roomList/workspaces?$top=2")
		n += len(spaces)
	}
	if n != byKind["#microsoft.graph.workspace"] {
		t.Errorf("%d of %d workspaces are in a room list", n, byKind["#microsoft.graph.workspace"])
	}
	// A list must be named by its address.
	c.send(404, request{method: "GET", path: "/places/" + dig(list, 0, "id").(string) + "/graph.roomList/rooms"})
}

func TestPlaceFilters(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 62, Rooms: 40, People: 5})
	all, _ := c.all("/places/graph.room")
	count := func(keep func(object) bool) (n int) {
		for _, r := range all {
			if keep(r) {
				n++
			}
		}
		return n
	}
	first := all[0]
	for filter, keep := range map[string]func(object) bool{
		"capacity ge 8 and videoDeviceName ne null": func(r object) bool { return r["capacity"].(float64) >= 8 && r["videoDeviceName"] != nil },
		"building eq '" + first["building"].(string) + "' or bookingType eq 'reserved'": func(r object) bool {
			return r["building"] == first["building"] || r["bookingType"] == "reserved"
		},
		"not (isWheelChairAccessible eq true)":                                 func(r object) bool { return r["isWheelChairAccessible"] != true },
		"startswith(displayName,'a')":                                          func(r object) bool { return strings.HasPrefix(strings.ToLower(r["displayName"].(string)), "a") },
		"floorNumber in (1,2)":                                                 func(r object) bool { return r["floorNumber"] == 1.0 || r["floorNumber"] == 2.0 },
		"address/city eq 'Amsterdam'":                                          func(r object) bool { return dig(r, "address", "city") == "Amsterdam" },
		"emailAddress eq '" + strings.ToUpper(tenant.Rooms()[4].Mailbox) + "'": func(r object) bool { return r["emailAddress"] == tenant.Rooms()[4].Mailbox },
	} {
		want := count(keep)
		list, _ := c.all("/places/graph.room?$top=3&$select=displayName,placeId&$filter=" + url.QueryEscape(filter))
		number := string(c.send(200, request{method: "GET", path: "/places/microsoft.graph.room/$count?$filter=" + url.QueryEscape(filter)}).raw)
		if len(list) != want || number != fmt.Sprint(want) || want == 0 {
			t.Errorf("%s: %d listed, %s counted, want %d", filter, len(list), number, want)
		}
		if len(list) > 0 && len(list[0]) != 3 {
			t.Errorf("$select gives %v", list[0])
		}
	}
	for _, path := range []string{"/places/graph.desk?$filter=capacity%20eq%201", "/places/graph.room?$filter=capacity%20eq", "/places/graph.room?$search=x", "/places/graph.building?$orderby=capacity"} {
		c.send(400, request{method: "GET", path: path})
	}
}

// F-035, F-036: the first hundred without a link, $skip ignored, a page twice,
// counts that are absent or change.
func TestPlacePagesGoWrong(t *testing.T) {
	tenant, c := start(t, Options{Seed: 63, Rooms: 1250, People: 5})
	with := func(page string) func() { return tenant.Inject(Fault{Path: "/places/*room", Page: page}) }
	remove := with("no_link")
	if list, _ := c.all("/places/graph.room?$count=true"); len(list) != 100 {
		t.Errorf("%d rooms without links", len(list))
	}
	remove()
	remove = with("skip_ignored")
	first, again := c.get("/places/graph.room?$top=100"), c.get("/places/graph.room?$top=100&$skip=1100")
	if dig(first, "value", 0, "id") != dig(again, "value", 0, "id") {
		t.Error("$skip above 1,000 is not ignored")
	}
	if dig(first, "value", 0, "id") == dig(c.get("/places/graph.room?$top=100&$skip=900"), "value", 0, "id") {
		t.Error("$skip below 1,000 is ignored")
	}
	remove()
	remove = with("same_again")
	second := c.get("/places/graph.room?$top=100&$skip=100")
	if dig(first, "value", 0, "id") != dig(second, "value", 0, "id") || second["@odata.nextLink"] == nil {
		t.Error("the second page is not the first again")
	}
	remove()
	remove = with("no_count")
	if n, ok := c.get("/places/graph.room?$count=true")["@odata.count"]; ok {
		t.Errorf("count %v", n)
	}
	remove()
	remove = with("count_changes")
	a, b := c.get("/places/graph.room?$count=true")["@odata.count"], c.get("/places/graph.room?$count=true&$skip=100")["@odata.count"]
	if a == b || a == 1250.0 {
		t.Errorf("counts %v and %v", a, b)
	}
	remove()
	if list, _ := c.all("/places/graph.room"); len(list) != 1250 {
		t.Errorf("%d rooms without faults", len(list))
	}
}

// F-040, F-037: what nobody cleaned up.
func TestOddPlaces(t *testing.T) {
	_, c := checked(t, Options{Seed: 64, Rooms: 36, People: 5, Oddities: true})
	rooms, _ := c.all("/places/graph.room")
	capacities, names, hostile := map[any]bool{}, map[any]int{}, 0
	for _, r := range rooms {
		capacities[r["capacity"]] = true
		names[r["displayName"]]++
		building, _ := r["building"].(string)
		floor, _ := r["floorLabel"].(string)
		if strings.ContainsAny(building+floor, "\x1b\u202e\u200b\x07\u2028") {
			hostile++
		}
	}
	for _, want := range []any{nil, 0.0, -4.0, 1e9} {
		if !capacities[want] {
			t.Errorf("no room has capacity %v", want)
		}
	}
	if names["Meeting room"] < 2 || hostile == 0 {
		t.Errorf("%d rooms of one name, %d hostile names", names["Meeting room"], hostile)
	}
	if _, plain := start(t, Options{Seed: 64, Rooms: 36, People: 5}); plain.get("/places/graph.room?$filter=capacity%20lt%201")["value"] == nil || len(plain.get("/places/graph.room?$filter=capacity%20lt%201")["value"].([]any)) != 0 {
		t.Error("the oddities are there without their switch")
	}
}

// F-037, F-038, mistake 13: what an administrator does to rooms.
func TestRoomsChange(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 65})
	rooms := tenant.Rooms()
	place := func(key string) object { c.t.Helper(); return c.get("/places/" + key) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	before := place(rooms[0].Mailbox)
	id, err := tenant.ChangePlaceID(rooms[0].Mailbox)
	must(err)
	after := place(rooms[0].Mailbox)
	if after["id"] != id || after["id"] == before["id"] || after["placeId"] != before["placeId"] {
		t.Errorf("ids %v and %v, placeIds %v and %v", before["id"], after["id"], before["placeId"], after["placeId"])
	}
	c.send(404, request{method: "GET", path: "/places/" + before["id"].(string)})

	must(tenant.RenameAccount(rooms[0].Mailbox, rooms[1].Name))
	if a, b := place(rooms[0].Mailbox), place(rooms[1].Mailbox); a["displayName"] != b["displayName"] || a["placeId"] == b["placeId"] {
		t.Error("the two rooms do not have one name")
	}
	if name := c.get("/users/" + rooms[0].Mailbox)["displayName"]; name != rooms[1].Name {
		t.Errorf("the directory calls it %v", name)
	}

	renamed := "somewhere-else@" + c.at.Domain
	must(tenant.ChangeAddress(rooms[0].Mailbox, renamed))
	if got := place(renamed); got["placeId"] != before["placeId"] || got["emailAddress"] != renamed {
		t.Errorf("by the new address: %v", got)
	}
	c.send(404, request{method: "GET", path: "/places/" + rooms[0].Mailbox})
	at := tenant.quiet()
	made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(renamed, at, time.Hour))
	if got := roomResponse(c.event(c.at.Organizer, made), renamed); got != "accepted" {
		t.Errorf("the room says %q under its new address", got)
	}
	for _, key := range []string{rooms[0].Mailbox, renamed} {
		if n := len(c.view(key, at, at.Add(time.Hour))); n != 1 {
			t.Errorf("%d entries in the calendar of %s", n, key)
		}
	}
	if tenant.ChangeAddress(rooms[1].Mailbox, renamed) == nil {
		t.Error("two rooms have one address")
	}

	list := place(rooms[1].List)["emailAddress"].(string)
	members := func(list string) map[any]bool {
		out := map[any]bool{}
		all, _ := c.all("/places/" + list + "/graph.roomList/rooms")
		for _, r := range all {
			out[r["emailAddress"]] = true
		}
		return out
	}
	other := rooms[len(rooms)-1].List
	must(tenant.MoveRoom(rooms[1].Mailbox, other))
	if members(list)[rooms[1].Mailbox] || !members(other)[rooms[1].Mailbox] || place(rooms[1].Mailbox)["emailAddress"] != rooms[1].Mailbox {
		t.Error("the room did not move")
	}

	must(tenant.HideRoom(rooms[2].Mailbox, true))
	c.send(404, request{method: "GET", path: "/places/" + rooms[2].Mailbox})
	all, _ := c.all("/places/graph.room")
	if len(all) != len(rooms)-1 {
		t.Errorf("%d rooms are listed", len(all))
	}
	c.view(rooms[2].Mailbox, at, at.Add(time.Hour))
	must(tenant.HideRoom(rooms[2].Mailbox, false))
	place(rooms[2].Mailbox)

	for _, code := range []string{GoneItem, GoneMailbox, GoneUser} {
		must(tenant.DeleteAccount(rooms[3].Mailbox, code))
		if r := c.send(404, request{method: "GET", path: viewPath(rooms[3].Mailbox, at, at.Add(time.Hour))}); r.errorCode() != code {
			t.Errorf("a deleted room answers %s, want %s", r.errorCode(), code)
		}
		c.send(404, request{method: "GET", path: "/places/" + rooms[3].Mailbox})
		if r := c.send(404, request{method: "GET", path: "/users/" + rooms[3].Mailbox}); r.errorCode() != "Request_ResourceNotFound" {
			t.Errorf("the directory answers %s", r.errorCode())
		}
	}
	made = c.post(201, "/users/"+c.at.Organizer+"/events", meeting(rooms[3].Mailbox, at, time.Hour))
	if got := roomResponse(c.event(c.at.Organizer, made), rooms[3].Mailbox); got != "none" {
		t.Errorf("a deleted room says %q", got)
	}
	must(tenant.RestoreAccount(rooms[3].Mailbox))
	place(rooms[3].Mailbox)
	if tenant.RenameAccount("nobody@nowhere.example", "x") == nil {
		t.Error("nobody was renamed")
	}
}

// A written change is answered at once and read late; an application may not
// write; the tree is guarded.
func TestPlacesAreWritten(t *testing.T) {
	clock := newClock(time.Now())
	tenant, app := checked(t, Options{Seed: 66, Now: clock.now, PlaceDelay: 10 * time.Minute})
	room := tenant.Rooms()[0].Mailbox
	body := object{"@odata.type": "microsoft.graph.room", "capacity": 50, "label": "Window", "tags": []string{"New"}, "isWheelChairAccessible": nil}
	if r := app.send(403, request{method: "PATCH", path: "/places/" + room, body: body}); r.errorCode() != "ErrorAccessDenied" {
		t.Errorf("an application gets %s", r.errorCode())
	}
	nobody := app.person(tenant, app.at.Organizer, "Place.ReadWrite.All")
	nobody.send(403, request{method: "PATCH", path: "/places/" + room, body: body})
	c := app.placesAdmin(tenant)
	before := c.get("/places/" + room)["capacity"]
	got := c.send(200, request{method: "PATCH", path: "/places/" + room, body: body}).body
	if got["capacity"] != 50.0 || got["label"] != "Window" || dig(got, "tags", 0) != "New" {
		t.Errorf("the answer has %v", got)
	}
	if now := c.get("/places/" + room); now["capacity"] != before || now["label"] == "Window" {
		t.Error("the change is seen at once")
	}
	// A second change builds on the first, unseen one.
	c.send(200, request{method: "PATCH", path: "/places/" + room, body: object{"phone": "1"}})
	clock.advance(11 * time.Minute)
	if now := c.get("/places/" + room); now["capacity"] != 50.0 || now["phone"] != "1" {
		t.Errorf("after its time: %v", now)
	}
	if list := c.get("/places/graph.room?$filter=capacity%20eq%2050&$count=true"); list["@odata.count"] != 1.0 {
		t.Errorf("the list has %v", list["@odata.count"])
	}

	post := func(want int, kind, name, parent string, more ...any) object {
		t.Helper()
		o := object{"@odata.type": "#microsoft.graph." + kind, "displayName": name}
		if parent != "" {
			o["parentId"] = parent
		}
		for i := 0; i+1 < len(more); i += 2 {
			o[more[i].(string)] = more[i+1]
		}
		return c.post(want, "/places", o)
	}
	b := post(201, "building", "Annex", "", "address", object{"city": "Delft"}, "resourceLinks", []any{object{"name": "Map", "value": "https://x.example", "linkType": "url"}})
	f := post(201, "floor", "1", b["placeId"].(string), "sortOrder", 1)
	s := post(201, "section", "North", f["id"].(string))
	d := post(201, "desk", "D1", s["id"].(string), "mode", object{"@odata.type": "#microsoft.graph.dropInPlaceMode"}, "heightAdjustableState", "enabled")
	post(201, "workspace", "W1", s["id"].(string), "capacity", 8)
	r := post(201, "room", "R1", f["id"].(string), "capacity", 4)
	for _, wrong := range [][2]string{{"floor", s["id"].(string)}, {"section", b["id"].(string)}, {"desk", f["id"].(string)}, {"room", b["id"].(string)}, {"building", b["id"].(string)}, {"floor", ""}, {"desk", "nowhere"}, {"workspace", ""}, {"roomList", ""}} {
		post(400, wrong[0], "Wrong", wrong[1])
	}
	post(409, "room", "R2", f["id"].(string), "emailAddress", room)
	c.send(400, request{method: "POST", path: "/places", body: object{"displayName": "of no type"}})
	if all, _ := c.all("/places/graph.building"); len(all) != len(tenant.world.buildings) {
		t.Error("the new building is listed before its time")
	}
	clock.advance(11 * time.Minute)
	below := c.get("/places/" + b["id"].(string) + "/descendants")["value"].([]any)
	if len(below) != 5 {
		t.Errorf("%d places below the new building, want 5", len(below))
	}
	if got := c.get("/places/" + r["emailAddress"].(string)); got["parentId"] != f["placeId"] {
		t.Errorf("the new room is %v", got)
	}
	c.send(409, request{method: "DELETE", path: "/places/" + s["id"].(string)})
	c.send(400, request{method: "DELETE", path: "/places/" + room})
	app.send(403, request{method: "DELETE", path: "/places/" + d["id"].(string)})
	c.send(204, request{method: "DELETE", path: "/places/" + d["id"].(string)})
	clock.advance(11 * time.Minute)
	c.send(404, request{method: "GET", path: "/places/" + d["id"].(string)})
	c.send(404, request{method: "DELETE", path: "/places/" + d["id"].(string)})

	for _, wrong := range []object{
		{"id": "x"}, {"emailAddress": "x@y.example"}, {"placeId": "x"}, {"capacity": "many"}, {"capacity": math.MaxInt32 + 1}, {"nonsense": 1},
		{"displayName": ""}, {"bookingType": "never"}, {"@odata.type": "microsoft.graph.desk"}, {"@odata.type": "microsoft.graph.nonsense"},
		{"parentId": b["id"]}, {"geoCoordinates": object{"latitude": 91, "longitude": 0}}, {"tags": "x"},
	} {
		// The contract forbids most of these, so the checker must not see them.
		raw, err := json.Marshal(wrong)
		if err != nil {
			t.Fatal(err)
		}
		k := &call{t: tenant, method: "PATCH", segments: []string{"places", room}, entry: &Entry{}, body: raw}
		if a := k.patchPlace(); a.status != 400 {
			t.Errorf("PATCH %v: status %d, want 400", wrong, a.status)
		}
	}
}
