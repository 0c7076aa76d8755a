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

// What was planned and became of each date of a series is kept, down to the last
// field: a field that is forgotten would be a date booked twice.
func TestBookingKeepsItsSeries(t *testing.T) {
	s := open(t)
	b := booking(1)
	span := providers.Interval{Start: noon, End: noon.Add(time.Hour)}
	b.Series = &providers.BookingSeries{
		Words: "every week", PlanWords: "1 room change", Given: "no", CancelScope: providers.CancelOne,
		Meetings: []providers.SeriesMeeting{{TransactionID: "T", EventID: "E", ICalUID: "U", Room: aalto, RoomName: providers.Outside("Aalto"), Start: noon, End: noon.Add(time.Hour),
			Quiet: true, Trimmed: true, Invited: true, Tries: 2, Gone: true,
			Recurrence: providers.Recurrence{Pattern: providers.PatternRelativeYearly, Interval: 2, Weekdays: []time.Weekday{time.Sunday, time.Friday}, FirstDay: time.Monday, DayOfMonth: 3,
				Month: time.May, Index: providers.IndexLast, Range: providers.RangeNumbered, Start: noon, End: noon.Add(time.Hour), Count: 7, Zone: "Europe/Berlin"}}},
		Dates: []providers.BookingDate{{Wished: span, WishedRoom: aalto, WishedName: providers.Outside("Aalto"), Span: span, Room: "b@contoso.com", RoomName: providers.Outside("B"),
			Act: providers.SeriesOther, Because: "taken", Meeting: -1, TransactionID: "T2", EventID: "E2", Tries: 3, State: providers.BookingPartly, Sent: noon, Answered: noon.Add(time.Second),
			Reason: "why", ReasonProof: providers.Inferred, Alternatives: []providers.Alternative{{Room: "c@contoso.com", Why: "free"}}, Notes: []string{"clocks"}, FreeAgain: noon,
			Change: providers.BookingChange{Kind: providers.ChangeMove, State: providers.ChangeDone, Was: providers.Slot{Room: aalto, Start: noon, End: noon}, Wanted: providers.Slot{Room: aalto, Start: noon, End: noon}}}},
	}
	for _, v := range []any{*b.Series, b.Series.Meetings[0], b.Series.Meetings[0].Recurrence, b.Series.Dates[0]} {
		for i := range reflect.ValueOf(v).NumField() {
			if reflect.ValueOf(v).Field(i).IsZero() {
				t.Errorf("%T.%s is not part of this test", v, reflect.TypeOf(v).Field(i).Name)
			}
		}
	}
	if err := s.SaveBooking(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if got := must(s.Booking(t.Context(), b.ID))(t); !reflect.DeepEqual(got, b) {
		t.Errorf("stored:\n%+v\nread:\n%+v", b.Series, got.Series)
	}
}
