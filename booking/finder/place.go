package finder

import (
	"strings"
	"time"
)

// ZoneOf is the time zone of the rooms at a place as typed behind @: the zone that
// most of them have, nil where none says. False means that no room is there. It
// serves as [wish.Surroundings].ZoneOf.
func (f *Finder) ZoneOf(place string) (*time.Location, bool) {
	rooms := f.index.Filter(`@"` + strings.ReplaceAll(place, `"`, "") + `"`).Rooms
	if len(rooms) == 0 {
		return nil, false
	}
	count := map[string]int{}
	best := ""
	for _, i := range rooms {
		if zone := f.rooms[i].Zone; zone != "" {
			count[zone]++
			if n := count[zone]; n > count[best] || n == count[best] && zone < best {
				best = zone
			}
		}
	}
	zone, err := time.LoadLocation(best)
	if best == "" || err != nil {
		return nil, true
	}
	return zone, true
}
