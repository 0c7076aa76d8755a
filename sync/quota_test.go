package sync_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// quota is Outlook's published model: for an application and mailbox 4 requests at
// the same time and 10,000 in ten minutes, for an application 130,000 in ten
// seconds.
type quota struct {
	mailboxes map[providers.Address][]time.Time
	app       []time.Time
	refused   int
	peak      int // in ten seconds
}

func (q *quota) admit(mailbox providers.Address, at time.Time, running int) bool {
	keep := func(times []time.Time, span time.Duration) []time.Time {
		for len(times) > 0 && at.Sub(times[0]) >= span {
			times = times[1:]
		}
		return append(times, at)
	}
	q.app = keep(q.app, 10*time.Second)
	q.peak = max(q.peak, len(q.app))
	over := len(q.app) > 130_000
	if mailbox != "" {
		q.mailboxes[mailbox] = keep(q.mailboxes[mailbox], 10*time.Minute)
		over = over || running > 4 || len(q.mailboxes[mailbox]) > 10_000
	}
	if over {
		q.refused++
	}
	return !over
}

// A normal day: no request is refused, everything is read within its bound. With
// ROOMDESK_DAY_ROOMS=1000 it is the whole of the promise.
func TestADayWithoutThrottling(t *testing.T) { // G7, QUOTA, G4
	t.Parallel()
	rooms, hours := 4, 24
	if raceDetector || testing.Short() {
		rooms, hours = 2, 3
	}
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_DAY_ROOMS")); err == nil {
		rooms = n
	}
	bubble(t, func(t *testing.T) {
		tn := newTenant(rooms, 0)
		tn.latency = 150 * time.Millisecond
		// A third has meetings, from nine to five.
		day := time.Now().Truncate(24 * time.Hour)
		for n := 0; n < rooms; n += 3 {
			for d := range 3 {
				for h := range 4 {
					tn.put(roomName(n), meeting(roomName(n), d*10+h, day.Add(time.Duration(24*d+9+2*h)*time.Hour)))
				}
			}
		}
		q := &quota{mailboxes: map[providers.Address][]time.Time{}}
		tn.fail = func(c call) error {
			if c.method == "availability of" || q.admit(c.mailbox, time.Now(), 0) {
				return nil
			}
			return &providers.Error{Class: providers.Throttled, Status: 429, Scope: providers.ScopeApp, RetryAfter: 10 * time.Second}
		}
		f := newFixture(t, tn)
		f.o.Workers = 32
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.synced()
		var screen []providers.Address
		for n := range min(rooms, 20) {
			screen = append(screen, roomName(n))
		}
		for hour := range hours {
			switch hour { // somebody looks from eight to six
			case 8:
				f.engine.Watch(screen)
			case 18:
				f.engine.Watch(nil)
			}
			tn.put(roomName(hour%rooms), meeting(roomName(hour%rooms), 500+hour, time.Now().Add(2*time.Hour)))
			time.Sleep(time.Hour)
			if p := f.engine.Progress(); p.Fresh != rooms {
				t.Errorf("hour %d: %+v", hour, p)
			}
		}
		f.settles(11 * time.Minute)
		most := 0
		for _, n := range tn.most {
			most = max(most, n)
		}
		total := tn.total()
		if q.refused > 0 || most > 4 {
			t.Errorf("%d requests of %d were refused; up to %d at once for a mailbox", q.refused, total, most)
		}
		t.Logf("%d rooms: %d requests in a day, at most %d in ten seconds, %d at once for a mailbox", rooms, total, q.peak, most)
	})
}
