package cli

import (
	"context"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/tui"
)

// gapsEvery is how often it is looked whether a side of an organisation can be asked.
const gapsEvery = time.Second

// gapWords says what of an organisation cannot be asked, and since when: "5 rooms on
// premises cannot be asked since 14:03: the service cannot be reached"; "" for nothing.
func (s *session) gapWords(ctx context.Context, zone *time.Location) (string, error) {
	if s.whole == nil {
		return "", nil
	}
	gaps := s.whole.Gaps()
	if len(gaps) == 0 {
		return "", nil
	}
	rooms, err := s.store.Rooms(ctx)
	if err != nil {
		return "", err
	}
	counts := map[string]int{}
	for _, r := range s.atHome(rooms) {
		counts[r.Provider]++
	}
	now := s.app.deps.Now().In(zone)
	var words []string
	for _, g := range gaps {
		at := g.Since.In(zone)
		since := at.Format("15:04")
		if at.Format(time.DateOnly) != now.Format(time.DateOnly) {
			since = at.Format("2 Jan 15:04")
		}
		words = append(words, plural(counts[g.Provider], "room", g.Where)+" cannot be asked since "+since+": "+g.Problem.What())
	}
	return strings.Join(words, "; "), nil
}

// sayGaps tells what was left out of an answer because nobody could be asked.
func (s *session) sayGaps(ctx context.Context) {
	words, err := s.gapWords(ctx, s.app.out.zone)
	if err == nil && words != "" {
		s.app.out.say("roomdesk: %s", providers.Sanitise(words))
	}
}

// followGaps tells the console when a side of the organisation cannot be asked, and when
// it can again.
func (w *workspace) followGaps(ctx context.Context) error {
	if w.whole == nil {
		return nil
	}
	ticker := time.NewTicker(gapsEvery)
	defer ticker.Stop()
	for {
		words, err := w.gapWords(ctx, w.app.deps.Zone)
		if err != nil && ctx.Err() == nil {
			w.app.log.Warn("what cannot be asked is not known", "error", err)
		}
		w.mu.Lock()
		was := w.gap
		if err == nil {
			w.gap = words
		}
		w.mu.Unlock()
		if err == nil && was != words {
			changes := tui.Changes{Sync: true, All: true}
			switch {
			case words == "":
				changes.Notices = append(changes.Notices, tui.Notice{Text: "All rooms can be asked again.", About: "gap"})
			default: // also where it became another
				changes.Notices = append(changes.Notices, tui.Notice{Text: words + ". The other rooms go on.", Bad: true, About: "gap"})
			}
			w.hub.add(changes)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
