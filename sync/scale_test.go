package sync_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

// S13, P13: with thousands of rooms every room and every meeting arrives, as the tenant
// holds it, with the service's limits in force. ROOMDESK_SCALE is how many rooms, each with
// seven meetings: 3000 makes 21,000.
func TestS13EveryMeetingOfALargeTenant(t *testing.T) {
	rooms := 120
	if raceDetector || testing.Short() {
		rooms = 30
	}
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_SCALE")); err == nil {
		rooms = n
	}
	c := connect(t, simulator.Options{Rooms: rooms, People: 20, Seed: 13, EventsPerMailbox: 7, Throttle: true})
	e := sync.New(sync.Options{Store: c.store, Source: c.provider})
	result, err := e.Once(t.Context(), false, nil)
	if err != nil || len(result.Failed) > 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	for _, difference := range c.differences(t) {
		t.Error(difference)
	}
	mirrored, err := c.store.Rooms(t.Context())
	if err != nil || len(mirrored) != rooms {
		t.Fatalf("%d rooms of %d, %v", len(mirrored), rooms, err)
	}
	meetings, window := 0, providers.Interval{Start: time.Now().AddDate(0, 0, -30), End: time.Now().AddDate(0, 0, 60)}
	for _, room := range mirrored {
		events, err := c.store.Events(t.Context(), room.Mailbox, window)
		if err != nil {
			t.Fatal(err)
		}
		meetings += len(events)
	}
	if meetings < 3*rooms {
		t.Errorf("%d meetings in %d rooms were compared", meetings, rooms)
	}
	t.Logf("%d rooms with %d meetings, %d requests, %.1f s", rooms, meetings, result.Requests, result.Took.Seconds())
}
