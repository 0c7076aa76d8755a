package relocate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
)

// What is not known, reserved, known for too short a time, the room itself, or
// smaller than it where nobody knows who comes, does not stand in for it.
func TestWhatIsNoSubstitute(t *testing.T) {
	e := event("one", 9, 10, 0)
	e.Attendees = nil
	for name, change := range map[string]func(*providers.Room, *providers.Availability){
		"all well": func(*providers.Room, *providers.Availability) {},
		"unknown": func(_ *providers.Room, a *providers.Availability) {
			*a = providers.Availability{Mailbox: a.Mailbox, Problem: &providers.Problem{Class: providers.NotAllowed}}
		},
		"not so far": func(_ *providers.Room, a *providers.Availability) { a.Window.End = at(9).Add(30 * time.Minute) },
		"reserved":   func(r *providers.Room, _ *providers.Availability) { r.Bookable = false },
		"itself": func(r *providers.Room, a *providers.Availability) {
			r.Mailbox, a.Mailbox = "walnut@contoso.com", "walnut@contoso.com"
		},
		"smaller": func(r *providers.Room, _ *providers.Availability) { r.Capacity = 9 },
	} {
		q := question([]providers.Event{e}, room("Other", 2, 10, providers.Display, providers.Video))
		a := q.Free["other@contoso.com"]
		change(&q.Rooms[0], &a)
		q.Free = map[providers.Address]providers.Availability{a.Mailbox: a}
		want := "one:no other room is free and fits"
		if name == "all well" {
			want = "one: Other"
		}
		if got := summary(Make(q)); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A meeting whose rooms are all planned gets one where another can move on, and who
// moved on in vain keeps its room.
func TestMeetingsMoveOnForOthers(t *testing.T) {
	near := func(name string, seats int) providers.Room {
		return room(name, 2, seats, providers.Display, providers.Video)
	}
	q := question([]providers.Event{event("large", 7, 10, 8), event("a", 8, 11, 4), event("b", 8, 11, 4)}, near("Small", 4), near("Large", 8), room("Far", 9, 8, providers.Display, providers.Video))
	q.busy("far", 10, 11)
	if got := summary(Make(q)); got != "large: Far\na: Small\nb: Large" && got != "large: Far\na: Large\nb: Small" {
		t.Errorf("the plan is\n%s", got)
	}
	q.busy("far", 9, 10)
	p := Make(q)
	if p.Solved != 2 || p.Meetings[0].Unsolved != "the rooms that fit are needed for other meetings of this plan" {
		t.Errorf("two rooms for three meetings:\n%s", summary(p))
	}
}

// Meetings that end where the period begins, or begin where it ends, stay; so does
// what is over by now, and what the room does not keep time for.
func TestWhatIsAffected(t *testing.T) {
	free := event("shown as free", 10, 11, 2)
	free.ShowAs = providers.ShowFree
	q := question([]providers.Event{event("before", 6, 8, 2), event("over the beginning", 7, 9, 2), event("over by now", 8, 9, 2), event("running", 8, 10, 2), free, event("over the end", 19, 21, 2), event("after", 20, 22, 2)})
	q.Period = providers.Interval{Start: at(8), End: at(20)}
	for now, want := range map[int][]string{5: {"over the beginning", "over by now", "running", "over the end"}, 9: {"running", "over the end"}} {
		q.Now = at(now)
		var got []string
		for _, m := range Make(q).Meetings {
			got = append(got, m.Event.ICalUID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %d affected are %q", now, got)
		}
	}
}

// The organiser is one of the people, invited or not.
func TestPeopleAreCountedOnce(t *testing.T) {
	e := event("one", 9, 10, 3)
	if n := people(e, "walnut@contoso.com"); n != 3 {
		t.Errorf("%d people", n)
	}
	e.Attendees = append(e.Attendees, providers.Attendee{Mailbox: e.Organizer, Type: providers.Required}, providers.Attendee{Mailbox: "walnut@contoso.com", Type: providers.Required})
	if n := people(e, "walnut@contoso.com"); n != 3 {
		t.Errorf("%d people where the organiser is invited too", n)
	}
}

// Step-free access counts like equipment, and the same building before the floor.
func TestWhatIsNearAndAlike(t *testing.T) {
	yes, no := true, false
	access := func(name string, floor int, stepFree *bool) providers.Room {
		r := room(name, floor, 10, providers.Display, providers.Video)
		r.StepFree = stepFree
		return r
	}
	elsewhere, nowhere := access("Elsewhere", 2, &yes), access("Nowhere", 2, &yes)
	elsewhere.Building, nowhere.Building = providers.Outside("Munich"), providers.Untrusted{}
	q := question([]providers.Event{event("one", 9, 10, 10)}, access("Unsaid", 2, nil), access("Stairs", 2, &no), elsewhere, nowhere, access("Lift", 9, &yes))
	q.Room.StepFree, q.Choices = &yes, 5
	if got := summary(Make(q)); got != "one: Lift Nowhere Elsewhere Stairs Unsaid" {
		t.Errorf("the plan is %s", got)
	}
}

// The journal has each meeting with who gets mail, and lesser rooms marked; what is
// not solved is not planned.
func TestTheJournalHasWhatThePlanSays(t *testing.T) {
	fits, big := event("fits", 9, 10, 2), event("big", 11, 12, 9)
	fits.Attendees = append(fits.Attendees, providers.Attendee{Mailbox: fits.Organizer, Type: providers.Required})
	r := Make(question([]providers.Event{fits, big}, room("Small", 2, 4))).Relocation(providers.Outside("leak"))
	if len(r.Steps) != 2 || r.State != providers.RelocationPlanned {
		t.Fatalf("%+v", r)
	}
	got := func(s providers.RelocationStep) string {
		text := fmt.Sprintf("%s %s %v", s.ICalUID, s.State, s.Mails)
		for _, c := range s.Choices {
			text += fmt.Sprintf(" %s %t", c.Name.String(), c.Lesser)
		}
		return text
	}
	if text := got(r.Steps[1]); text != "fits planned [p0@contoso.com] Small false" {
		t.Errorf("the step is %s", text)
	}
	if text := got(r.Steps[0]); text != fmt.Sprintf("big unsolved %v Small true", r.Steps[0].Mails) || r.Steps[0].Why == "" {
		t.Errorf("the step is %s: %s", text, r.Steps[0].Why)
	}
}
