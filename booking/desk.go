package booking

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"roomdesk/providers"
)

// Tenant is the service as booking uses it. Its errors are *providers.Error.
type Tenant interface {
	// Availability asks for free/busy now: one answer for each mailbox, those
	// that cannot be told with a Problem. At most 20 mailboxes in one call.
	Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error)
	CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error)
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	// FindEvent looks for the event made with that transaction id. False without
	// an error means that it was searched for and is not there.
	FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error)
	// ChangeEvent changes a meeting as its organizer and tells those whom it
	// concerns. Class Conflict where somebody changed it since the etag.
	ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error)
	// CancelEvent cancels a meeting and tells everybody invited. Class Gone where
	// it is not there.
	CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error
	// DeleteEvent takes an event, or one date of a series, out of the organizer's
	// calendar, to which nobody else was invited. Class Gone where it is not there.
	DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error
	// FindSeries looks for the series made with that transaction id, whose first date
	// begins about then. False without an error means that it is not there.
	FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error)
	// SeriesDates lists the dates that a series has inside a window, by start,
	// without those that were cancelled.
	SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
}

// Outbox keeps bookings on the disk.
type Outbox interface {
	// SaveBooking returns nil only once the booking would survive a power cut.
	SaveBooking(ctx context.Context, booking providers.Booking) error
	// Booking has class Gone where there is none with the id.
	Booking(ctx context.Context, id string) (providers.Booking, error)
	Bookings(ctx context.Context) ([]providers.Booking, error)     // newest first
	OpenBookings(ctx context.Context) ([]providers.Booking, error) // not settled
}

// Mirror is the local copy of the tenant. It serves to find candidates; what is
// said about a room that is to be booked comes from the tenant.
type Mirror interface {
	Rooms(ctx context.Context) ([]providers.Room, error)
	Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error)
}

// Options is what a desk works with. Tenant, Outbox and Mirror are required.
type Options struct {
	Tenant Tenant
	Outbox Outbox
	Mirror Mirror
	// Organizer is in whose calendar meetings are made unless the request names
	// somebody; "" where the connection has none.
	Organizer providers.Address
	// Rules gives rooms' booking rules as far as they were imported; nil: none are
	// known.
	Rules  func(ctx context.Context) (map[providers.Address]providers.RoomRules, error)
	Now    func() time.Time // nil: the machine's clock
	Logger *slog.Logger     // nil: none
	// Warned is told what a check warned of before a booking is stored; nil: nobody.
	Warned func([]string)
	// Changed is told each stored change of a booking, in order for each booking.
	// It must not call Cancel, Await or Book.
	Changed func(providers.Booking)
	// Poke asks for a mailbox to be read soon, because a meeting was made or
	// cancelled there.
	Poke func(providers.Address)
	// Enter is called before a booking of a calendar is worked on, and leave after it was
	// stored: meanwhile the calendar is not moved to another provider. It waits where it
	// is just being moved; nil: calendars stay where they are.
	Enter func(ctx context.Context, mailbox providers.Address) (leave func(), err error)
	// Journal keeps relocations; nil: there are none.
	Journal Journal
	// Relocated is told each stored version of a relocation. It must not call the desk.
	Relocated func(providers.Relocation)
	// NewID makes ids; nil: random UUIDs. Transaction ids must be GUIDs.
	NewID func() string
}

// Desk makes, follows, changes and cancels bookings. All methods are safe for concurrent
// use; several desks, also of several processes, may work on one outbox.
type Desk struct {
	Options
	log     *slog.Logger
	running atomic.Bool

	mu       sync.Mutex
	locks    map[string]chan struct{} // one holder for each booking
	writing  map[string]bool          // being written, outcome not stored yet
	due      map[string]time.Time     // when to look at a booking again
	busy     map[string]bool          // being looked at by Run
	absent   map[string]time.Time     // since when look-ups find nothing
	verdicts map[string]string        // why the last try failed, while an earlier one is in doubt
	looks    map[string]int           // look-ups without an answer in a row
	mine     map[string]bool          // made by this desk
	changed  chan struct{}            // closed at the next change
	wake     chan struct{}

	name           string        // of this desk, as the one that works on a relocation
	wakeRelocation chan struct{} // an open relocation was stored
}

// New makes a desk. It does nothing by itself until [Desk.Run] is called.
func New(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Changed == nil {
		o.Changed = func(providers.Booking) {}
	}
	if o.Poke == nil {
		o.Poke = func(providers.Address) {}
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Desk{
		Options: o, log: log,
		locks: map[string]chan struct{}{}, writing: map[string]bool{}, due: map[string]time.Time{}, busy: map[string]bool{},
		absent: map[string]time.Time{}, looks: map[string]int{}, verdicts: map[string]string{}, mine: map[string]bool{},
		changed: make(chan struct{}), wake: make(chan struct{}, 1),
		name: uuid.NewString(), wakeRelocation: make(chan struct{}, 1),
	}
}

// Bookings lists what was booked, newest first.
func (d *Desk) Bookings(ctx context.Context) ([]providers.Booking, error) {
	return d.Outbox.Bookings(ctx)
}

// Booking finds one booking; class Gone where there is none with the id.
func (d *Desk) Booking(ctx context.Context, id string) (providers.Booking, error) {
	return d.Outbox.Booking(ctx, id)
}

// InFlight is the number of bookings that are being written to the tenant: what
// quitting should wait for, shortly. What is stored is not lost either way.
func (d *Desk) InFlight() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.writing)
}

// beginWrite counts the booking as being written until endWrite.
func (d *Desk) beginWrite(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writing[id] = true
}

func (d *Desk) endWrite(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.writing, id)
}

// lock waits until nobody else works on the booking.
func (d *Desk) lock(ctx context.Context, id string) (unlock func(), err error) {
	d.mu.Lock()
	held, ok := d.locks[id]
	if !ok {
		held = make(chan struct{}, 1)
		d.locks[id] = held
	}
	d.mu.Unlock()
	select {
	case held <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	leave, err := d.enter(ctx, id)
	if err != nil {
		<-held
		return nil, err
	}
	return func() { leave(); <-held }, nil
}

// notLocked is the error of a verb that could not begin: the caller gave up, or the
// calendar is just being moved.
func notLocked(op string, err error) error {
	var classified *providers.Error
	if errors.As(err, &classified) {
		return err
	}
	return &providers.Error{Class: providers.Cancelled, Op: op, Err: err}
}

// enter enters the calendar that a booking's meeting is in. What is no booking, or none
// that can be read, has none.
func (d *Desk) enter(ctx context.Context, id string) (leave func(), err error) {
	if d.Enter == nil {
		return func() {}, nil
	}
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil || b.Request.Organizer == "" {
		return func() {}, nil //nolint:nilerr // whoever works on it reads it again and says so
	}
	return d.Enter(ctx, b.Request.Organizer)
}

// saveTimeout bounds a write to the local disk.
const saveTimeout = 20 * time.Second

// save stores a booking durably, also when the caller has given up meanwhile:
// what is known must not be lost for impatience.
func (d *Desk) save(ctx context.Context, b *providers.Booking) error {
	b.Updated = d.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	stored := *b
	stored.Series = b.Series.Clone()
	if err := d.Outbox.SaveBooking(ctx, stored); err != nil {
		d.log.Error("a booking could not be stored", "booking", b.ID, "state", b.State, "error", err)
		return err
	}
	d.log.Info("booking", "booking", b.ID, "state", b.State, "room", b.Request.Room, "tries", b.Tries, "reason", b.Reason)
	d.Changed(stored)
	d.mu.Lock()
	close(d.changed)
	d.changed = make(chan struct{})
	d.mu.Unlock()
	return nil
}

// nextChange is closed at the next stored change of any booking.
func (d *Desk) nextChange() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// schedule plans the next look at a booking; a zero time plans none.
func (d *Desk) schedule(id string, at time.Time) {
	d.mu.Lock()
	if at.IsZero() {
		delete(d.due, id)
	} else {
		d.due[id] = at
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
