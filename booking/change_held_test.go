package booking

import (
	"testing"
	"time"

	"roomdesk/providers"
)

// A room that has accepted meanwhile, unseen, or that only holds the time, is not
// taken by the meeting itself.
func TestExtendIsNotBlockedByTheMeetingItself(t *testing.T) {
	for name, answer := range map[string]providers.Response{"accepted unseen": "", "held": providers.ResponseTentative} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.rooms[aalto] = roomRule{after: 3 * time.Second, answer: answer}
				_, dates := w.tenant.series(1)
				b, err := w.Adopt(t.Context(), alice, dates[0].event.ID)
				if err != nil || b.State != providers.BookingWaiting {
					t.Fatalf("%v, %s", err, b.State)
				}
				time.Sleep(10 * time.Second) // the room answers
				own := providers.Interval{Start: b.Request.Start, End: b.Request.End}
				w.tenant.busy[aalto] = []providers.Block{{Interval: own, State: providers.Busy}}
				if p, err := w.PlanChange(t.Context(), b.ID, later(b, 15*time.Minute)); err != nil || !p.Free {
					t.Errorf("%v: %s", err, p.Why)
				}
			})
		})
	}
}
