package cli

import (
	"context"
	"fmt"
	"strings"

	"roomdesk/providers"
)

// choose reads which mailboxes are meant: exactly one of names, the pilot group or all.
func (w *mover) choose(ctx context.Context, m providers.Migration, args []string, f migrateFlags) (providers.MigrationChoice, error) {
	c := providers.MigrationChoice{Pilot: f.pilot, All: f.all, EvenIfDifferent: f.different}
	ways := 0
	for _, given := range []bool{len(args) > 0, f.pilot, f.all} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return c, usage("name mailboxes, or give --pilot or --all", "it is not clear which mailboxes are meant")
	}
	for _, text := range args {
		mailbox, err := movedMailbox(m, text)
		if err != nil {
			return c, err
		}
		c.Mailboxes = append(c.Mailboxes, mailbox)
	}
	if len(chosen(m, c)) == 0 {
		return c, failed("choose one: roomdesk migrate pilot M...", "the pilot group has nobody")
	}
	return c, ctx.Err()
}

// movedMailbox finds a mailbox of the migration by its address or its name.
func movedMailbox(m providers.Migration, text string) (providers.Address, error) {
	var found []providers.Address
	for _, b := range m.Mailboxes {
		switch {
		case strings.EqualFold(string(b.Mailbox), text):
			return b.Mailbox, nil
		case strings.EqualFold(b.Name.Or(""), text), strings.EqualFold(b.Mailbox.Local(), text):
			found = append(found, b.Mailbox)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", usage("see roomdesk migrate report --all", "the migration has no mailbox %q", providers.Sanitise(text))
	}
	return "", usage("give the address", "%q names %d mailboxes", providers.Sanitise(text), len(found))
}

func (a *app) migratePilot(ctx context.Context, w *mover, args []string, none bool) error {
	m, err := w.migration(ctx)
	if err != nil {
		return err
	}
	if none && len(args) > 0 {
		return usage("leave out one of them", "--none and mailboxes exclude each other")
	}
	if none || len(args) > 0 {
		if err := w.may(); err != nil {
			return err
		}
		var group []providers.Address
		for _, text := range args {
			mailbox, err := movedMailbox(m, text)
			if err != nil {
				return err
			}
			group = append(group, mailbox)
		}
		if m, err = w.SetPilot(ctx, group); err != nil {
			return err
		}
	}
	var boxes []providers.MailboxMove
	for _, b := range m.Mailboxes {
		if b.Pilot {
			boxes = append(boxes, b)
		}
	}
	if a.out.format == formatJSON {
		m.Mailboxes = boxes
		return a.out.json(a.out.migration(m).Mailboxes)
	}
	return a.moveTable(boxes, "Nobody belongs to the pilot group.")
}

func (a *app) migrateMove(ctx context.Context, w *mover, args []string, f migrateFlags) error {
	m, err := w.migration(ctx)
	if err != nil {
		return err
	}
	choice, err := w.choose(ctx, m, args, f)
	if err != nil {
		return err
	}
	if f.name != "" && !f.all {
		return usage("leave it out", "--yes NAME belongs to --all")
	}
	if err := w.may(); err != nil {
		return err
	}
	if f.all {
		if err := a.confirmMoveAll(ctx, w, m, f); err != nil {
			return err
		}
	}
	if _, err := w.MoveMailboxes(ctx, choice); err != nil {
		return err
	}
	return a.migrateEnd(ctx, w, "moving", func(now providers.Migration) error {
		return a.judge(chosen(now, choice), "moved", providers.MoveMoved, providers.MoveFinished)
	})
}

// confirmMoveAll wants the tenant's name.
func (a *app) confirmMoveAll(ctx context.Context, w *mover, m providers.Migration, f migrateFlags) error {
	name := w.session.tenantName(ctx)
	typed := f.name
	if typed == "" {
		if !terminal(a.deps.Stdin) {
			return usage("give --yes NAME with the tenant's name", "moving all mailboxes wants the tenant's name, and nobody can be asked here")
		}
		if widerScope(m.Scope) {
			a.out.say("%s", providers.Sanitise(m.Scope.Words))
		}
		a.out.say("%s can be moved; in %s something differs, %s stay.", mailboxCount(m.Count(providers.MoveReady, providers.MoveReturned)),
			fmt.Sprint(m.Count(providers.MoveDiffers)), fmt.Sprint(m.Count(providers.MoveBlocked)))
		var err error
		if typed, err = a.ask(ctx, "Type the tenant's name, "+name+", to move all: "); err != nil {
			return err
		}
	}
	if !strings.EqualFold(strings.TrimSpace(typed), name) {
		return failed("", "nothing was moved: that is not the tenant's name, %s", name)
	}
	return nil
}

// mailboxCount is a number of them in words.
func mailboxCount(n int) string {
	if n == 1 {
		return "1 mailbox"
	}
	return fmt.Sprint(n) + " mailboxes"
}

// tenantName is what the tenant is called, as the console's first line has it.
func (s *session) tenantName(ctx context.Context) string {
	name, err := s.store.Meta(ctx, metaTenantName)
	if err != nil || name == "" {
		if identity, err := s.provider.Identify(ctx); err == nil {
			name = identity.TenantName.Raw()
		}
	}
	return providers.Outside(name).Or(s.connection.Name)
}

// judge turns what became of the chosen mailboxes into the exit code.
func (a *app) judge(boxes []providers.MailboxMove, word string, reached ...providers.MoveState) error {
	done := 0
	var left []providers.MailboxMove
	for _, b := range boxes {
		ok := false
		for _, state := range reached {
			ok = ok || b.State == state
		}
		if ok {
			done++
			continue
		}
		left = append(left, b)
	}
	if len(left) == 0 {
		return nil
	}
	for i, b := range left {
		if i == 10 {
			a.out.say("roomdesk: … and %d more", len(left)-10)
			break
		}
		why := b.Why
		if why == "" {
			why = string(b.State)
		}
		a.out.say("roomdesk: not %s: %s: %s", word, b.Mailbox, providers.Sanitise(why))
	}
	if done == 0 {
		return told(exitFailed)
	}
	return told(exitPartly)
}

func (a *app) migrateReturn(ctx context.Context, w *mover, args []string, f migrateFlags) error {
	m, err := w.migration(ctx)
	if err != nil {
		return err
	}
	choice, err := w.choose(ctx, m, args, f)
	if err != nil {
		return err
	}
	if err := w.may(); err != nil {
		return err
	}
	moved := 0
	for _, b := range chosen(m, choice) {
		if b.State == providers.MoveMoved {
			moved++
			continue
		}
		if len(choice.Mailboxes) > 0 {
			return failed("", "%s is not moved: %s", b.Mailbox, b.State)
		}
	}
	if moved == 0 {
		return failed("", "no mailbox is moved")
	}
	if !f.yes {
		if !terminal(a.deps.Stdin) {
			return usage("repeat with --yes", "taking mailboxes back needs a confirmation, and nobody can be asked here")
		}
		if err := a.confirm(ctx, fmt.Sprintf("Take %s back? (y/N) ", mailboxCount(moved))); err != nil {
			return err
		}
	}
	going := map[providers.Address]bool{}
	for _, b := range chosen(m, choice) {
		going[b.Mailbox] = b.State == providers.MoveMoved
	}
	if _, err := w.ReturnMailboxes(ctx, choice); err != nil {
		return err
	}
	return a.migrateEnd(ctx, w, "taking back", func(now providers.Migration) error {
		var boxes []providers.MailboxMove
		for _, b := range now.Mailboxes {
			if going[b.Mailbox] {
				boxes = append(boxes, b)
			}
		}
		return a.judge(boxes, "taken back", providers.MoveReturned, providers.MoveReady)
	})
}

func (a *app) migrateFinish(ctx context.Context, w *mover, yes bool) error {
	m, err := w.migration(ctx)
	if err != nil {
		return err
	}
	if err := w.may(); err != nil {
		return err
	}
	if !yes {
		if !terminal(a.deps.Stdin) {
			return usage("repeat with --yes", "giving up the way back needs a confirmation, and nobody can be asked here")
		}
		a.out.say("%s can then not be taken back: the reading positions of %s are dropped. Report, journal and bookings stay.", mailboxCount(m.Count(providers.MoveMoved)), m.From)
		if err := a.confirm(ctx, "Give up the way back? (y/N) "); err != nil {
			return err
		}
	}
	if _, err := w.FinishMigration(ctx); err != nil {
		return err
	}
	return a.migrateStatus(ctx, w)
}
