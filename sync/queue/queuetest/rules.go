package queuetest

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

func oneJob(b bench) {
	b.add(queue.Rest, 0, 1)
	b.add(queue.Asked, -5, 1)
	if c := b.expect(1)[0]; c.Priority != queue.Rest || !c.Due.Equal(at(0)) {
		b.t.Errorf("a second job changed the first: %+v", c)
	}
	b.add(queue.Asked, -5, 1)
	b.expect()
}

func order(b bench) {
	b.add(queue.Rest, -1, 5, 4)
	b.add(queue.Rest, -2, 9)
	b.add(queue.First, 0, 7)
	b.add(queue.OnScreen, 0, 8)
	b.add(queue.OnScreen, 1, 1) // not due
	if first := b.claim(2); len(first) != 2 || first[0].Mailbox != box(8) || first[1].Mailbox != box(7) {
		b.t.Errorf("%+v", first)
	}
	b.expect(9, 4, 5)
}

func exclusive(b bench) {
	b.add(queue.Rest, 0, 1, 2)
	if one, other := b.claim(1), b.claim(1); one[0].Mailbox == other[0].Mailbox || one[0].Token == 0 {
		b.t.Errorf("%+v %+v", one, other)
	}
	b.expect()
}

func leaseEnds(b bench) {
	b.add(queue.Rest, 0, 1)
	old := b.expect(1)[0]
	b.clock.pass(lease - time.Second)
	b.expect()
	b.clock.pass(time.Second)
	fresh := b.expect(1)[0]
	for _, end := range []func() error{
		func() error { return b.Complete(context.Background(), old, at(50), queue.Rest) },
		func() error { return b.Fail(context.Background(), old, at(50)) },
		func() error { return b.Snooze(context.Background(), old, at(50)) },
	} {
		b.lost("the first worker's claim", end())
	}
	b.must(b.Complete(context.Background(), fresh, at(1), queue.Rest))
	b.lost("completing twice", b.Complete(context.Background(), fresh, at(1), queue.Rest))
	b.expect(1)
}

func prolonged(b bench) {
	b.add(queue.Rest, 0, 1, 2)
	claims := b.expect(1, 2)
	b.clock.pass(40 * time.Second)
	b.must(b.Extend(context.Background(), lease, claims[0]))
	b.clock.pass(40 * time.Second)
	taken := b.expect(2)
	b.must(b.Extend(context.Background(), 10*lease, claims[1])) // lost: changes nothing
	b.must(b.Complete(context.Background(), claims[0], at(60), queue.Rest))
	b.must(b.Extend(context.Background(), 10*lease, claims[0])) // over: changes nothing
	b.clock.pass(lease)
	if again := b.expect(2)[0]; again.Token == taken[0].Token {
		b.t.Error("two claims have one token")
	}
}

func completed(b bench) {
	b.add(queue.First, 0, 1)
	failed := b.expect(1)[0]
	b.must(b.Fail(context.Background(), failed, at(0)))
	c := b.expect(1)[0]
	b.must(b.Complete(context.Background(), c, at(3), queue.Rest))
	b.expect()
	b.clock.pass(3*time.Minute - time.Second)
	b.expect()
	b.clock.pass(time.Second)
	if c := b.expect(1)[0]; c.Tries != 0 || c.Priority != queue.Rest || !c.Due.Equal(at(3)) {
		b.t.Errorf("%+v", c)
	}
}

func woken(b bench) {
	b.add(queue.Rest, 10, 1, 2)
	b.add(queue.OnScreen, -1, 3)
	b.must(b.Wake(context.Background(), at(-5), queue.Asked, box(1), box(99)))
	b.must(b.Wake(context.Background(), at(20), queue.First, box(2))) // later: only the priority counts
	b.must(b.Wake(context.Background(), at(0), queue.Rest, box(3)))
	b.expect(1, 3)
	if s, err := b.Stats(context.Background()); err != nil || s.Jobs != 3 {
		b.t.Errorf("waking what does not exist made a job: %+v, %v", s, err)
	}
	b.clock.pass(10 * time.Minute)
	for _, c := range b.claim(9) {
		if c.Mailbox == box(2) && c.Priority != queue.First {
			b.t.Errorf("%+v", c)
		}
	}
}

func wokenWhileClaimed(b bench) {
	b.add(queue.Rest, 0, 1, 2)
	claims := b.expect(1, 2)
	b.must(b.Wake(context.Background(), at(0), queue.Asked, box(1), box(2)))
	b.must(b.Wake(context.Background(), at(5), queue.Rest, box(1)))
	b.expect()
	b.must(b.Complete(context.Background(), claims[0], at(10), queue.Rest))
	if c := b.expect(1)[0]; c.Priority != queue.Asked {
		b.t.Errorf("%+v", c)
	}
	// A failure's wait is kept: what asks for it may be the service's law.
	b.must(b.Fail(context.Background(), claims[1], at(1)))
	b.expect()
	b.clock.pass(time.Minute)
	if c := b.claim(1)[0]; c.Mailbox != box(1) && c.Mailbox != box(2) {
		b.t.Errorf("%+v", c)
	}
}

func failed(b bench) {
	b.add(queue.OnScreen, 0, 1)
	for tries := range 3 {
		c := b.expect(1)[0]
		if c.Tries != tries || c.Priority != queue.OnScreen {
			b.t.Errorf("after %d failures: %+v", tries, c)
		}
		b.must(b.Fail(context.Background(), c, b.clock.now().Add(time.Minute)))
		b.expect()
		b.clock.pass(time.Minute)
	}
	b.must(b.Wake(context.Background(), at(0), queue.Asked, box(1)))
	if c := b.expect(1)[0]; c.Tries != 0 {
		b.t.Errorf("failures are remembered although somebody asked: %+v", c)
	}
}

func snoozed(b bench) {
	b.add(queue.First, 0, 1)
	c := b.expect(1)[0]
	b.must(b.Snooze(context.Background(), c, at(2)))
	b.expect()
	b.clock.pass(2 * time.Minute)
	if c := b.expect(1)[0]; c.Tries != 0 || c.Priority != queue.First {
		b.t.Errorf("%+v", c)
	}
}

func removed(b bench) {
	b.add(queue.Rest, 0, 1, 2)
	claims := b.expect(1, 2)
	b.must(b.Remove(context.Background(), box(1), box(77)))
	b.lost("a removed mailbox", b.Complete(context.Background(), claims[0], at(0), queue.Rest))
	b.must(b.Complete(context.Background(), claims[1], at(0), queue.Rest))
	b.expect(2)
	b.add(queue.Rest, 0, 1)
	b.expect(1)
}

func paused(b bench) {
	b.add(queue.Asked, 0, 1)
	b.must(b.Pause(context.Background(), at(5)))
	b.must(b.Pause(context.Background(), at(3))) // never shortens
	b.clock.pass(4 * time.Minute)
	b.expect()
	if next := b.next(); !next.Equal(at(5)) {
		b.t.Errorf("next is %v, the end of the pause %v", next, at(5))
	}
	if s, err := b.Stats(context.Background()); err != nil || !s.Paused.Equal(at(5)) {
		b.t.Errorf("%+v, %v", s, err)
	}
	b.clock.pass(time.Minute)
	c := b.expect(1)[0]
	b.must(b.Pause(context.Background(), at(60)))
	b.must(b.Complete(context.Background(), c, at(5), queue.Rest)) // reporting is possible
	b.expect()
	b.must(b.Pause(context.Background(), time.Time{}))
	b.expect(1)
	if s, err := b.Stats(context.Background()); err != nil || !s.Paused.IsZero() {
		b.t.Errorf("%+v, %v", s, err)
	}
}

func comesNext(b bench) {
	if next := b.next(); !next.IsZero() {
		b.t.Errorf("an empty queue's next is %v", next)
	}
	b.add(queue.Rest, 0, 1)
	b.add(queue.Rest, 3, 2)
	if next := b.next(); !next.Equal(at(0)) {
		b.t.Errorf("%v", next)
	}
	claims, next, err := b.Claim(context.Background(), 5, lease)
	if b.must(err); len(claims) != 1 || !next.Equal(at(3)) {
		b.t.Errorf("%v, next %v", claims, next)
	}
	if next := b.next(); !next.Equal(noon.Add(lease)) {
		b.t.Errorf("the end of a lease comes first: %v", next)
	}
}

func stats(b bench) {
	b.add(queue.Rest, -4, 1, 2)
	b.add(queue.Rest, -9, 3)
	b.add(queue.Rest, 4, 4)
	c := b.claim(1)[0]
	b.must(b.Fail(context.Background(), c, at(-3)))
	b.claim(1)
	want := queue.Stats{Jobs: 4, Due: 2, Claimed: 1, Failing: 1, Oldest: at(-4)}
	s, err := b.Stats(context.Background())
	if b.must(err); s.Jobs != want.Jobs || s.Due != want.Due || s.Claimed != want.Claimed || s.Failing != want.Failing || !s.Oldest.Equal(want.Oldest) || !s.Paused.IsZero() {
		b.t.Errorf("%+v, want %+v", s, want)
	}
}

// manyWorkers claim at the same time: each job comes to exactly one of them.
func manyWorkers(b bench) {
	const jobs = 120
	for n := range jobs {
		b.add(queue.Rest, 0, n)
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	seen := map[providers.Address]int{}
	for range 8 {
		group.Go(func() {
			for {
				claims, _, err := b.Claim(context.Background(), 3, lease)
				if err != nil {
					b.t.Error(err)
					return
				}
				if len(claims) == 0 {
					return
				}
				for _, c := range claims {
					mu.Lock()
					seen[c.Mailbox]++
					mu.Unlock()
					if err := b.Complete(context.Background(), c, at(9), queue.Rest); err != nil {
						b.t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	for n := range jobs {
		if seen[box(n)] != 1 {
			b.t.Errorf("%s was handed out %d times", box(n), seen[box(n)])
		}
	}
}

// asTheModel does the same at random to the queue and to [queue.Memory]: they
// hand out the same.
func asTheModel(b bench) {
	ctx := context.Background()
	model := queue.NewMemory(b.clock.now)
	r := rand.New(rand.NewPCG(11, 12))
	type pair struct{ have, want queue.Claim }
	var held []pair
	priorities := []queue.Priority{queue.Rest, queue.First, queue.OnScreen, queue.Asked}
	for step := range 1500 {
		mailbox, when, priority := box(r.IntN(12)), b.clock.now().Add(time.Duration(r.IntN(400)-100)*time.Second), priorities[r.IntN(4)]
		both := func(do func(queue.Queue) error) {
			if have, want := do(b.Queue), do(model); (have == nil) != (want == nil) {
				b.t.Fatalf("step %d: %v, the model says %v", step, have, want)
			}
		}
		switch what := r.IntN(20); {
		case what < 3:
			both(func(q queue.Queue) error {
				return q.Enqueue(ctx, queue.Job{Mailbox: mailbox, Due: when, Priority: priority})
			})
		case what < 5:
			both(func(q queue.Queue) error { return q.Wake(ctx, when, priority, mailbox) })
		case what < 6:
			both(func(q queue.Queue) error { return q.Remove(ctx, mailbox) })
		case what < 7 && step%5 == 0:
			both(func(q queue.Queue) error { return q.Pause(ctx, when) })
		case what < 9:
			b.clock.pass(time.Duration(r.IntN(50)) * time.Second)
		case what < 14 && len(held) > 0:
			i := r.IntN(len(held))
			p := held[i]
			end := func(q queue.Queue, c queue.Claim) error {
				switch what % 4 {
				case 0:
					return q.Complete(ctx, c, when, priority)
				case 1:
					return q.Fail(ctx, c, when)
				case 2:
					return q.Extend(ctx, lease, c)
				}
				return q.Snooze(ctx, c, when)
			}
			if have, want := end(b.Queue, p.have), end(model, p.want); (have == nil) != (want == nil) {
				b.t.Fatalf("step %d: %v, the model says %v", step, have, want)
			}
			if what%4 != 2 {
				held = append(held[:i], held[i+1:]...)
			}
		default:
			n := r.IntN(4)
			have, next, err := b.Claim(ctx, n, lease)
			b.must(err)
			want, then, err := model.Claim(ctx, n, lease)
			b.must(err)
			if len(have) != len(want) || !next.Equal(then) {
				b.t.Fatalf("step %d: %v and then %v; the model hands out %v and then %v", step, have, next, want, then)
			}
			for i := range have {
				if have[i].Mailbox != want[i].Mailbox || have[i].Priority != want[i].Priority || have[i].Tries != want[i].Tries || !have[i].Due.Equal(want[i].Due) {
					b.t.Fatalf("step %d: %+v, the model hands out %+v", step, have[i], want[i])
				}
				held = append(held, pair{have[i], want[i]})
			}
		}
	}
}
