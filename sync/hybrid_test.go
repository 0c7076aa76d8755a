package sync_test

import (
	"context"
	"crypto/x509"
	"errors"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
	"roomdesk/providers/hybrid"
	"roomdesk/providers/simulator"
)

// halved gives a hybrid tenant half of its rooms and people on premises.
func halved(o simulator.Options) simulator.Options {
	if o.Exchange == simulator.ExchangeHybrid {
		o.OnPremisesRooms, o.OnPremisesPeople = o.Rooms/2, o.People/2
	}
	return o
}

// open connects to a tenant by the service that it answers, by both where it is hybrid.
func open(at simulator.Endpoints, tenant *simulator.Tenant, o simulator.Options, g graph.Config, e ews.Config) (provider, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(at.CAPEM) {
		return nil, errors.New("no certificate authority")
	}
	g.TenantID, g.ClientID, g.Cloud, g.AuthorityURL, g.GraphURL, g.RootCAs = at.TenantID, at.ClientID, "custom", at.AuthorityURL, at.GraphURL, roots
	g.ClientSecret = func(context.Context) (string, error) { return at.ClientSecret, nil }
	e.URL, e.Account, e.User, e.TestMailbox, e.TenantID, e.RootCAs = at.EWSURL, providers.Address(at.ExchangeAccount), at.ExchangeLogin, providers.Address(at.Organizer), at.TenantID, roots
	e.Password = func(context.Context) (string, error) { return at.ExchangePassword, nil }
	switch o.Exchange {
	case simulator.ExchangeOnPremises:
		return ews.New(e)
	case simulator.ExchangeHybrid:
		people := tenant.People()
		e.TestMailbox = providers.Address(people[len(people)-1].Mailbox)
	default:
		return graph.New(g)
	}
	cloud, err := graph.New(g)
	if err != nil {
		return nil, err
	}
	server, err := ews.New(e)
	if err != nil {
		return nil, err
	}
	return hybrid.New(hybrid.Options{TenantID: at.TenantID, Now: g.Now,
		First:  hybrid.Part{Provider: cloud, Name: "graph", Where: "in the cloud", Details: true, Cursor: graph.OwnCursor},
		Second: hybrid.Part{Provider: server, Name: ews.Name, Where: "on premises", Cursor: ews.OwnCursor}}), nil
}

func onPremises(tenant *simulator.Tenant, mailbox providers.Address) bool {
	hosted, _ := tenant.Hosting(string(mailbox))
	return hosted == simulator.HostedOnPremises
}

// local reports whether a mailbox is reached by Exchange Web Services.
func (w *wired) local(mailbox providers.Address) bool {
	return w.exchange || w.hybrid && onPremises(w.tenant, mailbox)
}
