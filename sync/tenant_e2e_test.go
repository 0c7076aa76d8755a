package sync_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
	"roomdesk/providers/zones"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// connected is a simulated tenant, a connection to it, and a store.
type connected struct {
	tenant   *simulator.Tenant
	provider provider
	store    *store.Store
}

func connect(t testing.TB, o simulator.Options) connected {
	t.Helper()
	return connectAt(t, o, nil)
}

// connectAt gives the store a clock of its own.
func connectAt(t testing.TB, o simulator.Options, now func() time.Time) connected {
	t.Helper()
	o = halved(o)
	o.SigningKey = oneKey()
	tenant, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	at := tenant.Endpoints()
	provider, err := open(at, tenant, o, graph.Config{}, ews.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "store.db"), Tenant: strings.ToLower(at.TenantID), Location: location, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []func() error{s.Close, provider.Close, tenant.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return connected{tenant, provider, s}
}

func location(zone string) *time.Location {
	found, err := zones.Location(zone)
	if err != nil {
		return nil
	}
	return found
}

func (c connected) people() (all []providers.Address) {
	for _, p := range c.tenant.People() {
		address, ok := providers.ParseAddress(p.Mailbox)
		if ok {
			all = append(all, address)
		}
	}
	return all
}

// differences compares the mirror with what the tenant really holds.
func (c connected) differences(t testing.TB) []string {
	return differences(t, c.tenant, c.store, time.Now())
}

func midnight(t testing.TB, text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.Round(24 * time.Hour).Format(time.RFC3339)
}

// disagreements compares free/busy as it follows from the mirrored events with
// what the tenant answers when asked for free/busy.
func (c connected) disagreements(t testing.TB) (all []string) {
	t.Helper()
	start := time.Now().UTC().Truncate(24 * time.Hour)
	window := providers.Interval{Start: start, End: start.Add(14 * 24 * time.Hour)}
	rooms, err := c.store.Rooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for chunk := range slices.Chunk(rooms, 20) {
		var mailboxes []providers.Address
		for _, room := range chunk {
			mailboxes = append(mailboxes, room.Mailbox)
		}
		asked, err := c.provider.Availability(t.Context(), mailboxes, window)
		if err != nil {
			t.Fatal(err)
		}
		mirrored, err := c.store.Availability(t.Context(), mailboxes, window)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range asked {
			have := mirrored[want.Mailbox]
			for at := window.Start; at.Before(window.End); at = at.Add(15 * time.Minute) {
				w, _ := want.State(at)
				h, _ := have.State(at)
				if w.Taken() != h.Taken() {
					all = append(all, fmt.Sprintf("%s at %s: %s when asked, %s from the mirror", want.Mailbox, at.Format(time.RFC3339), w, h))
					break
				}
			}
		}
	}
	return all
}

func firstDifference(want, have []string) string {
	for i := range max(len(want), len(have)) {
		switch {
		case i >= len(have):
			return fmt.Sprintf("%d of %d; missing %q", len(have), len(want), want[i])
		case i >= len(want):
			return fmt.Sprintf("%d of %d; too many: %q", len(have), len(want), have[i])
		case want[i] != have[i]:
			return fmt.Sprintf("%d of %d; %q is mirrored as %q", len(have), len(want), want[i], have[i])
		}
	}
	return ""
}

func TestMirrorOfASimulatedTenant(t *testing.T) { // CONV, S4, P9
	t.Parallel()
	for n := range int64(5) {
		o := simulator.Options{Rooms: 8, People: 5, Seed: n/2 + 1}
		switch {
		case n == 4:
			o.Exchange = simulator.ExchangeHybrid // P17
		case n%2 == 1:
			o.Exchange = simulator.ExchangeOnPremises
		}
		c, seed := connect(t, o), n
		e := sync.New(sync.Options{Store: c.store, Source: c.provider, People: c.people()})
		result, err := e.Once(t.Context(), false, nil)
		if err != nil || len(result.Failed) > 0 || result.Rooms != 8 || result.Mailboxes != 8+len(c.people()) {
			t.Fatalf("seed %d: %+v, %v", seed, result, err)
		}
		for _, d := range c.differences(t) {
			t.Errorf("seed %d: %s", seed, d)
		}
		for _, d := range c.disagreements(t) {
			t.Errorf("seed %d: %s", seed, d)
		}
		idle := c.tenant.Requests()
		again, err := e.Once(t.Context(), false, nil)
		if err != nil || again.Changed != 0 || again.Read != result.Mailboxes {
			t.Errorf("seed %d: %+v, %v", seed, again, err)
		}
		t.Logf("seed %d: %d requests first, %d when nothing changed", seed, idle, c.tenant.Requests()-idle)
		full, err := e.Once(t.Context(), true, nil)
		if err != nil || full.Changed != 0 {
			t.Errorf("seed %d: an unchanged tenant read anew shows changes: %+v, %v", seed, full, err)
		}
		for _, d := range c.differences(t) {
			t.Errorf("seed %d, read anew: %s", seed, d)
		}
	}
}

// BenchmarkFirstSync reads a simulated tenant over loopback HTTPS, which runs in
// the same process. ROOMDESK_BENCH_ROOMS adds a size, ROOMDESK_BENCH_LATENCY a
// latency such as 100ms.
func BenchmarkFirstSync(b *testing.B) {
	sizes := []int{40, 1000}
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_BENCH_ROOMS")); err == nil {
		sizes = append(sizes, n)
	}
	latency, _ := time.ParseDuration(os.Getenv("ROOMDESK_BENCH_LATENCY"))
	for _, rooms := range sizes {
		b.Run(fmt.Sprint(rooms, " rooms"), func(b *testing.B) {
			for b.Loop() {
				c := connect(b, simulator.Options{Rooms: rooms, People: 25, Seed: 1, EventsPerMailbox: 100, Latency: latency})
				e := sync.New(sync.Options{Store: c.store, Source: c.provider})
				begin := time.Now()
				result, err := e.Once(b.Context(), false, nil)
				if err != nil || len(result.Failed) > 0 {
					b.Fatalf("%+v, %v", result, err)
				}
				took := time.Since(begin).Seconds()
				b.ReportMetric(took, "s")
				b.ReportMetric(float64(rooms)/took, "rooms/s")
				b.ReportMetric(float64(result.Requests), "requests")
			}
		})
	}
}
