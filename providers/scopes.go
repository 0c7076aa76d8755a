package providers

import (
	"slices"
	"strings"
)

// PersonScopes are the delegated permissions that a person is asked for, by the level of
// access that was chosen for the connection ("" is full). Restricted asks for what full
// asks for: it differs in which mailboxes, which an administrator limits.
func PersonScopes(level AccessLevel) []string {
	switch level {
	case FreeBusyAccess:
		return []string{"User.Read", "User.ReadBasic.All", "Calendars.ReadBasic", "Place.Read.All"}
	case ReadOnlyAccess:
		return []string{"User.Read", "User.ReadBasic.All", "Calendars.Read", "Calendars.Read.Shared", "Place.Read.All"}
	}
	return []string{"User.Read", "User.ReadBasic.All", "Calendars.ReadWrite", "Calendars.ReadWrite.Shared", "Place.Read.All"}
}

// openIDScopes keep a person signed in. They come with every person's sign-in, and a
// token does not always repeat them.
func openIDScopes() []string { return []string{"openid", "profile", "email", "offline_access"} }

// ConsentPlan is what a consent page will ask for, told before it is opened.
type ConsentPlan struct {
	Asks []string // by name, without those that only keep a person signed in
	// Known: it was connected before, and the rest is the comparison with what was
	// recorded then.
	Known          bool
	Added, Dropped []string
}

// PlanConsent compares what will be asked for with what was recorded last; before is nil
// where nothing was.
func PlanConsent(asks, before []string) ConsentPlan {
	plan := ConsentPlan{Asks: asks, Known: before != nil}
	if !plan.Known {
		return plan
	}
	has := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(have string) bool { return strings.EqualFold(have, name) })
	}
	for _, name := range asks {
		if !has(before, name) {
			plan.Added = append(plan.Added, name)
		}
	}
	for _, name := range before {
		if !has(asks, name) && !has(openIDScopes(), name) {
			plan.Dropped = append(plan.Dropped, name)
		}
	}
	return plan
}

// ConsentStays is said where less is asked for than was consented to before.
const ConsentStays = "what was consented to before stays in the tenant until it is taken back there; the chosen level holds here all the same"

// Changes says what comes and goes since last time, in a sentence without its end; "" where
// nothing was recorded.
func (p ConsentPlan) Changes() string {
	switch {
	case !p.Known:
		return ""
	case len(p.Added)+len(p.Dropped) == 0:
		return "the same"
	}
	var out []string
	if len(p.Added) > 0 {
		out = append(out, "added "+strings.Join(p.Added, ", "))
	}
	if len(p.Dropped) > 0 {
		out = append(out, "no longer asked for "+strings.Join(p.Dropped, ", "))
	}
	return strings.Join(out, "; ")
}

// ConsentRecord is what a connection that there is was granted when its owner last
// consented.
type ConsentRecord struct {
	Tenant, ClientID string
	Domains          []string // that are known to be the tenant's
	Individual       bool
	Permissions      []string
}

// ConsentPlan is what the consent page of this set-up will ask for. least are an
// application's permissions for what is ticked.
func (s Setup) ConsentPlan(records []ConsentRecord, least []string) ConsentPlan {
	asks := least
	if s.Individual() {
		asks = PersonScopes(s.PersonLevel())
	}
	var before []string
	same := false // of the same application
	for _, r := range records {
		if r.Individual != s.Individual() || len(r.Permissions) == 0 || !r.of(s.Get(SetupTenant)) {
			continue
		}
		if app := strings.EqualFold(r.ClientID, s.Get(SetupClientID)); app || !same {
			before, same = r.Permissions, app
		}
	}
	return PlanConsent(asks, before)
}

// of reports whether a record is of a tenant, which is given by id or by a domain.
func (r ConsentRecord) of(tenant string) bool {
	return tenant != "" && (strings.EqualFold(r.Tenant, tenant) ||
		slices.ContainsFunc(r.Domains, func(domain string) bool { return strings.EqualFold(domain, tenant) }))
}
