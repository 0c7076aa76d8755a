package ews_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/exchange"
)

// listener takes hints of a provider.
type listener struct {
	mu   sync.Mutex
	told []providers.Address
	news chan struct{}
	end  func()
}

func listen(t testing.TB, p *ews.Provider, mailboxes ...providers.Address) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{news: make(chan struct{}, 1)}
	over := make(chan error, 1)
	go func() {
		over <- p.Hints(ctx, func() []providers.Address { return mailboxes }, func(changed ...providers.Address) {
			l.mu.Lock()
			l.told = append(l.told, changed...)
			l.mu.Unlock()
			select {
			case l.news <- struct{}{}:
			default:
			}
		})
	}()
	l.end = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(l.end)
	return l
}

// until waits for a condition, however long that takes.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	patience := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-patience:
			t.Fatal(what)
		case <-tick.C:
		}
	}
}

func (l *listener) heard(mailbox providers.Address) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.told, mailbox)
}

func (l *listener) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = nil
}

func streaming(t testing.TB, o simulator.Options, mailboxes int) (*simulator.Tenant, *ews.Provider, []providers.Address, *listener) {
	t.Helper()
	o.Seed = 7
	tenant := start(t, o)
	p := connect(t, tenant, nil)
	p.Hasten()
	var rooms []providers.Address
	for _, room := range tenant.Rooms()[:mailboxes] {
		rooms = append(rooms, providers.Address(room.Mailbox))
	}
	l := listen(t, p, rooms...)
	until(t, "no connection is open", func() bool { return p.HintStats().Subscriptions == mailboxes })
	return tenant, p, rooms, l
}

// book puts a meeting into a room as somebody else would.
func book(t testing.TB, p *ews.Provider, tenant *simulator.Tenant, room providers.Address, n int) {
	t.Helper()
	begin := time.Now().Add(time.Duration(48+n) * time.Hour).Truncate(time.Hour)
	_, err := p.CreateEvent(t.Context(), providers.EventDraft{TransactionID: fmt.Sprint("hint ", room, n), Organizer: providers.Address(tenant.Endpoints().Organizer),
		Subject: providers.Outside("x"), Start: begin, End: begin.Add(30 * time.Minute), Zone: "UTC", Room: room})
	if err != nil {
		t.Fatal(err)
	}
}

// A change in a calendar is told at once; what changes elsewhere is not told as its own.
// Only calendars are named, and the account's requests in flight are not held.
func TestHintsTellOfChanges(t *testing.T) {
	tenant, p, rooms, l := streaming(t, simulator.Options{Rooms: 4, People: 3}, 3)
	book(t, p, tenant, rooms[1], 1)
	until(t, "the change is not told", func() bool { return l.heard(rooms[1]) })
	if l.heard(rooms[0]) || l.heard(rooms[2]) || p.Stats().InFlight != 0 {
		t.Errorf("%v, %+v", l.told, p.Stats())
	}
	if s := p.HintStats(); s.Streams != 1 || s.Lost != 0 || s.Strangers != 0 {
		t.Errorf("%+v", s)
	}
	l.end()
	if s := p.HintStats(); s.Streams != 0 || s.Subscriptions != 0 {
		t.Errorf("after the end: %+v", s)
	}
}

// A server that forgets its subscriptions is asked for new ones, and what may have been
// missed is told as a change.
func TestHintsLiveThroughAServersRestart(t *testing.T) {
	tenant, p, rooms, l := streaming(t, simulator.Options{Rooms: 4, People: 3}, 3)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, tenant.Endpoints().ControlURL+"/exchange/subscriptions", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	until(t, "the mailboxes are not told after the restart", func() bool { return l.heard(rooms[0]) && l.heard(rooms[1]) && l.heard(rooms[2]) })
	until(t, "no connection is open again", func() bool { return p.HintStats().Subscriptions == 3 })
	l.forget()
	book(t, p, tenant, rooms[2], 2)
	until(t, "the change is not told", func() bool { return l.heard(rooms[2]) })
}

// F-129: too many open connections, a busy server, a refused mailbox: hints go on for the
// rest, and nothing is asked in a storm.
func TestHintsWithinWhatTheServerAllows(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 4, People: 3, Seed: 7})
	rooms := tenant.Rooms()
	denied, open := providers.Address(rooms[0].Mailbox), providers.Address(rooms[1].Mailbox)
	change(t, tenant, func(s *exchange.Settings) {
		s.Scope = []string{string(open), tenant.Endpoints().Organizer}
		s.Enforce = true
	})
	p := connect(t, tenant, nil)
	p.Hasten()
	l := listen(t, p, denied, open)
	until(t, "no connection is open", func() bool { return p.HintStats().Subscriptions == 1 })
	book(t, p, tenant, open, 1)
	until(t, "the change is not told", func() bool { return l.heard(open) })
	l.end()

	change(t, tenant, func(s *exchange.Settings) { s.Limits.Hanging = 1 })
	first := listen(t, p, open)
	until(t, "no connection is open", func() bool { return p.HintStats().Streams == 1 })
	var n int64
	asked(tenant, &n)
	second := listen(t, p, open)
	until(t, "the second connection is not refused", func() bool { return p.HintStats().Lost > 0 })
	if got := asked(tenant, &n); got > 4 {
		t.Errorf("%d requests for a connection that is one too many", got)
	}
	second.end()
	first.end()
}
