package when_test

import (
	"os"
	"testing"
	"time"

	"roomdesk/providers/when"
)

// everyEnv has every year of every zone tried, where one in ten is otherwise.
const everyEnv = "ROOMDESK_TEST_EVERY"

// period is a time in which a zone keeps one offset, in Unix seconds.
type period struct{ begin, end, offset int64 }

// periods are those of a zone that touch the years.
func periods(in *time.Location, from, until int) []period {
	var all []period
	const always = 1 << 60
	last := time.Date(until, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).In(in); ; {
		begin, end := t.ZoneBounds()
		_, offset := t.Zone()
		p := period{-always, always, int64(offset)}
		if !begin.IsZero() {
			p.begin = begin.Unix()
		}
		stuck := !end.IsZero() && !end.After(t) // no bound at all, see NextChange
		if stuck {
			end = t.Add(24 * time.Hour)
		}
		if !end.IsZero() {
			p.end = end.Unix()
		}
		if n := len(all); n > 0 && all[n-1].offset == p.offset {
			all[n-1].end = p.end
		} else {
			all = append(all, p)
		}
		if end.IsZero() || end.After(last) {
			return all
		}
		t = end
	}
}

// showing are the instants at which clocks show something, written as if it were
// UTC, found by trying every period of the zone; and where there are none, what
// clocks show that were not set forward.
func showing(all []period, shown int64) (found []int64, unset int64) {
	for i, p := range all {
		if t := shown - p.offset; t >= p.begin && t < p.end {
			found = append(found, t)
		}
		if i > 0 && p.begin+all[i-1].offset <= shown && shown < p.begin+p.offset {
			unset = shown - all[i-1].offset
		}
	}
	return found, unset
}

// The rule for times that clocks leave out or show twice, in every zone, at every
// change of clocks from 1900 to 2100: of a time that comes twice the first is meant;
// one that does not exist is what a clock shows that was not set forward, which is as
// much later as clocks jump.
func TestTheRuleHoldsAtEveryChangeOfClocks(t *testing.T) {
	every := os.Getenv(everyEnv) != ""
	changes, gaps, overlaps, asked := 0, 0, 0, 0
	for n, name := range allZones(t) {
		in := zone(t, name)
		all := periods(in, 1900, 2100)
		for i := 1; i < len(all); i++ {
			p, before := all[i], all[i-1]
			if changes++; !every && (i+n)%10 != 0 {
				continue
			}
			low, high := p.begin+min(before.offset, p.offset), p.begin+max(before.offset, p.offset)
			for _, shown := range []int64{low - 7200, low - 1, low, low + 1, (low + high) / 2, high - 1, high, high + 1, high + 7200} {
				want, unset := showing(all, shown)
				midnight := when.Date(time.Unix(shown, 0).UTC())
				at, other, reading := when.Wall(midnight, time.Duration(shown-midnight.Unix())*time.Second, in)
				asked++
				right := false
				switch len(want) {
				case 0:
					gaps++
					right = reading == when.Skipped && at.Unix() == unset && at.Unix() >= p.begin-7200 && other.Before(at)
				case 1:
					right = reading == when.Once && at.Unix() == want[0] && other.IsZero()
				default:
					overlaps++
					right = reading == when.Twice && at.Unix() == want[0] && other.Unix() == want[len(want)-1]
				}
				if !right {
					t.Fatalf("%s, change at %s: %s is read as %s, %s (%d); clocks show it at %v, unset at %d", name, time.Unix(p.begin, 0).UTC(),
						time.Unix(shown, 0).UTC().Format(time.DateTime), at, other, reading, want, unset)
				}
			}
		}
	}
	t.Logf("%d changes of clocks, %d times asked, %d of them do not exist, %d come twice", changes, asked, gaps, overlaps)
	if gaps < 1000 || overlaps < 1000 {
		t.Errorf("only %d gaps and %d overlaps", gaps, overlaps)
	}
}
