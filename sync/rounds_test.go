package sync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func TestResyncKeepsTheRows(t *testing.T) { // F-001
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 120)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		room := roomName(0)
		tn.remove(room, "id-room00000-1", true)
		tn.put(room, meeting(room, 900, time.Now().Add(2*time.Hour)))
		window := providers.Interval{Start: time.Now().Add(-90 * time.Hour), End: time.Now().Add(90 * time.Hour)}
		before := len(f.mirror(room, window))
		expired, lowest := false, before
		tn.now(func() {
			tn.fail = func(c call) error {
				if c.method == "changes" && !expired && len(c.cursor) > 5 && c.cursor[:5] == "delta" {
					expired = true
					return &providers.Error{Class: providers.Resync, Op: "reading changes", Mailbox: room, Status: 410, Code: "SyncStateNotFound"}
				}
				if c.method == "changes" && expired {
					lowest = min(lowest, len(f.mirror(room, window)))
				}
				return nil
			}
		})
		f.engine.Poke(room)
		f.until("convergence", time.Minute, func() (over bool) {
			tn.now(func() { over = expired })
			return over && f.converged()
		})
		if lowest < before {
			t.Errorf("during the re-read only %d of %d rows were visible", lowest, before)
		}
	})
}

func TestSingleFlight(t *testing.T) { // F-031
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 5)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.latency = 3 * time.Second })
		before := len(tn.seen("changes"))
		for range 40 {
			f.engine.Poke(roomName(1))
			f.engine.Retry(roomName(1))
			time.Sleep(250 * time.Millisecond)
		}
		f.until("the last round", time.Minute, func() (idle bool) {
			tn.now(func() { idle = tn.running[roomName(1)] == 0 })
			return idle
		})
		if tn.most[roomName(1)] != 1 {
			t.Errorf("%d rounds of one mailbox at once", tn.most[roomName(1)])
		}
		if n := len(tn.seen("changes")) - before; n < 3 || n > 8 {
			t.Errorf("%d rounds followed 40 requests over 10 s at 3 s each", n)
		}
	})
}

func TestPokeDuringARoundIsNotLost(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 5)
		f := newFixture(t, tn)
		f.o.Intervals.Rest, f.o.Intervals.Near = 24*time.Hour, 24*time.Hour
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.latency = 3 * time.Second })
		tn.forget()
		f.engine.Poke(roomName(0))
		time.Sleep(time.Second)
		f.engine.Poke(roomName(0)) // the first answer may be older than what this is about
		time.Sleep(time.Minute)
		if n := len(tn.seen("changes")); n != 2 {
			t.Errorf("%d rounds after two requests", n)
		}
	})
}

func TestStubsHaveTheirMastersDetails(t *testing.T) { // F-012
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 0)
		room := roomName(0)
		for n := range 10 {
			tn.put(room, providers.Event{Mailbox: room, ID: fmt.Sprint("stub", n), Type: providers.Occurrence, Stub: true, SeriesMasterID: "master",
				Start: time.Now().Add(time.Duration(n) * 24 * time.Hour), End: time.Now().Add(time.Duration(n)*24*time.Hour + time.Hour)})
		}
		master := meeting(room, 1, time.Now().Add(-3*365*24*time.Hour))
		master.ID, master.Type, master.Subject = "master", providers.SeriesMaster, providers.Outside("Weekly")
		tn.put(room, master)
		hide := true
		tn.edit = func(_ call, page *providers.ChangePage) {
			if hide {
				page.Events = slices.DeleteFunc(page.Events, func(ev providers.Event) bool { return ev.Type == providers.SeriesMaster })
			}
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		window := providers.Interval{Start: time.Now().Add(-4 * 365 * 24 * time.Hour), End: time.Now().Add(20 * 24 * time.Hour)}
		check := func(subject string) bool {
			events, err := f.store.Events(context.Background(), room, window)
			if err != nil || len(events) != 10 {
				t.Fatalf("%d events, %v", len(events), err)
			}
			for _, ev := range events {
				if ev.Subject.Raw() != subject || ev.ShowAs != providers.ShowBusy {
					return false
				}
			}
			return true
		}
		if !check("Weekly") {
			t.Error("the occurrences lack their series' subject")
		}
		if n := len(tn.seen("event")); n != 1 {
			t.Errorf("%d questions for one master", n)
		}
		tn.now(func() { hide = false })
		master.Subject = providers.Outside("Biweekly")
		tn.put(room, master)
		f.engine.Poke(room)
		f.until("the new subject", time.Minute, func() bool { return check("Biweekly") })
	})
}

func TestPageLoopEnds(t *testing.T) { // F-005
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(4, 120)
		round := 0
		tn.edit = func(c call, page *providers.ChangePage) {
			if round++; round > 400 {
				return // for ever, as far as the test can wait
			}
			if c.mailbox == roomName(2) && !page.Done && strings.Contains(page.Cursor, " 100 ") {
				page.Cursor = strings.Replace(page.Cursor, " 100 ", " 50 ", 1)
			}
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		n := 0
		for _, c := range tn.seen("changes") {
			if c.mailbox == roomName(2) {
				n++
			}
		}
		if n > 40 {
			t.Errorf("%d requests for a mailbox whose pages go in a circle", n)
		}
		if p := f.status(roomName(2)).Problem; p == nil {
			t.Error("a circle of pages is no problem")
		}
	})
}

func TestForgottenRemovalIsFound(t *testing.T) { // F-017
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(2, 10)
		far := roomName(1)
		tn.daily(far, 20, 40) // beyond what free/busy is asked for
		f := newFixture(t, tn)
		f.o.Intervals.Full = time.Hour
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		tn.remove(far, "id-room00001-1030", true)
		f.settles(75 * time.Minute)
	})
}
