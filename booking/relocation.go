package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"roomdesk/providers"
)

// Journal keeps relocations on the disk.
type Journal interface {
	// SaveRelocation stores a relocation whole and gives its new revision. It returns
	// nil only once it would survive a power cut; class Conflict where the stored
	// version is newer than the one that was changed.
	SaveRelocation(ctx context.Context, r providers.Relocation) (revision int, err error)
	// Relocation has class Gone where there is none with the id.
	Relocation(ctx context.Context, id string) (providers.Relocation, error)
	Relocations(ctx context.Context) ([]providers.Relocation, error)     // newest first
	OpenRelocations(ctx context.Context) ([]providers.Relocation, error) // something is to be done
}

const (
	// usualBatch is how many meetings are moved at a time: few, so that a mistake is
	// seen before it has reached everybody.
	usualBatch = 5
	// usualPatience is how long the next batch waits for the rooms of the one before.
	usualPatience = 2 * time.Minute
	// heldFor is how long a relocation is left to the process that works on it, after
	// the last sign of life of that; aliveEvery is how often it gives one.
	heldFor    = 30 * time.Second
	aliveEvery = 10 * time.Second
	// lookAtRelocations is how often open relocations are looked at.
	lookAtRelocations = 30 * time.Second
)

// Relocate stores a plan as a relocation and has it carried out by
// [Desk.RunRelocations] or [Desk.DriveRelocation]. It returns as soon as all of it
// is on the disk; nothing was sent then.
func (d *Desk) Relocate(ctx context.Context, plan providers.Relocation) (providers.Relocation, error) {
	const op = "relocating a room's meetings"
	r := copyRelocation(plan)
	now := d.Now()
	r.ID, r.State, r.Created, r.Ended, r.Revision, r.Stopped = d.NewID(), providers.RelocationRunning, now, time.Time{}, 0, false
	if r.BatchSize <= 0 {
		r.BatchSize = usualBatch
	}
	if r.Patience <= 0 {
		r.Patience = usualPatience
	}
	for n, s := range r.Steps {
		choice, ok := s.Choice()
		switch {
		case s.State != providers.StepPlanned:
			continue
		case !ok || s.EventID == "" || s.Organizer == "":
			return r, &providers.Error{Class: providers.Permanent, Op: op, Message: providers.Outside("a meeting of the plan has no room, or cannot be found in its organizer's calendar")}
		case r.Clash(n, choice.Room) >= 0:
			return r, &providers.Error{Class: providers.Conflict, Op: op, Message: providers.Outside("two meetings of the plan have " + choice.Name.Or(string(choice.Room)) + " at the same time")}
		}
	}
	if r.Count(providers.StepPlanned) == 0 {
		return r, &providers.Error{Class: providers.Permanent, Op: op, Message: providers.Outside("no meeting of the plan has another room")}
	}
	if err := d.saveRelocation(ctx, &r); err != nil {
		return r, err
	}
	d.wakeRelocations()
	return r, nil
}

// Relocations is the journal, newest first.
func (d *Desk) Relocations(ctx context.Context) ([]providers.Relocation, error) {
	return d.Journal.Relocations(ctx)
}

// StopRelocation lets no further batch begin. What is under way is brought to its
// end; what was not begun stays where it is.
func (d *Desk) StopRelocation(ctx context.Context, id string) (providers.Relocation, error) {
	return d.amend(ctx, id, func(r *providers.Relocation) error {
		if r.State != providers.RelocationRunning {
			return &providers.Error{Class: providers.Permanent, Op: "stopping a relocation", Message: providers.Outside("it is " + r.State.Words())}
		}
		r.Stopped = true
		return nil
	})
}

// amend changes a relocation that perhaps another process works on: the change is
// made again on each newer version.
func (d *Desk) amend(ctx context.Context, id string, change func(*providers.Relocation) error) (providers.Relocation, error) {
	for try := 0; ; try++ {
		r, err := d.Journal.Relocation(ctx, id)
		if err != nil {
			return r, err
		}
		r = copyRelocation(r)
		if err := change(&r); err != nil {
			return r, err
		}
		err = d.saveRelocation(ctx, &r)
		if err == nil {
			d.wakeRelocations()
		}
		if !providers.Is(err, providers.Conflict) || try >= 20 {
			return r, err
		}
	}
}

// saveRelocation stores a relocation, also when the caller has given up meanwhile.
func (d *Desk) saveRelocation(ctx context.Context, r *providers.Relocation) error {
	r.Updated = d.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	revision, err := d.Journal.SaveRelocation(ctx, *r)
	if err != nil {
		if !providers.Is(err, providers.Conflict) {
			d.log.Error("a relocation could not be stored", "relocation", r.ID, "error", err)
		}
		return err
	}
	r.Revision = revision
	if d.Relocated != nil {
		d.Relocated(copyRelocation(*r))
	}
	return nil
}

func (d *Desk) wakeRelocations() {
	select {
	case d.wakeRelocation <- struct{}{}:
	default:
	}
}

// copyRelocation shares nothing that is written to with the original.
func copyRelocation(r providers.Relocation) providers.Relocation {
	r.Steps = slices.Clone(r.Steps)
	for n := range r.Steps {
		r.Steps[n].Answers = slices.Clone(r.Steps[n].Answers)
		r.Steps[n].Choices = slices.Clone(r.Steps[n].Choices)
	}
	return r
}

// RunRelocations carries out every open relocation, also those of earlier runs and
// of processes that died. It returns ctx's error when that ends.
func (d *Desk) RunRelocations(ctx context.Context) error {
	done := make(chan string)
	driving := map[string]bool{}
	defer func() {
		for range driving {
			<-done
		}
	}()
	for ctx.Err() == nil {
		open, err := d.Journal.OpenRelocations(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Error("the stored relocations cannot be read", "error", err)
		}
		for _, r := range open {
			if driving[r.ID] {
				continue
			}
			driving[r.ID] = true
			go func() {
				if _, err := d.DriveRelocation(ctx, r.ID); err != nil && ctx.Err() == nil {
					d.log.Error("a relocation stopped", "relocation", r.ID, "error", err)
				}
				done <- r.ID
			}()
		}
		timer := time.NewTimer(lookAtRelocations)
		select {
		case id := <-done:
			delete(driving, id)
			if r, err := d.Journal.Relocation(ctx, id); err == nil && r.State.Open() {
				select { // a room is silent, or it could not be stored: not at once again
				case <-timer.C:
				case <-d.wakeRelocation:
				case <-ctx.Done():
				}
			}
		case <-timer.C:
		case <-d.wakeRelocation:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return ctx.Err()
}

var errTakenOver = errors.New("another process works on the relocation")
