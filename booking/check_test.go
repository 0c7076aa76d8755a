package booking

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// STALE: free is only what the tenant said now; unknown is never free.
func TestCheckOfUnknownRoom(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.request()
		w.mirror.known = map[providers.Address]providers.Availability{aalto: {Mailbox: aalto, Window: providers.Interval{Start: q.Start.Add(-time.Hour), End: q.End.Add(time.Hour)}, AsOf: w.Now()}}
		w.tenant.unknown[aalto] = &providers.Problem{Class: providers.NoMailbox, Status: 404, Code: "ErrorMailRecipientNotFound"}
		got, err := w.Check(t.Context(), q)
		if err != nil || got.Free || got.Class != providers.NoMailbox || !strings.Contains(got.Why, "not known whether") {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := w.Book(t.Context(), q); !providers.Is(err, providers.NoMailbox) {
			t.Errorf("Book: %v", err)
		}

		w.tenant.unknown = nil
		w.tenant.always["availability"] = fault{err: class(providers.Unreachable)}
		got, err = w.Check(t.Context(), q)
		if !providers.Is(err, providers.Unreachable) || got.Free || got.Why == "" {
			t.Errorf("without network: %+v, %v", got, err)
		}
		_, err = w.Book(t.Context(), q)
		var refused *Refused
		if !providers.Is(err, providers.Unreachable) || !errors.As(err, &refused) {
			t.Errorf("Book without network: %v", err)
		}
		if w.outbox.saves != 0 {
			t.Error("something was stored")
		}
	})
}

func TestCheckOfAttendees(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.request()
		q.Required = []providers.Address{bob, "guest@elsewhere.com", alice, bob, aalto}
		q.Optional = []providers.Address{bob, "nobody@contoso.com"}
		for i := range 30 { // more than one question can hold
			q.Optional = append(q.Optional, providers.Address(fmt.Sprintf("p%d@contoso.com", i)))
		}
		w.tenant.busy[bob] = []providers.Block{{Interval: span(q), State: providers.OutOfOffice}}
		w.tenant.unknown["guest@elsewhere.com"] = &providers.Problem{Class: providers.NotAllowed}
		w.tenant.unknown["nobody@contoso.com"] = &providers.Problem{Class: providers.NoMailbox}
		got, err := w.Check(t.Context(), q)
		if err != nil || !got.Free {
			t.Fatalf("%+v, %v", got, err)
		}
		if n := len(got.Attendees); n != 34 {
			t.Errorf("answers for %d people, want the organizer and 33", n)
		}
		said := strings.Join(got.Warnings, "\n")
		for _, want := range []string{"bob@contoso.com: busy", "guest@elsewhere.com: not known", "nobody@contoso.com: no such mailbox", "12 seats for 34 people"} {
			if !strings.Contains(said, want) {
				t.Errorf("no word of %q in:\n%s", want, said)
			}
		}
		b := w.book(q)
		if len(b.Request.Required) != 2 || len(b.Request.Optional) != 31 {
			t.Errorf("invited: %v %v", b.Request.Required, b.Request.Optional)
		}
	})
}

func TestCheckSaysByWhatARoomIsTaken(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.request()
		q.Start = time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)
		q.End = q.Start.Add(time.Hour)
		q.Zone = "Europe/Berlin"
		for want, b := range map[string]providers.Block{
			"taken 14:30–15:00 by Board":       {State: providers.Busy, Subject: providers.Outside("Board")},
			"taken 14:30–15:00 (private)":      {State: providers.Busy, Subject: providers.Outside("Secret"), Private: true},
			"taken 14:30–15:00":                {State: providers.Busy},
			"held tentatively 14:30–15:00":     {State: providers.Tentative},
			"taken 14:30–15:00 by a␛b":         {State: providers.Busy, Subject: providers.Outside("a\x1b[2Jb")},
			"taken 14:30–15:00 by it is known": {State: providers.Unknown, Subject: providers.Outside("it is known")},
		} {
			b.Interval = providers.Interval{Start: q.Start.Add(30 * time.Minute), End: q.End}
			w.tenant.busy[aalto] = []providers.Block{b}
			got, err := w.Check(t.Context(), q)
			if err != nil || got.Why != want || got.Free || got.Class != providers.Conflict {
				t.Errorf("%q, %v; want %q", got.Why, err, want)
			}
		}
	})
}

func TestCheckOfReservedRoom(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.mirror.rooms[0].Bookable = false
		got, err := w.Check(t.Context(), w.request())
		if err != nil || got.Free || !strings.Contains(got.Why, "reserved") {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := w.Book(t.Context(), w.request()); !providers.Is(err, providers.Permanent) {
			t.Errorf("%v", err)
		}
	})
}

// A room that the mirror does not have yet, or a mirror that fails: the tenant's
// word counts.
func TestCheckWithoutMirror(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.mirror.rooms, w.mirror.err = nil, class(providers.Local)
		got, err := w.Check(t.Context(), w.request())
		if err != nil || !got.Free || len(got.Warnings) == 0 {
			t.Errorf("%+v, %v", got, err)
		}
		if b := w.await(w.book(w.request()).ID, time.Minute); b.State != providers.BookingAccepted || b.Request.Subject.String() != "Meeting in aalto@contoso.com" {
			t.Errorf("%s, %q", b.State, b.Request.Subject)
		}
	})
}

// Only what stands in for the room is offered, nearest first, and only what the
// tenant says is free now.
func TestAlternatives(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.request()
		w.tenant.busy[aalto] = []providers.Block{{Interval: span(q), State: providers.Busy}}
		offer := func() string {
			t.Helper()
			got, err := w.Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, a := range got.Alternatives {
				lines = append(lines, a.Room.Local()+": "+a.Why)
			}
			return strings.Join(lines, "\n")
		}
		if got, want := offer(), "near: free, same floor, 14 seats\nhall: free, same floor, 200 seats\nupstairs: free, same building, 2 floors away, 12 seats"; got != want {
			t.Errorf("offered:\n%s\nwant:\n%s", got, want)
		}
		w.tenant.busy["near@contoso.com"] = []providers.Block{{Interval: span(q), State: providers.Tentative}}
		w.tenant.busy["hall@contoso.com"] = []providers.Block{{Interval: providers.Interval{Start: q.End.Add(time.Hour), End: q.End.Add(2 * time.Hour)}, State: providers.Busy}}
		w.tenant.unknown["upstairs@contoso.com"] = &providers.Problem{Class: providers.NotAllowed}
		until := q.End.Add(time.Hour).Format("15:04")
		if got, want := offer(), "hall: free until "+until+", same floor, 200 seats\nfar: free, Annex, floor 3, 12 seats"; got != want {
			t.Errorf("offered:\n%s\nwant:\n%s", got, want)
		}
		for i := range w.mirror.rooms {
			if w.mirror.rooms[i].Mailbox == "hall@contoso.com" {
				w.mirror.rooms[i].Bookable = false
			}
		}
		if got := offer(); strings.Contains(got, "hall") {
			t.Errorf("a reserved room is offered:\n%s", got)
		}
		yes := true
		w.mirror.rooms[0].StepFree = &yes
		if got := offer(); got != "" {
			t.Errorf("offered in place of a step-free room:\n%s", got)
		}
	})
}

// Many candidates are asked in calls of at most 20, and the mirror spares asking
// those that it knows to be taken.
func TestAlternativesAreAskedInBoundedCalls(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.request()
		w.mirror.known = map[providers.Address]providers.Availability{}
		w.tenant.busy[aalto] = []providers.Block{{Interval: span(q), State: providers.Busy}}
		for i := range 200 {
			r := w.mirror.rooms[0]
			r.Mailbox = providers.Address(fmt.Sprintf("room%03d@contoso.com", i))
			w.mirror.rooms = append(w.mirror.rooms, r)
			taken := []providers.Block{{Interval: span(q), State: providers.Busy}}
			switch {
			case i < 100:
				w.mirror.known[r.Mailbox] = providers.Availability{Mailbox: r.Mailbox, AsOf: w.Now(), Window: providers.Interval{Start: q.Start.Add(-time.Hour), End: q.End.Add(time.Hour)}, Blocks: taken}
			case i < 130:
				w.tenant.busy[r.Mailbox] = taken // taken since the mirror looked
			}
		}
		got, err := w.Check(t.Context(), q)
		if err != nil || len(got.Alternatives) != 3 {
			t.Fatalf("%d alternatives, %v", len(got.Alternatives), err)
		}
		if n := w.tenant.calls("availability"); n != 3 {
			t.Errorf("%d questions, want one for the check and two for the candidates", n)
		}
		for _, a := range got.Alternatives {
			if strings.Compare(string(a.Room), "room130") < 0 && strings.HasPrefix(string(a.Room), "room") {
				t.Errorf("%s is offered", a.Room)
			}
		}
	})
}

// A block that may still change proves nothing.
func TestTentativeClashOnlyInfers(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: 2 * time.Second, answer: providers.ResponseDeclined}
		defer w.run()()
		b := w.book(w.request())
		time.Sleep(time.Millisecond)
		w.tenant.mu.Lock()
		w.tenant.busy[aalto] = []providers.Block{{Interval: span(b.Request), State: providers.Tentative}}
		w.tenant.mu.Unlock()
		if got := w.await(b.ID, time.Minute); got.ReasonProof != providers.Inferred || !strings.Contains(got.Reason, "held tentatively") {
			t.Errorf("%q (%s)", got.Reason, got.ReasonProof)
		}
	})
}
