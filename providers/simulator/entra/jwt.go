package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// clockSkew is what Entra and Graph allow between two clocks.
const clockSkew = 5 * time.Minute

// Claims is what an access token says about its bearer.
type Claims struct {
	AppID, AppDisplayName string
	ObjectID              string // of the service principal
	TenantID              string
	Roles                 []string // application permissions; nil for none
	Scope                 string   // delegated permissions, blank separated
	UserName              string   // of the person who signed in; "" for an application
	DirectoryRoles        []string // template ids of the person's directory roles
	Issued, Expires       time.Time
	// TokenHash is a short hash of the whole token, for ledgers: the token itself
	// must not be stored.
	TokenHash string
}

// Delegated reports whether a person signed in, not the application itself.
func (c Claims) Delegated() bool { return c.Scope != "" }

// HasRole reports whether the person holds a directory role, by its template id.
func (c Claims) HasRole(template string) bool { return slices.Contains(c.DirectoryRoles, template) }

// Reason says why a token is refused.
type Reason string

// Reasons for refusing a token.
const (
	Missing       Reason = "missing"
	Malformed     Reason = "malformed"
	BadSignature  Reason = "signature"
	WrongAudience Reason = "audience"
	WrongTenant   Reason = "tenant"
	Expired       Reason = "expired"
	NotYetValid   Reason = "not yet valid"
	Revoked       Reason = "revoked"
)

// TokenError is a refused token. Graph answers it with 401 and the code
// InvalidAuthenticationToken; Message is Graph's wording.
type TokenError struct {
	Reason  Reason
	Message string
	err     error
}

// Error says why in one line, without the token.
func (e *TokenError) Error() string { return "token refused (" + string(e.Reason) + "): " + e.Message }

// Unwrap gives the cause.
func (e *TokenError) Unwrap() error { return e.err }

// wireClaims are the claims of an app-only access token for Graph, version 1.0 as
// Graph's registration asks for.
type wireClaims struct {
	jwt.RegisteredClaims
	AppID          string   `json:"appid"`
	AppIDACR       string   `json:"appidacr"` // "1" secret, "2" certificate
	AppDisplayName string   `json:"app_displayname"`
	IDP            string   `json:"idp"`
	IDType         string   `json:"idtyp,omitempty"`
	ObjectID       string   `json:"oid"`
	Roles          []string `json:"roles,omitempty"`
	Scope          string   `json:"scp,omitempty"`
	DirectoryRoles []string `json:"wids,omitempty"`
	TenantID       string   `json:"tid"`
	RegionScope    string   `json:"tenant_region_scope"`
	UTI            string   `json:"uti"`
	Version        string   `json:"ver"`
}

func newKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

func keyID(key *rsa.PublicKey) string {
	sum := sha256.Sum256(key.N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

// mint signs a token for an application. Its audience is the resource as asked
// for, which is what Entra does.
func (d *Directory) mint(g grant) (string, error) {
	application, resource := g.application, g.resource
	key, err := d.key()
	if err != nil {
		return "", err
	}
	now := d.options.Now().Truncate(time.Second)
	expires := now.Add(d.options.TokenLife)
	uti := make([]byte, 16)
	if _, err := rand.Read(uti); err != nil {
		return "", err
	}
	issuer := "https://sts.windows.net/" + d.options.TenantID + "/"
	claims := wireClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Audience: jwt.ClaimStrings{resource}, Issuer: issuer, Subject: application.ObjectID,
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(expires),
		},
		AppID: application.ClientID, AppIDACR: "1", AppDisplayName: application.DisplayName,
		IDP: issuer, IDType: "app", ObjectID: application.ObjectID,
		TenantID: d.options.TenantID, RegionScope: "EU",
		UTI: base64.RawURLEncoding.EncodeToString(uti), Version: "1.0",
	}
	if g.byAssertion {
		claims.AppIDACR = "2"
	}
	if application.Delegated {
		claims.Scope, claims.IDType = strings.Join(application.Roles, " "), "user"
	} else {
		claims.Roles = application.Roles
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, singleAudience{claims, resource})
	id := keyID(&key.PublicKey)
	token.Header["kid"], token.Header["x5t"] = id, id
	return token.SignedString(key)
}

// singleAudience writes aud as one string, as Entra does, instead of a list; some
// clients read nothing else.
type singleAudience struct {
	wireClaims
	Aud string `json:"aud"`
}

func (c wireClaims) public(token string) Claims {
	p := Claims{
		AppID: c.AppID, AppDisplayName: c.AppDisplayName, ObjectID: c.ObjectID, TenantID: c.TenantID,
		Roles: slices.Clone(c.Roles), Scope: c.Scope, DirectoryRoles: slices.Clone(c.DirectoryRoles), TokenHash: tokenHash(token),
	}
	if c.IssuedAt != nil {
		p.Issued = c.IssuedAt.Time
	}
	if c.ExpiresAt != nil {
		p.Expires = c.ExpiresAt.Time
	}
	return p
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// Verify checks an access token, with or without "Bearer " before it: signature,
// audience, tenant, life time, revocation. Its error is a [*TokenError].
func (d *Directory) Verify(bearer string) (Claims, error) {
	token := strings.TrimSpace(bearer)
	if scheme, rest, _ := strings.Cut(token, " "); strings.EqualFold(scheme, "bearer") {
		token = strings.TrimSpace(rest)
	}
	if token == "" {
		return Claims{}, &TokenError{Reason: Missing, Message: "Access token is empty."}
	}
	claims, known := d.verified.get(token)
	if !known {
		parsed, err := d.parse(token)
		if err != nil {
			return Claims{}, err
		}
		claims = parsed.public(token)
		d.verified.put(token, claims)
	}
	now := d.options.Now()
	d.mu.RLock()
	revokedAt := d.revokedAt
	d.mu.RUnlock()
	switch {
	case !now.Before(claims.Expires):
		return Claims{}, &TokenError{Reason: Expired, Message: "Lifetime validation failed, the token is expired."}
	case claims.Issued.After(now.Add(clockSkew)):
		return Claims{}, &TokenError{Reason: NotYetValid, Message: "Lifetime validation failed, the token is not yet valid."}
	case !revokedAt.IsZero() && !claims.Issued.After(revokedAt):
		return Claims{}, &TokenError{Reason: Revoked, Message: "Continuous access evaluation resulted in challenge with result: " +
			"InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"}
	}
	claims.Roles = slices.Clone(claims.Roles)
	return claims, nil
}

// parse checks what never changes about a token: form, signature, audience and
// tenant. Life time is checked at each use.
func (d *Directory) parse(token string) (wireClaims, error) {
	var claims wireClaims
	key, err := d.key()
	if err != nil {
		return claims, err
	}
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation()).
		ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return claims, &TokenError{Malformed, "IDX14100: JWT is not well formed, there are no dots (.).", err}
	case err != nil:
		return claims, &TokenError{BadSignature, "Signature is invalid.", err}
	case !slices.ContainsFunc(claims.Audience, d.serves):
		return claims, &TokenError{WrongAudience, "Access token validation failure. Invalid audience.", nil}
	case claims.TenantID != d.options.TenantID:
		return claims, &TokenError{WrongTenant, "Access token validation failure. Invalid tenant.", nil}
	case claims.ExpiresAt == nil || claims.IssuedAt == nil:
		return claims, &TokenError{Malformed, "Access token validation failure.", nil}
	}
	return claims, nil
}

// verifiedTokens remembers tokens whose signature was checked, as a client sends
// the same one thousands of times.
type verifiedTokens struct {
	mu     sync.RWMutex
	claims map[string]Claims
}

const maxVerified = 256

func (v *verifiedTokens) get(token string) (Claims, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	claims, ok := v.claims[token]
	return claims, ok
}

func (v *verifiedTokens) put(token string, claims Claims) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.claims == nil || len(v.claims) >= maxVerified {
		v.claims = map[string]Claims{}
	}
	v.claims[token] = claims
}

func (v *verifiedTokens) clear() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.claims = nil
}
