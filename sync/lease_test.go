package sync_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/sync/queue"
)

// counting is a queue that counts the claims that were lost.
type counting struct {
	queue.Queue
	lost atomic.Int64
}

func (c *counting) Complete(ctx context.Context, claim queue.Claim, due time.Time, priority queue.Priority) error {
	err := c.Queue.Complete(ctx, claim, due, priority)
	if errors.Is(err, queue.ErrLost) {
		c.lost.Add(1)
	}
	return err
}

// A reading that takes longer than a lease stays with the engine that began it.
func TestALongReadingKeepsItsClaim(t *testing.T) { // F-104
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn, room := newTenant(1, 40), roomName(0)
		tn.pageSize, tn.latency = 8, 100*time.Second
		f := newFixture(t, tn)
		defer f.stop()
		q := &counting{Queue: f.store.Queue()}
		f.o.Queue = q
		f.engine = sync.New(f.o)
		second := sync.New(f.o)
		ended := make(chan error, 1)
		ctx, cancel := context.WithCancel(context.Background())
		go func() { ended <- second.Run(ctx) }()
		f.run()
		f.until("the calendar", 40*time.Minute, func() bool { p, err := f.store.Position(t.Context(), room); return err == nil && p.Complete() })
		time.Sleep(time.Second)
		if most, lost := tn.most[room], q.lost.Load(); most != 1 || lost != 0 {
			t.Errorf("%d readings of one mailbox at once; %d lost their claim", most, lost)
		}
		begun := 0
		for _, c := range tn.seen("changes") {
			if c.cursor == "" {
				begun++
			}
		}
		if begun != 1 {
			t.Errorf("it was begun %d times", begun)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What a stopped engine had claimed and not begun is free for the next one.
func TestWhatWasNotBegunIsGivenBack(t *testing.T) { // F-104
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(30, 1)
		tn.latency = 20 * time.Second
		f := newFixture(t, tn)
		f.o.Workers = 2
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.until("the first calendars", 10*time.Minute, func() bool { return len(tn.seen("changes")) > 1 })
		time.Sleep(time.Second)
		if s, err := f.store.Queue().Stats(t.Context()); err != nil || s.Claimed < 3 {
			t.Fatalf("nothing waits for a worker, so that the test proves nothing: %+v, %v", s, err)
		}
		f.halt()
		if s, err := f.store.Queue().Stats(t.Context()); err != nil || s.Claimed != 0 || s.Jobs != 30 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// A pause that the service asked for outlives the process that heard of it.
func TestAPauseOutlivesItsProcess(t *testing.T) { // F-069, F-101, QUOTA
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(4, 1)
		struck := false
		tn.fail = func(c call) error {
			if c.method == "changes" && !struck {
				struck = true
				return &providers.Error{Class: providers.Throttled, Status: 429, RetryAfter: 30 * time.Minute, Scope: providers.ScopeApp}
			}
			return nil
		}
		f := newFixture(t, tn)
		f.run()
		f.until("the pause", time.Minute, func() bool { return !f.engine.Progress().ThrottledTo.IsZero() })
		begun := time.Now()
		f.stop()
		tn.forget()
		f.open()
		defer f.stop()
		f.run()
		time.Sleep(25 * time.Minute)
		if n := tn.total(); n != 0 {
			t.Errorf("%d requests in a pause that the process before was asked for", n)
		}
		f.settles(20 * time.Minute)
		if first := tn.calls[0].at.Sub(begun); first < 29*time.Minute {
			t.Errorf("the first request came after %v", first)
		}
	})
}

func TestWhatAPersonWaitsForIsMarked(t *testing.T) { // QUOTA
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(4, 1)
		f := newFixture(t, tn)
		w := &wrapped{tenant: tn}
		marks := map[providers.Address]providers.Priority{}
		w.changes = func(ctx context.Context, q providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
			tn.now(func() { marks[q.Mailbox] = max(marks[q.Mailbox], providers.PriorityOf(ctx)) })
			return tn.Changes(ctx, q, deliver)
		}
		f.through(w)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { clear(marks) })
		f.engine.Watch([]providers.Address{roomName(1)})
		f.engine.Poke(roomName(2))
		time.Sleep(11 * time.Minute)
		tn.now(func() {
			if len(marks) != 4 {
				t.Errorf("%d of 4 rooms were read", len(marks))
			}
			for n, want := range []providers.Priority{providers.Background, providers.Interactive, providers.Interactive, providers.Background} {
				if have := marks[roomName(n)]; have != want {
					t.Errorf("%s is read with priority %v, want %v", roomName(n), have, want)
				}
			}
		})
	})
}

// What a person asks for does not wait until what was claimed before is read.
func TestWhatIsAskedForComesNext(t *testing.T) { // S12
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(30, 1)
		tn.latency = 20 * time.Second
		f := newFixture(t, tn)
		f.o.Workers = 1 // two become free at the same instant, and ask in either order
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.until("the first calendars", 10*time.Minute, func() bool { return len(tn.seen("changes")) > 1 })
		time.Sleep(time.Second)
		before := len(tn.seen("changes"))
		f.engine.Poke(roomName(29))
		f.until("the next reading", time.Minute, func() bool { return len(tn.seen("changes")) > before })
		if next := tn.seen("changes")[before].mailbox; next != roomName(29) {
			t.Errorf("%s is read first", next)
		}
	})
}
