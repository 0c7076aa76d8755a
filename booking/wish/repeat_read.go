package wish

import (
	"fmt"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/when"
)

// ReadRepeat reads the rule of a series that stands alone: "weekly x10", "every
// workday until 18 dec". first is an instant of its first date, in the zone of the
// series. problem says what is wrong with it; safe to show.
func ReadRepeat(text string, first time.Time) (r Repeat, problem string) {
	first = when.Date(first)
	words := strings.Fields(strings.ToLower(text))
	r, used := readRepeat(words)
	if used == 0 {
		return r, fmt.Sprintf("%q is no repetition", providers.Sanitise(text))
	}
	count, until, end := readEnd(words[used:], first)
	switch {
	case len(words) > used+end:
		return r, fmt.Sprintf("%q is not understood", providers.Sanitise(strings.Join(words[used+end:], " ")))
	case end == 0:
		return r, "the series has no end: say how often (x10) or until when (until 18 dec)"
	case count > maxDates:
		return r, fmt.Sprintf("%d dates are too many: at most %d", count, maxDates)
	}
	r.Count, r.Until = count, until
	dates := r.Dates(first)
	switch {
	case len(dates) == 0 || !dates[0].Equal(first):
		return r, fmt.Sprintf("the first date, %s, is not one of the series (%s)", first.Format("Mon 2 Jan"), r.Words())
	case len(dates) >= maxDates && r.Count == 0:
		return r, fmt.Sprintf("the series has more than %d dates", maxDates)
	}
	return r, ""
}
