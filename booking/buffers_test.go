package booking

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// Buffers are meetings of their own around the meeting: they are made once, follow it
// when it moves, and go with it.
func TestBuffersFollowTheMeeting(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		defer w.run()()
		q := w.request()
		q.Before, q.After, q.ShowAs, q.Private = 15*time.Minute, 30*time.Minute, providers.ShowTentative, true
		b := w.book(q)
		w.await(b.ID, time.Minute)
		time.Sleep(time.Minute)
		spans := func() (out []string) {
			for _, m := range w.tenant.live() {
				out = append(out, m.event.Start.Sub(q.Start).String()+" "+m.event.End.Sub(q.Start).String())
				if !m.event.Private || m.event.ShowAs != providers.ShowTentative {
					t.Errorf("sent as %s, private %t", m.event.ShowAs, m.event.Private)
				}
			}
			slices.Sort(out)
			return out
		}
		if got := strings.Join(spans(), ", "); got != "-15m0s 0s, 0s 1h0m0s, 1h0m0s 1h30m0s" {
			t.Fatalf("meetings %s", got)
		}
		if _, err := w.Change(t.Context(), b.ID, ChangeRequest{Kind: providers.ChangeMove, Start: q.Start.Add(3 * time.Hour), End: q.End.Add(3 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		if got := strings.Join(spans(), ", "); got != "2h45m0s 3h0m0s, 3h0m0s 4h0m0s, 4h0m0s 4h30m0s" {
			t.Errorf("after moving %s", got)
		}
		if _, err := w.Cancel(t.Context(), b.ID, ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		if got := spans(); len(got) != 0 {
			t.Errorf("left over: %v", got)
		}
	})
}

// The room must be free for the buffers too; a second booking for that time is told.
func TestBuffersAndDuplicatesAreChecked(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		q := w.request()
		w.tenant.busy[aalto] = []providers.Block{{Interval: providers.Interval{Start: q.Start.Add(-10 * time.Minute), End: q.Start}, State: providers.Busy}}
		if c, err := w.Check(t.Context(), q); err != nil || !c.Free {
			t.Fatalf("%v %q", err, c.Why)
		}
		q.Before = 15 * time.Minute
		if c, _ := w.Check(t.Context(), q); c.Free || !strings.Contains(c.Why, "before or after") || c.Class != providers.Conflict {
			t.Errorf("free %t: %q", c.Free, c.Why)
		}
		q.Before = 0
		q.Subject = providers.Outside("Design review")
		w.book(q)
		q.Room = "near@contoso.com"
		c, err := w.Check(t.Context(), q)
		if err != nil || !strings.Contains(strings.Join(c.Warnings, "; "), "booked already for that time: aalto") {
			t.Errorf("%v, warnings %q", err, c.Warnings)
		}
		q.Subject = providers.Outside("Another thing")
		if c, _ := w.Check(t.Context(), q); strings.Contains(strings.Join(c.Warnings, "; "), "booked already") {
			t.Error("another meeting in another room was called a duplicate")
		}
		for _, wrong := range []func(*providers.BookingRequest){
			func(q *providers.BookingRequest) { q.After = -time.Minute },
			func(q *providers.BookingRequest) { q.Before = 5 * time.Hour },
			func(q *providers.BookingRequest) { q.ShowAs = "maybe" },
		} {
			q := w.request()
			wrong(&q)
			if c, _ := w.Check(t.Context(), q); c.Class != providers.Permanent {
				t.Errorf("%+v was taken", q)
			}
		}
	})
}
