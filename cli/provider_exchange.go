package cli

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"

	"roomdesk/boundary"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
)

// usedCredential tells with which credential was signed in last.
type usedCredential = func() (graph.Credential, bool)

// openProvider makes the provider of a connection, whichever it is.
func (a *app) openProvider(c keystore.Connection, source credentials) (boundary.Provider, usedCredential, error) {
	if !c.Exchange() {
		p, err := a.newProvider(c, source)
		if err != nil {
			return nil, nil, err
		}
		return p, p.Used, nil
	}
	config, closers, used, err := a.exchangeConfig(c, source)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.exchangeOf(config, closers)
	if err != nil {
		return nil, nil, err
	}
	return p, used, nil
}

// exchangeProvider makes the provider of a connection to Exchange.
func (a *app) exchangeProvider(c keystore.Connection, source credentials) (*ews.Provider, error) {
	config, closers, _, err := a.exchangeConfig(c, source)
	if err != nil {
		return nil, err
	}
	return a.exchangeOf(config, closers)
}

func (a *app) exchangeOf(config ews.Config, closers func() error) (*ews.Provider, error) {
	line := a.wire.line(a.deps.Now)
	if server, err := url.Parse(config.URL); err == nil {
		line.allow(placesOf(server)...)
	}
	config.Dial = line.dial
	p, err := ews.New(config)
	if err != nil {
		return nil, errors.Join(err, closers())
	}
	return p, nil
}

// placesOf are the server and the proxy before it, as host:port.
func placesOf(server *url.URL) []string {
	places := []string{hostPort(server, "443")}
	// A proxy that cannot be read is no way out; the request says why.
	if proxy, err := providers.Proxy(&http.Request{URL: server}); err == nil && proxy != nil {
		places = append(places, hostPort(proxy, map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme]))
	}
	return places
}

func hostPort(u *url.URL, usual string) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), usual))
}

// exchangeConfig is how a connection to Exchange signs in and what it believes. The
// functions end what was begun for it, and tell what it signed in with.
func (a *app) exchangeConfig(c keystore.Connection, source credentials) (ews.Config, func() error, usedCredential, error) {
	done := func() error { return nil }
	used := func() (graph.Credential, bool) { return graph.Credential{}, false }
	if c.Disconnected != nil {
		source = func(context.Context) ([]graph.Credential, error) { return nil, errDisconnected(c) }
	}
	var roots *x509.CertPool
	if c.CAFile != "" {
		var err error
		if roots, err = readCA(c.CAPath(a.paths().Config)); err != nil {
			return ews.Config{}, done, used, err
		}
	}
	email, _ := providers.ParseAddress(c.Email)
	account, _ := providers.ParseAddress(c.User)
	test, given := providers.ParseAddress(c.TestMailbox)
	if !given {
		test = email
	}
	config := ews.Config{
		URL: c.Server, Account: account, User: c.User, Basic: c.Basic, TestMailbox: test, TenantID: c.Tenant, Domains: append([]string{email.Domain()}, c.Domains...),
		RootCAs: roots, UserAgent: "roomdesk", Logger: a.log, Now: a.deps.Now,
		Password: func(ctx context.Context) (string, error) {
			found, err := source(ctx)
			if err != nil {
				return "", err
			}
			if len(found) == 0 || found[0].Secret == "" {
				return "", &providers.Error{Class: providers.SignedOut, Op: "signing in", Message: providers.Outside("there is no password"), Advice: "connect again: roomdesk connect ews"}
			}
			return found[0].Secret, nil
		},
	}
	if c.ByPassword() {
		var accepted atomic.Pointer[string]
		note := a.judged(c)
		config.Judged = func(password string, ok bool) {
			if ok {
				accepted.Store(&password)
			}
			note(password, ok)
		}
		return config, done, func() (graph.Credential, bool) {
			if password := accepted.Load(); password != nil {
				return graph.Credential{Secret: *password}, true
			}
			return graph.Credential{}, false
		}, nil
	}
	tokens, err := a.exchangeTokens(c, source, roots)
	if err != nil {
		return ews.Config{}, done, used, err
	}
	config.User, config.Password, config.Token, config.Audience, config.Online = "", nil, tokens, c.TokenAudience(), true
	return config, tokens.Close, tokens.Used, nil
}

// exchangeTokens signs an application in for the Exchange server: its tokens are made
// for the connection's audience.
func (a *app) exchangeTokens(c keystore.Connection, source credentials, roots *x509.CertPool) (*graph.Provider, error) {
	authority := c.AuthorityURL
	if authority == "" {
		authority = "https://login.microsoftonline.com"
	}
	line := a.wire.line(a.deps.Now)
	provider, err := graph.New(graph.Config{
		Dial:     line.dial,
		TenantID: c.Tenant, ClientID: c.ClientID, Credentials: source, Cloud: "custom", AuthorityURL: authority, GraphURL: c.TokenAudience(),
		RootCAs: roots, UserAgent: "roomdesk", Logger: a.log, Now: a.deps.Now,
	})
	if err != nil {
		return nil, err
	}
	signIn, _ := provider.Probe().Hosts()
	line.leadsOnly(provider.Probe(), signIn) // the audience is a name, and nobody is asked there
	return provider, nil
}

// identityOf names who acts with a connection.
func identityOf(c keystore.Connection) string {
	if c.ByPassword() {
		return "account " + providers.Sanitise(c.User)
	}
	return "application " + c.ClientID
}
