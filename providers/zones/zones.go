// Package zones has the names that Windows and IANA give to time zones, in both
// directions, and writes instants by the clocks of a zone: Exchange and Graph name
// zones by their Windows names.
package zones

import (
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are needed where the machine has none of its own

	"roomdesk/providers"
)

//go:generate sh -c "go run zones_generate.go windowsZones.json timezone.json > zones_table.go"

// LocalTime is a time by the clocks of a zone without the zone: Graph's dateTime,
// and Exchange's dateTime without offset.
const LocalTime = "2006-01-02T15:04:05"

type table struct {
	windows, iana map[string]string
	all           []string // IANA names as they are written, sorted
	locations     sync.Map // those that were loaded, by name; a cache of what never changes
}

// zoneNames has the table in both directions, by lower-case name.
var zoneNames = sync.OnceValue(func() *table {
	names := &table{windows: map[string]string{}, iana: map[string]string{}}
	for line := range strings.Lines(zoneTable) {
		windows, list, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		for i, iana := range strings.Fields(list) {
			if i == 0 {
				names.iana[strings.ToLower(windows)] = iana
			}
			if key := strings.ToLower(iana); names.windows[key] == "" {
				names.windows[key] = windows
				names.all = append(names.all, iana)
			}
		}
	}
	slices.Sort(names.all)
	return names
})

// WindowsZone is the Windows name of an IANA zone, "UTC" where there is none:
// Exchange knows every Windows name and only some of IANA's.
func WindowsZone(iana string) string {
	if windows := zoneNames().windows[strings.ToLower(iana)]; windows != "" {
		return windows
	}
	return "UTC"
}

// IANAZone is the IANA name of a zone that the service names, in either way; ""
// where it is not known, for example for a customised zone.
func IANAZone(name string) string {
	if iana := zoneNames().iana[strings.ToLower(name)]; iana != "" {
		return iana
	}
	if zoneNames().windows[strings.ToLower(name)] == "" {
		return ""
	}
	return name
}

// ZoneNames lists the IANA names of all zones that have a Windows name, sorted. The
// list must not be changed.
func ZoneNames() []string { return zoneNames().all }

// Location is the zone with that Windows or IANA name.
func Location(name string) (*time.Location, error) {
	switch name {
	case "", "UTC", "tzone://Microsoft/Utc":
		return time.UTC, nil
	}
	known := zoneNames()
	if location, ok := known.locations.Load(name); ok {
		return location.(*time.Location), nil
	}
	if iana := IANAZone(name); iana != "" {
		location, err := time.LoadLocation(iana)
		if err == nil {
			known.locations.Store(name, location) // the library reads a file each time
			return location, nil
		}
	}
	return nil, &providers.Error{Class: providers.Permanent, Op: "reading a time zone",
		Message: providers.Outside("the time zone " + name + " is not known here")}
}

// DateTimeIn writes an instant as the two texts of a dateTimeTimeZone in the zone
// with that IANA name. It writes UTC where the zone is not known, and in an hour
// that the zone's clocks show twice, which a local time cannot name.
func DateTimeIn(t time.Time, iana string) (dateTime, timeZone string) {
	windows := WindowsZone(iana)
	location, err := Location(windows)
	if err != nil || windows == "UTC" {
		return t.UTC().Format(LocalTime), "UTC"
	}
	local := t.In(location).Format(LocalTime)
	for _, shift := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		if t.Add(shift).In(location).Format(LocalTime) == local {
			return t.UTC().Format(LocalTime), "UTC"
		}
	}
	return local, windows
}

// WallClockIn writes what clocks in the zone with that IANA name show at an instant
// as the two texts of a dateTimeTimeZone. Unlike [DateTimeIn] it keeps to the zone
// in an hour that comes twice: a series is tied to the clocks, not to the instant.
// It writes UTC where the zone is not known.
func WallClockIn(t time.Time, iana string) (dateTime, timeZone string) {
	windows := WindowsZone(iana)
	location, err := Location(windows)
	if err != nil || windows == "UTC" {
		return t.UTC().Format(LocalTime), "UTC"
	}
	return t.In(location).Format(LocalTime), windows
}
