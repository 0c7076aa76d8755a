package booking

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// F-041, F-042: the answer to the create is lost in every way, with and without
// the meeting having been made; in the end there is one, under the one
// transaction id.
func TestLostAnswerIsResolvedByLooking(t *testing.T) {
	timeout := &providers.Error{Class: providers.Transient, Status: 504}
	reset := &providers.Error{Class: providers.Unreachable}
	garbage := &providers.Error{Class: providers.Foreign}
	plain := fmt.Errorf("unexpected EOF")
	for name, create := range map[string][]fault{
		"commit then 504":           {{err: timeout, commit: true}},
		"commit then 504 ×3":        {{err: timeout, commit: true}, {err: timeout, commit: true}, {err: timeout, commit: true}},
		"commit then reset":         {{err: reset, commit: true}},
		"commit then hang":          {{err: timeout, commit: true, delay: 10 * time.Minute}},
		"commit then truncated":     {{err: garbage, commit: true}},
		"commit then unclassified":  {{err: plain, commit: true}},
		"504":                       {{err: timeout}},
		"504 ×3":                    {{err: timeout}, {err: timeout}, {err: timeout}},
		"reset, then commit then":   {{err: reset}, {err: timeout, commit: true}},
		"throttled":                 {{err: &providers.Error{Class: providers.Throttled, RetryAfter: 20 * time.Second}}},
		"throttled, commit then":    {{err: class(providers.Throttled)}, {err: timeout, commit: true}},
		"unclassified":              {{err: plain}},
		"conflict":                  {{err: &providers.Error{Class: providers.Conflict, Status: 409}}},
		"hang":                      {{err: timeout, delay: 10 * time.Minute}},
		"refused after lost answer": {{err: timeout, commit: true}, {err: class(providers.Permanent)}},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.faults["create"] = create
				w.tenant.faults["find"] = []fault{{err: timeout}, {err: reset}}
				defer w.run()()
				b := w.book(w.request())
				got := w.await(b.ID, 20*time.Minute)
				if got.State != providers.BookingAccepted {
					t.Errorf("state %s: %s", got.State, got.Reason)
				}
				w.once(b, 1) // under the id that was stored first
			})
		})
	}
}

// While it is not known, that is what is said; and a read-only look-up is all
// that happens.
func TestUnknownIsShownAsUnknown(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.faults["create"] = []fault{{err: class(providers.Transient), commit: true}}
		w.tenant.always["find"] = fault{err: class(providers.Unreachable)}
		stop := w.run()
		b := w.book(w.request())
		time.Sleep(10 * time.Minute)
		got := w.stored(b.ID)
		if got.State != providers.BookingUnknown || !strings.Contains(got.Reason, "not known") || !strings.Contains(got.Reason, providers.Unreachable.Words()) || got.NextTry.IsZero() {
			t.Errorf("%s: %q, next %v", got.State, got.Reason, got.NextTry)
		}
		if n := w.tenant.calls("create"); n != 1 {
			t.Errorf("sent %d times without knowing", n)
		}
		if n := w.tenant.calls("find"); n > 20 {
			t.Errorf("%d look-ups in 10 minutes", n)
		}
		if w.InFlight() != 0 {
			t.Error("quitting would wait for a booking that nobody is writing")
		}
		stop()
		delete(w.tenant.always, "find")
		if got := w.await(b.ID, 10*time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("in the end %s: %s", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}

// A tenant that never makes the meeting: tries are bounded, and failed is only
// said of what is certainly absent.
func TestSendingIsBounded(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.always["create"] = fault{err: class(providers.Transient)}
		defer w.run()()
		b := w.book(w.request())
		got := w.await(b.ID, time.Hour)
		if got.State != providers.BookingFailed || got.Reason == "" {
			t.Errorf("%s: %q", got.State, got.Reason)
		}
		if n := w.tenant.calls("create"); n != maxTries {
			t.Errorf("sent %d times, want %d", n, maxTries)
		}
		w.once(b, 0)
	})
}

// F-041 ×∞: the service makes the meeting and never admits it.
func TestCommitThenFailForEver(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.always["create"] = fault{err: class(providers.Transient), commit: true}
		w.tenant.always["find"] = fault{err: class(providers.Transient)}
		defer w.run()()
		b := w.book(w.request())
		time.Sleep(8 * time.Hour)
		got := w.stored(b.ID)
		if got.State != providers.BookingUnknown {
			t.Errorf("%s: %q although nobody can know", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}

// A refusal of a later try does not say that an earlier one came to nothing.
func TestLateArrivalIsFound(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.faults["create"] = []fault{{err: class(providers.Transient)}, {err: class(providers.Permanent)}}
		defer w.run()()
		b := w.book(w.request())
		for w.tenant.calls("create") < 2 {
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if got := w.stored(b.ID); got.State != providers.BookingUnknown {
			t.Fatalf("%s after a refused second try", got.State)
		}
		w.tenant.mu.Lock() // the first one arrives after all
		w.tenant.make(draft(b))
		w.tenant.mu.Unlock()
		if got := w.await(b.ID, 10*time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}

// F-059: what waited too long is not sent on its own, what waited a little is
// checked again.
func TestNothingIsSentLate(t *testing.T) {
	throttled := fault{err: &providers.Error{Class: providers.Throttled, RetryAfter: 3 * time.Minute}}
	t.Run("too old", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			b := w.book(w.request()) // nobody sends it
			time.Sleep(staleIntent + time.Minute)
			got := w.await(b.ID, time.Minute)
			if got.State != providers.BookingQueued || got.Review == "" || !strings.Contains(got.Reason, "not sent") || w.tenant.calls("create") != 0 {
				t.Errorf("%s: %q, sent %d times", got.State, got.Reason, w.tenant.calls("create"))
			}
		})
	})
	t.Run("tried before", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			w.tenant.faults["create"] = []fault{{err: &providers.Error{Class: providers.Throttled, RetryAfter: staleIntent + time.Minute}}}
			b := w.book(w.request())
			got := w.await(b.ID, 2*staleIntent)
			if got.State != providers.BookingFailed || !strings.Contains(got.Reason, "not sent within") || w.tenant.calls("create") != 1 {
				t.Errorf("%s: %q, sent %d times", got.State, got.Reason, w.tenant.calls("create"))
			}
		})
	})
	t.Run("taken meanwhile", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			b := w.book(w.request())
			time.Sleep(2 * time.Minute)
			w.tenant.busy[aalto] = []providers.Block{{Interval: span(b.Request), State: providers.Busy, Subject: providers.Outside("Board")}}
			got := w.await(b.ID, time.Minute)
			if got.State != providers.BookingFailed || !strings.Contains(got.Reason, "Board") || len(got.Alternatives) != 3 || w.tenant.calls("create") != 0 {
				t.Errorf("%s: %q, sent %d times", got.State, got.Reason, w.tenant.calls("create"))
			}
		})
	})
	t.Run("still free", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			w.tenant.faults["create"] = []fault{throttled}
			b := w.book(w.request())
			if got := w.await(b.ID, 10*time.Minute); got.State != providers.BookingAccepted {
				t.Errorf("%s: %s", got.State, got.Reason)
			}
			if n := w.tenant.calls("availability"); n != 2 {
				t.Errorf("asked %d times, want once before storing and once before sending late", n)
			}
		})
	})
	t.Run("start has passed", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			q := w.request()
			q.Start = w.Now().Add(time.Minute)
			b := w.book(q)
			time.Sleep(20 * time.Minute)
			if got := w.await(b.ID, time.Minute); got.State != providers.BookingFailed || !strings.Contains(got.Reason, "passed") {
				t.Errorf("%s: %s", got.State, got.Reason)
			}
		})
	})
}

// A request that is still in the air when it is first looked for is not sent
// again beside itself.
func TestRequestInTheAirIsAwaited(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.faults["create"] = []fault{{err: class(providers.Transient)}}
		defer w.run()()
		b := w.book(w.request())
		time.Sleep(3 * time.Second)
		w.tenant.mu.Lock()
		w.tenant.make(draft(b))
		w.tenant.mu.Unlock()
		if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		if n := w.tenant.calls("create"); n != 1 {
			t.Errorf("sent %d times", n)
		}
		w.once(b, 1)
	})
}

// A caller that gives up in the middle of a save loses nothing.
func TestStoppingInTheMiddleOfSending(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.faults["create"] = []fault{{commit: true, delay: 30 * time.Second}}
		stop := w.run()
		b := w.book(w.request())
		time.Sleep(10 * time.Second)
		if w.InFlight() != 1 {
			t.Errorf("%d in flight while the tenant thinks", w.InFlight())
		}
		stop()
		if got := w.stored(b.ID); got.State != providers.BookingUnknown || w.InFlight() != 0 {
			t.Errorf("stopped as %s with %d in flight", got.State, w.InFlight())
		}
		w.Desk = w.desk()
		defer w.run()()
		if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}

// What another process is sending at this moment is left to it.
func TestOthersBookingIsLeftToThem(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		defer w.run()()
		time.Sleep(rescanEvery - time.Second)
		other := w.desk()
		b, err := other.Book(t.Context(), w.request())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if n := w.tenant.calls("create"); n != 0 {
			t.Errorf("sent %d times by a process that did not make it", n)
		}
		if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted { // the other one never did
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}
