package store_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

func ids(events []providers.Event) (all []string) {
	for _, ev := range events {
		all = append(all, ev.ID)
	}
	return all
}

func apply(t testing.TB, r *store.Round, done bool, cursor string, events []providers.Event, removed ...string) store.Applied {
	t.Helper()
	return must(r.Apply(t.Context(), providers.ChangePage{Events: events, Removed: removed, Cursor: cursor, Done: done}, stamp))(t)
}

func TestFirstReadIsInvisibleUntilComplete(t *testing.T) {
	s := open(t)
	r := s.BeginFull(aalto, week)
	apply(t, r, false, "p1", meetings(aalto, 0, 20))
	if _, err := s.Events(t.Context(), aalto, week); !providers.Is(err, providers.Unsupported) {
		t.Errorf("half a calendar is shown: %v", err)
	}
	// A page may bring again what an earlier one brought.
	if out := apply(t, r, true, "d1", meetings(aalto, 10, 40)); !out.Visible || !out.Done || out.Rows != 40 {
		t.Errorf("%+v", out)
	}
	if events := must(s.Events(t.Context(), aalto, week))(t); len(events) != 40 {
		t.Errorf("%d events", len(events))
	}
	p := must(s.Position(t.Context(), aalto))(t)
	if p.Cursor != "d1" || p.Round != nil || p.Rows != 40 || !p.LastGood.Equal(noon) || p.Window != week {
		t.Errorf("%+v", p)
	}
}

func TestRoundGoesOnAfterRestart(t *testing.T) {
	for _, again := range []bool{false, true} {
		file := path(t)
		s := openAt(t, file)
		want := 30
		if again { // a re-read, which is kept apart
			fill(t, s, aalto, meetings(aalto, 5, 60))
		}
		r := s.BeginFull(aalto, week)
		apply(t, r, false, "p1", meetings(aalto, 0, 10))
		apply(t, r, false, "p2", meetings(aalto, 10, 20))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openAt(t, file)
		p := must(s.Position(t.Context(), aalto))(t)
		if p.Round == nil || p.Round.Cursor != "p2" || p.Round.Window != week || !p.Round.Resumed {
			t.Fatalf("%+v", p)
		}
		out := apply(t, p.Round, true, "d", meetings(aalto, 20, 30))
		if again {
			want += 30 // the brake: 30 of 55 are missing at once
			if out.Held != 30 {
				t.Errorf("%+v", out)
			}
		}
		if events := must(s.Events(t.Context(), aalto, week))(t); len(events) != want {
			t.Errorf("%d events, %d expected", len(events), want)
		}
	}
}

func TestAbandonedRoundLeavesNothing(t *testing.T) {
	s := open(t)
	stale := s.BeginFull(aalto, week)
	apply(t, stale, false, "p1", meetings(aalto, 0, 10))
	fill(t, s, aalto, meetings(aalto, 5, 8))
	if got := ids(must(s.Events(t.Context(), aalto, week))(t)); len(got) != 3 {
		t.Errorf("%v", got)
	}
	if _, err := stale.Apply(t.Context(), providers.ChangePage{Done: true}, stamp); err == nil {
		t.Error("an abandoned round went on")
	}
	re := s.BeginFull(aalto, week)
	apply(t, re, false, "p1", meetings(aalto, 50, 60))
	fill(t, s, aalto, meetings(aalto, 5, 9))
	if got := ids(must(s.Events(t.Context(), aalto, week))(t)); len(got) != 4 {
		t.Errorf("%v", got)
	}
}

// wal is the size of the write-ahead log: it grows with every page written.
func wal(t *testing.T, file string) int64 {
	return must(os.Stat(file + "-wal"))(t).Size()
}

func TestWhatIsUnchangedIsNotWritten(t *testing.T) { // F-033
	file := path(t)
	s := openAt(t, file)
	fill(t, s, aalto, meetings(aalto, -80, 80))
	changes := func(cursor string, events []providers.Event) store.Applied {
		return apply(t, s.BeginChanges(aalto, "x"), true, cursor, events)
	}
	changes("same", nil)
	idle := wal(t, file)
	changes("same", nil)
	clock := wal(t, file) - idle
	idle = wal(t, file)
	if out := changes("same", meetings(aalto, -80, 80)); out.Visible || out.Updated+out.Inserted+out.Removed > 0 {
		t.Errorf("%+v", out)
	}
	if grown := wal(t, file) - idle; grown > clock {
		t.Errorf("160 unchanged events wrote %d bytes; the clock alone writes %d", grown, clock)
	}
	idle = wal(t, file)
	if out := fill(t, s, aalto, meetings(aalto, -80, 80)); out.Visible || out.Updated+out.Inserted+out.Removed > 0 {
		t.Errorf("%+v", out)
	}
	if grown := wal(t, file) - idle; grown > clock+2*4120 { // the cursor's page, the mailbox's
		t.Errorf("an unchanged re-read wrote %d bytes", grown)
	}
	// What nobody sees is stored, and announced to nobody.
	storm := meetings(aalto, -80, 80)
	for i := range storm {
		storm[i].ETag = `W/"new"`
	}
	if out := changes("y", storm); out.Visible || out.Updated != 160 {
		t.Errorf("%+v", out)
	}
	if ev, ok, err := s.Event(t.Context(), aalto, storm[3].ID); err != nil || !ok || ev.ETag != `W/"new"` {
		t.Errorf("%+v %v %v", ev, ok, err)
	}
}

func TestChangesAndRemovals(t *testing.T) { // F-007, F-009, F-010
	s := open(t)
	fill(t, s, aalto, meetings(aalto, 0, 10))
	older, newer := meeting(aalto, 3), meeting(aalto, 3)
	older.Subject, newer.Subject = providers.Outside("older"), providers.Outside("newer")
	r := s.BeginChanges(aalto, "cursor 0")
	out := apply(t, r, false, "c1", []providers.Event{older, newer, meeting(aalto, 20)}, "never seen", meeting(aalto, 5).ID)
	if out.Inserted != 1 || out.Updated != 1 || out.Removed != 1 || !out.Visible {
		t.Errorf("%+v", out)
	}
	if out = apply(t, r, true, "c2", nil); out.Rows != 10 {
		t.Errorf("%+v", out)
	}
	if ev, ok, err := s.Event(t.Context(), aalto, newer.ID); err != nil || !ok || ev.Subject.Raw() != "newer" {
		t.Errorf("%+v %v %v", ev, ok, err)
	}
	if _, ok, _ := s.Event(t.Context(), aalto, meeting(aalto, 5).ID); ok {
		t.Error("a removed event is still there")
	}
}

func TestBrakeOnRemovals(t *testing.T) { // F-028
	s := open(t)
	fill(t, s, aalto, meetings(aalto, -50, 50))
	var gone []string
	for _, ev := range meetings(aalto, -50, -10) {
		gone = append(gone, ev.ID)
	}
	r := s.BeginChanges(aalto, "x")
	apply(t, r, false, "c1", nil, gone[:15]...)
	if out := apply(t, r, true, "c2", nil, gone[15:]...); out.Held != 25 || out.Rows != 85 {
		t.Errorf("%+v", out)
	}
	if p := must(s.Position(t.Context(), aalto))(t); p.Unconfirmed != 25 {
		t.Errorf("%+v", p)
	}
	// A full round that has some of them still: only what both miss goes.
	if out := fill(t, s, aalto, meetings(aalto, -20, 50)); out.Held != 0 || out.Rows != 70 {
		t.Errorf("%+v", out)
	}
	if p := must(s.Position(t.Context(), aalto))(t); p.Unconfirmed != 0 {
		t.Errorf("%+v", p)
	}
}

func TestRowsOutsideTheWindowGoQuietly(t *testing.T) { // F-020
	s := open(t)
	fill(t, s, aalto, meetings(aalto, -80, 80))
	r := s.BeginFull(aalto, providers.Interval{Start: noon, End: noon.Add(10 * 24 * time.Hour)})
	if out := apply(t, r, true, "d", meetings(aalto, 0, 90)); out.Held != 0 || out.Rows != 90 {
		t.Errorf("%+v", out)
	}
}

func series(n int) (master providers.Event, stubs []providers.Event) {
	master = meeting(aalto, -2000)
	master.ID, master.Type, master.ShowAs = fmt.Sprint("master", n), providers.SeriesMaster, providers.ShowTentative
	master.Subject, master.Private = providers.Outside("Weekly"), true
	for i := range 3 {
		start := noon.Add(time.Duration(i*24+n) * time.Hour)
		stubs = append(stubs, providers.Event{ID: fmt.Sprint("stub", n, "-", i), SeriesMasterID: master.ID, Type: providers.Occurrence, Stub: true, Start: start, End: start.Add(time.Hour)})
	}
	return master, stubs
}

func TestStubsInherit(t *testing.T) { // F-012, F-014
	master, stubs := series(1)
	for order, pages := range map[string][][]providers.Event{
		"master first": {{master}, stubs}, "stubs first": {stubs, {master}}, "one page": {append(slices.Clone(stubs), master)},
	} {
		s := open(t)
		fill(t, s, aalto, pages...)
		check := func(subject string, state providers.FreeBusy) {
			t.Helper()
			events := must(s.Events(t.Context(), aalto, providers.Interval{Start: noon.AddDate(-9, 0, 0), End: noon.AddDate(9, 0, 0)}))(t)
			if len(events) != 3 {
				t.Fatalf("%s: %v", order, ids(events))
			}
			for _, ev := range events {
				if ev.Subject.Raw() != subject || ev.Stub || ev.Organizer != "adele@contoso.com" || ev.ICalUID == "" {
					t.Errorf("%s: %+v", order, ev)
				}
			}
			a := must(s.Availability(t.Context(), []providers.Address{aalto}, week))(t)[aalto]
			if len(a.Blocks) != 3 || a.Blocks[0].State != state || !a.Blocks[0].Private || !a.Blocks[0].Subject.Empty() {
				t.Errorf("%s: %+v", order, a)
			}
		}
		check("Weekly", providers.Tentative)
		if p := must(s.Position(t.Context(), aalto))(t); p.Rows != 3 {
			t.Errorf("%s: %d rows", order, p.Rows)
		}
		changed := master
		changed.Subject, changed.ShowAs = providers.Outside("Biweekly"), providers.ShowBusy
		if out := apply(t, s.BeginChanges(aalto, "x"), true, "y", []providers.Event{changed}); !out.Visible {
			t.Errorf("%s: a changed master is no change", order)
		}
		check("Biweekly", providers.Busy)
		if missing := must(s.MissingMasters(t.Context(), aalto))(t); len(missing) != 0 {
			t.Errorf("%s: %v", order, missing)
		}
	}
}

func TestMasterAskedForByItselfSurvivesARereading(t *testing.T) { // F-012
	s := open(t)
	master, stubs := series(1)
	fill(t, s, aalto, stubs)
	if visible := must(s.PutEvents(t.Context(), aalto, []providers.Event{master}))(t); !visible {
		t.Error("the details of three occurrences are no visible change")
	}
	fill(t, s, aalto, stubs[:2], stubs[2:])
	if events := must(s.Events(t.Context(), aalto, week))(t); len(events) != 3 || events[0].Subject.Raw() != "Weekly" {
		t.Errorf("%+v", events)
	}
	// Without any occurrence it goes.
	fill(t, s, aalto, nil)
	if _, ok, _ := s.Event(t.Context(), aalto, master.ID); ok {
		t.Error("a master without occurrences stays for ever")
	}
}

func TestStubWithoutMasterIsBusy(t *testing.T) {
	s := open(t)
	_, stubs := series(1)
	fill(t, s, aalto, stubs)
	if missing := must(s.MissingMasters(t.Context(), aalto))(t); !slices.Equal(missing, []string{"master1"}) {
		t.Errorf("%v", missing)
	}
	a := must(s.Availability(t.Context(), []providers.Address{aalto}, week))(t)[aalto]
	if len(a.Blocks) != 3 || a.Blocks[0].State != providers.Busy {
		t.Errorf("%+v", a)
	}
}

func TestReadersNeverSeeHalfACalendar(t *testing.T) { // F-001, NODEL
	s := open(t)
	generation := func(g int) []providers.Event {
		all := meetings(aalto, -60, 60)
		for i := range all {
			all[i].Subject = providers.Outside(fmt.Sprint("generation ", g))
			if i >= 100 {
				all[i].ID += fmt.Sprint("-", g) // a few are new each time
			}
		}
		return all
	}
	fill(t, s, aalto, generation(0))
	ctx, stop := context.WithCancel(t.Context())
	var readers stdsync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				events, err := s.Events(context.Background(), aalto, week)
				if err != nil || len(events) != 120 {
					t.Errorf("%d events, %v", len(events), err)
					return
				}
				for _, ev := range events {
					if ev.Subject != events[0].Subject {
						t.Errorf("%s beside %s", ev.Subject, events[0].Subject)
						return
					}
				}
			}
		})
	}
	for g := 1; g < 30; g++ {
		all := generation(g)
		fill(t, s, aalto, all[:40], all[40:80], all[80:])
	}
	stop()
	readers.Wait()
}

func TestLongEventsAreFoundInShortSpans(t *testing.T) { // F-094
	s := open(t)
	long, zero, reversed := meeting(aalto, -50), meeting(aalto, 7), meeting(aalto, 9)
	long.End = noon.Add(60 * time.Hour)
	zero.End = zero.Start
	reversed.End = reversed.Start.Add(-time.Hour)
	far := meeting(aalto, 0)
	far.ID, far.Start, far.End = "far", time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC)
	fill(t, s, aalto, []providers.Event{long, zero, reversed, far})
	got := ids(must(s.Events(t.Context(), aalto, providers.Interval{Start: noon.Add(55 * time.Hour), End: noon.Add(56 * time.Hour)}))(t))
	if !slices.Equal(got, []string{long.ID}) {
		t.Errorf("%v", got)
	}
	got = ids(must(s.Events(t.Context(), aalto, providers.Interval{Start: zero.Start.Add(-time.Minute), End: zero.Start.Add(time.Minute)}))(t))
	if !slices.Equal(got, []string{long.ID, zero.ID}) {
		t.Errorf("%v", got)
	}
}
