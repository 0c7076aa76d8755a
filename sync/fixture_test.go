package sync_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// bubble runs a test with a clock of its own. A goroutine that outlives it fails
// the test.
func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

// inBubble is the same as a subtest of its own, beside others.
func inBubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		bubble(t, f)
	})
}

// fixture is a store, a tenant and an engine inside a test's bubble.
type fixture struct {
	t       *testing.T
	tenant  *tenant
	path    string
	store   *store.Store
	o       sync.Options
	engine  *sync.Engine
	cancel  context.CancelFunc
	disturb func() error // of the store's commits
	ended   chan error
}

func newFixture(t *testing.T, tn *tenant) *fixture {
	return newFixtureAt(t, tn, nil)
}

// newFixtureAt has a clock of its own; timers go by the bubble's.
func newFixtureAt(t *testing.T, tn *tenant, now func() time.Time) *fixture {
	f := &fixture{t: t, tenant: tn, path: filepath.Join(t.TempDir(), "store.db")}
	f.o = sync.Options{Source: tn, Now: now}
	f.open()
	return f
}

// open begins a new process, as it were: store and engine.
func (f *fixture) open() {
	f.t.Helper()
	var err error
	if f.store, err = store.Open(context.Background(), store.Options{Path: f.path, Tenant: tenantID, Now: f.o.Now, Disturb: f.disturb}); err != nil {
		f.t.Fatal(err)
	}
	f.o.Store = f.store
	f.engine = sync.New(f.o)
}

func (f *fixture) run() {
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel, f.ended = cancel, make(chan error, 1)
	engine := f.engine
	go func() { f.ended <- engine.Run(ctx) }()
}

// stop ends the engine and the store as a clean end of the process does.
func (f *fixture) stop() {
	f.t.Helper()
	f.halt()
	if err := f.store.Close(); err != nil {
		f.t.Error(err)
	}
}

// crash gives what is on the disk now, as a process that is killed leaves it.
func (f *fixture) crash() string {
	f.t.Helper()
	copied := filepath.Join(f.t.TempDir(), "store.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(f.path + suffix)
		if err == nil {
			err = os.WriteFile(copied+suffix, b, 0o600)
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
	return copied
}

func (f *fixture) halt() {
	f.t.Helper()
	if f.cancel == nil {
		return
	}
	f.cancel()
	f.cancel = nil
	if err := <-f.ended; err != nil {
		f.t.Error("Run: ", err)
	}
}

// until lets time pass until a condition holds.
func (f *fixture) until(what string, within time.Duration, holds func() bool) {
	f.t.Helper()
	deadline := time.Now().Add(within)
	step := max(within/2000, 50*time.Millisecond)
	for !holds() {
		if time.Now().After(deadline) {
			f.t.Fatalf("not within %v: %s; progress %+v", within, what, f.engine.Progress())
		}
		time.Sleep(step) // the bubble's clock
	}
}

// settles lets time pass until the mirror is the tenant's truth. It looks rarely:
// comparing everything takes more than what is compared.
func (f *fixture) settles(within time.Duration) {
	f.t.Helper()
	deadline := time.Now().Add(within)
	for !f.converged() {
		if time.Now().After(deadline) {
			f.t.Fatalf("not within %v: convergence; progress %+v\n%s", within, f.engine.Progress(), f.differences())
		}
		time.Sleep(max(within/60, 100*time.Millisecond)) // the bubble's clock
	}
}

func (f *fixture) synced() {
	f.t.Helper()
	f.until("the first sync", time.Hour, func() bool {
		p := f.engine.Progress()
		return p.Running && p.Phase == providers.PhaseChanges
	})
}

// mirror is what the store shows of a mailbox, in the form of truth.
func (f *fixture) mirror(mailbox providers.Address, window providers.Interval) []string {
	f.t.Helper()
	events, err := f.store.Events(context.Background(), mailbox, window)
	if err != nil {
		f.t.Fatal(err)
	}
	all := make([]string, 0, len(events))
	for _, ev := range events {
		all = append(all, line(ev))
	}
	slices.Sort(all)
	return all
}

// converged reports whether every room's mirror is the tenant's truth.
func (f *fixture) converged() bool { return f.differences() == "" }

// differences names the first room whose mirror is not the tenant's truth, and
// what differs.
func (f *fixture) differences() string {
	now := time.Now()
	window := providers.Interval{Start: now.Add(-6 * 24 * time.Hour), End: now.Add(59 * 24 * time.Hour)}
	f.tenant.mu.Lock()
	rooms := slices.Clone(f.tenant.rooms)
	f.tenant.mu.Unlock()
	for _, room := range rooms {
		events, err := f.store.Events(context.Background(), room.Mailbox, window)
		if err != nil {
			return err.Error()
		}
		have := make([]string, 0, len(events))
		for _, ev := range events {
			have = append(have, line(ev))
		}
		slices.Sort(have)
		if want := f.tenant.truth(room.Mailbox, window); !slices.Equal(have, want) {
			position, _ := f.store.Position(context.Background(), room.Mailbox)
			return fmt.Sprintf("%s: %s; position %+v", room.Mailbox, firstDifference(want, have), position)
		}
	}
	return ""
}
