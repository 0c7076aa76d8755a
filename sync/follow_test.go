package sync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/sync"
	"roomdesk/sync/store"
)

func TestSecondEngineFollowsAndTakesOver(t *testing.T) { // F-104
	t.Parallel()
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
