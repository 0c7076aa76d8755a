package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

// relocateJournalCommands are the commands about relocations that were begun.
func (a *app) relocateJournalCommands() []*cobra.Command {
	var dryRun, yes bool
	one := func(verb providers.Verb, use, short string, do func(ctx context.Context, s *session, r providers.Relocation) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1), RunE: a.run(func(ctx context.Context, args []string) error {
			return a.withVerb(ctx, unlessDry(verb, dryRun), func(ctx context.Context, s *session) error {
				r, err := s.relocation(ctx, args[0])
				if err != nil {
					return err
				}
				return do(ctx, s, r)
			})
		})}
	}
	list := &cobra.Command{Use: "list", Short: "The journal of relocations, newest first", Args: cobra.NoArgs, RunE: a.run(func(ctx context.Context, _ []string) error {
		return a.with(ctx, a.listRelocations)
	})}
	show := one(providers.VerbFreeBusy, "show ID", "What became of each meeting of a relocation", func(_ context.Context, _ *session, r providers.Relocation) error { return a.reportRelocation(r) })
	goOn := one(providers.VerbRelocate, "continue ID", "Go on with a relocation that was interrupted, or that rooms kept waiting", func(ctx context.Context, s *session, r providers.Relocation) error {
		if r.State.Open() {
			if err := s.refuse(ctx, "not moved", providers.VerbRelocate); err != nil {
				return err
			}
		}
		return a.driveRelocation(ctx, a.relocationDesk(s), r.ID)
	})
	stop := one(providers.VerbRelocate, "stop ID", "Let no further batch of a relocation begin", func(ctx context.Context, s *session, r providers.Relocation) error {
		stopped, err := s.newDesk(nil, nil).StopRelocation(ctx, r.ID)
		if err != nil {
			return err
		}
		return a.reportRelocation(stopped)
	})
	undo := one(providers.VerbRelocate, "undo ID", "Put the meetings of a relocation back, as far as that is possible", func(ctx context.Context, s *session, r providers.Relocation) error {
		return a.undoRelocation(ctx, s, r, dryRun, yes)
	})
	undo.Long = "Put the meetings of a relocation back into their room. The tenant is asked first what can be put back; what cannot is told\n" +
		"with the reason: the room was taken meanwhile, somebody changed the meeting since, it is over. Each meeting keeps its\n" +
		"present room until the old one has accepted it."
	undo.Flags().BoolVar(&dryRun, "dry-run", false, "only show what would be put back")
	undo.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return []*cobra.Command{list, show, goOn, stop, undo}
}

// relocation finds a relocation by its id or the beginning of it.
func (s *session) relocation(ctx context.Context, text string) (providers.Relocation, error) {
	all, err := s.store.Relocations(ctx)
	if err != nil {
		return providers.Relocation{}, err
	}
	var found []providers.Relocation
	for _, r := range all {
		if r.ID == text {
			return r, nil
		}
		if len(text) >= 4 && strings.HasPrefix(r.ID, text) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return providers.Relocation{}, usage("see roomdesk relocate list", "there is no relocation %q", providers.Sanitise(text))
	}
	return providers.Relocation{}, usage("give more of it", "%q is the beginning of %d relocations", providers.Sanitise(text), len(found))
}

func (a *app) undoRelocation(ctx context.Context, s *session, r providers.Relocation, dryRun, yes bool) error {
	if !dryRun {
		if err := s.refuse(ctx, "not put back", providers.VerbRelocate); err != nil {
			return err
		}
	}
	desk := a.relocationDesk(s)
	if dryRun || !yes {
		plan, err := desk.PlanUndo(ctx, r.ID)
		if err != nil {
			return err
		}
		if dryRun {
			return a.reportRelocation(plan)
		}
		if !terminal(a.deps.Stdin) {
			return usage("look with --dry-run, then repeat with --yes", "putting meetings back needs a confirmation, and nobody can be asked here")
		}
		a.sayRelocation(plan)
		if err := a.confirm(ctx, fmt.Sprintf("Put %s back? (y/N) ", plural(plan.Count(providers.StepUndoing), "meeting", ""))); err != nil {
			return err
		}
	}
	if _, err := desk.UndoRelocation(ctx, r.ID); err != nil {
		return err
	}
	return a.driveRelocation(ctx, desk, r.ID)
}

func (a *app) listRelocations(ctx context.Context, s *session) error {
	all, err := s.store.Relocations(ctx)
	if err != nil {
		return err
	}
	if a.out.format == formatJSON {
		list := make([]relocationObject, len(all))
		for n, r := range all {
			list[n] = a.out.relocation(r)
		}
		return a.out.json(list)
	}
	rows := make([][]string, len(all))
	for n, r := range all {
		rows[n] = []string{r.ID, r.RoomName.Or(string(r.Room)), a.out.span(r.Period), r.State.Words(), fmt.Sprintf("%d of %d", r.Count(providers.StepMoved, providers.StepKept), r.Meetings()), r.Reason.Or("")}
	}
	columns := []column{{title: "ID", keep: true}, {title: "ROOM"}, {title: "PERIOD", keep: true}, {title: "STATE", keep: true}, {title: "MOVED", right: true}, {title: "REASON"}}
	return a.out.table(columns, rows, "No room's meetings were relocated yet.")
}
