package simulator

import "slices"

// field gives the properties that $filter and $orderby may look at, by name in
// lower case.
func (r *placeRecord) field(name string) (any, bool) {
	switch name {
	case "id":
		return r.id, true
	case "placeid":
		return r.placeID, true
	case "displayname":
		return r.name, true
	case "parentid":
		return textOrNil(r.parentID), true
	case "label":
		return textOrNil(r.label), true
	case "phone":
		return textOrNil(r.phone), true
	case "iswheelchairaccessible":
		if r.accessible == nil {
			return nil, true
		}
		return *r.accessible, true
	case "address/city":
		return r.addressField(func(a *physicalAddress) string { return a.city }), true
	case "address/countryorregion":
		return r.addressField(func(a *physicalAddress) string { return a.country }), true
	case "address/state":
		return r.addressField(func(a *physicalAddress) string { return a.state }), true
	case "address/postalcode":
		return r.addressField(func(a *physicalAddress) string { return a.postal }), true
	case "address/street":
		return r.addressField(func(a *physicalAddress) string { return a.street }), true
	case "tags":
		return r.tags, true
	}
	if !r.kind.has(name) {
		return nil, false
	}
	switch name {
	case "emailaddress":
		return textOrNil(r.email), true
	case "nickname":
		return r.nickname, true
	case "building":
		return textOrNil(r.building), true
	case "floorlabel":
		return textOrNil(r.floorLabel), true
	case "floornumber":
		return numberOrNil(r.floorNumber), true
	case "capacity":
		return numberOrNil(r.capacity), true
	case "sortorder":
		return numberOrNil(r.sortOrder), true
	case "bookingtype":
		return textOrNil(r.booking), true
	case "audiodevicename":
		return textOrNil(r.audio), true
	case "videodevicename":
		return textOrNil(r.video), true
	case "displaydevicename":
		return textOrNil(r.display), true
	case "teamsenabledstate":
		return orUnknown(r.teams), true
	case "heightadjustablestate":
		return orUnknown(r.height), true
	case "wifistate":
		return orUnknown(r.wifi), true
	}
	return nil, false
}

func (r *placeRecord) addressField(pick func(*physicalAddress) string) any {
	if r.address == nil {
		return nil
	}
	return textOrNil(pick(r.address))
}

func numberOrNil(n *int64) any {
	if n == nil {
		return nil
	}
	return float64(*n)
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// narrowPlaces applies $filter and $orderby.
func (c *call) narrowPlaces(rows []*placeRecord) ([]*placeRecord, *problem) {
	if text := c.query.Get("$filter"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return nil, bad("BadRequest", "Invalid filter clause: "+err.Error())
		}
		var kept []*placeRecord
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
	for _, o := range order {
		if len(rows) > 0 {
			if _, known := rows[0].field(o.path); !known {
				return nil, bad("BadRequest", "Could not find a property named '"+o.path+"'.")
			}
		}
	}
	if len(order) > 0 {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b *placeRecord) int { return order.compare(a.field, b.field) })
	}
	return rows, nil
}
