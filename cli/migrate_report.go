package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

// Columns of the parity report in CSV. docs/migration.md promises them.
var (
	parityMailboxColumns = []string{"mailbox", "name", "kind", "state", "provider", "pilot", "same", "cosmetic", "missing", "extra", "different", "why", "was"}
	parityEntryColumns   = []string{"mailbox", "parity", "start", "ical_uid", "subject", "private", "field", "before", "after", "cosmetic", "why"}
)

type reportFlags struct {
	format, output      string
	force, all, entries bool
}

func (a *app) migrateReportCommand() *cobra.Command {
	var f reportFlags
	command := &cobra.Command{
		Use:   "report [M...]",
		Short: "In what both sides differ, the most harmful mailboxes first",
		Long: "Lists the mailboxes that differ, cannot be moved, or differ in what is no change; with --all every one. Of mailboxes that\n" +
			"are named, every entry in which the sides differ is listed with both values. --format csv has a line for each mailbox,\n" +
			"with --entries one for each field that differs; json has both. Texts that a spreadsheet would take for a formula are\n" +
			"made harmless. What private meetings say is left out.",
		RunE: a.migrateRun(func(ctx context.Context, w *mover, args []string) error { return a.migrateReport(ctx, w, args, f) }),
	}
	flags := command.Flags()
	flags.StringVar(&f.format, "format", "", "csv or json in place of a table")
	flags.StringVar(&f.output, "output", "", "write into this file, of mode 0600, in place of standard output")
	flags.BoolVar(&f.force, "force", false, "replace the file")
	flags.BoolVar(&f.all, "all", false, "also mailboxes in which nothing differs")
	flags.BoolVar(&f.entries, "entries", false, "with csv: a line for each field that differs")
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"csv", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// harmOf orders mailboxes in the report.
func harmOf(b providers.MailboxMove) int {
	switch {
	case b.State == providers.MoveDiffers || !b.Parity.Whole():
		return 4
	case b.Why != "" && b.State != providers.MoveBlocked:
		return 3
	case b.State == providers.MoveBlocked:
		return 2
	case b.Parity.Cosmetic > 0 || len(b.Was) > 0:
		return 1
	}
	return 0
}

func (a *app) migrateReport(ctx context.Context, w *mover, args []string, f reportFlags) error {
	format := f.format
	if a.out.format == formatJSON && format == "" {
		format = "json"
	}
	switch {
	case format != "" && format != "csv" && format != "json":
		return usage("use csv or json", "--format %q is unknown", providers.Sanitise(format))
	case f.entries && format != "csv":
		return usage("add --format csv, or leave it out", "--entries is for csv")
	case f.output != "" && format == "":
		return usage("add --format csv or json", "--output is for csv and json")
	}
	m, err := w.migration(ctx)
	if err != nil {
		return err
	}
	var boxes []providers.MailboxMove
	if len(args) > 0 {
		var names []providers.Address
		for _, text := range args {
			mailbox, err := movedMailbox(m, text)
			if err != nil {
				return err
			}
			names = append(names, mailbox)
		}
		boxes = chosen(m, providers.MigrationChoice{Mailboxes: names})
	} else {
		for _, b := range m.Mailboxes {
			if f.all || harmOf(b) > 0 {
				boxes = append(boxes, b)
			}
		}
	}
	slices.SortStableFunc(boxes, func(x, y providers.MailboxMove) int {
		wrong := func(c providers.ParityCounts) int { return c.Missing + c.Extra + c.Different }
		return cmp.Or(cmp.Compare(harmOf(y), harmOf(x)), cmp.Compare(wrong(y.Parity), wrong(x.Parity)), cmp.Compare(y.Parity.Cosmetic, x.Parity.Cosmetic), strings.Compare(string(x.Mailbox), string(y.Mailbox)))
	})
	var entries []parityEntryObject
	if len(args) > 0 || f.entries || format == "json" {
		for _, b := range boxes {
			found, err := w.ParityEntries(ctx, b.Mailbox)
			if err != nil {
				return err
			}
			for _, e := range found {
				entries = append(entries, a.out.parityEntry(b.Mailbox, e))
			}
		}
	}
	if format == "" && len(args) > 0 {
		return a.entryTable(entries)
	}
	if format == "" {
		return a.moveTable(boxes, "Nothing differs in any mailbox.")
	}
	var content bytes.Buffer
	if format == "csv" {
		err = a.reportCSV(&content, boxes, entries, f.entries)
	} else {
		o := a.out.migration(m)
		m.Mailboxes = boxes
		o.Mailboxes, o.Entries = a.out.migration(m).Mailboxes, notNil(entries)
		saved := a.out.out
		a.out.out = &content
		err = a.out.json(o)
		a.out.out = saved
	}
	if err != nil {
		return err
	}
	if f.output != "" {
		return writeExport(f.output, content.Bytes(), f.force)
	}
	if _, err := a.out.out.Write(content.Bytes()); err != nil {
		return failed("check where standard output goes", "writing the result: %v", err)
	}
	return nil
}

func (a *app) reportCSV(to *bytes.Buffer, boxes []providers.MailboxMove, entries []parityEntryObject, fields bool) error {
	if !fields {
		rows := [][]string{parityMailboxColumns}
		for _, b := range boxes {
			n := strconv.Itoa
			rows = append(rows, []string{
				string(b.Mailbox), b.Name.String(), kindOf(b.Room), string(b.State), b.Home, strconv.FormatBool(b.Pilot), n(b.Parity.Same), n(b.Parity.Cosmetic),
				n(b.Parity.Missing), n(b.Parity.Extra), n(b.Parity.Different), b.Why, strings.Join(b.Was, "; "),
			})
		}
		return writeCSV(to, rows)
	}
	rows := [][]string{parityEntryColumns}
	for _, e := range entries {
		head := []string{string(e.Mailbox), e.Kind, textOf(e.Start), e.ICalUID.String(), e.Subject.String(), strconv.FormatBool(e.Private)}
		if len(e.Fields) == 0 {
			rows = append(rows, append(head, "", "", "", "", ""))
		}
		for _, field := range e.Fields {
			rows = append(rows, append(slices.Clone(head), field.Field, field.Before.String(), field.After.String(), strconv.FormatBool(field.Cosmetic), field.Why))
		}
	}
	return writeCSV(to, rows)
}

func (a *app) moveTable(boxes []providers.MailboxMove, empty string) error {
	rows := make([][]string, len(boxes))
	for i, b := range boxes {
		why := b.Why
		if why == "" {
			why = strings.Join(b.Was, "; ")
		}
		rows[i] = []string{
			b.Name.Or(b.Mailbox.Local()), kindOf(b.Room), string(b.State), fmt.Sprint(b.Parity.Same), fmt.Sprint(b.Parity.Cosmetic), fmt.Sprint(b.Parity.Missing),
			fmt.Sprint(b.Parity.Extra), fmt.Sprint(b.Parity.Different), string(b.Mailbox), providers.Sanitise(why),
		}
	}
	return a.out.table([]column{{title: "NAME"}, {title: "KIND", keep: true}, {title: "STATE", keep: true, state: true}, {title: "SAME", right: true}, {title: "COSMETIC", right: true},
		{title: "MISSING", right: true}, {title: "EXTRA", right: true}, {title: "DIFFERENT", right: true}, {title: "MAILBOX", keep: true}, {title: "WHY"}}, rows, empty)
}

func (a *app) entryTable(entries []parityEntryObject) error {
	var rows [][]string
	for _, e := range entries {
		subject := e.Subject.Or("")
		if e.Private {
			subject = "private"
		}
		head := []string{e.Kind, textOf(e.Start), subject}
		if len(e.Fields) == 0 {
			rows = append(rows, append(head, "", "", "", ""))
		}
		for _, f := range e.Fields {
			rows = append(rows, append(slices.Clone(head), f.Field, f.Before.Or(""), f.After.Or(""), providers.Sanitise(f.Why)))
		}
	}
	return a.out.table([]column{{title: "PARITY", keep: true}, {title: "START", keep: true}, {title: "SUBJECT"}, {title: "FIELD", keep: true}, {title: "BEFORE"}, {title: "AFTER"}, {title: "WHY"}}, rows,
		"Both sides say the same.")
}
