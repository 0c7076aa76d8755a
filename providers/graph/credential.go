package graph

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

	"roomdesk/providers"
)

// Credential is what an application proves itself with: a client secret, or a
// certificate with its key.
type Credential struct {
	// Secret is the client secret's Value.
	Secret string
	// Certificate and Key sign a client assertion (RFC 7523) in place of a secret:
	// PS256, the certificate named by x5t#S256, good for ten minutes, as MSAL makes it.
	Certificate *x509.Certificate
	Key         *rsa.PrivateKey
}

// Same reports whether two credentials would sign in alike.
func (c Credential) Same(o Credential) bool {
	if (c.Certificate == nil) != (o.Certificate == nil) || c.Secret != o.Secret {
		return false
	}
	return c.Certificate == nil || c.Certificate.Equal(o.Certificate) && c.Key.Equal(o.Key)
}

// msal is the credential as Microsoft's library takes it. Its errors hold nothing
// of the credential.
func (c Credential) msal() (confidential.Credential, error) {
	bad := func(what string) (confidential.Credential, error) {
		return confidential.Credential{}, &providers.Error{Class: providers.Local, Op: signingIn, Message: providers.Outside(what)}
	}
	if c.Certificate == nil {
		if err := CheckSecret(c.Secret); err != nil {
			var refused *providers.Error
			errors.As(err, &refused)
			return confidential.Credential{}, &providers.Error{Class: providers.SignedOut, Op: signingIn, Message: refused.Message, Advice: refused.Advice}
		}
		credential, err := confidential.NewCredFromSecret(c.Secret)
		if err != nil {
			return bad("the client secret cannot be used")
		}
		return credential, nil
	}
	if c.Key == nil {
		return bad("the certificate has no key")
	}
	credential, err := confidential.NewCredFromCert([]*x509.Certificate{c.Certificate}, c.Key)
	if err != nil {
		return bad("the certificate and its key cannot be used together")
	}
	return credential, nil
}

// secretOnly is the source of credentials where a client secret is all there is.
func secretOnly(secret func(context.Context) (string, error)) func(context.Context) ([]Credential, error) {
	if secret == nil {
		return nil
	}
	return func(ctx context.Context) ([]Credential, error) {
		value, err := secret(ctx)
		return []Credential{{Secret: value}}, err
	}
}
