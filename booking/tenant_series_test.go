package booking_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/booking"
	"roomdesk/booking/series"
	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

func (o objects) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	return o.call(ctx, "DELETE", user(mailbox)+"/events/"+url.PathEscape(id), nil, nil)
}

// patterned is a recurrence as Graph's documentation writes it, with the zone's
// IANA name.
func patterned(r providers.Recurrence) map[string]any {
	pattern := map[string]any{"type": r.Pattern, "interval": r.Interval}
	if len(r.Weekdays) > 0 {
		var days []string
		for _, day := range r.Weekdays {
			days = append(days, day.String())
		}
		pattern["daysOfWeek"], pattern["firstDayOfWeek"] = days, r.FirstDay.String()
	}
	if r.DayOfMonth > 0 {
		pattern["dayOfMonth"] = r.DayOfMonth
	}
	if r.Index != "" {
		pattern["index"] = r.Index
	}
	return map[string]any{"pattern": pattern, "range": map[string]any{"type": r.Range, "startDate": r.Start.Format(time.DateOnly), "endDate": r.End.Format(time.DateOnly), "recurrenceTimeZone": r.Zone}}
}

// plannedSeries is a weekly series at night, from the tenant's own free/busy, in the
// first of the rooms.
func (o *office) plannedSeries(n int, rooms ...providers.Address) providers.SeriesRequest {
	o.t.Helper()
	start, end := freeNight(2)
	window := providers.Interval{Start: start.Add(-3 * time.Hour), End: end.AddDate(0, 0, 7*n)}
	q := series.Question{Rule: wish.Repeat{Frequency: wish.Weekly, Interval: 1, Count: n}, First: providers.Interval{Start: start, End: end}, Zone: time.UTC, Now: time.Now(), Limit: 20}
	for _, room := range rooms {
		answers, err := o.provider.Availability(o.t.Context(), []providers.Address{room}, window)
		if err != nil || len(answers) != 1 {
			o.t.Fatal(answers, err)
		}
		q.Rooms = append(q.Rooms, series.Candidate{Room: providers.Room{Mailbox: room, Name: providers.Outside(room.Local()), Bookable: true}, Busy: answers[0]})
	}
	m := series.Plan(q)
	at := slices.IndexFunc(m.Plans, func(p providers.SeriesPlan) bool {
		return len(p.Parts) == 1 && p.Parts[0].Room == 0 && p.Parts[0].To == n
	})
	if at < 0 {
		o.t.Fatalf("no plan: %+v", m.Rooms)
	}
	people := o.tenant.People()
	var guest providers.Address
	for _, p := range people {
		if a, ok := providers.ParseAddress(p.Mailbox); ok && a != o.alice {
			guest = a
		}
	}
	return providers.SeriesRequest{Request: providers.BookingRequest{Zone: "UTC", Subject: providers.Outside("Round"), Required: []providers.Address{guest}}, Matrix: m, Plan: m.Plans[at]}
}

// J3, F-041, F-042, F-058 over the wire: three of six dates clash in a room whose
// rule declines a series for one of them. The plan gets it every date that it has,
// whichever answer is lost on the way: one series, one meeting in another room, and
// each date held once by the room of its line.
func TestSeriesInATenant(t *testing.T) { overServicesAndHybrid(t, seriesInATenant) }

func seriesInATenant(t *testing.T, of service) {
	fault := func(a act, nth int, then string) simulator.Fault {
		return of.fault(a, simulator.Fault{Nth: nth, Times: 1, CommitThen: then})
	}
	for name, faults := range map[string][]simulator.Fault{
		"smooth":                     nil,
		"series: commit then 504":    {fault(creating, 4, "fail")},
		"series: reset before":       {of.fault(creating, simulator.Fault{Nth: 4, Times: 1, ResetBefore: true})},
		"date: commit then reset":    {fault(deleting, 1, "reset")},
		"shift: commit then reset":   {fault(changing, 1, "reset")},
		"invite: commit then cut":    {fault(changing, 2, "truncate")},
		"invite: 412":                {of.fault(changing, simulator.Fault{Nth: 2, Times: 1, Fail: &simulator.Failure{Status: 412, Code: "ErrorIrresolvableConflict"}})},
		"other room: commit, 504":    {fault(creating, 5, "fail")},
		"reading dates: 503 then ok": {of.fault(readingDates, simulator.Fault{Nth: 1, Times: 2, Fail: &simulator.Failure{Status: 503, Code: "ErrorServerBusy", RetryAfter: "0"}})},
	} {
		t.Run(name, func(t *testing.T) {
			inOffice(t, of, func(t *testing.T, o *office) {
				second := o.other(o.request(2))
				for _, week := range []int{1, 2, 4} { // three bookings of others
					q := o.request(2 + 7*week)
					q.Teams = false
					if week != 4 {
						q.Start, q.End = q.Start.Add(-90*time.Minute), q.End.Add(90*time.Minute)
					}
					b, err := o.Book(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					o.await(b.ID)
				}
				q := o.plannedSeries(6, o.room, second)
				steps := slices.Clone(q.Plan.Steps)
				steps[2].Act, steps[2].Room, steps[2].Span = providers.SeriesSkip, -1, providers.Interval{}
				steps[4].Act, steps[4].Room = providers.SeriesShift, 0
				steps[4].Span = providers.Interval{Start: q.Matrix.Dates[4].Span.Start.Add(75 * time.Minute), End: q.Matrix.Dates[4].Span.End.Add(75 * time.Minute)}
				q.Plan.Steps = steps
				_, before := o.creates()
				b, err := o.BookSeries(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				b = o.await(b.ID)
				if b.State != providers.BookingAccepted || b.Series.Tally() != "5 accepted, 1 skipped" {
					t.Fatalf("%s: %s; %s", b.State, b.Reason, b.Series.Tally())
				}
				for n, line := range b.Series.Dates {
					if !line.Live() {
						continue
					}
					if holding := o.holds(b, line.Span.Start.Add(time.Minute), o.room, second); !slices.Contains(holding, line.Room) || line.Act == providers.SeriesOther && line.Room != second {
						t.Errorf("date %d in %s is held by %v", n, line.Room, holding)
					}
				}
				if _, made := o.creates(); made-before != 2 {
					t.Errorf("%d meetings were made, want a series and one in another room", made-before)
				}
				// The guest has each date once, and heard of none that was taken out.
				truth, _ := o.tenant.Truth(string(q.Request.Required[0]), b.Series.Dates[0].Wished.Start.Add(-time.Hour), b.Series.Last())
				rounds := 0
				for _, e := range truth.Events {
					if e.Subject == "Round" && !e.Cancelled {
						rounds++
					}
				}
				if rounds != 5 {
					t.Errorf("the guest has %d meetings, want 5: %+v", rounds, truth.Events)
				}
				if got, err := o.CancelFrom(t.Context(), b.ID, 3, providers.CancelOne, "not today"); err != nil || got.Series.Dates[3].State != providers.BookingCancelled || got.State != providers.BookingAccepted {
					t.Errorf("cancelling one date: %s %s, %v", got.State, got.Series.Tally(), err)
				}
				if got, err := o.CancelFrom(t.Context(), b.ID, 1, providers.CancelFollowing, ""); err != nil || got.Series.Tally() != "1 accepted, 1 skipped, 4 cancelled" {
					t.Errorf("cancelling the following: %s %s, %v", got.State, got.Series.Tally(), err)
				}
				if got, err := o.Cancel(t.Context(), b.ID, ""); err != nil || got.State != providers.BookingCancelled {
					t.Errorf("cancelling all: %s, %v", got.State, err)
				}
				if holding := o.holds(b, b.Series.Dates[0].Span.Start.Add(time.Minute), o.room, second); len(holding) != 0 {
					t.Errorf("after cancelling, held by %v", holding)
				}
			}, faults...)
		})
	}
}

// F-058: a room that tolerates some clashes declines single dates; a room that does
// not declines all. Both are told date by date.
func TestSeriesDeclinedInATenant(t *testing.T) { overServicesAndHybrid(t, seriesDeclinedInATenant) }

func seriesDeclinedInATenant(t *testing.T, of service) {
	for name, tolerates := range map[string]int{"partly": 2, "as a whole": 0} {
		t.Run(name, func(t *testing.T) {
			inOffice(t, of, func(t *testing.T, o *office) {
				policy, err := o.tenant.RoomPolicyOf(string(o.room))
				if err != nil {
					t.Fatal(err)
				}
				policy.MaxConflicts = tolerates
				if err := o.tenant.SetRoomPolicy(string(o.room), policy); err != nil {
					t.Fatal(err)
				}
				q := o.plannedSeries(5, o.room)
				taken := o.request(9)
				taken.Teams = false
				other, err := o.Book(t.Context(), taken)
				if err != nil {
					t.Fatal(err)
				}
				o.await(other.ID)
				var refused *booking.SeriesRefused
				if _, err := o.BookSeries(t.Context(), q); !errors.As(err, &refused) || refused.Booking.Series.Dates[1].Reason == "" || providers.ClassOf(err) != providers.Conflict {
					t.Fatalf("%v", err)
				}
				q.Request.EvenIfBusy = true
				b, err := o.BookSeries(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				b = o.await(b.ID)
				want := providers.BookingPartly
				if tolerates == 0 {
					want = providers.BookingDeclined
				}
				line := b.Series.Dates[1]
				if b.State != want || line.State != providers.BookingDeclined || line.ReasonProof != providers.Proven || len(b.Alternatives) == 0 {
					t.Errorf("%s: %s; %+v", b.State, b.Reason, line)
				}
				if free := b.Series.Dates[3]; tolerates == 0 && (free.ReasonProof != providers.Inferred || !strings.Contains(free.Reason, "declines all")) {
					t.Errorf("%+v", free)
				}
			})
		})
	}
}
