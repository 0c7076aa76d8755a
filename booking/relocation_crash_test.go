package booking

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
)

// killedSite relocates until the process dies at a step, and then has another
// process go on.
func killedSite(t *testing.T, meetings, at int, prepare func(s *site), story func(ctx context.Context, s *site, d *Desk)) (s *site, k *killed) {
	t.Helper()
	onSite(t, meetings, func(t *testing.T, here *site) {
		s = here
		prepare(s)
		ctx, cut := context.WithCancel(t.Context())
		defer cut()
		k = &killed{at: at, cut: cut}
		first := New(Options{Tenant: dyingTenant{s.tenant, k}, Outbox: dyingOutbox{s.outbox, k}, Mirror: s.mirror, Organizer: alice, Journal: dyingJournal{s.journal, k}})
		story(ctx, s, first)
		s.Desk = s.desk()
		stop := s.background()
		time.Sleep(30 * time.Minute)
		stop()
	})
	return s, k
}

// F-043, F-051, F-055, DURA, J2: killed at every step of a relocation, also where a
// room declines or an answer is lost. The next process goes on: each meeting is moved
// once, was never without a room, and the journal tells how it ended.
func TestJ2KilledAtEveryStep(t *testing.T) {
	lost := &providers.Error{Class: providers.Transient, Status: 504}
	for name, c := range map[string]struct {
		prepare func(s *site)
		room    string
		writes  int
	}{
		"smooth":      {func(*site) {}, "near", 4},
		"answer lost": {func(s *site) { s.tenant.faults["change"] = []fault{{err: lost, commit: true}} }, "near", 4},
		"second lost": {func(s *site) { s.tenant.faults["change"] = []fault{{}, {err: lost, commit: true}} }, "near", 4},
		"not arrived": {func(s *site) { s.tenant.faults["change"] = []fault{{err: lost}} }, "near", 4},
		"changed by other": {func(s *site) {
			s.tenant.faults["change"] = []fault{{err: &providers.Error{Class: providers.Conflict, Status: 412}}}
		}, "near", 4},
		"declines": {func(s *site) {
			s.tenant.rooms[near] = roomRule{after: 3 * time.Second, answer: providers.ResponseDeclined}
		}, "upstairs", 8},
	} {
		t.Run(name, func(t *testing.T) {
			steps := 0
			for at, lived := 1, false; !lived; at++ {
				if at > 400 {
					t.Fatal("the story never ends")
				}
				acknowledged := ""
				var s *site
				var k *killed
				t.Run(fmt.Sprint("step ", at), func(t *testing.T) {
					s, k = killedSite(t, 2, at, c.prepare, func(ctx context.Context, s *site, d *Desk) {
						plan := s.plan()
						plan.BatchSize = 1
						r, err := d.Relocate(ctx, plan)
						if err != nil {
							return
						}
						acknowledged = r.ID
						_, _ = d.DriveRelocation(ctx, r.ID) // errors are the crash
					})
					all := s.journal.all
					switch {
					case len(all) == 0 && acknowledged == "":
						s.t = t
						s.sound(0, "aalto", "aalto")
						return
					case len(all) != 1:
						t.Fatalf("%d relocations are stored", len(all))
					}
					for _, r := range all {
						if r.State != providers.RelocationDone || r.Holder != "" {
							t.Errorf("killed at step %d: %s", at, summary(r))
						}
					}
					s.t = t
					s.sound(c.writes, c.room, c.room)
				})
				if t.Failed() {
					return
				}
				if lived = !k.dead; lived {
					steps = k.step
				}
			}
			t.Logf("%d steps", steps)
		})
	}
}

// The same for taking it back.
func TestJ2KilledAtEveryStepOfUndoing(t *testing.T) {
	for name, faults := range map[string][]fault{"smooth": nil, "answer lost": {{err: class(providers.Transient), commit: true}}} {
		t.Run(name, func(t *testing.T) {
			for at, lived := 1, false; !lived; at++ {
				if at > 400 {
					t.Fatal("the story never ends")
				}
				t.Run(fmt.Sprint("step ", at), func(t *testing.T) {
					id, asked := "", false
					s, k := killedSite(t, 2, at, func(s *site) {
						plan := s.plan()
						plan.BatchSize = 1
						id = s.relocate(plan).ID
						s.drive(id, time.Hour)
						s.tenant.faults["change"] = faults
					}, func(ctx context.Context, _ *site, d *Desk) {
						if _, err := d.UndoRelocation(ctx, id); err != nil {
							return
						}
						asked = true
						_, _ = d.DriveRelocation(ctx, id) // errors are the crash
					})
					lived = !k.dead
					s.t = t
					r := s.journal.all[id]
					if r.State == providers.RelocationDone && !asked { // killed before the wish was stored
						s.sound(4, "near", "near")
						return
					}
					if r.State != providers.RelocationUndone {
						t.Errorf("killed at step %d: %s", at, summary(r))
					}
					s.sound(8, "aalto", "aalto")
				})
				if t.Failed() {
					return
				}
			}
		})
	}
}

// Killed again and again at random moments, five meetings at a time, with rooms that
// decline and answers that are lost.
func TestJ2KilledAtRandom(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 2))
			onSite(t, 9, func(t *testing.T, s *site) {
				s.tenant.rooms[upstairs] = roomRule{after: time.Second, answer: providers.ResponseDeclined}
				plan := s.plan()
				for n := range plan.Steps {
					if dice.IntN(3) == 0 {
						slices.Reverse(plan.Steps[n].Choices[:2])
					}
				}
				for range 8 {
					f := fault{}
					if dice.IntN(2) == 0 {
						f = fault{err: class(providers.Transient), commit: dice.IntN(2) == 0}
					}
					s.tenant.faults["change"] = append(s.tenant.faults["change"], f)
				}
				id := s.relocate(plan).ID
				for range 6 {
					ctx, cut := context.WithCancel(t.Context())
					k := &killed{at: 1 + dice.IntN(120), cut: cut}
					d := New(Options{Tenant: dyingTenant{s.tenant, k}, Outbox: dyingOutbox{s.outbox, k}, Mirror: s.mirror, Organizer: alice, Journal: dyingJournal{s.journal, k}})
					_, _ = d.DriveRelocation(ctx, id) // errors are the crash
					cut()
				}
				s.Desk = s.desk()
				stop := s.background()
				time.Sleep(time.Hour)
				stop()
				r := s.read(id)
				if r.State != providers.RelocationDone {
					t.Fatal(summary(r))
				}
				s.sound(-1, all(9, "near")...)
			})
		})
	}
}
