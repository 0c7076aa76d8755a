package booking

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
)

// J2, ONCE, DURA, TRUTH: relocations of every size are carried out, stopped and taken
// back while answers are lost, rooms decline or are taken meanwhile, somebody else
// edits the meetings, and the process is killed at any step, again and again. In the
// end every meeting stands once, in one room, which is the one that the journal says;
// what was taken back is as it was before; no meeting was ever without a room; and no
// step was ever called moved, or back, before the room had accepted.
func TestRelocationUnderRandomTrouble(t *testing.T) {
	ends := map[providers.StepState]int{}
	stories(t, 60, func(t *testing.T, dice *rand.Rand) {
		onSite(t, 1+dice.IntN(7), func(t *testing.T, s *site) {
			for _, step := range playRelocation(t, s, dice).Steps {
				ends[step.State]++
			}
		})
	})
	t.Log(ends)
}

func drawRelocation(s *site, dice *rand.Rand) providers.Relocation {
	for _, room := range []providers.Address{aalto, near, upstairs, far} {
		s.tenant.rooms[room] = roomRule{after: oneOf(dice, 0, time.Second, 20*time.Second, 3*time.Minute), answer: oneOf(dice, "", "", "", providers.ResponseDeclined)}
	}
	s.tenant.rooms[aalto] = roomRule{after: time.Second, answer: oneOf(dice, "", "", "", providers.ResponseDeclined)} // only asked on the way back
	plan := s.plan()
	plan.BatchSize, plan.Patience = 1+dice.IntN(5), oneOf(dice, 10*time.Second, 2*time.Minute)
	for n := range plan.Steps {
		step := &plan.Steps[n]
		dice.Shuffle(len(step.Choices), func(i, j int) { step.Choices[i], step.Choices[j] = step.Choices[j], step.Choices[i] })
		step.Choices = step.Choices[:1+dice.IntN(3)]
		if dice.IntN(5) == 0 { // taken since it was planned
			room := step.Choices[0].Room
			s.tenant.busy[room] = append(s.tenant.busy[room], providers.Block{Interval: step.Was.Span(), State: providers.Busy})
		}
	}
	for _, op := range []string{"change", "event", "availability", "calendars", "find"} {
		s.tenant.script(map[string][]fault{op: drawFaults(dice, op == "change" && dice.IntN(3) == 0)})
	}
	return plan
}

func playRelocation(t *testing.T, s *site, dice *rand.Rand) providers.Relocation {
	for _, m := range s.tenant.meetings {
		m.event.Location = providers.Outside("aalto") // as the room is called in the mirror
	}
	plan := drawRelocation(s, dice)
	before := s.copies()
	var mu sync.Mutex
	var lies []string
	options := func() Options {
		return Options{Journal: s.journal, Relocated: func(r providers.Relocation) {
			mu.Lock()
			defer mu.Unlock()
			lies = append(lies, s.untrueSteps(r)...)
		}}
	}
	born := func() *mortal {
		return s.born(oneOf(dice, 0, 1+dice.IntN(30), 1+dice.IntN(200)), options())
	}
	process := born()
	r, refused := process.Relocate(context.Background(), plan)
	undo, stopped, edited := false, false, map[int]bool{}
	for range dice.IntN(8) {
		time.Sleep(oneOf(dice, 0, time.Millisecond, 5*time.Second, time.Minute, 10*time.Minute))
		switch dice.IntN(6) {
		case 0, 1:
			process.stop()
			process = born()
		case 2, 3:
			if _, err := process.UndoRelocation(context.Background(), r.ID); err == nil {
				undo = true
			}
		case 4:
			if _, err := process.StopRelocation(context.Background(), r.ID); err == nil {
				stopped = true
			}
		case 5: // somebody else writes to a meeting
			n := dice.IntN(len(before))
			edited[n] = true
			s.tenant.mu.Lock()
			s.tenant.meetings[n].version++
			s.tenant.meetings[n].event.Subject = providers.Outside("edited")
			s.tenant.mu.Unlock()
		}
	}
	if dice.IntN(2) == 0 { // once what was begun has ended
		process.stop()
		process = s.born(0, options())
		time.Sleep(30 * time.Minute)
		process.stop()
		for _, op := range []string{"change", "event", "availability"} {
			s.tenant.script(map[string][]fault{op: drawFaults(dice, false)})
		}
		process = born()
		if _, err := process.UndoRelocation(context.Background(), r.ID); err == nil {
			undo = true
		}
		time.Sleep(oneOf(dice, 0, time.Second, time.Minute))
	}
	process.stop()
	s.quiet()
	s.Desk = s.desk()
	s.Desk.Relocated = options().Relocated
	stop := s.background()
	time.Sleep(3 * time.Hour)
	stop()

	for _, lie := range lies {
		t.Error(lie)
	}
	all, _ := s.journal.Relocations(context.Background())
	if len(all) == 0 {
		if refused == nil || len(s.tenant.changes) != 0 {
			t.Errorf("nothing is stored; refused with %v, %d changes", refused, len(s.tenant.changes))
		}
		return providers.Relocation{}
	}
	r = all[0]
	if len(all) != 1 || r.State.Open() || r.Holder != "" || undo && r.State != providers.RelocationUndone && r.State != providers.RelocationPartlyUndone || stopped && !r.Stopped {
		t.Errorf("%d relocations, taken back %t, stopped %t; %s", len(all), undo, stopped, summary(r))
	}
	after := s.copies()
	if len(after) != len(before) || s.tenant.calls("create")+s.tenant.calls("cancel")+s.tenant.calls("delete") != 0 || len(s.tenant.roomless) != 0 {
		t.Errorf("%d of %d meetings; without a room at %v; %v", len(after), len(before), s.tenant.roomless, s.tenant.ledger)
	}
	for n, step := range r.Steps {
		room, was := after[n].rooms, before[n]
		want := string(aalto)
		if step.State == providers.StepMoved || step.State == providers.StepKept {
			choice, _ := step.Choice()
			want = string(choice.Room)
		}
		switch {
		case room != want:
			t.Errorf("step %d is %s (%s), and the meeting is in %q, not %q", n, step.State, step.Why, room, want)
		case after[n].rest != was.rest && !edited[n]:
			t.Errorf("step %d: the meeting is %s, it was %s", n, after[n].rest, was.rest)
		case step.State == providers.StepUndone && after[n].location != was.location:
			t.Errorf("step %d is taken back, and the meeting's place is %q, it was %q", n, after[n].location, was.location)
		case step.State.Working() || step.State == providers.StepPlanned || (step.Why == "") != slices.Contains([]providers.StepState{providers.StepMoved, providers.StepUndone}, step.State):
			t.Errorf("step %d ended as %s because %q", n, step.State, step.Why) // nothing ends without a reason
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", summary(r), strings.Join(s.tenant.ledger, "\n"))
	}
	return r
}

// copies are the meetings as they stand: their rooms, their place, and all else.
func (s *site) copies() (all []struct{ rooms, location, rest string }) {
	s.tenant.mu.Lock()
	defer s.tenant.mu.Unlock()
	for _, m := range s.tenant.meetings {
		e := s.tenant.seen(m)
		var rooms, people []string
		for _, a := range e.Attendees {
			if a.Type == providers.Resource {
				rooms = append(rooms, string(a.Mailbox))
			} else {
				people = append(people, string(a.Mailbox))
			}
		}
		all = append(all, struct{ rooms, location, rest string }{strings.Join(rooms, "+"), e.Location.Or(""),
			fmt.Sprint(e.ID, e.Start, e.End, e.Cancelled, people)})
	}
	return all
}

// untrueSteps are those that say that a room has the meeting which has not accepted it.
func (s *site) untrueSteps(r providers.Relocation) (lies []string) {
	s.tenant.mu.Lock()
	defer s.tenant.mu.Unlock()
	for n, step := range r.Steps {
		room := step.Was.Room
		switch step.State {
		case providers.StepMoved:
			choice, _ := step.Choice()
			room = choice.Room
		case providers.StepUndone:
		default:
			continue
		}
		m := s.tenant.meetings[n]
		if holds := m.place == room && (m.answer == providers.ResponseAccepted || m.held) || m.holdsOther(room, s.tenant.now()); !holds {
			lies = append(lies, fmt.Sprintf("step %d is called %s, and %s has not accepted", n, step.State, room))
		}
	}
	return lies
}
