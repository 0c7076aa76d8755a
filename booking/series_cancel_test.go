package booking

import (
	"context"
	"fmt"
	"testing"
	"time"

	"roomdesk/providers"
)

// One date, that and the following, all: each is cancelled once, the others stay.
func TestCancellingASeries(t *testing.T) {
	for name, c := range map[string]struct {
		date  int
		scope providers.CancelScope
		tally string
		mails int // to Bob, for cancelling
	}{
		"one":                 {0, providers.CancelOne, "3 accepted, 1 skipped, 1 cancelled", 1},
		"one in another room": {1, providers.CancelOne, "3 accepted, 1 skipped, 1 cancelled", 1},
		"following":           {3, providers.CancelFollowing, "2 accepted, 1 skipped, 2 cancelled", 2},
		"from the first":      {0, providers.CancelFollowing, "1 skipped, 4 cancelled", 2},
		"all":                 {-1, providers.CancelAll, "1 skipped, 4 cancelled", 2},
	} {
		for trouble, faults := range map[string][]fault{"smooth": nil, "answer lost": {{err: class(providers.Transient), commit: true}}, "not arrived": {{err: class(providers.Transient)}}} {
			t.Run(name+"/"+trouble, func(t *testing.T) {
				inTime(t, func(t *testing.T, w *world) {
					b := w.bookSeries(seriesStory(w))
					defer w.run()()
					b = w.await(b.ID, time.Minute)
					before := w.tenant.mails[bob]
					p, err := w.PlanCancelFrom(t.Context(), b.ID, c.date, c.scope)
					if err != nil || p.Why != "" {
						t.Fatal(err, p.Why)
					}
					w.tenant.script(map[string][]fault{"cancel": faults})
					_, _ = w.CancelFrom(t.Context(), b.ID, c.date, c.scope, "room is needed") // a lost answer is told and resolved
					time.Sleep(2 * time.Minute)
					b = w.stored(b.ID)
					if b.Series.Tally() != c.tally {
						t.Errorf("%s: %s, %s", b.State, b.Series.Tally(), b.Reason)
					}
					w.tenant.roomless = nil
					w.holds(b)
					if got := w.tenant.mails[bob] - before; got != c.mails {
						t.Errorf("%d mails, want %d", got, c.mails)
					}
					for _, m := range p.Mails {
						words := "cancelled"
						if c.mails > 1 {
							words = fmt.Sprintf("cancelled, %d mails", c.mails)
						}
						if m.Mailbox == bob && m.Cause != words {
							t.Errorf("counted beforehand: %+v", m)
						}
					}
				})
			})
		}
	}
}

// Killed at every step of cancelling a series: it ends cancelled, with one mail for
// each of its meetings.
func TestKilledAtEveryStepOfCancellingASeries(t *testing.T) {
	var id string
	var before int
	crashes(t,
		func(w *world) {
			id = w.bookSeries(seriesStory(w)).ID
			w.await(id, time.Minute)
			before = w.tenant.mails[bob]
		},
		func(ctx context.Context, d *Desk) bool {
			_, err := d.Cancel(ctx, id, "")
			return err == nil
		},
		func(t *testing.T, w *world, acknowledged bool) {
			b := w.stored(id)
			if b.State == providers.BookingAccepted && !acknowledged { // killed before the wish was stored
				w.holds(b)
				return
			}
			if b.State != providers.BookingCancelled || len(w.tenant.live()) != 0 || w.tenant.mails[bob] != before+2 {
				t.Errorf("%s: %s; %d meetings, %d mails", b.State, b.Reason, len(w.tenant.live()), w.tenant.mails[bob]-before)
			}
		})
}

// Cancelled while it is being made: whatever was begun is gone, and nobody hears of
// what nobody was invited to.
func TestCancellingASeriesOnItsWay(t *testing.T) {
	lost := []fault{{err: class(providers.Transient), commit: true}}
	for name, faults := range map[string]map[string][]fault{"nothing sent": {"create": {{err: class(providers.Transient), delay: time.Hour}}},
		"made, answer lost": {"create": lost, "findseries": {{err: class(providers.Unreachable)}}}, "trimmed": {"change": {{err: class(providers.Transient), delay: 20 * time.Second}}}} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				b := w.bookSeries(seriesStory(w))
				w.tenant.script(faults)
				stop := w.run()
				time.Sleep(time.Second)
				stop()
				_, _ = w.Cancel(t.Context(), b.ID, "")
				w.Desk = w.desk()
				defer w.run()()
				time.Sleep(10 * time.Minute)
				b = w.stored(b.ID)
				if b.State != providers.BookingCancelled || len(w.tenant.live()) != 0 {
					t.Errorf("%s: %s; %d meetings", b.State, b.Reason, len(w.tenant.live()))
				}
				if invited := w.tenant.mails[bob] > 0; invited {
					t.Errorf("mails %v; %v", w.tenant.mails, w.tenant.ledger)
				}
			})
		})
	}
}
