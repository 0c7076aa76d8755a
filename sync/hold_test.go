package sync_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

func TestSignedOutStopsEverythingAndProbesSlowly(t *testing.T) { // F-082
	t.Parallel()
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
		// The second ends what the first told of, and the time is kept to be looked up.
		if n := len(u.Notices); n < 2 || u.Notices[n-1].Bad || u.Notices[n-1].About == "" || u.Notices[n-1].About != u.Notices[n-2].About {
			t.Errorf("the stop and its end are not about the same: %+v", u.Notices)
		}
		if last := f.engine.Progress().Interrupted; last == nil || !last.From.Equal(p.Problem.Since) || last.To.Sub(last.From) < 3*time.Hour || last.What != p.Problem.What() {
			t.Errorf("%+v", last)
		}
	})
}

func TestUnreachableForOneMailboxIsItsOwnProblem(t *testing.T) { // F-122
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(8, 2)
		tn.fail = only(roomName(4), fault(providers.Unreachable))
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(10 * time.Minute)
		p := f.engine.Progress()
		if p.Problem != nil || p.Fresh != 7 || p.Failing != 1 {
			t.Errorf("%+v", p)
		}
	})
}

func TestStartsWithoutNetwork(t *testing.T) {
	t.Parallel()
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
		f.settles(2 * time.Minute)
	})
}

func TestAnotherTenantIsRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 2)
		tn.id = "00000000-0000-4000-8000-00000000beef"
		f := newFixture(t, tn)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := f.engine.Run(ctx)
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
	t.Parallel()
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
