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
