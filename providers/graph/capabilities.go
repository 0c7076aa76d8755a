package graph

import (
	"context"

	"roomdesk/providers"
)

// Capabilities signs in and concludes from the token alone what can be tried, as
// [Provider.Identify] does; nothing else is asked.
func (p *Provider) Capabilities(ctx context.Context) (providers.Capabilities, error) {
	token, err := p.engine.tokens.get(ctx)
	if err != nil {
		return providers.Capabilities{}, err
	}
	return p.capabilities(readClaims(token).permissions()), nil
}
