package graph

import "context"

// Token gives a token for the root that the connection was made for, to another client
// of the same service. refused is one that was not accepted, "" at first.
func (p *Provider) Token(ctx context.Context, refused string) (string, error) {
	if refused != "" {
		if _, err := p.engine.tokens.renew(ctx, refused, ""); err != nil {
			return "", err
		}
	}
	return p.engine.tokens.get(ctx)
}
