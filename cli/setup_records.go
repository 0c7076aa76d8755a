package cli

import (
	"slices"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// consentRecords are what the connections that there are were granted, for the comparison
// before a consent page is opened. Those that are disconnected and kept are among them.
func consentRecords(config *keystore.Config) []providers.ConsentRecord {
	var out []providers.ConsentRecord
	for _, c := range config.Connections {
		if c.Exchange() {
			continue
		}
		out = append(out, providers.ConsentRecord{Tenant: c.Tenant, ClientID: c.ClientID, Individual: c.AccountID != "", Domains: domainsOf(c), Permissions: slices.Clone(c.Permissions)})
	}
	return out
}

// domainsOf are the domains that are known to be of a connection's tenant.
func domainsOf(c keystore.Connection) []string {
	out := slices.Clone(c.Domains)
	for _, mailbox := range []string{c.Account, c.Organizer} {
		if address, ok := providers.ParseAddress(mailbox); ok && !slices.Contains(out, address.Domain()) {
			out = append(out, address.Domain())
		}
	}
	return out
}

// sayConsent tells what a person's consent page will ask for, before it is opened, and
// what of it is another than last time (PRODUCT C26).
func (a *app) sayConsent(plan providers.ConsentPlan) {
	a.out.say("The consent page asks for %s; and for openid, profile and offline_access, which keep you signed in. Not for mail.", strings.Join(plan.Asks, ", "))
	if changes := plan.Changes(); changes != "" {
		a.out.say("Compared with last time: %s.", providers.Sanitise(changes))
	}
	if len(plan.Dropped) > 0 {
		a.out.say("%s.", sentence(providers.ConsentStays))
	}
}

// consentPlan is what the consent page asks a person for, for a connection as it is
// configured.
func consentPlan(c keystore.Connection, records []providers.ConsentRecord) providers.ConsentPlan {
	s := providers.NewSetup()
	s.Set(providers.SetupKind, providers.SetupIndividual)
	s.Set(providers.SetupLevel, c.Access)
	s.Set(providers.SetupTenant, c.Tenant)
	s.Set(providers.SetupClientID, c.ClientID)
	return s.ConsentPlan(records, nil)
}
