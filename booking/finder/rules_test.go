package finder_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/booking/finder"
	habits "roomdesk/booking/rules"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// A room whose stated rules refuse the wish is not offered, and says why and how old
// the statement is; who has to be asked, and who did not answer lately, come last.
func TestStatedRulesAndHabits(t *testing.T) {
	rooms := []providers.Room{room("Asks", 1, 8), room("Free", 1, 8), room("Lately", 1, 8), room("Listed", 1, 8), room("Short", 1, 8), room("Silent", 1, 8)}
	rules := map[providers.Address]providers.RoomRules{}
	for _, r := range rooms {
		if r.Name.String() == "Lately" {
			continue
		}
		rule := providers.UsualRoomRules(r.Mailbox)
		rule.Imported = now.AddDate(0, 0, -3)
		switch r.Name.String() {
		case "Asks":
			rule.AllBookInPolicy, rule.AllRequestInPolicy = false, true
		case "Listed":
			rule.AllBookInPolicy, rule.BookInPolicy = false, []string{"facilities@contoso.com"}
		case "Short":
			rule.MaximumDurationInMinutes = 45
		case "Silent":
			rule.AutomateProcessing = "None"
		}
		rules[r.Mailbox] = rule
	}
	f := finder.New(rooms, nil)
	q := finder.Question{
		Wish: wish.Read("8p tmr 14-15", wish.Surroundings{Now: now, Zone: time.UTC}), Now: now, Explain: true, Organizer: "adele@contoso.com", Rules: rules,
		Habits: map[providers.Address]habits.Habit{
			"lately@contoso.com": {{Kind: habits.Silent, At: now.AddDate(0, 0, -2)}},
			"free@contoso.com":   {{Kind: habits.Answered, At: now.AddDate(0, 0, -1)}, {Kind: habits.Silent, At: now.AddDate(0, 0, -2)}},
			"silent@contoso.com": {{Kind: habits.Silent, At: now.AddDate(0, 0, -2)}},
		},
	}
	answer, err := f.Find(context.Background(), q, (&world{}).free)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, o := range answer.Offers {
		order = append(order, o.Room.Title())
	}
	if got := strings.Join(order, " "); got != "Free Asks Lately Silent" {
		t.Errorf("offered: %s\n%s", got, offered(answer))
	}
	for _, words := range []string{"somebody has to approve, as imported 3 d ago", "did not answer the last request made here, the last one 2 d ago", "does not answer requests by itself"} {
		if !strings.Contains(offered(answer), words) {
			t.Errorf("no offer says %q:\n%s", words, offered(answer))
		}
	}
	if n := strings.Count(offered(answer), "the last request made here"); n != 1 {
		t.Errorf("behaviour is told of %d rooms, though an imported rule speaks louder:\n%s", n, offered(answer))
	}
	for _, words := range []string{"Short: its rules: meetings of at most 45 min, as imported 3 d ago", "Listed: ~its rules: only 1 listed person or group may book it"} {
		if !strings.Contains(withheld(answer), words) {
			t.Errorf("no room is withheld for %q:\n%s", words, withheld(answer))
		}
	}
	q.Organizer = "facilities@contoso.com"
	if answer, err = f.Find(context.Background(), q, (&world{}).free); err != nil || len(answer.Offers) != 5 {
		t.Errorf("who is listed gets %d offers, %v", len(answer.Offers), err)
	}
}
