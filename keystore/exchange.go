package keystore

import (
	"fmt"
	"net/url"
	"strings"
)

// ExchangeProvider is the value of the key provider for Exchange Server.
const ExchangeProvider = "ews"

// Exchange reports whether the connection is one to Exchange Server.
func (c Connection) Exchange() bool { return c.Provider == ExchangeProvider }

// ByPassword reports whether a service account signs in with its password.
func (c Connection) ByPassword() bool { return c.Exchange() && c.User != "" }

// ProviderName is the provider as people read it.
func (c Connection) ProviderName() string {
	if c.Exchange() {
		return "Exchange"
	}
	return "Graph"
}

// ActsAs names the application or the account that signs in.
func (c Connection) ActsAs() string {
	if c.ByPassword() {
		return c.User
	}
	return c.ClientID
}

// validateExchange checks the keys of a connection to Exchange Server, and that it has
// none that mean nothing there.
func (c Connection) validateExchange() error {
	bad := func(field, problem, remedy string) error { return &FieldError{field, problem, remedy} }
	u, err := url.Parse(c.Server)
	switch {
	case c.Server == "":
		return bad("server", "is missing", "write it as https://mail.example.com/EWS/Exchange.asmx")
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return bad("server", fmt.Sprintf("%q is no https URL of a host and a path", plain(c.Server)), "write it as https://mail.example.com/EWS/Exchange.asmx")
	case c.Email == "":
		return bad("email", "is missing", "give the mailbox that the service account shall act for in tests")
	case !looksLikeAddress(c.Email):
		return bad("email", fmt.Sprintf("%q is no e-mail address", plain(c.Email)), "write it as name@domain")
	case c.User == "" && c.ClientID == "":
		return bad("user", "is missing", `give the service account as DOMAIN\user or user@domain, or an application's client_id`)
	case c.User != "" && c.ClientID != "":
		return bad("client_id", "stands beside a user", "an account signs in with its password, an application with its client secret: keep one of them")
	case strings.ContainsFunc(c.User, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return bad("user", "holds a control character", `write it as DOMAIN\user or user@domain`)
	case c.User != "" && c.AuthorityURL != "":
		return bad("authority_url", "is for applications", "remove it")
	case c.GraphURL != "":
		return bad("graph_url", "is for Graph", "remove it")
	case c.User != "" && c.Audience != "":
		return bad("audience", "is for applications", "remove it")
	case c.Audience != "" && !isRoot(c.Audience):
		return bad("audience", fmt.Sprintf("%q is no https URL of a host", plain(c.Audience)), "write it as https://outlook.office365.com, or as the server's own root")
	case c.Basic && c.User == "":
		return bad("basic", "is for accounts with a password", "remove it")
	case c.Certificate != "" || c.AccountID != "":
		return bad("certificate", "and a person's sign-in are for Graph", "remove it")
	case !guidPattern.MatchString(c.Tenant):
		return bad("tenant", fmt.Sprintf("%q is no id", plain(c.Tenant)), "roomdesk connect ews writes this key: connect again")
	}
	return nil
}

// isRoot reports whether a URL is https and a host, nothing else.
func isRoot(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}

// TokenAudience is the resource for which an application's tokens are made: as
// configured, or the server's own root.
func (c Connection) TokenAudience() string {
	if c.Audience != "" {
		return strings.TrimRight(c.Audience, "/")
	}
	if u, err := url.Parse(c.Server); err == nil && u.Host != "" {
		return "https://" + u.Host
	}
	return ""
}
