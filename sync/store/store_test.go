package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

const tenant = "8f3a0000-0000-4000-8000-000000000001"

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// raw compares the texts of the tenant exactly.
var raw = cmp.Options{
	cmp.Comparer(func(a, b providers.Untrusted) bool { return a.Raw() == b.Raw() }),
	cmpopts.EquateEmpty(),
}

func path(t *testing.T) string { return filepath.Join(t.TempDir(), "data", "store.db") }

func openAt(t *testing.T, file string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func open(t *testing.T) *store.Store { return openAt(t, path(t)) }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

const aalto = providers.Address("aalto@contoso.com")

// week is the window that the tests mirror.
var week = providers.Interval{Start: noon.Add(-84 * time.Hour), End: noon.Add(84 * time.Hour)}

var stamp = store.Stamp{At: noon, Near: providers.Interval{Start: noon, End: noon.Add(12 * time.Hour)}}

// meeting is an ordinary event: the n-th hour after noon.
func meeting(mailbox providers.Address, n int) providers.Event {
	start := noon.Add(time.Duration(n) * time.Hour)
	return providers.Event{
		Mailbox: mailbox, ID: fmt.Sprintf("AAMkAGI-%s-%04d", mailbox, n), ICalUID: fmt.Sprintf("040000008200E-%s-%d", mailbox, n),
		Type: providers.SingleInstance, Start: start, End: start.Add(30 * time.Minute), Subject: providers.Outside(fmt.Sprint("Meeting ", n)),
		OrganizerName: providers.Outside("Adele Vance"), Organizer: "adele@contoso.com", ShowAs: providers.ShowBusy, Response: providers.ResponseAccepted,
	}
}

func meetings(mailbox providers.Address, from, to int) (all []providers.Event) {
	for n := from; n < to; n++ {
		all = append(all, meeting(mailbox, n))
	}
	return all
}

// fill reads a whole mailbox in one round.
func fill(t testing.TB, s *store.Store, mailbox providers.Address, pages ...[]providers.Event) store.Applied {
	t.Helper()
	round := s.BeginFull(mailbox, week)
	var applied store.Applied
	for i, events := range pages {
		last := i == len(pages)-1
		applied = must(round.Apply(t.Context(), providers.ChangePage{Events: events, Cursor: fmt.Sprint("cursor ", i), Done: last}, stamp))(t)
	}
	return applied
}

func TestRoomsAndPeopleSurviveAsTheyCame(t *testing.T) {
	s := open(t)
	three, yes := 3, true
	rooms := []providers.Room{
		{Mailbox: aalto, PlaceID: "p1", Name: providers.Outside("A\x1b]0;x\x07\xffalto"), Building: providers.Outside("HQ"), FloorNumber: &three, Capacity: 12,
			Equipment: []providers.Equipment{providers.Display}, Devices: []providers.Untrusted{providers.Outside("Epson")}, StepFree: &yes, Bookable: true,
			Lists: []providers.Address{"hq@contoso.com"}, Zone: "Europe/Berlin", Provider: "graph"},
		{Mailbox: "bauhaus@contoso.com"},
	}
	l := s.BeginRooms()
	if changed := must(l.Page(t.Context(), rooms))(t); !changed {
		t.Error("new rooms are no change")
	}
	must(l.Finish(t.Context(), providers.Listing{Count: 2, Reported: 2, Complete: true}, noon))(t)
	if diff := cmp.Diff(rooms, must(s.Rooms(t.Context()))(t), raw); diff != "" {
		t.Error(diff)
	}
	again := s.BeginRooms()
	if changed := must(again.Page(t.Context(), rooms))(t); changed {
		t.Error("the same rooms count as a change")
	}
	listing, at, err := s.RoomListing(t.Context())
	if err != nil || !listing.Complete || listing.Count != 2 || !at.Equal(noon) {
		t.Errorf("listing %+v at %v, %v", listing, at, err)
	}

	people := []providers.Person{{Mailbox: "adele@contoso.com", ID: "1", Name: providers.Outside("Adele Vance"), Enabled: true}}
	must(s.BeginPeople().Page(t.Context(), people))(t)
	if diff := cmp.Diff(people, must(s.People(t.Context()))(t), raw); diff != "" {
		t.Error(diff)
	}
	calendars := []providers.Calendar{{Mailbox: aalto, ID: "c", Name: providers.Outside("Calendar"), Default: true, IntegratedConferencing: true}}
	if changed := must(s.SetCalendars(t.Context(), aalto, calendars))(t); !changed {
		t.Error("new calendars are no change")
	}
	if changed := must(s.SetCalendars(t.Context(), aalto, calendars))(t); changed {
		t.Error("the same calendars count as a change")
	}
	if diff := cmp.Diff(calendars, must(s.Calendars(t.Context(), aalto))(t), raw); diff != "" {
		t.Error(diff)
	}
}

func TestEventsSurviveAsTheyCame(t *testing.T) {
	s := open(t)
	full := meeting(aalto, 1)
	full.Attendees = []providers.Attendee{
		{Mailbox: aalto, Text: providers.Outside("aalto@contoso.com"), Type: providers.Resource, Response: providers.ResponseAccepted, ResponseAt: noon},
		{Text: providers.Outside("/o=ExchangeLabs/cn=x"), Type: "panel", Response: "maybe"},
	}
	full.Location, full.JoinURL, full.OnlineMeeting, full.Zone = providers.Outside("Aalto"), providers.Outside("https://teams.microsoft.com/l/1"), true, "W. Europe Standard Time"
	full.Private, full.ETag, full.Modified, full.TransactionID, full.OriginalStart = true, `W/"x"`, noon, "t", noon
	odd := meeting(aalto, 2)
	odd.Type, odd.ShowAs = "unknownFutureValue", "dreaming"
	bare := providers.Event{Mailbox: aalto, ID: "bare", Start: noon, End: noon}
	fill(t, s, aalto, []providers.Event{full, odd, bare})
	if diff := cmp.Diff([]providers.Event{bare, full, odd}, must(s.Events(t.Context(), aalto, week))(t), raw); diff != "" {
		t.Error(diff)
	}
}
