package booking

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
)

// killed stands for a process that dies at one of its steps: from then on nothing
// of it reaches the disk or the tenant any more.
type killed struct {
	at   int // the step at which it dies
	step int
	dead bool
	cut  context.CancelFunc
	mu   sync.Mutex
}

var errDead = errors.New("killed")

// pass counts a step and reports whether the process is still alive.
func (k *killed) pass() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.step++; k.step == k.at {
		k.dead = true
		k.cut()
	}
	return !k.dead
}

// dyingTenant and dyingOutbox have a step before and one behind each effect.
type dyingTenant struct {
	*tenant
	k *killed
}

func (d dyingTenant) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	if !d.k.pass() {
		return providers.Event{}, errDead
	}
	event, err := d.tenant.CreateEvent(context.WithoutCancel(ctx), draft)
	if !d.k.pass() {
		return providers.Event{}, errDead
	}
	return event, err
}

func (d dyingTenant) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	if !d.k.pass() {
		return errDead
	}
	err := d.tenant.CancelEvent(context.WithoutCancel(ctx), mailbox, id, comment)
	if !d.k.pass() {
		return errDead
	}
	return err
}

func (d dyingTenant) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	if !d.k.pass() {
		return providers.Event{}, errDead
	}
	return d.tenant.Event(ctx, mailbox, id)
}

func (d dyingTenant) FindEvent(ctx context.Context, mailbox providers.Address, tx string, around providers.Interval) (providers.Event, bool, error) {
	if !d.k.pass() {
		return providers.Event{}, false, errDead
	}
	return d.tenant.FindEvent(ctx, mailbox, tx, around)
}

func (d dyingTenant) SeriesDates(ctx context.Context, mailbox providers.Address, id string, window providers.Interval) ([]providers.Event, error) {
	if !d.k.pass() {
		return nil, errDead
	}
	return d.tenant.SeriesDates(ctx, mailbox, id, window)
}

type dyingOutbox struct {
	*outbox
	k *killed
}

func (d dyingOutbox) SaveBooking(ctx context.Context, b providers.Booking) error {
	if !d.k.pass() {
		return errDead
	}
	err := d.outbox.SaveBooking(ctx, b)
	if !d.k.pass() {
		return errDead
	}
	return err
}

// crashes runs a story once for each step at which the process can die, until it
// lives through all of them, and then checks what a new process makes of it.
func crashes(t *testing.T, prepare func(w *world), story func(ctx context.Context, d *Desk) (acknowledged bool), verify func(t *testing.T, w *world, acknowledged bool)) {
	t.Helper()
	steps := 0
	for at, lived := 1, false; !lived; at++ {
		if at > 200 {
			t.Fatal("the story never ends")
		}
		t.Run(fmt.Sprint("step ", at), func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				prepare(w)
				ctx, cut := context.WithCancel(t.Context())
				defer cut()
				k := &killed{at: at, cut: cut}
				first := New(Options{Tenant: dyingTenant{w.tenant, k}, Outbox: dyingOutbox{w.outbox, k}, Mirror: w.mirror, Organizer: alice})
				acknowledged := story(ctx, first)
				if lived = !k.dead; lived {
					steps = k.step
				}
				w.Desk = w.desk()
				stop := w.run()
				time.Sleep(15 * time.Minute)
				stop()
				verify(t, w, acknowledged)
			})
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d steps", steps)
}

// F-043, ONCE, DURA: killed at every step of making a booking. What was
// acknowledged is made, once; what was not is made once or not at all.
func TestKilledAtEveryStepOfBooking(t *testing.T) {
	for name, faults := range map[string][]fault{"smooth": nil, "answer lost": {{err: class(providers.Transient), commit: true}}, "not arrived": {{err: class(providers.Transient)}}} {
		t.Run(name, func(t *testing.T) {
			crashes(t,
				func(w *world) { w.tenant.faults["create"] = faults },
				func(ctx context.Context, d *Desk) bool {
					q := (&world{tenant: newTenant()}).request()
					b, err := d.Book(ctx, q)
					if err != nil {
						return false
					}
					_, _ = d.Await(ctx, b.ID) // errors are the crash
					return true
				},
				func(t *testing.T, w *world, acknowledged bool) {
					all, _ := w.outbox.Bookings(t.Context())
					if len(all) == 0 {
						if acknowledged || len(w.tenant.live()) != 0 {
							t.Errorf("nothing is stored; acknowledged %v, %d meetings", acknowledged, len(w.tenant.live()))
						}
						return
					}
					if len(all) != 1 || all[0].State != providers.BookingAccepted {
						t.Fatalf("stored: %+v", all)
					}
					w.once(all[0], 1)
				})
		})
	}
}

// F-053: killed at every step of cancelling: in the end it is cancelled, and
// everybody was told once.
func TestKilledAtEveryStepOfCancelling(t *testing.T) {
	for name, faults := range map[string][]fault{"smooth": nil, "answer lost": {{err: class(providers.Transient), commit: true}}, "not arrived": {{err: class(providers.Transient)}}} {
		t.Run(name, func(t *testing.T) {
			var id string
			crashes(t,
				func(w *world) {
					id = w.book(w.request()).ID
					w.await(id, time.Minute)
					w.tenant.faults["cancel"] = faults
				},
				func(ctx context.Context, d *Desk) bool {
					if _, err := d.Cancel(ctx, id, "room is needed"); err != nil && ctx.Err() == nil {
						_, _ = d.Await(ctx, id) // goes on where it was left; errors are the crash
					}
					return true
				},
				func(t *testing.T, w *world, _ bool) {
					b := w.stored(id)
					if b.State == providers.BookingAccepted { // killed before the wish was stored
						w.once(b, 1)
						return
					}
					if b.State != providers.BookingCancelled {
						t.Errorf("%s: %s", b.State, b.Reason)
					}
					w.once(b, 0)
					if n := w.tenant.meetings[0].cancels; n != 1 {
						t.Errorf("%d cancellations", n)
					}
				})
		})
	}
}
