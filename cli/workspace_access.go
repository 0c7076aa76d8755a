package cli

import (
	"context"
	"reflect"
	"time"

	"roomdesk/providers"
	"roomdesk/tui"
)

// accessEvery is how often what single mailboxes allow is concluded again.
const accessEvery = 15 * time.Second

// followAccess concludes from what is known anyway, failed readings and calendars, what
// single mailboxes do not allow.
func (w *workspace) followAccess(ctx context.Context) error {
	ticker := time.NewTicker(accessEvery)
	defer ticker.Stop()
	for {
		known := map[providers.Address]providers.Access{}
		mailboxes, err := w.engine.Status(ctx)
		if err != nil && ctx.Err() == nil {
			w.app.log.Warn("what mailboxes allow is not known", "error", err)
		}
		for _, s := range mailboxes {
			if a := providers.ProblemAccess(s.Mailbox, s.Problem); a.Level != "" {
				known[s.Mailbox] = a
			}
		}
		if organizer := w.organizer(); organizer != "" {
			calendars, err := w.Calendars(ctx, organizer)
			a := providers.CalendarAccess(organizer, calendars)
			if err != nil {
				a = providers.ProblemAccess(organizer, providers.ProblemOf(err, w.app.deps.Now()))
			}
			if len(a.Denied) > 0 {
				known[organizer] = a.With(known[organizer])
			}
		}
		limits := limitsOf(w.app.asConfigured(w.connection))
		w.mu.Lock()
		changed := !reflect.DeepEqual(w.allowed, known) || w.limits != limits
		w.allowed, w.limits = known, limits
		w.mu.Unlock()
		if changed {
			w.hub.add(tui.Changes{Sync: true})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// mayDo refuses a write that role or chosen level leave out before it is stored; the
// attempt is in the audit trail.
func (w *workspace) mayDo(verb providers.Verb) error {
	err := w.provider.Refuses(verb)
	if err != nil {
		w.noteRefused(verb)
	}
	return err
}
