package sync_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

const (
	view  = "/users/*/calendarView/**"
	delta = "**/calendarView/delta"
)

// manyPages makes calendars of several pages.
var manyPages = simulator.Options{Rooms: 2, EventsPerMailbox: 450}

// begun counts the rounds of a mailbox that began without a token.
func begun(all []simulator.Entry, mailbox providers.Address) (n int) {
	for _, e := range all {
		if strings.EqualFold(e.Mailbox, string(mailbox)) && strings.Contains(e.Path, "/calendarView/delta") && !strings.Contains(e.Query, "token") {
			n++
		}
	}
	return n
}

// onceAnew: each mailbox was read anew once, not more.
func onceAnew(w *wired, all []simulator.Entry, _ *watchman) {
	for _, room := range w.rooms() {
		if n := begun(all, room); n != 1 {
			w.t.Errorf("%s was read anew %d times", room, n)
		}
	}
}

// neverAnew: no mailbox had to be.
func neverAnew(w *wired, all []simulator.Entry, _ *watchman) {
	for _, room := range w.rooms() {
		if n := begun(all, room); n != 0 {
			w.t.Errorf("%s was read anew %d times", room, n)
		}
	}
}

// hourly reads calendars anew every hour, so that a lie is found within that.
func hourly(o *sync.Options) { o.Intervals.Full = time.Hour }

// deltaTroubles are F-001 to F-034.
func deltaTroubles() []trouble {
	var rows []trouble
	for _, code := range []string{"SyncStateNotFound", "resyncRequired", "SyncStateInvalid", "fullSyncRequired"} {
		for _, status := range []int{410, 400} {
			rows = append(rows, trouble{fault: "F-001", name: fmt.Sprint(status, " ", code), before: changes, quiet: true, check: onceAnew,
				make: onEachRoom(simulator.Fault{Delta: "expire", Nth: 1, Fail: &simulator.Failure{Status: status, Code: code}})})
		}
	}
	rows = append(rows,
		trouble{fault: "F-001", name: "in the middle of a first sync", first: true, tenant: manyPages, quiet: true,
			faults: []simulator.Fault{{Delta: "expire", Nth: 2, Times: 1}}},
		trouble{fault: "F-002", name: "another address on the same host", before: changes, quiet: true,
			make: onEachRoom(simulator.Fault{Delta: "expire", Link: "self", Nth: 1})},
		trouble{fault: "F-002", name: "another address on another host", before: changes, quiet: true, check: onceAnew,
			make: onEachRoom(simulator.Fault{Delta: "expire", Link: "https://graph.example.test", Nth: 1})},
		trouble{fault: "F-002", name: "where a round begins", first: true, quiet: true,
			make: onEachRoom(simulator.Fault{Path: delta, Nth: 1, Fail: &simulator.Failure{Status: 410, Headers: map[string]string{"Location": "/v1.0/nowhere"}}})},
		trouble{fault: "F-005", name: "first sync", first: true, tenant: manyPages, only: 1,
			make:   onRoom(0, simulator.Fault{Path: delta, Page: "loop"}),
			during: func(w *wired) { w.until("rows", time.Minute, func() bool { return len(w.missing()) == 0 }) },
			check: func(w *wired, all []simulator.Entry, _ *watchman) {
				pages := map[string]int{}
				for _, e := range all {
					if strings.Contains(e.Path, "delta") {
						pages[e.Query]++
					}
				}
				for query, n := range pages {
					if n > 30 {
						w.t.Errorf("%d times the same page: %s", n, query)
					}
				}
			}},
		trouble{fault: "F-005", name: "changes", before: changes, faults: []simulator.Fault{{Path: delta, Page: "loop", Times: 4}}},
		trouble{fault: "F-006", name: "ten empty pages", first: true, quiet: true, tenant: manyPages, faults: []simulator.Fault{{Path: delta, Page: "empty", Times: 10}}},
		trouble{fault: "F-006", name: "empty changes", before: changes, quiet: true, faults: []simulator.Fault{{Path: delta, Page: "empty", Times: 10}}},
		trouble{fault: "F-007", name: "first sync", first: true, quiet: true, tenant: manyPages, faults: []simulator.Fault{{Path: view, Page: "dup", Times: 12}}},
		trouble{fault: "F-007", name: "changes", before: changes, quiet: true, faults: []simulator.Fault{{Path: view, Page: "dup", Times: 12}}},
		trouble{fault: "F-007", name: "in another order", first: true, quiet: true, tenant: manyPages, faults: []simulator.Fault{{Path: view, Page: "reorder", Times: 12}}},
		trouble{fault: "F-009", name: "always", before: changes, quiet: true, check: neverAnew, faults: []simulator.Fault{{Delta: "ghost_removed"}}},
		trouble{fault: "F-009", name: "first sync", first: true, quiet: true, faults: []simulator.Fault{{Delta: "ghost_removed"}}},
		trouble{fault: "F-010", name: "created beyond the window", quiet: true, check: neverAnew, before: func(w *wired) {
			w.create(w.room(0), "Far away", w.o.Now().Add(400*24*time.Hour), nil)
			w.create(w.room(1), "Long ago", w.o.Now().Add(-200*24*time.Hour), nil)
		}},
		trouble{fault: "F-012", name: "first sync", first: true, quiet: true, faults: []simulator.Fault{{Delta: "bare"}}, check: fewMasters},
		trouble{fault: "F-012", name: "changes", before: changes, quiet: true, faults: []simulator.Fault{{Delta: "bare"}}, check: fewMasters},
		trouble{fault: "F-014", name: "a series that began years ago", quiet: true, before: func(w *wired) {
			start := w.o.Now().UTC().Truncate(24*time.Hour).AddDate(-4, 0, 0).Add(9 * time.Hour)
			w.create(w.room(0), "Old series", start, map[string]any{
				"pattern": map[string]any{"type": "daily", "interval": 2}, "range": map[string]any{"type": "noEnd", "startDate": start.Format(time.DateOnly)},
			})
		}},
		trouble{fault: "F-016", name: "out of the window", quiet: true, before: func(w *wired) {
			id, start := w.last(w.room(0))
			w.move(w.room(0), id, start.AddDate(0, 0, 6))
		}},
		trouble{fault: "F-016", name: "out, and in again", quiet: true, during: func(w *wired) {
			id, start := w.last(w.room(0))
			for _, days := range []int{6, 0, 5, -1} {
				w.move(w.room(0), id, start.AddDate(0, 0, days))
				time.Sleep(70 * time.Second)
			}
		}, lasts: 6 * time.Minute},
		trouble{fault: "F-016", name: "one deleted, one renamed", quiet: true, before: func(w *wired) {
			id, _ := w.occurrence(w.room(0), 2)
			w.delete(w.room(0), id)
			id, _ = w.occurrence(w.room(0), 0)
			w.rename(w.room(0), id, "Weekly, with guests")
		}},
		trouble{fault: "F-017", name: "removals are never told", before: changes, lasts: 50 * time.Minute, within: time.Minute, most: 900,
			faults: []simulator.Fault{{Delta: "omit"}}},
		trouble{fault: "F-019", name: "several manyPages, first sync", first: true, quiet: true, tenant: manyPages,
			faults: []simulator.Fault{{Path: view, Delay: simulator.Duration(100 * time.Millisecond)}}},
		trouble{fault: "F-028", name: "a lie about every meeting of a room", say: "disappeared at once", within: 10 * time.Minute,
			make: func(w *wired) func() {
				w.inject(simulator.Fault{Mailbox: string(w.room(0)), Delta: "expire", Nth: 1})
				w.inject(simulator.Fault{Mailbox: string(w.room(0)), After: "delta(expire)", Path: delta, Nth: 1, Lie: &simulator.Lie{Field: "value", How: "value", Value: json.RawMessage("[]")}})
				return func() {}
			}},
		trouble{fault: "F-028", name: "a lie about every room", lasts: 10 * time.Minute, most: 500,
			make: func(w *wired) func() {
				w.inject(simulator.Fault{Path: "/places/**", Nth: 1, Lie: &simulator.Lie{Field: "value", How: "value", Value: json.RawMessage("[]")}})
				w.engine.Retry()
				return func() {}
			}},
		trouble{fault: "F-028", name: "the truth about every meeting of a room", say: "disappeared at once", within: 8 * time.Minute, before: func(w *wired) {
			truth, _ := w.tenant.Truth(string(w.room(0)), promised(w.o.Now()).Start, promised(w.o.Now()).End)
			gone := map[string]bool{}
			for _, ev := range truth.Events {
				if ev.Type == "singleInstance" && !gone[w.id(w.room(0), ev)] {
					gone[w.id(w.room(0), ev)] = true
					w.delete(w.room(0), w.id(w.room(0), ev))
				}
			}
		}, tenant: simulator.Options{EventsPerMailbox: 60}},
		trouble{fault: "F-028", name: "the calendar of an hour ago", before: changes, within: 8 * time.Minute,
			faults: []simulator.Fault{{Path: view, Tenant: "restore_old", By: simulator.Duration(time.Hour), Times: 6}}, tune: hourly, lies: true},
		trouble{fault: "F-029", name: "pages as large as everything", first: true, quiet: true, tenant: simulator.Options{Rooms: 1, EventsPerMailbox: 2000},
			faults: []simulator.Fault{{Path: view, Page: "size"}}},
		trouble{fault: "F-031", name: "a slow round and a hurry", before: changes, quiet: true,
			make: onRoom(0, simulator.Fault{Path: delta, Delay: simulator.Duration(30 * time.Second), Nth: 1, Times: 1}),
			during: func(w *wired) {
				for range 5 {
					w.engine.Poke(w.room(0))
					time.Sleep(2 * time.Second)
				}
			}, check: func(w *wired, all []simulator.Entry, _ *watchman) {
				for _, e := range all {
					if strings.Contains(e.Path, "delta") && e.Concurrency > 1 {
						w.t.Errorf("%d rounds of %s at once", e.Concurrency, e.Mailbox)
					}
				}
			}},
		trouble{fault: "F-032", name: "the same position again", before: changes, quiet: true, most: 30, faults: []simulator.Fault{{Delta: "late"}}},
		trouble{fault: "F-033", name: "everything again with fewer digits", quiet: true, tenant: simulator.Options{Rooms: 1, EventsPerMailbox: 500},
			faults: []simulator.Fault{{Delta: "rewrite"}},
			during: func(w *wired) {
				seq := w.seq()
				time.Sleep(2 * time.Minute)
				u, err := w.engine.Wait(w.t.Context(), seq-1)
				if err != nil || u.All || len(u.Mailboxes) > 0 || u.Rooms || len(u.Notices) > 0 {
					w.t.Errorf("a storm without visible change is told: %+v, %v", u, err)
				}
			}},
		trouble{fault: "F-034", name: "some rooms fail from the start", first: true, tenant: simulator.Options{Rooms: 12}, most: 400, only: 2, say: "asked to wait.*tried again in",
			make: func(w *wired) func() {
				for _, n := range []int{3, 7} {
					w.inject(simulator.Fault{Mailbox: string(w.room(n)), Path: view, Fail: &simulator.Failure{Status: 503}})
				}
				return func() {}
			}, during: func(w *wired) {
				w.until("a usable list", 2*time.Second, func() bool { have, err := w.store.Rooms(w.t.Context()); return err == nil && len(have) == 12 })
				// Where the service named a time to wait, that is no failure of the mailbox yet.
				w.until("all but two", 90*time.Second, func() bool { p := w.engine.Progress(); return p.Fresh == 10 && p.Failing+p.Waiting == 2 })
			}},
		trouble{fault: "F-034", name: "the first page fails", first: true, faults: []simulator.Fault{{Path: "/places/**", Times: 4, Fail: &simulator.Failure{Status: 503}}}},
	)
	return append(append(rows, windowTroubles()...), shapeTroubles()...)
}

// onRoom injects a fault for the n-th room only.
func onRoom(n int, f simulator.Fault) func(*wired) func() {
	return func(w *wired) func() {
		f.Mailbox = string(w.room(n))
		return w.inject(f)
	}
}

// onEachRoom injects a fault for every room.
func onEachRoom(f simulator.Fault) func(*wired) func() {
	return func(w *wired) func() {
		for _, room := range w.rooms() {
			f.Mailbox = string(room)
			w.inject(f)
		}
		return func() {}
	}
}

// fewMasters: the details of stubs cost at most one question for each series.
func fewMasters(w *wired, all []simulator.Entry, _ *watchman) {
	asked := map[string]int{}
	for _, e := range all {
		if strings.Contains(e.Path, "/events/") {
			asked[e.Path]++
		}
	}
	for path, n := range asked {
		if n > 1 {
			w.t.Errorf("%s was asked for %d times", path, n)
		}
	}
}

// windowTroubles roll the window for weeks.
func windowTroubles() []trouble {
	slow := func(full time.Duration) func(*sync.Options) {
		return func(o *sync.Options) {
			o.Intervals = sync.Intervals{Watched: 6 * time.Hour, Near: 6 * time.Hour, Rest: 6 * time.Hour, Full: full, Rooms: 24 * time.Hour, Schedule: 24 * time.Hour, Compare: 24 * time.Hour}
		}
	}
	var rows []trouble
	for name, full := range map[string]time.Duration{"with the daily re-read": 0, "without other re-reads": 1000 * 24 * time.Hour} {
		rows = append(rows, trouble{fault: "F-020", name: name, tenant: simulator.Options{Rooms: 1}, tune: slow(full), lasts: 5 * 24 * time.Hour, most: 2000, within: time.Hour,
			during: func(w *wired) {
				for day := range 5 {
					time.Sleep(24 * time.Hour)
					if found := differences(w.t, w.tenant, w.store, time.Now()); len(found) > 0 {
						w.t.Fatalf("day %d: %v", day, found)
					}
				}
			}})
	}
	return rows
}
