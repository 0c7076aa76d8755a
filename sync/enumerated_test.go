package sync_test

import (
	"errors"
	"fmt"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// scenario is a small life of a tenant: a first sync, changes of every kind, and a
// full re-reading.
func scenario(f *fixture) {
	tn := f.tenant
	f.run()
	f.settles(40 * time.Minute)
	room := roomName(1)
	tn.remove(room, "id-room00001-3", false)
	tn.put(room, meeting(room, 100, time.Now().Add(3*time.Hour)))
	moved := meeting(room, 4, time.Now().Add(30*time.Hour))
	moved.Subject = providers.Outside("moved")
	tn.put(room, moved)
	f.engine.Poke(room)
	f.settles(40 * time.Minute)
	f.engine.Retry()
	tn.put(roomName(0), meeting(roomName(0), 101, time.Now().Add(5*time.Hour)))
	f.settles(40 * time.Minute)
}

func scenarioTenant() *tenant {
	tn := newTenant(3, 12)
	tn.pageSize, tn.latency = 5, 10*time.Millisecond
	return tn
}

func TestTheNthRequestFails(t *testing.T) { // F-071, F-082, F-001, CONV, NODEL
	classes := []*providers.Error{
		{Class: providers.Transient, Status: 504}, {Class: providers.Throttled, Status: 429, RetryAfter: 20 * time.Second, Scope: providers.ScopeApp},
		{Class: providers.Resync, Status: 410}, {Class: providers.Unreachable}, {Class: providers.Foreign, Status: 200}, {Class: providers.SignedOut, Status: 401},
	}
	if raceDetector || testing.Short() {
		classes = classes[:2]
	}
	for _, failure := range classes {
		t.Run(string(failure.Class), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				calls := 0
				bubble(t, func(t *testing.T) {
					tn := scenarioTenant()
					tn.fail = func(call) error {
						if calls++; calls == n {
							return failure
						}
						return nil
					}
					f := newFixture(t, tn)
					defer f.stop()
					scenario(f)
				})
				if t.Failed() {
					t.Fatalf("the %d. request fails", n)
				}
				if calls < n {
					t.Logf("%d requests", n-1)
					return
				}
				if raceDetector {
					n += 6
				}
			}
		})
	}
}

var errDisk = errors.New("database or disk is full")

// The n-th commit fails, once or for a while: nothing half is shown, and what was
// not stored is read again.
func TestTheNthWriteFails(t *testing.T) { // F-102, F-103, CONV, DURA
	for _, times := range []int{1, 5} {
		t.Run(fmt.Sprint(times, " times"), func(t *testing.T) {
			t.Parallel()
			for n := 3; ; n++ { // binding and taking over the queue come first
				var mu stdsync.Mutex
				writes := 0
				bubble(t, func(t *testing.T) {
					tn := scenarioTenant()
					f := &fixture{t: t, tenant: tn, path: t.TempDir() + "/store.db"}
					f.disturb = func() error {
						mu.Lock()
						defer mu.Unlock()
						if writes++; writes >= n && writes < n+times {
							return errDisk
						}
						return nil
					}
					f.o.Source = tn
					f.open()
					defer f.stop()
					scenario(f)
				})
				if t.Failed() {
					t.Fatalf("the %d. write fails", n)
				}
				mu.Lock()
				over := writes < n
				mu.Unlock()
				if over {
					t.Logf("%d writes", n-1)
					return
				}
				if raceDetector {
					n += 8
				}
			}
		})
	}
}

// A full disk stops reading with a sentence, and nothing more is asked of the
// tenant; reading goes on by itself when there is room again.
func TestAFullDiskIsSaidAndRecovered(t *testing.T) { // F-102, SAY
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 5)
		f := &fixture{t: t, tenant: tn, path: t.TempDir() + "/store.db"}
		var mu stdsync.Mutex
		full := false
		f.disturb = func() error {
			mu.Lock()
			defer mu.Unlock()
			if full {
				return errDisk
			}
			return nil
		}
		f.o.Source = tn
		f.open()
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(time.Minute)
		mu.Lock()
		full = true
		mu.Unlock()
		tn.put(roomName(2), meeting(roomName(2), 50, time.Now()))
		f.engine.Poke(roomName(2))
		f.until("the stop", 2*time.Minute, func() bool { return f.engine.Progress().Problem != nil })
		tn.forget()
		time.Sleep(30 * time.Minute)
		if n := tn.total(); n > 5 {
			t.Errorf("%d requests while nothing can be stored", n)
		}
		p := f.engine.Progress()
		if p.Problem == nil || p.Problem.Class != providers.Local || p.Problem.NextTry.IsZero() || p.Late == 0 {
			t.Errorf("%+v %+v", p, p.Problem)
		}
		if have := f.mirror(roomName(2), providers.Interval{Start: time.Now().Add(-48 * time.Hour), End: time.Now().Add(48 * time.Hour)}); len(have) != 5 {
			t.Errorf("what was known is not shown any more: %d events", len(have))
		}
		mu.Lock()
		full = false
		mu.Unlock()
		f.settles(3 * time.Minute)
		u, err := f.engine.Wait(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(u.Notices, func(n sync.Notice) bool { return n.Bad }) {
			t.Errorf("nobody was told: %v", u.Notices)
		}
	})
}
