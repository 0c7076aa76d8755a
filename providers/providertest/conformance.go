package providertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"roomdesk/providers"
)

// testCase is one row of the suite. The names carry the rows of the product and
// of the faults that they prove.
type testCase struct {
	name  string
	setup Setup
	run   func(t testing.TB, f Fixture)
}

// Run measures a provider. Each case gets a tenant of its own.
func Run(t *testing.T, h Harness) {
	for i, c := range cases() {
		if h.Every > 1 && i%h.Every != 0 {
			continue
		}
		t.Run(c.name, func(t *testing.T) { c.run(t, h.New(t, c.setup)) })
	}
}

func cases() []testCase {
	var all []testCase
	for _, part := range [][]testCase{directoryCases(), calendarCases(), changesCases(), availabilityCases(), bookingCases(), seriesCases(), recurrenceCases(), cancelCases(), troubleCases()} {
		all = append(all, part...)
	}
	return all
}

// mustClass fails the case unless err has the class and is a *providers.Error.
func mustClass(t testing.TB, what string, err error, want ...providers.Class) {
	t.Helper()
	var e *providers.Error
	switch {
	case err == nil:
		t.Errorf("%s: no error, want class %q", what, want)
	case !providers.Is(err, want...):
		t.Errorf("%s: class %q, want %q: %v", what, providers.ClassOf(err), want, err)
	case !errors.As(err, &e):
		t.Errorf("%s: %T is no *providers.Error: %v", what, err, err)
	}
}

// waitFor asks again and again until ok, and fails the case when its patience
// ends.
func waitFor(t testing.TB, f Fixture, what string, ok func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), f.patience())
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: has not happened", what)
		case <-tick.C:
		}
	}
}

// broken reports that a call inside waitFor failed because the waiting is over,
// and ends the case when it failed for another reason.
func broken(ctx context.Context, t testing.TB, err error) bool {
	t.Helper()
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	return err != nil
}

// ends fails the case when a call does not come back.
func ends(t testing.TB, f Fixture, what string, call func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	guard := time.NewTimer(f.patience())
	defer guard.Stop()
	select {
	case err := <-done:
		return err
	case <-guard.C:
		t.Fatalf("%s: does not end", what)
		return nil
	}
}

// ahead is the time from now on, whole hours, for that many days.
func ahead(f Fixture, days int) providers.Interval {
	from := f.Now().UTC().Truncate(time.Hour)
	return providers.Interval{Start: from, End: from.AddDate(0, 0, days)}
}

// slot is a half hour on a Saturday some weeks ahead in which the room is free.
func slot(t testing.TB, f Fixture, mailboxes ...providers.Address) providers.Interval {
	t.Helper()
	day := f.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 33)
	for day.Weekday() != time.Saturday {
		day = day.AddDate(0, 0, 1)
	}
	known, err := f.Provider.Availability(t.Context(), mailboxes, providers.Interval{Start: day, End: day.AddDate(0, 0, 1)})
	if err != nil {
		t.Fatalf("looking for a free half hour: %v", err)
	}
	for half := range 48 {
		span := providers.Interval{Start: day.Add(time.Duration(half) * 30 * time.Minute), End: day.Add(time.Duration(half+1) * 30 * time.Minute)}
		free := len(known) > 0
		for _, a := range known {
			free = free && a.FreeFor(span)
		}
		if free {
			return span
		}
	}
	t.Fatalf("%v have no free half hour on %s", mailboxes, day.Format(time.DateOnly))
	return providers.Interval{}
}

// round is what one call of Changes brought, applied in order.
type round struct {
	events  map[string]providers.Event
	removed map[string]bool
	pages   int
	cursor  string // behind the last page
	done    bool
}

// read runs Changes to its end and checks what holds for every round.
func read(t testing.TB, f Fixture, request providers.ChangesRequest) round {
	t.Helper()
	r := round{events: map[string]providers.Event{}, removed: map[string]bool{}}
	err := f.Provider.Changes(t.Context(), request, func(page providers.ChangePage) error {
		if r.done {
			t.Error("a page comes behind the one that is done")
		}
		r.apply(t, request.Mailbox, page)
		return nil
	})
	if err != nil {
		t.Fatalf("changes of %s: %v", request.Mailbox, err)
	}
	if !r.done || r.cursor == "" {
		t.Errorf("changes of %s end without done and a cursor (done %t)", request.Mailbox, r.done)
	}
	return r
}

func (r *round) apply(t testing.TB, mailbox providers.Address, page providers.ChangePage) {
	t.Helper()
	r.pages++
	r.cursor, r.done = page.Cursor, page.Done
	if page.Cursor == "" {
		t.Error("a page has no cursor")
	}
	for _, e := range page.Events {
		switch {
		case e.ID == "":
			t.Error("an event has no id")
		case e.Mailbox != mailbox:
			t.Errorf("an event of %s says it is in %q", mailbox, e.Mailbox)
		case e.End.Before(e.Start) || e.Start.IsZero():
			t.Errorf("an event runs from %v to %v", e.Start, e.End)
		case e.Start.Location() != time.UTC || e.End.Location() != time.UTC:
			t.Errorf("an event's times are not in UTC: %v", e.Start)
		}
		r.events[e.ID] = e
		delete(r.removed, e.ID)
	}
	for _, id := range page.Removed {
		delete(r.events, id)
		r.removed[id] = true
	}
}
