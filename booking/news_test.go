package booking

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// What others do to a meeting is noticed through the mirror, long before the next
// look of its own, and told with the booking.
func TestWhatOthersDidIsTold(t *testing.T) {
	hour := time.Hour
	for name, c := range map[string]struct {
		do    func(m *meeting)
		news  string
		state providers.BookingState
	}{
		"declined later": {func(m *meeting) { m.later, m.laterAt = providers.ResponseDeclined, time.Now() }, "changed its mind: it had accepted, and declined", providers.BookingDeclined},
		"only held":      {func(m *meeting) { m.later, m.laterAt = providers.ResponseTentative, time.Now() }, "only holds the time", providers.BookingTentative},
		"moved":          {func(m *meeting) { m.event.Start, m.event.End = m.event.Start.Add(hour), m.event.End.Add(hour) }, "somebody moved the meeting", providers.BookingAccepted},
		"room removed":   {func(m *meeting) { m.event.Attendees = m.event.Attendees[1:] }, "taken off the meeting", providers.BookingWaiting},
		"cancelled":      {func(m *meeting) { m.event.Cancelled = true }, "cancelled in the organizer's calendar", providers.BookingCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				defer w.run()()
				b := w.book(w.request())
				w.await(b.ID, time.Minute)
				time.Sleep(time.Minute)
				if got := w.stored(b.ID); got.State != providers.BookingAccepted || got.News.Words != "" || got.Looked.IsZero() {
					t.Fatalf("%s, %q, looked at %v", got.State, got.News.Words, got.Looked)
				}
				w.tenant.keeps = true
				w.tenant.mu.Lock()
				c.do(w.tenant.meetings[0])
				w.tenant.mu.Unlock()
				if err := w.Noticed(t.Context(), []providers.Address{"other@contoso.com"}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if got := w.stored(b.ID); got.News.Words != "" {
					t.Error("another mailbox's change led to a look")
				}
				if err := w.Noticed(t.Context(), []providers.Address{aalto}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				got := w.stored(b.ID)
				if got.State != c.state || !strings.Contains(got.News.Words, c.news) || time.Since(got.News.At) > time.Minute {
					t.Errorf("%s: %q at %v", got.State, got.News.Words, got.News.At)
				}
				if name == "moved" && !got.Request.Start.Equal(b.Request.Start.Add(hour)) {
					t.Errorf("still at %v", got.Request.Start)
				}
			})
		})
	}
}

// Changes that were made here are no news.
func TestOwnChangesAreNoNews(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		defer w.run()()
		b := w.book(w.request())
		w.await(b.ID, time.Minute)
		if _, err := w.Change(t.Context(), b.ID, ChangeRequest{Kind: providers.ChangeExtend, End: b.Request.End.Add(30 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		if got := w.stored(b.ID); got.News.Words != "" || !got.Request.End.Equal(b.Request.End.Add(30*time.Minute)) {
			t.Errorf("news %q, until %v", got.News.Words, got.Request.End)
		}
	})
}
