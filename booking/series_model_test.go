package booking

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
)

// ONCE, DURA, TRUTH: series of every sort, with every kind of date, in rooms of every
// mind, are made and cancelled by date and scope while requests and answers are lost,
// the disk is full, and the process is killed at any step, again and again. In the
// end what is stored is what stands in the tenant: one live meeting for each date
// that is booked, none besides; only what was cancelled is cancelled, and that for
// certain; nobody got two cancellations of one meeting; and no date was ever called
// accepted that the room had not accepted.
func TestSeriesUnderRandomTrouble(t *testing.T) {
	ends := map[providers.BookingState]int{}
	stories(t, 60, func(t *testing.T, dice *rand.Rand) {
		inTime(t, func(t *testing.T, w *world) { ends[playSeries(t, w, dice)]++ })
	})
	t.Log(ends)
}

// drawSeries plans a series; some dates are taken, left out or at another time.
func drawSeries(w *world, dice *rand.Rand) providers.SeriesRequest {
	n := 2 + dice.IntN(5)
	for d := range n {
		switch dice.IntN(6) {
		case 0:
			w.take(aalto, 3, d)
		case 1:
			w.take(aalto, 0, d)
		}
	}
	q := w.weeklyPlan(n)
	for d := range n {
		if dice.IntN(8) == 0 && d > 0 && d < n-1 {
			decide(&q, d, providers.SeriesSkip)
		}
	}
	q.Request.EvenIfBusy = dice.IntN(4) == 0
	if q.Request.EvenIfBusy { // the plan is of before
		w.take(aalto, 0, dice.IntN(n))
	}
	return q
}

func playSeries(t *testing.T, w *world, dice *rand.Rand) providers.BookingState {
	minds := []providers.Response{"", "", "", providers.ResponseDeclined, providers.ResponseTentative}
	w.tenant.tolerates, w.tenant.keeps, w.tenant.conflicts = dice.IntN(3), dice.IntN(2) == 0, dice.IntN(2) == 0
	for _, room := range []providers.Address{aalto, near} {
		w.tenant.rooms[room] = roomRule{after: oneOf(dice, 0, time.Second, 20*time.Second, 3*time.Minute), answer: oneOf(dice, minds...)}
	}
	q := drawSeries(w, dice)
	for _, op := range []string{"create", "delete", "change", "dates", "event", "find", "findseries", "availability", "calendars", "cancel"} {
		w.tenant.script(map[string][]fault{op: drawFaults(dice, (op == "create" || op == "change") && dice.IntN(3) == 0)})
	}
	var mu sync.Mutex
	var lies []string
	options := Options{Changed: func(b providers.Booking) {
		mu.Lock()
		defer mu.Unlock()
		lies = append(lies, w.untrue(b)...)
	}}
	die := func() int { return oneOf(dice, 0, 1+dice.IntN(30), 1+dice.IntN(120)) }
	process := w.born(die(), options)
	b, refused := process.BookSeries(context.Background(), q)
	gone := map[int]bool{} // dates whose cancellation was stored
	for range dice.IntN(6) {
		time.Sleep(oneOf(dice, 0, time.Millisecond, time.Second, 7*time.Second, 100*time.Second))
		switch dice.IntN(4) {
		case 0:
			process.stop()
			process = w.born(die(), options)
		case 1, 2:
			if refused != nil {
				break
			}
			_, _ = process.CancelFrom(context.Background(), b.ID, dice.IntN(len(q.Matrix.Dates)), oneOf(dice, providers.CancelOne, providers.CancelOne, providers.CancelFollowing, providers.CancelAll), "") // refusals are part of the story
			for n, line := range w.stored(b.ID).Series.Dates {
				gone[n] = gone[n] || line.State == providers.BookingCancelling || line.State == providers.BookingCancelled
			}
		case 3:
			w.outbox.mu.Lock()
			w.outbox.failures = 1 + dice.IntN(3)
			w.outbox.mu.Unlock()
		}
	}
	process.stop()
	w.quiet()
	process = w.born(0, options)
	time.Sleep(3 * time.Hour)
	process.stop()

	for _, lie := range lies {
		t.Error(lie)
	}
	all, _ := w.outbox.Bookings(context.Background())
	if len(all) == 0 {
		if refused == nil || len(w.tenant.meetings) != 0 {
			t.Errorf("nothing is stored; refused with %v, %d meetings were made", refused, len(w.tenant.meetings))
		}
		return "refused"
	}
	b = all[0]
	settled := func(state providers.BookingState) bool { return state.Settled() || state == providers.BookingTentative } // who holds the time is waited for
	if len(all) != 1 || !settled(b.State) || b.State != seriesState(*b.Series) && b.State != providers.BookingFailed {
		t.Errorf("%d bookings, %s: %s (%s)", len(all), b.State, b.Reason, b.Series.Tally())
	}
	for n, line := range b.Series.Dates {
		cancelled := line.State == providers.BookingCancelled
		if gone[n] && line.Live() || cancelled && !gone[n] || line.Live() && !settled(line.State) {
			t.Errorf("date %d is %s (%s), its cancellation was stored: %t", n, line.State, line.Reason, gone[n])
		}
	}
	w.tenant.roomless = nil // a date whose room declines has none
	w.holds(b)
	for _, m := range w.tenant.meetings {
		if m.cancels > 1 {
			t.Errorf("%d cancellations of %s", m.cancels, m.event.ID)
		}
	}
	if t.Failed() {
		t.Logf("%s: %s (%s)\n%s", b.State, b.Reason, b.Series.Tally(), strings.Join(w.tenant.ledger, "\n"))
	}
	return b.State
}

// quiet ends all trouble.
func (w *world) quiet() {
	w.tenant.mu.Lock()
	w.tenant.faults = map[string][]fault{}
	w.tenant.mu.Unlock()
	w.outbox.mu.Lock()
	w.outbox.failures = 0
	w.outbox.mu.Unlock()
}

// untrue are the dates that are called accepted though their room has not accepted.
func (w *world) untrue(b providers.Booking) (lies []string) {
	w.tenant.mu.Lock()
	defer w.tenant.mu.Unlock()
	for n, line := range b.Series.Dates {
		if line.State == providers.BookingAccepted && !slices.ContainsFunc(w.tenant.meetings, func(m *meeting) bool {
			return m.event.ID == line.EventID && m.place == line.Room && m.answer == providers.ResponseAccepted && !w.tenant.now().Before(m.answerAt)
		}) {
			lies = append(lies, fmt.Sprintf("date %d is called accepted: %+v", n, line))
		}
	}
	return lies
}
