package providertest

import (
	"context"
	"testing"

	"roomdesk/providers"
)

func cancelCases() []testCase {
	return []testCase{
		{"Cancelling twice is success, and frees the room (F-053)", Setup{}, caseCancelTwice},
		{"Cancelling through the room's copy is refused (F-054)", Setup{}, caseCancelNotMine},
	}
}

func troubleCases() []testCase {
	return []testCase{
		{"A missing permission for places is told as such (set-up mistake 8)", Setup{Without: PlacesPermission}, caseWithoutPlaces},
		{"A missing permission for people is told as such (set-up mistake 6)", Setup{Without: PeoplePermission}, caseWithoutPeople},
		{"A missing permission for calendars is told as such (set-up mistake 6)", Setup{Without: CalendarsPermission}, caseWithoutCalendars},
		{"A mailbox that a policy leaves out is not allowed, others are (set-up mistake 9)", Setup{}, caseForbidden},
		{"An account without a mailbox is told as such (F-038, set-up mistake 12)", Setup{}, caseNoMailbox},
		{"An entry that is null is an error or left out, never a panic (F-023)", Setup{}, caseNullItem},
		{"A network's sign-in page is not the service (F-025)", Setup{}, casePortal},
		{"An empty page is not the end of the changes (F-036)", Setup{}, caseStillTrue(EmptyPage)},
		{"Entries that come twice are harmless (F-036)", Setup{}, caseStillTrue(Duplicates)},
		{"Removing what was never there is harmless", Setup{}, caseStillTrue(GhostRemoval)},
		{"A page that breaks off is not applied in part (F-024)", Setup{}, caseStillTrue(Truncated)},
		{"A busy service is asked again (F-071)", Setup{}, caseStillTrue(Busy)},
		{"Rooms that come twice are counted once (F-036)", Setup{}, caseRoomsTwice},
		{"Pages in a circle end (F-036)", Setup{}, caseBadLink(LoopingLink)},
		{"A link to another host is not followed (S-09, F-080)", Setup{}, caseBadLink(ForeignLink)},
		{"A cancelled call ends at once", Setup{}, caseCancelled},
	}
}

func caseCancelTwice(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	made, err := f.Provider.CreateEvent(t.Context(), draft(f, span, "cancelled"))
	if err != nil {
		t.Fatal(err)
	}
	waitForResponse(t, f, made.ID, providers.ResponseAccepted)
	for try := range 2 {
		if err := f.Provider.CancelEvent(t.Context(), f.Organizer, made.ID, "not needed"); err != nil {
			t.Errorf("try %d: %v", try+1, err)
		}
	}
	waitFor(t, f, "the room is free again", func(ctx context.Context) bool {
		got, err := f.Provider.Availability(ctx, []providers.Address{f.Room, f.Organizer}, span)
		if broken(ctx, t, err) {
			return false
		}
		return len(got) == 2 && got[0].FreeFor(span) && got[1].FreeFor(span)
	})
}

// Only the organiser can cancel for everybody: a room's copy may at most be
// refused, never reported as a cancelled meeting.
func caseCancelNotMine(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	made, err := f.Provider.CreateEvent(t.Context(), draft(f, span, "not mine"))
	if err != nil {
		t.Fatal(err)
	}
	waitForResponse(t, f, made.ID, providers.ResponseAccepted)
	r := read(t, f, providers.ChangesRequest{Mailbox: f.Room, Window: providers.Interval{Start: span.Start, End: span.End}})
	for _, e := range r.events {
		if e.ICalUID != made.ICalUID {
			continue
		}
		if e.ID == made.ID || e.IsOrganizer {
			t.Errorf("the room's copy is the organiser's: %+v", e)
		}
		err := f.Provider.CancelEvent(t.Context(), f.Room, e.ID, "")
		mustClass(t, "cancelling as an attendee", err, providers.Permanent, providers.NotAllowed, providers.Unsupported)
		if _, err := f.Provider.Event(t.Context(), f.Organizer, made.ID); err != nil {
			t.Errorf("the organiser's event: %v", err)
		}
		return
	}
	t.Error("the room has no copy of the meeting")
}

func caseWithoutPlaces(t testing.TB, f Fixture) {
	listing, err := f.Provider.Rooms(t.Context(), func(page []providers.Room) error {
		t.Errorf("%d rooms come without permission", len(page))
		return nil
	})
	mustClass(t, "rooms", err, providers.NotAllowed)
	if listing.Complete {
		t.Error("a refused listing says that it is complete")
	}
}

func caseWithoutPeople(t testing.TB, f Fixture) {
	listing, err := f.Provider.People(t.Context(), func(page []providers.Person) error {
		t.Errorf("%d people come without permission", len(page))
		return nil
	})
	mustClass(t, "people", err, providers.NotAllowed)
	if listing.Complete {
		t.Error("a refused listing says that it is complete")
	}
}

func caseWithoutCalendars(t testing.TB, f Fixture) {
	err := f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.Organizer, Window: ahead(f, 7)}, func(providers.ChangePage) error {
		t.Error("a page comes without permission")
		return nil
	})
	mustClass(t, "changes", err, providers.NotAllowed)
	_, err = f.Provider.CreateEvent(t.Context(), draft(f, ahead(f, 1), "refused"))
	mustClass(t, "create", err, providers.NotAllowed)
	_, err = f.Provider.Calendars(t.Context(), f.Organizer)
	mustClass(t, "calendars", err, providers.NotAllowed)
	got, err := f.Provider.Availability(t.Context(), []providers.Address{f.Room}, ahead(f, 1))
	if err == nil {
		for _, a := range got {
			if a.Known() && !f.OpenFreeBusy {
				t.Errorf("availability is known without permission: %+v", a)
			}
		}
	} else {
		mustClass(t, "availability", err, providers.NotAllowed)
	}
}

func caseForbidden(t testing.TB, f Fixture) {
	defer f.with(t, Forbidden, f.Room)()
	none := func(providers.ChangePage) error { return nil }
	err := f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.Room, Window: ahead(f, 7)}, none)
	mustClass(t, "changes of the forbidden mailbox", err, providers.NotAllowed)
	if err := f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.Organizer, Window: ahead(f, 7)}, none); err != nil {
		t.Errorf("another mailbox: %v", err)
	}
}

func caseNoMailbox(t testing.TB, f Fixture) {
	if f.NoMailbox == "" {
		f.NoMailbox = f.People[len(f.People)-1]
		defer f.with(t, Unlicensed, f.NoMailbox)()
	}
	err := f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.NoMailbox, Window: ahead(f, 7)}, func(providers.ChangePage) error {
		t.Error("no mailbox, but a page")
		return nil
	})
	mustClass(t, "changes", err, providers.NoMailbox)
	_, err = f.Provider.Calendars(t.Context(), f.NoMailbox)
	mustClass(t, "calendars", err, providers.NoMailbox)
	d := draft(f, ahead(f, 1), "nowhere")
	d.Organizer = f.NoMailbox
	_, err = f.Provider.CreateEvent(t.Context(), d)
	mustClass(t, "create", err, providers.NoMailbox)
}

func caseNullItem(t testing.TB, f Fixture) {
	remove := f.with(t, NullItem, f.Organizer)
	request := providers.ChangesRequest{Mailbox: f.Organizer, Window: ahead(f, 28)}
	pages := 0
	err := f.Provider.Changes(t.Context(), request, func(page providers.ChangePage) error {
		pages++
		for _, e := range page.Events {
			if e.ID == "" {
				t.Error("an event without id comes out of null")
			}
		}
		return nil
	})
	remove()
	if err != nil {
		mustClass(t, "a page with null", err, providers.Foreign, providers.Transient)
		if pages > 0 {
			t.Error("a rejected page was handed on")
		}
	}
	compareWithTruth(t, f, f.Organizer, read(t, f, request).events, request.Window)
}

// caseStillTrue reads under a trouble that a provider can overcome. It may report
// it, with a class that is tried again; it may never make it an event more or
// less.
func caseStillTrue(trouble Trouble) func(testing.TB, Fixture) {
	return func(t testing.TB, f Fixture) {
		remove := f.with(t, trouble, f.Series)
		request := providers.ChangesRequest{Mailbox: f.Series, Window: ahead(f, 28), PageSize: 5}
		got := round{events: map[string]providers.Event{}, removed: map[string]bool{}}
		err := ends(t, f, "changes", func() error {
			return f.Provider.Changes(t.Context(), request, func(page providers.ChangePage) error {
				got.apply(t, f.Series, page)
				return nil
			})
		})
		remove()
		switch {
		case err != nil && !providers.ClassOf(err).Retryable():
			t.Errorf("%s: class %q is not tried again: %v", trouble, providers.ClassOf(err), err)
		case err == nil && !got.done:
			t.Errorf("%s: the round ends without error and without its last page", trouble)
		case err == nil:
			compareWithTruth(t, f, f.Series, got.events, request.Window)
		}
		if n := compareWithTruth(t, f, f.Series, read(t, f, request).events, request.Window); n == 0 {
			t.Error("there are no events: nothing is proven")
		}
	}
}

// caseBadLink reads under a link that must not be followed.
func caseBadLink(trouble Trouble) func(testing.TB, Fixture) {
	return func(t testing.TB, f Fixture) {
		remove := f.with(t, trouble, f.Series)
		request := providers.ChangesRequest{Mailbox: f.Series, Window: ahead(f, 28), PageSize: 5}
		err := ends(t, f, "changes", func() error {
			return f.Provider.Changes(t.Context(), request, func(page providers.ChangePage) error {
				if page.Done {
					t.Error("a round whose pages lead astray calls itself done")
				}
				return nil
			})
		})
		remove()
		mustClass(t, string(trouble), err, providers.Foreign)
		compareWithTruth(t, f, f.Series, read(t, f, request).events, request.Window)
	}
}

func caseRoomsTwice(t testing.TB, f Fixture) {
	defer f.with(t, Duplicates, "")()
	got, listing := rooms(t, f)
	if len(got) != len(f.Rooms) || listing.Count != len(got) {
		t.Errorf("%d rooms exist, %d came, the listing counts %d", len(f.Rooms), len(got), listing.Count)
	}
}

func casePortal(t testing.TB, f Fixture) {
	defer f.with(t, Portal, "")()
	err := ends(t, f, "rooms behind a sign-in page", func() error {
		_, err := f.Provider.Rooms(t.Context(), func(page []providers.Room) error {
			t.Errorf("%d rooms come out of HTML", len(page))
			return nil
		})
		return err
	})
	mustClass(t, "rooms", err, providers.Foreign)
	err = ends(t, f, "changes behind a sign-in page", func() error {
		return f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.Organizer, Window: ahead(f, 7)}, func(providers.ChangePage) error {
			t.Error("a page comes out of HTML")
			return nil
		})
	})
	mustClass(t, "changes", err, providers.Foreign)
}

func caseCancelled(t testing.TB, f Fixture) {
	before, cancelBefore := context.WithCancel(t.Context())
	cancelBefore()
	_, err := f.Provider.Identify(before)
	mustClass(t, "a call whose context is already over", err, providers.Cancelled)

	if _, err := f.Provider.Identify(t.Context()); err != nil { // sign in while it can be done
		t.Fatal(err)
	}
	defer f.with(t, Hang, "")()
	calls := map[string]func(context.Context) error{
		"rooms": func(ctx context.Context) error {
			_, err := f.Provider.Rooms(ctx, func([]providers.Room) error { return nil })
			return err
		},
		"changes": func(ctx context.Context) error {
			return f.Provider.Changes(ctx, providers.ChangesRequest{Mailbox: f.Organizer, Window: ahead(f, 7)}, func(providers.ChangePage) error { return nil })
		},
		"availability": func(ctx context.Context) error {
			_, err := f.Provider.Availability(ctx, []providers.Address{f.Room}, ahead(f, 1))
			return err
		},
		"event": func(ctx context.Context) error {
			_, err := f.Provider.Event(ctx, f.Organizer, "id")
			return err
		},
	}
	for what, call := range calls {
		ctx, cancel := context.WithCancel(t.Context())
		err := ends(t, f, what+" cancelled", func() error {
			go cancel()
			return call(ctx)
		})
		cancel()
		mustClass(t, what, err, providers.Cancelled)
	}
}
