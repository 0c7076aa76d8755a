package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// mapFeature is one feature of an indoor map. Graph gives its id, the place that
// it belongs to and its properties as text, but no geometry.
type mapFeature struct{ id, placeID, properties string }

type mapLevel struct {
	mapFeature
	units, sections, fixtures []mapFeature
}

// indoorMap is what was imported for a building.
type indoorMap struct {
	mapFeature
	footprints []mapFeature
	levels     []mapLevel
}

// mapStore keeps the maps by the building's placeId.
type mapStore struct {
	mu   sync.RWMutex
	maps map[string]*indoorMap
}

func (s *mapStore) get(placeID string) *indoorMap {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.maps[placeID]
}

func (s *mapStore) put(placeID string, m *indoorMap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.maps == nil {
		s.maps = map[string]*indoorMap{}
	}
	s.maps[placeID] = m
}

// seedMap draws the first building: the others have none until one is imported.
func (t *Tenant) seedMap() {
	b := t.world.buildings[0]
	r := rng(t.options.Seed, "map", 0)
	feature := func(placeID string, properties map[string]any) mapFeature {
		text, err := json.Marshal(properties)
		if err != nil {
			panic(err) // text and numbers only
		}
		return mapFeature{guidText(newGUID(r)), placeID, string(text)}
	}
	named := func(name string) map[string]any { return map[string]any{"en": name} }
	m := &indoorMap{mapFeature: feature(b.placeID, map[string]any{"category": "unspecified", "name": named(b.name)})}
	m.footprints = []mapFeature{feature("", map[string]any{"category": "ground", "building_ids": []string{b.placeID}})}
	for _, f := range b.floors {
		l := mapLevel{mapFeature: feature(f.placeID, map[string]any{"category": "unspecified", "ordinal": f.number, "outdoor": false, "name": named(f.name), "short_name": named(f.name)})}
		for _, room := range b.rooms {
			if room.room.floor == f {
				l.units = append(l.units, feature(room.room.placeID, map[string]any{"category": "conferenceroom", "name": named(room.contact.name), "level_id": l.id}))
			}
		}
		for _, section := range f.sections {
			l.sections = append(l.sections, feature(section.placeID, map[string]any{"category": "neighborhood", "name": named(section.name), "level_id": l.id}))
			l.units = append(l.units, feature("", map[string]any{"category": "walkway", "name": nil, "level_id": l.id}))
		}
		for range 3 {
			l.fixtures = append(l.fixtures, feature("", map[string]any{"category": "desk", "level_id": l.id}))
		}
		m.levels = append(m.levels, l)
	}
	t.maps.put(b.placeID, m)
}

// buildingMap routes what stands below a building's map. The building is named by
// its placeId, a level by its id in the map's file.
func (c *call) buildingMap() answer {
	if c.method != http.MethodGet {
		return c.fail(http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not model changes of single map features.")
	}
	r := c.t.places.find(c.segments[1])
	if r == nil || r.kind != buildingPlace || !strings.EqualFold(r.placeID, c.segments[1]) {
		return c.placeNotFound()
	}
	m := c.t.maps.get(r.placeID)
	if m == nil {
		return c.fail(http.StatusNotFound, "ErrorItemNotFound", "The building has no map.")
	}
	root := "places('" + r.placeID + "')/microsoft.graph.building/map"
	switch {
	case c.depth() == 4:
		pick, p := c.mapSelect("buildingMap", "id", "properties", "placeId", "footprints", "levels")
		if p != nil {
			return c.refuse(p)
		}
		w := &writer{}
		w.feature(m.mapFeature, pick, true, c.context(root+"/$entity"))
		return c.ok(w)
	case c.depth() == 5 && c.name(4) == "footprints":
		return c.features("footprintMap", root+"/footprints", m.footprints, false)
	case c.depth() == 5 && c.name(4) == "levels":
		list := make([]mapFeature, len(m.levels))
		for i, l := range m.levels {
			list[i] = l.mapFeature
		}
		return c.features("levelMap", root+"/levels", list, true)
	case c.depth() == 7 && c.name(4) == "levels":
		i := slices.IndexFunc(m.levels, func(l mapLevel) bool { return strings.EqualFold(l.id, c.segments[5]) })
		if i < 0 {
			return c.fail(http.StatusNotFound, "ErrorItemNotFound", "The map has no level '"+c.segments[5]+"'.")
		}
		root += "/levels('" + m.levels[i].id + "')/" + c.name(6)
		switch c.name(6) {
		case "units":
			return c.features("unitMap", root, m.levels[i].units, true)
		case "sections":
			return c.features("sectionMap", root, m.levels[i].sections, true)
		case "fixtures":
			return c.features("fixtureMap", root, m.levels[i].fixtures, true)
		}
	}
	return c.noSegment(c.segments[c.depth()-1])
}

// mapSelect reads $select, the only query option of maps.
func (c *call) mapSelect(typeName string, known ...string) (selection, *problem) {
	if p := c.options("$select"); p != nil {
		return nil, p
	}
	return c.selected("microsoft.graph."+typeName, known)
}

// features lists one kind of feature. There are no pages.
func (c *call) features(typeName, context string, list []mapFeature, placed bool) answer {
	known := []string{"id", "properties"}
	switch typeName {
	case "footprintMap":
	case "levelMap":
		known = append(known, "placeId", "fixtures", "sections", "units")
	default:
		known = append(known, "placeId")
	}
	pick, p := c.mapSelect(typeName, known...)
	if p != nil {
		return c.refuse(p)
	}
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context(context))
	w.key("value")
	w.b = append(w.b, '[')
	for _, f := range list {
		w.feature(f, pick, placed, "")
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

func (w *writer) feature(f mapFeature, pick selection, placed bool, context string) {
	w.open()
	if context != "" {
		w.string("@odata.context", context)
	}
	w.string("id", f.id)
	if placed && (pick == nil || pick["placeId"]) {
		w.orNull("placeId", f.placeID)
	}
	if pick == nil || pick["properties"] {
		w.string("properties", f.properties)
	}
	w.close()
}
