package tui

import (
	"context"
	"fmt"
	"time"

	"roomdesk/booking"
	"roomdesk/booking/relocate"
	"roomdesk/providers"
)

// fakeRelocations is what the fake answers about relocations, and what it was asked.
type fakeRelocations struct {
	relocation  providers.Relocation // the plan
	relocateErr error
	journal     []providers.Relocation
	undoPlan    providers.Relocation
	undone      []string
	stopped     []string
}

func (f *fakeWorkspace) ReadPeriod(line string, zone *time.Location) (providers.Interval, string, string) {
	return relocate.ReadPeriod(line, fakeNow(), zone)
}

func (f *fakeWorkspace) PlanRelocation(_ context.Context, room providers.Address, period providers.Interval, reason string) (providers.Relocation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.relocation
	r.Room, r.Period, r.Reason = room, period, providers.Outside(reason)
	return r, f.relocateErr
}

func (f *fakeWorkspace) Relocate(_ context.Context, plan providers.Relocation) (providers.Relocation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.relocateErr != nil {
		return plan, f.relocateErr
	}
	plan.ID, plan.State, plan.Created, plan.Revision = fmt.Sprint("r", len(f.journal)+1), providers.RelocationRunning, fakeNow(), 1
	f.journal = append([]providers.Relocation{plan}, f.journal...)
	return plan, nil
}

func (f *fakeWorkspace) Relocations(context.Context) ([]providers.Relocation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]providers.Relocation(nil), f.journal...), nil
}

func (f *fakeWorkspace) StopRelocation(_ context.Context, id string) (providers.Relocation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = append(f.stopped, id)
	f.journal[0].Stopped = true
	f.journal[0].Revision++
	return f.journal[0], nil
}

func (f *fakeWorkspace) PlanUndoRelocation(context.Context, string) (providers.Relocation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.undoPlan, f.relocateErr
}

func (f *fakeWorkspace) UndoRelocation(_ context.Context, id string) (providers.Relocation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.undone = append(f.undone, id)
	r := f.undoPlan
	r.ID, r.State, r.Revision = id, providers.RelocationUndoing, f.journal[0].Revision+1
	f.journal[0] = r
	return r, nil
}

func (f *fakeWorkspace) WhyNotUndoRelocation(r providers.Relocation, now time.Time) string {
	return booking.WhyNotUndoRelocation(r, now)
}

// relocated changes the newest relocation and gives what the console is told.
func (f *fakeWorkspace) relocated(change func(r *providers.Relocation)) changesAnswer {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.journal[0]
	r.Steps = append([]providers.RelocationStep(nil), r.Steps...)
	change(&r)
	r.Revision++
	f.journal = append([]providers.Relocation{r}, f.journal[1:]...)
	return changesAnswer{changes: Changes{Relocations: true}}
}

// leaking is an office in which Bauhaus has that many meetings next week: of the first
// one the organiser is elsewhere, for the second no room is large enough, and the third
// may not be changed from here.
func leaking(n int) *fakeWorkspace {
	f := office()
	r := providers.Relocation{RoomName: providers.Outside("Bauhaus"), State: providers.RelocationPlanned}
	why := func(words ...string) (all []providers.Reason) {
		for _, w := range words {
			all = append(all, providers.Reason{Words: w, Proof: providers.Proven})
		}
		return all
	}
	choice := func(name string, place string, seats int, words ...string) providers.RoomChoice {
		return providers.RoomChoice{Room: providers.Address(foldName(name) + "@contoso.com"), Name: providers.Outside(name), Place: place, Capacity: seats, Why: why(words...)}
	}
	subjects := []string{"Customer visit", "All hands", "Works council", "Design review", "Hiring", "Board prep", "Stand-up", "Quarterly numbers", "Onboarding"}
	for i := range n {
		start := at(4+i%5, 9+i/5, 0).UTC()
		s := providers.RelocationStep{
			Was:     providers.Slot{Room: "bauhaus@contoso.com", RoomName: providers.Outside("Bauhaus"), Start: start, End: start.Add(time.Hour)},
			Subject: providers.Outside(subjects[i%len(subjects)]), Organizer: "adele@contoso.com", EventID: fmt.Sprint("e", i), People: 8, State: providers.StepPlanned,
			Series: i%6 == 5, Private: i%9 == 7, Mails: []providers.Address{"bob@contoso.com", "chen@contoso.com", providers.Address(fmt.Sprint("p", i%12, "@contoso.com"))},
			Text:    "The room Bauhaus cannot be used on " + start.Format("Monday, 2 January 2006") + ". Your meeting there needs another room. Please choose one.",
			Choices: []providers.RoomChoice{choice("Gehry", "Amsterdam HQ, floor 4", 24, "same equipment", "1 floor away", "24 seats for 8"), choice("Eames", "Amsterdam HQ, floor 3", 12, "same equipment", "same floor", "12 seats for 8"), choice("Aalto", "Amsterdam HQ, floor 3", 12, "no video", "same floor", "12 seats for 8")},
		}
		switch i {
		case 0:
			s.Organizer, s.EventID, s.Foreign, s.State, s.Why, s.Choices = "ann@fabrikam.com", "", true, providers.StepUnsolved, "its organiser is not of this organisation: ask for another room", nil
		case 1:
			small := choice("Cederström", "Amsterdam HQ, floor 3", 14, "same floor", "14 seats for 30")
			small.Lesser = true
			s.People, s.State, s.Why, s.Choices = 30, providers.StepUnsolved, "no other room is free and fits", []providers.RoomChoice{small}
		case 2:
			s.EventID, s.State, s.Why, s.Choices = "", providers.StepUnsolved, "no access to the organiser's calendar (403)", s.Choices[:1]
		}
		r.Steps = append(r.Steps, s)
	}
	f.relocation = r
	return f
}
