package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"roomdesk/providers"
)

// Probe asks small questions about a connection, one at a time, for a diagnosis:
// each gives what was seen, or the failure as it was. Nothing is concluded here.
type Probe struct{ p *Provider }

// Probe gives the probes of this connection. They share its token, its gate and
// its transport.
func (p *Provider) Probe() *Probe { return &Probe{p} }

// probeTries lets passing trouble pass once; a diagnosis shall not take minutes.
const probeTries = 2

// Hosts are the places that the connection talks to, host and port: the sign-in
// service, then Graph. They may be the same.
func (b *Probe) Hosts() (signIn, graph string) {
	return withPort(b.p.roots.authority), withPort(b.p.roots.graph)
}

// proxy is the proxy for a host by the environment; nil: none.
func (b *Probe) proxy(host string) (*url.URL, error) {
	proxy := b.p.engine.base.Proxy
	if proxy == nil {
		return nil, nil
	}
	u, err := proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// Proxy is the proxy through which a host is reached, host and port; "" is none.
func (b *Probe) Proxy(host string) (string, error) {
	u, err := b.proxy(host)
	if err != nil {
		return "", err
	}
	return providers.ProxyHost(u), nil
}

// Resolve looks a host's name up.
func (b *Probe) Resolve(ctx context.Context, host string) ([]string, error) {
	return providers.Resolve(ctx, host, transportError)
}

// Connect opens a connection to a host and closes it again. It gives the address
// that answered.
func (b *Probe) Connect(ctx context.Context, host string) (string, error) {
	return providers.Connect(ctx, host, b.p.engine.base.DialContext, transportError)
}

// Token signs in, where that was not done yet, and reads the token.
func (b *Probe) Token(ctx context.Context) (providers.TokenSeen, error) {
	text, err := b.p.engine.tokens.get(ctx)
	if err != nil {
		return providers.TokenSeen{}, err
	}
	return readToken(text), nil
}

// Organization asks for the tenant itself.
func (b *Probe) Organization(ctx context.Context) (providers.Identity, error) {
	c := b.call("asking which tenant this is", "", "$select=id,displayName,verifiedDomains", "organization")
	list, _, err := getPage(ctx, b.p.engine, c, func(w *wireOrganization) (wireOrganization, bool) { return *w, w.ID != "" })
	if err != nil {
		return providers.Identity{}, err
	}
	if len(list) == 0 {
		return providers.Identity{}, &providers.Error{Class: providers.Foreign, Op: c.op, Status: http.StatusOK, Message: providers.Outside("the answer names no tenant")}
	}
	identity := providers.Identity{TenantID: strings.ToLower(list[0].ID), TenantName: providers.Outside(list[0].DisplayName)}
	for _, domain := range list[0].Domains {
		if CheckTenant(domain.Name) == nil {
			identity.Domains = append(identity.Domains, strings.ToLower(domain.Name))
		}
	}
	return identity, nil
}

// Rooms lists the tenant's rooms as places do, without those that only room lists
// name.
func (b *Probe) Rooms(ctx context.Context) ([]providers.Room, error) {
	var rooms []providers.Room
	all := listing[WirePlace, providers.Room]{
		engine: b.p.engine, top: placesPage, call: b.call("reading rooms", "", "", "places", "microsoft.graph.room"),
		convert: func(w *WirePlace) (providers.Room, string, bool) {
			room, ok := w.Room()
			return room, w.key(), ok
		},
	}
	_, err := all.run(ctx, func(page []providers.Room) error {
		rooms = append(rooms, page...)
		return nil
	})
	return rooms, err
}

// People reads one account of the directory.
func (b *Probe) People(ctx context.Context) error {
	c := b.call("reading people", "", "$top=1&$select=id,displayName", "users")
	_, _, err := getPage(ctx, b.p.engine, c, func(w *wireUser) (struct{}, bool) { return struct{}{}, w.ID != "" })
	return err
}

// Calendar reads a mailbox's default calendar: not what is in it.
func (b *Probe) Calendar(ctx context.Context, mailbox providers.Address) (providers.Calendar, error) {
	c := b.call("reading the calendar", mailbox, "$select=id,name,canEdit,owner,isDefaultCalendar,allowedOnlineMeetingProviders", "users", string(mailbox), "calendar")
	var calendar providers.Calendar
	err := b.p.engine.do(ctx, c, func(a answer) error {
		var w WireCalendar
		if err := object(a.body, &w); err != nil {
			return err
		}
		if w.ID == "" {
			return fmt.Errorf("%w: the calendar has no id", errShape)
		}
		calendar = w.Calendar(mailbox)
		return nil
	})
	return calendar, err
}

// CanRead asks whether calendars of a mailbox can be read, with the least that
// shows it.
func (b *Probe) CanRead(ctx context.Context, mailbox providers.Address) error {
	_, err := b.Calendar(ctx, mailbox)
	return err
}

// Schedules asks for free/busy of some mailboxes on behalf of one. What is wrong
// with a mailbox stands in its entry.
func (b *Probe) Schedules(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	return b.p.Availability(ctx, mailboxes, window)
}

// Account reads what the directory says of an account, found by its address.
func (b *Probe) Account(ctx context.Context, mailbox providers.Address) (providers.AccountSeen, error) {
	c := b.call("looking the account up", "", "$select=id,displayName,accountEnabled,userType,assignedPlans,onPremisesSyncEnabled", "users", string(mailbox))
	c.object = true
	var seen providers.AccountSeen
	err := b.p.engine.do(ctx, c, func(a answer) error {
		var w struct {
			wireUser
			Synced *bool `json:"onPremisesSyncEnabled"`
			Plans  []struct {
				Service string `json:"service"`
				Status  string `json:"capabilityStatus"`
			} `json:"assignedPlans"`
		}
		if err := object(a.body, &w); err != nil {
			return err
		}
		seen = providers.AccountSeen{Name: providers.Outside(w.DisplayName), Enabled: w.Enabled == nil || *w.Enabled,
			Guest: strings.EqualFold(w.UserType, "Guest"), Synced: w.Synced != nil && *w.Synced}
		for _, plan := range w.Plans {
			if !strings.EqualFold(plan.Status, "Enabled") && !strings.EqualFold(plan.Status, "Warning") {
				continue
			}
			seen.Licensed = true
			switch strings.ToLower(plan.Service) {
			case "exchange":
				seen.Exchange = true
			case "teamspaceapi", "teams":
				seen.Teams = true
			}
		}
		return nil
	})
	return seen, err
}

// call is a read of a diagnosis: somebody waits for it.
func (b *Probe) call(op string, mailbox providers.Address, query string, segments ...string) call {
	return call{op: op, mailbox: mailbox, repeat: repeatAlways, tries: probeTries, limit: bulkLimit, url: b.p.roots.url(query, segments...)}
}
