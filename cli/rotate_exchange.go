package cli

import (
	"context"
	"errors"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// newPassword reads the password that a service account has got on its server.
func (a *app) newPassword(ctx context.Context, c keystore.Connection) (keystore.Secret, graph.Credential, error) {
	text, err := a.readSecret(ctx, "New password of "+providers.Sanitise(c.User)+": ")
	switch {
	case err != nil:
		return keystore.Secret{}, graph.Credential{}, err
	case strings.TrimSpace(text) == "":
		return keystore.Secret{}, graph.Credential{}, usage("pipe the new password into roomdesk", "the password is empty")
	}
	return keystore.NewSecret(text), graph.Credential{Secret: text}, nil
}

// tryExchange signs in at an Exchange server and reads something that only a good sign-in
// can. A password that is refused is sent once: directories lock accounts.
func (a *app) tryExchange(ctx context.Context, c keystore.Connection, source credentials) (graph.Credential, error) {
	found, err := source(ctx)
	if err != nil {
		return graph.Credential{}, err
	}
	if len(found) == 0 {
		return graph.Credential{}, failed("connect again", "there is no credential")
	}
	provider, err := a.exchangeProvider(c, only(found[0]))
	if err != nil {
		return graph.Credential{}, err
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	if _, err := provider.Identify(ctx); err != nil {
		return graph.Credential{}, err
	}
	if _, err := provider.Rooms(ctx, func([]providers.Room) error { return errEnough }); err != nil && !errors.Is(err, errEnough) {
		return graph.Credential{}, err
	}
	return found[0], nil
}
