package sync_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func TestWatchedRoomsAreReadWithinTheirBound(t *testing.T) { // G4
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 60
		tn := newTenant(rooms, 0)
		f := newFixture(t, tn)
		f.o.Workers = 2
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.latency = time.Second }) // a round of all rooms takes half a minute
		f.engine.Watch([]providers.Address{roomName(7), roomName(55)})
		begin := time.Now()
		tn.forget()
		for range 5 {
			time.Sleep(time.Minute)
			f.engine.Retry() // everything wants to be read
		}
		last := map[providers.Address]time.Time{roomName(7): begin, roomName(55): begin}
		for _, c := range tn.seen("changes") {
			if at, watched := last[c.mailbox]; watched {
				if gap := c.at.Sub(at); gap > 17*time.Second {
					t.Errorf("%s waited %v", c.mailbox, gap)
				}
				last[c.mailbox] = c.at
			}
		}
		others := map[providers.Address]bool{}
		for _, c := range tn.seen("changes") {
			others[c.mailbox] = true
		}
		if len(others) != rooms {
			t.Errorf("only %d of %d rooms were read meanwhile", len(others), rooms)
		}
	})
}

func TestUpdatesComeAsOne(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(260, 0)
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
			complete = complete || n.Text == "The first sync is complete: 260 mailboxes in 0 s."
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
