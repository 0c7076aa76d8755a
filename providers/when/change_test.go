package when_test

import (
	"testing"
	"time"

	"roomdesk/providers/when"
)

// Going from change to change leads through every year of every zone and comes to
// an end, also behind the years of which the database itself tells.
func TestNextChangeLeadsThroughAllYears(t *testing.T) {
	last := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range allZones(t) {
		in := zone(t, name)
		all := periods(in, 2000, 2100)
		at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).In(in)
		visited := map[int64]bool{}
		for i := 0; ; i++ {
			next, more := when.NextChange(at)
			if !more || next.After(last) {
				break
			}
			if i > 400 || !next.After(at) {
				t.Fatalf("%s: behind %s comes %s", name, at, next)
			}
			before, after := next.Add(-time.Second), next
			if before.Format("MST -070000") == after.Format("MST -070000") && before.IsDST() == after.IsDST() {
				t.Fatalf("%s: nothing changes at %s", name, next)
			}
			visited[next.Unix()] = true
			at = next
		}
		for _, p := range all[1:] {
			if begin := time.Unix(p.begin, 0); begin.Before(last) && !visited[p.begin] {
				t.Fatalf("%s: %s is passed over", name, begin)
			}
		}
	}
}
