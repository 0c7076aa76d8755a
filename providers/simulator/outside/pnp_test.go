package outside

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// pnpSteps are the steps of scripts/pnp.mjs.
var pnpSteps = []string{
	"walks through pages",
	"lists room lists and shows places",
	"reads schedules",
	"books, moves and cancels",
	"sees the instances of a series",
	"sends a batch",
	"manages calendars",
	"books twice when an answer is lost",
	"counts",
}

// PnPjs reads pages and batches in its own way and repeats what failed without
// thinking.
func testPnP(t *testing.T, row *row) {
	s := newSite(t, "")
	saw := s.run(t, row, "pnp.mjs", pnpSteps...)
	type paged struct {
		Rooms []string
		Users int
	}
	var rooms, lists []string
	for _, r := range s.Rooms() {
		rooms = append(rooms, r.Mailbox)
		if !slices.Contains(lists, r.List) {
			lists = append(lists, r.List)
		}
	}
	if got := read[paged](t, saw, "walks through pages"); !slices.Equal(slices.Sorted(slices.Values(got.Rooms)), slices.Sorted(slices.Values(rooms))) || got.Users < len(s.People()) {
		t.Errorf("pages: %+v", got)
	}
	if got := read[[]string](t, saw, "lists room lists and shows places"); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(lists))) {
		t.Errorf("room lists: %v", got)
	}
	expect(t, saw, "reads schedules", map[string]any{"view": "0000", "many": 400.0})
	expect(t, saw, "manages calendars", map[string]any{"here": []any{"Outside aside"}, "main": []any{}, "permissions": true, "renamed": true})
	expect(t, saw, "books twice when an answer is lost", map[string]any{"twice": 2.0, "once": 1.0, "kept": true, "bare": true})
	expect(t, saw, "counts", map[string]any{"counted": true, "zoned": true})
	day, err := time.Parse(time.DateOnly, s.in.Day)
	if err != nil {
		t.Fatal(err)
	}
	var every2 []string
	for n := range 4 {
		every2 = append(every2, day.AddDate(0, 0, 2*n).Format(time.DateOnly))
	}
	if got := read[[]string](t, saw, "sees the instances of a series"); !slices.Equal(got, every2) {
		t.Errorf("instances on %v, want %v", got, every2)
	}
	type booked struct {
		UID, Calendar  string
		Gone, Outcomes []any
		Refused        int
	}
	made, batched := read[booked](t, saw, "books, moves and cancels"), read[booked](t, saw, "sends a batch")
	if !reflect.DeepEqual(made.Gone, []any{404.0, "ErrorItemNotFound"}) {
		t.Errorf("a cancelled meeting is answered with %v", made.Gone)
	}
	if !reflect.DeepEqual(batched.Outcomes, []any{"fulfilled", "fulfilled", "rejected", "fulfilled"}) || batched.Refused != 404 || batched.Calendar != "Calendar" {
		t.Errorf("batch: %+v", batched)
	}

	effects := map[string][]string{}
	lost := map[int]int{}
	for _, e := range s.Ledger() {
		if e.Effect != "" && e.Event != "" {
			effects[e.Event] = append(effects[e.Event], e.Effect)
		}
		if e.Fault != "" {
			lost[e.Status]++
		}
	}
	if got := effects[made.UID]; !slices.Equal(got, []string{"created event", "changed event", "answered tentativelyAccepted", "answered declined", "cancelled event"}) {
		t.Errorf("what became of the meeting: %q", got)
	}
	if got := effects[batched.UID]; len(got) != 2 || got[0] != "created event" {
		t.Errorf("what became of the meeting of the batch: %q", got)
	}
	if lost[503] != 1 || lost[504] != 1 {
		t.Errorf("lost answers by status: %v", lost)
	}
	for _, mailbox := range []string{s.in.Organizer, s.in.Room, s.in.Attendee} {
		truth, ok := s.Truth(mailbox, day, day.AddDate(0, 0, quiet))
		left := truth.Events
		if mailbox != s.in.Room { // it had nothing else, and shows its own subjects
			left = mine(left)
		}
		if !ok || len(left) > 0 {
			t.Errorf("%s still holds %+v", mailbox, left)
		}
	}
	if operations, total := s.check.Exchanges(); total < 40 || len(operations) < 20 {
		t.Errorf("only %d exchanges were held against the contract: %v", total, operations)
	}
}
