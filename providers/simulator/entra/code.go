package entra

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// authorizationCode is kept by its hash until it is over, so that a replay is
// noticed.
type authorizationCode struct {
	client, user string // client id in lower case, object id
	redirect     string
	public       bool // the redirect address is one of a public client
	challenge    string
	scopes       scopeRequest
	nonce        string
	mfa          bool
	family       string
	expires      time.Time
	used         bool
}

// issueCode makes a code for a finished sign-in. The caller holds d.flows.mu.
func (d *Directory) issueCode(i *interaction) string {
	value := newToken("1.A")
	now := d.options.Now()
	bound(d.flows.codes, func(c *authorizationCode) bool { return now.After(c.expires) })
	d.flows.codes[hashed(value)] = &authorizationCode{client: strings.ToLower(i.client), user: i.user, redirect: i.redirect, public: i.public,
		challenge: i.challenge, scopes: i.scopes, nonce: i.nonce, mfa: i.mfa, family: newToken(""), expires: now.Add(d.options.CodeLife)}
	return value
}

// grantCode redeems an authorization code. A second use is a sign of theft and
// ends what the first one earned.
func (d *Directory) grantCode(q *tokenRequest) (grant, *failure) {
	for _, name := range []string{"code", "redirect_uri"} {
		if q.form.Get(name) == "" {
			return grant{}, failParameter(name)
		}
	}
	d.flows.mu.Lock()
	known := d.flows.codes[hashed(q.form.Get("code"))]
	var code authorizationCode
	if known != nil {
		code = *known
	}
	d.flows.mu.Unlock()
	if known == nil {
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
	}
	var credential string
	var f *failure
	if code.public {
		credential = "0"
		if q.secret != "" || q.form.Get("client_assertion") != "" {
			f = failPublic(q.application)
		}
	} else {
		credential, f = d.authenticate(q)
	}
	switch {
	case f != nil:
		return grant{}, f
	case !strings.EqualFold(code.client, q.application.ClientID):
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 70000, "Provided grant is invalid or malformed. The grant was issued to another client.")
	case code.redirect != q.form.Get("redirect_uri"):
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 500112,
			"The reply address '%s' does not match the reply address provided when requesting Authorization code.", q.form.Get("redirect_uri"))
	}
	if f := checkVerifier(code.challenge, q.form.Get("code_verifier")); f != nil {
		return grant{}, f
	}
	d.flows.mu.Lock()
	replayed := known.used
	if replayed {
		d.revokeFamily(code.family)
	}
	known.used = true
	d.flows.mu.Unlock()
	switch {
	case replayed:
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
	case !d.options.Now().Before(code.expires):
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 70008, "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.")
	}
	u := d.user(code.user)
	if u == nil {
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 50034, "The user account {EUII Hidden} does not exist in the %s directory.", d.options.TenantID)
	}
	scopes := code.scopes
	if asked := q.form.Get("scope"); strings.TrimSpace(asked) != "" {
		if scopes, f = d.parseScopes(asked); f != nil {
			return grant{}, f
		}
	}
	return d.grantUser(q, grant{credential: credential, user: u, scopes: scopes, nonce: code.nonce, mfa: code.mfa, family: code.family})
}

var (
	challengeShape = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
)

// checkVerifier compares a proof key with its challenge (RFC 7636, S256).
func checkVerifier(challenge, verifier string) *failure {
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge != "" && verifier == "":
		return failed(http.StatusBadRequest, "invalid_grant", 50148, "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.")
	case !challengeShape.MatchString(verifier):
		return failed(http.StatusBadRequest, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	sum := sha256.Sum256([]byte(verifier))
	if !same(base64.RawURLEncoding.EncodeToString(sum[:]), challenge) {
		return failed(http.StatusBadRequest, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	return nil
}

// redirects reports whether an address is registered, and whether as one of a
// public client. A web address must be the same letter by letter; one on loopback
// may have any port, as a program cannot know which one is free.
func (a *Application) redirects(address string) (public, ok bool) {
	if slices.Contains(a.WebRedirectURIs, address) {
		return false, true
	}
	asked, err := url.Parse(address)
	if err != nil || asked.Scheme == "" || asked.Fragment != "" || asked.User != nil {
		return false, false
	}
	for _, registered := range a.RedirectURIs {
		if registered == address {
			return true, true
		}
		known, err := url.Parse(registered)
		if err == nil && known.Scheme == "http" && asked.Scheme == "http" && known.Hostname() == asked.Hostname() && loopback(asked.Hostname()) &&
			strings.TrimSuffix(known.Path, "/") == strings.TrimSuffix(asked.Path, "/") && known.RawQuery == asked.RawQuery {
			return true, true
		}
	}
	return false, false
}
