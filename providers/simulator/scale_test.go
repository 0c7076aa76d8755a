package simulator

import (
	"context"
	"runtime"
	"testing"
)

// A large tenant fits in memory: the whole is too much for every run of the tests,
// so a tenth of it is measured, by the bytes that an entry of a calendar takes.
// 10,000 rooms and 20,000 people with 100 entries each have 2 GB, that is 660
// bytes each; the limit here leaves as much again for the collector.
func TestMemoryPerEvent(t *testing.T) {
	const rooms, people, events, limit = 1000, 2000, 100, 300
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	tenant, err := Start(context.Background(), Options{Rooms: rooms, People: people, EventsPerMailbox: events, SigningKey: testKey()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	}()
	from, to := tenant.around()
	entries := 0
	for _, m := range tenant.world.all {
		tenant.ensure(m)
		entries += len(m.view(from.Unix(), to.Unix()))
	}
	if want := (rooms + people) * events; entries < want*95/100 || entries > want {
		t.Errorf("%d entries, want about %d", entries, want)
	}
	if each := (heap() - before) / uint64(entries); each > limit {
		t.Errorf("%d bytes for each entry, want at most %d", each, limit)
	} else {
		t.Logf("%d entries, %d bytes each", entries, each)
	}
	runtime.KeepAlive(tenant)
}

// Copies of a generated meeting are made on demand; looking twice gives the same.
func TestCopiesAreStable(t *testing.T) {
	tenant, c := start(t, Options{Seed: 3, Rooms: 12, People: 8})
	from, to := tenant.around()
	for _, address := range []string{tenant.Rooms()[0].Mailbox, c.at.Organizer, c.at.TestMailbox} {
		first, _ := tenant.Truth(address, from, to)
		second, _ := tenant.Truth(address, from, to)
		if len(first.Events) == 0 {
			t.Errorf("%s is empty", address)
		}
		for i := range first.Events {
			a, b := first.Events[i], second.Events[i]
			if a.ID != b.ID || a.Response != b.Response || a.Subject != b.Subject || a.IsOrganizer != b.IsOrganizer {
				t.Errorf("%s: %+v then %+v", address, a, b)
			}
		}
	}
}
