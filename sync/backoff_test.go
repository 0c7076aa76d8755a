package sync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func fault(class providers.Class) *providers.Error {
	return &providers.Error{Class: class, Op: "reading changes", Status: 500, RequestID: "req-1"}
}

// only fails the calls for one mailbox.
func only(mailbox providers.Address, err error) func(call) error {
	return func(c call) error {
		if c.mailbox == mailbox && (c.method == "changes" || c.method == "availability of") {
			return err
		}
		return nil
	}
}

func (f *fixture) status(mailbox providers.Address) providers.MailboxStatus {
	f.t.Helper()
	all, err := f.engine.Status(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(m providers.MailboxStatus) bool { return m.Mailbox == mailbox })
	if i < 0 {
		f.t.Fatalf("no status of %s", mailbox)
	}
	return all[i]
}

func gaps(calls []call, mailbox providers.Address) (all []time.Duration) {
	var last time.Time
	for _, c := range calls {
		if c.mailbox != mailbox {
			continue
		}
		if !last.IsZero() {
			all = append(all, c.at.Sub(last))
		}
		last = c.at
	}
	return all
}

func TestBackOffGrowsWithJitterAndEnds(t *testing.T) { // F-064, F-071, F-122
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(6, 4)
		bad := roomName(5)
		tn.fail = only(bad, fault(providers.Transient))
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(80 * time.Minute)
		status := f.status(bad)
		p := status.Problem
		if status.State != providers.MailboxFailing || p == nil || p.Tries < 20 || time.Since(p.Since) < time.Hour || p.RequestID != "req-1" {
			t.Fatalf("%+v %+v", status, p)
		}
		all := gaps(tn.seen("changes"), bad)
		distinct := map[time.Duration]bool{}
		for i, gap := range all {
			if gap < time.Second || gap > 5*time.Minute+time.Second {
				t.Errorf("try %d after %v", i, gap)
			}
			if i < 3 && gap > 8*time.Second {
				t.Errorf("try %d only after %v", i, gap)
			}
			distinct[gap] = true
		}
		if len(distinct) < len(all)*3/4 {
			t.Errorf("the waits have no jitter: %v", all)
		}
		if slices.Max(all) < time.Minute {
			t.Errorf("the waits do not grow: %v", all)
		}
		for n := range 6 {
			if room := roomName(n); room != bad && f.status(room).State != providers.MailboxFresh {
				t.Errorf("%s suffers with its neighbour: %+v", room, f.status(room))
			}
		}
		tn.now(func() { tn.fail = nil })
		f.settles(6 * time.Minute)
		if p := f.status(bad).Problem; p != nil {
			t.Errorf("still a problem: %+v", p)
		}
		if m, _ := f.store.Position(t.Context(), bad); m.Problem != nil {
			t.Errorf("still stored as a problem: %+v", m.Problem)
		}
	})
}

func TestRetryAfterIsLaw(t *testing.T) { // F-063, QUOTA
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(10, 2)
		bad := roomName(3)
		tn.fail = only(bad, &providers.Error{Class: providers.Throttled, Status: 429, RetryAfter: 77 * time.Second, Scope: providers.ScopeMailbox})
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(20 * time.Minute)
		for i, gap := range gaps(tn.seen("changes"), bad) {
			if gap < 77*time.Second {
				t.Errorf("try %d came %v after an answer that asked for 77 s", i, gap)
			}
		}
		if n := len(gaps(tn.seen("changes"), bad)); n < 3 {
			t.Errorf("only %d tries", n)
		}
		if p := f.engine.Progress(); !p.ThrottledTo.IsZero() {
			t.Errorf("one mailbox's pause holds all: %+v", p)
		}
	})
}

func TestAppWidePauseHoldsEverything(t *testing.T) { // F-069
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(180, 1)
		tn.latency = 100 * time.Millisecond
		var struck time.Time
		tn.fail = func(c call) error {
			if struck.IsZero() && c.method == "changes" && c.mailbox == roomName(60) {
				struck = time.Now()
				return &providers.Error{Class: providers.Throttled, Status: 429, RetryAfter: 30 * time.Second, Scope: providers.ScopeApp}
			}
			return nil
		}
		f := newFixture(t, tn)
		f.o.Workers = 16
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.until("the pause", time.Minute, func() bool { return !f.engine.Progress().ThrottledTo.IsZero() })
		f.synced()
		var after []time.Time
		for _, c := range tn.seen("changes") {
			switch d := c.at.Sub(struck); {
			case d >= 30*time.Second:
				after = append(after, c.at)
			case d > 0:
				t.Errorf("%s was asked %v into the pause", c.mailbox, d)
			}
		}
		// Half as many at once follow, and then one more for each round of successes.
		first, most := 0, 0
		for i, at := range after {
			n := 0
			for _, other := range after[:i+1] {
				if at.Sub(other) < tn.latency {
					n++
				}
			}
			if most = max(most, n); at.Sub(after[0]) < tn.latency {
				first = most
			}
		}
		if first > 10 || most < 13 {
			t.Errorf("after the pause %d at once, later %d; 16 workers", first, most)
		}
		f.settles(time.Hour)
	})
}

func TestNoAccessIsProbedSlowly(t *testing.T) { // F-038, F-087
	t.Parallel()
	for class, least := range map[providers.Class]time.Duration{providers.NotAllowed: 50 * time.Minute, providers.NoMailbox: 20 * time.Hour} {
		inBubble(t, string(class), func(t *testing.T) {
			tn := newTenant(3, 3)
			bad := roomName(2)
			tn.fail = func(c call) error {
				if c.mailbox == bad && c.method == "changes" {
					return fault(class)
				}
				return nil
			}
			f := newFixture(t, tn)
			f.o.Intervals.Rest, f.o.Intervals.Near = time.Hour, time.Hour
			f.engine = sync.New(f.o)
			defer f.stop()
			f.run()
			f.synced()
			time.Sleep(2*least + 9*time.Hour)
			all := gaps(tn.seen("changes"), bad)
			if len(all) == 0 || slices.Min(all) < least {
				t.Errorf("%s: probed after %v", class, all)
			}
			if got := f.status(bad); got.State != providers.MailboxNoAccess {
				t.Errorf("%+v", got)
			}
			// Its free/busy is still known, with an age.
			now := time.Now()
			a, err := f.store.Availability(t.Context(), []providers.Address{bad}, providers.Interval{Start: now, End: now.Add(time.Hour)})
			if err != nil || !a[bad].Known() || now.Sub(a[bad].AsOf) > 6*time.Minute {
				t.Errorf("availability of a room without access: %+v, %v", a[bad], err)
			}
		})
	}
}

func TestPanicIsOneMailboxsProblem(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(8, 2)
		tn.fail = func(c call) error {
			if c.mailbox == roomName(6) && c.method == "changes" {
				panic("poison")
			}
			return nil
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		if p := f.engine.Progress(); p.Fresh != 7 || p.Failing != 1 {
			t.Errorf("%+v", p)
		}
		if p := f.status(roomName(6)).Problem; p == nil || !strings.Contains(p.Message.String(), "poison") {
			t.Errorf("%+v", p)
		}
	})
}
