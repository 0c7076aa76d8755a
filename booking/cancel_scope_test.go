package booking

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

func cancelled(dates []*meeting) (all string) {
	for _, m := range dates {
		if m.event.Cancelled {
			all += "x"
		} else {
			all += "-"
		}
	}
	return all
}

// One date, this and the following, or all: exactly those, each told once, with
// the comment; counted before.
func TestCancelScopes(t *testing.T) {
	for scope, c := range map[providers.CancelScope]struct {
		want  string
		dates int
	}{
		providers.CancelOne:       {"--x---", 1},
		providers.CancelFollowing: {"--xxxx", 4},
		providers.CancelAll:       {"xxxxxx", 1},
	} {
		t.Run(string(scope), func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				_, dates := w.tenant.series(6)
				b, err := w.Adopt(t.Context(), "", dates[2].event.ID)
				if err != nil || b.State != providers.BookingAccepted || b.SeriesID == "" || b.Request.Room != aalto || len(b.Request.Required) != 1 {
					t.Fatalf("%+v, %v", b, err)
				}
				if again, err := w.Adopt(t.Context(), "", dates[2].event.ID); err != nil || again.ID != b.ID {
					t.Errorf("taken over twice: %s and %s, %v", b.ID, again.ID, err)
				}
				p, err := w.PlanCancel(t.Context(), b.ID, scope)
				if err != nil || p.Why != "" || len(p.Dates) != c.dates || len(p.Mails) != 2 || p.NoUndo == "" || w.tenant.calls("cancel") != 0 {
					t.Fatalf("%+v, %v", p, err)
				}
				if id := p.Dates[0].EventID; id != map[bool]string{true: b.SeriesID, false: dates[2].event.ID}[scope == providers.CancelAll] {
					t.Errorf("%s shows %s", scope, id)
				}
				got, err := w.CancelScope(t.Context(), b.ID, scope, "sorry")
				if err != nil || got.State != providers.BookingCancelled {
					t.Errorf("%s, %v", got.State, err)
				}
				if have := cancelled(dates); have != c.want || w.tenant.calls("cancel") != c.dates {
					t.Errorf("cancelled %s, want %s, with %d requests", have, c.want, w.tenant.calls("cancel"))
				}
				if scope != providers.CancelAll && dates[2].comment != "sorry" {
					t.Errorf("comment %q", dates[2].comment)
				}
				if again, err := w.CancelScope(t.Context(), b.ID, scope, "again"); err != nil || again.State != providers.BookingCancelled || w.tenant.calls("cancel") != c.dates {
					t.Errorf("once more: %s, %v", again.State, err)
				}
			})
		})
	}
}

// What cannot be cancelled so is said before anything is sent.
func TestCancelScopeThatMakesNoSense(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		if p, _ := w.PlanCancel(t.Context(), b.ID, providers.CancelFollowing); !strings.Contains(p.Why, "no date of a series") {
			t.Errorf("%q", p.Why)
		}
		if _, err := w.CancelScope(t.Context(), b.ID, providers.CancelFollowing, ""); !providers.Is(err, providers.Permanent) {
			t.Errorf("%v", err)
		}
		master, dates := w.tenant.series(3)
		whole, err := w.Adopt(t.Context(), "", master.event.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, scope := range []providers.CancelScope{providers.CancelOne, providers.CancelFollowing, "some"} {
			if _, err := w.CancelScope(t.Context(), whole.ID, scope, ""); !providers.Is(err, providers.Permanent) {
				t.Errorf("%s of a whole series: %v", scope, err)
			}
		}
		w.tenant.meetings[len(w.tenant.meetings)-1].event.IsOrganizer = false
		if _, err := w.Adopt(t.Context(), "", dates[2].event.ID); !providers.Is(err, providers.NotAllowed) {
			t.Errorf("somebody else's: %v", err)
		}
		if w.tenant.calls("cancel") != 0 {
			t.Error("something was sent")
		}
	})
}

// F-053 for a list of dates: lost, throttled and refused ones; each date is
// cancelled once, and what the tenant refuses is told.
func TestCancelFollowingWithTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		faults []fault
		want   string
		reason string
	}{
		"commit then 504": {[]fault{{}, {err: class(providers.Transient), commit: true}}, "-xxx", "3 dates cancelled"},
		"504":             {[]fault{{}, {err: class(providers.Transient)}}, "-xxx", "3 dates cancelled"},
		"throttled":       {[]fault{{}, {err: &providers.Error{Class: providers.Throttled, RetryAfter: 20 * time.Second}}}, "-xxx", "3 dates cancelled"},
		"one refused":     {[]fault{{}, {err: class(providers.NotAllowed)}}, "-x-x", "2 of 3 dates cancelled"},
		"all refused":     {[]fault{{err: class(providers.NotAllowed)}, {err: class(providers.NotAllowed)}, {err: class(providers.NotAllowed)}}, "----", "not cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				_, dates := w.tenant.series(4)
				b, err := w.Adopt(t.Context(), "", dates[1].event.ID)
				if err != nil {
					t.Fatal(err)
				}
				w.tenant.script(map[string][]fault{"cancel": c.faults})
				defer w.run()()
				_, _ = w.CancelScope(t.Context(), b.ID, providers.CancelFollowing, "sorry") // what it says is checked at the end
				time.Sleep(5 * time.Minute)
				got := w.stored(b.ID)
				if have := cancelled(dates); have != c.want || !strings.Contains(got.Reason, c.reason) {
					t.Errorf("cancelled %s, want %s: %s, %q", have, c.want, got.State, got.Reason)
				}
				for _, m := range dates {
					if m.cancels > 1 {
						t.Errorf("%d cancellations of one date", m.cancels)
					}
				}
			})
		})
	}
}

// Killed at every step of cancelling this and the following dates: what was
// acknowledged is brought to its end, each date cancelled once.
func TestKilledAtEveryStepOfCancellingDates(t *testing.T) {
	var b providers.Booking
	var dates []*meeting
	crashes(t,
		func(w *world) {
			_, dates = w.tenant.series(4)
			var err error
			if b, err = w.Adopt(w.t.Context(), "", dates[1].event.ID); err != nil {
				w.t.Fatal(err)
			}
		},
		func(ctx context.Context, d *Desk) bool {
			_, err := d.CancelScope(ctx, b.ID, providers.CancelFollowing, "sorry")
			return err == nil
		},
		func(t *testing.T, w *world, acknowledged bool) {
			got := w.stored(b.ID)
			want := "-xxx"
			if got.State == providers.BookingAccepted && !acknowledged {
				want = "----"
			} else if got.State != providers.BookingCancelled {
				t.Errorf("%s: %s", got.State, got.Reason)
			}
			if have := cancelled(dates); have != want {
				t.Errorf("cancelled %s, want %s", have, want)
			}
			for _, m := range dates {
				if m.cancels > 1 {
					t.Errorf("%d cancellations of one date", m.cancels)
				}
			}
		})
}
