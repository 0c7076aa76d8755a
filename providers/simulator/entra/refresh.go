package entra

import (
	"net/http"
	"strings"
	"time"
)

// refreshToken is kept by its hash. Like the real service's it can be used again
// after it was redeemed; each redemption gives a new one with a new life.
type refreshToken struct {
	client, user string // client id in lower case, object id
	scopes       scopeRequest
	public       bool // issued to a client without a credential
	mfa          bool
	family       string
	expires      time.Time
	revoked      bool
}

// issueRefresh makes a refresh token for a grant.
func (d *Directory) issueRefresh(g grant) string {
	value := newToken("1.A")
	t := &refreshToken{client: strings.ToLower(g.application.ClientID), user: g.user.ObjectID, scopes: g.scopes, public: g.credential == "0",
		mfa: g.mfa, family: g.family, expires: d.options.Now().Add(d.options.RefreshLife)}
	if g.refresh != nil {
		// A narrower token does not narrow what the sign-in is good for.
		t.scopes = g.refresh.scopes
	}
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	now := d.options.Now()
	bound(d.flows.refresh, func(t *refreshToken) bool { return t.revoked || now.After(t.expires) })
	d.flows.refresh[hashed(value)] = t
	return value
}

// grantRefresh redeems a refresh token. The request may ask for less than what
// was consented to, or for other permissions that were.
func (d *Directory) grantRefresh(q *tokenRequest) (grant, *failure) {
	value := q.form.Get("refresh_token")
	if value == "" {
		return grant{}, failParameter("refresh_token")
	}
	d.flows.mu.Lock()
	t := d.flows.refresh[hashed(value)]
	var known refreshToken
	if t != nil {
		known = *t
	}
	d.flows.mu.Unlock()
	if t == nil {
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
	}
	var credential string
	var f *failure
	if known.public {
		credential, f = "0", nil
		if q.secret != "" || q.form.Get("client_assertion") != "" {
			f = failPublic(q.application)
		}
	} else {
		credential, f = d.authenticate(q)
	}
	now := d.options.Now()
	switch {
	case f != nil:
		return grant{}, f
	case !strings.EqualFold(known.client, q.application.ClientID):
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 70000, "Provided grant is invalid or malformed. The grant was issued to another client.")
	case known.revoked:
		f := failed(http.StatusBadRequest, "invalid_grant", 50173,
			"The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.")
		f.suberror = "bad_token"
		return grant{}, f
	case !now.Before(known.expires):
		f := failed(http.StatusBadRequest, "invalid_grant", 700082,
			"The refresh token has expired due to inactivity. The token was issued on %s and was inactive for %s.",
			stamp(known.expires.Add(-d.options.RefreshLife)), d.options.RefreshLife)
		f.suberror = "bad_token"
		return grant{}, f
	}
	u := d.user(known.user)
	if u == nil {
		return grant{}, failed(http.StatusBadRequest, "invalid_grant", 50034, "The user account {EUII Hidden} does not exist in the %s directory.", d.options.TenantID)
	}
	scopes := known.scopes
	if asked := q.form.Get("scope"); strings.TrimSpace(asked) != "" {
		if scopes, f = d.parseScopes(asked); f != nil {
			return grant{}, f
		}
	}
	return d.grantUser(q, grant{credential: credential, user: u, scopes: scopes, mfa: known.mfa, family: known.family, refresh: &known})
}

// revokeFamily ends every refresh token that descends from one sign-in. The
// caller holds d.flows.mu.
func (d *Directory) revokeFamily(family string) {
	for _, t := range d.flows.refresh {
		if t.family == family {
			t.revoked = true
		}
	}
}
