package sync_test

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

// BenchmarkFirstSyncPhases reports when the phases of a first sync end, with 100 ms
// latency and the service's limits. ROOMDESK_BENCH_ROOMS=3000 is journey J5.
func BenchmarkFirstSyncPhases(b *testing.B) { // J5
	rooms := 60
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_BENCH_ROOMS")); err == nil {
		rooms = n
	}
	for b.Loop() {
		c := connect(b, simulator.Options{Rooms: rooms, People: 25, Seed: 1, EventsPerMailbox: 100, Latency: 100 * time.Millisecond, Throttle: true})
		e := sync.New(sync.Options{Store: c.store, Source: c.provider})
		begin := time.Now()
		ended := map[providers.SyncPhase]time.Duration{}
		result, err := e.Once(context.Background(), false, func(p providers.SyncProgress) {
			for _, phase := range []providers.SyncPhase{providers.PhasePlaces, providers.PhaseAvailability, providers.PhaseNearest, providers.PhaseCalendars} {
				if phase == p.Phase {
					delete(ended, phase)
					break
				}
				if _, over := ended[phase]; !over {
					ended[phase] = time.Since(begin)
				}
			}
		})
		if err != nil || len(result.Failed) > 0 {
			b.Fatalf("%+v, %v", result, err)
		}
		b.ReportMetric(ended[providers.PhasePlaces].Seconds(), "s-list")
		b.ReportMetric(ended[providers.PhaseAvailability].Seconds(), "s-freebusy")
		b.ReportMetric(time.Since(begin).Seconds(), "s-details")
		b.ReportMetric(float64(result.Requests), "requests")
	}
}
