package sync_test

import (
	"testing"
	"time"

	"roomdesk/providers"
)

func TestPoisonedMailboxIsSplitOff(t *testing.T) { // F-122
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(40, 2)
		bad := roomName(11)
		tn.fail = only(bad, fault(providers.Permanent))
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		now := time.Now()
		var all []providers.Address
		for n := range 40 {
			all = append(all, roomName(n))
		}
		a, err := f.store.Availability(t.Context(), all, providers.Interval{Start: now, End: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		for room, answer := range a {
			if known := answer.Known(); known != (room != bad) {
				t.Errorf("%s: known %v", room, known)
			}
		}
		// Also the question itself was answered for all others.
		known, err := f.store.Mailboxes(t.Context())
		if err != nil || len(known) != 40 {
			t.Fatalf("%d mailboxes, %v", len(known), err)
		}
		for _, m := range known {
			if asked := !m.ScheduleAsOf.IsZero(); asked != (m.Address != bad) {
				t.Errorf("%s: answered %v", m.Address, asked)
			}
		}
		if a[bad].Problem == nil || a[bad].FreeFor(providers.Interval{Start: now, End: now.Add(time.Hour)}) {
			t.Errorf("an unknown room looks free: %+v", a[bad])
		}
	})
}

func TestFreeBusyOutageMakesNoStorm(t *testing.T) { // F-072
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(400, 1)
		tn.fail = func(c call) error {
			if c.method == "availability" {
				return fault(providers.Transient)
			}
			return nil
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		if n := len(tn.seen("availability")); n > 20+2*6+32 { // all, the halves of the first refusals, and what the workers asked in smaller parts before it was clear
			t.Errorf("%d questions where 20 would have done", n)
		}
		if !f.converged() {
			t.Error("the calendars were not read")
		}
	})
}
