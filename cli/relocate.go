package cli

import (
	"context"
	"fmt"
	stdsync "sync"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/booking"
	"roomdesk/providers"
)

// relocateFlags are the flags of relocate.
type relocateFlags struct {
	window      windowFlags
	dryRun, yes bool
	wait        time.Duration
	reason      string
	batch       int
}

func (f *relocateFlags) check() error {
	switch {
	case f.wait <= 0 || f.wait > longestBookWait:
		return usage("wait up to 24h", "--wait %s cannot be used", f.wait)
	case f.batch < 1 || f.batch > 50:
		return usage("1 to 50", "--batch %d cannot be used", f.batch)
	}
	return nil
}

func (a *app) relocateCommand() *cobra.Command {
	var f relocateFlags
	command := &cobra.Command{
		Use:   "relocate ROOM",
		Short: "Find other rooms for a room's meetings, and move them there",
		Long: "For every meeting of the room in the time given, the best other room: same equipment, nearest, of a fitting size. What\n" +
			"cannot be solved is told first, with a text to send to its organiser. Nothing is changed before you agreed. All of it is\n" +
			"in a journal before anything is sent; a few meetings are moved at a time, the next ones when the rooms have answered.\n" +
			"A meeting keeps its room until the other one has accepted; where that declines, the next best is asked. Where this is\n" +
			"interrupted, relocate continue goes on; relocate undo takes it back.",
		Example: "roomdesk relocate walnut --from tomorrow --to +7d --reason leak --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			window, err := a.window(f.window)
			if err != nil {
				return err
			}
			return a.withVerb(ctx, unlessDry(providers.VerbRelocate, f.dryRun), func(ctx context.Context, s *session) error { return a.relocate(ctx, s, args[0], window, f) })
		}),
	}
	f.window.register(command, "default: today")
	flags := command.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "only show the plan")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.StringVar(&f.reason, "reason", "", "why the room cannot be used, for the journal")
	flags.IntVar(&f.batch, "batch", 5, "how many meetings are moved at a time")
	flags.DurationVar(&f.wait, "wait", 2*time.Minute, "how long to wait for the rooms of a batch")
	command.AddCommand(a.relocateJournalCommands()...)
	return command
}

func (a *app) relocate(ctx context.Context, s *session, text string, window providers.Interval, f relocateFlags) error {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	verbs := []providers.Verb{providers.VerbDetails} // a plan needs to see who meets
	if !f.dryRun {
		verbs = append(verbs, providers.VerbRelocate)
	}
	if err := s.refuse(ctx, "not moved", verbs...); err != nil {
		return err
	}
	mailbox, err := s.mailbox(ctx, text, false)
	if err != nil {
		return err
	}
	plan, err := s.planRelocation(ctx, mailbox, window, providers.Outside(f.reason))
	if err != nil {
		return err
	}
	planned := plan.Count(providers.StepPlanned)
	if f.dryRun || planned == 0 {
		return a.reportRelocation(plan)
	}
	if !f.yes {
		if !terminal(a.deps.Stdin) {
			return usage("look with --dry-run, then repeat with --yes", "moving meetings needs a confirmation, and nobody can be asked here")
		}
		a.sayRelocation(plan)
		if err := a.confirm(ctx, fmt.Sprintf("Move %s? (y/N) ", plural(planned, "meeting", ""))); err != nil {
			return err
		}
	}
	plan.BatchSize, plan.Patience = f.batch, f.wait
	desk := a.relocationDesk(s)
	stored, err := desk.Relocate(ctx, plan)
	if err != nil {
		return err
	}
	a.out.say("Relocation %s: should this be interrupted, roomdesk relocate continue %s goes on.", stored.ID, stored.ID)
	return a.driveRelocation(ctx, desk, stored.ID)
}

// relocationDesk tells of each meeting as it comes to an end.
func (a *app) relocationDesk(s *session) *booking.Desk {
	desk := s.newDesk(nil, nil)
	var mu stdsync.Mutex
	before := map[int]providers.StepState{}
	desk.Relocated = func(r providers.Relocation) {
		mu.Lock()
		defer mu.Unlock()
		for n, step := range r.Steps {
			was, seen := before[n]
			before[n] = step.State
			if !seen || was == step.State || step.State == providers.StepMoving || step.State == providers.StepUndoing {
				continue
			}
			a.out.say("%s %s  %s", stepGlyph(step.State), a.out.span(step.Was.Span()), becomes(step))
		}
	}
	return desk
}

func stepGlyph(s providers.StepState) string {
	switch s {
	case providers.StepMoved, providers.StepUndone:
		return "✓"
	case providers.StepWaiting, providers.StepUndoWaits:
		return "◐"
	}
	return "✗"
}

// driveRelocation carries a relocation out and reports what became of it.
func (a *app) driveRelocation(ctx context.Context, desk *booking.Desk, id string) error {
	r, err := desk.DriveRelocation(ctx, id)
	if err != nil {
		return err
	}
	return a.reportRelocation(r)
}
