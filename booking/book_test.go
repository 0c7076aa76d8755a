package booking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// inTime runs a test in a bubble whose clock jumps to the next timer.
func inTime(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t)) })
}

// TRUTH: each state in order, and accepted only once the room said so.
func TestBookingFollowsTheRoomsAnswer(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: 7 * time.Second}
		defer w.run()()
		q := w.request()
		q.Teams = true
		b := w.book(q)
		if b.State != providers.BookingQueued || w.InFlight() != 1 {
			t.Errorf("returned as %s with %d in flight", b.State, w.InFlight())
		}
		time.Sleep(2 * time.Second)
		if got := w.stored(b.ID); got.State != providers.BookingWaiting || got.Sent.IsZero() || !got.Answered.IsZero() || got.JoinURL.Empty() {
			t.Errorf("before the room's answer: %+v", got)
		}
		if w.InFlight() != 0 {
			t.Errorf("%d in flight although the tenant has it", w.InFlight())
		}
		got := w.await(b.ID, time.Minute)
		if got.State != providers.BookingAccepted || got.RoomResponse != providers.ResponseAccepted || got.Answered.IsZero() {
			t.Errorf("in the end: %+v", got)
		}
		if got.Request.Subject.Raw() != "Meeting in aalto" || got.Request.Organizer != alice {
			t.Errorf("what was left open became %q by %s", got.Request.Subject, got.Request.Organizer)
		}
		want := []providers.BookingState{providers.BookingQueued, providers.BookingSending, providers.BookingWaiting, providers.BookingAccepted}
		if !slices.Equal(w.states, want) {
			t.Errorf("states %v, want %v", w.states, want)
		}
		w.once(got, 1)
	})
}

// Without Run, Await drives the booking itself: what a command line needs.
func TestAwaitDrivesWithoutRun(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: 3 * time.Second}
		b := w.book(w.request())
		if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("state %s: %s", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}

// An end of patience gives the booking as it stands, and loses nothing.
func TestAwaitEndsWithItsContext(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{silent: true}
		defer w.run()()
		b := w.book(w.request())
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		got, err := w.Await(ctx, b.ID)
		if !errors.Is(err, context.DeadlineExceeded) || got.State != providers.BookingWaiting {
			t.Errorf("%s, %v", got.State, err)
		}
	})
}

// F-050: free in the mirror, taken by the tenant's word: nothing is stored or
// sent, and other rooms are offered.
func TestBookRefusesTakenRoom(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.request()
		w.tenant.busy[aalto] = []providers.Block{{Interval: providers.Interval{Start: q.Start.Add(-30 * time.Minute), End: q.Start.Add(time.Minute)}, State: providers.Busy, Subject: providers.Outside("Board")}}
		_, err := w.Book(t.Context(), q)
		var refused *Refused
		if !errors.As(err, &refused) || providers.ClassOf(err) != providers.Conflict {
			t.Fatalf("Book: %v", err)
		}
		if len(refused.Check.Alternatives) != 3 || !strings.Contains(refused.Check.Why, "Board") {
			t.Errorf("check: %+v", refused.Check)
		}
		if w.tenant.calls("create") != 0 || w.outbox.saves != 0 || w.InFlight() != 0 {
			t.Error("something was stored or sent")
		}
		q.EvenIfBusy = true
		if got := w.await(w.book(q).ID, time.Minute); got.State != providers.BookingDeclined || got.ReasonProof != providers.Proven || !strings.Contains(got.Reason, "Board") {
			t.Errorf("insisting ends in %s: %s (%s)", got.State, got.Reason, got.ReasonProof)
		}
	})
}

// The intent is on the disk before the first byte leaves, or nothing happens.
func TestBookStoresFirst(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		defer w.run()()
		w.outbox.failures = 1
		if _, err := w.Book(t.Context(), w.request()); !providers.Is(err, providers.Local) {
			t.Errorf("a full disk gives %v", err)
		}
		time.Sleep(time.Minute)
		if w.tenant.calls("create") != 0 || w.InFlight() != 0 {
			t.Error("sent although it could not be stored")
		}

		w.outbox.mu.Lock()
		w.outbox.spared, w.outbox.failures = 1, 1 // the step to "sending"
		w.outbox.mu.Unlock()
		b := w.book(w.request())
		synctest.Wait()
		if w.tenant.calls("create") != 0 {
			t.Error("sent although that it would be sent could not be stored")
		}
		if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("state %s: %s", got.State, got.Reason)
		}
		w.once(b, 1)
	})
}

// What cannot be sent is refused before any request, with the field named.
func TestBookValidates(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		good := w.request()
		many := make([]providers.Address, 500)
		for i := range many {
			many[i] = providers.Address("p" + strings.Repeat("x", i%200) + string(rune('a'+i%26)) + "@contoso.com")
		}
		for name, c := range map[string]struct {
			change func(q *providers.BookingRequest)
			want   string
		}{
			"no room":          {func(q *providers.BookingRequest) { q.Room = "" }, "room:"},
			"no mail address":  {func(q *providers.BookingRequest) { q.Room = "/o=ExchangeLabs/cn=aalto" }, "room:"},
			"room as itself":   {func(q *providers.BookingRequest) { q.Organizer = aalto }, "organizer:"},
			"no start":         {func(q *providers.BookingRequest) { q.Start = time.Time{} }, "start:"},
			"no end":           {func(q *providers.BookingRequest) { q.End = time.Time{} }, "end:"},
			"end before start": {func(q *providers.BookingRequest) { q.End = q.Start.Add(-time.Minute) }, "end:"},
			"no length":        {func(q *providers.BookingRequest) { q.End = q.Start }, "end:"},
			"past": {func(q *providers.BookingRequest) {
				q.Start, q.End = q.Start.Add(-24*time.Hour), q.End.Add(-24*time.Hour)
			}, "start:"},
			"began long ago":        {func(q *providers.BookingRequest) { q.Start = w.Now().Add(-time.Hour) }, "start:"},
			"longer than a day":     {func(q *providers.BookingRequest) { q.End = q.Start.Add(24*time.Hour + time.Second) }, "end:"},
			"no such zone":          {func(q *providers.BookingRequest) { q.Zone = "Europe/Atlantis" }, "zone:"},
			"local zone":            {func(q *providers.BookingRequest) { q.Zone = "Local" }, "zone:"},
			"zone from a file":      {func(q *providers.BookingRequest) { q.Zone = "../../etc/passwd" }, "zone:"},
			"attendee no address":   {func(q *providers.BookingRequest) { q.Required = []providers.Address{"bob"} }, "attendees:"},
			"attendee of two lines": {func(q *providers.BookingRequest) { q.Optional = []providers.Address{"bob@x.com\nx"} }, "attendees:"},
			"too many":              {func(q *providers.BookingRequest) { q.Required = many }, "attendees:"},
		} {
			q := good
			c.change(&q)
			_, err := w.Book(t.Context(), q)
			if !providers.Is(err, providers.Permanent) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want it to name %s", name, err, c.want)
			}
			q.EvenIfBusy = true
			if _, err := w.Book(t.Context(), q); err == nil {
				t.Errorf("%s: EvenIfBusy sends it", name)
			}
			if check, err := w.Check(t.Context(), q); err != nil || check.Free || !strings.Contains(check.Why, c.want) {
				t.Errorf("%s: check says %v %q, %v", name, check.Free, check.Why, err)
			}
		}
		w.Desk.Organizer = ""
		if _, err := w.Book(t.Context(), good); err == nil || !strings.Contains(err.Error(), "organizer") {
			t.Errorf("without an organizer: %v", err)
		}
		if len(w.tenant.ledger) != 0 || w.outbox.saves != 0 {
			t.Errorf("requests were made or intents stored: %v", w.tenant.ledger)
		}
	})
}

// F-061: a refusal for good ends the booking at once, with the field and no
// second try.
func TestRefusalForGoodFailsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		err  *providers.Error
		want string
	}{
		"attendees": {&providers.Error{Class: providers.Permanent, Status: 400, Code: "ErrorInvalidRecipients", Message: providers.Outside("bad\x1b[31m recipient")}, "attendees:"},
		"quota":     {&providers.Error{Class: providers.Permanent, Status: 507, Code: "ErrorQuotaExceeded"}, "organizer's mailbox:"},
		"denied":    {&providers.Error{Class: providers.NotAllowed, Status: 403, Code: "ErrorAccessDenied"}, "organizer alice@contoso.com:"},
		"mailbox":   {&providers.Error{Class: providers.NoMailbox, Status: 404}, "organizer alice@contoso.com:"},
		"sign-in":   {&providers.Error{Class: providers.SignedOut, Advice: "renew the secret"}, "renew the secret"},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.faults["create"] = []fault{{err: c.err}}
				defer w.run()()
				b := w.book(w.request())
				got := w.await(b.ID, time.Second)
				if got.State != providers.BookingFailed || !strings.Contains(got.Reason, c.want) || strings.ContainsRune(got.Reason, 0x1b) {
					t.Errorf("%s: %q", got.State, got.Reason)
				}
				time.Sleep(time.Hour)
				if n := w.tenant.calls("create"); n != 1 {
					t.Errorf("sent %d times", n)
				}
				w.once(b, 0)
			})
		})
	}
}
