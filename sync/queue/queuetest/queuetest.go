// Package queuetest holds every queue to the same rules.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// Harness makes the queue under test.
type Harness struct {
	// New makes an empty queue that goes by the clock. It ends with the test.
	New func(t *testing.T, now func() time.Time) queue.Queue
	// Reopen gives the queue as a new process finds it after the old one died;
	// nil where it does not last.
	Reopen func(t *testing.T, q queue.Queue) queue.Queue
}

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Noon is when the tests begin.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const lease = time.Minute

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

func box(n int) providers.Address { return providers.Address(fmt.Sprintf("room%03d@contoso.com", n)) }

// bench is one test's queue with its clock.
type bench struct {
	t *testing.T
	queue.Queue
	clock *clock
}

func (b bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b bench) add(priority queue.Priority, minutes int, boxes ...int) {
	b.t.Helper()
	for _, n := range boxes {
		b.must(b.Enqueue(context.Background(), queue.Job{Mailbox: box(n), Due: at(minutes), Priority: priority}))
	}
}

func (b bench) claim(n int) []queue.Claim {
	b.t.Helper()
	claims, _, err := b.Claim(context.Background(), n, lease)
	b.must(err)
	return claims
}

// expect claims all that is due and compares it in order.
func (b bench) expect(boxes ...int) []queue.Claim {
	b.t.Helper()
	claims := b.claim(1000)
	var have, want []string
	for _, c := range claims {
		have = append(have, string(c.Mailbox.Local()))
	}
	for _, n := range boxes {
		want = append(want, string(box(n).Local()))
	}
	if !slices.Equal(have, want) {
		b.t.Fatalf("handed out %v, want %v", have, want)
	}
	return claims
}

// next is what Claim says comes next, when nothing is taken.
func (b bench) next() time.Time {
	b.t.Helper()
	_, next, err := b.Claim(context.Background(), 0, lease)
	b.must(err)
	return next
}

func (b bench) lost(what string, err error) {
	b.t.Helper()
	if !errors.Is(err, queue.ErrLost) {
		b.t.Errorf("%s: %v, want ErrLost", what, err)
	}
}

// Run tests a queue.
func Run(t *testing.T, h Harness) {
	for name, test := range map[string]func(bench){
		"a mailbox has one job": oneJob, "order": order, "a claim is exclusive": exclusive, "a lease ends": leaseEnds,
		"a lease is prolonged": prolonged, "completed": completed, "woken": woken, "woken while claimed": wokenWhileClaimed,
		"failed": failed, "snoozed": snoozed, "removed": removed, "paused": paused, "what comes next": comesNext, "stats": stats,
		"many workers": manyWorkers, "as the model": asTheModel,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			c := &clock{at: noon}
			test(bench{t, h.New(t, c.now), c})
		})
	}
	if h.Reopen == nil {
		return
	}
	t.Run("lasts", func(t *testing.T) {
		c := &clock{at: noon}
		b := bench{t, h.New(t, c.now), c}
		b.add(queue.Rest, 0, 1, 2, 3, 4)
		claims := b.expect(1, 2, 3, 4)
		b.must(b.Complete(t.Context(), claims[0], at(10), queue.OnScreen))
		b.must(b.Fail(t.Context(), claims[1], at(5)))
		b.must(b.Snooze(t.Context(), claims[2], at(7)))
		b.must(b.Wake(t.Context(), at(0), queue.Asked, box(4)))
		b.must(b.Pause(t.Context(), at(2)))
		b.Queue = h.Reopen(t, b.Queue)
		b.lost("a claim of the process that died", b.Complete(t.Context(), claims[3], at(99), queue.Rest))
		b.expect() // paused
		c.pass(2 * time.Minute)
		if again := b.expect(4); again[0].Priority != queue.Asked {
			t.Errorf("what was asked for is forgotten: %+v", again[0])
		}
		c.pass(3 * time.Minute) // the lease of 4 is over too
		if again := b.expect(4, 2); again[1].Tries != 1 {
			t.Errorf("a failure is forgotten: %+v", again[1])
		}
		c.pass(-time.Second)
		b.expect()
		c.pass(2*time.Minute + time.Second)
		b.expect(4, 2, 3)
		c.pass(3 * time.Minute)
		if again := b.claim(1); len(again) != 1 || again[0].Mailbox != box(4) && again[0].Priority != queue.OnScreen {
			t.Errorf("%+v", again)
		}
	})
}
