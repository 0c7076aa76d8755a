package sync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// Each class of failure leads to the state, the next try and the sentence that the
// table gives it.
func TestEveryClassOfFailureIsExplained(t *testing.T) { // J6, SAY
	t.Parallel()
	bubble(t, func(t *testing.T) {
		classes := []providers.Class{
			providers.Throttled, providers.Transient, providers.NotAllowed, providers.NoMailbox, providers.Gone,
			providers.Conflict, providers.Permanent, providers.Foreign, providers.Unsupported,
		}
		tn := newTenant(len(classes), 2)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() {
			tn.fail = func(c call) error {
				for n, class := range classes {
					if c.mailbox == roomName(n) && c.method == "changes" {
						return &providers.Error{Class: class, Status: 499, Code: "ErrorOfATest", RequestID: "req-" + string(c.mailbox), Mailbox: c.mailbox, Scope: providers.ScopeMailbox}
					}
				}
				return nil
			}
		})
		time.Sleep(12 * time.Minute)
		for n, class := range classes {
			m := f.status(roomName(n))
			if m.Problem == nil || m.Problem.Class != class {
				t.Errorf("%s: %+v", class, m)
				continue
			}
			if want := class.MailboxState(); want != "" && m.State != want || want == "" && m.State == providers.MailboxFailing {
				t.Errorf("%s: the state is %s", class, m.State)
			}
			wait := time.Until(m.Next)
			least, most := time.Duration(0), 5*time.Minute
			switch class.Again() {
			case providers.AgainHourly:
				least, most = 40*time.Minute, 70*time.Minute
			case providers.AgainDaily:
				least, most = 20*time.Hour, 27*time.Hour
			}
			if wait < least || wait > most {
				t.Errorf("%s: tried again in %v, not within %v and %v", class, wait, least, most)
			}
			s := m.Sentence(time.Now())
			for _, part := range []string{class.Words(), "(499 ErrorOfATest)", ", for ", "; tried again in ", "[request req-" + string(m.Mailbox) + "]"} {
				if !strings.Contains(s, part) {
					t.Errorf("%s: %q does not say %q", class, s, part)
				}
			}
		}
	})
}

// A calendar of which much is missing is neither well nor failing.
func TestPartSuccessIsAStateOfItsOwn(t *testing.T) { // NODEL, SAY
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 40)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() {
			tn.edit = func(c call, page *providers.ChangePage) {
				if c.mailbox == roomName(1) {
					page.Events = nil
				}
			}
			tn.fail = func(c call) error {
				if c.mailbox == roomName(1) && c.cursor != "" {
					return &providers.Error{Class: providers.Resync, Status: 410}
				}
				return nil
			}
		})
		f.engine.Retry(roomName(1))
		f.until("a doubt", 2*time.Minute, func() bool { return f.status(roomName(1)).State == providers.MailboxPartly })
		m := f.status(roomName(1))
		if m.Unconfirmed == 0 || !strings.Contains(m.Sentence(time.Now()), "unconfirmed until a second reading") {
			t.Errorf("%+v: %s", m, m.Sentence(time.Now()))
		}
		if p := f.engine.Progress(); p.Partly != 1 || p.Fresh != 2 {
			t.Errorf("%d partly, %d fresh", p.Partly, p.Fresh)
		}
		stored, err := sync.Status(t.Context(), f.store, time.Now(), sync.Intervals{})
		if err != nil || stored[0].Mailbox != roomName(1) || stored[0].State != providers.MailboxPartly || stored[0].Unconfirmed == 0 {
			t.Errorf("%+v, %v", stored[0], err)
		}
	})
}

// What was never read and is put off again and again is not just waiting its turn:
// after as long as makes others late it is a failure, with its sentence, and a
// script learns of it.
func TestWhatIsThrottledForEverDoesNotWaitForEver(t *testing.T) { // F-063, STALE, SAY
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 5)
		tn.fail = func(c call) error {
			if c.mailbox == roomName(1) && c.method == "changes" {
				return &providers.Error{Class: providers.Throttled, Status: 429, RetryAfter: time.Minute, Scope: providers.ScopeMailbox, Mailbox: roomName(1), RequestID: "req-9"}
			}
			return nil
		}
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.until("the list", time.Minute, func() bool {
			all, err := f.store.Mailboxes(t.Context())
			return err == nil && len(all) == 3
		})
		state := func() providers.MailboxState { return f.status(roomName(1)).State }
		f.until("a problem", 2*time.Minute, func() bool { return f.status(roomName(1)).Problem != nil })
		if s := state(); s != providers.MailboxWaiting && s != providers.MailboxReading {
			t.Errorf("put off once it is %s", s)
		}
		time.Sleep(20 * time.Minute)
		f.until("its state", 10*time.Second, func() bool { return state() == providers.MailboxFailing })
		m := f.status(roomName(1))
		for _, part := range []string{"the service asked to wait (429), for 2", "tried again in ", "[request req-9]"} {
			if s := m.Sentence(time.Now()); !strings.Contains(s, part) {
				t.Errorf("%q does not say %q", s, part)
			}
		}
		if p := f.engine.Progress(); p.Failing != 1 || p.Waiting != 0 {
			t.Errorf("%+v", p)
		}
		stored, err := sync.Status(t.Context(), f.store, time.Now(), sync.Intervals{})
		if err != nil || stored[0].Mailbox != roomName(1) || stored[0].State != providers.MailboxFailing {
			t.Errorf("%+v, %v", stored[0], err)
		}
	})
}

// The estimate is the measured rate's, and none where nothing moves; another
// process shows the same.
func TestProgressIsHonestAndTheSameElsewhere(t *testing.T) { // S4, F-104, STALE
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(2000, 0)
		tn.latency = 200 * time.Millisecond
		f := newFixture(t, tn)
		f.o.Workers = 4
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		second, err := store.Open(context.Background(), store.Options{Path: f.path, Tenant: tenantID})
		if err != nil {
			t.Fatal(err)
		}
		defer second.Close()
		o := f.o
		o.Store = second
		other := sync.New(o)
		f.until("calendars", time.Hour, func() bool {
			p := f.engine.Progress()
			return p.Phase == providers.PhaseCalendars && p.Done > 300
		})
		for range 40 { // the estimate, from second to second, is that of about 20 a second
			p := f.engine.Progress()
			if p.Phase != providers.PhaseCalendars {
				break
			}
			if want := time.Duration(p.Total-p.Done) * time.Second / 20; p.Rate < 14 || p.Rate > 26 || p.Left < want*7/10 || p.Left > want*14/10+time.Second {
				t.Errorf("%d of %d: %.1f/s, %v left, %v expected", p.Done, p.Total, p.Rate, p.Left, want)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(4 * time.Second)
		here, there := f.engine.Progress(), other.Progress()
		if there.Phase != here.Phase || there.Total != here.Total || here.Done-there.Done > 200 || there.Done > here.Done || there.Rate < 14 || there.Left <= 0 ||
			!strings.HasPrefix(there.By, "process ") || there.Running {
			t.Errorf("here %+v\nthere %+v", here, there)
		}
		// Everything hangs.
		tn.now(func() { tn.latency = time.Minute })
		time.Sleep(20 * time.Second)
		if p := f.engine.Progress(); p.Rate != 0 || p.Left != 0 || time.Since(p.Stalled) < 10*time.Second || time.Since(p.Stalled) > 21*time.Second {
			t.Errorf("nothing moves: %+v", p)
		}
		// The service asks to wait.
		tn.now(func() {
			tn.latency = 200 * time.Millisecond
			tn.fail = func(c call) error {
				return &providers.Error{Class: providers.Throttled, Status: 429, RetryAfter: 90 * time.Second, Scope: providers.ScopeApp}
			}
		})
		f.until("the pause", 3*time.Minute, func() bool { return !f.engine.Progress().ThrottledTo.IsZero() })
		time.Sleep(4 * time.Second)
		if p := other.Progress(); !p.ThrottledTo.Equal(f.engine.Progress().ThrottledTo) || p.Left != 0 || !strings.HasPrefix(p.Pace(time.Now(), time.UTC), "waiting until ") {
			t.Errorf("elsewhere the pause shows as %+v", p)
		}
		tn.now(func() { tn.fail, tn.latency = nil, 0 })
		f.synced()
		time.Sleep(10 * time.Second)
		if text, err := f.store.Meta(t.Context(), "sync.progress"); text != "" || err != nil {
			t.Errorf("after the first sync %q is kept, %v", text, err)
		}
		if p := other.Progress(); p.Phase != providers.PhaseChanges || p.Fresh != 2000 {
			t.Errorf("%+v", p)
		}
	})
}
