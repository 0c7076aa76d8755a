package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// The same numbers on a pipe, as JSON and on a terminal's line.
func TestProgressIsToldAlikeEverywhere(t *testing.T) { // S4
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	steps := []providers.SyncProgress{
		{Phase: providers.PhasePlaces, Done: 100},
		{Phase: providers.PhaseAvailability, Done: 400, Total: 3000, Rate: 200, Left: 13 * time.Second},
		{Phase: providers.PhaseCalendars, Done: 900, Total: 3000, Rate: 31.2, Left: 67 * time.Second},
		{Phase: providers.PhaseCalendars, Done: 905, Total: 3000, Rate: 31, Left: 67 * time.Second}, // too soon for another line
		{Phase: providers.PhaseCalendars, Done: 1000, Total: 3000, ThrottledTo: now.Add(2 * time.Minute)},
		{Phase: providers.PhaseCalendars, Done: 1000, Total: 3000, Stalled: now.Add(15 * time.Second)},
		{Phase: providers.PhaseChanges, Done: 3000, Total: 3000},
	}
	at := []int{0, 10, 20, 21, 30, 40, 50}
	for _, live := range []bool{false, true} {
		for _, args := range [][]string{nil, {"--json"}} {
			a, _, errs := newApp(t, args...)
			a.deps.Zone = time.UTC
			clock := now
			a.flags.json = args != nil
			a.deps.Now = func() time.Time { return clock }
			a.prepareOutput()
			bar := a.progress("reading")
			bar.live, bar.since = live, now.Add(-time.Minute)
			for i, p := range steps {
				clock = now.Add(time.Duration(at[i]) * time.Second)
				bar.tell(p)
			}
			bar.end()
			text := errs.String()
			switch {
			case args != nil:
				lines := strings.Split(strings.TrimSpace(text), "\n")
				if len(lines) != 6 {
					t.Fatalf("%d lines:\n%s", len(lines), text)
				}
				var third struct {
					Progress struct {
						Done  int
						LeftS *int64 `json:"left_s"`
						Pace  string
					}
				}
				if err := json.Unmarshal([]byte(lines[2]), &third); err != nil || third.Progress.Done != 900 || *third.Progress.LeftS != 67 ||
					third.Progress.Pace != "31/s, about 1 min left" {
					t.Errorf("%s: %v", lines[2], err)
				}
				for i, key := range map[int]string{3: `"waiting_until":"2026-11-21T10:02:00Z"`, 4: `"stalled_s":25`, 5: `"complete":true`} {
					if !strings.Contains(lines[i], key) || !strings.Contains(lines[i], `"left_s":null`) {
						t.Errorf("%s has no %s", lines[i], key)
					}
				}
			case live:
				for _, want := range []string{"\r", " 900 of 3000  31/s, about 1 min left", "1000 of 3000  waiting until 10:02:00"} {
					if !strings.Contains(text, want) {
						t.Errorf("the bar never shows %q: %q", want, text)
					}
				}
				if strings.Contains(text, "\n") {
					t.Errorf("the bar scrolls: %q", text)
				}
			default:
				want := "reading rooms and people: 100, measuring\n" +
					"reading free/busy of all rooms: 400 of 3000, 200/s, about 15 s left\n" +
					"reading calendars: 900 of 3000, 31/s, about 1 min left\n" +
					"reading calendars: 1000 of 3000, waiting until 10:02:00, as the service asks\n" +
					"reading calendars: 1000 of 3000, nothing came for 25 s: waiting for the service\n" +
					"reading changes: the first sync is complete\n"
				if text != want {
					t.Errorf("on a pipe:\n%s\nwant:\n%s", text, want)
				}
			}
		}
	}
}
