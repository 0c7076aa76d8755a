package migration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	stdsync "sync"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/migration"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
)

// storyEnv is how many rooms the story has: 400, with three people for each. Without it
// the story is a small one.
const storyEnv = "ROOMDESK_STORY"

// reader reads free/busy and entries of all mailboxes from another opening of the store,
// all the time, as a console does that somebody else's program serves.
type reader struct {
	stop   context.CancelFunc
	done   chan struct{}
	reads  atomic.Int64
	mu     stdsync.Mutex
	faults []string
}

// days are what every window of the sync holds.
func days() providers.Interval {
	day := time.Now().UTC().Truncate(24 * time.Hour)
	return providers.Interval{Start: day.AddDate(0, 0, -6), End: day.AddDate(0, 0, 59)}
}

func read(t *testing.T, file string, mailboxes []providers.Address, entries map[providers.Address]int, busy func(providers.Address) bool) *reader {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: file, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &reader{stop: stop, done: make(chan struct{})}
	span := days()
	go func() {
		defer close(r.done)
		defer s.Close()
		for n := 0; ctx.Err() == nil; n++ {
			mailbox := mailboxes[n%len(mailboxes)]
			events, err := s.Events(ctx, mailbox, span)
			if ctx.Err() != nil {
				return
			}
			r.reads.Add(1)
			switch {
			case err != nil:
				r.fault("%s cannot be read: %v", mailbox, err)
			case len(events) != entries[mailbox] && !busy(mailbox):
				r.fault("%s has %d entries, there were %d", mailbox, len(events), entries[mailbox])
			}
			if n%20 != 0 {
				continue
			}
			free, err := s.Availability(ctx, []providers.Address{mailbox}, providers.Interval{Start: span.Start.AddDate(0, 0, 6), End: span.Start.AddDate(0, 0, 8)})
			if ctx.Err() != nil {
				return
			}
			if a := free[mailbox]; err != nil || !a.Known() {
				r.fault("free/busy of %s is not known: %v, %+v", mailbox, err, a.Problem)
			}
		}
	}()
	return r
}

func (r *reader) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < 20 {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

func (r *reader) end(t *testing.T) {
	t.Helper()
	r.stop()
	<-r.done
	for _, fault := range r.faults {
		t.Error(fault)
	}
	if r.reads.Load() == 0 {
		t.Error("nothing was read meanwhile")
	}
}

// others are people who go on with their work while mailboxes move, some by the one side
// and some by the other.
type others struct {
	o       *organisation
	mu      stdsync.Mutex
	touched map[providers.Address]bool
}

func (p *others) busy(mailbox providers.Address) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.touched[mailbox]
}

// work creates a series with a room, changes one of its dates, creates and moves a
// meeting, and creates and cancels another.
func (p *others) work(ctx context.Context, n int, person, room providers.Address) error {
	type connection interface {
		CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error)
		ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error)
		CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error
		SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error)
	}
	var by connection = p.o.old
	if n%2 == 1 {
		by = p.o.fresh
	}
	start := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 20+n).Add(3 * time.Hour)
	draft := func(what int) providers.EventDraft {
		at := start.Add(time.Duration(what) * time.Hour)
		return providers.EventDraft{TransactionID: fmt.Sprintf("0000000%d-0000-4000-8000-%012d", what, time.Now().UnixNano()%1e12), Organizer: person,
			Subject: providers.Outside(fmt.Sprint("work ", n, what)), Start: at, End: at.Add(30 * time.Minute), Zone: "UTC", Room: room}
	}
	series := draft(0)
	series.Recurrence = &providers.Recurrence{Pattern: providers.PatternDaily, Interval: 1, Range: providers.RangeNumbered, Start: series.Start.Truncate(24 * time.Hour), Count: 4, Zone: "UTC"}
	made, err := by.CreateEvent(ctx, series)
	if err != nil {
		return fmt.Errorf("a series: %w", err)
	}
	dates, err := by.SeriesDates(ctx, person, made.ID, providers.Interval{Start: start, End: start.AddDate(0, 0, 10)})
	if err != nil || len(dates) != 4 {
		return fmt.Errorf("%d dates: %w", len(dates), err)
	}
	moved, end := dates[1].Start.Add(5*time.Hour), dates[1].End.Add(5*time.Hour)
	if _, err := by.ChangeEvent(ctx, person, dates[1].ID, "", providers.EventChange{Start: &moved, End: &end, Zone: "UTC"}); err != nil {
		return fmt.Errorf("one date: %w", err)
	}
	single, err := by.CreateEvent(ctx, draft(1))
	if err != nil {
		return fmt.Errorf("a meeting: %w", err)
	}
	moved, end = single.Start.Add(6*time.Hour), single.End.Add(6*time.Hour)
	if _, err := by.ChangeEvent(ctx, person, single.ID, "", providers.EventChange{Start: &moved, End: &end, Zone: "UTC"}); err != nil {
		return fmt.Errorf("moving it: %w", err)
	}
	short, err := by.CreateEvent(ctx, draft(2))
	if err != nil {
		return fmt.Errorf("another: %w", err)
	}
	return by.CancelEvent(ctx, person, short.ID, "no longer needed")
}

// P3, P10 to P13, J8, S8, S15: an organisation of 400 rooms and 1,200 people moves: scope
// and comparison, a pilot group, all others with a kill -9 in the middle, back, and there
// again, while others work on both sides and somebody reads all the time. Nothing is
// lost, nothing doubled, nothing told that is no change, and there is no gap.
func TestStory400(t *testing.T) {
	rooms, people := 6, 8
	if text := os.Getenv(storyEnv); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("%s is %q", storyEnv, text)
		}
		rooms, people = n, 3*n
	}
	tenant := start(t, simulator.Options{Rooms: rooms, People: people, Seed: 11, EventsPerMailbox: 20, Leavers: -1, Unlicensed: -1, SharedMailboxes: -1, Guests: -1})
	at := tenant.Endpoints()
	file := filepath.Join(t.TempDir(), "data", "store.db")
	o, err := open(at, at.CAPEM, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := o.close(); err != nil {
			t.Error(err)
		}
	}()
	o.sync(t)
	held := book(t, o, providers.Address(tenant.Rooms()[0].Mailbox))
	before := o.content(t)
	if len(before) != rooms+people {
		t.Fatalf("%d mailboxes are mirrored", len(before))
	}
	entries, mailboxes := map[providers.Address]int{}, []providers.Address(nil)
	for mailbox, text := range before {
		_, n, _ := strings.Cut(text, " ")
		if err := json.Unmarshal([]byte(n), new(int)); err != nil {
			t.Fatal(err)
		}
		count := 0
		_ = json.Unmarshal([]byte(n), &count)
		entries[mailbox] = count
		mailboxes = append(mailboxes, mailbox)
	}
	world := &others{o: o, touched: map[providers.Address]bool{}}
	r := read(t, file, mailboxes, entries, world.busy)
	defer r.end(t)

	begun := time.Now()
	j := o.done(t)(o.mover.PlanMigration(t.Context()))
	if !j.Parity().Whole() || j.Count(providers.MoveReady) != len(before) || len(j.Scope.Extra)+len(j.Scope.Missing) > 0 {
		t.Fatalf("%s %+v %+v", j.State, j.Parity(), j.Scope)
	}
	t.Logf("compared: %+v, %.0f mailboxes a minute. %s", j.Parity(), rate(len(before), begun), j.Scope.Words)

	pilot := []providers.Address{providers.Address(tenant.Rooms()[1].Mailbox), providers.Address(tenant.People()[3].Mailbox)}
	if _, err := o.mover.SetPilot(t.Context(), pilot); err != nil {
		t.Fatal(err)
	}
	j = o.done(t)(o.mover.MoveMailboxes(t.Context(), providers.MigrationChoice{Pilot: true}))
	if j.State != providers.MigrationPaused || j.Count(providers.MoveMoved) != len(pilot) {
		t.Fatalf("the pilot group: %s, %d moved", j.State, j.Count(providers.MoveMoved))
	}
	o.quiet(t, before, world, "the pilot group is moved")

	// All others, in a process that is killed on its way.
	if err := o.close(); err != nil {
		t.Fatal(err)
	}
	// Four are moved at a time, and any of them may not have come further.
	text, err := json.Marshal(victim{Tenant: at, CA: at.CAPEM, Store: file, Do: "move", Point: "before the switch", Nth: len(before)/3 + 4})
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), victimEnv+"="+string(text))
	out, err := child.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strings.TrimSpace(string(out)) != "killed" {
		t.Fatalf("it was not killed: %v, %s", err, out)
	}
	if o, err = open(at, at.CAPEM, file, nil); err != nil {
		t.Fatal(err)
	}
	world.o = o
	o.quiet(t, before, world, "killed on the way")
	if j, _, err = o.mover.Migration(t.Context()); err != nil || j.State != providers.MigrationPaused || j.Count(providers.MoveMoved) < len(before)/4 {
		t.Fatalf("after the death: %s, %d moved, %v", j.State, j.Count(providers.MoveMoved), err)
	}
	left := len(before) - j.Count(providers.MoveMoved)
	begun = time.Now()
	if err := o.mover.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	j = o.wait(t)
	if j.State != providers.MigrationMoved || j.Problem != nil {
		t.Fatalf("resumed: %s %+v %+v", j.State, j.Problem, stuck(j))
	}
	t.Logf("moved: %.0f mailboxes a minute, %d artefacts", rate(left, begun), j.Artefacts)
	o.quiet(t, before, world, "moved")
	meet(t, o, held)

	// Back, and there again, while people work.
	for _, step := range []struct {
		what string
		run  func(context.Context, providers.MigrationChoice) (providers.Migration, error)
		want providers.MigrationState
	}{{"taken back", o.mover.ReturnMailboxes, providers.MigrationReturned}, {"moved again", o.mover.MoveMailboxes, providers.MigrationMoved}} {
		begun = time.Now()
		worked := make(chan error, 1)
		if _, err := step.run(t.Context(), providers.MigrationChoice{All: true}); err != nil {
			t.Fatal(err)
		}
		go func() { worked <- world.day(t.Context(), tenant) }()
		j = o.wait(t)
		if err := <-worked; err != nil {
			t.Fatal(err)
		}
		if differing := j.Count(providers.MoveDiffers); differing > 0 { // somebody worked on it for as long as it was tried
			j = o.done(t)(o.mover.PlanMigration(t.Context()))
			j = o.done(t)(step.run(t.Context(), providers.MigrationChoice{All: true}))
		}
		if j.State != step.want || j.Problem != nil {
			t.Fatalf("%s: %s %+v %+v", step.what, j.State, j.Problem, stuck(j))
		}
		t.Logf("%s: %.0f mailboxes a minute", step.what, rate(len(before), begun))
		o.quiet(t, before, world, step.what)
		o.settle(t)
		for mailbox := range world.touched {
			o.like(t, mailbox)
		}
		meet(t, o, held)
	}
	if _, err := o.mover.FinishMigration(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("%d reads meanwhile, %d failed; %d mailboxes were worked on", r.reads.Load(), len(r.faults), len(world.touched))
}

// day is what others do while all moves: in mailboxes that are known beforehand.
func (p *others) day(ctx context.Context, tenant *simulator.Tenant) error {
	rooms, people := tenant.Rooms(), tenant.People()
	for n := range 4 {
		person, room := providers.Address(people[len(people)-1-n].Mailbox), providers.Address(rooms[len(rooms)-1-n].Mailbox)
		p.mu.Lock()
		p.touched[person], p.touched[room] = true, true
		p.mu.Unlock()
		if err := p.work(ctx, n, person, room); err != nil {
			return fmt.Errorf("%d: %w", n, err)
		}
	}
	return nil
}

func rate(n int, since time.Time) float64 { return float64(n) / time.Since(since).Minutes() }

// stuck lists some mailboxes that are not where they were sent.
func stuck(j providers.Migration) (some []string) {
	for _, box := range j.Mailboxes {
		if box.Why != "" && len(some) < 5 {
			some = append(some, fmt.Sprint(box.Mailbox, " ", box.State, " ", box.Why))
		}
	}
	return some
}

// quiet holds that nothing was lost, doubled, changed or told of all that nobody worked on.
func (o *organisation) quiet(t *testing.T, before map[providers.Address]string, world *others, when string) {
	t.Helper()
	now := o.content(t)
	wrong := 0
	for mailbox, was := range before {
		if world.busy(mailbox) {
			continue
		}
		if now[mailbox] != was {
			if wrong++; wrong < 5 {
				t.Errorf("%s: %s was %s and is %s", when, mailbox, was, now[mailbox])
			}
		}
	}
	if len(now) != len(before) || wrong > 0 {
		t.Errorf("%s: %d of %d mailboxes are not what they were", when, wrong, len(before))
	}
	for _, mailbox := range o.told() {
		if !world.busy(mailbox) {
			t.Errorf("%s: %s was told as changed", when, mailbox)
		}
	}
}

// like holds the mirror of a mailbox against the tenant, as Graph shows it.
func (o *organisation) like(t *testing.T, mailbox providers.Address) {
	t.Helper()
	var events []providers.Event
	if err := o.fresh.Changes(t.Context(), providers.ChangesRequest{Mailbox: mailbox, Window: days()}, func(page providers.ChangePage) error {
		events = append(events, page.Events...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	mirror, ok, err := o.store.Mirror(t.Context(), mailbox)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if c := migration.Compare(mailbox, days(), mirror.Events, events); !c.Counts.Whole() {
		t.Errorf("%s is not what it is in the tenant: %+v", mailbox, c.Counts)
		for _, e := range c.Entries {
			if e.Kind != providers.ParityCosmetic && e.Kind != providers.ParitySame {
				t.Errorf("  %s %v %s %+v", e.Kind, e.Start, e.Subject, e.Fields)
			}
		}
	}
}
