package booking_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
)

// victimEnv makes the test binary the process that books, changes and cancels until
// it is killed; killsEnv is how often it is, where a few dozen times do otherwise.
const (
	victimEnv = "ROOMDESK_TEST_KILL_BOOKING"
	killsEnv  = "ROOMDESK_TEST_KILLS"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(victimEnv); text != "" {
		if err := (&victim{}).run(text); err != nil {
			fmt.Fprintln(os.Stderr, "victim:", err)
			os.Exit(1)
		}
		return
	}
	if text := os.Getenv(moverEnv); text != "" {
		if err := (&mover{}).run(text); err != nil {
			fmt.Fprintln(os.Stderr, "mover:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// victim is what the process is told.
type victim struct {
	Service string
	Tenant  simulator.Endpoints
	CA      []byte
	Store   string
	Room    providers.Address
	Start   time.Time
	Mark    string // the meeting's subject
}

// desk is the program's own: real store, real provider, HTTPS.
func (v *victim) desk(ctx context.Context, now func() time.Time) (d *booking.Desk, end func() error, err error) {
	provider, err := serviceNamed(v.Service).connect(v.Tenant, v.CA, nil)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(ctx, store.Options{Path: v.Store})
	if err != nil {
		return nil, nil, errors.Join(err, provider.Close())
	}
	organizer, _ := providers.ParseAddress(v.Tenant.Organizer)
	d = booking.New(booking.Options{Tenant: provider, Outbox: s, Mirror: s, Organizer: organizer, Now: now})
	running, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- d.Run(running) }()
	return d, func() error {
		cancel()
		err := <-done
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, s.Close(), provider.Close())
	}, nil
}

// run tells of each step when it is acknowledged, and wants to be killed.
func (v *victim) run(text string) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return err
	}
	ctx := context.Background()
	d, end, err := v.desk(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	b, err := d.Book(ctx, providers.BookingRequest{Room: v.Room, Start: v.Start, End: v.Start.Add(30 * time.Minute), Subject: providers.Outside(v.Mark)})
	if err != nil {
		return err
	}
	fmt.Println("stored")
	if b, err = d.Await(ctx, b.ID); err != nil || b.State != providers.BookingAccepted {
		return fmt.Errorf("%s: %s, %w", b.State, b.Reason, err)
	}
	fmt.Println("booked")
	if b, err = d.Change(ctx, b.ID, booking.ChangeRequest{Kind: providers.ChangeExtend, End: b.Request.End.Add(15 * time.Minute)}); err != nil {
		return err
	}
	fmt.Println("extending")
	if b, err = d.Await(ctx, b.ID); err != nil || b.Change.State != providers.ChangeDone {
		return fmt.Errorf("%s: %s, %w", b.Change.State, b.Change.Reason, err)
	}
	fmt.Println("extended")
	if b, err = d.Cancel(ctx, b.ID, ""); err != nil && b.State != providers.BookingCancelling {
		return err
	}
	if b, err = d.Await(ctx, b.ID); err != nil || b.State != providers.BookingCancelled {
		return fmt.Errorf("%s: %s, %w", b.State, b.Reason, err)
	}
	fmt.Println("cancelled")
	return end()
}

// F-043, ONCE, DURA: a process is killed with SIGKILL at random moments of booking,
// changing and cancelling, while answers are lost; the next one goes on from its
// store. What was acknowledged is done, and by the tenant's calendars and ledger
// there is exactly one meeting, or none where it was cancelled.
// ROOMDESK_TEST_KILLS says how many processes are killed.
func TestKilledAtRandomMoments(t *testing.T) { overServices(t, killedAtRandomMoments) }

func killedAtRandomMoments(t *testing.T, of service) {
	kills, workers := 14, 4
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
		workers = 8
	}
	tenant, err := simulator.Start(t.Context(), of.options(simulator.Options{Rooms: 9, People: 4, Seed: 5, RoomAnswerDelay: 20 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"fail", "reset"} {
		tenant.Inject(of.fault(creating, simulator.Fault{CommitThen: how, Times: -1, Chance: 0.05, Seed: 3}))
	}
	work := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	ends := map[string]int{}
	for range workers {
		wg.Go(func() {
			for n := range work {
				end := killOnce(t, of, tenant, n)
				mu.Lock()
				ends[end]++
				mu.Unlock()
			}
		})
	}
	for n := 0; n < kills && !t.Failed(); n++ {
		work <- n
	}
	close(work)
	wg.Wait()
	t.Logf("%d kills: %v", kills, ends)
	if ends["nothing stored"] == kills || ends["cancelled"]+ends["lived"] == kills || ends["lived"] > kills/2 {
		t.Errorf("the moments are no random ones: %v", ends)
	}
	if err := tenant.Close(); err != nil {
		t.Error(err)
	}
}

// killOnce kills one process and holds what the next one makes of it against the
// tenant.
func killOnce(t *testing.T, of service, tenant *simulator.Tenant, n int) string {
	at := tenant.Endpoints()
	rooms := tenant.Rooms()
	room, _ := providers.ParseAddress(rooms[n%len(rooms)].Mailbox)
	v := &victim{Service: of.name, Tenant: at, CA: at.CAPEM, Store: filepath.Join(t.TempDir(), "store.db"), Room: room, Mark: fmt.Sprint("kill ", n),
		Start: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2+n/len(rooms)).Add(2 * time.Hour)}
	steps, lived := v.kill(t, n)
	if t.Failed() {
		return "broken"
	}
	// The next process comes later, and its clock is a fast one, so that nobody has
	// to wait for what it waits for.
	begun := time.Now()
	d, end, err := v.desk(t.Context(), func() time.Time { return begun.Add(10*time.Second + 10*time.Since(begun)) })
	if err != nil {
		t.Error(err)
		return "broken"
	}
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	all, err := d.Bookings(t.Context())
	if err != nil || len(all) > 1 {
		t.Errorf("%s: %d bookings, %v", v.Mark, len(all), err)
		return "broken"
	}
	if len(all) == 0 {
		live, made := v.truth(of, tenant, providers.Booking{})
		if steps["stored"] || live != 0 || made != 0 {
			t.Errorf("%s: nothing is stored after %v; %d live of %d meetings", v.Mark, steps, live, made)
		}
		return "nothing stored"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	b, err := d.Await(ctx, all[0].ID)
	live, made := v.truth(of, tenant, b)
	want, length := 1, 30*time.Minute
	switch {
	case err != nil:
		t.Errorf("%s after %v: %v", v.Mark, steps, err)
	case b.State == providers.BookingCancelled && steps["extended"]:
		want = 0
	case b.State != providers.BookingAccepted || steps["cancelled"]:
		t.Errorf("%s is %s after %v: %s", v.Mark, b.State, steps, b.Reason)
	}
	if made != 1 || live != want {
		t.Errorf("%s is %s after %v: %d meetings were made, %d live", v.Mark, b.State, steps, made, live)
	}
	if b.Change.Kind != "" {
		length += 15 * time.Minute
	}
	if steps["extending"] && b.Change.Kind == "" || b.Request.End.Sub(b.Request.Start) != length || want == 1 && b.Change.Kind != "" && b.Change.State != providers.ChangeDone {
		t.Errorf("%s after %v: the change is %q, %v long", v.Mark, steps, b.Change.State, b.Request.End.Sub(b.Request.Start))
	}
	switch {
	case lived:
		return "lived"
	case b.Change.Kind != "" && want == 1:
		return "extended"
	}
	return string(b.State)
}

// kill starts the process and kills it some time after one of its steps.
func (v *victim) kill(t *testing.T, n int) (steps map[string]bool, lived bool) {
	dice := mathrand.New(mathrand.NewPCG(uint64(n), 11)) //nolint:gosec // counts from 0
	moment := []string{"ready", "stored", "booked", "extending", "extended"}[dice.IntN(5)]
	after := time.Duration(dice.IntN(600_000)) * time.Microsecond / time.Duration(1+dice.IntN(100))
	text, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
		return nil, false
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), victimEnv+"="+string(text))
	var errs strings.Builder
	child.Stderr = &errs
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Error(err)
		return nil, false
	}
	steps = map[string]bool{}
	reader := bufio.NewReader(out)
	for {
		line, err := reader.ReadString('\n')
		step := strings.TrimSpace(line)
		if step != "" {
			steps[step] = true
		}
		if step == moment {
			time.AfterFunc(after, func() { _ = child.Process.Kill() }) // it may have ended
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
	}
	if err = child.Wait(); err == nil {
		return steps, true
	}
	if errs.Len() > 0 {
		t.Errorf("%s after %v: %s", v.Mark, steps, errs.String())
	}
	return steps, false
}

// truth counts the meetings with the mark that stand, and those that were made, by
// the tenant's calendars and ledger: also one that nobody knows of any more.
func (v *victim) truth(of service, tenant *simulator.Tenant, b providers.Booking) (live, made int) {
	truth, _ := tenant.Truth(v.Tenant.Organizer, v.Start.Add(-time.Hour), v.Start.Add(2*time.Hour))
	ids := map[string]bool{b.ICalUID: b.ICalUID != ""}
	for _, e := range truth.Events {
		if e.Subject == v.Mark && e.IsOrganizer {
			ids[e.ICalUID] = true
			if !e.Cancelled {
				live++
			}
		}
	}
	all, _ := of.done(tenant, creating, "created")
	for _, e := range all {
		ours := ids[e.Event] || b.TransactionID != "" && strings.EqualFold(e.TransactionID, b.TransactionID)
		if ours && strings.Contains(e.Effect, "created") {
			made++
		}
	}
	return live, made
}
