package migration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
)

// victimEnv makes the test binary a process that migrates an organisation until it kills
// itself, as nothing can be caught of.
const victimEnv = "ROOMDESK_TEST_KILL_MIGRATION"

// victim is what the process is told.
type victim struct {
	Tenant simulator.Endpoints
	CA     []byte
	Store  string
	Do     string // "plan", "move", "return", "finish"
	Point  string // where it dies; "": it lives
	Nth    int
}

func (v *victim) run(text string) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return err
	}
	ctx := context.Background()
	o, err := open(v.Tenant, v.CA, v.Store, nil)
	if err != nil {
		return err
	}
	var mu stdsync.Mutex
	passed := 0
	o.mover.AtEachPoint(func(point string) {
		mu.Lock()
		defer mu.Unlock()
		if point != v.Point {
			return
		}
		if passed++; passed == v.Nth {
			fmt.Println("killed")
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill() // never returns
			}
			select {}
		}
	})
	do := map[string]func() (providers.Migration, error){
		"plan": func() (providers.Migration, error) { return o.mover.PlanMigration(ctx) },
		"move": func() (providers.Migration, error) {
			return o.mover.MoveMailboxes(ctx, providers.MigrationChoice{All: true})
		},
		"return": func() (providers.Migration, error) {
			return o.mover.ReturnMailboxes(ctx, providers.MigrationChoice{All: true})
		},
		"finish": func() (providers.Migration, error) { return o.mover.FinishMigration(ctx) },
	}[v.Do]
	if _, err := do(); err != nil {
		return err
	}
	if err := o.mover.Wait(ctx); err != nil {
		return err
	}
	return o.close()
}

// deaths are where a process may die, and what it does then.
var deaths = []struct {
	do, point string
	nth       int
}{
	{"plan", "begun", 1}, {"plan", "scope checked", 1}, {"plan", "compared", 1}, {"plan", "compared", 3},
	{"move", "chosen", 1}, {"move", "switching", 1}, {"move", "switching", 4}, {"move", "frozen", 2}, {"move", "old side read", 1}, {"move", "old side read", 3},
	{"move", "new side read", 2}, {"move", "before the switch", 1}, {"move", "before the switch", 3}, {"move", "after the switch", 1}, {"move", "after the switch", 4},
	{"return", "chosen", 1}, {"return", "switching", 2}, {"return", "frozen", 3}, {"return", "old side read", 2}, {"return", "new side read", 1}, {"return", "before the switch", 2},
	{"return", "after the switch", 1}, {"return", "after the switch", 3},
	{"finish", "finishing", 1},
}

// P3, J8, DURA: a real process is killed with SIGKILL at each named step of a migration.
// The next one goes on: all mailboxes come where they were sent, no entry is lost or
// doubled, bookings keep their meetings, and nothing is told that is no change. Every
// third death is taken, another third each day, and all with ROOMDESK_TEST_EVERY=1.
func TestKilledAtEachStepOfAMigration(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 3, People: 3, Seed: 9, Leavers: -1, Unlicensed: -1, SharedMailboxes: -1, Guests: -1})
	at := tenant.Endpoints()
	template := filepath.Join(t.TempDir(), "template")
	o, err := open(at, at.CAPEM, filepath.Join(template, "synced", "store.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	o.sync(t)
	held := book(t, o, providers.Address(tenant.Rooms()[0].Mailbox))
	before := o.content(t)
	// What each part begins with.
	copyTo := func(name string) {
		t.Helper()
		if err := o.close(); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(template, "synced", "store.db")
		copyFile(t, file, filepath.Join(template, name+".db"))
		if o, err = open(at, at.CAPEM, file, nil); err != nil {
			t.Fatal(err)
		}
	}
	copyTo("plan")
	o.done(t)(o.mover.PlanMigration(t.Context()))
	copyTo("move")
	if j := o.done(t)(o.mover.MoveMailboxes(t.Context(), providers.MigrationChoice{All: true})); j.State != providers.MigrationMoved {
		t.Fatalf("%s: %+v", j.State, j.Mailboxes)
	}
	copyTo("return")
	copyTo("finish")
	if err := o.close(); err != nil {
		t.Fatal(err)
	}
	stride := 3
	if os.Getenv("ROOMDESK_TEST_EVERY") == "1" {
		stride = 1
	}
	for n := time.Now().YearDay() % stride; n < len(deaths); n += stride {
		d := deaths[n]
		t.Run(fmt.Sprintf("%s/%s/%d", d.do, d.point, d.nth), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "data", "store.db")
			copyFile(t, filepath.Join(template, d.do+".db"), file)
			text, err := json.Marshal(victim{Tenant: at, CA: at.CAPEM, Store: file, Do: d.do, Point: d.point, Nth: d.nth})
			if err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), victimEnv+"="+string(text))
			out, err := child.Output()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || len(exit.Stderr) > 0 || strings.TrimSpace(string(out)) != "killed" {
				t.Fatalf("it was not killed: %v, %s", err, out)
			}
			survived(t, at, file, d.do, before, held)
		})
	}
}

// survived goes on after a death and holds what comes of it against what was before.
func survived(t *testing.T, at simulator.Endpoints, file, do string, before map[providers.Address]string, held []providers.Booking) {
	o, err := open(at, at.CAPEM, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := o.close(); err != nil {
			t.Error(err)
		}
	}()
	same := func(when string) {
		t.Helper()
		if diff := cmp.Diff(before, o.content(t)); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		if told := o.told(); len(told) > 0 {
			t.Errorf("%s: told as changed: %v", when, told)
		}
	}
	same("after the death") // whatever it was: no moment without free/busy
	if err := o.mover.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	j := o.wait(t)
	same("resumed")
	switch do {
	case "plan":
		if j.State != providers.MigrationCompared {
			j = o.done(t)(o.mover.PlanMigration(t.Context()))
		}
		if !j.Parity().Whole() || j.Count(providers.MoveReady) != len(before) {
			t.Errorf("%s: %+v", j.State, j.Mailboxes)
		}
	case "move":
		if j.State != providers.MigrationMoved { // it died before its choice was in the journal
			j = o.done(t)(o.mover.MoveMailboxes(t.Context(), providers.MigrationChoice{All: true}))
		}
		if j.State != providers.MigrationMoved || j.Count(providers.MoveMoved) != len(before) {
			t.Errorf("%s: %+v", j.State, j.Mailboxes)
		}
	case "return":
		if j.State != providers.MigrationReturned {
			j = o.done(t)(o.mover.ReturnMailboxes(t.Context(), providers.MigrationChoice{All: true}))
		}
		if j.State != providers.MigrationReturned || j.Count(providers.MoveReturned) != len(before) {
			t.Errorf("%s: %+v", j.State, j.Mailboxes)
		}
	case "finish":
		if j.State != providers.MigrationFinished {
			if j, err = o.mover.FinishMigration(t.Context()); err != nil && j.Count(providers.MoveFinished) != len(before) {
				t.Errorf("%s, %v: %+v", j.State, err, j.Mailboxes)
			}
		}
	}
	same("at the end")
	if result := o.sync(t); result.Changed > 0 {
		t.Errorf("the next reading finds %d changes", result.Changed)
	}
	same("read again")
	meet(t, o, held)
}

// book stores bookings of meetings that are there: one in reach of the mirror, one far
// ahead, a series, one that waits for its room, and one that is not sent yet.
func book(t *testing.T, o *organisation, room providers.Address) []providers.Booking {
	t.Helper()
	ctx := t.Context()
	organizer := organizerOf(t, o)
	day := time.Now().UTC().Truncate(24 * time.Hour)
	var all []providers.Booking
	for n, b := range []providers.Booking{
		{ID: "near", State: providers.BookingAccepted, Request: providers.BookingRequest{Start: day.AddDate(0, 0, 9).Add(5 * time.Hour)}},
		{ID: "far", State: providers.BookingAccepted, Request: providers.BookingRequest{Start: day.AddDate(0, 0, 200).Add(5 * time.Hour)}},
		{ID: "waiting", State: providers.BookingWaiting, Request: providers.BookingRequest{Start: day.AddDate(0, 0, 11).Add(5 * time.Hour)}},
		{ID: "series", State: providers.BookingPartly, Request: providers.BookingRequest{Start: day.AddDate(0, 0, 12).Add(5 * time.Hour)}},
		{ID: "queued", State: providers.BookingQueued, Request: providers.BookingRequest{Start: day.AddDate(0, 0, 13).Add(5 * time.Hour)}},
	} {
		q := &b.Request
		q.Room, q.Organizer, q.End, q.Zone, q.Subject = room, organizer, q.Start.Add(30*time.Minute), "UTC", providers.Outside("held "+b.ID)
		b.TransactionID, b.Created = fmt.Sprintf("%08d-0000-4000-8000-%012d", n, time.Now().UnixNano()%1e12), time.Now()
		draft := providers.EventDraft{TransactionID: b.TransactionID, Organizer: organizer, Subject: q.Subject, Start: q.Start, End: q.End, Zone: "UTC", Room: room}
		if b.ID == "series" {
			draft.Recurrence = &providers.Recurrence{Pattern: providers.PatternDaily, Interval: 1, Range: providers.RangeNumbered, Start: q.Start.Truncate(24 * time.Hour), Count: 3, Zone: "UTC"}
		}
		if b.ID != "queued" {
			event, err := o.old.CreateEvent(ctx, draft)
			if err != nil {
				t.Fatalf("%s: %v", b.ID, err)
			}
			b.EventID, b.ICalUID, b.Sent = event.ID, event.ICalUID, time.Now()
			if b.ID == "series" {
				b.SeriesID = event.ID
				b.Series = &providers.BookingSeries{Meetings: []providers.SeriesMeeting{{TransactionID: b.TransactionID, EventID: event.ID, ICalUID: event.ICalUID, Room: room, Start: q.Start, End: q.End, Tries: 1}}}
				dates, err := o.old.SeriesDates(ctx, organizer, event.ID, providers.Interval{Start: q.Start, End: q.Start.AddDate(0, 0, 7)})
				if err != nil || len(dates) != 3 {
					t.Fatalf("%d dates, %v", len(dates), err)
				}
				for _, date := range dates {
					b.Series.Dates = append(b.Series.Dates, providers.BookingDate{EventID: date.ID, Room: room, Span: providers.Interval{Start: date.Start, End: date.End}})
				}
			}
		}
		if err := o.store.SaveBooking(ctx, b); err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	o.settle(t)
	return all
}

// settle reads until the mirror has all that was made.
func (o *organisation) settle(t *testing.T) {
	t.Helper()
	for quiet := 0; quiet < 2; {
		result, err := o.engine.Once(t.Context(), false, nil)
		if err != nil {
			t.Fatal(err)
		}
		if quiet++; result.Changed > 0 {
			quiet = 0
		}
	}
}

func organizerOf(t *testing.T, o *organisation) providers.Address {
	t.Helper()
	boxes, err := o.store.People(t.Context())
	if err != nil || len(boxes) == 0 {
		t.Fatal(len(boxes), err)
	}
	mirrored, err := o.store.Mailboxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range boxes {
		if slices.ContainsFunc(mirrored, func(m store.Mailbox) bool { return m.Address == person.Mailbox && m.Complete() }) {
			return person.Mailbox
		}
	}
	t.Fatal("nobody has a calendar")
	return ""
}

// meet finds for each id of the bookings the meeting that it was, by the provider that
// the organizer's calendar has now.
func meet(t *testing.T, o *organisation, held []providers.Booking) {
	t.Helper()
	ctx := t.Context()
	for _, before := range held {
		b, err := o.store.Booking(ctx, before.ID)
		if err != nil {
			t.Fatal(err)
		}
		if b.State != before.State || b.TransactionID != before.TransactionID || !b.News.At.IsZero() {
			t.Errorf("%s was %s and is %s: %s", b.ID, before.State, b.State, b.News.Words)
		}
		find := func(what, id, uid string, start time.Time) {
			t.Helper()
			event, err := o.both.Event(ctx, b.Request.Organizer, id)
			switch {
			case err != nil:
				t.Errorf("%s of %s cannot be found: %v", what, b.ID, err)
			case !event.Start.Equal(start), event.ICalUID != uid && what != "a date":
				t.Errorf("%s of %s is another meeting: %v %s", what, b.ID, event.Start, event.Subject)
			}
		}
		if b.EventID == "" {
			continue
		}
		find("the meeting", b.EventID, b.ICalUID, b.Request.Start)
		if b.Series == nil {
			continue
		}
		find("the series", b.SeriesID, b.ICalUID, b.Request.Start)
		find("a part", b.Series.Meetings[0].EventID, b.ICalUID, b.Request.Start)
		for n, date := range b.Series.Dates {
			find("a date", date.EventID, "", before.Series.Dates[n].Span.Start)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
