package booking

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// date gives a date of a series as its own booking.
func (w *world) date(b providers.Booking, n int) providers.Booking {
	w.t.Helper()
	one, err := w.DateBooking(w.t.Context(), b.ID, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return one
}

// One date of a series is extended, moved to another time and to another room by
// itself, with the room's answer for it; the others stay, nobody is told that
// somebody else did it, and it can be taken back.
func TestDateOfASeriesIsChanged(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(5))
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		wished := b.Series.Dates[2].Wished
		for n, q := range map[int]ChangeRequest{
			1: {Kind: providers.ChangeExtend, End: b.Series.Dates[1].Span.End.Add(15 * time.Minute)},
			2: {Kind: providers.ChangeMove, Room: near},
			3: {Kind: providers.ChangeMove, Start: b.Series.Dates[3].Span.Start.Add(2 * time.Hour)},
		} {
			one := w.date(b, n)
			if one.DateOf != b.ID || one.Date != n || one.State != providers.BookingAccepted {
				t.Fatalf("%+v", one)
			}
			if p, err := w.PlanChange(t.Context(), one.ID, q); err != nil || !p.Free || len(p.Warnings) != 0 {
				t.Fatalf("date %d: %v, %s, %v", n, err, p.Why, p.Warnings)
			}
			w.change(one.ID, q)
			if one = w.await(one.ID, time.Minute); one.Change.State != providers.ChangeDone {
				t.Fatalf("date %d: %s, %s", n, one.Change.State, one.Change.Reason)
			}
		}
		time.Sleep(time.Minute)
		b = w.stored(b.ID)
		dates := b.Series.Dates
		if b.State != providers.BookingAccepted || b.News.Words != "" || dates[1].Span.Duration() != 75*time.Minute || dates[2].Room != near || !dates[3].Span.Start.Equal(dates[3].Wished.Start.Add(2*time.Hour)) {
			t.Errorf("%s, news %q: %+v", b.State, b.News.Words, dates)
		}
		if dates[2].Change.State != providers.ChangeDone || dates[2].Change.Kind != providers.ChangeMove || !strings.Contains(dates[2].Because, "changed from here") || dates[0].Change.Kind != "" {
			t.Errorf("the lines say %q, %+v, %+v", dates[2].Because, dates[2].Change, dates[0].Change)
		}
		w.holds(b)
		w.change(w.date(b, 2).ID, ChangeRequest{Kind: providers.ChangeUndo})
		w.await(dateID(b.ID, 2), time.Minute)
		time.Sleep(time.Minute)
		b = w.stored(b.ID)
		if line := b.Series.Dates[2]; line.Room != aalto || line.Span != wished || b.News.Words != "" {
			t.Errorf("taken back: %+v, news %q", line, b.News.Words)
		}
		w.holds(b)
		// Following dates go by the series, also from a date that was changed.
		if _, err := w.CancelScope(t.Context(), dateID(b.ID, 3), providers.CancelFollowing, ""); err != nil {
			t.Fatal(err)
		}
		b = w.stored(b.ID)
		w.holds(b)
		if b.Series.Tally() != "3 accepted, 2 cancelled" {
			t.Error(b.Series.Tally())
		}
		if _, err := w.DateBooking(t.Context(), b.ID, 3); !providers.Is(err, providers.Gone) {
			t.Errorf("a cancelled date: %v", err)
		}
	})
}

// A room that declines one changed date has it as it was, with other rooms; the
// series tells nobody that the room changed its mind.
func TestDateOfASeriesIsDeclined(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(3))
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		w.tenant.rooms[near] = roomRule{after: 3 * time.Second, answer: providers.ResponseDeclined}
		one := w.date(b, 1)
		w.change(one.ID, ChangeRequest{Kind: providers.ChangeMove, Room: near})
		if one = w.await(one.ID, time.Minute); one.Change.State != providers.ChangeUndone || len(one.Change.Alternatives) == 0 {
			t.Fatalf("%s: %s", one.Change.State, one.Change.Reason)
		}
		time.Sleep(time.Minute)
		b = w.stored(b.ID)
		if b.Series.Tally() != "3 accepted" || b.News.Words != "" || b.Series.Dates[1].Change.State != providers.ChangeUndone {
			t.Errorf("%s, news %q, %+v", b.Series.Tally(), b.News.Words, b.Series.Dates[1])
		}
		w.holds(b)
	})
}

// What others do to a date is told, also where it was changed from here before.
func TestDateChangedHereAndThenByOthers(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(3))
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		w.change(w.date(b, 1).ID, ChangeRequest{Kind: providers.ChangeMove, Start: b.Series.Dates[1].Span.Start.Add(time.Hour)})
		one := w.await(dateID(b.ID, 1), time.Minute)
		time.Sleep(time.Minute)
		w.tenant.mu.Lock()
		for _, m := range w.tenant.meetings {
			if m.event.ID == one.EventID {
				m.event.Start, m.event.End = m.event.Start.Add(3*time.Hour), m.event.End.Add(3*time.Hour)
			}
		}
		w.tenant.mu.Unlock()
		time.Sleep(13 * time.Hour)
		if b = w.stored(b.ID); !strings.Contains(b.News.Words, "somebody moved this date") || !strings.Contains(b.Series.Dates[1].Because, "organizer's calendar") {
			t.Errorf("news %q, %q", b.News.Words, b.Series.Dates[1].Because)
		}
		w.holds(b)
	})
}

// F-043, F-055, ONCE: killed at every step of moving one date to another room, also
// where answers are lost: it is moved once and was never without a room.
func TestKilledAtEveryStepOfChangingADate(t *testing.T) {
	for name, faults := range map[string][]fault{"smooth": nil, "lost": {{err: class(providers.Transient), commit: true}}, "second lost": {{}, {err: class(providers.Transient), commit: true}}} {
		t.Run(name, func(t *testing.T) {
			var id string
			crashes(t,
				func(w *world) {
					id = w.await(w.bookSeries(w.weeklyPlan(3)).ID, time.Minute).ID
					w.tenant.script(map[string][]fault{"change": faults})
				},
				func(ctx context.Context, d *Desk) bool {
					one, err := d.DateBooking(ctx, id, 1)
					if err != nil {
						return false
					}
					if _, err = d.Change(ctx, one.ID, ChangeRequest{Kind: providers.ChangeMove, Room: near}); err != nil {
						return false
					}
					_, _ = d.Await(ctx, one.ID) // errors are the crash
					return true
				},
				func(t *testing.T, w *world, acknowledged bool) {
					b := w.stored(id)
					line := b.Series.Dates[1]
					if moved := line.Room == near; moved != (line.Change.State == providers.ChangeDone) || acknowledged && !moved {
						t.Errorf("acknowledged %t; in %s, %+v", acknowledged, line.Room, line.Change)
					}
					if b.State != providers.BookingAccepted || b.News.Words != "" {
						t.Errorf("%s, news %q", b.State, b.News.Words)
					}
					w.holds(b)
				})
		})
	}
}
