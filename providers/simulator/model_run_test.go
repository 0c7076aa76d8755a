package simulator

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// newRun starts a small tenant, takes out what was generated, and so begins with
// empty calendars.
func newRun(t *testing.T, rt *rapid.T) *modelRun {
	// In these weeks clocks change in Europe and America, one way or the other.
	base := rapid.SampledFrom([]time.Time{time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)}).Draw(rt, "weeks")
	clock := newClock(base.Add(9 * time.Hour))
	tenant, err := Start(t.Context(), Options{Seed: 77, Rooms: 10, People: 6, EventsPerMailbox: 1, RoomAnswerDelay: time.Nanosecond, Now: clock.now, SigningKey: testKey()})
	if err != nil {
		t.Fatal(err)
	}
	r := &modelRun{t: rt, tenant: tenant, c: connect(t, tenant), clock: clock, base: base, rules: map[string]roomRule{}}
	r.w.now = clock.now()
	people := tenant.People()
	r.people = []string{r.c.at.Organizer, people[4].Mailbox, people[5].Mailbox}
	for _, room := range []struct {
		policy string
		rule   roomRule
	}{{"auto-accept", roomRule{0, "accepted"}}, {"tolerates conflicts in series", roomRule{3, "accepted"}}, {"delegate decides", roomRule{0, "tentativelyAccepted"}}} {
		box := tenant.byPolicy(t, room.policy).Mailbox
		r.rooms = append(r.rooms, box)
		r.rules[box] = room.rule
	}
	for _, box := range r.boxes() {
		m := tenant.world.find(box)
		tenant.ensure(m)
		tenant.mu.Lock()
		m.held, m.log, m.floor = nil, nil, m.version
		tenant.mu.Unlock()
	}
	return r
}

func (r *modelRun) close() {
	r.c.http.CloseIdleConnections()
	if err := r.tenant.Close(); err != nil {
		r.t.Error(err)
	}
}

// trail is a client that reads delta now and again; see [replay].
type trail struct {
	box   string
	items map[string]object
	link  string
}

func (r *modelRun) read(c *trail) {
	size := rapid.SampledFrom([]int{1, 3, 10, 50, 200}).Draw(r.t, "page")
	for {
		page := r.ask(200, request{method: "GET", path: c.link, header: []string{"Prefer", fmt.Sprintf("odata.maxpagesize=%d", size)}}).body
		for _, v := range page["value"].([]any) {
			item := v.(object)
			if id := item["id"].(string); item["@removed"] != nil {
				delete(c.items, id)
			} else {
				c.items[id] = item
			}
		}
		next, more := page["@odata.nextLink"].(string)
		if !more {
			c.link = page["@odata.deltaLink"].(string)
			return
		}
		c.link = next
	}
}

// Whatever people do, the tenant's calendars are what a naive model says, and all
// ways to look at them agree: truth, views, delta from any point and by any page
// size, free/busy, the copies of a meeting, ETags. One sequence has a tenant of its
// own. MODEL_SEQUENCES sets how many are tried; a failure prints how to run it again.
func TestModel(t *testing.T) {
	checks := 50
	if testing.Short() {
		checks = 20
	}
	if text := os.Getenv("MODEL_SEQUENCES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		checks = n
	}
	setFlag(t, "rapid.checks", strconv.Itoa(checks))
	setFlag(t, "rapid.nofailfile", "true") // the seed is enough
	steps, entries := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		r := newRun(t, rt)
		defer r.close()
		from, to := r.base.AddDate(0, 0, 5), r.base.AddDate(0, 0, 26)
		var trails []*trail
		begin := func(box string) {
			one := &trail{box: box, items: map[string]object{}, link: deltaPath(box, from, to)}
			r.read(one)
			trails = append(trails, one)
		}
		for _, box := range r.boxes() {
			begin(box)
		}
		known := etags{}
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			r.step()
			steps++
			known = r.checkTruth(known)
			r.checkView(rapid.SampledFrom(r.boxes()).Draw(rt, "viewed"))
			if rapid.Bool().Draw(rt, "another reader") {
				begin(rapid.SampledFrom(r.boxes()).Draw(rt, "reader of"))
			}
			if rapid.Bool().Draw(rt, "catch up") {
				r.read(rapid.SampledFrom(trails).Draw(rt, "who"))
			}
		}
		entries += len(known)
		r.checkRooms(known)
		r.checkAnswers()
		for _, box := range r.boxes() {
			r.checkSchedule(box)
			want := viewed(r.view(box, from, to, ""))
			for n, one := range trails {
				if one.box == box {
					r.read(one)
					diff(rt, fmt.Sprint(box, " reader ", n), (&replay{items: one.items}).entries(), want)
				}
			}
		}
	})
	t.Logf("%d steps, %d entries of calendars", steps, entries)
}

// setFlag sets a flag of the test binary for one test, unless it was given.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	if f == nil {
		t.Fatalf("no flag %s", name)
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if given {
		return
	}
	old := f.Value.String()
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(old); err != nil {
			t.Error(err)
		}
	})
}
