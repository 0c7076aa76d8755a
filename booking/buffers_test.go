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

// What is kept after a meeting does not stand in the way of its own extension: it is
// moved first, and moved back where the room declines.
func TestExtendingOverTheOwnBuffer(t *testing.T) {
	for name, declines := range map[string]bool{"accepted": false, "declined": true} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				defer w.run()()
				q := w.request()
				q.After = 30 * time.Minute
				b := w.await(w.book(q).ID, time.Minute)
				time.Sleep(time.Minute)
				if p, err := w.PlanChange(t.Context(), b.ID, later(b, 15*time.Minute)); err != nil || !p.Free {
					t.Fatalf("%v: %s", err, p.Why)
				}
				w.change(b.ID, later(b, 15*time.Minute))
				if declines {
					time.Sleep(time.Millisecond) // the buffer moves first
					w.tenant.mu.Lock()
					w.tenant.busy[aalto] = []providers.Block{{Interval: providers.Interval{Start: q.End, End: q.End.Add(time.Minute)}, State: providers.Busy}}
					w.tenant.mu.Unlock()
				}
				time.Sleep(20 * time.Minute)
				by := 15 * time.Minute
				b = w.stored(b.ID)
				if b.Change.State != providers.ChangeDone {
					by = 0
				}
				if !declines && by == 0 {
					t.Errorf("%s: %s", b.Change.State, b.Change.Reason)
				}
				var spans []string
				for _, m := range w.tenant.live() {
					spans = append(spans, m.event.Start.Sub(q.Start).String()+" "+m.event.End.Sub(q.Start).String())
				}
				slices.Sort(spans)
				want := "0s " + (time.Hour + by).String() + ", " + (time.Hour + by).String() + " " + (90*time.Minute + by).String()
				if got := strings.Join(spans, ", "); got != want {
					t.Errorf("meetings %s, want %s", got, want)
				}
				if len(w.tenant.roomless) != 0 || !declines && w.tenant.calls("cancel") != 0 {
					t.Errorf("without a room %v, %d cancelled", w.tenant.roomless, w.tenant.calls("cancel"))
				}
			})
		})
	}
}

// A meeting that moves away and comes back has its buffers again.
func TestBuffersComeBack(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		defer w.run()()
		q := w.request()
		q.Before = 15 * time.Minute
		b := w.await(w.book(q).ID, time.Minute)
		time.Sleep(time.Minute)
		for _, by := range []time.Duration{3 * time.Hour, -3 * time.Hour} {
			b = w.stored(b.ID)
			w.change(b.ID, ChangeRequest{Kind: providers.ChangeMove, Start: b.Request.Start.Add(by)})
			time.Sleep(10 * time.Minute)
		}
		if n := len(w.tenant.live()); n != 2 {
			t.Errorf("%d meetings", n)
		}
		for _, m := range w.tenant.live() {
			if !m.event.Start.Equal(q.Start) && !m.event.End.Equal(q.Start) {
				t.Errorf("at %s", m.event.Start.Sub(q.Start))
			}
		}
	})
}

// What of the time before a meeting is over already is not kept, and that is said.
func TestBufferInThePastIsSaid(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		defer w.run()()
		q := w.request()
		q.Start = time.Now().Add(20 * time.Minute).Truncate(time.Minute)
		q.End, q.Before = q.Start.Add(time.Hour), time.Hour
		c, err := w.Check(t.Context(), q)
		if err != nil || !c.Free || !strings.Contains(strings.Join(c.Warnings, "; "), "kept before the meeting only from ") {
			t.Fatalf("%v %q, warnings %q", err, c.Why, c.Warnings)
		}
		b := w.await(w.book(q).ID, time.Minute)
		time.Sleep(2 * time.Minute)
		kept, err := w.buffersOf(t.Context(), b.ID)
		if err != nil || len(kept) != 1 || kept[0].State != providers.BookingAccepted || !kept[0].Request.Start.Equal(b.Created.Truncate(time.Minute)) {
			t.Errorf("%v, %+v", err, kept)
		}
		q.Start, q.End, q.Room = time.Now(), time.Now().Add(time.Hour), near
		if c, err = w.Check(t.Context(), q); err != nil || !c.Free || !strings.Contains(strings.Join(c.Warnings, "; "), "not kept before the meeting: that time is over") {
			t.Errorf("%v %q, warnings %q", err, c.Why, c.Warnings)
		}
	})
}
