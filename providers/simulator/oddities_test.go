package simulator

import (
	"strings"
	"testing"
	"time"
)

func TestOddities(t *testing.T) {
	for _, on := range []bool{false, true} {
		tenant, c := start(t, Options{Seed: 370, Rooms: 12, People: 12, Oddities: on})
		from, to := tenant.around()
		seen := map[string]bool{}
		var legacy object
		for _, m := range []string{tenant.Rooms()[0].Mailbox, tenant.Rooms()[1].Mailbox, c.at.Organizer, c.at.TestMailbox} {
			for _, o := range c.view(m, from, to) {
				seen[o["showAs"].(string)], seen[dig(o, "responseStatus", "response").(string)], seen[o["originalStartTimeZone"].(string)] = true, true, true
				if o["isDraft"] == true {
					seen["draft"] = true
				}
				for _, a := range o["attendees"].([]any) {
					if address := dig(a, "emailAddress", "address").(string); strings.HasPrefix(address, "/o=ExchangeLabs/") {
						seen["legacy"] = true
						if o["isOrganizer"] == true {
							legacy = o
						}
					}
				}
			}
		}
		for _, what := range []string{"unknownFutureValue", "delegated", "tzone://Microsoft/Custom", "draft", "legacy"} {
			if seen[what] != on {
				t.Errorf("oddities %v, but %s seen: %v", on, what, seen[what])
			}
		}
		if !on {
			continue
		}
		// The address may be written back: it still means the same attendee.
		if legacy == nil {
			t.Fatal("no meeting of the two people has such an attendee")
		}
		id := legacy["id"].(string)
		if master, ok := legacy["seriesMasterId"].(string); ok {
			id = master
		}
		owner := c.at.Organizer
		if r, err := c.try(request{method: "GET", path: "/users/" + owner + "/events/" + id}); err != nil || r.status != 200 {
			owner = c.at.TestMailbox
		}
		got := c.send(200, request{method: "PATCH", path: "/users/" + owner + "/events/" + id, body: object{"attendees": legacy["attendees"]}}).body
		if len(got["attendees"].([]any)) != len(legacy["attendees"].([]any)) {
			t.Errorf("written back there are %d attendees of %d", len(got["attendees"].([]any)), len(legacy["attendees"].([]any)))
		}
		// Faults of the format aside, the calendar is as without them.
		if n := len(c.view(owner, from.Add(time.Hour), to)); n == 0 {
			t.Error("the calendar is empty")
		}
	}
}
