package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

func TestMassDisappearanceIsVerified(t *testing.T) { // F-028, NODEL
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(9, 0)
		room := roomName(8)
		for n := range 100 {
			tn.put(room, meeting(room, n, time.Now().Add(time.Duration(n)*time.Hour)))
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		window := providers.Interval{Start: time.Now().Add(-time.Hour), End: time.Now().Add(200 * time.Hour)}

		// The service lies once: half of the calendar is missing from one page.
		lies := 1
		tn.now(func() {
			tn.edit = func(c call, page *providers.ChangePage) {
				if c.mailbox == room && c.cursor == "" && lies > 0 {
					lies--
					page.Events = page.Events[:20]
				}
			}
			tn.fail = func(c call) error {
				if c.mailbox == room && strings.HasPrefix(c.cursor, "delta") && lies > 0 {
					return fault(providers.Resync)
				}
				return nil
			}
		})
		f.engine.Poke(room)
		f.until("the lie", time.Minute, func() (told bool) {
			tn.now(func() { told = lies == 0 })
			return told
		})
		f.until("it to be noticed", time.Minute, func() bool { p, _ := f.store.Position(t.Context(), room); return p.Unconfirmed > 0 })
		if n := len(f.mirror(room, window)); n != 100 {
			t.Errorf("%d of 100 events are left after one lie", n)
		}
		f.until("verification", time.Minute, func() bool { p, _ := f.store.Position(t.Context(), room); return p.Unconfirmed == 0 })
		if !f.converged() {
			t.Error("the mirror differs after the lie")
		}

		// Then they really go, named by a change and not named by the re-read.
		tn.now(func() { tn.edit, tn.fail = nil, nil })
		for n := range 80 {
			tn.remove(room, fmt.Sprintf("id-room00008-%d", n), false)
		}
		f.engine.Poke(room)
		f.settles(2 * time.Minute)

		// The list of rooms comes back empty once, then really shrinks.
		rooms := tn.rooms
		tn.now(func() { tn.rooms = nil })
		tn.forget()
		f.engine.Retry()
		f.until("a second listing", 5*time.Minute, func() bool {
			if len(tn.seen("rooms")) == 1 {
				if have, _ := f.store.Rooms(t.Context()); len(have) != 9 {
					t.Errorf("%d of 9 rooms are left after one empty list", len(have))
				}
				tn.now(func() { tn.rooms = rooms })
			}
			return len(tn.seen("rooms")) == 2
		})
		time.Sleep(time.Second)
		if have, _ := f.store.Rooms(t.Context()); len(have) != 9 {
			t.Errorf("%d of 9 rooms", len(have))
		}
		tn.now(func() { tn.rooms = rooms[:3] })
		f.engine.Retry()
		f.until("removal after two listings", 5*time.Minute, func() bool { have, _ := f.store.Rooms(t.Context()); return len(have) == 3 })
		f.until("removal of their mailboxes", time.Minute, func() bool { m, _ := f.store.Mailboxes(t.Context()); return len(m) == 3 })
	})
}

func TestPartialListRemovesNothing(t *testing.T) { // F-035
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(10, 1)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.rooms, tn.partial = tn.rooms[:8], true })
		f.engine.Retry()
		time.Sleep(5 * time.Minute)
		f.engine.Retry()
		time.Sleep(5 * time.Minute)
		if have, _ := f.store.Rooms(t.Context()); len(have) != 10 {
			t.Errorf("%d of 10 rooms after a list that broke off", len(have))
		}
	})
}
