package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
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
	ObjectID              string // of the service principal, or of the person who signed in
	TenantID              string
	Roles                 []string // application permissions; nil for none
	Scope                 string   // delegated permissions, blank separated
	UserName              string   // of the person who signed in; "" for an application
	DirectoryRoles        []string // template ids of the person's directory roles
	Issued, Expires       time.Time
	// TokenHash is a short hash of the whole token, for ledgers: the token itself
	// must not be stored.
	TokenHash string

	audience string
	serial   uint64 // its place among tokens and what is done to them
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
	// Claims is the claims challenge that goes with it, JSON; "" for none. Graph
	// sends it in base64.
	Claims string
	err    error
}

// Error says why in one line, without the token.
func (e *TokenError) Error() string { return "token refused (" + string(e.Reason) + "): " + e.Message }

// Unwrap gives the cause.
func (e *TokenError) Unwrap() error { return e.err }

// wireClaims are the claims of an access token for Graph, version 1.0 as Graph's
// registration asks for.
type wireClaims struct {
	jwt.RegisteredClaims
	AppID          string   `json:"appid"`
	AppIDACR       string   `json:"appidacr"` // "0" public, "1" secret, "2" certificate
	AppDisplayName string   `json:"app_displayname"`
	IDP            string   `json:"idp"`
	IDType         string   `json:"idtyp,omitempty"`
	ObjectID       string   `json:"oid"`
	Roles          []string `json:"roles,omitempty"`
	Scope          string   `json:"scp,omitempty"`
	TenantID       string   `json:"tid"`
	RegionScope    string   `json:"tenant_region_scope"`
	UTI            string   `json:"uti"`
	Version        string   `json:"ver"`
	Capabilities   []string `json:"xms_cc,omitempty"`

	// Of people only.
	AccountType    string   `json:"acct,omitempty"` // "0" member, "1" guest
	Methods        []string `json:"amr,omitempty"`
	Name           string   `json:"name,omitempty"`
	UserName       string   `json:"upn,omitempty"`
	UniqueName     string   `json:"unique_name,omitempty"`
	DirectoryRoles []string `json:"wids,omitempty"`
}

func newKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

func keyID(key *rsa.PublicKey) string {
	sum := sha256.Sum256(key.N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

// mint signs an access token. Its audience is the resource as asked for, which is
// what Entra does.
func (d *Directory) mint(g grant) (string, time.Duration, error) {
	application, resource := g.application, g.resource
	serial, now := d.issue(g)
	life := d.options.TokenLife
	if g.claims.continuous {
		life = d.options.ContinuousLife
	}
	issuer := "https://sts.windows.net/" + d.options.TenantID + "/"
	claims := wireClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Audience: jwt.ClaimStrings{resource}, Issuer: issuer, Subject: application.ObjectID,
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(life)),
		},
		AppID: application.ClientID, AppIDACR: g.credential, AppDisplayName: application.DisplayName,
		IDP: issuer, IDType: "app", ObjectID: application.ObjectID,
		TenantID: d.options.TenantID, RegionScope: "EU",
		UTI: newUTI(serial), Version: "1.0",
	}
	if g.claims.continuous {
		claims.Capabilities = []string{"cp1"}
	}
	switch roles := application.rolesAt(d.options.Now()); {
	case g.user != nil:
		claims.describe(g)
		if g.user.HomeTenant != "" {
			claims.IDP = "https://sts.windows.net/" + g.user.HomeTenant + "/"
		}
	case isExchange(resource):
		claims.Roles = application.ExchangeRoles
	case !d.serves(resource): // nothing is granted for other resources
	case application.Delegated:
		claims.Scope, claims.IDType = strings.Join(roles, " "), "user"
	default:
		claims.Roles = roles
	}
	signed, err := d.sign(singleAudience{claims, resource})
	return signed, life, err
}

// describe fills in what a token says about a person.
func (c *wireClaims) describe(g grant) {
	u := g.user
	c.IDType, c.ObjectID, c.Subject = "user", u.ObjectID, pairwise(u.ObjectID, graphAppID)
	c.Scope = strings.Join(slices.Concat(g.names, openIDNames(g.scopes)), " ")
	c.AccountType, c.Methods = "0", []string{"pwd"}
	if u.HomeTenant != "" {
		c.AccountType = "1"
	}
	if g.mfa {
		c.Methods = append(c.Methods, "mfa")
	}
	c.Name, c.UserName, c.UniqueName, c.DirectoryRoles = u.DisplayName, u.Name, u.Name, u.DirectoryRoles
}

func openIDNames(s scopeRequest) []string {
	return slices.DeleteFunc(slices.Clone(s.openID), func(name string) bool { return name == "offline_access" })
}

// pairwise is a person's subject: another one for each application.
func pairwise(user, client string) string {
	sum := sha256.Sum256([]byte(user + "|" + strings.ToLower(client)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// newUTI makes a token's own id. Its last bytes tell this directory the token's
// place in the order of things, encrypted by nothing: nobody else reads them.
func newUTI(serial uint64) string {
	var b [16]byte
	_, _ = rand.Read(b[:8]) // never fails: it ends the program instead
	binary.BigEndian.PutUint64(b[8:], serial)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func serialOf(uti string) uint64 {
	raw, err := base64.RawURLEncoding.DecodeString(uti)
	if err != nil || len(raw) != 16 {
		return 0
	}
	return binary.BigEndian.Uint64(raw[8:])
}

func (d *Directory) sign(claims jwt.Claims) (string, error) {
	key, err := d.key()
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	id := keyID(&key.PublicKey)
	token.Header["kid"], token.Header["x5t"] = id, id
	return token.SignedString(key)
}

// idClaims are the claims of an ID token, version 2.0.
type idClaims struct {
	jwt.RegisteredClaims
	Aud      string `json:"aud"`
	Nonce    string `json:"nonce,omitempty"`
	Name     string `json:"name,omitempty"`
	UserName string `json:"preferred_username,omitempty"`
	Email    string `json:"email,omitempty"`
	ObjectID string `json:"oid,omitempty"`
	TenantID string `json:"tid"`
	IDP      string `json:"idp,omitempty"`
	UTI      string `json:"uti"`
	Version  string `json:"ver"`
}

// mintID signs an ID token for the application itself. The issuer is the one of
// the discovery document that the client reads.
func (d *Directory) mintID(r *http.Request, g grant) (string, error) {
	now := d.options.Now().Truncate(time.Second)
	claims := idClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: d.authority(r) + "/" + d.options.TenantID + "/v2.0", Subject: pairwise(g.user.ObjectID, g.application.ClientID),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
		},
		Aud: g.application.ClientID, Nonce: g.nonce, TenantID: d.options.TenantID, UTI: newUTI(d.serial.Load()), Version: "2.0",
	}
	if g.scopes.wants("profile") {
		claims.Name, claims.UserName, claims.ObjectID = g.user.DisplayName, g.user.Name, g.user.ObjectID
	}
	if g.scopes.wants("email") {
		claims.Email = g.user.mail()
	}
	if g.user.HomeTenant != "" {
		claims.IDP = "https://sts.windows.net/" + g.user.HomeTenant + "/"
	}
	return d.sign(claims)
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
		Roles: slices.Clone(c.Roles), Scope: c.Scope, UserName: c.UserName, DirectoryRoles: slices.Clone(c.DirectoryRoles),
		TokenHash: TokenHash(token), serial: serialOf(c.UTI),
	}
	if len(c.Audience) > 0 {
		p.audience = c.Audience[0]
	}
	if c.IssuedAt != nil {
		p.Issued = c.IssuedAt.Time
	}
	if c.ExpiresAt != nil {
		p.Expires = c.ExpiresAt.Time
	}
	return p
}

// TokenHash is the short hash of a token that ledgers may keep.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// Verify checks an access token, with or without "Bearer " before it: signature,
// audience, tenant, life time, revocation. Its error is a [*TokenError].
func (d *Directory) Verify(bearer string) (Claims, error) { return d.verify(bearer, d.serves) }

// VerifyExchange is Verify for tokens of Office 365 Exchange Online.
func (d *Directory) VerifyExchange(bearer string) (Claims, error) {
	return d.verify(bearer, isExchange)
}

// isExchange reports whether a resource is Office 365 Exchange Online.
func isExchange(resource string) bool {
	return strings.EqualFold(strings.TrimRight(resource, "/"), "https://outlook.office365.com")
}

func (d *Directory) verify(bearer string, serves func(resource string) bool) (Claims, error) {
	token := strings.TrimSpace(bearer)
	if scheme, rest, _ := strings.Cut(token, " "); strings.EqualFold(scheme, "bearer") {
		token = strings.TrimSpace(rest)
	}
	if token == "" {
		return Claims{}, &TokenError{Reason: Missing, Message: "Access token is empty."}
	}
	claims, known := d.verified.get(token)
	if !known || !serves(claims.audience) {
		parsed, err := d.parse(token, serves)
		if err != nil {
			return Claims{}, err
		}
		claims = parsed.public(token)
		d.verified.put(token, claims)
	}
	now := d.options.Now()
	switch {
	case !now.Before(claims.Expires):
		return Claims{}, &TokenError{Reason: Expired, Message: "Lifetime validation failed, the token is expired."}
	case claims.Issued.After(now.Add(clockSkew)):
		return Claims{}, &TokenError{Reason: NotYetValid, Message: "Lifetime validation failed, the token is not yet valid."}
	}
	if refused := d.refusedToken(claims, now); refused != nil {
		return Claims{}, refused
	}
	claims.Roles, claims.DirectoryRoles = slices.Clone(claims.Roles), slices.Clone(claims.DirectoryRoles)
	return claims, nil
}

// parse checks what never changes about a token: form, signature, audience and
// tenant. Life time is checked at each use.
func (d *Directory) parse(token string, serves func(resource string) bool) (wireClaims, error) {
	var claims wireClaims
	key, err := d.key()
	if err != nil {
		return claims, err
	}
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation()).
		ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return claims, &TokenError{Reason: Malformed, Message: "IDX14100: JWT is not well formed, there are no dots (.).", err: err}
	case err != nil:
		return claims, &TokenError{Reason: BadSignature, Message: "Signature is invalid.", err: err}
	case !slices.ContainsFunc(claims.Audience, serves):
		return claims, &TokenError{Reason: WrongAudience, Message: "Access token validation failure. Invalid audience."}
	case claims.TenantID != d.options.TenantID:
		return claims, &TokenError{Reason: WrongTenant, Message: "Access token validation failure. Invalid tenant."}
	case claims.ExpiresAt == nil || claims.IssuedAt == nil:
		return claims, &TokenError{Reason: Malformed, Message: "Access token validation failure."}
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
