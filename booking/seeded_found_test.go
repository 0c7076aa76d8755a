package booking

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// A try that was refused after one whose answer was lost: the earlier one may still
// arrive, so that nothing is called failed for a while.
func TestALateArrivalIsWaitedFor(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.faults["create"] = []fault{{err: class(providers.Transient)}, {err: class(providers.Permanent)}}
		defer w.run()()
		b := w.book(w.request())
		for w.tenant.calls("create") < 2 {
			time.Sleep(time.Second)
		}
		time.Sleep(goneFor - 10*time.Second)
		if got := w.stored(b.ID); got.State != providers.BookingUnknown {
			t.Fatalf("%s: %s", got.State, got.Reason)
		}
		w.tenant.mu.Lock()
		w.tenant.make(draft(b))
		w.tenant.mu.Unlock()
		if got := w.await(b.ID, 10*time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}

// The time that the service names is kept before a meeting is sent again.
func TestAThrottledCreateWaits(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.faults["create"] = []fault{{err: &providers.Error{Class: providers.Throttled, RetryAfter: 3 * time.Minute}}}
		defer w.run()()
		b := w.book(w.request())
		time.Sleep(3*time.Minute - time.Second)
		if n := w.tenant.calls("create"); n != 1 {
			t.Errorf("sent %d times within the pause", n)
		}
		if got := w.stored(b.ID); got.State != providers.BookingQueued || !got.NextTry.After(w.Now()) {
			t.Errorf("%s, next try %s", got.State, got.NextTry)
		}
		if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
	})
}

// A room that only holds the time does not free the one that the meeting has: that
// goes once somebody has approved, and stays where nobody does.
func TestMoveToARoomThatHoldsKeepsTheOld(t *testing.T) {
	for _, later := range []providers.Response{providers.ResponseAccepted, providers.ResponseDeclined} {
		t.Run(string(later), func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.booked()
				w.tenant.rooms[near] = roomRule{after: time.Second, answer: providers.ResponseTentative}
				defer w.run()()
				w.change(b.ID, ChangeRequest{Kind: providers.ChangeMove, Room: near})
				time.Sleep(10 * time.Minute)
				got := w.stored(b.ID)
				if got.Request.Room != aalto || got.State != providers.BookingAccepted || !got.Change.Open() || !strings.Contains(got.Change.Reason, "the old room stays") {
					t.Errorf("%s in %s, change %s: %s", got.State, got.Request.Room, got.Change.State, got.Change.Reason)
				}
				w.tenant.mu.Lock()
				decided := w.tenant.meetings[0].others[0]
				decided.answer, decided.answerAt = later, w.Now()
				w.tenant.mu.Unlock()
				got = w.await(b.ID, time.Hour)
				room, state := aalto, providers.ChangeUndone
				if later == providers.ResponseAccepted {
					room, state = near, providers.ChangeDone
				}
				if got.State != providers.BookingAccepted || got.Change.State != state {
					t.Errorf("%s, change %s: %s", got.State, got.Change.State, got.Change.Reason)
				}
				w.meeting(b, b.Request.Start, b.Request.End, room)
				if len(w.tenant.roomless) != 0 {
					t.Errorf("without a room at %v", w.tenant.roomless)
				}
			})
		})
	}
}

// F-051: taking back a change of one's own never takes back what somebody else did
// since.
func TestUndoLeavesWhatOthersDid(t *testing.T) {
	for name, theirs := range map[string]func(m *meeting){
		"moved": func(m *meeting) {
			m.event.Start, m.event.End = m.event.Start.Add(3*time.Hour), m.event.End.Add(3*time.Hour)
		},
		"shortened": func(m *meeting) { m.event.End = m.event.End.Add(-30 * time.Minute) },
		"in another room": func(m *meeting) {
			m.place, m.event.Attendees[0].Mailbox, m.event.Attendees[0].Name = "upstairs@contoso.com", "upstairs@contoso.com", providers.Outside("upstairs")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.booked()
				w.change(b.ID, ChangeRequest{Kind: providers.ChangeMove, Start: b.Request.Start.Add(2 * time.Hour), Room: near})
				if got := w.await(b.ID, time.Minute); got.Change.State != providers.ChangeDone {
					t.Fatalf("%s: %s", got.Change.State, got.Change.Reason)
				}
				w.tenant.mu.Lock()
				m := w.tenant.meetings[0]
				theirs(m)
				m.version++
				want, sent := m.event, len(w.tenant.changes)
				w.tenant.mu.Unlock()
				for _, insisting := range []bool{false, true} {
					_, err := w.Change(t.Context(), b.ID, ChangeRequest{Kind: providers.ChangeUndo, EvenIfBusy: insisting})
					if !providers.Is(err, providers.Permanent) || !strings.Contains(err.Error(), "somebody changed the meeting since") {
						t.Errorf("insisting %v: %v", insisting, err)
					}
				}
				_, _ = w.Await(t.Context(), b.ID) // whatever was stored is sent now
				if m := w.tenant.meetings[0]; len(w.tenant.changes) != sent || !m.event.Start.Equal(want.Start) || !m.event.End.Equal(want.End) {
					t.Errorf("%d changes were sent; it is at %s", len(w.tenant.changes)-sent, m.event.Start)
				}
			})
		})
	}
}

// F-059: a change that waited too long is not made on its own; one that waited a
// little is checked again.
func TestNoChangeIsSentLate(t *testing.T) {
	for name, c := range map[string]struct {
		wait  time.Duration
		taken bool
		words string
		class providers.Class
	}{
		"too old":         {staleIntent + time.Minute, false, "ask again", providers.Permanent},
		"taken meanwhile": {2 * time.Minute, true, "booked meanwhile", providers.Conflict},
		"still free":      {2 * time.Minute, false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.booked()
				w.change(b.ID, later(b, 30*time.Minute)) // nobody sends it
				time.Sleep(c.wait)
				if c.taken {
					w.tenant.busy[aalto] = []providers.Block{{Interval: providers.Interval{Start: b.Request.End, End: b.Request.End.Add(time.Hour)}, State: providers.Busy}}
				}
				got := w.await(b.ID, 10*time.Minute)
				if (got.Change.State == providers.ChangeDone) != (c.words == "") || !strings.Contains(got.Change.Reason, c.words) || got.Change.Failure != c.class {
					t.Errorf("%s (%q): %s", got.Change.State, got.Change.Failure, got.Change.Reason)
				}
				if n := w.tenant.calls("change"); (n > 0) != (c.words == "") || got.State != providers.BookingAccepted {
					t.Errorf("sent %d times; the booking is %s", n, got.State)
				}
			})
		})
	}
}

// After a meeting has moved the service may show for a while what the room said to
// the old time: that is no answer to the new one (TRUTH).
func TestAnOldAnswerIsNoAnswer(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		w.tenant.mu.Lock()
		m := w.tenant.meetings[0]
		m.version, m.answerAt = 1, w.Now() // from now on the service tells when it was answered
		w.tenant.mu.Unlock()
		time.Sleep(time.Minute)
		w.tenant.rooms[aalto] = roomRule{after: 20 * time.Second, answer: providers.ResponseDeclined}
		w.tenant.stale = true
		defer w.run()()
		w.change(b.ID, later(b, 15*time.Minute))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := w.stored(b.ID); got.State != providers.BookingWaiting || !got.Change.Open() {
			t.Errorf("by its old answer: %s, change %s", got.State, got.Change.State)
		}
		w.tenant.mu.Lock()
		w.tenant.rooms[aalto] = roomRule{}
		w.tenant.mu.Unlock()
		got := w.await(b.ID, time.Minute)
		if got.Change.State != providers.ChangeUndone || got.State != providers.BookingAccepted {
			t.Errorf("%s, change %s: %s", got.State, got.Change.State, got.Change.Reason)
		}
	})
}

// F-054: only the organizer of a meeting changes it; nobody else's is taken over.
func TestOnlyTheOrganizerChanges(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		w.tenant.mu.Lock()
		w.tenant.meetings[0].event.IsOrganizer = false
		w.tenant.mu.Unlock()
		for name, q := range map[string]ChangeRequest{"extend": later(b, 15*time.Minute), "move": {Kind: providers.ChangeMove, Room: near, EvenIfBusy: true}} {
			if _, err := w.Change(t.Context(), b.ID, q); !providers.Is(err, providers.NotAllowed) || !strings.Contains(err.Error(), "organizer") {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.outbox.all = map[string]providers.Booking{}
		if _, err := w.Adopt(t.Context(), alice, b.EventID); !providers.Is(err, providers.NotAllowed) {
			t.Errorf("taking it over: %v", err)
		}
		if w.tenant.calls("change") != 0 {
			t.Error("something was sent")
		}
	})
}
