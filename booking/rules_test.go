package booking

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// Imported rules warn before a booking is sent and explain a refusal; they never
// stand in the way, and where nothing was imported nothing is said.
func TestImportedRules(t *testing.T) {
	for name, c := range map[string]struct {
		change        func(*providers.RoomRules)
		answer        providers.Response
		warns, reason string
	}{
		"too long":    {func(r *providers.RoomRules) { r.MaximumDurationInMinutes = 15 }, providers.ResponseDeclined, "will probably decline: its rules: meetings of at most 15 min, as imported 2 d ago", "meetings of at most 15 min"},
		"by approval": {func(r *providers.RoomRules) { r.AllBookInPolicy, r.AllRequestInPolicy = false, true }, providers.ResponseTentative, "will not confirm at once: its rules: somebody has to approve", "approve"},
		"not handled": {func(r *providers.RoomRules) { r.AutomateProcessing = "None" }, providers.ResponseAccepted, "will probably not answer", ""},
		"all well":    {func(*providers.RoomRules) {}, providers.ResponseDeclined, "", "booking rule"},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				rules := providers.UsualRoomRules(aalto)
				rules.Imported = w.Now().Add(-49 * time.Hour)
				c.change(&rules)
				w.Rules = func(context.Context) (map[providers.Address]providers.RoomRules, error) {
					return map[providers.Address]providers.RoomRules{aalto: rules}, nil
				}
				var warned []string
				w.Warned = func(all []string) { warned = append(warned, all...) }
				w.tenant.rooms[aalto] = roomRule{after: 2 * time.Second, answer: c.answer}
				defer w.run()()
				b, err := w.Book(t.Context(), w.request())
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(warned, "\n"); (got == "") != (c.warns == "") || !strings.Contains(got, c.warns) {
					t.Errorf("warned %q, want %q", got, c.warns)
				}
				if b, err = w.Await(t.Context(), b.ID); err != nil || c.reason != "" && !strings.Contains(b.Reason, c.reason) {
					t.Errorf("%s: %q, %v", b.State, b.Reason, err)
				}
				if b.State == providers.BookingDeclined && b.ReasonProof != providers.Inferred {
					t.Errorf("the reason is %s", b.ReasonProof)
				}
			})
		})
	}
}

// What a room did with earlier requests warns of what it may do with this one, with
// the evidence; of a request that it was never seen to decline nothing is said.
func TestLearntHabitsWarn(t *testing.T) {
	for name, c := range map[string]struct {
		length time.Duration
		silent bool
		want   string
	}{
		"long":   {6 * time.Hour, false, "the room may decline: 3 of the last 3 requests for 5 h or longer were declined here although the room was free, the last one 24 h ago"},
		"short":  {time.Hour, false, ""},
		"silent": {time.Hour, true, "the room may not answer: did not answer 1 of the last 5 requests made here, the last one 20 min ago"},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				for n, length := range []time.Duration{6 * time.Hour, 5 * time.Hour, 4 * time.Hour, 7 * time.Hour} {
					sent := w.Now().Add(-24 * time.Hour * time.Duration(n+1))
					b := providers.Booking{ID: length.String(), Request: providers.BookingRequest{Room: aalto, Start: sent.Add(-time.Duration(n) * time.Hour), End: sent.Add(length - time.Duration(n)*time.Hour)}, State: providers.BookingDeclined,
						ReasonProof: providers.Inferred, Sent: sent, Answered: sent.Add(time.Second)}
					if length == 4*time.Hour {
						b.State, b.ReasonProof = providers.BookingAccepted, ""
					}
					w.outbox.all[b.ID] = b
				}
				if c.silent {
					sent := w.Now().Add(-20 * time.Minute)
					w.outbox.all["silent"] = providers.Booking{ID: "silent", Request: providers.BookingRequest{Room: aalto, Start: sent, End: sent.Add(time.Minute)}, State: providers.BookingWaiting, Sent: sent}
				}
				q := w.request()
				q.End = q.Start.Add(c.length)
				check, err := w.Check(t.Context(), q)
				if got := strings.Join(check.Warnings, "\n"); err != nil || got != c.want || !check.Free {
					t.Errorf("%q, %t, %v", got, check.Free, err)
				}
			})
		})
	}
}
