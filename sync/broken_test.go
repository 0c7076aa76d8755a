package sync_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// wrapped is a tenant some of whose answers are another's.
type wrapped struct {
	*tenant
	changes func(ctx context.Context, q providers.ChangesRequest, deliver func(providers.ChangePage) error) error
	list    func(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error)
}

func (w *wrapped) Changes(ctx context.Context, q providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
	if w.changes == nil {
		return w.tenant.Changes(ctx, q, deliver)
	}
	return w.changes(ctx, q, deliver)
}

func (w *wrapped) Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	if w.list == nil {
		return w.tenant.Rooms(ctx, page)
	}
	return w.list(ctx, page)
}

// through gives the fixture's engine another source.
func (f *fixture) through(w *wrapped) {
	f.o.Source = w
	f.engine = sync.New(f.o)
}

// breakingOff ends every reading of a room after its first page, without a word.
func breakingOff(w *wrapped, room providers.Address) {
	enough := errors.New("enough")
	w.changes = func(ctx context.Context, q providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
		if q.Mailbox != room {
			return w.tenant.Changes(ctx, q, deliver)
		}
		err := w.tenant.Changes(ctx, q, func(page providers.ChangePage) error {
			if err := deliver(page); err != nil || page.Done {
				return err
			}
			return enough
		})
		if errors.Is(err, enough) {
			return nil
		}
		return err
	}
}

func TestARoundWithoutItsEndIsNoRound(t *testing.T) { // F-006, NODEL
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn, room := newTenant(2, 120), roomName(1)
		f := newFixture(t, tn)
		w := &wrapped{tenant: tn}
		breakingOff(w, room)
		f.through(w)
		defer f.stop()
		f.run()
		time.Sleep(time.Second)
		f.until("the room to fail", time.Minute, func() bool { return f.status(room).Problem != nil })
		if p := f.status(room).Problem; p.Class != providers.Foreign {
			t.Errorf("%+v", p)
		}
		// What came is kept, so that even such a service is read to its end.
		f.settles(10 * time.Minute)
	})
}

func TestACallWithoutAnswerEnds(t *testing.T) { // F-066
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn, room := newTenant(2, 3), roomName(1)
		f := newFixture(t, tn)
		w := &wrapped{tenant: tn}
		silent := true
		w.changes = func(ctx context.Context, q providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
			var wait bool
			tn.now(func() { wait = silent && q.Mailbox == room })
			if wait {
				<-ctx.Done()
				return ctx.Err()
			}
			return tn.Changes(ctx, q, deliver)
		}
		f.through(w)
		defer f.stop()
		f.run()
		time.Sleep(time.Second)
		f.until("the end of patience", 10*time.Minute, func() bool { p := f.status(room).Problem; return p != nil && p.Class == providers.Transient })
		if s := f.status(roomName(0)); s.State != providers.MailboxFresh {
			t.Errorf("its neighbour is %+v", s)
		}
		tn.now(func() { silent = false })
		f.settles(10 * time.Minute)
	})
}

// The series of pages that an earlier process read are asked for too.
func TestMastersOfPagesBeforeARestart(t *testing.T) { // F-012, F-101
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn, room := newTenant(1, 0), roomName(0)
		tn.pageSize, tn.latency = 5, 200*time.Millisecond
		start := time.Now().Add(2 * time.Hour)
		tn.put(room, providers.Event{Mailbox: room, ID: "stub", Type: providers.Occurrence, Stub: true, SeriesMasterID: "master", Start: start, End: start.Add(time.Hour)})
		for n := range 30 {
			tn.put(room, meeting(room, n, time.Now().Add(time.Duration(n)*time.Hour)))
		}
		master := meeting(room, 99, time.Now().Add(-3*365*24*time.Hour))
		master.ID, master.Type, master.Subject = "master", providers.SeriesMaster, providers.Outside("Weekly")
		tn.put(room, master)
		tn.edit = func(_ call, page *providers.ChangePage) {
			if n := len(page.Events); n > 0 && page.Events[n-1].ID == "master" {
				page.Events = page.Events[:n-1]
			}
		}
		f := newFixture(t, tn)
		f.run()
		f.until("a round in the middle", time.Minute, func() bool { p, err := f.store.Position(t.Context(), room); return err == nil && p.Round != nil })
		f.stop()
		f.open()
		defer f.stop()
		f.run()
		f.synced()
		if ev, ok, err := f.store.Event(t.Context(), room, "stub"); err != nil || !ok || ev.Subject.Raw() != "Weekly" {
			t.Errorf("%+v, %v, %v", ev, ok, err)
		}
		if n := len(tn.seen("event")); n != 1 {
			t.Errorf("%d questions for the series", n)
		}
	})
}

// What disappeared is looked for again also where the process ends in between.
func TestARestartDoesNotForgetTheSecondReading(t *testing.T) { // F-028, F-101, NODEL
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn, room := newTenant(1, 60), roomName(0)
		tn.pageSize = 100
		f := newFixture(t, tn)
		f.run()
		f.synced()
		for n := range 50 {
			tn.remove(room, meeting(room, n, time.Now()).ID, false)
		}
		f.engine.Poke(room)
		f.until("the brake", 20*time.Second, func() bool { p, err := f.store.Position(t.Context(), room); return err == nil && p.Unconfirmed == 50 })
		f.stop()
		f.open()
		defer f.stop()
		f.run()
		f.settles(5 * time.Minute)
		if p, err := f.store.Position(t.Context(), room); err != nil || p.Unconfirmed != 0 || p.Rows != 10 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestRoomsAreSearchableFromTheFirstPage(t *testing.T) { // S4
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(10, 1)
		f := newFixture(t, tn)
		w := &wrapped{tenant: tn}
		w.list = func(_ context.Context, page func([]providers.Room) error) (providers.Listing, error) {
			if err := page(tn.rooms[:4]); err != nil {
				return providers.Listing{}, err
			}
			time.Sleep(time.Minute)
			return providers.Listing{Count: 10, Reported: 10, Complete: true}, page(tn.rooms[4:])
		}
		f.through(w)
		defer f.stop()
		f.run()
		time.Sleep(10 * time.Second)
		if have, err := f.store.Rooms(t.Context()); err != nil || len(have) != 4 {
			t.Errorf("%d rooms after the first page, %v", len(have), err)
		}
		now := time.Now()
		soon := providers.Interval{Start: now, End: now.Add(time.Hour)}
		if a, err := f.store.Availability(t.Context(), []providers.Address{roomName(0)}, soon); err != nil || !a[roomName(0)].Known() {
			t.Errorf("free/busy of the first page's rooms is not known: %+v, %v", a, err)
		}
		f.settles(2 * time.Minute)
	})
}

func TestVerifyNeedsAWholeReading(t *testing.T) { // CONV
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn, room := newTenant(2, 120), roomName(1)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		f.halt()
		w := &wrapped{tenant: tn}
		breakingOff(w, room)
		v, err := sync.Verify(t.Context(), sync.VerifyOptions{Store: f.store, Source: w})
		if err != nil || v.Mailboxes != 1 || len(v.Differences) != 0 || len(v.Failed) != 1 || v.Failed[0].Mailbox != room {
			t.Errorf("%+v, %v", v, err)
		}
	})
}
