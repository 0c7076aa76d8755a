package booking

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// F-046, F-047: what the room says, and why as far as that can be known.
func TestRoomAnswers(t *testing.T) {
	board := func(w *world) {
		q := w.request()
		w.tenant.mu.Lock()
		defer w.tenant.mu.Unlock()
		w.tenant.busy[aalto] = []providers.Block{{Interval: providers.Interval{Start: q.Start, End: q.Start.Add(30 * time.Minute)}, State: providers.Busy, Subject: providers.Outside("Board")}}
	}
	for name, c := range map[string]struct {
		rule   roomRule
		then   func(w *world) // after the meeting was sent, before the room answers
		change func(q *providers.BookingRequest)
		state  providers.BookingState
		proof  providers.Proof
		words  string
	}{
		"accepts":                    {roomRule{after: 20 * time.Second}, nil, nil, providers.BookingAccepted, providers.UnknownCause, ""},
		"holds":                      {roomRule{after: time.Second, answer: providers.ResponseTentative}, nil, nil, providers.BookingTentative, providers.Inferred, "approve"},
		"taken meanwhile":            {roomRule{after: 5 * time.Second, answer: providers.ResponseDeclined}, board, nil, providers.BookingDeclined, providers.Proven, "taken meanwhile"},
		"declines at once by policy": {roomRule{after: 2 * time.Second, answer: providers.ResponseDeclined}, nil, nil, providers.BookingDeclined, providers.Inferred, "rule"},
		"declines later":             {roomRule{after: 3 * time.Minute, answer: providers.ResponseDeclined}, nil, nil, providers.BookingDeclined, providers.UnknownCause, "no reason"},
		"a person declines":          {roomRule{after: 40 * time.Minute, answer: providers.ResponseDeclined}, nil, nil, providers.BookingDeclined, providers.Inferred, "person"},
		"whole day": {roomRule{answer: providers.ResponseDeclined}, nil, func(q *providers.BookingRequest) { q.End = q.Start.Add(24 * time.Hour) },
			providers.BookingDeclined, providers.Inferred, "day"},
		"beyond the window": {roomRule{answer: providers.ResponseDeclined}, nil, func(q *providers.BookingRequest) {
			q.Start, q.End = q.Start.AddDate(0, 7, 0), q.End.AddDate(0, 7, 0)
		}, providers.BookingDeclined, providers.Inferred, "180 days"},
		"declines, and hides its calendar": {roomRule{after: 2 * time.Second, answer: providers.ResponseDeclined}, func(w *world) {
			w.tenant.unknown[aalto] = &providers.Problem{Class: providers.NotAllowed, Status: 403}
		}, nil, providers.BookingDeclined, providers.UnknownCause, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.rooms[aalto] = c.rule
				defer w.run()()
				q := w.request()
				if c.change != nil {
					c.change(&q)
				}
				b := w.book(q)
				time.Sleep(time.Millisecond)
				if c.then != nil {
					c.then(w)
				}
				got := w.await(b.ID, time.Hour)
				if got.State != c.state || got.ReasonProof != c.proof || !strings.Contains(got.Reason, c.words) || (c.words == "") != (got.Reason == "") {
					t.Errorf("%s, %s: %q; want %s, %s: %q", got.State, got.ReasonProof, got.Reason, c.state, c.proof, c.words)
				}
				if late := got.Answered.Sub(got.Created) - c.rule.after; late < 0 || late > max(c.rule.after, 30*time.Second, 2*time.Minute*time.Duration(c.rule.after/(15*time.Minute))) {
					t.Errorf("noticed %v after the room answered", late)
				}
				wantOffers := 0
				if c.state == providers.BookingDeclined {
					wantOffers = 3
				}
				if len(got.Alternatives) != wantOffers {
					t.Errorf("%d alternatives", len(got.Alternatives))
				}
				w.once(got, 1)
			})
		})
	}
}

// F-046: two book the same room in the same second; one is told no, within 30
// seconds of the tenant knowing, and never before that yes.
func TestTwoBookOneRoom(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: 3 * time.Second}
		defer w.run()()
		first, second := w.book(w.request()), w.book(w.request())
		a, b := w.await(first.ID, time.Minute), w.await(second.ID, time.Minute)
		states := []providers.BookingState{a.State, b.State}
		slices.Sort(states)
		if !slices.Equal(states, []providers.BookingState{providers.BookingAccepted, providers.BookingDeclined}) {
			t.Fatalf("%v", states)
		}
		loser := a
		if b.State == providers.BookingDeclined {
			loser = b
		}
		if loser.ReasonProof != providers.Proven || len(loser.Alternatives) != 3 {
			t.Errorf("%q (%s), %d alternatives", loser.Reason, loser.ReasonProof, len(loser.Alternatives))
		}
		n := 0
		for _, s := range w.states {
			if s == providers.BookingAccepted {
				n++
			}
		}
		if n != 1 {
			t.Errorf("accepted was told %d times", n)
		}
	})
}

// F-047: a silent room stays "waiting", says so after 15 minutes, and is not
// asked in a hot loop.
func TestSilentRoom(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{silent: true}
		defer w.run()()
		q := w.request()
		b := w.book(q)
		time.Sleep(14 * time.Minute)
		if got := w.stored(b.ID); got.State != providers.BookingWaiting || got.Reason != "" {
			t.Errorf("after 14 minutes %s: %q", got.State, got.Reason)
		}
		time.Sleep(2 * time.Minute)
		got := w.stored(b.ID)
		if got.State != providers.BookingWaiting || !strings.Contains(got.Reason, "no answer for 15 min") || got.ReasonProof != providers.Inferred {
			t.Errorf("after 16 minutes %s: %q", got.State, got.Reason)
		}
		if n := w.tenant.calls("event"); n > 45 {
			t.Errorf("%d looks in 16 minutes", n)
		}
		time.Sleep(24 * time.Hour)
		if got := w.stored(b.ID); got.State != providers.BookingWaiting || !strings.Contains(got.Reason, "over") {
			t.Errorf("after the meeting %s: %q", got.State, got.Reason)
		}
		if n := w.tenant.calls("event"); n > 150 {
			t.Errorf("%d looks in a day", n)
		}
	})
}

// A delegate decides hours later; a room changes its mind after having accepted.
func TestLaterAnswers(t *testing.T) {
	for name, c := range map[string]struct{ first, later providers.Response }{
		"approved":         {providers.ResponseTentative, providers.ResponseAccepted},
		"not approved":     {providers.ResponseTentative, providers.ResponseDeclined},
		"takes it back":    {providers.ResponseAccepted, providers.ResponseDeclined},
		"is asked again":   {providers.ResponseAccepted, providers.ResponsePending},
		"becomes doubtful": {providers.ResponseAccepted, providers.ResponseTentative},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.rooms[aalto] = roomRule{answer: c.first}
				stop := w.run()
				b := w.book(w.request())
				w.await(b.ID, time.Minute)
				w.tenant.mu.Lock()
				m := w.tenant.meetings[0]
				m.later, m.laterAt = c.later, w.Now().Add(90*time.Minute)
				w.tenant.mu.Unlock()
				stop() // also over a restart
				w.Desk = w.desk()
				defer w.run()()
				time.Sleep(96 * time.Minute)
				got := w.stored(b.ID)
				want := map[providers.Response]providers.BookingState{providers.ResponseAccepted: providers.BookingAccepted, providers.ResponseDeclined: providers.BookingDeclined,
					providers.ResponsePending: providers.BookingWaiting, providers.ResponseTentative: providers.BookingTentative}[c.later]
				if got.State != want || (want != providers.BookingAccepted && got.Reason == "") {
					t.Errorf("%s: %q, want %s", got.State, got.Reason, want)
				}
				if n := w.tenant.calls("event"); n > 110 {
					t.Errorf("%d looks in 96 minutes", n)
				}
			})
		})
	}
}

// Only the room's own answer counts (graph.md 7: its address may come back as a
// legacy distinguished name).
func TestRoomAttendee(t *testing.T) {
	b := providers.Booking{RoomName: providers.Outside("Aalto"), Request: providers.BookingRequest{Room: aalto}}
	dn := providers.Outside("/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=8f3a-aalto")
	accepted := func(a providers.Attendee) providers.Attendee { a.Response = providers.ResponseAccepted; return a }
	for name, c := range map[string]struct {
		attendees []providers.Attendee
		want      bool
	}{
		"by address":                  {[]providers.Attendee{accepted(providers.Attendee{Mailbox: aalto, Type: providers.Resource})}, true},
		"by address, as a person":     {[]providers.Attendee{accepted(providers.Attendee{Mailbox: aalto, Type: providers.Required})}, true},
		"by name":                     {[]providers.Attendee{accepted(providers.Attendee{Text: providers.Outside("/o=x/cn=123"), Name: providers.Outside("aalto "), Type: providers.Resource})}, true},
		"by the alias in the DN":      {[]providers.Attendee{accepted(providers.Attendee{Text: dn, Type: providers.Resource})}, true},
		"another room":                {[]providers.Attendee{accepted(providers.Attendee{Mailbox: "bauhaus@contoso.com", Name: providers.Outside("Aalto"), Type: providers.Resource})}, false},
		"a person of that name":       {[]providers.Attendee{accepted(providers.Attendee{Text: dn, Name: providers.Outside("Aalto"), Type: providers.Required})}, false},
		"another DN":                  {[]providers.Attendee{accepted(providers.Attendee{Text: providers.Outside("/o=x/cn=8f3a-bauhaus"), Type: providers.Resource})}, false},
		"two of that name":            {[]providers.Attendee{accepted(providers.Attendee{Text: dn, Type: providers.Resource}), {Text: providers.Outside("/o=x/cn=1-aalto"), Type: providers.Resource}}, false},
		"nobody":                      {nil, false},
		"the organizer says accepted": {[]providers.Attendee{accepted(providers.Attendee{Mailbox: alice, Type: providers.Required})}, false},
	} {
		got, ok := roomAttendee(b, providers.Event{Attendees: c.attendees})
		if ok != c.want || ok && got.Response != providers.ResponseAccepted {
			t.Errorf("%s: %v %+v", name, ok, got)
		}
	}
}

func TestLegacyAddressOfTheRoom(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: time.Second, legacyDN: "/o=ExchangeLabs/ou=Exchange/cn=Recipients/cn=0123"}
		defer w.run()()
		if got := w.await(w.book(w.request()).ID, time.Minute); got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
	})
}

// Somebody deletes or cancels the meeting in Outlook.
func TestMeetingVanishes(t *testing.T) {
	for name, remove := range map[string]func(w *world){
		"deleted":   func(w *world) { w.tenant.meetings = nil },
		"cancelled": func(w *world) { w.tenant.meetings[0].event.Cancelled = true },
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				defer w.run()()
				b := w.book(w.request())
				w.await(b.ID, time.Minute)
				w.tenant.mu.Lock()
				remove(w)
				w.tenant.mu.Unlock()
				time.Sleep(10 * time.Minute)
				if got := w.stored(b.ID); got.State != providers.BookingCancelled || !strings.Contains(got.Reason, "organizer's calendar") {
					t.Errorf("%s: %q", got.State, got.Reason)
				}
			})
		})
	}
}

// One 404 is no proof: the meeting is searched for, and found under a new id.
func TestOneMissedReadIsNoProof(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: 10 * time.Second}
		w.tenant.faults["event"] = []fault{{err: class(providers.Gone)}, {err: class(providers.Transient)}, {err: class(providers.Throttled)}}
		defer w.run()()
		b := w.book(w.request())
		got := w.await(b.ID, time.Minute)
		if got.State != providers.BookingAccepted {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		w.tenant.mu.Lock()
		w.tenant.meetings[0].event.ID = "moved"
		w.tenant.mu.Unlock()
		time.Sleep(10 * time.Minute)
		if got := w.stored(b.ID); got.State != providers.BookingAccepted || got.EventID != "moved" {
			t.Errorf("%s, event %s", got.State, got.EventID)
		}
		if slices.Contains(w.states, providers.BookingCancelled) {
			t.Errorf("states %v", w.states)
		}
	})
}

// A tenant that cannot be read loses no booking and is not asked in a hot loop;
// that nothing is known is said.
func TestPollingSurvivesTrouble(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: time.Minute}
		w.tenant.always["event"] = fault{err: class(providers.Unreachable)}
		defer w.run()()
		b := w.book(w.request())
		time.Sleep(time.Hour)
		if got := w.stored(b.ID); got.State != providers.BookingWaiting || !strings.Contains(got.Reason, "cannot be read") {
			t.Errorf("%s: %q", got.State, got.Reason)
		}
		if n := w.tenant.calls("event"); n > 30 {
			t.Errorf("%d reads in an hour of trouble", n)
		}
		w.tenant.mu.Lock()
		delete(w.tenant.always, "event")
		w.tenant.mu.Unlock()
		if got := w.await(b.ID, 10*time.Minute); got.State != providers.BookingAccepted || got.Reason != "" {
			t.Errorf("%s: %q", got.State, got.Reason)
		}
	})
}

// A tenant that for a moment does not know a meeting has not deleted it.
func TestMomentaryAbsenceIsNoProof(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.rooms[aalto] = roomRule{after: 10 * time.Second}
		defer w.run()()
		b := w.book(w.request())
		time.Sleep(600 * time.Millisecond)
		w.tenant.mu.Lock()
		hidden := w.tenant.meetings
		w.tenant.meetings = nil
		w.tenant.mu.Unlock()
		time.Sleep(4 * time.Second)
		w.tenant.mu.Lock()
		w.tenant.meetings = hidden
		w.tenant.mu.Unlock()
		if got := w.await(b.ID, time.Minute); got.State != providers.BookingAccepted || slices.Contains(w.states, providers.BookingCancelled) {
			t.Errorf("%s: %s; %v", got.State, got.Reason, w.states)
		}
	})
}
