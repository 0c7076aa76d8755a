package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// defaultPlaces is the size of a page of places without $top; maxPlaces is the
// largest.
const (
	defaultPlaces = 100
	maxPlaces     = 1000
)

// placeRow is any place together with what $filter and $orderby may look at.
type placeRow struct {
	encode func(placeEncoder, func())
	field  func(string) (any, bool)
}

// places routes everything below /places.
func (c *call) places() answer {
	if p := c.need(placesArea, readPlaces...); p != nil {
		return c.refuse(p)
	}
	if c.method != http.MethodGet {
		return c.fail(http.StatusForbidden, "ErrorAccessDenied", "Changing places is not supported with application permissions.")
	}
	switch c.depth() {
	case 1:
		return c.fail(http.StatusBadRequest, "BadRequest", "A place type is needed, for example /places/microsoft.graph.room.")
	case 2:
		if isPlaceType(c.name(1)) {
			return c.listPlaces(c.name(1), c.t.placeRows(c.name(1), nil))
		}
		return c.onePlace("")
	case 3:
		if isPlaceType(c.name(1)) && c.name(2) == "$count" {
			return c.countPlaces()
		}
		if isPlaceType(c.name(2)) {
			return c.onePlace(c.name(2))
		}
		if c.name(2) == "descendants" || c.name(2) == "checkins" {
			return c.fail(http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not model "+c.segments[2]+" of places.")
		}
	case 4:
		if c.name(2) == "roomlist" && (c.name(3) == "rooms" || c.name(3) == "workspaces") {
			return c.membersOfList()
		}
	}
	return c.noSegment(c.segments[c.depth()-1])
}

func isPlaceType(name string) bool {
	switch name {
	case "room", "roomlist", "building", "floor", "section", "desk", "workspace":
		return true
	}
	return false
}

// membersOfList lists the rooms of a room list, which must be named by address.
func (c *call) membersOfList() answer {
	for _, b := range c.t.world.buildings {
		if strings.EqualFold(b.list.address, c.segments[1]) {
			if c.name(3) == "workspaces" {
				return c.listPlaces("workspace", nil)
			}
			return c.listPlaces("room", c.t.placeRows("room", b))
		}
	}
	return c.placeNotFound()
}

func (c *call) placeNotFound() answer {
	return c.fail(http.StatusNotFound, "ErrorItemNotFound", "The place '"+c.segments[1]+"' was not found.")
}

// placeRows lists the places of a type, of one building only where in is set.
func (t *Tenant) placeRows(kind string, in *building) []placeRow {
	var rows []placeRow
	for _, b := range t.world.buildings {
		if in != nil && b != in {
			continue
		}
		switch kind {
		case "room":
			for _, m := range b.rooms {
				rows = append(rows, roomRow(m))
			}
		case "roomlist":
			rows = append(rows, roomListRow(b))
		case "building":
			rows = append(rows, levelRow(&b.place, b, kind))
		case "floor", "section":
			for _, f := range b.floors {
				if kind == "floor" {
					rows = append(rows, levelRow(&f.place, b, kind))
					continue
				}
				for _, s := range f.sections {
					rows = append(rows, levelRow(s, b, kind))
				}
			}
		}
	}
	return rows
}

func roomRow(m *mailbox) placeRow {
	return placeRow{
		encode: func(p placeEncoder, head func()) { p.room(m, head) },
		field: func(name string) (any, bool) {
			r := m.room
			switch name {
			case "id":
				return m.id, true
			case "placeid":
				return r.placeID, true
			case "displayname", "nickname":
				return m.contact.name, true
			case "emailaddress":
				return m.contact.address, true
			case "building":
				return r.building.name, true
			case "floornumber":
				return float64(r.floor.number), true
			case "floorlabel":
				return r.floor.name, true
			case "label":
				return r.section.name, true
			case "capacity":
				return float64(r.capacity), true
			case "parentid":
				return r.section.id, true
			case "iswheelchairaccessible":
				if r.accessible == nil {
					return nil, true
				}
				return *r.accessible, true
			case "audiodevicename":
				return textOrNil(r.audio), true
			case "videodevicename":
				return textOrNil(r.video), true
			case "displaydevicename":
				return textOrNil(r.display), true
			}
			return nil, false
		},
	}
}

func roomListRow(b *building) placeRow {
	return placeRow{
		encode: func(p placeEncoder, head func()) { p.roomList(b, head) },
		field: func(name string) (any, bool) {
			switch name {
			case "id", "placeid":
				return b.listID, true
			case "displayname":
				return b.list.name, true
			case "emailaddress":
				return b.list.address, true
			}
			return nil, false
		},
	}
}

func levelRow(of *place, b *building, kind string) placeRow {
	return placeRow{
		encode: func(p placeEncoder, head func()) { p.level(of, b, kind, head) },
		field: func(name string) (any, bool) {
			switch name {
			case "id", "placeid":
				return of.id, true
			case "displayname":
				return of.name, true
			case "parentid":
				return textOrNil(of.parentID), true
			}
			return nil, false
		},
	}
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// placeType gives a type's name as Graph spells it, and its properties.
func placeType(kind string) (string, []string) {
	switch kind {
	case "room":
		return "room", roomProperties
	case "roomlist":
		return "roomList", roomListProperties
	case "building":
		return "building", buildingProperties
	case "floor":
		return "floor", floorProperties
	}
	return kind, placeProperties
}

// listPlaces answers a page of places.
func (c *call) listPlaces(kind string, rows []placeRow) answer {
	if p := c.options("$top", "$skip", "$filter", "$count", "$select", "$orderby", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	name, properties := placeType(kind)
	pick, p := c.selected("microsoft.graph."+name, properties)
	if p != nil {
		return c.refuse(p)
	}
	if rows, p = c.narrow(rows); p != nil {
		return c.refuse(p)
	}
	size, p := c.number("$top", defaultPlaces)
	if p != nil {
		return c.refuse(p)
	}
	skip, p := c.number("$skip", 0)
	if p != nil {
		return c.refuse(p)
	}
	if token := c.query.Get("$skiptoken"); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 {
			return c.fail(http.StatusBadRequest, "BadRequest", "The $skiptoken is invalid.")
		}
		skip = n
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	limit := min(size, maxPlaces)
	page, more := cut(rows, skip, limit)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("places/microsoft.graph."+name))
	if count {
		w.int("@odata.count", int64(len(rows)))
	}
	if more && limit > 0 {
		w.string("@odata.nextLink", c.link("$skip", strconv.Itoa(skip+limit), "$skiptoken", ""))
	}
	w.key("value")
	w.b = append(w.b, '[')
	for _, row := range page {
		row.encode(placeEncoder{w, pick}, nil)
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

// narrow applies $filter and $orderby.
func (c *call) narrow(rows []placeRow) ([]placeRow, *problem) {
	if text := c.query.Get("$filter"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return nil, bad("BadRequest", "Invalid filter clause: "+err.Error())
		}
		var kept []placeRow
		for _, row := range rows {
			ok, err := f.test(row.field)
			if err != nil {
				return nil, bad("BadRequest", "Invalid filter clause: "+err.Error())
			}
			if ok {
				kept = append(kept, row)
			}
		}
		rows = kept
	}
	order, err := parseOrder(c.query.Get("$orderby"))
	if err != nil {
		return nil, bad("BadRequest", err.Error())
	}
	if len(order) > 0 {
		for _, o := range order {
			for _, row := range rows {
				if _, known := row.field(o.path); !known {
					return nil, bad("BadRequest", "Could not find a property named '"+o.path+"'.")
				}
			}
		}
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b placeRow) int { return order.compare(a.field, b.field) })
	}
	return rows, nil
}

func (c *call) countPlaces() answer {
	if p := c.options("$filter"); p != nil {
		return c.refuse(p)
	}
	rows, p := c.narrow(c.t.placeRows(c.name(1), nil))
	if p != nil {
		return c.refuse(p)
	}
	return answer{status: http.StatusOK, kind: "text/plain", body: strconv.AppendInt(nil, int64(len(rows)), 10)}
}

// onePlace answers a place by id, placeId or address. kind "" takes any type.
func (c *call) onePlace(kind string) answer {
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	key := strings.ToLower(c.segments[1])
	for _, k := range []string{"room", "roomlist", "building", "floor", "section"} {
		if kind != "" && kind != k {
			continue
		}
		name, properties := placeType(k)
		for _, row := range c.t.placeRows(k, nil) {
			if !named(row, key) {
				continue
			}
			pick, p := c.selected("microsoft.graph."+name, properties)
			if p != nil {
				return c.refuse(p)
			}
			w := &writer{}
			row.encode(placeEncoder{w, pick}, func() {
				w.string("@odata.context", c.context("places/microsoft.graph."+name+"/$entity"))
				w.string("@odata.type", "#microsoft.graph."+name)
			})
			return c.ok(w)
		}
	}
	return c.placeNotFound()
}

// named reports whether a place has a key as id, placeId or address.
func named(row placeRow, key string) bool {
	for _, field := range []string{"id", "placeid", "emailaddress"} {
		if v, ok := row.field(field); ok {
			if s, text := v.(string); text && strings.EqualFold(s, key) {
				return true
			}
		}
	}
	return false
}
