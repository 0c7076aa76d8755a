package sync_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/graph"
	"roomdesk/providers/simulator/recorded"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// BenchmarkLargeFirstSync is the first sync of 10,000 rooms with 100 events each,
// at 100 ms latency and 64 requests in flight, with the tenant in a process of its
// own. ROOMDESK_BENCH_ROOMS changes the number of rooms. The least possible is a
// request for each room, 64 at a time: 15.6 s.
func BenchmarkLargeFirstSync(b *testing.B) {
	rooms := 10_000
	if testing.Short() {
		rooms = 8
	}
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_BENCH_ROOMS")); err == nil {
		rooms = n
	}
	tenant := recorded.Start(b, recorded.Options{Rooms: rooms, People: 50, EventsPerMailbox: 100, Latency: 100 * time.Millisecond})
	day := time.Now().UTC().Truncate(24 * time.Hour) // the window that the engine reads
	tenant.Record(b, day.Add(-7*24*time.Hour), day.Add(62*24*time.Hour), `IdType="ImmutableId",outlook.timezone="UTC",odata.maxpagesize=200`)
	provider, err := graph.New(graph.Config{
		TenantID: tenant.TenantID, ClientID: tenant.ClientID, ClientSecret: func(context.Context) (string, error) { return tenant.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: tenant.AuthorityURL, GraphURL: tenant.GraphURL, RootCAs: tenant.Roots, MaxInFlight: 64,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer provider.Close()
	for b.Loop() {
		file := filepath.Join(b.TempDir(), "store.db")
		s, err := store.Open(b.Context(), store.Options{Path: file, Tenant: strings.ToLower(tenant.TenantID), Location: location})
		if err != nil {
			b.Fatal(err)
		}
		recorded.ResetPeak()
		used, begin, requests := recorded.CPUTime(), time.Now(), provider.Stats().Requests
		result, err := sync.New(sync.Options{Store: s, Source: provider, Workers: 64}).Once(b.Context(), false, nil)
		if err != nil || result.Read != rooms || len(result.Failed) > 0 {
			b.Fatalf("%+v, %v", result, err)
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s")
		b.ReportMetric((recorded.CPUTime() - used).Seconds(), "cpu-s")
		b.ReportMetric(float64(recorded.PeakMemory())/1e6, "MB-resident")
		b.ReportMetric(float64(provider.Stats().Requests-requests)/float64(rooms), "requests/room")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		if info, err := os.Stat(file); err == nil {
			b.ReportMetric(float64(info.Size())/float64(100*rooms), "B/event")
		}
	}
}
