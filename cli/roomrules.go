package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/booking/rules"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

func (a *app) roomRulesCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "rules",
		Short: "Show how rooms answer requests, as far as it was imported",
		Long: "Booking rules of rooms (CalendarProcessing) cannot be read through Graph or Exchange Web Services. An administrator exports them once; finding\n" +
			"and booking then say which room refuses what, and how old that statement is.",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.listRules(ctx, s) })
		}),
	}
	var dryRun bool
	take := &cobra.Command{
		Use:   "import FILE",
		Short: "Read an export of Get-CalendarProcessing; - is standard input",
		Long: "FILE is CSV as Export-Csv writes it, or JSON as ConvertTo-Json does. It replaces what was imported before. The line of\n" +
			"PowerShell that makes it: roomdesk rooms rules command",
		Args: cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.importRules(ctx, s, args[0], dryRun) })
		}),
	}
	take.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be imported")
	command.AddCommand(take, &cobra.Command{
		Use:   "command",
		Short: "Print the line of PowerShell that exports the rules",
		Args:  cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error {
			a.out.say("For Exchange Online (Connect-ExchangeOnline) or the Exchange Management Shell. It only reads, and writes room-rules.csv.")
			_, err := fmt.Fprintln(a.deps.Stdout, rules.Command)
			return err
		}),
	}, &cobra.Command{
		Use:   "forget",
		Short: "Forget the imported rules",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return s.store.SetRoomRules(ctx, nil) })
		}),
	})
	return command
}

// ruleObject is a room's rules in JSON.
type ruleObject struct {
	Mailbox            providers.Address `json:"mailbox"`
	Answers            string            `json:"answers"` // by itself, after approval, not by itself
	MaximumMinutes     int               `json:"maximum_minutes"`
	WindowDays         int               `json:"window_days"`
	Series             bool              `json:"series"`
	ConflictsAllowed   bool              `json:"conflicts_allowed"`
	MaximumConflicts   int               `json:"maximum_conflicts"`
	ConflictPercentage int               `json:"conflict_percentage"`
	WorkingHoursOnly   bool              `json:"working_hours_only"`
	CapacityEnforced   bool              `json:"capacity_enforced"`
	Bookers            []string          `json:"bookers"` // empty: everybody
	Assumed            []string          `json:"assumed"`
	AgeS               *int64            `json:"age_s"`
}

func (o *output) rule(r providers.RoomRules) ruleObject {
	return ruleObject{
		Mailbox: r.Mailbox, Answers: ruleAnswers(r), MaximumMinutes: r.MaximumDurationInMinutes, WindowDays: r.BookingWindowInDays, Series: r.AllowRecurringMeetings,
		ConflictsAllowed: r.AllowConflicts, MaximumConflicts: r.MaximumConflictInstances, ConflictPercentage: r.ConflictPercentageAllowed,
		WorkingHoursOnly: r.ScheduleOnlyDuringWorkHours, CapacityEnforced: r.EnforceCapacity, Bookers: bookers(r), Assumed: list(r.Assumed), AgeS: o.age(r.Imported),
	}
}

// bookers are who may book without anybody's approval; none is everybody.
func bookers(r providers.RoomRules) []string {
	out := []string{}
	if r.AllBookInPolicy {
		return out
	}
	for _, who := range r.BookInPolicy {
		out = append(out, providers.Sanitise(who))
	}
	return out
}

func ruleAnswers(r providers.RoomRules) string {
	switch {
	case r.AutomateProcessing != "AutoAccept":
		return "not by itself"
	case !r.AllBookInPolicy && (r.AllRequestInPolicy || len(r.RequestInPolicy) > 0):
		return "after approval"
	}
	return "by itself"
}

func (a *app) listRules(ctx context.Context, s *session) error {
	known, err := s.store.RoomRules(ctx)
	if err != nil {
		return err
	}
	all := make([]providers.RoomRules, 0, len(known))
	for _, r := range known {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b providers.RoomRules) int { return strings.Compare(string(a.Mailbox), string(b.Mailbox)) })
	if a.out.format == formatJSON {
		objects := make([]ruleObject, len(all))
		for n, r := range all {
			objects[n] = a.out.rule(r)
		}
		return a.out.json(objects)
	}
	rows := make([][]string, len(all))
	for n, r := range all {
		longest, who := "any length", "everybody"
		if r.MaximumDurationInMinutes > 0 {
			longest = plural(r.MaximumDurationInMinutes, "minute", "")
		}
		if !r.AllBookInPolicy {
			who = fmt.Sprint(len(r.BookInPolicy), " listed")
		}
		rows[n] = []string{string(r.Mailbox), ruleAnswers(r), who, longest, plural(r.BookingWindowInDays, "day", ""), a.out.ageWords(r.Imported)}
	}
	columns := []column{{title: "MAILBOX", keep: true}, {title: "ANSWERS"}, {title: "WHO BOOKS"}, {title: "LONGEST"}, {title: "AHEAD"}, {title: "IMPORTED"}}
	if err := a.out.table(columns, rows, "No rules were imported."); err != nil {
		return err
	}
	if len(rows) == 0 {
		a.out.say("An administrator can export them: roomdesk rooms rules command prints the line of PowerShell.")
	}
	return nil
}

// importObject is what import did, in JSON.
type importObject struct {
	Imported int      `json:"imported"`
	Unknown  []string `json:"unknown"` // not in the list of rooms
	Problems []string `json:"problems"`
	Assumed  []string `json:"assumed"`
	Stored   bool     `json:"stored"`
}

func (a *app) importRules(ctx context.Context, s *session, file string, dryRun bool) error {
	in := a.deps.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return usage("give a file that can be read, or - for standard input", "%s", providers.Sanitise(err.Error()))
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	export, err := rules.Read(in, a.deps.Now())
	if err != nil {
		return usage("roomdesk rooms rules command prints the line of PowerShell that makes the export", "%v; nothing was changed", err)
	}
	mirrored, err := s.store.Rooms(ctx)
	if err != nil {
		return err
	}
	known := map[providers.Address]bool{}
	for _, r := range mirrored {
		known[r.Mailbox] = true
	}
	object := importObject{Imported: len(export.Rules), Unknown: []string{}, Problems: list(export.Problems), Assumed: list(export.Assumed), Stored: !dryRun}
	for _, r := range export.Rules {
		if !known[r.Mailbox] && len(mirrored) > 0 {
			object.Unknown = append(object.Unknown, string(r.Mailbox))
		}
	}
	if !dryRun {
		if err := s.store.SetRoomRules(ctx, export.Rules); err != nil {
			return err
		}
	}
	for _, problem := range export.Problems {
		a.out.say("left out: %s", problem)
	}
	if len(export.Assumed) > 0 {
		a.out.say("The export does not say %s: Exchange's defaults are assumed and marked as inferred.", strings.Join(export.Assumed, ", "))
	}
	if len(object.Unknown) > 0 {
		a.out.say("Not in the list of rooms: %s.", strings.Join(object.Unknown, ", "))
	}
	if a.out.format == formatJSON {
		err = a.out.json(object)
	} else if dryRun {
		a.out.say("Rules of %s would be imported; nothing was changed.", plural(object.Imported, "room", ""))
	} else {
		a.out.say("Rules of %s are imported.", plural(object.Imported, "room", ""))
	}
	if err == nil && len(export.Problems) > 0 {
		return told(exitPartly)
	}
	return err
}

// expectations are what is known of how rooms answer: imported rules, and what
// their answers to earlier bookings suggest.
func expectations(ctx context.Context, mirror *store.Store, now time.Time) (map[providers.Address]providers.RoomRules, map[providers.Address]rules.Habit, error) {
	known, err := mirror.RoomRules(ctx)
	if err != nil {
		return nil, nil, err
	}
	bookings, err := mirror.Bookings(ctx)
	if err != nil {
		return nil, nil, err
	}
	return known, rules.Learn(bookings, now), nil
}
