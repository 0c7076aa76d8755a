package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) calendarsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "calendars M",
		Short: "List a mailbox's calendars: owner, read-only, Teams",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.listCalendars(ctx, s, args[0]) })
		}),
	}
}

func (a *app) listCalendars(ctx context.Context, s *session, text string) error {
	mailbox, err := s.mailbox(ctx, text, true)
	if err != nil {
		return err
	}
	calendars, err := s.provider.Calendars(ctx, mailbox)
	if err != nil {
		return err
	}
	if s.mayWrite() {
		if _, err := s.store.SetCalendars(ctx, mailbox, calendars); err != nil {
			return err
		}
	}
	if a.out.format == formatJSON {
		objects := make([]calendarObject, len(calendars))
		for i, calendar := range calendars {
			objects[i] = calendarOf(calendar)
		}
		return a.out.json(objects)
	}
	rows := make([][]string, len(calendars))
	for i, c := range calendars {
		rows[i] = []string{c.Name.Or("(no name)"), c.OwnerName.Or(string(c.Owner)), yesNo(&c.Default), yesNo(&c.ReadOnly), yesNo(&c.IntegratedConferencing)}
	}
	return a.out.table([]column{{title: "CALENDAR"}, {title: "OWNER"}, {title: "DEFAULT", keep: true}, {title: "READ-ONLY", keep: true},
		{title: "TEAMS", keep: true}}, rows, "The mailbox has no calendars.")
}
