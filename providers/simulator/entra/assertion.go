package entra

import (
	"crypto/sha1" // x5t is defined as a SHA-1 thumbprint (RFC 7515, 4.1.7)
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What is wrong with the key of an assertion.
var (
	errUnknownCertificate = errors.New("certificate not registered")
	errUnnamedCertificate = errors.New("no thumbprint")
)

// checkAssertion verifies a client assertion (RFC 7523): signed by a certificate
// of the application, for this token endpoint, within its short life, used once.
// A chain in x5c counts for nothing: only what is uploaded does.
func (d *Directory) checkAssertion(r *http.Request, application *Application, assertion string) *failure {
	var claims jwt.RegisteredClaims
	var certificate *x509.Certificate
	token, err := jwt.NewParser(jwt.WithoutClaimsValidation()).
		ParseWithClaims(assertion, &claims, func(token *jwt.Token) (any, error) {
			if method := token.Method.Alg(); method != "RS256" && method != "PS256" {
				return nil, jwt.ErrTokenMalformed
			}
			if token.Header["x5t"] == nil && token.Header["x5t#S256"] == nil {
				return nil, errUnnamedCertificate
			}
			if certificate = findCertificate(application.Certificates, token.Header); certificate == nil {
				return nil, errUnknownCertificate
			}
			return certificate.PublicKey, nil
		})
	now := d.options.Now()
	switch {
	case errors.Is(err, errUnnamedCertificate):
		return failUnnamed(token)
	case errors.Is(err, errUnknownCertificate):
		return failed(http.StatusUnauthorized, "invalid_client", 700027,
			"The certificate with identifier used to sign the client assertion is not registered on application. "+
				"[Reason - The key was not found., Thumbprint of key used by client: '%s', Please visit the Azure Portal, Graph Explorer "+
				"or directly use MS Graph to see configured keys for app Id '%s'.]", thumbprint(token), application.ClientID)
	case errors.Is(err, jwt.ErrTokenMalformed), err != nil && certificate == nil:
		return failed(http.StatusUnauthorized, "invalid_client", 50027, "JWT token is invalid or malformed.")
	case err != nil:
		return failed(http.StatusUnauthorized, "invalid_client", 700027,
			"Client assertion contains an invalid signature. [Reason - The key was found, but use of the key to verify the signature failed., "+
				"Thumbprint of key used by client: '%s']", thumbprint(token))
	case now.After(certificate.NotAfter):
		return failKey("The certificate with identifier used to sign the client assertion is expired on application.", "The key used is expired.", token, certificate)
	case now.Before(certificate.NotBefore):
		return failKey("The certificate with identifier used to sign the client assertion is not yet valid on application.", "The key used is not yet valid.", token, certificate)
	case !strings.EqualFold(claims.Issuer, application.ClientID) || !strings.EqualFold(claims.Subject, application.ClientID):
		return failed(http.StatusUnauthorized, "invalid_client", 700021,
			"Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at "+
				"https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .")
	case !slices.ContainsFunc(claims.Audience, func(aud string) bool { return d.isAssertionAudience(r, aud) }):
		return failed(http.StatusUnauthorized, "invalid_client", 700023,
			"Client assertion audience claim does not match Realm issuer. Review the documentation at "+
				"https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .")
	case claims.ExpiresAt == nil || now.After(claims.ExpiresAt.Add(clockSkew)), claims.NotBefore != nil && now.Before(claims.NotBefore.Add(-clockSkew)):
		var expires time.Time
		if claims.ExpiresAt != nil {
			expires = claims.ExpiresAt.Time
		}
		return failed(http.StatusUnauthorized, "invalid_client", 700024,
			"Client assertion is not within its valid time range. Current time: %s, expiry time of assertion %s.", stamp(now), stamp(expires))
	case d.replayed(application, claims):
		return failed(http.StatusUnauthorized, "invalid_client", 50013, "Assertion failed validation: it was used before. [Reason - The value of 'jti' was already presented.]")
	}
	return nil
}

// failKey is for a certificate that is uploaded and not good at this time.
func failKey(what, reason string, token *jwt.Token, certificate *x509.Certificate) *failure {
	return failed(http.StatusUnauthorized, "invalid_client", 700027, "%s [Reason - %s, Thumbprint of key used by client: '%s', Found key 'Start=%s, End=%s']",
		what, reason, thumbprint(token), stamp(certificate.NotBefore), stamp(certificate.NotAfter))
}

// failUnnamed is for an assertion that names its key by its chain only: by subject
// name and issuer, which no registration here trusts.
func failUnnamed(token *jwt.Token) *failure {
	chain, ok := token.Header["x5c"].([]any)
	if !ok || len(chain) == 0 {
		return failed(http.StatusUnauthorized, "invalid_client", 50027, "JWT token is invalid or malformed. The header names no key.")
	}
	text, _ := chain[0].(string)
	raw, err := base64.StdEncoding.DecodeString(text)
	var leaf *x509.Certificate
	if err == nil {
		leaf, err = x509.ParseCertificate(raw)
	}
	if err != nil {
		return failed(http.StatusUnauthorized, "invalid_client", 50012, "Authentication failed. The certificate chain of the client assertion is not valid.")
	}
	return failed(http.StatusUnauthorized, "invalid_client", 700030, "Invalid certificate - subject name in certificate isn't authorized. SubjectName: %s.", leaf.Subject.CommonName)
}

// replayed remembers an assertion's id for as long as the assertion is good.
func (d *Directory) replayed(application *Application, claims jwt.RegisteredClaims) bool {
	if claims.ID == "" {
		return false
	}
	key, now := hashed(strings.ToLower(application.ClientID)+"|"+claims.ID), d.options.Now()
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	if until, known := d.flows.assertions[key]; known && now.Before(until) {
		return true
	}
	bound(d.flows.assertions, func(until time.Time) bool { return !now.Before(until) })
	d.flows.assertions[key] = claims.ExpiresAt.Add(clockSkew)
	return false
}

// findCertificate picks the certificate that the header's thumbprints name; where
// there are two, they must be of one certificate. Both
// base64 alphabets are met in the field: MSAL for Go writes the standard one where
// the RFC asks for the URL one.
func findCertificate(certificates []*x509.Certificate, header map[string]any) *x509.Certificate {
	for _, certificate := range certificates {
		one, two := sha1.Sum(certificate.Raw), sha256.Sum256(certificate.Raw) // see the import
		short, long := header["x5t"], header["x5t#S256"]
		if (short == nil || sameBytes(short, one[:])) && (long == nil || sameBytes(long, two[:])) {
			return certificate
		}
	}
	return nil
}

func sameBytes(value any, want []byte) bool {
	raw := decodeBase64(value)
	return raw != nil && string(raw) == string(want)
}

func decodeBase64(value any) []byte {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return raw
}

func thumbprint(token *jwt.Token) string {
	if token == nil {
		return ""
	}
	for _, name := range []string{"x5t", "x5t#S256"} {
		if raw := decodeBase64(token.Header[name]); raw != nil {
			return strings.ToUpper(hex.EncodeToString(raw))
		}
	}
	return ""
}

// isAssertionAudience accepts what Entra does: the token endpoint or the issuer,
// with the tenant by id or by domain.
func (d *Directory) isAssertionAudience(r *http.Request, audience string) bool {
	u, err := url.Parse(audience)
	if err != nil || u.Scheme != "https" {
		return false
	}
	base, err := url.Parse(d.authority(r))
	if err != nil || !strings.EqualFold(u.Host, base.Host) {
		return false
	}
	path, ok := strings.CutPrefix(u.Path, strings.TrimRight(base.Path, "/")+"/")
	if !ok {
		return false
	}
	tenant, rest, _ := strings.Cut(path, "/")
	if d.tenant(tenant) != thisTenant {
		return false
	}
	switch strings.ToLower(strings.TrimRight(rest, "/")) {
	case "oauth2/v2.0/token", "v2.0", "oauth2/token", "":
		return true
	}
	return false
}
