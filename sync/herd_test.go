package sync_test

import (
	"fmt"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"roomdesk/providers"
)

// What became due together does not stay together.
func TestNoHerd(t *testing.T) { // F-073
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 200
		tn := newTenant(rooms, 0)
		tn.latency = 100 * time.Millisecond
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		listed, together := tn.seen("rooms")[0].at.Add(tn.latency), 0
		for _, c := range append(tn.seen("availability"), tn.seen("changes")...) {
			if c.at.Before(listed.Add(tn.latency - time.Millisecond)) {
				together++
			}
		}
		if together == 0 || together > 16 {
			t.Errorf("the first sync begins with %d requests at once", together)
		}
		tn.forget()
		begin := time.Now()
		time.Sleep(11 * time.Minute)
		var second []time.Duration
		seen := map[providers.Address]bool{}
		for _, c := range tn.seen("changes") {
			if !seen[c.mailbox] {
				seen[c.mailbox] = true
				second = append(second, c.at.Sub(begin))
			}
		}
		slices.Sort(second)
		if len(second) != rooms {
			t.Fatalf("%d of %d rooms were read again within their bound", len(second), rooms)
		}
		if spread := second[len(second)-1] - second[0]; spread < 8*time.Minute {
			t.Errorf("the second rounds lie within %v of 10 minutes", spread)
		}
		most := 0
		for i := range second {
			n := 0
			for _, at := range second[i:] {
				if at-second[i] < 10*time.Second {
					n++
				}
			}
			most = max(most, n)
		}
		if most > rooms/10 {
			t.Errorf("%d of %d rounds within ten seconds", most, rooms)
		}
	})
}

func TestAfterASleep(t *testing.T) { // F-090, F-073
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 60
		tn := newTenant(rooms, 0)
		tn.latency = 200 * time.Millisecond
		var mu stdsync.Mutex
		var slept time.Duration
		f := newFixtureAt(t, tn, func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Round(0).Add(slept)
		})
		defer f.stop()
		onScreen := roomName(50)
		f.engine.Watch([]providers.Address{onScreen})
		f.run()
		f.synced()
		time.Sleep(20 * time.Minute)
		// A reading under way would end after the sleep and count as new.
		f.until("a moment without a reading", time.Minute, func() bool { return slices.Max(tn.atOnce()) == 0 })
		mu.Lock()
		slept = 8 * time.Hour // timers do not notice
		mu.Unlock()
		if p := f.engine.Progress(); p.Fresh > 0 || p.Late != rooms {
			t.Errorf("after a sleep %d of %d rooms count as fresh, %d as late", p.Fresh, rooms, p.Late)
		}
		tn.forget()
		woke := time.Now()
		time.Sleep(3 * time.Minute)
		first := map[providers.Address]time.Duration{}
		early := 0
		for _, c := range tn.seen("changes") {
			at := c.at.Sub(woke)
			if _, again := first[c.mailbox]; !again {
				first[c.mailbox] = at
			}
			if c.at.Before(tn.seen("changes")[0].at.Add(tn.latency - time.Millisecond)) {
				early++
			}
		}
		if at, read := first[onScreen]; !read || at > 5*time.Second {
			t.Errorf("the room on the screen was read after %v", at)
		}
		if len(first) != rooms {
			t.Errorf("%d of %d rooms were read", len(first), rooms)
		}
		if early > 20 {
			t.Errorf("it begins with a burst of %d requests", early)
		}
		if p := f.engine.Progress(); p.Fresh != rooms {
			t.Errorf("%+v", p)
		}
		// Having been read together, they do not come together again.
		tn.forget()
		time.Sleep(4 * time.Minute)
		within := 0
		for _, c := range tn.seen("changes") {
			if c.mailbox != onScreen {
				within++
			}
		}
		if within < rooms/5 {
			t.Errorf("only %d of %d rooms were read in the four minutes that follow: the rest comes at once", within, rooms)
		}
	})
}

func TestTheClockIsSetBack(t *testing.T) { // F-089
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 0)
		var mu stdsync.Mutex
		var shift time.Duration
		f := newFixtureAt(t, tn, func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Round(0).Add(shift)
		})
		defer f.stop()
		f.run()
		f.synced()
		mu.Lock()
		shift = -2 * time.Hour
		mu.Unlock()
		tn.forget()
		time.Sleep(11 * time.Minute)
		seen := map[providers.Address]bool{}
		for _, c := range tn.seen("changes") {
			seen[c.mailbox] = true
		}
		if len(seen) != 5 {
			t.Errorf("after the clock was set back, %d of 5 rooms were read: %s", len(seen), fmt.Sprint(seen))
		}
	})
}
