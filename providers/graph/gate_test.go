package graph

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

func enter(t *testing.T, g *gate, mailbox providers.Address) func() {
	t.Helper()
	leave, err := g.enter(t.Context(), mailbox, providers.Background, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

// held is what the gate still has to do with anybody.
func held(g *gate) (inFlight, mailboxes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inFlight, len(g.mailboxes)
}

func TestGateAdmitsFourForAMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(32, time.Now)
		var in, most atomic.Int64
		for range 20 {
			go func() {
				leave := enter(t, g, adele)
				if n := in.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				in.Add(-1)
				leave()
			}()
		}
		synctest.Wait()
		if in.Load() != perMailbox {
			t.Errorf("%d in flight for one mailbox, want %d", in.Load(), perMailbox)
		}
		enter(t, g, aalto)() // another mailbox is not held up
		time.Sleep(time.Minute)
		if most.Load() != perMailbox || in.Load() != 0 {
			t.Errorf("at most %d in flight, %d left", most.Load(), in.Load())
		}
		if _, mailboxes := held(g); mailboxes != 0 {
			t.Errorf("%d mailboxes are remembered for nothing", mailboxes)
		}
	})
}

func TestGateServesInteractiveFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(4, time.Now)
		var leaves []func()
		for i := range 3 { // one slot is kept for interactive requests
			leaves = append(leaves, enter(t, g, providers.Address(fmt.Sprint(i, "@x.test"))))
		}
		order := make(chan string, 8)
		for range 3 {
			go func() {
				leave, err := g.enter(t.Context(), "b@x.test", providers.Background, time.Hour)
				if err == nil {
					order <- "background"
					leave()
				}
			}()
		}
		synctest.Wait()
		if len(order) != 0 {
			t.Fatal("background requests take the slot kept for interactive ones")
		}
		if _, err := g.enter(t.Context(), "i@x.test", providers.Interactive, time.Hour); err != nil {
			t.Fatal(err)
		}
		go func() {
			if leave, err := g.enter(t.Context(), "i@x.test", providers.Interactive, time.Hour); err == nil {
				order <- "interactive"
				leave()
			}
		}()
		synctest.Wait()
		leaves[0]()
		synctest.Wait()
		if first := <-order; first != "interactive" {
			t.Errorf("%s went first", first)
		}
		leaves[1]()
		synctest.Wait()
	})
}

// In one mailbox too the next free place goes to what a person waits for, however long
// background requests have waited.
func TestGateServesInteractiveFirstInAMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(32, time.Now)
		var leaves []func()
		for range perMailbox {
			leaves = append(leaves, enter(t, g, adele))
		}
		order := make(chan string, 2)
		for _, priority := range []providers.Priority{providers.Background, providers.Interactive} {
			go func() {
				if _, err := g.enter(t.Context(), adele, priority, time.Hour); err == nil {
					order <- map[providers.Priority]string{providers.Background: "background", providers.Interactive: "interactive"}[priority]
				}
			}()
			synctest.Wait()
		}
		for _, want := range []string{"interactive", "background"} {
			leaves[0]()
			leaves = leaves[1:]
			synctest.Wait()
			if got := <-order; got != want {
				t.Errorf("%s was served, want %s", got, want)
			}
		}
	})
}

// F-063: only the mailbox that was named waits, and until the announced time.
func TestGatePausesOneMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(32, time.Now)
		g.throttle(adele, providers.ScopeMailbox, 5*time.Second)
		enter(t, g, aalto)()
		begin := time.Now()
		enter(t, g, adele)()
		if waited := time.Since(begin); waited < 5*time.Second || waited > 6*time.Second {
			t.Errorf("waited %v", waited)
		}
		var s Stats
		g.fill(&s)
		if s.Throttled != 1 || s.Waited < 5*time.Second || !s.PausedUntil.IsZero() || s.Limit != 32 {
			t.Errorf("stats %+v", s)
		}
	})
}

// F-069: a pause of the application holds everybody, and the limit falls.
func TestGatePausesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(32, time.Now)
		g.throttle(adele, providers.ScopeApp, 10*time.Second)
		g.throttle(aalto, providers.ScopeApp, 10*time.Second) // the same burst
		var s Stats
		if g.fill(&s); s.Limit != 16 || !s.PausedUntil.Equal(time.Now().Add(10*time.Second)) {
			t.Errorf("stats %+v, want limit 16", s)
		}
		begin := time.Now()
		enter(t, g, "other@contoso.test")()
		if time.Since(begin) < 10*time.Second {
			t.Error("a request left during the pause")
		}
		for range 16 + 17 {
			g.succeed()
		}
		if g.fill(&s); s.Limit != 18 {
			t.Errorf("limit %d after as many successes as it allows, twice; want 18", s.Limit)
		}
		for range 10 {
			time.Sleep(2 * time.Second)
			g.throttle("", providers.ScopeApp, time.Second)
		}
		if g.fill(&s); s.Limit != minLimit {
			t.Errorf("limit %d, want %d", s.Limit, minLimit)
		}
	})
}

func TestGateLowersItsLimitWhenManyMailboxesAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(32, time.Now)
		var s Stats
		for i := range spreadMailboxes {
			if g.fill(&s); s.Limit != 32 {
				t.Fatalf("the limit fell after %d", i)
			}
			g.throttle(providers.Address(fmt.Sprint(i, "@x.test")), providers.ScopeMailbox, time.Second)
		}
		if g.fill(&s); s.Limit != 16 {
			t.Errorf("limit %d", s.Limit)
		}
	})
}

func TestGateRefusesWhereThePauseOutlastsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, time.Now)
		leave := enter(t, g, adele)
		queued := make(chan error)
		go func() {
			_, err := g.enter(t.Context(), adele, providers.Background, time.Minute)
			queued <- err
		}()
		synctest.Wait()
		g.throttle(adele, providers.ScopeMailbox, time.Hour)
		e := wantError(t, <-queued, providers.Throttled)
		if e.RetryAfter != time.Hour || e.Scope != providers.ScopeMailbox {
			t.Errorf("%+v", e)
		}
		_, err := g.enter(t.Context(), adele, providers.Background, time.Minute)
		wantClass(t, err, providers.Throttled)
		leave()
	})
}

func TestGateForgetsWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, time.Now)
		leave := enter(t, g, adele)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := g.enter(ctx, aalto, providers.Background, time.Minute)
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		leave()
		enter(t, g, adele)()
		if inFlight, mailboxes := held(g); inFlight != 0 || mailboxes != 0 {
			t.Errorf("%d in flight, %d mailboxes", inFlight, mailboxes)
		}
		go func() {
			leave := enter(t, g, adele)
			defer leave()
			_, err := g.enter(t.Context(), aalto, providers.Background, time.Minute)
			ended <- err
		}()
		synctest.Wait()
		g.close()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error("closing leaves a request waiting")
		}
	})
}
