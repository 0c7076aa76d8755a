package sync_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/sync/store"
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
	bubble(t, func(t *testing.T) {
		tn := newTenant(20, 4)
		bad := roomName(5)
		tn.fail = only(bad, fault(providers.Transient))
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(2 * time.Hour)
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
		for n := range 20 {
			if room := roomName(n); room != bad && f.status(room).State != providers.MailboxFresh {
				t.Errorf("%s suffers with its neighbour: %+v", room, f.status(room))
			}
		}
		tn.now(func() { tn.fail = nil })
		f.until("recovery", 6*time.Minute, f.converged)
		if p := f.status(bad).Problem; p != nil {
			t.Errorf("still a problem: %+v", p)
		}
		if m, _ := f.store.Position(t.Context(), bad); m.Problem != nil {
			t.Errorf("still stored as a problem: %+v", m.Problem)
		}
	})
}

func TestRetryAfterIsLaw(t *testing.T) { // F-063, QUOTA
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
	bubble(t, func(t *testing.T) {
		tn := newTenant(200, 1)
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
		defer f.stop()
		f.run()
		f.until("the pause", time.Minute, func() bool { return !f.engine.Progress().ThrottledTo.IsZero() })
		f.synced()
		for _, c := range tn.seen("changes") {
			if d := c.at.Sub(struck); d > 0 && d < 30*time.Second {
				t.Errorf("%s was asked %v into the pause", c.mailbox, d)
			}
		}
		f.until("convergence", time.Hour, f.converged)
	})
}

func TestNoAccessIsProbedSlowly(t *testing.T) { // F-038, F-087
	for class, least := range map[providers.Class]time.Duration{providers.NotAllowed: 50 * time.Minute, providers.NoMailbox: 20 * time.Hour} {
		bubble(t, func(t *testing.T) {
			tn := newTenant(6, 3)
			bad := roomName(2)
			tn.fail = func(c call) error {
				if c.mailbox == bad && c.method == "changes" {
					return fault(class)
				}
				return nil
			}
			f := newFixture(t, tn)
			f.o.Intervals.Rest = time.Hour
			f.engine = sync.New(f.o)
			defer f.stop()
			f.run()
			f.synced()
			time.Sleep(49 * time.Hour)
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

func TestPoisonedMailboxIsSplitOff(t *testing.T) { // F-122
	bubble(t, func(t *testing.T) {
		tn := newTenant(40, 2)
		bad := roomName(11)
		tn.fail = only(bad, fault(providers.Permanent))
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		now := time.Now()
		var all []providers.Address
		for n := range 40 {
			all = append(all, roomName(n))
		}
		a, err := f.store.Availability(t.Context(), all, providers.Interval{Start: now, End: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		for room, answer := range a {
			if known := answer.Known(); known != (room != bad) {
				t.Errorf("%s: known %v", room, known)
			}
		}
		if a[bad].Problem == nil || a[bad].FreeFor(providers.Interval{Start: now, End: now.Add(time.Hour)}) {
			t.Errorf("an unknown room looks free: %+v", a[bad])
		}
	})
}

func TestFreeBusyOutageMakesNoStorm(t *testing.T) { // F-072
	bubble(t, func(t *testing.T) {
		tn := newTenant(400, 1)
		tn.fail = func(c call) error {
			if c.method == "availability" {
				return fault(providers.Transient)
			}
			return nil
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		if n := len(tn.seen("availability")); n > 20+2*6+1 {
			t.Errorf("%d questions where 20 would have done", n)
		}
		if !f.converged() {
			t.Error("the calendars were not read")
		}
	})
}

func TestSignedOutStopsEverythingAndProbesSlowly(t *testing.T) { // F-082
	bubble(t, func(t *testing.T) {
		tn := newTenant(30, 2)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		out := true
		tn.now(func() {
			tn.fail = func(call) error {
				if out {
					return &providers.Error{Class: providers.SignedOut, Code: "AADSTS7000222", Advice: "renew the secret"}
				}
				return nil
			}
		})
		tn.forget()
		f.until("the stop", 15*time.Minute, func() bool { return f.engine.Progress().Problem != nil })
		began := time.Now()
		tn.forget()
		time.Sleep(3 * time.Hour)
		if n := tn.total(); n > 180 || n < 5 {
			t.Errorf("%d calls in three hours without a sign-in", n)
		}
		p := f.engine.Progress()
		if p.Problem == nil || p.Problem.Class != providers.SignedOut || began.Sub(p.Problem.Since) > 20*time.Minute || p.Late == 0 || p.Failing != 0 {
			t.Errorf("%+v %+v", p, p.Problem)
		}
		tn.now(func() { out = false })
		f.engine.Retry()
		f.until("recovery", 10*time.Second, func() bool { p := f.engine.Progress(); return p.Problem == nil && p.Fresh == 30 })
		u, err := f.engine.Wait(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		bad := 0
		for _, n := range u.Notices {
			if n.Bad {
				bad++
			}
		}
		if bad != 1 {
			t.Errorf("%d bad notices for one stop: %v", bad, u.Notices)
		}
	})
}

func TestUnreachableForOneMailboxIsItsOwnProblem(t *testing.T) { // F-122
	bubble(t, func(t *testing.T) {
		tn := newTenant(30, 2)
		tn.fail = only(roomName(4), fault(providers.Unreachable))
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(10 * time.Minute)
		p := f.engine.Progress()
		if p.Problem != nil || p.Fresh != 29 || p.Failing != 1 {
			t.Errorf("%+v", p)
		}
	})
}

func TestStartsWithoutNetwork(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 2)
		down := true
		tn.fail = func(call) error {
			if down {
				return fault(providers.Unreachable)
			}
			return nil
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		time.Sleep(10 * time.Minute)
		if n := tn.total(); n < 10 || n > 100 {
			t.Errorf("%d calls in ten minutes without a network", n)
		}
		tn.now(func() { down = false })
		f.until("the first sync", 2*time.Minute, f.converged)
	})
}

func TestAnotherTenantIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 2)
		tn.id = "00000000-0000-4000-8000-00000000beef"
		f := newFixture(t, tn)
		err := f.engine.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), tn.id) || !strings.Contains(err.Error(), tenantID) {
			t.Errorf("%v", err)
		}
		if n := tn.total(); n != 1 {
			t.Errorf("%d calls to a tenant that is not ours", n)
		}
		if err := f.store.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestFirstAnswerBindsTheStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(2, 1)
		path := filepath.Join(t.TempDir(), "store.db")
		s, err := store.Open(context.Background(), store.Options{Path: path}) // known by a domain
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sync.New(sync.Options{Store: s, Source: tn}).Once(t.Context(), false, nil); err != nil {
			t.Fatal(err)
		}
		if bound, err := s.Tenant(t.Context()); err != nil || bound != tenantID {
			t.Errorf("bound to %q, %v", bound, err)
		}
		tn.id = "00000000-0000-4000-8000-00000000beef"
		if _, err := sync.New(sync.Options{Store: s, Source: tn}).Once(t.Context(), false, nil); err == nil {
			t.Error("another tenant was read into the store")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestMassDisappearanceIsVerified(t *testing.T) { // F-028, NODEL
	bubble(t, func(t *testing.T) {
		tn := newTenant(30, 0)
		room := roomName(8)
		for n := range 100 {
			tn.put(room, meeting(room, n, time.Now().Add(time.Duration(n)*time.Hour)))
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		window := providers.Interval{Start: time.Now().Add(-time.Hour), End: time.Now().Add(200 * time.Hour)}

		// The service lies once: half of the calendar is missing from one page.
		lies := 1
		tn.now(func() {
			tn.edit = func(c call, page *providers.ChangePage) {
				if c.mailbox == room && c.cursor == "" && lies > 0 {
					lies--
					page.Events = page.Events[:20]
				}
			}
			tn.fail = func(c call) error {
				if c.mailbox == room && strings.HasPrefix(c.cursor, "delta") && lies > 0 {
					return fault(providers.Resync)
				}
				return nil
			}
		})
		f.engine.Poke(room)
		f.until("the lie", time.Minute, func() (told bool) {
			tn.now(func() { told = lies == 0 })
			return told
		})
		f.until("it to be noticed", time.Minute, func() bool { p, _ := f.store.Position(t.Context(), room); return p.Unconfirmed > 0 })
		if n := len(f.mirror(room, window)); n != 100 {
			t.Errorf("%d of 100 events are left after one lie", n)
		}
		f.until("verification", time.Minute, func() bool { p, _ := f.store.Position(t.Context(), room); return p.Unconfirmed == 0 })
		if !f.converged() {
			t.Error("the mirror differs after the lie")
		}

		// Then they really go, named by a change and not named by the re-read.
		tn.now(func() { tn.edit, tn.fail = nil, nil })
		for n := range 80 {
			tn.remove(room, fmt.Sprintf("id-room00008-%d", n), false)
		}
		f.engine.Poke(room)
		f.until("verified removal", 2*time.Minute, f.converged)

		// The list of rooms comes back empty once, then really shrinks.
		rooms := tn.rooms
		tn.now(func() { tn.rooms = nil })
		tn.forget()
		f.engine.Retry()
		f.until("a second listing", 5*time.Minute, func() bool {
			if len(tn.seen("rooms")) == 1 {
				if have, _ := f.store.Rooms(t.Context()); len(have) != 30 {
					t.Errorf("%d of 30 rooms are left after one empty list", len(have))
				}
				tn.now(func() { tn.rooms = rooms })
			}
			return len(tn.seen("rooms")) == 2
		})
		time.Sleep(time.Second)
		if have, _ := f.store.Rooms(t.Context()); len(have) != 30 {
			t.Errorf("%d of 30 rooms", len(have))
		}
		tn.now(func() { tn.rooms = rooms[:10] })
		f.engine.Retry()
		f.until("removal after two listings", 5*time.Minute, func() bool { have, _ := f.store.Rooms(t.Context()); return len(have) == 10 })
		if m, _ := f.store.Mailboxes(t.Context()); len(m) != 10 {
			t.Errorf("%d mailboxes for 10 rooms", len(m))
		}
	})
}

func TestPartialListRemovesNothing(t *testing.T) { // F-035
	bubble(t, func(t *testing.T) {
		tn := newTenant(10, 1)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.rooms, tn.partial = tn.rooms[:8], true })
		f.engine.Retry()
		time.Sleep(5 * time.Minute)
		f.engine.Retry()
		time.Sleep(5 * time.Minute)
		if have, _ := f.store.Rooms(t.Context()); len(have) != 10 {
			t.Errorf("%d of 10 rooms after a list that broke off", len(have))
		}
	})
}

func TestForgottenRemovalIsFound(t *testing.T) { // F-017
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 10)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.remove(roomName(1), "id-room00001-4", true)
		f.until("the full reconcile", 7*time.Hour, f.converged)
	})
}

func TestStubsHaveTheirMastersDetails(t *testing.T) { // F-012
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 0)
		room := roomName(0)
		for n := range 10 {
			tn.put(room, providers.Event{Mailbox: room, ID: fmt.Sprint("stub", n), Type: providers.Occurrence, Stub: true, SeriesMasterID: "master",
				Start: time.Now().Add(time.Duration(n) * 24 * time.Hour), End: time.Now().Add(time.Duration(n)*24*time.Hour + time.Hour)})
		}
		master := meeting(room, 1, time.Now().Add(-3*365*24*time.Hour))
		master.ID, master.Type, master.Subject = "master", providers.SeriesMaster, providers.Outside("Weekly")
		tn.put(room, master)
		hide := true
		tn.edit = func(_ call, page *providers.ChangePage) {
			if hide {
				page.Events = slices.DeleteFunc(page.Events, func(ev providers.Event) bool { return ev.Type == providers.SeriesMaster })
			}
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		window := providers.Interval{Start: time.Now().Add(-4 * 365 * 24 * time.Hour), End: time.Now().Add(20 * 24 * time.Hour)}
		check := func(subject string) bool {
			events, err := f.store.Events(context.Background(), room, window)
			if err != nil || len(events) != 10 {
				t.Fatalf("%d events, %v", len(events), err)
			}
			for _, ev := range events {
				if ev.Subject.Raw() != subject || ev.ShowAs != providers.ShowBusy {
					return false
				}
			}
			return true
		}
		if !check("Weekly") {
			t.Error("the occurrences lack their series' subject")
		}
		if n := len(tn.seen("event")); n != 1 {
			t.Errorf("%d questions for one master", n)
		}
		tn.now(func() { hide = false })
		master.Subject = providers.Outside("Biweekly")
		tn.put(room, master)
		f.engine.Poke(room)
		f.until("the new subject", time.Minute, func() bool { return check("Biweekly") })
	})
}

func TestPanicIsOneMailboxsProblem(t *testing.T) {
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

func TestPageLoopEnds(t *testing.T) { // F-005
	bubble(t, func(t *testing.T) {
		tn := newTenant(4, 120)
		tn.edit = func(c call, page *providers.ChangePage) {
			if c.mailbox == roomName(2) && !page.Done && strings.Contains(page.Cursor, " 100 ") {
				page.Cursor = strings.Replace(page.Cursor, " 100 ", " 50 ", 1)
			}
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		n := 0
		for _, c := range tn.seen("changes") {
			if c.mailbox == roomName(2) {
				n++
			}
		}
		if n > 40 {
			t.Errorf("%d requests for a mailbox whose pages go in a circle", n)
		}
		if p := f.status(roomName(2)).Problem; p == nil {
			t.Error("a circle of pages is no problem")
		}
	})
}

func TestSecondEngineFollowsAndTakesOver(t *testing.T) { // F-104
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 3)
		f := newFixture(t, tn)
		f.run()
		f.synced()
		second, err := store.Open(context.Background(), store.Options{Path: f.path, Tenant: tenantID})
		if err != nil {
			t.Fatal(err)
		}
		other := newTenant(5, 3)
		o := f.o
		o.Store, o.Source = second, other
		follower := sync.New(o)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- follower.Run(ctx) }()
		time.Sleep(10 * time.Second)
		u, err := follower.Wait(t.Context(), 0)
		if err != nil || len(u.Notices) == 0 || !strings.Contains(u.Notices[0].Text, "process ") {
			t.Errorf("%+v, %v", u, err)
		}
		if n := len(other.calls); n != 0 {
			t.Errorf("two engines sync one store: %d calls", n)
		}
		if p := follower.Progress(); p.Fresh != 5 {
			t.Errorf("the follower does not show the state: %+v", p)
		}
		tn.put(roomName(1), meeting(roomName(1), 77, time.Now()))
		f.engine.Poke(roomName(1))
		short, stop := context.WithTimeout(t.Context(), 5*time.Second)
		next, err := follower.Wait(short, u.Seq)
		stop()
		if err != nil || !next.All {
			t.Errorf("a change of the leader went by: %+v, %v", next, err)
		}
		f.stop()
		time.Sleep(2 * time.Minute)
		if n := len(other.seen("changes")); n == 0 {
			t.Error("nobody syncs after the first one ended")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestOnceEndsInTrouble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(10, 2)
		tn.fail = only(roomName(1), fault(providers.Transient))
		f := newFixture(t, tn)
		result, err := f.engine.Once(t.Context(), false, nil)
		if err != nil || result.Read != 9 || len(result.Failed) != 1 || result.Failed[0].Mailbox != roomName(1) || result.Failed[0].Problem == nil {
			t.Errorf("%+v, %v", result, err)
		}
		tn.fail = func(call) error { return fault(providers.SignedOut) }
		before := time.Now()
		result, err = f.engine.Once(t.Context(), false, nil)
		if !providers.Is(err, providers.SignedOut) || result.Problem == nil || time.Since(before) > time.Minute {
			t.Errorf("%+v, %v after %v", result, err, time.Since(before))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.engine.Once(ctx, false, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		f.stop()
	})
}

// Random faults, random changes: when both end, the mirror is the truth.
func TestConvergesAfterRandomFaults(t *testing.T) { // F-072, F-125, CONV
	seeds := 12
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		bubble(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 7))
			tn := newTenant(12, 60)
			tn.latency = 50 * time.Millisecond
			tn.pageSize = 20
			classes := []providers.Class{providers.Transient, providers.Throttled, providers.Unreachable, providers.Resync, providers.Foreign, providers.SignedOut}
			trouble, luck := true, rand.New(rand.NewPCG(uint64(seed), 8))
			tn.fail = func(call) error {
				if trouble && luck.IntN(100) < 25 {
					e := fault(classes[luck.IntN(len(classes))])
					if e.Class == providers.Throttled {
						e.RetryAfter = time.Duration(luck.IntN(20)) * time.Second
						e.Scope = []providers.Scope{providers.ScopeApp, providers.ScopeMailbox}[luck.IntN(2)]
					}
					return e
				}
				return nil
			}
			f := newFixture(t, tn)
			f.run()
			for step := range 60 {
				time.Sleep(time.Duration(r.IntN(60)) * time.Second)
				room := roomName(r.IntN(12))
				switch n := r.IntN(70); r.IntN(5) {
				case 0:
					tn.remove(room, fmt.Sprintf("id-%s-%d", room.Local(), n), false)
				case 1:
					f.engine.Watch([]providers.Address{room})
				case 2:
					if step%3 == 0 {
						f.stop()
						f.open()
						f.run()
					}
				default:
					ev := meeting(room, n, time.Now().Add(time.Duration(r.IntN(400)-200)*time.Hour))
					ev.Subject = providers.Outside(fmt.Sprint("changed ", step))
					tn.put(room, ev)
				}
			}
			tn.now(func() { trouble = false })
			f.until(fmt.Sprintf("convergence with seed %d", seed), 40*time.Minute, f.converged)
			f.stop()
		})
	}
}
