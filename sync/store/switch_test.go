package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roomdesk/providers"
	"roomdesk/sync/queue"
	"roomdesk/sync/store"
)

// other is what the other provider calls the same entry.
func other(ev providers.Event) providers.Event {
	ev.ID = "ews-" + ev.ID
	if ev.SeriesMasterID != "" {
		ev.SeriesMasterID = "ews-" + ev.SeriesMasterID
	}
	ev.ETag = "other"
	return ev
}

func others(all []providers.Event) (out []providers.Event) {
	for _, ev := range all {
		out = append(out, other(ev))
	}
	return out
}

func byUID(old, fresh []providers.Event) map[string]string {
	ids := map[string]string{}
	for _, a := range old {
		for _, b := range fresh {
			if a.ICalUID == b.ICalUID {
				ids[a.ID] = b.ID
			}
		}
	}
	return ids
}

func sameSubject(a, b providers.Event) bool { return a.Subject.Raw() == b.Subject.Raw() }

// switched puts a reading in place of what is mirrored of aalto.
func switched(t *testing.T, s *store.Store, from, to string, events []providers.Event, change func(*store.Switch)) (store.Switched, error) {
	t.Helper()
	w := store.Switch{
		Mailbox: aalto, From: from, Home: providers.Home{Mailbox: aalto, Provider: to, Cause: providers.HomeMoved, Since: noon},
		Reading: &store.Reading{Window: week, Events: events, Cursor: "cursor of " + to}, Stamp: stamp, Pair: byUID, Same: sameSubject,
	}
	if change != nil {
		change(&w)
	}
	return s.Switch(t.Context(), w)
}

func organised(id string, organizer providers.Address, eventID string) providers.Booking {
	b := accepted(id)
	b.Request.Organizer, b.EventID = organizer, eventID
	return b
}

func accepted(id string) providers.Booking {
	return providers.Booking{ID: id, TransactionID: "t-" + id, State: providers.BookingAccepted, Created: noon,
		Request: providers.BookingRequest{Room: "room@contoso.com", Start: noon, End: noon.Add(time.Hour)}}
}

func TestSwitchP3(t *testing.T) { // F-127
	ctx := t.Context()
	s := open(t)
	before := meetings(aalto, -10, 20)
	fill(t, s, aalto, before)
	fill(t, s, "other@contoso.com", meetings("other@contoso.com", 0, 3))
	held := organised("b1", aalto, before[3].ID)
	held.SeriesID, held.CancelDates = before[4].ID, []providers.CancelDate{{EventID: before[5].ID}}
	held.Series = &providers.BookingSeries{Meetings: []providers.SeriesMeeting{{EventID: before[6].ID}}, Dates: []providers.BookingDate{{EventID: before[7].ID}, {EventID: "far ahead"}}}
	foreign := organised("b2", "other@contoso.com", before[3].ID)
	for _, b := range []providers.Booking{held, foreign} {
		if err := s.SaveBooking(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	relocation := providers.Relocation{ID: "r1", Created: noon, State: providers.RelocationRunning, Steps: []providers.RelocationStep{
		{Organizer: aalto, EventID: before[8].ID}, {Organizer: "other@contoso.com", EventID: before[8].ID}}}
	revision, err := s.SaveRelocation(ctx, relocation)
	if err != nil {
		t.Fatal(err)
	}
	out, err := switched(t, s, "graph", "ews", others(before), func(w *store.Switch) { w.IDs = map[string]string{"far ahead": "ews-far ahead"} })
	if err != nil {
		t.Fatal(err)
	}
	if want := (store.Switched{Rows: 30, IDs: 7, Mirrored: true}); out != want {
		t.Errorf("%+v, want %+v", out, want)
	}
	events := must(s.Events(ctx, aalto, week))(t)
	if diff := cmp.Diff(others(before), events, raw); diff != "" {
		t.Error(diff)
	}
	if p := must(s.Position(ctx, aalto))(t); p.Cursor != "cursor of ews" || p.Rows != 30 || !p.Window.Start.Equal(week.Start) || !p.LastFull.Equal(noon) {
		t.Errorf("position %+v", p)
	}
	if home, _, _ := s.Home(ctx, aalto); home.Provider != "ews" || home.Cause != providers.HomeMoved {
		t.Errorf("home %+v", home)
	}
	follows := func(prefix string) {
		t.Helper()
		b := must(s.Booking(ctx, "b1"))(t)
		for n, got := range []string{b.EventID, b.SeriesID, b.CancelDates[0].EventID, b.Series.Meetings[0].EventID, b.Series.Dates[0].EventID, b.Series.Dates[1].EventID} {
			want := prefix + "far ahead"
			if n < 5 {
				want = prefix + before[3+n].ID
			}
			if got != want {
				t.Errorf("id %d of the booking is %s, want %s", n, got, want)
			}
		}
		if b := must(s.Booking(ctx, "b2"))(t); b.EventID != before[3].ID {
			t.Errorf("a booking in another calendar has %s", b.EventID)
		}
		r := must(s.Relocation(ctx, "r1"))(t)
		if r.Steps[0].EventID != prefix+before[8].ID || r.Steps[1].EventID != before[8].ID || r.Revision != revision {
			t.Errorf("relocation %+v", r)
		}
	}
	follows("ews-")
	// Somebody read the booking before and stores it only now.
	if err := s.SaveBooking(ctx, held); err != nil {
		t.Fatal(err)
	}
	relocation.Revision = revision
	if revision, err = s.SaveRelocation(ctx, relocation); err != nil {
		t.Fatal(err)
	}
	follows("ews-")
	if now := must(s.CurrentID(ctx, aalto, before[20].ID))(t); now != "ews-"+before[20].ID {
		t.Errorf("an id of the old side leads to %s", now)
	}
	if now := must(s.CurrentID(ctx, aalto, "nobody's"))(t); now != "nobody's" {
		t.Errorf("an id of nobody leads to %s", now)
	}
	// The old side is kept, with what belongs to it, and leads back.
	side, ok, err := s.KeptSide(ctx, aalto, "graph")
	if err != nil || !ok || side.Cursor != "cursor 0" || !side.At.Equal(noon) {
		t.Fatalf("kept %v %v: %+v", ok, err, side)
	}
	if diff := cmp.Diff(before, side.Events, raw); diff != "" {
		t.Error(diff)
	}
	back, err := switched(t, s, "ews", "graph", side.Events, func(w *store.Switch) { w.IDs = map[string]string{"ews-far ahead": "far ahead"} })
	if want := (store.Switched{Rows: 30, IDs: 7, Mirrored: true}); err != nil || back != want {
		t.Fatalf("%+v, %v", back, err)
	}
	follows("")
	if err := s.SaveBooking(ctx, held); err != nil {
		t.Fatal(err)
	}
	follows("")
	if diff := cmp.Diff(before, must(s.Events(ctx, aalto, week))(t), raw); diff != "" {
		t.Error(diff)
	}
	if _, ok, _ := s.KeptSide(ctx, aalto, "graph"); ok {
		t.Error("both sides are kept")
	}
	if n, oldest, err := s.KeptCount(ctx, "ews"); n != 1 || !oldest.Equal(noon) || err != nil {
		t.Errorf("kept %d since %v, %v", n, oldest, err)
	}
	if err := s.DropKept(ctx, noon); err != nil {
		t.Fatal(err)
	}
	if n, _, _ := s.KeptCount(ctx, "ews"); n != 1 {
		t.Error("dropped too early")
	}
	if err := s.DropKept(ctx, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n, _, _ := s.KeptCount(ctx, "ews"); n != 0 {
		t.Error("not dropped")
	}
}

func TestSwitchCountsWhatIsReal(t *testing.T) { // P12
	s := open(t)
	before := meetings(aalto, 0, 10)
	fill(t, s, aalto, before)
	after := others(before)
	after[1].Subject = providers.Outside("Changed by somebody")
	after[2].Location = providers.Outside("only written in another way")
	after[9] = meeting(aalto, 40) // one is gone, one came
	out, err := switched(t, s, "graph", "ews", after, nil)
	if err != nil || out.Changed != 1 || out.Artefacts != 1 || out.Added != 1 || out.Gone != 1 || !out.Real() {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestSwitchKeepsTheRow(t *testing.T) {
	s := open(t)
	before := meetings(aalto, 0, 3)
	fill(t, s, aalto, before)
	fill(t, s, "other@contoso.com", meetings("other@contoso.com", 0, 3)) // takes the numbers behind
	numbers := func() string { return strings.Join(must(s.RowNumbers(t.Context(), aalto))(t), " ") }
	was := numbers()
	if _, err := switched(t, s, "graph", "ews", others(before), nil); err != nil {
		t.Fatal(err)
	}
	if now := strings.ReplaceAll(numbers(), "ews-", ""); now != was || was == "" {
		t.Errorf("rows were %s and are %s", was, now)
	}
}

func TestSwitchRefusals(t *testing.T) {
	ctx := t.Context()
	s := open(t)
	fill(t, s, aalto, meetings(aalto, 0, 3))
	for what, change := range map[string]func(*store.Switch){
		"without a reading":     func(w *store.Switch) { w.Reading = nil },
		"to where it is":        func(w *store.Switch) { w.Home.Provider = "graph" },
		"of another home":       func(w *store.Switch) { w.Home.Mailbox = "other@contoso.com" },
		"a home that is learnt": func(w *store.Switch) { w.Home.Cause = providers.HomeLearnt },
		"nobody":                func(w *store.Switch) { w.From = "" },
	} {
		if _, err := switched(t, s, "graph", "ews", nil, change); err == nil {
			t.Errorf("%s: switched", what)
		}
	}
	if n := len(must(s.Events(ctx, aalto, week))(t)); n != 3 {
		t.Errorf("%d entries left", n)
	}
	if homes := must(s.Homes(ctx))(t); len(homes) != 0 {
		t.Errorf("homes %v", homes)
	}
	// Nobody's mirror: only where it is.
	out, err := s.Switch(ctx, store.Switch{Mailbox: "new@contoso.com", From: "ews",
		Home: providers.Home{Mailbox: "new@contoso.com", Provider: "graph", Cause: providers.HomeMoved, Since: noon}})
	if err != nil || out.Mirrored {
		t.Errorf("%+v, %v", out, err)
	}
	if home, ok, _ := s.Home(ctx, "new@contoso.com"); !ok || home.Provider != "graph" {
		t.Errorf("home %+v", home)
	}
}

func TestPagesReadBeforeASwitchAreNotStoredAfter(t *testing.T) { // F-127
	ctx := t.Context()
	s := open(t)
	before := meetings(aalto, 0, 3)
	fill(t, s, aalto, before)
	p := must(s.Position(ctx, aalto))(t)
	late := map[string]*store.Round{
		"changes": s.BeginChanges(aalto, p.Cursor).Following(p), "all": s.BeginFull(aalto, week).Following(p),
	}
	begun := s.BeginFull(aalto, week).Following(p)
	if _, err := begun.Apply(ctx, providers.ChangePage{Events: before[:1], Cursor: "more"}, stamp); err != nil {
		t.Fatal(err)
	}
	late["begun"] = begun
	late["resumed"] = must(s.Position(ctx, aalto))(t).Round
	if _, err := switched(t, s, "graph", "ews", others(before), nil); err != nil {
		t.Fatal(err)
	}
	for what, round := range late {
		_, err := round.Apply(ctx, providers.ChangePage{Events: meetings(aalto, 5, 6), Cursor: "late", Done: true}, stamp)
		if !errors.Is(err, store.ErrSwitched) || !providers.Is(err, providers.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if p := must(s.Position(ctx, aalto))(t); p.Cursor != "cursor of ews" || p.Rows != 3 || p.Round != nil {
		t.Errorf("position %+v", p)
	}
}

func TestHoldsKeepASwitchAndWritersApart(t *testing.T) {
	ctx := t.Context()
	s := open(t)
	fill(t, s, aalto, meetings(aalto, 0, 3))
	leave := must(s.Enter(ctx, aalto))(t)
	inner := must(s.Enter(ctx, aalto))(t)
	if _, err := s.Freeze(ctx, aalto, time.Millisecond); !providers.Is(err, providers.Conflict) {
		t.Fatalf("frozen while somebody is in it: %v", err)
	}
	inner()
	inner()
	if _, err := s.Freeze(ctx, aalto, time.Millisecond); !providers.Is(err, providers.Conflict) {
		t.Fatalf("frozen while somebody is in it: %v", err)
	}
	leave()
	f, err := s.Freeze(ctx, aalto, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Freeze(ctx, aalto, time.Millisecond); !providers.Is(err, providers.Conflict) {
		t.Errorf("frozen twice: %v", err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := s.Enter(short, aalto); !providers.Is(err, providers.Cancelled) {
		t.Errorf("entered a frozen mailbox: %v", err)
	}
	if leave, err := s.Enter(ctx, "other@contoso.com"); err != nil {
		t.Errorf("another mailbox is closed too: %v", err)
	} else {
		leave()
	}
	entered := make(chan error, 1)
	go func() {
		leave, err := s.Enter(ctx, aalto)
		if err == nil {
			leave()
		}
		entered <- err
	}()
	if _, err := switched(t, s, "graph", "ews", others(meetings(aalto, 0, 3)), func(w *store.Switch) { w.Freeze = f }); err != nil {
		t.Fatal(err)
	}
	f.Thaw()
	f.Thaw()
	if err := <-entered; err != nil {
		t.Errorf("nobody is let in again: %v", err)
	}
	if _, err := switched(t, s, "ews", "graph", meetings(aalto, 0, 3), func(w *store.Switch) { w.Freeze = f }); !providers.Is(err, providers.Transient) {
		t.Errorf("switched when it was over: %v", err)
	}
}

func TestTakeOneMailbox(t *testing.T) {
	ctx := t.Context()
	s := open(t)
	q := s.Queue()
	if c, free, err := q.Take(ctx, aalto, time.Minute); c != nil || !free || err != nil {
		t.Errorf("of nobody: %v %v %v", c, free, err)
	}
	if err := q.Enqueue(ctx, queue.Job{Mailbox: aalto, Due: noon}); err != nil {
		t.Fatal(err)
	}
	c, free, err := q.Take(ctx, aalto, time.Minute)
	if c == nil || !free || err != nil {
		t.Fatalf("%v %v %v", c, free, err)
	}
	if c, free, err := q.Take(ctx, aalto, time.Minute); c != nil || free || err != nil {
		t.Errorf("taken twice: %v %v %v", c, free, err)
	}
	if claims, _, err := q.Claim(ctx, 5, time.Minute); len(claims) != 0 || err != nil {
		t.Errorf("claimed twice: %v, %v", claims, err)
	}
	if err := q.Complete(ctx, *c, noon, 0); err != nil {
		t.Fatal(err)
	}
	if claims, _, err := q.Claim(ctx, 5, time.Minute); len(claims) != 1 || err != nil {
		t.Errorf("not given back: %v, %v", claims, err)
	}
	if c, free, _ := q.Take(ctx, aalto, time.Minute); c != nil || free {
		t.Error("taken from whoever claimed it")
	}
}

func TestJournalOfAMigration(t *testing.T) {
	ctx := t.Context()
	file := path(t)
	s := openAt(t, file)
	if _, ok, err := s.Migration(ctx); ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	m := providers.Migration{
		ID: "m1", From: "hq", To: "contoso", FromProvider: "ews", ToProvider: "graph", State: providers.MigrationComparing, Created: noon,
		Scope:    providers.MigrationScope{Old: 5, New: 6, Extra: []providers.Address{"more@contoso.com"}, Missing: []providers.Address{aalto}, Limited: true, Words: "words", Checked: noon},
		Undoable: noon.Add(time.Hour), Problem: &providers.Problem{Class: providers.Throttled, Message: providers.Outside("slow"), Since: noon},
	}
	var moves []store.Move
	for n := range 3 {
		moves = append(moves, store.Move{Chosen: store.ChosenMove, Artefacts: n, MailboxMove: providers.MailboxMove{
			Mailbox: providers.Address(fmt.Sprintf("room%d@contoso.com", n)), Name: providers.Outside("Room\x1b"), Room: true, Pilot: n == 1, State: providers.MoveReady, Home: "ews",
			Parity: providers.ParityCounts{Same: 1, Cosmetic: 2, Missing: 3, Extra: 4, Different: 5}, Events: 7, Compared: noon, Moved: noon, Why: "why", Was: []string{"writable"},
		}})
	}
	if err := s.BeginMigration(ctx, m, moves); err != nil {
		t.Fatal(err)
	}
	m.Revision = 1
	is := func() {
		t.Helper()
		got, ok, err := s.Migration(ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if diff := cmp.Diff(m, got, raw); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(moves, must(s.Moves(ctx, m.ID))(t), raw); diff != "" {
			t.Error(diff)
		}
	}
	is()
	m.State, m.Problem, m.Revision = providers.MigrationCompared, nil, 2
	if err := s.SaveMigration(ctx, m); err != nil {
		t.Fatal(err)
	}
	is()
	moves[1].State, m.Revision = providers.MoveDiffers, 3
	if err := s.SaveMoves(ctx, m.ID, moves[1]); err != nil {
		t.Fatal(err)
	}
	is()
	entry := func(kind providers.ParityKind, n int) providers.ParityEntry {
		return providers.ParityEntry{Mailbox: moves[2].Mailbox, Kind: kind, ICalUID: fmt.Sprint("uid", n), Start: noon, Subject: providers.Outside("S"), Private: true,
			Fields: []providers.ParityField{{Field: "subject", Before: providers.Outside("a"), After: providers.Outside("b"), Cosmetic: true, Why: "w"}}}
	}
	var entries []providers.ParityEntry
	for n := range 300 {
		entries = append(entries, entry(providers.ParityCosmetic, n))
	}
	entries = append(entries, entry(providers.ParityMissing, 300))
	moves[2].Why, m.Revision = "compared", 4
	if err := s.SaveParity(ctx, m.ID, moves[2], entries); err != nil {
		t.Fatal(err)
	}
	is()
	got := must(s.ParityEntries(ctx, moves[2].Mailbox))(t)
	if len(got) != 200 || got[0].Kind != providers.ParityMissing {
		t.Errorf("%d entries, first %+v", len(got), got[0])
	}
	if diff := cmp.Diff(entries[0], got[1], raw); diff != "" {
		t.Error(diff)
	}
	if err := s.SaveParity(ctx, m.ID, moves[2], nil); err != nil {
		t.Fatal(err)
	}
	if got := must(s.ParityEntries(ctx, moves[2].Mailbox))(t); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	// A newer one takes its place.
	if err := s.BeginMigration(ctx, providers.Migration{ID: "m2", Created: noon.Add(time.Hour), State: providers.MigrationComparing}, moves[:1]); err != nil {
		t.Fatal(err)
	}
	newest, _, err := s.Migration(ctx)
	if err != nil || newest.ID != "m2" || len(must(s.Moves(ctx, "m2"))(t)) != 1 || len(must(s.Moves(ctx, "m1"))(t)) != 0 {
		t.Errorf("%+v, %v", newest, err)
	}
	if one, ok, err := s.Move(ctx, "m2", moves[0].Mailbox); err != nil || !ok || one.Why != "why" {
		t.Errorf("%+v, %v, %v", one, ok, err)
	}
	if _, ok, err := s.Move(ctx, "m1", moves[0].Mailbox); err != nil || ok {
		t.Errorf("of an older one: %v, %v", ok, err)
	}
}
