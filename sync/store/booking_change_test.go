package store_test

import (
	"reflect"
	"testing"
	"time"

	"roomdesk/providers"
)

// A booking with an open change comes back as it was stored, and is open although
// the room has accepted it.
func TestBookingKeepsItsChange(t *testing.T) {
	s := open(t)
	b := booking(1)
	b.State, b.Adopted, b.SeriesID = providers.BookingAccepted, true, "series"
	b.Change = providers.BookingChange{
		Kind: providers.ChangeMove, State: providers.ChangeUnknown, Step: providers.StepRelease,
		Was:    providers.Slot{Room: aalto, RoomName: providers.Outside("Aalto"), Start: noon, End: noon.Add(time.Hour)},
		Wanted: providers.Slot{Room: "b@contoso.com", Start: noon.Add(time.Hour), End: noon.Add(2 * time.Hour)},
		Asked:  noon, Sent: noon.Add(time.Second), Ended: noon.Add(time.Minute), Tries: 3, NextTry: noon.Add(time.Hour), AnsweredBefore: noon.Add(-time.Hour),
		Mails: []providers.Notice{{Mailbox: aalto, Room: true, Cause: "let go"}}, Reason: "why", ReasonProof: providers.Inferred, Failure: providers.NotAllowed,
		Alternatives: []providers.Alternative{{Room: "c@contoso.com", Name: providers.Outside("C"), Place: "HQ", Capacity: 3, Why: "free"}},
	}
	b.Failure = providers.Transient
	b.CancelDates = []providers.CancelDate{{EventID: "date", Start: noon, End: noon.Add(time.Hour), Done: true}, {EventID: "series", Refused: "no"}}
	if err := s.SaveBooking(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := must(s.Booking(t.Context(), b.ID))(t); !reflect.DeepEqual(got, b) {
		t.Errorf("stored:\n%+v\nread:\n%+v", b, got)
	}
	if open := must(s.OpenBookings(t.Context()))(t); len(open) != 1 {
		t.Errorf("%d open bookings", len(open))
	}
	b.Change.State = providers.ChangeDone
	if err := s.SaveBooking(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if open := must(s.OpenBookings(t.Context()))(t); len(open) != 0 {
		t.Errorf("%d open bookings after the change", len(open))
	}
}
