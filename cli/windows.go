package cli

import (
	"time"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

// maxWindow is the longest span that one command reads.
const maxWindow = 366 * 24 * time.Hour

// windowFlags are --from, --to and --zone.
type windowFlags struct{ from, to, zone string }

func (w *windowFlags) register(command *cobra.Command, words string) {
	flags := command.Flags()
	flags.StringVar(&w.from, "from", "", "beginning of the time asked for ("+words+")")
	flags.StringVar(&w.to, "to", "", "end of it; +2h counts from the beginning (default: the end of that day)")
	flags.StringVar(&w.zone, "zone", "", "IANA time zone in which times are read and shown (default: this machine's)")
}

// window reads the flags; without them it is today, from midnight to midnight.
// Times are shown in the zone afterwards.
func (a *app) window(w windowFlags) (providers.Interval, error) {
	zone, err := zoneOf(w.zone, a.deps.Zone)
	if err != nil {
		return providers.Interval{}, err
	}
	a.out.zone = zone
	now := a.deps.Now()
	start := midnight(now, zone, 0)
	if w.from != "" {
		if start, err = when(w.from, zone, now, now); err != nil {
			return providers.Interval{}, err
		}
	}
	end := midnight(start, zone, 1)
	if w.to != "" {
		if end, err = when(w.to, zone, now, start); err != nil {
			return providers.Interval{}, err
		}
	}
	return checkWindow("--from", "--to", start, end)
}

func checkWindow(from, to string, start, end time.Time) (providers.Interval, error) {
	span := providers.Interval{Start: start.UTC(), End: end.UTC()}
	switch {
	case !span.End.After(span.Start):
		return span, usage("give a "+to+" that is later", "%s (%s) does not lie behind %s (%s)", to, end.Format(time.RFC3339), from, start.Format(time.RFC3339))
	case span.Duration() > maxWindow:
		return span, usage("ask for a year at most", "the time from %s to %s is too long", start.Format(time.DateOnly), end.Format(time.DateOnly))
	}
	return span, nil
}

// midnight begins the day of t, or a later day, in the zone. Where clocks skip
// midnight it is the day's first instant.
func midnight(t time.Time, zone *time.Location, later int) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d+later, 0, 0, 0, 0, zone)
}
