package sync_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

// shows waits until the mirror shows a meeting, and gives how long that took.
func (w *wired) shows(room providers.Address, subject string, within time.Duration) time.Duration {
	w.t.Helper()
	begin := time.Now()
	w.until(subject+" is not in the mirror", within, func() bool {
		now := w.o.Now()
		events, err := w.store.Events(w.t.Context(), room, providers.Interval{Start: now, End: now.AddDate(0, 0, 50)})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range events {
			if e.Subject.String() == subject {
				return true
			}
		}
		return false
	})
	return time.Since(begin)
}

// P9, F-129: what Exchange tells by itself is in the mirror within seconds, and without
// that within its bound. A connection that is cut, a server that forgets, a stream that
// loses or forges what it tells: the mirror is right all the same, by its bound.
func TestExchangeTellsOfChanges(t *testing.T) {
	const bound = 10 * time.Minute
	lag, asked := map[bool]time.Duration{}, map[bool]int{}
	for _, told := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			w := wire(t, simulator.Options{Rooms: 4, People: 3, Seed: 5, Exchange: simulator.ExchangeOnPremises}, time.Time{})
			defer w.end()
			w.o.Intervals.Rest = bound
			if told {
				w.o.Hinter = w.provider.(sync.Hinter)
			}
			w.halt()
			w.open()
			w.run()
			w.synced()
			time.Sleep(time.Minute)
			n := w.lastEntry()
			time.Sleep(20 * time.Minute)
			asked[told] = len(w.requests(n))
			room := w.room(1)
			begin := func(n int) time.Time { return w.o.Now().AddDate(0, 0, 20+n).Truncate(time.Hour) }
			w.create(room, "told one", begin(0), nil)
			lag[told] = w.shows(room, "told one", bound+time.Minute)
			if !told {
				return
			}
			w.sever() // another network: a new connection goes on
			time.Sleep(time.Minute)
			w.create(room, "told two", begin(1), nil)
			if took := w.shows(room, "told two", bound+time.Minute); took > 30*time.Second {
				t.Errorf("after the connection was cut it took %v", took)
			}
			for _, lie := range []string{"drop", "forged", "dup"} {
				undo := w.inject(simulator.Fault{Path: "**/GetStreamingEvents", Notify: lie})
				w.sever()
				time.Sleep(time.Minute)
				w.create(room, "with "+lie, begin(2), nil)
				if took := w.shows(room, "with "+lie, bound+time.Minute); lie != "drop" && took > 30*time.Second {
					t.Errorf("with notifications %s it took %v", lie, took)
				}
				undo()
			}
			w.converges(bound + time.Minute)
		})
	}
	t.Logf("a change is in the mirror after %v, with notifications after %v; requests in 20 idle minutes: %d and %d", lag[false], lag[true], asked[false], asked[true])
	// When a round without notifications comes is up to chance.
	if lag[true] > 30*time.Second || asked[true] > 2*asked[false] {
		t.Errorf("lag %v, requests %v", lag, asked)
	}
}

// hinter is a service that tells of changes in its own way.
type hinter struct {
	begun atomic.Int64
	tell  func(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error
}

func (h *hinter) Hints(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error {
	h.begun.Add(1)
	return h.tell(ctx, mailboxes, changed)
}

// What a service tells is believed as little as any hint, one that cannot tell is not
// asked again, and one that fails at a growing pause.
func TestWhoTellsOfChangesIsNotTrusted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		least, most int // times that it was begun
		tell        func(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error
	}{
		"cannot": {1, 1, func(context.Context, func() []providers.Address, func(...providers.Address)) error {
			return &providers.Error{Class: providers.Unsupported}
		}},
		"fails": {2, 20, func(context.Context, func() []providers.Address, func(...providers.Address)) error {
			return errors.New("no")
		}},
		"lies": {1, 1, func(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error {
			for ctx.Err() == nil {
				changed(append([]providers.Address{"nobody@contoso.com", "", providers.Address(strings.Repeat("x", 1000))}, mailboxes()...)...)
				time.Sleep(time.Second)
			}
			return nil
		}},
	} {
		inBubble(t, name, func(t *testing.T) {
			const rooms = 20
			tn := newTenant(rooms, 2)
			f := newFixture(t, tn)
			defer f.stop()
			h := &hinter{tell: c.tell}
			f.o.Hinter = h
			f.engine = sync.New(f.o)
			f.run()
			f.synced()
			time.Sleep(time.Minute)
			tn.forget()
			time.Sleep(20 * time.Minute)
			n := len(tn.seen("changes"))
			if begun := int(h.begun.Load()); begun < c.least || begun > c.most {
				t.Errorf("it was begun %d times", begun)
			}
			if n > rooms*(20*6+30) {
				t.Errorf("%d readings in 20 minutes", n)
			}
		})
	}
}
