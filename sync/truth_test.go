package sync_test

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func TestAnEmptyFirstPageIsNoAnswer(t *testing.T) { // F-006
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(2, 30)
		tn.pageSize = 10
		empty := 0
		tn.edit = func(c call, page *providers.ChangePage) {
			// Ten empty pages before the data, each with a cursor of its own.
			if c.mailbox == roomName(1) && !page.Done && empty < 10 {
				empty++
				page.Events, page.Cursor = nil, "page 0 0 "+strings.Join(strings.Fields(page.Cursor)[3:], " ")+strings.Repeat(" ", empty)
			}
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		f.settles(time.Minute)
		if empty != 10 {
			t.Errorf("only %d empty pages", empty)
		}
	})
}

func TestAnExceptionMovesOutOfTheWindowAndIn(t *testing.T) { // F-016
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 0)
		room := roomName(0)
		tn.daily(room, 0, 10)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		for _, days := range []int{400, 5, -300, 20} {
			moved := meeting(room, 1003, time.Now().Add(time.Duration(days)*24*time.Hour))
			moved.Type, moved.SeriesMasterID = providers.Exception, "master"
			tn.put(room, moved)
			f.engine.Poke(room)
			f.settles(2 * time.Minute)
		}
	})
}

func TestARemovalOfWhatWasNeverSentChangesNothing(t *testing.T) { // F-009, F-010
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 20)
		room := roomName(0)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		far := meeting(room, 900, time.Now().Add(400*24*time.Hour)) // delta names it as removed
		tn.put(room, far)
		tn.edit = func(_ call, page *providers.ChangePage) { page.Removed = append(page.Removed, "never-heard-of") }
		f.engine.Poke(room)
		time.Sleep(time.Minute)
		if d := f.differences(); d != "" {
			t.Error(d)
		}
		if p, err := f.store.Position(t.Context(), room); err != nil || p.Rows != 20 || p.Unconfirmed != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// The service repeats a position although something changed, and tells of it later.
func TestTheSamePositionAgain(t *testing.T) { // F-032
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 5)
		room := roomName(0)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		frozen := ""
		tn.now(func() {
			tn.edit = func(c call, page *providers.ChangePage) {
				if strings.HasPrefix(c.cursor, "delta") && page.Done {
					if frozen == "" {
						frozen = c.cursor
					}
					*page = providers.ChangePage{Cursor: frozen, Done: true}
				}
			}
		})
		tn.put(room, meeting(room, 77, time.Now().Add(2*time.Hour)))
		tn.forget()
		time.Sleep(10 * time.Minute)
		if n := len(tn.seen("changes")); n > 16 {
			t.Errorf("%d requests in ten minutes", n)
		}
		tn.now(func() { tn.edit = nil })
		f.settles(2 * time.Minute)
	})
}

func TestAStormOfInvisibleChangesTellsNobody(t *testing.T) { // F-033, P10
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(1, 0)
		room := roomName(0)
		for n := range 500 {
			tn.put(room, meeting(room, n, time.Now().Add(time.Duration(n-200)*time.Hour)))
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		time.Sleep(2 * time.Minute)
		u, err := f.engine.Wait(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 500 {
			ev := meeting(room, n, time.Now().Add(-2*time.Minute).Truncate(time.Hour).Add(time.Duration(n-200)*time.Hour))
			tn.mu.Lock()
			for _, v := range tn.events[room] {
				if v.event.ID == ev.ID {
					tn.version++
					v.event.ETag, v.event.Modified, v.version = "again", time.Now(), tn.version
				}
			}
			tn.mu.Unlock()
		}
		tn.forget()
		f.engine.Poke(room)
		f.until("the storm", time.Minute, func() bool { return len(tn.seen("changes")) > 0 })
		time.Sleep(30 * time.Second)
		next, err := f.engine.Wait(t.Context(), u.Seq)
		if err != nil || next.All || len(next.Mailboxes) > 0 || len(next.Notices) > 0 {
			t.Errorf("%+v, %v", next, err)
		}
		f.settles(time.Minute)
	})
}

func TestColdStartWithFailingRooms(t *testing.T) { // F-034, J6
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 100
		tn := newTenant(rooms, 2)
		tn.latency = 100 * time.Millisecond
		tn.fail = func(c call) error {
			if c.method == "changes" && (c.mailbox == roomName(3) || c.mailbox == roomName(50) || c.mailbox == roomName(99)) {
				return fault(providers.Transient)
			}
			return nil
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.until("a usable list", 2*time.Second, func() bool { have, err := f.store.Rooms(t.Context()); return err == nil && len(have) == rooms })
		f.synced()
		p := f.engine.Progress()
		if p.Fresh != rooms-3 || p.Failing != 3 {
			t.Errorf("%+v", p)
		}
		status, err := f.engine.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range status {
			if (i < 3) != (m.Problem != nil) {
				t.Errorf("line %d: %+v", i, m)
			}
			if m.Problem != nil && !strings.Contains(m.Problem.Sentence(time.Now()), "tried again ") {
				t.Errorf("%q", m.Problem.Sentence(time.Now()))
			}
		}
		// The store says the same to whoever looks without an engine.
		f.halt()
		stored, err := sync.Status(t.Context(), f.store, time.Now(), sync.Intervals{})
		if err != nil || len(stored) != rooms {
			t.Fatalf("%d of %d, %v", len(stored), rooms, err)
		}
		for i, m := range stored {
			if (i < 3) != (m.Problem != nil) || (i < 3) != (m.State == providers.MailboxFailing) {
				t.Errorf("stored, line %d: %+v", i, m)
			}
		}
	})
}
