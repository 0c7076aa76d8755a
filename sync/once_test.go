package sync_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func TestOnceReadsEverythingAndEnds(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(11, 60)
		tn.latency = 50 * time.Millisecond
		tn.people = []providers.Person{{Mailbox: "adele@contoso.com"}}
		f := newFixture(t, tn)
		f.o.People = []providers.Address{"adele@contoso.com"}
		f.engine = sync.New(f.o)
		defer f.stop()
		reports := 0
		result, err := f.engine.Once(t.Context(), false, func(providers.SyncProgress) { reports++ })
		if err != nil {
			t.Fatal(err)
		}
		if result.Rooms != 11 || result.People != 1 || result.Mailboxes != 12 || result.Read != 12 || result.Changed != 12 || len(result.Failed) != 0 || reports == 0 {
			t.Errorf("%+v after %d reports", result, reports)
		}
		if !f.converged() {
			t.Error("the mirror differs from the tenant")
		}
		tn.forget()
		tn.put(roomName(3), meeting(roomName(3), 500, time.Now()))
		result, err = f.engine.Once(t.Context(), false, nil)
		if err != nil || result.Read != 12 || result.Changed != 1 {
			t.Errorf("%+v, %v", result, err)
		}
		for _, c := range tn.seen("changes") {
			if c.cursor == "" {
				t.Errorf("%s was read anew", c.mailbox)
			}
		}
		tn.forget()
		result, err = f.engine.Once(t.Context(), true, nil)
		if err != nil || result.Read != 12 || result.Changed != 0 {
			t.Errorf("%+v, %v", result, err)
		}
		for _, c := range tn.seen("changes") {
			if c.cursor != "" && c.cursor[:4] == "delta" {
				t.Errorf("%s was not read anew", c.mailbox)
			}
		}
	})
}

func TestOnceEndsInTrouble(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(10, 2)
		tn.fail = only(roomName(1), fault(providers.Transient))
		f := newFixture(t, tn)
		result, err := f.engine.Once(t.Context(), false, nil)
		if err != nil || result.Read != 9 || len(result.Failed) != 1 || result.Failed[0].Mailbox != roomName(1) || result.Failed[0].Problem == nil {
			t.Errorf("%+v, %v", result, err)
		}
		tn.fail = func(call) error { return fault(providers.SignedOut) }
		before := time.Now()
		result, err = f.engine.Once(t.Context(), false, nil)
		if !providers.Is(err, providers.SignedOut) || result.Problem == nil || time.Since(before) > time.Minute {
			t.Errorf("%+v, %v after %v", result, err, time.Since(before))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.engine.Once(ctx, false, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		f.stop()
	})
}

// Once ends when everything was read, although what was read first is due again
// long before that.
func TestOnceReadsNothingTwice(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 40
		tn := newTenant(rooms, 4)
		tn.latency = 20 * time.Second
		f := newFixture(t, tn)
		defer f.stop()
		f.o.Workers = 2
		f.engine = sync.New(f.o)
		result, err := f.engine.Once(context.Background(), false, nil)
		if err != nil || result.Read != rooms || len(result.Failed) > 0 {
			t.Fatalf("%+v, %v", result, err)
		}
		if read := len(tn.seen("changes")); read != rooms {
			t.Errorf("%d calendars took %d readings", rooms, read)
		}
		if difference := f.differences(); difference != "" {
			t.Error(difference)
		}
	})
}
