package graph

import (
	"context"
	"slices"
	"strings"

	"roomdesk/providers"
)

type wireOrganization struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Domains     []struct {
		Name      string `json:"name"`
		IsDefault bool   `json:"isDefault"`
	} `json:"verifiedDomains"`
}

// Identify signs in and asks which tenant answers. Where the permission to read
// the organisation is missing, the identity has the tenant's id from the token
// and no name. Permissions are what the token says: display them, do not rely on
// them, since Exchange may grant more (roles for applications) or less (access
// policies).
func (p *Provider) Identify(ctx context.Context) (providers.Identity, error) {
	var organizations []wireOrganization
	c := call{op: "asking which tenant this is", permission: "Organization.Read.All",
		url: p.roots.url("$select=id,displayName,verifiedDomains", "organization")}
	organizations, _, err := getPage(ctx, p.engine, c, func(w *wireOrganization) (wireOrganization, bool) {
		return *w, w.ID != ""
	})
	if err != nil && !providers.Is(err, providers.NotAllowed) {
		return providers.Identity{}, err
	}
	token, tokenErr := p.engine.tokens.get(ctx)
	if tokenErr != nil {
		return providers.Identity{}, tokenErr
	}
	claims := readClaims(token)
	identity := providers.Identity{
		Provider: "graph", AppID: claims.AppID, AppName: providers.Outside(claims.AppName),
		Permissions: claims.permissions(), Capabilities: p.capabilities(claims.permissions()),
	}
	if identity.AppID == "" {
		identity.AppID = p.config.ClientID
	}
	for _, id := range []string{claims.Tenant, p.config.TenantID} {
		if identity.TenantID == "" && CheckGUID(id) {
			identity.TenantID = strings.ToLower(id)
		}
	}
	if len(organizations) > 0 {
		o := organizations[0]
		identity.TenantID, identity.TenantName = strings.ToLower(o.ID), providers.Outside(o.DisplayName)
		for _, domain := range o.Domains {
			name := strings.ToLower(domain.Name)
			if CheckTenant(name) != nil {
				continue // not a name that could be shown or compared
			}
			if domain.IsDefault {
				identity.Domains = slices.Insert(identity.Domains, 0, name)
			} else {
				identity.Domains = append(identity.Domains, name)
			}
		}
	}
	if identity.TenantID == "" {
		return providers.Identity{}, &providers.Error{Class: providers.Foreign, Op: c.op,
			Message: providers.Outside("neither the service nor the token names the tenant")}
	}
	if served := p.engine.served.Load(); served != nil {
		identity.ServerTime = *served
	}
	return identity, nil
}

// capabilities concludes from the token's permissions what can be tried. Without
// any calendar permission in it it may have been granted in Exchange alone, which is
// always for some mailboxes: restricted.
func (p *Provider) capabilities(roles []string) providers.Capabilities {
	c := providers.Capabilities{Access: providers.FullAccess, Write: true, Teams: true, Delta: true, MaxMailbox: schedulesAtOnce}
	has := func(role string) bool {
		return slices.ContainsFunc(roles, func(have string) bool { return strings.EqualFold(have, role) })
	}
	switch {
	case has("Calendars.ReadWrite"):
	case has("Calendars.Read"):
		c.Write, c.WriteWhy = false, providers.Outside("the application may read calendars but not change them: grant Calendars.ReadWrite")
	case has("Calendars.ReadBasic"), has("Calendars.ReadBasic.All"):
		c.Access = providers.FreeBusyAccess
		c.Write, c.WriteWhy = false, providers.Outside("the application may only read when calendars are busy: grant Calendars.ReadWrite")
	default:
		c.Access = providers.Restricted
	}
	if p.objects == nil {
		c.Write, c.WriteWhy = false, providers.Outside("this connection was made for reading only")
	}
	return c
}
