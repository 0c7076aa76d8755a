package booking

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// F-053, F-054: cancelled once whatever the tenant answers, everybody told once,
// with the note.
func TestCancel(t *testing.T) {
	transient := &providers.Error{Class: providers.Transient, Status: 504}
	for name, c := range map[string]struct {
		keeps  bool
		faults map[string][]fault
		before func(w *world)
		state  providers.BookingState // when Cancel returns
		err    providers.Class
		mails  int
	}{
		"smooth":                    {false, nil, nil, providers.BookingCancelled, "", 1},
		"already deleted":           {false, nil, func(w *world) { w.tenant.meetings[0].event.Cancelled = true }, providers.BookingCancelled, "", 0},
		"already cancelled":         {true, nil, func(w *world) { w.tenant.meetings[0].event.Cancelled = true }, providers.BookingCancelled, "", 0},
		"deleted in this moment":    {false, map[string][]fault{"cancel": {{err: class(providers.Gone), commit: true}}}, nil, providers.BookingCancelled, "", 1},
		"commit then 504":           {false, map[string][]fault{"cancel": {{err: transient, commit: true}}}, nil, providers.BookingCancelling, providers.Transient, 1},
		"commit then 504, kept":     {true, map[string][]fault{"cancel": {{err: transient, commit: true}}}, nil, providers.BookingCancelling, providers.Transient, 1},
		"504 ×3":                    {false, map[string][]fault{"cancel": {{err: transient}, {err: transient}, {err: transient}}}, nil, providers.BookingCancelling, providers.Transient, 1},
		"cannot be read":            {false, map[string][]fault{"event": {{err: class(providers.Unreachable)}}}, nil, providers.BookingCancelling, providers.Unreachable, 1},
		"throttled":                 {false, map[string][]fault{"cancel": {{err: &providers.Error{Class: providers.Throttled, RetryAfter: time.Minute}}}}, nil, providers.BookingCancelling, providers.Throttled, 1},
		"refused":                   {false, map[string][]fault{"cancel": {{err: class(providers.NotAllowed)}}}, nil, providers.BookingAccepted, providers.NotAllowed, 0},
		"refused before it is read": {false, map[string][]fault{"event": {{err: class(providers.NotAllowed)}}}, nil, providers.BookingAccepted, providers.NotAllowed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.book(w.request())
				w.await(b.ID, time.Minute)
				w.tenant.keeps = c.keeps
				if c.before != nil {
					c.before(w)
				}
				defer w.run()()
				time.Sleep(time.Second) // the looks of a new run have passed
				w.tenant.script(c.faults)
				got, err := w.Cancel(t.Context(), b.ID, "sorry")
				if got.State != c.state || providers.ClassOf(err) != c.err {
					t.Errorf("%s, %v; want %s, class %q", got.State, err, c.state, c.err)
				}
				if err != nil && !strings.Contains(got.Reason, "not cancelled") {
					t.Errorf("reason %q", got.Reason)
				}
				time.Sleep(10 * time.Minute)
				end, live := providers.BookingCancelled, 0
				if c.state == providers.BookingAccepted {
					end, live = providers.BookingAccepted, 1
				}
				if got := w.stored(b.ID); got.State != end {
					t.Errorf("in the end %s: %s", got.State, got.Reason)
				}
				w.once(b, live)
				if m := w.tenant.meetings[0]; m.cancels != c.mails || c.mails > 0 && m.comment != "sorry" {
					t.Errorf("%d cancellations were sent, with %q", m.cancels, m.comment)
				}
				if w.InFlight() != 0 {
					t.Error("still in flight")
				}
				if end == providers.BookingCancelled {
					again, err := w.Cancel(t.Context(), b.ID, "again")
					if err != nil || again.State != providers.BookingCancelled || w.tenant.meetings[0].cancels != c.mails {
						t.Errorf("cancelling twice: %s, %v", again.State, err)
					}
				}
			})
		})
	}
}

// What never left needs no request; what may have left is looked for first.
func TestCancelBeforeItIsThere(t *testing.T) {
	t.Run("never sent", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			b := w.book(w.request())
			asked := len(w.tenant.ledger)
			got, err := w.Cancel(t.Context(), b.ID, "")
			if err != nil || got.State != providers.BookingCancelled || len(w.tenant.ledger) != asked || w.InFlight() != 0 {
				t.Errorf("%s, %v, %d requests", got.State, err, len(w.tenant.ledger)-asked)
			}
			defer w.run()()
			time.Sleep(time.Hour)
			w.once(b, 0)
			if w.tenant.calls("create") != 0 {
				t.Error("sent after it was cancelled")
			}
		})
	})
	for name, commit := range map[string]bool{"answer lost, made": true, "answer lost, not made": false} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.faults["create"] = []fault{{err: class(providers.Transient), commit: commit}}
				w.tenant.faults["find"] = []fault{{err: class(providers.Transient)}}
				defer w.run()()
				b := w.book(w.request())
				time.Sleep(time.Millisecond)
				if got := w.stored(b.ID); got.State != providers.BookingUnknown {
					t.Fatalf("it is %s", got.State)
				}
				if got, err := w.Cancel(t.Context(), b.ID, ""); err == nil || got.State != providers.BookingCancelling {
					t.Errorf("%s, %v while nobody can look", got.State, err)
				}
				time.Sleep(10 * time.Minute)
				if got := w.stored(b.ID); got.State != providers.BookingCancelled {
					t.Errorf("%s: %s", got.State, got.Reason)
				}
				w.once(b, 0)
				if n := w.tenant.calls("create"); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		})
	}
	t.Run("in the air", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			w.tenant.faults["create"] = []fault{{err: class(providers.Transient)}}
			defer w.run()()
			b := w.book(w.request())
			time.Sleep(time.Millisecond)
			if got, err := w.Cancel(t.Context(), b.ID, ""); err != nil || got.State != providers.BookingCancelling {
				t.Errorf("%s, %v", got.State, err)
			}
			time.Sleep(3 * time.Second)
			w.tenant.mu.Lock() // now it arrives
			w.tenant.make(draft(b))
			w.tenant.mu.Unlock()
			time.Sleep(10 * time.Minute)
			w.once(b, 0)
			if got := w.stored(b.ID); got.State != providers.BookingCancelled {
				t.Errorf("%s: %s", got.State, got.Reason)
			}
		})
	})
}

// The wish is on the disk before the tenant hears of it.
func TestCancelStoresFirst(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.book(w.request())
		w.await(b.ID, time.Minute)
		w.outbox.failures = 1
		if _, err := w.Cancel(t.Context(), b.ID, ""); !providers.Is(err, providers.Local) {
			t.Errorf("%v", err)
		}
		if w.tenant.calls("cancel") != 0 {
			t.Error("cancelled although the wish could not be stored")
		}
		w.once(b, 1)
	})
}

func TestCancelWhatIsNotThere(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		if _, err := w.Cancel(t.Context(), "nonsense", ""); !providers.Is(err, providers.Gone) {
			t.Errorf("an unknown id: %v", err)
		}
		w.tenant.faults["create"] = []fault{{err: class(providers.Permanent)}}
		b := w.book(w.request())
		w.await(b.ID, time.Minute)
		if got, err := w.Cancel(t.Context(), b.ID, ""); !providers.Is(err, providers.Permanent) || got.State != providers.BookingFailed {
			t.Errorf("a failed one: %s, %v", got.State, err)
		}
	})
}

// A declined booking is a meeting without a room: it can be cancelled.
func TestCancelDeclined(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{answer: providers.ResponseDeclined}
		b := w.book(w.request())
		w.await(b.ID, time.Minute)
		got, err := w.Cancel(t.Context(), b.ID, "")
		if err != nil || got.State != providers.BookingCancelled || len(got.Alternatives) != 0 {
			t.Errorf("%s, %v", got.State, err)
		}
		w.once(b, 0)
	})
}
