package booking

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// Looking asks the tenant at once: what is gone is looked for until that is certain,
// and a tenant that cannot be asked is told as that.
func TestLook(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		b := w.booked()
		began := time.Now()
		if got, err := w.Look(t.Context(), b.ID); err != nil || got.State != providers.BookingAccepted || time.Since(began) != 0 {
			t.Errorf("%v, %s after %s", err, got.State, time.Since(began))
		}
		w.tenant.script(map[string][]fault{"event": {{err: class(providers.Unreachable)}, {err: class(providers.Unreachable)}}})
		if got, err := w.Look(t.Context(), b.ID); !providers.Is(err, providers.Unreachable) || got.State != providers.BookingAccepted {
			t.Errorf("unreachable: %v, %s", err, got.State)
		}
		if _, err := w.Look(t.Context(), b.ID); err != nil {
			t.Errorf("reached again: %v", err)
		}
		w.tenant.mu.Lock()
		w.tenant.meetings[0].event.Cancelled = true
		w.tenant.mu.Unlock()
		short, stop := context.WithTimeout(t.Context(), 3*time.Second)
		defer stop()
		if got, err := w.Look(short, b.ID); err != nil || got.State != providers.BookingAccepted {
			t.Errorf("not certain yet: %v, %s", err, got.State)
		}
		if got, err := w.Look(t.Context(), b.ID); err != nil || got.State != providers.BookingCancelled || !strings.Contains(got.News.Words, "deleted") {
			t.Errorf("deleted: %v, %s, %q", err, got.State, got.News.Words)
		}
	})
}

// The same change of following dates: by the clocks of the series' zone, also over a
// change of clocks, and only of dates that are booked and not over.
func TestFollowing(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour int) providers.Interval {
		start := time.Date(2027, month, day, hour, 0, 0, 0, zone).UTC()
		return providers.Interval{Start: start, End: start.Add(time.Hour)}
	}
	whole := providers.Booking{Request: providers.BookingRequest{Zone: "Europe/Berlin"}, Series: &providers.BookingSeries{Dates: []providers.BookingDate{
		{Span: at(3, 16, 10), State: providers.BookingAccepted}, {Span: at(3, 23, 10), State: providers.BookingAccepted}, {Span: at(3, 30, 11), State: providers.BookingAccepted},
		{State: providers.BookingSkipped}, {Span: at(4, 13, 10), State: providers.BookingAccepted},
	}}}
	now := at(3, 16, 9).Start
	all := Following(whole, 1, ChangeRequest{Kind: providers.ChangeMove, Start: at(3, 24, 14).Start}, now)
	if len(all) != 3 || all[1].Date != 2 || !all[1].Request.Start.Equal(at(3, 31, 14).Start) || !all[2].Request.Start.Equal(at(4, 14, 14).Start) {
		t.Errorf("moved: %+v", all)
	}
	all = Following(whole, 0, ChangeRequest{Kind: providers.ChangeExtend, End: at(3, 16, 10).End.Add(time.Hour)}, now)
	if len(all) != 4 || !all[2].Request.End.Equal(at(3, 30, 11).End.Add(time.Hour)) {
		t.Errorf("extended: %+v", all)
	}
	all = Following(whole, 0, ChangeRequest{Kind: providers.ChangeMove, Room: "near@contoso.com"}, at(4, 1, 0).Start)
	if len(all) != 1 || all[0].Date != 4 || all[0].Request.Room != "near@contoso.com" || !all[0].Request.Start.IsZero() {
		t.Errorf("another room: %+v", all)
	}
}
