package cli

import (
	"context"
	"slices"
	stdsync "sync"
	"time"

	"roomdesk/audit"
	"roomdesk/providers"
	"roomdesk/tui"
)

// mover moves an organisation's mailboxes for a person: what it does is in the audit
// trail, each mailbox on a line of its own (PRODUCT P4), and others are refused by role.
type mover struct {
	tui.Mover
	end     func() error // of the engine
	session *session
	mu      stdsync.Mutex
	known   map[providers.Address]providers.MoveState // by the last look
}

// newMover gives the migration of an organisation with two providers; nil where there
// is one. told learns of each step; nil: nobody.
func (s *session) newMover(told func(tui.Changes)) *mover {
	if told == nil {
		told = func(tui.Changes) {}
	}
	movers := moverOf
	if s.app.movers != nil {
		movers = s.app.movers
	}
	e := movers(s, told)
	if e == nil {
		return nil
	}
	return &mover{Mover: e, end: e.Close, session: s}
}

// metaNoted is where the store keeps until when changes of providers are in the trail.
const metaNoted = "cli.migration.noted"

// Migration implements [tui.Mover]. What changed over since the last look is written
// into the trail.
func (w *mover) Migration(ctx context.Context) (providers.Migration, bool, error) {
	now, have, err := w.Mover.Migration(ctx)
	if err != nil || !have || !w.session.mayWrite() {
		return now, have, err // what another process does is its to write down
	}
	if err := w.note(ctx, now); err != nil {
		w.session.app.log.Warn("which mailboxes changed over is not in the audit trail", "error", err)
	}
	return now, true, nil
}

// note writes down which mailboxes changed over since the last look, also where that
// was in a process that died.
func (w *mover) note(ctx context.Context, now providers.Migration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var noted time.Time
	if w.known == nil {
		text, err := w.session.store.Meta(ctx, metaNoted)
		if err != nil {
			return err
		}
		noted, _ = time.Parse(time.RFC3339Nano, text) // nothing was written yet
	}
	newest := noted
	for _, b := range now.Mailboxes {
		was, seen := w.known[b.Mailbox]
		if seen && was == b.State || w.known == nil && !b.Moved.After(noted) {
			continue
		}
		switch b.State {
		case providers.MoveMoved:
			w.line("migrate", b.Mailbox, now.FromProvider, now.ToProvider)
		case providers.MoveReturned:
			w.line("return", b.Mailbox, now.ToProvider, now.FromProvider)
		default:
			continue
		}
		if b.Moved.After(newest) {
			newest = b.Moved
		}
	}
	w.known = make(map[providers.Address]providers.MoveState, len(now.Mailboxes))
	for _, b := range now.Mailboxes {
		w.known[b.Mailbox] = b.State
	}
	if !newest.After(noted) {
		return nil
	}
	return w.session.store.SetMeta(ctx, metaNoted, newest.UTC().Format(time.RFC3339Nano))
}

// protocolOf is how other programs name the way to a provider's calendars.
func protocolOf(provider string) string {
	if provider == "graph" {
		return providers.ProtocolGraph
	}
	return providers.ProtocolExchange
}

func (w *mover) line(action string, mailbox providers.Address, was, is string) {
	w.session.app.noteRecord(w.session.connection, audit.Record{
		Action: action, Mailbox: mailbox, Was: []string{protocolOf(was)}, Is: []string{protocolOf(is)}, Result: audit.Done,
	})
}

// begin is before mailboxes are moved: who asked for what is in the trail, and the
// states from which steps are told.
func (w *mover) begin(ctx context.Context, action string, what ...string) error {
	if err := w.session.provider.Refuses(providers.VerbAdminister); err != nil {
		w.session.app.noteRecord(w.session.connection, audit.Record{Action: action, Is: what, Result: audit.Refused, Class: providers.NotAllowed})
		return err
	}
	if _, _, err := w.Migration(ctx); err != nil {
		return err
	}
	_, err := w.session.trail.Append(ctx, audit.Record{Action: action, Is: what})
	return err
}

// choiceWords name the mailboxes of a choice for the trail.
func choiceWords(c providers.MigrationChoice) []string {
	var out []string
	switch {
	case c.All:
		out = append(out, "all mailboxes")
	case c.Pilot:
		out = append(out, "the pilot group")
	}
	for _, mailbox := range c.Mailboxes {
		out = append(out, string(mailbox))
	}
	if c.EvenIfDifferent {
		out = append(out, "even where something differs")
	}
	return out
}

// PlanMigration implements [tui.Mover].
func (w *mover) PlanMigration(ctx context.Context) (providers.Migration, error) {
	if err := w.begin(ctx, "compare providers"); err != nil {
		return providers.Migration{}, err
	}
	return w.Mover.PlanMigration(ctx)
}

// SetPilot implements [tui.Mover].
func (w *mover) SetPilot(ctx context.Context, mailboxes []providers.Address) (providers.Migration, error) {
	if err := w.begin(ctx, "pilot group", choiceWords(providers.MigrationChoice{Mailboxes: mailboxes})...); err != nil {
		return providers.Migration{}, err
	}
	return w.Mover.SetPilot(ctx, mailboxes)
}

// MoveMailboxes implements [tui.Mover].
func (w *mover) MoveMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	if err := w.begin(ctx, "migrate", choiceWords(choice)...); err != nil {
		return providers.Migration{}, err
	}
	return w.Mover.MoveMailboxes(ctx, choice)
}

// ReturnMailboxes implements [tui.Mover].
func (w *mover) ReturnMailboxes(ctx context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	if err := w.begin(ctx, "return", choiceWords(choice)...); err != nil {
		return providers.Migration{}, err
	}
	return w.Mover.ReturnMailboxes(ctx, choice)
}

// StopMigration implements [tui.Mover].
func (w *mover) StopMigration(ctx context.Context) (providers.Migration, error) {
	if err := w.begin(ctx, "stop migration"); err != nil {
		return providers.Migration{}, err
	}
	return w.Mover.StopMigration(ctx)
}

// FinishMigration implements [tui.Mover].
func (w *mover) FinishMigration(ctx context.Context) (providers.Migration, error) {
	if err := w.begin(ctx, "finish migration"); err != nil {
		return providers.Migration{}, err
	}
	return w.Mover.FinishMigration(ctx)
}

// chosen are the mailboxes that a choice names.
func chosen(m providers.Migration, c providers.MigrationChoice) []providers.MailboxMove {
	var out []providers.MailboxMove
	for _, b := range m.Mailboxes {
		if c.All || c.Pilot && b.Pilot || slices.Contains(c.Mailboxes, b.Mailbox) {
			out = append(out, b)
		}
	}
	return out
}
