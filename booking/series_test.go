package booking

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// J3: a series that can be had as it is is one request and one mail for each.
func TestSeriesWithoutClash(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(10))
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		if b.State != providers.BookingAccepted || b.Series.Tally() != "10 accepted" || b.SeriesID == "" || b.SeriesID != b.EventID {
			t.Errorf("%s: %s, %s", b.State, b.Reason, b.Series.Tally())
		}
		w.holds(b)
		if n := w.tenant.calls("create"); n != 1 || w.tenant.calls("change")+w.tenant.calls("delete") != 0 {
			t.Errorf("%v", w.tenant.ledger)
		}
		if w.tenant.mails[bob] != 1 || w.tenant.mails[aalto] != 1 {
			t.Errorf("mails: %v", w.tenant.mails)
		}
	})
}

// J3: three dates clash, by the usual rule one would decline all. The room is asked
// only once the others stand without them; nobody hears of what was made before.
func TestSeriesAroundClashes(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.take(aalto, 3, 1, 4)
		w.take(aalto, 0, 7)
		q := w.weeklyPlan(10)
		decide(&q, 4, providers.SeriesSkip)
		step := &q.Plan.Steps[7]
		step.Act, step.Room = providers.SeriesShift, 0
		step.Span = providers.Interval{Start: q.Matrix.Dates[7].Span.Start.Add(time.Hour), End: q.Matrix.Dates[7].Span.End.Add(time.Hour)}
		b := w.bookSeries(q)
		if b.Series.PlanWords != "1 room change, 1 shift, 1 skipped" {
			t.Errorf("%q, %+v", b.Series.PlanWords, q.Plan)
		}
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		if b.State != providers.BookingAccepted || b.Series.Tally() != "9 accepted, 1 skipped" {
			t.Fatalf("%s: %s, %s; %v", b.State, b.Reason, b.Series.Tally(), w.tenant.ledger)
		}
		w.holds(b)
		if line := b.Series.Dates[1]; line.Room != near || line.WishedRoom != aalto || !strings.Contains(line.Because, "Board") {
			t.Errorf("%+v", line)
		}
		// One mail for the series, one for the date that was moved, one for the other room's.
		if w.tenant.mails[bob] != 3 || w.tenant.mails[aalto] != 2 || w.tenant.mails[near] != 1 {
			t.Errorf("mails: %v", w.tenant.mails)
		}
	})
}

// Nothing is stored or sent where a date cannot be had any more; which is said, with
// other rooms.
func TestSeriesIsCheckedOnceMore(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.weeklyPlan(10)
		w.take(aalto, 0, 3)
		_, err := w.BookSeries(t.Context(), q)
		var refused *SeriesRefused
		if !errors.As(err, &refused) || !providers.Is(err, providers.Conflict) {
			t.Fatal(err)
		}
		for n, line := range refused.Booking.Series.Dates {
			if (line.Reason != "") != (n == 3) || n == 3 && (line.ReasonProof != providers.Proven || len(line.Alternatives) == 0) {
				t.Errorf("date %d: %+v", n, line)
			}
		}
		if all, _ := w.outbox.Bookings(t.Context()); len(all) != 0 || w.tenant.calls("create") != 0 {
			t.Errorf("stored %v, sent %v", all, w.tenant.ledger)
		}
		q.Request.EvenIfBusy = true
		w.bookSeries(q)
	})
}

// F-058: a room that tolerates clashes takes nine dates and declines one: partly,
// with the reason, other rooms, and what was accepted named as such.
func TestSeriesPartlyAccepted(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.tolerates = 3
		q := w.weeklyPlan(10)
		w.take(aalto, 0, 3)
		q.Request.EvenIfBusy = true
		b := w.bookSeries(q)
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		if b.State != providers.BookingPartly || b.Series.Tally() != "9 accepted, 1 declined" || !strings.Contains(b.Reason, "Board") {
			t.Errorf("%s: %s", b.State, b.Reason)
		}
		if line := b.Series.Dates[3]; line.State != providers.BookingDeclined || line.ReasonProof != providers.Proven || len(line.Alternatives) == 0 || len(b.Alternatives) == 0 {
			t.Errorf("%+v", line)
		}
	})
}

// By the usual rule one clash declines all: the date that clashes is proven, that it
// is the reason for the others inferred.
func TestSeriesDeclinedAsAWhole(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.weeklyPlan(5)
		w.take(aalto, 0, 3)
		q.Request.EvenIfBusy = true
		b := w.bookSeries(q)
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		if b.State != providers.BookingDeclined || b.Series.Dates[3].ReasonProof != providers.Proven || b.Series.Dates[0].ReasonProof != providers.Inferred || !strings.Contains(b.Series.Dates[0].Reason, "declines all") {
			t.Errorf("%s: %s; %+v", b.State, b.Reason, b.Series.Dates[0])
		}
		if len(b.Alternatives) == 0 || !strings.HasPrefix(b.Alternatives[0].Why, "free on all 5 dates") {
			t.Errorf("%+v", b.Alternatives)
		}
	})
}

// F-041, F-042, F-051, F-063: whatever is lost, at whichever write, in the end there
// is one series as planned, no date twice, and nobody got a mail too many.
func TestSeriesWhoseAnswerIsLost(t *testing.T) {
	timeout := &providers.Error{Class: providers.Transient, Status: 504}
	ok := fault{}
	faults := map[string][]fault{
		"commit then 504":          {{err: timeout, commit: true}},
		"commit then unclassified": {{err: errors.New("unexpected EOF"), commit: true}},
		"504":                      {{err: timeout}},
		"504 ×3":                   {{err: timeout}, {err: timeout}, {err: timeout}},
		"throttled":                {{err: &providers.Error{Class: providers.Throttled, RetryAfter: 20 * time.Second}}},
		"412":                      {{err: &providers.Error{Class: providers.Conflict, Status: 412}}},
		"second: commit then 504":  {ok, {err: timeout, commit: true}},
		"second: 504 ×3":           {ok, {err: timeout}, {err: timeout}, {err: timeout}},
		"second: 429":              {ok, {err: &providers.Error{Class: providers.Throttled, RetryAfter: time.Minute}}},
	}
	for _, op := range []string{"create", "delete", "change", "dates", "event", "find", "findseries"} {
		for name, queue := range faults {
			t.Run(op+"/"+name, func(t *testing.T) {
				inTime(t, func(t *testing.T, w *world) {
					q := seriesStory(w)
					b := w.bookSeries(q)
					w.tenant.script(map[string][]fault{op: queue})
					defer w.run()()
					b = w.await(b.ID, 20*time.Minute)
					if b.State != providers.BookingAccepted || b.Series.Tally() != "4 accepted, 1 skipped" {
						t.Fatalf("%s: %s, %s; %v", b.State, b.Reason, b.Series.Tally(), w.tenant.ledger)
					}
					w.holds(b)
					if w.tenant.mails[bob] != 3 || w.tenant.mails[aalto] != 2 || w.tenant.mails[near] != 1 {
						t.Errorf("mails: %v", w.tenant.mails)
					}
				})
			})
		}
	}
}

// F-061: refused for good at each of the writes: nothing is left, nobody got mail,
// and the reason is said.
func TestSeriesRefused(t *testing.T) {
	no := &providers.Error{Class: providers.Permanent, Code: "ErrorInvalidRecipients"}
	for name, c := range map[string]struct {
		faults map[string][]fault
		state  providers.BookingState
	}{
		"the series":     {map[string][]fault{"create": {{err: no}}}, providers.BookingFailed},
		"taking out":     {map[string][]fault{"delete": {{err: class(providers.NotAllowed)}}}, providers.BookingFailed},
		"the invitation": {map[string][]fault{"change": {{}, {err: no}}}, providers.BookingFailed},
		"the other room": {map[string][]fault{"create": {{}, {err: no}}}, providers.BookingPartly},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.bookSeries(seriesStory(w))
				w.tenant.script(c.faults)
				defer w.run()()
				b = w.await(b.ID, 20*time.Minute)
				if b.State != c.state || b.Reason == "" {
					t.Errorf("%s: %s", b.State, b.Reason)
				}
				if c.state == providers.BookingFailed && (len(w.tenant.live()) != 0 || len(w.tenant.mails) != 0) {
					t.Errorf("%d meetings are left, mails %v", len(w.tenant.live()), w.tenant.mails)
				}
				w.holds(b)
			})
		})
	}
}

// F-043, ONCE, DURA: killed at every step of making a series, also where an answer
// was lost on each kind of write. What was acknowledged is made, once, as planned.
func TestKilledAtEveryStepOfASeries(t *testing.T) {
	lost := []fault{{err: class(providers.Transient), commit: true}}
	for name, faults := range map[string]map[string][]fault{"smooth": nil, "create lost": {"create": lost}, "delete lost": {"delete": lost}, "change lost": {"change": lost},
		"invitation lost": {"change": append([]fault{{}}, lost...)}, "last create lost": {"create": append([]fault{{}}, lost...)}} {
		t.Run(name, func(t *testing.T) {
			var q providers.SeriesRequest
			crashes(t,
				func(w *world) {
					q = seriesStory(w)
					w.tenant.script(faults)
				},
				func(ctx context.Context, d *Desk) bool {
					b, err := d.BookSeries(ctx, q)
					if err != nil {
						return false
					}
					_, _ = d.Await(ctx, b.ID) // errors are the crash
					return true
				},
				func(t *testing.T, w *world, acknowledged bool) {
					all, _ := w.outbox.Bookings(t.Context())
					if len(all) == 0 {
						if acknowledged || len(w.tenant.live()) != 0 {
							t.Errorf("nothing is stored; acknowledged %v, %d meetings", acknowledged, len(w.tenant.live()))
						}
						return
					}
					if len(all) != 1 || all[0].State != providers.BookingAccepted {
						t.Fatalf("%s: %s", all[0].State, all[0].Reason)
					}
					w.holds(all[0])
					if w.tenant.mails[bob] != 3 {
						t.Errorf("mails: %v", w.tenant.mails)
					}
				})
		})
	}
}

// A series that its process did not finish is not sent late: it is taken back.
func TestSeriesIsNotSentLate(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(seriesStory(w))
		w.tenant.script(map[string][]fault{"change": {{}, {err: class(providers.Unreachable)}}})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, _ = w.Await(ctx, b.ID) // the process ends here
		cancel()
		time.Sleep(40 * time.Minute)
		w.Desk = w.desk()
		defer w.run()()
		b = w.await(b.ID, 10*time.Minute)
		if b.State != providers.BookingFailed || !strings.Contains(b.Reason, "not sent within") || len(w.tenant.live()) != 0 || len(w.tenant.mails) != 0 {
			t.Errorf("%s: %s; mails %v", b.State, b.Reason, w.tenant.mails)
		}
	})
}

// A date that is skipped or elsewhere is watched: when the wished room can be had
// after all, that is said, and nothing is done; when it is taken again, no more.
func TestSkippedDatesAreWatched(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.take(aalto, 3, 1, 2)
		q := w.weeklyPlan(4)
		decide(&q, 2, providers.SeriesSkip)
		b := w.bookSeries(q)
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		for n, line := range b.Series.Dates {
			if line.Offer() != "" {
				t.Errorf("date %d is offered: %+v", n, line)
			}
		}
		w.tenant.mu.Lock()
		was := w.tenant.busy[aalto]
		w.tenant.busy[aalto] = nil
		w.tenant.mu.Unlock()
		time.Sleep(13 * time.Hour)
		b = w.stored(b.ID)
		for _, n := range []int{1, 2} {
			if line := b.Series.Dates[n]; line.Offer() != "aalto is free on this date after all" {
				t.Errorf("date %d: %+v", n, line)
			}
		}
		if !strings.HasSuffix(b.News.Words, ": aalto is free on this date after all") {
			t.Errorf("news: %q", b.News.Words)
		}
		w.holds(b)
		w.tenant.mu.Lock()
		w.tenant.busy[aalto] = was
		w.tenant.mu.Unlock()
		time.Sleep(13 * time.Hour)
		if b = w.stored(b.ID); b.Series.Dates[2].Offer() != "" {
			t.Error("still offered although it is taken again")
		}
	})
}

// S14: what others do to a date is noticed: cancelled, moved, refused by the room.
func TestSeriesChangedByOthers(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.bookSeries(w.weeklyPlan(4))
		defer w.run()()
		b = w.await(b.ID, time.Minute)
		w.tenant.mu.Lock()
		for _, m := range w.tenant.meetings {
			if m.event.ID == b.Series.Dates[1].EventID {
				m.event.Cancelled = true
			}
			if m.event.ID == b.Series.Dates[2].EventID {
				m.answer, m.was = providers.ResponseDeclined, false
			}
		}
		w.tenant.mu.Unlock()
		time.Sleep(13 * time.Hour)
		b = w.stored(b.ID)
		if b.State != providers.BookingPartly || b.Series.Tally() != "2 accepted, 1 declined, 1 cancelled" || !strings.Contains(b.Series.Dates[2].Reason, "took its answer back") {
			t.Errorf("%s: %s; %+v", b.State, b.Reason, b.Series.Dates)
		}
		if !strings.Contains(b.News.Words, "cancelled this date") && !strings.Contains(b.News.Words, "changed its mind") {
			t.Errorf("news: %q", b.News.Words)
		}
	})
}
