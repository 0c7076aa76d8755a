package sync_test

import (
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func TestWindowRolls(t *testing.T) { // F-020
	t.Parallel()
	t.Run("with the daily re-read", func(t *testing.T) { windowRolls(t, 0, 6) })
	// A window that is about to end must roll by itself.
	t.Run("without other re-reads", func(t *testing.T) { windowRolls(t, 1000*24*time.Hour, 3) })
}

func windowRolls(t *testing.T, full time.Duration, windows int) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 0)
		room := roomName(0)
		for day := range 80 {
			tn.put(room, meeting(room, day, time.Now().Truncate(24*time.Hour).Add(time.Duration(day)*24*time.Hour+9*time.Hour)))
		}
		f := newFixture(t, tn)
		f.o.Intervals.Rest = 6 * time.Hour
		f.o.Intervals.Near = 6 * time.Hour
		f.o.Intervals.Schedule = 24 * time.Hour
		f.o.Intervals.Full = full
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		for day := range 7 {
			time.Sleep(24 * time.Hour)
			now := time.Now()
			window := providers.Interval{Start: now.Add(-6 * 24 * time.Hour), End: now.Add(60 * 24 * time.Hour)}
			if have, want := f.mirror(room, window), tn.truth(room, window); !slices.Equal(have, want) {
				t.Fatalf("day %d: %d events mirrored of %d", day, len(have), len(want))
			}
			a, err := f.store.Availability(t.Context(), []providers.Address{room}, providers.Interval{Start: now.Add(59 * 24 * time.Hour), End: now.Add(60 * 24 * time.Hour)})
			if err != nil || !a[room].Known() || a[room].Window.Duration() != 24*time.Hour {
				t.Fatalf("day %d: the sixtieth day is not covered: %+v, %v", day, a[room], err)
			}
		}
		// Every old cursor ends with its window.
		used := map[string]bool{}
		for _, c := range tn.seen("changes") {
			if c.mailbox == room && c.cursor == "" {
				used[c.window.End.String()] = true
			}
		}
		if len(used) < windows {
			t.Errorf("only %d windows in 7 days", len(used))
		}
	})
}
