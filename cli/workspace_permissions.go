package cli

import (
	"context"
	"slices"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// The part of [tui.Workspace] that looks into permissions.

// Features implements [tui.PermissionDesk].
func (w *workspace) Features() []tui.PermissionFeature {
	var out []tui.PermissionFeature
	for _, f := range doctor.Features() {
		out = append(out, tui.PermissionFeature{Name: f.Name, What: f.What})
	}
	return out
}

// LeastFor implements [tui.PermissionDesk].
func (w *workspace) LeastFor(connection string, features []string) tui.LeastAccess {
	if c, err := w.named(connection); err == nil && c.Exchange() {
		least := tui.LeastAccess{Permissions: doctor.ExchangeNeeds(features), Level: doctor.LevelFor(features), Within: map[string][]string{}, Rights: true}
		if c.ByPassword() {
			var mailboxes []providers.Address
			for _, text := range []string{c.Email, c.Organizer} {
				if address, ok := providers.ParseAddress(text); ok && !slices.Contains(mailboxes, address) {
					mailboxes = append(mailboxes, address)
				}
			}
			least.Shell, least.Commands = "Exchange Management Shell", doctor.ImpersonationCommands(c.Name, c.ActsAs(), doctor.Limit{}, mailboxes)
		}
		return least
	}
	least := tui.LeastAccess{Permissions: doctor.Least(features), Level: doctor.LevelFor(features), Within: map[string][]string{}}
	for _, name := range least.Permissions {
		least.Within[name] = doctor.Wider(name)
	}
	return least
}

// named is a connection as it is configured now.
func (w *workspace) named(name string) (keystore.Connection, error) {
	if c := w.app.asConfigured(w.connection); name == c.Name {
		return c, nil
	}
	config, err := w.app.loadConfig()
	if err != nil {
		return keystore.Connection{}, err
	}
	return findConnection(config, name)
}

// Permissions implements [tui.PermissionDesk].
func (w *workspace) Permissions(ctx context.Context, name string) ([]tui.PermissionRow, error) {
	c, err := w.named(name)
	if err != nil {
		return nil, err
	}
	if err := w.app.mayAdminister(c, "permissions"); err != nil {
		return nil, err
	}
	secrets, err := w.app.secrets(c)
	if err != nil {
		return nil, err
	}
	if c.Exchange() {
		reviews, err := w.app.exchangeRows(ctx, c, w.app.held(c, secrets))
		rows := make([]tui.PermissionRow, 0, len(reviews))
		for _, r := range reviews {
			rows = append(rows, tui.PermissionRow{Name: r.Permission, Proven: r.Proven})
		}
		return rows, err
	}
	provider, err := w.app.newProvider(c, w.app.held(c, secrets))
	if err != nil {
		return nil, err
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	reviews, err := doctor.PermissionReview(ctx, provider.Probe(), permissionSamples(c, nil), doctor.FeatureNames(), c.Permissions)
	if err != nil {
		return nil, err
	}
	rows := make([]tui.PermissionRow, 0, len(reviews))
	for _, r := range reviews {
		rows = append(rows, tui.PermissionRow{Name: providers.Sanitise(r.Permission), Granted: r.Granted, InToken: r.InToken, Proven: r.Proven, Drift: r.Drift, Right: r.Right})
	}
	return rows, nil
}
