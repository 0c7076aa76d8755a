package booking

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// booked is a booking that the room has accepted.
func (w *world) booked() providers.Booking {
	w.t.Helper()
	b := w.await(w.book(w.request()).ID, time.Minute)
	if b.State != providers.BookingAccepted {
		w.t.Fatalf("%s: %s", b.State, b.Reason)
	}
	return b
}

func (w *world) change(id string, q ChangeRequest) providers.Booking {
	w.t.Helper()
	b, err := w.Change(w.t.Context(), id, q)
	if err != nil {
		w.t.Fatalf("Change: %v", err)
	}
	return b
}

func later(b providers.Booking, by time.Duration) ChangeRequest {
	return ChangeRequest{Kind: providers.ChangeExtend, End: b.Request.End.Add(by)}
}

func (w *world) meeting(b providers.Booking, start, end time.Time, room providers.Address) {
	w.t.Helper()
	w.once(b, 1)
	m := w.tenant.live()[0]
	if !m.event.Start.Equal(start) || !m.event.End.Equal(end) || m.place != room || len(m.others) != 0 {
		w.t.Errorf("the tenant has it in %s from %v to %v with %d further rooms, want %s, %v, %v", m.place, m.event.Start, m.event.End, len(m.others), room, start, end)
	}
}

// Extending by 15 minutes: stored first, the room asked again, accepted only once
// it said so, everybody who gets mail counted.
func TestExtend(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		w.tenant.rooms[aalto] = roomRule{after: 5 * time.Second}
		defer w.run()()
		p, err := w.PlanChange(t.Context(), b.ID, later(b, 15*time.Minute))
		if err != nil || !p.Free || len(p.Mails) != 2 || p.NoUndo != "" {
			t.Fatalf("%+v, %v", p, err)
		}
		if w.tenant.calls("change") != 0 {
			t.Error("a plan was sent")
		}
		got := w.change(b.ID, later(b, 15*time.Minute))
		if got.Change.State != providers.ChangeQueued || w.InFlight() != 1 {
			t.Errorf("returned as %s, %d in flight", got.Change.State, w.InFlight())
		}
		time.Sleep(2 * time.Second)
		if got := w.stored(b.ID); got.State != providers.BookingWaiting || got.RoomResponse != providers.ResponsePending || got.Change.State != providers.ChangeWaiting || got.Settled() {
			t.Errorf("before the room's answer: %s, change %s", got.State, got.Change.State)
		}
		got = w.await(b.ID, time.Minute)
		if got.State != providers.BookingAccepted || got.Change.State != providers.ChangeDone || !got.Request.End.Equal(b.Request.End.Add(15*time.Minute)) {
			t.Errorf("%s, change %s: %s", got.State, got.Change.State, got.Change.Reason)
		}
		w.meeting(b, b.Request.Start, b.Request.End.Add(15*time.Minute), aalto)
		got = w.change(b.ID, ChangeRequest{Kind: providers.ChangeUndo})
		if got = w.await(b.ID, time.Minute); got.State != providers.BookingAccepted || got.Change.State != providers.ChangeDone {
			t.Errorf("undone: %s, %s", got.State, got.Change.State)
		}
		w.meeting(b, b.Request.Start, b.Request.End, aalto)
	})
}

// The live check sees the next meeting and offers to extend to the gap.
func TestExtendToTheGap(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		next := providers.Interval{Start: b.Request.End.Add(10 * time.Minute), End: b.Request.End.Add(time.Hour)}
		w.tenant.busy[aalto] = []providers.Block{{Interval: next, State: providers.Busy}}
		_, err := w.Change(t.Context(), b.ID, later(b, 15*time.Minute))
		var refused *ChangeRefused
		if !errors.As(err, &refused) || providers.ClassOf(err) != providers.Conflict || !refused.Plan.Until.Equal(next.Start) || !strings.Contains(err.Error(), "can be extended to") || len(refused.Plan.Alternatives) == 0 {
			t.Fatalf("%v", err)
		}
		if w.stored(b.ID).Change.Kind != "" || w.tenant.calls("change") != 0 {
			t.Error("a refused change was stored or sent")
		}
		w.change(b.ID, ChangeRequest{Kind: providers.ChangeExtend, End: refused.Plan.Until})
		if got := w.await(b.ID, time.Minute); got.Change.State != providers.ChangeDone {
			t.Errorf("%s: %s", got.Change.State, got.Change.Reason)
		}
		if _, err := w.Change(t.Context(), b.ID, later(b, 15*time.Minute)); !errors.As(err, &refused) || !strings.Contains(err.Error(), "no") && !strings.Contains(err.Error(), "next meeting begins") {
			t.Errorf("with no gap: %v", err)
		}
	})
}

// A room that was free by its calendar and declines: back to what it was, with
// the reason and other rooms.
func TestExtendDeclined(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		q := later(b, 15*time.Minute)
		q.EvenIfBusy = true
		w.tenant.busy[aalto] = []providers.Block{{Interval: providers.Interval{Start: b.Request.End, End: b.Request.End.Add(time.Hour)}, State: providers.Busy}}
		w.change(b.ID, q)
		got := w.await(b.ID, time.Minute)
		if got.State != providers.BookingAccepted || got.Change.State != providers.ChangeUndone || got.Change.Reason == "" || len(got.Change.Alternatives) == 0 {
			t.Errorf("%s, change %s: %q, %d alternatives", got.State, got.Change.State, got.Change.Reason, len(got.Change.Alternatives))
		}
		w.meeting(b, b.Request.Start, b.Request.End, aalto)
	})
}

// Ending now frees the room; not before it has begun, not when it is over.
func TestEndEarly(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		end := ChangeRequest{Kind: providers.ChangeEnd}
		if _, err := w.Change(t.Context(), b.ID, end); err == nil || !strings.Contains(err.Error(), "not begun") {
			t.Errorf("before it began: %v", err)
		}
		time.Sleep(time.Until(b.Request.Start.Add(20*time.Minute + 30*time.Second)))
		w.change(b.ID, end)
		got := w.await(b.ID, time.Minute)
		if want := b.Request.Start.Add(20 * time.Minute); got.Change.State != providers.ChangeDone || !got.Request.End.Equal(want) {
			t.Errorf("%s until %v, want %v: %s", got.Change.State, got.Request.End, want, got.Change.Reason)
		}
		if _, err := w.Change(t.Context(), b.ID, end); err == nil || !strings.Contains(err.Error(), "over") {
			t.Errorf("once more: %v", err)
		}
		if why := WhyNotChange(got, providers.ChangeUndo, time.Now()); why != "" {
			t.Errorf("it cannot be taken back: %s", why)
		}
	})
}

// Another room: the new one is invited and accepts before the old one goes.
func TestMoveToAnotherRoomIsNeverWithoutRoom(t *testing.T) {
	for name, c := range map[string]struct {
		rule  roomRule
		state providers.ChangeState
		room  providers.Address
	}{
		"accepts":  {roomRule{after: 20 * time.Second}, providers.ChangeDone, near},
		"declines": {roomRule{after: 20 * time.Second, answer: providers.ResponseDeclined}, providers.ChangeUndone, aalto},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.booked()
				w.tenant.rooms[near] = c.rule
				defer w.run()()
				w.change(b.ID, ChangeRequest{Kind: providers.ChangeMove, Room: near})
				time.Sleep(10 * time.Second)
				if got := w.stored(b.ID); got.Request.Room != aalto || got.State != providers.BookingAccepted || !got.Change.Open() {
					t.Errorf("while the new room thinks: %s in %s, change %s", got.State, got.Request.Room, got.Change.State)
				}
				got := w.await(b.ID, 5*time.Minute)
				if got.State != providers.BookingAccepted || got.Change.State != c.state || got.Request.Room != c.room {
					t.Errorf("%s in %s, change %s: %s", got.State, got.Request.Room, got.Change.State, got.Change.Reason)
				}
				if c.state == providers.ChangeUndone && len(got.Change.Alternatives) == 0 {
					t.Error("no other rooms are offered")
				}
				w.meeting(b, b.Request.Start, b.Request.End, c.room)
				if w.tenant.live()[0].event.Attendees[1].Mailbox != bob {
					t.Error("an attendee was lost")
				}
				if len(w.tenant.roomless) != 0 {
					t.Errorf("without a room at %v", w.tenant.roomless)
				}
			})
		})
	}
}

// A room that never answers: both are held, the old one stays, and the change can
// be taken back.
func TestMoveToASilentRoomIsTakenBack(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		w.tenant.rooms[near] = roomRule{silent: true}
		defer w.run()()
		w.change(b.ID, ChangeRequest{Kind: providers.ChangeMove, Room: near})
		time.Sleep(20 * time.Minute)
		got := w.stored(b.ID)
		if got.Change.State != providers.ChangeWaiting || !strings.Contains(got.Change.Reason, "both are held") || got.Request.Room != aalto {
			t.Errorf("%s: %q", got.Change.State, got.Change.Reason)
		}
		w.change(b.ID, ChangeRequest{Kind: providers.ChangeUndo})
		if got = w.await(b.ID, time.Minute); got.Change.State != providers.ChangeUndone || got.State != providers.BookingAccepted {
			t.Errorf("%s, %s", got.Change.State, got.State)
		}
		w.meeting(b, b.Request.Start, b.Request.End, aalto)
		if len(w.tenant.roomless) != 0 {
			t.Errorf("without a room at %v", w.tenant.roomless)
		}
	})
}

// Time and room at once, and back again.
func TestMoveTimeAndRoom(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		defer w.run()()
		start := b.Request.Start.Add(2 * time.Hour)
		p, err := w.PlanChange(t.Context(), b.ID, ChangeRequest{Kind: providers.ChangeMove, Start: start, Room: near})
		causes := map[providers.Address]string{}
		for _, m := range p.Mails {
			causes[m.Mailbox] = m.Cause
		}
		if err != nil || len(p.Mails) != 3 || causes[bob] != "the time changes" || causes[near] != "invited" || !strings.Contains(causes[aalto], "let go") {
			t.Errorf("mails %v, %v", p.Mails, err)
		}
		w.change(b.ID, ChangeRequest{Kind: providers.ChangeMove, Start: start, Room: near})
		if got := w.await(b.ID, time.Minute); got.Change.State != providers.ChangeDone || got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.Change.State, got.Change.Reason)
		}
		w.meeting(b, start, start.Add(time.Hour), near)
		w.change(b.ID, ChangeRequest{Kind: providers.ChangeUndo})
		if got := w.await(b.ID, time.Minute); got.Change.State != providers.ChangeDone || got.State != providers.BookingAccepted {
			t.Errorf("back: %s: %s", got.Change.State, got.Change.Reason)
		}
		w.meeting(b, b.Request.Start, b.Request.End, aalto)
	})
}

// F-051: what somebody else changed is not written over; a new version without a
// difference that matters is.
func TestChangeMeetsAnotherVersion(t *testing.T) {
	conflict := []fault{{err: &providers.Error{Class: providers.Conflict, Status: 412}}}
	t.Run("nothing that matters", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			b := w.booked()
			w.tenant.script(map[string][]fault{"change": conflict})
			w.change(b.ID, later(b, 15*time.Minute))
			if got := w.await(b.ID, time.Minute); got.Change.State != providers.ChangeDone || w.tenant.calls("change") != 2 {
				t.Errorf("%s: %s; sent %d times", got.Change.State, got.Change.Reason, w.tenant.calls("change"))
			}
		})
	})
	t.Run("moved by somebody", func(t *testing.T) {
		inTime(t, func(t *testing.T, w *world) {
			b := w.booked()
			w.change(b.ID, later(b, 15*time.Minute)) // stored; nobody runs yet
			w.tenant.mu.Lock()
			m := w.tenant.meetings[0]
			m.version, m.event.Start, m.event.End = 7, m.event.Start.Add(3*time.Hour), m.event.End.Add(3*time.Hour)
			w.tenant.mu.Unlock()
			got := w.await(b.ID, time.Minute)
			if got.Change.State != providers.ChangeFailed || !strings.Contains(got.Change.Reason, "somebody changed") || len(w.tenant.changes) != 0 || !got.Request.Start.Equal(m.event.Start) {
				t.Errorf("%s: %q, %d changes", got.Change.State, got.Change.Reason, len(w.tenant.changes))
			}
		})
	})
}

// The wish is on the disk before the tenant hears of it, and only one at a time.
func TestChangeStoresFirst(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		w.outbox.failures = 1
		if _, err := w.Change(t.Context(), b.ID, later(b, 15*time.Minute)); !providers.Is(err, providers.Local) || w.InFlight() != 0 {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Minute)
		if w.tenant.calls("change") != 0 {
			t.Error("sent although it could not be stored")
		}
		w.change(b.ID, later(b, 15*time.Minute))
		if _, err := w.Change(t.Context(), b.ID, later(b, 30*time.Minute)); err == nil || !strings.Contains(err.Error(), "under way") {
			t.Errorf("a second at once: %v", err)
		}
	})
}

// Refusals are told with their reason, and nothing is changed.
func TestChangeRefusedByTheTenant(t *testing.T) {
	for _, c := range []providers.Class{providers.NotAllowed, providers.Permanent, providers.SignedOut} {
		inTime(t, func(t *testing.T, w *world) {
			b := w.booked()
			w.tenant.script(map[string][]fault{"change": {{err: class(c)}}})
			w.change(b.ID, later(b, 15*time.Minute))
			got := w.await(b.ID, time.Minute)
			if got.Change.State != providers.ChangeFailed || !strings.Contains(got.Change.Reason, "not changed") || got.State != providers.BookingAccepted {
				t.Errorf("%s: %s, %q", c, got.Change.State, got.Change.Reason)
			}
			w.meeting(b, b.Request.Start, b.Request.End, aalto)
		})
	}
}

// What cannot be asked is refused before anything is sent.
func TestChangeThatMakesNoSense(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		for name, q := range map[string]ChangeRequest{
			"earlier":    later(b, -time.Minute),
			"same":       {Kind: providers.ChangeMove},
			"past":       {Kind: providers.ChangeMove, Start: time.Now().Add(-3 * time.Hour)},
			"backwards":  {Kind: providers.ChangeMove, End: b.Request.Start.Add(-time.Minute)},
			"nothing":    {},
			"no undo":    {Kind: providers.ChangeUndo},
			"over a day": later(b, 25*time.Hour),
		} {
			if _, err := w.Change(t.Context(), b.ID, q); !providers.Is(err, providers.Permanent) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if w.tenant.calls("change") != 0 {
			t.Error("something was sent")
		}
		if !slices.Contains([]providers.BookingState{providers.BookingAccepted}, w.stored(b.ID).State) {
			t.Error("it changed")
		}
	})
}

// The meeting itself makes nobody busy for its own change; another one does.
func TestChangeWarnsOfOthersOnly(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		own := providers.Block{Interval: span(b.Request), State: providers.Busy}
		w.tenant.busy[bob] = []providers.Block{own}
		for name, q := range map[string]ChangeRequest{"longer": later(b, 15*time.Minute), "later": {Kind: providers.ChangeMove, Start: b.Request.Start.Add(15 * time.Minute)}, "room": {Kind: providers.ChangeMove, Room: near}} {
			if p, err := w.PlanChange(t.Context(), b.ID, q); err != nil || len(p.Warnings) != 0 {
				t.Errorf("%s: %v, %v", name, p.Warnings, err)
			}
		}
		w.tenant.busy[bob] = append(w.tenant.busy[bob], providers.Block{Interval: providers.Interval{Start: b.Request.End, End: b.Request.End.Add(time.Hour)}, State: providers.Busy})
		if p, err := w.PlanChange(t.Context(), b.ID, later(b, 15*time.Minute)); err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "bob") {
			t.Errorf("%v, %v", p.Warnings, err)
		}
	})
}
