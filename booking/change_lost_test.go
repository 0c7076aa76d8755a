package booking

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

const near = providers.Address("near@contoso.com")

// changes are what can be asked of a booking that begins in three hours.
func changesOf(b providers.Booking) map[string]ChangeRequest {
	return map[string]ChangeRequest{
		"extend":        later(b, 15*time.Minute),
		"move":          {Kind: providers.ChangeMove, Start: b.Request.Start.Add(2 * time.Hour)},
		"room":          {Kind: providers.ChangeMove, Room: near},
		"time and room": {Kind: providers.ChangeMove, Start: b.Request.Start.Add(2 * time.Hour), Room: near},
	}
}

// F-041, F-042, F-051, F-055, F-063 for every change: whatever is lost, on
// whichever of its writes, in the end there is one meeting as asked for, in one
// room, and room changes never left it without one.
func TestChangeWhoseAnswerIsLost(t *testing.T) {
	timeout := &providers.Error{Class: providers.Transient, Status: 504}
	plain := fmt.Errorf("unexpected EOF")
	ok := fault{}
	for name, faults := range map[string][]fault{
		"commit then 504":            {{err: timeout, commit: true}},
		"commit then reset":          {{err: class(providers.Unreachable), commit: true}},
		"commit then hang":           {{err: timeout, commit: true, delay: 10 * time.Minute}},
		"commit then truncated":      {{err: class(providers.Foreign), commit: true}},
		"commit then unclassified":   {{err: plain, commit: true}},
		"504":                        {{err: timeout}},
		"504 ×3":                     {{err: timeout}, {err: timeout}, {err: timeout}},
		"throttled":                  {{err: &providers.Error{Class: providers.Throttled, RetryAfter: 20 * time.Second}}},
		"412":                        {{err: &providers.Error{Class: providers.Conflict, Status: 412}}},
		"second write: commit, 504":  {ok, {err: timeout, commit: true}},
		"second write: 504 ×3":       {ok, {err: timeout}, {err: timeout}, {err: timeout}},
		"second write: 412":          {ok, {err: &providers.Error{Class: providers.Conflict, Status: 412}}},
		"second write: 429":          {ok, {err: &providers.Error{Class: providers.Throttled, RetryAfter: time.Minute}}},
		"second write: refused once": {ok, {err: class(providers.NotAllowed)}},
	} {
		for _, kind := range []string{"extend", "move", "room", "time and room"} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				inTime(t, func(t *testing.T, w *world) {
					b := w.booked()
					w.tenant.rooms[near] = roomRule{after: 3 * time.Second}
					q := changesOf(b)[kind]
					w.change(b.ID, q)
					w.tenant.script(map[string][]fault{"change": faults, "event": {ok, {err: timeout}}})
					defer w.run()()
					got := w.await(b.ID, 30*time.Minute)
					want := providers.Slot{Room: aalto, Start: b.Request.Start, End: b.Request.End}
					if q.Room != "" {
						want.Room = q.Room
					}
					if !q.Start.IsZero() {
						want.Start, want.End = q.Start, q.Start.Add(time.Hour)
					}
					if !q.End.IsZero() {
						want.End = q.End
					}
					if got.Change.State != providers.ChangeDone || got.State != providers.BookingAccepted || got.Request.Room != want.Room {
						t.Fatalf("%s, change %s: %q", got.State, got.Change.State, got.Change.Reason)
					}
					w.meeting(b, want.Start, want.End, want.Room)
					writes := 1
					if q.Room != "" {
						writes = 2
					}
					if n := len(w.tenant.changes); n != writes {
						t.Errorf("%d changes had an effect, want %d", n, writes)
					}
					if len(w.tenant.roomless) != 0 {
						t.Errorf("without a room at %v", w.tenant.roomless)
					}
					synctest.Wait()
					if w.InFlight() != 0 {
						t.Error("still in flight")
					}
				})
			})
		}
	}
}

// A request that was thought lost and arrives late is refused by the tenant
// because it carries the version that was read.
func TestChangeThatArrivesLate(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		defer w.run()()
		w.tenant.script(map[string][]fault{"change": {{err: class(providers.Transient)}}})
		w.change(b.ID, later(b, 15*time.Minute))
		time.Sleep(3 * time.Second)
		end := b.Request.End.Add(15 * time.Minute)
		if _, err := w.tenant.ChangeEvent(t.Context(), alice, "event-1", "W/0", providers.EventChange{End: &end}); err != nil {
			t.Fatal(err)
		}
		if got := w.await(b.ID, time.Minute); got.Change.State != providers.ChangeDone || len(w.tenant.changes) != 1 {
			t.Errorf("%s, %d changes", got.Change.State, len(w.tenant.changes))
		}
	})
}

// While it is not known whether it was changed, that is what is said, and nothing
// is written.
func TestUnknownChangeIsOnlyLookedAt(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		defer w.run()()
		time.Sleep(time.Second)
		w.tenant.script(map[string][]fault{"change": {{err: class(providers.Transient), commit: true, delay: time.Second}}})
		w.change(b.ID, later(b, 15*time.Minute))
		synctest.Wait() // it was read and sent, and its answer is awaited
		w.tenant.mu.Lock()
		w.tenant.always["event"] = fault{err: class(providers.Unreachable)}
		w.tenant.mu.Unlock()
		time.Sleep(10 * time.Minute)
		got := w.stored(b.ID)
		if got.Change.State != providers.ChangeUnknown || got.Settled() || w.tenant.calls("change") != 1 {
			t.Errorf("%s: %q, sent %d times", got.Change.State, got.Change.Reason, w.tenant.calls("change"))
		}
	})
}

func (d dyingTenant) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	if !d.k.pass() {
		return providers.Event{}, errDead
	}
	event, err := d.tenant.ChangeEvent(context.WithoutCancel(ctx), mailbox, id, etag, change)
	if !d.k.pass() {
		return providers.Event{}, errDead
	}
	return event, err
}

// F-043, F-055, ONCE, DURA: killed at every step of every change, also where the
// room declines or an answer was lost. In the end the meeting is whole: as it was
// or as asked for, in one room, and what was acknowledged is decided.
func TestKilledAtEveryStepOfChanging(t *testing.T) {
	for _, kind := range []string{"extend", "move", "room", "time and room"} {
		for name, c := range map[string]struct {
			faults  []fault
			decline bool
		}{
			"smooth":      {},
			"declined":    {decline: true},
			"answer lost": {faults: []fault{{err: class(providers.Transient), commit: true}}},
			"not arrived": {faults: []fault{{err: class(providers.Transient)}}},
		} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				var b providers.Booking
				var q ChangeRequest
				crashes(t,
					func(w *world) {
						b = w.booked()
						q = changesOf(b)[kind]
						if c.decline && q.Room != "" {
							w.tenant.rooms[near] = roomRule{answer: providers.ResponseDeclined}
						}
						if c.decline && q.Room == "" {
							// Taken in the room's eyes only from the check on.
							q.EvenIfBusy = true
							busy := providers.Interval{Start: b.Request.End.Add(time.Minute), End: b.Request.End.Add(4 * time.Hour)}
							w.tenant.busy[aalto] = []providers.Block{{Interval: busy, State: providers.Busy}}
						}
						w.tenant.faults["change"] = c.faults
					},
					func(ctx context.Context, d *Desk) bool {
						got, err := d.Change(ctx, b.ID, q)
						if err != nil {
							return false
						}
						_, _ = d.Await(ctx, got.ID) // errors are the crash
						return true
					},
					func(t *testing.T, w *world, acknowledged bool) {
						got := w.stored(b.ID)
						switch {
						case got.Change.Open():
							t.Errorf("still %s", got.Change.State)
						case acknowledged && got.Change.Kind == "":
							t.Error("an acknowledged change is forgotten")
						case got.Change.Kind == "" && len(w.tenant.changes) != 0:
							t.Error("something was sent that the disk does not know of")
						case got.Change.Kind != "" && c.decline != (got.Change.State == providers.ChangeUndone):
							t.Errorf("change %s: %s", got.Change.State, got.Change.Reason)
						}
						w.meeting(b, got.Request.Start, got.Request.End, got.Request.Room)
						if got.Change.State != providers.ChangeDone && !got.Request.End.Equal(b.Request.End) {
							t.Errorf("it ends at %v", got.Request.End)
						}
						if got.State != providers.BookingAccepted {
							t.Errorf("%s: %s", got.State, got.Reason)
						}
						if !c.decline && len(w.tenant.roomless) != 0 || kind == "room" && len(w.tenant.roomless) != 0 {
							t.Errorf("without a room at %v", w.tenant.roomless)
						}
					})
			})
		}
	}
}

// Nothing leaves that the disk does not know of: where "being sent" cannot be
// stored, nothing is sent.
func TestChangeIsNotSentWhereTheDiskIsFull(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		w.change(b.ID, later(b, 15*time.Minute))
		w.outbox.failures = 1
		stop := w.run()
		time.Sleep(time.Second)
		if w.tenant.calls("change") != 0 {
			t.Error("sent although it could not be stored")
		}
		time.Sleep(20 * time.Second)
		stop()
		if got := w.stored(b.ID); got.Change.State != providers.ChangeDone || len(w.tenant.changes) != 1 {
			t.Errorf("%s, %d changes", got.Change.State, len(w.tenant.changes))
		}
	})
}
