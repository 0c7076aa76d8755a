package sync_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

// story is a part of a mirror's life, over a whole wired tenant. In each of them the
// n-th request fails, and the n-th commit, for all n; at the end the mirror is true.
type story struct {
	name   string
	tenant simulator.Options
	tune   func(*sync.Options)
	at     time.Time
	play   func(*wired)
}

func stories() []story {
	small := simulator.Options{Rooms: 2}
	return []story{
		{"first sync", small, nil, time.Time{}, func(w *wired) { w.run(); w.synced() }},
		{"changes", small, nil, time.Time{}, func(w *wired) {
			w.run()
			w.synced()
			w.people()
			changes(w)
			time.Sleep(90 * time.Second)
			id, _ := w.occurrence(w.room(0), 0)
			w.rename(w.room(0), id, "Changed again")
			w.engine.Poke(w.room(0))
		}},
		{"the window rolls", simulator.Options{Rooms: 1}, func(o *sync.Options) {
			o.Intervals = sync.Intervals{Near: 4 * time.Hour, Rest: 4 * time.Hour, Rooms: 24 * time.Hour, Schedule: 24 * time.Hour, Compare: 24 * time.Hour}
		}, time.Date(2027, 3, 1, 20, 0, 0, 0, time.UTC), func(w *wired) { w.run(); w.synced(); time.Sleep(7 * time.Hour) }},
		{"most of a calendar disappears", simulator.Options{Rooms: 1, EventsPerMailbox: 60}, nil, time.Time{}, func(w *wired) {
			w.run()
			w.synced()
			w.until("the first reading", 10*time.Minute, func() bool { return len(w.missing()) == 0 })
			for _, id := range w.singles(w.room(0)) {
				w.delete(w.room(0), id)
			}
			w.engine.Retry()
			time.Sleep(2 * time.Minute)
		}},
		{"restarts", small, nil, time.Time{}, func(w *wired) {
			w.run()
			time.Sleep(50 * time.Millisecond)
			w.restart()
			w.synced()
			w.people()
			w.restart()
			changes(w)
			time.Sleep(time.Minute)
			w.restart()
		}},
		{"a window that is too much at once", small, nil, time.Time{}, func(w *wired) {
			w.inject(simulator.Fault{Path: delta, Mailbox: string(w.room(0)), Nth: 1, Times: 18, Fail: &simulator.Failure{Status: 500}})
			w.run()
			w.synced()
			time.Sleep(5 * time.Minute)
		}},
		{"a calendar made anew", small, nil, time.Time{}, func(w *wired) {
			w.people()
			w.run()
			w.synced()
			for _, room := range w.rooms() {
				for n, id := range w.own(room) {
					w.delete(room, id)
					w.create(room, fmt.Sprint("Own ", n), w.o.Now().Truncate(time.Hour).Add(time.Duration(24+6+3*n)*time.Hour), nil)
				}
			}
			onEachRoom(simulator.Fault{Delta: "expire", Nth: 1})(w)
			time.Sleep(2 * time.Minute)
		}},
	}
}

// singles are the ids of a mailbox's single meetings within the promised window.
func (w *wired) singles(mailbox providers.Address) (ids []string) {
	truth, _ := w.tenant.Truth(string(mailbox), promised(w.o.Now()).Start, promised(w.o.Now()).End)
	for _, ev := range truth.Events {
		if ev.Type == "singleInstance" && !slices.Contains(ids, w.id(mailbox, ev)) {
			ids = append(ids, w.id(mailbox, ev))
		}
	}
	return ids
}

// ways in which a request fails: before any work, in the middle of the answer, with
// nonsense, or without an answer.
var ways = []string{"429", "503", "500", "cut", "wrong JSON", "reset", "401", "410"}

// spoiler lets the n-th request of the provider fail in a way.
type spoiler struct {
	mu   stdsync.Mutex
	n    int
	way  string
	seen int
}

func (s *spoiler) wrap(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != agent {
			inner.ServeHTTP(rw, r)
			return
		}
		s.mu.Lock()
		s.seen++
		hit := s.seen == s.n
		s.mu.Unlock()
		if !hit {
			inner.ServeHTTP(rw, r)
			return
		}
		switch s.way {
		case "429", "503", "500", "401", "410":
			rw.Header().Set("Content-Type", "application/json")
			if s.way == "429" {
				rw.Header().Set("Retry-After", "7")
			}
			status := 0
			fmt.Sscan(s.way, &status) //nolint:errcheck // it is a number
			rw.WriteHeader(status)
			fmt.Fprint(rw, `{"error":{"code":"Spoiled","message":"on purpose"}}`)
		case "cut":
			whole := httptest.NewRecorder()
			inner.ServeHTTP(whole, r)
			for name, values := range whole.Header() {
				rw.Header()[name] = values
			}
			rw.WriteHeader(whole.Code)
			rw.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
			panic(http.ErrAbortHandler)
		case "wrong JSON":
			rw.Header().Set("Content-Type", "application/json")
			fmt.Fprint(rw, `{"value":[{"id":7,"start":[]},null,"x"],"@odata.deltaLink":{}}`)
		default:
			panic(http.ErrAbortHandler)
		}
	})
}

func (s *spoiler) passed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen >= s.n
}

// all reports whether everything is to be tried: each n in each way. Else each n has
// one of the ways in turn, every other n today and the rest on the next day, and under
// the race detector some n only.
func all() bool { return os.Getenv("ROOMDESK_FAULTS") == "all" }

func (s story) stride() int {
	switch few := (raceDetector || testing.Short()) && !all(); {
	case s.tenant.Exchange != "" && !all():
		return 7
	case few && !s.at.IsZero():
		return 160 // hours take a while
	case few:
		return 29
	case all():
		return 1
	}
	return 2
}

// first is the n that a story begins with: where every other one is tried, the others
// are on the next day.
func (s story) first() int {
	if s.stride() == 2 {
		return 1 + time.Now().YearDay()%2
	}
	return 1
}

// overServices are the stories over Graph and, once more, over Exchange.
func overServices() []story {
	all := stories()
	for _, s := range stories() {
		s.name += ", over Exchange"
		s.tenant.Exchange = simulator.ExchangeOnPremises
		all = append(all, s)
	}
	return all
}

func TestTheNthRequestFails(t *testing.T) { // F-071, F-082, F-001, F-023, F-024, P9, CONV, NODEL
	oneKey()
	few := (raceDetector || testing.Short()) && !all()
	day := time.Now().YearDay()
	for i, s := range overServices() {
		once := few && s.tenant.Exchange != "" // one request of two of the stories, others on other days
		if once && (i+day)%4 != 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			begin := s.first()
			if once {
				begin += day % 60
			}
			for n := begin; ; n += s.stride() {
				tried := []string{ways[(n-1)%len(ways)]}
				if all() {
					tried = ways
				}
				over := false
				for _, way := range tried {
					x := &spoiler{n: n, way: way}
					bubble(t, func(t *testing.T) { s.plays(t, x.wrap, nil) })
					if t.Failed() {
						t.Fatalf("the %d. request fails: %s", n, way)
					}
					over = !x.passed() || once
				}
				if over {
					t.Logf("%d requests", n-1)
					return
				}
			}
		})
	}
}

// plays runs a story with trouble.
func (s story) plays(t *testing.T, wrap func(http.Handler) http.Handler, disturb func() error) {
	s.tenant.People, s.tenant.Seed, s.tenant.Wrap = 2, 4, wrap
	w := wire(t, s.tenant, s.at)
	defer w.end()
	if s.tune != nil {
		s.tune(&w.o)
		w.engine = sync.New(w.o)
	}
	if disturb != nil {
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		w.disturb = disturb
		w.open()
	}
	s.play(w)
	w.converges(100 * time.Minute)
	w.secretKept(nil)
}

var errDisk = errors.New("database or disk is full")

// The n-th commit fails, once or for a while: nothing half is shown, and what was
// not stored is read again.
func TestTheNthWriteFails(t *testing.T) { // F-102, F-103, CONV, DURA
	oneKey()
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for n := 2 + s.first(); ; n += s.stride() { // binding and taking over the queue come first
				times := 1 + n%2*4
				var mu stdsync.Mutex
				writes := 0
				bubble(t, func(t *testing.T) {
					s.plays(t, nil, func() error {
						mu.Lock()
						defer mu.Unlock()
						if writes++; writes >= n && writes < n+times {
							return errDisk
						}
						return nil
					})
				})
				if t.Failed() {
					t.Fatalf("the %d. write fails, %d times", n, times)
				}
				if writes < n {
					t.Logf("%d writes", n-1)
					return
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
