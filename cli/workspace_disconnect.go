package cli

import (
	"context"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// The part of [tui.Workspace] that takes connections away.

// chosenConnection finds a configured connection; active where it is the console's
// own, of which the mirror is open.
func (w *workspace) chosenConnection(name string) (config *keystore.Config, c keystore.Connection, active bool, err error) {
	if w.demo {
		return nil, c, false, &providers.Error{Class: providers.Unsupported, Op: "disconnecting", Message: providers.Outside("the simulated tenant ends with the console")}
	}
	if err := w.provider.Refuses(providers.VerbAdminister); err != nil {
		return nil, c, false, err
	}
	if config, err = w.app.loadConfig(); err != nil {
		return nil, c, false, err
	}
	c, err = findConnection(config, name)
	return config, c, name == w.connection.Name, err
}

// PlanDisconnect implements [tui.Disconnecter].
func (w *workspace) PlanDisconnect(ctx context.Context, name string, keepMirror bool) (tui.Disconnection, error) {
	_, c, active, err := w.chosenConnection(name)
	if err != nil {
		return tui.Disconnection{}, err
	}
	secrets, err := w.app.secrets(c)
	if err != nil {
		return tui.Disconnection{}, err
	}
	return disconnectionOf(w.planOf(ctx, c, secrets, keepMirror, active)), nil
}

func (w *workspace) planOf(ctx context.Context, c keystore.Connection, secrets keystore.Store, keepMirror, active bool) disconnectObject {
	if active {
		return w.app.disconnectPlan(ctx, c, secrets, keepMirror, w.store)
	}
	return w.app.disconnectPlan(ctx, c, secrets, keepMirror, nil)
}

func disconnectionOf(plan disconnectObject) tui.Disconnection {
	d := tui.Disconnection{Tenant: plan.TenantName, Stops: plan.Stops, Deletes: plan.Deletes, Stays: plan.Stays, Remains: plan.Remains}
	for _, p := range plan.Pending {
		d.Pending = append(d.Pending, p.words())
	}
	return d
}

// Disconnect implements [tui.Disconnecter].
func (w *workspace) Disconnect(ctx context.Context, name string, how tui.DisconnectHow) (tui.Disconnection, error) {
	config, c, active, err := w.chosenConnection(name)
	if err != nil {
		return tui.Disconnection{}, err
	}
	secrets, err := w.app.secrets(c)
	if err != nil {
		return tui.Disconnection{}, err
	}
	plan := w.planOf(ctx, c, secrets, how.KeepMirror, active)
	if err := plan.blocked(how.Abandon); err != nil {
		return tui.Disconnection{}, err
	}
	if holder := w.otherHolder(ctx, c, active); holder != "" {
		return tui.Disconnection{}, failed("close it, then repeat", "connection %s is in use by %s", name, holder)
	}
	if err := w.app.cutOff(config, c); err != nil {
		return tui.Disconnection{}, err
	}
	if active {
		w.goDown(ctx)
	}
	// The console's own mirror is open: it goes when the console has ended.
	plan.Remains = w.app.removeConnection(ctx, c, secrets, !how.KeepMirror && !active)
	done := disconnectionOf(plan)
	if active && !how.KeepMirror {
		w.eraseAtEnd.Store(true)
		done.Ends = len(plan.Remains) == 0
	}
	w.hub.add(tui.Changes{Sync: true, All: true})
	return done, nil
}

// otherHolder is the process that syncs the connection's mirror, other than this one.
func (w *workspace) otherHolder(ctx context.Context, c keystore.Connection, active bool) string {
	if active {
		return w.store.Holder()
	}
	return mirrorHolder(ctx, w.app.mirrorPath(c))
}

// goDown ends all that talks to the tenant; the mirror stays open.
func (w *workspace) goDown(ctx context.Context) {
	w.mu.Lock()
	w.gone = *w.app.disconnectTime()
	stop, ended := w.stop, w.ended
	w.mu.Unlock()
	if stop != nil {
		stop()
		select {
		case <-ended:
		case <-ctx.Done():
		}
	}
	// Tokens in memory go with the provider.
	_ = w.provider.Close() // its error is always nil
}

// disconnectedSince is since when nothing is read any more; zero: it is.
func (w *workspace) disconnectedSince() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone.IsZero() && w.connection.Disconnected != nil {
		return *w.connection.Disconnected
	}
	return w.gone
}

// downAccess is what a disconnected connection allows: to look.
func downAccess() providers.Access {
	const why = "this connection is disconnected"
	a := providers.Access{Level: providers.NoAccess, Denied: map[providers.Verb]string{}}
	for _, v := range []providers.Verb{providers.VerbBook, providers.VerbChange, providers.VerbCancel, providers.VerbRelocate, providers.VerbTeams} {
		a.Denied[v] = why
	}
	return a
}

// aged marks free/busy as what it was when the connection ended: never as current.
func aged(all map[providers.Address]providers.Availability, since time.Time) map[providers.Address]providers.Availability {
	for mailbox, a := range all {
		if a.Problem == nil {
			a.Problem = &providers.Problem{Class: providers.SignedOut, Message: providers.Outside("disconnected"), Since: since}
			all[mailbox] = a
		}
	}
	return all
}

// eraseLeft removes what a disconnection in the console could not while it was open.
func (s *session) eraseLeft(ctx context.Context) error {
	if !s.eraseAtEnd.Load() {
		return nil
	}
	secrets, err := s.app.secrets(s.connection)
	if err != nil {
		return err
	}
	remains := s.app.removeConnection(ctx, s.connection, secrets, true)
	if len(remains) == 0 {
		s.app.out.say("Disconnected %s.", s.connection.Name)
		return nil
	}
	return s.app.reportDisconnect(disconnectObject{Name: s.connection.Name, Disconnected: true, Remains: remains})
}
