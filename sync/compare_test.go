package sync_test

import (
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// What the changes never name shows in free/busy.
func TestFreeBusyFindsWhatChangesForget(t *testing.T) { // F-017, G3
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 10)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(time.Minute)
		tn.remove(roomName(3), "id-room00003-8", true) // in three hours
		tn.forget()
		f.settles(20 * time.Minute)
		for _, c := range tn.seen("changes") {
			if c.cursor == "" && c.mailbox != roomName(3) {
				t.Errorf("%s was read anew without a reason", c.mailbox)
			}
		}
	})
}

// A difference that reading anew does not explain is no reason to do it again.
func TestALastingDifferenceMakesNoStorm(t *testing.T) { // F-017, F-072
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 4)
		odd := roomName(1)
		tn.busy = map[providers.Address]providers.Interval{odd: {Start: time.Now().Add(30 * time.Hour), End: time.Now().Add(31 * time.Hour)}}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.forget()
		time.Sleep(4 * time.Hour)
		anew := 0
		for _, c := range tn.seen("changes") {
			if c.cursor == "" {
				anew++
				if c.mailbox != odd {
					t.Errorf("%s was read anew", c.mailbox)
				}
			}
		}
		if anew != 1 {
			t.Errorf("read anew %d times because of one difference", anew)
		}
	})
}

func TestAWindowThatIsTooMuchIsDivided(t *testing.T) { // F-029
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 0)
		big := roomName(1)
		tn.daily(big, -6, 60)
		long := meeting(big, 5000, time.Now().Add(24*time.Hour))
		long.End = long.Start.Add(40 * 24 * time.Hour) // lies in several parts
		tn.put(big, long)
		tn.fail = func(c call) error {
			if c.mailbox == big && c.method == "changes" && c.cursor == "" && c.window.Duration() > 10*24*time.Hour {
				return fault(providers.Transient)
			}
			return nil
		}
		f := newFixture(t, tn)
		f.o.Intervals.Full = time.Hour
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.settles(15 * time.Minute)
		if s := f.status(big); s.Problem != nil {
			t.Errorf("%+v", s.Problem)
		}
		tn.remove(big, "id-room00001-1003", false)
		f.settles(15 * time.Minute)
		tn.now(func() { tn.fail = nil })
		f.until("one piece again", 3*time.Hour, func() bool { p, err := f.store.Position(t.Context(), big); return err == nil && p.Cursor != "" })
		f.settles(15 * time.Minute)
	})
}
