package booking

import (
	"testing"
	"time"

	"roomdesk/providers"
)

// A booking that failed says by its class why: a script must tell a missing
// permission from a network that is down and from a room that was taken.
func TestFailedBookingsKeepTheirClass(t *testing.T) {
	unreachable := class(providers.Unreachable)
	for name, c := range map[string]struct {
		create []fault
		always error         // of each create
		wait   time.Duration // before anybody sends it
		taken  bool          // meanwhile
		want   providers.Class
	}{
		"a permission is missing":        {always: class(providers.NotAllowed), want: providers.NotAllowed},
		"the sign-in is over":            {always: class(providers.SignedOut), want: providers.SignedOut},
		"the organizer has no mailbox":   {always: class(providers.NoMailbox), want: providers.NoMailbox},
		"an attendee is none":            {always: class(providers.Permanent), want: providers.Permanent},
		"the network is down":            {always: unreachable, want: providers.Unreachable},
		"the service is busy":            {always: class(providers.Throttled), want: providers.Throttled},
		"the service is in trouble":      {always: class(providers.Transient), want: providers.Transient},
		"trouble, then a refusal":        {create: []fault{{err: class(providers.Transient)}, {err: class(providers.NotAllowed)}}, want: providers.NotAllowed},
		"the room was taken":             {wait: 2 * time.Minute, taken: true, want: providers.Conflict},
		"nobody sent it before it began": {wait: 4 * time.Hour, want: providers.Permanent},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.book(w.request())
				w.tenant.script(map[string][]fault{"create": c.create})
				if c.always != nil {
					w.tenant.always["create"] = fault{err: c.always}
				}
				time.Sleep(c.wait)
				if c.taken {
					w.tenant.busy[aalto] = []providers.Block{{Interval: span(b.Request), State: providers.Busy}}
				}
				stop := w.run()
				time.Sleep(5 * time.Minute)
				stop() // what is kept is kept over a restart
				w.Desk = w.desk()
				defer w.run()()
				got := w.await(b.ID, 3*time.Hour)
				if got.State != providers.BookingFailed || got.Failure != c.want {
					t.Errorf("%s as %q: %s", got.State, got.Failure, got.Reason)
				}
			})
		})
	}
}

// Once the tenant has the meeting nothing is left of what was in the way before;
// and a change that was not made says why in the same way.
func TestFailedChangesKeepTheirClass(t *testing.T) {
	for name, c := range map[string]struct {
		change error
		want   providers.Class
		state  providers.ChangeState
	}{
		"a permission is missing": {class(providers.NotAllowed), providers.NotAllowed, providers.ChangeFailed},
		"the network is down":     {class(providers.Unreachable), providers.Unreachable, providers.ChangeFailed},
		"the service is busy":     {class(providers.Throttled), providers.Throttled, providers.ChangeFailed},
		"nothing is in the way":   {nil, "", providers.ChangeDone},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.faults["create"] = []fault{{err: class(providers.Unreachable), commit: true}}
				defer w.run()()
				b := w.book(w.request())
				if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted || got.Failure != "" {
					t.Fatalf("%s as %q", got.State, got.Failure)
				}
				if c.change != nil {
					w.tenant.mu.Lock()
					w.tenant.always["change"] = fault{err: c.change}
					w.tenant.mu.Unlock()
				}
				if _, err := w.Change(t.Context(), b.ID, ChangeRequest{Kind: providers.ChangeExtend, End: b.Request.End.Add(30 * time.Minute)}); err != nil {
					t.Fatal(err)
				}
				got := w.await(b.ID, 2*time.Hour)
				if got.Change.State != c.state || got.Change.Failure != c.want {
					t.Errorf("%s as %q: %s", got.Change.State, got.Change.Failure, got.Change.Reason)
				}
			})
		})
	}
}
