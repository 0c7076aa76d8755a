package simulator

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// archive makes an Indoor Mapping Data Format archive of files.
func archive(t testing.TB, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func feature(id, kind, properties string) string {
	return `{"id":"` + id + `","type":"Feature","feature_type":"` + kind + `","geometry":null,"properties":` + properties + `}`
}

func TestBuildingMap(t *testing.T) {
	tenant, app := checked(t, Options{Seed: 67, Rooms: 24, People: 5})
	buildings, _ := app.all("/places/graph.building")
	first, second := buildings[0]["placeId"].(string), buildings[1]["placeId"].(string)
	for _, spelling := range []string{"graph.building", "microsoft.graph.building"} {
		root := "/places/" + first + "/" + spelling + "/map"
		if got := app.get(root); got["placeId"] != first || got["properties"] == "" {
			t.Errorf("the map is %v", got)
		}
		if list := app.get(root + "/footprints")["value"].([]any); len(list) != 1 {
			t.Errorf("%d footprints", len(list))
		}
		floors := map[any]bool{}
		list, _ := app.all("/places/graph.floor?$filter=parentId%20eq%20'" + first + "'")
		for _, f := range list {
			floors[f["placeId"]] = true
		}
		units := 0
		levels := app.get(root + "/levels?$select=placeId,id")["value"].([]any)
		for _, l := range levels {
			if !floors[dig(l, "placeId")] || dig(l, "properties") != nil {
				t.Errorf("level %v", l)
			}
			id := dig(l, "id").(string)
			app.get(root + "/levels/" + id + "/fixtures")
			for _, s := range app.get(root + "/levels/" + id + "/sections")["value"].([]any) {
				if app.get("/places/" + dig(s, "placeId").(string))["@odata.type"] != "#microsoft.graph.section" {
					t.Errorf("section %v", s)
				}
			}
			for _, u := range app.get(root + "/levels/" + id + "/units")["value"].([]any) {
				if place, ok := dig(u, "placeId").(string); ok {
					units++
					if name := app.get("/places/" + place)["displayName"].(string); !strings.Contains(dig(u, "properties").(string), name) {
						t.Errorf("unit %v is not %s", u, name)
					}
				}
			}
		}
		if len(levels) != len(floors) || units != len(tenant.world.buildings[0].rooms) {
			t.Errorf("%d levels and %d units with a room", len(levels), units)
		}
		app.send(404, request{method: "GET", path: root + "/levels/nowhere/units"})
		app.send(400, request{method: "GET", path: root + "/levels?$top=1"}) // only $select
		app.send(404, request{method: "GET", path: "/places/" + second + "/" + spelling + "/map"})
	}

	room := app.get("/places/" + tenant.Rooms()[12].Mailbox)["placeId"].(string)
	good := map[string]string{
		"imdf/building.geojson":  collection(feature("b1", "building", `{"category":"unspecified"}`)),
		"imdf/footprint.geojson": collection(feature("f1", "footprint", `{"category":"ground"}`)),
		"imdf/level.geojson":     collection(feature("l1", "level", `{"ordinal":0}`)),
		"imdf/unit.geojson":      collection(feature("u1", "unit", `{"level_id":"l1","placeId":"`+room+`"}`), feature("u2", "unit", `{"level_id":"L1","placeId":"unknown"}`)),
		"imdf/fixture.geojson":   collection(feature("x1", "fixture", `{"level_id":"l1"}`)),
		"imdf/manifest.json":     `{"version":"1.0.0"}`,
	}
	path := "/places/" + second + "/graph.building/ingestMapFile"
	send := func(c *client, want int, file string, dry bool) {
		t.Helper()
		c.send(want, request{method: "POST", path: path, body: object{"file": file, "importSetting": object{"isDryRun": dry}}})
	}
	send(app, 403, archive(t, good), false)
	send(app.person(tenant, app.at.Organizer, "Place.ReadWrite.All"), 403, archive(t, good), false)
	c := app.placesAdmin(tenant)
	send(c, 204, archive(t, good), true)
	c.send(404, request{method: "GET", path: "/places/" + second + "/graph.building/map"})
	send(c, 204, archive(t, good), false)
	units := c.get("/places/" + second + "/graph.building/map/levels/l1/units")["value"].([]any)
	if len(units) != 2 || dig(units, 0, "placeId") != room || dig(units, 1, "placeId") != nil || !strings.Contains(dig(units, 0, "properties").(string), "level_id") {
		t.Errorf("imported units %v", units)
	}
	for name, spoil := range map[string]func(map[string]string){
		"no levels": func(m map[string]string) { delete(m, "imdf/level.geojson") },
		"unknown level": func(m map[string]string) {
			m["imdf/unit.geojson"] = collection(feature("u", "unit", `{"level_id":"l9"}`))
		},
		"no JSON":       func(m map[string]string) { m["imdf/unit.geojson"] = "{" },
		"another type":  func(m map[string]string) { m["imdf/unit.geojson"] = `{"type":"Feature"}` },
		"no properties": func(m map[string]string) { m["imdf/unit.geojson"] = collection(`{"id":"u","type":"Feature"}`) },
		"a bomb":        func(m map[string]string) { m["imdf/unit.geojson"] += strings.Repeat(" ", maxMapFile) },
		"too many features": func(m map[string]string) {
			m["imdf/unit.geojson"] = collection(strings.TrimSuffix(strings.Repeat(feature("u", "unit", `{"level_id":"l1"}`)+",", maxMapFeatures), ","))
		},
	} {
		files := map[string]string{}
		for k, v := range good {
			files[k] = v
		}
		spoil(files)
		t.Run(name, func(t *testing.T) { send(c, 400, archive(t, files), false) })
	}
	send(c, 400, "bm90IGEgemlw", false)
	send(c, 400, "***", false)
	c.send(400, request{method: "POST", path: path, body: object{}})
}

func TestCheckIns(t *testing.T) {
	tenant, app := checked(t, Options{Seed: 68})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at := tenant.quiet()
	made := app.post(201, "/users/"+app.at.Organizer+"/events", meeting(room, at, time.Hour))
	app.event(app.at.Organizer, made) // the room answers
	uid := made["iCalUId"].(string)
	path := "/places/" + room + "/checkIns"
	claim := object{"calendarEventId": uid, "checkInMethod": "verified"}
	app.send(403, request{method: "POST", path: path, body: claim})
	c := app.person(tenant, app.at.Organizer, "Calendars.ReadWrite Place.Read.All")
	got := c.post(201, path, claim)
	if got["calendarEventId"] != uid || got["checkInMethod"] != "verified" || got["createdDateTime"] == nil {
		t.Errorf("the claim is %v", got)
	}
	if got := c.get(path + "/" + uid); got["checkInMethod"] != "verified" {
		t.Errorf("by key: %v", got)
	}
	c.post(201, path, object{"calendarEventId": uid, "checkInMethod": "manual"})
	if list := c.get(path)["value"].([]any); len(list) != 1 || dig(list, 0, "checkInMethod") != "manual" {
		t.Errorf("the list is %v", list)
	}
	m := tenant.world.find(room)
	number, date, ok := parseICalUID(uid)
	if !ok || !tenant.checkedIn(m, number, date) || tenant.checkedIn(m, number+1, date) {
		t.Error("the room does not know who checked in")
	}
	c.send(404, request{method: "GET", path: path + "/" + strings.Repeat("0", 112)})
	c.send(400, request{method: "POST", path: path, body: object{"calendarEventId": made["id"], "checkInMethod": "manual"}})
	c.send(404, request{method: "POST", path: "/places/" + tenant.Rooms()[1].Mailbox + "/checkIns", body: claim})
	building := c.get("/places/graph.building?$top=1")["value"]
	c.send(400, request{method: "POST", path: "/places/" + dig(building, 0, "id").(string) + "/checkIns", body: claim})
}
