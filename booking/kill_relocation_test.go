package booking_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
)

// moverEnv makes the test binary the process that relocates a meeting, and takes that
// back, until it kills itself at one of its steps.
const moverEnv = "ROOMDESK_TEST_KILL_RELOCATION"

// mover is what the process is told.
type mover struct {
	Service  string
	Tenant   simulator.Endpoints
	CA       []byte
	Store    string
	From, To providers.Address
	Start    time.Time
	EventID  string
	At       int64 // the step at which it dies; 0: it lives
}

// end kills the process, as nothing can be caught of, at the step whose number is at.
type end struct {
	at   int64
	step atomic.Int64
}

func (e *end) pass(what string) {
	if e.step.Add(1) == e.at {
		fmt.Println("at", what)
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill() // never returns
		}
		select {}
	}
}

// dyingStore and dyingProvider have a step before and one behind each effect.
type dyingStore struct {
	*store.Store
	*end
}

func (d dyingStore) SaveBooking(ctx context.Context, b providers.Booking) error {
	d.pass("before a booking is stored")
	err := d.Store.SaveBooking(ctx, b)
	d.pass("after a booking was stored")
	return err
}

func (d dyingStore) SaveRelocation(ctx context.Context, r providers.Relocation) (int, error) {
	d.pass("before the journal is written")
	n, err := d.Store.SaveRelocation(ctx, r)
	d.pass("after the journal was written")
	return n, err
}

type dyingProvider struct {
	connection
	*end
}

func (d dyingProvider) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	d.pass("before the tenant is told")
	e, err := d.connection.ChangeEvent(ctx, mailbox, id, etag, change)
	d.pass("after the tenant was told")
	return e, err
}

// desk is the program's own, over HTTPS and SQLite.
func (m *mover) desk(ctx context.Context, e *end, now func() time.Time) (*booking.Desk, func() error, error) {
	provider, err := serviceNamed(m.Service).connect(m.Tenant, m.CA, nil)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(ctx, store.Options{Path: m.Store})
	if err != nil {
		return nil, nil, errors.Join(err, provider.Close())
	}
	kept := dyingStore{s, e}
	d := booking.New(booking.Options{Tenant: dyingProvider{provider, e}, Outbox: kept, Mirror: s, Journal: kept, Organizer: m.organizer(), Now: now})
	return d, func() error { return errors.Join(s.Close(), provider.Close()) }, nil
}

func (m *mover) organizer() providers.Address {
	organizer, _ := providers.ParseAddress(m.Tenant.Organizer)
	return organizer
}

// run relocates the meeting and takes that back, and tells what was acknowledged.
func (m *mover) run(text string) error {
	if err := json.Unmarshal([]byte(text), m); err != nil {
		return err
	}
	ctx := context.Background()
	d, closes, err := m.desk(ctx, &end{at: m.At}, nil)
	if err != nil {
		return err
	}
	r, err := d.Relocate(ctx, providers.Relocation{
		Room: m.From, Period: providers.Interval{Start: m.Start, End: m.Start.Add(time.Hour)}, State: providers.RelocationPlanned, Patience: time.Minute,
		Steps: []providers.RelocationStep{{
			Was: providers.Slot{Room: m.From, Start: m.Start, End: m.Start.Add(30 * time.Minute)}, Organizer: m.organizer(), EventID: m.EventID,
			Choices: []providers.RoomChoice{{Room: m.To}}, State: providers.StepPlanned,
		}},
	})
	if err != nil {
		return err
	}
	fmt.Println("relocating")
	if r, err = d.DriveRelocation(ctx, r.ID); err != nil || r.State != providers.RelocationDone {
		return fmt.Errorf("%s, %+v, %w", r.State, r.Steps, err)
	}
	fmt.Println("relocated")
	if _, err = d.UndoRelocation(ctx, r.ID); err != nil {
		return err
	}
	fmt.Println("undoing")
	if r, err = d.DriveRelocation(ctx, r.ID); err != nil || r.State != providers.RelocationUndone {
		return fmt.Errorf("%s, %+v, %w", r.State, r.Steps, err)
	}
	fmt.Println("undone")
	return closes()
}

// F-043, F-055, DURA, J2: a real process is killed with SIGKILL at each of its steps of
// relocating a meeting and of taking that back: before and after each write to the
// disk and to the tenant. The next one goes on: what was acknowledged is done, the
// meeting has one room by the rooms' own calendars, and the journal says which.
// Every seventh step is taken, and all with ROOMDESK_TEST_EVERY=1.
func TestKilledProcessAtEveryStepOfRelocating(t *testing.T) {
	overServices(t, killedAtEveryStepOfRelocating)
}

func killedAtEveryStepOfRelocating(t *testing.T, of service) {
	stride := int64(7)
	if os.Getenv("ROOMDESK_TEST_EVERY") == "1" {
		stride = 1
	}
	tenant, err := simulator.Start(t.Context(), of.options(simulator.Options{Rooms: 6, People: 3, Seed: 5, RoomAnswerDelay: 20 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	first := 1 + int64(time.Now().YearDay())%stride // others on other days
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, lived, points := first, false, map[string]int{}
	for range 4 {
		wg.Go(func() {
			for {
				mu.Lock()
				at := next
				next += stride
				stop := lived || t.Failed() || at > 500
				mu.Unlock()
				if stop {
					return
				}
				point := killMover(t, of, tenant, at)
				mu.Lock()
				lived = lived || point == "lived"
				points[point]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%v", points)
	for _, point := range []string{"before the journal is written", "after the journal was written", "before a booking is stored", "after a booking was stored", "before the tenant is told", "after the tenant was told"} {
		if points[point] == 0 && stride == 1 {
			t.Errorf("never killed %s", point)
		}
	}
	if !lived || len(points) < 4 {
		t.Errorf("killed only at %v", points)
	}
}

// killMover lets a process die at a step and holds what the next one makes of it
// against the rooms' calendars.
func killMover(t *testing.T, of service, tenant *simulator.Tenant, at int64) string {
	endpoints, rooms := tenant.Endpoints(), tenant.Rooms()
	m := &mover{Service: of.name, Tenant: endpoints, CA: endpoints.CAPEM, Store: filepath.Join(t.TempDir(), "store.db"), At: at,
		Start: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 40+int(at)).Add(2 * time.Hour)} // few have planned anything then
	m.From, _ = providers.ParseAddress(rooms[0].Mailbox)
	m.To, _ = providers.ParseAddress(rooms[1].Mailbox)
	broken := func(format string, args ...any) string {
		t.Errorf("step %d: %s", at, fmt.Sprintf(format, args...))
		return "broken"
	}
	begun := time.Now()
	d, closes, err := m.desk(t.Context(), &end{}, func() time.Time { return begun.Add(40*time.Second + 10*time.Since(begun)) })
	if err != nil {
		return broken("%v", err)
	}
	defer func() {
		if err := closes(); err != nil {
			t.Error(err)
		}
	}()
	b, err := d.Book(t.Context(), providers.BookingRequest{Room: m.From, Start: m.Start, End: m.Start.Add(30 * time.Minute), Subject: providers.Outside(fmt.Sprint("moved ", at)), EvenIfBusy: true})
	if err == nil {
		b, err = d.Await(t.Context(), b.ID)
	}
	if err != nil || b.State != providers.BookingAccepted {
		return broken("%s: %s, %v", b.State, b.Reason, err)
	}
	m.EventID = b.EventID
	text, err := json.Marshal(m)
	if err != nil {
		return broken("%v", err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), moverEnv+"="+string(text))
	out, err := child.Output()
	said := strings.Split(strings.TrimSpace(string(out)), "\n")
	last, lived := said[len(said)-1], err == nil
	told := func(step string) bool { return strings.Contains(string(out), step+"\n") }
	var exit *exec.ExitError
	if !lived && (!errors.As(err, &exit) || len(exit.Stderr) > 0) {
		return broken("%v: %s", err, exit.Stderr)
	}

	all, err := d.Relocations(t.Context())
	if err != nil || len(all) > 1 || len(all) == 0 && told("relocating") {
		return broken("%d relocations after %q, %v", len(all), said, err)
	}
	want := m.From
	if len(all) == 1 {
		r, err := d.DriveRelocation(t.Context(), all[0].ID)
		switch {
		case err != nil || r.State.Open() || r.Holder != "":
			return broken("%s after %q: %+v, %v", r.State, said, r.Steps, err)
		case r.State == providers.RelocationDone && !told("undoing"):
			want = m.To
		case r.State != providers.RelocationUndone || !told("relocated"):
			return broken("%s after %q: %+v", r.State, said, r.Steps)
		}
	}
	for _, room := range []providers.Address{m.From, m.To} {
		truth, _ := tenant.Truth(string(room), m.Start, m.Start.Add(30*time.Minute))
		held := 0
		for _, e := range truth.Events {
			if e.ICalUID == b.ICalUID && !e.Cancelled && e.Response == "accepted" {
				held++
			}
		}
		if (held == 1) != (room == want) || held > 1 {
			return broken("after %q %s has it %d times, it should be in %s", said, room, held, want)
		}
	}
	if lived {
		return "lived"
	}
	return strings.TrimPrefix(last, "at ")
}
