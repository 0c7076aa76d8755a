package sync_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

// verified says what a comparison with both sides finds, which is nothing.
func (w *wired) verified(when string) {
	w.t.Helper()
	v, err := sync.Verify(w.t.Context(), sync.VerifyOptions{Store: w.store, Source: w.provider, Now: w.o.Now})
	if err != nil || len(v.Differences)+len(v.Failed) > 0 || v.Mailboxes < len(w.rooms()) {
		w.t.Errorf("%s: %+v, %v", when, v, err)
	}
}

// shown is what the mirror has of a room.
func (w *wired) shown(room providers.Address) []string {
	w.t.Helper()
	lines, err := mirrorLines(w.store, room, time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return lines
}

// lose takes one part of a hybrid tenant off the network, "" brings it back.
func (w *wired) lose(part string) {
	w.mu.Lock()
	w.gone = part
	w.mu.Unlock()
	w.sever()
}

// F-132, P17: one part of a hybrid organisation is down for two hours. The rooms of the
// other are read as ever; what was known of its own rooms is kept, said to be old, and
// never taken for free. Once it is back everything is read, without a person. Under the
// race detector it is the cloud that is gone: by it a mailbox is asked for first.
func TestAPartIsDownForTwoHours(t *testing.T) {
	oneKey()
	for part, onPremisesIsDown := range map[string]bool{"graph": false, ews.Name: true} {
		if raceDetector && onPremisesIsDown && !all() {
			continue
		}
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) { partIsDown(t, part, onPremisesIsDown) })
		})
	}
}

func partIsDown(t *testing.T, part string, onPremisesIsDown bool) {
	w := wire(t, simulator.Options{Rooms: 2, People: 2, Seed: 7, Exchange: simulator.ExchangeHybrid}, time.Time{})
	defer w.end()
	w.o.Intervals.Near, w.o.Intervals.Rest = 3*time.Minute, 3*time.Minute
	w.engine = sync.New(w.o)
	w.people()
	w.run()
	w.synced()
	w.converges(5 * time.Minute)
	w.verified("before")
	lost, kept := map[providers.Address][]string{}, []providers.Address{}
	for _, room := range w.rooms() {
		if w.local(room) == onPremisesIsDown {
			lost[room] = w.shown(room)
		} else {
			kept = append(kept, room)
		}
	}
	own := map[providers.Address]string{}
	for _, room := range kept {
		own[room] = w.own(room)[0]
	}
	if len(lost) != 1 || len(kept) != 1 {
		t.Fatalf("%d rooms are lost, %d kept", len(lost), len(kept))
	}
	watch := w.look(4 * time.Minute)
	after := w.lastEntry()
	w.lose(part)
	changes(w) // by the people, on both sides
	time.Sleep(6 * time.Minute)
	for _, room := range kept {
		want, _ := trueLines(t, w.tenant, room, time.Now())
		if have := w.shown(room); !slices.Equal(want, have) {
			t.Errorf("the other half does not go on: %s: %s", room, firstDifference(want, have))
		}
	}
	for range 11 {
		for range 60 {
			time.Sleep(10 * time.Second)
			if p := w.engine.Progress().Problem; p != nil {
				t.Fatalf("F-132: the whole organisation is held up by one part: %s", p.Sentence(time.Now()))
			}
		}
		w.isGone(lost)
		for _, room := range kept {
			w.rename(room, own[room], "At "+time.Now().Format(time.TimeOnly))
		}
	}
	watch.end()
	// That the other part is there is known: it is not asked again for each try of a room
	// of the lost one.
	if n := w.whoAsked(after); n > 3 {
		t.Errorf("F-132: the part that answers is asked %d times in two hours who it is", n)
	}
	w.lose("")
	w.converges(15 * time.Minute)
	w.until("nobody says that a room fails", 10*time.Minute, func() bool {
		status, err := w.engine.Status(t.Context())
		return err == nil && !slices.ContainsFunc(status, func(s providers.MailboxStatus) bool { return s.Problem != nil || s.State != providers.MailboxFresh })
	})
	w.verified("afterwards")
	w.secretKept(watch.said)
}

// whoAsked counts the questions who a part of the tenant is.
func (w *wired) whoAsked(after int64) (n int) {
	for _, e := range w.requests(after) {
		if e.Operation == "GetServerTimeZones" || strings.HasSuffix(e.Path, "/organization") {
			n++
		}
	}
	return n
}

// isGone is what is shown of rooms whose part is down, and of the others.
func (w *wired) isGone(lost map[providers.Address][]string) {
	w.t.Helper()
	status, err := w.engine.Status(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range status {
		rows, gone := lost[s.Mailbox]
		switch {
		case !gone && s.State != providers.MailboxFresh:
			w.t.Errorf("F-132: %s of the other part is %s: %s", s.Mailbox, s.State, s.Problem.Sentence(time.Now()))
		case gone && (s.State == providers.MailboxFresh || s.Problem == nil):
			w.t.Errorf("STALE: %s is %s, with %v", s.Mailbox, s.State, s.Problem)
		case gone:
			// Rows that are over leave the promised window by themselves.
			have := w.shown(s.Mailbox)
			for _, line := range have {
				if !slices.Contains(rows, line) {
					w.t.Errorf("%s has a new row: %s", s.Mailbox, line)
				}
			}
			if len(rows)-len(have) > 2 {
				w.t.Errorf("NODEL: %s had %d rows and has %d", s.Mailbox, len(rows), len(have))
			}
		}
	}
	at := time.Now().Add(time.Hour)
	span := providers.Interval{Start: at, End: at.Add(time.Hour)}
	answers, err := w.provider.Availability(w.t.Context(), w.rooms(), span)
	if err != nil || len(answers) != len(w.rooms()) {
		w.t.Fatalf("%d answers, %v", len(answers), err)
	}
	for _, a := range answers {
		if _, gone := lost[a.Mailbox]; gone == a.Known() || gone && (a.FreeFor(span) || a.Problem == nil) {
			w.t.Errorf("F-132: %s, of %v: known %v, free %v, %v", a.Mailbox, slices.Collect(maps.Keys(lost)), a.Known(), a.FreeFor(span), a.Problem)
		}
	}
}

// P17, F-071, F-082, F-001: in a hybrid organisation each fifth request fails in one of
// the ways, whichever side it is for; at the end the mirror is true. The stories
// about one calendar only are told over the parts, which serve it without the other.
func TestTheNthRequestFailsInAHybridOrganisation(t *testing.T) {
	oneKey()
	for _, s := range stories()[:2] {
		s.tenant.Exchange = simulator.ExchangeHybrid
		stride := 5
		if (raceDetector || testing.Short()) && !all() {
			stride = 45
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for n, over := 1, false; !over; n += stride {
				way := ways[(n/stride)%len(ways)]
				x := &spoiler{n: n, way: way}
				bubble(t, func(t *testing.T) { s.plays(t, x.wrap, nil) })
				if t.Failed() {
					t.Fatalf("the %d. request fails: %s", n, way)
				}
				over = !x.passed()
			}
		})
	}
}

// P17, F-069, F-132: one part of a hybrid organisation throttles all that is asked of
// it. It is left alone as long as it says, and the other part is not.
func TestAPartIsThrottled(t *testing.T) {
	oneKey()
	busy := simulator.Fault{Path: "/v1.0/**", Times: -1, Fail: &simulator.Failure{Status: 429, Code: "TooManyRequests", RetryAfter: "240"}}
	for name, f := range map[string]simulator.Fault{"graph": busy, ews.Name: inExchange(busy)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				w := wire(t, simulator.Options{Rooms: 2, People: 2, Seed: 7, Exchange: simulator.ExchangeHybrid}, time.Time{})
				defer w.end()
				w.people()
				w.run()
				w.synced()
				w.converges(5 * time.Minute)
				own := map[providers.Address]string{}
				for _, room := range w.rooms() {
					own[room] = w.own(room)[0]
				}
				changes(w)
				over := w.tenant.Inject(f)
				after := w.lastEntry()
				time.Sleep(30 * time.Second)
				for _, room := range w.rooms() { // while the one part is left alone
					if w.local(room) != (name == ews.Name) {
						w.rename(room, own[room], "While the other waits")
					}
				}
				time.Sleep(180 * time.Second)
				throttled := 0
				for _, room := range w.rooms() {
					want, _ := trueLines(t, w.tenant, room, time.Now())
					if w.local(room) != (name == ews.Name) && !slices.Equal(want, w.shown(room)) {
						t.Errorf("the other half does not go on: %s: %s", room, firstDifference(want, w.shown(room)))
					}
				}
				for _, e := range w.requests(after) {
					if e.Fault != "" {
						throttled++
					}
				}
				if throttled == 0 || throttled > 12 {
					t.Errorf("%d requests were made in vain", throttled)
				}
				over()
				w.converges(15 * time.Minute)
				w.verified("afterwards")
			})
		})
	}
}

// F-132, J5: one part is down when a hybrid organisation is read for the first time. The
// rooms of the other are there nonetheless, and the rest comes once the part is back.
func TestAPartIsDownAtTheStart(t *testing.T) {
	oneKey()
	for part, onPremisesIsDown := range map[string]bool{"graph": false, ews.Name: true} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				w := wire(t, simulator.Options{Rooms: 2, People: 2, Seed: 7, Exchange: simulator.ExchangeHybrid}, time.Time{})
				defer w.end()
				w.lose(part)
				w.run()
				w.until("the other half is read", 30*time.Minute, func() bool {
					for _, room := range w.rooms() {
						if want, _ := trueLines(t, w.tenant, room, time.Now()); w.local(room) != onPremisesIsDown && !slices.Equal(want, w.shown(room)) {
							return false
						}
					}
					return true
				})
				w.lose("")
				w.converges(30 * time.Minute)
				w.verified("once it is back")
			})
		})
	}
}
