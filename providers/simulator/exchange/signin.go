package exchange

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
)

// caller is who signed in.
type caller struct {
	service bool      // the service account
	person  Principal // a person, with Address set
	app     string    // an application, by its id
	hash    string    // of its token
}

// name is how the ledger calls the caller.
func (w caller) name() string {
	switch {
	case w.app != "":
		return w.app
	case w.service:
		return "service account"
	}
	return w.person.Address
}

// account is what limits belong to.
func (w caller) account() string { return w.app + "/" + w.person.Address }

// signIn finds the caller, or challenges.
func (c *Call) signIn() (caller, *Answer) {
	header := c.r.Header.Get("Authorization")
	scheme, value, _ := strings.Cut(strings.TrimSpace(header), " ")
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(scheme, "Basic") && c.settings.Basic:
		raw, err := base64.StdEncoding.DecodeString(value)
		login, password, ok := strings.Cut(string(raw), ":")
		if err == nil && ok {
			if who, ok := c.s.byPassword(login, password); ok {
				return who, nil
			}
		}
	case strings.EqualFold(scheme, "Bearer") && c.settings.OAuth:
		return c.byToken(value)
	case (strings.EqualFold(scheme, "NTLM") || strings.EqualFold(scheme, "Negotiate")) && c.settings.NTLM && !c.r.HTTP2:
		return c.byNTLM(scheme, value)
	case header == "" && c.settings.NTLM && c.r.Conn != nil && !c.r.HTTP2:
		// The connection may have signed in earlier.
		c.r.Conn.mu.Lock()
		login := c.r.Conn.login
		c.r.Conn.mu.Unlock()
		if who, _, ok := c.s.lookUp(login); login != "" && ok {
			return who, nil
		}
	}
	a := c.challenge("")
	return caller{}, &a
}

// challenge is the 401 with the ways to sign in; token is an NTLM message to go on
// with.
func (c *Call) challenge(continued string) Answer {
	a := Answer{Status: http.StatusUnauthorized, Header: http.Header{}}
	if continued != "" {
		a.Header.Add("WWW-Authenticate", continued)
		return a
	}
	if c.settings.OAuth {
		a.Header.Add("WWW-Authenticate", `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="`+c.s.root+`/common/oauth2/authorize"`)
	}
	if c.settings.NTLM && !c.r.HTTP2 {
		a.Header.Add("WWW-Authenticate", "Negotiate")
		a.Header.Add("WWW-Authenticate", "NTLM")
	}
	if c.settings.Basic {
		a.Header.Add("WWW-Authenticate", `Basic realm="`+strings.TrimPrefix(c.s.root, "https://")+`"`)
	}
	return a
}

// lookUp finds an account by DOMAIN\name, name@domain or name, and its password.
func (s *Server) lookUp(login string) (caller, string, bool) {
	if login == "" {
		return caller{}, "", false
	}
	domain, name, down := strings.Cut(login, `\`)
	if !down {
		domain, name = "", login
	}
	own := (domain == "" || strings.EqualFold(domain, s.account.Domain)) && strings.EqualFold(name, s.account.Name) ||
		(domain == "" || strings.EqualFold(domain, s.account.Domain)) && strings.EqualFold(name, s.account.Address)
	if own {
		return caller{service: true, person: Principal{Address: s.account.Address, Name: s.account.Name}}, s.servicePassword(), true
	}
	if domain != "" && !strings.EqualFold(domain, s.account.Domain) {
		return caller{}, "", false
	}
	if down && !strings.Contains(name, "@") {
		_, suffix, _ := strings.Cut(s.account.Address, "@")
		name += "@" + suffix
	}
	p, password, ok := s.model.Password(name)
	return caller{person: p}, password, ok && password != ""
}

func (s *Server) byPassword(login, password string) (caller, bool) {
	who, want, ok := s.lookUp(login)
	right := ok && subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1
	if who.service {
		s.tried(right)
	}
	if !right {
		return caller{}, false
	}
	return who, true
}

// Permissions of the Office 365 Exchange Online resource.
const (
	appRole     = "full_access_as_app"
	personScope = "EWS.AccessAsUser.All"
)

// byToken reads an access token: an application's needs the role, a person's the
// scope.
func (c *Call) byToken(bearer string) (caller, *Answer) {
	t, err := c.s.model.Verify(bearer)
	refuse := func(reason, category string) (caller, *Answer) {
		a := c.challenge("")
		a.Header.Set("x-ms-diagnostics", `2000003;reason="`+strings.ReplaceAll(reason, `"`, "'")+`";error_category="`+category+`"`)
		return caller{}, &a
	}
	if foreign := (*WrongResource)(nil); errors.As(err, &foreign) {
		return refuse(foreign.Error(), "invalid_resource")
	}
	if err != nil {
		return refuse(err.Error(), "invalid_token")
	}
	if t.UserID == "" {
		if !names(t.Roles, appRole) {
			a := Answer{Status: http.StatusForbidden}
			a.set("x-ms-diagnostics", `2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`)
			return caller{}, &a
		}
		return caller{app: t.AppID, hash: t.Hash}, nil
	}
	p, ok := c.s.model.Find(t.UserID)
	if !ok {
		return refuse("The user specified by the user-context in the token does not exist.", "invalid_user")
	}
	if !names(t.Scopes, personScope) {
		a := Answer{Status: http.StatusForbidden}
		a.set("x-ms-diagnostics", `2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`)
		return caller{}, &a
	}
	return caller{app: t.AppID, person: p, hash: t.Hash}, nil
}

// callerGuess is the caller of a request that is refused before it signed in.
func (c *Call) callerGuess() string {
	if c.who != (caller{}) {
		return c.who.account()
	}
	scheme, value, _ := strings.Cut(strings.TrimSpace(c.r.Header.Get("Authorization")), " ")
	login := ""
	switch {
	case strings.EqualFold(scheme, "Basic"):
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
		if err == nil {
			login, _, _ = strings.Cut(string(raw), ":")
		}
	case strings.EqualFold(scheme, "Bearer"):
		if who, refused := c.byToken(strings.TrimSpace(value)); refused == nil {
			return who.account()
		}
	case c.r.Conn != nil:
		c.r.Conn.mu.Lock()
		login = c.r.Conn.login
		c.r.Conn.mu.Unlock()
	}
	who, _, _ := c.s.lookUp(login)
	return who.account()
}
