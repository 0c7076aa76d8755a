package doctor_test

import (
	"context"
	"strings"
	"testing"

	"roomdesk/doctor"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// Mistake 11 in an organisation with two connections: a room that is not here is missing
// only where the other side has not got it either; what cannot be told is no cause of its
// own while the other side has one.
func TestRoomOfTheOtherSideIsNotMissing(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer doctor.Presence
		says   string // "": it is no trouble
	}{
		{"there", doctor.There, ""},
		{"nowhere", doctor.NotThere, "and hq does not have it either"},
		{"not told", doctor.NotKnown, "whether hq has it cannot be told"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := admit(t, simulator.Options{Mistakes: []int{11}})
			asked := []providers.Address{}
			p.options.Beside = &doctor.Beside{Name: "hq", Stored: func(providers.Address) bool { return false }, Has: func(_ context.Context, mailbox providers.Address) doctor.Presence {
				asked = append(asked, mailbox)
				return c.answer
			}}
			d := p.examine()
			rung, _ := d.Rung("room calendars")
			if len(asked) != 1 {
				t.Errorf("asked for %q", asked)
			}
			if c.says == "" {
				if d.Cause() != nil || rung.State != providers.RungPassed || !strings.HasSuffix(rung.Seen, "11 of 11 rooms that were tried answer; 1 room reached through hq") {
					t.Errorf("%s: %s", rung.State, rung.Seen)
				}
				return
			}
			if rung.Trouble == nil || !strings.Contains(rung.Trouble.What, c.says) || rung.Trouble.Follows != (c.answer == doctor.NotKnown) || strings.Contains(rung.Trouble.What, "on premises") {
				t.Fatalf("%s: %+v", rung.State, rung.Trouble)
			}
			// Beside another trouble of the same side it is no cause.
			other := providers.Diagnosis{Connection: "hq", Rungs: []providers.Rung{{Name: "sign-in", State: providers.RungWaiting, Trouble: &providers.Trouble{What: "asked to wait"}}}}
			cause := providers.Together(d, other).Cause().What
			if (cause == "asked to wait") != rung.Trouble.Follows {
				t.Errorf("the cause is %q", cause)
			}
		})
	}
}
