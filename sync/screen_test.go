package sync_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

func TestScrollingReadsOnlyWhereItStops(t *testing.T) { // G4, J5
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms, page = 2_000, 40
		tn := newTenant(rooms, 0)
		f := newFixture(t, tn)
		defer f.stop()
		f.o.Intervals.Rest, f.o.Intervals.Full = 24*time.Hour, 24*time.Hour
		f.o.Intervals.Schedule, f.o.Intervals.Compare = 24*time.Hour, 24*time.Hour
		f.engine = sync.New(f.o)
		f.run()
		f.synced()
		time.Sleep(time.Minute)
		tn.forget()
		var last []providers.Address
		for top := 0; top+page <= rooms; top += page { // a key held down: 20 pages a second
			last = last[:0]
			for n := range page {
				last = append(last, roomName(top+n))
			}
			f.engine.Watch(last)
			time.Sleep(50 * time.Millisecond)
		}
		stopped := time.Now()
		time.Sleep(20 * time.Second)
		read := map[providers.Address]time.Time{}
		for _, c := range tn.seen("changes") {
			if _, again := read[c.mailbox]; !again {
				read[c.mailbox] = c.at
			}
		}
		for _, mailbox := range last {
			at, ok := read[mailbox]
			if !ok || at.Sub(stopped) > time.Second {
				t.Errorf("%s, on the screen, was read %v after scrolling stopped (%v)", mailbox, at.Sub(stopped), ok)
			}
		}
		if n := len(read); n > 3*page { // where it began, where it ended, and what was due by itself
			t.Errorf("scrolling through %d rooms had %d of them read", rooms, n)
		}
		// More than any screen holds is not watched.
		tn.forget()
		all := make([]providers.Address, rooms)
		for n := range all {
			all[n] = roomName(n)
		}
		f.engine.Watch(all)
		time.Sleep(20 * time.Second)
		if n := tn.total(); n > 600 {
			t.Errorf("watching everything made %d requests in 20 s", n)
		}
	})
}

func TestBackToNormalWhenScrolledAway(t *testing.T) { // G4
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(30, 0)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(11 * time.Minute)
		f.engine.Watch([]providers.Address{roomName(3)})
		time.Sleep(5 * time.Minute)
		if all := gaps(tn.seen("changes"), roomName(3)); slices.Max(all[len(all)-10:]) > 16*time.Second {
			t.Errorf("on the screen it is read every %v", all)
		}
		f.engine.Watch([]providers.Address{roomName(4)})
		time.Sleep(20 * time.Second) // the reading that was planned
		tn.forget()
		time.Sleep(30 * time.Minute)
		if n := len(gaps(tn.seen("changes"), roomName(3))); n < 2 || n > 6 {
			t.Errorf("off the screen it was read %d times in half an hour", n+1)
		}
		if all := gaps(tn.seen("changes"), roomName(4)); slices.Max(all) > 16*time.Second { // the reading itself takes its time
			t.Errorf("what took its place is read every %v at most", slices.Max(all))
		}
	})
}

func TestTheScreenComesFirstInEachPhase(t *testing.T) { // S4, J5
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 400
		tn := newTenant(rooms, 0)
		tn.latency, tn.pageSize = 100*time.Millisecond, 20
		screen := []providers.Address{roomName(rooms - 1), roomName(rooms - 2), roomName(rooms / 2)}
		for n := range rooms {
			tn.daily(roomName(n), -6, 60)
		}
		f := newFixture(t, tn)
		f.o.Workers = 2
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.until("rooms", time.Minute, func() bool { return f.engine.Progress().Phase == providers.PhaseAvailability })
		f.engine.Watch(screen) // somebody opened the console meanwhile
		f.until("calendars", 10*time.Minute, func() bool { return f.engine.Progress().Phase == providers.PhaseCalendars })
		asked := map[providers.Address]int{} // the how manieth question it was in
		for n, batch := range tn.batches() {
			for _, mailbox := range batch {
				if _, again := asked[mailbox]; !again {
					asked[mailbox] = n
				}
			}
		}
		position := map[providers.Address]int{}
		for _, c := range tn.seen("changes") {
			if _, again := position[c.mailbox]; !again {
				position[c.mailbox] = len(position)
			}
		}
		for _, mailbox := range screen {
			if asked[mailbox] > 3 {
				t.Errorf("free/busy of %s was asked for in question %d of %d", mailbox, asked[mailbox], len(tn.batches()))
			}
			if position[mailbox] > 12 { // what was claimed before it came on the screen
				t.Errorf("the nearest days of %s were read as number %d of %d", mailbox, position[mailbox], rooms)
			}
		}
	})
}

// A console beside a service: the service hears what is on the console's screen,
// and what its person asks for.
func TestTheServiceHearsOfAnotherConsole(t *testing.T) { // F-104, G4
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(50, 0)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		second, err := store.Open(context.Background(), store.Options{Path: f.path, Tenant: tenantID})
		if err != nil {
			t.Fatal(err)
		}
		other := newTenant(50, 0)
		o := f.o
		o.Store, o.Source = second, other
		console := sync.New(o)
		ctx, leave := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- console.Run(ctx) }()
		time.Sleep(12 * time.Minute)
		looked := roomName(20)
		tn.forget()
		console.Watch([]providers.Address{looked})
		begin := time.Now()
		time.Sleep(5 * time.Minute)
		if all := gaps(tn.seen("changes"), looked); len(all) < 15 || slices.Max(all) > 15*time.Second {
			t.Errorf("what is on the other console is read every %v", all)
		}
		for _, c := range tn.seen("changes") {
			if c.mailbox == looked {
				if c.at.Sub(begin) > 5*time.Second {
					t.Errorf("for the first time after %v", c.at.Sub(begin))
				}
				break
			}
		}
		tn.forget()
		console.Retry(roomName(7))
		time.Sleep(10 * time.Second)
		if n := len(slices.DeleteFunc(tn.seen("changes"), func(c call) bool { return c.mailbox != roomName(7) })); n != 1 {
			t.Errorf("asked for on the other console, it was read %d times", n)
		}
		leave()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if all, err := f.store.Attentions(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("a console that closed is still heard: %+v, %v", all, err)
		}
		// One that is killed says no goodbye.
		if err := second.PayAttention(t.Context(), store.Attention{Watcher: "killed", OnScreen: []providers.Address{roomName(9)}, Until: time.Now().Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		tn.forget()
		time.Sleep(30 * time.Minute)
		for _, room := range []providers.Address{looked, roomName(9)} {
			if n := len(gaps(tn.seen("changes"), room)); n > 6 {
				t.Errorf("%s, which nobody looks at any more, was read %d times in half an hour", room, n+1)
			}
		}
		if n := other.total(); n != 0 {
			t.Errorf("the console asked the tenant itself %d times", n)
		}
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	})
}
