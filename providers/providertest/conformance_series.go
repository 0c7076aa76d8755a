package providertest

import (
	"slices"
	"testing"

	"roomdesk/providers"
)

func seriesCases() []testCase {
	return []testCase{
		{"The dates of a series are those of its calendar, in order (J3)", Setup{}, caseSeriesDates},
		{"Dates of a series that is not there are an error", Setup{}, caseSeriesGone},
		{"A moved meeting makes its room answer anew (S14)", Setup{}, caseMove},
		{"A room can be added and then let go (F-055)", Setup{Rooms: 8}, caseTwoRooms},
	}
}

func caseSeriesDates(t testing.TB, f Fixture) {
	window := ahead(f, 27)
	have := map[string][]providers.Event{}
	for _, e := range read(t, f, providers.ChangesRequest{Mailbox: f.Series, Window: window}).events {
		if e.SeriesMasterID != "" && !e.Cancelled {
			have[e.SeriesMasterID] = append(have[e.SeriesMasterID], e)
		}
	}
	if len(have) == 0 {
		t.Fatal("the mailbox has no series in the next weeks")
	}
	for master, want := range have {
		dates, err := f.Provider.SeriesDates(t.Context(), f.Series, master, window)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(dates, func(a, b providers.Event) int { return a.Start.Compare(b.Start) }) {
			t.Errorf("the dates are not in order: %+v", dates)
		}
		if len(dates) != len(want) {
			t.Errorf("%d dates, the calendar has %d", len(dates), len(want))
		}
		for _, e := range want {
			if !slices.ContainsFunc(dates, func(d providers.Event) bool {
				return d.ID == e.ID && d.Start.Equal(e.Start) && d.SeriesMasterID == master
			}) {
				t.Errorf("the date at %v is missing", e.Start)
			}
		}
	}
}

func caseSeriesGone(t testing.TB, f Fixture) {
	d := draft(f, slot(t, f, f.Organizer, f.Room), "not a series any more")
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Provider.CancelEvent(t.Context(), f.Organizer, made.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = f.Provider.SeriesDates(t.Context(), f.Organizer, made.ID, ahead(f, 27))
	mustClass(t, "a series that is not there", err, providers.Gone)
	_, err = f.Provider.SeriesDates(t.Context(), f.Nobody, made.ID, ahead(f, 27))
	mustClass(t, "a series of nobody", err, providers.NoMailbox, providers.Gone)
}

// heldBy counts the entries of one meeting in a calendar.
func heldBy(t testing.TB, f Fixture, mailbox providers.Address, uid string, span providers.Interval) int {
	t.Helper()
	n := 0
	for _, fact := range f.truth(t, mailbox, span) {
		if fact.ICalUID == uid && fact.Start.Equal(span.Start) && fact.End.Equal(span.End) {
			n++
		}
	}
	return n
}

func caseMove(t testing.TB, f Fixture) {
	was := slot(t, f, f.Organizer, f.Room)
	made, err := f.Provider.CreateEvent(t.Context(), draft(f, was, "to be moved"))
	if err != nil {
		t.Fatal(err)
	}
	waitForResponse(t, f, made.ID, providers.ResponseAccepted)
	next := slot(t, f, f.Organizer, f.Room)
	now, err := f.Provider.Event(t.Context(), f.Organizer, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := f.Provider.ChangeEvent(t.Context(), f.Organizer, made.ID, now.ETag, providers.EventChange{Start: &next.Start, End: &next.End})
	if err != nil {
		t.Fatal(err)
	}
	if moved.ID != made.ID || moved.ICalUID != made.ICalUID || !moved.Start.Equal(next.Start) || !moved.End.Equal(next.End) {
		t.Errorf("moved to %v, it is %+v", next, moved)
	}
	waitForResponse(t, f, made.ID, providers.ResponseAccepted)
	if f.Truth == nil {
		return
	}
	if there, left := heldBy(t, f, f.Room, made.ICalUID, next), heldBy(t, f, f.Room, made.ICalUID, was); there != 1 || left != 0 {
		t.Errorf("the room has it %d times at the new time and %d times at the old", there, left)
	}
}

func caseTwoRooms(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	made, err := f.Provider.CreateEvent(t.Context(), draft(f, span, "two rooms"))
	if err != nil {
		t.Fatal(err)
	}
	waitForResponse(t, f, made.ID, providers.ResponseAccepted)
	second := f.Rooms[slices.IndexFunc(f.Rooms, func(r providers.Address) bool { return r != f.Room })]
	// A room's answer may come between reading and changing; then it is read again.
	change := func(attendees func(have []providers.Attendee) []providers.Attendee) (changed providers.Event) {
		for range 10 {
			now, err := f.Provider.Event(t.Context(), f.Organizer, made.ID)
			if err != nil {
				t.Fatal(err)
			}
			changed, err = f.Provider.ChangeEvent(t.Context(), f.Organizer, made.ID, now.ETag, providers.EventChange{Attendees: attendees(now.Attendees)})
			if err == nil {
				return changed
			}
			mustClass(t, "a change that an answer overtook", err, providers.Conflict)
		}
		t.Fatal("it is changed by others each time")
		return changed
	}
	both := change(func(have []providers.Attendee) []providers.Attendee {
		return append(have, providers.Attendee{Mailbox: second, Text: providers.Outside(string(second)), Type: providers.Resource})
	})
	if _, ok := both.Attendee(second); !ok {
		t.Errorf("the second room is not invited: %+v", both.Attendees)
	}
	if first, _ := both.Attendee(f.Room); first.Response != providers.ResponseAccepted {
		t.Errorf("the first room answers %q only because another was invited", first.Response)
	}
	one := change(func(have []providers.Attendee) []providers.Attendee {
		return slices.DeleteFunc(have, func(a providers.Attendee) bool { return a.Mailbox == f.Room })
	})
	if _, still := one.Attendee(f.Room); still || len(one.Attendees) != len(both.Attendees)-1 {
		t.Errorf("after letting the first room go: %+v", one.Attendees)
	}
	if f.Truth != nil && heldBy(t, f, f.Room, made.ICalUID, span) != 0 {
		t.Error("the first room still holds the time")
	}
}
