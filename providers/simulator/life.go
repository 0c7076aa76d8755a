package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// The company lives by itself where Options.Life says so: meetings arrive, move
// and are cancelled, people answer, some meetings run over. It happens in steps
// of a minute on the tenant's clock, for each community ([cell]) apart, with
// random numbers that depend on the seed, the community and the minute only. A
// community catches up when somebody looks at it, with the rooms' answers in
// between: what happened by a time is the same whoever asked when.

// lifeStep is a step's length in seconds.
const lifeStep = 60

// livedAfterJump is what the company lives of a jump of the clock: over the rest
// of a longer one it sleeps. It is also the most that one look can cost.
const livedAfterJump = 14 * 24 * time.Hour

// maxLife bounds the rate: beyond it people do nothing but move meetings.
const maxLife = 100

// lifeRate is how much happens from a step on; 1 is believable, 0 nothing.
type lifeRate struct {
	from int64
	rate float64
}

// life is the rate through time, by step.
type life struct {
	rates atomic.Pointer[[]lifeRate]
}

// on reports whether anything ever happened by itself.
func (l *life) on() bool { return l.rates.Load() != nil }

// add lets another rate begin at a step. What had been meant for later is dropped.
func (l *life) add(next ...lifeRate) {
	for {
		old := l.rates.Load()
		var list []lifeRate
		if old != nil {
			list = slices.Clone(*old)
		}
		for _, n := range next {
			list = append(slices.DeleteFunc(list, func(r lifeRate) bool { return r.from >= n.from }), n)
		}
		if l.rates.CompareAndSwap(old, &list) {
			return
		}
	}
}

// at is the rate of a step, and the last step that has it.
func (l *life) at(step int64) (rate float64, until int64) {
	until = 1 << 62
	list := *l.rates.Load()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].from <= step {
			return list[i].rate, until
		}
		until = list[i].from - 1
	}
	return 0, until
}

// SetLife changes how much happens by itself from the next minute of the tenant's
// clock on: 1 is believable, 0 nothing, at most 100.
func (t *Tenant) SetLife(rate float64) error {
	if !(rate >= 0 && rate <= maxLife) {
		return fmt.Errorf("life: %v is not between 0 and %d", rate, maxLife)
	}
	if rate == 0 && !t.life.on() {
		return nil
	}
	t.life.add(lifeRate{t.options.Now().Unix()/lifeStep + 1, rate})
	return nil
}

// Life is how much happens by itself.
func (t *Tenant) Life() float64 {
	if !t.life.on() {
		return 0
	}
	rate, _ := t.life.at(t.options.Now().Unix()/lifeStep + 1)
	return rate
}

// jumped is told of a jump of the clock: most of a long one is slept through.
func (t *Tenant) jumped(from, to time.Time) {
	if !t.life.on() || to.Sub(from) <= livedAfterJump {
		return
	}
	asleep, awake := from.Unix()/lifeStep+1, to.Add(-livedAfterJump).Unix()/lifeStep
	rate, _ := t.life.at(asleep)
	t.life.add(lifeRate{asleep, 0}, lifeRate{awake, rate})
}

// serveLife tells the rate, and changes it with POST: {"rate": 2}.
func (t *Tenant) serveLife(w http.ResponseWriter, r *http.Request) {
	tell := func() any { return map[string]float64{"rate": t.Life()} }
	if r.Method != http.MethodPost {
		t.writeControl(w, http.StatusOK, tell())
		return
	}
	var body struct {
		Rate *float64 `json:"rate"`
	}
	t.answerControl(w, r, &body, func() (any, error) {
		if body.Rate == nil {
			return nil, fmt.Errorf("life: rate is missing")
		}
		if err := t.SetLife(*body.Rate); err != nil {
			return nil, err
		}
		return tell(), nil
	})
}

// live lets a community catch up with the clock. The lock is not held.
func (t *Tenant) live(c *cell) {
	if !t.life.on() {
		return
	}
	now := t.options.Now()
	if now.Unix()/lifeStep <= c.lived.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.liveUntil(c, now)
	t.answerUntil(c, now)
}

// liveUntil lets a community live all steps up to a time, and its rooms answer in
// between what is due. The lock is held.
func (t *Tenant) liveUntil(c *cell, at time.Time) {
	if !t.life.on() || c.sites == nil {
		return
	}
	last := at.Unix() / lifeStep
	for step := c.lived.Load() + 1; step <= last; step++ {
		rate, until := t.life.at(step)
		if rate == 0 {
			step = min(until, last)
			c.lived.Store(step)
			continue
		}
		now := time.Unix(step*lifeStep, 0).UTC()
		t.answerUntil(c, now)
		t.lived.Store(now.Unix())
		for i, s := range c.sites {
			t.liveStep(c, i, s, step, rate)
		}
		t.lived.Store(0)
		c.lived.Store(step)
	}
}

// answerUntil lets a community's rooms answer what is due by a time, in order. The
// lock is held.
func (t *Tenant) answerUntil(c *cell, at time.Time) {
	for {
		first := -1
		for i, p := range t.pending {
			if p.room.cell == c && !p.due.tenant.After(at) && (first < 0 || p.due.tenant.Before(t.pending[first].due.tenant)) {
				first = i
			}
		}
		if first < 0 {
			return
		}
		p := t.pending[first]
		t.pending = slices.Delete(t.pending, first, first+1)
		t.decideAt(p, p.due.tenant)
	}
}

// present is the time that what happens now has: the clock's, or that of the step
// which the company lives through. The lock is held.
func (t *Tenant) present() time.Time {
	if at := t.lived.Load(); at != 0 {
		return time.Unix(at, 0).UTC()
	}
	return t.options.Now()
}

// breath is how often what is due happens for those who wait to be told of it.
const breath = 200 * time.Millisecond

// breathe lets rooms answer and communities live although nobody asks, where
// somebody waits for notifications. It gives the real time until the next look.
func (t *Tenant) breathe() time.Duration {
	watched := t.activeSubscriptions()
	if len(watched) == 0 {
		return time.Hour
	}
	t.settle()
	for _, sub := range watched {
		t.live(sub.box.cell)
	}
	return breath
}

// site is what a community has in one building.
type site struct {
	building *building
	rooms    []*mailbox
	weight   float64 // sum of the rooms' popularity
}

// settleIn notes where a community is, and that it has lived until a time.
func (c *cell) settleIn(at time.Time) {
	c.lived.Store(at.Unix() / lifeStep)
	for _, m := range c.rooms {
		n := len(c.sites)
		if n == 0 || c.sites[n-1].building != m.room.building {
			c.sites = append(c.sites, &site{building: m.room.building})
			n++
		}
		s := c.sites[n-1]
		s.rooms, s.weight = append(s.rooms, m), s.weight+m.room.popularity
	}
}

// perRoomDay is how many things happen in a room on a working day.
const perRoomDay = 7

// busyHours is how much of a working day's changes falls into each hour, against
// an even hour: people arrange their day before ten.
var busyHours = [24]float64{7: 0.4, 8: 1.4, 9: 2, 10: 1.3, 11: 1.1, 12: 0.6, 13: 1.2, 14: 1.1, 15: 1, 16: 0.9, 17: 0.5, 18: 0.2}

// pace is how many things happen in a minute for each room, by a building's own
// time. Weekends and the country's holidays are quiet.
func (s *site) pace(at int64) float64 {
	local := time.Unix(at, 0).In(s.building.zone.loc)
	pace := perRoomDay * busyHours[local.Hour()] / sumOf(busyHours[:]) / 60
	switch {
	case dayOff(s.building.city.country, local):
		pace *= 0.06
	case local.Weekday() == time.Saturday || local.Weekday() == time.Sunday:
		pace *= weekendShare
	}
	return pace
}

func sumOf(list []float64) (sum float64) {
	for _, f := range list {
		sum += f
	}
	return sum
}

// dayOff reports whether a day is a holiday in a country.
func dayOff(country string, day time.Time) bool {
	for _, h := range slices.Concat(holidayDates[""], holidayDates[country]) {
		if h.month == day.Month() && h.day == day.Day() {
			return true
		}
	}
	return false
}

// liveStep lets what falls into one minute happen in one building.
func (t *Tenant) liveStep(c *cell, i int, s *site, step int64, rate float64) {
	want := rate * s.pace(step*lifeStep) * float64(len(s.rooms))
	if want == 0 {
		return
	}
	l := &liver{
		t: t, cell: c, site: s, now: step * lifeStep,
		r: rand.New(rand.NewPCG(uint64(t.options.Seed), mix(uint64(c.number)<<48^uint64(i)<<40^uint64(step)))),
	}
	for ; want > 0; want-- {
		if l.r.Float64() < want {
			l.act()
		}
	}
}
