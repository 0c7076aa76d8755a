package booking_test

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
)

// contendedEnv is how many bookings fight for slots, where a few do otherwise.
const contendedEnv = "ROOMDESK_TEST_CONTENDED"

// rival is one of the programs: a desk with a store of its own, for an organizer of
// its own.
type rival struct {
	*booking.Desk
	organizer providers.Address
	provider  connection
	store     *store.Store
	end       func()
}

// arena is one tenant that several programs book in, within a test's bubble.
type arena struct {
	t       *testing.T
	service service
	network *providertest.Network
	tenant  *simulator.Tenant
	mu      sync.Mutex
	lies    []string
}

func openArena(t *testing.T, of service, o simulator.Options) *arena {
	t.Helper()
	o = of.options(o)
	a := &arena{t: t, service: of, network: &providertest.Network{}}
	o.Listener = a.network.Listen
	var err error
	if a.tenant, err = simulator.Start(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *arena) rival(organizer string) *rival {
	a.t.Helper()
	at := a.tenant.Endpoints()
	address, ok := providers.ParseAddress(organizer)
	if !ok {
		a.t.Fatalf("no address %q", organizer)
	}
	r := &rival{organizer: address}
	var err error
	if r.provider, err = a.service.connect(at, at.CAPEM, a.network.Dial); err != nil {
		a.t.Fatal(err)
	}
	if r.store, err = store.Open(context.Background(), store.Options{Path: filepath.Join(a.t.TempDir(), "store.db")}); err != nil {
		a.t.Fatal(err)
	}
	listing := r.store.BeginRooms()
	if _, err := r.provider.Rooms(context.Background(), func(rooms []providers.Room) error {
		_, err := listing.Page(context.Background(), rooms)
		return err
	}); err != nil {
		a.t.Fatal(err)
	}
	r.Desk = booking.New(booking.Options{Tenant: r.provider, Outbox: r.store, Mirror: r.store, Organizer: address, Changed: a.told})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.end = func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			a.t.Error(err)
		}
		if err := errors.Join(r.store.Close(), r.provider.Close()); err != nil {
			a.t.Error(err)
		}
	}
	return r
}

// told holds what a program says against what the room's calendar really has.
func (a *arena) told(b providers.Booking) {
	if b.State != providers.BookingAccepted {
		return
	}
	truth, _ := a.tenant.Truth(string(b.Request.Room), b.Request.Start, b.Request.End)
	if !slices.ContainsFunc(truth.Events, func(e simulator.TruthEvent) bool {
		return e.ICalUID == b.ICalUID && !e.Cancelled && e.Response == string(providers.ResponseAccepted)
	}) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.lies = append(a.lies, fmt.Sprintf("%s at %s was said to be accepted", b.Request.Room, b.Request.Start))
	}
}

// slot is a room at a time for which the rivals fight.
type slot struct {
	room  providers.Address
	start time.Time
}

// slots are free ones at night, when the company does not meet.
func (a *arena) slots(n int) []slot {
	var all []slot
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	for day := 2; len(all) < n; day++ {
		if day > 170 {
			a.t.Fatalf("only %d free slots", len(all))
		}
		for _, room := range a.tenant.Rooms() {
			address, _ := providers.ParseAddress(room.Mailbox)
			for hour := range 6 {
				s := slot{address, midnight.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)}
				if truth, _ := a.tenant.Truth(room.Mailbox, s.start, s.start.Add(time.Hour)); len(truth.Events) == 0 {
					all = append(all, s)
				}
			}
		}
	}
	return all[:n]
}

// F-046, ONCE, TRUTH: two programs that know nothing of each other book the same
// slots at the same time, while answers are lost. Each slot goes to one of them, by
// the rooms' own calendars, and nobody was told otherwise at any time.
// ROOMDESK_TEST_CONTENDED says how many bookings there are.
func TestContendedBookings(t *testing.T) {
	n := 120
	if text := os.Getenv(contendedEnv); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	overServices(t, func(t *testing.T, of service) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { contend(t, of, n) })
	})
}

func contend(t *testing.T, of service, n int) {
	a := openArena(t, of, simulator.Options{Rooms: 9, People: 6, Seed: 3, RoomAnswerDelay: 2 * time.Second})
	at := a.tenant.Endpoints()
	rivals := []*rival{a.rival(at.Organizer), a.rival(at.TestMailbox)}
	for _, how := range []string{"fail", "reset", "truncate"} {
		a.tenant.Inject(of.fault(creating, simulator.Fault{CommitThen: how, Times: -1, Chance: 0.03, Seed: 5}))
	}
	a.tenant.Inject(of.fault(creating, simulator.Fault{Times: -1, Chance: 0.03, Seed: 7, ResetBefore: true}))

	const together = 10 // slots at once
	dice := mathrand.New(mathrand.NewPCG(1, 2))
	ends := map[providers.BookingState]int{}
	refused := 0
	slots := a.slots((n + 1) / 2)
	for batch := range slices.Chunk(slots, together) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for _, s := range batch {
			for _, r := range rivals {
				jitter := time.Duration(dice.IntN(5)) * time.Duration(dice.IntN(800)) * time.Millisecond
				q := providers.BookingRequest{Room: s.room, Start: s.start, End: s.start.Add(time.Hour), EvenIfBusy: dice.IntN(4) == 0}
				wg.Go(func() {
					time.Sleep(jitter)
					b, err := r.Book(context.Background(), q)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						if refused++; !providers.Is(err, providers.Conflict) {
							t.Errorf("%s at %s: %v", s.room, s.start, err)
						}
						return
					}
					mu.Unlock()
					ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
					b, err = r.Await(ctx, b.ID)
					cancel()
					mu.Lock()
					ends[b.State]++
					if err != nil || b.State != providers.BookingAccepted && b.State != providers.BookingDeclined {
						t.Errorf("%s at %s ends as %s: %s, %v", s.room, s.start, b.State, b.Reason, err)
					}
				})
			}
		}
		wg.Wait()
		if t.Failed() {
			break
		}
	}
	a.judge(rivals, slots)
	t.Logf("%d bookings of %d slots: %v, %d refused by the check, %d requests", 2*len(slots), len(slots), ends, refused, a.tenant.Requests())
	if ends[providers.BookingDeclined] == 0 || ends[providers.BookingAccepted] != len(slots) {
		t.Errorf("%v: %d slots, and no contest", ends, len(slots))
	}
	for _, r := range rivals {
		r.end()
	}
	if err := a.tenant.Close(); err != nil {
		t.Error(err)
	}
}

// judge holds what the programs have in their stores against the rooms' and the
// organizers' calendars.
func (a *arena) judge(rivals []*rival, slots []slot) {
	a.t.Helper()
	for _, lie := range a.lies {
		a.t.Error("TRUTH: ", lie)
	}
	won := map[string]providers.Booking{} // by iCalendar id
	from, to := slots[0].start.Add(-time.Hour), slots[len(slots)-1].start.Add(24*time.Hour)
	for _, r := range rivals {
		live := map[slot]int{} // each program books a slot once
		truth, _ := a.tenant.Truth(string(r.organizer), from, to)
		for _, e := range truth.Events {
			if e.IsOrganizer && !e.Cancelled {
				for _, invited := range e.Attendees {
					start, err := time.Parse(time.RFC3339, e.Start)
					if err != nil {
						a.t.Fatal(err)
					}
					live[slot{providers.Address(strings.ToLower(invited.Mailbox)), start}]++
				}
			}
		}
		all, err := r.Bookings(context.Background())
		if err != nil {
			a.t.Error(err)
		}
		for _, b := range all {
			if n := live[slot{b.Request.Room, b.Request.Start.UTC()}]; n != 1 {
				a.t.Errorf("ONCE: %d live meetings of a booking that is %s", n, b.State)
			}
			if b.State == providers.BookingAccepted {
				won[b.ICalUID] = b
			}
		}
	}
	held := 0
	for _, room := range a.tenant.Rooms() {
		truth, _ := a.tenant.Truth(room.Mailbox, from, to)
		var last simulator.TruthEvent
		for _, e := range truth.Events { // by start
			b, ours := won[e.ICalUID]
			if e.Cancelled || e.Response == string(providers.ResponseDeclined) || !ours && last.ICalUID == "" {
				continue
			}
			if last.End > e.Start && (ours || won[last.ICalUID].ID != "") {
				a.t.Errorf("%s is booked twice from %s", room.Mailbox, e.Start)
			}
			if last = e; ours {
				if held++; string(b.Request.Room) != strings.ToLower(room.Mailbox) || e.Response != string(providers.ResponseAccepted) {
					a.t.Errorf("%s at %s: %s", room.Mailbox, e.Start, e.Response)
				}
			}
		}
	}
	if held != len(won) || len(won) != len(slots) {
		a.t.Errorf("%d slots, %d bookings were accepted, rooms hold %d", len(slots), len(won), held)
	}
}
