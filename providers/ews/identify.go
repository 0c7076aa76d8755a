package ews

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/google/uuid"

	"roomdesk/providers"
)

// Identify asks the server who it is. Exchange has no tenant id: one is made of the
// organisation's domain, so that a store stays bound to it.
func (p *Provider) Identify(ctx context.Context) (providers.Identity, error) {
	_, err := p.one(ctx, call{op: "identifying the server", operation: "GetServerTimeZones", want: []string{"GetServerTimeZonesResponseMessage"}, body: func(w *writer, _ manner) {
		w.open("m:GetServerTimeZones", "ReturnFullTimeZoneData", "false")
		w.open("m:Ids")
		w.text("t:Id", "UTC")
		w.close("m:Ids")
		w.close("m:GetServerTimeZones")
	}})
	if err != nil {
		return providers.Identity{}, err
	}
	domain := p.engine.home.Hostname()
	if len(p.config.Domains) > 0 {
		domain = p.config.Domains[0]
	}
	id := providers.Identity{
		Provider: Name, TenantID: p.config.TenantID, TenantName: providers.Outside(domain), Domains: p.config.Domains, AppID: p.account(),
		AppName: providers.Outside(p.account()),
	}
	if id.TenantID == "" {
		id.TenantID = OrganisationID(domain)
	}
	if len(id.Domains) == 0 {
		id.Domains = []string{domain}
	}
	if version := p.engine.server.Load(); version != nil {
		id.AppName = providers.Outside(p.account() + " at Exchange " + *version)
	}
	if served := p.engine.served.Load(); served != nil {
		id.ServerTime = served.UTC()
	}
	if id.Capabilities, err = p.Capabilities(ctx); err != nil {
		return providers.Identity{}, err
	}
	return id, nil
}

// Capabilities is what the connection allows, judged by the test mailbox, which is
// asked once in a while.
func (p *Provider) Capabilities(ctx context.Context) (providers.Capabilities, error) {
	access, err := p.connectionAccess(ctx)
	if err != nil {
		return providers.Capabilities{}, err
	}
	c := providers.Capabilities{Access: access.Level, Write: true, TeamsWhy: providers.Outside(noTeams), Delta: true, MaxMailbox: availabilityMailboxes}
	if why := access.Refuses(providers.VerbBook); why != "" {
		c.Write, c.WriteWhy = false, providers.Outside(why)
	}
	return c, nil
}

// noTeams is why no Teams meetings are made (PRODUCT P8).
const noTeams = "Exchange Web Services cannot make Teams meetings; a Graph connection can"

// account names who signs in.
func (p *Provider) account() string {
	if p.config.User != "" {
		return p.config.User
	}
	if p.config.Account != "" {
		return string(p.config.Account)
	}
	return "application"
}

// OrganisationID is a GUID for an organisation's domain.
func OrganisationID(domain string) string {
	sum := sha256.Sum256([]byte("exchange organisation " + strings.ToLower(domain)))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: made in a way of one's own (RFC 9562)
	return id.String()
}

// connectionAccess is what the test mailbox allows, found out once in a while.
func (p *Provider) connectionAccess(ctx context.Context) (providers.Access, error) {
	mailbox := p.config.TestMailbox
	if mailbox == "" {
		mailbox = p.config.Account
	}
	if mailbox == "" {
		return providers.Access{Level: providers.FullAccess}, nil
	}
	p.mu.Lock()
	known := p.access
	p.mu.Unlock()
	if !known.at.IsZero() && p.now().Sub(known.at) < 10*time.Minute {
		return known.value, nil
	}
	access, err := p.Access(ctx, mailbox, false)
	if err != nil {
		return providers.Access{}, err
	}
	p.mu.Lock()
	p.access = kept[providers.Access]{access, p.now()}
	p.mu.Unlock()
	return access, nil
}

// SignInAnew signs in with what is current now: connections that were signed in before and
// that nobody uses just now are ended first.
func (p *Provider) SignInAnew(ctx context.Context) error {
	if anew, ok := p.engine.config.Token.(interface{ SignInAnew(context.Context) error }); ok {
		if err := anew.SignInAnew(ctx); err != nil {
			return err
		}
	}
	for _, base := range p.engine.bases {
		base.CloseIdleConnections()
	}
	_, err := p.Identify(ctx)
	return err
}
