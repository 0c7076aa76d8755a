package cli

import (
	"context"
	"net/url"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/tui"
)

// The part of [tui.Workspace] about profiles and switches.

// Profiles implements [tui.ProfileDesk].
func (w *workspace) Profiles(ctx context.Context) ([]providers.Profile, error) {
	return w.session.profiles(ctx)
}

// Authorise implements [tui.ProfileDesk].
func (w *workspace) Authorise(ctx context.Context, mailbox providers.Address) (providers.Migration, error) {
	mover, err := w.moving()
	if err != nil {
		return providers.Migration{}, err
	}
	config, err := w.app.loadConfig()
	if err != nil {
		return providers.Migration{}, err
	}
	m, have, err := mover.Migration(ctx)
	switch {
	case err != nil:
		return m, err
	case !have:
		return m, &providers.Error{Class: providers.Unsupported, Op: "authorising again", Mailbox: mailbox, Message: providers.Outside("nothing was compared yet: m in Connections compares both sides")}
	}
	choice := providers.MigrationChoice{Mailboxes: []providers.Address{mailbox}}
	if w.app.graphOn(config) == (m.ToProvider == "graph") {
		return mover.MoveMailboxes(ctx, choice)
	}
	return mover.ReturnMailboxes(ctx, choice)
}

// Switches implements [tui.ProfileDesk].
func (w *workspace) Switches(context.Context) ([]providers.Feature, error) {
	config, err := w.app.loadConfig()
	if err != nil {
		return nil, err
	}
	return []providers.Feature{w.app.feature(config)}, nil
}

// SetSwitch implements [tui.ProfileDesk].
func (w *workspace) SetSwitch(_ context.Context, _ string, on bool) error {
	config, err := w.app.loadConfig()
	if err != nil {
		return err
	}
	if on {
		return w.app.changeFeature(config, "on")
	}
	return w.app.changeFeature(config, "off")
}

// endingEvery is how often it is counted what still uses a protocol that ends.
const endingEvery = 15 * time.Second

// online reports whether a connection reaches Exchange Online, which ends EWS; servers
// on premises keep it.
func online(c keystore.Connection) bool {
	for _, text := range []string{c.Server, c.Audience} {
		if u, err := url.Parse(text); err == nil && c.Exchange() && ews.IsOnline(u.Hostname()) {
			return true
		}
	}
	return false
}

// endingOf counts what is left on EWS in Exchange Online.
func endingOf(connections []keystore.Connection, profiles []providers.Profile) tui.EndingWay {
	for _, c := range connections {
		if !online(c) || c.Disconnected != nil {
			continue
		}
		left := 0
		for _, p := range profiles {
			if p.Protocol == providers.ProtocolExchange {
				left++
			}
		}
		return tui.EndingWay{Name: "EWS", Ends: ews.EndOfOnline(), Left: left}
	}
	return tui.EndingWay{}
}

// followEnding keeps the countdown to the end of EWS in Exchange Online.
func (w *workspace) followEnding(ctx context.Context) error {
	ticker := time.NewTicker(endingEvery)
	defer ticker.Stop()
	for {
		var connections []keystore.Connection
		ends := false
		for _, p := range w.parts() {
			c := w.app.asConfigured(p.connection)
			connections = append(connections, c)
			ends = ends || online(c)
		}
		if ends {
			profiles, err := w.session.profiles(ctx)
			if err != nil && ctx.Err() == nil {
				w.app.log.Warn("what is left on EWS is not known", "error", err)
			}
			if err == nil {
				now := endingOf(connections, profiles)
				w.mu.Lock()
				changed := w.ending != now
				w.ending = now
				w.mu.Unlock()
				if changed {
					w.hub.add(tui.Changes{Sync: true})
				}
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.recount:
		case <-ticker.C:
		}
	}
}

// migrated tells the console, the desk and the countdown what came of moving mailboxes.
func (w *workspace) migrated(changes tui.Changes) {
	w.hub.add(changes)
	if len(changes.Mailboxes) > 0 {
		w.finders.forget()
		if err := w.desk.Noticed(context.Background(), changes.Mailboxes); err != nil {
			w.app.log.Warn("bookings cannot be compared with what changed", "error", err)
		}
	}
	w.countAgain()
}

// countAgain has the countdown counted anew.
func (w *workspace) countAgain() {
	select {
	case w.recount <- struct{}{}:
	default:
	}
}

// runMigration goes on with what a process that died had begun, and ends what is at
// work with the console.
func (w *workspace) runMigration(ctx context.Context) error {
	if w.mover == nil {
		return nil
	}
	if resumer, ok := w.mover.Mover.(interface{ Resume(context.Context) error }); ok {
		if err := resumer.Resume(ctx); err != nil && ctx.Err() == nil {
			w.app.log.Warn("the migration does not go on", "error", err)
		}
	}
	<-ctx.Done()
	return w.mover.end()
}
