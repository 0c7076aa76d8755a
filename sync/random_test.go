package sync_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator"
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

// act is one thing that happens in a random schedule.
type act struct {
	after time.Duration // since the one before
	what  string
	do    func(*wired)
}

// overcome are the kinds of faults that reading gets over by itself within an hour:
// those of writes and of rooms' answers concern nobody here.
var overcome = []string{"fail", "throttle", "reset_before", "delay", "drip", "truncate", "garble", "page", "delta", "lie", "quota", "token", "network"}

// drawn is the schedule of a seed: faults, what people do, restarts.
func drawn(t *testing.T, seed int) (acts []act) {
	r := rand.New(rand.NewPCG(uint64(seed), 7))
	n := 4 + r.IntN(10)
	faults, err := simulator.RandomFaults(int64(seed), n, overcome...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		a := act{after: time.Duration(r.IntN(90)) * time.Second}
		room, pick, hours := r.IntN(2), r.IntN(1000), r.IntN(400)-120
		switch r.IntN(9) {
		case 0:
			a.what, a.do = "a meeting is made", func(w *wired) {
				w.create(w.room(room), fmt.Sprint("Random ", i), w.o.Now().Truncate(time.Hour).Add(time.Duration(hours)*time.Hour), nil)
			}
		case 1:
			a.what, a.do = "a meeting is deleted", func(w *wired) { w.some(room, pick, func(id string) { w.delete(w.room(room), id) }) }
		case 2:
			a.what, a.do = "a meeting is renamed", func(w *wired) {
				w.some(room, pick, func(id string) { w.rename(w.room(room), id, fmt.Sprint("Renamed ", i)) })
			}
		case 3:
			a.what, a.do = "a restart", func(w *wired) { w.restart() }
		default:
			f := faults[i]
			f.Method, f.Nth, f.Times = "GET", 1+r.IntN(6), 1+r.IntN(5)
			a.what, a.do = f.Name, func(w *wired) {
				if f.Token != nil {
					token := *f.Token
					token.ClientID = w.tenant.Endpoints().ClientID
					f.Token = &token
				}
				w.inject(f)
			}
		}
		acts = append(acts, a)
	}
	return acts
}

// some does something with one of a room's single meetings, if there is any.
func (w *wired) some(room, pick int, do func(id string)) {
	if ids := w.singles(w.room(room)); len(ids) > 0 {
		do(ids[pick%len(ids)])
	}
}

// plays runs the acts that are kept, and reports whether the oracles held.
func plays(t *testing.T, seed int, acts []act) bool {
	return t.Run(fmt.Sprint(seed), func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := wire(t, simulator.Options{Rooms: 2, People: 2, Seed: int64(seed)}, time.Time{})
			defer w.end()
			hourly(&w.o)
			w.o.Rand = rand.New(rand.NewPCG(uint64(seed), 9))
			w.halt()
			w.open()
			w.run()
			for _, a := range acts {
				time.Sleep(a.after)
				a.do(w)
			}
			time.Sleep(2 * time.Minute)
			all := w.requests(0)
			w.tenant.ClearFaults()
			w.tenant.Directory().Calm()
			w.converges(75 * time.Minute)
			w.quotaKept(all, 60+len(acts)*60)
			w.secretKept(nil)
			if seed%4 == 0 && !t.Failed() {
				w.durable()
			}
		})
	})
}

// kept leaves out acts: ROOMDESK_ACTS=0,3,5 has only those.
func kept(t *testing.T, acts []act) []act {
	text := os.Getenv("ROOMDESK_ACTS")
	if text == "" {
		return acts
	}
	var some []act
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 0 || n >= len(acts) {
			t.Fatalf("ROOMDESK_ACTS=%s: there are acts 0 to %d", text, len(acts)-1)
		}
		some = append(some, acts[n])
	}
	return some
}

// Random faults, changes and restarts: when they end, the mirror is the truth. What
// fails is made as short as it goes, and told so that it can be run again.
func TestConvergesAfterRandomFaults(t *testing.T) { // F-072, F-125, CONV, QUOTA, SECRET, LIVE, DURA
	oneKey()
	from, to := seeds(t, 10, 100)
	failed := make(chan string, to-from)
	t.Run("schedules", func(t *testing.T) {
		for part := range 2 {
			t.Run(strconv.Itoa(part), func(t *testing.T) {
				t.Parallel()
				for seed := from + part; seed < to; seed += 2 {
					acts := drawn(t, seed)
					whole := kept(t, acts)
					if plays(t, seed, whole) {
						continue
					}
					numbers := make([]int, len(acts))
					for i := range numbers {
						numbers[i] = i
					}
					if len(whole) == len(acts) {
						numbers = shortest(numbers, func(few []int) bool { return plays(t, seed, chosen(acts, few)) })
					}
					failed <- told(seed, acts, numbers)
					return
				}
			})
		}
	})
	close(failed)
	for text := range failed {
		t.Error(text)
	}
}

func chosen(acts []act, numbers []int) (some []act) {
	for _, n := range numbers {
		some = append(some, acts[n])
	}
	return some
}

// shortest leaves out whatever is not needed for a failure, one after the other.
func shortest(numbers []int, holds func([]int) bool) []int {
	for i := 0; i < len(numbers); {
		fewer := slices.Delete(slices.Clone(numbers), i, i+1)
		if holds(fewer) {
			i++
		} else {
			numbers = fewer
		}
	}
	return numbers
}

func told(seed int, acts []act, numbers []int) string {
	var text strings.Builder
	var list []string
	fmt.Fprintf(&text, "seed %d fails with %d of %d acts:\n", seed, len(numbers), len(acts))
	for _, n := range numbers {
		fmt.Fprintf(&text, "  %d: after %v %s\n", n, acts[n].after, acts[n].what)
		list = append(list, strconv.Itoa(n))
	}
	fmt.Fprintf(&text, "again: ROOMDESK_SEEDS=%d-%d ROOMDESK_ACTS=%s go test -run 'TestConvergesAfterRandomFaults$' ./sync", seed, seed, strings.Join(list, ","))
	return text.String()
}

// The shortening itself: what fails for two of its parts is told with these two.
func TestFailuresAreMadeShort(t *testing.T) {
	has := func(few []int) bool { return !slices.Contains(few, 3) || !slices.Contains(few, 8) }
	if got := shortest([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, has); !slices.Equal(got, []int{3, 8}) {
		t.Errorf("shortened to %v", got)
	}
	acts := drawn(t, 1)
	if text := told(1, acts, []int{0, 2}); !strings.Contains(text, "ROOMDESK_SEEDS=1-1 ROOMDESK_ACTS=0,2 go test") {
		t.Error(text)
	}
}
