package cli

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"roomdesk/providers/zones"
)

// localZone is this machine's zone, under its name where that can be found out.
func localZone(now time.Time) *time.Location {
	zone, err := time.LoadLocation(localZoneName())
	if err != nil {
		return time.Local
	}
	_, named := now.In(zone).Zone()
	if _, local := now.In(time.Local).Zone(); named != local {
		return time.Local
	}
	return zone
}

// localZoneName is the IANA name of this machine's zone, "UTC" where it has none
// that could be found out.
func localZoneName() string {
	if name := time.Local.String(); name != "Local" {
		return known(name)
	}
	if name, ok := os.LookupEnv("TZ"); ok {
		return known(strings.TrimPrefix(name, ":"))
	}
	// Where the zone comes from /etc/localtime, its name is where that points to.
	target, err := filepath.EvalSymlinks("/etc/localtime")
	if err != nil {
		return "UTC"
	}
	if _, name, found := strings.Cut(filepath.ToSlash(target), "zoneinfo/"); found {
		return known(name)
	}
	return "UTC"
}

func known(name string) string {
	name = strings.TrimPrefix(name, "Etc/")
	if name == "" {
		return "UTC"
	}
	if _, err := time.LoadLocation(name); err != nil || strings.EqualFold(name, "local") {
		return "UTC"
	}
	return name
}

// zoneLocation is the zone that the tenant names for an event, or nil.
func zoneLocation(name string) *time.Location {
	location, err := zones.Location(name)
	if err != nil {
		return nil
	}
	return location
}
