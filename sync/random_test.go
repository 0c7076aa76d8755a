package sync_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// seeds are the random schedules to run. ROOMDESK_SEEDS names others: a number of
// them, or a span such as 100-900.
func seeds(t *testing.T, few, many int) (from, to int) {
	t.Helper()
	text := os.Getenv("ROOMDESK_SEEDS")
	if text == "" {
		if raceDetector || testing.Short() {
			return 0, few
		}
		return 0, many
	}
	first, last, span := strings.Cut(text, "-")
	from, err := strconv.Atoi(first)
	if err == nil && span {
		to, err = strconv.Atoi(last)
		to++
	} else {
		from, to = 0, from
	}
	if err != nil || to <= from {
		t.Fatalf("ROOMDESK_SEEDS=%s is neither a number nor a span", text)
	}
	return from, to
}

// Random faults, random changes: when both end, the mirror is the truth.
func TestConvergesAfterRandomFaults(t *testing.T) { // F-072, F-125, CONV
	t.Parallel()
	from, to := seeds(t, 4, 30)
	for seed := from; seed < to; seed++ {
		bubble(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("again: ROOMDESK_SEEDS=%d-%d go test -run 'TestConvergesAfterRandomFaults$' ./sync", seed, seed)
				}
			}()
			randomSchedule(t, seed)
		})
		if t.Failed() {
			return
		}
	}
}

func randomSchedule(t *testing.T, seed int) {
	const rooms, events, steps = 5, 45, 60
	r := rand.New(rand.NewPCG(uint64(seed), 7))
	tn := newTenant(rooms, events)
	tn.latency = 50 * time.Millisecond
	tn.pageSize = 20
	classes := []providers.Class{providers.Transient, providers.Throttled, providers.Unreachable, providers.Resync, providers.Foreign, providers.SignedOut}
	trouble, luck := true, rand.New(rand.NewPCG(uint64(seed), 8))
	tn.fail = func(call) error {
		if trouble && luck.IntN(100) < 25 {
			e := fault(classes[luck.IntN(len(classes))])
			if e.Class == providers.Throttled {
				e.RetryAfter = time.Duration(luck.IntN(20)) * time.Second
				e.Scope = []providers.Scope{providers.ScopeApp, providers.ScopeMailbox}[luck.IntN(2)]
			}
			return e
		}
		return nil
	}
	f := newFixture(t, tn)
	f.o.Rand = rand.New(rand.NewPCG(uint64(seed), 9))
	f.engine = sync.New(f.o)
	f.run()
	defer func() { f.stop() }()
	for step := range steps {
		time.Sleep(time.Duration(r.IntN(60)) * time.Second)
		room := roomName(r.IntN(rooms))
		switch n := r.IntN(events + 10); r.IntN(5) {
		case 0:
			tn.remove(room, fmt.Sprintf("id-%s-%d", room.Local(), n), false)
		case 1:
			f.engine.Watch([]providers.Address{room})
		case 2:
			if step%3 == 0 {
				f.stop()
				f.open()
				f.run()
			}
		default:
			ev := meeting(room, n, time.Now().Add(time.Duration(r.IntN(400)-200)*time.Hour))
			ev.Subject = providers.Outside(fmt.Sprint("changed ", step))
			tn.put(room, ev)
		}
	}
	tn.now(func() { trouble = false })
	f.settles(40 * time.Minute)
}
