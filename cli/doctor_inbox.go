package cli

import (
	"context"
	"log/slog"

	"roomdesk/audit"
	"roomdesk/providers"
)

// inboxWatch puts the one question that leaves the calendar folders into the log and
// into the audit trail. Where the trail cannot be written nothing is asked.
type inboxWatch struct {
	log   *slog.Logger
	trail *audit.Log
}

// inboxAction is how the trail names it.
const inboxAction = "ask for the inbox"

// Inbox is [doctor.Reader]'s.
func (p auditedProber) Inbox(ctx context.Context, mailbox providers.Address) error {
	return p.inbox.ask(ctx, mailbox, func() error { return p.Reader.Inbox(ctx, mailbox) })
}

func (w inboxWatch) ask(ctx context.Context, mailbox providers.Address, do func() error) error {
	intent, err := w.trail.Append(ctx, audit.Record{Action: inboxAction, Mailbox: mailbox})
	if err != nil {
		return err
	}
	err = do()
	if w.log != nil {
		w.log.Info("a mail folder was asked for, on request: the only question outside of calendars", "line", intent.N, "answered", err == nil)
	}
	w.trail.Conclude(ctx, intent, err)
	return err
}
