package booking

import (
	"context"
	"errors"
	"sync"
	"time"

	"roomdesk/providers"
)

// relocator carries out one relocation. What it does next follows from the stored
// relocation and the stored bookings alone, so that a process which dies at any
// moment is followed by one that goes on.
type relocator struct {
	*Desk
	mu sync.Mutex
	r  providers.Relocation
}

// DriveRelocation carries out a relocation until it has come to an end, or until
// only rooms that do not answer are waited for.
// The error is for what kept it from working; what became of a meeting stands with
// it.
func (d *Desk) DriveRelocation(ctx context.Context, id string) (providers.Relocation, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	unlock, err := d.lock(ctx, "relocation "+id)
	if err != nil {
		return providers.Relocation{}, notLocked("relocating", err)
	}
	defer unlock()
	w := &relocator{Desk: d}
	if err := w.claim(ctx, id); err != nil || !w.r.State.Open() {
		return w.r, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		w.beat(ctx, stop)
	}()
	err = w.batches(ctx)
	if cause := context.Cause(ctx); err == nil && cause != nil {
		err = cause
	}
	stop(nil)
	<-beating
	if err != nil {
		return w.now(), err
	}
	err = w.update(ctx, func(r *providers.Relocation) {
		r.Holder, r.HeldUntil = "", time.Time{}
		if r.State = r.Outcome(); !r.State.Open() {
			r.Ended = d.Now()
		}
	})
	return w.now(), err
}

// claim waits until no other process works on the relocation and takes it.
func (w *relocator) claim(ctx context.Context, id string) error {
	for {
		r, err := w.Journal.Relocation(ctx, id)
		if err != nil {
			return err
		}
		w.r = copyRelocation(r)
		if !r.State.Open() {
			return nil
		}
		now := w.Now()
		if left := r.HeldUntil.Sub(now); r.Holder == "" || r.Holder == w.name || left <= 0 || left > 2*heldFor {
			w.r.Holder, w.r.HeldUntil = w.name, now.Add(heldFor)
			if err = w.saveRelocation(ctx, &w.r); err == nil || !providers.Is(err, providers.Conflict) {
				return err
			}
			continue
		}
		if err := pause(ctx, min(r.HeldUntil.Sub(now), time.Second)); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &providers.Error{Class: providers.Cancelled, Op: "relocating", Err: ctx.Err()}
	}
}

// beat gives signs of life while rooms are waited for.
func (w *relocator) beat(ctx context.Context, stop context.CancelCauseFunc) {
	for pause(ctx, aliveEvery) == nil {
		if err := w.update(ctx, func(*providers.Relocation) {}); errors.Is(err, errTakenOver) {
			stop(err)
			return
		}
	}
}

func (w *relocator) now() providers.Relocation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return copyRelocation(w.r)
}

func (w *relocator) step(n int) providers.RelocationStep {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.r.Steps[n]
}

// update changes the relocation and stores it. Where a person stopped it meanwhile,
// the change is made on the newer version.
func (w *relocator) update(ctx context.Context, change func(*providers.Relocation)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		r := copyRelocation(w.r)
		r.HeldUntil = w.Now().Add(heldFor)
		change(&r)
		err := w.saveRelocation(ctx, &r)
		if err == nil {
			w.r = r
			return nil
		}
		if !providers.Is(err, providers.Conflict) {
			return err
		}
		newest, readErr := w.Journal.Relocation(context.WithoutCancel(ctx), r.ID)
		if readErr != nil {
			return readErr
		}
		if newest.Holder != w.name {
			return errTakenOver
		}
		w.r = copyRelocation(newest)
	}
}

func (w *relocator) updateStep(ctx context.Context, n int, change func(*providers.RelocationStep)) error {
	return w.update(ctx, func(r *providers.Relocation) { change(&r.Steps[n]) })
}

// batches works through the relocation: first what was begun, then one batch after
// the other.
func (w *relocator) batches(ctx context.Context) error {
	r := w.now()
	var begun []int
	for n, s := range r.Steps {
		if s.State.Silent() && w.running.Load() { // somebody follows the booking: it is only looked at
			if err := w.look(ctx, n); err != nil {
				return err
			}
			s = w.step(n)
		}
		if s.State.Working() && !(s.State.Silent() && w.running.Load()) {
			begun = append(begun, n)
		}
	}
	for len(begun) > 0 {
		batch := begun[:min(len(begun), r.BatchSize)]
		begun = begun[len(batch):]
		if err := w.batch(ctx, batch, r.Patience); err != nil {
			return err
		}
	}
	for {
		r := w.now()
		var batch []int
		number := 0
		for n, s := range r.Steps {
			number = max(number, s.Batch)
			if s.State == providers.StepPlanned && len(batch) < r.BatchSize {
				batch = append(batch, n)
			}
		}
		if len(batch) == 0 || r.State != providers.RelocationRunning {
			return nil
		}
		begin := false
		err := w.update(ctx, func(r *providers.Relocation) {
			if begin = !r.Stopped; !begin {
				for n := range r.Steps {
					if s := &r.Steps[n]; s.State == providers.StepPlanned {
						s.State, s.Why = providers.StepLeft, "stopped before it was begun"
					}
				}
				return
			}
			for _, n := range batch {
				r.Steps[n].State, r.Steps[n].Batch, r.Steps[n].Began = providers.StepMoving, number+1, w.Now()
			}
		})
		if err != nil || !begin {
			return err
		}
		if err := w.batch(ctx, batch, r.Patience); err != nil {
			return err
		}
	}
}

// look takes up a silent step again where its room has answered meanwhile.
func (w *relocator) look(ctx context.Context, n int) error {
	s := w.step(n)
	b, err := w.Outbox.Booking(ctx, s.BookingID)
	if err != nil || b.Change.Open() {
		return err
	}
	state := providers.StepMoving
	if s.State == providers.StepUndoWaits {
		state = providers.StepUndoing
	}
	return w.updateStep(ctx, n, func(s *providers.RelocationStep) { s.State = state })
}

// batch moves some meetings at the same time, until the rooms have answered or the
// relocation's patience is over. Only what keeps all of it from going on is an error.
func (w *relocator) batch(ctx context.Context, steps []int, patience time.Duration) error {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(steps))
	for i, n := range steps {
		wg.Go(func() { errs[i] = w.work(ctx, patient, n) })
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}
