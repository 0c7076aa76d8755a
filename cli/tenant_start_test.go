package cli

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	stdsync "sync"

	"roomdesk/providers/simulator"
)

// oneKey signs the tokens of the tenants of most tests: to make one for each would
// take longer than many of these tests.
var oneKey = stdsync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// StartTenant starts a simulated tenant that shares its signing key with others.
func StartTenant(ctx context.Context, o simulator.Options) (*simulator.Tenant, error) {
	key, err := oneKey()
	if err != nil {
		return nil, err
	}
	o.SigningKey = key
	return simulator.Start(ctx, o)
}
