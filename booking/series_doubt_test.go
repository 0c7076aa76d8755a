package booking

import (
	"context"
	"testing"
	"time"

	"roomdesk/providers"
)

// A series whose answer was lost is looked for before it is sent again.
func TestASeriesIsLookedForFirst(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(3))
		w.tenant.script(map[string][]fault{"create": {{err: class(providers.Transient), commit: true}}})
		defer w.run()()
		if b = w.await(b.ID, time.Minute); b.State != providers.BookingAccepted || w.tenant.calls("create") != 1 {
			t.Errorf("%s: %s; %v", b.State, b.Reason, w.tenant.ledger)
		}
	})
}

// F-042: a series whose first try arrives late, behind the refusal of the second, is
// found; one that is cancelled meanwhile is gone.
func TestASeriesThatArrivesLateIsFound(t *testing.T) {
	for _, cancelled := range []bool{false, true} {
		inTime(t, func(t *testing.T, w *world) {
			b := w.bookSeries(w.weeklyPlan(3))
			w.tenant.script(map[string][]fault{"create": {{err: class(providers.Transient)}, {err: class(providers.Permanent)}}})
			defer w.run()()
			wait := 20 * time.Second
			if cancelled {
				time.Sleep(3 * time.Second)
				_, _ = w.Cancel(t.Context(), b.ID, "") // told to be under way
				wait = time.Second
			}
			time.Sleep(wait)
			w.quiet()
			if _, err := w.tenant.CreateEvent(t.Context(), seriesDraft(b, b.Series.Meetings[0])); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
			b = w.stored(b.ID)
			if want := map[bool]providers.BookingState{false: providers.BookingAccepted, true: providers.BookingCancelled}[cancelled]; b.State != want {
				t.Errorf("%s: %s; %v", b.State, b.Reason, w.tenant.ledger)
			}
			w.holds(b)
		})
	}
}

// A cancellation that cannot be stored does not leave.
func TestASeriesCancelStoresFirst(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(3))
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		w.outbox.mu.Lock()
		w.outbox.failures = 1
		w.outbox.mu.Unlock()
		if _, err := w.CancelFrom(t.Context(), b.ID, -1, providers.CancelAll, ""); !providers.Is(err, providers.Local) || w.tenant.calls("cancel") != 0 {
			t.Errorf("%v; %v", err, w.tenant.ledger)
		}
		w.holds(w.stored(b.ID))
	})
}

// What cannot be read, or is not there for a moment, was not cancelled.
func TestADateThatIsNotSeenForAMomentStays(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(3))
		stop := w.run()
		b = w.await(b.ID, time.Minute)
		stop()
		look := func() {
			t.Helper()
			b = w.stored(b.ID)
			w.stepSeries(context.Background(), &b)
			if b = w.stored(b.ID); b.State != providers.BookingAccepted || b.Series.Tally() != "3 accepted" {
				t.Errorf("%s: %s", b.State, b.Series.Tally())
			}
		}
		w.tenant.mu.Lock()
		hidden := w.tenant.meetings[2]
		hidden.event.Cancelled = true
		w.tenant.mu.Unlock()
		look()
		w.tenant.mu.Lock()
		hidden.event.Cancelled = false
		w.tenant.mu.Unlock()
		look()
		w.tenant.always["dates"] = fault{err: class(providers.Unreachable)}
		for range 4 {
			look()
			time.Sleep(time.Minute)
		}
	})
}
