package sync_test

import (
	"context"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// Two engines share the work of one queue, as two processes on a database would.
func TestTwoEnginesShareAQueue(t *testing.T) { // F-104
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 24
		tn := newTenant(rooms, 3)
		tn.latency = 100 * time.Millisecond
		f := newFixture(t, tn)
		defer f.stop()
		f.o.Workers = 4
		f.engine = sync.New(f.o)
		second := sync.New(f.o)
		ended := make(chan error, 1)
		ctx, cancel := context.WithCancel(context.Background())
		go func() { ended <- second.Run(ctx) }()
		f.run()
		f.synced()
		f.settles(time.Minute)
		time.Sleep(6 * time.Minute)
		first := map[providers.Address]int{}
		for _, c := range tn.seen("changes") {
			if c.cursor == "" {
				first[c.mailbox]++
			}
		}
		for mailbox, n := range first {
			if n != 1 {
				t.Errorf("%s was read from the start %d times", mailbox, n)
			}
		}
		for mailbox, most := range tn.most {
			if most > 1 {
				t.Errorf("%d calls for %s at once", most, mailbox)
			}
		}
		for _, e := range []*sync.Engine{f.engine, second} {
			if p := e.Progress(); p.Phase != providers.PhaseChanges || p.Requests < rooms/4 {
				t.Errorf("%+v", p)
			}
		}
		tn.put(roomName(7), meeting(roomName(7), 70, time.Now()))
		second.Poke(roomName(7))
		f.settles(time.Minute)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A process that dies leaves its claims; the next one takes them up at once, and
// reads nothing that was finished.
func TestAfterACrashOnlyTheUnfinishedIsRead(t *testing.T) { // F-101, J5
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 40
		tn := newTenant(rooms, 3)
		tn.latency = 100 * time.Millisecond
		f := newFixture(t, tn)
		f.o.Workers = 4
		f.engine = sync.New(f.o)
		f.run()
		f.until("half", time.Minute, func() bool { p := f.engine.Progress(); return p.Phase == providers.PhaseCalendars && p.Done > rooms/2 })
		copied := f.crash()
		f.stop()
		f.path = copied
		f.open()
		defer f.stop()
		done := map[providers.Address]bool{}
		all, err := f.store.Mailboxes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			done[m.Address] = m.Complete()
		}
		stats, err := f.store.Queue().Stats(t.Context())
		if err != nil || stats.Claimed != 0 || stats.Due == 0 {
			t.Errorf("%+v, %v", stats, err)
		}
		tn.forget()
		begin := time.Now()
		f.run()
		f.synced()
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("the rest took %v", took)
		}
		for _, c := range tn.seen("changes") {
			if done[c.mailbox] && c.cursor == "" {
				t.Errorf("%s was finished and is read again", c.mailbox)
			}
		}
		f.settles(time.Minute)
	})
}
