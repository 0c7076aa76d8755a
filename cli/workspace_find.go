package cli

import (
	"context"
	stdsync "sync"
	"time"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/providers/zones"
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

// EquipmentWords implements [tui.Workspace].
func (w *workspace) EquipmentWords() (*providers.EquipmentWords, error) {
	words, changed, err := w.words.get()
	if changed {
		w.finders.forget()
		w.hub.add(tui.Changes{Rooms: true})
	}
	return words, err
}

// wordsEvery is how often the file of words is looked at.
const wordsEvery = 2 * time.Second

// followWords takes the words anew when their file changes; that it cannot be read
// is told once.
func (w *workspace) followWords(ctx context.Context) error {
	ticker := time.NewTicker(wordsEvery)
	defer ticker.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		text := ""
		if _, err := w.EquipmentWords(); err != nil {
			text = err.Error()
		}
		switch {
		case text == told:
		case text == "":
			w.hub.add(tui.Changes{Notices: []tui.Notice{{Text: "the words for equipment are read again", About: "words"}}})
		default:
			w.hub.add(tui.Changes{Notices: []tui.Notice{{Text: "the words for equipment stay as they were: " + text, Bad: true, About: "words"}}})
		}
		told = text
	}
}

// finder is the finder over the mirror's rooms and people.
func (w *workspace) finder(ctx context.Context) (*finder.Finder, error) {
	words, _ := w.EquipmentWords() // told by followWords; those of before hold
	return w.finders.get(func() (*finder.Finder, error) {
		rooms, err := w.store.Rooms(ctx)
		if err != nil {
			return nil, err
		}
		people, err := w.store.People(ctx)
		return finder.NewWith(rooms, people, words), err
	})
}

func (w *workspace) surroundings(finds *finder.Finder, q tui.FindQuestion, now time.Time) wish.Surroundings {
	words, _ := w.EquipmentWords()
	return wish.Surroundings{Now: now, Zone: q.Zone, Otherwise: q.Otherwise, ZoneOf: finds.ZoneOf, Zones: zones.ZoneNames(), Words: words}
}

// Find implements [tui.Workspace].
func (w *workspace) Find(ctx context.Context, q tui.FindQuestion) (providers.Finding, error) {
	finds, understood, err := w.understand(ctx, q)
	if err != nil {
		return providers.Finding{}, err
	}
	now := w.app.deps.Now()
	question := finder.Question{Wish: understood, Now: now, Limit: q.Limit, Explain: q.Explain, Organizer: providers.Address(w.connection.Organizer)}
	if question.Rules, question.Habits, err = expectations(ctx, w.store, now); err != nil {
		return providers.Finding{}, err
	}
	if understood.Repeat != nil {
		_, _, problems := finds.Rooms(question)
		return providers.Finding{Meaning: understood.Meaning, Problems: problems, Repeats: understood.Repeat.Words(), Span: understood.Span, Zone: understood.Zone}, nil
	}
	return finds.Find(ctx, question, w.store.Availability)
}
