package providers

import "strings"

// Equipment is a kind of device or facility that a room has. The kinds are ours;
// a provider maps its own fields to them and says how sure it is.
type Equipment string

// The kinds of equipment that roomdesk can filter by.
const (
	Display Equipment = "display" // a screen or projector: Graph's displayDeviceName
	Video   Equipment = "video"   // a camera: Graph's videoDeviceName
	Audio   Equipment = "audio"   // speakers or microphones: Graph's audioDeviceName
	Teams   Equipment = "teams"   // a Teams room: Graph's teamsEnabledState
)

// Room is a bookable room. A provider fills what it knows: zero values mean
// "not said", never "no".
type Room struct {
	Mailbox     Address
	PlaceID     string // Graph's placeId: stable, while a place's id may change
	Name        Untrusted
	Nickname    Untrusted
	Building    Untrusted
	Floor       Untrusted // the floor's label; "3" where only a number is known
	FloorNumber *int      // nil: not said. 0 is a floor
	Section     Untrusted
	Capacity    int // seats; 0: not said. Never negative
	Equipment   []Equipment
	Devices     []Untrusted // device names as the tenant gives them
	Tags        []Untrusted
	StepFree    *bool // isWheelChairAccessible; nil: not said
	Phone       Untrusted
	Bookable    bool      // false for bookingType "reserved"
	Lists       []Address // room lists that contain it
	Zone        string    // IANA name of the room's own time zone; "" where unknown
	Provider    string    // name of the provider that reaches it, for example "graph"
}

// Has reports whether the room is known to have the equipment.
func (r Room) Has(want Equipment) bool {
	for _, have := range r.Equipment {
		if have == want {
			return true
		}
	}
	return false
}

// Title is the room's name made safe to show, or its address.
func (r Room) Title() string { return r.Name.Or(string(r.Mailbox)) }

// Place is building and floor in words made safe to show, for example
// "Amsterdam HQ, floor 3", or "" where neither is known.
func (r Room) Place() string {
	building, floor := r.Building.Or(""), FloorWords(r.Floor.Or(""))
	return strings.Trim(building+", "+floor, ", ")
}

// FloorWords turns a floor's label into words: a bare number or short label
// gets "floor" before it, one that says so already stays.
func FloorWords(label string) string {
	lower := strings.ToLower(label)
	if label == "" || strings.Contains(lower, "floor") || strings.Contains(lower, "level") || strings.Contains(lower, "ground") {
		return label
	}
	return "floor " + label
}

// Listing says how a listing of rooms or people ended: whether what came is all
// there is. A service may stop a list early without saying so; a provider counts.
type Listing struct {
	Count    int       // distinct entries delivered
	Reported int       // what the service says there are; -1 where it does not say
	Complete bool      // proven complete
	Warning  Untrusted // why not, or what else was odd; for people
	Unusable int       // entries without an address that could be a mailbox
}
