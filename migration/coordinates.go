package migration

import (
	"math"
	"strconv"

	"roomdesk/providers"
)

// metre is how far apart two coordinates of one place may be: a degree's fifth decimal
// is 1.11 m.
const metre = 1.2

// leastDecimals of a degree is about eleven metres; a service that writes fewer names
// another place.
const leastDecimals = 4

// place is what coordinates say; ok is false where they say nothing: absent, not a
// number, outside of the earth, or (0, 0), which services write for "none".
func place(c *providers.Coordinates) (latitude, longitude float64, ok bool) {
	if c == nil || !(math.Abs(c.Latitude) <= 90 && math.Abs(c.Longitude) <= 180) || c.Latitude == 0 && c.Longitude == 0 {
		return 0, 0, false
	}
	return c.Latitude, c.Longitude, true
}

// coordinates compares those of a location.
func coordinates(old, fresh *providers.Coordinates) (verdict, string) {
	aLat, aLon, a := place(old)
	bLat, bLon, b := place(fresh)
	switch {
	case !a && !b:
		if old == nil && fresh == nil || old != nil && fresh != nil && *old == *fresh {
			return equal, ""
		}
		return cosmetic, "no coordinates and coordinates that name no place are the same"
	case a != b:
		return changed, ""
	case aLat == bLat && aLon == bLon:
		return equal, ""
	case distance(aLat, aLon, bLat, bLon) <= metre:
		return cosmetic, "the coordinates agree to a metre"
	case rounded(aLat, bLat) && rounded(aLon, bLon):
		return cosmetic, "one side writes the coordinates with fewer digits"
	}
	return changed, ""
}

// distance is in metres, for places near to each other.
func distance(aLat, aLon, bLat, bLon float64) float64 {
	const degree = 111_195
	turn := math.Mod(math.Abs(aLon-bLon), 360)
	turn = min(turn, 360-turn)
	return degree * math.Hypot(aLat-bLat, turn*math.Cos((aLat+bLat)/2*math.Pi/180))
}

// rounded reports whether one number is the other with fewer decimals, but with four at
// least: services cut them off or round them.
func rounded(a, b float64) bool {
	for decimals := leastDecimals; decimals < 15; decimals++ {
		scale := math.Pow10(decimals)
		for _, cut := range []func(float64) float64{math.Round, math.Trunc} {
			if near(cut(a*scale)/scale, b) || near(cut(b*scale)/scale, a) {
				return true
			}
		}
	}
	return false
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

func coordinatesText(c *providers.Coordinates) string {
	if c == nil {
		return ""
	}
	return strconv.FormatFloat(c.Latitude, 'f', -1, 64) + ", " + strconv.FormatFloat(c.Longitude, 'f', -1, 64)
}
