package booking

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// J2: the batch is in the journal before anything leaves; five at a time, the next
// ones when the rooms have answered; each answer is kept.
func TestJ2RelocationInBatches(t *testing.T) {
	onSite(t, 12, func(t *testing.T, s *site) {
		r := s.relocate(s.plan())
		if got := s.read(r.ID); got.State != providers.RelocationRunning || len(got.Steps) != 12 || len(s.tenant.ledger) != 0 {
			t.Fatalf("stored as %s, after %v", summary(got), s.tenant.ledger)
		}
		r = s.drive(r.ID, time.Hour)
		if r.State != providers.RelocationDone || r.Count(providers.StepMoved) != 12 || r.Ended.IsZero() || r.Holder != "" {
			t.Fatal(summary(r))
		}
		for n, step := range r.Steps {
			if step.Batch != n/5+1 || len(step.Answers) != 1 || step.Answers[0].Response != providers.ResponseAccepted || step.Answers[0].Room != near || step.Ended.IsZero() || step.BookingID == "" {
				t.Errorf("step %d: %+v", n, step)
			}
		}
		for _, v := range s.journal.versions {
			if working := v.Count(providers.StepMoving); working > 5 {
				t.Fatalf("%d at a time", working)
			}
			for _, a := range v.Steps {
				for _, b := range v.Steps {
					if a.Batch < b.Batch && a.Batch > 0 && a.State == providers.StepMoving {
						t.Fatalf("batch %d began while a meeting of batch %d was not answered: %s", b.Batch, a.Batch, summary(v))
					}
				}
			}
		}
		s.sound(24, all(12, "near")...)
	})
}

// A room that declines is followed by the next best; where all decline the meeting
// keeps its room and is listed as unsolved, with what each room said.
func TestJ2DecliningRooms(t *testing.T) {
	onSite(t, 3, func(t *testing.T, s *site) {
		s.tenant.rooms[near] = roomRule{after: 3 * time.Second, answer: providers.ResponseDeclined}
		plan := s.plan()
		plan.Steps[1].Choices = plan.Steps[1].Choices[:1]
		plan.Steps[2].Choices[1].Lesser = true // never taken unasked
		r := s.drive(s.relocate(plan).ID, time.Hour)
		if r.State != providers.RelocationPartly || r.Count(providers.StepMoved) != 2 || r.Steps[1].State != providers.StepUnsolved {
			t.Fatal(summary(r))
		}
		first := r.Steps[0]
		if first.At != 1 || len(first.Answers) != 2 || first.Answers[0].Response != providers.ResponseDeclined || first.Answers[0].Words == "" || first.Answers[1].Room != upstairs {
			t.Errorf("%+v", first)
		}
		if why := r.Steps[1].Why; !strings.Contains(why, "no room took it") || !strings.Contains(why, "near") {
			t.Errorf("unsolved because %q", why)
		}
		s.sound(-1, "upstairs", "aalto", "far")
	})
}

// A room that was taken meanwhile is not asked at all.
func TestJ2RoomTakenMeanwhile(t *testing.T) {
	onSite(t, 1, func(t *testing.T, s *site) {
		e := s.tenant.meetings[0].event
		s.tenant.busy[near] = []providers.Block{{Interval: providers.Interval{Start: e.Start, End: e.End}, State: providers.Busy, Subject: providers.Outside("Hiring")}}
		r := s.drive(s.relocate(s.plan()).ID, time.Hour)
		if r.State != providers.RelocationDone || len(r.Steps[0].Answers) != 2 || !strings.Contains(r.Steps[0].Answers[0].Words, "by Hiring") {
			t.Fatal(summary(r))
		}
		s.sound(2, "upstairs")
	})
}

// F-051: what somebody else changed is not written over, before the move and in the
// middle of it (412).
func TestJ2ChangedBySomebodyElse(t *testing.T) {
	move := func(s *site, n int) {
		s.tenant.mu.Lock()
		defer s.tenant.mu.Unlock()
		m := s.tenant.meetings[n]
		m.event.Start, m.event.End, m.version = m.event.Start.Add(2*time.Hour), m.event.End.Add(2*time.Hour), m.version+1
	}
	onSite(t, 3, func(t *testing.T, s *site) {
		plan := s.plan()
		move(s, 0) // after the plan, before the move
		s.tenant.mu.Lock()
		s.tenant.meetings[1].event.Attendees[0].Mailbox, s.tenant.meetings[1].place = far, far // another room
		s.tenant.mu.Unlock()
		r := s.drive(s.relocate(plan).ID, time.Hour)
		if r.State != providers.RelocationPartly || r.Steps[2].State != providers.StepMoved {
			t.Fatal(summary(r))
		}
		for n, words := range []string{"somebody moved it meanwhile", "not in that room any more"} {
			if step := r.Steps[n]; step.State != providers.StepFailed || !strings.Contains(step.Why, words) {
				t.Errorf("step %d: %s, %q", n, step.State, step.Why)
			}
		}
		s.sound(2, "aalto", "far", "near")
	})
	onSite(t, 1, func(t *testing.T, s *site) {
		s.tenant.script(map[string][]fault{"change": {{err: &providers.Error{Class: providers.Conflict, Status: 412}}}})
		r := s.drive(s.relocate(s.plan()).ID, time.Hour)
		if r.State != providers.RelocationDone {
			t.Fatal(summary(r))
		}
		s.sound(2, "near")
	})
	onSite(t, 1, func(t *testing.T, s *site) { // moved in time while the new room thinks
		s.tenant.rooms[near] = roomRule{after: 30 * time.Second}
		r := s.relocate(s.plan())
		stop := s.background()
		time.Sleep(10 * time.Second)
		move(s, 0)
		time.Sleep(5 * time.Minute)
		stop()
		got := s.read(r.ID)
		if got.Steps[0].State != providers.StepFailed || !strings.Contains(got.Steps[0].Why, "somebody changed the meeting meanwhile") {
			t.Fatal(summary(got))
		}
	})
}

// A silent room holds up its batch for the stated time only; the meeting keeps its
// room, and when the room answers late the move is brought to its end.
func TestJ2SilentRoom(t *testing.T) {
	onSite(t, 7, func(t *testing.T, s *site) {
		s.tenant.mu.Lock()
		s.tenant.rooms[far] = roomRule{after: 20 * time.Minute}
		s.tenant.mu.Unlock()
		plan := s.plan()
		plan.Steps[0].Choices = plan.Steps[0].Choices[2:]
		r := s.relocate(plan)
		stop := s.background()
		defer stop()
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		got := s.read(r.ID)
		if got.State != providers.RelocationRunning || got.Count(providers.StepMoved) != 6 || got.Steps[0].State != providers.StepWaiting || !strings.Contains(got.Steps[0].Why, "far has not answered within 2 min") {
			t.Fatal(summary(got))
		}
		time.Sleep(25 * time.Minute)
		if got = s.read(r.ID); got.State != providers.RelocationDone {
			t.Fatal(summary(got))
		}
		s.sound(14, append([]string{"far"}, all(6, "near")...)...)
	})
}

// Nobody can be asked: the meetings stay where they are, and it is told.
func TestJ2TenantUnreachable(t *testing.T) {
	onSite(t, 2, func(t *testing.T, s *site) {
		s.tenant.always["availability"] = fault{err: class(providers.Unreachable)}
		r := s.drive(s.relocate(s.plan()).ID, time.Hour)
		if r.State != providers.RelocationPartly || r.Count(providers.StepFailed) != 2 || !strings.Contains(r.Steps[0].Why, "not asked") && !strings.Contains(r.Steps[0].Why, "not known whether the room is free") {
			t.Fatal(summary(r))
		}
		s.sound(0, all(2, "aalto")...)
	})
}

// L5: a meeting that may not be changed from here stays, listed with the reason.
func TestJ2NotAllowed(t *testing.T) {
	onSite(t, 2, func(t *testing.T, s *site) {
		s.tenant.script(map[string][]fault{"event": {{err: class(providers.NotAllowed)}}})
		plan := s.plan()
		plan.BatchSize = 1
		r := s.drive(s.relocate(plan).ID, time.Hour)
		if r.Steps[0].State != providers.StepUnsolved || r.Steps[0].Why == "" || r.Steps[1].State != providers.StepMoved {
			t.Fatal(summary(r))
		}
		s.sound(2, "aalto", "near")
	})
}

// What cannot be carried out is refused before anything is stored.
func TestRelocateRefusesNonsense(t *testing.T) {
	onSite(t, 2, func(t *testing.T, s *site) {
		clash := s.plan()
		clash.Steps[1].Was = clash.Steps[0].Was
		lost := s.plan()
		lost.Steps[1].EventID = ""
		empty := s.plan()
		for n := range empty.Steps {
			empty.Steps[n].State = providers.StepLeft
		}
		for name, plan := range map[string]providers.Relocation{"one room twice": clash, "no event": lost, "nothing": empty} {
			if _, err := s.Relocate(t.Context(), plan); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		if len(s.journal.all) != 0 {
			t.Error("something was stored")
		}
	})
}

// Stopped: the batch that was begun ends, nothing more is begun.
func TestJ2Stop(t *testing.T) {
	onSite(t, 12, func(t *testing.T, s *site) {
		r := s.relocate(s.plan())
		stop := s.background()
		time.Sleep(2 * time.Second)
		if _, err := s.StopRelocation(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		stop()
		got := s.read(r.ID)
		if got.State != providers.RelocationPartly || got.Count(providers.StepMoved) != 5 || got.Count(providers.StepLeft) != 7 {
			t.Fatal(summary(got))
		}
		s.sound(10, append(all(5, "near"), all(7, "aalto")...)...)
		if _, err := s.StopRelocation(t.Context(), r.ID); err == nil {
			t.Error("it is stopped again")
		}
	})
}

// Two processes never work on one relocation at a time; when one dies the other
// goes on after half a minute.
func TestJ2OneProcessAtATime(t *testing.T) {
	onSite(t, 12, func(t *testing.T, s *site) {
		r := s.relocate(s.plan())
		stop := s.background()
		second := *s
		second.world = &world{t: t, tenant: s.tenant, outbox: s.outbox, mirror: s.mirror}
		second.Desk = s.desk()
		stopSecond := second.background()
		time.Sleep(5 * time.Minute)
		stop()
		stopSecond()
		got := s.read(r.ID)
		if got.State != providers.RelocationDone {
			t.Fatal(summary(got))
		}
		holders := map[string]bool{}
		for _, v := range s.journal.versions {
			if v.Holder != "" {
				holders[v.Holder] = true
			}
		}
		if len(holders) != 1 {
			t.Errorf("%d processes worked on it", len(holders))
		}
		s.sound(24, all(12, "near")...)
	})
}

// The journal cannot be written: nothing leaves.
func TestJ2FullDisk(t *testing.T) {
	onSite(t, 2, func(t *testing.T, s *site) {
		r := s.relocate(s.plan())
		s.Journal = fullJournal{s.journal}
		if _, err := s.DriveRelocation(t.Context(), r.ID); !errors.Is(err, errFull) {
			t.Errorf("driven with %v", err)
		}
		s.sound(0, all(2, "aalto")...)
		if slices.ContainsFunc(s.tenant.ledger, func(line string) bool { return strings.HasPrefix(line, "change") }) {
			t.Error("something was sent")
		}
	})
}
