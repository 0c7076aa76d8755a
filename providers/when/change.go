package when

import "time"

// NextChange is the next instant behind t at which clocks of t's zone are changed;
// false where none is known. It stands on [time.Time.ZoneBounds], which in years
// that follow a zone's rule (from 2038 on) names the last day of leap years as a
// bound although nothing changes then, and names it again at that bound: who goes
// from bound to bound never comes past it (Go 1.26).
func NextChange(t time.Time) (time.Time, bool) {
	name, offset := t.Zone()
	dst := t.IsDST()
	for at := t; ; {
		_, end := at.ZoneBounds()
		if end.IsZero() {
			return time.Time{}, false
		}
		if !end.After(at) {
			end = at.Add(24 * time.Hour)
		}
		if n, o := end.Zone(); n != name || o != offset || end.IsDST() != dst {
			return end, true
		}
		at = end
	}
}
