package sync_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

// A day in a company that lives: meetings arrive, move and are cancelled, people
// answer, and now and then something fails. At the end the mirror is the truth, no
// mailbox was told to have changed that did not, and nothing has grown. Under the
// race detector, and with -short, the day has two hours; ROOMDESK_SOAK=72h makes it
// longer.
func TestSoak(t *testing.T) { // F-125, CONV, QUOTA, SECRET, LIVE, DURA, G4
	t.Parallel()
	oneKey()
	length := 24 * time.Hour
	if raceDetector || testing.Short() {
		length = 2 * time.Hour
	}
	if text := os.Getenv("ROOMDESK_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	bubble(t, func(t *testing.T) { soak(t, length) })
}

func soak(t *testing.T, length time.Duration) {
	// A Monday, early in Europe.
	w := wire(t, simulator.Options{Rooms: 3, People: 4, Seed: 11, Life: 30}, time.Date(2027, 1, 11, 4, 0, 0, 0, time.UTC))
	defer w.end()
	w.o.Intervals = sync.Intervals{Full: 3 * time.Hour}
	w.engine = sync.New(w.o)
	w.run()
	w.synced()
	w.engine.Watch(w.rooms()[:1])
	var seq uint64
	shown := map[providers.Address]string{}
	told, idle := 0, 0
	var before, after measure
	begin, seed := time.Now(), int64(0)
	for hour := 0; time.Since(begin) < length; hour++ {
		faults, err := simulator.RandomFaults(seed, 3, overcome...)
		if err != nil {
			t.Fatal(err)
		}
		seed++
		for _, f := range faults {
			if f.Lie == nil && f.Garble != "invalid_utf8" { // those show for a while
				f.Method, f.Nth, f.Times = "GET", f.Nth%40+1, 3
				w.inject(f)
			}
		}
		for range 120 { // each half minute
			time.Sleep(30 * time.Second)
			u, err := w.engine.Wait(t.Context(), 0)
			if err != nil || u.Seq == seq {
				continue
			}
			u, err = w.engine.Wait(t.Context(), seq)
			if err != nil {
				t.Fatal(err)
			}
			seq = u.Seq
			for _, mailbox := range u.Mailboxes {
				have := w.everything(mailbox)
				if told++; have == shown[mailbox] {
					idle++
				}
				shown[mailbox] = have
			}
		}
		w.tenant.ClearFaults()
		w.tenant.Directory().Calm()
		w.converges(20 * time.Minute)
		if all := w.requests(0); hour == 0 {
			w.quotaKept(all, 3000)
			before = w.measure()
		} else {
			w.quotaKept(all, 3000)
			after = w.measure()
		}
		w.tenant.ClearLedger()
	}
	w.secretKept(nil)
	// A change may be told twice: by the calendar's changes and by free/busy.
	if told < int(length/time.Hour) || idle > told/2 {
		t.Errorf("%d times a mailbox was told to have changed, %d times without a change", told, idle)
	}
	t.Logf("%v: told %d changes, %d of them invisible; %+v, then %+v", length, told, idle, before, after)
	if after != (measure{}) {
		if after.goroutines > before.goroutines+20 {
			t.Errorf("LIVE: %d goroutines, then %d", before.goroutines, after.goroutines)
		}
		if after.heap > before.heap+24<<20 {
			t.Errorf("LIVE: %d MB of memory, then %d", before.heap>>20, after.heap>>20)
		}
		if after.store > 2*before.store+2<<20 {
			t.Errorf("LIVE: a store of %d kB, then %d kB", before.store>>10, after.store>>10)
		}
	}
	if !t.Failed() {
		w.durable()
	}
}

// measure is what must not grow.
type measure struct {
	goroutines int
	heap       uint64
	store      int64
}

func (w *wired) measure() (m measure) {
	w.log.reset()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m.goroutines, m.heap = bubbled(), stats.HeapAlloc
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(w.path + suffix); err == nil {
			m.store += info.Size()
		}
	}
	return m
}

// bubbled counts the goroutines of the caller's bubble; other tests have theirs.
func bubbled() int {
	stacks := make([]byte, 1<<20)
	n := runtime.Stack(stacks, true)
	for n == len(stacks) {
		stacks = make([]byte, 2*len(stacks))
		n = runtime.Stack(stacks, true)
	}
	heads := regexp.MustCompile(`(?m)^goroutine .*(synctest bubble \d+)`).FindAllSubmatch(stacks[:n], -1)
	own, count := heads[0][1], 0 // the first is who asks
	for _, head := range heads {
		if bytes.Equal(head[1], own) {
			count++
		}
	}
	return count
}

// everything is all that a person can see of a mailbox: its meetings, their
// attendees' answers, its free/busy.
func (w *wired) everything(mailbox providers.Address) string {
	events, err := w.store.Events(w.t.Context(), mailbox, providers.Interval{Start: w.o.Now().Add(-30 * 24 * time.Hour), End: w.o.Now().Add(90 * 24 * time.Hour)})
	if err != nil {
		w.t.Fatal(err)
	}
	free, err := w.store.Availability(w.t.Context(), []providers.Address{mailbox}, promised(w.o.Now()))
	if err != nil {
		w.t.Fatal(err)
	}
	text := dump(events)
	for _, block := range free[mailbox].Blocks {
		text += fmt.Sprintln(block.Start, block.End, block.State)
	}
	return text
}

func dump(events []providers.Event) string {
	var b strings.Builder
	for _, ev := range events {
		ev.ETag, ev.Modified = "", time.Time{}
		fmt.Fprintf(&b, "%+v\n", ev)
	}
	return b.String()
}
