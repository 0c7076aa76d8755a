package booking

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// offline makes the tenant unreachable.
func (t *tenant) offline(yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, op := range []string{"availability", "create", "calendars", "find", "event"} {
		if yes {
			t.always[op] = fault{err: class(providers.Unreachable)}
		} else {
			delete(t.always, op)
		}
	}
}

// F-059: a booking made without network is queued, checked before it is sent, and not
// sent on its own where it is old or the room is taken by then.
func TestOfflineBookingsAreReviewed(t *testing.T) {
	wait := func(w *world, d time.Duration) {
		time.Sleep(d)
		synctest.Wait()
	}
	for name, c := range map[string]struct {
		offline time.Duration
		taken   bool
		review  string // "" is sent by itself
	}{
		"soon back":  {offline: 2 * time.Minute},
		"room taken": {offline: 2 * time.Minute, taken: true, review: "no longer free"},
		"too old":    {offline: 31 * time.Minute, review: "min ago"},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.offline(true)
				q := w.request()
				if _, err := w.Book(t.Context(), q); err == nil {
					t.Fatal("booked without network, unasked")
				}
				q.Offline = true
				b := w.book(q)
				if b.State != providers.BookingQueued || !strings.Contains(b.Reason, "kept here") {
					t.Fatalf("%s: %s", b.State, b.Reason)
				}
				defer w.run()()
				wait(w, c.offline)
				if c.taken {
					w.tenant.busy[aalto] = []providers.Block{{Interval: span(b.Request), State: providers.Busy}}
				}
				w.tenant.offline(false)
				wait(w, 2*time.Minute)
				got := w.stored(b.ID)
				if c.review == "" {
					if got.State != providers.BookingAccepted || got.Review != "" {
						t.Fatalf("%s: %s", got.State, got.Reason)
					}
					w.once(b, 1)
					return
				}
				if got.State != providers.BookingQueued || !strings.Contains(got.Review, c.review) || w.tenant.calls("create") != 0 {
					t.Fatalf("%s, review %q, sent %d times", got.State, got.Review, w.tenant.calls("create"))
				}
				if c.taken {
					if _, err := w.SendReviewed(t.Context(), b.ID, false); !isRefused(err) || w.stored(b.ID).Review == "" {
						t.Fatalf("a taken room was sent: %v", err)
					}
					delete(w.tenant.busy, aalto)
				}
				if _, err := w.SendReviewed(t.Context(), b.ID, false); err != nil {
					t.Fatal(err)
				}
				if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted {
					t.Errorf("%s: %s", got.State, got.Reason)
				}
				w.once(b, 1)
				if _, err := w.SendReviewed(t.Context(), b.ID, false); !providers.Is(err, providers.Permanent) {
					t.Errorf("reviewed twice: %v", err)
				}
			})
		})
	}
}

func isRefused(err error) bool {
	var refused *Refused
	return errors.As(err, &refused)
}

// F-047: a room that is silent for 15 minutes offers other rooms, and can be waited for.
func TestSilentRoomOffersChoices(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{silent: true}
		defer w.run()()
		b := w.book(w.request())
		time.Sleep(10 * time.Minute)
		if _, err := w.Keep(t.Context(), b.ID); err == nil || w.stored(b.ID).Alternatives != nil {
			t.Error("choices are offered too early")
		}
		time.Sleep(8 * time.Minute)
		got := w.stored(b.ID)
		if !Silent(got, time.Now()) || len(got.Alternatives) == 0 || !strings.Contains(got.Reason, "no answer for 15 min") {
			t.Fatalf("%s, %d rooms, %q", got.State, len(got.Alternatives), got.Reason)
		}
		kept, err := w.Keep(t.Context(), b.ID)
		if err != nil || kept.Kept.IsZero() {
			t.Fatal(err, kept.Kept)
		}
	})
}
