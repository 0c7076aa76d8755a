package booking

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

func (s *site) undo(id string) providers.Relocation {
	s.t.Helper()
	if _, err := s.UndoRelocation(s.t.Context(), id); err != nil {
		s.t.Fatal(err)
	}
	return s.drive(id, time.Hour)
}

// J2: all of it is taken back, each meeting with a room at every moment.
func TestJ2Undo(t *testing.T) {
	onSite(t, 7, func(t *testing.T, s *site) {
		id := s.drive(s.relocate(s.plan()).ID, time.Hour).ID
		plan, err := s.PlanUndo(t.Context(), id)
		if err != nil || plan.Count(providers.StepUndoing) != 7 {
			t.Fatalf("%v; %s", err, summary(plan))
		}
		if got := s.read(id); got.State != providers.RelocationDone || len(s.tenant.changes) != 14 {
			t.Fatal("planning has changed something")
		}
		r := s.undo(id)
		if r.State != providers.RelocationUndone || r.Count(providers.StepUndone) != 7 || r.Steps[0].UndoneAt.IsZero() {
			t.Fatal(summary(r))
		}
		if answers := r.Steps[0].Answers; len(answers) != 2 || !answers[1].Undo || answers[1].Room != aalto {
			t.Errorf("%+v", answers)
		}
		s.sound(28, all(7, "aalto")...)
		if _, err := s.UndoRelocation(t.Context(), id); err == nil || !strings.Contains(err.Error(), "no meeting was moved") {
			t.Errorf("a second time: %v", err)
		}
	})
}

// What cannot be taken back is told before, with the reason, and stays; the rest goes
// back: partly taken back is a state of its own.
func TestJ2UndoPartly(t *testing.T) {
	onSite(t, 5, func(t *testing.T, s *site) {
		id := s.drive(s.relocate(s.plan()).ID, time.Hour).ID
		time.Sleep(5 * time.Hour) // the first is over
		s.tenant.mu.Lock()
		taken := s.tenant.meetings[1].event
		s.tenant.busy[aalto] = []providers.Block{{Interval: providers.Interval{Start: taken.Start, End: taken.End}, State: providers.Busy, Subject: providers.Outside("Hiring")}}
		m := s.tenant.meetings[2] // in time
		m.event.Start, m.event.End, m.version = m.event.Start.Add(time.Hour), m.event.End.Add(time.Hour), m.version+1
		other := s.tenant.meetings[3] // in another room
		other.event.Attendees[0].Mailbox, other.place = far, far
		s.tenant.mu.Unlock()
		why := []string{"it is over", "by Hiring", "somebody moved it meanwhile", "somebody gave it another room meanwhile", ""}
		plan, err := s.PlanUndo(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		r := s.undo(id)
		for n, words := range why {
			planned, done := providers.StepKept, providers.StepKept
			if words == "" {
				planned, done = providers.StepUndoing, providers.StepUndone
			}
			if p := plan.Steps[n]; p.State != planned || !strings.Contains(p.Why, words) {
				t.Errorf("planned %d: %s, %q", n, p.State, p.Why)
			}
			if p := r.Steps[n]; p.State != done || !strings.Contains(p.Why, words) {
				t.Errorf("done %d: %s, %q", n, p.State, p.Why)
			}
		}
		if r.State != providers.RelocationPartlyUndone {
			t.Error(summary(r))
		}
		s.sound(12, "near", "near", "near", "far", "aalto")
	})
}

// The old room declines the way back: the meeting keeps the new one.
func TestJ2UndoDeclined(t *testing.T) {
	onSite(t, 2, func(t *testing.T, s *site) {
		id := s.drive(s.relocate(s.plan()).ID, time.Hour).ID
		s.tenant.rooms[aalto] = roomRule{after: time.Second, answer: providers.ResponseDeclined}
		r := s.undo(id)
		if r.State != providers.RelocationPartlyUndone || r.Count(providers.StepKept) != 2 {
			t.Fatal(summary(r))
		}
		s.sound(-1, all(2, "near")...)
		s.tenant.rooms[aalto] = roomRule{after: time.Second}
		if r = s.undo(id); r.State != providers.RelocationUndone { // asked again later
			t.Fatal(summary(r))
		}
		s.sound(-1, all(2, "aalto")...)
	})
}

// A room that never answered: taking it back withdraws the question.
func TestJ2UndoOfSilentRoom(t *testing.T) {
	onSite(t, 2, func(t *testing.T, s *site) {
		s.tenant.rooms[near] = roomRule{silent: true}
		r := s.drive(s.relocate(s.plan()).ID, time.Hour)
		if r.State != providers.RelocationRunning || r.Count(providers.StepWaiting) != 2 {
			t.Fatal(summary(r))
		}
		s.sound(2, all(2, "aalto+near")...)
		if r = s.undo(r.ID); r.State != providers.RelocationUndone {
			t.Fatal(summary(r))
		}
		s.sound(4, all(2, "aalto")...)
	})
}

// A move that came to nothing while it was being taken back: the meeting is where it
// was, which is what was asked for.
func TestJ2UndoOfAMoveThatFails(t *testing.T) {
	onSite(t, 1, func(t *testing.T, s *site) {
		s.tenant.always["change"] = fault{err: class(providers.Permanent), delay: 30 * time.Second}
		plan := s.plan()
		plan.Patience = 10 * time.Second
		stop := s.background()
		id := s.relocate(plan).ID
		time.Sleep(15 * time.Second)
		if r := s.read(id); r.Count(providers.StepWaiting) != 1 {
			t.Fatal(summary(r))
		}
		if _, err := s.UndoRelocation(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		stop()
		if r := s.read(id); r.State != providers.RelocationUndone || r.Steps[0].State != providers.StepUndone {
			t.Error(summary(r))
		}
		s.sound(0, "aalto")
	})
}
