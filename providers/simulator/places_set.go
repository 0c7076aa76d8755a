package simulator

import (
	"encoding/json"
	"math"
	"strings"
)

// setPlace changes one property as a write names it.
func (t *Tenant) setPlace(r *placeRecord, name string, raw json.RawMessage) *problem {
	if !r.kind.has(strings.ToLower(name)) {
		return bad("BadRequest", "The property '"+name+"' does not exist on type 'microsoft.graph."+placeNames[r.kind]+"'.")
	}
	switch name {
	case "displayName":
		if p := setText(name, raw, &r.name); p != nil {
			return p
		}
		if strings.TrimSpace(r.name) == "" {
			return bad("BadRequest", "displayName cannot be empty.")
		}
		return nil
	case "nickname":
		return setText(name, raw, &r.nickname)
	case "label":
		return setText(name, raw, &r.label)
	case "phone":
		return setText(name, raw, &r.phone)
	case "parentId":
		return setText(name, raw, &r.parentID)
	case "building":
		return setText(name, raw, &r.building)
	case "floorLabel":
		return setText(name, raw, &r.floorLabel)
	case "audioDeviceName":
		return setText(name, raw, &r.audio)
	case "videoDeviceName":
		return setText(name, raw, &r.video)
	case "displayDeviceName":
		return setText(name, raw, &r.display)
	case "capacity":
		return setNumber(name, raw, &r.capacity)
	case "floorNumber":
		return setNumber(name, raw, &r.floorNumber)
	case "sortOrder":
		return setNumber(name, raw, &r.sortOrder)
	case "bookingType":
		return setWord(name, raw, &r.booking, "unknown", "standard", "reserved")
	case "teamsEnabledState":
		return setWord(name, raw, &r.teams, "unknown", "enabled", "disabled")
	case "wifiState":
		return setWord(name, raw, &r.wifi, "unknown", "enabled", "disabled")
	case "heightAdjustableState":
		return setWord(name, raw, &r.height, "unknown", "enabled", "disabled")
	case "isWheelChairAccessible":
		var value *bool
		if json.Unmarshal(raw, &value) != nil {
			return wrongValue(name)
		}
		r.accessible = value
		return nil
	case "tags":
		var tags []string
		if json.Unmarshal(raw, &tags) != nil {
			return wrongValue(name)
		}
		r.tags = tags
		return nil
	case "address":
		return r.setAddress(raw)
	case "geoCoordinates":
		return r.setCoordinates(raw)
	case "mode":
		return r.setMode(raw)
	case "mailboxDetails":
		var details *struct {
			EmailAddress              string `json:"emailAddress"`
			ExternalDirectoryObjectID string `json:"externalDirectoryObjectId"`
		}
		if json.Unmarshal(raw, &details) != nil {
			return wrongValue(name)
		}
		r.deskMailbox, r.deskMailboxID = "", ""
		if details != nil {
			r.deskMailbox, r.deskMailboxID = details.EmailAddress, details.ExternalDirectoryObjectID
		}
		return nil
	case "resourceLinks":
		var links []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		}
		if json.Unmarshal(raw, &links) != nil {
			return wrongValue(name)
		}
		r.links = nil
		for _, l := range links {
			r.links = append(r.links, resourceLink{l.Name, l.Value})
		}
		return nil
	}
	// id, placeId, emailAddress and servicePlans are the service's own.
	return bad("BadRequest", "The property '"+name+"' is read-only.")
}

func (r *placeRecord) setAddress(raw json.RawMessage) *problem {
	var a *struct {
		Street          string `json:"street"`
		City            string `json:"city"`
		State           string `json:"state"`
		CountryOrRegion string `json:"countryOrRegion"`
		PostalCode      string `json:"postalCode"`
	}
	if json.Unmarshal(raw, &a) != nil {
		return wrongValue("address")
	}
	r.address = nil
	if a != nil {
		r.address = &physicalAddress{street: a.Street, city: a.City, state: a.State, country: a.CountryOrRegion, postal: a.PostalCode}
	}
	return nil
}

func (r *placeRecord) setCoordinates(raw json.RawMessage) *problem {
	var g *struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
	}
	if json.Unmarshal(raw, &g) != nil {
		return wrongValue("geoCoordinates")
	}
	r.lat, r.lon = nil, nil
	if g == nil {
		return nil
	}
	if g.Latitude == nil || g.Longitude == nil || math.Abs(*g.Latitude) > 90 || math.Abs(*g.Longitude) > 180 {
		return wrongValue("geoCoordinates")
	}
	r.lat, r.lon = g.Latitude, g.Longitude
	return nil
}

// setMode takes one of the four modes, named by @odata.type alone.
func (r *placeRecord) setMode(raw json.RawMessage) *problem {
	var mode *struct {
		Type string `json:"@odata.type"`
	}
	if json.Unmarshal(raw, &mode) != nil {
		return wrongValue("mode")
	}
	r.mode = ""
	if mode == nil {
		return nil
	}
	name := strings.TrimPrefix(strings.TrimPrefix(mode.Type, "#"), "microsoft.graph.")
	for _, known := range []string{"assignedPlaceMode", "dropInPlaceMode", "reservablePlaceMode", "unavailablePlaceMode"} {
		if strings.EqualFold(known, name) {
			r.mode = known
			return nil
		}
	}
	return bad("BadRequest", "A type named '"+mode.Type+"' could not be resolved by the model.")
}
