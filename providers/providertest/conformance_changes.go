package providertest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
)

func changesCases() []testCase {
	return []testCase{
		{"Changes from nothing are the truth", Setup{}, caseFirstRound},
		{"Changes resume behind any page", Setup{}, caseResume},
		{"Changes bring what is created, changed and cancelled", Setup{}, caseNextRound},
		{"Changes with nothing new are empty and go on", Setup{}, caseQuietRound},
		{"Occurrences come with their master", Setup{}, caseStubs},
		{"A date that is taken out of its series is removed (J3)", Setup{}, caseDateGone},
		{"A cursor that the service forgot asks for a new round", Setup{}, caseExpired},
		{"A cursor from nowhere is refused", Setup{}, caseForeignCursor},
		{"Changes of an unknown address are an error", Setup{}, caseChangesNobody},
		{"Changes stop when the caller stops", Setup{}, caseChangesStop},
	}
}

// key tells entries apart across the witness and the provider. Occurrences that
// come as stubs have no iCalUId, so the times must do.
func key(start, end time.Time) string {
	return start.UTC().Format(time.RFC3339) + " to " + end.UTC().Format(time.RFC3339)
}

func count(keys []string) map[string]int {
	out := map[string]int{}
	for _, k := range keys {
		out[k]++
	}
	return out
}

func factKeys(facts []Fact) []string {
	var out []string
	for _, fact := range facts {
		if fact.Cancelled {
			continue
		}
		if fact.AllDay { // events have the dates, written as midnights of UTC
			fact.Start, fact.End = date(fact.Start), date(fact.End)
		}
		out = append(out, key(fact.Start, fact.End))
	}
	return out
}

// date is the day whose midnight t is, somewhere between ten hours west and
// thirteen east of Greenwich.
func date(t time.Time) time.Time { return t.UTC().Add(13 * time.Hour).Truncate(24 * time.Hour) }

func eventKeys(events map[string]providers.Event) []string {
	var out []string
	for _, e := range events {
		if e.Type != providers.SeriesMaster && !e.Cancelled {
			out = append(out, key(e.Start, e.End))
		}
	}
	return out
}

func compareWithTruth(t testing.TB, f Fixture, mailbox providers.Address, events map[string]providers.Event, window providers.Interval) int {
	t.Helper()
	facts := f.truth(t, mailbox, window)
	want, got := count(factKeys(facts)), count(eventKeys(events))
	if maps.Equal(want, got) {
		return len(want)
	}
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			t.Errorf("%s: %d entries %s exist, %d came", mailbox, want[k], k, got[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if want[k] == 0 {
			t.Errorf("%s: %d entries %s came that do not exist", mailbox, got[k], k)
		}
	}
	return len(want)
}

// mailboxes are some of everything.
func mailboxes(f Fixture) []providers.Address {
	out := []providers.Address{f.Series, f.Organizer, f.Room}
	out = append(out, f.Rooms[:min(3, len(f.Rooms))]...)
	out = append(out, f.People[:min(3, len(f.People))]...)
	slices.Sort(out)
	return slices.Compact(out)
}

func caseFirstRound(t testing.TB, f Fixture) {
	window := ahead(f, 28)
	window.Start = window.Start.AddDate(0, 0, -7)
	entries := 0
	for _, mailbox := range mailboxes(f) {
		r := read(t, f, providers.ChangesRequest{Mailbox: mailbox, Window: window})
		entries += compareWithTruth(t, f, mailbox, r.events, window)
		for _, e := range r.events {
			if e.Type == "" || !e.Stub && (e.ShowAs == "" || e.ICalUID == "" || e.ETag == "") {
				t.Errorf("%s: event without type, showAs, iCalUId or etag: %+v", mailbox, e)
			}
		}
	}
	if entries == 0 {
		t.Error("no mailbox has any entry: nothing is proven")
	}
}

func caseResume(t testing.TB, f Fixture) {
	window := ahead(f, 28)
	request := providers.ChangesRequest{Mailbox: f.Series, Window: window, PageSize: 3}
	whole := read(t, f, request)
	if whole.pages < 2 {
		t.Skipf("a round of %d events comes in one page", len(whole.events))
	}
	parts := round{events: map[string]providers.Event{}, removed: map[string]bool{}}
	for tries := 0; !parts.done; tries++ {
		if tries > 2*whole.pages+2 {
			t.Fatal("a round that is taken page by page does not end")
		}
		request.Cursor = parts.cursor
		taken := false
		err := f.Provider.Changes(t.Context(), request, func(page providers.ChangePage) error {
			if taken {
				return errStop
			}
			taken = true
			parts.apply(t, f.Series, page)
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			t.Fatal(err)
		}
	}
	if len(parts.events) != len(whole.events) {
		t.Errorf("page by page %d events come, at once %d", len(parts.events), len(whole.events))
	}
}

func caseNextRound(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	window := ahead(f, 45)
	request := providers.ChangesRequest{Mailbox: f.Organizer, Window: window}
	r := read(t, f, request)
	next := func() round {
		t.Helper()
		request.Cursor = r.cursor
		r = read(t, f, request)
		return r
	}
	made, err := f.Provider.CreateEvent(t.Context(), draft(f, span, "made"))
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := next().events[made.ID]; !ok || !e.Start.Equal(span.Start) || e.Subject.Raw() != "made" {
		t.Errorf("the created event does not come: %v, %+v", ok, e)
	}
	subject := providers.Outside("renamed")
	if _, err := f.Provider.ChangeEvent(t.Context(), f.Organizer, made.ID, "", providers.EventChange{Subject: &subject}); err != nil {
		t.Fatal(err)
	}
	if e, ok := next().events[made.ID]; !ok || e.Subject.Raw() != "renamed" {
		t.Errorf("the changed event does not come: %v, %+v", ok, e)
	}
	if err := f.Provider.CancelEvent(t.Context(), f.Organizer, made.ID, "done"); err != nil {
		t.Fatal(err)
	}
	last := next()
	if e, still := last.events[made.ID]; !last.removed[made.ID] && !(still && e.Cancelled) {
		t.Errorf("the cancelled event is neither removed nor marked: %+v", last)
	}
	request.Cursor = ""
	compareWithTruth(t, f, f.Organizer, read(t, f, request).events, window)
}

func caseQuietRound(t testing.TB, f Fixture) {
	request := providers.ChangesRequest{Mailbox: f.Series, Window: ahead(f, 28)}
	for i := range 3 {
		r := read(t, f, request)
		if i > 0 && len(r.events) > 0 {
			t.Errorf("round %d brings %d events although nothing happened", i+1, len(r.events))
		}
		request.Cursor = r.cursor
	}
}

func caseStubs(t testing.TB, f Fixture) {
	r := read(t, f, providers.ChangesRequest{Mailbox: f.Series, Window: ahead(f, 28)})
	recurring := 0
	for _, e := range r.events {
		if e.Type != providers.Occurrence && e.Type != providers.Exception {
			if e.Stub {
				t.Errorf("a %s is marked as a stub", e.Type)
			}
			continue
		}
		recurring++
		if e.SeriesMasterID == "" {
			t.Errorf("%s %s has no master", e.Type, e.ID)
		}
		if e.Type != providers.Occurrence || !e.Stub {
			if e.Subject.Empty() && e.OrganizerName.Empty() && e.Organizer == "" {
				t.Errorf("%s without any content is not marked as a stub: %+v", e.Type, e)
			}
			continue
		}
		if master, ok := r.events[e.SeriesMasterID]; !ok || master.Type != providers.SeriesMaster || master.Stub {
			t.Errorf("the master of stub %s is not there in full: %v, %s", e.ID, ok, master.Type)
		}
	}
	if recurring == 0 {
		t.Errorf("%s has no recurring meeting: nothing is proven", f.Series)
	}
}

func caseExpired(t testing.TB, f Fixture) {
	request := providers.ChangesRequest{Mailbox: f.Organizer, Window: ahead(f, 28)}
	request.Cursor = read(t, f, request).cursor
	remove := f.with(t, ExpiredCursor, f.Organizer)
	err := f.Provider.Changes(t.Context(), request, func(providers.ChangePage) error { return nil })
	mustClass(t, "changes with a forgotten cursor", err, providers.Resync)
	remove()
	request.Cursor = ""
	read(t, f, request)
}

func caseForeignCursor(t testing.TB, f Fixture) {
	for _, cursor := range []string{"nonsense", "https://evil.example/v1.0/users/x/calendarView/delta?$deltatoken=y", "http://[::1", "\x00"} {
		pages := 0
		err := f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.Organizer, Cursor: cursor}, func(providers.ChangePage) error {
			pages++
			return nil
		})
		mustClass(t, fmt.Sprintf("cursor %q", cursor), err, providers.Resync, providers.Foreign, providers.Permanent)
		if pages > 0 {
			t.Errorf("cursor %q brings pages", cursor)
		}
	}
}

func caseChangesNobody(t testing.TB, f Fixture) {
	err := f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.Nobody, Window: ahead(f, 7)}, func(providers.ChangePage) error {
		t.Error("nobody has pages")
		return nil
	})
	mustClass(t, "changes of nobody", err, providers.NoMailbox, providers.Gone)
}

func caseChangesStop(t testing.TB, f Fixture) {
	err := f.Provider.Changes(t.Context(), providers.ChangesRequest{Mailbox: f.Series, Window: ahead(f, 28)}, func(providers.ChangePage) error { return errStop })
	if !errors.Is(err, errStop) {
		t.Errorf("the caller's own error does not come back: %v", err)
	}
}

func caseDateGone(t testing.TB, f Fixture) {
	d := weeklyDraft(t, f, "one date less")
	d.Room = ""
	made, err := f.Provider.CreateEvent(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	request := providers.ChangesRequest{Mailbox: f.Organizer, Window: providers.Interval{Start: d.Start.AddDate(0, 0, -1), End: d.Start.AddDate(0, 2, 0)}}
	before := read(t, f, request)
	dates := datesIn(t, f, made.ID, d)
	if len(dates) != seriesDates {
		t.Fatalf("%d dates, want %d", len(dates), seriesDates)
	}
	for _, e := range dates {
		if _, ok := before.events[e.ID]; !ok {
			t.Errorf("the date at %v does not come", e.Start)
		}
	}
	if err := f.Provider.DeleteEvent(t.Context(), f.Organizer, dates[1].ID); err != nil {
		t.Fatal(err)
	}
	request.Cursor = before.cursor
	after := read(t, f, request)
	if e, still := after.events[dates[1].ID]; !after.removed[dates[1].ID] && !(still && e.Cancelled) {
		t.Errorf("the date that was taken out is neither removed nor marked: %v", after.removed)
	}
	for _, n := range []int{0, 2, 3} {
		if after.removed[dates[n].ID] {
			t.Errorf("date %d is removed too", n)
		}
	}
}
