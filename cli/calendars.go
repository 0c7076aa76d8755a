package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/providers"
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
	was, err := s.wasWritable(ctx, mailbox)
	if err != nil {
		return err
	}
	if a.out.format == formatJSON {
		objects := make([]calendarObject, len(calendars))
		for i, calendar := range calendars {
			objects[i] = calendarOf(calendar)
			objects[i].Was = was(calendar)
		}
		return a.out.json(objects)
	}
	rows := make([][]string, len(calendars))
	for i, c := range calendars {
		rows[i] = []string{c.Name.Or("(no name)"), c.OwnerName.Or(string(c.Owner)), yesNo(&c.Default), yesNo(&c.ReadOnly), yesNo(&c.IntegratedConferencing), was(c)}
	}
	return a.out.table([]column{{title: "CALENDAR"}, {title: "OWNER"}, {title: "DEFAULT", keep: true}, {title: "READ-ONLY", keep: true},
		{title: "TEAMS", keep: true}, {title: "BEFORE"}}, rows, "The mailbox has no calendars.")
}

// wasWritable tells of the read-only calendars of a mailbox that was moved which of them
// could be written before (PRODUCT P11).
func (s *session) wasWritable(ctx context.Context, mailbox providers.Address) (func(providers.Calendar) string, error) {
	nothing := func(providers.Calendar) string { return "" }
	w := s.newMover(nil)
	if w == nil {
		return nothing, nil
	}
	m, _, err := w.Mover.Migration(ctx) // without one nothing was moved
	if err = errors.Join(err, w.end()); err != nil {
		return nil, err
	}
	for _, b := range m.Mailboxes {
		if b.Mailbox != mailbox || b.State != providers.MoveMoved && b.State != providers.MoveFinished {
			continue
		}
		return func(c providers.Calendar) string {
			for _, was := range b.Was {
				if c.ReadOnly && !c.Name.Empty() && strings.Contains(was, "“"+c.Name.String()+"”") {
					return "was writable under EWS"
				}
			}
			return ""
		}, nil
	}
	return nothing, nil
}
