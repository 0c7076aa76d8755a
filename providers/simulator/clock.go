package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Clock is the tenant's clock. It follows Options.Now until it is set, frozen or
// sped up; everything in the tenant goes by it but certificates: events, tokens,
// answers of rooms, limits, the Date header. Its methods are safe for concurrent
// use.
//
// What waits, such as a room's answer, is due when its time has passed on this
// clock, or on the real one: a test whose Options.Now stands still must not wait
// for ever. Only where the clock was frozen or slowed here, on purpose, the real
// one does not count.
type Clock struct {
	base func() time.Time

	mu     sync.Mutex
	moved  bool      // else it shows base
	origin time.Time // base at the last change
	shown  time.Time // what it showed then
	speed  float64   // seconds of the tenant for each of base; 0: frozen

	jumped func(from, to time.Time) // told of each change; fixed at start, must not ask the clock
}

func clockOver(base func() time.Time) *Clock { return &Clock{base: base, speed: 1} }

// Now is the time in the tenant.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if !c.moved {
		return c.base()
	}
	return c.shown.Add(time.Duration(float64(c.base().Sub(c.origin)) * c.speed))
}

// change moves the clock on from what it shows.
func (c *Clock) change(do func(now time.Time) time.Time, speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.now()
	shown := do(before)
	if c.jumped != nil {
		c.jumped(before, shown)
	}
	c.moved, c.origin, c.shown, c.speed = true, c.base(), shown, speed
}

// Set makes the clock show at; it goes on at its speed.
func (c *Clock) Set(at time.Time) { c.change(func(time.Time) time.Time { return at }, c.Speed()) }

// Advance jumps, also backwards.
func (c *Clock) Advance(by time.Duration) {
	c.change(func(now time.Time) time.Time { return now.Add(by) }, c.Speed())
}

// Run makes the clock go on at a speed: 1 is as fast as Options.Now, 0 stands still.
// A negative speed counts as 0.
func (c *Clock) Run(speed float64) {
	c.change(func(now time.Time) time.Time { return now }, max(speed, 0))
}

// Freeze stops the clock.
func (c *Clock) Freeze() { c.Run(0) }

// Reset follows Options.Now again.
func (c *Clock) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved, c.speed = false, 1
}

// Speed is how fast it goes; 0 while it is frozen.
func (c *Clock) Speed() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speed
}

// realCounts reports whether what waits may also be due by the real clock.
func (c *Clock) realCounts() bool { return c.Speed() >= 1 }

// Clock is the tenant's clock.
func (t *Tenant) Clock() *Clock { return t.clock }

// moment is when something is due, on both clocks.
type moment struct{ tenant, real time.Time }

// in is a moment after d.
func (t *Tenant) in(d time.Duration) moment {
	return moment{t.options.Now().Add(d), time.Now().Add(d)}
}

func (t *Tenant) reached(m moment) bool {
	return !t.options.Now().Before(m.tenant) || t.clock.realCounts() && !time.Now().Before(m.real)
}

// maxSpeed bounds what the control address takes: beyond it a second is years.
const maxSpeed = 1e6

// clockChange is what the control address takes; what is left out stays.
type clockChange struct {
	Set     *time.Time `json:"set"`
	Advance *Duration  `json:"advance"`
	Speed   *float64   `json:"speed"`
	Freeze  *bool      `json:"freeze"`
	Reset   bool       `json:"reset"`
}

// serveClock tells the clock, and changes it with POST: reset first, then set,
// advance and speed.
func (t *Tenant) serveClock(w http.ResponseWriter, r *http.Request) {
	tell := func() (any, error) {
		t.settle()
		speed := t.clock.Speed()
		return map[string]any{"now": t.clock.Now().UTC().Format(time.RFC3339Nano), "speed": speed, "frozen": speed == 0}, nil
	}
	if r.Method != http.MethodPost {
		out, _ := tell()
		t.writeControl(w, http.StatusOK, out)
		return
	}
	var change clockChange
	t.answerControl(w, r, &change, func() (any, error) {
		if err := t.clock.apply(change); err != nil {
			return nil, err
		}
		return tell()
	})
}

func (c *Clock) apply(change clockChange) error {
	switch {
	case change.Speed != nil && change.Freeze != nil:
		return errors.New("clock: speed and freeze exclude each other")
	case change.Speed != nil && !(*change.Speed >= 0 && *change.Speed <= maxSpeed):
		return fmt.Errorf("clock: speed %v is not between 0 and %v", *change.Speed, maxSpeed)
	case change.Set != nil && (change.Set.Year() < 1990 || change.Set.Year() > 2200):
		return fmt.Errorf("clock: the year %d is not between 1990 and 2200", change.Set.Year())
	}
	if change.Reset {
		c.Reset()
	}
	speed := c.Speed()
	switch {
	case change.Speed != nil:
		speed = *change.Speed
	case change.Freeze != nil && *change.Freeze:
		speed = 0
	case change.Freeze != nil:
		speed = 1
	}
	if change.Set == nil && change.Advance == nil && change.Speed == nil && change.Freeze == nil {
		return nil
	}
	c.change(func(now time.Time) time.Time {
		if change.Set != nil {
			now = *change.Set
		}
		if change.Advance != nil {
			now = now.Add(time.Duration(*change.Advance))
		}
		return now
	}, speed)
	return nil
}
