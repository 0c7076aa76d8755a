package cli

import (
	"context"
	"errors"

	"roomdesk/audit"
	"roomdesk/doctor"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// diagnoseExchange examines a connection to an Exchange server. What it writes is in the
// trail, and so is the question for the inbox.
func (a *app) diagnoseExchange(ctx context.Context, o doctor.Options, source credentials, trail *audit.Log) providers.Diagnosis {
	if o.Connection.Disconnected != nil {
		return doctor.Run(ctx, o) // nothing is sent
	}
	provider, err := a.exchangeProvider(o.Connection, source)
	if err != nil {
		o.SetUp = err
		return doctor.Run(ctx, o)
	}
	defer provider.Close() //nolint:errcheck // what was written has been taken away
	o.Server = auditedServer{provider.Probe(), audit.Watch(provider, a.permitDoctor(o.Connection), trail), inboxWatch{a.log, trail}}
	return doctor.Run(ctx, o)
}

// sourceOf is the credential that an examination reads, as a provider asks for it.
func sourceOf(o doctor.Options) credentials {
	return func(ctx context.Context) ([]graph.Credential, error) {
		if o.Secret == nil {
			return nil, errors.New("there is no credential")
		}
		secret, err := o.Secret(ctx)
		if err != nil {
			return nil, unread(err)
		}
		defer secret.Wipe()
		credential, err := credentialOf(o.Connection, secret)
		return []graph.Credential{credential}, unread(err)
	}
}

// auditedServer is a prober of an Exchange server whose writes are in the audit trail. It
// has no way to write but through that.
type auditedServer struct {
	doctor.ExchangeReader
	writes *audit.Watched
	inbox  inboxWatch
}

func (p auditedServer) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	return p.writes.Event(ctx, mailbox, id)
}

func (p auditedServer) Create(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	return p.writes.CreateEvent(ctx, draft)
}

func (p auditedServer) Change(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	return p.writes.ChangeEvent(ctx, mailbox, id, etag, change)
}

func (p auditedServer) Cancel(ctx context.Context, mailbox providers.Address, id, comment string) error {
	return p.writes.CancelEvent(ctx, mailbox, id, comment)
}

// Inbox is [doctor.ExchangeReader]'s.
func (p auditedServer) Inbox(ctx context.Context, mailbox providers.Address) error {
	return p.inbox.ask(ctx, mailbox, func() error { return p.ExchangeReader.Inbox(ctx, mailbox) })
}
