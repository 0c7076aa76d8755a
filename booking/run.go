package booking

import (
	"context"
	"errors"
	"sync"
	"time"

	"roomdesk/providers"
)

const (
	// atATime is how many bookings are worked on at once.
	atATime = 8
	// answerGrace is how long Await goes on for a Teams link after the room has
	// answered.
	answerGrace = 10 * time.Second
)

// Run drives every booking that is not settled, also those of earlier runs:
// sends, looks up, reads the room's answer, cancels. It returns ctx's error when
// that ends, after what it was doing has stopped; what was under way is resumed
// by the next Run. Only one Run works at a time.
func (d *Desk) Run(ctx context.Context) error {
	if !d.running.CompareAndSwap(false, true) {
		return errRunning
	}
	defer d.running.Store(false)
	var (
		wg         sync.WaitGroup
		slots      = make(chan struct{}, atATime)
		rescan     = time.Time{}
		everything time.Time // the next rescan that goes through settled bookings too
	)
	defer wg.Wait()
	for ctx.Err() == nil {
		if now := d.Now(); !now.Before(rescan) {
			rescan = now.Add(rescanEvery)
			list := d.Outbox.OpenBookings
			if !now.Before(everything) {
				list = d.Outbox.Bookings
			}
			if err := d.rescan(ctx, list); err != nil {
				d.log.Error("the stored bookings cannot be read", "error", err)
			} else if !now.Before(everything) {
				everything = now.Add(rescanSettled)
			}
		}
		for _, id := range d.takeDue() {
			wg.Go(func() {
				next := time.Time{}
				select {
				case slots <- struct{}{}:
					next = d.step(ctx, id)
					d.tend(ctx, id)
					<-slots
				case <-ctx.Done():
				}
				d.mu.Lock()
				delete(d.busy, id)
				d.mu.Unlock()
				d.reschedule(id, next)
			})
		}
		wait := rescan
		if next, ok := d.earliest(); ok && next.Before(wait) {
			wait = next
		}
		timer := time.NewTimer(max(wait.Sub(d.Now()), 0))
		select {
		case <-timer.C:
		case <-d.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return ctx.Err()
}

var errRunning = errors.New("booking: already running")

// rescan plans a look at every listed booking that needs one and has none
// planned: those of earlier runs and of other processes. Accepted bookings count
// as settled, but rooms change their minds, so that these are listed at times.
func (d *Desk) rescan(ctx context.Context, list func(context.Context) ([]providers.Booking, error)) error {
	all, err := list(ctx)
	if err != nil {
		return err
	}
	now, later := d.Now(), time.Duration(0)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range all {
		if _, planned := d.due[b.ID]; planned || d.busy[b.ID] {
			continue
		}
		at := firstLook(b, now, d.mine[b.ID])
		if at.IsZero() {
			continue
		}
		if b.State.Settled() { // nobody waits for these: one after the other
			at = at.Add(later)
			later += 200 * time.Millisecond
		}
		d.due[b.ID] = at
	}
	return nil
}

// takeDue takes the bookings whose time has come out of the plan.
func (d *Desk) takeDue() []string {
	now := d.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []string
	for id, at := range d.due {
		if !at.After(now) && !d.busy[id] {
			ids = append(ids, id)
			delete(d.due, id)
			d.busy[id] = true
		}
	}
	return ids
}

// earliest is when the next booking is due.
func (d *Desk) earliest() (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first time.Time
	for id, at := range d.due {
		if !d.busy[id] && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, !first.IsZero()
}

// reschedule plans the next look unless an earlier one was planned meanwhile.
func (d *Desk) reschedule(id string, next time.Time) {
	d.mu.Lock()
	if planned, ok := d.due[id]; !next.IsZero() && (!ok || next.Before(planned)) {
		d.due[id] = next
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// calendarPause is how soon a booking is looked at again whose calendar was just being
// moved to another provider.
const calendarPause = 5 * time.Second

// step does the next thing for one booking and returns when to look again; zero
// where nothing more is to be done.
func (d *Desk) step(ctx context.Context, id string) time.Time {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	unlock, err := d.lock(ctx, id)
	if err != nil {
		if ctx.Err() != nil {
			return time.Time{}
		}
		d.log.Info("a booking waits for its calendar", "booking", id, "error", err)
		return d.Now().Add(calendarPause)
	}
	defer unlock()
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		d.endWrite(id)
		if providers.Is(err, providers.Gone) || ctx.Err() != nil {
			return time.Time{}
		}
		d.log.Error("a stored booking cannot be read", "booking", id, "error", err)
		return d.Now().Add(10 * time.Second)
	}
	switch b.State {
	case providers.BookingQueued, providers.BookingSending, providers.BookingUnknown, providers.BookingCancelling:
		d.beginWrite(id)
	default:
		if b.Change.Open() && b.Change.State != providers.ChangeWaiting {
			d.beginWrite(id)
		}
	}
	defer d.endWrite(id)
	if b.Series != nil {
		return d.stepSeries(ctx, &b)
	}
	if b.DateOf != "" {
		return d.stepDate(ctx, &b)
	}
	switch b.State {
	case providers.BookingQueued:
		return d.send(ctx, &b)
	case providers.BookingSending, providers.BookingUnknown:
		return d.resolve(ctx, &b)
	case providers.BookingCancelling:
		next, _ := d.finishCancel(ctx, &b, false) // kept in the booking's reason
		return next
	}
	if b.Change.Open() {
		return d.drive(ctx, &b)
	}
	switch b.State {
	case providers.BookingWaiting, providers.BookingTentative, providers.BookingAccepted, providers.BookingPartly, providers.BookingDeclined:
		return d.look(ctx, &b)
	}
	return time.Time{}
}

// Await waits until the room has answered or the booking has ended otherwise,
// and returns it as it stands then. A Teams link that is still missing is waited
// for a few seconds more. When ctx ends first the booking comes with ctx's
// error. While no Run works, Await drives the booking itself.
func (d *Desk) Await(ctx context.Context, id string) (providers.Booking, error) {
	var last providers.Booking
	due := d.Now()
	for {
		changed := d.nextChange()
		b, err := d.Outbox.Booking(ctx, id)
		if err != nil {
			if ctx.Err() != nil {
				return last, ctx.Err()
			}
			return last, err
		}
		last = b
		if d.answeredFully(b) {
			return b, nil
		}
		wait := time.Second // another process may have changed it
		if !d.running.Load() {
			if !due.After(d.Now()) {
				due = d.step(ctx, id)
				d.tend(ctx, id)
				if due.IsZero() {
					due = d.Now().Add(time.Second)
				}
				continue
			}
			wait = min(wait, due.Sub(d.Now()))
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return last, ctx.Err()
		}
		timer.Stop()
	}
}

// answeredFully reports whether waiting longer would tell nothing that is
// expected soon.
func (d *Desk) answeredFully(b providers.Booking) bool {
	if b.Change.Open() {
		return b.State == providers.BookingCancelled || b.State == providers.BookingFailed
	}
	switch b.State {
	case providers.BookingQueued:
		return b.Review != ""
	case providers.BookingAccepted, providers.BookingTentative, providers.BookingPartly:
		return !teamsPending(b) || d.Now().Sub(b.Answered) >= answerGrace
	}
	return b.State.Settled()
}
