package cli

import (
	"context"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

// whoamiObject is who acts with a connection, in JSON.
type whoamiObject struct {
	Connection string `json:"connection"`
	User       string `json:"user"` // of this machine, as the audit trail names it
	Role       string `json:"role"`
	// ProviderName is the service account's, ProfileProviderName that of calendars,
	// which is the same with both providers.
	ProviderName        string              `json:"provider_name"`
	ProfileProviderName string              `json:"profile_provider_name"`
	ProviderProtocol    string              `json:"provider_protocol"`
	Access              string              `json:"access"`
	TenantID            string              `json:"tenant_id"`
	TenantName          providers.Untrusted `json:"tenant_name"`
	AppID               string              `json:"app_id"`
	AppName             providers.Untrusted `json:"app_name"`
	Account             string              `json:"account"`
	Organizer           string              `json:"organizer"`
	Verbs               []verbObject        `json:"verbs"`
	// Connections are those of the organisation, the first one first.
	Connections []whoamiPart `json:"connections"`
}

// whoamiPart is who acts with one connection of the organisation, in JSON.
type whoamiPart struct {
	Connection       string         `json:"connection"`
	Home             string         `json:"home"` // of the mailboxes that it reaches: "cloud" or "on premises"
	ProviderName     string         `json:"provider_name"`
	ProviderProtocol string         `json:"provider_protocol"`
	ActsAs           string         `json:"acts_as"`
	Access           string         `json:"access"`
	Error            *problemObject `json:"error"`
}

// whoamiParts asks each connection what it allows.
func (s *session) whoamiParts(ctx context.Context) []whoamiPart {
	out := []whoamiPart{}
	for _, p := range s.parts() {
		c := p.connection
		o := whoamiPart{Connection: c.Name, Home: providers.HomeWords(c.Provider), ActsAs: c.ActsAs()}
		if c.Account != "" {
			o.ActsAs = c.Account
		}
		profile := providers.ProfileOf(c.Provider)
		o.ProviderName, o.ProviderProtocol = profile.Account, profile.Protocol
		can, err := p.provider.Capabilities(ctx)
		if err == nil {
			o.Access = string(can.Within(providers.AccessLevel(s.app.asConfigured(c).Access)).Access)
		} else {
			o.Error = s.app.out.problem(providers.ProblemOf(err, s.app.deps.Now()))
		}
		out = append(out, o)
	}
	return out
}

func (a *app) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "whoami [NAME]",
		Short:             "Show who acts with this connection, in which role, and what is allowed",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeConnections,
		RunE: a.run(a.forNamed(func(ctx context.Context) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.whoami(ctx, s) })
		})),
	}
}

func (a *app) whoami(ctx context.Context, s *session) error {
	c := a.asConfigured(s.connection)
	for _, p := range s.parts() {
		if p.connection.Name == a.flags.connection { // the other one of an organisation of two
			c = a.asConfigured(p.connection)
		}
	}
	identity, err := s.provider.Identify(ctx)
	profile := providers.ProfileOf(c.Provider)
	o := whoamiObject{
		Connection: c.Name, User: a.trailActor(c).User, Role: string(s.limitsNow().Role),
		ProviderName: profile.Account, ProfileProviderName: profile.ProviderName, ProviderProtocol: profile.Protocol,
		Access: string(identity.Capabilities.Access), TenantID: identity.TenantID, TenantName: identity.TenantName, AppID: identity.AppID, AppName: identity.AppName,
		Account: c.Account, Organizer: c.Organizer, Verbs: verbsOf(s.provider.Access(), true), Connections: s.whoamiParts(ctx),
	}
	if err != nil { // what is known here is told all the same
		o.TenantID, o.AppID = c.Tenant, c.ActsAs()
	}
	if a.out.format == formatJSON {
		if wrong := a.out.json(o); wrong != nil {
			return wrong
		}
		return err
	}
	who := "application " + o.AppName.Or(o.AppID)
	if o.Account != "" {
		who = providers.Sanitise(o.Account)
	}
	rows := [][]string{
		{"connection", o.Connection}, {"here", providers.Sanitise(o.User)}, {"role", o.Role}, {"acts as", who}, {"tenant", o.TenantName.Or(o.TenantID)},
		{"access", o.Access}, {"provider", o.ProviderName}, {"calendars' provider", o.ProfileProviderName}, {"protocol", o.ProviderProtocol}, {"organizer", o.Organizer},
	}
	if len(o.Connections) > 1 {
		for _, p := range o.Connections {
			words := p.Connection + ": " + p.ProviderProtocol + ", " + p.Access + ", as " + providers.Sanitise(p.ActsAs)
			if p.Error != nil {
				words = p.Connection + ": " + p.ProviderProtocol + ", cannot be asked: " + p.Error.Message.Or(p.Error.Class)
			}
			rows = append(rows, []string{p.Home, words})
		}
	}
	for _, v := range o.Verbs {
		if !v.Allowed {
			rows = append(rows, []string{"may not " + v.Verb, v.Why})
		}
	}
	if wrong := a.out.table([]column{{title: "WHAT", keep: true}, {title: "IS"}}, rows, ""); wrong != nil {
		return wrong
	}
	return err
}
