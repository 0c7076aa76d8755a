package store_test

import (
	"fmt"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// F-127, P17: a whole reading under other ids, of a mailbox that is reached through
// another provider now, doubles nothing, holds nothing back, and bookings follow it.
func TestAReadingUnderOtherIDs(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	window := providers.Interval{Start: at.AddDate(0, 0, -1), End: at.AddDate(0, 0, 60)}
	reading := func(side string, without int) providers.ChangePage {
		page := providers.ChangePage{Cursor: side, Done: true}
		page.Events = append(page.Events, providers.Event{Mailbox: aalto, ID: side + "-master", ICalUID: "series", Type: providers.SeriesMaster, Start: at, End: at.Add(time.Hour)})
		for i := range 40 {
			e := providers.Event{Mailbox: aalto, ID: fmt.Sprint(side, "-", i), ICalUID: fmt.Sprint("uid-", i), Type: providers.SingleInstance, Start: at.Add(time.Duration(i) * time.Hour), End: at.Add(time.Duration(i+1) * time.Hour)}
			if i < 5 {
				e.ICalUID, e.Type, e.SeriesMasterID = "series", providers.Occurrence, side+"-master"
				if side == "graph" { // bare: the UID is the master's
					e.ICalUID, e.Stub = "", true
				}
			}
			if i != without {
				page.Events = append(page.Events, e)
			}
		}
		return page
	}
	apply := func(page providers.ChangePage) store.Applied {
		t.Helper()
		applied, err := s.BeginFull(aalto, window).Apply(t.Context(), page, store.Stamp{At: at})
		if err != nil {
			t.Fatal(err)
		}
		return applied
	}
	apply(reading("ews", -1))
	booked := providers.Booking{ID: "b", TransactionID: "t", State: providers.BookingAccepted, EventID: "ews-20", SeriesID: "ews-master", Request: providers.BookingRequest{Room: aalto, Organizer: aalto}}
	if err := s.SaveBooking(t.Context(), booked); err != nil {
		t.Fatal(err)
	}
	// One meeting was cancelled meanwhile: that is the only one that goes.
	applied := apply(reading("graph", 30))
	if applied.Held != 0 || applied.Rows != 39 || applied.Removed != 1 {
		t.Errorf("%+v", applied)
	}
	events := must(s.Events(t.Context(), aalto, window))(t)
	for _, e := range events {
		if e.ID[:5] != "graph" {
			t.Errorf("a row of before: %s", e.ID)
		}
	}
	if len(events) != 39 {
		t.Errorf("%d rows", len(events))
	}
	all := must(s.Bookings(t.Context()))(t)
	if len(all) != 1 || all[0].EventID != "graph-20" || all[0].SeriesID != "graph-master" {
		t.Errorf("the booking: %+v", all)
	}
	// Whoever stores it with the id of before does not undo that.
	if err := s.SaveBooking(t.Context(), booked); err != nil {
		t.Fatal(err)
	}
	if all := must(s.Bookings(t.Context()))(t); all[0].EventID != "graph-20" {
		t.Errorf("stored again: %+v", all[0])
	}
	// Where most of it vanishes without a meeting in its place, it is held as ever.
	if applied := apply(providers.ChangePage{Cursor: "c", Done: true, Events: []providers.Event{{Mailbox: aalto, ID: "new", ICalUID: "new", Type: providers.SingleInstance, Start: at, End: at.Add(time.Hour)}}}); applied.Held == 0 {
		t.Errorf("%+v", applied)
	}
}
