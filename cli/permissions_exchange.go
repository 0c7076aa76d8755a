package cli

import (
	"context"
	"slices"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/ews"
)

// permissionsExchange looks at the rights of a connection to an Exchange server.
func (a *app) permissionsExchange(ctx context.Context, f *permissionsFlags, c keystore.Connection, inside, outside []providers.Address) (permissionsObject, error) {
	secrets, err := a.secrets(c)
	if err != nil {
		return permissionsObject{}, err
	}
	provider, err := a.exchangeProvider(c, stored(c, secrets))
	if err != nil {
		return permissionsObject{}, asUsage(err)
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	probe := provider.Probe()
	samples := permissionSamples(c, inside)
	if email, ok := providers.ParseAddress(c.Email); ok && !slices.Contains(samples, email) {
		samples = append(samples, email)
	}
	reviews, err := doctor.ExchangeReview(ctx, probe, c.ByPassword(), samples, f.features)
	if err != nil {
		return permissionsObject{}, err
	}
	result := permissionsObject{Least: append([]string{}, doctor.ExchangeNeeds(f.features)...), Permissions: []permissionObject{}, Limit: []limitObject{}, Commands: []string{}}
	for _, r := range reviews {
		result.Permissions = append(result.Permissions, permissionObject{Permission: r.Permission, Features: append([]string{}, r.For...), Proven: r.Proven, Missing: r.Missing()})
	}
	result.Level = string(doctor.LevelFor(f.features))
	if err := a.addExchangeAccess(ctx, &result, c, provider, append(slices.Clone(samples), outside...)); err != nil {
		return permissionsObject{}, err
	}
	organizer, _ := providers.ParseAddress(c.Organizer)
	var limit doctor.Limit
	if len(inside)+len(outside) > 0 {
		if limit, err = doctor.ProveScope(ctx, probe, inside, outside); err != nil {
			return permissionsObject{}, err
		}
		result.addLimit(limit)
	}
	if len(limit.Checks) > 0 || slices.ContainsFunc(reviews, func(r doctor.Review) bool { return r.Permission == doctor.RightImpersonation && r.Missing() }) {
		result.Commands = doctor.ImpersonationCommands(c.Name, c.ActsAs(), limit, []providers.Address{organizer})
	}
	return result, nil
}

// shell is where the commands are run.
func (o *permissionsObject) shell() string {
	if slices.ContainsFunc(o.Permissions, func(p permissionObject) bool { return p.Permission == doctor.RightImpersonation }) {
		return "the Exchange Management Shell"
	}
	return "Exchange Online PowerShell"
}

// addLimit tells what was found of a limit, mailbox by mailbox.
func (o *permissionsObject) addLimit(limit doctor.Limit) {
	o.LimitKind, o.LimitWhy, o.Again = limit.Kind, limit.Why, limit.Again
	for _, c := range limit.Checks {
		expected, why := "outside", ""
		if c.Inside {
			expected = "inside"
		}
		if c.Err != nil {
			why = explain(c.Err).sentence()
		}
		o.Limit = append(o.Limit, limitObject{string(c.Mailbox), expected, c.Result, why, c.Holds()})
	}
}

// addExchangeAccess tells what the connection allows, and each mailbox that can be tried:
// by the rights in its calendar, and by free/busy where it shows no more.
func (a *app) addExchangeAccess(ctx context.Context, result *permissionsObject, c keystore.Connection, provider *ews.Provider, mailboxes []providers.Address) error {
	limits := limitsOf(a.asConfigured(c))
	can, err := provider.Capabilities(ctx)
	if err != nil {
		return err
	}
	connection := providers.ConnectionAccess(can.Within(limits.Level))
	within := limits.Role.Access().With(connection)
	result.Access, result.Role, result.Verbs = string(connection.Level), string(limits.Role), verbsOf(within, true)
	result.Mailboxes = []mailboxAccess{}
	slices.Sort(mailboxes)
	for _, mailbox := range slices.Compact(mailboxes) {
		own, err := provider.Access(ctx, mailbox, false)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			own = providers.ProblemAccess(mailbox, providers.ProblemOf(err, a.deps.Now()))
		}
		have := limits.Role.Access().With(own)
		level := string(own.Level)
		if err != nil && own.Level == "" {
			level = "not known"
		}
		result.Mailboxes = append(result.Mailboxes, mailboxAccess{string(mailbox), level, verbsOf(have, false)})
	}
	return nil
}

// exchangeRows are the rights of a connection to an Exchange server, for the console.
func (a *app) exchangeRows(ctx context.Context, c keystore.Connection, source credentials) ([]doctor.Review, error) {
	provider, err := a.exchangeProvider(c, source)
	if err != nil {
		return nil, err
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	return doctor.ExchangeReview(ctx, provider.Probe(), c.ByPassword(), permissionSamples(c, nil), doctor.FeatureNames())
}
