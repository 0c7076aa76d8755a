package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
)

// outbox keeps bookings in memory, as the disk would over a crash.
type outbox struct {
	mu       sync.Mutex
	all      map[string]providers.Booking
	saves    int
	failures int // the next saves fail
	spared   int // so many saves before them do not
}

func newOutbox() *outbox { return &outbox{all: map[string]providers.Booking{}} }

func (o *outbox) SaveBooking(ctx context.Context, b providers.Booking) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if o.spared > 0 {
		o.spared--
	} else if o.failures > 0 {
		o.failures--
		return &providers.Error{Class: providers.Local, Op: "storing a booking", Err: errors.New("disk full")}
	}
	o.saves++
	o.all[b.ID] = b
	return nil
}

func (o *outbox) Booking(_ context.Context, id string) (providers.Booking, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, ok := o.all[id]
	if !ok {
		return b, &providers.Error{Class: providers.Gone, Op: "reading a booking"}
	}
	return b, nil
}

func (o *outbox) Bookings(context.Context) ([]providers.Booking, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []providers.Booking
	for _, b := range o.all {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b providers.Booking) int { return b.Created.Compare(a.Created) })
	return all, nil
}

func (o *outbox) OpenBookings(ctx context.Context) ([]providers.Booking, error) {
	all, err := o.Bookings(ctx)
	return slices.DeleteFunc(all, func(b providers.Booking) bool { return b.Settled() }), err
}

// mirror is a fixed list of rooms of which no availability is known, unless told.
type mirror struct {
	rooms []providers.Room
	known map[providers.Address]providers.Availability
	err   error
}

func (m *mirror) Rooms(context.Context) ([]providers.Room, error) { return m.rooms, m.err }
func (m *mirror) Availability(context.Context, []providers.Address, providers.Interval) (map[providers.Address]providers.Availability, error) {
	return m.known, m.err
}

func floor(n int) *int { return &n }

func roomsOfMirror() []providers.Room {
	room := func(name string, building string, level, seats int, equipment ...providers.Equipment) providers.Room {
		return providers.Room{Mailbox: providers.Address(name + "@contoso.com"), Name: providers.Outside(name), Building: providers.Outside(building), Floor: providers.Outside(fmt.Sprint(level)),
			FloorNumber: floor(level), Capacity: seats, Equipment: equipment, Bookable: true, Provider: "graph"}
	}
	return []providers.Room{
		room("aalto", "HQ", 3, 12, providers.Display),
		room("small", "HQ", 3, 4, providers.Display),
		room("bare", "HQ", 3, 14),
		room("far", "Annex", 3, 12, providers.Display),
		room("upstairs", "HQ", 5, 12, providers.Display),
		room("hall", "HQ", 3, 200, providers.Display),
		room("near", "HQ", 3, 14, providers.Display, providers.Video),
		room("unsaid", "HQ", 3, 0, providers.Display),
	}
}

// world is a desk with everything around it.
type world struct {
	*Desk
	t      *testing.T
	tenant *tenant
	outbox *outbox
	mirror *mirror
	mu     sync.Mutex
	states []providers.BookingState // as told by Changed, without repeats
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, tenant: newTenant(), outbox: newOutbox(), mirror: &mirror{rooms: roomsOfMirror()}}
	w.Desk = w.desk()
	return w
}

// desk makes a further desk over the same outbox and tenant.
func (w *world) desk() *Desk {
	return New(Options{Tenant: w.tenant, Outbox: w.outbox, Mirror: w.mirror, Organizer: alice, Changed: func(b providers.Booking) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.states) == 0 || w.states[len(w.states)-1] != b.State {
			w.states = append(w.states, b.State)
		}
	}})
}

// run starts Run and returns what stops it and waits.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			w.t.Errorf("Run ended with %v", err)
		}
	}
}

func (w *world) request() providers.BookingRequest {
	start := w.tenant.now().Add(3 * time.Hour).Truncate(time.Hour)
	return providers.BookingRequest{Room: aalto, Start: start, End: start.Add(time.Hour), Required: []providers.Address{bob}}
}

func (w *world) book(q providers.BookingRequest) providers.Booking {
	w.t.Helper()
	b, err := w.Book(w.t.Context(), q)
	if err != nil {
		w.t.Fatalf("Book: %v", err)
	}
	return b
}

// await waits for the answer, for at most d.
func (w *world) await(id string, d time.Duration) providers.Booking {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	b, err := w.Await(ctx, id)
	if err != nil {
		w.t.Fatalf("Await: %v; the booking is %s: %s", err, b.State, b.Reason)
	}
	return b
}

func (w *world) stored(id string) providers.Booking {
	w.t.Helper()
	b, err := w.outbox.Booking(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// once checks the oracle ONCE: one live meeting for the intent, never a second
// transaction id.
func (w *world) once(b providers.Booking, want int) {
	w.t.Helper()
	if got := len(w.tenant.live()); got != want {
		w.t.Errorf("the tenant has %d meetings, want %d; ledger:\n%v", got, want, w.tenant.ledger)
	}
	for _, tx := range w.tenant.created {
		if tx != b.TransactionID {
			w.t.Errorf("sent under %s, the intent has %s", tx, b.TransactionID)
		}
	}
}

func class(c providers.Class) *providers.Error { return &providers.Error{Class: c, Op: "test"} }
