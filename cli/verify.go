package cli

import (
	"context"

	"github.com/spf13/cobra"

	"roomdesk/providers"
	"roomdesk/sync"
)

// verifyObject is what verify found, in JSON.
type verifyObject struct {
	Mailboxes   int                `json:"mailboxes"`
	Events      int                `json:"events"`
	Differences []differenceObject `json:"differences"`
	Failed      []mailboxObject    `json:"failed"`
}

type differenceObject struct {
	Mailbox providers.Address   `json:"mailbox"`
	What    string              `json:"what"`
	Field   string              `json:"field"`
	ID      providers.Untrusted `json:"id"`
	Start   *string             `json:"start"`
	Reason  string              `json:"reason"`
}

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [M...]",
		Short: "Compare the mirror with the tenant",
		Long: "Reads the calendars from the tenant anew, without the positions of the sync, and tells what differs and why.\n" +
			"Nothing is changed. Ends with 3 where something differs or could not be compared.",
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.withVerb(ctx, providers.VerbEvents, func(ctx context.Context, s *session) error {
				mailboxes, err := s.mailboxes(ctx, args)
				if err != nil {
					return err
				}
				return a.verify(ctx, s, mailboxes)
			})
		}),
	}
}

func (a *app) verify(ctx context.Context, s *session, mailboxes []providers.Address) error {
	bar := a.progress("comparing")
	found, err := sync.Verify(ctx, sync.VerifyOptions{Store: s.store, Source: s.provider, Mailboxes: mailboxes, Now: a.deps.Now, Progress: bar.step})
	bar.end()
	if err != nil {
		return err
	}
	object := verifyObject{Mailboxes: found.Mailboxes, Events: found.Events, Differences: []differenceObject{}, Failed: []mailboxObject{}}
	rows := [][]string{}
	for _, d := range found.Differences {
		object.Differences = append(object.Differences, differenceObject{d.Mailbox, d.What, d.Field, providers.Outside(d.ID), a.out.stamp(d.Start), d.Reason})
		what := d.What
		if d.Field != "" {
			what += ": " + d.Field
		}
		rows = append(rows, []string{string(d.Mailbox), what, d.Start.In(a.out.zone).Format("2006-01-02 15:04"), d.Reason})
	}
	for _, m := range found.Failed {
		object.Failed = append(object.Failed, a.out.mailbox(m))
		rows = append(rows, []string{string(m.Mailbox), "not compared", "", m.Problem.Sentence(a.deps.Now())})
	}
	if found.Mailboxes+len(found.Failed) == 0 {
		return failed("run roomdesk sync --once", "nothing is mirrored yet, so there is nothing to compare")
	}
	if a.out.format == formatJSON {
		err = a.out.json(object)
	} else {
		err = a.out.table([]column{{title: "MAILBOX", keep: true}, {title: "WHAT", keep: true}, {title: "START"}, {title: "WHY"}}, rows, "")
		a.out.say("%s with %s compared: %s.", plural(found.Mailboxes, "calendar", ""), plural(found.Events, "meeting", ""), plural(len(found.Differences), "difference", ""))
	}
	if err == nil && len(rows) > 0 {
		return told(exitPartly)
	}
	return err
}
