package graph

import (
	"strconv"
	"strings"

	"roomdesk/providers"
)

// maxCapacity bounds a number of seats that could be meant.
const maxCapacity = 100_000

// WirePlace is a room, or a room list, as Graph sends it.
type WirePlace struct {
	ID             string   `json:"id"`
	PlaceID        string   `json:"placeId"`
	Email          string   `json:"emailAddress"`
	DisplayName    string   `json:"displayName"`
	Nickname       string   `json:"nickname"`
	Building       string   `json:"building"`
	FloorLabel     string   `json:"floorLabel"`
	FloorNumber    *float64 `json:"floorNumber"`
	Label          string   `json:"label"`
	Capacity       *float64 `json:"capacity"`
	BookingType    string   `json:"bookingType"`
	Tags           []string `json:"tags"`
	Phone          string   `json:"phone"`
	Audio          string   `json:"audioDeviceName"`
	Video          string   `json:"videoDeviceName"`
	Display        string   `json:"displayDeviceName"`
	Teams          string   `json:"teamsEnabledState"`
	StepFree       *bool    `json:"isWheelChairAccessible"`
	StepFreeSmallC *bool    `json:"isWheelchairAccessible"` // as old samples spell it
}

// Room turns the place into a room. It reports false where the place has no
// address that could be a mailbox. Capacities that cannot be are not said.
func (w *WirePlace) Room() (providers.Room, bool) {
	mailbox, ok := providers.ParseAddress(w.Email)
	if !ok {
		return providers.Room{}, false
	}
	r := providers.Room{
		Mailbox: mailbox, PlaceID: w.PlaceID,
		Name: providers.Outside(w.DisplayName), Nickname: providers.Outside(w.Nickname),
		Building: providers.Outside(w.Building), Floor: providers.Outside(w.FloorLabel), Section: providers.Outside(w.Label),
		Phone: providers.Outside(w.Phone), StepFree: w.StepFree,
		Bookable: !strings.EqualFold(w.BookingType, "reserved"),
		Provider: "graph",
	}
	if r.PlaceID == "" {
		r.PlaceID = w.ID
	}
	if r.StepFree == nil {
		r.StepFree = w.StepFreeSmallC
	}
	if n := w.FloorNumber; n != nil && *n == float64(int16(*n)) {
		floor := int(*n)
		r.FloorNumber = &floor
		if r.Floor.Empty() {
			r.Floor = providers.Outside(strconv.Itoa(floor))
		}
	}
	if n := w.Capacity; n != nil && *n >= 1 && *n <= maxCapacity {
		r.Capacity = int(*n)
	}
	for _, tag := range w.Tags {
		if strings.TrimSpace(tag) != "" {
			r.Tags = append(r.Tags, providers.Outside(tag))
		}
	}
	for _, device := range []struct {
		name string
		kind providers.Equipment
	}{{w.Display, providers.Display}, {w.Video, providers.Video}, {w.Audio, providers.Audio}} {
		if strings.TrimSpace(device.name) != "" {
			r.Equipment = append(r.Equipment, device.kind)
			r.Devices = append(r.Devices, providers.Outside(device.name))
		}
	}
	if strings.EqualFold(w.Teams, "enabled") {
		r.Equipment = append(r.Equipment, providers.Teams)
	}
	return r, true
}

// key is what tells the place from others in a listing: its address, or its id
// where the address cannot be used.
func (w *WirePlace) key() string {
	if address, ok := providers.ParseAddress(w.Email); ok {
		return string(address)
	}
	return "id " + w.ID
}
