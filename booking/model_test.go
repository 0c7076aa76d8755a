package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"roomdesk/providers"
)

// act is something that happens while a booking is under way.
type act struct {
	pause time.Duration // before it
	kind  string
	n     int
}

// schedule is one random story of a booking.
type schedule struct {
	faults    map[string][]fault
	conflicts bool
	keeps     bool
	rule      roomRule
	acts      []act
}

func drawSchedule(t *rapid.T) schedule {
	one := rapid.Custom(func(t *rapid.T) fault {
		f := fault{commit: rapid.Bool().Draw(t, "commit"), delay: rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Minute}).Draw(t, "delay")}
		switch c := rapid.SampledFrom([]providers.Class{"", providers.Transient, providers.Unreachable, providers.Foreign, providers.Throttled, providers.Permanent, "plain"}).Draw(t, "class"); c {
		case "":
		case "plain":
			f.err = errors.New("unexpected EOF")
		case providers.Throttled, providers.Permanent: // these mean that nothing was done
			f.err, f.commit = &providers.Error{Class: c, RetryAfter: 5 * time.Second}, false
		default:
			f.err = class(c)
		}
		return f
	})
	s := schedule{faults: map[string][]fault{}, conflicts: rapid.Bool().Draw(t, "409 for a repeated id"), keeps: rapid.Bool().Draw(t, "cancelled ones stay readable")}
	for _, op := range []string{"create", "find", "event", "availability", "calendars", "cancel"} {
		s.faults[op] = rapid.SliceOfN(one, 0, 4).Draw(t, op)
	}
	s.rule = roomRule{
		after:  rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second, 3 * time.Minute}).Draw(t, "answers after"),
		answer: rapid.SampledFrom([]providers.Response{"", "", providers.ResponseDeclined, providers.ResponseTentative}).Draw(t, "answer"),
	}
	s.acts = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
		return act{rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, 7 * time.Second, 100 * time.Second}).Draw(t, "pause"),
			rapid.SampledFrom([]string{"restart", "cancel", "full disk", "wait"}).Draw(t, "kind"), rapid.IntRange(1, 3).Draw(t, "n")}
	}), 0, 5).Draw(t, "acts")
	return s
}

// Random trouble, restarts, full disks and cancellations, and then quiet: each
// intent that was acknowledged ends as what the tenant has, at most once (ONCE,
// DURA), and accepted was never said before the room said it (TRUTH).
func TestBookingUnderRandomTrouble(t *testing.T) {
	ends := map[providers.BookingState]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSchedule(rt)
		var end providers.BookingState
		var err error
		synctest.Test(t, func(t *testing.T) { end, err = play(t, s) })
		if err != nil {
			rt.Fatal(err)
		}
		ends[end]++
	})
	t.Log(ends)
}

// play runs a story and says what is wrong with its end.
func play(t *testing.T, s schedule) (providers.BookingState, error) {
	w := newWorld(t)
	w.tenant.faults = map[string][]fault{}
	for op, faults := range s.faults { // a story may be played again
		w.tenant.faults[op] = slices.Clone(faults)
	}
	w.tenant.conflicts, w.tenant.keeps = s.conflicts, s.keeps
	w.tenant.rooms[aalto] = s.rule
	var mu sync.Mutex
	lies := 0
	told := func(b providers.Booking) {
		w.tenant.mu.Lock()
		defer w.tenant.mu.Unlock()
		yes := slices.ContainsFunc(w.tenant.meetings, func(m *meeting) bool {
			return m.event.TransactionID == b.TransactionID && w.tenant.seen(m).Attendees[0].Response == providers.ResponseAccepted
		})
		if b.State == providers.BookingAccepted && !yes {
			mu.Lock()
			defer mu.Unlock()
			lies++
		}
	}
	var (
		cancel context.CancelFunc
		done   = make(chan struct{}, 1)
	)
	start := func() {
		var ctx context.Context
		ctx, cancel = context.WithCancel(context.Background())
		w.Desk = New(Options{Tenant: w.tenant, Outbox: w.outbox, Mirror: w.mirror, Organizer: alice, Changed: told})
		go func() {
			_ = w.Run(ctx) // however it ends, the books are looked at
			done <- struct{}{}
		}()
	}
	stop := func() {
		cancel()
		<-done
	}
	start()
	q := w.request()
	q.EvenIfBusy = true
	b, refused := w.Book(context.Background(), q)
	cancelled := false
	for _, a := range s.acts {
		time.Sleep(a.pause)
		switch a.kind {
		case "restart":
			stop()
			start()
		case "cancel":
			if refused == nil {
				got, _ := w.Cancel(context.Background(), b.ID, "no") // refusals are part of the story
				cancelled = cancelled || got.State == providers.BookingCancelling || got.State == providers.BookingCancelled
			}
		case "full disk":
			w.outbox.mu.Lock()
			w.outbox.failures = a.n
			w.outbox.mu.Unlock()
		}
	}
	w.tenant.mu.Lock()
	w.tenant.faults = map[string][]fault{}
	w.tenant.mu.Unlock()
	w.outbox.mu.Lock()
	w.outbox.failures = 0
	w.outbox.mu.Unlock()
	time.Sleep(time.Hour)
	stop()

	all, _ := w.outbox.Bookings(context.Background())
	switch {
	case lies > 0:
		return "", fmt.Errorf("accepted was said before the room accepted")
	case len(w.tenant.meetings) > 1:
		return "", fmt.Errorf("%d meetings were made: %v", len(w.tenant.meetings), w.tenant.ledger)
	case w.InFlight() != 0:
		return "", fmt.Errorf("%d still in flight", w.InFlight())
	case refused != nil && (len(all) != 0 || len(w.tenant.meetings) != 0):
		return "", fmt.Errorf("refused with %w, and yet stored %v, made %d", refused, all, len(w.tenant.meetings))
	case refused != nil:
		return "refused", nil
	}
	got := all[0]
	for _, tx := range w.tenant.created {
		if tx != b.TransactionID {
			return "", fmt.Errorf("sent under another id")
		}
	}
	want := 1
	switch got.State {
	case providers.BookingAccepted, providers.BookingDeclined, providers.BookingTentative:
		refusals := slices.ContainsFunc(slices.Concat(s.faults["cancel"], s.faults["event"], s.faults["find"]), func(f fault) bool { return providers.Is(f.err, providers.Permanent) })
		if cancelled && !refusals {
			return "", fmt.Errorf("%s although it was cancelled: %s", got.State, got.Reason)
		}
	case providers.BookingCancelled:
		want = 0
		if !cancelled {
			return "", fmt.Errorf("cancelled by nobody: %s", got.Reason)
		}
	case providers.BookingFailed:
		want = 0
		if len(w.tenant.meetings) > 0 {
			return "", fmt.Errorf("failed, and the tenant had it: %s", got.Reason)
		}
	default:
		return "", fmt.Errorf("an hour after the trouble it is %s: %s; %v", got.State, got.Reason, w.tenant.ledger)
	}
	if live := len(w.tenant.live()); live != want {
		return "", fmt.Errorf("%s, and the tenant has %d meetings", got.State, live)
	}
	return got.State, nil
}
