package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

// migrateEvery is how often the journal is looked at while mailboxes move.
const migrateEvery = 200 * time.Millisecond

func (a *app) migrateCommand() *cobra.Command {
	var f migrateFlags
	command := &cobra.Command{
		Use:   "migrate",
		Short: "Move mailboxes from Exchange to Graph, or back, while their calendars stay readable",
		Long: "For an organisation with two connections: plan compares which mailboxes each side reaches, then both sides of every\n" +
			"mailbox, and moves nothing; report says in what they differ. pilot chooses a group, move moves it, others, or all.\n" +
			"Each mailbox changes over in one step. return takes back, finish gives up the way back. Without a command: status.",
		Example: "roomdesk migrate plan\nroomdesk migrate pilot aalto bauhaus\nroomdesk migrate move --pilot\nroomdesk migrate move --all --yes contoso",
		Args:    cobra.NoArgs,
		RunE:    a.migrateRun(func(ctx context.Context, w *mover, _ []string) error { return a.migrateStatus(ctx, w) }),
	}
	status := &cobra.Command{Use: "status", Short: "How far the migration is", Args: cobra.NoArgs,
		RunE: a.migrateRun(func(ctx context.Context, w *mover, _ []string) error { return a.migrateStatus(ctx, w) })}
	plan := &cobra.Command{Use: "plan", Short: "Compare both sides of every mailbox; moves nothing", Args: cobra.NoArgs,
		RunE: a.migrateRun(func(ctx context.Context, w *mover, _ []string) error { return a.migratePlan(ctx, w) })}
	pilot := &cobra.Command{Use: "pilot [M...]", Short: "Choose the group that moves first, or show it",
		RunE: a.migrateRun(func(ctx context.Context, w *mover, args []string) error { return a.migratePilot(ctx, w, args, f.none) })}
	pilot.Flags().BoolVar(&f.none, "none", false, "nobody belongs to the group any more")
	move := &cobra.Command{Use: "move (M... | --pilot | --all)", Short: "Move mailboxes to the new provider",
		RunE: a.migrateRun(func(ctx context.Context, w *mover, args []string) error { return a.migrateMove(ctx, w, args, f) })}
	move.Flags().BoolVar(&f.pilot, "pilot", false, "the pilot group")
	move.Flags().BoolVar(&f.all, "all", false, "all mailboxes; asks for the tenant's name")
	move.Flags().StringVar(&f.name, "yes", "", "with --all: the tenant's name, in place of being asked")
	move.Flags().BoolVar(&f.different, "even-if-different", false, "also mailboxes in which something differs")
	back := &cobra.Command{Use: "return (M... | --pilot | --all)", Short: "Take moved mailboxes back",
		RunE: a.migrateRun(func(ctx context.Context, w *mover, args []string) error { return a.migrateReturn(ctx, w, args, f) })}
	back.Flags().BoolVar(&f.pilot, "pilot", false, "the pilot group")
	back.Flags().BoolVar(&f.all, "all", false, "all that are moved")
	back.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	stop := &cobra.Command{Use: "stop", Short: "Let no further mailbox begin", Args: cobra.NoArgs,
		RunE: a.migrateRun(func(ctx context.Context, w *mover, _ []string) error {
			if _, err := w.StopMigration(ctx); err != nil {
				return err
			}
			return a.migrateEnd(ctx, w, "stopping", nil)
		})}
	finish := &cobra.Command{Use: "finish", Short: "Give up the way back", Args: cobra.NoArgs,
		RunE: a.migrateRun(func(ctx context.Context, w *mover, _ []string) error { return a.migrateFinish(ctx, w, f.yes) })}
	finish.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	command.AddCommand(plan, status, a.migrateReportCommand(), pilot, move, back, stop, finish)
	return command
}

type migrateFlags struct {
	pilot, all, yes, different, none bool
	name                             string
}

// migrateRun opens the organisation for an administrator.
func (a *app) migrateRun(work func(ctx context.Context, w *mover, args []string) error) func(*cobra.Command, []string) error {
	return a.run(func(ctx context.Context, args []string) error {
		return a.with(ctx, func(ctx context.Context, s *session) error {
			if err := a.mayAdminister(s.connection, "migrate"); err != nil {
				return err
			}
			w := s.newMover(nil)
			if w == nil {
				return failed("", "nothing can be moved: %s", s.whyNotMigrate())
			}
			return errors.Join(work(ctx, w, args), w.end())
		})
	})
}

// migration is the journal; a failure where nothing was compared yet.
func (w *mover) migration(ctx context.Context) (providers.Migration, error) {
	m, have, err := w.Migration(ctx)
	if err != nil {
		return m, err
	}
	if !have {
		return m, failed("compare both sides first: roomdesk migrate plan", "nothing was compared yet")
	}
	return m, nil
}

// may refuses to change anything while another process keeps the mirror.
func (w *mover) may() error {
	if holder := w.session.store.Holder(); holder != "" {
		return failed("do it there, or end that process first", "the mirror is kept by %s", providers.Sanitise(holder))
	}
	if why := w.WhyNotMigrate(); why != "" {
		return failed("", "nothing can be moved: %s", providers.Sanitise(why))
	}
	return nil
}

func (a *app) migrateStatus(ctx context.Context, w *mover) error {
	m, err := w.migration(ctx)
	if err != nil {
		return err
	}
	return a.printMigration(m)
}

func (a *app) migratePlan(ctx context.Context, w *mover) error {
	if err := w.may(); err != nil {
		return err
	}
	if _, err := w.PlanMigration(ctx); err != nil {
		return err
	}
	return a.migrateEnd(ctx, w, "comparing", func(m providers.Migration) error {
		if wrong := m.Count(providers.MoveDiffers, providers.MoveBlocked, providers.MovePlanned); wrong > 0 || widerScope(m.Scope) {
			if widerScope(m.Scope) {
				a.out.say("roomdesk: %s", providers.Sanitise(m.Scope.Words))
			}
			if wrong > 0 {
				a.out.say("roomdesk: %s cannot be moved as they are: see roomdesk migrate report", mailboxCount(wrong))
			}
			return told(exitPartly)
		}
		return nil
	})
}

// migrateEnd waits until nothing is under way any more, with the progress shown, prints
// the journal, and judges.
func (a *app) migrateEnd(ctx context.Context, w *mover, what string, judge func(providers.Migration) error) error {
	bar := a.progress(what)
	ticker := time.NewTicker(migrateEvery)
	defer ticker.Stop()
	var m providers.Migration
	for {
		var err error
		if m, err = w.migration(ctx); err != nil {
			return err
		}
		done := len(m.Mailboxes) - m.Count(providers.MovePlanned)
		total := len(m.Mailboxes)
		switch m.State {
		case providers.MigrationMoving:
			done, total = m.Count(providers.MoveMoved), total-m.Count(providers.MoveBlocked)
		case providers.MigrationReturning:
			done = m.Count(providers.MoveReturned)
			total = done + m.Count(providers.MoveMoved, providers.MoveReturning)
		}
		if !m.State.Working() {
			break
		}
		bar.step(done, total)
		select {
		case <-ctx.Done():
			bar.end()
			a.out.say("roomdesk: interrupted; roomdesk migrate status says how far it is, and the same command goes on")
			return ctx.Err()
		case <-ticker.C:
		}
	}
	bar.end()
	if err := a.printMigration(m); err != nil {
		return err
	}
	if m.Problem != nil {
		return failedAs(m.Problem.Class, "", "%s", m.Problem.Sentence(a.deps.Now()))
	}
	if judge == nil {
		return nil
	}
	return judge(m)
}

func (a *app) printMigration(m providers.Migration) error {
	if a.out.format == formatJSON {
		return a.out.json(a.out.migration(m))
	}
	sum := m.Parity()
	words := func(n int, unit string) string { return fmt.Sprintf("%d %s", n, unit) }
	rows := [][]string{
		{"state", m.State.Words()}, {"from", m.From + " (" + m.FromProvider + ")"}, {"to", m.To + " (" + m.ToProvider + ")"}, {"scope", providers.Sanitise(m.Scope.Words)},
		{"meetings", strings.Join([]string{words(sum.Same, "same"), words(sum.Cosmetic, "cosmetic"), words(sum.Missing, "missing"), words(sum.Extra, "extra"), words(sum.Different, "different")}, ", ")},
	}
	for _, state := range moveStates() {
		if n := m.Count(state); n > 0 {
			rows = append(rows, []string{"mailboxes " + string(state), fmt.Sprint(n)})
		}
	}
	if g, watched := m.Gap(); watched {
		words := "none of " + mailboxCount(g.Mailboxes) + " in " + fmt.Sprint(g.Looks) + " looks since " + a.out.clock(g.Since)
		if g.Longest > 0 {
			words = g.Longest.Round(time.Millisecond).String() + " at most, of " + string(g.Mailbox) + "; " + mailboxCount(g.Mailboxes) + " looked at since " + a.out.clock(g.Since)
		}
		rows = append(rows, []string{"free/busy gap", words})
	}
	if m.Artefacts > 0 {
		rows = append(rows, []string{"provider artefacts", fmt.Sprintf("%d, not told as changes", m.Artefacts)})
	}
	if !m.Undoable.IsZero() && m.State != providers.MigrationFinished {
		rows = append(rows, []string{"can be taken back until", a.out.clock(m.Undoable)})
	}
	if m.Problem != nil {
		rows = append(rows, []string{"stopped by", m.Problem.Sentence(a.deps.Now())})
	}
	return a.out.table([]column{{title: "WHAT", keep: true}, {title: "IS"}}, rows, "")
}
