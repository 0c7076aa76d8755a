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

// organizerEvery is how often the organizer's calendar is asked what it allows: all
// that is written is written there, and it may be left out of a limit any day.
const organizerEvery = 10 * time.Minute

// askOrganizer asks what the organizer's calendar allows; where nobody answers, the
// mirror tells what it was.
func (w *workspace) askOrganizer(ctx context.Context, organizer providers.Address) (providers.Access, error) {
	calendars, err := w.provider.Calendars(ctx, organizer)
	if err != nil {
		if a := providers.ProblemAccess(organizer, providers.ProblemOf(err, w.app.deps.Now())); a.Level != "" {
			return a, nil
		}
		if calendars, err = w.store.Calendars(ctx, organizer); err != nil {
			return providers.Access{}, err
		}
	} else if w.mayWrite() {
		if _, err := w.store.SetCalendars(ctx, organizer, calendars); err != nil {
			return providers.Access{}, err
		}
	}
	return providers.CalendarAccess(organizer, calendars), nil
}

// followAccess concludes from what is known anyway, failed readings and calendars, what
// single mailboxes do not allow.
func (w *workspace) followAccess(ctx context.Context) error {
	ticker := time.NewTicker(accessEvery)
	defer ticker.Stop()
	var asked time.Time      // when the organizer's calendar was asked for
	var own providers.Access // what it said
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
			if now := w.app.deps.Now(); now.Sub(asked) >= organizerEvery {
				if a, err := w.askOrganizer(ctx, organizer); err == nil {
					own, asked = a, now
				}
			}
			if len(own.Denied) > 0 {
				known[organizer] = own.With(known[organizer])
			}
		}
		limits := w.limitsNow()
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
