package cli

import (
	"context"
	"slices"
	stdsync "sync"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/tui"
)

// finders keeps the finder of the latest lists of rooms and people.
type finders struct {
	mu   stdsync.Mutex
	have *finder.Finder
}

// forget makes the next question read the lists again.
func (f *finders) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.have = nil
}

func (f *finders) get(make func() (*finder.Finder, error)) (*finder.Finder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.have == nil {
		made, err := make()
		if err != nil {
			return nil, err
		}
		f.have = made
	}
	return f.have, nil
}

// Find implements [tui.Workspace].
func (w *workspace) Find(ctx context.Context, q tui.FindQuestion) (providers.Finding, error) {
	finds, err := w.finders.get(func() (*finder.Finder, error) {
		rooms, err := w.store.Rooms(ctx)
		if err != nil {
			return nil, err
		}
		people, err := w.store.People(ctx)
		return finder.New(rooms, people), err
	})
	if err != nil {
		return providers.Finding{}, err
	}
	now := w.app.deps.Now()
	understood := wish.Read(q.Line, wish.Surroundings{Now: now, Zone: q.Zone, Otherwise: q.Otherwise, ZoneOf: finds.ZoneOf, Zones: graph.ZoneNames()})
	if understood.Repeat != nil && len(understood.Problems) == 0 {
		understood.Problems = append(slices.Clone(understood.Problems), "a series is planned on the command line only, with roomdesk rooms find: leave the repetition out")
	}
	if instead := q.Instead; !instead.Start.IsZero() {
		understood = understood.At(instead, now)
	}
	question := finder.Question{Wish: understood, Now: now, Limit: q.Limit, Explain: q.Explain, Organizer: providers.Address(w.connection.Organizer)}
	if question.Rules, question.Habits, err = expectations(ctx, w.store, now); err != nil {
		return providers.Finding{}, err
	}
	return finds.Find(ctx, question, w.store.Availability)
}
