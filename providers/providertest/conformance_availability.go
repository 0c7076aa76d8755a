package providertest

import (
	"context"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
)

func availabilityCases() []testCase {
	return []testCase{
		{"Availability agrees with the truth", Setup{}, caseAvailability},
		{"Availability of more mailboxes than one request takes", Setup{Rooms: 47}, caseAvailabilityMany},
		{"Availability of an unknown address is unknown, the others stand", Setup{}, caseAvailabilityNobody},
		{"Availability shows a booking at once", Setup{}, caseAvailabilityBooked},
	}
}

// taken merges what is not free, cut to the window.
func taken(spans []providers.Interval, window providers.Interval) []providers.Interval {
	slices.SortFunc(spans, func(a, b providers.Interval) int { return a.Start.Compare(b.Start) })
	var out []providers.Interval
	for _, span := range spans {
		if span.Start.Before(window.Start) {
			span.Start = window.Start
		}
		if span.End.After(window.End) {
			span.End = window.End
		}
		if !span.Start.Before(span.End) {
			continue
		}
		if n := len(out); n > 0 && !span.Start.After(out[n-1].End) {
			if span.End.After(out[n-1].End) {
				out[n-1].End = span.End
			}
			continue
		}
		out = append(out, providers.Interval{Start: span.Start.UTC(), End: span.End.UTC()})
	}
	return out
}

func caseAvailability(t testing.TB, f Fixture) {
	window := ahead(f, 5)
	asked := mailboxes(f)
	got := availability(t, f, asked, window)
	blocks := 0
	for _, mailbox := range asked {
		var want, have []providers.Interval
		for _, fact := range f.truth(t, mailbox, window) {
			if !fact.Cancelled && fact.ShowAs.Blocks() {
				want = append(want, providers.Interval{Start: fact.Start, End: fact.End})
			}
		}
		for _, block := range got[mailbox].Blocks {
			if block.State.Taken() {
				have = append(have, block.Interval)
			}
		}
		want, have = taken(want, window), taken(have, window)
		blocks += len(want)
		if !slices.EqualFunc(want, have, func(a, b providers.Interval) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }) {
			t.Errorf("%s is taken at %v, availability says %v", mailbox, want, have)
		}
	}
	if blocks == 0 {
		t.Error("nobody has anything in five days: nothing is proven")
	}
}

// availability asks and checks that every address has exactly one answer.
func availability(t testing.TB, f Fixture, asked []providers.Address, window providers.Interval) map[providers.Address]providers.Availability {
	t.Helper()
	got, err := f.Provider.Availability(t.Context(), asked, window)
	if err != nil {
		t.Fatal(err)
	}
	out := map[providers.Address]providers.Availability{}
	for _, a := range got {
		if _, twice := out[a.Mailbox]; twice {
			t.Errorf("%s has two answers", a.Mailbox)
		}
		out[a.Mailbox] = a
		if a.Known() == (a.Problem != nil && a.Problem.Class != "") && a.Mailbox != f.Nobody {
			t.Errorf("%s is neither known nor has a problem: %+v", a.Mailbox, a.Problem)
		}
		if !a.Window.Start.Equal(window.Start) || !a.Window.End.Equal(window.End) {
			t.Errorf("%s: window %v, asked %v", a.Mailbox, a.Window, window)
		}
		if !slices.IsSortedFunc(a.Blocks, func(x, y providers.Block) int { return x.Start.Compare(y.Start) }) {
			t.Errorf("%s: blocks are not in order", a.Mailbox)
		}
	}
	for _, mailbox := range asked {
		if _, ok := out[mailbox]; !ok {
			t.Errorf("%s has no answer", mailbox)
		}
	}
	if len(out) != len(asked) {
		t.Errorf("%d answers for %d mailboxes", len(out), len(asked))
	}
	return out
}

func caseAvailabilityMany(t testing.TB, f Fixture) {
	for mailbox, a := range availability(t, f, f.Rooms, ahead(f, 1)) {
		if !a.Known() {
			t.Errorf("%s is unknown: %+v", mailbox, a.Problem)
		}
	}
}

func caseAvailabilityNobody(t testing.TB, f Fixture) {
	window := ahead(f, 1)
	got := availability(t, f, []providers.Address{f.Room, f.Nobody, f.Organizer}, window)
	nobody := got[f.Nobody]
	if nobody.Known() || nobody.Problem == nil || nobody.Problem.Class == "" {
		t.Errorf("nobody is known or has no problem: %+v", nobody)
	}
	if state, _ := nobody.State(window.Start); state != providers.Unknown || nobody.FreeFor(window) {
		t.Errorf("nobody counts as %s", state)
	}
	if !got[f.Room].Known() || !got[f.Organizer].Known() {
		t.Error("one unknown address spoils the answers of the others")
	}
}

func caseAvailabilityBooked(t testing.TB, f Fixture) {
	span := slot(t, f, f.Organizer, f.Room)
	if _, err := f.Provider.CreateEvent(t.Context(), draft(f, span, "booked")); err != nil {
		t.Fatal(err)
	}
	day := providers.Interval{Start: span.Start.Truncate(24 * time.Hour), End: span.Start.Truncate(24*time.Hour).AddDate(0, 0, 1)}
	waitFor(t, f, "availability of organiser and room shows the booking", func(ctx context.Context) bool {
		got, err := f.Provider.Availability(ctx, []providers.Address{f.Organizer, f.Room}, day)
		if broken(ctx, t, err) {
			return false
		}
		for _, a := range got {
			if a.FreeFor(span) {
				return false
			}
		}
		return len(got) == 2
	})
}
