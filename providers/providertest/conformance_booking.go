package providertest

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"

	"roomdesk/providers"
)

func bookingCases() []testCase {
	return []testCase{
		{"A booking is made once, and the room's own answer reaches the organiser (J1, S5)", Setup{}, caseBook},
		{"A booking's times keep the organiser's zone (J1)", Setup{}, caseZone},
		{"A Teams link is made where the calendar allows it (P8)", Setup{}, caseTeams},
		{"A missing Teams link is told, not invented (P8, F-056)", Setup{}, caseNoTeams},
		{"The same transaction never makes a second event (F-041)", Setup{}, caseTwice},
		{"Two tries at once make one event (F-041)", Setup{}, caseTwiceAtOnce},
		{"A lost answer is resolved by looking (F-041, F-042)", Setup{}, caseLostAnswer},
		{"A transaction that was never sent is not found", Setup{}, caseNeverSent},
		{"A room that is taken declines (F-046)", Setup{}, caseTaken},
		{"A change is made only on the version that was seen (F-051)", Setup{}, caseChange},
		{"An event that is not there is gone", Setup{}, caseEventGone},
	}
}

func draft(f Fixture, span providers.Interval, subject string) providers.EventDraft {
	return providers.EventDraft{
		TransactionID: uuid.NewString(), Organizer: f.Organizer, Subject: providers.Outside(subject),
		Start: span.Start, End: span.End, Room: f.Room, RoomName: providers.Outside("the room"),
	}
}

// response is the room's answer as the organiser's copy has it.
func response(ctx context.Context, t testing.TB, f Fixture, id string) providers.Response {
	t.Helper()
	e, err := f.Provider.Event(ctx, f.Organizer, id)
	if broken(ctx, t, err) {
		return ""
	}
	room, ok := e.Attendee(f.Room)
	if !ok || room.Type != providers.Resource {
		t.Fatalf("the room is no resource of the event: %+v", e.Attendees)
	}
	return room.Response
}

func waitForResponse(t testing.TB, f Fixture, id string, want providers.Response) {
	t.Helper()
	waitFor(t, f, "the room answers "+string(want), func(ctx context.Context) bool {
		got := response(ctx, t, f, id)
		if got != want && (got == providers.ResponseAccepted || got == providers.ResponseDeclined) {
			t.Fatalf("the room answers %s, want %s", got, want)
		}
		return got == want
	})
}

func caseBook(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	d := draft(f, span, "Design review \u202e\x1b]0;x\x07 ü")
	d.Body = providers.Outside("two lines\nof text & <b>no</b> HTML")
	if len(f.People) > 2 {
		d.Required = []providers.Address{f.People[1]}
		d.Optional = []providers.Address{f.People[2]}
	}
	d.Private = true
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if made.ID == "" || made.ICalUID == "" || made.ETag == "" || made.Mailbox != f.Organizer || !made.IsOrganizer ||
		!made.Start.Equal(span.Start) || !made.End.Equal(span.End) || made.Subject.Raw() != f.carried(d.Subject.Raw()) || !made.Private {
		t.Errorf("the created event is not what was asked for: %+v", made)
	}
	for _, mailbox := range append(append([]providers.Address{f.Room}, d.Required...), d.Optional...) {
		if _, ok := made.Attendee(mailbox); !ok {
			t.Errorf("%s is not invited: %+v", mailbox, made.Attendees)
		}
	}
	waitForResponse(t, f, made.ID, providers.ResponseAccepted)
	found, ok, err := f.Provider.FindEvent(t.Context(), f.Organizer, d.TransactionID, span)
	if err != nil || !ok || found.ID != made.ID {
		t.Errorf("the event is not found by its transaction: %v, %v, %q", err, ok, found.ID)
	}
	if f.Truth == nil {
		return
	}
	for _, mailbox := range []providers.Address{f.Organizer, f.Room} {
		same := 0
		for _, fact := range f.truth(t, mailbox, span) {
			if fact.ICalUID == made.ICalUID {
				same++
			}
		}
		if same != 1 {
			t.Errorf("the calendar of %s has the meeting %d times", mailbox, same)
		}
	}
}

func caseZone(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", ""} {
		d := draft(f, span, "zone "+zone)
		d.Zone, d.Room = zone, ""
		made, err := f.Provider.CreateEvent(t.Context(), d)
		if err != nil {
			t.Errorf("zone %q: %v", zone, err)
			continue
		}
		if !made.Start.Equal(span.Start) || !made.End.Equal(span.End) {
			t.Errorf("zone %q: asked for %v, made at %v to %v", zone, span, made.Start, made.End)
		}
	}
}

func caseTeams(t testing.TB, f Fixture) {
	d := draft(f, slot(t, f, f.Organizer, f.Room), "with Teams")
	d.Teams = true
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if !f.teams(t) {
		mustClass(t, "a Teams meeting where there is no Teams", err, providers.Unsupported)
		if _, found, err := f.Provider.FindEvent(t.Context(), f.Organizer, d.TransactionID, providers.Interval{Start: d.Start, End: d.End}); found || err != nil {
			t.Errorf("a refused meeting was made: %v, %v", found, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !made.OnlineMeeting {
		t.Errorf("no online meeting was made: %+v", made)
	}
	waitFor(t, f, "the Teams link is there", func(ctx context.Context) bool {
		e, err := f.Provider.Event(ctx, f.Organizer, made.ID)
		if broken(ctx, t, err) {
			return false
		}
		return !e.JoinURL.Empty()
	})
	d = draft(f, slot(t, f, f.Organizer, f.Room), "without Teams")
	if plain, err := f.Provider.CreateEvent(t.Context(), d); err != nil || plain.OnlineMeeting || !plain.JoinURL.Empty() {
		t.Errorf("nobody asked for Teams: %v, %+v", err, plain)
	}
}

func caseNoTeams(t testing.TB, f Fixture) {
	if f.WithoutTeams == "" {
		t.Skip("every calendar of this tenant has Teams")
	}
	d := draft(f, slot(t, f, f.WithoutTeams, f.Room), "no Teams here")
	d.Organizer, d.Teams = f.WithoutTeams, true
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if made.ID == "" || made.OnlineMeeting || !made.JoinURL.Empty() {
		t.Errorf("a meeting without Teams says it has it: %+v", made)
	}
}

// once fails the case unless the organiser's calendar has exactly one meeting in
// the span, by the witness.
func once(t testing.TB, f Fixture, span providers.Interval) {
	t.Helper()
	if f.Truth == nil {
		return
	}
	if facts := f.truth(t, f.Organizer, span); len(facts) != 1 {
		t.Errorf("the organiser's calendar has %d meetings there, want 1: %+v", len(facts), facts)
	}
}

func caseTwice(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	d := draft(f, span, "once")
	first, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil && !providers.Is(err, providers.Conflict) || err == nil && second.ID != first.ID {
		t.Errorf("the second try: id %q after %q, error %v", second.ID, first.ID, err)
	}
	once(t, f, span)
}

func caseTwiceAtOnce(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	d := draft(f, span, "once")
	ids := make([]string, 4)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			e, err := f.Provider.CreateEvent(t.Context(), d)
			if err != nil && !providers.Is(err, providers.Conflict) {
				t.Errorf("try %d: %v", i, err)
			}
			ids[i] = e.ID
		})
	}
	group.Wait()
	made := ""
	for _, id := range ids {
		if id != "" && made != "" && id != made {
			t.Errorf("different events: %q", ids)
		}
		if id != "" {
			made = id
		}
	}
	if made == "" {
		t.Error("no try succeeded")
	}
	once(t, f, span)
}

func caseLostAnswer(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	d := draft(f, span, "lost")
	remove := f.with(t, LostAnswer, f.Organizer)
	made, err := f.Provider.CreateEvent(t.Context(), d)
	remove()
	switch {
	case err == nil && made.ID == "":
		t.Error("no error and no event")
	case err != nil:
		mustClass(t, "a create whose answer is lost", err, providers.Transient, providers.Foreign)
	}
	found, ok, err := f.Provider.FindEvent(t.Context(), f.Organizer, d.TransactionID, span)
	if err != nil || !ok {
		t.Fatalf("the event was made and is not found: %v, %v", ok, err)
	}
	again, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil && !providers.Is(err, providers.Conflict) || err == nil && again.ID != found.ID {
		t.Errorf("the next try: id %q after %q, error %v", again.ID, found.ID, err)
	}
	once(t, f, span)
}

func caseNeverSent(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	found, ok, err := f.Provider.FindEvent(t.Context(), f.Organizer, uuid.NewString(), span)
	if err != nil || ok || found.ID != "" {
		t.Errorf("found %+v, %v, %v", found, ok, err)
	}
	_, ok, err = f.Provider.FindEvent(t.Context(), f.Nobody, uuid.NewString(), span)
	if ok || err == nil {
		t.Errorf("looking where nothing can be seen is no proof of absence: %v, %v", ok, err)
	}
}

func caseTaken(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	first, err := f.Provider.CreateEvent(t.Context(), draft(f, span, "first"))
	if err != nil {
		t.Fatal(err)
	}
	waitForResponse(t, f, first.ID, providers.ResponseAccepted)
	second, err := f.Provider.CreateEvent(t.Context(), draft(f, span, "second"))
	if err != nil {
		t.Fatal(err)
	}
	waitForResponse(t, f, second.ID, providers.ResponseDeclined)
	if got := response(t.Context(), t, f, first.ID); got != providers.ResponseAccepted {
		t.Errorf("the first booking is now %s", got)
	}
}

func caseChange(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	d := draft(f, span, "before")
	d.Room = ""
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	subject, later := providers.Outside("after"), span.End.Add(span.Duration())
	changed, err := f.Provider.ChangeEvent(t.Context(), f.Organizer, made.ID, made.ETag, providers.EventChange{Subject: &subject, End: &later})
	if err != nil {
		t.Fatal(err)
	}
	if changed.Subject.Raw() != "after" || !changed.Start.Equal(span.Start) || !changed.End.Equal(later) || changed.ETag == made.ETag {
		t.Errorf("changed event: %+v", changed)
	}
	stale := providers.Outside("by somebody who saw the old one")
	_, err = f.Provider.ChangeEvent(t.Context(), f.Organizer, made.ID, made.ETag, providers.EventChange{Subject: &stale})
	mustClass(t, "a change of an old version", err, providers.Conflict)
	now, err := f.Provider.Event(t.Context(), f.Organizer, made.ID)
	if err != nil || now.Subject.Raw() != "after" {
		t.Errorf("after the refused change: %v, %q", err, now.Subject.Raw())
	}
}

func caseEventGone(t testing.TB, f Fixture) {
	d := draft(f, slot(t, f, f.Organizer, f.Room), "gone")
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Provider.CancelEvent(t.Context(), f.Organizer, made.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = f.Provider.Event(t.Context(), f.Organizer, made.ID)
	mustClass(t, "an event that was cancelled", err, providers.Gone)
	subject := providers.Outside("x")
	_, err = f.Provider.ChangeEvent(t.Context(), f.Organizer, made.ID, "", providers.EventChange{Subject: &subject})
	mustClass(t, "changing an event that was cancelled", err, providers.Gone)
	_, err = f.Provider.Event(t.Context(), f.Nobody, made.ID)
	mustClass(t, "an event of nobody", err, providers.NoMailbox, providers.Gone)
}
