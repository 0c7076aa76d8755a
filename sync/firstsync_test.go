package sync_test

import (
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func TestFirstSyncOrder(t *testing.T) { // S4, F-034
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(250, 3)
		tn.latency = 100 * time.Millisecond
		tn.people = []providers.Person{{Mailbox: "adele@contoso.com"}}
		f := newFixture(t, tn)
		defer f.stop()
		f.engine.Watch([]providers.Address{roomName(240)})
		f.run()
		f.synced()
		if !f.converged() {
			t.Error("the mirror differs from the tenant")
		}
		if tn.calls[0].method != "identify" {
			t.Errorf("the first question is %q", tn.calls[0].method)
		}
		rooms, asked, read := tn.seen("rooms")[0].at, tn.seen("availability"), tn.seen("changes")
		if !rooms.Before(read[0].at) || asked[5].at.After(read[0].at) {
			t.Error("calendars are read before the free/busy of the first rooms was asked for")
		}
		var first call
		for _, c := range tn.seen("changes") {
			if c.mailbox == roomName(240) {
				first = c
				break
			}
		}
		if early := tn.seen("changes")[32].at; first.at.After(early) {
			t.Error("the watched room is not among the first calendars")
		}
		if n := len(tn.seen("changes")); n != 250 {
			t.Errorf("%d rounds for 250 rooms", n)
		}
		for mailbox, most := range tn.most {
			if most > 1 {
				t.Errorf("%d calls for %s at once", most, mailbox)
			}
		}
		status, err := f.engine.Status(t.Context())
		if err != nil || len(status) != 250 || status[0].State != providers.MailboxFresh {
			t.Errorf("status of %d mailboxes, %v: %+v", len(status), err, status[0])
		}
	})
}

func TestProgressIsMeasured(t *testing.T) { // S4
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(400, 2)
		f := newFixture(t, tn)
		f.o.Workers = 4
		f.engine = sync.New(f.o)
		tn.latency = 100 * time.Millisecond
		defer f.stop()
		f.run()
		f.until("calendars", time.Hour, func() bool {
			p := f.engine.Progress()
			return p.Phase == providers.PhaseCalendars && p.Done > 200
		})
		p := f.engine.Progress()
		if p.Total != 400 || p.Rate < 25 || p.Rate > 55 {
			t.Errorf("%d of %d at %.1f a second; 4 workers at 100 ms make 40", p.Done, p.Total, p.Rate)
		}
		if want := time.Duration(float64(p.Total-p.Done)/40) * time.Second; p.Left < want/2 || p.Left > want*2+time.Second {
			t.Errorf("%v left, about %v expected", p.Left, want)
		}
	})
}

func TestRestartReadsNothingAgain(t *testing.T) { // S4
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(20, 120)
		tn.latency = 100 * time.Millisecond
		f := newFixture(t, tn)
		f.o.Workers = 3
		f.engine = sync.New(f.o)
		f.run()
		f.until("a round in the middle", time.Minute, func() bool {
			if len(tn.seen("changes")) > 12 {
				for n := range 20 {
					if p, err := f.store.Position(t.Context(), roomName(n)); err == nil && p.Round != nil {
						return true
					}
				}
			}
			return false
		})
		f.stop()
		done := map[providers.Address]int{}
		for _, c := range tn.seen("changes") {
			done[c.mailbox]++
		}
		tn.forget()
		f.open()
		defer f.stop()
		positions := map[providers.Address]string{}
		for mailbox := range done {
			p, err := f.store.Position(t.Context(), mailbox)
			if err != nil {
				t.Fatal(err)
			}
			if p.Round != nil {
				positions[mailbox] = p.Round.Cursor
			}
		}
		begun := 0
		for mailbox := range done {
			if p, err := f.store.Position(t.Context(), mailbox); err != nil || p.Round != nil || p.Complete() {
				begun++
			}
		}
		if len(positions) == 0 {
			t.Fatal("no round was cut in the middle: the test proves nothing")
		}
		f.run()
		f.synced()
		f.settles(time.Hour)
		first := map[providers.Address]call{}
		pages := map[providers.Address]int{}
		for _, c := range tn.seen("changes") {
			if _, known := first[c.mailbox]; !known {
				first[c.mailbox] = c
			}
			pages[c.mailbox]++
		}
		for mailbox, cursor := range positions {
			if first[mailbox].cursor != cursor {
				t.Errorf("%s goes on with %q, not with %q", mailbox, first[mailbox].cursor, cursor)
			}
		}
		fresh := 0
		for _, c := range first {
			if c.cursor == "" {
				fresh++
			}
		}
		if fresh != 20-begun {
			t.Errorf("%d mailboxes were read from the start; %d had nothing stored", fresh, 20-begun)
		}
		if n := len(tn.seen("rooms")); n != 0 {
			t.Errorf("the list of rooms was read again %d times", n)
		}
	})
}

func TestCleanStopAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond, time.Second, 3 * time.Second} {
		inBubble(t, after.String(), func(t *testing.T) {
			tn := newTenant(10, 60)
			tn.latency = 100 * time.Millisecond
			f := newFixture(t, tn)
			f.run()
			time.Sleep(after)
			f.stop()
			if n := tn.running; slices.Max(append([]int{0}, values(n)...)) != 0 {
				t.Error("a call outlived the engine")
			}
			f.open()
			defer f.stop()
			f.run()
			f.synced()
			f.settles(time.Minute)
		})
	}
}

func values[K comparable](m map[K]int) (all []int) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}
