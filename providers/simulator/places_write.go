package simulator

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
)

// parentKinds says what may stand directly above a type of place: desks and
// workspaces belong to a section, rooms to a section or a floor.
var parentKinds = [placeKinds][]placeKind{
	floorPlace:     {buildingPlace},
	sectionPlace:   {floorPlace},
	roomPlace:      {sectionPlace, floorPlace},
	deskPlace:      {sectionPlace},
	workspacePlace: {sectionPlace},
}

// placeProperties reads the properties of a write and the type that @odata.type names;
// ok is false where it names none.
func (c *call) placeProperties() (properties map[string]json.RawMessage, kind placeKind, ok bool, p *problem) {
	if err := json.Unmarshal(c.body, &properties); err != nil || properties == nil {
		return nil, 0, false, bad("BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	var name string
	if raw, given := properties["@odata.type"]; given {
		if json.Unmarshal(raw, &name) != nil {
			return nil, 0, false, bad("BadRequest", "The value of @odata.type is no text.")
		}
		if kind, ok = placeKindOf(strings.TrimPrefix(strings.TrimPrefix(name, "#"), "microsoft.graph.")); !ok {
			return nil, 0, false, bad("BadRequest", "A type named '"+name+"' could not be resolved by the model.")
		}
	}
	for name := range properties {
		if strings.HasPrefix(name, "@odata.") {
			delete(properties, name)
		}
	}
	return properties, kind, ok, nil
}

// createPlace is POST /places: for a building, floor, section, desk, room or
// workspace. Lists show it after the delay.
func (c *call) createPlace() answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	properties, kind, ok, p := c.placeProperties()
	switch {
	case p != nil:
		return c.refuse(p)
	case !ok:
		return c.fail(http.StatusBadRequest, "BadRequest", "@odata.type is required and names the type of the place.")
	case kind == roomListPlace:
		return c.fail(http.StatusBadRequest, "BadRequest", "A room list is a distribution group and cannot be created here.")
	}
	id, random := c.t.newPlaceID()
	r := &placeRecord{placeFields: placeFields{kind: kind, id: id, placeID: id}}
	for _, name := range sortedKeys(properties) {
		// A new room or workspace may say what its mailbox's address shall be.
		if name == "emailAddress" && (kind == roomPlace || kind == workspacePlace) {
			if p := setText(name, properties[name], &r.email); p != nil {
				return c.refuse(p)
			}
			continue
		}
		if p := c.t.setPlace(r, name, properties[name]); p != nil {
			return c.refuse(p)
		}
	}
	if r.name == "" {
		return c.fail(http.StatusBadRequest, "BadRequest", "displayName is required.")
	}
	if kind == roomPlace || kind == workspacePlace {
		if r.nickname == "" {
			r.nickname = r.name
		}
		if r.email == "" {
			r.email = slug(r.name) + "-" + random + "@" + c.t.options.Domain
		}
		if kind == roomPlace && r.booking == "" {
			r.booking = "standard"
		}
		if c.t.places.truthOf(r.email) != nil || c.t.world.find(r.email) != nil {
			return c.fail(http.StatusConflict, "Conflict", "The address '"+r.email+"' is in use.")
		}
		if !strings.HasSuffix(strings.ToLower(r.email), "@"+c.t.options.Domain) {
			return c.fail(http.StatusBadRequest, "BadRequest", "The address '"+r.email+"' is of no accepted domain.")
		}
	}
	if kind == deskPlace && r.mode == "" {
		r.mode = "unavailablePlaceMode"
	}
	if p := c.t.checkParent(r); p != nil {
		return c.refuse(p)
	}
	c.t.addPlace(r, c.t.options.PlaceDelay)
	if kind == roomPlace {
		c.t.addRoomMailbox(r)
	}
	c.entry.Effect = "created " + placeNames[kind]
	a := c.ok(c.placeEntity(r, nil))
	a.status = http.StatusCreated
	return a
}

// patchPlace changes a place. Its answer has the new state, reads show it later.
func (c *call) patchPlace() answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	properties, kind, typed, p := c.placeProperties()
	if p != nil {
		return c.refuse(p)
	}
	parent := ""
	if current := c.t.places.truthOf(c.segments[1]); current != nil {
		if typed && kind != current.kind {
			return c.fail(http.StatusBadRequest, "BadRequest", "The place is a "+placeNames[current.kind]+", not a "+placeNames[kind]+".")
		}
		changed := current.change()
		for _, name := range sortedKeys(properties) {
			if p := c.t.setPlace(changed, name, properties[name]); p != nil {
				return c.refuse(p)
			}
		}
		if changed.parentID != current.parentID {
			if p := c.t.checkParent(changed); p != nil {
				return c.refuse(p)
			}
		}
		parent = changed.parentID
	}
	next, p := c.t.writePlace(c.segments[1], c.t.options.PlaceDelay, func(r *placeRecord) (*placeRecord, *problem) {
		next := r.change()
		for _, name := range sortedKeys(properties) {
			if p := c.t.setPlace(next, name, properties[name]); p != nil {
				return nil, p
			}
		}
		next.parentID = parent // as its placeId, whatever key the request used
		return next, nil
	})
	if p != nil {
		return c.refuse(p)
	}
	c.entry.Effect = "changed " + placeNames[next.kind]
	return c.ok(c.placeEntity(next, nil))
}

// deletePlace takes a building, floor, section or desk away that has nothing
// below it. What a mailbox stands behind goes with the mailbox.
func (c *call) deletePlace() answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	r := c.t.places.truthOf(c.segments[1])
	switch {
	case r == nil:
		return c.placeNotFound()
	case r.kind == roomPlace || r.kind == workspacePlace || r.kind == roomListPlace:
		return c.fail(http.StatusBadRequest, "BadRequest", "A "+placeNames[r.kind]+" is removed together with its mailbox or group.")
	case c.t.places.hasChildren(r.placeID):
		return c.fail(http.StatusConflict, "Conflict", "The place has places below it; move or delete them first.")
	}
	if _, p := c.t.writePlace(c.segments[1], c.t.options.PlaceDelay, func(*placeRecord) (*placeRecord, *problem) { return nil, nil }); p != nil {
		return c.refuse(p)
	}
	c.entry.Effect = "deleted " + placeNames[r.kind]
	return answer{status: http.StatusNoContent}
}

func (s *placeStore) hasChildren(placeID string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.ContainsFunc(s.entries, func(e *placeEntry) bool { return e.truth != nil && e.truth.parentID == placeID })
}

// checkParent holds a place against the tree: building, floor, section, then
// rooms, desks and workspaces.
func (t *Tenant) checkParent(r *placeRecord) *problem {
	allowed := parentKinds[r.kind]
	switch {
	case len(allowed) == 0 && r.parentID == "":
		return nil
	case len(allowed) == 0:
		return bad("BadRequest", "A "+placeNames[r.kind]+" has no parent.")
	case r.parentID == "" && r.kind == roomPlace:
		return nil // rooms were there before buildings were
	case r.parentID == "":
		return bad("BadRequest", "parentId is required for a "+placeNames[r.kind]+".")
	}
	parent := t.places.truthOf(r.parentID)
	switch {
	case parent == nil:
		return bad("BadRequest", "The parent '"+r.parentID+"' was not found.")
	case !slices.Contains(allowed, parent.kind):
		return bad("BadRequest", "A "+placeNames[r.kind]+" cannot stand below a "+placeNames[parent.kind]+".")
	}
	r.parentID = parent.placeID
	return nil
}

func sortedKeys(m map[string]json.RawMessage) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func wrongValue(name string) *problem {
	return bad("BadRequest", "The value of property '"+name+"' cannot be read.")
}

// maxPlaceText is the longest text of a place's property.
const maxPlaceText = 1024

func setText(name string, raw json.RawMessage, into *string) *problem {
	var text *string
	if json.Unmarshal(raw, &text) != nil {
		return wrongValue(name)
	}
	*into = ""
	if text != nil {
		*into = *text
	}
	if len(*into) > maxPlaceText {
		return bad("BadRequest", "The value of property '"+name+"' is too long.")
	}
	return nil
}

func setNumber(name string, raw json.RawMessage, into **int64) *problem {
	var n *int64
	if json.Unmarshal(raw, &n) != nil || n != nil && (*n < math.MinInt32 || *n > math.MaxInt32) {
		return wrongValue(name)
	}
	*into = n
	return nil
}

func setWord(name string, raw json.RawMessage, into *string, words ...string) *problem {
	if p := setText(name, raw, into); p != nil {
		return p
	}
	if !slices.Contains(words, *into) {
		return wrongValue(name)
	}
	return nil
}
