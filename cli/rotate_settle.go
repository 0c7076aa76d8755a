package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// settleRotation removes previous credentials once the session read with the new ones.
// It is a convenience: what fails is left to the next time.
func (s *session) settleRotation(ctx context.Context) {
	for _, p := range s.parts() {
		c, store, waits := s.previousOf(p)
		if !waits {
			continue
		}
		if using, err := s.usesNewest(ctx, p, c, store); err != nil || !using {
			continue
		}
		if err := s.dropSettled(ctx, c, store); err != nil {
			s.app.log.Info("the credential before the current one is still in the keystore", "error", explain(err).sentence())
		}
	}
}

// previousOf is a part's connection as it is configured now, and the store of its
// credential, where that still holds the one before the current one.
func (s *session) previousOf(p part) (keystore.Connection, keystore.Store, bool) {
	c := s.app.asConfigured(p.connection)
	if c.Demo() || c.Spare != keystore.SparePrevious {
		return c, nil, false
	}
	store, err := s.app.secrets(c)
	if err != nil || store.Describe().ReadOnly {
		return c, nil, false
	}
	return c, store, true
}

// usesNewest reports whether a part has signed in with the credential that is in place
// now. Nothing is sent for it.
func (s *session) usesNewest(ctx context.Context, p part, c keystore.Connection, store keystore.Store) (bool, error) {
	found, err := stored(c.WithoutSpare(), store)(ctx)
	if err != nil {
		return false, err
	}
	used, ok := p.used()
	return ok && used.Same(found[0]), nil
}

func (s *session) dropSettled(ctx context.Context, c keystore.Connection, store keystore.Store) error {
	config, err := s.app.loadConfig()
	if err != nil {
		return err
	}
	now, found := config.Find(c.Name)
	if !found || now.Spare != c.Spare || now.SecretKey() != c.SecretKey() {
		return nil // exchanged once more meanwhile: that exchange has its own end
	}
	return s.app.dropPrevious(ctx, config, now, store)
}

// settling is how far a console has read with a new credential.
type settling struct{ read, total int }

// followRotations removes the old credential of each exchange, once a whole sync
// succeeded with the new one.
func (w *workspace) followRotations(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.exchanged:
		}
		for _, p := range w.parts() {
			for pause := identifyFirst; ctx.Err() == nil; pause = min(2*pause, identifyMost) {
				err := w.settlePart(ctx, p)
				if err == nil {
					break
				}
				w.app.log.Info("the old credential is kept", "connection", p.connection.Name, "error", explain(err).sentence())
				select {
				case <-ctx.Done():
				case <-w.exchanged:
				case <-time.After(pause):
				}
			}
		}
	}
}

// errNotYet is why an old credential is kept: the new one is not in use.
var errNotYet = errors.New("nothing was read with the new credential yet")

// settlePart waits for a whole sync with a part's new credential and removes the old one.
func (w *workspace) settlePart(ctx context.Context, p part) error {
	c, store, waits := w.previousOf(p)
	if !waits {
		return nil
	}
	defer w.noteSettling(c.Name, nil)
	if anew, ok := p.provider.(interface{ SignInAnew(context.Context) error }); ok {
		if err := anew.SignInAnew(ctx); err != nil {
			return err
		}
	}
	since := w.app.deps.Now()
	if using, err := w.usesNewest(ctx, p, c, store); err != nil || !using {
		return errors.Join(errNotYet, err)
	}
	if w.mayWrite() { // else another process syncs, with what it signs in with itself
		w.engine.Retry()
		if err := w.wholeSync(ctx, p, c.Name, since); err != nil {
			return err
		}
	}
	if err := w.dropSettled(ctx, c, store); err != nil {
		return err
	}
	w.hub.add(tui.Changes{Sync: true, Notices: []tui.Notice{{Text: "A whole sync succeeded with the new credential of " + c.Name + ": the old one is removed here."}}})
	return nil
}

// wholeSync waits until a whole sync of a part succeeded since then; see [settlingOf].
func (w *workspace) wholeSync(ctx context.Context, p part, name string, since time.Time) error {
	var seen uint64
	for {
		statuses, err := w.engine.Status(ctx)
		if err != nil {
			return err
		}
		statuses = slices.DeleteFunc(slices.Clone(statuses), func(s providers.MailboxStatus) bool { return !w.at(p, s.Mailbox) })
		now, whole := settlingOf(statuses, since)
		w.noteSettling(name, &now)
		if whole && (len(statuses) > 0 || w.engine.Progress().Phase == providers.PhaseChanges) {
			return nil
		}
		update, err := w.engine.Wait(ctx, seen)
		if err != nil {
			return err
		}
		seen = update.Seq
	}
}

// settlingOf counts the mailboxes that were read since then, and reports whether all of
// them were. One that fails for a reason of its own does not hold it up; where nobody is
// reached, or signed in, nothing was read, and that is no success.
func settlingOf(statuses []providers.MailboxStatus, since time.Time) (now settling, whole bool) {
	for i := range statuses {
		s := &statuses[i]
		if s.Problem != nil {
			switch s.Problem.Class {
			case providers.SignedOut, providers.Unreachable, providers.UntrustedHost, providers.Local, providers.Throttled:
			default:
				continue
			}
		}
		now.total++
		if s.Problem == nil && s.LastGood.After(since) {
			now.read++
		}
	}
	return now, now.read == now.total && (now.read > 0 || len(statuses) == 0)
}

// at reports whether a mailbox is reached through a part of the organisation.
func (w *workspace) at(p part, mailbox providers.Address) bool {
	if len(w.members) < 2 {
		return true
	}
	home, known := w.homes.all()[mailbox]
	return known && home.Provider == p.connection.Provider
}

func (w *workspace) noteSettling(name string, now *settling) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now == nil {
		delete(w.settling, name)
		return
	}
	if w.settling == nil {
		w.settling = map[string]settling{}
	}
	w.settling[name] = *now
}
