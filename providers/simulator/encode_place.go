package simulator

import (
	"slices"
	"strings"
)

// Names that $select may use for places, in the order in which they are sent.
var (
	placeHead  = []string{"id", "displayName", "address", "geoCoordinates", "phone", "nickname", "label", "placeId", "parentId", "emailAddress", "isWheelChairAccessible", "tags"}
	placeParts = [placeKinds][]string{
		roomPlace:      {"building", "floorNumber", "floorLabel", "capacity", "bookingType", "audioDeviceName", "videoDeviceName", "displayDeviceName", "teamsEnabledState"},
		roomListPlace:  {},
		buildingPlace:  {"wifiState", "resourceLinks"},
		floorPlace:     {"sortOrder"},
		sectionPlace:   {},
		deskPlace:      {"displayDeviceName", "heightAdjustableState", "mailboxDetails", "mode", "servicePlans"},
		workspacePlace: {"capacity", "displayDeviceName", "mode"},
	}
	// placeLinks are navigation properties: $select knows them, nothing is sent.
	placeLinks = [placeKinds][]string{roomListPlace: {"rooms", "workspaces"}, buildingPlace: {"map"}}
)

// placeProperties are all names that $select may use for a type.
func placeProperties(kind placeKind) []string {
	var out []string
	for _, name := range placeHead {
		if kind.has(strings.ToLower(name)) {
			out = append(out, name)
		}
	}
	return append(append(append(out, placeParts[kind]...), placeLinks[kind]...), "checkIns")
}

// placeSets are the properties of each type in lower case.
var placeSets = func() (out [placeKinds]map[string]bool) {
	for kind := range placeKinds {
		out[kind] = map[string]bool{}
		for _, name := range placeHead {
			with := []placeKind{kind}
			switch name {
			case "nickname":
				with = []placeKind{roomPlace, workspacePlace}
			case "emailAddress":
				with = []placeKind{roomPlace, workspacePlace, roomListPlace}
			}
			if slices.Contains(with, kind) {
				out[kind][strings.ToLower(name)] = true
			}
		}
		for _, name := range placeParts[kind] {
			out[kind][strings.ToLower(name)] = true
		}
	}
	return out
}()

// has reports whether a type of place has a property, by name in lower case.
func (k placeKind) has(lower string) bool { return placeSets[k][lower] }

// place writes a place in a list, from what was encoded before where the whole
// of it is wanted.
func (w *writer) place(r *placeRecord, pick selection, typed bool) {
	if pick != nil || typed {
		w.open()
		w.placeBody(r, pick, typed)
		w.close()
		return
	}
	raw := r.json.Load()
	if raw == nil {
		var own writer
		own.open()
		own.placeBody(r, nil, false)
		own.close()
		encoded := slices.Clip(own.b)
		raw = &encoded
		r.json.Store(raw)
	}
	w.comma()
	w.b = append(w.b, *raw...)
}

// placeBody writes the properties. typed adds @odata.type, for lists of mixed types.
func (w *writer) placeBody(r *placeRecord, pick selection, typed bool) {
	if typed {
		w.string("@odata.type", "#microsoft.graph."+placeNames[r.kind])
	}
	for _, name := range placeHead {
		if (pick == nil || pick[name]) && r.kind.has(strings.ToLower(name)) {
			w.placeProperty(r, name)
		}
	}
	for _, name := range placeParts[r.kind] {
		if pick == nil || pick[name] {
			w.placeProperty(r, name)
		}
	}
}

func (w *writer) placeProperty(r *placeRecord, name string) {
	switch name {
	case "id":
		w.string(name, r.id)
	case "displayName":
		w.string(name, r.name)
	case "nickname":
		w.string(name, r.nickname)
	case "address":
		if r.address == nil {
			w.null(name)
			return
		}
		w.address(name, r.address)
	case "geoCoordinates":
		if r.lat == nil || r.lon == nil {
			w.null(name)
			return
		}
		w.key(name)
		w.open()
		w.float("latitude", *r.lat)
		w.float("longitude", *r.lon)
		w.close()
	case "isWheelChairAccessible":
		if r.accessible == nil {
			w.null(name)
			return
		}
		w.bool(name, *r.accessible)
	case "tags":
		w.strings(name, r.tags)
	case "floorNumber":
		w.intOrNull(name, r.floorNumber)
	case "capacity":
		w.intOrNull(name, r.capacity)
	case "sortOrder":
		w.intOrNull(name, r.sortOrder)
	case "bookingType":
		w.orNull(name, r.booking)
	case "teamsEnabledState":
		w.string(name, orUnknown(r.teams))
	case "wifiState":
		w.string(name, orUnknown(r.wifi))
	case "heightAdjustableState":
		w.string(name, orUnknown(r.height))
	case "resourceLinks":
		w.key(name)
		w.b = append(w.b, '[')
		for _, l := range r.links {
			w.open()
			w.string("name", l.name)
			w.string("value", l.value)
			w.string("linkType", "url")
			w.close()
		}
		w.closeList()
	case "mode":
		if r.mode == "" {
			w.null(name)
			return
		}
		w.key(name)
		w.open()
		w.string("@odata.type", "#microsoft.graph."+r.mode)
		w.close()
	case "mailboxDetails":
		if r.deskMailbox == "" {
			w.null(name)
			return
		}
		w.key(name)
		w.open()
		w.string("emailAddress", r.deskMailbox)
		w.orNull("externalDirectoryObjectId", r.deskMailboxID)
		w.close()
	case "servicePlans":
		w.strings(name, nil)
	default:
		text, _ := r.text(name)
		w.orNull(name, text)
	}
}

// text gives a property that is text or null.
func (r *placeRecord) text(name string) (string, bool) {
	switch name {
	case "phone":
		return r.phone, true
	case "label":
		return r.label, true
	case "placeId":
		return r.placeID, true
	case "parentId":
		return r.parentID, true
	case "emailAddress":
		return r.email, true
	case "building":
		return r.building, true
	case "floorLabel":
		return r.floorLabel, true
	case "audioDeviceName":
		return r.audio, true
	case "videoDeviceName":
		return r.video, true
	case "displayDeviceName":
		return r.display, true
	}
	return "", false
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// intOrNull writes a number, or null for none.
func (w *writer) intOrNull(name string, value *int64) {
	if value == nil {
		w.null(name)
		return
	}
	w.int(name, *value)
}
