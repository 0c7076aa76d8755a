package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// monday is a Monday without a holiday, early in the morning in Europe.
var monday = time.Date(2026, 9, 14, 5, 0, 0, 0, time.UTC)

// alive starts a tenant that lives by a clock which only the test moves.
func alive(t testing.TB, o Options) (*Tenant, *client) {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return monday }
	}
	if o.Life == 0 {
		o.Life = 1
	}
	tenant, c := start(t, o)
	tenant.Clock().Freeze()
	return tenant, c
}

// everything is the whole truth with ids, change keys and ETags.
func everything(t testing.TB, tenant *Tenant) string {
	t.Helper()
	dump, err := tenant.TruthDump(TruthOptions{From: monday.AddDate(0, -1, 0), To: monday.AddDate(0, 3, 0)})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.MarshalIndent(dump, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n%s\n%s", i, strings.Join(x[max(i-12, 0):i+3], "\n"), strings.Join(y[max(i-12, 0):i+3], "\n"))
		}
	}
	return fmt.Sprint(len(x), " and ", len(y), " lines")
}

// The same seed and the same times give the same history, whoever asked when: one
// tenant is asked every few minutes, now here, now there, the other one at the end.
func TestLifeIsTheSameWhoeverLooks(t *testing.T) {
	o := Options{Rooms: 90, People: 60, Seed: 7}
	asked, _ := alive(t, o)
	left, _ := alive(t, o)
	rooms := asked.Rooms()
	for minute := 0; minute < 30*60; minute += 7 {
		asked.Clock().Advance(7 * time.Minute)
		asked.Truth(rooms[minute%len(rooms)].Mailbox, monday, monday.Add(time.Hour))
	}
	left.Clock().Set(asked.Clock().Now())
	before, after := everything(t, asked), everything(t, left)
	if before != after {
		t.Errorf("two histories of one company: %s", firstDifference(before, after))
	}
	again, _ := alive(t, Options{Rooms: 90, People: 60, Seed: 8})
	again.Clock().Set(asked.Clock().Now())
	if everything(t, again) == after {
		t.Error("another seed has the same history")
	}
}

// lived counts what a test can see of a room's life.
type livedCounts struct{ arrived, moved, cancelled, answers, declined int }

// A working day brings as many changes as people believe; without Options.Life
// there are none.
func TestLifeHasABelievableRate(t *testing.T) {
	for _, life := range []float64{1, 0} {
		o := Options{Rooms: 40, People: 40, Seed: 3, Now: func() time.Time { return monday }, Life: life}
		tenant, _ := start(t, o)
		tenant.Clock().Freeze()
		before := everything(t, tenant)
		tenant.Clock().Advance(24 * time.Hour)
		after := everything(t, tenant)
		if life == 0 {
			if before != after {
				t.Errorf("something happened although nothing should: %s", firstDifference(before, after))
			}
			continue
		}
		var n livedCounts
		for _, room := range tenant.world.rooms {
			for _, c := range room.log {
				switch now := room.find(c.num); {
				case c.old == nil:
					n.arrived++
				case now == nil:
					n.cancelled++
				case now.start != c.old.start:
					n.moved++
				}
			}
		}
		for _, a := range tenant.RoomAnswers() {
			n.answers++
			if a.Response == "declined" {
				n.declined++
			}
		}
		t.Logf("40 rooms in a day: %+v", n)
		if n.arrived < 60 || n.arrived > 240 || n.moved < 4 || n.cancelled < 4 || n.declined < 2 || n.declined > n.answers/3 {
			t.Errorf("a working day of 40 rooms: %+v", n)
		}
	}
}

// taken is the share of a working day that rooms are taken, by day.
func taken(tenant *Tenant, day time.Time) float64 {
	sum, rooms := 0.0, 0.0
	for _, m := range tenant.world.rooms {
		tenant.ensure(m)
		from, to := officeDay(m.zone, dayNumber(day.Year(), day.Month(), day.Day()))
		tenant.mu.RLock()
		for _, i := range m.busy(from, to) {
			sum += float64(min(i.end, to) - max(i.start, from))
		}
		tenant.mu.RUnlock()
		rooms += float64(to - from)
	}
	return sum / rooms
}

// After months the company is about as busy as on its first day, also behind the
// days that were laid out at the start.
func TestLifeStaysAsBusy(t *testing.T) {
	tenant, _ := alive(t, Options{Rooms: 40, People: 40, Seed: 5})
	first := taken(tenant, monday)
	for range 10 {
		tenant.Clock().Advance(7 * 24 * time.Hour)
		now := tenant.Clock().Now()
		today, later := taken(tenant, now), taken(tenant, now.AddDate(0, 0, 14))
		t.Logf("%s: %.2f, in two weeks %.2f", now.Format(time.DateOnly), today, later)
		if today < first*0.6 || today > first*1.5 || later > today {
			t.Errorf("%s: %.2f of the day taken, at the start it was %.2f; in two weeks %.2f", now.Format(time.DateOnly), today, first, later)
		}
	}
}

// After a jump of months only the last two weeks are lived.
func TestLifeSleepsThroughALongJump(t *testing.T) {
	tenant, _ := alive(t, Options{Rooms: 40, People: 40, Seed: 5})
	tenant.Clock().Advance(301 * 24 * time.Hour)
	now := tenant.Clock().Now()
	room := tenant.world.rooms[0]
	tenant.ensure(room)
	slept := now.Add(-livedAfterJump).Unix()
	n := 0
	for _, m := range tenant.world.rooms {
		for _, c := range m.log {
			n++
			if c.at < slept {
				t.Fatalf("something happened %v before the clock's new time", now.Sub(time.Unix(c.at, 0)))
			}
		}
	}
	if n == 0 || taken(tenant, now) < 0.15 {
		t.Errorf("%d changes, %.2f of the day taken after the jump", n, taken(tenant, now))
	}
	if err := tenant.SetLife(0); err != nil {
		t.Fatal(err)
	}
	before := everything(t, tenant)
	tenant.Clock().Advance(24 * time.Hour)
	if after := everything(t, tenant); after != before {
		t.Errorf("life goes on after it was switched off: %s", firstDifference(before, after))
	}
}

// F-034, S12: what happens by itself goes by the same ways as what clients do: delta
// replayed equals the view, free/busy agrees, all within the contract.
func TestLifeReachesDelta(t *testing.T) {
	tenant, c := checked(t, Options{Rooms: 12, People: 14, Seed: 9, Now: func() time.Time { return monday }, Life: 3, RoomAnswerDelay: 2 * time.Second})
	tenant.Clock().Freeze()
	from, to := tenant.around()
	boxes := []string{tenant.Rooms()[0].Mailbox, tenant.Rooms()[4].Mailbox, tenant.People()[0].Mailbox, tenant.People()[3].Mailbox}
	rounds := map[string]*replay{}
	for _, box := range boxes {
		rounds[box] = &replay{link: deltaPath(box, from, to)}
		rounds[box].round(c, 50)
	}
	changed := 0
	for hour := range 12 {
		tenant.Clock().Advance(time.Hour)
		c = connect(t, tenant) // a token is good for an hour
		for _, box := range boxes {
			before := rounds[box].entries()
			rounds[box].round(c, 50)
			after := rounds[box].entries()
			for id, v := range after {
				if before[id] != v {
					changed++
				}
			}
			diff(t, fmt.Sprint(box, " after ", hour+1, " h"), after, viewed(c.view(box, from, to)))
			if tenant.world.find(box).room != nil { // whole days of people count in another zone
				scheduleAgrees(t, c, box, from, from.AddDate(0, 0, 30))
			}
		}
	}
	if changed < 10 {
		t.Errorf("only %d entries changed", changed)
	}
}

// Life and rooms' answers go on although nobody asks, for those who subscribed.
func TestLifeIsNotified(t *testing.T) {
	r := newReceiver(t)
	tenant, c := checked(t, Options{Rooms: 10, People: 12, Seed: 9, Now: func() time.Time { return monday }, Life: 100, NotifyDelay: time.Millisecond})
	c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+tenant.Rooms()[0].Mailbox+"/events"))
	tenant.Clock().Advance(8 * time.Hour)
	r.until(t, func(notes []object, _ int) bool { return len(notes) > 5 })
}
