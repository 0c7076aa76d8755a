package sync_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// bubble runs a test with a clock of its own. A goroutine that outlives it fails
// the test.
func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

func TestFirstSyncOrder(t *testing.T) { // S4, F-034
	bubble(t, func(t *testing.T) {
		tn := newTenant(250, 3)
		tn.latency = 100 * time.Millisecond
		tn.people = []providers.Person{{Mailbox: "adele@contoso.com"}}
		f := newFixture(t, tn)
		defer f.stop()
		f.engine.Watch([]providers.Address{roomName(240)})
		f.run()
		f.synced()
		if !f.converged() {
			t.Error("the mirror differs from the tenant")
		}
		if tn.calls[0].method != "identify" {
			t.Errorf("the first question is %q", tn.calls[0].method)
		}
		rooms, asked, read := tn.seen("rooms")[0].at, tn.seen("availability"), tn.seen("changes")
		if !rooms.Before(read[0].at) || asked[5].at.After(read[0].at) {
			t.Error("calendars are read before the free/busy of the first rooms was asked for")
		}
		var first call
		for _, c := range tn.seen("changes") {
			if c.mailbox == roomName(240) {
				first = c
				break
			}
		}
		if early := tn.seen("changes")[32].at; first.at.After(early) {
			t.Error("the watched room is not among the first calendars")
		}
		if n := len(tn.seen("changes")); n != 250 {
			t.Errorf("%d rounds for 250 rooms", n)
		}
		for mailbox, most := range tn.most {
			if most > 1 {
				t.Errorf("%d calls for %s at once", most, mailbox)
			}
		}
		status, err := f.engine.Status(t.Context())
		if err != nil || len(status) != 250 || status[0].State != providers.MailboxFresh {
			t.Errorf("status of %d mailboxes, %v: %+v", len(status), err, status[0])
		}
	})
}

func TestProgressIsMeasured(t *testing.T) { // S4
	bubble(t, func(t *testing.T) {
		tn := newTenant(400, 2)
		f := newFixture(t, tn)
		f.o.Workers = 4
		f.engine = sync.New(f.o)
		tn.latency = 100 * time.Millisecond
		defer f.stop()
		f.run()
		f.until("calendars", time.Hour, func() bool {
			p := f.engine.Progress()
			return p.Phase == providers.PhaseCalendars && p.Done > 200
		})
		p := f.engine.Progress()
		if p.Total != 400 || p.Rate < 25 || p.Rate > 55 {
			t.Errorf("%d of %d at %.1f a second; 4 workers at 100 ms make 40", p.Done, p.Total, p.Rate)
		}
		if want := time.Duration(float64(p.Total-p.Done)/40) * time.Second; p.Left < want/2 || p.Left > want*2+time.Second {
			t.Errorf("%v left, about %v expected", p.Left, want)
		}
	})
}

func TestRestartReadsNothingAgain(t *testing.T) { // S4
	bubble(t, func(t *testing.T) {
		tn := newTenant(20, 120)
		tn.latency = 100 * time.Millisecond
		f := newFixture(t, tn)
		f.o.Workers = 3
		f.engine = sync.New(f.o)
		f.run()
		f.until("a round in the middle", time.Minute, func() bool {
			if len(tn.seen("changes")) > 12 {
				for n := range 20 {
					if p, err := f.store.Position(t.Context(), roomName(n)); err == nil && p.Round != nil {
						return true
					}
				}
			}
			return false
		})
		f.stop()
		done := map[providers.Address]int{}
		for _, c := range tn.seen("changes") {
			done[c.mailbox]++
		}
		tn.forget()
		f.open()
		defer f.stop()
		positions := map[providers.Address]string{}
		for mailbox := range done {
			p, err := f.store.Position(t.Context(), mailbox)
			if err != nil {
				t.Fatal(err)
			}
			if p.Round != nil {
				positions[mailbox] = p.Round.Cursor
			}
		}
		begun := 0
		for mailbox := range done {
			if p, err := f.store.Position(t.Context(), mailbox); err != nil || p.Round != nil || p.Complete() {
				begun++
			}
		}
		if len(positions) == 0 {
			t.Fatal("no round was cut in the middle: the test proves nothing")
		}
		f.run()
		f.synced()
		f.until("convergence", time.Hour, f.converged)
		first := map[providers.Address]call{}
		pages := map[providers.Address]int{}
		for _, c := range tn.seen("changes") {
			if _, known := first[c.mailbox]; !known {
				first[c.mailbox] = c
			}
			pages[c.mailbox]++
		}
		for mailbox, cursor := range positions {
			if first[mailbox].cursor != cursor {
				t.Errorf("%s goes on with %q, not with %q", mailbox, first[mailbox].cursor, cursor)
			}
		}
		fresh := 0
		for _, c := range first {
			if c.cursor == "" {
				fresh++
			}
		}
		if fresh != 20-begun {
			t.Errorf("%d mailboxes were read from the start; %d had nothing stored", fresh, 20-begun)
		}
		if n := len(tn.seen("rooms")); n != 0 {
			t.Errorf("the list of rooms was read again %d times", n)
		}
	})
}

func TestResyncKeepsTheRows(t *testing.T) { // F-001
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 120)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		room := roomName(0)
		tn.remove(room, "id-room00000-1", true)
		tn.put(room, meeting(room, 900, time.Now().Add(2*time.Hour)))
		window := providers.Interval{Start: time.Now().Add(-90 * time.Hour), End: time.Now().Add(90 * time.Hour)}
		before := len(f.mirror(room, window))
		expired, lowest := false, before
		tn.now(func() {
			tn.fail = func(c call) error {
				if c.method == "changes" && !expired && len(c.cursor) > 5 && c.cursor[:5] == "delta" {
					expired = true
					return &providers.Error{Class: providers.Resync, Op: "reading changes", Mailbox: room, Status: 410, Code: "SyncStateNotFound"}
				}
				if c.method == "changes" && expired {
					lowest = min(lowest, len(f.mirror(room, window)))
				}
				return nil
			}
		})
		f.engine.Poke(room)
		f.until("convergence", time.Minute, func() (over bool) {
			tn.now(func() { over = expired })
			return over && f.converged()
		})
		if lowest < before {
			t.Errorf("during the re-read only %d of %d rows were visible", lowest, before)
		}
	})
}

func TestSingleFlight(t *testing.T) { // F-031
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 5)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.latency = 3 * time.Second })
		before := len(tn.seen("changes"))
		for range 40 {
			f.engine.Poke(roomName(1))
			f.engine.Retry(roomName(1))
			time.Sleep(250 * time.Millisecond)
		}
		f.until("the last round", time.Minute, func() (idle bool) {
			tn.now(func() { idle = tn.running[roomName(1)] == 0 })
			return idle
		})
		if tn.most[roomName(1)] != 1 {
			t.Errorf("%d rounds of one mailbox at once", tn.most[roomName(1)])
		}
		if n := len(tn.seen("changes")) - before; n < 3 || n > 8 {
			t.Errorf("%d rounds followed 40 requests over 10 s at 3 s each", n)
		}
	})
}

func TestPokeDuringARoundIsNotLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 5)
		f := newFixture(t, tn)
		f.o.Intervals.Rest, f.o.Intervals.Near = 24*time.Hour, 24*time.Hour
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.latency = 3 * time.Second })
		tn.forget()
		f.engine.Poke(roomName(0))
		time.Sleep(time.Second)
		f.engine.Poke(roomName(0)) // the first answer may be older than what this is about
		time.Sleep(time.Minute)
		if n := len(tn.seen("changes")); n != 2 {
			t.Errorf("%d rounds after two requests", n)
		}
	})
}

func TestWatchedRoomsAreReadWithinTheirBound(t *testing.T) { // G4
	bubble(t, func(t *testing.T) {
		tn := newTenant(300, 0)
		f := newFixture(t, tn)
		f.o.Workers = 2
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.latency = 200 * time.Millisecond }) // 300 rooms a round take half a minute
		f.engine.Watch([]providers.Address{roomName(7), roomName(290)})
		begin := time.Now()
		tn.forget()
		for range 10 {
			time.Sleep(time.Minute)
			f.engine.Retry() // everything wants to be read
		}
		last := map[providers.Address]time.Time{roomName(7): begin, roomName(290): begin}
		for _, c := range tn.seen("changes") {
			if at, watched := last[c.mailbox]; watched {
				if gap := c.at.Sub(at); gap > 16*time.Second {
					t.Errorf("%s waited %v", c.mailbox, gap)
				}
				last[c.mailbox] = c.at
			}
		}
		others := map[providers.Address]bool{}
		for _, c := range tn.seen("changes") {
			others[c.mailbox] = true
		}
		if len(others) != 300 {
			t.Errorf("only %d of 300 rooms were read meanwhile", len(others))
		}
	})
}

func TestWindowRolls(t *testing.T) { // F-020
	t.Run("with the daily re-read", func(t *testing.T) { windowRolls(t, 0, 44) })
	// A window that is about to end must roll by itself.
	t.Run("without other re-reads", func(t *testing.T) { windowRolls(t, 1000*24*time.Hour, 20) })
}

func windowRolls(t *testing.T, full time.Duration, windows int) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 0)
		room := roomName(1)
		for day := range 120 {
			tn.put(room, meeting(room, day, time.Now().Truncate(24*time.Hour).Add(time.Duration(day)*24*time.Hour+9*time.Hour)))
		}
		f := newFixture(t, tn)
		f.o.Intervals.Rest = time.Hour
		f.o.Intervals.Near = time.Hour
		f.o.Intervals.Full = full
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		for day := range 45 {
			time.Sleep(24 * time.Hour)
			now := time.Now()
			window := providers.Interval{Start: now.Add(-6 * 24 * time.Hour), End: now.Add(60 * 24 * time.Hour)}
			if have, want := f.mirror(room, window), tn.truth(room, window); !slices.Equal(have, want) {
				t.Fatalf("day %d: %d events mirrored of %d", day, len(have), len(want))
			}
			a, err := f.store.Availability(t.Context(), []providers.Address{room}, providers.Interval{Start: now.Add(59 * 24 * time.Hour), End: now.Add(60 * 24 * time.Hour)})
			if err != nil || !a[room].Known() || a[room].Window.Duration() != 24*time.Hour {
				t.Fatalf("day %d: the sixtieth day is not covered: %+v, %v", day, a[room], err)
			}
		}
		// Every old cursor ends with its window.
		used := map[string]bool{}
		for _, c := range tn.seen("changes") {
			if c.mailbox == room && c.cursor == "" {
				used[c.window.End.String()] = true
			}
		}
		if len(used) < windows {
			t.Errorf("only %d windows in 45 days", len(used))
		}
	})
}

func TestCleanStopAtAnyMoment(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond, time.Second, 3 * time.Second} {
		bubble(t, func(t *testing.T) {
			tn := newTenant(60, 80)
			tn.latency = 100 * time.Millisecond
			f := newFixture(t, tn)
			f.run()
			time.Sleep(after)
			f.stop()
			if n := tn.running; slices.Max(append([]int{0}, values(n)...)) != 0 {
				t.Error("a call outlived the engine")
			}
			f.open()
			defer f.stop()
			f.run()
			f.synced()
			f.until("convergence", time.Minute, f.converged)
		})
	}
}

func values[K comparable](m map[K]int) (all []int) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func TestUpdatesComeAsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(5000, 0)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(time.Second)
		u, err := f.engine.Wait(t.Context(), 0)
		if err != nil || !u.All || !u.Rooms || !u.Progress {
			t.Fatalf("%+v, %v", u, err)
		}
		var complete bool
		for _, n := range u.Notices {
			complete = complete || n.Text == "The first sync is complete: 5000 mailboxes in 0 s."
		}
		if !complete {
			t.Errorf("no notice of the end among %v", u.Notices)
		}
		tn.put(roomName(77), meeting(roomName(77), 1, time.Now()))
		f.engine.Poke(roomName(77))
		named := false
		for range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			next, err := f.engine.Wait(ctx, u.Seq)
			cancel()
			if err != nil {
				break
			}
			u = next
			named = named || slices.Equal(u.Mailboxes, []providers.Address{roomName(77)})
			if u.All || len(u.Notices) > 0 {
				t.Errorf("an old update came again: %+v", u)
			}
		}
		if !named {
			t.Error("the changed room was not named")
		}
	})
}

func TestOnceReadsEverythingAndEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tn := newTenant(30, 60)
		tn.latency = 50 * time.Millisecond
		tn.people = []providers.Person{{Mailbox: "adele@contoso.com"}}
		f := newFixture(t, tn)
		f.o.People = []providers.Address{"adele@contoso.com"}
		f.engine = sync.New(f.o)
		defer f.stop()
		reports := 0
		result, err := f.engine.Once(t.Context(), false, func(providers.SyncProgress) { reports++ })
		if err != nil {
			t.Fatal(err)
		}
		if result.Rooms != 30 || result.People != 1 || result.Mailboxes != 31 || result.Read != 31 || result.Changed != 31 || len(result.Failed) != 0 || reports == 0 {
			t.Errorf("%+v after %d reports", result, reports)
		}
		if !f.converged() {
			t.Error("the mirror differs from the tenant")
		}
		tn.forget()
		tn.put(roomName(3), meeting(roomName(3), 500, time.Now()))
		result, err = f.engine.Once(t.Context(), false, nil)
		if err != nil || result.Read != 31 || result.Changed != 1 {
			t.Errorf("%+v, %v", result, err)
		}
		for _, c := range tn.seen("changes") {
			if c.cursor == "" {
				t.Errorf("%s was read anew", c.mailbox)
			}
		}
		tn.forget()
		result, err = f.engine.Once(t.Context(), true, nil)
		if err != nil || result.Read != 31 || result.Changed != 0 {
			t.Errorf("%+v, %v", result, err)
		}
		for _, c := range tn.seen("changes") {
			if c.cursor != "" && c.cursor[:4] == "delta" {
				t.Errorf("%s was not read anew", c.mailbox)
			}
		}
	})
}
